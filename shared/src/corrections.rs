//! Rejected records as their sender can mend them: the file's own header, columns and text, with
//! what is wrong in front of each record.
//!
//! A spreadsheet opens the result: it starts with a byte order mark, and a cell that a spreadsheet
//! would run as a formula has an apostrophe in front. Dropped again, the file is recognised by the
//! labels of the columns in front, which are ignored, and the apostrophes are taken off.
//!
//! Invariant: a record that is not corrected is read from the result as it was in the file.

use std::borrow::Cow;

use crate::contract::{Contract, Dialect};
use crate::csv::{Record, Records, Terminator, write_record};
use crate::fault::{Fault, LogError, Reject, Wording};
use crate::header::{Layout, MARKERS};
use crate::rows::{Row, RowReader};
use crate::table::Position;

/// What tells a spreadsheet that the text is UTF-8.
const UTF8_MARK: &[u8] = b"\xef\xbb\xbf";

/// Writes the rejected records of one file.
#[derive(Debug)]
pub struct Corrections<'a> {
    contract: &'a Contract,
    layout: &'a Layout,
    wording: Wording<'a>,
}

impl<'a> Corrections<'a> {
    /// A writer for a file of that layout.
    pub fn new(contract: &'a Contract, layout: &'a Layout) -> Self {
        Corrections { contract, layout, wording: Wording::new(contract, layout) }
    }

    fn dialect(&self) -> &'a Dialect {
        &self.contract.input.dialect
    }

    /// What comes first: `preamble`, the text of the file before its data, with our labels before
    /// those of the file.
    pub fn start(&self, preamble: &str) -> Vec<u8> {
        let mut out = UTF8_MARK.to_vec();
        let dialect = self.dialect();
        if self.layout.header_rows.is_empty() {
            let names = self.contract.input.schema.fields.iter().map(|field| field.name.as_bytes());
            self.write(&MARKERS, names, &mut out);
            return out;
        }
        let mut records = Records::new(&dialect.grammar, preamble.as_bytes());
        let mut record = Record::default();
        let mut row_number = 0;
        loop {
            let start = records.offset();
            if !records.read(&mut record) {
                return out;
            }
            row_number += 1;
            if self.layout.header_rows.contains(&row_number) {
                let is_first = self.layout.header_rows.first() == Some(&row_number);
                let marks = if is_first { MARKERS } else { [""; MARKERS.len()] };
                self.write(&marks, record.iter().skip(self.layout.lead), &mut out);
            } else {
                out.extend(preamble.as_bytes().get(start..records.offset()).unwrap_or_default());
            }
        }
    }

    /// The records of a chunk that have faults; `faults` are in the order of the rows.
    ///
    /// # Errors
    /// The first [`LogError`] among them.
    pub fn chunk<'f>(
        &self,
        text: &[u8],
        first: Position,
        faults: impl Iterator<Item = Result<Fault<'f>, LogError>>,
    ) -> Result<Vec<u8>, LogError> {
        let mut out = Vec::new();
        let mut faults = faults.peekable();
        let mut rows = RowReader::new(self.dialect(), self.layout, text, first);
        while let Some(row) = rows.read() {
            let mut rejects = Vec::new();
            while let Some(fault) = faults.next_if(
                |fault| !matches!(fault, Ok(fault) if fault.row_number > row.position.row_number),
            ) {
                rejects.push(self.wording.reject(&fault?));
            }
            if !rejects.is_empty() {
                self.write_row(&row, &rejects, &mut out);
            }
        }
        Ok(out)
    }

    fn write_row(&self, row: &Row<'_>, rejects: &[Reject], out: &mut Vec<u8>) {
        let front = [
            row.position.row_number.to_string(),
            joined(rejects, |reject| &reject.column),
            joined(rejects, |reject| reject.code.as_str()),
            joined(rejects, |reject| &reject.reason),
        ];
        let is_stray = row.record.stray_quote().is_some();
        if is_stray && self.layout.lead == 0 {
            // The grammar cannot write such a record, so its own bytes follow.
            self.write(&front, std::iter::empty(), out);
            self.continue_with(row.raw, out);
        } else {
            self.write(&front, row.record.iter(), out);
        }
    }

    /// Writes a record with `front` before the file's own cells.
    fn write<'c>(
        &self,
        front: &[impl AsRef<str>],
        own: impl Iterator<Item = &'c [u8]>,
        out: &mut Vec<u8>,
    ) {
        let grammar = &self.dialect().grammar;
        let own: Vec<Cow<'_, [u8]>> = own.map(guarded).collect();
        let front: Vec<&str> = front.iter().map(AsRef::as_ref).collect();
        let guarded_front = front.iter().map(|text| guarded(text.as_bytes()).into_owned());
        // Where nothing can be quoted or escaped, our sentences do without what would need it.
        let plain_front = front.iter().map(|text| plain(text).into_bytes());
        for front in [guarded_front.collect::<Vec<_>>(), plain_front.collect()] {
            let cells = front.iter().map(Vec::as_slice).chain(own.iter().map(|cell| &**cell));
            if write_record(grammar, cells, out).is_ok() {
                return;
            }
        }
    }

    /// Puts a delimiter and a raw record in the place of the line terminator just written.
    fn continue_with(&self, raw: &[u8], out: &mut Vec<u8>) {
        let grammar = &self.dialect().grammar;
        let terminator = match &grammar.terminator {
            Terminator::Conventional => "\r\n",
            Terminator::Exact(text) => text,
        };
        out.truncate(out.len().saturating_sub(terminator.len()));
        out.extend_from_slice(grammar.delimiter.as_bytes());
        out.extend_from_slice(raw);
        let is_ended = match &grammar.terminator {
            Terminator::Conventional => raw.ends_with(b"\n") || raw.ends_with(b"\r"),
            Terminator::Exact(text) => raw.ends_with(text.as_bytes()),
        };
        if !is_ended {
            out.extend_from_slice(terminator.as_bytes());
        }
    }
}

/// Only what no grammar takes for a mark, most likely.
fn plain(text: &str) -> String {
    text.chars().map(|c| if c.is_alphanumeric() { c } else { '_' }).collect()
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

/// Whether the cell starts with what spreadsheets take for a formula, or drop and then take for one.
fn starts_formula(cell: &[u8]) -> bool {
    matches!(cell.first(), Some(b'=' | b'+' | b'-' | b'@' | b'\t' | b'\r'))
}

fn is_guarded(cell: &[u8]) -> bool {
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
    use crate::fault::{FaultLog, Kind};

    fn contract(dialect: &str) -> Contract {
        let text = format!(
            r#"{{"resources": [{{"name": "r", "path": "r.csv", "dialect": {dialect},
                "schema": {{"fields": [{{"name": "a", "type": "integer"}}, {{"name": "b"}}]}}}}]}}"#
        );
        Contract::parse(text.as_bytes(), None).unwrap()
    }

    /// The corrections of every row of `text` but the first, each a blank row.
    fn corrections(contract: &Contract, layout: &Layout, preamble: &str, text: &str) -> String {
        let mut log = FaultLog::default();
        let first = Position { row_number: 2, line_number: 2 };
        let mut rows = RowReader::new(&contract.input.dialect, layout, text.as_bytes(), first);
        while let Some(row) = rows.read() {
            let Position { row_number, line_number } = row.position;
            if row_number > 2 {
                let kind = Kind::BlankRow;
                log.push(&Fault { row_number, line_number, kind, found: "".into() });
            }
        }
        let writer = Corrections::new(contract, layout);
        let mut out = writer.start(preamble);
        out.extend(writer.chunk(text.as_bytes(), first, log.faults()).unwrap());
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn a_file_is_as_it_was_with_what_is_wrong_in_front() {
        let contract = contract(r##"{"delimiter": ";", "commentChar": "#"}"##);
        let layout = Layout { header_rows: vec![2], ..Layout::in_order(&contract.input.schema) };
        let text = "1;x\n=1+1;\"a;\"\"b\"\n# no\n-5;'=x;7\n\"x\"y;z\n\n";
        let found = corrections(&contract, &layout, "# of May\na;b\n", text);
        let front = "blank-row;expected a value in one cell at least;";
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
