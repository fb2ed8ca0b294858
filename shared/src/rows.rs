//! The data rows of a text: its records without comments, each with its place in the file.
//!
//! - [`RowReader`]: one row after the other, with its own bytes
//! - [`RowDecoder`]: many rows at a time, from a text that arrives in pieces

mod decoder;

use std::ops::Range;

use crate::contract::Dialect;
use crate::corrections::restore;
use crate::csv::{Record, Records};
use crate::header::Layout;
use crate::table::Position;

pub use decoder::{DecodeError, RowDecoder, Rows};

/// Reads the rows of whole records, one after the other.
///
/// A file of corrected records gives them without the columns that were put in front.
#[derive(Debug)]
pub struct RowReader<'a> {
    dialect: &'a Dialect,
    is_corrected: bool,
    text: &'a [u8],
    records: Records<'a>,
    record: Record,
    next: Position,
}

/// One data row.
#[derive(Debug)]
pub struct Row<'a> {
    /// Where it stands.
    pub position: Position,
    /// Its cells.
    pub record: &'a Record,
    /// Its bytes, with the line terminator.
    pub raw: &'a [u8],
}

impl<'a> RowReader<'a> {
    /// A reader of `text`, whole records of which the first stands at `first`.
    pub fn new(dialect: &'a Dialect, layout: &Layout, text: &'a [u8], first: Position) -> Self {
        RowReader {
            dialect,
            is_corrected: layout.lead > 0,
            text,
            records: Records::new(&dialect.grammar, text),
            record: Record::default(),
            next: first,
        }
    }

    /// The next row; none at the end.
    pub fn read(&mut self) -> Option<Row<'_>> {
        let (position, raw) = loop {
            let start = self.records.offset();
            if !self.records.read(&mut self.record) {
                return None;
            }
            let position = self.next;
            self.next.row_number += 1;
            self.next.line_number += self.record.line_count();
            if !self.is_comment(position.row_number) {
                break (position, start..self.records.offset());
            }
        };
        if self.is_corrected {
            self.record = restore(&self.record);
        }
        Some(Row { position, record: &self.record, raw: slice(self.text, raw) })
    }

    /// The rows of corrected records are not those that the contract numbers.
    fn is_comment(&self, row_number: u64) -> bool {
        self.record.is_comment()
            || (!self.is_corrected && self.dialect.comment_rows.contains(&row_number))
    }
}

fn slice(text: &[u8], range: Range<usize>) -> &[u8] {
    text.get(range).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::csv::Grammar;

    fn read(dialect: &Dialect, text: &str) -> Vec<(u64, u64, String)> {
        let layout = Layout { lead: 0, columns: Vec::new(), header_rows: Vec::new() };
        let first = Position { row_number: 2, line_number: 2 };
        let mut rows = RowReader::new(dialect, &layout, text.as_bytes(), first);
        let mut found = Vec::new();
        while let Some(row) = rows.read() {
            let raw = String::from_utf8(row.raw.to_vec()).unwrap();
            found.push((row.position.row_number, row.position.line_number, raw));
        }
        found
    }

    #[test]
    fn comments_are_rows_that_are_not_read() {
        let mut dialect = Dialect::default();
        dialect.grammar = Grammar { comment: Some("#".into()), ..dialect.grammar };
        dialect.comment_rows.insert(5);
        let text = "a\n#\"b\n\"c\r\nd\"\nskipped\n\ne";
        let expected = [(2, 2, "a\n"), (4, 4, "\"c\r\nd\"\n"), (6, 7, "\n"), (7, 8, "e")]
            .map(|(row, line, raw)| (row, line, raw.to_owned()));
        assert_eq!(read(&dialect, text), expected);
    }
}
