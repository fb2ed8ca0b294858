//! A record in words, and for programs.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use clap::ValueEnum;
use serde::Serialize;
use shared::error_name::chain;
use shared::ledger::{Original, Publication, Record, State};

use super::find::History;
use crate::ledger::Unreadable;
use crate::lines::{block, grouped, utc};

/// How a version of a file stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Standing {
    /// An execution may be at work on it
    Claimed,
    /// An execution was at work on it, and has not said how it ended
    Expired,
    /// Its accepted rows were made visible
    Published,
    /// It is the same as another, and was not loaded
    Duplicate,
    /// It was refused
    Quarantined,
}

impl Standing {
    /// How a version stands at a time, in milliseconds since 1970-01-01T00:00:00Z.
    pub fn of(record: &Record, now_ms: i64) -> Self {
        match record.state {
            State::Claimed { until_ms } if now_ms < until_ms => Standing::Claimed,
            State::Claimed { .. } => Standing::Expired,
            State::Published => Standing::Published,
            State::Duplicate { .. } => Standing::Duplicate,
            State::Quarantined { .. } => Standing::Quarantined,
        }
    }
}

/// All that is told.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Told<'a> {
    dataset: &'a str,
    records: Vec<Version<'a>>,
    unreadable: Vec<Unread<'a>>,
    older_count: usize,
}

/// What is told of a version.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Version<'a> {
    #[serde(flatten)]
    found: &'a Record,
    /// A text, since it has more digits than a double keeps.
    revision: String,
    /// Key of the record.
    record: String,
    /// Whether it was claimed and is no more.
    is_expired: bool,
    /// The latest version whose rows were made visible too: in the place of its own, unless the contract says
    /// that revisions append.
    followed_by: Option<Later<'a>>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Later<'a> {
    revision: String,
    version: Option<&'a str>,
    execution: &'a str,
}

impl<'a> Later<'a> {
    fn of(record: &'a Record) -> Option<Self> {
        Some(Later {
            revision: record.file.revision().to_string(),
            version: record.file.version.as_deref(),
            execution: &record.publication.as_ref()?.execution,
        })
    }
}

#[derive(Debug, Serialize)]
struct Unread<'a> {
    key: &'a str,
    error: String,
}

impl<'a> Told<'a> {
    /// What is told of a dataset at a time, in milliseconds since 1970-01-01T00:00:00Z.
    pub(super) fn of(dataset: &'a str, history: &'a History, now_ms: i64) -> Self {
        let visible = last_published(history);
        let records = history.records.iter();
        Told {
            dataset,
            records: records.map(|found| Version::of(found, &visible, now_ms)).collect(),
            unreadable: history.unreadable.iter().map(Unread::of).collect(),
            older_count: history.older_count,
        }
    }

    /// For people.
    pub(super) fn text(&self) -> String {
        let mut text = String::new();
        for version in &self.records {
            text.push_str(&version.text());
            text.push('\n');
        }
        let noun = if self.records.len() == 1 { "record" } else { "records" };
        // Writing to a string cannot fail.
        let _ = write!(text, "{} {noun}", self.records.len());
        let _ = match self.older_count {
            0 => writeln!(text),
            count => writeln!(text, "; --limit shows more: {} are older", grouped(count as u64)),
        };
        text
    }
}

/// Of each file the latest version whose rows were made visible.
fn last_published(history: &History) -> BTreeMap<&str, &Record> {
    let mut last: BTreeMap<&str, &Record> = BTreeMap::new();
    let records = history.records.iter().chain(&history.later);
    for record in records.filter(|record| record.publication.is_some()) {
        let so_far = last.entry(&record.file.file_id).or_insert(record);
        if so_far.file.revision() < record.file.revision() {
            *so_far = record;
        }
    }
    last
}

impl<'a> Version<'a> {
    fn of(found: &'a Record, visible: &BTreeMap<&str, &'a Record>, now_ms: i64) -> Self {
        let by = visible.get(found.file.file_id.as_str()).filter(|_| found.publication.is_some());
        Version {
            found,
            revision: found.file.revision().to_string(),
            record: found.key(),
            is_expired: Standing::of(found, now_ms) == Standing::Expired,
            followed_by: by
                .filter(|by| by.file.revision() > found.file.revision())
                .and_then(|by| Later::of(by)),
        }
    }

    fn text(&self) -> String {
        let Record { file, execution, at_ms, report, publication, .. } = self.found;
        let attempt = match file.attempt {
            0 => String::new(),
            attempt => format!(" (attempt {attempt})"),
        };
        let dropped = format!("{}, {} bytes", utc(file.event_time_ms), grouped(file.byte_len));
        let mut lines = vec![("dropped", dropped), ("revision", self.revision.clone())];
        lines.extend(file.version.iter().map(|version| ("version", version.clone())));
        lines.push(("execution", format!("{execution}{attempt}")));
        lines.push(("since", utc(*at_ms)));
        lines.extend(publication.iter().map(|Publication { execution, table_version }| {
            let place = table_version.map_or_else(
                || "replaced since".to_owned(),
                |version| format!("in version {version} of the table"),
            );
            ("rows", format!("{place}, by {execution}"))
        }));
        lines.extend(self.followed_by.iter().map(|by| {
            let Later { revision, execution, .. } = by;
            let place = "in its place unless revisions append";
            ("followed by", format!("revision {revision}, by {execution}, {place}"))
        }));
        lines.extend(report.iter().map(|key| ("report", key.clone())));
        block(&format!("{}: {}", file.key, self.standing()), &lines)
    }

    fn standing(&self) -> String {
        match &self.found.state {
            State::Claimed { until_ms } if self.is_expired => {
                format!("claimed, but only until {}", utc(*until_ms))
            }
            State::Claimed { until_ms } => format!("claimed, until {}", utc(*until_ms)),
            State::Published if self.followed_by.is_some() => {
                "published, and a later one since".to_owned()
            }
            State::Published => "published".to_owned(),
            State::Duplicate { of: None } => "duplicate".to_owned(),
            State::Duplicate { of: Some(Original { key, version, execution }) } => {
                let version = version.iter().map(|version| format!(", version {version}"));
                format!("duplicate of {key}{} ({execution})", version.collect::<String>())
            }
            State::Quarantined { error } => format!("quarantined, {error}"),
        }
    }
}

impl<'a> Unread<'a> {
    fn of(unreadable: &'a Unreadable) -> Self {
        Unread { key: &unreadable.key, error: chain(&unreadable.source) }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::ledger::tests::{NOW, published, record};

    fn history(records: Vec<Record>, later: Vec<Record>) -> History {
        History { records, later, unreadable: Vec::new(), older_count: 0 }
    }

    fn with(state: State) -> Record {
        Record { state, ..record("a", 7) }
    }

    fn duplicate(version: Option<&str>) -> State {
        let (key, version) = ("orders/b.csv".to_owned(), version.map(str::to_owned));
        State::Duplicate { of: Some(Original { key, version, execution: "e9".to_owned() }) }
    }

    #[test]
    fn a_record_says_how_its_file_stands() {
        let claimed = |until_ms| with(State::Claimed { until_ms });
        for (record, standing, words) in [
            (claimed(NOW + 1), Standing::Claimed, "claimed, until 2023-11-14T22:13:20Z"),
            (claimed(NOW), Standing::Expired, "claimed, but only until 2023-11-14T22:13:20Z"),
            (with(State::Published), Standing::Published, "published"),
            (with(State::Duplicate { of: None }), Standing::Duplicate, "duplicate"),
            (with(duplicate(None)), Standing::Duplicate, "duplicate of orders/b.csv (e9)"),
            (
                with(duplicate(Some("v2"))),
                Standing::Duplicate,
                "duplicate of orders/b.csv, version v2 (e9)",
            ),
            (record("a", 7), Standing::Quarantined, "quarantined, FileRefused"),
        ] {
            assert_eq!(Standing::of(&record, NOW), standing, "{words}");
            let history = history(vec![record], vec![]);
            let told = Told::of("orders", &history, NOW);
            assert_eq!(told.records[0].standing(), words);
            assert_eq!(told.records[0].is_expired, standing == Standing::Expired, "{words}");
        }
    }

    /// The revisions that have followed those of the records.
    #[track_caller]
    fn check_followed(records: &[Record], later: &[Record], expected: &[Option<&str>]) {
        let history = history(records.to_vec(), later.to_vec());
        let told = Told::of("orders", &history, NOW);
        let found = told.records.iter().map(|version| version.followed_by.as_ref());
        let found: Vec<_> = found.map(|by| by.map(|by| by.revision.as_str())).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn a_version_is_followed_by_the_latest_that_was_published() {
        let (one, two, three) = (published("a", 1), published("a", 2), published("a", 3));
        let first = std::slice::from_ref(&one);
        check_followed(first, &[two.clone(), three.clone()], &[Some("3")]);
        check_followed(first, &[record("a", 2)], &[None]);
        check_followed(&[three, one.clone()], &[two], &[None, Some("3")]);
        check_followed(&[one.clone(), published("b", 2)], &[], &[None, None]);
        check_followed(&[record("a", 0), one.clone()], &[], &[None, None]);
        // Refused when it was run again, while the rows of the first attempt are there.
        let again = Record { publication: one.publication, ..record("a", 1) };
        check_followed(&[again], &[published("a", 2)], &[Some("2")]);
    }

    #[test]
    fn a_version_is_told_in_some_lines() {
        let mut again = published("a", 7);
        (again.execution, again.file.attempt) = ("e7-attempt-2".to_owned(), 2);
        again.report = Some("reports/orders/e7-attempt-2.json".to_owned());
        let mut history = history(vec![again, record("b", 5)], vec![published("a", 8)]);
        history.older_count = 1200;
        let expected = "\
orders/a.csv: published, and a later one since
  dropped      1970-01-01T00:00:00Z, 1,234 bytes
  revision     7
  version      v7
  execution    e7-attempt-2 (attempt 2)
  since        2023-11-14T22:13:20Z
  rows         in version 12 of the table, by e7
  followed by  revision 8, by e8, in its place unless revisions append
  report       reports/orders/e7-attempt-2.json

orders/b.csv: quarantined, FileRefused
  dropped      1970-01-01T00:00:00Z, 1,234 bytes
  revision     5
  version      v5
  execution    e5
  since        2023-11-14T22:13:20Z

2 records; --limit shows more: 1,200 are older
";
        assert_eq!(Told::of("orders", &history, NOW).text(), expected);
    }

    #[test]
    fn programs_get_each_record_as_it_is_and_what_follows_from_it() {
        let found = published("a", 1 << 59);
        let claimed = with(State::Claimed { until_ms: NOW });
        let history = history(vec![found.clone(), claimed], vec![published("a", (1 << 59) + 1)]);
        let told = serde_json::to_value(Told::of("orders", &history, NOW)).unwrap();
        let mut expected = serde_json::to_value(&found).unwrap();
        let own: Value = json!({
            "revision": "576460752303423488", "record": found.key(), "isExpired": false,
            "followedBy": { "revision": "576460752303423489", "version": "v576460752303423489",
                            "execution": "e576460752303423489" }
        });
        expected.as_object_mut().unwrap().extend(own.as_object().unwrap().clone());
        assert_eq!(told["records"][0], expected);
        assert_eq!(told["records"][1]["isExpired"], true);
        assert_eq!(told["records"][1]["followedBy"], Value::Null);
        assert_eq!((&told["dataset"], &told["olderCount"]), (&json!("orders"), &json!(0)));
    }
}
