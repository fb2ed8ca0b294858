//! Records of a plain grammar, from mark to mark.

use super::super::marks::{Marks, Wanted};
use super::super::syntax::Plain;
use super::super::tokenizer::{Tokenizer, line_breaks};
use super::found::{Found, Open, narrow};

/// Reads records of a plain grammar, from mark to mark.
pub(super) struct PlainReader<'a, 'f> {
    plain: Plain,
    double_quote: bool,
    comment: Option<&'a [u8]>,
    bytes: &'a [u8],
    marks: Marks<'a>,
    found: &'f mut Found,
}

/// How a record ended.
struct Ended {
    /// Behind its last byte.
    at: usize,
    is_terminated: bool,
}

impl<'a, 'f> PlainReader<'a, 'f> {
    pub(super) fn new(
        plain: Plain,
        wanted: Wanted,
        tokenizer: &'a Tokenizer,
        bytes: &'a [u8],
        found: &'f mut Found,
    ) -> Self {
        let (double_quote, comment) = (tokenizer.double_quote(), tokenizer.comment());
        let marks = Marks::new(wanted, bytes);
        PlainReader { plain, double_quote, comment, bytes, marks, found }
    }

    pub(super) fn read(&mut self, is_last: bool) {
        let mut start = 0;
        while start < self.bytes.len() && self.found.has_room() {
            let mut open = self.found.open();
            let rest = self.bytes.get(start..).unwrap_or_default();
            let is_comment = self.comment.is_some_and(|comment| rest.starts_with(comment));
            let mut spans_lines = false;
            let ended = if is_comment {
                self.comment()
            } else {
                self.fields(start, &mut open, &mut spans_lines)
            };
            // A CR at the very end may be half a terminator.
            let may_be_cut = || ended.at == self.bytes.len() && self.byte(ended.at - 1) == b'\r';
            if !is_last && (!ended.is_terminated || may_be_cut()) {
                return self.found.forget(open);
            }
            let line_count = if spans_lines { self.lines(start, &ended) } else { 1 };
            self.found.end(open, ended.at, line_count, is_comment);
            start = ended.at;
        }
    }

    /// Reads the fields of the record that starts there.
    #[inline]
    fn fields(&mut self, start: usize, open: &mut Open, spans_lines: &mut bool) -> Ended {
        let Plain { delimiter, quote } = self.plain;
        let mut field = start;
        loop {
            let Some(mark) = self.marks.next() else {
                self.found.push(open, narrow(field), narrow(self.bytes.len()));
                return self.end_of_text();
            };
            let byte = self.byte(mark);
            if byte == delimiter {
                self.found.push(open, narrow(field), narrow(mark));
                field = mark + 1;
            } else if Some(byte) != quote {
                // A record that is nothing but its terminator has no fields.
                if mark > start {
                    self.found.push(open, narrow(field), narrow(mark));
                }
                return self.terminator(mark);
            } else if mark == field {
                match self.quoted(field, open, spans_lines) {
                    Some(end) if self.byte(end) == delimiter => field = end + 1,
                    Some(end) => return self.terminator(end),
                    None => return self.end_of_text(),
                }
            }
            // Any other quote is text.
        }
    }

    /// Reads the field that the quote at `quote` opens; gives the mark that ends it.
    fn quoted(&mut self, quote: usize, open: &mut Open, spans_lines: &mut bool) -> Option<usize> {
        let (joined, mut from) = (self.found.joined.len(), quote + 1);
        let mut is_joined = false;
        let close = loop {
            let Some(mark) = self.marks.next() else { break None };
            let byte = self.byte(mark);
            if Some(byte) != self.plain.quote {
                *spans_lines |= byte != self.plain.delimiter;
            } else if self.double_quote && self.bytes.get(mark + 1) == Some(&byte) {
                self.marks.next();
                self.join(from, mark + 1);
                (is_joined, from) = (true, mark + 2);
            } else {
                break Some(mark);
            }
        };
        *spans_lines |= close.is_none();
        let mut end = close.unwrap_or(self.bytes.len());
        let mut mark = None;
        if let Some(close) = close {
            mark = self.marks.next();
            while mark.is_some_and(|mark| Some(self.byte(mark)) == self.plain.quote) {
                mark = self.marks.next();
            }
            let behind = mark.unwrap_or(self.bytes.len());
            if behind > close + 1 {
                open.stray_quote.get_or_insert(open.field_count);
                self.join(from, close);
                (is_joined, from, end) = (true, close + 1, behind);
            }
        }
        if is_joined {
            self.join(from, end);
            self.found.push_joined(open, joined);
        } else {
            self.found.push(open, narrow(from), narrow(end));
        }
        mark
    }

    fn join(&mut self, start: usize, end: usize) {
        self.found.joined.extend_from_slice(self.bytes.get(start..end).unwrap_or_default());
    }

    /// Passes over a comment.
    fn comment(&mut self) -> Ended {
        loop {
            match self.marks.next() {
                Some(mark) if matches!(self.byte(mark), b'\r' | b'\n') => {
                    return self.terminator(mark);
                }
                Some(_) => {}
                None => return self.end_of_text(),
            }
        }
    }

    /// Passes over the terminator that starts there.
    #[inline]
    fn terminator(&mut self, mark: usize) -> Ended {
        let is_pair = self.byte(mark) == b'\r' && self.bytes.get(mark + 1) == Some(&b'\n');
        if is_pair {
            self.marks.next();
        }
        Ended { at: mark + 1 + usize::from(is_pair), is_terminated: true }
    }

    fn end_of_text(&self) -> Ended {
        Ended { at: self.bytes.len(), is_terminated: false }
    }

    fn lines(&self, start: usize, ended: &Ended) -> u32 {
        let raw = self.bytes.get(start..ended.at).unwrap_or_default();
        let count = line_breaks(raw) + u64::from(!ended.is_terminated);
        u32::try_from(count).unwrap_or(u32::MAX)
    }

    #[inline]
    fn byte(&self, at: usize) -> u8 {
        self.bytes.get(at).copied().unwrap_or_default()
    }
}
