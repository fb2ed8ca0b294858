//! Why a chunk cannot be parsed: never for what it holds.

use arrow_schema::ArrowError;
use lambda_runtime::Diagnostic;
use shared::error_name::{ErrorName, diagnostic};
use shared::job::WorkError;
use shared::store::StoreError;

use crate::chunk::ChunkError;

/// Why a chunk cannot be parsed.
#[derive(Debug, thiserror::Error)]
pub enum ParseError {
    /// The chunk cannot be read or its results not be written.
    #[error("cannot read or write the chunk")]
    Store(#[from] StoreError),
    /// The job is not there.
    #[error("cannot read the job")]
    Work(#[from] WorkError),
    /// The chunk has other records than the plan says.
    #[error("the plan says {planned} records, the chunk holds {found}")]
    RecordCount {
        /// Number of records in the plan.
        planned: u64,
        /// Number of records in the chunk.
        found: u64,
    },
    /// The chunk cannot be parsed: a bug.
    #[error("cannot parse the chunk")]
    Chunk(#[from] ChunkError),
    /// The columns cannot be written.
    #[error("cannot write the columns")]
    Columns(#[from] ArrowError),
}

impl ParseError {
    /// The name that the state machine knows.
    pub fn name(&self) -> ErrorName {
        match self {
            // The version was there when the file was validated.
            ParseError::Store(error) => error.name(),
            ParseError::Work(error) => error.name(),
            ParseError::RecordCount { .. } => ErrorName::BooksUnbalanced,
            ParseError::Chunk(_) | ParseError::Columns(_) => ErrorName::WorkUnreadable,
        }
    }
}

impl From<ParseError> for Diagnostic {
    fn from(error: ParseError) -> Self {
        diagnostic(error.name(), &error)
    }
}
