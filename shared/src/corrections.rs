//! Rejected records as their sender can mend them: the file's own header, columns and text, with
//! what is wrong in front of each record.
//!
//! A spreadsheet opens the result: it starts with a byte order mark, and a cell that a spreadsheet
//! would run as a formula has an apostrophe in front. Dropped again, the file is recognised by the
//! labels of the columns in front, which are ignored, and the apostrophes are taken off.
//!
//! A record with text behind a closing quote is given as it was, byte for byte: nothing else says the
//! same.
//!
//! Invariant: a record that is not corrected is read from the result as it was in the file.

use std::borrow::Cow;

use crate::contract::Contract;
use crate::csv::{Grammar, Record, Records, Terminator, write_record};
use crate::fault::Reject;
use crate::header::{Layout, MARKERS};
use crate::rows::Row;

/// What tells a spreadsheet that the text is UTF-8.
const UTF8_MARK: &[u8] = b"\xef\xbb\xbf";

/// What of a file goes back to its sender: all that was not published.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Which {
    /// The records with faults; the others were published.
    Rejected,
    /// All records; none was published.
    All,
}

/// Writes the records of one file that go back.
#[derive(Debug)]
pub struct Corrections<'a> {
    contract: &'a Contract,
    layout: &'a Layout,
    which: Which,
}

impl<'a> Corrections<'a> {
    /// A writer for a file of that layout; none if its grammar cannot hold our labels, so that the
    /// result could not be recognised.
    pub fn new(contract: &'a Contract, layout: &'a Layout, which: Which) -> Option<Self> {
        let grammar = &contract.input.dialect.grammar;
        let labels = MARKERS.iter().map(|label| label.as_bytes());
        write_record(grammar, labels, &mut Vec::new()).ok()?;
        Some(Corrections { contract, layout, which })
    }

    fn grammar(&self) -> &'a Grammar {
        &self.contract.input.dialect.grammar
    }

    /// Which records go back.
    pub fn which(&self) -> Which {
        self.which
    }

    /// What comes first: `preamble`, the text of the file before its data, with our labels before
    /// those of the file.
    pub fn start(&self, preamble: &str) -> Vec<u8> {
        let mut out = UTF8_MARK.to_vec();
        if self.layout.header_rows.is_empty() {
            let names = self.contract.input.schema.fields.iter().map(|field| field.name.as_bytes());
            self.write(&MARKERS, names, &mut out);
            return out;
        }
        let mut records = Records::new(self.grammar(), preamble.as_bytes());
        let mut record = Record::default();
        let mut row_number = 0;
        loop {
            let start = records.offset();
            if !records.read(&mut record) {
                return out;
            }
            row_number += 1;
            if record.is_comment() {
                out.extend(preamble.as_bytes().get(start..records.offset()).unwrap_or_default());
                continue;
            }
            let is_header = self.layout.header_rows.contains(&row_number);
            let is_first = self.layout.header_rows.first() == Some(&row_number);
            let own =
                if self.layout.lead > 0 && is_header { restore(&record) } else { record.clone() };
            let front = if is_first { MARKERS } else { [""; MARKERS.len()] };
            let front = if is_header { &front[..] } else { &[] };
            self.write(front, own.iter(), &mut out);
        }
    }

    /// Appends a row, with what is wrong with it, if it goes back.
    pub fn add(&self, row: &Row<'_>, rejects: &[Reject], out: &mut Vec<u8>) {
        if !rejects.is_empty() || self.which == Which::All {
            self.write_row(row, rejects, out);
        }
    }

    fn write_row(&self, row: &Row<'_>, rejects: &[Reject], out: &mut Vec<u8>) {
        let front = [
            row.position.row_number.to_string(),
            joined(rejects, |reject| &reject.column),
            joined(rejects, |reject| reject.code.as_str()),
            joined(rejects, |reject| &reject.reason),
        ];
        if row.record.stray_quote().is_none() {
            self.write_or_copy(&front, row, out);
        } else if self.layout.lead == 0 {
            // The grammar cannot write such a record, so its own bytes follow.
            self.write(&front, std::iter::empty(), out);
            self.continue_with(row.raw, out);
        } else {
            // What was in front of it the last time is there already.
            self.end(row.raw, out);
        }
    }

    /// Writes the row as it reads, or with its own bytes where the grammar has no other way.
    fn write_or_copy(&self, front: &[String], row: &Row<'_>, out: &mut Vec<u8>) {
        if !self.write(front, row.record.iter(), out) {
            self.write(&[""; MARKERS.len()], std::iter::empty(), out);
            self.continue_with(row.raw, out);
        }
    }

    /// Writes a record with `front` before the file's own cells; false, and nothing, if the grammar
    /// cannot hold them.
    fn write<'c>(
        &self,
        front: &[impl AsRef<str>],
        own: impl Iterator<Item = &'c [u8]>,
        out: &mut Vec<u8>,
    ) -> bool {
        let own: Vec<&[u8]> = own.collect();
        let front: Vec<&str> = front.iter().map(AsRef::as_ref).collect();
        let guarded_front = || front.iter().map(|text| guarded(text.as_bytes()).into_owned());
        let guarded_own = || own.iter().map(|cell| guarded(cell).into_owned());
        let plain_own = || own.iter().map(|cell| cell.to_vec());
        // Where little can be quoted or escaped, our sentences do without what would need it, and
        // the cells without their apostrophes.
        let plain_front = || front.iter().map(|text| self.plain(text).into_bytes());
        [
            guarded_front().chain(guarded_own()).collect::<Vec<_>>(),
            plain_front().chain(guarded_own()).collect(),
            guarded_front().chain(plain_own()).collect(),
            plain_front().chain(plain_own()).collect(),
        ]
        .iter()
        .any(|cells| self.write_cells(cells, out))
    }

    /// Writes a record of those cells, unless it would read as one with text behind a closing quote.
    fn write_cells(&self, cells: &[Vec<u8>], out: &mut Vec<u8>) -> bool {
        let start = out.len();
        if write_record(self.grammar(), cells.iter().map(Vec::as_slice), out).is_err() {
            return false;
        }
        let mut record = Record::default();
        Records::new(self.grammar(), out.get(start..).unwrap_or_default()).read(&mut record);
        let is_plain = record.stray_quote().is_none();
        if !is_plain {
            out.truncate(start);
        }
        is_plain
    }

    /// The text without anything that may be a mark of the grammar.
    fn plain(&self, text: &str) -> String {
        let grammar = self.grammar();
        let is_mark = |c: char| {
            let exact = match &grammar.terminator {
                Terminator::Conventional => "",
                Terminator::Exact(text) => text,
            };
            let comment = grammar.comment.as_deref().unwrap_or_default();
            [&grammar.delimiter, exact, comment].iter().any(|mark| mark.contains(c))
                || grammar.quote == Some(c)
                || grammar.escape == Some(c)
        };
        let stand_in = [' ', '-', '.', '_'].into_iter().find(|&c| !is_mark(c));
        let replaced = |c: char| {
            if c.is_alphanumeric() && !is_mark(c) { Some(c) } else { stand_in }
        };
        text.chars().filter_map(replaced).collect()
    }

    /// Puts a delimiter and a raw record in the place of the line terminator just written.
    fn continue_with(&self, raw: &[u8], out: &mut Vec<u8>) {
        out.truncate(out.len().saturating_sub(self.terminator().len()));
        out.extend_from_slice(self.grammar().delimiter.as_bytes());
        self.end(raw, out);
    }

    /// Appends a raw record, which the end of the file may have left without its terminator.
    fn end(&self, raw: &[u8], out: &mut Vec<u8>) {
        out.extend_from_slice(raw);
        let is_ended = match &self.grammar().terminator {
            Terminator::Conventional => raw.ends_with(b"\n") || raw.ends_with(b"\r"),
            Terminator::Exact(text) => raw.ends_with(text.as_bytes()),
        };
        if !is_ended {
            out.extend_from_slice(self.terminator().as_bytes());
        }
    }

    fn terminator(&self) -> &'a str {
        match &self.grammar().terminator {
            Terminator::Conventional => "\r\n",
            Terminator::Exact(text) => text,
        }
    }
}

/// The texts of several faults in one cell, each said once.
fn joined<'r>(rejects: &'r [Reject], text: impl Fn(&'r Reject) -> &'r str) -> String {
    let mut texts: Vec<&str> = Vec::new();
    for text in rejects.iter().map(text).filter(|text| !text.is_empty()) {
        if !texts.contains(&text) {
            texts.push(text);
        }
    }
    texts.join("; ")
}

/// The cell with an apostrophe in front if a spreadsheet might run it, or if it looks as if it had
/// one already.
fn guarded(cell: &[u8]) -> Cow<'_, [u8]> {
    let runs = starts_formula(cell) && !is_plain_number(cell);
    if runs || is_guarded(cell) { Cow::Owned([b"'", cell].concat()) } else { Cow::Borrowed(cell) }
}

/// The record as its sender meant it: without the columns in front and without apostrophes that
/// were put there.
pub fn restore(record: &Record) -> Record {
    let own = record.iter().skip(MARKERS.len());
    let own =
        own.map(|cell| if is_guarded(cell) { cell.get(1..).unwrap_or_default() } else { cell });
    Record::new(own, record.stray_quote().map(|at| at.saturating_sub(MARKERS.len())))
}

/// The cell without the apostrophe that [`guarded`] put in front.
pub(crate) fn unguarded(cell: &[u8]) -> &[u8] {
    if is_guarded(cell) { cell.get(1..).unwrap_or_default() } else { cell }
}

/// Whether the cell starts with what spreadsheets take for a formula, or drop and then take for one.
fn starts_formula(cell: &[u8]) -> bool {
    matches!(cell.first(), Some(b'=' | b'+' | b'-' | b'@' | b'\t' | b'\r' | b'\n'))
}

pub(crate) fn is_guarded(cell: &[u8]) -> bool {
    matches!(cell, [b'\'', rest @ ..] if starts_formula(rest) || rest.first() == Some(&b'\''))
}

/// A sign and digits do no harm, and a minus is wanted as it is.
fn is_plain_number(cell: &[u8]) -> bool {
    let [b'+' | b'-', digits @ ..] = cell else { return false };
    digits.iter().any(u8::is_ascii_digit)
        && digits.iter().all(|byte| matches!(byte, b'0'..=b'9' | b'.' | b',' | b' '))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::fault::{Fault, Kind, Wording};
    use crate::rows::RowReader;
    use crate::table::Position;

    fn contract(dialect: &str) -> Contract {
        let text = format!(
            r#"{{"resources": [{{"name": "r", "path": "r.csv", "dialect": {dialect},
                "schema": {{"fields": [{{"name": "a", "type": "integer"}}, {{"name": "b"}}]}}}}]}}"#
        );
        Contract::parse(text.as_bytes(), None).unwrap()
    }

    /// The corrections of every row of `text` but the first, each a blank row.
    fn corrections(contract: &Contract, layout: &Layout, preamble: &str, text: &str) -> String {
        let wording = Wording::new(contract, layout);
        let first = Position { row_number: 2, line_number: 2 };
        let writer = Corrections::new(contract, layout, Which::Rejected).unwrap();
        let mut out = writer.start(preamble);
        let mut rows = RowReader::new(&contract.input.dialect, layout, text.as_bytes(), first);
        while let Some(row) = rows.read() {
            let Position { row_number, line_number } = row.position;
            let fault = Fault { row_number, line_number, kind: Kind::BlankRow, found: "".into() };
            let rejects = if row_number > 2 { wording.rejects(&fault) } else { Vec::new() };
            writer.add(&row, &rejects, &mut out);
        }
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn a_file_is_as_it_was_with_what_is_wrong_in_front() {
        let contract = contract(r##"{"delimiter": ";", "commentChar": "#"}"##);
        let layout = Layout { header_rows: vec![2], ..Layout::in_order(&contract.input.schema) };
        let text = "1;x\n=1+1;\"a;\"\"b\"\n# no\n-5;'=x;7\n\"x\"y;z\n\n";
        let found = corrections(&contract, &layout, "# of May\na;b\n", text);
        let front = "blank-row;expected a value in a column of the contract at least;";
        let expected = format!(
            "\u{feff}# of May\n{};a;b\r\n3;;{front}'=1+1;\"a;\"\"b\"\r\n5;;{front}-5;''=x;7\r\n\
             6;;{front}\"x\"y;z\n7;;{}\r\n",
            MARKERS.join(";"),
            front.trim_end_matches(';'),
        );
        assert_eq!(found.replace("\u{feff}# of May\r\n", "\u{feff}# of May\n"), expected);
    }

    proptest! {
        #[test]
        fn no_text_is_changed_by_going_there_and_back(cell in "['=+\\-@\t\r0-9a]{0,6}") {
            let guarded = guarded(cell.as_bytes());
            let marks = MARKERS.iter().map(|mark| mark.as_bytes());
            let record = Record::new(marks.chain([&*guarded]), None);
            let restored = restore(&record);
            prop_assert_eq!(restored.get(0), Some(cell.as_bytes()));
            let first = guarded.first().copied();
            let is_safe = !matches!(first, Some(b'=' | b'+' | b'-' | b'@' | b'\t' | b'\r'));
            prop_assert!(is_safe || is_plain_number(&guarded));
        }
    }
}
