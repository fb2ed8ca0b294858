//! I/O around the records of the ledger.
//!
//! Invariant: a record is read before it is written, and not written if another was quicker.

use lambda_runtime::tracing::info;
use shared::job::WorkError;
use shared::ledger::{Original, Publication, Record, State, claim as may_claim, key};
use shared::message::Dropped;
use shared::store::{Store, find_tagged};

use crate::error::SettleError;
use crate::table::{self, Owner, TableStore};

/// Bytes that a record may have.
const RECORD_LIMIT: u64 = 1 << 20;

/// Looks at a record, each of which found another than the one before.
const ROUNDS: usize = 10;

/// Milliseconds that a claim must still last for the step that it is made for: a function runs 15 minutes.
const ENOUGH_MS: i64 = 60 * 60 * 1000;

/// Makes a version of a file that execution's, for a day from now.
///
/// # Errors
/// [`SettleError::Taken`] if it is another's.
pub(crate) async fn claim(store: &impl Store, wish: Record) -> Result<(), SettleError> {
    let is_enough = |found: &Record| match found.state {
        State::Claimed { until_ms } => until_ms.saturating_sub(wish.at_ms) >= ENOUGH_MS,
        // It has ended, and does the same once more.
        State::Published | State::Quarantined { .. } => true,
        // What it was a duplicate of may be gone, and then it is at work again.
        State::Duplicate { .. } => false,
    };
    put(store, &wish, is_enough).await
}

/// Writes how a version of a file ended, unless it is another's: then its record stays as it is.
///
/// # Errors
/// [`SettleError`], but not [`SettleError::Taken`].
pub(crate) async fn end_if_own(store: &impl Store, ended: Record) -> Result<(), SettleError> {
    match put(store, &ended, |found| found.state == ended.state).await {
        Err(SettleError::Taken(_)) => {
            info!(execution = ended.execution, key = ended.key(), "the record is another's");
            Ok(())
        }
        written => written,
    }
}

/// The file that a duplicate is one of.
///
/// # Errors
/// [`SettleError::Store`] and [`SettleError::Work`].
pub(crate) async fn original(
    store: &impl Store,
    dataset: &str,
    owner: Option<Owner>,
) -> Result<Option<Original>, SettleError> {
    let Some(owner) = owner else { return Ok(None) };
    let found = find(store, &key(dataset, &owner.file_id, owner.revision)).await?;
    Ok(found.map(|(Record { file, .. }, _)| Original {
        key: file.key,
        version: file.version,
        execution: owner.execution,
    }))
}

/// The execution whose rows of that version are visible: by the table, since the record may have been written
/// by one that died behind its commit, or before another version replaced them.
///
/// # Errors
/// [`SettleError`], but not [`SettleError::Taken`].
pub(crate) async fn publication(
    store: &impl Store,
    file: &Dropped,
    table: &TableStore,
) -> Result<Option<Publication>, SettleError> {
    let revision = file.revision();
    let Some((owner, version)) = table::visible(table, &file.file_id, revision).await? else {
        return Ok(None);
    };
    let found = find(store, &key(&file.dataset, &file.file_id, revision)).await?;
    let told = found.and_then(|(found, _)| found.publication);
    // The version that was told of it stays the same, whoever asks and when.
    let told = told.filter(|told| told.execution == owner.execution);
    let seen = || Publication { execution: owner.execution.clone(), table_version: Some(version) };
    Ok(Some(told.unwrap_or_else(seen)))
}

/// Writes a record, unless that of the same execution is enough.
async fn put(
    store: &impl Store,
    wish: &Record,
    is_enough: impl Fn(&Record) -> bool,
) -> Result<(), SettleError> {
    let key = wish.key();
    for _ in 0..ROUNDS {
        let found = find(store, &key).await?;
        let (found, tag) = found.map_or((None, None), |(found, tag)| (Some(found), Some(tag)));
        may_claim(found.as_ref(), &wish.execution, wish.file.attempt, wish.at_ms)?;
        if found.as_ref().is_some_and(|found| found.execution == wish.execution && is_enough(found))
        {
            return Ok(());
        }
        // What is visible stays so, whatever becomes of this execution.
        let publication = wish.publication.clone().or(found.and_then(|found| found.publication));
        let body = to_json(&Record { publication, ..wish.clone() })?;
        if store.write_if(&key, tag.as_deref(), body.into()).await? {
            return Ok(());
        }
    }
    Err(SettleError::Contended { key })
}

async fn find(store: &impl Store, key: &str) -> Result<Option<(Record, String)>, SettleError> {
    let Some((body, tag)) = find_tagged(store, key, RECORD_LIMIT).await? else { return Ok(None) };
    let record = serde_json::from_slice(&body);
    let record = record.map_err(|source| WorkError::Json { key: key.to_owned(), source })?;
    Ok(Some((record, tag)))
}

fn to_json(record: &Record) -> Result<Vec<u8>, SettleError> {
    let body = serde_json::to_vec(record);
    Ok(body.map_err(|source| WorkError::Json { key: record.key(), source })?)
}
