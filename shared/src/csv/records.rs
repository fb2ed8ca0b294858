//! Whole records to fields.

use super::Grammar;
use super::cursor::Sink;
use super::tokenizer::{Kind, Tokenizer};

/// The fields of one record, unquoted. Kept and filled again, so that no record allocates.
#[derive(Debug, Clone, Default)]
pub struct Record {
    bytes: Vec<u8>,
    ends: Vec<usize>,
    stray_quote: Option<usize>,
    is_comment: bool,
    line_count: u64,
}

impl Record {
    /// A record of those fields; `stray_quote` as [`stray_quote`](Self::stray_quote) tells it.
    pub fn new<'a>(fields: impl Iterator<Item = &'a [u8]>, stray_quote: Option<usize>) -> Self {
        let mut record = Record { stray_quote, ..Record::default() };
        for field in fields {
            record.bytes.extend_from_slice(field);
            record.ends.push(record.bytes.len());
        }
        record
    }

    /// Number of fields; 0 is a blank line or a comment.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether the record has no fields: it is a blank line or a comment.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// Whether the record is a comment; its text is not kept.
    pub fn is_comment(&self) -> bool {
        self.is_comment
    }

    /// Number of physical lines that the record takes up: its CRLF, CR and LF, inside and outside
    /// quotes, and one more if it ends with the text.
    pub fn line_count(&self) -> u64 {
        self.line_count
    }

    /// The field at `index`, 0-based.
    pub fn get(&self, index: usize) -> Option<&[u8]> {
        let end = *self.ends.get(index)?;
        let start = index.checked_sub(1).and_then(|before| self.ends.get(before)).copied();
        self.bytes.get(start.unwrap_or(0)..end)
    }

    /// The first field (0-based) that has text behind its closing quote, as in `"a"b`. The grammar
    /// takes that text for a part of the field, but the quote may have been meant to be text, and
    /// the field to end elsewhere.
    pub fn stray_quote(&self) -> Option<usize> {
        self.stray_quote
    }

    /// All fields, in order.
    pub fn iter(&self) -> impl Iterator<Item = &[u8]> {
        (0..self.len()).filter_map(|index| self.get(index))
    }

    fn clear(&mut self) {
        self.bytes.clear();
        self.ends.clear();
        self.stray_quote = None;
        self.is_comment = false;
        self.line_count = 0;
    }
}

impl Sink for Record {
    #[inline]
    fn text(&mut self, text: &[u8]) {
        self.bytes.extend_from_slice(text);
    }

    #[inline]
    fn end_field(&mut self) {
        self.ends.push(self.bytes.len());
    }

    fn stray_quote(&mut self) {
        self.stray_quote.get_or_insert(self.ends.len());
    }
}

/// Reads records one after the other from bytes that start and end at a record's boundary.
///
/// ```
/// use shared::csv::{Grammar, Record, Records};
/// let mut records = Records::new(&Grammar::default(), b"a,\"b,\"\"c\"\n\nd");
/// let mut record = Record::default();
/// let mut found = Vec::new();
/// while records.read(&mut record) {
///     found.push(record.iter().map(String::from_utf8_lossy).collect::<Vec<_>>().join("|"));
/// }
/// assert_eq!(found, ["a|b,\"c", "", "d"]);
/// ```
#[derive(Debug, Clone)]
pub struct Records<'a> {
    tokenizer: Tokenizer,
    rest: &'a [u8],
    offset: usize,
}

impl<'a> Records<'a> {
    /// A reader of `bytes`.
    pub fn new(grammar: &Grammar, bytes: &'a [u8]) -> Self {
        Records { tokenizer: Tokenizer::new(grammar), rest: bytes, offset: 0 }
    }

    /// Where the next record starts: the number of bytes read.
    pub fn offset(&self) -> usize {
        self.offset
    }

    /// Fills `record` with the next one; false when there is none.
    ///
    /// A quoted field that is never closed reaches up to the end: [`super::Boundaries`] refuses such
    /// a text.
    pub fn read(&mut self, record: &mut Record) -> bool {
        record.clear();
        if self.rest.is_empty() {
            return false;
        }
        let token = self.tokenizer.record(self.rest, record);
        record.is_comment = token.kind == Kind::Comment;
        record.line_count = token.line_count;
        self.rest = self.rest.get(token.len..).unwrap_or_default();
        self.offset += token.len;
        true
    }
}
