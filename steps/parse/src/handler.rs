//! I/O around the parse: a range of the file in, columns, rejects and books out.

use std::io::Cursor;

use arrow_ipc::writer::FileWriter;
use arrow_schema::ArrowError;
use bytes::Bytes;
use lambda_runtime::tracing::info;
use shared::job::{Job, Parsed, Work, read_json, write_json};
use shared::message::{Chunk, ChunkTask, Counts, Done};
use shared::reject;
use shared::store::{Store, read_whole};

use crate::chunk::{ParsedChunk, parse_chunk};
use crate::error::ParseError;

/// Parses one chunk.
///
/// # Errors
/// [`ParseError`], never for what the chunk holds.
pub async fn handle(task: ChunkTask, store: &impl Store) -> Result<Done, ParseError> {
    let ChunkTask { execution, chunk } = task;
    let work = Work { execution: &execution };
    let job: Job = read_json(store, work.job()).await?;
    let contract = job.contract()?;
    let Chunk { index, start, end, .. } = chunk;
    let bytes = read_whole(store, &job.input(), Some(start..end), end - start).await?;
    let parsed = parse_chunk(&contract.input, &bytes, chunk.first_row)?;
    if parsed.counts.read_count != chunk.record_count {
        let (planned, found) = (chunk.record_count, parsed.counts.read_count);
        return Err(ParseError::RecordCount { planned, found });
    }
    store.write(&work.parsed_rows(index), to_ipc(&parsed)?).await?;
    if !parsed.rejects.is_empty() {
        let rejects = reject::write_csv(&parsed.rejects)?;
        store.write(&work.parse_rejects(index), rejects.into()).await?;
    }
    let Counts { read_count, accepted_count, rejected_count } = parsed.counts;
    info!(execution, index, read_count, accepted_count, rejected_count, "parsed");
    write_json(store, work.parsed(index), &Parsed { counts: parsed.counts }).await?;
    Ok(Done {})
}

/// The accepted rows as an Arrow IPC file.
fn to_ipc(parsed: &ParsedChunk) -> Result<Bytes, ArrowError> {
    let mut writer = FileWriter::try_new(Cursor::new(Vec::new()), &parsed.schema)?;
    for batch in &parsed.batches {
        writer.write(batch)?;
    }
    Ok(writer.into_inner()?.into_inner().into())
}
