//! Cells to a record.
//!
//! Invariant: what is written reads back as the same cells, since it is read back.

use super::cursor::End;
use super::records::Record;
use super::tokenizer::{Kind, Tokenizer};
use super::{Grammar, Terminator};

/// Cells that no record of the grammar holds: it lacks a quote or an escape for them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the grammar has no quote or escape to write these cells with")]
pub struct Inexpressible;

/// Appends a record of `cells` to `out`, with its terminator: CRLF where any line break is one.
///
/// A cell is quoted where it needs it, or escaped where there are no quotes; no cells are a blank
/// line. The cells of a record that [`super::Records`] has read, up to its terminator, can always be
/// written.
///
/// # Errors
/// [`Inexpressible`]; nothing is appended then.
///
/// ```
/// use shared::csv::{Grammar, write_record};
/// let mut out = Vec::new();
/// write_record(&Grammar::default(), [&b"a"[..], b"b,\"c"].into_iter(), &mut out).unwrap();
/// assert_eq!(out, b"a,\"b,\"\"c\"\r\n");
/// ```
pub fn write_record<'a>(
    grammar: &Grammar,
    cells: impl Iterator<Item = &'a [u8]>,
    out: &mut Vec<u8>,
) -> Result<(), Inexpressible> {
    let cells: Vec<&[u8]> = cells.collect();
    let writer = Writer::new(grammar);
    let start = out.len();
    for care in [Care::Needed, Care::First] {
        writer.record(&cells, care, out);
        if reads_back(grammar, out.get(start..).unwrap_or_default(), &cells) {
            return Ok(());
        }
        out.truncate(start);
    }
    Err(Inexpressible)
}

fn reads_back(grammar: &Grammar, raw: &[u8], cells: &[&[u8]]) -> bool {
    let mut record = Record::default();
    let token = Tokenizer::new(grammar).record(raw, &mut record);
    token.kind != Kind::Comment
        && token.end == End::Terminator
        && token.len == raw.len()
        && record.iter().eq(cells.iter().copied())
}

/// Which cells are protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Care {
    /// Those that hold a mark.
    Needed,
    /// The first too, since the record would look like a comment or a blank line.
    First,
}

struct Writer<'g> {
    delimiter: &'g str,
    quote: Option<char>,
    double_quote: bool,
    escape: Option<char>,
    terminator: &'g str,
    skip_initial_space: bool,
}

impl<'g> Writer<'g> {
    fn new(grammar: &'g Grammar) -> Self {
        Writer {
            delimiter: &grammar.delimiter,
            quote: grammar.quote,
            double_quote: grammar.double_quote,
            escape: grammar.escape,
            terminator: match &grammar.terminator {
                Terminator::Conventional => "\r\n",
                Terminator::Exact(exact) => exact,
            },
            skip_initial_space: grammar.skip_initial_space,
        }
    }

    fn record(&self, cells: &[&[u8]], care: Care, out: &mut Vec<u8>) {
        for (at, cell) in cells.iter().enumerate() {
            if at > 0 {
                out.extend_from_slice(self.delimiter.as_bytes());
            }
            let is_first = at == 0 && care == Care::First;
            match (self.quote, self.escape) {
                (Some(quote), escape) if is_first || self.needs_quotes(quote, cell) => {
                    self.quoted(quote, escape, cell, out);
                }
                (None, Some(escape)) => self.escaped(escape, is_first, cell, out),
                (None, None) if is_first && self.skip_initial_space => {
                    out.push(b' ');
                    out.extend_from_slice(cell);
                }
                _ => out.extend_from_slice(cell),
            }
        }
        out.extend_from_slice(self.terminator.as_bytes());
    }

    fn needs_quotes(&self, quote: char, cell: &[u8]) -> bool {
        let mut characters = cell.utf8_chunks().flat_map(|chunk| chunk.valid().chars());
        let spaced = self.skip_initial_space && cell.starts_with(b" ");
        spaced
            || cell.starts_with(quote.encode_utf8(&mut [0; 4]).as_bytes())
            || characters.any(|c| self.is_mark(c) || (c == quote && self.can_quote_quotes()))
    }

    /// Whether a quote can stand inside quotes. Where it cannot it is better left without.
    fn can_quote_quotes(&self) -> bool {
        self.double_quote || self.escape.is_some()
    }

    /// Whether `c` is part of a mark that means something everywhere outside quotes.
    fn is_mark(&self, c: char) -> bool {
        self.delimiter.contains(c) || self.terminator.contains(c) || self.escape == Some(c)
    }

    fn quoted(&self, quote: char, escape: Option<char>, cell: &[u8], out: &mut Vec<u8>) {
        push(out, quote);
        let mut is_open = true;
        for chunk in cell.utf8_chunks() {
            for c in chunk.valid().chars() {
                match escape {
                    Some(escape) if c == escape => push(out, escape),
                    Some(escape) if c == quote && !self.double_quote => push(out, escape),
                    _ if c == quote && self.double_quote => push(out, quote),
                    // The rest of the cell stands behind the closing quote.
                    _ if c == quote && is_open => {
                        push(out, quote);
                        is_open = false;
                    }
                    _ => {}
                }
                push(out, c);
            }
            out.extend_from_slice(chunk.invalid());
        }
        if is_open {
            push(out, quote);
        }
    }

    fn escaped(&self, escape: char, is_first: bool, cell: &[u8], out: &mut Vec<u8>) {
        let start = out.len();
        if is_first && self.skip_initial_space {
            out.push(b' ');
        }
        for chunk in cell.utf8_chunks() {
            for c in chunk.valid().chars() {
                let leads =
                    out.len() == start && (is_first || (c == ' ' && self.skip_initial_space));
                if self.is_mark(c) || leads {
                    push(out, escape);
                }
                push(out, c);
            }
            out.extend_from_slice(chunk.invalid());
        }
    }
}

fn push(out: &mut Vec<u8>, c: char) {
    out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
}
