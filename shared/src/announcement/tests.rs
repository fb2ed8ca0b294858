use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;

/// Bytes: a quarter of what either service takes.
const LIMIT: usize = 64 << 10;

/// A report with some members changed.
fn report(changes: &Value) -> Report {
    let mut report = json!({
        "dataset": "flights", "execution": "e1", "outcome": "published",
        "file": { "dataset": "flights", "bucket": "in", "key": "flights/a.csv", "version": "v1",
                  "etag": "e", "byteLen": 1, "sequencer": null, "eventTimeMs": 0, "fileId": "f" },
        "error": null, "cause": null, "sha256": null, "rejectsByCode": {},
        "counts": { "readCount": 200, "acceptedCount": 200, "rejectedCount": 0 },
        "faults": [], "extraColumns": [], "ignoredColumnCount": 0,
        "outputs": { "table": "published/flights", "tableVersion": 4, "rejects": null,
                     "corrections": null, "draft": null, "aggregates": [] }
    });
    for (pointer, value) in changes.as_object().unwrap() {
        *report.pointer_mut(pointer).unwrap() = value.clone();
    }
    serde_json::from_value(report).unwrap()
}

fn with_rejects() -> Report {
    report(&json!({
        "/counts": { "readCount": 200, "acceptedCount": 193, "rejectedCount": 7 },
        "/outputs/rejects": "rejects/flights/e1.csv",
        "/outputs/corrections": "rejects/flights/e1.fix-me.csv",
    }))
}

fn refused(key: &str, cause: &str) -> Report {
    report(&json!({
        "/outcome": "quarantined", "/counts": null, "/error": "FileRefused", "/cause": cause,
        "/file/key": key, "/outputs": { "aggregates": [] },
    }))
}

fn duplicate() -> Report {
    let mut report = report(&json!({
        "/outcome": "duplicate", "/counts": null, "/outputs/tableVersion": 5,
    }));
    let original = json!({ "key": "flights/b.csv", "version": "v0", "execution": "e0" });
    report.duplicate_of = serde_json::from_value(original).unwrap();
    report
}

#[track_caller]
fn check(report: &Report, detail_type: &str, subject: &str, text: &str) {
    let found = Announcement::of(report);
    assert_eq!(found.detail_type, detail_type);
    assert_eq!(found.detail.id, format!("e1/{}", found.detail.outcome.as_str()));
    assert_eq!((found.subject.as_str(), found.text.as_str()), (subject, text));
}

#[test]
fn each_ending_has_its_words() {
    check(
        &report(&json!({})),
        "File Published",
        "Sluice: published flights/a.csv",
        "flights/a.csv is published.\n\n\
         Rows: 200 read, 200 accepted, 0 rejected\n\
         Table: published/flights (version 4)\n\
         Report: reports/flights/e1.json\n\
         Version of the file: v1\n\
         Execution: e1\n",
    );
    check(
        &with_rejects(),
        "File Published With Rejects",
        "Sluice: published with rejects flights/a.csv",
        "flights/a.csv is published, but for its rejected rows.\n\n\
         Rows: 200 read, 193 accepted, 7 rejected\n\
         Table: published/flights (version 4)\n\
         Rejected rows: rejects/flights/e1.csv\n\
         To be corrected and dropped again: rejects/flights/e1.fix-me.csv\n\
         Report: reports/flights/e1.json\n\
         Version of the file: v1\n\
         Execution: e1\n",
    );
    check(
        &duplicate(),
        "File Duplicate",
        "Sluice: duplicate flights/a.csv",
        "flights/a.csv is a duplicate: its rows were published before, and not again.\n\n\
         Published as: flights/b.csv (execution e0)\n\
         Table: published/flights (version 5)\n\
         Report: reports/flights/e1.json\n\
         Version of the file: v1\n\
         Execution: e1\n",
    );
    check(
        &refused("flights/J\u{e4}nner\n.csv", "the file is empty"),
        "File Quarantined",
        "Sluice: quarantined flights/J?nner?.csv",
        "flights/J\u{e4}nner\u{fffd}.csv is quarantined: nothing of it was published.\n\n\
         Why: the file is empty (FileRefused)\n\
         Report: reports/flights/e1.json\n\
         Version of the file: v1\n\
         Execution: e1\n",
    );
}

#[test]
fn rows_that_stay_are_not_denied() {
    let mut report = refused("flights/a.csv", "a column is missing");
    let visible = json!({ "execution": "e0", "tableVersion": 3 });
    report.visible = serde_json::from_value(visible).unwrap();
    let text = Announcement::of(&report).text;
    assert!(text.contains("not published again") && text.contains("of execution e0"), "{text}");
    assert!(!text.contains("nothing"), "{text}");
}

/// `UPDATE_DOCS=1 cargo test -p shared` writes it anew.
#[test]
fn the_schema_that_ships_is_that_of_the_detail() {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("announcement.schema.json");
    let text = serde_json::to_string_pretty(&schemars::schema_for!(Detail)).unwrap() + "\n";
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(&path, &text).unwrap();
    }
    assert_eq!(std::fs::read_to_string(&path).unwrap_or_default(), text);
}

#[test]
fn the_schema_takes_every_detail_and_no_other() {
    let schema = serde_json::to_value(schemars::schema_for!(Detail)).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    for report in [report(&json!({})), with_rejects(), duplicate(), refused("flights/a.csv", "x")] {
        let detail = serde_json::to_value(Announcement::of(&report).detail).unwrap();
        assert!(validator.is_valid(&detail), "{detail}");
        for name in ["id", "outcome", "key", "execution", "report"] {
            let mut without = detail.clone();
            without.as_object_mut().unwrap().shift_remove(name);
            assert!(!validator.is_valid(&without), "{name}");
        }
        let mut other = detail;
        other["outcome"] = json!("lost");
        assert!(!validator.is_valid(&other));
    }
}

/// The sample in the documentation is what `Announcement` makes.
#[test]
fn the_page_shows_what_is_sent() {
    let page = include_str!("../../../docs/announcements.md");
    let Announcement { detail, subject, text, .. } = Announcement::of(&with_rejects());
    for shown in [serde_json::to_string_pretty(&detail).unwrap(), subject, text] {
        assert!(page.contains(shown.trim_end()), "{shown}");
    }
    for ending in Ending::ALL {
        assert_eq!(serde_json::to_value(ending).unwrap(), ending.as_str());
        let row = format!("| `{}` | `{}` |", ending.detail_type(), ending.as_str());
        assert!(page.contains(&row), "{row}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn whatever_is_told_can_be_sent(key in "\\PC{0,256}|[\0-\u{7f}]{0,1024}", cause in any::<String>()) {
        let cause = cause.repeat(200);
        let Announcement { detail, subject, text, .. } = Announcement::of(&refused(&key, &cause));
        prop_assert!((1..=SUBJECT_LEN).contains(&subject.len()), "{}", subject);
        prop_assert!(subject.chars().all(|c| c == ' ' || c.is_ascii_graphic()), "{}", subject);
        prop_assert!(subject.starts_with("Sluice: quarantined"), "{}", subject);
        prop_assert!(text.chars().all(|c| c == '\n' || !c.is_control()), "{}", text);
        prop_assert!(text.len() <= LIMIT);
        prop_assert!(serde_json::to_vec(&detail).unwrap().len() <= LIMIT);
        prop_assert_eq!(detail.key, key);
    }
}
