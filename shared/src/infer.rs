//! A file to the draft of its contract.
//!
//! - [`Inference`]: takes the bytes of a file and gives a [`Draft`]
//! - [`Choice`]: what a person has decided
//! - [`Evidence`], [`Question`]: what was seen, and what the file alone does not decide
//!
//! Invariant: nothing is guessed. What can be read in two ways is a question, and a text until it is
//! answered.
//! Invariant: memory is bounded, whatever the length of the file.

mod choice;
mod column;
mod decide;
mod dialect;
mod draft;
mod encoding;
mod header;
mod packing;
mod reading;
mod report;
mod rows;
mod table;

use serde::Serialize;

pub use choice::{Choice, ChoiceError};
pub use report::{Answer, Evidence, Finding, Question};

use choice::{ENCODING, chosen};
use dialect::Sniffed;
use draft::{Seen, draft};
use encoding::{LEAD_LEN, TextReader};
use packing::Unpacker;
use rows::RecordStream;
use table::Table;

use crate::csv::RECORD_LIMIT;
use crate::text::{Compression, TextError};

/// Bytes of a file that the dialect is told by.
const SNIFFED_LEN: usize = 256 << 10;

/// What is known of a file besides its bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// The name that the resource gets: lower-case letters, digits, `-`, `_`, `.`.
    pub name: String,
    /// Where the file lies, relative to the descriptor.
    pub path: String,
    /// What a person has decided.
    pub choices: Vec<Choice>,
    /// Whether only the start of the file will be given: it may then end anywhere.
    pub is_part: bool,
    /// How many bytes to look at, inflated ones if the file is compressed; None for all of them.
    pub byte_limit: Option<u64>,
}

impl Options {
    /// A whole file about which nothing is known: `name` as a resource may be called, and the last
    /// part of `path`, if a contract can say it.
    ///
    /// ```
    /// use shared::infer::Options;
    /// let options = Options::new("Orders 2026", "in/orders 2026.csv");
    /// assert_eq!((&*options.name, &*options.path), ("orders-2026", "orders 2026.csv"));
    /// ```
    pub fn new(name: impl AsRef<str>, path: impl AsRef<str>) -> Self {
        let name = resource_name(name.as_ref());
        let file = path.as_ref().rsplit('/').next().unwrap_or_default();
        let is_legal = !file.contains(['\\', ':']) && !matches!(file, "" | "." | "..");
        let path = if is_legal { file.to_owned() } else { format!("{name}.csv") };
        Options { name, path, choices: Vec::new(), is_part: false, byte_limit: None }
    }
}

/// A name as the standard wants it: lower-case letters, digits, `.`, `_`, `-`.
fn resource_name(text: &str) -> String {
    let legal = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    let name: String =
        text.chars().map(|c| if legal(c) { c.to_ascii_lowercase() } else { '-' }).collect();
    if name.is_empty() { "table".to_owned() } else { name }
}

/// A contract, as far as a file tells it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Draft {
    /// The contract: a Data Package v2 descriptor that the file passes, as far as it is a table.
    pub descriptor: serde_json::Value,
    /// What was seen.
    pub evidence: Vec<Evidence>,
    /// What only a person can decide; the descriptor is safe until then, but says less.
    pub questions: Vec<Question>,
}

impl Draft {
    /// The same without the cells that it quotes.
    #[must_use]
    pub fn without_cells(mut self) -> Self {
        self.evidence.iter_mut().for_each(|evidence| evidence.examples.clear());
        let answers = self.questions.iter_mut().flat_map(|question| &mut question.candidates);
        answers.for_each(|answer| answer.examples.clear());
        self
    }
}

/// Why there is no draft.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InferError {
    /// No records at all.
    #[error("the file is empty")]
    Empty,
    /// Something else than text.
    #[error("the file is {found}")]
    NotText {
        /// What it is.
        found: &'static str,
    },
    /// An encoding that nobody knows.
    #[error("the encoding is not known")]
    UnknownEncoding,
    /// Bytes that are not what was chosen, or what the first of them told.
    #[error(transparent)]
    Text(#[from] TextError),
    /// A record too long to be held in memory.
    #[error("row {row} is longer than {RECORD_LIMIT} bytes: is a quote in it never closed?")]
    RecordTooLong {
        /// Its row number.
        row: u64,
    },
    /// A choice that cannot be had.
    #[error(transparent)]
    Choice(#[from] ChoiceError),
}

/// Looks at a file whose bytes arrive in any pieces.
///
/// ```
/// use shared::infer::{Inference, Options};
/// let mut inference = Inference::new(Options::new("days", "days.csv"));
/// inference.push(b"day,count\n2013-01-31,").unwrap();
/// inference.push(b"7\n2013-02-01,8\n").unwrap();
/// let draft = inference.finish().unwrap();
/// let fields = &draft.descriptor["resources"][0]["schema"]["fields"];
/// assert_eq!((&fields[0]["type"], &fields[1]["type"]), (&"date".into(), &"integer".into()));
/// assert!(draft.questions.is_empty());
/// ```
pub struct Inference {
    unpacker: Unpacker,
    look: Look,
}

impl Inference {
    /// A look at a file of which nothing has been seen.
    pub fn new(options: Options) -> Self {
        let look = Look { options, lead: Vec::new(), body: None, byte_len: 0 };
        Inference { unpacker: Unpacker::default(), look }
    }

    /// Takes the next bytes of the file; what is beyond the limit is not looked at.
    ///
    /// # Errors
    /// [`InferError`] if there can be no draft; the look is over then.
    pub fn push(&mut self, piece: &[u8]) -> Result<(), InferError> {
        if self.is_full() {
            return Ok(());
        }
        self.unpacker.push(piece, |bytes| self.look.push(bytes))
    }

    /// Whether there are more bytes than are looked at, so that no more need to be pushed.
    pub fn is_full(&self) -> bool {
        self.look.options.byte_limit.is_some_and(|limit| self.look.byte_len > limit)
    }

    /// The draft.
    ///
    /// # Errors
    /// [`InferError`] if there can be none.
    pub fn finish(mut self) -> Result<Draft, InferError> {
        let is_part = self.look.options.is_part || self.is_full();
        self.unpacker.finish(is_part, |bytes| self.look.push(bytes))?;
        let is_part = is_part || self.is_full();
        self.look.finish(is_part, self.unpacker.compression())
    }
}

/// A look at the inflated bytes.
struct Look {
    options: Options,
    /// The first bytes, until there are enough of them to tell the dialect.
    lead: Vec<u8>,
    body: Option<Body>,
    /// Bytes that were pushed.
    byte_len: u64,
}

impl Look {
    fn push(&mut self, piece: &[u8]) -> Result<(), InferError> {
        let limit = self.options.byte_limit.unwrap_or(u64::MAX);
        let left = usize::try_from(limit.saturating_sub(self.byte_len)).unwrap_or(usize::MAX);
        self.byte_len += piece.len() as u64;
        let piece = piece.get(..left.min(piece.len())).unwrap_or_default();
        if let Some(body) = &mut self.body {
            return body.push(piece);
        }
        self.lead.extend_from_slice(piece);
        if self.lead.len() < SNIFFED_LEN { Ok(()) } else { self.start(true) }
    }

    fn finish(
        mut self,
        is_part: bool,
        compression: Option<Compression>,
    ) -> Result<Draft, InferError> {
        if self.body.is_none() {
            self.start(is_part)?;
        }
        let Some(mut body) = self.body else { return Err(InferError::Empty) };
        let is_unclosed = if is_part { false } else { body.finish()? };
        if body.table.first.is_none() {
            return Err(InferError::Empty);
        }
        if let Some(reread) = body.reader.reread() {
            body.table.distrust_utf8(reread);
        }
        let limit = self.options.byte_limit.unwrap_or(u64::MAX);
        let seen = Seen {
            options: &self.options,
            compression,
            reader: &body.reader,
            unknown_row: body.stream.marked_row(),
            sniffed: body.sniffed,
            table: body.table,
            is_unclosed,
            part: is_part.then_some(self.byte_len.min(limit)),
        };
        Ok(draft(seen)?)
    }

    fn start(&mut self, is_cut: bool) -> Result<(), InferError> {
        let lead = std::mem::take(&mut self.lead);
        self.body = Some(Body::new(&lead, is_cut, &self.options)?);
        Ok(())
    }
}

/// A file whose encoding and dialect are known.
struct Body {
    reader: TextReader,
    sniffed: Sniffed,
    stream: RecordStream,
    table: Table,
    /// The text of the piece at hand.
    text: Vec<u8>,
}

impl Body {
    /// Tells encoding and dialect by the first bytes, and takes them.
    fn new(lead: &[u8], is_cut: bool, options: &Options) -> Result<Self, InferError> {
        let encoding = chosen(&options.choices, ENCODING).map(|(_, value)| value);
        let mut reader = TextReader::new(lead.get(..LEAD_LEN).unwrap_or(lead), encoding)?;
        let mut text = text_of(&mut reader, lead, is_cut)?;
        let broken_at = reader.broken_at();
        let fresh = || match broken_at {
            Some(_) => Ok(TextReader::of_unknown(&reader)),
            None => TextReader::new(lead.get(..LEAD_LEN).unwrap_or(lead), encoding),
        };
        if broken_at.is_some() {
            text = text_of(&mut fresh()?, lead, is_cut)?;
        }
        let sniffed = dialect::sniff(&text, is_cut, &options.choices)?;
        let mut body = Body {
            reader: fresh()?,
            stream: RecordStream::new(sniffed.grammar.clone()),
            table: Table::new(sniffed.header_row),
            sniffed,
            text: Vec::new(),
        };
        if let Some(at) = broken_at.and_then(|at| usize::try_from(at).ok()) {
            let valid = lead.get(..at).unwrap_or(lead);
            body.stream.set_mark(text_of(&mut fresh()?, valid, true)?.len() as u64);
        }
        body.push(lead)?;
        Ok(body)
    }

    fn push(&mut self, mut piece: &[u8]) -> Result<(), InferError> {
        while !piece.is_empty() {
            let was_unknown = self.reader.unknown().is_some();
            self.text.clear();
            let taken = self.reader.take(piece, &mut self.text)?;
            let table = &mut self.table;
            let pushed = self.stream.push(&self.text, &mut |row, record| table.push(row, record));
            pushed.map_err(|_| InferError::RecordTooLong { row: self.stream.next_row() })?;
            if !was_unknown && self.reader.unknown().is_some() {
                self.stream.set_mark(0);
            }
            piece = piece.get(taken..).unwrap_or_default();
        }
        Ok(())
    }

    /// Takes what only the end tells; whether a quote is never closed.
    fn finish(&mut self) -> Result<bool, InferError> {
        self.text.clear();
        self.reader.finish(&mut self.text)?;
        let table = &mut self.table;
        let mut on_record = |row, record: &_| table.push(row, record);
        let pushed = self.stream.push(&self.text, &mut on_record);
        pushed.map_err(|_| InferError::RecordTooLong { row: self.stream.next_row() })?;
        Ok(self.stream.finish(&mut on_record))
    }
}

/// All of the first bytes as text.
fn text_of(reader: &mut TextReader, lead: &[u8], is_cut: bool) -> Result<Vec<u8>, InferError> {
    let mut text = Vec::new();
    let mut rest = lead;
    while !rest.is_empty() {
        let taken = reader.take(rest, &mut text)?;
        rest = rest.get(taken..).unwrap_or_default();
    }
    if !is_cut {
        reader.finish(&mut text)?;
    }
    Ok(text)
}

#[cfg(test)]
mod tests;
