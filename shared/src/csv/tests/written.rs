//! What is written reads back.

use proptest::prelude::*;

use super::support::{any_bytes, any_grammar, boundaries, records};
use crate::csv::{Grammar, Inexpressible, Terminator, write_record};

fn write(grammar: &Grammar, cells: &[&str]) -> Result<String, Inexpressible> {
    let mut out = b"before".to_vec();
    let written = write_record(grammar, cells.iter().map(|cell| cell.as_bytes()), &mut out);
    let text = String::from_utf8(out).unwrap().strip_prefix("before").unwrap().to_owned();
    match written {
        Ok(()) => Ok(text),
        Err(error) => {
            assert_eq!(text, "", "nothing is written");
            Err(error)
        }
    }
}

#[test]
fn cells_are_protected_where_they_need_it() {
    let plain = Grammar::default();
    let escape = Some('\\');
    let comment = Some("#".to_owned());
    let bare = Grammar { quote: None, ..plain.clone() };
    for (grammar, cells, expected) in [
        (&plain, &["a", "b c", ""][..], Ok("a,b c,\r\n")),
        (&plain, &[], Ok("\r\n")),
        (&plain, &[""], Ok("\"\"\r\n")),
        (&plain, &["", ""], Ok(",\r\n")),
        (&plain, &["a,", "\"", "5\" pipe", "\r"], Ok("\"a,\",\"\"\"\",\"5\"\" pipe\",\"\r\"\r\n")),
        (&plain, &["#a"], Ok("#a\r\n")),
        (
            &Grammar { comment: comment.clone(), ..plain.clone() },
            &["#a", "#b"],
            Ok("\"#a\",#b\r\n"),
        ),
        (&Grammar { double_quote: false, ..plain.clone() }, &["5\" pipe"], Ok("5\" pipe\r\n")),
        (&Grammar { double_quote: false, ..plain.clone() }, &["\"a"], Ok("\"\"\"a\r\n")),
        (&Grammar { double_quote: false, ..plain.clone() }, &["a,\"b"], Ok("\"a,\"\"b\r\n")),
        (&Grammar { double_quote: false, ..plain.clone() }, &["\"a,"], Err(Inexpressible)),
        (
            &Grammar { double_quote: false, escape, ..plain.clone() },
            &["\"a,\\"],
            Ok("\"\\\"a,\\\\\"\r\n"),
        ),
        (&Grammar { escape, ..bare.clone() }, &["a,b\n", "\""], Ok("a\\,b\\\n,\"\r\n")),
        (&Grammar { escape, ..bare.clone() }, &[""], Err(Inexpressible)),
        (&Grammar { escape, comment: comment.clone(), ..bare.clone() }, &["#"], Ok("\\#\r\n")),
        (&bare, &["a\"", "\"b\""], Ok("a\",\"b\"\r\n")),
        (&bare, &["a,"], Err(Inexpressible)),
        (&bare, &[""], Err(Inexpressible)),
        (&Grammar { comment, ..bare.clone() }, &["#"], Err(Inexpressible)),
        (
            &Grammar { skip_initial_space: true, ..plain.clone() },
            &[" a", "b "],
            Ok("\" a\",b \r\n"),
        ),
        (&Grammar { skip_initial_space: true, ..bare.clone() }, &[""], Ok(" \r\n")),
        (&Grammar { skip_initial_space: true, ..bare.clone() }, &[" a"], Err(Inexpressible)),
        (
            &Grammar { terminator: Terminator::Exact("|\n".to_owned()), ..plain.clone() },
            &["a\r", "b\n"],
            Ok("a\r,\"b\n\"|\n"),
        ),
    ] {
        assert_eq!(write(grammar, cells), expected.map(str::to_owned), "{grammar:?} {cells:?}");
    }
}

/// Every record of the text can be written, and all of them read back.
#[track_caller]
fn check(grammar: &Grammar, bytes: &[u8]) {
    let (told, _) = boundaries(grammar, bytes, bytes.len().max(1));
    let mut out = Vec::new();
    let mut expected = Vec::new();
    for ((span, _), found) in told.iter().zip(records(grammar, bytes)) {
        // Behind other bytes, those of the terminator may mean another cell.
        if span.is_comment || !span.is_terminated {
            continue;
        }
        let cells = found.fields.iter().map(Vec::as_slice);
        write_record(grammar, cells, &mut out).expect("it has been read");
        expected.push(found.fields);
    }
    let read: Vec<_> = records(grammar, &out).into_iter().map(|found| found.fields).collect();
    assert_eq!(read, expected);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4000))]

    #[test]
    fn what_was_read_can_be_written(grammar in any_grammar(), bytes in any_bytes()) {
        check(&grammar, &bytes);
    }

    #[test]
    fn whatever_is_written_reads_back(
        grammar in any_grammar(),
        cells in prop::collection::vec(any_bytes(), 0..4),
    ) {
        let mut out = Vec::new();
        let written = write_record(&grammar, cells.iter().map(Vec::as_slice), &mut out);
        if written.is_ok() {
            let read: Vec<_> =
                records(&grammar, &out).into_iter().map(|found| found.fields).collect();
            prop_assert_eq!(read, [cells]);
        } else {
            prop_assert!(out.is_empty());
            let can_quote = grammar.quote.is_some()
                && (grammar.double_quote || grammar.escape.is_some());
            prop_assert!(!can_quote, "with such quotes all cells can be written");
        }
    }
}
