//! A file's parts in, one commit to its dataset's Delta table out.
//!
//! A table is a folder of Parquet parts and a log, `_delta_log/<version>.json`. A part counts once a
//! version of the log adds it, and a version is written by one conditional PUT: so readers see all
//! rows of a file or none. The version also carries the file's revision (a `txn` action), and the
//! writer looks for it first: so no file is there twice, however often this runs.
//!
//! Invariant: a file's parts are added once, in one version, with its `txn`; a later revision
//! removes them in the same version that adds its own; an earlier revision never comes back.
//!
//! Invariant: a column of the table stays, with its name, its type and whether it is required; columns are
//! only added, as nullable ones.
//!
//! Invariant: the table keeps to protocol (1,2), the oldest, which every reader knows.

mod checkpoint;
mod error;
mod live;
mod parts;
mod schema;
mod store;

use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hasher};
use std::sync::Arc;
use std::time::Duration;

use arrow_schema::SchemaRef;
use delta_kernel::arrow::array::{ArrayRef, RecordBatch, StringArray};
use delta_kernel::committer::FileSystemCommitter;
use delta_kernel::engine::arrow_data::ArrowEngineData;
use delta_kernel::schema::{DataType, StructField, StructType};
use delta_kernel::transaction::{
    CommitResult, Transaction, TransactionBuilder, UpdateTableOperation,
};
use delta_kernel::{KernelError, Snapshot, SnapshotRef};

pub use self::checkpoint::{CHECKPOINT_VERSIONS, checkpoint};
pub use self::error::TableError;
pub use self::live::{Live, live};
pub(crate) use self::parts::owner;
pub use self::store::TableStore;
pub use shared::job::Part;

/// Each round lost means that another writer's commit got through.
const MAX_ROUNDS: u32 = 20;

const ENGINE_INFO: &str = concat!("sluice/", env!("CARGO_PKG_VERSION"));

/// What is to become visible at once: all rows of one revision of a file.
#[derive(Debug, Clone)]
pub struct Commit {
    /// The columns of every part: `Utf8`, `Int64`, `Float64`, `Decimal128`, `Boolean`, `Date32`
    /// and `Timestamp(Microsecond, "UTC")`. A field's metadata key `comment` becomes the column's
    /// description when the column is added to the table.
    pub schema: SchemaRef,
    /// Identity of the file; the same for all its revisions.
    pub file_id: String,
    /// Which of the file's revisions this is; later ones are larger.
    pub revision: i64,
    /// Its parts; none if it has no rows, which is recorded all the same.
    pub parts: Vec<Part>,
    /// When the parts were written, in milliseconds since 1970-01-01 UTC.
    pub modified_ms: i64,
    /// Name of the execution, kept in the table's history.
    pub execution: String,
    /// Whether an earlier revision of the file makes way. A file of corrections is not the whole of
    /// the file whose name it may have been given.
    pub may_replace: bool,
}

/// Where a commit stands in the table after [`publish`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Published {
    /// If this call committed, the version that it made; otherwise the table's latest version.
    pub version: u64,
    /// What this call did.
    pub outcome: Outcome,
}

/// What [`publish`] did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// The rows are visible since now.
    Committed,
    /// They were already: an earlier call committed these very parts.
    CommittedBefore,
    /// Other parts of this very revision are visible: another execution committed it.
    CommittedByAnother,
    /// A later revision of the file is visible; this one is not, and never will be.
    Superseded,
    /// An earlier revision is visible, and this one may not take its place.
    NotReplaced,
}

/// Makes the parts of a commit visible, all at once, and those of the file's earlier revision
/// invisible in the same step; creates the table if there is none.
///
/// Calling it again, also at the same time and from other processes, changes nothing.
///
/// # Errors
///
/// See [`TableError`]. [`Conflict`](TableError::Conflict) and [`Store`](TableError::Store) are
/// worth another call later.
pub async fn publish(table: &TableStore, commit: Commit) -> Result<Published, TableError> {
    let table = table.clone();
    // The kernel blocks; the caller's runtime must not.
    tokio::task::spawn_blocking(move || publish_blocking(&table, &commit)).await?
}

fn publish_blocking(table: &TableStore, commit: &Commit) -> Result<Published, TableError> {
    parts::check_paths(commit)?;
    let columns = schema::columns(&commit.schema)?;
    for round in 1..=MAX_ROUNDS {
        if let Some(published) = try_once(table, commit, &columns)? {
            return Ok(published);
        }
        std::thread::sleep(pause(round));
    }
    Err(TableError::Conflict { rounds: MAX_ROUNDS })
}

/// One round, on the table as it is now; nothing if another writer came first.
fn try_once(
    table: &TableStore,
    commit: &Commit,
    columns: &StructType,
) -> Result<Option<Published>, TableError> {
    let snapshot = latest(table, commit, columns)?;
    let earlier = snapshot.get_app_id_version(&app_id(commit), &*table.engine)?;
    if let Some(outcome) = earlier.and_then(|earlier| outcome_before(earlier, commit.revision)) {
        let is_other =
            outcome == Outcome::CommittedBefore && !parts::are_live(table, &snapshot, commit)?;
        let outcome = if is_other { Outcome::CommittedByAnother } else { outcome };
        return Ok(Some(Published { version: snapshot.version(), outcome }));
    }
    if earlier.is_some() && !commit.may_replace {
        let (version, outcome) = (snapshot.version(), Outcome::NotReplaced);
        return Ok(Some(Published { version, outcome }));
    }
    let added = schema::added(&snapshot.schema(), columns)?;
    let mut transaction = begin(table, &snapshot, commit, added)?;
    if let Some(adds) = parts::adds(commit)? {
        transaction.add_files(adds);
    }
    if earlier.is_some() {
        for parts in parts::earlier_parts(table, &snapshot, commit)? {
            transaction.remove_files(parts);
        }
    }
    match transaction.commit(&*table.engine)? {
        CommitResult::Committed(done) => {
            let (version, outcome) = (done.commit_version(), Outcome::Committed);
            Ok(Some(Published { version, outcome }))
        }
        CommitResult::Conflicted(_) => Ok(None),
        CommitResult::Retryable(failed) => Err(failed.error.into()),
    }
}

/// What an earlier call has left to do: nothing, unless it published an earlier revision.
fn outcome_before(earlier: i64, revision: i64) -> Option<Outcome> {
    match earlier.cmp(&revision) {
        std::cmp::Ordering::Less => None,
        std::cmp::Ordering::Equal => Some(Outcome::CommittedBefore),
        std::cmp::Ordering::Greater => Some(Outcome::Superseded),
    }
}

/// The table as it is now; one without rows if there was none.
fn latest(
    table: &TableStore,
    commit: &Commit,
    columns: &StructType,
) -> Result<SnapshotRef, TableError> {
    let read = || Snapshot::builder_for(&table.root).build(&*table.engine);
    let found = read();
    if let Err(KernelError::EmptyLog) = found {
        schema::create(table, columns, commit)?;
        return Ok(read()?);
    }
    Ok(found?)
}

/// A transaction that adds columns to the table, if there are any, in the very version of the first
/// rows that have them.
fn begin(
    table: &TableStore,
    snapshot: &SnapshotRef,
    commit: &Commit,
    added: Vec<StructField>,
) -> Result<Transaction, TableError> {
    let (info, info_schema) = history_entry(commit)?;
    let builder = SnapshotRef::clone(snapshot)
        .update_table(UpdateTableOperation::Write, ENGINE_INFO, true)
        .with_transaction_id(app_id(commit), commit.revision)
        .with_operation_metrics(metrics(commit))
        .with_commit_info(Box::new(info), Arc::new(info_schema));
    let builder = added.into_iter().fold(builder, TransactionBuilder::add_column);
    Ok(builder.build(&*table.engine, Box::new(FileSystemCommitter::new()))?)
}

fn app_id(commit: &Commit) -> String {
    format!("sluice:{}", commit.file_id)
}

/// What the table's history shows of this commit beyond the kernel's own fields.
fn history_entry(commit: &Commit) -> Result<(ArrowEngineData, StructType), KernelError> {
    let execution: ArrayRef = Arc::new(StringArray::from(vec![commit.execution.as_str()]));
    let batch = RecordBatch::try_from_iter([("userMetadata", execution)])?;
    let schema = StructType::try_new([StructField::nullable("userMetadata", DataType::STRING)])?;
    Ok((ArrowEngineData::new(batch), schema))
}

fn metrics(commit: &Commit) -> [(&'static str, Option<String>); 3] {
    let total = |of: fn(&Part) -> u64| Some(commit.parts.iter().map(of).sum::<u64>().to_string());
    [
        ("numFiles", Some(commit.parts.len().to_string())),
        ("numOutputRows", total(|part| part.stats.record_count)),
        ("numOutputBytes", total(|part| part.byte_len)),
    ]
}

/// A moment of random length, so that the writers that lost a round do not meet again in the next.
fn pause(round: u32) -> Duration {
    let longest_ms = 16_u64 << round.min(4);
    // A hasher's random seed is the standard library's only source of randomness.
    Duration::from_millis(RandomState::new().build_hasher().finish() % longest_ms)
}
