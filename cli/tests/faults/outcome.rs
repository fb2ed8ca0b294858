//! What a file left behind, and whether it is what it leaves if nothing fails.

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;
use cli::machine::Ended;
use parquet::file::reader::{FileReader, SerializedFileReader};
use serde_json::Value;
use shared::message::Counts;

use super::injector::Effect;
use super::world::Run;

/// Where readers look. What else is written is found by nobody before it is named there.
const ANNOUNCED: [&str; 5] = ["aggregates/", "announced/", "reports/", "quarantine/", "tables/"];

const LOG: &str = "_delta_log/";

/// The last bytes of each key.
pub(crate) fn objects(run: &Run) -> BTreeMap<String, Bytes> {
    run.effects.iter().map(|effect| (effect.key.clone(), comparable(effect))).collect()
}

/// The bytes without what a version of the log says of its own time.
fn comparable(effect: &Effect) -> Bytes {
    if !effect.key.starts_with(LOG) {
        return effect.body.clone();
    }
    let mut actions = actions(&effect.body);
    for action in &mut actions {
        // The kernel's own maps have no order.
        action.sort_all_objects();
        for (kind, of_its_time) in [
            ("commitInfo", &["timestamp", "inCommitTimestamp", "txnId", "kernelVersion"][..]),
            ("metaData", &["id", "createdTime"]),
            ("remove", &["deletionTimestamp"]),
            ("txn", &["lastUpdated"]),
        ] {
            let Some(action) = action.get_mut(kind).and_then(Value::as_object_mut) else {
                continue;
            };
            action.retain(|name, _| !of_its_time.contains(&name.as_str()));
        }
    }
    serde_json::to_vec(&actions).unwrap().into()
}

fn actions(version: &[u8]) -> Vec<Value> {
    serde_json::Deserializer::from_slice(version).into_iter().map(Result::unwrap).collect()
}

/// The parts that a version of the log adds, with their sizes.
fn added(effect: &Effect) -> Vec<(String, u64)> {
    if !effect.key.starts_with(LOG) {
        return Vec::new();
    }
    let adds = actions(&effect.body).into_iter().filter_map(|action| action.get("add").cloned());
    adds.map(|add| (add["path"].as_str().unwrap().to_owned(), add["size"].as_u64().unwrap()))
        .collect()
}

/// What is wrong with a run, when the one without faults left `expected` and ended like `ended`.
pub(crate) fn wrong(
    run: &Run,
    expected: &BTreeMap<String, Bytes>,
    ended: &Ended,
) -> Option<String> {
    match &run.ended {
        Ok(found) if found == ended => {}
        Ok(Ended::Succeeded(_)) => return Some("it succeeded with another output".to_owned()),
        Ok(Ended::Failed(fault)) | Err(fault) => return Some(format!("it ended with {fault}")),
    }
    let mut versions = BTreeSet::new();
    for effect in &run.effects {
        // At no time, not only in the end.
        if expected.get(&effect.key) != Some(&comparable(effect)) {
            return Some(format!("`{}` was written, or other than it should be", effect.key));
        }
        if effect.key.starts_with(LOG) && !versions.insert(&effect.key) {
            return Some(format!("`{}` was committed twice", effect.key));
        }
    }
    let found: BTreeSet<&String> = run.effects.iter().map(|effect| &effect.key).collect();
    if let Some(key) = expected.keys().find(|key| !found.contains(key)) {
        return Some(format!("`{key}` was never written"));
    }
    out_of_order(&run.effects, expected)
}

/// What is announced before the commit, committed before it is there, or written before the file was claimed.
fn out_of_order(effects: &[Effect], expected: &BTreeMap<String, Bytes>) -> Option<String> {
    let commits = || effects.iter().enumerate().filter(|(_, effect)| !added(effect).is_empty());
    let is_announced = |effect: &Effect| {
        ANNOUNCED.iter().any(|area| effect.key.starts_with(area))
            || effect.key.starts_with("ledger/") && !effect.key.ends_with(" claimed")
    };
    let first = effects.iter().position(is_announced);
    let is_first = |effect: &Effect| effect.key.starts_with("ledger/");
    if effects.iter().any(|effect| effect.key.starts_with("published/"))
        && effects.iter().position(is_first)
            > effects.iter().position(|effect| effect.key.starts_with("published/"))
    {
        return Some("a part was written before the file was claimed".to_owned());
    }
    if let Some((commit, _)) = commits().next()
        && first.is_some_and(|first| first < commit)
    {
        return Some("something was announced before the commit".to_owned());
    }
    for (commit, effect) in commits() {
        for (path, byte_len) in added(effect) {
            let key = format!("published/orders/{path}");
            let is_there = effects[..commit].iter().any(|effect| effect.key == key);
            if !is_there || expected[&key].len() as u64 != byte_len {
                return Some(format!("`{key}` was committed and not there"));
            }
        }
    }
    None
}

/// Holds what a run without faults left behind to its own books.
#[track_caller]
pub(crate) fn check_books(run: &Run) {
    let objects = objects(run);
    let report = objects.get("reports/orders/the-execution.json").unwrap();
    let report: Value = serde_json::from_slice(report).unwrap();
    let is_published = report["outcome"] == "published";
    let commits: Vec<_> = run.effects.iter().map(added).filter(|adds| !adds.is_empty()).collect();
    assert_eq!(commits.len(), usize::from(is_published), "one commit, or none");
    let ledger = run.effects.iter().rfind(|effect| effect.key.starts_with("ledger/")).unwrap();
    let record: Value = serde_json::from_slice(&ledger.body).unwrap();
    assert_eq!(
        (&record["state"], &record["execution"]),
        (&report["outcome"], &report["execution"])
    );
    if report["counts"].is_null() {
        return;
    }
    let counts: Counts = serde_json::from_value(report["counts"].clone()).unwrap();
    let mut rejects = csv::Reader::from_reader(&objects["rejects/orders/the-execution.csv"][..]);
    let rows: BTreeSet<String> = rejects.records().map(|row| row.unwrap()[0].to_owned()).collect();
    assert_eq!(rows.len() as u64, counts.rejected_count);
    assert!(counts.rejected_count > 0 && counts.accepted_count > 0);
    assert_eq!(counts.accepted_count + counts.rejected_count, counts.read_count);
    let parts = commits.concat();
    assert!(!is_published || parts.len() >= 3);
    let part_rows = |(path, _): &(String, u64)| {
        let part = objects[&format!("published/orders/{path}")].clone();
        SerializedFileReader::new(part).unwrap().metadata().file_metadata().num_rows()
    };
    let visible: i64 = parts.iter().map(part_rows).sum();
    let expected = if is_published { counts.accepted_count } else { 0 };
    assert_eq!(visible, expected.cast_signed());
}
