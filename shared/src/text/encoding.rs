//! Encodings, and the names that people give them.

/// What the bytes of a text mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    /// UTF-8.
    Utf8,
    /// UTF-16 as its byte order mark says, little-endian without one.
    Utf16,
    /// UTF-16, little-endian unless a byte order mark says otherwise.
    Utf16Le,
    /// UTF-16, big-endian unless a byte order mark says otherwise.
    Utf16Be,
    /// ISO-8859-1 exactly: each byte is the character of that number.
    Latin1,
    /// The 128 characters of US-ASCII; every other byte is invalid.
    Ascii,
    /// Any other of the WHATWG Encoding Standard, as that defines it.
    Other(&'static encoding_rs::Encoding),
}

impl Encoding {
    /// The encoding of that name, in any letter case: a label of the WHATWG Encoding Standard (which
    /// has most of IANA's) or an alias of Python, with `_` for `-` as one likes. None if the name, or
    /// what it means, is not known.
    ///
    /// The standard takes `latin1` and `ascii` for windows-1252; here they mean themselves.
    ///
    /// ```
    /// use shared::text::Encoding;
    /// assert_eq!(Encoding::for_label("UTF_8"), Some(Encoding::Utf8));
    /// assert_eq!(Encoding::for_label("latin-1"), Some(Encoding::Latin1));
    /// assert_eq!(Encoding::for_label("cp1252").map(Encoding::name), Some("windows-1252"));
    /// assert_eq!(Encoding::for_label("utf-7"), None);
    /// ```
    pub fn for_label(label: &str) -> Option<Self> {
        let plain = label.trim().to_ascii_lowercase();
        let label = plain.replace('_', "-");
        if let Some(&(_, encoding)) = OWN.iter().find(|(name, _)| *name == label) {
            return Some(encoding);
        }
        let alias = ALIASES.iter().find(|(name, _)| *name == label).map(|&(_, name)| name);
        let found = alias.and_then(whatwg).or_else(|| whatwg(&plain)).or_else(|| whatwg(&label))?;
        Some(match found {
            _ if found == encoding_rs::UTF_8 => Encoding::Utf8,
            _ if found == encoding_rs::UTF_16LE => Encoding::Utf16,
            _ if found == encoding_rs::UTF_16BE => Encoding::Utf16Be,
            _ if found == encoding_rs::WINDOWS_1252 && !label.contains("1252") => Encoding::Latin1,
            _ => Encoding::Other(found),
        })
    }

    /// Its name, for messages.
    pub fn name(self) -> &'static str {
        match self {
            Encoding::Utf8 => "UTF-8",
            Encoding::Utf16 => "UTF-16",
            Encoding::Utf16Le => "UTF-16LE",
            Encoding::Utf16Be => "UTF-16BE",
            Encoding::Latin1 => "ISO-8859-1",
            Encoding::Ascii => "US-ASCII",
            Encoding::Other(other) => other.name(),
        }
    }
}

/// The standard's encoding of that label. Those that it only names in order to refuse them, and the
/// one for binary data, are none.
fn whatwg(label: &str) -> Option<&'static encoding_rs::Encoding> {
    encoding_rs::Encoding::for_label_no_replacement(label.as_bytes())
        .filter(|&found| found != encoding_rs::X_USER_DEFINED)
}

/// Names that mean something else in the standard, or nothing.
const OWN: &[(&str, Encoding)] = &[
    ("646", Encoding::Ascii),
    ("ansi-x3.4-1968", Encoding::Ascii),
    ("ansi-x3.4-1986", Encoding::Ascii),
    ("ascii", Encoding::Ascii),
    ("cp367", Encoding::Ascii),
    ("csascii", Encoding::Ascii),
    ("ibm367", Encoding::Ascii),
    ("iso-646.irv-1991", Encoding::Ascii),
    ("iso-ir-6", Encoding::Ascii),
    ("iso646-us", Encoding::Ascii),
    ("us", Encoding::Ascii),
    ("us-ascii", Encoding::Ascii),
    ("8859", Encoding::Latin1),
    ("iso8859", Encoding::Latin1),
    ("latin", Encoding::Latin1),
    ("latin-1", Encoding::Latin1),
    ("cp65001", Encoding::Utf8),
    ("u8", Encoding::Utf8),
    ("utf", Encoding::Utf8),
    ("utf-8-sig", Encoding::Utf8),
    ("utf8-sig", Encoding::Utf8),
    ("u16", Encoding::Utf16),
    ("utf16", Encoding::Utf16),
    ("unicodefeff", Encoding::Utf16Le),
    ("unicodelittleunmarked", Encoding::Utf16Le),
    ("utf-16-le", Encoding::Utf16Le),
    ("utf-16le", Encoding::Utf16Le),
    ("utf16le", Encoding::Utf16Le),
    ("unicodebigunmarked", Encoding::Utf16Be),
    ("utf-16-be", Encoding::Utf16Be),
    ("utf-16be", Encoding::Utf16Be),
    ("utf16be", Encoding::Utf16Be),
];

/// Python's names to the standard's.
const ALIASES: &[(&str, &str)] = &[
    ("1250", "windows-1250"),
    ("1251", "windows-1251"),
    ("1252", "windows-1252"),
    ("1253", "windows-1253"),
    ("1254", "windows-1254"),
    ("1255", "windows-1255"),
    ("1256", "windows-1256"),
    ("1257", "windows-1257"),
    ("1258", "windows-1258"),
    ("866", "ibm866"),
    ("874", "windows-874"),
    ("932", "shift_jis"),
    ("936", "gbk"),
    ("949", "euc-kr"),
    ("950", "big5"),
    ("big5-tw", "big5"),
    ("big5hkscs", "big5"),
    ("cp874", "windows-874"),
    ("cp932", "shift_jis"),
    ("cp936", "gbk"),
    ("cp949", "euc-kr"),
    ("cp950", "big5"),
    ("euccn", "gbk"),
    ("eucjp", "euc-jp"),
    ("euckr", "euc-kr"),
    ("gb18030-2000", "gb18030"),
    ("iso2022-jp", "iso-2022-jp"),
    ("iso2022jp", "iso-2022-jp"),
    ("iso8859-16", "iso-8859-16"),
    ("l7", "iso-8859-13"),
    ("l8", "iso-8859-14"),
    ("l10", "iso-8859-16"),
    ("latin-10", "iso-8859-16"),
    ("latin10", "iso-8859-16"),
    ("latin-2", "latin2"),
    ("latin-3", "latin3"),
    ("latin-4", "latin4"),
    ("latin-5", "latin5"),
    ("latin-6", "latin6"),
    ("latin-7", "iso-8859-13"),
    ("latin-8", "iso-8859-14"),
    ("latin-9", "iso-8859-15"),
    ("latin7", "iso-8859-13"),
    ("latin8", "iso-8859-14"),
    ("latin9", "iso-8859-15"),
    ("mac-cyrillic", "x-mac-cyrillic"),
    ("mac-roman", "macintosh"),
    ("maccyrillic", "x-mac-cyrillic"),
    ("macroman", "macintosh"),
    ("ms936", "gbk"),
    ("ms949", "euc-kr"),
    ("ms950", "big5"),
    ("mskanji", "shift_jis"),
    ("s-jis", "shift_jis"),
    ("shiftjis", "shift_jis"),
    ("u-jis", "euc-jp"),
    ("uhc", "euc-kr"),
    ("ujis", "euc-jp"),
];
