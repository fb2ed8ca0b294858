//! I/O around the putting together: what the chunks left behind in, what `Settle` needs out.

use bytes::Bytes;
use futures_util::{StreamExt, TryStreamExt, stream};
use lambda_runtime::tracing::info;
use shared::completeness::ControlSum;
use shared::contract::Contract;
use shared::fault::Refused;
use shared::group::{GROUP_MEMORY, GroupBy, GroupError};
use shared::job::{Enriched, Job, Parsed, Summary, Work, WorkError, read_json, write_json};
use shared::message::{AggregateTask, Aggregated, Chunk, Counts, Verdict};
use shared::store::{Object, Store, StoreError, read_whole};

use crate::books::{ChunkBooks, balance};
use crate::error::AggregateError;
use crate::output::{to_csv, to_parquet};
use crate::rejects::{OpenChunk, RejectFiles, RejectsWritten, returned};
use crate::summary::{part_json, write_summary};
use crate::totals::{Doubt, doubts};
use crate::verdict::verdict;

/// Objects read at a time.
const CONCURRENCY: usize = 16;

/// Chunks that are open while the one before them is written.
const AHEAD: usize = 2;

/// Bytes that the partial results of a chunk may have.
const CHUNK_LIMIT: u64 = 1 << 30;

/// Bytes of partial results that are read ahead, if those of a chunk are fewer.
const AHEAD_LIMIT: u64 = 256 << 20;

/// Puts the chunks of a file together.
///
/// # Errors
/// [`AggregateError`].
pub async fn handle(task: AggregateTask, store: &impl Store) -> Result<Aggregated, AggregateError> {
    let work = Work { execution: &task.execution };
    let job: Job = read_json(store, work.job()).await?;
    let contract = job.contract()?;
    let plan: Vec<Chunk> = read_json(store, work.plan()).await?;
    let text_len = plan.iter().map(Chunk::byte_len).sum();
    let chunks: Vec<ChunkResults> = stream::iter(plan)
        .map(|chunk| read_chunk(work, chunk, store))
        .buffered(CONCURRENCY)
        .try_collect()
        .await?;
    let partial_lens: Vec<Vec<u64>> =
        chunks.iter().map(|chunk| chunk.partial_lens.clone()).collect();
    let counts = counts(&job, &chunks);
    let doubts = compare_totals(&job, &contract, work, &chunks, store).await?;
    let (verdict, reason) = match doubts.first() {
        Some(doubt) => (Verdict::Quarantine, doubt.to_string()),
        None => verdict(counts, contract.rejected_fraction),
    };
    let mut files = None;
    if counts.rejected_count > 0 {
        let rejected = chunks.iter().filter(|chunk| chunk.books.rejected_count() > 0);
        let rejected_len = rejected.map(|chunk| chunk.books.chunk.byte_len()).sum();
        // Corrections have no totals: a file of which something is missing is sent again as a whole.
        let returned = returned(verdict, text_len, rejected_len).filter(|_| doubts.is_empty());
        files = Some(RejectFiles::begin(&job, &contract, work, returned, store).await?);
    }
    let (books, parts) = write_chunks(&job, work, chunks, files.as_mut(), store).await?;
    let counts = balance(job.record_count, &books)?;
    let written = match files {
        None => RejectsWritten::default(),
        Some(files) => files.finish().await?,
    };
    let summary = Summary {
        counts,
        rejects_by_code: written.codes,
        rejects: written.rejects,
        corrections: written.corrections,
        parts: Vec::new(),
        aggregates: contract.aggregates.iter().map(|aggregate| aggregate.name.clone()).collect(),
    };
    write_summary(store, &work.summary(), &summary, parts).await?;
    write_aggregates(work, &contract, &partial_lens, store).await?;
    info!(task.execution, reason, "aggregated");
    Ok(Aggregated { verdict, reason, counts })
}

/// The books of the file as the steps kept them, before they are held against what is stored.
fn counts(job: &Job, chunks: &[ChunkResults]) -> Counts {
    let rejected_count = chunks.iter().map(|chunk| chunk.books.rejected_count()).sum();
    let read_count = job.record_count;
    Counts { read_count, accepted_count: read_count.saturating_sub(rejected_count), rejected_count }
}

/// The totals that are not known to be right, which the report is to have.
async fn compare_totals(
    job: &Job,
    contract: &Contract,
    work: Work<'_>,
    chunks: &[ChunkResults],
    store: &impl Store,
) -> Result<Vec<Doubt>, WorkError> {
    let sums: Vec<_> = chunks.iter().map(|chunk| chunk.totals.clone()).collect();
    let doubts = doubts(contract, &job.totals, &sums);
    if !doubts.is_empty() {
        let faults = doubts.iter().map(Doubt::fault).collect();
        write_json(store, work.refused(), &Refused { faults, draft: None }).await?;
    }
    Ok(doubts)
}

/// Writes what is wrong with each chunk, and gives its books and parts.
async fn write_chunks<S: Store>(
    job: &Job,
    work: Work<'_>,
    chunks: Vec<ChunkResults>,
    files: Option<&mut RejectFiles<'_, S>>,
    store: &S,
) -> Result<(Vec<ChunkBooks>, Vec<Bytes>), AggregateError> {
    let (mut books, parts): (Vec<_>, Vec<_>) =
        chunks.into_iter().map(|chunk| (chunk.books, chunk.part)).unzip();
    if let Some(files) = files {
        let which = files.which();
        let mut opened = stream::iter(books.clone())
            .map(|books| OpenChunk::open(job, work, books, which, store))
            .buffered(AHEAD);
        let mut rejected_rows = Vec::new();
        while let Some(chunk) = opened.try_next().await? {
            rejected_rows.push(files.add(chunk).await?);
        }
        for (books, rejected_rows) in books.iter_mut().zip(rejected_rows) {
            books.rejected_rows = rejected_rows;
        }
    }
    Ok((books, parts.into_iter().flatten().collect()))
}

/// What a chunk left behind, but for its faults.
struct ChunkResults {
    /// Without the rows in the reject files, which are still to be written.
    books: ChunkBooks,
    /// The part, as JSON.
    part: Option<Bytes>,
    /// Bytes of the partial results of each aggregate.
    partial_lens: Vec<u64>,
    /// The sums of the columns whose totals are declared.
    totals: Vec<ControlSum>,
}

async fn read_chunk(
    work: Work<'_>,
    chunk: Chunk,
    store: &impl Store,
) -> Result<ChunkResults, AggregateError> {
    let parsed: Parsed = read_json(store, work.parsed(chunk.index)).await?;
    let key = work.enriched(chunk.index);
    let enriched: Enriched = read_json(store, key.clone()).await?;
    let books = ChunkBooks {
        chunk,
        parsed: parsed.counts,
        enriched: enriched.counts,
        rejected_rows: 0,
        part_rows: enriched.part.as_ref().map_or(0, |part| part.stats.record_count),
    };
    let part = enriched.part.as_ref().map(part_json).transpose();
    let part = part.map_err(|source| WorkError::Json { key, source })?;
    let (partial_lens, totals) = (enriched.partial_lens, parsed.totals);
    Ok(ChunkResults { books, part, partial_lens, totals })
}

/// Merges each aggregate over all chunks and keeps it until the file is settled.
async fn write_aggregates(
    work: Work<'_>,
    contract: &Contract,
    partial_lens: &[Vec<u64>],
    store: &impl Store,
) -> Result<(), AggregateError> {
    let columns = contract.measured_columns();
    let mut room = GROUP_MEMORY;
    let mut overflow = Ok(());
    for (position, aggregate) in contract.aggregates.iter().enumerate() {
        let mut groups = GroupBy::new(aggregate, &columns, room)?;
        let lens = partial_lens.iter().filter_map(|lens| lens.get(position).copied());
        let mut partials = stream::iter(0..partial_lens.len())
            .map(|index| read_partial(work.partial(index, &aggregate.name), store))
            .buffered(ahead(lens));
        while let Some(partial) = partials.try_next().await? {
            groups.merge(&partial)?;
        }
        room -= groups.memory_size();
        let rows = match groups.finish() {
            // That groups are too large is told first, wherever it shows, for a chunk may have told it.
            Err(error @ GroupError::Overflow { .. }) => {
                overflow = overflow.and(Err(error));
                continue;
            }
            finished => finished?,
        };
        store.write(&work.aggregate(&aggregate.name, "csv"), to_csv(&rows)?.into()).await?;
        store.write(&work.aggregate(&aggregate.name, "parquet"), to_parquet(&rows)?.into()).await?;
    }
    Ok(overflow?)
}

/// How many partial results of those lengths may be read at a time.
fn ahead(lens: impl Iterator<Item = u64>) -> usize {
    let largest = lens.max().unwrap_or_default().max(1);
    usize::try_from(AHEAD_LIMIT / largest).unwrap_or(CONCURRENCY).clamp(1, CONCURRENCY)
}

async fn read_partial(key: String, store: &impl Store) -> Result<Bytes, StoreError> {
    read_whole(store, &Object::output(key), None, CHUNK_LIMIT).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_read_ahead_is_bounded() {
        for (lens, expected) in [
            (&[][..], CONCURRENCY),
            (&[0], CONCURRENCY),
            (&[16 << 20; 3], CONCURRENCY),
            (&[1, 64 << 20, 0], 4),
            (&[1 << 30], 1),
        ] {
            assert_eq!(ahead(lens.iter().copied()), expected, "{lens:?}");
        }
    }
}
