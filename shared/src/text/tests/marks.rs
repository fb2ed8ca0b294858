//! Byte order marks, signatures, and what is the file itself.

use super::support::{check, check_fault, decode};
use crate::text::{Encoding, TextDecoder, TextError};

const UTF8_MARK: &[u8] = b"\xef\xbb\xbf";

const DECLARED: [Option<Encoding>; 8] = [
    None,
    Some(Encoding::Utf8),
    Some(Encoding::Utf16),
    Some(Encoding::Utf16Le),
    Some(Encoding::Utf16Be),
    Some(Encoding::Latin1),
    Some(Encoding::Ascii),
    Some(Encoding::Other(encoding_rs::SHIFT_JIS)),
];

#[test]
fn a_mark_of_utf8_means_utf8_whatever_is_declared() {
    for declared in DECLARED {
        let decoded = decode(declared, &[UTF8_MARK, "é,b\n".as_bytes()].concat());
        assert_eq!((decoded.text.as_str(), decoded.end), ("é,b\n", Ok(())));
        assert_eq!((decoded.is_verbatim, decoded.mark_len), (true, 3));
        check(declared, UTF8_MARK, "");
    }
    // Only one mark is taken off, and only at the start.
    check(None, b"\xef\xbb\xbf\xef\xbb\xbfa", "\u{feff}a");
    check(None, b"a\xef\xbb\xbf", "a\u{feff}");
}

#[test]
fn a_mark_of_utf16_counts_where_it_may() {
    for declared in DECLARED {
        let is_obeyed = match declared {
            None | Some(Encoding::Utf16 | Encoding::Utf16Le | Encoding::Utf16Be) => true,
            Some(_) => false,
        };
        for (bytes, name) in [(b"\xff\xfea\0,\0", "UTF-16LE"), (b"\xfe\xff\0a\0,", "UTF-16BE")] {
            let decoded = decode(declared, bytes);
            if is_obeyed {
                assert_eq!((decoded.text.as_str(), decoded.end), ("a,", Ok(())));
                assert_eq!((decoded.is_verbatim, decoded.mark_len), (false, 2));
            } else {
                let message = decoded.end.unwrap_err().to_string();
                assert_eq!(decoded.text, "");
                let expected =
                    format!("the file is {name} (by its byte order mark), where the contract");
                assert!(message.starts_with(&expected), "{message}");
            }
        }
        check_mark_only(declared, is_obeyed);
    }
    check(Some(Encoding::Utf16), b"a\0,\0", "a,");
    check(Some(Encoding::Utf16Le), b"a\0,\0", "a,");
    check(Some(Encoding::Utf16Be), b"\0a\0,", "a,");
}

#[track_caller]
fn check_mark_only(declared: Option<Encoding>, is_obeyed: bool) {
    let decoded = decode(declared, b"\xff\xfe");
    assert_eq!((decoded.text.as_str(), decoded.end.is_ok()), ("", is_obeyed));
}

#[test]
fn what_is_no_text_is_told_by_its_first_bytes() {
    for (bytes, found) in [
        (&b"a\0,\0b\0"[..], "UTF-16LE (by its null bytes)"),
        (b"\0a\0,", "UTF-16BE (by its null bytes)"),
        (b"\xff\xfe\0\0a\0\0\0", "UTF-32LE (by its byte order mark)"),
        (b"\0\0\xfe\xff\0\0\0a", "UTF-32BE (by its byte order mark)"),
        (b"PK\x03\x04\x14", "a zip archive (or a spreadsheet)"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "a spreadsheet (by its signature)"),
        (b"PAR1\x15\x04\x15\x10", "a Parquet file"),
        (b"\xfd7zXZ\0", "compressed with xz"),
    ] {
        for (declared, name) in [
            (None, "UTF-8"),
            (Some(Encoding::Utf8), "UTF-8"),
            (Some(Encoding::Latin1), "ISO-8859-1"),
        ] {
            check_fault(declared, bytes, "", &TextError::Foreign { found, declared: name });
        }
    }
}

#[test]
fn the_text_is_the_file_where_it_can_be() {
    for declared in [None, Some(Encoding::Utf8), Some(Encoding::Ascii)] {
        for bytes in [&b""[..], b"a", b"a,b\n1,2\n"] {
            let decoded = decode(declared, bytes);
            assert_eq!(decoded.end, Ok(()));
            assert_eq!((decoded.is_verbatim, decoded.mark_len), (true, 0));
        }
    }
    assert!(!decode(Some(Encoding::Latin1), b"a,b\n").is_verbatim);
    assert!(!decode(Some(Encoding::Utf16Le), b"a\0").is_verbatim);
    assert!(!decode(Some(Encoding::Other(encoding_rs::GBK)), b"a,b\n").is_verbatim);
}

/// The slices themselves are handed on, save for a character that is cut.
#[test]
fn nothing_is_copied_where_the_text_is_the_file() {
    let mut decoder = TextDecoder::new(None);
    let bytes = "aa,€b".as_bytes();
    let (first, second) = bytes.split_at(5);
    for (piece, expected) in [(first, &[Some(0..3)][..]), (second, &[None, Some(1..2)])] {
        let mut slices = Vec::new();
        let on_text = |text: &[u8]| -> Result<(), TextError> {
            let start = text.as_ptr().addr().wrapping_sub(piece.as_ptr().addr());
            slices.push((start < piece.len()).then_some(start..start + text.len()));
            Ok(())
        };
        decoder.push(piece, on_text).unwrap();
        assert_eq!(slices, expected);
    }
}

#[test]
fn who_takes_the_text_may_stop() {
    #[derive(Debug, PartialEq)]
    enum Enough {
        Yes,
        Text(TextError),
    }
    impl From<TextError> for Enough {
        fn from(error: TextError) -> Self {
            Enough::Text(error)
        }
    }
    let mut decoder = TextDecoder::new(None);
    assert_eq!(decoder.push(b"a,bc\n", |_| Err(Enough::Yes)), Err(Enough::Yes));
    let mut decoder = TextDecoder::new(None);
    let invalid = decoder.push(b"a,b\n\xff", |_| Ok(()));
    assert!(matches!(invalid, Err(Enough::Text(TextError::Invalid { offset: 4, .. }))));
}
