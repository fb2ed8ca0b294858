//! Where the marks of a grammar stand in a text.
//!
//! Invariant: the implementations differ in speed and in the grammars they know, never in what the
//! tokenizer finds.

use memchr::{memchr, memchr2, memchr3};

use super::{Grammar, Terminator};

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

/// A delimiter of one byte, a quote of one byte or none, conventional terminators, nothing else.
#[derive(Debug, Clone, Copy)]
pub(super) struct Plain {
    delimiter: u8,
    quote: Option<u8>,
}

impl Plain {
    /// None if the grammar is not that plain.
    pub(super) fn new(grammar: &Grammar) -> Option<Self> {
        let &[delimiter] = grammar.delimiter.as_bytes() else { return None };
        let quote = grammar.quote.map(u8::try_from).transpose().ok()?.filter(u8::is_ascii);
        let plain = grammar.terminator == Terminator::Conventional
            && grammar.escape.is_none()
            && !grammar.skip_initial_space
            && quote.is_some() == grammar.quote.is_some();
        plain.then_some(Plain { delimiter, quote })
    }
}

impl Syntax for Plain {
    #[inline]
    fn find_unquoted<'a>(&self, bytes: &'a [u8]) -> (&'a [u8], Mark<'a>) {
        let (text, rest) = cut(bytes, memchr3(self.delimiter, b'\r', b'\n', bytes));
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
pub(super) struct Jump(pub(super) Plain);

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

/// Any grammar.
#[derive(Debug, Clone)]
pub(super) struct General {
    delimiter: Box<[u8]>,
    quote: Option<Box<[u8]>>,
    escape: Option<Box<[u8]>>,
    /// None: conventional.
    terminator: Option<Box<[u8]>>,
    skip_initial_space: bool,
    outside: FirstBytes,
    inside: FirstBytes,
}

impl General {
    pub(super) fn new(grammar: &Grammar) -> Self {
        let text = |text: &str| Box::from(text.as_bytes());
        let character = |c: char| text(c.encode_utf8(&mut [0; 4]));
        let (delimiter, quote) = (text(&grammar.delimiter), grammar.quote.map(character));
        let escape = grammar.escape.map(character);
        let terminator = match &grammar.terminator {
            Terminator::Conventional => None,
            Terminator::Exact(exact) => Some(text(exact)),
        };
        let ends = terminator.as_deref().map_or(b"\r\n".to_vec(), |exact| first(exact).collect());
        let escapes = || escape.iter().flat_map(|escape| first(escape));
        let quotes = quote.iter().flat_map(|quote| first(quote));
        let outside = FirstBytes::new(first(&delimiter).chain(ends).chain(escapes()));
        let inside = FirstBytes::new(quotes.chain(escapes()));
        let skip_initial_space = grammar.skip_initial_space;
        General { delimiter, quote, escape, terminator, skip_initial_space, outside, inside }
    }

    fn escape<'a>(&self, bytes: &'a [u8]) -> Option<&'a [u8]> {
        behind(self.escape.as_deref()?, bytes)
    }
}

/// The bytes behind `mark`; an empty mark stands nowhere.
fn behind<'a>(mark: &[u8], bytes: &'a [u8]) -> Option<&'a [u8]> {
    bytes.strip_prefix(mark).filter(|_| !mark.is_empty())
}

fn first(mark: &[u8]) -> impl Iterator<Item = u8> {
    mark.first().copied().into_iter()
}

impl Syntax for General {
    fn find_unquoted<'a>(&self, bytes: &'a [u8]) -> (&'a [u8], Mark<'a>) {
        let (text, rest) = cut(bytes, self.outside.find(bytes));
        (text, self.unquoted(rest))
    }

    fn unquoted<'a>(&self, bytes: &'a [u8]) -> Mark<'a> {
        let Some((_, text)) = bytes.split_first() else { return Mark::End };
        let escape = || self.escape(bytes).map(Mark::Escape);
        let delimiter = || behind(&self.delimiter, bytes).map(Mark::Delimiter);
        let terminator = || self.terminator(bytes).map(Mark::Terminator);
        delimiter().or_else(terminator).or_else(escape).unwrap_or(Mark::Text(text))
    }

    fn find_quoted<'a>(&self, bytes: &'a [u8]) -> (&'a [u8], Mark<'a>) {
        let (text, rest) = cut(bytes, self.inside.find(bytes));
        let Some((_, behind)) = rest.split_first() else { return (text, Mark::End) };
        let escape = || self.escape(rest).map(Mark::Escape);
        let mark = self.quote(rest).map(Mark::Quote).or_else(escape);
        (text, mark.unwrap_or(Mark::Text(behind)))
    }

    fn terminator<'a>(&self, bytes: &'a [u8]) -> Option<&'a [u8]> {
        self.terminator.as_deref().map_or_else(|| line_break(bytes), |exact| behind(exact, bytes))
    }

    fn quote<'a>(&self, bytes: &'a [u8]) -> Option<&'a [u8]> {
        behind(self.quote.as_deref()?, bytes)
    }

    fn skip_space<'a>(&self, mut bytes: &'a [u8]) -> &'a [u8] {
        while let [b' ', rest @ ..] = bytes
            && self.skip_initial_space
        {
            bytes = rest;
        }
        bytes
    }
}

/// The bytes that marks start with.
#[derive(Debug, Clone)]
enum FirstBytes {
    One(u8),
    Two(u8, u8),
    Three(u8, u8, u8),
    Many(Box<[bool; 256]>),
}

impl FirstBytes {
    fn new(bytes: impl Iterator<Item = u8>) -> Self {
        let bytes: Vec<u8> = bytes.collect();
        match *bytes.as_slice() {
            [a] => FirstBytes::One(a),
            [a, b] => FirstBytes::Two(a, b),
            [a, b, c] => FirstBytes::Three(a, b, c),
            _ => FirstBytes::Many(Box::new(std::array::from_fn(|byte| {
                bytes.iter().any(|&found| usize::from(found) == byte)
            }))),
        }
    }

    fn find(&self, bytes: &[u8]) -> Option<usize> {
        match self {
            FirstBytes::One(a) => memchr(*a, bytes),
            FirstBytes::Two(a, b) => memchr2(*a, *b, bytes),
            FirstBytes::Three(a, b, c) => memchr3(*a, *b, *c, bytes),
            FirstBytes::Many(are) => {
                bytes.iter().position(|&byte| are.get(usize::from(byte)) == Some(&true))
            }
        }
    }
}
