//! Many rows at a time, from a text that arrives in pieces.

use std::collections::BTreeSet;
use std::ops::Range;
use std::str::Utf8Error;

use crate::contract::Dialect;
use crate::corrections::is_guarded;
use crate::csv::carry::Carry;
use crate::csv::{Block, BlockReader, Cell, Entry, RECORD_LIMIT};
use crate::header::Layout;
use crate::table::Position;

/// Some rows of a text, one after the other.
#[derive(Debug, Clone)]
pub struct Rows<'b> {
    block: Block<'b>,
    /// Where each record of the block stands.
    positions: &'b [Position],
    /// Those of its records that are these rows.
    range: Range<usize>,
}

impl<'b> Rows<'b> {
    /// Number of rows.
    pub fn len(&self) -> usize {
        self.range.len()
    }

    /// Whether there is no row.
    pub fn is_empty(&self) -> bool {
        self.range.is_empty()
    }

    /// The first `count` rows, and the others.
    #[must_use]
    pub fn split_at(self, count: usize) -> (Self, Self) {
        let middle = (self.range.start + count).min(self.range.end);
        let (first, second) = (self.range.start..middle, middle..self.range.end);
        (Rows { range: first, ..self.clone() }, Rows { range: second, ..self })
    }

    /// Runs of rows, in order: those for which `is_apart` says so (by their position among these,
    /// 0-based) alone, and those between them together.
    pub fn runs(self, is_apart: impl Fn(usize) -> bool) -> impl Iterator<Item = (bool, Self)> {
        let mut at = 0;
        std::iter::from_fn(move || {
            let len = self.len();
            if at == len {
                return None;
            }
            let apart = is_apart(at);
            let end =
                if apart { at + 1 } else { (at..len).find(|&row| is_apart(row)).unwrap_or(len) };
            let start = std::mem::replace(&mut at, end);
            let range = self.range.start + start..self.range.start + end;
            Some((apart, Rows { range, ..self.clone() }))
        })
    }

    /// Where each row stands.
    pub fn positions(&self) -> &'b [Position] {
        self.positions.get(self.range.clone()).unwrap_or_default()
    }

    /// The records, in the order of the rows.
    pub fn records(&self) -> &'b [Entry] {
        self.block.records().get(self.range.clone()).unwrap_or_default()
    }

    /// The length of all rows in bytes, their terminators included.
    pub fn byte_len(&self) -> u64 {
        let records = self.block.records();
        let end = |at: usize| records.get(at).map_or(0, |record| u64::from(record.end));
        let last = self.range.end.checked_sub(1).map_or(0, end);
        if self.is_empty() { 0 } else { last - self.range.start.checked_sub(1).map_or(0, end) }
    }

    /// The lengths of the rows in bytes, their terminators included.
    pub fn byte_lens(&self) -> impl Iterator<Item = u64> + use<'b> {
        let records = self.block.records();
        let end = |at: usize| records.get(at).map_or(0, |record| u64::from(record.end));
        self.range.clone().map(move |at| end(at) - at.checked_sub(1).map_or(0, end))
    }

    /// The cells in that column of the file, 0-based: None where a row has no such cell.
    pub fn column(
        &self,
        column: usize,
    ) -> impl ExactSizeIterator<Item = Option<Cell<'b>>> + use<'b> {
        self.block.column(column, self.range.clone())
    }

    /// The cell of a row in that column of the file, both 0-based, if it has one.
    pub fn cell(&self, row: usize, column: usize) -> Option<Cell<'b>> {
        let record = self.range.start + row;
        self.block.column(column, record..record + 1).next()?
    }
}

/// Why a text cannot be read; `Validate` refuses a file with such a text.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// Records that are no UTF-8.
    #[error("the text is no UTF-8")]
    NotText(#[from] Utf8Error),
    /// A record beyond all measure.
    #[error("a record is longer than {RECORD_LIMIT} bytes")]
    RecordTooLong,
}

/// Reads the rows of a text that starts with a record and arrives in pieces.
///
/// A file of corrected records gives them without the columns that were put in front.
///
/// Invariant: what it holds is bounded by [`RECORD_LIMIT`], whatever the length of the text.
///
/// ```
/// use shared::contract::Dialect;
/// use shared::header::{Layout, Place};
/// use shared::rows::{DecodeError, RowDecoder, Rows};
/// use shared::table::Position;
/// let layout = Layout { lead: 0, columns: vec![Place::Field(0)], header_rows: vec![1] };
/// let first = Position { row_number: 2, line_number: 2 };
/// let dialect = Dialect::default();
/// let mut decoder = RowDecoder::new(&dialect, &layout, first);
/// let mut found = Vec::new();
/// let mut take = |rows: Rows<'_>| -> Result<(), DecodeError> {
///     found.extend(rows.column(0).map(|cell| cell.unwrap().text().to_owned()));
///     Ok(())
/// };
/// decoder.push(b"a\n\"b", &mut take)?;
/// decoder.push(b"\n\"\nc", &mut take)?;
/// decoder.finish(&mut take)?;
/// assert_eq!(found, ["a", "b\n", "c"]);
/// # Ok::<(), DecodeError>(())
/// ```
#[derive(Debug)]
pub struct RowDecoder<'a> {
    /// The bytes of the records that were not read.
    carry: Carry,
    blocks: RowBlocks<'a>,
}

/// Reads the rows of bytes that start with a record.
#[derive(Debug)]
struct RowBlocks<'a> {
    comment_rows: Option<&'a BTreeSet<u64>>,
    lead: usize,
    reader: BlockReader,
    /// Where the next record stands.
    next: Position,
    /// Where those of the block stand.
    positions: Vec<Position>,
}

impl<'a> RowDecoder<'a> {
    /// A decoder of a text of which the first record stands at `first`.
    pub fn new(dialect: &'a Dialect, layout: &Layout, first: Position) -> Self {
        // The rows of corrected records are not those that the contract numbers.
        let comment_rows = Some(&dialect.comment_rows).filter(|_| layout.lead == 0);
        let blocks = RowBlocks {
            comment_rows: comment_rows.filter(|rows| !rows.is_empty()),
            lead: layout.lead,
            reader: BlockReader::new(&dialect.grammar, layout.lead + layout.width()),
            next: first,
            positions: Vec::new(),
        };
        let limit = usize::try_from(RECORD_LIMIT).unwrap_or(usize::MAX - 1);
        RowDecoder { carry: Carry::new(limit), blocks }
    }

    /// The row number that no row reaches before more than `byte_len` further bytes were pushed.
    pub fn reach(&self, byte_len: usize) -> u64 {
        // A row has a byte at least.
        self.blocks.next.row_number.saturating_add(self.carry.len().saturating_add(byte_len) as u64)
    }

    /// Takes the next bytes of the text and hands on the rows that they complete.
    ///
    /// # Errors
    /// [`DecodeError`], and what `on_rows` returns; the pass is over then.
    pub fn push<E: From<DecodeError>>(
        &mut self,
        piece: &[u8],
        mut on_rows: impl FnMut(Rows<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        let RowDecoder { carry, blocks } = self;
        carry.push(piece, |bytes| {
            let taken = blocks.read(bytes, false, &mut on_rows)?;
            // One byte more may show that a CR was the end of it.
            if taken == 0 && bytes.len() as u64 > RECORD_LIMIT + 1 {
                return Err(DecodeError::RecordTooLong.into());
            }
            Ok(taken)
        })
    }

    /// The end of the text: hands on what is left of it. A quoted field that is never closed reaches
    /// up to the end.
    ///
    /// # Errors
    /// As [`push`](Self::push).
    pub fn finish<E: From<DecodeError>>(
        &mut self,
        mut on_rows: impl FnMut(Rows<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        let rest = self.carry.take_rest();
        self.blocks.read(&rest, true, &mut on_rows).map(|_| ())
    }
}

impl RowBlocks<'_> {
    /// Hands on the rows of the whole records that `bytes` start with; their length in bytes.
    fn read<E: From<DecodeError>>(
        &mut self,
        bytes: &[u8],
        is_last: bool,
        on_rows: &mut impl FnMut(Rows<'_>) -> Result<(), E>,
    ) -> Result<usize, E> {
        let mut at = 0;
        loop {
            let rest = bytes.get(at..).unwrap_or_default();
            let block = if self.lead == 0 {
                self.reader.read(rest, is_last)
            } else {
                self.reader.read_behind(self.lead, is_guarded, rest, is_last)
            };
            let block = block.map_err(DecodeError::from)?;
            if block.byte_len() == 0 {
                return Ok(at);
            }
            at += block.byte_len();
            self.positions.clear();
            for record in block.records() {
                self.positions.push(self.next);
                self.next.row_number += 1;
                self.next.line_number += u64::from(record.line_count);
            }
            let (records, positions) = (block.records(), self.positions.as_slice());
            let is_comment = |at: usize| {
                let numbered = |rows: &BTreeSet<u64>| {
                    positions.get(at).is_some_and(|position| rows.contains(&position.row_number))
                };
                records.get(at).is_some_and(|record| record.is_comment)
                    || self.comment_rows.is_some_and(numbered)
            };
            for (is_comment, rows) in
                (Rows { block, positions, range: 0..records.len() }).runs(is_comment)
            {
                if !is_comment {
                    on_rows(rows)?;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests;
