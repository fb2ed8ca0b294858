//! The messages between the states: references and counts, never rows.
//!
//! Invariant: every message stays under a few KiB, whatever the size of the file.

use chrono::{DateTime, SecondsFormat};
use serde::{Deserialize, Serialize};

use crate::announcement::Announcement;
use crate::csv::Surveyor;

/// One version of a file that was dropped in the input bucket: the input of an execution.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Dropped {
    /// The first segment of the key: which contract applies.
    pub dataset: String,
    /// The input bucket.
    pub bucket: String,
    /// The decoded key, `<dataset>/<file>`.
    pub key: String,
    /// The object version, where the bucket keeps versions.
    pub version: Option<String>,
    /// The entity tag of the version, without quotes.
    pub etag: String,
    /// Size in bytes, as the event told it.
    pub byte_len: u64,
    /// Orders the events of one key (hexadecimal, to be padded with zeros on the right).
    pub sequencer: Option<String>,
    /// When the version was written, in milliseconds since 1970-01-01T00:00:00Z.
    pub event_time_ms: i64,
    /// Identity of bucket and key: 32 hexadecimal digits, equal for all versions of a file.
    pub file_id: String,
    /// How often somebody has asked for this version to be run again, before this execution.
    #[serde(default, skip_serializing_if = "is_first")]
    pub attempt: u32,
}

/// What an event starts, and what need not be said.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it so")]
fn is_first(attempt: &u32) -> bool {
    *attempt == 0
}

/// Digits of a sequencer that a revision holds, behind its leading zeros.
const REVISION_DIGITS: usize = 14;

/// Leading zeros of a sequencer that a revision tells apart.
const REVISION_ZEROS: usize = 31;

impl Dropped {
    /// Which of the file's versions this is: a later drop under the same key has a higher one.
    ///
    /// It is the sequencer, which S3 says to pad with zeros on the right before it is compared, or
    /// the time where there is none. A sequencer has more digits than a number: of it there are, as in a
    /// number with an exponent, how many zeros it begins with (the fewer the later) and what follows
    /// them, to 60 nanoseconds of today's sequencers.
    ///
    /// ```
    /// # use shared::message::Dropped;
    /// # let mut file = Dropped {
    /// #     dataset: String::new(), bucket: String::new(), key: String::new(), version: None,
    /// #     etag: String::new(), byte_len: 0, sequencer: None, event_time_ms: 7,
    /// #     file_id: String::new(), attempt: 0,
    /// # };
    /// assert_eq!(file.revision(), 7);
    /// file.sequencer = Some("0055AED6DCD90281E5".to_owned());
    /// assert_eq!(file.revision(), 0x1D_55AE_D6DC_D902_81);
    /// ```
    pub fn revision(&self) -> i64 {
        self.sequencer.as_deref().and_then(revision_of).unwrap_or(self.event_time_ms)
    }
}

/// The revision of a sequencer; nothing if it is not one.
fn revision_of(sequencer: &str) -> Option<i64> {
    if sequencer.is_empty() || !sequencer.bytes().all(|digit| digit.is_ascii_hexdigit()) {
        return None;
    }
    let digits = sequencer.trim_start_matches('0');
    let zeros = sequencer.len() - digits.len();
    // Padded on the right, zeros alone are zeros without an end.
    if digits.is_empty() || zeros >= REVISION_ZEROS {
        return Some(0);
    }
    let exponent = i64::try_from(REVISION_ZEROS - zeros).ok()?;
    let digits = digits.get(..REVISION_DIGITS).unwrap_or(digits);
    let digits = i64::from_str_radix(&format!("{digits:0<REVISION_DIGITS$}"), 16).ok()?;
    Some((exponent << (4 * REVISION_DIGITS)) | digits)
}

/// What `Validate` is asked. A file beyond a certain size is first divided and surveyed, range by
/// range, where its grammar allows that; the plan is made of what the surveys found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase", tag = "action")]
pub enum ValidateTask {
    /// Cut the file into ranges that can be surveyed.
    Divide {
        /// Name of the execution, which is also the name of its folder below `work/`.
        execution: String,
        /// The file to look at.
        file: Dropped,
    },
    /// Survey one range.
    Survey {
        /// Name of the execution.
        execution: String,
        /// The file to look at.
        file: Dropped,
        /// What the bytes of the range mean.
        form: Form,
        /// The range.
        range: FileRange,
    },
    /// Plan the file.
    Plan {
        /// Name of the execution.
        execution: String,
        /// The file to look at.
        file: Dropped,
    },
}

/// What the bytes of a file mean, for those who see only a range of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Form {
    /// The grammar of its records.
    pub surveyor: Surveyor,
    /// Whether it is in US-ASCII; else it is in UTF-8.
    pub is_ascii: bool,
    /// Bytes of the byte order mark in front of the text.
    pub mark_len: u64,
}

/// A range of the bytes of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct FileRange {
    /// Position among the ranges, 0-based.
    pub index: usize,
    /// First byte, 0-based.
    pub start: u64,
    /// One past the last byte (half-open).
    pub end: u64,
}

/// How a file was divided.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Divided {
    /// Key of the ranges in the output bucket: a JSON array of [`FileRange`].
    pub ranges: String,
    /// Number of ranges; 0 if the file cannot be surveyed, and is to be read in one pass.
    pub range_count: usize,
    /// What its bytes mean; none if there are no ranges.
    pub form: Option<Form>,
}

/// What `Validate` answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum ValidateAnswer {
    /// How the file was divided.
    Divided(Divided),
    /// The plan.
    Planned(Validated),
    /// A range was surveyed.
    Surveyed(Done),
}

/// What `Validate` found: a file that can be loaded, and the plan for doing so.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Validated {
    /// Key of the plan in the output bucket: a JSON array of [`Chunk`].
    pub plan: String,
    /// Number of chunks in the plan, at least 1.
    pub chunk_count: usize,
    /// Number of data records, without the header.
    pub record_count: u64,
}

/// A run of whole records of the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Chunk {
    /// Position in the plan, 0-based.
    pub index: usize,
    /// First byte, 0-based.
    pub start: u64,
    /// One past the last byte (half-open).
    pub end: u64,
    /// Row number of the first record; the first record of the file is row 1.
    pub first_row: u64,
    /// Number of the line on which it starts, 1-based.
    pub first_line: u64,
    /// Number of records, blank lines included and comments not.
    pub record_count: u64,
}

impl Chunk {
    /// Its length in bytes.
    pub fn byte_len(&self) -> u64 {
        self.end - self.start
    }
}

/// What `Parse` and `Enrich` are asked: one chunk of one execution.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ChunkTask {
    /// Name of the execution.
    pub execution: String,
    /// The chunk, one item of the plan.
    pub chunk: Chunk,
}

/// What a child of the Distributed Map returns: nothing, so that ten thousand of them stay small.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Done {}

/// What `Aggregate` is asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AggregateTask {
    /// Name of the execution.
    pub execution: String,
}

/// The books of one file: `read = accepted + rejected`, always.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Counts {
    /// Data records that were read.
    pub read_count: u64,
    /// Rows that reach the published table.
    pub accepted_count: u64,
    /// Rows that stand in the reject file.
    pub rejected_count: u64,
}

/// What is to become of a file whose rows have all been seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Verdict {
    /// The rejected rows are within the tolerance of the contract.
    Publish,
    /// They are not: nothing is published.
    Quarantine,
}

/// What `Aggregate` found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Aggregated {
    /// Which of the two roads the file takes.
    pub verdict: Verdict,
    /// One sentence for a person.
    pub reason: String,
    /// The balanced books.
    #[serde(flatten)]
    pub counts: Counts,
}

/// A moment, to the millisecond, as a state machine writes it: RFC 3339.
///
/// ```
/// use shared::message::Moment;
/// let entered: Moment = serde_json::from_str("\"2026-11-21T08:00:00.250Z\"")?;
/// assert_eq!(entered, Moment { ms: 1_795_248_000_250 });
/// assert_eq!(serde_json::to_string(&entered)?, "\"2026-11-21T08:00:00.250Z\"");
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Moment {
    /// Milliseconds since 1970-01-01T00:00:00Z.
    pub ms: i64,
}

impl TryFrom<String> for Moment {
    type Error = chrono::ParseError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        DateTime::parse_from_rfc3339(&text).map(|time| Moment { ms: time.timestamp_millis() })
    }
}

impl From<Moment> for String {
    fn from(moment: Moment) -> Self {
        let time = DateTime::from_timestamp_millis(moment.ms).unwrap_or_default();
        time.to_rfc3339_opts(SecondsFormat::Millis, true)
    }
}

/// What `Settle` is asked: to begin with a file, or one of its two ends.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase", tag = "action")]
pub enum SettleTask {
    /// Take the file for this execution, unless its rows are there already.
    Claim {
        /// Name of the execution.
        execution: String,
        /// The file.
        file: Dropped,
        /// When the state was entered.
        entered: Moment,
    },
    /// Make all accepted rows visible at once.
    Publish {
        /// Name of the execution.
        execution: String,
        /// The file.
        file: Dropped,
        /// When the state was entered.
        entered: Moment,
    },
    /// Publish nothing, and record why.
    Quarantine {
        /// Name of the execution.
        execution: String,
        /// The file.
        file: Dropped,
        /// When the state was entered.
        entered: Moment,
        /// The named error that refused the file, as a catcher hands it on.
        error: Option<CaughtError>,
        /// The verdict that refused the file, where it was read to its end.
        aggregated: Option<Aggregated>,
    },
}

/// The error output of a catcher: `Cause` is what the runtime wrote of a Lambda's failure.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct CaughtError {
    /// The error's name.
    pub error: String,
    /// A JSON text with `errorType` and `errorMessage`, or any other text.
    pub cause: String,
}

/// How a file ended, or that it begins.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase", tag = "outcome")]
pub enum Settled {
    /// The file is this execution's.
    Claimed {
        /// Nothing yet; a state can only name what is there.
        report: (),
        /// Nothing yet.
        announcement: (),
    },
    /// Its rows are visible already, by another file of the same bytes.
    Duplicate {
        /// A version of the table that has them; none, if they were replaced since.
        table_version: Option<u64>,
        /// Key of the report in the output bucket.
        report: String,
        /// What is told of it.
        announcement: Announcement,
    },
    /// All accepted rows are visible.
    Published {
        /// A version of the Delta table that has them; none, if a later version of the file has replaced them
        /// since.
        table_version: Option<u64>,
        /// Key of the report in the output bucket.
        report: String,
        /// What is told of it.
        announcement: Announcement,
    },
    /// No row is visible.
    Quarantined {
        /// Error of the `Fail` state.
        error: String,
        /// Cause of the `Fail` state: what is wrong, where, and where to read on.
        cause: String,
        /// Key of the report in the output bucket.
        report: String,
        /// What is told of it.
        announcement: Announcement,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    fn revision(sequencer: &str) -> i64 {
        let file = Dropped {
            dataset: String::new(),
            bucket: String::new(),
            key: String::new(),
            version: None,
            etag: String::new(),
            byte_len: 0,
            sequencer: Some(sequencer.to_owned()),
            event_time_ms: -1,
            file_id: String::new(),
            attempt: 0,
        };
        file.revision()
    }

    #[test]
    fn revisions_order_as_sequencers_do() {
        let ordered = [
            "0",
            "0000001",
            // As the local AWS counts.
            "00000660CFE647F68D",
            "00000660CFE647F68E",
            "0055AED6DCD90281E5",
            "0055AED6DCD90282",
            "0055AED6DCD902A",
            "0055aed7",
            "00FF",
            "0F",
            "1",
            "FF",
        ];
        let revisions = ordered.map(revision);
        assert!(revisions.is_sorted_by(|one, two| one < two), "{revisions:?}");
        assert!(revisions.iter().all(|&revision| revision >= 0), "{revisions:?}");
        for odd in ["", "x", "-5", "+5", "é", "00é0000000000000"] {
            assert_eq!(revision(odd), -1, "{odd}: the time");
        }
    }

    proptest::proptest! {
        #[test]
        fn a_later_sequencer_never_has_a_lower_revision(one in "0{0,40}[0-9A-F]{1,20}", two in "0{0,40}[0-9A-F]{1,20}") {
            let padded = |digits: &str| format!("{digits:0<60}");
            let is_later = padded(&one) < padded(&two);
            proptest::prop_assert!(!is_later || revision(&one) <= revision(&two), "{one} {two}");
        }
    }
}
