//! What becomes of a file of which rows are published already.

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
