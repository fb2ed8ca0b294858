//! Why a file cannot be settled.

use lambda_runtime::Diagnostic;
use shared::error_name::{ErrorName, diagnostic};
use shared::job::WorkError;
use shared::store::StoreError;

use crate::table::TableError;

/// Why a file cannot be settled.
#[derive(Debug, thiserror::Error)]
pub enum SettleError {
    /// What the earlier steps left behind cannot be read, or the record not be written.
    #[error("cannot read or write the work")]
    Store(#[from] StoreError),
    /// What the earlier steps left behind is not there.
    #[error("cannot read the work of the earlier steps")]
    Work(#[from] WorkError),
    /// The rows cannot be published.
    #[error("cannot publish")]
    Table(#[from] TableError),
    /// This very version was published by an execution of another name; its rows stay.
    #[error("this version of the file was already published by another execution")]
    AlreadyPublished,
    /// A later drop under the same key was quicker; its rows stay.
    #[error("a later version of this file is already published")]
    Superseded,
    /// Corrections under the name of a file whose other rows are published.
    #[error(
        "these are corrections, and rows of a file of that name are published, which they would \
         replace: drop them under a name of their own"
    )]
    NotReplaced,
}

impl SettleError {
    /// The name that the state machine knows.
    pub fn name(&self) -> ErrorName {
        match self {
            SettleError::Store(error) => error.name(),
            SettleError::Work(error) => error.name(),
            SettleError::Superseded | SettleError::NotReplaced | SettleError::AlreadyPublished => {
                ErrorName::FileRefused
            }
            SettleError::Table(error) => error.name(),
        }
    }
}

impl From<SettleError> for Diagnostic {
    fn from(error: SettleError) -> Self {
        diagnostic(error.name(), &error)
    }
}
