//! Many executions publish onto one table at once: every version of it, as three readers see it.

#![allow(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a helper of tests may fail like a test"
)]

#[path = "local/reader.rs"]
#[expect(dead_code, reason = "shared with tests that use more of it")]
mod reader;
#[path = "../../steps/settle/tests/table/support.rs"]
#[expect(dead_code, reason = "shared with tests that use more of it")]
mod table;
#[path = "local/venv.rs"]
mod venv;

use std::collections::BTreeMap;

use serde_json::Value;
use settle::table::{Commit, Outcome, Published, TableError, TableStore, checkpoint, publish};
use table::{Table, commit};
use tokio::task::JoinSet;

const WRITERS: i64 = 8;
/// Files that each writer has for itself, and those of which each has a revision.
const OWN_FILES: i64 = 8;
const SHARED_FILES: i64 = 4;
/// Rows of the first part and of the second.
const ROWS: [i64; 2] = [3, 2];

/// A revision of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Revision {
    file_id: String,
    revision: i64,
}

impl Revision {
    /// The ids of its rows, by parts; nobody else has any of them.
    fn ids(&self) -> [Vec<i64>; 2] {
        let file: i64 = self.file_id.strip_prefix('f').unwrap().parse().unwrap();
        let first = (file * WRITERS + self.revision) * ROWS.iter().sum::<i64>();
        [0..ROWS[0], ROWS[0]..ROWS[0] + ROWS[1]].map(|rows| rows.map(|row| first + row).collect())
    }

    fn commit(&self, table: &Table) -> Commit {
        let parts = self.ids().into_iter().enumerate();
        let part =
            |(index, ids): (usize, Vec<i64>)| table.part(&self.file_id, self.revision, index, &ids);
        commit(&self.file_id, self.revision, parts.map(part).collect())
    }
}

/// What a writer publishes: one of its own and one that all have, in turns.
fn revisions(writer: i64) -> Vec<Revision> {
    let own = (0..OWN_FILES).map(|n| (100 + writer * OWN_FILES + n, 0));
    let shared = (0..SHARED_FILES).map(|n| (n, writer));
    let (own, shared): (Vec<_>, Vec<_>) = (own.collect(), shared.collect());
    let turns = own.chunks(2).zip(&shared).flat_map(|(own, shared)| [own, &[*shared]].concat());
    turns.map(|(file, revision)| Revision { file_id: format!("f{file}"), revision }).collect()
}

/// Publishes as the state machine does: where others were too quick, again.
async fn publish_at_last(store: &TableStore, commit: &Commit) -> Published {
    for _ in 0..10 {
        match publish(store, commit.clone()).await {
            Err(TableError::Conflict { .. }) => {}
            published => return published.unwrap(),
        }
    }
    panic!("others came first, again and again");
}

/// Publishes the commits of a writer, each followed by a look whether a checkpoint is due, and gives how many
/// versions and checkpoints it has made.
async fn write(store: TableStore, commits: Vec<Commit>) -> (usize, usize) {
    let (mut versions, mut checkpoints) = (0, 0);
    for commit in commits {
        let outcome = publish_at_last(&store, &commit).await.outcome;
        assert!(matches!(outcome, Outcome::Committed | Outcome::Superseded), "{outcome:?}");
        versions += usize::from(outcome == Outcome::Committed);
        checkpoints += usize::from(checkpoint(&store).await.unwrap().is_some());
    }
    (versions, checkpoints)
}

/// The revision that a version of the log committed.
fn committed(version: &[Value]) -> Option<Revision> {
    let revision = |action: &Value| {
        let transaction = action.get("txn")?;
        let file_id = transaction["appId"].as_str()?.strip_prefix("sluice:")?;
        // Others speak of other things than files.
        file_id.strip_prefix('f')?.parse::<i64>().ok()?;
        let revision = transaction["version"].as_i64()?;
        Some(Revision { file_id: file_id.to_owned(), revision })
    };
    let mut revisions = version.iter().filter_map(revision);
    let first = revisions.next();
    assert!(revisions.next().is_none());
    first
}

/// The sorted ids of all rows at each version, by the order in which the log committed the revisions.
fn expected(log: &[Vec<Value>]) -> Vec<Vec<i64>> {
    let mut files: BTreeMap<String, Revision> = BTreeMap::new();
    let ids_after = |version: &Vec<Value>| {
        if let Some(revision) = committed(version) {
            let earlier = files.insert(revision.file_id.clone(), revision.clone());
            assert!(earlier.is_none_or(|earlier| earlier.revision < revision.revision));
        }
        let mut ids: Vec<i64> = files.values().flat_map(Revision::ids).flatten().collect();
        ids.sort_unstable();
        ids
    };
    log.iter().map(ids_after).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn writers_at_once_leave_only_versions_of_whole_files() {
    let table = Table::new();
    let mut running = JoinSet::new();
    for writer in 0..WRITERS {
        let commits = revisions(writer).iter().map(|revision| revision.commit(&table)).collect();
        running.spawn(write(table.store(), commits));
    }
    let written = running.join_all().await;
    let versions = written.iter().map(|(versions, _)| versions).sum::<usize>();
    let checkpoints = written.iter().map(|(_, checkpoints)| checkpoints).sum::<usize>();
    // Of each file that all share at least the last revision is committed.
    let files = usize::try_from(WRITERS * OWN_FILES + SHARED_FILES).unwrap();
    assert!(versions >= files && checkpoints >= files / 20, "{versions} {checkpoints}");

    let log = table.log();
    assert_eq!(log.len(), 1 + versions);
    let expected = expected(&log);
    let mut last: Vec<i64> = (0..WRITERS)
        .flat_map(revisions)
        .filter(|it| it.revision == WRITERS - 1 || it.file_id.len() > 2)
        .flat_map(|it| it.ids().concat())
        .collect();
    last.sort_unstable();
    assert_eq!(expected[versions], last, "every file is there, and its last revision");

    check_readers(&table, 0, &expected);
    let last = forget_what_the_last_checkpoint_knows(&table);
    check_readers(&table, last, &expected[last..]);
}

/// Reads all versions from a first one on.
#[track_caller]
fn check_readers(table: &Table, first: usize, expected: &[Vec<i64>]) {
    let found = reader::versions(table.root(), first);
    for reader in ["polars", "deltalake", "duckdb"] {
        let found: Vec<Vec<i64>> = serde_json::from_value(found[reader].clone()).unwrap();
        assert_eq!(found.len(), expected.len(), "{reader}");
        for (version, (found, expected)) in (first..).zip(found.iter().zip(expected)) {
            assert_eq!(found, expected, "{reader}, version {version}");
        }
    }
}

/// Leaves of the log no more than the last checkpoint and what came behind it, and gives its version.
fn forget_what_the_last_checkpoint_knows(table: &Table) -> usize {
    let log = table.root().join("_delta_log");
    let hint: Value =
        serde_json::from_slice(&std::fs::read(log.join("_last_checkpoint")).unwrap()).unwrap();
    let last = usize::try_from(hint["version"].as_u64().unwrap()).unwrap();
    for version in 0..last {
        std::fs::remove_file(log.join(format!("{version:020}.json"))).unwrap();
        let _ = std::fs::remove_file(log.join(format!("{version:020}.checkpoint.parquet")));
    }
    last
}
