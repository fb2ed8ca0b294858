//! The key of an object: how an event writes it, and the dataset it names.

use crate::error::StartError;

/// Decodes a key as S3 event notifications write it: `+` is a space and `%XX` a byte of UTF-8.
///
/// ```
/// assert_eq!(start::key::decode("flights/J%C3%A4nner+2013%2B.csv").unwrap(), "flights/Jänner 2013+.csv");
/// ```
///
/// # Errors
/// [`StartError::Undecodable`] if an escape is cut short or the bytes are not UTF-8.
pub fn decode(encoded: &str) -> Result<String, StartError> {
    let undecodable = || StartError::Undecodable { key: encoded.to_owned() };
    let mut decoded = Vec::with_capacity(encoded.len());
    let mut bytes = encoded.bytes();
    while let Some(byte) = bytes.next() {
        decoded.push(match byte {
            b'+' => b' ',
            b'%' => escaped(&mut bytes).ok_or_else(undecodable)?,
            other => other,
        });
    }
    String::from_utf8(decoded).map_err(|_| undecodable())
}

/// The byte behind a `%`.
fn escaped(bytes: &mut impl Iterator<Item = u8>) -> Option<u8> {
    let high = char::from(bytes.next()?).to_digit(16)?;
    let low = char::from(bytes.next()?).to_digit(16)?;
    u8::try_from(high * 16 + low).ok()
}

/// The dataset of a decoded key `<dataset>/<file>`: `None` if either of them is missing.
///
/// A key that ends in `/` is what consoles create for an empty folder, not a file.
pub fn dataset(key: &str) -> Option<&str> {
    let (dataset, file) = key.split_once('/')?;
    (!dataset.is_empty() && !file.is_empty() && !file.ends_with('/')).then_some(dataset)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn keys_are_decoded() {
        for (encoded, expected) in [
            ("flights/2013-01.csv", "flights/2013-01.csv"),
            ("flights/January+2013.csv", "flights/January 2013.csv"),
            ("flights/a%2Bb%25c.csv", "flights/a+b%c.csv"),
            ("flights/%E4%BB%A5%c3%a4.csv", "flights/以ä.csv"),
            ("flights%2F2013.csv", "flights/2013.csv"),
            ("flights/no\u{e9}.csv", "flights/no\u{e9}.csv"),
            ("", ""),
        ] {
            assert_eq!(decode(encoded).unwrap(), expected, "{encoded}");
        }
    }

    #[test]
    fn what_s3_would_not_write_is_an_error() {
        for encoded in ["a/%", "a/%4", "a/%4g", "a/%+4", "a/%ff.csv", "a/%C3", "a/%é0"] {
            let error = decode(encoded).unwrap_err();
            assert!(
                matches!(error, StartError::Undecodable { key } if key == encoded),
                "{encoded}"
            );
        }
    }

    #[test]
    fn a_dataset_is_a_folder_with_a_file_in_it() {
        for (key, expected) in [
            ("flights/2013-01.csv", Some("flights")),
            ("flights/2013/01.csv", Some("flights")),
            ("flights//01.csv", Some("flights")),
            ("flights/ ", Some("flights")),
            ("flights/", None),
            ("flights/2013/", None),
            ("flights", None),
            ("flights.csv", None),
            ("/2013-01.csv", None),
            ("/", None),
            ("", None),
        ] {
            assert_eq!(dataset(key), expected, "{key:?}");
        }
    }

    /// Encodes as S3 does: all but letters, digits and a few marks is escaped.
    fn encode(key: &str) -> String {
        key.bytes()
            .map(|byte| match byte {
                b' ' => "+".to_owned(),
                b'/' | b'-' | b'_' | b'.' | b'*' => char::from(byte).to_string(),
                _ if byte.is_ascii_alphanumeric() => char::from(byte).to_string(),
                _ => format!("%{byte:02X}"),
            })
            .collect()
    }

    proptest! {
        #[test]
        fn decoding_undoes_encoding(key in any::<String>()) {
            prop_assert_eq!(decode(&encode(&key)).unwrap(), key);
        }
    }
}
