//! Blocks hold the records that are found one by one.

use proptest::prelude::*;

use super::support::{Found, any_bytes, any_grammar, records};
use crate::csv::{Block, BlockReader, Grammar, Terminator};

/// More fields than any record here has.
const NO_LIMIT: usize = 400;

/// The records of a block that starts at that offset.
fn found(block: &Block<'_>, offset: u64) -> Vec<Found> {
    let mut start = offset;
    let tell = |(at, entry): (usize, &crate::csv::Entry)| {
        let end = offset + u64::from(entry.end);
        let columns = 0..entry.field_count as usize;
        let fields = columns.map(|column| block.get(at, column).unwrap().as_bytes().to_vec());
        Found {
            start: std::mem::replace(&mut start, end),
            end,
            fields: fields.collect(),
            stray_quote: entry.stray_quote.map(|at| at as usize),
            is_comment: entry.is_comment,
            line_count: u64::from(entry.line_count),
        }
    };
    block.records().iter().enumerate().map(tell).collect()
}

/// The records of a text that is given up to `cut` first, and then as a whole.
fn blocks(grammar: &Grammar, text: &str, cut: usize) -> Vec<Found> {
    let mut reader = BlockReader::new(grammar, NO_LIMIT);
    let (mut told, mut at) = (Vec::new(), 0);
    for (end, is_last) in [(cut, false), (text.len(), true)] {
        loop {
            // Whole records are texts, whatever the cut leaves of the next.
            let block = reader.read(&text.as_bytes()[at..end], is_last).unwrap();
            if block.byte_len() == 0 {
                break;
            }
            told.extend(found(&block, at as u64));
            at += block.byte_len();
        }
    }
    assert_eq!(at, text.len());
    told
}

#[track_caller]
fn check(grammar: &Grammar, text: &str) {
    let expected = records(grammar, text.as_bytes());
    // All cuts of a short text, and some of a longer one.
    for cut in (0..=text.len()).step_by(1 + text.len() / 24) {
        assert_eq!(blocks(grammar, text, cut), expected, "{text:?} cut at {cut}");
    }
}

/// The grammars of most files, with marks that meet more often than in nature.
fn plain_grammar() -> impl Strategy<Value = Grammar> {
    let quote = prop::sample::select(vec![Some('"'), Some('\''), None]);
    let comment = prop::sample::select(vec![None, None, Some("#"), Some("//")]);
    (prop::sample::select(vec![",", ";", "\t", ":"]), quote, any::<bool>(), comment).prop_map(
        |(delimiter, quote, double_quote, comment)| Grammar {
            delimiter: delimiter.to_owned(),
            quote,
            double_quote,
            comment: comment.map(str::to_owned),
            ..Grammar::default()
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn blocks_of_any_grammar(grammar in any_grammar(), bytes in any_bytes()) {
        check(&grammar, &String::from_utf8_lossy(&bytes));
    }

    #[test]
    fn blocks_of_a_plain_grammar(grammar in plain_grammar(), bytes in any_bytes()) {
        check(&grammar, &String::from_utf8_lossy(&bytes));
    }

    #[test]
    fn fields_beyond_the_limit_are_counted(
        grammar in plain_grammar(), escape in any::<bool>(), bytes in any_bytes(), limit in 0..4_usize,
    ) {
        let grammar = Grammar { escape: escape.then_some('\\'), ..grammar };
        let text = String::from_utf8_lossy(&bytes);
        let expected = records(&grammar, text.as_bytes());
        let mut reader = BlockReader::new(&grammar, limit);
        let block = reader.read(text.as_bytes(), true).unwrap();
        for (at, (entry, expected)) in block.records().iter().zip(&expected).enumerate() {
            prop_assert_eq!(entry.field_count as usize, expected.fields.len());
            for (column, field) in expected.fields.iter().enumerate() {
                let kept = (column < limit).then_some(field.as_slice());
                prop_assert_eq!(block.get(at, column).map(str::as_bytes), kept);
            }
        }
    }
}

#[test]
fn a_long_text_is_several_blocks() {
    for terminator in [Terminator::Conventional, Terminator::Exact("\n".to_owned())] {
        let grammar = Grammar { terminator, ..Grammar::default() };
        let text = format!("{}{}\n\"x\ny\",\n", "a,b\n".repeat(5000), "c".repeat(1 << 20));
        let expected = records(&grammar, text.as_bytes());
        assert_eq!(blocks(&grammar, &text, text.len() / 2), expected);
    }
}

#[test]
fn bytes_that_are_no_text_are_an_error() {
    for grammar in [Grammar::default(), Grammar { escape: Some('\\'), ..Grammar::default() }] {
        let mut reader = BlockReader::new(&grammar, NO_LIMIT);
        assert!(reader.read(b"a\n\xff\n", true).is_err());
        assert_eq!(reader.read(b"a\nb\xc3", false).unwrap().byte_len(), 2);
    }
}
