//! The state of a table in one file, so that nobody has to read its log from the beginning.
//!
//! It stands beside the road of commits: none waits for it, and none is lost without it.
//!
//! Invariant: a checkpoint is there whole or not at all, and once it is there it is never written again:
//! who reads it reads one and the same file to its end, whoever else made one at the same time.
//! Invariant: it holds the transaction of every file there ever was, so that none can be committed again.
//! (The table keeps transactions for ever: `delta.setTransactionRetentionDuration` is never set.)

use std::sync::Arc;

use bytes::Bytes;
use delta_kernel::arrow::array::RecordBatch;
use delta_kernel::checkpoint::{CheckpointWriter, LastCheckpointHintStats};
use delta_kernel::engine::arrow_data::ArrowEngineData;
use delta_kernel::parquet::arrow::ArrowWriter;
use delta_kernel::parquet::basic::Compression;
use delta_kernel::parquet::file::properties::WriterProperties;
use delta_kernel::{
    ActionReconciliationIterator, FilteredEngineData, KernelError, KernelResult, Snapshot,
};
use serde::Deserialize;

use super::{TableError, TableStore};

/// A table gets a checkpoint when it has that many versions more than the last one knows of.
pub const CHECKPOINT_VERSIONS: u64 = 20;

/// Where the latest checkpoint is told, relative to the table. It may be behind the checkpoints that are
/// there, where somebody died between the two: readers find those by listing the log from there.
const HINT: &str = "_delta_log/_last_checkpoint";

/// What of the hint matters here.
#[derive(Deserialize)]
struct Hint {
    version: u64,
}

/// Writes a checkpoint of the table as it is now, if its log has grown so much that it is due, and gives its
/// version.
///
/// Calling it again, also at the same time and from other processes, does no harm.
///
/// # Errors
///
/// See [`TableError`].
pub async fn checkpoint(table: &TableStore) -> Result<Option<u64>, TableError> {
    let table = table.clone();
    // The kernel blocks; the caller's runtime must not.
    tokio::task::spawn_blocking(move || checkpoint_blocking(&table)).await?
}

fn checkpoint_blocking(table: &TableStore) -> Result<Option<u64>, TableError> {
    let engine = &*table.engine;
    let snapshot = match Snapshot::builder_for(&table.root).build(engine) {
        Err(KernelError::EmptyLog) => return Ok(None),
        found => found?,
    };
    let version = snapshot.version();
    if version < last_checkpoint(table)?.saturating_add(CHECKPOINT_VERSIONS) {
        return Ok(None);
    }
    write(table, snapshot.create_checkpoint_writer(engine)?)?;
    Ok(Some(version))
}

/// The version of the checkpoint that the hint tells of; 0 where there is none or it cannot be read, which
/// the next checkpoint mends.
fn last_checkpoint(table: &TableStore) -> KernelResult<u64> {
    let url = table.root.join(HINT)?;
    let mut found = table.engine.storage_handler().read_files(vec![(url, None)])?;
    let hint = match found.next() {
        None | Some(Err(KernelError::FileNotFound(_))) => return Ok(0),
        Some(found) => serde_json::from_slice::<Hint>(&found?),
    };
    Ok(hint.map_or(0, |hint| hint.version))
}

/// Writes the checkpoint, unless somebody has; then the hint, which may have been missing all the same.
fn write(table: &TableStore, writer: CheckpointWriter) -> KernelResult<()> {
    let engine = &*table.engine;
    let url = writer.checkpoint_path()?;
    let actions = writer.checkpoint_data(engine)?;
    let counts = actions.state();
    let body = parquet(actions)?;
    let storage = engine.storage_handler();
    match storage.put(&url, body, false) {
        Err(KernelError::FileAlreadyExists(_)) => {}
        put => put?,
    }
    let counts = Arc::into_inner(counts)
        .ok_or_else(|| KernelError::generic("the actions of the checkpoint are still read"))?;
    let byte_len = storage.head(&url)?.size;
    let stats = LastCheckpointHintStats::from_reconciliation_state(counts, byte_len, 0)?;
    writer.finalize(engine, &stats)
}

/// The actions as one Parquet file. It is made in memory, since only a single PUT has a condition.
fn parquet(actions: ActionReconciliationIterator) -> KernelResult<Bytes> {
    let mut batches = actions.map(|batch| record_batch(batch?));
    let first = batches.next().ok_or_else(|| KernelError::generic("a table without actions"))??;
    // What every reader knows.
    let properties = WriterProperties::builder().set_compression(Compression::SNAPPY).build();
    let mut writer = ArrowWriter::try_new(Vec::new(), first.schema(), Some(properties))?;
    writer.write(&first)?;
    for batch in batches {
        writer.write(&batch?)?;
    }
    Ok(writer.into_inner()?.into())
}

fn record_batch(batch: FilteredEngineData) -> KernelResult<RecordBatch> {
    let batch = batch.apply_selection_vector()?;
    Ok((*ArrowEngineData::try_from_engine_data(batch)?).into())
}
