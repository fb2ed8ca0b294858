//! The records of a chunk to typed rows.

use std::sync::Arc;

use arrow_array::{ArrayRef, BooleanArray, Int64Array, RecordBatch};
use arrow_schema::{ArrowError, DataType, Field, Schema as ArrowSchema, SchemaRef};
use arrow_select::filter::filter_record_batch;
use shared::contract::{Resource, Schema};
use shared::csv::{Record, Records};
use shared::message::Counts;
use shared::reject::Reject;
use shared::table::{Rows, TableBuilder};

/// Rows of a batch.
const BATCH_LEN: usize = 16_384;

/// What became of the records of a chunk.
#[derive(Debug, Clone)]
pub struct ParsedChunk {
    /// Row numbers in the first column, then the fields of the schema.
    pub schema: SchemaRef,
    /// The accepted rows, in order.
    pub batches: Vec<RecordBatch>,
    /// The faults of the other rows, in order.
    pub rejects: Vec<Reject>,
    /// The books.
    pub counts: Counts,
}

/// Parses `bytes`, whole records of `resource`; the first of them is row `first_row`.
///
/// # Errors
/// Never for the data; an [`ArrowError`] would be a bug.
pub fn parse_chunk(
    resource: &Resource,
    bytes: &[u8],
    first_row: u64,
) -> Result<ParsedChunk, ArrowError> {
    let schema = row_schema(&resource.schema);
    let mut chunk = ParsedChunk {
        schema: Arc::clone(&schema),
        batches: Vec::new(),
        rejects: Vec::new(),
        counts: Counts::default(),
    };
    let mut records = Records::new(resource.dialect.grammar, bytes);
    let mut record = Record::default();
    let mut builder = TableBuilder::new(&resource.schema);
    while records.read(&mut record) {
        let row_number = first_row + chunk.counts.read_count;
        builder.push(row_number, &record, &mut chunk.rejects);
        chunk.counts.read_count += 1;
        if builder.len() == BATCH_LEN {
            chunk.push(builder.finish())?;
        }
    }
    chunk.push(builder.finish())?;
    Ok(chunk)
}

/// Row numbers, then the fields.
fn row_schema(schema: &Schema) -> SchemaRef {
    let row_number = Field::new("row_number", DataType::Int64, false);
    let fields = schema
        .fields
        .iter()
        .map(|field| Field::new(&field.name, field.field_type.data_type(), true));
    Arc::new(ArrowSchema::new(std::iter::once(row_number).chain(fields).collect::<Vec<_>>()))
}

impl ParsedChunk {
    fn push(&mut self, rows: Rows) -> Result<(), ArrowError> {
        let batch = accepted(&self.schema, rows.row_numbers, rows.columns, &rows.accepted)?;
        let accepted_count = batch.num_rows() as u64;
        self.counts.accepted_count += accepted_count;
        self.counts.rejected_count += rows.accepted.len() as u64 - accepted_count;
        if accepted_count > 0 {
            self.batches.push(batch);
        }
        Ok(())
    }
}

fn accepted(
    schema: &SchemaRef,
    row_numbers: Vec<i64>,
    columns: Vec<ArrayRef>,
    accepted: &BooleanArray,
) -> Result<RecordBatch, ArrowError> {
    let row_numbers: ArrayRef = Arc::new(Int64Array::from(row_numbers));
    let arrays = std::iter::once(row_numbers).chain(columns).collect();
    let batch = RecordBatch::try_new(Arc::clone(schema), arrays)?;
    if accepted.true_count() == accepted.len() {
        return Ok(batch);
    }
    filter_record_batch(&batch, accepted)
}

#[cfg(test)]
mod tests {
    use arrow_array::Array;
    use arrow_array::cast::AsArray;
    use arrow_array::types::Int64Type;
    use proptest::prelude::*;
    use shared::contract::{Dialect, Field, FieldType};
    use shared::reject::RejectCode;

    use super::*;

    fn resource() -> Resource {
        let field = |name: &str, field_type, required| {
            let mut field = Field::new(name, field_type);
            field.constraints.required = required;
            field
        };
        Resource {
            name: "r".to_owned(),
            path: "r.csv".to_owned(),
            dialect: Dialect::default(),
            schema: Schema {
                fields: vec![
                    field("id", FieldType::INTEGER, true),
                    field("note", FieldType::STRING, false),
                ],
                missing_values: vec![String::new()],
            },
            primary_key: Vec::new(),
        }
    }

    fn row_numbers(chunk: &ParsedChunk) -> Vec<i64> {
        let columns = chunk.batches.iter().map(|batch| batch.column(0));
        columns.flat_map(|column| column.as_primitive::<Int64Type>().values().to_vec()).collect()
    }

    #[test]
    fn each_record_is_a_row_or_has_a_reject() {
        let chunk = parse_chunk(&resource(), b"1,a\nx,b\n\n2,\n,c\n3\n", 10).unwrap();
        assert_eq!(row_numbers(&chunk), [10, 13]);
        let rejects: Vec<_> = chunk.rejects.iter().map(|r| (r.row_number, r.code)).collect();
        assert_eq!(
            rejects,
            [
                (11, RejectCode::TypeError),
                (12, RejectCode::BlankRow),
                (14, RejectCode::ConstraintError),
                (15, RejectCode::MissingCell),
            ]
        );
        let expected = Counts { read_count: 6, accepted_count: 2, rejected_count: 4 };
        assert_eq!(chunk.counts, expected);
    }

    #[test]
    fn many_rows_are_several_batches() {
        let text = "1,\n".repeat(BATCH_LEN + 1);
        let chunk = parse_chunk(&resource(), text.as_bytes(), 2).unwrap();
        let lens: Vec<_> = chunk.batches.iter().map(RecordBatch::num_rows).collect();
        assert_eq!(lens, [BATCH_LEN, 1]);
        assert_eq!(chunk.batches[1].column(0).len(), 1);
    }

    proptest! {
        #[test]
        fn the_books_always_balance(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            let chunk = parse_chunk(&resource(), &bytes, 2).unwrap();
            let Counts { read_count, accepted_count, rejected_count } = chunk.counts;
            prop_assert_eq!(read_count, accepted_count + rejected_count);
            prop_assert_eq!(row_numbers(&chunk).len() as u64, accepted_count);
            let mut rejected: Vec<_> = chunk.rejects.iter().map(|r| r.row_number).collect();
            prop_assert!(rejected.is_sorted());
            rejected.dedup();
            prop_assert_eq!(rejected.len() as u64, rejected_count);
        }
    }
}
