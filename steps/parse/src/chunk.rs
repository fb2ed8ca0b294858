//! The records of a chunk to typed rows.

use std::sync::Arc;

use arrow_array::{ArrayRef, Int64Array, RecordBatch};
use arrow_schema::{ArrowError, DataType, Field, Schema as ArrowSchema, SchemaRef};
use arrow_select::filter::filter_record_batch;
use shared::completeness::{ControlSum, DeclaredTotal};
use shared::contract::{Contract, Drift, EXTRA_COLUMNS};
use shared::fault::{FaultLog, LogError, merge};
use shared::header::Layout;
use shared::message::Counts;
use shared::rows::{DecodeError, RowDecoder, Rows};
use shared::table::{Position, TableBuilder, TypedRows};

use crate::foreign_keys::ForeignKeys;
use crate::key_texts::KeyTexts;
use crate::keys::KeyFaults;
use crate::totals::Totals;

/// Rows of a batch, at most.
const BATCH_LEN: usize = 16_384;

/// Bytes of text of a batch, unless its last row goes beyond them.
const BATCH_BYTES: u64 = 8 << 20;

/// Rows of a chunk, and what is wrong with others among them.
#[derive(Debug, Clone)]
pub struct ParsedRows {
    /// The accepted rows, in order: row number and line number, then the fields of the schema, then
    /// new columns where they are kept.
    pub batch: RecordBatch,
    /// The faults of the other rows, in order.
    pub faults: FaultLog,
}

/// A chunk that cannot be parsed: never for what it holds.
#[derive(Debug, thiserror::Error)]
pub enum ChunkError {
    /// Not the text that was validated.
    #[error("the text is not the one that was validated")]
    Text(#[from] DecodeError),
    /// A bug.
    #[error("cannot build the columns")]
    Arrow(#[from] ArrowError),
    /// What `Validate` left behind cannot be read.
    #[error("cannot read the faults of keys")]
    Log(#[from] LogError),
}

/// Parses whole records of a file, whose bytes may arrive in any pieces.
///
/// Invariant: what it holds does not depend on the length of the chunk.
///
/// ```
/// use parse::{ChunkParser, ForeignKeys};
/// use shared::contract::Contract;
/// use shared::header::Layout;
/// use shared::table::Position;
/// let contract = br#"{"resources": [{"name": "r", "path": "r.csv",
///     "schema": {"fields": [{"name": "n", "type": "integer"}]}}]}"#;
/// let contract = Contract::parse(contract, None).unwrap();
/// let layout = Layout::in_order(&contract.input.schema);
/// let first = Position { row_number: 2, line_number: 2 };
/// let foreign_keys = ForeignKeys::default();
/// let mut parser = ChunkParser::new(&contract, &layout, first, &foreign_keys);
/// assert!(parser.push(b"1\nx\n").unwrap().is_empty());
/// let rows = parser.finish().unwrap();
/// assert_eq!((rows[0].batch.num_rows(), rows[0].faults.row_count()), (1, 1));
/// ```
#[derive(Debug)]
pub struct ChunkParser<'a> {
    decoder: RowDecoder<'a>,
    batches: Batches<'a>,
}

/// What becomes of the rows.
#[derive(Debug)]
struct Batches<'a> {
    schema: SchemaRef,
    builder: TableBuilder<'a>,
    faults: FaultLog,
    key_faults: KeyFaults<'a>,
    foreign_keys: &'a ForeignKeys,
    key_texts: KeyTexts,
    /// Bytes of text of the rows in the builder.
    byte_len: u64,
    counts: Counts,
    totals: Totals,
    ready: Vec<ParsedRows>,
}

impl<'a> ChunkParser<'a> {
    /// A parser of records of a file of `contract` and that layout; the first of them stands at
    /// `first`.
    pub fn new(
        contract: &'a Contract,
        layout: &'a Layout,
        first: Position,
        foreign_keys: &'a ForeignKeys,
    ) -> Self {
        let input = &contract.input;
        ChunkParser {
            decoder: RowDecoder::new(&input.dialect, layout, first),
            batches: Batches {
                schema: row_schema(contract),
                builder: TableBuilder::new(&input.schema, layout, contract.drift),
                faults: FaultLog::default(),
                key_faults: KeyFaults::new(contract, layout),
                foreign_keys,
                key_texts: KeyTexts::new(foreign_keys.fields(), &input.schema, layout),
                byte_len: 0,
                counts: Counts::default(),
                totals: Totals::default(),
                ready: Vec::new(),
            },
        }
    }

    /// The same parser, which sums up the columns whose totals are `declared`, in a file of that layout.
    #[must_use]
    pub fn with_totals(mut self, declared: &[DeclaredTotal], layout: &Layout) -> Self {
        self.batches.totals = Totals::new(declared, layout);
        self
    }

    /// The columns of the batches.
    pub fn schema(&self) -> SchemaRef {
        Arc::clone(&self.batches.schema)
    }

    /// The books so far.
    pub fn counts(&self) -> Counts {
        self.batches.counts
    }

    /// The sums of the columns whose totals are declared, over all rows so far, rejected ones included.
    pub fn totals(&self) -> Vec<ControlSum> {
        self.batches.totals.sums()
    }

    /// Whether more of the log of key faults is wanted before `byte_len` more bytes, or the end.
    pub fn wants_key_faults(&self, byte_len: usize) -> bool {
        self.batches.key_faults.last_row() < self.decoder.reach(byte_len)
    }

    /// Takes the next bytes of the log of key faults: of what the whole file shows to be wrong with the
    /// keys of the chunk.
    pub fn push_key_faults(&mut self, piece: &[u8]) {
        self.batches.key_faults.push(piece);
    }

    /// The end of that log.
    ///
    /// # Errors
    /// A log that ends within a fault.
    pub fn finish_key_faults(&self) -> Result<(), ChunkError> {
        Ok(self.batches.key_faults.finish()?)
    }

    /// Takes the next bytes and gives the rows that are ready.
    ///
    /// # Errors
    /// Never for the data; a [`ChunkError`] would be a bug.
    pub fn push(&mut self, piece: &[u8]) -> Result<Vec<ParsedRows>, ChunkError> {
        self.decoder.push(piece, |rows| self.batches.push(&rows))?;
        Ok(std::mem::take(&mut self.batches.ready))
    }

    /// The end of the chunk: gives the rows that are left.
    ///
    /// # Errors
    /// As [`push`](Self::push).
    pub fn finish(&mut self) -> Result<Vec<ParsedRows>, ChunkError> {
        self.decoder.finish(|rows| self.batches.push(&rows))?;
        self.batches.key_faults.check_read()?;
        if !self.batches.builder.is_empty() {
            self.batches.close()?;
        }
        Ok(std::mem::take(&mut self.batches.ready))
    }
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

impl Batches<'_> {
    fn push(&mut self, rows: &Rows<'_>) -> Result<(), ChunkError> {
        let mut rest = rows.clone();
        while !rest.is_empty() {
            let room = self.room(&rest);
            let fitting;
            (fitting, rest) = rest.split_at(room);
            self.byte_len += fitting.byte_len();
            self.builder.push(&fitting, &mut self.faults);
            self.key_faults.read(&fitting)?;
            self.key_texts.push(&fitting);
            if self.builder.len() == BATCH_LEN || self.byte_len >= BATCH_BYTES {
                self.close()?;
            }
        }
        Ok(())
    }

    /// The number of rows, of the first of `rows`, that the batch still takes, at least one. It is as
    /// long in whatever pieces the bytes arrive, so that what is written of it is always the same.
    fn room(&self, rows: &Rows<'_>) -> usize {
        let room = BATCH_LEN - self.builder.len();
        if rows.len() <= room && self.byte_len + rows.byte_len() < BATCH_BYTES {
            return rows.len();
        }
        let mut byte_len = self.byte_len;
        let fits = |len: &u64| {
            let fits = byte_len < BATCH_BYTES;
            byte_len += len;
            fits
        };
        rows.byte_lens().take(room).take_while(fits).count()
    }

    /// Makes a batch of the rows so far.
    fn close(&mut self) -> Result<(), ChunkError> {
        self.byte_len = 0;
        let mut rows = self.builder.finish()?;
        let cell_faults = std::mem::take(&mut self.faults);
        self.totals.add(&rows.columns);
        let key_faults = self.key_faults.reject(&mut rows)?;
        let mut missing_keys = FaultLog::default();
        self.foreign_keys.check(&mut rows, &self.key_texts, &mut missing_keys)?;
        self.key_texts.clear();
        let mut faults = FaultLog::default();
        let known = merge(cell_faults.faults(), key_faults.faults());
        for fault in merge(known, missing_keys.faults()) {
            let fault = fault?;
            self.totals.note(fault.kind);
            faults.push(&fault);
        }
        let read_count = rows.accepted.len() as u64;
        let batch = accepted(&self.schema, rows)?;
        let accepted_count = batch.num_rows() as u64;
        self.counts.read_count += read_count;
        self.counts.accepted_count += accepted_count;
        self.counts.rejected_count += read_count - accepted_count;
        self.ready.push(ParsedRows { batch, faults });
        Ok(())
    }
}

fn accepted(schema: &SchemaRef, rows: TypedRows) -> Result<RecordBatch, ArrowError> {
    let numbers = |of: fn(&Position) -> u64| -> ArrayRef {
        // No file has as many rows as that sign would matter.
        let numbers = rows.positions.iter().map(|position| of(position).cast_signed());
        Arc::new(Int64Array::from(numbers.collect::<Vec<_>>()))
    };
    let mask = rows.accepted.contains(&false).then(|| rows.mask());
    let numbers =
        [numbers(|position| position.row_number), numbers(|position| position.line_number)];
    let arrays = numbers.into_iter().chain(rows.columns).collect();
    let batch = RecordBatch::try_new(Arc::clone(schema), arrays)?;
    mask.map_or(Ok(batch.clone()), |mask| filter_record_batch(&batch, &mask))
}

#[cfg(test)]
mod tests;
