//! Why the chunks of a file cannot be put together.

use arrow_schema::ArrowError;
use lambda_runtime::Diagnostic;
use parquet::errors::ParquetError;
use shared::error_name::{ErrorName, diagnostic};
use shared::fault::LogError;
use shared::group::GroupError;
use shared::job::WorkError;
use shared::store::StoreError;

use crate::books::Imbalance;
use crate::windows::WindowError;

/// Why the chunks of a file cannot be put together.
#[derive(Debug, thiserror::Error)]
pub enum AggregateError {
    /// What a chunk left behind cannot be read, or the results not be written.
    #[error("cannot read or write the work")]
    Store(#[from] StoreError),
    /// What a chunk left behind is not there.
    #[error("cannot read the work of the chunks")]
    Work(#[from] WorkError),
    /// Rows were lost or made up.
    #[error("the books do not balance")]
    Imbalance(#[from] Imbalance),
    /// An aggregate does not exist, or its parts are unreadable.
    #[error("cannot aggregate")]
    Group(#[from] GroupError),
    /// The faults of a chunk cannot be read.
    #[error("cannot read the faults of a chunk")]
    Faults(#[from] LogError),
    /// Not the text that was validated.
    #[error("cannot read the text of a chunk again")]
    Text(#[from] WindowError),
    /// Rejects cannot be written as text.
    #[error("cannot write the rejects")]
    Csv(#[from] csv::Error),
    /// An aggregate cannot be written as CSV.
    #[error("cannot write an aggregate as text")]
    Columns(#[from] ArrowError),
    /// An aggregate cannot be written as Parquet.
    #[error("cannot write an aggregate as Parquet")]
    Parquet(#[from] ParquetError),
}

impl AggregateError {
    /// The name that the state machine knows.
    pub fn name(&self) -> ErrorName {
        match self {
            AggregateError::Store(error) => error.name(),
            AggregateError::Work(error) => error.name(),
            AggregateError::Imbalance(_) => ErrorName::BooksUnbalanced,
            // The values of the file make a sum, or groups, that nobody can keep.
            AggregateError::Group(GroupError::Overflow { .. } | GroupError::TooLarge) => {
                ErrorName::FileRefused
            }
            AggregateError::Group(GroupError::Arrow(_) | GroupError::Partial(_))
            | AggregateError::Faults(_)
            | AggregateError::Text(_)
            | AggregateError::Csv(_)
            | AggregateError::Columns(_)
            | AggregateError::Parquet(_) => ErrorName::WorkUnreadable,
        }
    }
}

impl From<AggregateError> for Diagnostic {
    fn from(error: AggregateError) -> Self {
        diagnostic(error.name(), &error)
    }
}
