//! Records to typed columns, and what is wrong with them to faults.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::sync::Arc;

use arrow_array::builder::StringBuilder;
use arrow_array::{ArrayRef, BooleanArray};
use serde_json::{Map, Value};

use crate::column::ColumnBuilder;
use crate::contract::{Drift, Schema};
use crate::csv::Record;
use crate::fault::{Fault, FaultLog, Kind, clipped};
use crate::header::{Layout, Place};

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
pub struct Rows {
    /// One array for each field of the schema, then one for new columns where they are kept.
    pub columns: Vec<ArrayRef>,
    /// Where each row stands.
    pub positions: Vec<Position>,
    /// True for each row without a fault.
    pub accepted: Vec<bool>,
}

impl Rows {
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

    /// Appends a record; its faults, in the order of the columns, go to `faults`.
    pub fn push(&mut self, position: Position, record: &Record, faults: &mut FaultLog) {
        let row = Row { position, record, layout: self.layout };
        let alone = if is_blank(self.schema, self.layout, record) {
            Some(Kind::BlankRow)
        } else {
            row.stray_quote()
        };
        let accepted = if let Some(kind) = alone {
            faults.push(&row.fault(kind, b""));
            self.columns.iter_mut().for_each(ColumnBuilder::push_null);
            self.extra.iter_mut().for_each(StringBuilder::append_null);
            false
        } else {
            self.push_cells(&row, faults)
        };
        self.positions.push(position);
        self.accepted.push(accepted);
    }

    /// The rows so far; the builder is empty again.
    pub fn finish(&mut self) -> Rows {
        let extra = self.extra.as_mut().map(|builder| Arc::new(builder.finish()) as ArrayRef);
        Rows {
            columns: self.columns.iter_mut().map(ColumnBuilder::finish).chain(extra).collect(),
            positions: std::mem::take(&mut self.positions),
            accepted: std::mem::take(&mut self.accepted),
        }
    }

    /// Appends the cells of a row; whether none of them has a fault.
    fn push_cells(&mut self, row: &Row<'_>, faults: &mut FaultLog) -> bool {
        let mut is_sound = true;
        let mut note = |kind, cell: &[u8]| {
            is_sound = false;
            faults.push(&row.fault(kind, cell));
        };
        for (at, place) in self.layout.columns.iter().enumerate() {
            let Place::Field(at_field) = place else { continue };
            let Some(column) = self.columns.get_mut(*at_field) else { continue };
            let field = narrow(*at_field);
            match row.cell(at) {
                Some(cell) => column.push(cell, |fault| note(Kind::Cell { field, fault }, cell)),
                None => column.push_null(),
            }
        }
        for &field in &self.absent {
            self.columns.get_mut(field).into_iter().for_each(ColumnBuilder::push_null);
        }
        if let Some(extra) = &mut self.extra {
            extra.append_option(row.kept());
        }
        if let Some(kind) = row.other_width() {
            note(kind, b"");
        }
        is_sound
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

/// A record and how it is laid out.
struct Row<'r> {
    position: Position,
    record: &'r Record,
    layout: &'r Layout,
}

impl<'r> Row<'r> {
    /// The cell in that column of the file, 0-based.
    fn cell(&self, column: usize) -> Option<&'r [u8]> {
        self.record.get(column)
    }

    fn fault<'c>(&self, kind: Kind, cell: &'c [u8]) -> Fault<'c> {
        let Position { row_number, line_number } = self.position;
        Fault { row_number, line_number, kind, found: clipped(cell) }
    }

    /// Where a cell ends nobody can tell, so nothing else is said of such a row.
    fn stray_quote(&self) -> Option<Kind> {
        let cell = self.record.stray_quote()?;
        Some(Kind::StrayQuote { column: narrow(cell) })
    }

    /// What is wrong with the number of cells, if anything.
    fn other_width(&self) -> Option<Kind> {
        let (width, cells) = (self.layout.width(), narrow(self.record.len()));
        match self.record.len().cmp(&width) {
            Ordering::Less => Some(Kind::MissingCells { cells }),
            Ordering::Equal => None,
            Ordering::Greater => Some(Kind::ExtraCells { cells }),
        }
    }

    /// The cells of the columns that are kept as text, as a JSON object.
    fn kept(&self) -> Option<String> {
        let cells = self.layout.kept().filter_map(|(at, label)| {
            let text: Cow<'_, str> = String::from_utf8_lossy(self.cell(at)?);
            Some((label.to_owned(), Value::String(text.into_owned())))
        });
        let object: Map<String, Value> = cells.collect();
        (!object.is_empty()).then(|| Value::Object(object).to_string())
    }
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
    use crate::csv::{Grammar, Records};
    use crate::fault::{Code, Wording};

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

    fn read(layout: &Layout, drift: Drift, text: &str) -> (Rows, Vec<(u64, Code)>) {
        let contract = contract();
        let schema = contract.input.schema.clone();
        let mut builder = TableBuilder::new(&schema, layout, drift);
        let grammar = Grammar::default();
        let mut records = Records::new(&grammar, text.as_bytes());
        let (mut record, mut log) = (Record::default(), FaultLog::default());
        for row_number in 2.. {
            if !records.read(&mut record) {
                break;
            }
            builder.push(Position { row_number, line_number: row_number }, &record, &mut log);
        }
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
