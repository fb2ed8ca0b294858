//! The parts of the work, as the steps do them.

use std::collections::BTreeMap;

use arrow_array::{ArrayRef, RecordBatch};
use arrow_schema::ArrowError;
use bytes::Bytes;
use enrich::{EnrichError, Enricher, PartWriter};
use parse::{ChunkError, ForeignKeys, ParsedChunk, parse_chunk};
use shared::contract::{Aggregate, Column, Contract};
use shared::group::{GroupBy, GroupError};
use shared::header::Layout;
use shared::message::Chunk;
use shared::reference::{ReferenceError, ReferenceTable};
use shared::table::Position;
use validate::{Scan, ScanError, Scanned};

/// Work that was not done.
#[derive(Debug, thiserror::Error)]
pub enum WorkError {
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
    /// A bug, or a reference table whose keys are not unique.
    #[error("cannot enrich a chunk")]
    Enrich(#[from] EnrichError),
    /// Sums that are too large.
    #[error("cannot aggregate a chunk")]
    Group(#[from] GroupError),
}

/// Scans a file that arrives in `pieces`, for chunks of about `chunk_bytes`.
///
/// # Errors
/// [`WorkError::Scan`].
pub fn scan<'p>(
    contract: &Contract,
    chunk_bytes: u64,
    pieces: impl IntoIterator<Item = &'p [u8]>,
) -> Result<Scanned, WorkError> {
    let mut scanner = Scanner::new(contract, chunk_bytes);
    for piece in pieces {
        scanner.push(piece)?;
    }
    scanner.finish()
}

/// A scan for which bytes arrive one piece after the other.
#[derive(Debug)]
pub struct Scanner<'a>(Scan<'a>);

impl<'a> Scanner<'a> {
    /// A scan for chunks of about `chunk_bytes`.
    pub fn new(contract: &'a Contract, chunk_bytes: u64) -> Self {
        Scanner(Scan::new(contract, chunk_bytes))
    }

    /// Takes the next bytes.
    ///
    /// # Errors
    /// [`WorkError::Scan`].
    pub fn push(&mut self, piece: &[u8]) -> Result<(), WorkError> {
        self.0.push(piece)?;
        Ok(())
    }

    /// Ends the file.
    ///
    /// # Errors
    /// [`WorkError::Scan`].
    pub fn finish(self) -> Result<Scanned, WorkError> {
        Ok(self.0.finish()?)
    }
}

/// Parses the text of a chunk. Keys of reference tables are not looked up.
///
/// # Errors
/// [`WorkError::Parse`].
pub fn parse(
    contract: &Contract,
    layout: &Layout,
    chunk: Chunk,
    text: &[u8],
) -> Result<ParsedChunk, WorkError> {
    let first = Position { row_number: chunk.first_row, line_number: chunk.first_line };
    Ok(parse_chunk(contract, layout, text, first, &[], &ForeignKeys::default())?)
}

/// Reads the reference tables of `contract` by the names of their resources.
///
/// # Errors
/// [`WorkError::Reference`].
pub fn references(
    contract: &Contract,
    texts: &BTreeMap<&str, Vec<u8>>,
) -> Result<BTreeMap<usize, ReferenceTable>, WorkError> {
    let resources = contract.references.iter().enumerate();
    resources
        .filter_map(|(at, resource)| Some((at, resource, texts.get(resource.name.as_str())?)))
        .map(|(at, resource, text)| Ok((at, ReferenceTable::read(resource, text)?)))
        .collect()
}

/// What adds columns to parsed rows.
///
/// # Errors
/// [`WorkError::Enrich`].
pub fn enricher<'a>(
    contract: &'a Contract,
    references: &'a BTreeMap<usize, ReferenceTable>,
) -> Result<Enricher<'a>, WorkError> {
    Ok(Enricher::new(contract, references)?)
}

/// Adds columns to parsed rows.
///
/// # Errors
/// [`WorkError::Arrow`].
pub fn enrich(enricher: &Enricher<'_>, parsed: &RecordBatch) -> Result<RecordBatch, WorkError> {
    Ok(enricher.enrich(parsed)?.rows)
}

/// Writes enriched rows as a Parquet file.
///
/// # Errors
/// [`WorkError::Enrich`].
pub fn encode(enricher: &Enricher<'_>, batches: &[RecordBatch]) -> Result<Bytes, WorkError> {
    let mut part = PartWriter::new(enricher.schema()).map_err(EnrichError::from)?;
    for batch in batches {
        part.write(batch).map_err(EnrichError::from)?;
    }
    let part = part.finish().map_err(EnrichError::from)?;
    Ok(part.map(|(bytes, _)| bytes).unwrap_or_default())
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
    let mut groups = GroupBy::new(aggregate, columns)?;
    for batch in batches {
        groups.push(batch.columns(), batch.num_rows())?;
    }
    Ok(groups.to_partial()?)
}

/// The columns of a parsed batch that are fields of the contract, by name.
pub fn fields(parsed: &RecordBatch) -> impl Iterator<Item = (String, &ArrayRef)> {
    // Row number and line number come first.
    let fields = parsed.schema();
    let names = fields.fields().iter().map(|field| field.name().clone()).collect::<Vec<_>>();
    names.into_iter().zip(parsed.columns()).skip(2)
}
