//! Reference tables: the rows that foreign keys point to.

mod index;
mod row_numbers;

use arrow_array::{ArrayRef, new_empty_array};
use arrow_schema::ArrowError;

pub use index::KeyIndex;

use crate::contract::{Drift, Resource};
use crate::csv::{Boundaries, Record, RecordTooLong, Records, Unclosed};
use crate::fault::{Code, Fault, FaultLog, Kind, LogError};
use crate::header::{HeaderError, HeaderReader, Layout, Read};
use crate::keys::{KeyHasher, KeySet};
use crate::rows::{DecodeError, RowDecoder, Rows};
use crate::table::{Position, TableBuilder};
use crate::text::{TextDecoder, TextError};
use row_numbers::RowNumbers;

/// Bytes that a reference table may have: 64 MiB.
///
/// In memory a cell takes 16 bytes as a decimal, 8 as another number or an instant, 4 and those of its
/// text as a string: once or twice the bytes of most tables, and 16 times those of one of empty
/// decimals. While it is read, its text is there too, and the columns may have twice the room that they
/// need. A [`KeyIndex`] takes 22 bytes for each row.
pub const REFERENCE_LIMIT: u64 = 64 << 20;

/// A reference table that cannot be used. Rows as a spreadsheet counts them.
#[derive(Debug, thiserror::Error)]
pub enum ReferenceError {
    /// Labels other than the contract's.
    #[error(transparent)]
    Header(#[from] HeaderError),
    /// A quote that is never closed.
    #[error("the quote at offset {} is never closed", .0.quote_at)]
    UnclosedQuote(Unclosed),
    /// No header, or not all of it.
    #[error("it ends before its header")]
    Empty,
    /// Bytes that are no text.
    #[error("it is no text")]
    Text(#[from] TextError),
    /// More text than is held in memory.
    #[error("its text is larger than {REFERENCE_LIMIT} bytes")]
    TooLarge,
    /// A record beyond all measure.
    #[error("a record is too long")]
    RecordTooLong(#[from] RecordTooLong),
    /// Rows that cannot be read though their text could: a bug.
    #[error("its rows cannot be read")]
    Rows(#[from] DecodeError),
    /// Faults that cannot be told: a bug.
    #[error("its faults cannot be told")]
    Faults(#[from] LogError),
    /// A row that is not of the schema.
    #[error("row {row} is not of the schema: {} in column `{column}`", code.as_str())]
    Row {
        /// The first such row.
        row: u64,
        /// Its column.
        column: String,
        /// What is wrong with it.
        code: Code,
    },
    /// Two rows with the same key.
    #[error("rows {first} and {second} have the same key")]
    DuplicateKey {
        /// The earlier row.
        first: u64,
        /// The later row.
        second: u64,
    },
    /// More rows than an index holds.
    #[error("the table has more than 4,294,967,295 rows")]
    TooManyRows,
    /// A column of a type without an order; none of ours.
    #[error("the keys cannot be compared")]
    Arrow(#[from] ArrowError),
}

/// The rows of a reference table, each of them of its schema.
#[derive(Debug, Clone)]
pub struct ReferenceTable {
    /// One array for each field of the schema.
    pub columns: Vec<ArrayRef>,
    row_numbers: RowNumbers,
}

impl ReferenceTable {
    /// Reads the whole file `bytes` of `resource`.
    ///
    /// # Errors
    /// [`ReferenceError`], for the first row that is not of the schema too.
    pub fn read(resource: &Resource, bytes: &[u8]) -> Result<Self, ReferenceError> {
        let text = read_text(resource, bytes)?;
        let (layout, data, first) = split_header(resource, &text)?;
        let mut builder = TableBuilder::new(&resource.schema, &layout, Drift::Strict);
        let mut decoder = RowDecoder::new(&resource.dialect, &layout, first);
        let mut take = |rows: Rows<'_>| {
            let mut faults = FaultLog::default();
            // An empty line at the end of a table that a person keeps is no row of it.
            let records = rows.records();
            let is_empty = |row: usize| records.get(row).is_some_and(|row| row.field_count == 0);
            let runs = rows.runs(is_empty).filter(|(is_empty, _)| !is_empty);
            runs.for_each(|(_, rows)| builder.push(&rows, &mut faults));
            let fault = faults.faults().next();
            fault.map_or(Ok(()), |fault| Err(row_error(resource, &layout, &fault?)))
        };
        decoder.push(data, &mut take)?;
        decoder.finish(&mut take)?;
        let rows = builder.finish()?;
        let row_numbers = rows.positions.iter().map(|position| position.row_number).collect();
        Ok(ReferenceTable { columns: rows.columns, row_numbers })
    }

    /// The keys of its rows over the fields at those positions (0-based).
    ///
    /// # Errors
    /// [`ReferenceError::Arrow`], which none of our types gives reason for.
    pub fn key_set(&self, resource: &Resource, key: &[usize]) -> Result<KeySet, ReferenceError> {
        let hashes = KeyHasher::new(&resource.schema, key)?.hashes(&self.columns)?;
        Ok(hashes.into_iter().flatten().collect())
    }

    /// Without the columns of all fields but those at these positions (0-based): they become empty,
    /// and the others stay where they are.
    #[must_use]
    pub fn keep(mut self, fields: &[usize]) -> Self {
        for (at, column) in self.columns.iter_mut().enumerate() {
            if !fields.contains(&at) {
                *column = new_empty_array(column.data_type());
            }
        }
        self
    }
}

/// The text of a reference table.
fn read_text(resource: &Resource, bytes: &[u8]) -> Result<Vec<u8>, ReferenceError> {
    let mut decoder = TextDecoder::new(resource.encoding);
    let mut text = Vec::new();
    let mut keep = |piece: &[u8]| {
        text.extend_from_slice(piece);
        let fits = text.len() as u64 <= REFERENCE_LIMIT;
        if fits { Ok(()) } else { Err(ReferenceError::TooLarge) }
    };
    decoder.push(bytes, &mut keep)?;
    decoder.finish(&mut keep)?;
    Ok(text)
}

/// The layout of a table, its data rows and where these start.
fn split_header<'t>(
    resource: &Resource,
    text: &'t [u8],
) -> Result<(Layout, &'t [u8], Position), ReferenceError> {
    let mut boundaries = Boundaries::new(&resource.dialect.grammar);
    boundaries.push(text, |_, _| ())?;
    boundaries.finish(|_, _| ()).map_err(ReferenceError::UnclosedQuote)?;
    let mut reader = HeaderReader::new(&resource.schema, &resource.dialect, Drift::Strict);
    let mut records = Records::new(&resource.dialect.grammar, text);
    let mut record = Record::default();
    let mut next = Position { row_number: 1, line_number: 1 };
    loop {
        let start = records.offset();
        if !records.read(&mut record) {
            let layout = reader.finish().ok_or(ReferenceError::Empty)?;
            return Ok((layout, &[], next));
        }
        let raw = text.get(start..records.offset()).unwrap_or_default();
        let read = reader.push(next, record.is_comment(), raw)?;
        if let Read::Data(layout) = read {
            return Ok((layout, text.get(start..).unwrap_or_default(), next));
        }
        next.row_number += 1;
        next.line_number += record.line_count();
        if let Read::Header(layout) = read {
            return Ok((layout, text.get(records.offset()..).unwrap_or_default(), next));
        }
    }
}

/// The first row that is not of the schema.
fn row_error(resource: &Resource, layout: &Layout, fault: &Fault<'_>) -> ReferenceError {
    let field = match fault.kind {
        Kind::Cell { field, .. } => Some(field as usize),
        Kind::MissingCells { cells: column } | Kind::StrayQuote { column } => {
            layout.field_of(column as usize)
        }
        Kind::BlankRow
        | Kind::ExtraCells { .. }
        | Kind::Repeated { .. }
        | Kind::NullKey { .. }
        | Kind::ForeignKey { .. }
        | Kind::Computation { .. } => None,
    };
    let field = field.and_then(|at| resource.schema.fields.get(at));
    ReferenceError::Row {
        row: fault.row_number,
        column: field.map_or_else(String::new, |field| field.name.clone()),
        code: fault.kind.code(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::Contract;

    fn resource() -> Resource {
        let text = br#"{"resources": [{"name": "r", "path": "r.csv", "schema": {"fields": [
            {"name": "k"}, {"name": "i", "type": "integer"}]}}]}"#;
        Contract::parse(text, None).unwrap().input
    }

    #[test]
    fn every_fault_names_its_rows() {
        let error = |bytes: &[u8]| {
            ReferenceTable::read(&resource(), bytes)
                .and_then(|table| KeyIndex::new(&table, &[0, 1]))
                .unwrap_err()
                .to_string()
        };
        assert_eq!(
            error(b"k,i\na,1\na,x\n"),
            "row 3 is not of the schema: type-error in column `i`"
        );
        assert_eq!(error(b"k,i\nb,1\na,1\nb,1\n"), "rows 2 and 4 have the same key");
        assert_eq!(error(b"k,i\n\"a,1\n"), "the quote at offset 4 is never closed");
        assert_eq!(
            error(b"k\na\n"),
            "the header is not the contract's: missing-label, expected `i`"
        );
    }

    #[test]
    fn what_is_not_kept_is_empty() {
        let table = ReferenceTable::read(&resource(), b"k,i\na,1\nb,2\n").unwrap().keep(&[1]);
        let lens: Vec<usize> = table.columns.iter().map(|column| column.len()).collect();
        assert_eq!(lens, [0, 2]);
        assert!(KeyIndex::new(&table, &[1]).is_ok());
    }
}
