use clap::Parser;
use proptest::prelude::*;
use serde_json::Value;
use shared::store::{Area, Listed, MemoryStore};

use super::*;
use crate::ledger::tests::{NOW, published, put, record, store};

#[derive(Debug, Parser)]
struct Command {
    #[command(flatten)]
    arguments: Arguments,
}

fn arguments(more: &[&str]) -> Arguments {
    let fixed = ["history", "--output-bucket", "out", "--input-bucket", "in"];
    Command::try_parse_from(fixed.iter().chain(more)).unwrap().arguments
}

/// What is printed, and the keys of what cannot be read; or the error.
async fn told(store: &MemoryStore, more: &[&str]) -> Result<(String, Vec<String>), String> {
    let mut out = Vec::new();
    let unreadable = history(&arguments(more), store, NOW, &mut out).await;
    let unreadable = unreadable.map_err(|error| chain(&error))?;
    let keys = unreadable.into_iter().map(|unreadable| unreadable.key).collect();
    Ok((String::from_utf8(out).unwrap(), keys))
}

/// The keys of the files that are told of.
#[track_caller]
fn keys(json: &str) -> Vec<String> {
    let json: Value = serde_json::from_str(json).unwrap();
    let records = json["records"].as_array().unwrap().iter();
    records.map(|record| record["file"]["key"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn what_was_asked_for_is_told() {
    let store = store(&[published("a", 1), record("a", 2), record("b", 3)]);
    for (more, mut expected) in [
        (&["orders", "--json"][..], vec!["orders/a.csv", "orders/a.csv", "orders/b.csv"]),
        (&["orders", "--json", "--state", "published"], vec!["orders/a.csv"]),
        (&["orders", "--json", "--state", "quarantined"], vec!["orders/a.csv", "orders/b.csv"]),
        (&["orders", "--json", "--state", "claimed"], vec![]),
        (&["orders", "--json", "--key", "orders/b.csv"], vec!["orders/b.csv"]),
    ] {
        let (printed, unreadable) = told(&store, more).await.unwrap();
        let mut found = keys(&printed);
        found.sort();
        expected.sort_unstable();
        assert_eq!(found, expected, "{more:?}");
        assert!(unreadable.is_empty(), "{more:?}");
    }
    let (printed, _) = told(&store, &["orders", "--limit", "1"]).await.unwrap();
    assert!(printed.ends_with("\n1 record; --limit shows more: 2 are older\n"), "{printed}");
}

#[tokio::test]
async fn what_there_is_not_is_said() {
    let store = store(&[record("a", 1)]);
    for (more, expected) in [
        (
            &["order"][..],
            "no file of the dataset `order` is on record in the bucket `out`; the dataset of a file \
             is the first part of its key",
        ),
        (
            &["orders", "--key", "orders/z.csv"],
            "no version of the file `orders/z.csv` is on record in the bucket `out`",
        ),
        (
            &["orders", "--key", "a.csv"],
            "`a.csv` is not a file of the dataset `orders`: its key would start with `orders/`",
        ),
    ] {
        assert_eq!(told(&store, more).await.unwrap_err(), expected);
    }
}

#[tokio::test]
async fn a_record_that_cannot_be_read_is_named_and_the_others_are_told() {
    let store = store(&[record("a", 1)]);
    let broken = record("b", 2).key();
    for body in ["", "{", "{\"file\": 1}", "[]"] {
        store.put(Area::Output, &broken, body);
        let (printed, unreadable) = told(&store, &["orders", "--json"]).await.unwrap();
        assert_eq!(keys(&printed), ["orders/a.csv"], "{body}");
        assert_eq!(unreadable, [broken.as_str()], "{body}");
        let json: Value = serde_json::from_str(&printed).unwrap();
        assert_eq!(json["unreadable"][0]["key"], broken.as_str());
    }
    put(&store, &record("b", 2));
    assert!(told(&store, &["orders"]).await.unwrap().1.is_empty());
}

/// Records of three files, no two of one version, each with the time when it was written last.
fn records() -> impl Strategy<Value = Vec<(Record, i64)>> {
    let version = (0..3_usize, 0..5_i64);
    let rest = (any::<bool>(), 0..4_i64);
    prop::collection::btree_map(version, rest, 0..12).prop_map(|versions| {
        let versions = versions.into_iter().map(|((file, revision), (is_published, at))| {
            let file = ["a", "b", "c"][file];
            let make = if is_published { published } else { record };
            (make(file, revision), at)
        });
        versions.collect()
    })
}

/// The latest published revision behind a version that was published, by all that is on record.
fn follower(record: &Record, all: &[(Record, i64)]) -> Option<String> {
    let all = all.iter().map(|(record, _)| record).filter(|other| other.publication.is_some());
    let revisions = all.filter(|other| other.file.key == record.file.key);
    let last = revisions.map(|other| other.file.revision()).max()?;
    let is_visible = record.publication.is_some();
    (is_visible && last > record.file.revision()).then(|| last.to_string())
}

proptest! {
    /// How many are asked for decides which are told of, and nothing that is told of them.
    #[test]
    fn a_limit_hides_records_and_nothing_else(all in records(), limit in 1..14_usize) {
        let records: Vec<_> = all.iter().map(|(record, _)| record.clone()).collect();
        let listed = all.iter().map(|(record, modified_ms)| {
            Listed { key: record.key(), byte_len: 1, modified_ms: *modified_ms }
        });
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let store = store(&records);
        let found = runtime.block_on(find(&store, listed.collect(), limit, |_| true));
        prop_assert!(found.unreadable.is_empty());
        prop_assert_eq!(found.records.len(), limit.min(all.len()));
        prop_assert_eq!(found.older_count, all.len() - found.records.len());

        let time = |wanted: &Record| all.iter().find(|(record, _)| record == wanted).unwrap().1;
        let times: Vec<_> = found.records.iter().map(time).collect();
        prop_assert!(times.is_sorted_by(|one, two| one >= two));
        let hidden = all.iter().filter(|(record, _)| !found.records.contains(record));
        prop_assert!(hidden.map(|(_, at)| at).max() <= times.last());

        let told = serde_json::to_value(Told::of("orders", &found, NOW)).unwrap();
        for (told, record) in told["records"].as_array().unwrap().iter().zip(&found.records) {
            let revision = told["followedBy"]["revision"].as_str().map(str::to_owned);
            prop_assert_eq!(revision, follower(record, &all));
        }
    }
}
