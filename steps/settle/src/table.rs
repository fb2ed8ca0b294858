//! A file's parts in, one commit to its dataset's Delta table out.
//!
//! A table is a folder of Parquet parts and a log, `_delta_log/<version>.json`. A part counts once a
//! version of the log adds it, and a version is written by one conditional PUT: so readers see all
//! rows of a file or none. The version also tells what it settles (`txn` actions, `standing`), and
//! the writer looks for that first: so no file is there twice, however often this runs. What bytes a
//! live part is made of stands in its path: so no content is there twice, whatever files have it.
//!
//! Invariant: a file's parts are added once, in one version, with its `txn`s; a later revision that
//! replaces it removes them in the same version that adds its own; it never comes back.
//!
//! Invariant: a column of the table stays, with its name, its type and whether it is required; columns are
//! only added, as nullable ones.
//!
//! Invariant: the table keeps to protocol (1,2), the oldest, which every reader knows.

mod cache;
mod checkpoint;
mod error;
mod live;
mod parts;
mod round;
mod schema;
mod standing;
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
use delta_kernel::transaction::{Transaction, TransactionBuilder, UpdateTableOperation};
use delta_kernel::{KernelError, Snapshot, SnapshotRef};
use shared::contract::{Duplicates, Revisions};
use shared::job::Digest;

pub use self::checkpoint::{CHECKPOINT_VERSIONS, checkpoint};
pub use self::error::TableError;
pub use self::live::{Live, live};
pub use self::parts::Owner;
pub(crate) use self::parts::owner;
pub use self::store::TableStore;
use round::{Round, Settled};
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
    /// How often the revision was asked to be run again before this.
    pub attempt: u32,
    /// What identifies the file's bytes.
    pub digest: Digest,
    /// Its parts; none if it has no rows, which is recorded all the same.
    pub parts: Vec<Part>,
    /// When the parts were written, in milliseconds since 1970-01-01 UTC.
    pub modified_ms: i64,
    /// Name of the execution, kept in the table's history.
    pub execution: String,
    /// What becomes of the rows of the file's earlier revisions.
    pub revisions: Revisions,
    /// What becomes of this file if the rows of another one of the same bytes are live.
    pub duplicates: Duplicates,
}

/// Where a commit stands in the table after [`publish`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Published {
    /// If this call committed, the version that it made; otherwise the table's latest version.
    pub version: u64,
    /// What this call did.
    pub outcome: Outcome,
    /// The file of the same bytes whose rows are live, if that matters and they still are.
    pub original: Option<Owner>,
}

/// What [`publish`] did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// The rows are visible since now.
    Committed,
    /// They were already: an earlier call committed these very parts.
    CommittedBefore,
    /// The rows of another file of the same bytes are live: nothing is added, and that is on record.
    Duplicate,
    /// Other parts of this very revision are visible: another execution committed it.
    CommittedByAnother,
    /// A later revision of the file is visible; this one is not, and never will be.
    Superseded,
    /// An earlier revision is visible, and this one may not take its place.
    NotReplaced,
    /// They were, and a later revision has taken their place since.
    ReplacedSince,
    /// They would take rows out that a duplicate counts on.
    CountedOn,
    /// An earlier revision is visible, and so are the rows of another file of the same bytes: one of the
    /// two was dropped under a wrong name, or they changed places.
    Ambiguous,
}

/// How far a call goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reach {
    /// The parts are there.
    Publish,
    /// They are not yet, and may never be needed.
    Recognize,
    /// Nothing is to be done, whatever there is to do.
    Look,
}

/// Makes the parts of a commit visible, all at once, and those that they replace invisible in the same
/// step; creates the table if there is none.
///
/// Calling it again, also at the same time and from other processes, changes nothing.
///
/// # Errors
///
/// See [`TableError`]. [`Conflict`](TableError::Conflict) and [`Store`](TableError::Store) are
/// worth another call later.
pub async fn publish(table: &TableStore, commit: Commit) -> Result<Published, TableError> {
    let published = settle(table, commit, Reach::Publish).await?;
    published.ok_or(TableError::Conflict { rounds: MAX_ROUNDS })
}

/// What is known of a commit before there are parts of it: nothing, if they are to be made. A duplicate is
/// put on record here, as [`publish`] would.
///
/// # Errors
///
/// Those of [`publish`].
pub async fn recognize(
    table: &TableStore,
    commit: Commit,
) -> Result<Option<Published>, TableError> {
    settle(table, commit, Reach::Recognize).await
}

/// What this very commit has come to before, by an earlier call; nothing, if by none.
///
/// # Errors
///
/// Those of [`publish`].
pub async fn look(table: &TableStore, commit: Commit) -> Result<Option<Published>, TableError> {
    settle(table, commit, Reach::Look).await
}

/// Whose rows of a revision of a file are live, and in which version of the table; nothing, if there are none.
///
/// # Errors
///
/// Those of [`publish`].
pub async fn visible(
    table: &TableStore,
    file_id: &str,
    revision: i64,
) -> Result<Option<(Owner, u64)>, TableError> {
    let (table, file_id) = (table.clone(), file_id.to_owned());
    tokio::task::spawn_blocking(move || {
        let snapshot = match Snapshot::builder_for(&table.root).build(&*table.engine) {
            Err(KernelError::EmptyLog) => return Ok(None),
            found => found?,
        };
        let is_asked = |owner: &Owner| owner.file_id == file_id && owner.revision == revision;
        match parts::owners(&table, &snapshot, is_asked) {
            // Another engine has rewritten the table: whose rows are where, nobody can tell.
            Err(TableError::ForeignPart { .. }) => Ok(None),
            found => Ok(found?.pop().map(|owner| (owner, snapshot.version()))),
        }
    })
    .await?
}

async fn settle(
    table: &TableStore,
    commit: Commit,
    reach: Reach,
) -> Result<Option<Published>, TableError> {
    let table = table.clone();
    // The kernel blocks; the caller's runtime must not.
    tokio::task::spawn_blocking(move || settle_blocking(&table, &commit, reach)).await?
}

fn settle_blocking(
    table: &TableStore,
    commit: &Commit,
    reach: Reach,
) -> Result<Option<Published>, TableError> {
    parts::check_paths(commit)?;
    let columns = schema::columns(&commit.schema)?;
    for count in 1..=MAX_ROUNDS {
        let Some(snapshot) = latest(table, commit, &columns, reach)? else { return Ok(None) };
        let round = Round { table, snapshot, commit, columns: &columns };
        match round.settle(reach)? {
            Settled::Now(published) => return Ok(Some(published)),
            Settled::NotYet => return Ok(None),
            Settled::Lost => std::thread::sleep(pause(count)),
        }
    }
    Err(TableError::Conflict { rounds: MAX_ROUNDS })
}

/// The table as it is now. If there was none, one without rows; or nothing, where nothing is to be added.
fn latest(
    table: &TableStore,
    commit: &Commit,
    columns: &StructType,
    reach: Reach,
) -> Result<Option<SnapshotRef>, TableError> {
    let read = || Snapshot::builder_for(&table.root).build(&*table.engine);
    match (read(), reach) {
        (Err(KernelError::EmptyLog), Reach::Recognize | Reach::Look) => Ok(None),
        (Err(KernelError::EmptyLog), Reach::Publish) => {
            schema::create(table, columns, commit)?;
            Ok(Some(read()?))
        }
        (found, _) => Ok(Some(found?)),
    }
}

/// A transaction whose history entry tells of the parts that it is to add. It adds columns to the table, if
/// there are any, in the very version of the first rows that have them.
fn begin(
    table: &TableStore,
    snapshot: &SnapshotRef,
    commit: &Commit,
    parts: &[Part],
    added: Vec<StructField>,
    txns: Vec<(String, i64)>,
) -> Result<Transaction, TableError> {
    let (info, info_schema) = history_entry(commit)?;
    let builder = SnapshotRef::clone(snapshot)
        .update_table(UpdateTableOperation::Write, ENGINE_INFO, true)
        .with_operation_metrics(metrics(parts))
        .with_commit_info(Box::new(info), Arc::new(info_schema));
    let builder = added.into_iter().fold(builder, TransactionBuilder::add_column);
    let builder = txns
        .into_iter()
        .fold(builder, |builder, (txn, version)| builder.with_transaction_id(txn, version));
    Ok(builder.build(&*table.engine, Box::new(FileSystemCommitter::new()))?)
}

/// What the table's history shows of this commit beyond the kernel's own fields.
fn history_entry(commit: &Commit) -> Result<(ArrowEngineData, StructType), KernelError> {
    let execution: ArrayRef = Arc::new(StringArray::from(vec![commit.execution.as_str()]));
    let batch = RecordBatch::try_from_iter([("userMetadata", execution)])?;
    let schema = StructType::try_new([StructField::nullable("userMetadata", DataType::STRING)])?;
    Ok((ArrowEngineData::new(batch), schema))
}

fn metrics(parts: &[Part]) -> [(&'static str, Option<String>); 3] {
    let total = |of: fn(&Part) -> u64| Some(parts.iter().map(of).sum::<u64>().to_string());
    [
        ("numFiles", Some(parts.len().to_string())),
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
