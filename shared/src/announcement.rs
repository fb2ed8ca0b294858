//! What is told of a file that has ended: an event to programs, a message to people.
//!
//! `Settle` words both, and the state machine sends them. `announcement.schema.json` beside the crate
//! describes the event's detail.
//!
//! Invariant: what is told is bounded, and SNS takes it, whatever the key of the file.

use std::fmt::Write;

use serde::{Deserialize, Serialize};

use crate::error_name::clipped;
use crate::ledger::Original;
use crate::message::Counts;
use crate::report::{self, Outcome, Report};

/// Bytes of a subject: SNS takes less than 100 characters, all of them ASCII.
const SUBJECT_LEN: usize = 99;

/// How a file ended, as far as those who wait for it do different things.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub enum Ending {
    /// All its rows are visible.
    Published,
    /// Its accepted rows are visible; the others stand in the reject file.
    PublishedWithRejects,
    /// Nothing was loaded: the rows of another file of the same bytes are visible.
    Duplicate,
    /// No row is visible of what this execution read.
    Quarantined,
}

impl Ending {
    /// Every ending.
    pub const ALL: [Ending; 4] =
        [Ending::Published, Ending::PublishedWithRejects, Ending::Duplicate, Ending::Quarantined];

    /// The `detail-type` of the event.
    pub fn detail_type(self) -> &'static str {
        match self {
            Ending::Published => "File Published",
            Ending::PublishedWithRejects => "File Published With Rejects",
            Ending::Duplicate => "File Duplicate",
            Ending::Quarantined => "File Quarantined",
        }
    }

    /// As the event says it.
    pub fn as_str(self) -> &'static str {
        match self {
            Ending::Published => "published",
            Ending::PublishedWithRejects => "publishedWithRejects",
            Ending::Duplicate => "duplicate",
            Ending::Quarantined => "quarantined",
        }
    }

    fn of(report: &Report) -> Self {
        match report.outcome {
            Outcome::Quarantined => Ending::Quarantined,
            Outcome::Duplicate => Ending::Duplicate,
            Outcome::Published if report.counts.is_some_and(|counts| counts.rejected_count > 0) => {
                Ending::PublishedWithRejects
            }
            Outcome::Published => Ending::Published,
        }
    }

    /// In the words of a person.
    fn words(self) -> &'static str {
        match self {
            Ending::Published => "published",
            Ending::PublishedWithRejects => "published with rejects",
            Ending::Duplicate => "duplicate",
            Ending::Quarantined => "quarantined",
        }
    }
}

/// What is told of one file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Announcement {
    /// The `detail-type` of the event: [`Ending::detail_type`].
    pub detail_type: String,
    /// The `detail` of the event.
    pub detail: Detail,
    /// The subject of the message: ASCII without control characters, of fewer than 100 characters.
    pub subject: String,
    /// The message.
    pub text: String,
}

/// The `detail` of the event; keys without a bucket are in the output bucket.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[cfg_attr(test, schemars(title = "The detail of an event of Sluice"))]
#[serde(rename_all = "camelCase")]
pub struct Detail {
    /// Execution and outcome: two events with one `id` are the same, delivered twice.
    pub id: String,
    /// How the file ended.
    pub outcome: Ending,
    /// The dataset.
    pub dataset: String,
    /// The input bucket.
    pub bucket: String,
    /// Key of the file in the input bucket.
    pub key: String,
    /// Version of the object, where the bucket keeps versions.
    pub version: Option<String>,
    /// Name of the execution.
    pub execution: String,
    /// The books, where the rows of the file were read.
    pub counts: Option<Counts>,
    /// Key of the report.
    pub report: String,
    /// Prefix of the Delta table with the rows, if they are visible.
    pub table: Option<String>,
    /// A version of the table that has them.
    pub table_version: Option<u64>,
    /// Key of the reject file, if a row was rejected.
    pub rejects: Option<String>,
    /// Key of the rejected records, to be corrected and dropped again.
    pub corrections: Option<String>,
    /// The file of the same bytes whose rows are visible, where this one is a duplicate and it is known.
    pub duplicate_of: Option<Original>,
    /// Name of the execution whose rows of this very version stay visible, where this one was refused.
    pub visible_by: Option<String>,
    /// Name of the error that refused the file.
    pub error: Option<String>,
    /// What is wrong, for a person.
    pub cause: Option<String>,
}

impl Announcement {
    /// What is told of the file of a report.
    pub fn of(report: &Report) -> Self {
        let detail = Detail::of(report);
        Announcement {
            detail_type: detail.outcome.detail_type().to_owned(),
            subject: subject(&detail),
            text: text(&detail),
            detail,
        }
    }
}

impl Detail {
    fn of(report: &Report) -> Self {
        let (outcome, outputs) = (Ending::of(report), report.outputs.clone());
        Detail {
            id: format!("{}/{}", report.execution, outcome.as_str()),
            outcome,
            dataset: report.dataset.clone(),
            bucket: report.file.bucket.clone(),
            key: report.file.key.clone(),
            version: report.file.version.clone(),
            execution: report.execution.clone(),
            counts: report.counts,
            report: report::key(&report.dataset, &report.execution),
            table: outputs.table,
            table_version: outputs.table_version,
            rejects: outputs.rejects,
            corrections: outputs.corrections,
            duplicate_of: report.duplicate_of.clone(),
            visible_by: report.visible.as_ref().map(|visible| visible.execution.clone()),
            error: report.error.clone(),
            cause: report.cause.clone().map(clipped),
        }
    }
}

fn subject(detail: &Detail) -> String {
    let ascii = |c: char| if c == ' ' || c.is_ascii_graphic() { c } else { '?' };
    let key = detail.key.chars().map(ascii);
    let mut subject: String =
        "Sluice: ".chars().chain(detail.outcome.words().chars()).chain([' ']).chain(key).collect();
    if subject.len() > SUBJECT_LEN {
        subject.truncate(SUBJECT_LEN - "...".len());
        subject.push_str("...");
    }
    subject
}

fn text(detail: &Detail) -> String {
    let mut text = printable(&detail.key);
    text.push_str(match detail.outcome {
        Ending::Published => " is published.\n",
        Ending::PublishedWithRejects => " is published, but for its rejected rows.\n",
        Ending::Duplicate => " is a duplicate: its rows were published before, and not again.\n",
        Ending::Quarantined if detail.visible_by.is_some() => {
            " is quarantined: its rows were not published again.\n"
        }
        Ending::Quarantined => " is quarantined: nothing of it was published.\n",
    });
    for (name, value) in lines(detail) {
        // Writing to a string cannot fail.
        let _ = write!(text, "\n{name}: {}", printable(&value));
    }
    text.push('\n');
    text
}

/// What a person wants to know next, in that order.
fn lines(detail: &Detail) -> impl Iterator<Item = (&'static str, String)> {
    let why = detail.error.as_ref().zip(detail.cause.as_ref());
    let why = why.map(|(error, cause)| format!("{cause} ({error})"));
    let original = detail.duplicate_of.as_ref();
    let original = original.map(|of| format!("{} (execution {})", of.key, of.execution));
    let table = detail.table.as_ref().zip(detail.table_version);
    [
        ("Why", why),
        ("Published as", original),
        (
            "Rows that stay visible",
            detail.visible_by.as_ref().map(|by| format!("of execution {by}")),
        ),
        ("Rows", detail.counts.map(books)),
        ("Table", table.map(|(table, version)| format!("{table} (version {version})"))),
        ("Rejected rows", detail.rejects.clone()),
        ("To be corrected and dropped again", detail.corrections.clone()),
        ("Report", Some(detail.report.clone())),
        ("Version of the file", detail.version.clone()),
        ("Execution", Some(detail.execution.clone())),
    ]
    .into_iter()
    .filter_map(|(name, value)| Some((name, value?)))
}

fn books(counts: Counts) -> String {
    let Counts { read_count, accepted_count, rejected_count } = counts;
    format!("{read_count} read, {accepted_count} accepted, {rejected_count} rejected")
}

/// Without what queues and mail programs do not take.
fn printable(text: &str) -> String {
    let is_odd = |c: char| c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}');
    text.chars().map(|c| if is_odd(c) { char::REPLACEMENT_CHARACTER } else { c }).collect()
}

#[cfg(test)]
mod tests;
