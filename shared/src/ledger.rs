//! What became of each version of a file that was dropped: one record each, at [`key`].
//!
//! A record says which execution a version belongs to, so that two never settle it, and how it ended. It is
//! only ever written if nobody has written it since it was read ([`Store::write_if`]).
//!
//! That no row is published twice does not hang on it: the log of the table says what is in the table.
//!
//! Invariant: a record is written by the execution that it names, or by one that may take its place
//! ([`claim`]).
//! Invariant: a later attempt never makes way for an earlier one.
//!
//! [`Store::write_if`]: crate::store::Store::write_if

use serde::{Deserialize, Serialize};

use crate::job::Digest;
use crate::message::Dropped;

/// How long a claim lasts, in milliseconds: an execution ends after 24 hours (`TimeoutSeconds` of the state
/// machine), a function that it has called 15 minutes later, and clocks differ a little.
pub const CLAIM_MS: i64 = (24 * 60 + 30) * 60 * 1000;

/// What became of one version of a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Record {
    /// The version, as the execution was given it.
    pub file: Dropped,
    /// Name of the execution that it belongs to.
    pub execution: String,
    /// How far that execution has come with it.
    #[serde(flatten)]
    pub state: State,
    /// What identifies its bytes, where they were read to their end.
    pub digest: Option<Digest>,
    /// When the record was written: when the state was entered that wrote it, in milliseconds since
    /// 1970-01-01T00:00:00Z.
    pub at_ms: i64,
    /// Key of the report, once it has ended.
    pub report: Option<String>,
    /// The execution whose rows of this version were made visible last, be it this one or one before it.
    pub publication: Option<Publication>,
}

/// How far an execution has come with a version of a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase", tag = "state")]
pub enum State {
    /// It is at work.
    Claimed {
        /// When it is at work no more, in milliseconds since 1970-01-01T00:00:00Z.
        until_ms: i64,
    },
    /// Its accepted rows are visible.
    Published,
    /// Its bytes are those of a file whose rows are visible; nothing was loaded.
    Duplicate {
        /// That file, where it is known.
        of: Option<Original>,
    },
    /// No row of this execution is visible.
    Quarantined {
        /// Name of the error that refused it.
        error: String,
    },
}

/// An execution that has made rows visible.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Publication {
    /// Its name.
    pub execution: String,
    /// A version of the table that has them, if there is one still.
    pub table_version: Option<u64>,
}

/// The file whose rows are there, of two that are the same.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Original {
    /// Its key in the input bucket.
    pub key: String,
    /// Its version, where the bucket keeps versions.
    pub version: Option<String>,
    /// Name of the execution that has made its rows visible.
    pub execution: String,
}

/// Why a version is not an execution's.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Taken {
    /// Another is at work on it.
    #[error("the execution `{execution}` has claimed this file and may be at work on it")]
    Held {
        /// Its name.
        execution: String,
        /// Until when, in milliseconds since 1970-01-01T00:00:00Z.
        until_ms: i64,
    },
    /// Another has published it.
    #[error("this version of the file was already published by the execution `{execution}`")]
    Published {
        /// Its name.
        execution: String,
    },
    /// A later attempt has taken its place.
    #[error("a later attempt, the execution `{execution}`, has taken over this file")]
    Later {
        /// Its name.
        execution: String,
    },
}

/// Key of the record of a version.
///
/// ```
/// assert_eq!(
///     shared::ledger::key("orders", "0ab1", 77),
///     "ledger/orders/0ab1/0000000000000000077.json"
/// );
/// ```
pub fn key(dataset: &str, file_id: &str, revision: i64) -> String {
    format!("{}{revision:019}.json", file_prefix(dataset, file_id))
}

/// What the keys of all versions of a file start with.
pub fn file_prefix(dataset: &str, file_id: &str) -> String {
    format!("{}{file_id}/", prefix(dataset))
}

/// What the keys of all records of a dataset start with.
pub fn prefix(dataset: &str) -> String {
    format!("ledger/{dataset}/")
}

impl Record {
    /// The claim of an execution, made at `at_ms`.
    pub fn claim(file: Dropped, execution: &str, digest: Option<Digest>, at_ms: i64) -> Self {
        Record {
            file,
            execution: execution.to_owned(),
            state: State::Claimed { until_ms: at_ms.saturating_add(CLAIM_MS) },
            digest,
            at_ms,
            report: None,
            publication: None,
        }
    }

    /// Where it lies.
    pub fn key(&self) -> String {
        key(&self.file.dataset, &self.file.file_id, self.file.revision())
    }
}

/// Whether the version is that execution's: nobody had it, it has it already, or it takes it over from one
/// that is at work no more or was told that this attempt would come.
///
/// # Errors
/// [`Taken`] says whose it is.
pub fn claim(
    found: Option<&Record>,
    execution: &str,
    attempt: u32,
    now_ms: i64,
) -> Result<(), Taken> {
    let Some(found) = found.filter(|found| found.execution != execution) else { return Ok(()) };
    let holder = found.execution.clone();
    if found.file.attempt > attempt {
        return Err(Taken::Later { execution: holder });
    }
    if found.file.attempt < attempt {
        return Ok(());
    }
    match found.state {
        State::Claimed { until_ms } if now_ms < until_ms => {
            Err(Taken::Held { execution: holder, until_ms })
        }
        State::Published => Err(Taken::Published { execution: holder }),
        State::Claimed { .. } | State::Duplicate { .. } | State::Quarantined { .. } => Ok(()),
    }
}

#[cfg(test)]
mod tests;
