//! The records of a chunk to typed rows.

use std::sync::Arc;

use arrow_array::{ArrayRef, Int64Array, RecordBatch};
use arrow_schema::{ArrowError, DataType, Field, Schema as ArrowSchema, SchemaRef};
use arrow_select::filter::filter_record_batch;
use shared::contract::{Contract, Drift, EXTRA_COLUMNS};
use shared::fault::{FaultLog, Faults, LogError, merge};
use shared::header::Layout;
use shared::message::Counts;
use shared::rows::RowReader;
use shared::table::{Position, Rows, TableBuilder};

use crate::foreign_keys::ForeignKeys;

/// Rows of a batch.
const BATCH_LEN: usize = 16_384;

/// What became of the records of a chunk.
#[derive(Debug, Clone)]
pub struct ParsedChunk {
    /// Row number and line number in the first columns, then the fields of the schema, then new
    /// columns where they are kept.
    pub schema: SchemaRef,
    /// The accepted rows, in order.
    pub batches: Vec<RecordBatch>,
    /// The faults of the other rows, in order.
    pub faults: FaultLog,
    /// The books.
    pub counts: Counts,
}

/// A chunk that cannot be parsed: never for what it holds.
#[derive(Debug, thiserror::Error)]
pub enum ChunkError {
    /// A bug.
    #[error("cannot build the columns")]
    Arrow(#[from] ArrowError),
    /// What `Validate` left behind cannot be read.
    #[error("cannot read the faults of keys")]
    Log(#[from] LogError),
}

/// Parses `text`, whole records of a file of `contract` and that layout; the first of them stands at
/// `first`. `key_faults` is what the whole file shows to be wrong with its keys.
///
/// # Errors
/// Never for the data; a [`ChunkError`] would be a bug.
pub fn parse_chunk(
    contract: &Contract,
    layout: &Layout,
    text: &[u8],
    first: Position,
    key_faults: &[u8],
    foreign_keys: &ForeignKeys,
) -> Result<ParsedChunk, ChunkError> {
    let input = &contract.input;
    let mut parser = Parser {
        foreign_keys,
        key_faults: Faults::new(key_faults).collect::<Result<Vec<_>, _>>()?.into_iter().peekable(),
        missing_keys: FaultLog::default(),
        chunk: ParsedChunk {
            schema: row_schema(contract),
            batches: Vec::new(),
            faults: FaultLog::default(),
            counts: Counts::default(),
        },
    };
    let mut cell_faults = FaultLog::default();
    let mut rows = RowReader::new(&input.dialect, layout, text, first);
    let mut builder = TableBuilder::new(&input.schema, layout, contract.drift);
    while let Some(row) = rows.read() {
        builder.push(row.position, row.record, &mut cell_faults);
        if builder.len() == BATCH_LEN {
            parser.push(builder.finish())?;
        }
    }
    parser.push(builder.finish())?;
    let Parser { mut chunk, missing_keys, .. } = parser;
    let known = merge(cell_faults.faults(), Faults::new(key_faults));
    for fault in merge(known, missing_keys.faults()) {
        chunk.faults.push(&fault?);
    }
    Ok(chunk)
}

/// Row number and line number, then the fields.
fn row_schema(contract: &Contract) -> SchemaRef {
    let number = |name| Field::new(name, DataType::Int64, false);
    let fields = contract.input.schema.fields.iter();
    let fields = fields.map(|field| Field::new(&field.name, field.field_type.data_type(), true));
    let extra =
        (contract.drift == Drift::Extend).then(|| Field::new(EXTRA_COLUMNS, DataType::Utf8, true));
    let numbers = [number("row_number"), number("line_number")];
    Arc::new(ArrowSchema::new(numbers.into_iter().chain(fields).chain(extra).collect::<Vec<_>>()))
}

/// Takes the rows batch by batch.
struct Parser<'a, I: Iterator<Item = shared::fault::Fault<'a>>> {
    foreign_keys: &'a ForeignKeys,
    key_faults: std::iter::Peekable<I>,
    /// The faults of foreign keys.
    missing_keys: FaultLog,
    chunk: ParsedChunk,
}

impl<'a, I: Iterator<Item = shared::fault::Fault<'a>>> Parser<'a, I> {
    fn push(&mut self, mut rows: Rows) -> Result<(), ArrowError> {
        self.reject_keys(&mut rows);
        self.foreign_keys.check(&mut rows, &mut self.missing_keys)?;
        let read_count = rows.accepted.len() as u64;
        let batch = accepted(&self.chunk.schema, rows)?;
        let accepted_count = batch.num_rows() as u64;
        let counts = &mut self.chunk.counts;
        counts.read_count += read_count;
        counts.accepted_count += accepted_count;
        counts.rejected_count += read_count - accepted_count;
        if accepted_count > 0 {
            self.chunk.batches.push(batch);
        }
        Ok(())
    }

    /// Masks the rows whose keys an earlier row has.
    fn reject_keys(&mut self, rows: &mut Rows) {
        let Some(last) = rows.positions.last().map(|position| position.row_number) else { return };
        while let Some(fault) = self.key_faults.next_if(|fault| fault.row_number <= last) {
            let at = rows.positions.binary_search_by_key(&fault.row_number, |p| p.row_number);
            if let Some(accepted) = at.ok().and_then(|at| rows.accepted.get_mut(at)) {
                *accepted = false;
            }
        }
    }
}

fn accepted(schema: &SchemaRef, rows: Rows) -> Result<RecordBatch, ArrowError> {
    let numbers = |of: fn(&Position) -> u64| -> ArrayRef {
        let numbers = rows.positions.iter().map(of);
        Arc::new(
            numbers.map(|number| i64::try_from(number).unwrap_or(i64::MAX)).collect::<Int64Array>(),
        )
    };
    let mask = rows.mask();
    let numbers =
        [numbers(|position| position.row_number), numbers(|position| position.line_number)];
    let arrays = numbers.into_iter().chain(rows.columns).collect();
    let batch = RecordBatch::try_new(Arc::clone(schema), arrays)?;
    if mask.true_count() == mask.len() {
        return Ok(batch);
    }
    filter_record_batch(&batch, &mask)
}

#[cfg(test)]
mod tests;
