//! The records before the data, one after the other.

use super::{HeaderError, HeaderRow, Layout, MARKERS, labels, layout, lead};
use crate::contract::{Dialect, Drift, Schema};
use crate::corrections::unguarded;
use crate::csv::{Record, Records};
use crate::table::Position;

/// Reads the records of a file until its data start.
#[derive(Debug, Clone)]
pub struct HeaderReader<'a> {
    schema: &'a Schema,
    dialect: &'a Dialect,
    drift: Drift,
    /// The rows of the header so far, with their places.
    rows: Vec<(Position, HeaderRow)>,
    /// Numbers of the header rows that are still to come.
    awaited: Vec<u64>,
}

/// What a record before the data turned out to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Read {
    /// One of several before the data.
    Preamble,
    /// The last before the data.
    Header(Layout),
    /// The first of the data: the file has no header.
    Data(Layout),
}

impl<'a> HeaderReader<'a> {
    /// A reader for a file of `schema` in `dialect`.
    pub fn new(schema: &'a Schema, dialect: &'a Dialect, drift: Drift) -> Self {
        let awaited = dialect.header_rows.clone();
        HeaderReader { schema, dialect, drift, rows: Vec::new(), awaited }
    }

    /// Takes the next record, by its place and its bytes.
    ///
    /// # Errors
    /// [`HeaderError`] if it completes a header that is not the schema's.
    pub fn push(
        &mut self,
        position: Position,
        is_comment: bool,
        bytes: &[u8],
    ) -> Result<Read, HeaderError> {
        let has_header = !self.dialect.header_rows.is_empty();
        if !has_header && !is_comment && lead(&self.cells(bytes)) > 0 {
            return Ok(Read::Header(Layout {
                lead: MARKERS.len(),
                ..Layout::in_order(self.schema)
            }));
        }
        let is_awaited = self.awaited.first() == Some(&position.row_number);
        if is_comment || self.dialect.comment_rows.contains(&position.row_number) {
            // A header row that is a comment is not the header: that is behind it.
            let shift = u64::from(is_awaited);
            self.awaited.iter_mut().for_each(|row| *row = row.saturating_add(shift));
            return Ok(Read::Preamble);
        }
        if !has_header {
            return Ok(Read::Data(Layout::in_order(self.schema)));
        }
        if !is_awaited {
            return Ok(Read::Preamble);
        }
        self.awaited.remove(0);
        self.rows.push((position, self.cells(bytes)));
        if self.awaited.is_empty() { self.layout().map(Read::Header) } else { Ok(Read::Preamble) }
    }

    /// The layout of a file that ends here, before any data; none if it lacks its header, or a part
    /// of it.
    pub fn finish(&self) -> Option<Layout> {
        self.dialect.header_rows.is_empty().then(|| Layout::in_order(self.schema))
    }

    fn layout(&self) -> Result<Layout, HeaderError> {
        let mut rows: Vec<HeaderRow> = self.rows.iter().map(|(_, row)| row.clone()).collect();
        let lead = rows.first().map_or(0, |first| lead(first));
        if lead > 0 {
            rows.iter_mut().flatten().for_each(unguard);
        }
        let labels = labels(&rows, lead, &self.dialect.header_join);
        let found = layout(&labels, self.schema, self.drift, &self.dialect.grammar);
        let found = found.map_err(|error| self.placed(error))?;
        let header_rows = self.rows.iter().map(|(position, _)| position.row_number).collect();
        Ok(Layout { lead, header_rows, ..found })
    }

    /// The faults of a header stand in its last row, that of the labels.
    fn placed(&self, mut error: HeaderError) -> HeaderError {
        for fault in &mut error.faults {
            let last = self.rows.last().map(|(position, _)| position);
            fault.row_number = last.map(|position| position.row_number);
            fault.line_number = last.map(|position| position.line_number);
        }
        error
    }

    fn cells(&self, bytes: &[u8]) -> Vec<String> {
        let mut record = Record::default();
        Records::new(&self.dialect.grammar, bytes).read(&mut record);
        record.iter().map(|cell| String::from_utf8_lossy(cell).into_owned()).collect()
    }
}

/// Takes off the apostrophe that a label was given, as the cells below it.
fn unguard(label: &mut String) {
    let own = unguarded(label.as_bytes());
    *label = String::from_utf8_lossy(own).into_owned();
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::contract::Contract;

    fn read(header_rows: &[u64], comment_rows: &[u64], records: &[&str]) -> Vec<Read> {
        let text = br#"{"resources": [{"name": "r", "path": "r.csv", "schema": {"fields": [
            {"name": "a b"}, {"name": "c"}]}}]}"#;
        let schema = Contract::parse(text, None).unwrap().input.schema;
        let dialect = Dialect {
            header_rows: header_rows.to_vec(),
            comment_rows: comment_rows.iter().copied().collect::<BTreeSet<_>>(),
            ..Dialect::default()
        };
        let mut reader = HeaderReader::new(&schema, &dialect, Drift::Strict);
        let numbered = (1..).zip(records);
        let read = numbered.map(|(row, text)| {
            let position = Position { row_number: row, line_number: row };
            reader.push(position, text.starts_with('#'), text.as_bytes()).unwrap()
        });
        read.collect()
    }

    fn layout_with(header_rows: &[u64], lead: usize) -> Layout {
        let columns = vec![super::super::Place::Field(0), super::super::Place::Field(1)];
        Layout { lead, columns, header_rows: header_rows.to_vec() }
    }

    #[test]
    fn the_header_is_found_where_it_is_declared() {
        let header = |rows: &[u64]| Read::Header(layout_with(rows, 0));
        assert_eq!(read(&[1], &[], &["a b,c"]), [header(&[1])]);
        assert_eq!(read(&[2], &[], &["x", "a b,c"]), [Read::Preamble, header(&[2])]);
        assert_eq!(read(&[1, 2], &[], &["a,c\n", "b,c\n"]), [Read::Preamble, header(&[1, 2])]);
        assert_eq!(read(&[1], &[], &["# x", "a b,c"]), [Read::Preamble, header(&[2])]);
        assert_eq!(
            read(&[1, 2], &[1], &["x", "a,c", "b"]),
            [Read::Preamble, Read::Preamble, header(&[2, 3])]
        );
        assert_eq!(read(&[], &[], &["1,2"]), [Read::Data(layout_with(&[], 0))]);
        let marked = "sluice_row,sluice_column,sluice_code,sluice_reason,a b,c";
        assert_eq!(read(&[], &[1], &[marked]), [Read::Header(layout_with(&[], 4))]);
        assert_eq!(read(&[], &[], &[marked]), [Read::Header(layout_with(&[], 4))]);
        assert_eq!(read(&[1], &[], &[marked]), [Read::Header(layout_with(&[1], 4))]);
    }
}
