//! The grammar of the `csv` crate, which skips blank lines.

use proptest::prelude::*;

use super::support::{Row, any_bytes, any_grammar, records};
use crate::csv::{Grammar, Terminator};

/// The records that the `csv` crate reads; None if it has not all of the grammar.
fn reference(grammar: &Grammar, bytes: &[u8]) -> Option<Vec<Row>> {
    let byte = |text: &str| <[u8; 1]>::try_from(text.as_bytes()).ok().map(|[byte]| byte);
    let character = |c: Option<char>| match c {
        None => Some(None),
        Some(c) => u8::try_from(c).ok().filter(u8::is_ascii).map(Some),
    };
    let quote = character(grammar.quote)?;
    let terminator = match &grammar.terminator {
        Terminator::Conventional => csv::Terminator::CRLF,
        Terminator::Exact(exact) => csv::Terminator::Any(byte(exact)?),
    };
    // It ends a comment at an LF only, and skips spaces in quotes too.
    if grammar.skip_initial_space || grammar.comment.is_some() {
        return None;
    }
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(byte(&grammar.delimiter)?)
        .quoting(quote.is_some())
        .quote(quote.unwrap_or(b'"'))
        .double_quote(grammar.double_quote)
        .escape(character(grammar.escape)?)
        .terminator(terminator)
        .from_reader(bytes);
    let fields = |record: csv::ByteRecord| record.iter().map(<[u8]>::to_vec).collect();
    Some(reader.byte_records().map(|record| fields(record.unwrap())).collect())
}

#[track_caller]
fn check(grammar: &Grammar, bytes: &[u8]) {
    // It skips a byte order mark, which is taken off before records are read.
    let Some(expected) = reference(grammar, bytes).filter(|_| !bytes.starts_with(b"\xef\xbb\xbf"))
    else {
        return;
    };
    let found: Vec<Row> = records(grammar, bytes)
        .into_iter()
        .map(|record| record.fields)
        .filter(|fields| !fields.is_empty())
        .collect();
    assert_eq!(found, expected);
}

/// A field without quotes, a quoted one, and one that goes on behind its closing quote; escapes stand
/// only in quotes, since the `csv` crate knows them nowhere else.
fn any_field() -> impl Strategy<Value = String> {
    let quoted =
        "([ab,\n\r ]|\\\\[ab,\n\r\"\\\\]|\"\"){0,6}".prop_map(|text| format!("\"{text}\""));
    prop_oneof![
        "([ab '][ab\" ]{0,3})?".boxed(),
        quoted.clone().boxed(),
        (quoted, "[ab ][ab\" ]{0,3}").prop_map(|(quoted, rest)| quoted + &rest).boxed(),
    ]
}

fn any_text() -> impl Strategy<Value = String> {
    let end = prop::sample::select(vec![",", ",", ",", "\n", "\r\n", "\r", "\n\n"]);
    prop::collection::vec((any_field(), end), 0..20)
        .prop_map(|fields| fields.into_iter().map(|(field, end)| field + end).collect())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3000))]

    #[test]
    fn records_are_those_of_the_csv_crate(grammar in any_grammar(), bytes in any_bytes()) {
        check(&Grammar { escape: None, ..grammar }, &bytes);
    }

    #[test]
    fn plain_records_are_those_of_the_csv_crate(double_quote: bool, bytes in any_bytes()) {
        check(&Grammar { double_quote, ..Grammar::default() }, &bytes);
    }

    #[test]
    fn escapes_in_quotes_are_those_of_the_csv_crate(text in any_text()) {
        check(&Grammar { escape: Some('\\'), ..Grammar::default() }, text.as_bytes());
    }
}
