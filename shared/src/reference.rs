//! Reference tables: the rows that foreign keys point to.

use arrow_array::{Array, ArrayRef, UInt32Array};
use arrow_row::{RowConverter, SortField};
use arrow_schema::ArrowError;

use crate::contract::{Join, Resource};
use crate::csv::{Boundaries, Record, Records, Unclosed};
use crate::header::{self, HeaderError};
use crate::reject::RejectCode;
use crate::table::TableBuilder;

/// Bytes that a reference table may have: 64 MiB. In memory, with its index, it takes up to 20 times
/// as much.
pub const REFERENCE_LIMIT: u64 = 64 << 20;

const UTF8_MARK: &[u8] = b"\xef\xbb\xbf";

/// A reference table that cannot be used. Rows as a spreadsheet counts them.
#[derive(Debug, thiserror::Error)]
pub enum ReferenceError {
    /// Labels other than the contract's.
    #[error(transparent)]
    Header(#[from] HeaderError),
    /// A quote that is never closed.
    #[error("the quote at offset {} is never closed", .0.quote_at)]
    UnclosedQuote(Unclosed),
    /// A row that is not of the schema.
    #[error("row {row} is not of the schema: {} in column `{column}`", code.as_str())]
    Row {
        /// The first such row.
        row: u64,
        /// Its column.
        column: String,
        /// What is wrong with it.
        code: RejectCode,
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
    row_numbers: Vec<i64>,
}

impl ReferenceTable {
    /// Reads the whole file `bytes` of `resource`.
    ///
    /// # Errors
    /// [`ReferenceError`], for the first row that is not of the schema too.
    pub fn read(resource: &Resource, bytes: &[u8]) -> Result<Self, ReferenceError> {
        let bytes = bytes.strip_prefix(UTF8_MARK).unwrap_or(bytes);
        let grammar = resource.dialect.grammar;
        let mut boundaries = Boundaries::new(grammar);
        boundaries.push(bytes, |_| ());
        boundaries.finish().map_err(ReferenceError::UnclosedQuote)?;

        let mut records = Records::new(grammar, bytes);
        let mut record = Record::default();
        let mut row = 0;
        if resource.dialect.header {
            records.read(&mut record);
            row += 1;
            header::check(&record, &resource.schema, resource.dialect)?;
        }
        let mut builder = TableBuilder::new(&resource.schema);
        let mut rejects = Vec::new();
        while rejects.is_empty() && records.read(&mut record) {
            row += 1;
            builder.push(row, &record, &mut rejects);
        }
        if let Some(reject) = rejects.into_iter().next() {
            let (row, column, code) = (reject.row_number, reject.column, reject.code);
            return Err(ReferenceError::Row { row, column, code });
        }
        let rows = builder.finish();
        Ok(ReferenceTable { columns: rows.columns, row_numbers: rows.row_numbers })
    }
}

#[allow(clippy::disallowed_types, reason = "it is only asked for keys, never gone through")]
type RowsByKey = std::collections::HashMap<Box<[u8]>, u32>;

/// Rows of a reference table by the key that a join compares.
#[derive(Debug)]
pub struct KeyIndex {
    converter: RowConverter,
    rows: RowsByKey,
}

impl KeyIndex {
    /// The index of `table` by the fields at the positions `key`. A key with a null is no key.
    ///
    /// # Errors
    /// [`ReferenceError::DuplicateKey`] and [`ReferenceError::TooManyRows`].
    pub fn new(table: &ReferenceTable, key: &[usize]) -> Result<Self, ReferenceError> {
        let columns = select(&table.columns, key);
        let types = columns.iter().map(|column| SortField::new(column.data_type().clone()));
        let converter = RowConverter::new(types.collect())?;
        let keys = converter.convert_columns(&columns)?;
        let mut rows = RowsByKey::with_capacity(keys.num_rows());
        for at in (0..keys.num_rows()).filter(|&at| is_key(&columns, at)) {
            let row = u32::try_from(at).map_err(|_| ReferenceError::TooManyRows)?;
            if let Some(first) = rows.insert(keys.row(at).data().into(), row) {
                return Err(duplicate(table, first as usize, at));
            }
        }
        Ok(KeyIndex { converter, rows })
    }

    /// For each row of `columns`, the row of the reference table (0-based) that the key of `join`
    /// names; null where it names none.
    ///
    /// # Errors
    /// Columns of other types than the contract says: a bug.
    pub fn find(&self, columns: &[ArrayRef], join: &Join) -> Result<UInt32Array, ArrowError> {
        let columns = select(columns, &join.fields);
        let keys = self.converter.convert_columns(&columns)?;
        Ok((0..keys.num_rows())
            .map(|at| is_key(&columns, at).then(|| self.rows.get(keys.row(at).data()).copied())?)
            .collect())
    }
}

/// Whether the row has no null in its key.
pub fn is_key(columns: &[ArrayRef], row: usize) -> bool {
    columns.iter().all(|column| column.is_valid(row))
}

/// The columns at those positions.
pub fn select(columns: &[ArrayRef], positions: &[usize]) -> Vec<ArrayRef> {
    positions.iter().filter_map(|&at| columns.get(at)).cloned().collect()
}

fn duplicate(table: &ReferenceTable, first: usize, second: usize) -> ReferenceError {
    let row = |at: usize| {
        table.row_numbers.get(at).and_then(|&row| u64::try_from(row).ok()).unwrap_or_default()
    };
    ReferenceError::DuplicateKey { first: row(first), second: row(second) }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow_array::{Int64Array, StringArray};

    use super::*;
    use crate::contract::{Dialect, Field, FieldType, OnMissing, Schema};

    fn resource() -> Resource {
        Resource {
            name: "r".to_owned(),
            path: "r.csv".to_owned(),
            dialect: Dialect::default(),
            schema: Schema {
                fields: vec![
                    Field::new("k", FieldType::STRING),
                    Field::new("i", FieldType::INTEGER),
                ],
                missing_values: vec![String::new()],
            },
            primary_key: Vec::new(),
        }
    }

    fn join() -> Join {
        Join {
            fields: vec![1, 0],
            reference: 0,
            reference_fields: vec![0, 1],
            columns: Vec::new(),
            on_missing: OnMissing::Reject,
        }
    }

    #[test]
    fn composite_keys_find_their_row() {
        let table =
            ReferenceTable::read(&resource(), b"\xef\xbb\xbfk,i\na,1\na,2\n,3\n,3\n").unwrap();
        let index = KeyIndex::new(&table, &join().reference_fields).unwrap();
        let columns: [ArrayRef; 2] = [
            Arc::new(Int64Array::from(vec![Some(2), Some(3), None, Some(3), Some(1)])),
            Arc::new(StringArray::from(vec![Some("a"), Some("a"), Some("a"), None, Some("a")])),
        ];
        let found = index.find(&columns, &join()).unwrap();
        assert_eq!(found, UInt32Array::from(vec![Some(1), None, None, None, Some(0)]));
    }

    #[test]
    fn every_fault_names_its_rows() {
        let error = |bytes: &[u8]| {
            ReferenceTable::read(&resource(), bytes)
                .and_then(|table| KeyIndex::new(&table, &join().reference_fields))
                .unwrap_err()
                .to_string()
        };
        assert_eq!(
            error(b"k,i\na,1\na,x\n"),
            "row 3 is not of the schema: type-error in column `i`"
        );
        assert_eq!(error(b"k,i\nb,1\na,1\nb,1\n"), "rows 2 and 4 have the same key");
        assert_eq!(error(b"k,i\n\"a,1\n"), "the quote at offset 4 is never closed");
        assert_eq!(error(b"k\na\n"), "the header lacks `i` (missing-label)");
    }
}
