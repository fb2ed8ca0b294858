//! A file that was read once in; it is this execution's, or a duplicate, or not to be loaded.

use lambda_runtime::tracing::info;
use shared::announcement::Announcement;
use shared::job::{Job, Work, read_json, table_prefix, write_json};
use shared::ledger::{Record, State};
use shared::message::{Dropped, Moment, Settled};
use shared::report::{self, Outcome, Outputs, Report};
use shared::store::Store;

use crate::error::SettleError;
use crate::ledger;
use crate::publish::{commit, refusal};
use crate::table::{self, Published, TableStore};

/// Claims the file, before its rows cost anything.
pub(crate) async fn claim(
    execution: &str,
    file: Dropped,
    entered: Moment,
    table: &TableStore,
    store: &impl Store,
) -> Result<Settled, SettleError> {
    let job: Job = read_json(store, Work { execution }.job()).await?;
    let mut wish = Record::claim(file.clone(), execution, Some(job.digest.clone()), entered.ms);
    if file.attempt > 0 {
        wish.publication = ledger::publication(store, &file, table).await?;
    }
    ledger::claim(store, wish.clone()).await?;
    let commit = commit(&job, &file, execution, Vec::new())?;
    let Some(published) = table::recognize(table, commit).await? else {
        info!(execution, "claimed");
        return Ok(Settled::Claimed { report: (), announcement: () });
    };
    match refusal(&published, &wish.file.dataset, store).await? {
        Some(refused) => Err(refused),
        None => duplicate(wish, &job, published, store).await,
    }
}

/// Reports a file that was not loaded, because its rows are there.
pub(crate) async fn duplicate(
    claim: Record,
    job: &Job,
    published: Published,
    store: &impl Store,
) -> Result<Settled, SettleError> {
    let Record { file, execution, .. } = &claim;
    let Published { version, original, .. } = published;
    // Where its rows are gone since, no version has them.
    let table_version = original.is_some().then_some(version);
    let original = ledger::original(store, &file.dataset, original).await?;
    let key = report::key(&file.dataset, execution);
    let report = Report {
        duplicate_of: original.clone(),
        outputs: Outputs {
            table: table_version.map(|_| table_prefix(&file.dataset)),
            table_version,
            ..Outputs::default()
        },
        ..Report::new(file.clone(), execution, Outcome::Duplicate).about(job)
    };
    write_json(store, key.clone(), &report).await?;
    let announcement = Announcement::of(&report);
    info!(execution, "a duplicate");
    let state = State::Duplicate { of: original };
    ledger::end_if_own(store, Record { state, report: Some(key.clone()), ..claim }).await?;
    Ok(Settled::Duplicate { table_version, report: key, announcement })
}
