//! The publishing core over a folder: real Parquet parts, real commits, many writers at once.
//!
//! What the table holds is told by an own reading of its log (`support`), not by the library that
//! wrote it.

#![allow(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a helper of tests may fail like a test"
)]

#[path = "table/cache.rs"]
mod cache;
#[path = "table/checkpoint.rs"]
mod checkpoint;
#[path = "table/objects.rs"]
mod objects;
#[path = "table/repeats.rs"]
mod repeats;
#[path = "table/support.rs"]
mod support;

use std::sync::Arc;

use arrow_schema::{DataType, Field, Schema, SchemaRef, TimeUnit};
use serde_json::json;
use settle::table::{Commit, Outcome, TableError, TableStore, publish};
use shared::contract::Revisions;
use shared::stats::Stats;
use support::{Table, columns, commit, removal};
use tokio::task::JoinSet;

use Outcome::{Committed, CommittedBefore, NotReplaced, ReplacedSince, Superseded};

async fn publish_all(store: &TableStore, commits: Vec<Commit>) -> Vec<(u64, Outcome)> {
    let mut running = JoinSet::new();
    for commit in commits {
        let store = store.clone();
        running.spawn(async move { publish(&store, commit).await.unwrap() });
    }
    let mut published: Vec<_> =
        running.join_all().await.iter().map(|p| (p.version, p.outcome)).collect();
    published.sort_by_key(|(version, _)| *version);
    published
}

#[tokio::test]
async fn the_first_commit_makes_the_table_and_its_rows_visible() {
    let table = Table::new();
    let parts = vec![table.part("f1", 0, 0, &[1, 2]), table.part("f1", 0, 1, &[3])];
    let published = publish(&table.store(), commit("f1", 0, parts)).await.unwrap();
    assert_eq!((published.version, published.outcome), (1, Committed));
    assert_eq!(table.ids(), [1, 2, 3]);

    let log = table.log();
    assert_eq!(log[0][1]["protocol"], json!({ "minReaderVersion": 1, "minWriterVersion": 2 }));
    let metadata = &log[0][2]["metaData"];
    assert_eq!(metadata["configuration"], json!({}));
    let schema: serde_json::Value =
        serde_json::from_str(metadata["schemaString"].as_str().unwrap()).unwrap();
    let field = |name, kind, nullable, metadata| json!({ "name": name, "type": kind, "nullable": nullable, "metadata": metadata });
    assert_eq!(
        schema["fields"],
        json!([
            field("id", "long", false, json!({ "comment": "Number of the flight" })),
            field("name", "string", true, json!({})),
            field("price", "double", true, json!({})),
            field("open", "boolean", true, json!({})),
            field("day", "date", true, json!({})),
            field("at", "timestamp", true, json!({})),
            field("cost", "decimal(9,2)", true, json!({})),
        ])
    );
    let info = &log[1][0]["commitInfo"];
    assert_eq!(info["userMetadata"], "execution-f1-0");
    assert_eq!(info["operationMetrics"]["numOutputRows"], "3");
}

#[tokio::test]
async fn statistics_reach_the_log_as_the_protocol_tells_them() {
    let table = Table::new();
    let mut part = table.part("f1", 0, 0, &[1, 2]);
    part.stats.min_values.insert("at".into(), json!("2013-01-01T05:00:00.001Z"));
    part.stats.min_values.insert("day".into(), json!("2013-01-01"));
    part.stats.max_values.insert("price".into(), json!(12.5));
    part.stats.max_values.insert("open".into(), json!(true));
    part.stats.max_values.insert("cost".into(), json!("-1.50"));
    publish(&table.store(), commit("f1", 0, vec![part.clone()])).await.unwrap();

    let add = table.log()[1].iter().find_map(|a| a.get("add")).cloned().unwrap();
    assert_eq!(add["size"], json!(part.byte_len));
    assert_eq!(add["modificationTime"], json!(1_700_000_000_000_u64));
    assert_eq!(add["partitionValues"], json!({}));
    assert_eq!(add["dataChange"], json!(true));
    let stats: serde_json::Value = serde_json::from_str(add["stats"].as_str().unwrap()).unwrap();
    assert_eq!(
        stats,
        json!({
            "numRecords": 2,
            "nullCount": { "id": 0, "name": 2, "price": 2, "open": 2, "day": 2, "at": 2, "cost": 2 },
            "minValues": { "id": 1, "day": "2013-01-01", "at": "2013-01-01T05:00:00.001Z" },
            "maxValues": { "id": 2, "price": 12.5, "open": true, "cost": -1.5 },
        })
    );
    assert!(add["stats"].as_str().unwrap().contains(r#""cost":-1.50"#), "with all its places");

    let mut bare = table.part("f2", 0, 0, &[1, 2]);
    bare.stats = Stats { record_count: 2, ..Stats::default() };
    publish(&table.store(), commit("f2", 0, vec![bare])).await.unwrap();
    let add = table.log()[2].iter().find_map(|a| a.get("add")).cloned().unwrap();
    assert_eq!(add["stats"], json!(r#"{"numRecords":2}"#));
}

#[tokio::test]
async fn statistics_that_do_not_fit_are_refused() {
    let table = Table::new();
    for (column, bound) in
        [("id", json!("one")), ("day", json!(3)), ("open", json!("yes")), ("x", json!(1))]
    {
        let mut part = table.part("f1", 0, 0, &[1]);
        part.stats.max_values.insert(column.into(), bound);
        let err = publish(&table.store(), commit("f1", 0, vec![part])).await.unwrap_err();
        assert!(matches!(err, TableError::Stats(_)), "{column}: {err:?}");
    }
}

#[tokio::test]
async fn the_same_commit_twice_lands_once() {
    let table = Table::new();
    let commit = commit("f1", 0, vec![table.part("f1", 0, 0, &[1, 2])]);
    let first = publish(&table.store(), commit.clone()).await.unwrap();
    let second = publish(&table.store(), commit).await.unwrap();
    assert_eq!((first.outcome, second.outcome), (Committed, CommittedBefore));
    assert_eq!((first.version, second.version), (1, 1));
    assert_eq!(table.ids(), [1, 2]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_same_commit_eight_times_at_once_lands_once() {
    let table = Table::new();
    let commit = commit("f1", 0, vec![table.part("f1", 0, 0, &[1, 2])]);
    let published = publish_all(&table.store(), vec![commit; 8]).await;
    assert_eq!(published.iter().filter(|p| p.1 == Committed).count(), 1);
    assert_eq!(published.iter().filter(|p| p.1 == CommittedBefore).count(), 7);
    assert_eq!(table.log().len(), 2);
    assert_eq!(table.ids(), [1, 2]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn eight_files_at_once_into_no_table_all_land_once() {
    let table = Table::new();
    let commits = (0..8_i64)
        .map(|n| {
            let file_id = format!("f{n}");
            let parts =
                vec![table.part(&file_id, 0, 0, &[n]), table.part(&file_id, 0, 1, &[10 + n])];
            commit(&file_id, 0, parts)
        })
        .collect();
    let published = publish_all(&table.store(), commits).await;
    assert_eq!(published, (1..=8).map(|version| (version, Committed)).collect::<Vec<_>>());
    assert_eq!(table.ids(), [0, 1, 2, 3, 4, 5, 6, 7, 10, 11, 12, 13, 14, 15, 16, 17]);
    let metadata = table.log().concat().into_iter().filter(|a| a.get("metaData").is_some());
    assert_eq!(metadata.count(), 1, "one version 0, and one only");
}

#[tokio::test]
async fn a_file_without_rows_is_settled_once_too() {
    let table = Table::new();
    let empty = commit("f1", 0, vec![]);
    assert_eq!(publish(&table.store(), empty.clone()).await.unwrap().outcome, Committed);
    assert_eq!(publish(&table.store(), empty).await.unwrap().outcome, CommittedBefore);
    assert_eq!(table.log().len(), 2);
    let parts = vec![table.part("f2", 0, 0, &[5])];
    publish(&table.store(), commit("f2", 0, parts)).await.unwrap();
    assert_eq!(table.ids(), [5]);
}

#[tokio::test]
async fn corrections_never_replace_the_file_that_they_belong_to() {
    let table = Table::new();
    let store = table.store();
    let corrections =
        |revision, parts| Commit { revisions: Revisions::Refuse, ..commit("f1", revision, parts) };
    let first = corrections(3, vec![table.part("f1", 3, 0, &[1])]);
    assert_eq!(publish(&store, first.clone()).await.unwrap().outcome, Committed);
    let later = corrections(4, vec![table.part("f1", 4, 0, &[2])]);
    assert_eq!(publish(&store, later).await.unwrap().outcome, NotReplaced);
    assert_eq!(publish(&store, first).await.unwrap().outcome, CommittedBefore);
    assert_eq!(table.ids(), [1]);
}

#[tokio::test]
async fn a_later_revision_replaces_the_earlier_one_in_one_version() {
    let table = Table::new();
    let store = table.store();
    let first = vec![table.part("f1", 3, 0, &[1, 2]), table.part("f1", 3, 1, &[3])];
    let other = vec![table.part("f10", 0, 0, &[100])];
    let later = vec![table.part("f1", 4, 0, &[7]), table.part("f1", 4, 1, &[8])];
    let earlier = commit("f1", 3, first);
    publish(&store, earlier.clone()).await.unwrap();
    publish(&store, commit("f10", 0, other)).await.unwrap();
    let published = publish(&store, commit("f1", 4, later)).await.unwrap();
    assert_eq!((published.version, published.outcome), (3, Committed));
    assert_eq!(table.ids(), [7, 8, 100]);

    assert_eq!(publish(&store, earlier).await.unwrap().outcome, ReplacedSince);
    let late = commit("f1", 2, vec![table.part("f1", 2, 0, &[1])]);
    assert_eq!(publish(&store, late).await.unwrap().outcome, Superseded);
    assert_eq!(table.ids(), [7, 8, 100]);
    publish(&store, commit("f1", 5, vec![])).await.unwrap();
    assert_eq!(table.ids(), [100]);
    assert_eq!(table.ids_at(1), [1, 2, 3], "the past stays readable");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_racing_revisions_only_the_latest_ones_rows_remain() {
    let table = Table::new();
    let commits = (0..6).map(|n| commit("f1", n, vec![table.part("f1", n, 0, &[n, 10 + n])]));
    publish_all(&table.store(), commits.collect()).await;
    assert_eq!(table.ids(), [5, 15]);
}

#[tokio::test]
async fn nothing_is_replaced_in_a_table_that_another_engine_has_rewritten() {
    let table = Table::new();
    let store = table.store();
    let part = table.part("f1", 0, 0, &[1, 2]);
    publish(&store, commit("f1", 0, vec![part.clone()])).await.unwrap();
    let name = "part-0-compacted.parquet";
    std::fs::copy(table.root().join(&part.path), table.root().join(name)).unwrap();
    let add = json!({ "add": {
        "path": name, "partitionValues": {}, "size": part.byte_len,
        "modificationTime": 1, "dataChange": false,
    }});
    table.log_by_hand(2, &[removal(&part), add]);

    let later = commit("f1", 1, vec![table.part("f1", 1, 0, &[1])]);
    let err = publish(&store, later).await.unwrap_err();
    assert!(matches!(&err, TableError::ForeignPart { path } if path == name));
    assert_eq!(table.ids(), [1, 2]);
    // New files are another matter: they replace nothing.
    publish(&store, commit("f2", 0, vec![table.part("f2", 0, 0, &[9])])).await.unwrap();
    assert_eq!(table.ids(), [1, 2, 9]);
}

#[tokio::test]
async fn a_part_that_another_engine_has_deleted_is_not_removed_again() {
    let table = Table::new();
    let store = table.store();
    let parts = vec![table.part("f1", 0, 0, &[1]), table.part("f1", 0, 1, &[2])];
    publish(&store, commit("f1", 0, parts.clone())).await.unwrap();
    table.log_by_hand(2, &[removal(&parts[0])]);
    assert_eq!(table.ids(), [2]);

    publish(&store, commit("f1", 1, vec![table.part("f1", 1, 0, &[3])])).await.unwrap();
    assert_eq!(table.ids(), [3]);
}

/// The columns of [`columns`] after a change.
fn changed(change: impl Fn(&mut Vec<Field>)) -> SchemaRef {
    let mut fields: Vec<Field> = columns().fields().iter().map(|f| (**f).clone()).collect();
    change(&mut fields);
    Arc::new(Schema::new(fields))
}

fn text(name: &str) -> Field {
    Field::new(name, DataType::Utf8, true)
}

/// A commit of rows that have those columns, the first of which are the ids.
fn commit_of(
    table: &Table,
    schema: &SchemaRef,
    file_id: &str,
    revision: i64,
    ids: &[i64],
) -> Commit {
    let parts = vec![table.part_of(schema, file_id, revision, 0, ids)];
    Commit { schema: Arc::clone(schema), ..commit(file_id, revision, parts) }
}

const COLUMNS: [&str; 7] = [
    "id long!",
    "name string",
    "price double",
    "open boolean",
    "day date",
    "at timestamp",
    "cost decimal(9,2)",
];

#[tokio::test]
async fn new_columns_are_added_in_the_version_of_the_first_rows_that_have_them() {
    let table = Table::new();
    let store = table.store();
    publish(&store, commit("f1", 0, vec![table.part("f1", 0, 0, &[1])])).await.unwrap();
    assert_eq!(table.columns(), COLUMNS);

    let comment = [("comment".to_owned(), "Where it starts".to_owned())];
    let gate = text("gate").with_metadata(comment);
    let wider = changed(|fields| fields.insert(2, gate.clone()));
    // That all rows of this file have a value says nothing of those that are there.
    let required = changed(|fields| fields.insert(2, gate.clone().with_nullable(false)));
    let second = Commit { schema: required, ..commit_of(&table, &wider, "f2", 0, &[2]) };
    let published = publish(&store, second).await.unwrap();
    assert_eq!((published.version, published.outcome), (2, Committed));
    assert_eq!(table.columns(), [&COLUMNS[..], &["gate string"]].concat());
    let metadata = table.metadata();
    assert_eq!(metadata.len(), 2);
    assert!(metadata[1]["schemaString"].as_str().unwrap().contains("Where it starts"));
    for kept in ["id", "format", "partitionColumns", "configuration", "createdTime"] {
        assert_eq!(metadata[1][kept], metadata[0][kept], "{kept}");
    }
    let version = &table.log()[2];
    for (action, count) in [("metaData", 1), ("txn", 3), ("add", 1)] {
        assert_eq!(version.iter().filter(|a| a.get(action).is_some()).count(), count, "{action}");
    }
    assert!(!version.iter().any(|action| action.get("protocol").is_some()));

    // A file without rows has no new column.
    let empty = changed(|fields| fields.push(text("seat")));
    publish(&store, Commit { schema: empty, ..commit("f0", 0, vec![]) }).await.unwrap();
    assert_eq!(table.metadata().len(), 2);

    // What the contract does not have any more stays, and is added no second time.
    let narrower = changed(|fields| fields.truncate(2));
    publish(&store, commit_of(&table, &narrower, "f3", 0, &[3])).await.unwrap();
    publish(&store, commit_of(&table, &wider, "f4", 0, &[4])).await.unwrap();
    assert_eq!(table.metadata().len(), 2);
    assert_eq!(table.ids(), [1, 2, 3, 4]);
}

#[tokio::test]
async fn a_later_revision_may_have_other_columns() {
    let table = Table::new();
    let store = table.store();
    publish(&store, commit("f1", 0, vec![table.part("f1", 0, 0, &[1, 2])])).await.unwrap();
    let other = changed(|fields| fields[1] = text("title"));
    publish(&store, commit_of(&table, &other, "f1", 1, &[3])).await.unwrap();
    assert_eq!(table.columns(), [&COLUMNS[..], &["title string"]].concat());
    assert_eq!(table.ids(), [3]);
    assert_eq!(table.ids_at(1), [1, 2]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn files_at_once_add_each_column_once() {
    let table = Table::new();
    let commits = (0..9_i64).map(|n| {
        let schema = changed(|fields| match n % 3 {
            0 => {}
            1 => fields.push(text("gate")),
            _ => fields.extend([text("seat"), text("gate")]),
        });
        commit_of(&table, &schema, &format!("f{n}"), 0, &[n])
    });
    let published = publish_all(&table.store(), commits.collect()).await;
    assert_eq!(published, (1..=9).map(|version| (version, Committed)).collect::<Vec<_>>());
    assert_eq!(table.ids(), [0, 1, 2, 3, 4, 5, 6, 7, 8]);
    let mut columns = table.columns();
    columns.sort();
    let mut expected = [&COLUMNS[..], &["gate string", "seat string"]].concat();
    expected.sort_unstable();
    assert_eq!(columns, expected);
    assert!(table.metadata().len() <= 3, "a column is added once");
}

#[tokio::test]
async fn a_change_of_a_column_is_refused_by_its_name() {
    let table = Table::new();
    publish(&table.store(), commit("f1", 0, vec![])).await.unwrap();
    let check = async |change: &dyn Fn(&mut Vec<Field>), expect: (&str, &str, &str)| {
        let commit = Commit { schema: changed(change), ..commit("f2", 0, vec![]) };
        match publish(&table.store(), commit).await {
            Err(TableError::SchemaChanged { column, table, file }) => {
                assert_eq!((column.as_str(), table.as_str(), file.as_str()), expect);
            }
            other => panic!("{expect:?}: {other:?}"),
        }
    };
    let (long, double) = ("long (nullable)", "double (nullable)");
    check(&|f| f[2] = Field::new("price", DataType::Int64, true), ("price", double, long)).await;
    check(&|f| f[2] = text("price"), ("price", double, "string (nullable)")).await;
    let id = Field::new("id", DataType::Int64, true);
    check(&|f| f[0] = id.clone(), ("id", "long (required)", long)).await;
    let gone = |f: &mut Vec<Field>| drop(f.remove(0));
    check(&gone, ("id", "long (required)", "absent")).await;
    check(&|f| f[1] = text("Name"), ("Name", "spelled \"name\"", "string (nullable)")).await;
    check(&|f| f[4] = text("DAY"), ("DAY", "spelled \"day\"", "string (nullable)")).await;
    assert_eq!(table.log().len(), 2, "nothing was committed");
}

#[tokio::test]
async fn another_order_a_stricter_column_and_another_description_change_nothing() {
    let table = Table::new();
    publish(&table.store(), commit("f1", 0, vec![])).await.unwrap();
    let schema = changed(|fields| {
        fields[0] = Field::new("id", DataType::Int64, false);
        fields[1] = Field::new("name", DataType::Utf8, false);
        fields.swap(2, 4);
    });
    let commit = Commit { schema, ..commit("f2", 0, vec![]) };
    assert_eq!(publish(&table.store(), commit).await.unwrap().version, 2);
    assert_eq!(table.metadata().len(), 1);
}

#[tokio::test]
async fn columns_that_cannot_be_published_are_named() {
    let table = Table::new();
    for data_type in [
        DataType::Int32,
        DataType::Timestamp(TimeUnit::Microsecond, None),
        DataType::Timestamp(TimeUnit::Microsecond, Some("Europe/Berlin".into())),
        DataType::Timestamp(TimeUnit::Millisecond, Some("UTC".into())),
    ] {
        let schema = Arc::new(Schema::new(vec![Field::new("x", data_type.clone(), true)]));
        let commit = Commit { schema, ..commit("f1", 0, vec![]) };
        let err = publish(&table.store(), commit).await.unwrap_err();
        assert!(
            matches!(&err, TableError::UnsupportedType { column, .. } if column == "x"),
            "{err:?}"
        );
    }
    let twice = ["Id", "name", "iD"].map(|name| Field::new(name, DataType::Utf8, true)).to_vec();
    let commit = Commit { schema: Arc::new(Schema::new(twice)), ..commit("f1", 0, vec![]) };
    let err = publish(&table.store(), commit).await.unwrap_err();
    assert!(matches!(&err, TableError::RepeatedColumn { column } if column == "iD"), "{err:?}");
    assert!(table.log().is_empty());
}

#[tokio::test]
async fn parts_of_another_file_or_given_twice_are_refused() {
    let table = Table::new();
    let own = table.part("f1", 2, 0, &[1]);
    for parts in [
        vec![table.part("f2", 2, 0, &[1])],
        vec![table.part("f1", 1, 0, &[1])],
        vec![own.clone(), own],
    ] {
        let err = publish(&table.store(), commit("f1", 2, parts)).await.unwrap_err();
        assert!(matches!(err, TableError::PartPath { .. }), "{err:?}");
    }
    assert!(table.log().is_empty());
}

#[tokio::test]
async fn a_version_that_can_never_be_won_is_a_conflict_after_so_many_rounds() {
    let table = Table::new();
    publish(&table.store(), commit("f1", 0, vec![])).await.unwrap();
    // Taken, and yet not a version: what S3's answer 409 looks like.
    std::fs::create_dir(table.root().join("_delta_log/00000000000000000002.json")).unwrap();
    let err = publish(&table.store(), commit("f2", 0, vec![])).await.unwrap_err();
    assert!(matches!(err, TableError::Conflict { rounds: 20 }), "{err:?}");
}

#[tokio::test]
async fn folders_may_have_any_name() {
    for name in ["two words", "größe", "50%", "a#b?c", "a%20b"] {
        let table = Table::below(name);
        let parts = vec![table.part("f1", 0, 0, &[1])];
        publish(&table.store(), commit("f1", 0, parts)).await.unwrap();
        let parts = vec![table.part("f1", 1, 0, &[2])];
        publish(&table.store(), commit("f1", 1, parts)).await.unwrap();
        assert_eq!(table.ids(), [2], "{name}");
    }
}
