//! Records do not depend on how they are looked for.

use proptest::prelude::*;

use super::support::{Found, PIECE_LENS, any_bytes, any_grammar, boundaries, records};
use crate::csv::{Boundaries, Grammar, RECORD_LIMIT, RecordTooLong, Terminator, Unclosed};

/// In pieces, at once and cut out one by one, the records are the same, and all bytes are in them.
#[track_caller]
fn check(grammar: &Grammar, bytes: &[u8]) {
    let found = records(grammar, bytes);
    let at_once = boundaries(grammar, bytes, bytes.len().max(1));
    for piece_len in PIECE_LENS {
        assert_eq!(boundaries(grammar, bytes, piece_len), at_once, "pieces of {piece_len}");
    }
    let (told, end) = at_once;
    // An unclosed record is read, but not told.
    assert_eq!(told.len() + usize::from(end.is_err()), found.len());
    let raw: Vec<u8> = told.iter().flat_map(|(_, raw)| raw.clone()).collect();
    assert!(bytes.starts_with(&raw));
    let mut start = 0;
    for ((span, raw), found) in told.iter().zip(&found) {
        assert_eq!((span.start, span.end), (start, found.end));
        assert_eq!(raw.len() as u64, span.end - span.start);
        assert_eq!(span.line_count, found.line_count);
        assert_eq!(span.is_comment, found.is_comment);
        assert_eq!(span.is_blank, found.fields.is_empty() && !found.is_comment);
        let alone = Found { start: 0, end: raw.len() as u64, ..found.clone() };
        assert_eq!(records(grammar, raw), [alone]);
        start = span.end;
    }
    match end {
        Ok(()) => assert_eq!(start, bytes.len() as u64),
        Err(Unclosed { record_start, quote_at }) => {
            assert_eq!(record_start, start);
            assert!((record_start..bytes.len() as u64).contains(&quote_at));
        }
    }
    let unterminated = told.iter().position(|(span, _)| !span.is_terminated);
    assert!(unterminated.is_none_or(|at| at + 1 == told.len()));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3000))]

    #[test]
    fn records_are_the_same_in_pieces(grammar in any_grammar(), bytes in any_bytes()) {
        check(&grammar, &bytes);
    }

    #[test]
    fn no_grammar_upsets_the_reader(
        delimiter in "[,\"\\\\ \n]{0,2}",
        quote in prop::option::of("[,\"\\\\ \n]"),
        escape in prop::option::of("[,\"\\\\ \n]"),
        exact in prop::option::of("[,\"\\\\ \n]{0,2}"),
        comment in prop::option::of("[,\"\\\\ \n]{0,2}"),
        flags in any::<(bool, bool)>(),
        bytes in any_bytes(),
    ) {
        let character = |text: Option<String>| text.and_then(|text| text.chars().next());
        let grammar = Grammar {
            delimiter,
            quote: character(quote),
            double_quote: flags.0,
            escape: character(escape),
            terminator: exact.map_or(Terminator::Conventional, Terminator::Exact),
            skip_initial_space: flags.1,
            comment,
        };
        let end = records(&grammar, &bytes).last().map_or(0, |last| last.end);
        prop_assert_eq!(end, bytes.len() as u64);
    }
}

#[test]
fn an_unclosed_quote_is_found_where_it_opened() {
    let text = b"a,b\nc,\"d\ne,f\n";
    let (told, end) = boundaries(&Grammar::default(), text, 3);
    assert_eq!(told.len(), 1);
    assert_eq!(end, Err(Unclosed { record_start: 4, quote_at: 6 }));
}

#[test]
fn a_record_beyond_the_limit_is_an_error_in_whatever_pieces() {
    let limit = usize::try_from(RECORD_LIMIT).unwrap();
    for (len, expected) in [(limit - 1, Ok(())), (limit, Err(RecordTooLong { record_start: 4 }))] {
        for tail in [&b"\n1,2\n"[..], b"\n"] {
            let text = [b"a,b\n", vec![b'x'; len].as_slice(), tail].concat();
            for piece_len in [1 << 16, 3 << 20, text.len()] {
                let mut boundaries = Boundaries::new(&Grammar::default());
                let mut told = 0;
                let mut push = |piece| boundaries.push(piece, |_, _| told += 1);
                assert_eq!(text.chunks(piece_len).try_for_each(&mut push), expected);
                assert!(told >= 1, "the records in front of it are told");
            }
        }
    }
}

#[test]
fn a_long_record_in_tiny_pieces_takes_no_longer_than_it_must() {
    // Looked at afresh with every piece, this would take hours.
    let mut boundaries = Boundaries::new(&Grammar::default());
    boundaries.push(b"\"", |_, _| ()).unwrap();
    for _ in 0..(4 << 20) {
        boundaries.push(b"\n", |_, _| ()).unwrap();
    }
    let mut lines = 0;
    boundaries.push(b"\"", |_, _| ()).unwrap();
    boundaries.finish(|span, _| lines = span.line_count).unwrap();
    assert_eq!(lines, (4 << 20) + 1);
}
