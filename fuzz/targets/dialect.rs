//! Under every dialect that a contract may declare, a text falls into the same records however it
//! is cut, and nothing of it is lost.

#![no_main]

use libfuzzer_sys::arbitrary::{self, Arbitrary};
use libfuzzer_sys::fuzz_target;
use serde_json::json;
use shared::contract::Contract;
use shared::csv::{Boundaries, Grammar, Record, Records, Span};

#[derive(Debug, Arbitrary)]
struct Input<'a> {
    delimiter: Option<&'a str>,
    line_terminator: Option<&'a str>,
    quote: Option<char>,
    double_quote: bool,
    escape: Option<char>,
    skip_initial_space: bool,
    comment: Option<&'a str>,
    piece_len: u8,
    text: &'a str,
}

impl Input<'_> {
    /// The grammar, if it is one that a contract may declare.
    fn grammar(&self) -> Option<Grammar> {
        let mut dialect = json!({
            "doubleQuote": self.double_quote,
            "skipInitialSpace": self.skip_initial_space,
            "quoteChar": self.quote.map_or(String::new(), String::from),
        });
        let properties = [
            ("delimiter", self.delimiter.map(str::to_owned)),
            ("lineTerminator", self.line_terminator.map(str::to_owned)),
            ("escapeChar", self.escape.map(String::from)),
            ("commentChar", self.comment.map(str::to_owned)),
        ];
        for (name, value) in properties {
            if let Some(value) = value {
                dialect[name] = value.into();
            }
        }
        let resource = json!({
            "name": "r", "path": "r.csv", "dialect": dialect,
            "schema": { "fields": [{ "name": "a" }] },
        });
        let descriptor = json!({ "resources": [resource] }).to_string();
        Some(Contract::parse(descriptor.as_bytes(), None).ok()?.input.dialect.grammar)
    }
}

fuzz_target!(|input: Input<'_>| {
    let Some(grammar) = input.grammar() else { return };
    let text = input.text.as_bytes();
    let (spans, is_closed) = spans(&grammar, text, usize::from(input.piece_len).max(1));
    assert_eq!((spans.clone(), is_closed), self::spans(&grammar, text, text.len().max(1)));

    let mut at = 0;
    for span in &spans {
        assert_eq!(span.start, at);
        assert!(span.end > span.start);
        at = span.end;
    }
    assert!(at == text.len() as u64 || !is_closed);

    let mut records = Records::new(&grammar, &text[..usize::try_from(at).unwrap()]);
    let mut record = Record::default();
    for span in &spans {
        assert!(records.read(&mut record));
        assert_eq!(records.offset() as u64, span.end);
        assert_eq!(record.line_count(), span.line_count);
        assert_eq!(record.is_comment(), span.is_comment);
        assert_eq!(record.is_empty(), span.is_blank || span.is_comment);
    }
    assert!(!records.read(&mut record));
});

/// The records of a text that arrives in pieces, and whether its last quote is closed.
fn spans(grammar: &Grammar, text: &[u8], piece_len: usize) -> (Vec<Span>, bool) {
    let mut boundaries = Boundaries::new(grammar);
    let mut found = Vec::new();
    for piece in text.chunks(piece_len) {
        boundaries.push(piece, |span, _| found.push(span)).unwrap();
    }
    let is_closed = boundaries.finish(|span, _| found.push(span)).is_ok();
    (found, is_closed)
}
