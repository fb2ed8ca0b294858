//! Every grammar.

use memchr::{memchr, memchr2, memchr3};

use super::{Mark, Syntax, cut, line_break};
use crate::csv::{Grammar, Terminator};

/// Any grammar.
#[derive(Debug, Clone)]
pub(in crate::csv) struct General {
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
    pub(in crate::csv) fn new(grammar: &Grammar) -> Self {
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

/// The bytes behind `mark`; an empty mark stands nowhere. Most marks are a single byte, which needs
/// no call.
#[inline]
fn behind<'a>(mark: &[u8], bytes: &'a [u8]) -> Option<&'a [u8]> {
    match (mark, bytes) {
        ([mark, more @ ..], [byte, rest @ ..]) if mark == byte => match more {
            [] => Some(rest),
            _ => rest.strip_prefix(more),
        },
        _ => None,
    }
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
