//! I/O around the two ends of a file: published or quarantined, with a report either way.

use std::sync::Arc;

use lambda_runtime::tracing::info;
use serde_json::{Value, json};
use shared::announcement::Announcement;
use shared::error_name::ErrorName;
use shared::fault::Refused;
use shared::job::{Job, Summary, Work, find_json, read_json, table_prefix, write_json};
use shared::message::{Aggregated, CaughtError, Dropped, SettleTask, Settled};
use shared::report::{self, Outcome, Outputs, Report};
use shared::store::{Object, Store, read_whole};

use crate::athena;
use crate::error::SettleError;
use crate::table::{self, Commit, TableError, TableStore};

/// Bytes that the results of an aggregate may have.
const AGGREGATE_LIMIT: u64 = 4 << 30;

/// Settles one file; `open` finds the table of a dataset.
///
/// # Errors
/// [`SettleError`].
pub async fn handle(
    task: SettleTask,
    store: &impl Store,
    open: impl Fn(&str) -> Result<TableStore, TableError>,
) -> Result<Settled, SettleError> {
    match task {
        SettleTask::Publish { execution, file } => {
            let table = open(&file.dataset)?;
            publish(&execution, file, &table, store).await
        }
        SettleTask::Quarantine { execution, file, error, aggregated } => {
            quarantine(&execution, file, Refusal::new(error, aggregated.as_ref()), store).await
        }
    }
}

async fn publish(
    execution: &str,
    file: Dropped,
    table: &TableStore,
    store: &impl Store,
) -> Result<Settled, SettleError> {
    let work = Work { execution };
    let job: Job = read_json(store, work.job()).await?;
    let mut summary: Summary = read_json(store, work.summary()).await?;
    let commit = Commit {
        schema: Arc::new(job.contract()?.published_schema()),
        file_id: file.file_id.clone(),
        revision: file.revision(),
        parts: std::mem::take(&mut summary.parts),
        modified_ms: file.event_time_ms,
        execution: execution.to_owned(),
        may_replace: job.layout.lead == 0,
    };
    let published = table::publish(table, commit).await?;
    match published.outcome {
        table::Outcome::Committed | table::Outcome::CommittedBefore => {}
        table::Outcome::CommittedByAnother => return Err(SettleError::AlreadyPublished),
        table::Outcome::Superseded => return Err(SettleError::Superseded),
        table::Outcome::NotReplaced => return Err(SettleError::NotReplaced),
    }
    let report_key = report::key(&file.dataset, execution);
    let outputs = Outputs {
        table: Some(table_prefix(&file.dataset)),
        table_version: Some(published.version),
        athena: write_statement(&file.dataset, table, store).await?,
        rejects: summary.rejects,
        corrections: summary.corrections,
        draft: None,
        aggregates: publish_aggregates(work, &file.dataset, &summary.aggregates, store).await?,
    };
    let report = Report {
        dataset: file.dataset.clone(),
        file,
        execution: execution.to_owned(),
        outcome: Outcome::Published,
        error: None,
        cause: None,
        extra_columns: extra_columns(&job),
        ignored_column_count: job.layout.ignored_count(),
        sha256: job.digest.sha256().map(str::to_owned),
        ranges_sha256: job.digest.ranges_sha256().map(str::to_owned),
        references: job.references,
        counts: Some(summary.counts),
        faults: Vec::new(),
        rejects_by_code: summary.rejects_by_code,
        outputs,
    };
    write_json(store, report_key.clone(), &report).await?;
    info!(execution, table_version = published.version, outcome = ?published.outcome, "published");
    let announcement = Announcement::of(&report);
    Ok(Settled::Published { table_version: published.version, report: report_key, announcement })
}

/// The columns that are kept without being in the contract.
fn extra_columns(job: &Job) -> Vec<String> {
    job.layout.kept().map(|(_, label)| label.to_owned()).collect()
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

/// Why a file is quarantined.
struct Refusal {
    error: String,
    message: String,
}

impl Refusal {
    fn new(error: Option<CaughtError>, aggregated: Option<&Aggregated>) -> Self {
        match error {
            Some(CaughtError { error, cause }) => Refusal { error, message: message_of(cause) },
            None => Refusal {
                error: ErrorName::FileRefused.to_string(),
                message: aggregated.map_or_else(String::new, |found| found.reason.clone()),
            },
        }
    }
}

/// The message in what the Lambda runtime wrote of a failure, or all of it.
fn message_of(cause: String) -> String {
    let parsed: Option<Value> = serde_json::from_str(&cause).ok();
    let message = parsed.as_ref().and_then(|value| value.get("errorMessage")?.as_str());
    message.map(str::to_owned).unwrap_or(cause)
}

async fn quarantine(
    execution: &str,
    file: Dropped,
    refusal: Refusal,
    store: &impl Store,
) -> Result<Settled, SettleError> {
    let work = Work { execution };
    // As far as the file came before it was refused.
    let job: Option<Job> = find_json(store, work.job()).await?;
    let summary: Option<Summary> = find_json(store, work.summary()).await?;
    let refused: Option<Refused> = find_json(store, work.refused()).await?;
    let Refused { faults, draft } = refused.unwrap_or_default();
    let report_key = report::key(&file.dataset, execution);
    let record = json!({
        "file": file,
        "execution": execution,
        "error": refusal.error,
        "cause": refusal.message,
        "report": report_key,
    });
    let report = Report {
        dataset: file.dataset.clone(),
        execution: execution.to_owned(),
        outcome: Outcome::Quarantined,
        error: Some(refusal.error.clone()),
        cause: Some(refusal.message.clone()),
        extra_columns: job.as_ref().map_or_else(Vec::new, extra_columns),
        ignored_column_count: job.as_ref().map_or(0, |job| job.layout.ignored_count()),
        sha256: job.as_ref().and_then(|job| job.digest.sha256()).map(str::to_owned),
        ranges_sha256: job.as_ref().and_then(|job| job.digest.ranges_sha256().map(str::to_owned)),
        references: job.map_or_else(Default::default, |job| job.references),
        counts: summary.as_ref().map(|summary| summary.counts),
        faults,
        rejects_by_code: summary
            .as_ref()
            .map_or_else(Default::default, |summary| summary.rejects_by_code.clone()),
        outputs: Outputs {
            rejects: summary.as_ref().and_then(|summary| summary.rejects.clone()),
            corrections: summary.and_then(|summary| summary.corrections),
            draft,
            ..Outputs::default()
        },
        file,
    };
    let record_key = report::quarantine_key(&report.dataset, execution);
    write_json(store, report_key.clone(), &report).await?;
    write_json(store, record_key, &record).await?;
    info!(execution, error = refusal.error, "quarantined");
    let cause = format!(
        "{}: {} (nothing was published; report: {report_key})",
        report.file.key, refusal.message
    );
    let announcement = Announcement::of(&report);
    Ok(Settled::Quarantined { error: refusal.error, cause, report: report_key, announcement })
}
