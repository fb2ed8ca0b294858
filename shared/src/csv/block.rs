//! Many whole records at a time: where each of their fields lies.
//!
//! Invariant: the records are those that [`Records`](super::Records) finds.
//! Invariant: no field is copied, save those that do not stand in the text as they read.

mod cell;
mod found;
mod plain;

use std::ops::Range;
use std::str::Utf8Error;

use super::Grammar;
use super::cursor::Sink;
use super::marks::Wanted;
use super::syntax::Plain;
use super::tokenizer::{Kind, Tokenizer};
pub use cell::Cell;
pub use found::Entry;
use found::{ABSENT, Found, JOINED, Open, slice};
use plain::PlainReader;

/// Finds the fields of whole records, a block at a time.
///
/// ```
/// use shared::csv::{BlockReader, Grammar};
/// let mut reader = BlockReader::new(&Grammar::default(), 2);
/// let block = reader.read(b"a,\"b\"\"c\"\n\nd,e,f\ng", false).unwrap();
/// assert_eq!(block.byte_len(), 16);
/// let cells = |record| (0..2).map_while(|column| block.get(record, column)).collect::<Vec<_>>();
/// assert_eq!([cells(0), cells(1), cells(2)], [vec!["a", "b\"c"], vec![], vec!["d", "e"]]);
/// assert_eq!(block.records()[2].field_count, 3);
/// let second: Vec<_> = block.column(1, 0..3).map(|cell| cell.map(|cell| cell.text())).collect();
/// assert_eq!(second, [Some("b\"c"), None, Some("e")]);
/// ```
#[derive(Debug, Clone)]
pub struct BlockReader {
    tokenizer: Tokenizer,
    /// Of a grammar that is that plain.
    plain: Option<(Plain, Wanted)>,
    found: Found,
}

/// Whole records at the start of a text.
#[derive(Debug, Clone, Copy)]
pub struct Block<'b> {
    text: &'b str,
    joined: &'b str,
    found: &'b Found,
}

impl BlockReader {
    /// A reader that keeps the first `field_limit` fields of each record, and counts the others.
    pub fn new(grammar: &Grammar, field_limit: usize) -> Self {
        let plain = Plain::new(grammar);
        let plain = plain.map(|plain| (plain, Wanted::new(plain.delimiter, plain.quote)));
        BlockReader { tokenizer: Tokenizer::new(grammar), plain, found: Found::new(field_limit) }
    }

    /// The whole records that `bytes` start with, as many as a block holds; none if there is none.
    /// If `is_last`, no bytes follow: what is left is a record too.
    ///
    /// # Errors
    /// Records that are no UTF-8.
    pub fn read<'b>(&'b mut self, bytes: &'b [u8], is_last: bool) -> Result<Block<'b>, Utf8Error> {
        self.find(bytes, is_last);
        self.block(bytes)
    }

    /// As [`read`](Self::read), but of each record without its first `lead` fields, and of each field
    /// for which `is_guarded` says so without its first byte.
    pub(crate) fn read_behind<'b>(
        &'b mut self,
        lead: usize,
        is_guarded: impl Fn(&[u8]) -> bool,
        bytes: &'b [u8],
        is_last: bool,
    ) -> Result<Block<'b>, Utf8Error> {
        self.find(bytes, is_last);
        self.found.drop_lead(lead);
        let Found { record_limit, fields, records, joined, .. } = &mut self.found;
        for column in fields.chunks_mut(*record_limit) {
            for field in column.iter_mut().take(records.len()) {
                if is_guarded(slice(bytes, joined, *field)) {
                    field.0 += 1;
                }
            }
        }
        self.block(bytes)
    }

    fn block<'b>(&'b self, bytes: &'b [u8]) -> Result<Block<'b>, Utf8Error> {
        let text = bytes.get(..self.found.byte_len()).unwrap_or_default();
        let (text, joined) = (std::str::from_utf8(text)?, std::str::from_utf8(&self.found.joined)?);
        Ok(Block { text, joined, found: &self.found })
    }

    /// Finds the records of the next block.
    fn find(&mut self, bytes: &[u8], is_last: bool) {
        self.found.records.clear();
        self.found.joined.clear();
        self.found.lead = 0;
        match self.plain {
            Some((plain, wanted)) => {
                let (tokenizer, found) = (&self.tokenizer, &mut self.found);
                PlainReader::new(plain, wanted, tokenizer, bytes, found).read(is_last);
            }
            None => self.find_general(bytes, is_last),
        }
    }

    fn find_general(&mut self, bytes: &[u8], is_last: bool) {
        while self.found.has_room() {
            let at = self.found.byte_len();
            let rest = bytes.get(at..).unwrap_or_default();
            if rest.is_empty() {
                return;
            }
            let mut sink = FieldSink::new(&mut self.found);
            let token = self.tokenizer.record(rest, &mut sink);
            let open = sink.open;
            if !is_last && !self.tokenizer.is_whole(&token, rest) {
                return self.found.forget(open);
            }
            let line_count = u32::try_from(token.line_count).unwrap_or(u32::MAX);
            self.found.end(open, at + token.len, line_count, token.kind == Kind::Comment);
        }
    }
}

impl<'b> Block<'b> {
    /// Number of bytes that its records take up.
    pub fn byte_len(&self) -> usize {
        self.text.len()
    }

    /// Its records, in order.
    pub fn records(&self) -> &'b [Entry] {
        &self.found.records
    }

    /// A field of a record, both 0-based, if the record has it and it was kept.
    pub fn get(&self, record: usize, column: usize) -> Option<&'b str> {
        Some(self.column(column, record..record + 1).next()??.text())
    }

    /// The fields at `column`, 0-based, of some of its records: None where a record has no such field.
    pub fn column(
        &self,
        column: usize,
        records: Range<usize>,
    ) -> impl ExactSizeIterator<Item = Option<Cell<'b>>> + use<'b> {
        let Block { text, joined, found } = *self;
        let first = (column + found.lead) * found.record_limit;
        let fields = found.fields.get(first + records.start..first + records.end);
        fields.unwrap_or_default().iter().map(move |&field| match field {
            (start @ 0..JOINED, end) => Some(Cell { within: text, start, end }),
            ABSENT => None,
            (start, end) => {
                Some(Cell { within: joined, start: start & !JOINED, end: end & !JOINED })
            }
        })
    }
}

/// Puts the fields of a record together.
struct FieldSink<'f> {
    found: &'f mut Found,
    open: Open,
    start: usize,
}

impl<'f> FieldSink<'f> {
    fn new(found: &'f mut Found) -> Self {
        let (open, start) = (found.open(), found.joined.len());
        FieldSink { found, open, start }
    }
}

impl Sink for FieldSink<'_> {
    fn text(&mut self, text: &[u8]) {
        self.found.joined.extend_from_slice(text);
    }

    fn end_field(&mut self) {
        self.found.push_joined(&mut self.open, self.start);
        self.start = self.found.joined.len();
    }

    fn stray_quote(&mut self) {
        self.open.stray_quote.get_or_insert(self.open.field_count);
    }
}
