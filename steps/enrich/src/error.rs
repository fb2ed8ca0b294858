//! Why a chunk cannot be enriched: never for what its rows hold.

use arrow_schema::ArrowError;
use lambda_runtime::Diagnostic;
use parquet::errors::ParquetError;
use shared::error_name::{ErrorName, diagnostic};
use shared::group::GroupError;
use shared::job::WorkError;
use shared::reference::ReferenceError;
use shared::salt::SaltError;
use shared::store::StoreError;

/// Why a chunk cannot be enriched.
#[derive(Debug, thiserror::Error)]
pub enum EnrichError {
    /// The chunk cannot be read or its results not be written.
    #[error("cannot read or write the chunk")]
    Store(#[from] StoreError),
    /// The job or the parsed chunk is not there.
    #[error("cannot read the job")]
    Work(#[from] WorkError),
    /// The version of a reference table is not named in the job.
    #[error("the job has no version of the reference table `{0}`")]
    NoReference(String),
    /// A reference table that was checked before is wrong now.
    #[error("the reference table `{resource}` was changed")]
    Reference {
        /// Its name in the contract.
        resource: String,
        /// What is wrong with it.
        #[source]
        source: Box<ReferenceError>,
    },
    /// `Validate` has salts that this step has not.
    #[error("a salt is missing that was there when the file was validated")]
    Salt(#[from] SaltError),
    /// Some rows would be hashed under another salt than others of their file.
    #[error("a salt is another than when the file was validated")]
    SaltChanged,
    /// The parsed rows are not what `Parse` writes.
    #[error("cannot read the columns")]
    Columns(#[from] ArrowError),
    /// The parsed rows are fewer or more than `Parse` says.
    #[error("the chunk has {found} parsed rows where {said} were said")]
    RowCount {
        /// By the books of `Parse`.
        said: u64,
        /// In the stream.
        found: u64,
    },
    /// The part cannot be written.
    #[error("cannot write the part")]
    Part(#[from] ParquetError),
    /// The aggregates cannot be kept.
    #[error("cannot aggregate")]
    Group(#[from] GroupError),
}

impl EnrichError {
    /// The name that the state machine knows.
    pub fn name(&self) -> ErrorName {
        match self {
            EnrichError::Store(error) => error.name(),
            EnrichError::Work(error) => error.name(),
            EnrichError::RowCount { .. } => ErrorName::BooksUnbalanced,
            EnrichError::NoReference(_)
            | EnrichError::Reference { .. }
            | EnrichError::Salt(_)
            | EnrichError::SaltChanged
            | EnrichError::Columns(_)
            | EnrichError::Part(_)
            | EnrichError::Group(_) => ErrorName::WorkUnreadable,
        }
    }
}

impl From<EnrichError> for Diagnostic {
    fn from(error: EnrichError) -> Self {
        diagnostic(error.name(), &error)
    }
}
