//! Columns that say where a row comes from.

use arrow_schema::DataType;
use serde::Deserialize;

use super::instant_type;

/// What a column says of where a row comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub enum Origin {
    /// The key of its file, a text.
    Key,
    /// The version of its file, a text; null where the bucket keeps no versions.
    Version,
    /// When its file was dropped, an instant.
    Time,
    /// The name of the execution that published it, a text.
    Execution,
    /// Its row number in the file; the first record is row 1.
    RowNumber,
    /// The number of the line on which it starts, from 1 on.
    LineNumber,
}

/// A column that says where a row comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LineageColumn {
    /// Its name.
    pub name: String,
    /// What it says.
    pub origin: Origin,
}

impl Origin {
    pub(super) fn data_type(self) -> DataType {
        match self {
            Origin::Key | Origin::Version | Origin::Execution => DataType::Utf8,
            Origin::Time => instant_type(),
            Origin::RowNumber | Origin::LineNumber => DataType::Int64,
        }
    }
}
