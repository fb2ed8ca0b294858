//! The three things that a file asks of the ledger and the table.

use shared::message::{SettleTask, Settled};
use shared::store::Store;

use crate::claim::claim;
use crate::error::SettleError;
use crate::publish::publish;
use crate::quarantine::{Refusal, quarantine};
use crate::table::{TableError, TableStore};

/// Settles one file, or begins with it; `open` finds the table of a dataset.
///
/// # Errors
/// [`SettleError`].
pub async fn handle(
    task: SettleTask,
    store: &impl Store,
    open: impl Fn(&str) -> Result<TableStore, TableError>,
) -> Result<Settled, SettleError> {
    match task {
        SettleTask::Claim { execution, file, entered } => {
            let table = open(&file.dataset)?;
            claim(&execution, file, entered, &table, store).await
        }
        SettleTask::Publish { execution, file, entered } => {
            let table = open(&file.dataset)?;
            publish(&execution, file, entered, &table, store).await
        }
        SettleTask::Quarantine { execution, file, entered, error, aggregated } => {
            let refusal = Refusal::new(error, aggregated.as_ref());
            let table = open(&file.dataset)?;
            quarantine(&execution, file, entered, refusal, &table, store).await
        }
    }
}
