//! Why a file cannot be loaded, whoever tries.

use shared::csv::RECORD_LIMIT;
use shared::fault::{Code, FileFault};
use shared::header::{HeaderError, PREAMBLE_LIMIT};
use shared::table::Position;
use shared::text::TextError;

use crate::incomplete::Incomplete;
use crate::obstacle::Obstacle;

/// A file that cannot be loaded. Offsets are in bytes of the file, 0-based, or of what it inflates to;
/// rows and lines as a spreadsheet and an editor count them.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// No records at all.
    #[error("the file is empty")]
    Empty,
    /// No header, or only a part of it.
    #[error("the file ends before its header does")]
    NoHeader,
    /// A preamble beyond all measure.
    #[error("more than {PREAMBLE_LIMIT} bytes stand before the data (row {}, line {})", position.row_number, position.line_number)]
    PreambleTooLong {
        /// The record that is too much.
        position: Position,
    },
    /// Bytes that are no text of the declared encoding.
    #[error("row {} cannot be read as text", .0.row_number)]
    Text(Position, #[source] TextError),
    /// Labels other than the contract's.
    #[error(transparent)]
    Header(#[from] HeaderError),
    /// A quote that is never closed.
    #[error("a quote in row {}, line {}, is never closed", position.row_number, position.line_number)]
    UnclosedQuote {
        /// Where it stands; none if the file is not simply its text.
        offset: Option<u64>,
        /// The record that it opens a field of.
        position: Position,
    },
    /// A record too long to be held in memory; most often a quote that is never closed.
    #[error(
        "row {} (line {}) is longer than {RECORD_LIMIT} bytes: is a quote in it never closed?",
        position.row_number, position.line_number
    )]
    RecordTooLong {
        /// Where the record starts; none if the file is not simply its text.
        offset: Option<u64>,
        /// The record.
        position: Position,
    },
    /// More bytes than one pass can read, where there is no other way.
    #[error("the file has {byte_len} bytes, of which one pass can read {limit}, and {obstacle}")]
    OutOfReach {
        /// The size of the file.
        byte_len: u64,
        /// The bound.
        limit: u64,
        /// Why it must be read in one pass.
        obstacle: Obstacle,
    },
    /// Not all that was sent, or another file.
    #[error(transparent)]
    Incomplete(#[from] Incomplete),
    /// More keys than can be compared, or than foreign keys into the file may name.
    #[error("there are more keys in `{fields}` than the {limit} that can be compared")]
    TooManyKeys {
        /// Names of the fields, of several keys with spaces between.
        fields: String,
        /// The bound, over all of them.
        limit: u64,
    },
}

impl Refusal {
    /// The same for the file whose text it is: that text stands behind `mark_len` bytes of it, or is
    /// not to be found in it at all.
    pub(crate) fn in_file(mut self, mark_len: Option<u64>) -> Self {
        if let Refusal::UnclosedQuote { offset, .. } | Refusal::RecordTooLong { offset, .. } =
            &mut self
        {
            *offset = offset.zip(mark_len).map(|(offset, mark_len)| offset + mark_len);
        }
        self
    }

    /// The same for the report.
    pub fn faults(&self) -> Vec<FileFault> {
        match self {
            Refusal::Empty => vec![FileFault::new(Code::EmptyFile)],
            Refusal::NoHeader => vec![FileFault::new(Code::MissingHeader)],
            Refusal::PreambleTooLong { position } => vec![FileFault {
                expected: format!("at most {PREAMBLE_LIMIT} bytes before the data"),
                ..at(Code::PreambleTooLong, *position)
            }],
            Refusal::Text(position, error) => vec![FileFault {
                offset: offset(error),
                found: error.to_string(),
                ..at(code(error), *position)
            }],
            Refusal::Header(error) => error.faults.clone(),
            Refusal::UnclosedQuote { offset, position } => {
                vec![FileFault { offset: *offset, ..at(Code::UnclosedQuote, *position) }]
            }
            Refusal::RecordTooLong { offset, position } => vec![FileFault {
                offset: *offset,
                expected: format!("at most {RECORD_LIMIT} bytes"),
                ..at(Code::RecordTooLong, *position)
            }],
            Refusal::OutOfReach { byte_len, limit, obstacle } => vec![FileFault {
                expected: format!("at most {limit} bytes, since {obstacle}"),
                found: format!("{byte_len} bytes"),
                ..FileFault::new(Code::FileTooLarge)
            }],
            Refusal::Incomplete(incomplete) => vec![incomplete.fault()],
            Refusal::TooManyKeys { fields, limit } => vec![FileFault {
                column: fields.clone(),
                expected: format!("at most {limit} keys"),
                ..FileFault::new(Code::TooManyKeys)
            }],
        }
    }
}

/// A fault of that record.
pub(crate) fn at(code: Code, position: Position) -> FileFault {
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
