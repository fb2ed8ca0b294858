//! Files that are compressed, cut off, broken, or made to do harm.

use std::io::Write;

use flate2::write::GzEncoder;
use flate2::{Compression as Level, GzBuilder};
use proptest::prelude::*;

use super::support::{check, check_fault, decode, decode_broken};
use crate::text::inflate::{Inflate, Limits};
use crate::text::{Compression, Encoding, TextError};

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Level::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn zstd(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = zstd::Encoder::new(Vec::new(), 3).unwrap();
    encoder.include_checksum(true).unwrap();
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn rows(count: u32) -> String {
    (0..count).fold(String::new(), |text, row| text + &row.to_string() + ",é\n")
}

fn corrupt(compression: Compression, reason: &str) -> TextError {
    TextError::Corrupt { compression, reason: reason.to_owned() }
}

#[test]
fn a_compressed_file_is_its_text() {
    let long = rows(20_000);
    for text in ["", "a", "a,b\n1,é\n", long.as_str()] {
        for bytes in [gzip(text.as_bytes()), zstd(text.as_bytes())] {
            check(None, &bytes, text);
            assert!(!decode(None, &bytes).is_verbatim);
        }
    }
}

#[test]
fn several_members_or_frames_are_one_text() {
    // The character is cut between them.
    let parts = [&b"a,\xc3"[..], b"", b"\xa9\nb", b",c\n"];
    for compress in [gzip, zstd] {
        check(None, &parts.map(compress).concat(), "a,é\nb,c\n");
    }
    let padded = [gzip(b"a"), gzip(b"b"), vec![0; 600]].concat();
    check(None, &padded, "ab");
    // pzstd writes frames to be skipped.
    let skipped = b"\x50\x2a\x4d\x18\x04\0\0\0abcd";
    check(None, &[skipped, zstd(b"a").as_slice(), skipped, &zstd(b"b")].concat(), "ab");
}

#[test]
fn every_part_of_a_gzip_header_is_passed() {
    let with = |builder: GzBuilder| {
        let mut encoder = builder.write(Vec::new(), Level::fast());
        encoder.write_all(b"a,b\n").unwrap();
        encoder.finish().unwrap()
    };
    let builder = || GzBuilder::new().filename("a.csv").comment("drôle").mtime(1);
    let plain = with(builder().extra(vec![7; 3000]));
    check(None, &plain, "a,b\n");
    check(None, &with(GzBuilder::new().extra(vec![0])), "a,b\n");

    // A header with a checksum, as hardly anybody writes it.
    let mut checked = b"\x1f\x8b\x08\x02\0\0\0\0\0\xff".to_vec();
    let mut crc = flate2::Crc::new();
    crc.update(&checked);
    checked.extend_from_slice(&crc.sum().to_le_bytes()[..2]);
    checked.extend_from_slice(&gzip(b"a,b\n")[10..]);
    check(None, &checked, "a,b\n");
    checked[10] ^= 1;
    let fault = corrupt(Compression::Gzip, "its header has another checksum");
    check_fault(None, &checked, "", &fault);
}

#[test]
fn what_is_inflated_is_decoded_as_any_file() {
    for compress in [gzip, zstd] {
        check(Some(Encoding::Latin1), &compress(b"caf\xe9"), "café");
        check(None, &compress(b"\xef\xbb\xbfcaf\xc3\xa9"), "café");
        check(None, &compress(b"\xff\xfea\0"), "a");
        let fault = TextError::Invalid { offset: 4, encoding: "UTF-8", is_inflated: true };
        check_fault(None, &compress(b"\xef\xbb\xbfa\xe9"), "a", &fault);
        let fault = TextError::Foreign { found: "compressed twice", declared: "UTF-8" };
        check_fault(None, &compress(&gzip(b"a")), "", &fault);
        check_fault(None, &compress(&zstd(b"a")), "", &fault);
    }
}

#[test]
fn a_file_that_is_cut_off_is_told() {
    let text = rows(50);
    for (bytes, compression, signature_len) in [
        ([gzip(b"first\n"), gzip(text.as_bytes())].concat(), Compression::Gzip, 2),
        ([zstd(b"first\n"), zstd(text.as_bytes())].concat(), Compression::Zstd, 4),
    ] {
        let first_len =
            if compression == Compression::Gzip { gzip(b"first\n") } else { zstd(b"first\n") }
                .len();
        for len in signature_len..bytes.len() {
            let decoded = decode(None, &bytes[..len]);
            if len == first_len {
                assert_eq!(decoded.end, Ok(()), "the first is whole");
            } else {
                assert_eq!(decoded.end, Err(TextError::Truncated(compression)), "{len}");
            }
            assert!(format!("first\n{text}").starts_with(&decoded.text));
        }
    }
}

#[test]
fn broken_data_are_told() {
    let bytes = gzip(b"a,b\n1,2\n");
    let broken = |at: usize| {
        let mut broken = bytes.clone();
        broken[at] ^= 0xff;
        broken
    };
    let gz = |reason| corrupt(Compression::Gzip, reason);
    let text = "a,b\n1,2\n";
    let len = bytes.len();
    check_fault(None, &broken(2), "", &gz("a member does not start as it must"));
    check_fault(None, &broken(3), "", &gz("its header has unknown flags"));
    check_fault(None, &broken(len - 8), text, &gz("its checksum is another"));
    check_fault(None, &broken(len - 1), text, &gz("its length is another"));
    let trailing = [bytes.as_slice(), b"a,b\n"].concat();
    check_fault(None, &trailing, text, &gz("a member does not start as it must"));
    let data = decode_broken(None, &broken(10));
    assert!(matches!(data.end, Err(TextError::Corrupt { compression: Compression::Gzip, .. })));

    let mut bytes = zstd(b"a,b\n1,2\n");
    let last = bytes.len() - 1;
    bytes[last] ^= 1;
    let decoded = decode_broken(None, &bytes);
    let reason = "Restored data doesn't match checksum";
    assert_eq!(decoded.end, Err(corrupt(Compression::Zstd, reason)));
}

#[test]
fn a_frame_is_read_alike_whether_it_is_there_as_a_whole_or_not() {
    // It declares a byte too many in front of an empty block, which no streaming reader minds.
    check(None, b"\x28\xb5\x2f\xfd\x24\x01\x01\0\0\x99\xe9\xd8\x51", "");
}

#[test]
fn a_window_beyond_the_bound_is_refused() {
    let mut encoder = zstd::Encoder::new(Vec::new(), 1).unwrap();
    encoder.window_log(28).unwrap();
    encoder.write_all(b"a,b\n").unwrap();
    let bytes = encoder.finish().unwrap();
    let decoded = decode(None, &bytes);
    assert!(
        matches!(decoded.end, Err(TextError::Corrupt { compression: Compression::Zstd, .. })),
        "{decoded:?}"
    );
}

/// What is handed on before the bound is met, and in what steps.
fn inflate(compression: Compression, bytes: &[u8], limits: Limits) -> (u64, Result<(), TextError>) {
    let mut inflate = Inflate::with_limits(compression, limits).unwrap();
    let mut written = 0;
    let end = inflate.push(bytes, |step| {
        assert!(step.len() <= 64 << 10, "a step is bounded");
        written += step.len() as u64;
        Ok(())
    });
    (written, end)
}

#[test]
fn a_bomb_goes_off_in_steps_and_is_stopped() {
    let zeros = vec![b'0'; 8 << 20];
    let wide = Limits { ratio: u64::MAX, allowance: u64::MAX, total: u64::MAX };
    for (compression, bytes) in
        [(Compression::Gzip, gzip(&zeros)), (Compression::Zstd, zstd(&zeros))]
    {
        assert!(bytes.len() < 10_000);
        assert_eq!(inflate(compression, &bytes, wide), (8 << 20, Ok(())));
        for (limits, bound, error) in [
            (Limits { total: 1 << 20, ..wide }, 1 << 20, TextError::TooLong),
            (Limits { ratio: 100, allowance: 1 << 20, ..wide }, 1 << 20, TextError::Ratio),
        ] {
            let (written, end) = inflate(compression, &bytes, limits);
            assert_eq!(end, Err(error));
            assert!((bound..bound + (128 << 10)).contains(&written), "{written}");
        }
        let enough = Limits { ratio: 100_000, allowance: 1 << 20, total: 8 << 20 };
        assert_eq!(inflate(compression, &bytes, enough), (8 << 20, Ok(())));
    }
}

#[test]
fn the_bounds_hold_for_every_file() {
    let bomb = zstd(&vec![b'0'; 300 << 20]);
    let mut decoder = crate::text::TextDecoder::new(None);
    let end = decoder.push(&bomb, |_| Ok(()));
    assert_eq!(end, Err(TextError::Ratio));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn no_bytes_upset_an_inflater(
        rows in prop::collection::vec("[a-z,]{0,8}\n", 0..30),
        noise in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..4),
        is_gzip: bool,
    ) {
        let text = rows.concat();
        let whole = if is_gzip { gzip(text.as_bytes()) } else { zstd(text.as_bytes()) };
        let mut bytes = whole.clone();
        for (at, byte) in noise {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        let decoded = decode_broken(Some(Encoding::Latin1), &bytes);
        prop_assert!(bytes != whole || decoded.text == text);
    }
}
