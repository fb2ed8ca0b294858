use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::*;

const DAY_MS: i64 = 86_400_000;
const NOW_MS: i64 = 1_700_000_000_000;
const ROOT: &str = "published/orders/";

/// Where a part of a file lies, relative to the table.
fn part(file: &str, revision: u32, name: &str) -> String {
    format!("data/{file}/{revision}/0f/{name}.parquet")
}

fn object(key: &str, age_days: i64) -> Listed {
    Listed { key: key.to_owned(), byte_len: 7, modified_ms: NOW_MS - age_days * DAY_MS }
}

/// The keys that can go, of objects and of records by their file, each with its age in days.
fn swept(
    objects: &BTreeMap<String, i64>,
    live: &BTreeSet<String>,
    records: &BTreeMap<String, Vec<i64>>,
    retention_days: u16,
) -> Vec<String> {
    let cutoff = Cutoff::new(NOW_MS, retention_days);
    let live: Live = live.iter().map(String::as_str).collect();
    let mut sweep = Sweep::new(ROOT, &live, cutoff);
    let listed = objects.iter().map(|(key, age)| Some(object(key, *age)));
    let batches = listed.chain([None]).filter_map(|object| sweep.next(object));
    let batches: Vec<Batch> = batches.collect();
    assert!(batches.iter().all(|batch| (1..=BATCH_LEN).contains(&batch.parts.len())));
    let gone = batches.into_iter().flat_map(|batch| {
        let ages = records.get(&batch.file_id).into_iter().flatten();
        let records: Vec<_> = ages.map(|age| object("ledger/orders/x", *age)).collect();
        batch.unless_recent(&records, cutoff)
    });
    gone.map(|part| part.key).collect()
}

/// Whether an object of that path and age goes.
#[track_caller]
fn check(path: &str, age: i64, live: &[&String], records: &[(&str, i64)], expected: bool) {
    let objects = BTreeMap::from([(format!("{ROOT}{path}"), age)]);
    let live = live.iter().map(|path| (*path).clone()).collect();
    let mut by_file: BTreeMap<String, Vec<i64>> = BTreeMap::new();
    for (file, age) in records {
        by_file.entry((*file).to_owned()).or_default().push(*age);
    }
    let gone = swept(&objects, &live, &by_file, 30);
    assert_eq!(!gone.is_empty(), expected, "{path}, {age} days old");
}

#[test]
fn a_part_goes_once_it_is_old_and_nobody_names_it() {
    let path = part("f1", 7, "part-00000-e1");
    check(&path, 31, &[], &[], true);
    check(&path, 30, &[], &[], true);
    check(&path, 29, &[], &[], false);
    check(&path, -1, &[], &[], false);
    check(&path, 400, &[&path], &[], false);
    check(&path, 400, &[&part("f1", 7, "part-00000-e2")], &[], true);
    check(&path, 400, &[&part("f1", 8, "part-00000-e1")], &[], true);
}

#[test]
fn a_recent_record_of_the_file_keeps_it() {
    let path = part("f1", 7, "part-00000-e1");
    check(&path, 400, &[], &[("f1", 30)], true);
    check(&path, 400, &[], &[("f1", 29)], false);
    check(&path, 400, &[], &[("f1", 400), ("f1", 0), ("f1", 300)], false);
    check(&path, 400, &[], &[("f1", 400), ("f1", 31)], true);
    check(&path, 400, &[], &[("f10", 1), ("f", 1)], true);
}

#[test]
fn what_is_not_ours_stays() {
    for path in [
        "_delta_log/00000000000000000000.json",
        "_delta_log/_last_checkpoint",
        "part-00000-5f2c.snappy.parquet",
        "data/part-00000.parquet",
        "data/f1/part-00000.parquet",
        "data/f1/7/part-00000.parquet",
        "year=2013/f1/7/0f/part.parquet",
        &part("f1", 7, "part 1"),
        &part("..", 7, "part-00000"),
    ] {
        check(path, 400, &[], &[], false);
    }
    let path = part("f1", 7, "part-00000");
    let elsewhere = ["published/orders2/", "published/order/", "published/orders", ""];
    let elsewhere = elsewhere.map(|root| (format!("{root}{path}"), 400)).into();
    assert!(swept(&elsewhere, &BTreeSet::new(), &BTreeMap::new(), 0).is_empty());
}

#[test]
fn a_file_of_many_parts_is_more_than_one_batch() {
    let paths = (0..=2 * BATCH_LEN).map(|n| part("f1", 7, &format!("part-{n:05}")));
    let objects: BTreeMap<_, _> = paths.map(|path| (format!("{ROOT}{path}"), 31)).collect();
    let gone = swept(&objects, &BTreeSet::new(), &BTreeMap::new(), 30);
    assert!(gone.iter().eq(objects.keys()));
}

/// A path of a few files, so that they meet, or of nobody's.
fn path() -> impl Strategy<Value = String> {
    prop_oneof![
        9 => (0..4, 0..3_u32, 0..4).prop_map(|(file, revision, index)| {
            part(&format!("f{file}"), revision, &format!("part-{index:05}-e"))
        }),
        1 => "[a-z]{1,5}(/[a-z]{1,5}){0,3}",
    ]
}

proptest! {
    /// Of each object what the rule says, whatever is around it.
    #[test]
    fn what_goes_is_dead_old_and_of_a_file_at_rest(
        objects in prop::collection::btree_map(path(), 0..60_i64, 0..40),
        named in prop::collection::btree_set(path(), 0..20),
        records in prop::collection::btree_map("f[0-3]", prop::collection::vec(0..60_i64, 0..4), 0..4),
        retention_days in 0..60_u16,
    ) {
        let keys = objects.iter().map(|(path, age)| (format!("{ROOT}{path}"), *age));
        let gone = swept(&keys.collect(), &named, &records, retention_days);
        let retention = i64::from(retention_days);
        let goes = |path: &str, age: i64| {
            let ours = path.strip_prefix("data/").and_then(|rest| rest.split_once('/'));
            let Some((file, _)) = ours.filter(|_| path.ends_with("-e.parquet")) else { return false };
            let is_at_rest = records.get(file).is_none_or(|ages| ages.iter().all(|age| *age >= retention));
            age >= retention && !named.contains(path) && is_at_rest
        };
        let expected = objects.iter().filter(|(path, age)| goes(path, **age));
        let expected: Vec<_> = expected.map(|(path, _)| format!("{ROOT}{path}")).collect();
        prop_assert_eq!(gone, expected);
    }
}
