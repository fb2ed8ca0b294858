//! What is to become of a file that is not quite what was expected: the same again, other columns.

use serde::{Deserialize, Serialize};

/// What becomes of a file whose bytes are those of a file of the dataset whose rows are published.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub enum Duplicates {
    /// It is reported as a duplicate and not loaded.
    #[default]
    Skip,
    /// It is loaded as any other file.
    Load,
}

/// What becomes of a file that is dropped under the key of one whose rows are published.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub enum Revisions {
    /// Its rows take the place of the earlier ones, in one step.
    #[default]
    Replace,
    /// Its rows are added to the earlier ones.
    Append,
    /// It is refused.
    Refuse,
}

/// How far the columns of a file may differ from the schema, beyond what `fieldsMatch` allows.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub enum Drift {
    /// Not at all.
    #[default]
    Strict,
    /// Columns may stand in any order.
    Reorder,
    /// As [`Drift::Reorder`], and new columns are kept as text in [`EXTRA_COLUMNS`](super::EXTRA_COLUMNS).
    Extend,
}
