//! What one execution keeps in `work/<execution>/`, and under which keys.
//!
//! Invariant: an object's key and content depend only on the input of the step that writes it, so
//! that a step that runs twice writes the same again.

use std::collections::BTreeMap;
use std::ops::Range;

use bytes::Bytes;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::completeness::{ControlSum, DeclaredTotal};
use crate::contract::Contract;
use crate::csv::{Characters, Survey};
use crate::error_name::ErrorName;
use crate::fault::CodeCounts;
use crate::header::Layout;
use crate::message::{Chunk, Counts, Dropped, FileRange, Form};
use crate::reference::Pinned;
use crate::salt::SaltMarks;
use crate::stats::Stats;
use crate::store::{Area, Object, Store, StoreError, read_whole};

/// Bytes that a JSON object of ours may have.
const JSON_LIMIT: u64 = 256 << 20;

/// Everything that is fixed about a file once it is validated, so that no later change of the
/// contract or of a reference table reaches into an execution.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Job {
    /// The file.
    pub file: Dropped,
    /// The descriptor, as it was read.
    pub descriptor: serde_json::Value,
    /// Name of the input resource; the first resource if None.
    pub resource: Option<String>,
    /// The versions of the reference tables, by resource name.
    pub references: BTreeMap<String, Pinned>,
    /// The marks of the salts that the contract names: all chunks hash alike.
    #[serde(default)]
    pub salts: SaltMarks,
    /// Size of the file in bytes.
    pub byte_len: u64,
    /// What identifies the file's bytes.
    pub digest: Digest,
    /// Number of chunks in the plan.
    pub chunk_count: usize,
    /// Number of data records.
    pub record_count: u64,
    /// What columns are said to sum up to.
    #[serde(default)]
    pub totals: Vec<DeclaredTotal>,
    /// Which column of the file holds which field.
    pub layout: Layout,
    /// Whether the chunks are ranges of the file itself. Else the text of each lies at
    /// [`Work::text`], since the file is compressed or in another encoding.
    pub is_verbatim: bool,
    /// The text before the first data record, without a byte order mark: header, comments.
    pub preamble: String,
}

/// What identifies the bytes of a file, in hexadecimal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Digest {
    /// The SHA-256 of all bytes: the file was read in one pass.
    Sha256(String),
    /// The SHA-256 over the ranges in which the file was surveyed, in order: of each its length in bytes
    /// (8 bytes, big-endian) and the SHA-256 of its bytes (32 bytes).
    RangesSha256(String),
}

impl Digest {
    /// The SHA-256 of all bytes, if it is known.
    pub fn sha256(&self) -> Option<&str> {
        match self {
            Digest::Sha256(digits) => Some(digits),
            Digest::RangesSha256(_) => None,
        }
    }

    /// What tells equal bytes from others in a path: equal files have equal ones, unless one was surveyed in
    /// ranges and the other was not.
    pub fn segment(&self) -> String {
        match self {
            Digest::Sha256(digits) => digits.clone(),
            Digest::RangesSha256(digits) => format!("ranges-{digits}"),
        }
    }

    /// That of the ranges, if the file was surveyed.
    pub fn ranges_sha256(&self) -> Option<&str> {
        match self {
            Digest::Sha256(_) => None,
            Digest::RangesSha256(digits) => Some(digits),
        }
    }
}

/// What `Survey` found in one range of a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Surveyed {
    /// The range.
    pub range: FileRange,
    /// What its bytes were taken to mean.
    pub form: Form,
    /// SHA-256 of its bytes, in hexadecimal.
    pub sha256: String,
    /// Its characters, without the byte order mark.
    pub characters: Characters,
    /// Its records, without the byte order mark.
    pub survey: Survey,
}

/// What `Parse` did with a chunk.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Parsed {
    /// The chunk's books.
    #[serde(flatten)]
    pub counts: Counts,
    /// One for each of the job's `totals`: the sum over all rows of the chunk, rejected ones included.
    #[serde(default)]
    pub totals: Vec<ControlSum>,
}

/// What `Enrich` did with the rows that `Parse` accepted.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Enriched {
    /// The books of this step: it read what `Parse` accepted.
    #[serde(flatten)]
    pub counts: Counts,
    /// The Parquet part with the accepted rows; none if there are none.
    pub part: Option<Part>,
    /// Bytes of the partial results of each aggregate, in the order of the contract.
    pub partial_lens: Vec<u64>,
}

/// A Parquet file at its final place, invisible until a commit names it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Part {
    /// Key relative to the table's root: `data/<file id>/<revision>/<digest>/<name>`, of nothing but ASCII
    /// letters and digits, `_`, `-` and `.`, so that it reads the same with and without URL encoding.
    pub path: String,
    /// Size in bytes.
    pub byte_len: u64,
    /// What it holds.
    pub stats: Stats,
}

/// What `Aggregate` made of all chunks, for `Settle`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Summary {
    /// The balanced books of the file.
    #[serde(flatten)]
    pub counts: Counts,
    /// Number of faults, by code.
    pub rejects_by_code: CodeCounts,
    /// Key of the reject file in the output bucket, if a row was rejected.
    pub rejects: Option<String>,
    /// Key of the file of rejected records to be corrected, if a row was rejected.
    pub corrections: Option<String>,
    /// The parts to commit, in the order of the rows.
    pub parts: Vec<Part>,
    /// Names of the aggregates.
    pub aggregates: Vec<String>,
}

/// An object of our own that is not what an earlier step must have written.
#[derive(Debug, thiserror::Error)]
pub enum WorkError {
    /// It cannot be read or written.
    #[error("cannot use the work of this execution")]
    Store(#[from] StoreError),
    /// It is not the JSON that it should be.
    #[error("`{key}` is not what an earlier step writes")]
    Json {
        /// The key.
        key: String,
        /// What is wrong with it.
        #[source]
        source: serde_json::Error,
    },
    /// The contract in it was checked before, and is wrong now.
    #[error("the contract of this execution was changed")]
    Contract(#[from] crate::contract::ContractError),
}

impl WorkError {
    /// The name that the state machine knows.
    pub fn name(&self) -> ErrorName {
        match self {
            WorkError::Store(error) => error.name(),
            WorkError::Json { .. } | WorkError::Contract(_) => ErrorName::WorkUnreadable,
        }
    }
}

impl Job {
    /// The contract of this execution.
    ///
    /// # Errors
    /// [`WorkError::Contract`], which a job that was written by `Validate` cannot have.
    pub fn contract(&self) -> Result<Contract, WorkError> {
        let descriptor = self.descriptor.to_string();
        Ok(Contract::parse(descriptor.as_bytes(), self.resource.as_deref())?)
    }

    /// The version of the file that this execution is about.
    pub fn input(&self) -> Object {
        input(&self.file)
    }

    /// Where the text of a chunk lies.
    pub fn text(&self, work: Work<'_>, chunk: Chunk) -> (Object, Option<Range<u64>>) {
        if self.is_verbatim {
            (self.input(), Some(chunk.start..chunk.end))
        } else {
            (Object::output(work.text(chunk.index)), None)
        }
    }
}

/// The object that was dropped, at its version; where the bucket keeps none, as long as it is not replaced.
///
/// ```
/// # use shared::message::Dropped;
/// # let mut file = Dropped {
/// #     dataset: String::new(), bucket: String::new(), key: String::new(), version: None,
/// #     etag: "e1".to_owned(), byte_len: 0, sequencer: None, event_time_ms: 7,
/// #     file_id: String::new(), attempt: 0,
/// # };
/// assert_eq!(shared::job::input(&file).etag.as_deref(), Some("e1"));
/// file.version = Some("v1".to_owned());
/// assert_eq!(shared::job::input(&file).etag, None);
/// ```
pub fn input(file: &Dropped) -> Object {
    let Dropped { key, version, etag, .. } = file;
    let etag = Some(etag).filter(|etag| version.is_none() && !etag.is_empty());
    Object { area: Area::Input, key: key.clone(), version: version.clone(), etag: etag.cloned() }
}

/// The keys of an execution's work.
#[derive(Debug, Clone, Copy)]
pub struct Work<'a> {
    /// Name of the execution.
    pub execution: &'a str,
}

impl Work<'_> {
    /// The [`Job`].
    pub fn job(self) -> String {
        format!("work/{}/job.json", self.execution)
    }

    /// The plan, a JSON array of chunks.
    pub fn plan(self) -> String {
        format!("work/{}/plan.json", self.execution)
    }

    /// The ranges in which a large file is surveyed, a JSON array of [`FileRange`]; not there if it is
    /// read in one pass.
    pub fn ranges(self) -> String {
        format!("work/{}/ranges.json", self.execution)
    }

    /// The [`Surveyed`] of a range.
    pub fn survey(self, index: usize) -> String {
        format!("work/{}/survey/{index:05}.json", self.execution)
    }

    /// The [`Parsed`] of a chunk.
    pub fn parsed(self, index: usize) -> String {
        self.chunk(index, "parsed.json")
    }

    /// The rows that `Parse` accepted of a chunk, as an Arrow IPC stream: row number and line number
    /// first, then the fields of the schema.
    pub fn parsed_rows(self, index: usize) -> String {
        self.chunk(index, "parsed.arrow")
    }

    /// The text of a chunk in UTF-8, where it is not simply a range of the file.
    pub fn text(self, index: usize) -> String {
        self.chunk(index, "text.csv")
    }

    /// What `Validate` found to be wrong with the keys of a chunk, perhaps nothing:
    /// [`KeyFault`](crate::fault::KeyFault)s end to end; not there if the contract has no keys.
    pub fn key_faults(self, index: usize) -> String {
        self.chunk(index, "key-faults")
    }

    /// The faults that `Parse` found; not there if there are none.
    pub fn parse_faults(self, index: usize) -> String {
        self.chunk(index, "parse-faults")
    }

    /// The [`Enriched`] of a chunk.
    pub fn enriched(self, index: usize) -> String {
        self.chunk(index, "enriched.json")
    }

    /// The faults that `Enrich` found; not there if there are none.
    pub fn enrich_faults(self, index: usize) -> String {
        self.chunk(index, "enrich-faults")
    }

    /// The partial results of an aggregate over a chunk.
    pub fn partial(self, index: usize, aggregate: &str) -> String {
        self.chunk(index, &format!("{aggregate}.partial"))
    }

    /// The keys that a foreign key may name, by its position in the schema.
    pub fn key_set(self, foreign_key: usize) -> String {
        format!("work/{}/key-sets/{foreign_key}", self.execution)
    }

    /// A run of what `Validate` sorts and does not hold in memory.
    pub fn run(self, sorted: &str, index: usize) -> String {
        format!("work/{}/runs/{sorted}/{index:05}", self.execution)
    }

    /// Why the file was refused, if it was.
    pub fn refused(self) -> String {
        format!("work/{}/refused.json", self.execution)
    }

    /// The [`Summary`].
    pub fn summary(self) -> String {
        format!("work/{}/summary.json", self.execution)
    }

    /// The results of an aggregate, before they are published; `extension` is `csv` or `parquet`.
    pub fn aggregate(self, aggregate: &str, extension: &str) -> String {
        format!("work/{}/aggregates/{aggregate}.{extension}", self.execution)
    }

    fn chunk(self, index: usize, name: &str) -> String {
        format!("work/{}/chunks/{index:05}/{name}", self.execution)
    }
}

/// What the keys of all tables start with.
pub const PUBLISHED: &str = "published/";

/// The root of a dataset's table.
pub fn table_prefix(dataset: &str) -> String {
    format!("{PUBLISHED}{dataset}")
}

/// Where a part lies, relative to the table: a file's identity, its revision and what identifies its bytes
/// stand in its path, so that the table tells what it holds; and the execution, so that a second execution
/// over the same version never touches what is published.
pub fn part_path(file: &Dropped, digest: &Digest, execution: &str, index: usize) -> String {
    let legal = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
    let execution: String = execution.chars().map(|c| if legal(c) { c } else { '_' }).collect();
    let (id, revision, digest) = (&file.file_id, file.revision(), digest.segment());
    format!("data/{id}/{revision}/{digest}/part-{index:05}-{execution}.parquet")
}

/// Reads a JSON object of our own, if it is there.
///
/// # Errors
/// [`WorkError::Store`] and [`WorkError::Json`].
pub async fn find_json<T: DeserializeOwned>(
    store: &impl Store,
    key: String,
) -> Result<Option<T>, WorkError> {
    match read_json(store, key).await {
        Err(WorkError::Store(StoreError::NotFound { .. })) => Ok(None),
        found => found.map(Some),
    }
}

/// Reads a JSON object of our own.
///
/// # Errors
/// [`WorkError::Store`] and [`WorkError::Json`].
pub async fn read_json<T: DeserializeOwned>(
    store: &impl Store,
    key: String,
) -> Result<T, WorkError> {
    let body = read_whole(store, &Object::output(&key), None, JSON_LIMIT).await?;
    serde_json::from_slice(&body).map_err(|source| WorkError::Json { key, source })
}

/// Writes a JSON object of our own.
///
/// # Errors
/// [`WorkError::Store`] and [`WorkError::Json`].
pub async fn write_json<T: Serialize + Sync>(
    store: &impl Store,
    key: String,
    value: &T,
) -> Result<(), WorkError> {
    let body = serde_json::to_vec(value);
    let body = body.map_err(|source| WorkError::Json { key: key.clone(), source })?;
    store.write(&key, Bytes::from(body)).await?;
    Ok(())
}
