//! Where the marks of a grammar stand in a text.
//!
//! Invariant: the implementations differ in speed and in the grammars they know, never in what the
//! tokenizer finds.

mod general;
mod plain;

pub(super) use general::General;
pub(super) use plain::{Jump, Plain};

/// What stands at a place, with the bytes behind it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mark<'a> {
    Delimiter(&'a [u8]),
    Terminator(&'a [u8]),
    Quote(&'a [u8]),
    Escape(&'a [u8]),
    /// A byte that is only itself.
    Text(&'a [u8]),
    /// Nothing: the bytes are used up.
    End,
}

/// Finds marks. Outside quotes a quote is text, and inside them all but quotes and escapes are.
pub(super) trait Syntax {
    /// The text up to the next mark outside quotes, or a part of it, and what stands behind.
    fn find_unquoted<'a>(&self, bytes: &'a [u8]) -> (&'a [u8], Mark<'a>);
    /// What stands at the start of `bytes`, outside quotes.
    fn unquoted<'a>(&self, bytes: &'a [u8]) -> Mark<'a>;
    /// The text up to the next mark inside quotes, or a part of it, and what stands behind.
    fn find_quoted<'a>(&self, bytes: &'a [u8]) -> (&'a [u8], Mark<'a>);
    /// The bytes behind the terminator that `bytes` start with.
    fn terminator<'a>(&self, bytes: &'a [u8]) -> Option<&'a [u8]>;
    /// The bytes behind the quote that `bytes` start with.
    fn quote<'a>(&self, bytes: &'a [u8]) -> Option<&'a [u8]>;
    /// The bytes behind the record that `bytes` start with, if it is neither a comment nor blank and
    /// its end is known without a look at its fields; it is one line then.
    fn behind_record<'a>(&self, _bytes: &'a [u8]) -> Option<&'a [u8]> {
        None
    }
    /// Bytes at the start of a field, without those that are no part of it.
    fn skip_space<'a>(&self, bytes: &'a [u8]) -> &'a [u8] {
        bytes
    }
}

/// `bytes` up to `at`, or all of them, and the rest.
#[inline]
fn cut(bytes: &[u8], at: Option<usize>) -> (&[u8], &[u8]) {
    bytes.split_at(at.unwrap_or(bytes.len()))
}

/// The bytes behind a CRLF, CR or LF.
#[inline]
fn line_break(bytes: &[u8]) -> Option<&[u8]> {
    match bytes {
        [b'\r', b'\n', rest @ ..] | [b'\r' | b'\n', rest @ ..] => Some(rest),
        _ => None,
    }
}
