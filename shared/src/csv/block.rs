//! Many whole records at a time: where each of their fields lies.
//!
//! Invariant: the records are those that [`Records`](super::Records) finds.
//! Invariant: no field is copied, save those that do not stand in the text as they read.

use std::ops::Range;
use std::str::Utf8Error;

use super::cursor::Sink;
use super::marks::{Marks, Wanted};
use super::syntax::Plain;
use super::tokenizer::{Kind, Tokenizer, line_breaks};
use super::{Grammar, RECORD_LIMIT};

/// Records of a block, at most.
const RECORD_COUNT: usize = 2048;

/// Fields of a block that are kept, at most: what is known of them fits into the nearer caches.
const FIELD_COUNT: usize = 1 << 15;

/// Bytes of a block, unless its last record goes beyond them.
const BYTE_COUNT: usize = 256 << 10;

/// Set in the offsets of fields that were put together.
const JOINED: u32 = 1 << 31;

/// Where a record has no such field.
const ABSENT: (u32, u32) = (u32::MAX, u32::MAX);

// An offset in a block is below its mark.
const _: () = assert!(BYTE_COUNT as u64 + 2 * RECORD_LIMIT < JOINED as u64);

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

/// What was found.
#[derive(Debug, Clone)]
struct Found {
    /// Records of a block, at most.
    record_limit: usize,
    /// Where the kept fields lie (0-based, half-open): of all records the first field, then of all the
    /// second, and so on, since they are read column by column.
    fields: Vec<(u32, u32)>,
    /// Fields at the start of each record that are no part of it.
    lead: usize,
    records: Vec<Entry>,
    /// The bytes of the fields that were put together.
    joined: Vec<u8>,
}

/// A record of a block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry {
    /// Number of its fields; 0 is a blank line or a comment.
    pub field_count: u32,
    /// Byte offset in the block behind its last byte, which is that of its terminator.
    pub end: u32,
    /// Number of physical lines, as [`super::Record::line_count`].
    pub line_count: u32,
    /// See [`super::Record::stray_quote`].
    pub stray_quote: Option<u32>,
    /// Whether it is a comment.
    pub is_comment: bool,
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

/// A field, by where it lies: most are read as bytes, and need not be looked at as text.
#[derive(Debug, Clone, Copy)]
pub struct Cell<'b> {
    within: &'b str,
    start: u32,
    end: u32,
}

impl<'b> Cell<'b> {
    /// The field whose text is that.
    pub fn new(text: &'b str) -> Self {
        Cell { within: text, start: 0, end: narrow(text.len()) }
    }

    /// A part of it (0-based, half-open).
    #[cfg(test)]
    pub(crate) fn part(self, start: usize, end: usize) -> Self {
        Cell { start: narrow(start), end: narrow(end), ..self }
    }

    /// Its length in bytes.
    #[inline]
    pub fn byte_len(self) -> usize {
        (self.end - self.start) as usize
    }

    /// Its bytes.
    #[inline]
    pub fn bytes(self) -> &'b [u8] {
        self.within.as_bytes().get(self.start as usize..self.end as usize).unwrap_or_default()
    }

    /// The bytes from its start on, whether they are its own or not; None near the end of the text.
    #[inline]
    pub(crate) fn lead<const N: usize>(self) -> Option<&'b [u8; N]> {
        let start = self.start as usize;
        self.within.as_bytes().get(start..start + N)?.first_chunk()
    }

    /// The eight bytes up to its end, whether they are its own or not; None near the start of the text.
    #[inline]
    pub(crate) fn last_eight(self) -> Option<[u8; 8]> {
        let end = self.end as usize;
        self.within.as_bytes().get(end.checked_sub(8)?..end)?.first_chunk().copied()
    }

    /// The last `count` bytes of the cell; the whole if it has not as many.
    #[inline]
    pub(crate) fn only_last(self, count: usize) -> Self {
        let start = self.end.saturating_sub(narrow(count)).max(self.start);
        Cell { start, ..self }
    }

    /// The cell without its last `count` bytes; the whole if it has not as many.
    #[inline]
    pub(crate) fn without_last(self, count: usize) -> Self {
        let end = self.end.saturating_sub(narrow(count)).max(self.start);
        Cell { end, ..self }
    }

    /// Its text.
    #[inline]
    pub fn text(self) -> &'b str {
        // Fields end at characters, as marks do.
        self.within.get(self.start as usize..self.end as usize).unwrap_or_default()
    }
}

/// A record that is being read.
#[derive(Debug, Clone, Copy)]
struct Open {
    /// Where its next field is to be listed.
    slot: usize,
    field_count: u32,
    stray_quote: Option<u32>,
    /// Where its first joined field starts, or would.
    joined: usize,
}

impl Found {
    fn new(field_limit: usize) -> Self {
        let record_limit = (FIELD_COUNT / field_limit.max(1)).clamp(1, RECORD_COUNT);
        // Columns that start a power of two apart would share one set of lines of the cache.
        let record_limit = record_limit - if record_limit.is_multiple_of(16) { 8 } else { 0 };
        Found {
            record_limit,
            fields: vec![ABSENT; field_limit * record_limit],
            lead: 0,
            records: Vec::new(),
            joined: Vec::new(),
        }
    }

    fn has_room(&self) -> bool {
        self.records.len() < self.record_limit && self.byte_len() < BYTE_COUNT
    }

    /// Bytes of the records so far.
    fn byte_len(&self) -> usize {
        self.records.last().map_or(0, |last| last.end as usize)
    }

    #[inline]
    fn open(&self) -> Open {
        let (slot, joined) = (self.records.len(), self.joined.len());
        Open { slot, field_count: 0, stray_quote: None, joined }
    }

    /// Takes a field that stands in the text; whether it is kept.
    #[inline]
    fn push(&mut self, open: &mut Open, start: u32, end: u32) -> bool {
        open.field_count += 1;
        let Some(slot) = self.fields.get_mut(open.slot) else { return false };
        *slot = (start, end);
        open.slot += self.record_limit;
        true
    }

    /// Takes a field that was put together, from `start` on.
    fn push_joined(&mut self, open: &mut Open, start: usize) {
        let end = narrow(self.joined.len());
        if !self.push(open, narrow(start) | JOINED, end | JOINED) {
            self.joined.truncate(start);
        }
    }

    #[inline]
    fn end(&mut self, open: Open, end: usize, line_count: u32, is_comment: bool) {
        let mut slot = open.slot;
        while let Some(missing) = self.fields.get_mut(slot) {
            *missing = ABSENT;
            slot += self.record_limit;
        }
        let Open { field_count, stray_quote, .. } = open;
        let end = narrow(end);
        self.records.push(Entry { field_count, end, line_count, stray_quote, is_comment });
    }

    /// Drops what was read of a record.
    fn forget(&mut self, open: Open) {
        self.joined.truncate(open.joined);
    }

    fn drop_lead(&mut self, lead: usize) {
        self.lead = lead;
        let lead = narrow(lead);
        for record in &mut self.records {
            record.field_count = record.field_count.saturating_sub(lead);
            record.stray_quote = record.stray_quote.map(|at| at.saturating_sub(lead));
        }
    }
}

/// The bytes of a field.
fn slice<'b>(text: &'b [u8], joined: &'b [u8], (start, end): (u32, u32)) -> &'b [u8] {
    let (bytes, start, end) = if start & JOINED == 0 {
        (text, start, end)
    } else {
        (joined, start & !JOINED, end & !JOINED)
    };
    bytes.get(start as usize..end as usize).unwrap_or_default()
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

/// Reads records of a plain grammar, from mark to mark.
struct PlainReader<'a, 'f> {
    plain: Plain,
    double_quote: bool,
    comment: Option<&'a [u8]>,
    bytes: &'a [u8],
    marks: Marks<'a>,
    found: &'f mut Found,
}

/// How a record ended.
struct Ended {
    /// Behind its last byte.
    at: usize,
    is_terminated: bool,
}

impl<'a, 'f> PlainReader<'a, 'f> {
    fn new(
        plain: Plain,
        wanted: Wanted,
        tokenizer: &'a Tokenizer,
        bytes: &'a [u8],
        found: &'f mut Found,
    ) -> Self {
        let (double_quote, comment) = (tokenizer.double_quote(), tokenizer.comment());
        let marks = Marks::new(wanted, bytes);
        PlainReader { plain, double_quote, comment, bytes, marks, found }
    }

    fn read(&mut self, is_last: bool) {
        let mut start = 0;
        while start < self.bytes.len() && self.found.has_room() {
            let mut open = self.found.open();
            let rest = self.bytes.get(start..).unwrap_or_default();
            let is_comment = self.comment.is_some_and(|comment| rest.starts_with(comment));
            let mut spans_lines = false;
            let ended = if is_comment {
                self.comment()
            } else {
                self.fields(start, &mut open, &mut spans_lines)
            };
            // A CR at the very end may be half a terminator.
            let may_be_cut = || ended.at == self.bytes.len() && self.byte(ended.at - 1) == b'\r';
            if !is_last && (!ended.is_terminated || may_be_cut()) {
                return self.found.forget(open);
            }
            let line_count = if spans_lines { self.lines(start, &ended) } else { 1 };
            self.found.end(open, ended.at, line_count, is_comment);
            start = ended.at;
        }
    }

    /// Reads the fields of the record that starts there.
    #[inline]
    fn fields(&mut self, start: usize, open: &mut Open, spans_lines: &mut bool) -> Ended {
        let Plain { delimiter, quote } = self.plain;
        let mut field = start;
        loop {
            let Some(mark) = self.marks.next() else {
                self.found.push(open, narrow(field), narrow(self.bytes.len()));
                return self.end_of_text();
            };
            let byte = self.byte(mark);
            if byte == delimiter {
                self.found.push(open, narrow(field), narrow(mark));
                field = mark + 1;
            } else if Some(byte) != quote {
                // A record that is nothing but its terminator has no fields.
                if mark > start {
                    self.found.push(open, narrow(field), narrow(mark));
                }
                return self.terminator(mark);
            } else if mark == field {
                match self.quoted(field, open, spans_lines) {
                    Some(end) if self.byte(end) == delimiter => field = end + 1,
                    Some(end) => return self.terminator(end),
                    None => return self.end_of_text(),
                }
            }
            // Any other quote is text.
        }
    }

    /// Reads the field that the quote at `quote` opens; gives the mark that ends it.
    fn quoted(&mut self, quote: usize, open: &mut Open, spans_lines: &mut bool) -> Option<usize> {
        let (joined, mut from) = (self.found.joined.len(), quote + 1);
        let mut is_joined = false;
        let close = loop {
            let Some(mark) = self.marks.next() else { break None };
            let byte = self.byte(mark);
            if Some(byte) != self.plain.quote {
                *spans_lines |= byte != self.plain.delimiter;
            } else if self.double_quote && self.bytes.get(mark + 1) == Some(&byte) {
                self.marks.next();
                self.join(from, mark + 1);
                (is_joined, from) = (true, mark + 2);
            } else {
                break Some(mark);
            }
        };
        *spans_lines |= close.is_none();
        let mut end = close.unwrap_or(self.bytes.len());
        let mut mark = None;
        if let Some(close) = close {
            mark = self.marks.next();
            while mark.is_some_and(|mark| Some(self.byte(mark)) == self.plain.quote) {
                mark = self.marks.next();
            }
            let behind = mark.unwrap_or(self.bytes.len());
            if behind > close + 1 {
                open.stray_quote.get_or_insert(open.field_count);
                self.join(from, close);
                (is_joined, from, end) = (true, close + 1, behind);
            }
        }
        if is_joined {
            self.join(from, end);
            self.found.push_joined(open, joined);
        } else {
            self.found.push(open, narrow(from), narrow(end));
        }
        mark
    }

    fn join(&mut self, start: usize, end: usize) {
        self.found.joined.extend_from_slice(self.bytes.get(start..end).unwrap_or_default());
    }

    /// Passes over a comment.
    fn comment(&mut self) -> Ended {
        loop {
            match self.marks.next() {
                Some(mark) if matches!(self.byte(mark), b'\r' | b'\n') => {
                    return self.terminator(mark);
                }
                Some(_) => {}
                None => return self.end_of_text(),
            }
        }
    }

    /// Passes over the terminator that starts there.
    #[inline]
    fn terminator(&mut self, mark: usize) -> Ended {
        let is_pair = self.byte(mark) == b'\r' && self.bytes.get(mark + 1) == Some(&b'\n');
        if is_pair {
            self.marks.next();
        }
        Ended { at: mark + 1 + usize::from(is_pair), is_terminated: true }
    }

    fn end_of_text(&self) -> Ended {
        Ended { at: self.bytes.len(), is_terminated: false }
    }

    fn lines(&self, start: usize, ended: &Ended) -> u32 {
        let raw = self.bytes.get(start..ended.at).unwrap_or_default();
        let count = line_breaks(raw) + u64::from(!ended.is_terminated);
        u32::try_from(count).unwrap_or(u32::MAX)
    }

    #[inline]
    fn byte(&self, at: usize) -> u8 {
        self.bytes.get(at).copied().unwrap_or_default()
    }
}

/// An offset in a block.
#[inline]
fn narrow(offset: usize) -> u32 {
    u32::try_from(offset).unwrap_or(u32::MAX)
}
