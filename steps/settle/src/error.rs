//! Why a file cannot be settled.

use lambda_runtime::Diagnostic;
use shared::error_name::{ErrorName, diagnostic};
use shared::job::WorkError;
use shared::ledger::Taken;
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
    /// This very version is another execution's.
    #[error(transparent)]
    Taken(#[from] Taken),
    /// Others write the record of this version all the time.
    #[error("`{key}` was written by others whenever it was to be written here")]
    Contended {
        /// Its key.
        key: String,
    },
    /// This very version was published by an execution of another name; its rows stay.
    #[error("this version of the file was already published by another execution")]
    AlreadyPublished,
    /// A later drop under the same key was quicker; its rows stay.
    #[error("a later version of this file is already settled")]
    Superseded,
    /// The bytes of another file under the name of one whose own rows are published.
    #[error(
        "its bytes are those of `{other}`, whose rows are published, and so are other rows under its own \
         name, which would go: drop what belongs here, or what belongs there and then replay this; if both \
         are right, the contract has to load duplicates"
    )]
    Ambiguous {
        /// Key of the other file.
        other: String,
    },
    /// The rows of its earlier revision are those of a duplicate too.
    #[error(
        "it would replace rows that a file counts on which was found to be a duplicate of them: replay this \
         if they are to go, and then, if its rows are to stay, replay the duplicate"
    )]
    CountedOn,
    /// Under the name of a file that may not be replaced, or not by corrections.
    #[error(
        "rows of an earlier file of that name are published, and these may not replace them, be it that the \
         contract refuses revisions or that they are corrections: drop them under a name of their own"
    )]
    NotReplaced,
}

impl SettleError {
    /// The name that the state machine knows.
    pub fn name(&self) -> ErrorName {
        match self {
            SettleError::Store(error) => error.name(),
            SettleError::Work(error) => error.name(),
            SettleError::Taken(Taken::Held { .. }) => ErrorName::FileClaimed,
            SettleError::Contended { .. } => ErrorName::StoreUnavailable,
            SettleError::Taken(Taken::Published { .. } | Taken::Later { .. })
            | SettleError::Superseded
            | SettleError::Ambiguous { .. }
            | SettleError::CountedOn
            | SettleError::NotReplaced
            | SettleError::AlreadyPublished => ErrorName::FileRefused,
            SettleError::Table(error) => error.name(),
        }
    }
}

impl From<SettleError> for Diagnostic {
    fn from(error: SettleError) -> Self {
        diagnostic(error.name(), &error)
    }
}
