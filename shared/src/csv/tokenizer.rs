//! One record of a text: how far it reaches, and what it holds.

use memchr::memchr2_iter;

use super::syntax::{General, Jump, Mark, Plain, Syntax};
use super::{Grammar, Terminator};

/// Takes what a record holds.
pub(super) trait Sink {
    /// More of the field.
    fn text(&mut self, text: &[u8]);
    /// The field is whole.
    fn end_field(&mut self);
    /// The field goes on behind its closing quote.
    fn stray_quote(&mut self);
}

/// Takes nothing.
#[derive(Debug)]
pub(super) struct Ends;

impl Sink for Ends {
    fn text(&mut self, _: &[u8]) {}

    fn end_field(&mut self) {}

    fn stray_quote(&mut self) {}
}

/// What kind of record it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Fields,
    Blank,
    Comment,
}

/// What ended a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    Terminator,
    /// The end of the text.
    Text,
    /// The end of the text, in the quoted field that the quote at this offset (0-based, from the
    /// record's start) opened.
    Unclosed(usize),
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

    fn read_fields<X: Syntax, S: Sink>(
        &self,
        syntax: &X,
        is_comment: bool,
        bytes: &[u8],
        sink: &mut S,
    ) -> Token {
        let mut cursor = Cursor {
            syntax,
            sink,
            rest: bytes,
            quoted: &[],
            double_quote: self.double_quote,
            conventional: self.conventional,
            may_span_lines: !self.conventional,
        };
        let (kind, end) = if is_comment {
            (Kind::Comment, cursor.comment())
        } else if let Some(rest) = syntax.terminator(bytes) {
            cursor.rest = rest;
            (Kind::Blank, End::Terminator)
        } else {
            (Kind::Fields, cursor.fields(bytes.len()))
        };
        let len = bytes.len() - cursor.rest.len();
        let line_count = if cursor.may_span_lines {
            let raw = bytes.get(..len).unwrap_or_default();
            line_breaks(raw) + u64::from(end != End::Terminator)
        } else {
            1
        };
        Token { kind, end, len, line_count }
    }
}

/// Number of CRLF, CR and LF.
fn line_breaks(bytes: &[u8]) -> u64 {
    let ends = |at: &usize| bytes.get(at + 1) != Some(&b'\n') || bytes.get(*at) != Some(&b'\r');
    memchr2_iter(b'\r', b'\n', bytes).filter(ends).count() as u64
}

/// What ended a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum FieldEnd {
    Delimiter,
    Terminator,
    Text,
    Unclosed,
}

struct Cursor<'a, 's, X, S> {
    syntax: &'s X,
    sink: &'s mut S,
    rest: &'a [u8],
    double_quote: bool,
    conventional: bool,
    /// The bytes from the newest opening quote on.
    quoted: &'a [u8],
    /// Whether a line break may have been passed that did not end the record.
    may_span_lines: bool,
}

impl<'a, X: Syntax, S: Sink> Cursor<'a, '_, X, S> {
    #[inline]
    fn fields(&mut self, len: usize) -> End {
        loop {
            let end = self.field();
            self.sink.end_field();
            match end {
                FieldEnd::Delimiter => {}
                FieldEnd::Terminator => return End::Terminator,
                FieldEnd::Text => return End::Text,
                FieldEnd::Unclosed => return End::Unclosed(len - self.quoted.len()),
            }
        }
    }

    #[inline]
    fn field(&mut self) -> FieldEnd {
        self.rest = self.syntax.skip_space(self.rest);
        match self.syntax.quote(self.rest) {
            Some(behind) => self.quoted(behind),
            None => self.unquoted(),
        }
    }

    /// Takes all up to the delimiter or the record's end, and that too. Quotes are text here.
    #[inline]
    fn unquoted(&mut self) -> FieldEnd {
        loop {
            let (text, mark) = self.syntax.find_unquoted(self.rest);
            self.take(text);
            match mark {
                Mark::Delimiter(behind) => return self.end(behind, FieldEnd::Delimiter),
                Mark::Terminator(behind) => return self.end(behind, FieldEnd::Terminator),
                Mark::End => return FieldEnd::Text,
                Mark::Escape(behind) => self.escaped(behind),
                Mark::Text(behind) | Mark::Quote(behind) => self.take_up_to(behind),
            }
        }
    }

    /// Takes all behind an opening quote; what follows the closing one belongs to the field as an
    /// unquoted rest.
    #[inline]
    fn quoted(&mut self, behind: &'a [u8]) -> FieldEnd {
        self.quoted = self.rest;
        self.rest = behind;
        self.may_span_lines = true;
        loop {
            let (text, mark) = self.syntax.find_quoted(self.rest);
            self.take(text);
            match mark {
                Mark::Quote(behind) => match self.syntax.quote(behind) {
                    Some(second) if self.double_quote => {
                        self.take_up_to(behind);
                        self.rest = second;
                    }
                    _ => {
                        self.rest = behind;
                        return self.closed();
                    }
                },
                Mark::Escape(behind) => self.escaped(behind),
                Mark::Text(behind) | Mark::Delimiter(behind) | Mark::Terminator(behind) => {
                    self.take_up_to(behind);
                }
                Mark::End => return FieldEnd::Unclosed,
            }
        }
    }

    /// Goes on behind a closing quote.
    #[inline]
    fn closed(&mut self) -> FieldEnd {
        match self.syntax.unquoted(self.rest) {
            Mark::Delimiter(behind) => self.end(behind, FieldEnd::Delimiter),
            Mark::Terminator(behind) => self.end(behind, FieldEnd::Terminator),
            Mark::End => FieldEnd::Text,
            // Python's `csv` and the `csv` crate take whatever follows a quote that might have been
            // the first of two for text.
            Mark::Escape(behind) if self.double_quote => {
                self.take_up_to(behind);
                self.stray()
            }
            Mark::Escape(_) | Mark::Text(_) | Mark::Quote(_) => self.stray(),
        }
    }

    fn stray(&mut self) -> FieldEnd {
        self.sink.stray_quote();
        self.unquoted()
    }

    /// Takes the character behind an escape for text; behind the last of them there is none, and
    /// the escape is text itself.
    fn escaped(&mut self, behind: &'a [u8]) {
        let rest = match behind {
            [] => return self.take_up_to(behind),
            [b'\r', b'\n', rest @ ..] if self.conventional => rest,
            // The other bytes of a character start no mark.
            [_, rest @ ..] => rest,
        };
        self.may_span_lines = true;
        self.rest = behind;
        self.take_up_to(rest);
    }

    /// Takes a comment up to its terminator, and that too.
    fn comment(&mut self) -> End {
        loop {
            let (_, mark) = self.syntax.find_unquoted(self.rest);
            let (behind, end) = match mark {
                Mark::Terminator(behind) => (behind, Some(End::Terminator)),
                Mark::End => (&[][..], Some(End::Text)),
                Mark::Delimiter(behind)
                | Mark::Escape(behind)
                | Mark::Quote(behind)
                | Mark::Text(behind) => (behind, None),
            };
            self.rest = behind;
            if let Some(end) = end {
                return end;
            }
        }
    }

    #[inline]
    fn end(&mut self, behind: &'a [u8], end: FieldEnd) -> FieldEnd {
        self.rest = behind;
        end
    }

    /// Takes text that the bytes that are left start with.
    #[inline]
    fn take(&mut self, text: &[u8]) {
        self.sink.text(text);
        self.rest = self.rest.get(text.len()..).unwrap_or_default();
    }

    /// Takes the text in front of `behind`, the end of the bytes that are left.
    fn take_up_to(&mut self, behind: &'a [u8]) {
        let (text, _) = self.rest.split_at(self.rest.len().saturating_sub(behind.len()));
        self.take(text);
    }
}
