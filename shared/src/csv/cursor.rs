//! The fields of one record, one after the other.

use super::syntax::{Mark, Syntax};

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

/// What ended a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum FieldEnd {
    Delimiter,
    Terminator,
    Text,
    Unclosed,
}

/// Reads the record that a text starts with.
#[derive(Debug)]
pub(super) struct Cursor<'a, 's, X, S> {
    syntax: &'s X,
    sink: &'s mut S,
    bytes: &'a [u8],
    /// Those that are not read.
    rest: &'a [u8],
    /// Those from the newest opening quote on.
    quoted: &'a [u8],
    double_quote: bool,
    conventional: bool,
    may_span_lines: bool,
}

impl<'a, 's, X: Syntax, S: Sink> Cursor<'a, 's, X, S> {
    #[inline]
    pub(super) fn new(
        syntax: &'s X,
        sink: &'s mut S,
        bytes: &'a [u8],
        double_quote: bool,
        conventional: bool,
    ) -> Self {
        let may_span_lines = !conventional;
        let (rest, quoted) = (bytes, &[][..]);
        Cursor { syntax, sink, bytes, rest, quoted, double_quote, conventional, may_span_lines }
    }

    /// Number of bytes read.
    pub(super) fn offset(&self) -> usize {
        self.bytes.len() - self.rest.len()
    }

    /// Whether a line break may have been read that did not end the record.
    pub(super) fn may_span_lines(&self) -> bool {
        self.may_span_lines
    }

    /// Takes a terminator, if one comes first.
    #[inline]
    pub(super) fn blank(&mut self) -> bool {
        let behind = self.syntax.terminator(self.rest);
        self.rest = behind.unwrap_or(self.rest);
        behind.is_some()
    }

    /// Takes all fields, and the terminator.
    #[inline]
    pub(super) fn fields(&mut self) -> End {
        loop {
            let end = self.field();
            self.sink.end_field();
            match end {
                FieldEnd::Delimiter => {}
                FieldEnd::Terminator => return End::Terminator,
                FieldEnd::Text => return End::Text,
                FieldEnd::Unclosed => return End::Unclosed(self.bytes.len() - self.quoted.len()),
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
    pub(super) fn comment(&mut self) -> End {
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
