//! Which version is run again, and as which attempt.
//!
//! Invariant: who asks at the same time gets the same plan, so that one execution comes of it.

use std::pin::pin;

use futures_util::StreamExt;
use shared::ledger::{Record, file_prefix};
use shared::message::Dropped;
use shared::store::Store;
use start::name::ExecutionName;

use super::error::ReplayError;
use super::executions::{Executions, Seen};
use crate::ledger::{list, read};

/// What is asked for.
#[derive(Debug, Clone)]
pub(super) struct Wish {
    pub(super) dataset: String,
    pub(super) key: String,
    pub(super) input_bucket: String,
    pub(super) output_bucket: String,
    pub(super) which: Which,
}

/// A version of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Which {
    Latest,
    Revision(i64),
    Version(String),
}

impl Which {
    fn is(&self, file: &Dropped) -> bool {
        match self {
            Which::Latest => true,
            Which::Revision(revision) => file.revision() == *revision,
            Which::Version(version) => file.version.as_ref() == Some(version),
        }
    }
}

/// A record, and what matters beside it.
#[derive(Debug)]
pub(super) struct Chosen {
    pub(super) record: Record,
    /// The latest revision among those behind it whose rows were made visible.
    pub(super) published_since: Option<i64>,
}

/// What is to be done.
#[derive(Debug)]
pub(super) struct Plan {
    pub(super) chosen: Chosen,
    /// The execution that the record names, if it is known still.
    pub(super) holder: Option<Seen>,
    /// The input of the execution.
    pub(super) file: Dropped,
    pub(super) name: ExecutionName,
    /// The execution, where it was started already.
    pub(super) started: Option<Seen>,
}

/// Plans the next attempt at a version.
///
/// An attempt that has ended without ever taking the version, since the world was bad, is passed over.
pub(super) async fn plan(
    wish: &Wish,
    store: &impl Store,
    executions: &impl Executions,
) -> Result<Plan, ReplayError> {
    let mut ended: Option<Plan> = None;
    loop {
        let chosen = choose(wish, store).await?;
        let attempt = chosen.record.file.attempt;
        if let Some(ended) = ended.take_if(|ended| ended.file.attempt <= attempt) {
            // Somebody else has asked for it, and it was done before we were.
            return Ok(ended);
        }
        let holder = holder(&chosen.record, executions).await?;
        let before = ended.map_or(attempt, |ended| ended.file.attempt);
        let plan = next(chosen, holder, before, executions).await?;
        match &plan.started {
            Some(seen) if !seen.is_running() => ended = Some(plan),
            _ => return Ok(plan),
        }
    }
}

/// Finds the version that is meant, the latest first.
async fn choose(wish: &Wish, store: &impl Store) -> Result<Chosen, ReplayError> {
    let Wish { dataset, key, input_bucket, output_bucket, which } = wish;
    let prefix = file_prefix(dataset, &start::identity::file_id(input_bucket, key));
    let listed = list(store, output_bucket, &prefix).await?;
    if listed.is_empty() {
        let (key, bucket) = (key.clone(), input_bucket.clone());
        return Err(ReplayError::NoRecord { key, bucket });
    }
    let mut records = pin!(read(store, listed.into_iter().rev().map(|found| found.key)));
    let mut published_since = None;
    while let Some(record) = records.next().await.transpose()? {
        if which.is(&record.file) {
            return Ok(Chosen { record, published_since });
        }
        let is_visible = record.publication.is_some();
        published_since = published_since.or(is_visible.then(|| record.file.revision()));
    }
    Err(ReplayError::NoVersion { dataset: dataset.clone(), key: key.clone() })
}

/// The execution that the version belongs to, which must have ended.
async fn holder(
    record: &Record,
    executions: &impl Executions,
) -> Result<Option<Seen>, ReplayError> {
    let execution = record.execution.clone();
    match executions.find(&execution).await? {
        Some(seen) if seen.is_running() => {
            let (arn, started_ms) = (executions.arn(&execution), seen.started_ms);
            Err(ReplayError::Running { execution, arn, started_ms })
        }
        ended => Ok(ended),
    }
}

/// The attempt behind another.
async fn next(
    chosen: Chosen,
    holder: Option<Seen>,
    before: u32,
    executions: &impl Executions,
) -> Result<Plan, ReplayError> {
    let file = Dropped { attempt: before.saturating_add(1), ..chosen.record.file.clone() };
    let name = ExecutionName::of(&file);
    let started = executions.find(name.as_str()).await?;
    Ok(Plan { chosen, holder, file, name, started })
}
