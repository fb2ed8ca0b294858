//! What keeps tables fast and small: checkpoints of their logs, and the deletion of parts that nobody needs.
//!
//! It stands beside the road of files: no execution calls it, waits for it or fails with it.
//!
//! Invariant: nothing else deletes what was written below `published/`.

mod error;
mod settings;
mod sweep;

use std::collections::BTreeSet;
use std::future::ready;

use futures_util::{StreamExt, TryStreamExt, stream};
use lambda_runtime::tracing::{error, info};
use serde::{Deserialize, Serialize};
use shared::error_name::chain;
use shared::job::{PUBLISHED, table_prefix};
use shared::ledger;
use shared::store::{Store, StoreError};

use crate::table::{self, TableError, TableStore};

pub use self::error::{DatasetError, UpkeepError};
pub use self::settings::{Settings, SettingsError};
pub use self::sweep::{Batch, Cutoff, Sweep};

/// Batches that are worked on at a time, and deletions of each: a request takes some 20 ms.
const BATCHES_AT_ONCE: usize = 4;
const DELETIONS_AT_ONCE: usize = 16;

/// What is to be done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct UpkeepTask {
    /// What.
    pub action: Action,
    /// Of which dataset; of all of them if None.
    pub dataset: Option<String>,
}

/// What can be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Action {
    /// Write a checkpoint of each table that is due for one.
    Checkpoint,
    /// Delete the parts that nobody needs.
    CleanUp,
}

/// What was done.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Upkept {
    /// Datasets that were looked at.
    pub dataset_count: u64,
    /// Checkpoints that were written.
    pub checkpoint_count: u64,
    /// Parts that were deleted.
    pub deleted_count: u64,
    /// Bytes that they had.
    pub deleted_bytes: u64,
}

impl Upkept {
    fn and(self, other: Self) -> Self {
        Upkept {
            dataset_count: self.dataset_count + other.dataset_count,
            checkpoint_count: self.checkpoint_count + other.checkpoint_count,
            deleted_count: self.deleted_count + other.deleted_count,
            deleted_bytes: self.deleted_bytes + other.deleted_bytes,
        }
    }
}

/// Does it for one dataset after the other, at `now_ms` (since 1970-01-01T00:00:00Z); `open` finds the table
/// of a dataset. What goes wrong with one stops no other.
///
/// # Errors
/// [`UpkeepError`], in the end.
pub async fn handle(
    task: UpkeepTask,
    settings: &Settings,
    now_ms: i64,
    store: &impl Store,
    open: impl Fn(&str) -> Result<TableStore, TableError>,
) -> Result<Upkept, UpkeepError> {
    let cutoff = settings.cutoff(now_ms);
    let datasets = match task.dataset {
        Some(dataset) => BTreeSet::from([dataset]),
        None => store.folders(PUBLISHED).await.map_err(UpkeepError::List)?,
    };
    let mut upkept = Upkept::default();
    let mut failed = Vec::new();
    for dataset in datasets {
        let done = match task.action {
            Action::Checkpoint => checkpoint(&dataset, &open).await,
            Action::CleanUp => clean_up(&dataset, cutoff, store, &open).await,
        };
        match done {
            Ok(done) => upkept = upkept.and(Upkept { dataset_count: 1, ..done }),
            Err(error) => {
                // Only the first is told in the end.
                error!(dataset, error = chain(&error), "not kept up");
                failed.push((dataset, error));
            }
        }
    }
    UpkeepError::check(failed)?;
    info!(?upkept, "kept up");
    Ok(upkept)
}

async fn checkpoint(
    dataset: &str,
    open: impl Fn(&str) -> Result<TableStore, TableError>,
) -> Result<Upkept, DatasetError> {
    let Some(version) = table::checkpoint(&open(dataset)?).await? else {
        return Ok(Upkept::default());
    };
    info!(dataset, version, "checkpoint");
    Ok(Upkept { checkpoint_count: 1, ..Upkept::default() })
}

/// Deletes the parts that nobody needs, while it still lists what is there.
async fn clean_up(
    dataset: &str,
    cutoff: Cutoff,
    store: &impl Store,
    open: impl Fn(&str) -> Result<TableStore, TableError>,
) -> Result<Upkept, DatasetError> {
    let root = format!("{}/", table_prefix(dataset));
    let live = table::live(&open(dataset)?).await?;
    let mut sweep = Sweep::new(&root, &live, cutoff);
    let objects = store.list(&root).map_ok(Some).chain(stream::once(ready(Ok(None))));
    let done = objects
        .try_filter_map(|object| ready(Ok(sweep.next(object))))
        .map_ok(|batch| delete_batch(dataset, batch, cutoff, store))
        .try_buffer_unordered(BATCHES_AT_ONCE)
        .try_fold(Upkept::default(), |sum, done| ready(Ok(sum.and(done))))
        .await?;
    info!(dataset, deleted_count = done.deleted_count, deleted_bytes = done.deleted_bytes, "clean");
    Ok(done)
}

/// Deletes the parts of a batch, if nothing has lately become of their file.
async fn delete_batch(
    dataset: &str,
    batch: Batch,
    cutoff: Cutoff,
    store: &impl Store,
) -> Result<Upkept, StoreError> {
    // Asked now and not beforehand: what is not recent here was not a moment ago.
    let file = ledger::file_prefix(dataset, &batch.file_id);
    let records: Vec<_> = store.list(&file).try_collect().await?;
    let parts = batch.unless_recent(&records, cutoff);
    let deletions = stream::iter(parts).map(async |part| {
        store.delete(&part.key).await?;
        Ok(Upkept { deleted_count: 1, deleted_bytes: part.byte_len, ..Upkept::default() })
    });
    let deletions = deletions.buffer_unordered(DELETIONS_AT_ONCE);
    deletions.try_fold(Upkept::default(), |sum, done| ready(Ok(sum.and(done)))).await
}

#[cfg(test)]
mod tests;
