//! What shows that a file is not all that was sent, or another.

use shared::completeness::Source;
use shared::fault::{Code, FileFault};
use shared::table::Position;

use crate::manifest::ManifestError;
use crate::refusal::at;

/// A file that is not the one that it is declared to be, or of which nobody can tell.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Incomplete {
    /// Another size than declared.
    #[error("the file has {found} bytes, where {by} declares {declared}")]
    ByteCount {
        /// Who declares it.
        by: Source,
        /// What is declared.
        declared: u64,
        /// The size of the file.
        found: u64,
    },
    /// Another hash than declared.
    #[error("the file has another hash than {by} declares")]
    HashCount {
        /// Who declares it.
        by: Source,
        /// What is declared, in hexadecimal.
        declared: String,
        /// The SHA-256 of the file.
        found: String,
    },
    /// Another number of data records than declared.
    #[error("the file has {found} data records, where {by} declares {declared}")]
    RowCount {
        /// Who declares it.
        by: Source,
        /// What is declared.
        declared: u64,
        /// The records of the file, blank lines included and comments not.
        found: u64,
    },
    /// No manifest where there must be one.
    #[error("there is no manifest `{key}`: drop it first, and then the file again")]
    NoManifest {
        /// Where it was looked for.
        key: String,
    },
    /// A manifest that says nothing.
    #[error("the manifest `{key}` cannot be used")]
    Manifest {
        /// Its key.
        key: String,
        /// What is wrong with it.
        #[source]
        error: ManifestError,
    },
    /// The file does not end with its trailer.
    #[error(
        "row {} (line {}), the last, is not the trailer, which starts with `{marker}`: is the file cut off?",
        position.row_number, position.line_number
    )]
    NoTrailer {
        /// What the first cell of the trailer holds.
        marker: String,
        /// The last record.
        position: Position,
    },
    /// A trailer that does not declare what it ought to.
    #[error(
        "column {column_number} of the trailer (row {}, line {}) is not {expected}",
        position.row_number, position.line_number
    )]
    TrailerCell {
        /// The trailer.
        position: Position,
        /// The column, 1-based.
        column_number: usize,
        /// What its cell should be.
        expected: String,
    },
}

impl Incomplete {
    /// The same for the report.
    pub(crate) fn fault(&self) -> FileFault {
        let differs = |code, declared: String, found: String| FileFault {
            expected: declared,
            found,
            ..FileFault::new(code)
        };
        match self {
            Incomplete::ByteCount { declared, found, .. } => {
                differs(Code::ByteCount, format!("{declared} bytes"), format!("{found} bytes"))
            }
            Incomplete::HashCount { declared, found, .. } => {
                differs(Code::HashCount, format!("sha256:{declared}"), format!("sha256:{found}"))
            }
            Incomplete::RowCount { declared, found, .. } => {
                differs(Code::RowCount, format!("{declared} records"), format!("{found} records"))
            }
            Incomplete::NoManifest { key } => {
                differs(Code::MissingManifest, key.clone(), String::new())
            }
            Incomplete::Manifest { error, .. } => {
                differs(Code::ManifestError, String::new(), error.to_string())
            }
            Incomplete::NoTrailer { marker, position } => FileFault {
                expected: format!("a record that starts with {marker}"),
                ..at(Code::MissingTrailer, *position)
            },
            Incomplete::TrailerCell { position, column_number, expected } => FileFault {
                column_number: u64::try_from(*column_number).ok(),
                expected: expected.clone(),
                ..at(Code::TrailerError, *position)
            },
        }
    }
}
