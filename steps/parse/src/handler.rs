//! I/O around the parse: a range of the file in, columns, rejects and books out.

use std::collections::BTreeMap;
use std::io::Cursor;

use arrow_ipc::writer::FileWriter;
use arrow_schema::ArrowError;
use bytes::Bytes;
use lambda_runtime::tracing::info;
use shared::contract::Contract;
use shared::job::{Job, Parsed, Work, read_json, write_json};
use shared::keys::KeySet;
use shared::message::{ChunkTask, Counts, Done};
use shared::store::{Object, Store, read_whole};
use shared::table::Position;

use crate::chunk::{ParsedChunk, parse_chunk};
use crate::error::ParseError;
use crate::foreign_keys::ForeignKeys;

/// Bytes that the faults of keys, or the keys that a foreign key may name, may have.
const LOG_LIMIT: u64 = 1 << 30;

/// Parses one chunk.
///
/// # Errors
/// [`ParseError`], never for what the chunk holds.
pub async fn handle(task: ChunkTask, store: &impl Store) -> Result<Done, ParseError> {
    let ChunkTask { execution, chunk } = task;
    let work = Work { execution: &execution };
    let job: Job = read_json(store, work.job()).await?;
    let contract = job.contract()?;
    let (object, range) = job.text(work, chunk);
    let text = read_whole(store, &object, range, chunk.end - chunk.start).await?;
    let key_faults = read_key_faults(&contract, work, chunk.index, store).await?;
    let foreign_keys = read_foreign_keys(&contract, work, store).await?;
    let first = Position { row_number: chunk.first_row, line_number: chunk.first_line };
    let parsed = parse_chunk(&contract, &job.layout, &text, first, &key_faults, &foreign_keys)?;
    if parsed.counts.read_count != chunk.record_count {
        let (planned, found) = (chunk.record_count, parsed.counts.read_count);
        return Err(ParseError::RecordCount { planned, found });
    }
    let index = chunk.index;
    store.write(&work.parsed_rows(index), to_ipc(&parsed)?).await?;
    if !parsed.faults.is_empty() {
        store.write(&work.parse_faults(index), parsed.faults.into_bytes().into()).await?;
    }
    let Counts { read_count, accepted_count, rejected_count } = parsed.counts;
    info!(execution, index, read_count, accepted_count, rejected_count, "parsed");
    write_json(store, work.parsed(index), &Parsed { counts: parsed.counts }).await?;
    Ok(Done {})
}

/// What the whole file shows to be wrong with the keys of the chunk.
async fn read_key_faults(
    contract: &Contract,
    work: Work<'_>,
    index: usize,
    store: &impl Store,
) -> Result<Bytes, ParseError> {
    let is_keyed = !contract.input.schema.keys.is_empty() || !contract.self_references.is_empty();
    if !is_keyed {
        return Ok(Bytes::new());
    }
    Ok(read_whole(store, &Object::output(work.key_faults(index)), None, LOG_LIMIT).await?)
}

async fn read_foreign_keys(
    contract: &Contract,
    work: Work<'_>,
    store: &impl Store,
) -> Result<ForeignKeys, ParseError> {
    let mut known = BTreeMap::new();
    for &position in ForeignKeys::needed(contract).keys() {
        let object = Object::output(work.key_set(position));
        let keys = read_whole(store, &object, None, LOG_LIMIT).await?;
        known.insert(position, KeySet::from_bytes(keys));
    }
    Ok(ForeignKeys::new(contract, known)?)
}

/// The accepted rows as an Arrow IPC file.
fn to_ipc(parsed: &ParsedChunk) -> Result<Bytes, ArrowError> {
    let mut writer = FileWriter::try_new(Cursor::new(Vec::new()), &parsed.schema)?;
    for batch in &parsed.batches {
        writer.write(batch)?;
    }
    Ok(writer.into_inner()?.into_inner().into())
}
