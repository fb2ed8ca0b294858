//! The grammar of nearly every file, fast.

use memchr::{memchr, memchr2, memchr3};

use super::{Mark, Syntax, cut, line_break};
use crate::csv::{Grammar, Terminator};

/// A delimiter of one byte, a quote of one byte or none, conventional terminators, nothing else.
#[derive(Debug, Clone, Copy)]
pub(in crate::csv) struct Plain {
    pub(in crate::csv) delimiter: u8,
    pub(in crate::csv) quote: Option<u8>,
}

impl Plain {
    /// None if the grammar is not that plain.
    pub(in crate::csv) fn new(grammar: &Grammar) -> Option<Self> {
        let &[delimiter] = grammar.delimiter.as_bytes() else { return None };
        let quote = grammar.quote.map(u8::try_from).transpose().ok()?.filter(u8::is_ascii);
        let plain = grammar.terminator == Terminator::Conventional
            && grammar.escape.is_none()
            && !grammar.skip_initial_space
            && quote.is_some() == grammar.quote.is_some();
        plain.then_some(Plain { delimiter, quote })
    }
}

impl Plain {
    /// The next delimiter, CR or LF. Most fields are so short that a call takes longer than they do.
    #[inline]
    fn find(self, bytes: &[u8]) -> Option<usize> {
        if let Some((chunk, rest)) = bytes.split_first_chunk::<8>() {
            let word = u64::from_le_bytes(*chunk);
            let found = zero_bytes(word ^ splat(self.delimiter))
                | zero_bytes(word ^ splat(b'\r'))
                | zero_bytes(word ^ splat(b'\n'));
            if found != 0 {
                return Some((found.trailing_zeros() / 8) as usize);
            }
            return memchr3(self.delimiter, b'\r', b'\n', rest).map(|at| at + chunk.len());
        }
        memchr3(self.delimiter, b'\r', b'\n', bytes)
    }
}

/// The byte, eight times.
#[inline]
const fn splat(byte: u8) -> u64 {
    u64::from_le_bytes([byte; 8])
}

/// The highest bit of each byte that is zero. Bytes above the lowest such may be wrong.
#[inline]
const fn zero_bytes(word: u64) -> u64 {
    word.wrapping_sub(splat(1)) & !word & splat(0x80)
}

impl Syntax for Plain {
    #[inline]
    fn find_unquoted<'a>(&self, bytes: &'a [u8]) -> (&'a [u8], Mark<'a>) {
        let (text, rest) = cut(bytes, self.find(bytes));
        let mark = match rest {
            [b'\r', b'\n', rest @ ..] | [b'\r' | b'\n', rest @ ..] => Mark::Terminator(rest),
            [_, rest @ ..] => Mark::Delimiter(rest),
            [] => Mark::End,
        };
        (text, mark)
    }

    #[inline]
    fn unquoted<'a>(&self, bytes: &'a [u8]) -> Mark<'a> {
        match bytes {
            [byte, rest @ ..] if *byte == self.delimiter => Mark::Delimiter(rest),
            [b'\r', b'\n', rest @ ..] | [b'\r' | b'\n', rest @ ..] => Mark::Terminator(rest),
            [_, rest @ ..] => Mark::Text(rest),
            [] => Mark::End,
        }
    }

    #[inline]
    fn find_quoted<'a>(&self, bytes: &'a [u8]) -> (&'a [u8], Mark<'a>) {
        let (text, rest) = cut(bytes, self.quote.and_then(|quote| memchr(quote, bytes)));
        (text, rest.split_first().map_or(Mark::End, |(_, rest)| Mark::Quote(rest)))
    }

    #[inline]
    fn terminator<'a>(&self, bytes: &'a [u8]) -> Option<&'a [u8]> {
        line_break(bytes)
    }

    #[inline]
    fn quote<'a>(&self, bytes: &'a [u8]) -> Option<&'a [u8]> {
        match (bytes, self.quote) {
            ([byte, rest @ ..], Some(quote)) if *byte == quote => Some(rest),
            _ => None,
        }
    }
}

/// [`Plain`] for who asks only where records end: a delimiter matters only where a quote follows it,
/// so it looks for quotes and ends, and skips all fields between them.
#[derive(Debug, Clone, Copy)]
pub(in crate::csv) struct Jump(pub(in crate::csv) Plain);

impl Jump {
    #[inline]
    fn find(self, bytes: &[u8]) -> Option<usize> {
        let Some(quote) = self.0.quote else { return memchr2(b'\r', b'\n', bytes) };
        let mut from = 0;
        loop {
            let at = from + memchr3(quote, b'\r', b'\n', bytes.get(from..)?)?;
            if bytes.get(at) != Some(&quote) {
                return Some(at);
            }
            let before = at.checked_sub(1);
            if before.and_then(|before| bytes.get(before)) == Some(&self.0.delimiter) {
                return before;
            }
            from = at + 1;
        }
    }
}

impl Syntax for Jump {
    #[inline]
    fn find_unquoted<'a>(&self, bytes: &'a [u8]) -> (&'a [u8], Mark<'a>) {
        let (text, rest) = cut(bytes, self.find(bytes));
        (text, self.0.unquoted(rest))
    }

    #[inline]
    fn unquoted<'a>(&self, bytes: &'a [u8]) -> Mark<'a> {
        self.0.unquoted(bytes)
    }

    #[inline]
    fn find_quoted<'a>(&self, bytes: &'a [u8]) -> (&'a [u8], Mark<'a>) {
        self.0.find_quoted(bytes)
    }

    #[inline]
    fn terminator<'a>(&self, bytes: &'a [u8]) -> Option<&'a [u8]> {
        line_break(bytes)
    }

    #[inline]
    fn quote<'a>(&self, bytes: &'a [u8]) -> Option<&'a [u8]> {
        self.0.quote(bytes)
    }

    /// Without quotes a record is a line.
    #[inline]
    fn behind_record<'a>(&self, bytes: &'a [u8]) -> Option<&'a [u8]> {
        let at = match self.0.quote {
            Some(quote) => memchr3(quote, b'\r', b'\n', bytes)?,
            None => memchr2(b'\r', b'\n', bytes)?,
        };
        line_break(bytes.get(at..)?).filter(|_| at > 0)
    }
}
