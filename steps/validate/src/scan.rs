//! One pass over a file: is it a text, where do its records start, has it the right header, what do
//! its rows have in common?

use bytes::Bytes;
use shared::contract::Contract;
use shared::csv::{Boundaries, Place, Span, Surveyor};
use shared::header::Layout;
use shared::message::Chunk;
use shared::table::Position;
use shared::text::{TextDecoder, TextError};

use crate::declared::Declared;
use crate::keys::{KeyError, KeyRows};
use crate::outline::Outline;
use crate::ranges::Ranges;
use crate::refusal::Refusal;
use crate::surveyed::Head;

/// Compressed bytes that are inflated at a time: what they become is at most a thousand times as
/// much, which must fit into memory.
const INFLATED_PIECE: usize = 4096;

/// What the pass found.
#[derive(Debug)]
pub struct Scanned {
    /// Size of the file in bytes.
    pub byte_len: u64,
    /// Number of data records, blank lines included.
    pub record_count: u64,
    /// The plan, at least one chunk.
    pub chunks: Vec<Chunk>,
    /// Which column holds which field.
    pub layout: Layout,
    /// Whether the chunks are ranges of the file itself.
    pub is_verbatim: bool,
    /// The text before the data.
    pub preamble: String,
    /// What the trailer declares, behind which nothing is in the plan.
    pub trailer: Option<Declared>,
    /// What the last records left to be written.
    pub products: Vec<Product>,
}

/// What the pass makes of the records for later steps.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Product {
    /// More of the text of the chunk in that position, where it is not simply a range of the file. The
    /// chunks come in order.
    Text(usize, Bytes),
    /// The keys of more rows, in the order of the rows.
    Keys(KeyRows),
}

/// A pass that cannot go on.
#[derive(Debug, thiserror::Error)]
pub enum ScanError {
    /// The file cannot be loaded.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The keys cannot be compared: a bug.
    #[error("the keys cannot be compared")]
    Keys(#[from] KeyError),
}

impl ScanError {
    /// See [`Refusal::in_file`].
    fn in_file(self, mark_len: Option<u64>) -> Self {
        match self {
            ScanError::Refused(refusal) => ScanError::Refused(refusal.in_file(mark_len)),
            ScanError::Keys(_) => self,
        }
    }
}

/// The pass; bytes may arrive in any pieces.
///
/// ```
/// use shared::contract::Contract;
/// use validate::Scan;
/// let contract = br#"{"resources": [{"name": "r", "path": "r.csv", "dialect": {"header": false},
///     "schema": {"fields": [{"name": "a"}]}}]}"#;
/// let contract = Contract::parse(contract, None).unwrap();
/// let mut scan = Scan::new(&contract, 5);
/// scan.push(b"a,\"\n").unwrap();
/// scan.push(b"\"\nb\nc").unwrap();
/// let found = scan.finish().unwrap();
/// assert_eq!(found.record_count, 3);
/// let cut: Vec<_> = found.chunks.iter().map(|chunk| (chunk.start, chunk.end)).collect();
/// assert_eq!(cut, [(0, 6), (6, 9)]);
/// ```
#[derive(Debug)]
pub struct Scan<'a> {
    byte_len: u64,
    text: TextDecoder,
    records: Records<'a>,
}

/// What becomes of the text.
#[derive(Debug)]
struct Records<'a> {
    boundaries: Boundaries,
    outline: Outline<'a>,
    surveyor: Option<Surveyor>,
    chunk_bytes: u64,
    /// In place of `boundaries`, once each record need not be looked at alone.
    ranges: Option<Ranges>,
}

/// What stops the pass.
enum Stop {
    Text(TextError),
    Scan(ScanError),
}

impl From<TextError> for Stop {
    fn from(error: TextError) -> Self {
        Stop::Text(error)
    }
}

impl From<ScanError> for Stop {
    fn from(error: ScanError) -> Self {
        Stop::Scan(error)
    }
}

impl<'a> Scan<'a> {
    /// A pass over a file of `contract`; a chunk is the records that start in `chunk_bytes` of its text.
    pub fn new(contract: &'a Contract, chunk_bytes: u64) -> Self {
        let resource = &contract.input;
        Scan {
            byte_len: 0,
            text: TextDecoder::new(resource.encoding),
            records: Records {
                boundaries: Boundaries::new(&resource.dialect.grammar),
                outline: Outline::new(contract, chunk_bytes),
                surveyor: Surveyor::new(&resource.dialect.grammar),
                chunk_bytes,
                ranges: None,
            },
        }
    }

    /// Takes the next bytes of the file and gives what can be written by now.
    ///
    /// # Errors
    /// The [`ScanError`] that they give reason for; the pass is over then.
    pub fn push(&mut self, piece: &[u8]) -> Result<Vec<Product>, ScanError> {
        self.byte_len += piece.len() as u64;
        let records = &mut self.records;
        let read = self.text.push(piece, |text| records.push(text));
        let mark_len = self.text.is_verbatim().then(|| self.text.mark_len());
        read.map_err(|stop| records.error(stop).in_file(mark_len))?;
        records.outline.keep_text(!self.text.is_verbatim());
        records.survey().map_err(|error| error.in_file(mark_len))?;
        Ok(self.records.outline.take_products())
    }

    /// Whether the data have started.
    pub(crate) fn is_in_data(&self) -> bool {
        self.records.outline.is_in_data()
    }

    /// What stands before the data.
    pub(crate) fn into_head(self) -> Result<Head, ScanError> {
        self.records.outline.into_head(self.text.mark_len())
    }

    /// The pieces in which the bytes of a file should be pushed: small ones if they are compressed,
    /// so that what becomes of each stays small too.
    pub fn pieces<'b>(&self, bytes: &'b [u8]) -> impl Iterator<Item = &'b [u8]> + use<'b> {
        let is_plain = self.byte_len > 0 && self.text.is_verbatim();
        bytes.chunks(if is_plain { bytes.len().max(1) } else { INFLATED_PIECE })
    }

    /// The end of the file.
    ///
    /// # Errors
    /// The [`ScanError`] that only the end gives reason for.
    pub fn finish(mut self) -> Result<Scanned, ScanError> {
        let records = &mut self.records;
        let read = self.text.finish(|text| records.push(text));
        let mark_len = self.text.is_verbatim().then(|| self.text.mark_len());
        read.map_err(|stop| records.error(stop).in_file(mark_len))?;
        records.outline.keep_text(!self.text.is_verbatim());
        records.finish().map_err(|error| error.in_file(mark_len))?;
        let outline = self.records.outline.finish(self.text.mark_len())?;
        Ok(Scanned {
            byte_len: self.byte_len,
            record_count: outline.chunks.iter().map(|chunk| chunk.record_count).sum(),
            chunks: outline.chunks,
            layout: outline.layout,
            is_verbatim: self.text.is_verbatim(),
            preamble: outline.preamble,
            trailer: outline.trailer,
            products: outline.products,
        })
    }
}

impl Records<'_> {
    fn push(&mut self, text: &[u8]) -> Result<(), Stop> {
        let Records { boundaries, outline, .. } = self;
        if let Some(ranges) = &mut self.ranges {
            return Ok(ranges.push(text, outline).map_err(ScanError::from)?);
        }
        let mut taken = Ok(());
        let read = boundaries.push(text, |span, bytes| take(outline, &mut taken, span, bytes));
        taken?;
        read.map_err(|too_long| {
            let offset = Some(too_long.record_start);
            let position = self.outline.next();
            ScanError::from(Refusal::RecordTooLong { offset, position }).into()
        })
    }

    /// Goes on range by range, if that is possible by now.
    fn survey(&mut self) -> Result<(), ScanError> {
        let Some(surveyor) = self.surveyor.take_if(|_| self.outline.is_surveyable()) else {
            return Ok(());
        };
        let Position { row_number, line_number } = self.outline.next();
        let (offset, rest) = self.boundaries.take_rest();
        let place = Place { offset, rows: row_number - 1, lines: line_number - 1 };
        let ranges = self.ranges.insert(Ranges::new(surveyor, place, self.chunk_bytes));
        Ok(ranges.push(&rest, &mut self.outline)?)
    }

    fn finish(&mut self) -> Result<(), ScanError> {
        let Records { boundaries, outline, .. } = self;
        if let Some(ranges) = &mut self.ranges {
            return Ok(ranges.finish(outline)?);
        }
        let mut taken = Ok(());
        let end = boundaries.finish(|span, bytes| take(outline, &mut taken, span, bytes));
        taken?;
        end.map_err(|unclosed| {
            let (offset, position) = (Some(unclosed.quote_at), self.outline.next());
            Refusal::UnclosedQuote { offset, position }.into()
        })
    }

    fn error(&mut self, stop: Stop) -> ScanError {
        match stop {
            Stop::Scan(error) => error,
            Stop::Text(error) => Refusal::Text(self.place(), error).into(),
        }
    }

    /// Where the text broke off: in the record that it leaves unfinished, or in the next.
    fn place(&mut self) -> Position {
        if let Some(ranges) = &self.ranges {
            return ranges.position();
        }
        let mut place = self.outline.next();
        // Not all whole records may have been told yet.
        let end = self.boundaries.finish(|span, _| {
            if span.is_terminated {
                place.row_number += 1;
                place.line_number += span.line_count;
            }
        });
        match end {
            // In an open quote as in the last record, the place is where that starts.
            Ok(()) | Err(_) => place,
        }
    }
}

/// Takes a record unless an earlier one failed.
fn take(outline: &mut Outline<'_>, taken: &mut Result<(), ScanError>, span: Span, bytes: &[u8]) {
    if taken.is_ok() {
        *taken = outline.push(&span, bytes);
    }
}

/// The position of the first row.
pub(crate) const FIRST: Position = Position { row_number: 1, line_number: 1 };

#[cfg(test)]
mod tests;
