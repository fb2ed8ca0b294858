//! Records to typed columns, and what is wrong with them to faults.

use std::cmp::Ordering;
use std::sync::Arc;

use arrow_array::builder::StringBuilder;
use arrow_array::{ArrayRef, BooleanArray};
use serde_json::{Map, Value};

use crate::column::ColumnBuilder;
use crate::contract::{Drift, Missing, Schema};
use crate::csv::{Entry, Record};
use crate::fault::{Fault, FaultLog, Kind, clipped};
use crate::header::{Layout, Place};
use crate::rows::Rows;

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
    schema: &'a Schema,
    layout: &'a Layout,
    columns: Vec<ColumnBuilder<'a>>,
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
    pub fn new(schema: &'a Schema, layout: &'a Layout, drift: Drift) -> Self {
        let held = |field: &usize| layout.column_of(*field).is_some();
        TableBuilder {
            schema,
            layout,
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
        let first = self.accepted.len();
        self.positions.extend(rows.positions());
        self.accepted.resize(first + rows.len(), true);
        let mut found = Found { schema: self.schema, layout: self.layout, faults: Vec::new() };
        let records: Vec<Entry> = found.whole_rows(rows);
        self.push_cells(rows, &records, &mut found);
        found.widths(&records);
        // Of a row the faults are told in the order of its columns.
        found.faults.sort_by_key(|fault| (fault.row, fault.column));
        for NewFault { row, kind, cell, .. } in found.faults {
            if let Some(accepted) = self.accepted.get_mut(first + row) {
                *accepted = false;
            }
            if let Some(Position { row_number, line_number }) = self.positions.get(first + row) {
                let (row_number, line_number) = (*row_number, *line_number);
                faults.push(&Fault {
                    row_number,
                    line_number,
                    kind,
                    found: clipped(cell.as_bytes()),
                });
            }
        }
    }

    /// The rows so far; the builder is empty again.
    pub fn finish(&mut self) -> TypedRows {
        let extra = self.extra.as_mut().map(|builder| Arc::new(builder.finish()) as ArrayRef);
        TypedRows {
            columns: self.columns.iter_mut().map(ColumnBuilder::finish).chain(extra).collect(),
            positions: std::mem::take(&mut self.positions),
            accepted: std::mem::take(&mut self.accepted),
        }
    }

    /// Appends the cells of rows, column by column.
    fn push_cells<'r>(&mut self, rows: &Rows<'r>, records: &[Entry], found: &mut Found<'_, 'r>) {
        for (column, place) in self.layout.columns.iter().enumerate() {
            let Place::Field(at_field) = place else { continue };
            let Some(builder) = self.columns.get_mut(*at_field) else { continue };
            let field = narrow(*at_field);
            let cells = records.iter().map(|record| rows.cell(record, column));
            builder.extend(cells, |row, fault| {
                let cell = records.get(row).and_then(|record| rows.cell(record, column));
                let (kind, cell) = (Kind::Cell { field, fault }, cell.unwrap_or_default());
                found.faults.push(NewFault { row, column, kind, cell });
            });
        }
        for &field in &self.absent {
            if let Some(column) = self.columns.get_mut(field) {
                column.push_nulls(records.len());
            }
        }
        if let Some(extra) = &mut self.extra {
            records.iter().for_each(|record| extra.append_option(kept(self.layout, rows, record)));
        }
    }
}

/// What is wrong with one of some rows.
struct NewFault<'r> {
    /// Position of the row among them, 0-based.
    row: usize,
    /// Position of the column in the file, 0-based.
    column: usize,
    kind: Kind,
    cell: &'r str,
}

/// What is wrong with some rows.
struct Found<'a, 'r> {
    schema: &'a Schema,
    layout: &'a Layout,
    faults: Vec<NewFault<'r>>,
}

impl<'r> Found<'_, 'r> {
    /// The records of rows; without their cells where these are not to be read, since nothing but one
    /// fault is to be told of such a row.
    fn whole_rows(&mut self, rows: &Rows<'r>) -> Vec<Entry> {
        let is_blank = Blank::new(self.schema, self.layout);
        let records = rows.records().enumerate().map(|(row, record)| {
            let alone = if is_blank.test(|column| rows.cell(record, column)) {
                Kind::BlankRow
            } else if let Some(column) = record.stray_quote {
                // Where a cell ends nobody can tell.
                Kind::StrayQuote { column }
            } else {
                return *record;
            };
            self.faults.push(NewFault { row, column: 0, kind: alone, cell: "" });
            record.without_fields()
        });
        records.collect()
    }

    /// Tells records with another number of cells than the file has columns.
    fn widths(&mut self, records: &[Entry]) {
        let width = narrow(self.layout.width());
        for (row, record) in records.iter().enumerate() {
            let cells = record.field_count;
            // One without cells is told already.
            let kind = match cells.cmp(&width) {
                Ordering::Equal => continue,
                Ordering::Less if cells == 0 => continue,
                Ordering::Less => Kind::MissingCells { cells },
                Ordering::Greater => Kind::ExtraCells { cells },
            };
            self.faults.push(NewFault { row, column: usize::MAX, kind, cell: "" });
        }
    }
}

/// The cells of the columns that are kept as text, as a JSON object.
fn kept(layout: &Layout, rows: &Rows<'_>, record: &Entry) -> Option<String> {
    let cells = layout.kept().filter_map(|(at, label)| {
        let text = rows.cell(record, at)?;
        Some((label.to_owned(), Value::String(text.to_owned())))
    });
    let object: Map<String, Value> = cells.collect();
    (!object.is_empty()).then(|| Value::Object(object).to_string())
}

/// Tells whether a row has no value, in the columns that hold a field.
#[derive(Debug)]
struct Blank<'a> {
    /// Those columns, with the texts that stand for null in them.
    columns: Vec<(usize, Missing<'a>)>,
}

impl<'a> Blank<'a> {
    fn new(schema: &'a Schema, layout: &Layout) -> Self {
        let fields = layout.columns.iter().enumerate().filter_map(|(column, place)| match place {
            Place::Field(field) => Some((column, Missing::new(schema.fields.get(*field)?))),
            Place::Kept(_) | Place::Ignored => None,
        });
        Blank { columns: fields.collect() }
    }

    /// Whether no cell has a value.
    #[inline]
    fn test<'c>(&self, cell: impl Fn(usize) -> Option<&'c str>) -> bool {
        self.columns
            .iter()
            .all(|(column, missing)| cell(*column).is_none_or(|cell| missing.contains(cell)))
    }
}

/// Whether no cell of the record has a value, in the columns that hold a field.
pub fn is_blank(schema: &Schema, layout: &Layout, record: &Record) -> bool {
    layout.columns.iter().enumerate().all(|(at, place)| {
        let Place::Field(field) = place else { return true };
        let cell = record.get(at);
        let field = schema.fields.get(*field);
        cell.is_none_or(|cell| field.is_none_or(|field| field.is_missing(cell)))
    })
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
        (builder.finish(), rejects.map(|reject| (reject.row_number, reject.code)).collect())
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
