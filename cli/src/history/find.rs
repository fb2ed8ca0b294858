//! Which records are looked at: the newest, and what says whether later versions were published since.

use std::collections::{BTreeMap, BTreeSet};
use std::pin::pin;

use futures_util::StreamExt;
use shared::ledger::Record;
use shared::store::{Listed, Store};

use crate::ledger::{Unreadable, read};

/// What was found.
#[derive(Debug)]
pub(super) struct History {
    /// The records that were asked for, the newest first.
    pub(super) records: Vec<Record>,
    /// Those of later versions of the same files that are not among them.
    pub(super) later: Vec<Record>,
    /// What cannot be read of either.
    pub(super) unreadable: Vec<Unreadable>,
    /// Number of records that were not looked at, since there were enough.
    pub(super) older_count: usize,
}

/// Fetches records, the newest first, until there are as many as are wanted.
pub(super) async fn find(
    store: &impl Store,
    mut listed: Vec<Listed>,
    limit: usize,
    is_wanted: impl Fn(&Record) -> bool,
) -> History {
    sort_newest_first(&mut listed);
    let mut history = newest(store, &listed, limit, is_wanted).await;
    let mut later = pin!(read(store, later_keys(&history.records, &listed)));
    while let Some(found) = later.next().await {
        match found {
            Ok(record) => history.later.push(record),
            Err(unreadable) => history.unreadable.push(unreadable),
        }
    }
    history
}

/// S3 tells seconds: of those of one second the later revision comes first, if they are of one file.
fn sort_newest_first(listed: &mut [Listed]) {
    listed.sort_by(|one, two| (two.modified_ms, &two.key).cmp(&(one.modified_ms, &one.key)));
}

async fn newest(
    store: &impl Store,
    listed: &[Listed],
    limit: usize,
    is_wanted: impl Fn(&Record) -> bool,
) -> History {
    let (mut records, mut unreadable) = (Vec::new(), Vec::new());
    let mut older_count = listed.len();
    let mut found = pin!(read(store, listed.iter().map(|found| found.key.clone())));
    while records.len() < limit
        && let Some(found) = found.next().await
    {
        older_count -= 1;
        match found {
            Ok(record) if is_wanted(&record) => records.push(record),
            Ok(_) => {}
            Err(error) => unreadable.push(error),
        }
    }
    History { records, later: Vec::new(), unreadable, older_count }
}

/// Keys of the records of later versions of the files whose rows were made visible, but for those that
/// are there already.
fn later_keys(records: &[Record], listed: &[Listed]) -> Vec<String> {
    let here: BTreeSet<_> = records.iter().map(Record::key).collect();
    let mut earliest = BTreeMap::new();
    for record in records.iter().filter(|record| record.publication.is_some()) {
        let key = record.key();
        let first = earliest.entry(folder(&key).to_owned()).or_insert_with(|| key.clone());
        *first = key.min(first.clone());
    }
    let is_later = |key: &str| earliest.get(folder(key)).is_some_and(|first| key > first.as_str());
    let keys = listed.iter().map(|found| &found.key);
    keys.filter(|key| is_later(key) && !here.contains(*key)).cloned().collect()
}

/// That of all versions of a file.
fn folder(key: &str) -> &str {
    key.rsplit_once('/').map_or("", |(folder, _)| folder)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::tests::{published, record, store};

    fn listed(record: &Record, modified_ms: i64) -> Listed {
        Listed { key: record.key(), byte_len: 1, modified_ms }
    }

    /// Lists records in that order (the first is the oldest), asks for some, and expects the executions of those
    /// that were found, of those that were looked up beside them, and the number of the rest.
    async fn check(
        name: &str,
        oldest_first: &[Record],
        limit: usize,
        is_wanted: fn(&Record) -> bool,
        expected: (&[&str], &[&str], usize),
    ) {
        let times = (0..).step_by(1000);
        let listed = oldest_first.iter().zip(times).map(|(record, at)| listed(record, at));
        let found = find(&store(oldest_first), listed.collect(), limit, is_wanted).await;
        let executions = |records: &[Record]| -> Vec<String> {
            records.iter().map(|record| record.execution.clone()).collect()
        };
        assert_eq!(executions(&found.records), expected.0, "{name}");
        assert_eq!(executions(&found.later), expected.1, "{name}");
        assert_eq!(found.older_count, expected.2, "{name}");
        assert!(found.unreadable.is_empty(), "{name}");
    }

    #[tokio::test]
    async fn the_newest_are_looked_at_and_what_may_have_followed_them() {
        let all = |_: &Record| true;
        let is_published = |record: &Record| record.publication.is_some();
        let rest = |record: &Record| record.publication.is_none();
        let mixed = [published("a", 1), record("b", 2), published("a", 3), record("a", 4)];
        check("all", &mixed, 9, all, (&["e4", "e3", "e2", "e1"], &[], 0)).await;
        check("some", &mixed, 2, all, (&["e4", "e3"], &[], 2)).await;
        check("of a state", &mixed, 9, rest, (&["e4", "e2"], &[], 0)).await;
        check("of a state, some", &mixed, 1, rest, (&["e4"], &[], 3)).await;
        check("later ones too", &mixed, 9, is_published, (&["e3", "e1"], &["e4"], 0)).await;
        check("none", &mixed, 9, |_| false, (&[], &[], 0)).await;
        let again = [record("a", 7), published("a", 9), published("b", 1), published("a", 3)];
        check("an old one, run again", &again, 1, all, (&["e3"], &["e9", "e7"], 3)).await;
        check("a file of its own", &again, 1, |r| r.execution == "e1", (&["e1"], &[], 2)).await;
    }

    #[test]
    fn those_of_one_second_are_told_apart_by_revision() {
        let [one, two, other] = [record("a", 2), record("a", 10), record("b", 5)];
        let mut all = [listed(&one, 1000), listed(&other, 2000), listed(&two, 1000)];
        sort_newest_first(&mut all);
        assert_eq!(all.map(|found| found.key), [other.key(), two.key(), one.key()]);
    }

    #[tokio::test]
    async fn what_cannot_be_read_is_no_reason_to_leave_out_others() {
        let (one, broken, two) = (record("a", 1), record("b", 2), record("c", 3));
        let store = store(&[one.clone(), two.clone()]);
        let listed = vec![listed(&one, 1), listed(&broken, 3), listed(&two, 2)];
        let found = find(&store, listed, 2, |_| true).await;
        assert_eq!(found.records, [two, one]);
        let keys = found.unreadable.iter().map(|unreadable| unreadable.key.as_str());
        assert_eq!(keys.collect::<Vec<_>>(), [broken.key()]);
    }
}
