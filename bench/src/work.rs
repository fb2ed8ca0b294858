//! The parts of the work, as the steps do them.

use std::collections::BTreeMap;
use std::io;

use arrow_array::cast::AsArray;
use arrow_array::{ArrayRef, Int64Array, RecordBatch};
use arrow_schema::ArrowError;
use bytes::Bytes;
use enrich::{EnrichError, EnrichedBatch, Enricher, Lookup, PartWriter, Source};
use parse::{ChunkError, ChunkParser, ForeignKeys};
use shared::contract::{Aggregate, Column, Contract, Join};
use shared::group::{GROUP_MEMORY, GroupBy, GroupError};
use shared::header::Layout;
use shared::message::Chunk;
use shared::reference::{REFERENCE_MEMORY, ReferenceError, ReferenceTable, Wanted};
use shared::salt::Hashers;
use shared::table::Position;
use validate::{Hasher, Scan, ScanError, Scanned};

/// Bytes that are read at a time: they stay in the cache of a core until they are worked on.
pub const PIECE_LEN: usize = 256 << 10;

/// Work that was not done.
#[derive(Debug, thiserror::Error)]
pub enum WorkError {
    /// A file cannot be read or written.
    #[error("cannot read or write a file")]
    File(#[from] io::Error),
    /// The file would be refused.
    #[error("cannot scan the file")]
    Scan(#[from] ScanError),
    /// A bug.
    #[error("cannot parse a chunk")]
    Parse(#[from] ChunkError),
    /// A bug.
    #[error("cannot enrich a chunk")]
    Arrow(#[from] ArrowError),
    /// A reference table is not as the contract says.
    #[error("cannot read a reference table")]
    Reference(#[from] ReferenceError),
    /// A bug.
    #[error("cannot write a part")]
    Enrich(#[from] EnrichError),
    /// Sums that are too large.
    #[error("cannot aggregate a chunk")]
    Group(#[from] GroupError),
}

/// Scans a file that arrives in `pieces`, for chunks of about `chunk_bytes`; what was found, and the
/// SHA-256 in hexadecimal.
///
/// # Errors
/// [`WorkError::File`] and [`WorkError::Scan`].
pub fn scan(
    contract: &Contract,
    chunk_bytes: u64,
    mut hasher: Hasher,
    pieces: impl IntoIterator<Item = io::Result<Bytes>>,
) -> Result<(Scanned, String), WorkError> {
    let mut scan = Scan::new(contract, chunk_bytes);
    for piece in pieces {
        let piece = piece?;
        hasher.push(&piece);
        for piece in scan.pieces(&piece) {
            scan.push(piece)?;
        }
    }
    Ok((scan.finish()?, hasher.finish()))
}

/// The pieces of a text that is in memory.
pub fn pieces(text: String) -> impl Iterator<Item = io::Result<Bytes>> {
    let mut rest = Bytes::from(text);
    std::iter::from_fn(move || {
        let piece = rest.split_to(rest.len().min(PIECE_LEN));
        (!piece.is_empty()).then_some(Ok(piece))
    })
}

/// A parser of the text of a chunk, without keys of the whole file.
pub fn parser<'a>(
    contract: &'a Contract,
    layout: &'a Layout,
    chunk: Chunk,
    foreign_keys: &'a ForeignKeys,
) -> ChunkParser<'a> {
    let first = Position { row_number: chunk.first_row, line_number: chunk.first_line };
    ChunkParser::new(contract, layout, first, foreign_keys)
}

/// Parses the text of a chunk to its accepted rows. Keys of reference tables are not looked up.
///
/// # Errors
/// [`WorkError::Parse`].
pub fn parse(
    contract: &Contract,
    layout: &Layout,
    chunk: Chunk,
    text: &str,
) -> Result<Vec<RecordBatch>, WorkError> {
    let foreign_keys = ForeignKeys::default();
    let mut parser = parser(contract, layout, chunk, &foreign_keys);
    let mut rows = Vec::new();
    for piece in text.as_bytes().chunks(PIECE_LEN) {
        rows.extend(parser.push(piece)?);
    }
    rows.extend(parser.finish()?);
    Ok(rows.into_iter().map(|rows| rows.batch).collect())
}

/// The reference tables with these texts, by the names of their resources.
///
/// # Errors
/// [`WorkError::Reference`].
pub fn tables<'c>(
    contract: &'c Contract,
    texts: &BTreeMap<&str, String>,
) -> Result<Vec<(ReferenceTable, Vec<&'c Join>)>, WorkError> {
    let mut tables = Vec::new();
    for (at, resource) in contract.references.iter().enumerate() {
        let Some(text) = texts.get(resource.name.as_str()) else { continue };
        let joins = contract.joins.iter();
        let joins = joins.filter(|join| join.reference == at && join.is_looked_up());
        let joins: Vec<&Join> = joins.collect();
        let wanted = Wanted::of(joins.iter().copied());
        let text = text.clone().into();
        let table = ReferenceTable::read(resource, &wanted, REFERENCE_MEMORY, &text)?;
        tables.push((table, joins));
    }
    Ok(tables)
}

/// What adds columns to parsed rows: those of these reference tables, and computed ones.
///
/// # Errors
/// [`WorkError::Reference`].
pub fn enricher(
    contract: &Contract,
    tables: &[(ReferenceTable, Vec<&Join>)],
) -> Result<Enricher, WorkError> {
    let mut lookups = Vec::new();
    for (table, joins) in tables {
        lookups.extend(Lookup::all(joins.iter().copied(), table)?);
    }
    Ok(Enricher::new(contract.clone(), lookups, Source::default(), Hashers::default()))
}

/// Adds columns to parsed rows.
///
/// # Errors
/// [`WorkError::Arrow`].
pub fn enrich(enricher: &Enricher, parsed: &RecordBatch) -> Result<RecordBatch, WorkError> {
    Ok(enricher.enrich(parsed)?.rows)
}

/// A Parquet file of enriched rows that is written as it is made.
#[derive(Debug)]
pub struct Part<W> {
    writer: PartWriter,
    output: W,
}

impl<W: io::Write> Part<W> {
    /// Of the rows of `enricher`, to be written to `output`.
    pub fn new(enricher: &Enricher, output: W) -> Self {
        Part { writer: PartWriter::new(enricher.schema()), output }
    }

    /// Takes more rows.
    ///
    /// # Errors
    /// [`WorkError::Enrich`] and [`WorkError::File`].
    pub fn write(&mut self, rows: &RecordBatch) -> Result<(), WorkError> {
        let ready = self.writer.write(rows).map_err(EnrichError::from)?;
        Ok(self.output.write_all(&ready)?)
    }

    /// Ends the file and gives its output.
    ///
    /// # Errors
    /// As [`write`](Self::write).
    pub fn finish(mut self) -> Result<W, WorkError> {
        let rest = self.writer.finish().map_err(EnrichError::from)?;
        if let Some((rest, _)) = rest {
            self.output.write_all(&rest)?;
        }
        Ok(self.output)
    }
}

/// Aggregates enriched rows to partial results.
///
/// # Errors
/// [`WorkError::Group`].
pub fn group(
    aggregate: &Aggregate,
    columns: &[Column],
    batches: &[RecordBatch],
) -> Result<Vec<u8>, WorkError> {
    let mut groups = GroupBy::new(aggregate, columns, GROUP_MEMORY)?;
    let mut numbers = 2..;
    for batch in batches {
        let row_numbers = numbers.by_ref().take(batch.num_rows());
        groups.push(batch.columns(), &Int64Array::from_iter_values(row_numbers))?;
    }
    Ok(groups.to_partial()?)
}

/// Aggregates rows, by all that aggregates are made of, to results.
///
/// # Errors
/// [`WorkError::Group`].
pub fn results(
    aggregate: &Aggregate,
    columns: &[Column],
    batches: &[(Vec<ArrayRef>, ArrayRef)],
) -> Result<RecordBatch, WorkError> {
    let mut groups = GroupBy::new(aggregate, columns, GROUP_MEMORY)?;
    for (batch, row_numbers) in batches {
        groups.push(batch, row_numbers.as_primitive())?;
    }
    Ok(groups.finish()?)
}

/// All that aggregates are made of, of parsed rows, and the numbers of these.
///
/// # Errors
/// [`WorkError::Arrow`].
pub fn measured(
    enricher: &Enricher,
    parsed: &RecordBatch,
) -> Result<(Vec<ArrayRef>, ArrayRef), WorkError> {
    let EnrichedBatch { row_numbers, measured, .. } = enricher.enrich(parsed)?;
    Ok((measured, row_numbers))
}

/// The columns of a parsed batch that are fields of the contract, by name.
pub fn fields(parsed: &RecordBatch) -> impl Iterator<Item = (String, &ArrayRef)> {
    // Row number and line number come first.
    named(parsed).skip(2)
}

/// The columns of a batch by name.
pub fn named(batch: &RecordBatch) -> impl Iterator<Item = (String, &ArrayRef)> {
    let schema = batch.schema();
    let names = schema.fields().iter().map(|field| field.name().clone()).collect::<Vec<_>>();
    names.into_iter().zip(batch.columns())
}
