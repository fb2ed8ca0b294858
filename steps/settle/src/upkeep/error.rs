//! Why tables cannot be kept up.

use lambda_runtime::Diagnostic;
use shared::error_name::{ErrorName, diagnostic};
use shared::store::StoreError;

use crate::table::TableError;

/// Why tables cannot be kept up.
#[derive(Debug, thiserror::Error)]
pub enum UpkeepError {
    /// The datasets cannot be listed.
    #[error("cannot list the datasets")]
    List(#[source] StoreError),
    /// Something went wrong with some of the datasets; all others are done.
    #[error("{count} datasets are not kept up, the first of them `{dataset}`")]
    Datasets {
        /// How many.
        count: usize,
        /// The first of them.
        dataset: String,
        /// What went wrong with it.
        source: DatasetError,
    },
}

/// What went wrong with a dataset.
#[derive(Debug, thiserror::Error)]
pub enum DatasetError {
    /// With its objects.
    #[error("cannot list or delete its parts")]
    Store(#[from] StoreError),
    /// With its table.
    #[error("cannot read or write its table")]
    Table(#[from] TableError),
}

impl UpkeepError {
    /// Whether something went wrong with any of the datasets.
    pub(super) fn check(failed: Vec<(String, DatasetError)>) -> Result<(), Self> {
        let count = failed.len();
        let first = failed.into_iter().next();
        first.map_or(Ok(()), |(dataset, source)| {
            Err(UpkeepError::Datasets { count, dataset, source })
        })
    }

    /// The name of what went wrong first.
    pub fn name(&self) -> ErrorName {
        match self {
            UpkeepError::List(error)
            | UpkeepError::Datasets { source: DatasetError::Store(error), .. } => error.name(),
            UpkeepError::Datasets { source: DatasetError::Table(error), .. } => error.name(),
        }
    }
}

impl From<UpkeepError> for Diagnostic {
    fn from(error: UpkeepError) -> Self {
        diagnostic(error.name(), &error)
    }
}
