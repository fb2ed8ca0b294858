//! Whether a file is all that its sender sent: where that is declared, and the control totals.
//!
//! Invariant: a total does not depend on how the rows were cut.

use std::fmt;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::group::WideSum;

const MANIFEST_SUFFIX: &str = ".manifest.json";

/// Key of the manifest of a file.
///
/// ```
/// use shared::completeness::{is_manifest, manifest_key};
/// assert_eq!(manifest_key("orders/1.csv"), "orders/1.csv.manifest.json");
/// assert!(is_manifest("orders/1.csv.manifest.json") && !is_manifest("orders/manifest.json"));
/// ```
pub fn manifest_key(file: &str) -> String {
    format!("{file}{MANIFEST_SUFFIX}")
}

/// Where the manifest of a file of this machine lies.
pub fn manifest_path(file: &Path) -> PathBuf {
    let mut path = file.as_os_str().to_owned();
    path.push(MANIFEST_SUFFIX);
    path.into()
}

/// Whether what has that key, or file name, is a manifest, and so no file to be loaded.
pub fn is_manifest(key: &str) -> bool {
    key.ends_with(MANIFEST_SUFFIX)
}

/// Who says what a file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Source {
    /// The contract of its dataset.
    Contract,
    /// The event of its drop.
    Event,
    /// The manifest beside it.
    Manifest,
    /// Its last record.
    Trailer,
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Source::Contract => "the contract",
            Source::Event => "the event of its drop",
            Source::Manifest => "its manifest",
            Source::Trailer => "its trailer",
        })
    }
}

/// What the values of a column are said to sum up to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DeclaredTotal {
    /// Position of the field in the schema, 0-based.
    pub field: usize,
    /// Who says it.
    pub source: Source,
    /// The total, in units of the last place of the field's values.
    pub units: i128,
}

/// What the values of a column do sum up to, over some of the rows.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ControlSum {
    sum: WideSum,
    unreadable_count: u64,
}

impl ControlSum {
    /// Adds the value of a row, in units of its last place.
    #[inline]
    pub fn add(&mut self, units: i128) {
        self.sum.add(units);
    }

    /// Counts a row of which nobody can tell the value.
    pub fn add_unreadable(&mut self) {
        self.unreadable_count += 1;
    }

    /// Adds the sum over other rows.
    pub fn merge(&mut self, other: Self) {
        self.sum.merge(other.sum);
        self.unreadable_count += other.unreadable_count;
    }

    /// Number of rows of which nobody can tell the value.
    pub fn unreadable_count(self) -> u64 {
        self.unreadable_count
    }

    /// The sum over all other rows, in units of the last place, if 128 bits hold it.
    pub fn units(self) -> Option<i128> {
        self.sum.value()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sum_of_any_size_is_kept_as_json() {
        for values in [&[][..], &[-1], &[i128::MAX, i128::MAX, 7], &[i128::MIN, -1], &[1 << 70]] {
            let mut sum = ControlSum::default();
            for &value in values {
                sum.add(value);
            }
            sum.add_unreadable();
            let read: ControlSum =
                serde_json::from_slice(&serde_json::to_vec(&sum).unwrap()).unwrap();
            assert_eq!(read, sum, "{values:?}");
        }
    }
}
