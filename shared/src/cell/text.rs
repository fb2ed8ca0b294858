//! The formats of strings.

use email_address::EmailAddress;

/// What a string must be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StringFormat {
    /// Any text.
    Default,
    /// An address as in RFC 5322 or 6531, without comments and display name; its domain is a name with
    /// at least two labels.
    Email,
    /// A URI with a scheme, RFC 3986.
    Uri,
    /// Base64 with padding and without line breaks, RFC 4648.
    Binary,
    /// 8-4-4-4-12 hexadecimal digits, RFC 9562.
    Uuid,
}

impl StringFormat {
    /// Every format, with its name in the Table Schema.
    pub const ALL: [(&'static str, Self); 5] = [
        ("default", StringFormat::Default),
        ("email", StringFormat::Email),
        ("uri", StringFormat::Uri),
        ("binary", StringFormat::Binary),
        ("uuid", StringFormat::Uuid),
    ];

    /// Whether `text` is of the format.
    ///
    /// ```
    /// use shared::cell::StringFormat;
    /// assert!(StringFormat::Email.accepts("ada@example.org"));
    /// assert!(!StringFormat::Email.accepts("Ada <ada@example.org>"));
    /// ```
    pub fn accepts(self, text: &str) -> bool {
        match self {
            StringFormat::Default => true,
            StringFormat::Email => is_email(text),
            StringFormat::Uri => fluent_uri::Uri::parse(text).is_ok(),
            StringFormat::Binary => is_base64(text.as_bytes()),
            StringFormat::Uuid => is_uuid(text.as_bytes()),
        }
    }
}

fn is_email(text: &str) -> bool {
    let Some((local, domain)) = text.rsplit_once('@') else { return false };
    let named = domain.chars().all(|c| c.is_alphanumeric() || matches!(c, '-' | '.'));
    let (_, top) = domain.rsplit_once('.').unwrap_or_default();
    named
        && top.contains(char::is_alphabetic)
        && EmailAddress::is_valid_local_part(local)
        && EmailAddress::is_valid_domain(domain)
}

fn is_base64(text: &[u8]) -> bool {
    let digits = text.strip_suffix(b"==").or(text.strip_suffix(b"=")).unwrap_or(text);
    text.len().is_multiple_of(4)
        && digits.iter().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/'))
}

fn is_uuid(text: &[u8]) -> bool {
    text.len() == 36
        && text.iter().enumerate().all(|(at, byte)| match at {
            8 | 13 | 18 | 23 => *byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[track_caller]
    fn check(format: StringFormat, accepted: &[&str], refused: &[&str]) {
        for text in accepted {
            assert!(format.accepts(text), "{text:?}");
        }
        for text in refused {
            assert!(!format.accepts(text), "{text:?}");
        }
    }

    #[test]
    fn emails() {
        check(
            StringFormat::Email,
            &[
                "name@gmail.com",
                "first.last+tag@sub.example.co.uk",
                "\"a b\"@example.org",
                "\"a@b\"@example.org",
                "ü@müller.de",
                "x@xn--mller-kva.de",
                "O'Brien@example.org",
            ],
            &[
                "",
                "string",
                "http://google.com",
                "@example.org",
                "name@",
                "name@localhost",
                "name@127.0.0.1",
                "name@[127.0.0.1]",
                "a b@example.org",
                "a..b@example.org",
                ".a@example.org",
                "a@b@example.org",
                "a@example..org",
                "a@-example.org",
                "a@exa_mple.org",
                "Ada <ada@example.org>",
                "<ada@example.org>",
                "ada@example.org ",
                "ada@example.org, bob@example.org",
                "mailto:ada@example.org\n",
            ],
        );
    }

    #[test]
    fn uris() {
        check(
            StringFormat::Uri,
            &[
                "http://google.com",
                "https://example.org:8080/a/b?c=d&e#f",
                "urn:isbn:0451450523",
                "mailto:ada@example.org",
                "file:///etc/passwd",
                "http://[::1]/",
                "x:",
                "http://example.org/%C3%A9",
            ],
            &[
                "",
                "string",
                "://no-scheme.test",
                "//example.org/",
                "/path",
                "1http://example.org",
                "http://exa mple.org",
                "http://example.org/é",
                "http://example.org/%G0",
                "http://example.org/<a>",
                "http://[::1/",
                "http://example.org:port/",
            ],
        );
    }

    #[test]
    fn base64() {
        check(
            StringFormat::Binary,
            &["", "dGVzdA==", "YWI=", "YWJj", "+/+/"],
            &["string", "YWI", "YWJj=", "YW=j", "====", "dGVzdA==\n", "dGVz dA==", "-_-_", "é==="],
        );
    }

    #[test]
    fn uuids() {
        check(
            StringFormat::Uuid,
            &["2bc1c94f-0deb-43e9-92a1-4775189ec9f8", "2BC1C94F-0DEB-43E9-92A1-4775189EC9F8"],
            &[
                "",
                "2bc1c94f0deb43e992a14775189ec9f8",
                "{2bc1c94f-0deb-43e9-92a1-4775189ec9f8}",
                "urn:uuid:2bc1c94f-0deb-43e9-92a1-4775189ec9f8",
                "2bc1c94f-0deb-43e9-92a1-4775189ec9f",
                "2bc1c94g-0deb-43e9-92a1-4775189ec9f8",
                "2bc1c94f 0deb-43e9-92a1-4775189ec9f8",
            ],
        );
    }

    proptest! {
        #[test]
        fn no_text_upsets_it(text: String) {
            for (_, format) in StringFormat::ALL {
                prop_assert!(format.accepts(&text) || format != StringFormat::Default);
            }
        }
    }
}
