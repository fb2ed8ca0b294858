//! Checkpoints: when there is one, what it says, and that none ever stands in the way.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::{Arc, LazyLock};

use arrow_array::cast::AsArray;
use arrow_array::types::Int32Type;
use arrow_array::{Array, RecordBatch};
use bytes::Bytes;
use object_store::ObjectStoreExt;
use object_store::path::Path;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use serde_json::Value;
use settle::table::{Outcome, TableError, TableStore, checkpoint, live, publish};
use tokio::task::JoinSet;

use super::objects::{Failure, Objects};
use super::support::{Table, commit};

use Outcome::{Committed, CommittedBefore, Superseded};

const HINT: &str = "_delta_log/_last_checkpoint";

fn checkpoint_name(version: u64) -> String {
    format!("{version:020}.checkpoint.parquet")
}

pub(crate) fn version_name(version: u64) -> String {
    format!("{version:020}.json")
}

/// The log of a table with the files `f1` to `f20`, file by file.
static TWENTY_VERSIONS: LazyLock<Vec<(String, Vec<u8>)>> = LazyLock::new(|| {
    let table = Table::new();
    std::thread::scope(|scope| {
        let publish = || {
            let runtime = tokio::runtime::Runtime::new().unwrap();
            runtime.block_on(publish_files(&table.store(), &table, 1..=20));
        };
        scope.spawn(publish).join().unwrap();
    });
    let files = (0..=20).map(|version| format!("_delta_log/{}", version_name(version)));
    files.map(|name| (name.clone(), std::fs::read(table.root().join(name)).unwrap())).collect()
});

/// A table in a folder, of which there are the first versions of [`TWENTY_VERSIONS`], and not the parts.
fn table_at(version: usize) -> Table {
    let table = Table::new();
    std::fs::create_dir_all(table.root().join("_delta_log")).unwrap();
    for (name, body) in TWENTY_VERSIONS.iter().take(version + 1) {
        std::fs::write(table.root().join(name), body).unwrap();
    }
    table
}

/// A table in memory, of which there are [`TWENTY_VERSIONS`], and not the parts.
async fn objects_at_20() -> Arc<Objects> {
    let objects = Arc::new(Objects::default());
    for (name, body) in &*TWENTY_VERSIONS {
        let path = Path::from(name.as_str());
        objects.inner.put(&path, body.clone().into()).await.unwrap();
    }
    objects
}

/// Publishes files `f<n>` of one row `n`, which become the versions of those numbers.
pub(crate) async fn publish_files(
    store: &TableStore,
    parts: &Table,
    numbers: std::ops::RangeInclusive<u32>,
) {
    for n in numbers {
        let file_id = format!("f{n}");
        let part = parts.part(&file_id, 0, 0, &[n.into()]);
        let published = publish(store, commit(&file_id, 0, vec![part])).await.unwrap();
        assert_eq!((published.version, published.outcome), (n.into(), Committed));
    }
}

/// Versions that the log has checkpoints of.
fn checkpoints(table: &Table) -> BTreeSet<PathBuf> {
    let entries = table.root().join("_delta_log").read_dir().unwrap();
    let paths = entries.map(|entry| entry.unwrap().path());
    paths.filter(|path| path.extension().is_some_and(|end| end == "parquet")).collect()
}

fn hinted(table: &Table) -> Value {
    serde_json::from_slice(&std::fs::read(table.root().join(HINT)).unwrap()).unwrap()
}

#[tokio::test]
async fn a_log_gets_a_checkpoint_for_every_twenty_versions() {
    let table = Table::new();
    let store = table.store();
    assert_eq!(checkpoint(&store).await.unwrap(), None, "there is no table");
    assert!(table.log().is_empty());

    let table = table_at(19);
    let store = table.store();
    assert_eq!(checkpoint(&store).await.unwrap(), None);
    publish_files(&store, &table, 20..=20).await;
    assert_eq!(checkpoint(&store).await.unwrap(), Some(20));
    assert_eq!(checkpoint(&store).await.unwrap(), None);
    publish_files(&store, &table, 21..=39).await;
    assert_eq!(checkpoint(&store).await.unwrap(), None);
    publish_files(&store, &table, 40..=41).await;
    assert_eq!(checkpoint(&store).await.unwrap(), Some(41));
    assert_eq!(hinted(&table)["version"], 41);
    assert_eq!(hinted(&table)["numOfAddFiles"], 41);
    let log = table.root().join("_delta_log");
    assert_eq!(
        checkpoints(&table),
        [20, 41].map(|version| log.join(checkpoint_name(version))).into()
    );
}

/// The rows of a checkpoint.
fn read(body: Bytes) -> RecordBatch {
    let reader = ParquetRecordBatchReaderBuilder::try_new(body).unwrap();
    let mut batches: Vec<_> = reader.with_batch_size(10_000).build().unwrap().collect();
    assert_eq!(batches.len(), 1);
    batches.pop().unwrap().unwrap()
}

#[tokio::test]
async fn a_checkpoint_is_of_the_oldest_protocol_and_keeps_every_transaction() {
    let table = table_at(19);
    let store = table.store();
    publish(&store, commit("empty", 0, vec![])).await.unwrap();
    checkpoint(&store).await.unwrap();
    let body = std::fs::read(table.root().join("_delta_log").join(checkpoint_name(20))).unwrap();
    let rows = read(body.into());
    let count = |action: &str| {
        rows.column_by_name(action).map_or(0, |column| column.len() - column.null_count())
    };
    let log = table.log().concat();
    let transactions = log.iter().filter_map(|action| action["txn"]["appId"].as_str());
    let transactions = transactions.collect::<BTreeSet<_>>().len();
    assert!(transactions >= 20);
    let counts = ["protocol", "metaData", "txn", "add", "remove", "sidecar", "checkpointMetadata"];
    assert_eq!(counts.map(count), [1, 1, transactions, 19, 0, 0, 0]);
    let protocol = rows.column_by_name("protocol").unwrap().as_struct();
    let row = (0..protocol.len()).find(|&row| protocol.is_valid(row)).unwrap();
    let version =
        |name: &str| protocol.column_by_name(name).unwrap().as_primitive::<Int32Type>().value(row);
    assert_eq!([version("minReaderVersion"), version("minWriterVersion")], [1, 2]);
}

#[tokio::test]
async fn what_was_settled_before_a_checkpoint_stays_settled() {
    let table = table_at(18);
    let store = table.store();
    let later = commit("f7", 5, vec![table.part("f7", 5, 0, &[700])]);
    publish(&store, later.clone()).await.unwrap();
    let empty = commit("empty", 3, vec![]);
    publish(&store, empty.clone()).await.unwrap();
    assert_eq!(checkpoint(&store).await.unwrap(), Some(20));

    // Nobody can look there any more.
    for version in 0..20 {
        std::fs::remove_file(table.root().join("_delta_log").join(version_name(version))).unwrap();
    }
    for (commit, expected) in [
        (commit("f1", 0, vec![table.part("f1", 0, 0, &[1])]), CommittedBefore),
        (commit("f7", 3, vec![table.part("f7", 3, 0, &[7])]), Superseded),
        (later, CommittedBefore),
        (empty, CommittedBefore),
    ] {
        let published = publish(&store, commit).await.unwrap();
        assert_eq!((published.version, published.outcome), (20, expected));
    }
    let live = live(&store).await.unwrap();
    assert!(
        live.has("data/f7/5/f7-5/part-00000.parquet")
            && live.has("data/f18/0/f18-0/part-00000.parquet")
    );
    assert!(!live.has("data/f7/0/f7-0/part-00000.parquet"));
}

#[tokio::test]
async fn a_later_revision_takes_out_what_only_a_checkpoint_knows() {
    let table = table_at(20);
    let store = table.store();
    checkpoint(&store).await.unwrap();
    let later = vec![table.part("f3", 1, 0, &[300])];
    publish(&store, commit("f3", 1, later)).await.unwrap();
    let removed = |action: &Value| action["remove"]["path"].as_str().map(str::to_owned);
    let removed: Vec<_> = table.log()[21].iter().filter_map(removed).collect();
    assert_eq!(removed, ["data/f3/0/f3-0/part-00000.parquet"]);
    let live = live(&store).await.unwrap();
    assert!(
        live.has("data/f3/1/f3-1/part-00000.parquet")
            && live.has("data/f4/0/f4-0/part-00000.parquet")
    );
    assert!(!live.has("data/f3/0/f3-0/part-00000.parquet"));
}

#[tokio::test]
async fn a_commit_reads_no_more_than_the_checkpoint_and_what_came_behind_it() {
    let (parts, objects) = (Table::new(), objects_at_20().await);
    let store = objects.table();
    publish_files(&store, &parts, 21..=22).await;
    let all: Vec<_> = (0..=22).map(version_name).collect();
    objects.take_reads();
    live(&objects.table()).await.unwrap();
    let read = objects.take_reads();
    assert!(all.iter().all(|name| read.contains(name)), "{read:?}");

    assert_eq!(checkpoint(&store).await.unwrap(), Some(22));
    publish_files(&store, &parts, 23..=24).await;
    objects.take_reads();
    let published = publish(&objects.table(), commit("f1", 0, vec![])).await.unwrap();
    assert_eq!(published.version, 24);
    let expected =
        [checkpoint_name(22), version_name(23), version_name(24), "_last_checkpoint".to_owned()];
    assert_eq!(objects.take_reads(), expected);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_checkpoints_at_once_there_is_one() {
    let table = table_at(20);
    let mut running = JoinSet::new();
    for _ in 0..8 {
        let store = table.store();
        running.spawn(async move { checkpoint(&store).await.unwrap() });
    }
    let done = running.join_all().await;
    assert!(done.iter().all(|found| found.is_none_or(|version| version == 20)), "{done:?}");
    assert!(done.contains(&Some(20)));
    assert_eq!(checkpoints(&table).len(), 1);
    assert_eq!(hinted(&table)["version"], 20);
}

#[tokio::test]
async fn a_checkpoint_that_is_there_is_never_written_again() {
    let objects = objects_at_20().await;
    let store = objects.table();
    checkpoint(&store).await.unwrap();
    let path = Path::from(format!("_delta_log/{}", checkpoint_name(20)));
    let first = objects.inner.head(&path).await.unwrap();
    objects.inner.delete(&Path::from(HINT)).await.unwrap();
    assert_eq!(checkpoint(&store).await.unwrap(), Some(20), "the hint is mended");
    assert_eq!(objects.inner.head(&path).await.unwrap(), first);
    assert_eq!(checkpoint(&store).await.unwrap(), None);
}

/// What a checkpoint that dies leaves behind is a table like any other, and the next one mends it.
#[tokio::test]
async fn a_checkpoint_may_die_at_any_moment() {
    for (end, failure) in [
        (".checkpoint.parquet", Failure::Before),
        (".checkpoint.parquet", Failure::After),
        ("_last_checkpoint", Failure::Before),
        ("_last_checkpoint", Failure::After),
    ] {
        let (parts, objects) = (Table::new(), objects_at_20().await);
        let store = objects.table();
        objects.fail(end, failure);
        let error = checkpoint(&store).await.unwrap_err();
        assert!(matches!(error, TableError::Store(_)), "{end} {failure:?}: {error:?}");

        let again = publish(&store, commit("f1", 0, vec![parts.part("f1", 0, 0, &[1])])).await;
        assert_eq!(again.unwrap().outcome, CommittedBefore, "{end} {failure:?}");
        publish_files(&store, &parts, 21..=21).await;
        let is_told = objects.inner.head(&Path::from(HINT)).await.is_ok();
        let expected = (!is_told).then_some(21);
        assert_eq!(checkpoint(&store).await.unwrap(), expected, "{end} {failure:?}");
        objects.take_reads();
        live(&objects.table()).await.unwrap();
        let read = objects.take_reads();
        assert!(!read.contains(&version_name(20)), "{end} {failure:?}: {read:?}");
    }
}

#[tokio::test]
async fn a_hint_that_cannot_be_read_is_none() {
    let objects = objects_at_20().await;
    let store = objects.table();
    for text in ["", "{\"vers", "[]", "{\"version\":-1}"] {
        let hint = Path::from(HINT);
        objects.inner.put(&hint, text.into()).await.unwrap();
        assert!(live(&store).await.unwrap().has("data/f20/0/f20-0/part-00000.parquet"), "{text}");
        assert_eq!(checkpoint(&store).await.unwrap(), Some(20), "{text}");
        let body = objects.inner.get(&hint).await.unwrap().bytes().await.unwrap();
        assert_eq!(serde_json::from_slice::<Value>(&body).unwrap()["version"], 20, "{text}");
    }
}
