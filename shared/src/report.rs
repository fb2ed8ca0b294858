//! The report of a file: how it ended, why, and where everything lies.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::fault::{CodeCounts, FileFault};
use crate::job::Job;
use crate::ledger::{Original, Publication};
use crate::message::{Counts, Dropped};
use crate::reference::Pinned;

/// How a file ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Outcome {
    /// Its accepted rows are visible.
    Published,
    /// Nothing was loaded: the rows of another file of the same bytes are visible.
    Duplicate,
    /// No row is visible of what this execution read.
    Quarantined,
}

/// The report of one execution, at [`key`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// The dataset.
    pub dataset: String,
    /// The version of the file.
    pub file: Dropped,
    /// Name of the execution.
    pub execution: String,
    /// How the file ended.
    pub outcome: Outcome,
    /// Name of the error that refused it.
    pub error: Option<String>,
    /// What is wrong, for a person.
    pub cause: Option<String>,
    /// The file of the same bytes, where this one is a duplicate.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub duplicate_of: Option<Original>,
    /// The execution whose rows of this very version stay visible, where this one was refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub visible: Option<Publication>,
    /// SHA-256 of its bytes in hexadecimal, where it was read to its end in one pass.
    pub sha256: Option<String>,
    /// What identifies its bytes where it was read in ranges: see
    /// [`Digest::RangesSha256`](crate::job::Digest::RangesSha256).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ranges_sha256: Option<String>,
    /// The versions of the reference tables that its rows were held against, by their names in the contract.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub references: BTreeMap<String, Pinned>,
    /// Its books, where its rows were read.
    pub counts: Option<Counts>,
    /// Why the file was refused as a whole.
    pub faults: Vec<FileFault>,
    /// Number of faults by code. A row may have several.
    pub rejects_by_code: CodeCounts,
    /// Labels of the columns that are in no field: they are kept as text.
    pub extra_columns: Vec<String>,
    /// Number of columns that are in no field and not kept: the contract lets them pass.
    pub ignored_column_count: usize,
    /// Where everything lies.
    pub outputs: Outputs,
}

impl Report {
    /// The report of a file of which no more is known.
    pub fn new(file: Dropped, execution: &str, outcome: Outcome) -> Self {
        Report {
            dataset: file.dataset.clone(),
            file,
            execution: execution.to_owned(),
            outcome,
            error: None,
            cause: None,
            duplicate_of: None,
            visible: None,
            sha256: None,
            ranges_sha256: None,
            references: BTreeMap::new(),
            counts: None,
            faults: Vec::new(),
            rejects_by_code: CodeCounts::default(),
            extra_columns: Vec::new(),
            ignored_column_count: 0,
            outputs: Outputs::default(),
        }
    }

    /// With what was found when the file was first read.
    #[must_use]
    pub fn about(self, job: &Job) -> Self {
        Report {
            sha256: job.digest.sha256().map(str::to_owned),
            ranges_sha256: job.digest.ranges_sha256().map(str::to_owned),
            references: job.references.clone(),
            extra_columns: job.layout.kept().map(|(_, label)| label.to_owned()).collect(),
            ignored_column_count: job.layout.ignored_count(),
            ..self
        }
    }
}

/// Keys in the output bucket.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Outputs {
    /// The table with the rows, if they are visible.
    pub table: Option<String>,
    /// A version of the table that has them; the first, unless the step was run again.
    pub table_version: Option<u64>,
    /// The statement that makes the table known to Athena, where the table lies in a bucket.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub athena: Option<String>,
    /// The reject file, if a row was rejected: one record for each fault.
    pub rejects: Option<String>,
    /// The rejected records, to be corrected and dropped again.
    pub corrections: Option<String>,
    /// A drafted contract, where the dataset has none.
    pub draft: Option<String>,
    /// The results of the aggregates.
    pub aggregates: Vec<String>,
}

/// Key of the report of an execution.
pub fn key(dataset: &str, execution: &str) -> String {
    format!("reports/{dataset}/{execution}.json")
}

/// Key of the record of a quarantined file.
pub fn quarantine_key(dataset: &str, execution: &str) -> String {
    format!("quarantine/{dataset}/{execution}.json")
}

/// Key of the statement that makes the table of a dataset known to Athena.
pub fn athena_key(dataset: &str) -> String {
    format!("tables/{dataset}/athena.sql")
}

/// Key of the results of an aggregate; `extension` is `csv` or `parquet`.
pub fn aggregate_key(dataset: &str, aggregate: &str, execution: &str, extension: &str) -> String {
    format!("aggregates/{dataset}/{aggregate}/{execution}.{extension}")
}

/// Key of the reject file of an execution.
pub fn rejects_key(dataset: &str, execution: &str) -> String {
    format!("rejects/{dataset}/{execution}.csv")
}

/// Key of the rejected records of an execution, to be corrected and dropped again.
pub fn corrections_key(dataset: &str, execution: &str) -> String {
    format!("rejects/{dataset}/{execution}.fix-me.csv")
}

/// Key of the contract that is drafted for a file of a dataset that has none.
pub fn draft_key(dataset: &str, execution: &str) -> String {
    format!("quarantine/{dataset}/{execution}.draft.json")
}
