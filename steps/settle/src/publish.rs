//! A file whose rows are accepted in; all of them visible at once out.

use std::sync::Arc;

use lambda_runtime::tracing::info;
use shared::announcement::Announcement;
use shared::contract::Revisions;
use shared::job::{Job, Part, Summary, Work, read_json, table_prefix, write_json};
use shared::ledger::{Publication, Record, State};
use shared::message::{Dropped, Moment, Settled};
use shared::report::{self, Outcome, Outputs, Report};
use shared::store::{Object, Store, read_whole};

use crate::claim::duplicate;
use crate::error::SettleError;
use crate::table::{self, Commit, Published, TableStore};
use crate::{athena, ledger};

/// Bytes that the results of an aggregate may have.
const AGGREGATE_LIMIT: u64 = 4 << 30;

pub(crate) async fn publish(
    execution: &str,
    file: Dropped,
    entered: Moment,
    table: &TableStore,
    store: &impl Store,
) -> Result<Settled, SettleError> {
    let work = Work { execution };
    let job: Job = read_json(store, work.job()).await?;
    let mut summary: Summary = read_json(store, work.summary()).await?;
    let claim = Record::claim(file.clone(), execution, Some(job.digest.clone()), entered.ms);
    let commit = commit(&job, &file, execution, std::mem::take(&mut summary.parts))?;
    let published = match ledger::claim(store, claim.clone()).await {
        // An execution that was redriven may have lost the file to another, but not what it had done by then.
        Err(SettleError::Taken(taken)) => {
            table::look(table, commit).await?.filter(is_done).ok_or(taken)?
        }
        claimed => {
            claimed?;
            table::publish(table, commit).await?
        }
    };
    if let Some(refused) = refusal(&published, &file.dataset, store).await? {
        return Err(refused);
    }
    if published.outcome == table::Outcome::Duplicate {
        return duplicate(claim, &job, published, store).await;
    }
    let table_version = table_version(execution, &file, &published, table, store).await?;
    let report = report(execution, &file, &job, summary, table_version, table, store).await?;
    let key = report::key(&file.dataset, execution);
    write_json(store, key.clone(), &report).await?;
    let announcement = Announcement::of(&report);
    let outcome = published.outcome;
    let publication = Some(Publication { execution: execution.to_owned(), table_version });
    let ended = Record { state: State::Published, report: Some(key.clone()), publication, ..claim };
    // Whoever has the file by now knows of these rows.
    ledger::end_if_own(store, ended).await?;
    info!(execution, table_version, ?outcome, "published");
    Ok(Settled::Published { table_version, report: key, announcement })
}

/// What is to become visible of a file.
pub(crate) fn commit(
    job: &Job,
    file: &Dropped,
    execution: &str,
    parts: Vec<Part>,
) -> Result<Commit, SettleError> {
    let contract = job.contract()?;
    // Corrections are not the whole of the file whose name they may have been given.
    let is_whole = job.layout.lead == 0;
    let replaces = contract.revisions == Revisions::Replace;
    let revisions = if replaces && !is_whole { Revisions::Refuse } else { contract.revisions };
    Ok(Commit {
        schema: Arc::new(contract.published_schema()),
        file_id: file.file_id.clone(),
        revision: file.revision(),
        attempt: file.attempt,
        digest: job.digest.clone(),
        parts,
        modified_ms: file.event_time_ms,
        execution: execution.to_owned(),
        revisions,
        duplicates: contract.duplicates,
    })
}

/// Whether a commit has come to rows that are or were visible.
fn is_done(published: &Published) -> bool {
    matches!(
        published.outcome,
        table::Outcome::CommittedBefore | table::Outcome::ReplacedSince | table::Outcome::Duplicate
    )
}

/// Why nothing of a file is published, if that is what a commit came to.
pub(crate) async fn refusal(
    published: &Published,
    dataset: &str,
    store: &impl Store,
) -> Result<Option<SettleError>, SettleError> {
    Ok(match published.outcome {
        table::Outcome::Committed
        | table::Outcome::CommittedBefore
        | table::Outcome::ReplacedSince
        | table::Outcome::Duplicate => None,
        table::Outcome::CountedOn => Some(SettleError::CountedOn),
        table::Outcome::CommittedByAnother => Some(SettleError::AlreadyPublished),
        table::Outcome::Superseded => Some(SettleError::Superseded),
        table::Outcome::NotReplaced => Some(SettleError::NotReplaced),
        table::Outcome::Ambiguous => {
            let original = ledger::original(store, dataset, published.original.clone()).await?;
            let other = original.map_or_else(|| "another file".to_owned(), |file| file.key);
            Some(SettleError::Ambiguous { other })
        }
    })
}

/// A version of the table that has the rows: always the same, once it was told.
async fn table_version(
    execution: &str,
    file: &Dropped,
    published: &Published,
    table: &TableStore,
    store: &impl Store,
) -> Result<Option<u64>, SettleError> {
    match published.outcome {
        table::Outcome::ReplacedSince => return Ok(None),
        table::Outcome::CommittedBefore => {}
        table::Outcome::Committed
        | table::Outcome::Duplicate
        | table::Outcome::CommittedByAnother
        | table::Outcome::Superseded
        | table::Outcome::NotReplaced
        | table::Outcome::CountedOn
        | table::Outcome::Ambiguous => return Ok(Some(published.version)),
    }
    let told = ledger::publication(store, file, table).await?;
    let told = told.filter(|told| told.execution == execution);
    Ok(told.map_or(Some(published.version), |told| told.table_version))
}

/// Writes what lies beside the table, and says where.
async fn report(
    execution: &str,
    file: &Dropped,
    job: &Job,
    summary: Summary,
    table_version: Option<u64>,
    table: &TableStore,
    store: &impl Store,
) -> Result<Report, SettleError> {
    let work = Work { execution };
    let outputs = Outputs {
        table: Some(table_prefix(&file.dataset)),
        table_version,
        athena: write_statement(&file.dataset, table, store).await?,
        rejects: summary.rejects,
        corrections: summary.corrections,
        draft: None,
        aggregates: publish_aggregates(work, &file.dataset, &summary.aggregates, store).await?,
    };
    Ok(Report {
        counts: Some(summary.counts),
        rejects_by_code: summary.rejects_by_code,
        outputs,
        ..Report::new(file.clone(), execution, Outcome::Published).about(job)
    })
}

/// Writes the statement that makes the table known to Athena, the same each time, and gives its key.
async fn write_statement(
    dataset: &str,
    table: &TableStore,
    store: &impl Store,
) -> Result<Option<String>, SettleError> {
    let Some(location) = table.location() else { return Ok(None) };
    let key = report::athena_key(dataset);
    store.write(&key, athena::create_table(dataset, location).into()).await?;
    Ok(Some(key))
}

/// Copies the results of the aggregates to their final keys, and gives those.
async fn publish_aggregates(
    work: Work<'_>,
    dataset: &str,
    aggregates: &[String],
    store: &impl Store,
) -> Result<Vec<String>, SettleError> {
    let mut keys = Vec::new();
    for aggregate in aggregates {
        for extension in ["csv", "parquet"] {
            let from = Object::output(work.aggregate(aggregate, extension));
            let to = report::aggregate_key(dataset, aggregate, work.execution, extension);
            let body = read_whole(store, &from, None, AGGREGATE_LIMIT).await?;
            store.write(&to, body).await?;
            keys.push(to);
        }
    }
    Ok(keys)
}
