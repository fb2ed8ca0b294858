//! One record of a text: how far it reaches, and what it holds.

use memchr::memchr2_iter;

use super::cursor::{Cursor, End, Ends, Sink};
use super::syntax::{General, Jump, Plain, Syntax};
use super::{Grammar, Terminator};

/// What kind of record it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Fields,
    Blank,
    Comment,
}

/// A record at the start of a text.
#[derive(Debug, Clone, Copy)]
pub(super) struct Token {
    pub(super) kind: Kind,
    pub(super) end: End,
    /// Its bytes, its terminator included.
    pub(super) len: usize,
    /// Physical lines: its line breaks, and one more where it lacks its terminator.
    pub(super) line_count: u64,
}

/// A grammar, ready to read.
#[derive(Debug, Clone)]
pub(super) struct Tokenizer {
    form: Form,
    double_quote: bool,
    conventional: bool,
    comment: Option<Box<[u8]>>,
}

#[derive(Debug, Clone)]
enum Form {
    Plain(Plain),
    General(Box<General>),
}

impl Tokenizer {
    pub(super) fn new(grammar: &Grammar) -> Self {
        let form = match Plain::new(grammar) {
            Some(plain) => Form::Plain(plain),
            None => Form::General(Box::new(General::new(grammar))),
        };
        let comment = grammar.comment.as_deref().filter(|comment| !comment.is_empty());
        Tokenizer {
            form,
            double_quote: grammar.double_quote,
            conventional: grammar.terminator == Terminator::Conventional,
            comment: comment.map(|comment| Box::from(comment.as_bytes())),
        }
    }

    pub(super) fn double_quote(&self) -> bool {
        self.double_quote
    }

    /// What starts a comment.
    pub(super) fn comment(&self) -> Option<&[u8]> {
        self.comment.as_deref()
    }

    /// Reads the record that `bytes`, not empty, start with.
    #[inline]
    pub(super) fn record<S: Sink>(&self, bytes: &[u8], sink: &mut S) -> Token {
        match &self.form {
            Form::Plain(plain) => self.read(plain, bytes, sink),
            Form::General(general) => self.read(general.as_ref(), bytes, sink),
        }
    }

    /// Finds the records that `bytes` start with, one after the other, as long as `on_token` says so:
    /// it is given each with the bytes from its start on.
    #[inline]
    pub(super) fn ends<'a>(&self, bytes: &'a [u8], on_token: impl FnMut(Token, &'a [u8]) -> bool) {
        match &self.form {
            Form::Plain(plain) => self.read_all(&Jump(*plain), bytes, on_token),
            Form::General(general) => self.read_all(general.as_ref(), bytes, on_token),
        }
    }

    #[inline]
    fn read_all<'a, X: Syntax>(
        &self,
        syntax: &X,
        mut bytes: &'a [u8],
        mut on_token: impl FnMut(Token, &'a [u8]) -> bool,
    ) {
        while !bytes.is_empty() {
            let token = self.read(syntax, bytes, &mut Ends);
            if !on_token(token, bytes) {
                break;
            }
            bytes = bytes.get(token.len..).unwrap_or_default();
        }
    }

    /// Whether `token`, at the start of `bytes`, stays as it is whatever bytes follow.
    #[inline]
    pub(super) fn is_whole(&self, token: &Token, bytes: &[u8]) -> bool {
        let may_be_cut =
            || self.conventional && token.len == bytes.len() && bytes.last() == Some(&b'\r');
        token.end == End::Terminator && !may_be_cut()
    }

    #[inline]
    fn read<X: Syntax, S: Sink>(&self, syntax: &X, bytes: &[u8], sink: &mut S) -> Token {
        let is_comment = self.comment.as_deref().is_some_and(|mark| bytes.starts_with(mark));
        match syntax.behind_record(bytes) {
            Some(rest) if !is_comment => Token {
                kind: Kind::Fields,
                end: End::Terminator,
                len: bytes.len() - rest.len(),
                line_count: 1,
            },
            _ => self.read_fields(syntax, is_comment, bytes, sink),
        }
    }

    // Apart, so that what is known without it stays small enough to be inlined.
    #[inline(never)]
    fn read_fields<X: Syntax, S: Sink>(
        &self,
        syntax: &X,
        is_comment: bool,
        bytes: &[u8],
        sink: &mut S,
    ) -> Token {
        let mut cursor = Cursor::new(syntax, sink, bytes, self.double_quote, self.conventional);
        let (kind, end) = if is_comment {
            (Kind::Comment, cursor.comment())
        } else if cursor.blank() {
            (Kind::Blank, End::Terminator)
        } else {
            (Kind::Fields, cursor.fields())
        };
        let len = cursor.offset();
        let line_count = if cursor.may_span_lines() {
            let raw = bytes.get(..len).unwrap_or_default();
            line_breaks(raw) + u64::from(end != End::Terminator)
        } else {
            1
        };
        Token { kind, end, len, line_count }
    }
}

/// Number of CRLF, CR and LF.
pub(super) fn line_breaks(bytes: &[u8]) -> u64 {
    let ends = |at: &usize| bytes.get(at + 1) != Some(&b'\n') || bytes.get(*at) != Some(&b'\r');
    memchr2_iter(b'\r', b'\n', bytes).filter(ends).count() as u64
}
