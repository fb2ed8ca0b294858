//! Why a reference table cannot be used.

use std::fmt;

use arrow_schema::ArrowError;
use parquet::errors::ParquetError;

use super::REFERENCE_MEMORY;
use crate::csv::{RecordTooLong, Unclosed};
use crate::fault::{Code, LogError};
use crate::header::HeaderError;
use crate::rows::DecodeError;
use crate::store::StoreError;
use crate::text::TextError;

/// A reference table that cannot be used. Rows as a spreadsheet counts them; those of a Parquet file from
/// 1 on.
#[derive(Debug, thiserror::Error)]
pub enum ReferenceError {
    /// Labels other than the contract's.
    #[error(transparent)]
    Header(#[from] HeaderError),
    /// A quote that is never closed.
    #[error("the quote at offset {} is never closed", .0.quote_at)]
    UnclosedQuote(Unclosed),
    /// No header, or not all of it.
    #[error("it ends before its header")]
    Empty,
    /// A header that does not end.
    #[error("its header is longer than {0} bytes")]
    HeaderTooLong(usize),
    /// Bytes that are no text.
    #[error("it is no text")]
    Text(#[from] TextError),
    /// More than is held in memory.
    #[error(
        "it does not fit into the {REFERENCE_MEMORY} bytes of memory for all reference tables: look \
         up fewer columns, or columns of shorter texts"
    )]
    TooLarge,
    /// A record beyond all measure.
    #[error("a record is too long")]
    RecordTooLong(#[from] RecordTooLong),
    /// Rows that cannot be read though their text could: a bug.
    #[error("its rows cannot be read")]
    Rows(#[from] DecodeError),
    /// Faults that cannot be told: a bug.
    #[error("its faults cannot be told")]
    Faults(#[from] LogError),
    /// Rows that are not of the schema.
    #[error("{0}")]
    BadRows(Listed<BadRow>),
    /// Rows with the same key.
    #[error("its key `{key}` is not unique: {rows}")]
    DuplicateKeys {
        /// The names of its fields, joined by commas.
        key: String,
        /// The rows.
        rows: Listed<SameKey>,
    },
    /// More rows than an index holds.
    #[error("the table has more than 4,294,967,295 rows")]
    TooManyRows,
    /// A file that is no Parquet.
    #[error("it is not a Parquet file that can be read")]
    Parquet(#[from] ParquetError),
    /// A Parquet file that is packed in a way that is not read here.
    #[error("it is compressed with {0}, which is not read: SNAPPY, ZSTD, GZIP and LZ4 are")]
    Codec(String),
    /// A file that is not what the contract says of it.
    #[error("its {property} is not what the contract says, {declared}")]
    Declared {
        /// Its length or its hash.
        property: &'static str,
        /// What the contract says.
        declared: String,
    },
    /// A column that a Parquet file lacks.
    #[error("it has no column `{0}`")]
    NoColumn(String),
    /// A column of a Parquet file whose type has other values than that of the schema.
    #[error(
        "its column `{column}` is {found}, and the schema's type `{field_type}` takes {expected}"
    )]
    ColumnType {
        /// The column.
        column: String,
        /// Its type.
        found: String,
        /// The type's name in the schema.
        field_type: &'static str,
        /// What types of a Parquet file have its values.
        expected: &'static str,
    },
    /// A column of a Parquet file whose values cannot be read.
    #[error("its column `{column}` cannot be read")]
    Column {
        /// The column.
        column: String,
        /// Why not.
        #[source]
        source: ArrowError,
    },
    /// A column of a type without an order; none of ours.
    #[error("the keys cannot be compared")]
    Keys(#[source] ArrowError),
    /// Columns that cannot be put together: a bug.
    #[error("its columns cannot be kept")]
    Arrow(#[from] ArrowError),
    /// Another file is there than when it was looked up.
    #[error("it was changed meanwhile: drop the file again")]
    Changed,
    /// It is not there.
    #[error("it does not exist")]
    Missing,
    /// The file cannot be read.
    #[error("it cannot be read")]
    Store(#[source] StoreError),
}

impl From<StoreError> for ReferenceError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::TooLarge { .. } => ReferenceError::TooLarge,
            StoreError::NotFound { .. } => ReferenceError::Missing,
            StoreError::Unavailable { .. } => ReferenceError::Store(error),
        }
    }
}

/// The first of what is wrong, and how much there is in all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed<T> {
    first: Vec<T>,
    count: usize,
}

impl<T> Default for Listed<T> {
    fn default() -> Self {
        Listed { first: Vec::new(), count: 0 }
    }
}

impl<T> Listed<T> {
    /// What a person reads before mending the first.
    pub(super) const SHOWN: usize = 10;

    /// So many, of which those are told.
    pub(super) fn new(first: Vec<T>, count: usize) -> Self {
        Listed { first, count }
    }

    pub(super) fn push(&mut self, item: T) {
        self.count += 1;
        if self.first.len() < Self::SHOWN {
            self.first.push(item);
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.count == 0
    }
}

impl<T: fmt::Display> fmt::Display for Listed<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, item) in self.first.iter().enumerate() {
            let separator = if at == 0 { "" } else { "; " };
            write!(f, "{separator}{item}")?;
        }
        match self.count - self.first.len() {
            0 => Ok(()),
            more => write!(f, "; and {more} more"),
        }
    }
}

/// A row that is not of the schema.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadRow {
    /// The row.
    pub row: u64,
    /// Its column, empty if it is the row itself.
    pub column: String,
    /// What is wrong with it.
    pub code: Code,
}

impl fmt::Display for BadRow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let BadRow { row, column, code } = self;
        write!(f, "row {row} is not of the schema: {}", code.as_str())?;
        if column.is_empty() { Ok(()) } else { write!(f, " in column `{column}`") }
    }
}

/// Two rows with the same key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SameKey {
    /// The first with that key.
    pub first: u64,
    /// A later one.
    pub second: u64,
}

impl fmt::Display for SameKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "rows {} and {}", self.first, self.second)
    }
}
