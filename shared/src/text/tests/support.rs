//! Files, and what is decoded of them.

use crate::text::{Encoding, TextDecoder, TextError};

pub(super) const PIECE_LENS: [usize; 5] = [1, 2, 3, 7, 4096];

/// What becomes of a file: its text up to its end or its fault.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Decoded {
    pub(super) text: String,
    pub(super) end: Result<(), TextError>,
    pub(super) is_verbatim: bool,
    pub(super) mark_len: u64,
}

fn decode_in_pieces(declared: Option<Encoding>, bytes: &[u8], piece_len: usize) -> Decoded {
    let mut decoder = TextDecoder::new(declared);
    let mut text = String::new();
    let mut on_text = |more: &[u8]| -> Result<(), TextError> {
        assert!(!more.is_empty());
        text.push_str(std::str::from_utf8(more).expect("whole characters"));
        Ok(())
    };
    let mut pieces = bytes.chunks(piece_len);
    let end = pieces
        .try_for_each(|piece| decoder.push(piece, &mut on_text))
        .and_then(|()| decoder.finish(&mut on_text));
    Decoded { text, end, is_verbatim: decoder.is_verbatim(), mark_len: decoder.mark_len() }
}

/// Decodes the file in pieces of every length, with the same result.
#[track_caller]
pub(super) fn decode(declared: Option<Encoding>, bytes: &[u8]) -> Decoded {
    let at_once = decode_in_pieces(declared, bytes, bytes.len().max(1));
    for piece_len in PIECE_LENS {
        assert_eq!(decode_in_pieces(declared, bytes, piece_len), at_once, "pieces of {piece_len}");
    }
    at_once
}

/// Decodes a file whose compressed data are broken: how much of its text comes before the fault is
/// the inflater's affair and may depend on the pieces, but nothing else may.
#[track_caller]
pub(super) fn decode_broken(declared: Option<Encoding>, bytes: &[u8]) -> Decoded {
    let at_once = decode_in_pieces(declared, bytes, bytes.len().max(1));
    for piece_len in PIECE_LENS {
        let decoded = decode_in_pieces(declared, bytes, piece_len);
        assert_eq!(decoded.end, at_once.end, "pieces of {piece_len}");
        assert!(decoded.text.starts_with(&at_once.text), "pieces of {piece_len}");
    }
    at_once
}

/// Expects the file to be the text.
#[track_caller]
pub(super) fn check(declared: Option<Encoding>, bytes: &[u8], text: &str) {
    let decoded = decode(declared, bytes);
    assert_eq!(decoded.end, Ok(()));
    assert_eq!(decoded.text, text);
}

/// Expects the file to have the fault, behind the text.
#[track_caller]
pub(super) fn check_fault(declared: Option<Encoding>, bytes: &[u8], text: &str, fault: &TextError) {
    let decoded = decode(declared, bytes);
    assert_eq!(decoded.end.as_ref(), Err(fault));
    assert_eq!(decoded.text, text);
}
