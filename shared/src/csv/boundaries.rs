//! Where records start, found in one pass over a file that arrives in pieces.

use memchr::{memchr, memchr2, memchr3};

use super::Grammar;

/// Where the pass stands between two bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Before the first byte of a record.
    RecordStart,
    /// Behind a CR that ended a record: an LF still belongs to it.
    AfterCr,
    /// Behind a delimiter.
    FieldStart,
    /// In an unquoted field, or in the rest behind a closing quote.
    Unquoted,
    /// Behind an opening quote.
    Quoted,
    /// Behind a quote inside a quoted field: it closes the field, or is the first of two.
    QuoteSeen,
}

/// The file ended inside a quoted field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unclosed {
    /// Byte offset of the record that holds the field, 0-based.
    pub record_start: u64,
    /// Byte offset of the quote that was never closed, 0-based.
    pub quote_at: u64,
}

/// Finds the first byte of every record.
///
/// Invariant: it holds a few words, whatever the length of the file, a record or a field.
///
/// ```
/// use shared::csv::{Boundaries, Grammar};
/// let mut boundaries = Boundaries::new(Grammar::default());
/// let mut starts = Vec::new();
/// for piece in [&b"a,\"x\n"[..], b"y\"\r", b"\nb,c"] {
///     boundaries.push(piece, |start| starts.push(start));
/// }
/// assert_eq!(starts, [0, 9]);
/// assert!(boundaries.finish().is_ok());
/// ```
#[derive(Debug, Clone)]
pub struct Boundaries {
    grammar: Grammar,
    state: State,
    /// Offset of the next byte.
    at: u64,
    record_start: u64,
    quote_at: u64,
}

impl Boundaries {
    /// A pass that starts at byte 0 with a record.
    pub fn new(grammar: Grammar) -> Self {
        Boundaries { grammar, state: State::RecordStart, at: 0, record_start: 0, quote_at: 0 }
    }

    /// Takes the next bytes of the file and tells the offset (0-based) of each record that starts
    /// in them, in order.
    pub fn push(&mut self, bytes: &[u8], mut on_start: impl FnMut(u64)) {
        let mut rest = bytes;
        while let Some((&byte, tail)) = rest.split_first() {
            let taken = match self.state {
                State::AfterCr if byte == b'\n' => {
                    self.state = State::RecordStart;
                    1
                }
                State::RecordStart | State::AfterCr => {
                    self.record_start = self.at;
                    on_start(self.at);
                    self.field_start(byte)
                }
                State::FieldStart => self.field_start(byte),
                State::Unquoted => self.unquoted(rest),
                State::Quoted => self.quoted(rest),
                State::QuoteSeen => self.quote_seen(byte),
            };
            self.at += taken as u64;
            rest = match taken {
                0 => rest,
                1 => tail,
                _ => rest.get(taken..).unwrap_or_default(),
            };
        }
    }

    /// Whether the next byte starts a record, unless it is the LF of a CRLF.
    pub fn is_between_records(&self) -> bool {
        matches!(self.state, State::RecordStart | State::AfterCr)
    }

    /// The number of bytes seen.
    ///
    /// # Errors
    /// [`Unclosed`] if they end inside a quoted field.
    pub fn finish(&self) -> Result<u64, Unclosed> {
        match self.state {
            State::Quoted => {
                Err(Unclosed { record_start: self.record_start, quote_at: self.quote_at })
            }
            State::RecordStart
            | State::AfterCr
            | State::FieldStart
            | State::Unquoted
            | State::QuoteSeen => Ok(self.at),
        }
    }

    fn field_start(&mut self, byte: u8) -> usize {
        if Some(byte) == self.grammar.quote {
            self.quote_at = self.at;
            self.state = State::Quoted;
            return 1;
        }
        self.state = State::Unquoted;
        0
    }

    /// Jumps to the record's end. A delimiter matters only where a quote follows it, so the jump
    /// looks for quotes and ends and skips all fields between them.
    fn unquoted(&mut self, bytes: &[u8]) -> usize {
        let found = match self.grammar.quote {
            Some(quote) => memchr3(quote, b'\r', b'\n', bytes),
            None => memchr2(b'\r', b'\n', bytes),
        };
        let at = found.unwrap_or(bytes.len());
        match bytes.get(at) {
            Some(b'\r') => self.state = State::AfterCr,
            Some(b'\n') => self.state = State::RecordStart,
            Some(_) => return self.literal_or_opening(bytes, at),
            None => {
                if bytes.last() == Some(&self.grammar.delimiter) {
                    self.state = State::FieldStart;
                }
                return at;
            }
        }
        at + 1
    }

    /// A quote at `at` opens a field if a delimiter stands before it; else it is text.
    fn literal_or_opening(&mut self, bytes: &[u8], at: usize) -> usize {
        let before = at.checked_sub(1).and_then(|before| bytes.get(before));
        if before == Some(&self.grammar.delimiter) {
            self.state = State::FieldStart;
            return at;
        }
        at + 1
    }

    fn quoted(&mut self, bytes: &[u8]) -> usize {
        let Some(at) = self.grammar.quote.and_then(|quote| memchr(quote, bytes)) else {
            return bytes.len();
        };
        self.state = State::QuoteSeen;
        at + 1
    }

    fn quote_seen(&mut self, byte: u8) -> usize {
        if self.grammar.double_quote && Some(byte) == self.grammar.quote {
            self.state = State::Quoted;
            return 1;
        }
        self.state = State::Unquoted;
        0
    }
}
