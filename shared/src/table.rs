//! Records to typed columns, and what is wrong with them to faults.

mod lone;

use std::cmp::Ordering;
use std::sync::Arc;

use arrow_array::builder::StringBuilder;
use arrow_array::{ArrayRef, BooleanArray};
use arrow_schema::ArrowError;
use serde_json::{Map, Value};

use crate::column::ColumnBuilder;
use crate::contract::{Drift, Schema};
use crate::csv::Cell;
use crate::fault::{Fault, FaultLog, Kind, clipped};
use crate::header::{Layout, Place};
use crate::rows::Rows;

pub use lone::LoneFaults;

/// Where a row stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Position {
    /// Row number in the file; its first record, the header or not, is row 1.
    pub row_number: u64,
    /// Number of the line on which the row starts, 1-based.
    pub line_number: u64,
}

/// Fills typed columns with records, one by one.
///
/// Invariant: all columns are equally long; a rejected row stands in them too, with what could be
/// read of it, and is masked.
#[derive(Debug)]
pub struct TableBuilder<'a> {
    layout: Layout,
    columns: Vec<ColumnBuilder<'a>>,
    lone: LoneFaults<'a>,
    /// Positions of the fields that no column of the file holds.
    absent: Vec<usize>,
    /// The new columns of the file, where they are kept.
    extra: Option<StringBuilder>,
    positions: Vec<Position>,
    accepted: Vec<bool>,
}

/// Rows that were read, rejected ones still among them.
#[derive(Debug)]
pub struct TypedRows {
    /// One array for each field of the schema, then one for new columns where they are kept.
    pub columns: Vec<ArrayRef>,
    /// Where each row stands.
    pub positions: Vec<Position>,
    /// True for each row without a fault.
    pub accepted: Vec<bool>,
}

impl TypedRows {
    /// True for each row without a fault.
    pub fn mask(&self) -> BooleanArray {
        self.accepted.clone().into()
    }
}

impl<'a> TableBuilder<'a> {
    /// An empty table of `schema`, from a file of that layout.
    pub fn new(schema: &'a Schema, layout: &Layout, drift: Drift) -> Self {
        let held = |field: &usize| layout.column_of(*field).is_some();
        TableBuilder {
            layout: layout.clone(),
            lone: LoneFaults::new(schema, layout),
            columns: schema.fields.iter().map(ColumnBuilder::new).collect(),
            absent: (0..schema.fields.len()).filter(|field| !held(field)).collect(),
            extra: (drift == Drift::Extend).then(StringBuilder::new),
            positions: Vec::new(),
            accepted: Vec::new(),
        }
    }

    /// Number of rows since the last [`finish`](Self::finish), rejected ones included.
    pub fn len(&self) -> usize {
        self.accepted.len()
    }

    /// Whether there is no such row.
    pub fn is_empty(&self) -> bool {
        self.accepted.is_empty()
    }

    /// Appends rows; their faults, of each row in the order of its columns, go to `faults`.
    pub fn push(&mut self, rows: &Rows<'_>, faults: &mut FaultLog) {
        let alone = self.lone.find(rows);
        let mut kinds = alone.values();
        for (is_alone, run) in rows.clone().runs(|row| alone.contains_key(&row)) {
            let first = self.accepted.len();
            self.positions.extend_from_slice(run.positions());
            self.accepted.resize(first + run.len(), true);
            let kind = if is_alone { kinds.next() } else { None };
            let found = match kind {
                Some(kind) => self.push_nulls(*kind),
                None => self.push_cells(&run),
            };
            for fault in found {
                self.reject(first + fault.row, &fault, faults);
            }
        }
    }

    /// The rows so far; the builder is empty again.
    ///
    /// # Errors
    /// Texts of more than 2 GiB in one column.
    pub fn finish(&mut self) -> Result<TypedRows, ArrowError> {
        let extra = self.extra.as_mut().map(|builder| Arc::new(builder.finish()) as ArrayRef);
        let columns = self.columns.iter_mut().map(ColumnBuilder::finish);
        Ok(TypedRows {
            columns: columns.chain(extra.map(Ok)).collect::<Result<_, _>>()?,
            positions: std::mem::take(&mut self.positions),
            accepted: std::mem::take(&mut self.accepted),
        })
    }

    /// Appends a row of which nothing is read.
    fn push_nulls(&mut self, kind: Kind) -> Vec<NewFault<'static>> {
        self.columns.iter_mut().for_each(ColumnBuilder::push_null);
        self.extra.iter_mut().for_each(StringBuilder::append_null);
        vec![NewFault { row: 0, column: 0, kind, cell: b"" }]
    }

    /// Appends the cells of rows, column by column.
    fn push_cells<'r>(&mut self, rows: &Rows<'r>) -> Vec<NewFault<'r>> {
        let mut found = Vec::new();
        for (column, place) in self.layout.columns.iter().enumerate() {
            let Place::Field(at_field) = place else { continue };
            let Some(builder) = self.columns.get_mut(*at_field) else { continue };
            let field = narrow(*at_field);
            builder.extend(rows.column(column), |row, fault| {
                let cell = rows.cell(row, column).map_or(&b""[..], Cell::bytes);
                found.push(NewFault { row, column, kind: Kind::Cell { field, fault }, cell });
            });
        }
        for &field in &self.absent {
            if let Some(column) = self.columns.get_mut(field) {
                column.push_nulls(rows.len());
            }
        }
        if let Some(extra) = &mut self.extra {
            (0..rows.len()).for_each(|row| extra.append_option(kept(&self.layout, rows, row)));
        }
        self.add_widths(rows, &mut found);
        // Of a row the faults are told in the order of its columns.
        found.sort_by_key(|fault| (fault.row, fault.column));
        found
    }

    /// Tells rows with another number of cells than the file has columns.
    fn add_widths(&self, rows: &Rows<'_>, found: &mut Vec<NewFault<'_>>) {
        let width = narrow(self.layout.width());
        for (row, record) in rows.records().iter().enumerate() {
            let cells = record.field_count;
            let kind = match cells.cmp(&width) {
                Ordering::Equal => continue,
                Ordering::Less => Kind::MissingCells { cells },
                Ordering::Greater => Kind::ExtraCells { cells },
            };
            found.push(NewFault { row, column: usize::MAX, kind, cell: b"" });
        }
    }

    /// Masks a row, and tells why.
    fn reject(&mut self, at: usize, fault: &NewFault<'_>, faults: &mut FaultLog) {
        let (Some(accepted), Some(position)) = (self.accepted.get_mut(at), self.positions.get(at))
        else {
            return;
        };
        *accepted = false;
        let Position { row_number, line_number } = *position;
        faults.push(&Fault {
            row_number,
            line_number,
            kind: fault.kind,
            found: clipped(fault.cell),
        });
    }
}

/// What is wrong with one of some rows.
struct NewFault<'r> {
    /// Position of the row among them, 0-based.
    row: usize,
    /// Position of the column in the file, 0-based; behind the last for what is wrong with the row.
    column: usize,
    kind: Kind,
    cell: &'r [u8],
}

/// The cells of the columns that are kept as text, as a JSON object.
fn kept(layout: &Layout, rows: &Rows<'_>, row: usize) -> Option<String> {
    let cells = layout.kept().filter_map(|(at, label)| {
        let text = rows.cell(row, at)?;
        Some((label.to_owned(), Value::String(text.text().to_owned())))
    });
    let object: Map<String, Value> = cells.collect();
    (!object.is_empty()).then(|| Value::Object(object).to_string())
}

fn narrow(position: usize) -> u32 {
    u32::try_from(position).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use arrow_array::cast::AsArray;
    use arrow_array::types::Int64Type;

    use super::*;
    use crate::contract::Contract;
    use crate::fault::{Code, Wording};
    use crate::rows::{DecodeError, RowDecoder};

    fn schema() -> Schema {
        contract().input.schema
    }

    fn contract() -> Contract {
        let text = br#"{"resources": [{"name": "r", "path": "r.csv", "schema": {
            "fields": [
                {"name": "s"},
                {"name": "i", "type": "integer", "constraints": {"required": true}},
                {"name": "n", "type": "integer"}
            ],
            "missingValues": ["", "NA"]
        }}]}"#;
        Contract::parse(text, None).unwrap()
    }

    fn read(layout: &Layout, drift: Drift, text: &str) -> (TypedRows, Vec<(u64, Code)>) {
        let contract = contract();
        let schema = contract.input.schema.clone();
        let mut builder = TableBuilder::new(&schema, layout, drift);
        let mut log = FaultLog::default();
        let first = Position { row_number: 2, line_number: 2 };
        let mut decoder = RowDecoder::new(&contract.input.dialect, layout, first);
        let mut take = |rows: Rows<'_>| -> Result<(), DecodeError> {
            builder.push(&rows, &mut log);
            Ok(())
        };
        decoder.push(text.as_bytes(), &mut take).unwrap();
        decoder.finish(&mut take).unwrap();
        let wording = Wording::new(&contract, layout);
        let rejects = log.faults().flat_map(|fault| wording.rejects(&fault.unwrap()));
        (
            builder.finish().unwrap(),
            rejects.map(|reject| (reject.row_number, reject.code)).collect(),
        )
    }

    #[test]
    fn every_fault_of_a_row_is_told() {
        use Code::{BlankRow, ConstraintError, ExtraCell, MissingCell, StrayQuote, TypeError};
        let text = "a,1,2\na,NA,x\n\na,x\na,1,2,3,4\n,NA,\nNA\n\"a\n\"b,x,\n";
        let (rows, faults) = read(&Layout::in_order(&schema()), Drift::Strict, text);
        let expected = [
            (3, ConstraintError),
            (3, TypeError),
            (4, BlankRow),
            (5, TypeError),
            (5, MissingCell),
            (6, ExtraCell),
            (6, ExtraCell),
            (7, BlankRow),
            (8, BlankRow),
            (9, StrayQuote),
        ];
        assert_eq!(faults, expected);
        assert_eq!(rows.accepted, [true, false, false, false, false, false, false, false]);
        assert!(rows.columns.iter().all(|column| column.len() == 8));
        assert_eq!(rows.columns[1].as_primitive::<Int64Type>().value(4), 1, "a rejected row's");
    }

    #[test]
    fn columns_go_where_the_layout_says() {
        let layout = Layout {
            lead: 0,
            columns: vec![
                Place::Field(1),
                Place::Ignored,
                Place::Kept("k".to_owned()),
                Place::Field(0),
            ],
            header_rows: vec![1],
        };
        let (rows, faults) = read(&layout, Drift::Extend, "7,x,\"\"\"\",a\n8,x,y\n");
        assert_eq!(faults, [(3, Code::MissingCell)]);
        assert_eq!(rows.columns[0].as_string::<i32>().value(0), "a");
        assert_eq!(rows.columns[1].as_primitive::<Int64Type>().values(), &[7, 8]);
        assert_eq!(rows.columns[2].null_count(), 2, "no column holds it");
        assert_eq!(rows.columns[3].as_string::<i32>().value(0), "{\"k\":\"\\\"\"}");
    }
}
