//! I/O around the enricher: a parsed chunk in, a part, rejects, partial aggregates and books out.
//!
//! Invariant: rows are read and written as they come, so that memory does not grow with the chunk.

use arrow_ipc::reader::StreamDecoder;
use futures_util::{StreamExt, pin_mut};
use lambda_runtime::tracing::info;
use shared::job::{Enriched, Parsed, Part, Work, part_path, read_json, table_prefix, write_json};
use shared::message::{ChunkTask, Counts, Done};
use shared::salt::Salts;
use shared::store::{Object, Store, Upload};

use crate::error::EnrichError;
use crate::output::{Output, Written};
use crate::prepared::{Kept, Prepared};

/// Enriches one chunk; `salts` are those of the deployment, `kept` is kept by the process.
///
/// # Errors
/// [`EnrichError`], never for what the rows hold.
pub async fn handle(
    task: ChunkTask,
    store: &impl Store,
    salts: &Salts,
    kept: &Kept,
) -> Result<Done, EnrichError> {
    let ChunkTask { execution, chunk } = task;
    let index = chunk.index;
    let work = Work { execution: &execution };
    let prepared = kept.prepared(work, store, salts).await?;
    let Prepared { file, digest, enricher } = &*prepared;
    let parsed: Parsed = read_json(store, work.parsed(index)).await?;

    let path = part_path(file, digest, &execution, index);
    let part_key = format!("{}/{path}", table_prefix(&file.dataset));
    let mut output = Output::new(enricher, store, &part_key, &work.enrich_faults(index))?;
    enrich_rows(&work.parsed_rows(index), store, &mut output).await?;
    let (said, found) = (parsed.counts.accepted_count, output.read_count());
    if said != found {
        return Err(EnrichError::RowCount { said, found });
    }
    let Written { part, groups, rejected_count } = output.finish().await?;
    let mut partial_lens = Vec::new();
    for (aggregate, groups) in enricher.contract().aggregates.iter().zip(groups) {
        let partial = groups.to_partial()?;
        partial_lens.push(partial.len() as u64);
        store.write(&work.partial(index, &aggregate.name), partial.into()).await?;
    }
    let part = part.map(|(byte_len, stats)| Part { path, byte_len, stats });
    let accepted_count = part.as_ref().map_or(0, |part| part.stats.record_count);
    let counts = Counts { read_count: found, accepted_count, rejected_count };
    info!(execution, index, read_count = found, accepted_count, rejected_count, "enriched");
    write_json(store, work.enriched(index), &Enriched { counts, part, partial_lens }).await?;
    Ok(Done {})
}

/// Enriches the rows of an Arrow IPC stream, compressed with zstd or not, as they arrive.
async fn enrich_rows<U: Upload>(
    key: &str,
    store: &impl Store<Upload = U>,
    output: &mut Output<'_, U>,
) -> Result<(), EnrichError> {
    let object = Object::output(key);
    let pieces = store.read(&object, None);
    pin_mut!(pieces);
    let mut decoder = StreamDecoder::new();
    while let Some(piece) = pieces.next().await {
        let mut piece = piece?.into();
        while let Some(batch) = decoder.decode(&mut piece)? {
            output.push(&batch).await?;
        }
    }
    Ok(decoder.finish()?)
}

#[cfg(test)]
mod tests;
