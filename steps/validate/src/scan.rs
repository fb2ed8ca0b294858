//! One pass over a file: is it a text, where do its records start, has it the right header, what do
//! its rows have in common?

use std::fmt::Write as _;

use bytes::Bytes;
use sha2::{Digest, Sha256};
use shared::contract::Contract;
use shared::csv::{Boundaries, Span};
use shared::header::Layout;
use shared::keys::KeySet;
use shared::message::Chunk;
use shared::table::Position;
use shared::text::{TextDecoder, TextError};

use crate::keys::KeyError;
use crate::outline::Outline;
use crate::refusal::Refusal;

/// Compressed bytes that are inflated at a time: what they become is at most a thousand times as
/// much, which must fit into memory.
const INFLATED_PIECE: usize = 4096;

/// What the pass found.
#[derive(Debug)]
pub struct Scanned {
    /// Size of the file in bytes.
    pub byte_len: u64,
    /// SHA-256 of all bytes, in hexadecimal.
    pub sha256: String,
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
    /// The keys that each foreign key into the file itself may name, by its position in the schema.
    pub key_sets: Vec<(usize, KeySet)>,
    /// What the last chunks left to be written.
    pub products: Vec<Product>,
}

/// What the pass makes of a chunk for later steps, as soon as it is complete.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Product {
    /// The text of the chunk in that position, where it is not simply a range of the file.
    Text(usize, Bytes),
    /// The faults in the keys of its rows.
    KeyFaults(usize, Bytes),
}

/// A pass that cannot go on.
#[derive(Debug, thiserror::Error)]
pub enum ScanError {
    /// The file cannot be loaded.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The keys cannot be compared: a bug.
    #[error("the keys cannot be compared")]
    Keys(#[from] arrow_schema::ArrowError),
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

impl From<KeyError> for ScanError {
    fn from(error: KeyError) -> Self {
        match error {
            KeyError::Refused(refusal) => ScanError::Refused(refusal),
            KeyError::Arrow(error) => ScanError::Keys(error),
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
/// let mut scan = Scan::new(&contract, 4);
/// scan.push(b"a,\"\n").unwrap();
/// scan.push(b"\"\nb\nc").unwrap();
/// let found = scan.finish().unwrap();
/// assert_eq!(found.record_count, 3);
/// let cut: Vec<_> = found.chunks.iter().map(|chunk| (chunk.start, chunk.end)).collect();
/// assert_eq!(cut, [(0, 6), (6, 9)]);
/// ```
#[derive(Debug)]
pub struct Scan<'a> {
    contract: &'a Contract,
    sha256: Sha256,
    byte_len: u64,
    text: TextDecoder,
    records: Records<'a>,
}

/// What becomes of the text.
#[derive(Debug)]
struct Records<'a> {
    boundaries: Boundaries,
    outline: Outline<'a>,
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
    /// A pass over a file of `contract`, to be cut into chunks of about `chunk_bytes`.
    pub fn new(contract: &'a Contract, chunk_bytes: u64) -> Self {
        let resource = &contract.input;
        Scan {
            contract,
            sha256: Sha256::new(),
            byte_len: 0,
            text: TextDecoder::new(resource.encoding),
            records: Records {
                boundaries: Boundaries::new(&resource.dialect.grammar),
                outline: Outline::new(contract, chunk_bytes),
            },
        }
    }

    /// Takes the next bytes of the file and gives what can be written by now.
    ///
    /// # Errors
    /// The [`ScanError`] that they give reason for; the pass is over then.
    pub fn push(&mut self, piece: &[u8]) -> Result<Vec<Product>, ScanError> {
        self.sha256.update(piece);
        self.byte_len += piece.len() as u64;
        let records = &mut self.records;
        let read = self.text.push(piece, |text| records.push(text));
        let mark_len = self.text.is_verbatim().then(|| self.text.mark_len());
        read.map_err(|stop| records.error(stop).in_file(mark_len))?;
        records.outline.keep_text(!self.text.is_verbatim());
        Ok(self.records.outline.take_products())
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
        let sha256 = hexadecimal(&self.sha256.finalize());
        let outline = self.records.outline.finish(self.text.mark_len())?;
        // A file of corrections is another than the one that the contract describes.
        if outline.layout.lead == 0 {
            check_declared(self.contract, self.byte_len, &sha256)?;
        }
        Ok(Scanned {
            byte_len: self.byte_len,
            sha256,
            record_count: outline.chunks.iter().map(|chunk| chunk.record_count).sum(),
            chunks: outline.chunks,
            layout: outline.layout,
            is_verbatim: self.text.is_verbatim(),
            preamble: outline.preamble,
            key_sets: outline.key_sets,
            products: outline.products,
        })
    }
}

impl Records<'_> {
    fn push(&mut self, text: &[u8]) -> Result<(), Stop> {
        let Records { boundaries, outline } = self;
        let mut taken = Ok(());
        let read = boundaries.push(text, |span, bytes| take(outline, &mut taken, span, bytes));
        taken?;
        read.map_err(|too_long| {
            let offset = Some(too_long.record_start);
            let position = self.outline.next();
            ScanError::from(Refusal::RecordTooLong { offset, position }).into()
        })
    }

    fn finish(&mut self) -> Result<(), ScanError> {
        let Records { boundaries, outline } = self;
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

fn check_declared(contract: &Contract, byte_len: u64, sha256: &str) -> Result<(), Refusal> {
    let declared = contract.input.byte_len.filter(|&declared| declared != byte_len);
    if let Some(declared) = declared {
        return Err(Refusal::ByteCount { declared, found: byte_len });
    }
    match contract.input.sha256.as_ref().filter(|declared| *declared != sha256) {
        None => Ok(()),
        Some(declared) => {
            Err(Refusal::HashCount { declared: declared.clone(), found: sha256.to_owned() })
        }
    }
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// The position of the first row.
pub(crate) const FIRST: Position = Position { row_number: 1, line_number: 1 };

#[cfg(test)]
mod tests;
