//! Under every dialect that a contract may declare, a text falls into the same records however it
//! is cut, and nothing of it is lost.

#![no_main]

use libfuzzer_sys::arbitrary::{self, Arbitrary};
use libfuzzer_sys::fuzz_target;
use serde_json::json;
use shared::contract::Contract;
use shared::csv::{BlockReader, Boundaries, Grammar, Record, Records, Span};

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

    check_blocks(&grammar, text, usize::from(input.piece_len));
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

/// Many records at a time are those that are read one by one.
fn check_blocks(grammar: &Grammar, text: &[u8], cut: usize) {
    let mut reader = BlockReader::new(grammar, text.len() + 1);
    let (mut records, mut record) = (Records::new(grammar, text), Record::default());
    let mut at = 0;
    for (end, is_last) in [(cut.min(text.len()), false), (text.len(), true)] {
        while at < end {
            let block = reader.read(&text[at..end], is_last).unwrap();
            if block.byte_len() == 0 {
                break;
            }
            for (row, found) in block.records().iter().enumerate() {
                assert!(records.read(&mut record));
                assert_eq!(records.offset(), at + found.end as usize);
                let columns = 0..found.field_count as usize;
                let cells = columns.map(|column| block.get(row, column).unwrap().as_bytes());
                assert!(cells.eq(record.iter()));
                assert_eq!(found.stray_quote.map(|at| at as usize), record.stray_quote());
                assert_eq!(u64::from(found.line_count), record.line_count());
                assert_eq!(found.is_comment, record.is_comment());
            }
            at += block.byte_len();
        }
    }
    assert!(!records.read(&mut record));
}

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
