//! I/O around the putting together: what the chunks left behind in, what `Settle` needs out.

use std::collections::BTreeMap;

use futures_util::{StreamExt, TryStreamExt, stream};
use lambda_runtime::tracing::info;
use shared::contract::Contract;
use shared::group::GroupBy;
use shared::job::{Enriched, Job, Parsed, Part, Summary, Work, read_json, write_json};
use shared::message::{AggregateTask, Aggregated, Chunk};
use shared::reject::{self, Reject};
use shared::store::{Object, Store, StoreError, read_whole};

use crate::books::{ChunkBooks, balance};
use crate::error::AggregateError;
use crate::output::{to_csv, to_parquet};
use crate::verdict::verdict;

/// Objects read at a time.
const CONCURRENCY: usize = 16;

/// Bytes that the rejects or the partial results of a chunk may have.
const CHUNK_LIMIT: u64 = 1 << 30;

/// Puts the chunks of a file together.
///
/// # Errors
/// [`AggregateError`].
pub async fn handle(task: AggregateTask, store: &impl Store) -> Result<Aggregated, AggregateError> {
    let work = Work { execution: &task.execution };
    let job: Job = read_json(store, work.job()).await?;
    let contract = job.contract()?;
    let plan: Vec<Chunk> = read_json(store, work.plan()).await?;
    let chunks: Vec<ChunkResults> = stream::iter(plan)
        .map(|chunk| read_chunk(work, chunk, store))
        .buffered(CONCURRENCY)
        .try_collect()
        .await?;
    let books: Vec<ChunkBooks> = chunks.iter().map(|chunk| chunk.books).collect();
    let counts = balance(job.record_count, &books)?;
    let chunk_count = chunks.len();
    let (verdict, reason) = verdict(counts, contract.rejected_fraction);
    let summary = Summary {
        counts,
        rejects_by_code: count_codes(&chunks),
        rejects: write_rejects(&task.execution, &job, &chunks, store).await?,
        parts: chunks.into_iter().filter_map(|chunk| chunk.part).collect(),
        aggregates: contract.aggregates.iter().map(|aggregate| aggregate.name.clone()).collect(),
    };
    write_json(store, work.summary(), &summary).await?;
    write_aggregates(work, &contract, chunk_count, store).await?;
    info!(task.execution, reason, "aggregated");
    Ok(Aggregated { verdict, reason, counts })
}

/// What a chunk left behind.
struct ChunkResults {
    books: ChunkBooks,
    part: Option<Part>,
    /// In the order of the rows.
    rejects: Vec<Reject>,
}

async fn read_chunk(
    work: Work<'_>,
    chunk: Chunk,
    store: &impl Store,
) -> Result<ChunkResults, AggregateError> {
    let parsed: Parsed = read_json(store, work.parsed(chunk.index)).await?;
    let enriched: Enriched = read_json(store, work.enriched(chunk.index)).await?;
    let mut rejects = Vec::new();
    if parsed.counts.rejected_count > 0 {
        rejects.extend(read_rejects(work.parse_rejects(chunk.index), store).await?);
    }
    if enriched.counts.rejected_count > 0 {
        rejects.extend(read_rejects(work.enrich_rejects(chunk.index), store).await?);
    }
    rejects.sort_by_key(|reject| reject.row_number);
    let books = ChunkBooks {
        chunk,
        parsed: parsed.counts,
        enriched: enriched.counts,
        rejected_rows: count_rows(&rejects),
        part_rows: enriched.part.as_ref().map_or(0, |part| part.stats.record_count),
    };
    Ok(ChunkResults { books, part: enriched.part, rejects })
}

async fn read_rejects(key: String, store: &impl Store) -> Result<Vec<Reject>, AggregateError> {
    let bytes = read_whole(store, &Object::output(key), None, CHUNK_LIMIT).await?;
    Ok(reject::read_csv(&bytes)?)
}

/// Number of rows among rejects that are in the order of the rows.
fn count_rows(rejects: &[Reject]) -> u64 {
    rejects.chunk_by(|a, b| a.row_number == b.row_number).count() as u64
}

fn count_codes(chunks: &[ChunkResults]) -> BTreeMap<String, u64> {
    let mut counts = BTreeMap::new();
    for reject in chunks.iter().flat_map(|chunk| &chunk.rejects) {
        *counts.entry(reject.code.as_str().to_owned()).or_insert(0) += 1;
    }
    counts
}

/// Writes the reject file and gives its key; none if nothing was rejected.
async fn write_rejects(
    execution: &str,
    job: &Job,
    chunks: &[ChunkResults],
    store: &impl Store,
) -> Result<Option<String>, AggregateError> {
    if chunks.iter().all(|chunk| chunk.rejects.is_empty()) {
        return Ok(None);
    }
    let key = format!("rejects/{}/{execution}.csv", job.file.dataset);
    let rejects = chunks.iter().flat_map(|chunk| &chunk.rejects);
    store.write(&key, reject::write_csv(rejects)?.into()).await?;
    Ok(Some(key))
}

/// Merges each aggregate over all chunks and keeps it until the file is settled.
async fn write_aggregates(
    work: Work<'_>,
    contract: &Contract,
    chunk_count: usize,
    store: &impl Store,
) -> Result<(), AggregateError> {
    let columns = contract.columns();
    for aggregate in &contract.aggregates {
        let mut groups = GroupBy::new(aggregate, &columns)?;
        let mut partials = stream::iter(0..chunk_count)
            .map(|index| read_partial(work.partial(index, &aggregate.name), store))
            .buffered(CONCURRENCY);
        while let Some(partial) = partials.try_next().await? {
            groups.merge(&partial)?;
        }
        let rows = groups.finish()?;
        store.write(&work.aggregate(&aggregate.name, "csv"), to_csv(&rows)?.into()).await?;
        store.write(&work.aggregate(&aggregate.name, "parquet"), to_parquet(&rows)?.into()).await?;
    }
    Ok(())
}

async fn read_partial(key: String, store: &impl Store) -> Result<bytes::Bytes, StoreError> {
    read_whole(store, &Object::output(key), None, CHUNK_LIMIT).await
}
