//! Where records start and end, found in one pass over a text that arrives in pieces.

use super::Grammar;
use super::carry::Carry;
use super::cursor::End;
use super::tokenizer::{Kind, Token, Tokenizer};

/// Bytes that a record may have, its terminator included: 16 MiB.
pub const RECORD_LIMIT: u64 = LIMIT as u64;

const LIMIT: usize = 16 << 20;

/// A record of the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    /// Byte offset of its first byte, 0-based.
    pub start: u64,
    /// Byte offset behind its last byte, which is that of its terminator.
    pub end: u64,
    /// Number of physical lines, as [`super::Record::line_count`].
    pub line_count: u64,
    /// Whether it ends with its terminator, as all but the last must.
    pub is_terminated: bool,
    /// Whether it is a comment.
    pub is_comment: bool,
    /// Whether it is a blank line.
    pub is_blank: bool,
}

/// The text ended inside a quoted field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the quote at offset {quote_at} is never closed")]
pub struct Unclosed {
    /// Byte offset of the record that holds the field, 0-based.
    pub record_start: u64,
    /// Byte offset of the quote that was never closed, 0-based.
    pub quote_at: u64,
}

/// A record longer than [`RECORD_LIMIT`]; most often a quote in it is never closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the record at offset {record_start} is longer than {RECORD_LIMIT} bytes")]
pub struct RecordTooLong {
    /// Byte offset of the record, 0-based.
    pub record_start: u64,
}

/// Finds every record of a text that arrives in pieces.
///
/// A record that is cut by the end of a piece is kept until its rest arrives. Where pieces are
/// shorter than records it is looked at again only when it has doubled, so records may be told
/// late, but always in order and all of them.
///
/// Invariant: it holds less than a record of [`RECORD_LIMIT`] bytes, and each byte is read a bounded
/// number of times, whatever the pieces.
///
/// ```
/// use shared::csv::{Boundaries, Grammar};
/// let mut boundaries = Boundaries::new(&Grammar::default());
/// let mut found = Vec::new();
/// let mut tell = |span: shared::csv::Span, raw: &[u8]| found.push((span.start, raw.to_vec()));
/// for piece in [&b"a,\"x\n"[..], b"y\"\r", b"\nb,c"] {
///     boundaries.push(piece, &mut tell).unwrap();
/// }
/// boundaries.finish(&mut tell).unwrap();
/// assert_eq!(found, [(0, b"a,\"x\ny\"\r\n".to_vec()), (9, b"b,c".to_vec())]);
/// ```
#[derive(Debug, Clone)]
pub struct Boundaries {
    tokenizer: Tokenizer,
    /// The bytes of the records that were not told.
    carry: Carry,
    /// Where the first record that was not told starts.
    at: u64,
}

impl Boundaries {
    /// A pass that starts at byte 0 with a record.
    pub fn new(grammar: &Grammar) -> Self {
        Boundaries { tokenizer: Tokenizer::new(grammar), carry: Carry::new(LIMIT), at: 0 }
    }

    /// Takes the next bytes of the text and tells each record that is known to be whole, with its
    /// raw bytes, its terminator included.
    ///
    /// # Errors
    /// [`RecordTooLong`], behind the records in front of it; the pass is over then.
    pub fn push(
        &mut self,
        piece: &[u8],
        mut on_record: impl FnMut(Span, &[u8]),
    ) -> Result<(), RecordTooLong> {
        let Boundaries { tokenizer, carry, at } = self;
        carry.push(piece, |bytes| whole_records(tokenizer, at, bytes, &mut on_record))
    }

    /// The end of the text: tells what is left of it. The last record may lack its terminator.
    ///
    /// # Errors
    /// [`Unclosed`] if the text ends inside a quoted field; its record is not told.
    pub fn finish(&mut self, mut on_record: impl FnMut(Span, &[u8])) -> Result<(), Unclosed> {
        let carry = self.carry.take_rest();
        let mut unclosed = None;
        self.tokenizer.ends(&carry, |token, rest| {
            if let End::Unclosed(quote) = token.end {
                unclosed = Some(quote);
                return false;
            }
            let (raw, _) = rest.split_at(token.len);
            on_record(span(self.at, &token), raw);
            self.at += token.len as u64;
            true
        });
        match unclosed {
            None => Ok(()),
            Some(quote) => {
                Err(Unclosed { record_start: self.at, quote_at: self.at + quote as u64 })
            }
        }
    }

    /// Breaks the pass off: where the first record starts that was not told, and the bytes from there on,
    /// which are not told any more.
    pub fn take_rest(&mut self) -> (u64, Vec<u8>) {
        (self.at, self.carry.take_rest())
    }
}

/// Tells the records that `bytes` start with and that are whole, the first of them at `at`, which is
/// moved behind the last; their length in bytes.
fn whole_records(
    tokenizer: &Tokenizer,
    at: &mut u64,
    bytes: &[u8],
    on_record: &mut impl FnMut(Span, &[u8]),
) -> Result<usize, RecordTooLong> {
    let (mut taken, mut too_long) = (0, None);
    tokenizer.ends(bytes, |token, rest| {
        if token.len > LIMIT {
            too_long = Some(RecordTooLong { record_start: *at });
            return false;
        }
        if !tokenizer.is_whole(&token, rest) {
            return false;
        }
        let (raw, _) = rest.split_at(token.len);
        on_record(span(*at, &token), raw);
        *at += token.len as u64;
        taken += token.len;
        true
    });
    too_long.map_or(Ok(taken), Err)
}

fn span(start: u64, token: &Token) -> Span {
    Span {
        start,
        end: start + token.len as u64,
        line_count: token.line_count,
        is_terminated: token.end == End::Terminator,
        is_comment: token.kind == Kind::Comment,
        is_blank: token.kind == Kind::Blank,
    }
}
