//! Records to typed columns, and the rows that are not of the schema to rejects.

use arrow_array::{ArrayRef, BooleanArray};

use crate::column::ColumnBuilder;
use crate::contract::Schema;
use crate::csv::Record;
use crate::reject::{Reject, RejectCode, quoted};

/// Extra cells of a row that are told one by one. Each says how many there are in all.
const EXTRA_CELLS: usize = 16;

/// Fills typed columns with records, one by one.
///
/// Invariant: all columns are equally long; a rejected row stands in them as nulls and is masked.
#[derive(Debug)]
pub struct TableBuilder<'a> {
    schema: &'a Schema,
    columns: Vec<ColumnBuilder<'a>>,
    row_numbers: Vec<i64>,
    accepted: Vec<bool>,
}

/// Rows that were read, rejected ones still among them.
#[derive(Debug)]
pub struct Rows {
    /// One array for each field of the schema.
    pub columns: Vec<ArrayRef>,
    /// The row number of each row.
    pub row_numbers: Vec<i64>,
    /// True for each row that is of the schema.
    pub accepted: BooleanArray,
}

impl<'a> TableBuilder<'a> {
    /// An empty table of `schema`.
    pub fn new(schema: &'a Schema) -> Self {
        TableBuilder {
            schema,
            columns: schema.fields.iter().map(ColumnBuilder::new).collect(),
            row_numbers: Vec::new(),
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

    /// Appends a record; its faults, in the order of the columns, go to `rejects`.
    pub fn push(&mut self, row_number: u64, record: &Record, rejects: &mut Vec<Reject>) {
        let faults_before = rejects.len();
        let blank = record.iter().all(|cell| is_missing(self.schema, cell));
        if record.len() == self.columns.len() && !blank && record.stray_quote().is_none() {
            self.push_cells(row_number, record, rejects);
        } else {
            self.columns.iter_mut().for_each(ColumnBuilder::push_null);
            self.push_shape(row_number, record, blank, rejects);
        }
        self.row_numbers.push(i64::try_from(row_number).unwrap_or(i64::MAX));
        self.accepted.push(rejects.len() == faults_before);
    }

    /// The rows so far; the builder is empty again.
    pub fn finish(&mut self) -> Rows {
        Rows {
            columns: self.columns.iter_mut().map(ColumnBuilder::finish).collect(),
            row_numbers: std::mem::take(&mut self.row_numbers),
            accepted: std::mem::take(&mut self.accepted).into(),
        }
    }

    fn push_cells(&mut self, row_number: u64, record: &Record, rejects: &mut Vec<Reject>) {
        let fields = self.schema.fields.iter().zip(&mut self.columns);
        for ((field, column), cell) in fields.zip(record.iter()) {
            column.push(cell, |fault| {
                let code = if fault.is_type_error() {
                    RejectCode::TypeError
                } else {
                    RejectCode::ConstraintError
                };
                rejects.push(Reject {
                    row_number,
                    column: field.name.clone(),
                    code,
                    reason: format!("expected {}, found {}", field.expected(fault), quoted(cell)),
                });
            });
        }
    }

    /// The faults of a record that has too few or too many cells.
    fn push_shape(&self, row_number: u64, record: &Record, blank: bool, rejects: &mut Vec<Reject>) {
        let reject = |column: &str, code, reason: String| Reject {
            row_number,
            column: column.to_owned(),
            code,
            reason,
        };
        if blank {
            let reason = "no cell has a value".to_owned();
            rejects.push(reject("", RejectCode::BlankRow, reason));
            return;
        }
        if let Some(at) = record.stray_quote() {
            let column = self.schema.fields.get(at).map_or("", |field| &field.name);
            let reason = "text follows the closing quote: where does the cell end?".to_owned();
            rejects.push(reject(column, RejectCode::StrayQuote, reason));
            return;
        }
        let found = format!("expected {} cells, found {}", self.columns.len(), record.len());
        for field in self.schema.fields.iter().skip(record.len()) {
            rejects.push(reject(&field.name, RejectCode::MissingCell, found.clone()));
        }
        for at in (self.columns.len()..record.len()).take(EXTRA_CELLS) {
            let reason = format!("{found}: cell {} has no column", at + 1);
            rejects.push(reject("", RejectCode::ExtraCell, reason));
        }
    }
}

/// Whether the text stands for null.
fn is_missing(schema: &Schema, cell: &[u8]) -> bool {
    schema.missing_values.iter().any(|text| text.as_bytes() == cell)
}

#[cfg(test)]
mod tests {
    use arrow_array::Array;
    use arrow_array::cast::AsArray;
    use arrow_array::types::{Date32Type, Float64Type, Int64Type, TimestampMicrosecondType};

    use super::*;
    use crate::contract::{Field, FieldType};
    use crate::csv::{Grammar, Records};

    fn schema() -> Schema {
        let field = |name: &str, field_type| {
            let mut field = Field::new(name, field_type);
            field.constraints.required = name == "i";
            field.missing_values = vec![String::new(), "NA".to_owned()];
            field
        };
        let texts = |text: &str| vec![text.to_owned()];
        Schema {
            fields: vec![
                field("s", FieldType::STRING),
                field("i", FieldType::INTEGER),
                field("n", FieldType::NUMBER),
                field(
                    "b",
                    FieldType::Boolean { true_values: texts("y"), false_values: texts("n") },
                ),
                field("d", FieldType::DATE),
                field("t", FieldType::TIME),
                field("z", FieldType::DATETIME),
            ],
            missing_values: vec![String::new(), "NA".to_owned()],
        }
    }

    fn read(schema: &Schema, text: &str) -> (Rows, Vec<Reject>) {
        let mut builder = TableBuilder::new(schema);
        let mut records = Records::new(Grammar::default(), text.as_bytes());
        let (mut record, mut rejects) = (Record::default(), Vec::new());
        for row_number in 2.. {
            if !records.read(&mut record) {
                break;
            }
            builder.push(row_number, &record, &mut rejects);
        }
        (builder.finish(), rejects)
    }

    #[test]
    fn every_type_is_read() {
        let schema = schema();
        let text = "é,-1,0.5,y,1970-01-02,01:02:03.40,1970-01-01T00:00:01Z\nNA,2,,n,NA,,\n";
        let (rows, rejects) = read(&schema, text);
        assert_eq!(rejects, []);
        assert_eq!(rows.accepted, vec![true, true].into());
        assert_eq!(rows.row_numbers, [2, 3]);
        let columns = &rows.columns;
        assert_eq!(columns[0].as_string::<i32>().value(0), "é");
        assert_eq!(columns[1].as_primitive::<Int64Type>().values(), &[-1, 2]);
        assert_eq!(columns[2].as_primitive::<Float64Type>().value(0).to_bits(), 0.5_f64.to_bits());
        assert_eq!(columns[3].as_boolean(), &BooleanArray::from(vec![true, false]));
        assert_eq!(columns[4].as_primitive::<Date32Type>().value(0), 1);
        assert_eq!(columns[5].as_string::<i32>().value(0), "01:02:03.4");
        assert_eq!(columns[6].as_primitive::<TimestampMicrosecondType>().value(0), 1_000_000);
        let nulls: Vec<_> = columns.iter().map(Array::null_count).collect();
        assert_eq!(nulls, [1, 0, 1, 0, 1, 1, 1]);
        for (column, field) in columns.iter().zip(&schema.fields) {
            assert_eq!(column.data_type(), &field.field_type.data_type(), "{}", field.name);
        }
    }

    #[test]
    fn every_fault_has_its_code() {
        let schema = schema();
        let text = "a,NA,x,maybe,1.2.1970,25:00:00,now\n\na,1\na,1,,,,,,8,9\na,1,,,,,\n,NA,,,,,\n,,\n\
             \"a\n\"b,1,,,,,\n";
        let (rows, rejects) = read(&schema, text);
        let found: Vec<_> =
            rejects.iter().map(|r| (r.row_number, r.column.as_str(), r.code)).collect();
        assert_eq!(
            found,
            [
                (2, "i", RejectCode::ConstraintError),
                (2, "n", RejectCode::TypeError),
                (2, "b", RejectCode::TypeError),
                (2, "d", RejectCode::TypeError),
                (2, "t", RejectCode::TypeError),
                (2, "z", RejectCode::TypeError),
                (3, "", RejectCode::BlankRow),
                (4, "n", RejectCode::MissingCell),
                (4, "b", RejectCode::MissingCell),
                (4, "d", RejectCode::MissingCell),
                (4, "t", RejectCode::MissingCell),
                (4, "z", RejectCode::MissingCell),
                (5, "", RejectCode::ExtraCell),
                (5, "", RejectCode::ExtraCell),
                (7, "", RejectCode::BlankRow),
                (8, "", RejectCode::BlankRow),
                (9, "s", RejectCode::StrayQuote),
            ]
        );
        assert_eq!(rejects[1].reason, "expected type `number`, found `x`");
        assert_eq!(
            rows.accepted,
            vec![false, false, false, false, true, false, false, false].into()
        );
        assert!(rows.columns.iter().all(|column| column.len() == 8));
    }
}
