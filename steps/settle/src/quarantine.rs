//! A file that is not to be loaded in; a record of why out.

use lambda_runtime::tracing::info;
use serde_json::{Value, json};
use shared::announcement::Announcement;
use shared::error_name::ErrorName;
use shared::fault::Refused;
use shared::job::{Job, Summary, Work, find_json, write_json};
use shared::ledger::{Record, State};
use shared::message::{Aggregated, CaughtError, Dropped, Moment, Settled};
use shared::report::{self, Outcome, Outputs, Report};
use shared::store::Store;

use crate::error::SettleError;
use crate::ledger;
use crate::table::TableStore;

/// Why a file is quarantined.
pub(crate) struct Refusal {
    error: String,
    message: String,
}

impl Refusal {
    pub(crate) fn new(error: Option<CaughtError>, aggregated: Option<&Aggregated>) -> Self {
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

pub(crate) async fn quarantine(
    execution: &str,
    file: Dropped,
    entered: Moment,
    refusal: Refusal,
    table: &TableStore,
    store: &impl Store,
) -> Result<Settled, SettleError> {
    let work = Work { execution };
    let visible = ledger::publication(store, &file, table).await?;
    // Its own are none that stay: it was never refused once they were there.
    let visible = visible.filter(|visible| visible.execution != execution);
    // As far as the file came before it was refused.
    let job: Option<Job> = find_json(store, work.job()).await?;
    let digest = job.as_ref().map(|job| job.digest.clone());
    let report_key = report::key(&file.dataset, execution);
    let record = json!({
        "file": file,
        "execution": execution,
        "error": refusal.error,
        "cause": refusal.message,
        "report": report_key,
    });
    let report =
        Report { visible: visible.clone(), ..report(execution, file, job, &refusal, store).await? };
    let record_key = report::quarantine_key(&report.dataset, execution);
    write_json(store, report_key.clone(), &report).await?;
    write_json(store, record_key, &record).await?;
    let ended = Record {
        state: State::Quarantined { error: refusal.error.clone() },
        report: Some(report_key.clone()),
        publication: visible.clone(),
        ..Record::claim(report.file.clone(), execution, digest, entered.ms)
    };
    ledger::end_if_own(store, ended).await?;
    info!(execution, error = refusal.error, "quarantined");
    let stays = visible.map_or_else(
        || "nothing was published".to_owned(),
        |visible| format!("the rows of the execution `{}` stay", visible.execution),
    );
    let cause = format!("{}: {} ({stays}; report: {report_key})", report.file.key, refusal.message);
    let announcement = Announcement::of(&report);
    Ok(Settled::Quarantined { error: refusal.error, cause, report: report_key, announcement })
}

/// All that is known of the file.
async fn report(
    execution: &str,
    file: Dropped,
    job: Option<Job>,
    refusal: &Refusal,
    store: &impl Store,
) -> Result<Report, SettleError> {
    let work = Work { execution };
    let summary: Option<Summary> = find_json(store, work.summary()).await?;
    let refused: Option<Refused> = find_json(store, work.refused()).await?;
    let Refused { faults, draft } = refused.unwrap_or_default();
    let report = Report::new(file, execution, Outcome::Quarantined);
    let report = match &job {
        Some(job) => report.about(job),
        None => report,
    };
    Ok(Report {
        error: Some(refusal.error.clone()),
        cause: Some(refusal.message.clone()),
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
        ..report
    })
}
