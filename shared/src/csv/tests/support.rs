//! Texts, grammars, and what is found with them.

use proptest::prelude::*;

use crate::csv::{Boundaries, Grammar, Record, Records, Span, Terminator, Unclosed};

pub(super) const PIECE_LENS: [usize; 5] = [1, 2, 3, 7, 4096];

pub(in crate::csv) type Row = Vec<Vec<u8>>;

/// A record, as [`Records`] finds it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::csv) struct Found {
    pub(in crate::csv) start: u64,
    pub(in crate::csv) end: u64,
    pub(in crate::csv) fields: Row,
    pub(in crate::csv) stray_quote: Option<usize>,
    pub(in crate::csv) is_comment: bool,
    pub(in crate::csv) line_count: u64,
}

pub(in crate::csv) fn records(grammar: &Grammar, bytes: &[u8]) -> Vec<Found> {
    let mut records = Records::new(grammar, bytes);
    let mut record = Record::default();
    let mut found = Vec::new();
    let mut start = 0;
    while records.read(&mut record) {
        let end = records.offset() as u64;
        found.push(Found {
            start,
            end,
            fields: record.iter().map(<[u8]>::to_vec).collect(),
            stray_quote: record.stray_quote(),
            is_comment: record.is_comment(),
            line_count: record.line_count(),
        });
        start = end;
    }
    found
}

pub(in crate::csv) type Told = (Vec<(Span, Vec<u8>)>, Result<(), Unclosed>);

pub(in crate::csv) fn boundaries(grammar: &Grammar, bytes: &[u8], piece_len: usize) -> Told {
    let mut boundaries = Boundaries::new(grammar);
    let mut told = Vec::new();
    for piece in bytes.chunks(piece_len) {
        boundaries.push(piece, |span, raw| told.push((span, raw.to_vec()))).unwrap();
    }
    let end = boundaries.finish(|span, raw| told.push((span, raw.to_vec())));
    (told, end)
}

/// The marks of [`any_grammar`], and what comes of them where they are cut or doubled.
const BITS: &[&str] = &[
    ",", ";", "\t", "::", ":", "é", "\"", "'", "«", "\\", "^", "\r", "\n", "\r\n", "|", "|\n", " ",
    "  ", "#", "//", "/", "a", "b", "xyz", "ü", "\u{feff}", "0",
];

/// Texts in which marks are much more frequent than in nature, at times with bytes that are no text.
pub(in crate::csv) fn any_bytes() -> impl Strategy<Value = Vec<u8>> {
    let bit = prop_oneof![
        30 => prop::sample::select(BITS).prop_map(|bit| bit.as_bytes().to_vec()),
        1 => any::<u8>().prop_map(|byte| vec![byte]),
    ];
    prop::collection::vec(bit, 0..120).prop_map(|bits| bits.concat())
}

/// Grammars without a character in two marks.
pub(in crate::csv) fn any_grammar() -> impl Strategy<Value = Grammar> {
    let terminator = prop_oneof![
        4 => Just(Terminator::Conventional),
        1 => prop::sample::select(vec!["|", "|\n", "\r\n\r\n", "||", "\u{0}"])
            .prop_map(|exact| Terminator::Exact(exact.to_owned())),
    ];
    (
        prop::sample::select(vec![",", ";", "\t", "::", "é"]),
        prop::sample::select(vec![Some('"'), Some('"'), Some('\''), Some('«'), None]),
        any::<bool>(),
        prop::sample::select(vec![None, None, Some('\\'), Some('^')]),
        terminator,
        prop::sample::select(vec![false, false, true]),
        prop::sample::select(vec![None, None, Some("#"), Some("//")]),
    )
        .prop_map(|(delimiter, quote, double_quote, escape, terminator, skip, comment)| {
            Grammar {
                delimiter: delimiter.to_owned(),
                quote,
                double_quote,
                escape,
                terminator,
                skip_initial_space: skip,
                comment: comment.map(str::to_owned),
            }
        })
}
