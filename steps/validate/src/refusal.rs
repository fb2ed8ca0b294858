//! Why a file cannot be loaded, whoever tries.

use shared::csv::RECORD_LIMIT;
use shared::fault::{Code, FileFault};
use shared::header::HeaderError;
use shared::table::Position;
use shared::text::TextError;

/// A file that cannot be loaded. Offsets are in bytes, 0-based, of the file as it was dropped (of
/// the inflated bytes, if it is compressed); rows as a spreadsheet counts them. (Offsets of records in a compressed or recoded file are those in
/// its text in UTF-8.)
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// No records at all.
    #[error("the file is empty")]
    Empty,
    /// Bytes that are no text of the declared encoding.
    #[error("row {} cannot be read as text", .0.row_number)]
    Text(Position, #[source] TextError),
    /// Labels other than the contract's.
    #[error(transparent)]
    Header(#[from] HeaderError),
    /// A quote that is never closed.
    #[error("the quote at offset {offset} (row {}, line {}) is never closed", position.row_number, position.line_number)]
    UnclosedQuote {
        /// Where it stands.
        offset: u64,
        /// The record that it opens a field of.
        position: Position,
    },
    /// A record too long to be held in memory; most often a quote that is never closed.
    #[error(
        "the record at offset {offset} (row {}, line {}) is longer than {RECORD_LIMIT} bytes: \
         is a quote in it never closed?", position.row_number, position.line_number
    )]
    RecordTooLong {
        /// Where the record starts.
        offset: u64,
        /// The record.
        position: Position,
    },
    /// Another size than the contract declares.
    #[error("the file has {found} bytes, where the contract declares {declared}")]
    ByteCount {
        /// What the contract says.
        declared: u64,
        /// The size of the file.
        found: u64,
    },
    /// Another hash than the contract declares.
    #[error("the file has another hash than the contract declares")]
    HashCount {
        /// What the contract says, in hexadecimal.
        declared: String,
        /// The SHA-256 of the file.
        found: String,
    },
    /// More keys than are held in memory.
    #[error(
        "there are more than {limit} different keys in `{fields}`, which is what can be compared"
    )]
    TooManyKeys {
        /// Names of the fields.
        fields: String,
        /// The bound.
        limit: usize,
    },
}

impl Refusal {
    /// The same for a text that has `mark_len` bytes in front.
    pub(crate) fn behind(mut self, mark_len: u64) -> Self {
        if let Refusal::UnclosedQuote { offset, .. } | Refusal::RecordTooLong { offset, .. } =
            &mut self
        {
            *offset += mark_len;
        }
        self
    }

    /// The same for the report.
    pub fn faults(&self) -> Vec<FileFault> {
        match self {
            Refusal::Empty => vec![FileFault::new(Code::EmptyFile)],
            Refusal::Text(position, error) => vec![FileFault {
                offset: offset(error),
                found: error.to_string(),
                ..at(code(error), *position)
            }],
            Refusal::Header(error) => error.faults.clone(),
            Refusal::UnclosedQuote { offset, position } => {
                vec![FileFault { offset: Some(*offset), ..at(Code::UnclosedQuote, *position) }]
            }
            Refusal::RecordTooLong { offset, position } => vec![FileFault {
                offset: Some(*offset),
                expected: format!("at most {RECORD_LIMIT} bytes"),
                ..at(Code::RecordTooLong, *position)
            }],
            Refusal::ByteCount { declared, found } => vec![FileFault {
                expected: format!("{declared} bytes"),
                found: format!("{found} bytes"),
                ..FileFault::new(Code::ByteCount)
            }],
            Refusal::HashCount { declared, found } => vec![FileFault {
                expected: format!("sha256:{declared}"),
                found: format!("sha256:{found}"),
                ..FileFault::new(Code::HashCount)
            }],
            Refusal::TooManyKeys { fields, limit } => vec![FileFault {
                column: fields.clone(),
                expected: format!("at most {limit} different keys"),
                ..FileFault::new(Code::TooManyKeys)
            }],
        }
    }
}

fn at(code: Code, position: Position) -> FileFault {
    FileFault {
        row_number: Some(position.row_number),
        line_number: Some(position.line_number),
        ..FileFault::new(code)
    }
}

fn code(error: &TextError) -> Code {
    match error {
        TextError::Foreign { .. } | TextError::Invalid { .. } => Code::EncodingError,
        TextError::Truncated(_)
        | TextError::Corrupt { .. }
        | TextError::Ratio
        | TextError::TooLong => Code::CompressionError,
    }
}

fn offset(error: &TextError) -> Option<u64> {
    match error {
        TextError::Invalid { offset, .. } => Some(*offset),
        TextError::Foreign { .. } => Some(0),
        TextError::Truncated(_)
        | TextError::Corrupt { .. }
        | TextError::Ratio
        | TextError::TooLong => None,
    }
}
