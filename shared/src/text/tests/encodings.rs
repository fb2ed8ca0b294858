//! Every encoding, cut everywhere.

use proptest::prelude::*;

use super::support::{check, check_fault, decode};
use crate::text::{Encoding, TextError};

fn invalid(encoding: &'static str, offset: u64) -> TextError {
    TextError::Invalid { offset, encoding, is_inflated: false }
}

#[test]
fn a_fault_is_told_with_its_offset_behind_all_the_text_before_it() {
    let other = Encoding::for_label;
    for (encoding, bytes, text, offset) in [
        (None, &b"a,b\n1,\xff\n"[..], "a,b\n1,", 6),
        (None, b"a,b\n1,\xe2\x82", "a,b\n1,", 6),
        (None, b"a,b\n1,\xe2\x82x", "a,b\n1,", 6),
        (None, b"\xff", "", 0),
        (None, b"\xef\xbb\xbfa\x80", "a", 4),
        (None, b"a\xed\xa0\x80", "a", 1),
        (None, b"a\xc0\xaf", "a", 1),
        (None, b"\xf0\x9f\xa6\x80\xf4\x90\x80\x80", "🦀", 4),
    ] {
        check_fault(encoding, bytes, text, &invalid("UTF-8", offset));
    }
    check_fault(Some(Encoding::Ascii), b"a,b\n\xe9", "a,b\n", &invalid("US-ASCII", 4));
    check_fault(Some(Encoding::Utf16), b"a\0b", "a", &invalid("UTF-16", 2));
    check_fault(Some(Encoding::Utf16), b"\xff\xfea\0\x00\xdcb\0", "a", &invalid("UTF-16LE", 4));
    check_fault(Some(Encoding::Utf16Be), b"\0a\xd8\x00\0b", "a", &invalid("UTF-16BE", 2));
    check_fault(Some(Encoding::Utf16Be), b"\0a\xd8\x00", "a", &invalid("UTF-16BE", 2));
    check_fault(other("shift_jis"), b"a\x82\xa0\x82\x20b", "aあ", &invalid("Shift_JIS", 3));
    check_fault(other("shift_jis"), b"a\x82", "a", &invalid("Shift_JIS", 1));
    check_fault(other("gb18030"), b"a\x81\x30\x81b", "a", &invalid("gb18030", 1));
    check_fault(other("gb18030"), b"a\x81\x30\x81", "a", &invalid("gb18030", 1));
    check_fault(other("windows-1253"), b"a\xaa", "a", &invalid("windows-1253", 1));
    check_fault(other("euc-jp"), b"a\x8f\xa2\x41", "a", &invalid("EUC-JP", 1));
}

#[test]
fn latin_1_is_latin_1() {
    let bytes: Vec<u8> = (0..=255).collect();
    let text: String = bytes.iter().map(|&byte| char::from(byte)).collect();
    check(Some(Encoding::Latin1), &bytes, &text);
    let long: Vec<u8> = bytes.repeat(1000);
    check(Some(Encoding::Latin1), &long, &text.repeat(1000));
}

#[test]
fn labels() {
    for (labels, expected) in [
        (
            &["utf-8", "UTF-8", "utf8", "UTF8", "utf_8", "u8", "utf-8-sig", "utf_8_sig", "cp65001"]
                [..],
            Encoding::Utf8,
        ),
        (&["utf-16", "UTF16", "utf_16", "U16", "ucs-2", "ISO-10646-UCS-2"], Encoding::Utf16),
        (&["utf-16le", "UTF-16LE", "utf_16_le", "utf-16-le"], Encoding::Utf16Le),
        (&["utf-16be", "UTF-16BE", "utf_16_be", "utf-16-be"], Encoding::Utf16Be),
        (
            &[
                "latin-1",
                "latin_1",
                "Latin1",
                "L1",
                "ISO-8859-1",
                "iso8859-1",
                "iso_8859-1",
                "iso_8859_1",
                "ISO_8859-1:1987",
                "cp819",
                "8859",
            ],
            Encoding::Latin1,
        ),
        (&["ascii", "US-ASCII", "us_ascii", "ANSI_X3.4-1968", "646"], Encoding::Ascii),
        (
            &["windows-1252", "CP1252", "1252", "x-cp1252"],
            Encoding::Other(encoding_rs::WINDOWS_1252),
        ),
        (&["cp1250", "windows_1250"], Encoding::Other(encoding_rs::WINDOWS_1250)),
        (
            &["shift_jis", "Shift-JIS", "sjis", "cp932", "MS_Kanji", "windows-31j"],
            Encoding::Other(encoding_rs::SHIFT_JIS),
        ),
        (&["gb18030", "GB18030-2000"], Encoding::Other(encoding_rs::GB18030)),
        (&["gb2312", "gbk", "cp936", "GB_2312-80"], Encoding::Other(encoding_rs::GBK)),
        (&["euc_kr", "euc-kr", "cp949", "KS_C_5601-1987"], Encoding::Other(encoding_rs::EUC_KR)),
        (&["big5", "cp950", "big5-hkscs", "big5_hkscs"], Encoding::Other(encoding_rs::BIG5)),
        (&["euc_jp", "euc-jp", "ujis"], Encoding::Other(encoding_rs::EUC_JP)),
        (
            &["iso-8859-15", "latin9", "latin_9", "iso8859_15"],
            Encoding::Other(encoding_rs::ISO_8859_15),
        ),
        (&["mac_roman", "macintosh"], Encoding::Other(encoding_rs::MACINTOSH)),
        (&["koi8_r", "KOI8-R"], Encoding::Other(encoding_rs::KOI8_R)),
        (&["cp866", "ibm866"], Encoding::Other(encoding_rs::IBM866)),
    ] {
        for label in labels {
            assert_eq!(Encoding::for_label(label), Some(expected), "{label}");
        }
    }
    for label in [
        "",
        "utf-7",
        "utf-32",
        "utf-9",
        "x-user-defined",
        "replacement",
        "hz-gb-2312",
        "iso-2022-kr",
        "cp037",
    ] {
        assert_eq!(Encoding::for_label(label), None, "{label}");
    }
}

/// The encodings that can also be written.
const WRITTEN: [&encoding_rs::Encoding; 12] = [
    encoding_rs::BIG5,
    encoding_rs::EUC_JP,
    encoding_rs::EUC_KR,
    encoding_rs::GB18030,
    encoding_rs::GBK,
    encoding_rs::ISO_2022_JP,
    encoding_rs::ISO_8859_2,
    encoding_rs::ISO_8859_15,
    encoding_rs::KOI8_R,
    encoding_rs::SHIFT_JIS,
    encoding_rs::WINDOWS_1251,
    encoding_rs::WINDOWS_1252,
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn what_was_encoded_is_decoded(
        text in "[a-z,\n\"éüßщяあ漢字가中€]{0,40}",
        encoding in prop::sample::select(WRITTEN.to_vec()),
    ) {
        // What the encoding lacks becomes a reference to its number, in ASCII.
        let (bytes, _, lacks) = encoding.encode(&text);
        let decoded = decode(Some(Encoding::Other(encoding)), &bytes);
        prop_assert_eq!(decoded.end, Ok(()));
        prop_assert_eq!(decoded.text == text, !lacks);
    }

    #[test]
    fn utf_16_is_decoded(text in "\\PC{0,40}") {
        let le: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let be: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
        prop_assert_eq!(decode(Some(Encoding::Utf16Be), &[b"\xfe\xff", be.as_slice()].concat()).text, text.clone());
        prop_assert_eq!(decode(None, &[b"\xff\xfe", le.as_slice()].concat()).text, text.clone());
    }

    /// The fault is that of the whole file, whatever the pieces; before it, all is text.
    #[test]
    fn the_fault_is_that_of_the_whole(
        text in "[aé€🦀]{0,12}",
        noise in prop::option::of((0..40_usize, any::<u8>())),
    ) {
        let mut bytes = [b"aaaa", text.as_bytes()].concat();
        if let Some((at, byte)) = noise && let Some(slot) = bytes.get_mut(at + 4) {
            *slot = byte;
        }
        let decoded = decode(Some(Encoding::Utf8), &bytes);
        match std::str::from_utf8(&bytes) {
            Ok(text) => prop_assert_eq!((decoded.text.as_str(), decoded.end), (text, Ok(()))),
            Err(error) => {
                let at = error.valid_up_to();
                prop_assert_eq!(decoded.text.as_bytes(), &bytes[..at]);
                prop_assert_eq!(decoded.end, Err(invalid("UTF-8", at as u64)));
            }
        }
    }

    #[test]
    fn no_bytes_upset_a_decoder(
        label in prop::sample::select(vec!["utf-8", "utf-16", "latin-1", "ascii", "shift_jis",
            "gb18030", "big5", "euc-jp", "euc-kr", "iso-2022-jp", "windows-1253"]),
        bytes in prop::collection::vec(any::<u8>(), 0..60),
    ) {
        decode(Encoding::for_label(label), &bytes);
    }
}
