//! The largest messages that the states can send each other, held to what AWS takes.
//!
//! The real definition is followed with functions that answer as much as they may.

#![allow(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a helper of tests may fail like a test"
)]

use std::process::Command;
use std::sync::{Arc, Mutex};

use cli::machine::{Ended, Fault, Machine, Service, Tasks};
use proptest::prelude::*;
use serde_json::{Value, json};
use shared::announcement::Announcement;
use shared::csv::{Grammar, Surveyor};
use shared::error_name::{ErrorName, diagnostic};
use shared::message::{
    Aggregated, Chunk, Counts, Divided, Dropped, FileRange, Form, Settled, Validated, Verdict,
};
use shared::report;

const DEFINITION: &str = include_str!("../../statemachine.asl.json");

/// What a state may have and send, in bytes; those who announce take as much.
const PAYLOAD_BYTES: usize = 256 * 1024;
/// Bytes of a key in S3, of a version of an object, and characters of the name of an execution.
const KEY_LEN: usize = 1024;
const EXECUTION_NAME_LEN: usize = 80;
/// Chunks that a file is cut into, at most.
const CHUNKS: usize = 10_000;

/// The file that says most of itself, and how it ends.
#[derive(Debug, Clone)]
struct Functions {
    file: Dropped,
    execution: String,
    /// What is wrong with it, in the words of an error; if nothing, it is published.
    refusal: Option<String>,
    /// Whether it is a duplicate: at its claim, or, of several chunks, when it is published.
    is_duplicate: bool,
    chunk_count: usize,
    largest: Arc<Mutex<usize>>,
}

impl Functions {
    fn new(key: String, refusal: Option<String>, chunk_count: usize) -> Self {
        let file = Dropped {
            dataset: key.clone(),
            bucket: "b".repeat(63),
            key,
            version: Some("v".repeat(KEY_LEN)),
            etag: "e".repeat(64),
            byte_len: u64::MAX,
            sequencer: Some("f".repeat(64)),
            event_time_ms: i64::MIN,
            file_id: "f".repeat(32),
            attempt: 0,
        };
        let execution = "e".repeat(EXECUTION_NAME_LEN);
        let (is_duplicate, largest) = (false, Arc::default());
        Functions { file, execution, refusal, is_duplicate, chunk_count, largest }
    }

    fn of_duplicate(self) -> Self {
        Functions { is_duplicate: true, ..self }
    }

    fn weigh(&self, message: &Value) {
        let mut largest = self.largest.lock().unwrap();
        *largest = message.to_string().len().max(*largest);
    }

    fn chunk(&self) -> Chunk {
        let (index, end) = (self.chunk_count, u64::MAX);
        Chunk { index, start: end, end, first_row: end, first_line: end, record_count: end }
    }

    fn key(&self, name: &str) -> String {
        format!("work/{}/{name}", self.execution)
    }

    /// The answer to an action of `Validate`, which refuses the file where it is to be refused.
    fn validate(&self, action: &str) -> Result<Value, Fault> {
        match (action, &self.refusal) {
            ("divide", _) => {
                let form = Form {
                    surveyor: Surveyor::new(&Grammar::default()).unwrap(),
                    is_ascii: false,
                    mark_len: u64::MAX,
                };
                let (ranges, range_count) = (self.key("ranges.json"), self.chunk_count);
                Ok(json!(Divided { ranges, range_count, form: Some(form) }))
            }
            ("survey", _) => Ok(json!({})),
            (_, Some(refusal)) => {
                let error =
                    diagnostic(ErrorName::FileRefused, &std::io::Error::other(refusal.clone()));
                let cause =
                    json!({ "errorType": error.error_type, "errorMessage": error.error_message });
                Err(Fault { name: error.error_type, message: cause.to_string() })
            }
            (_, None) => {
                let (plan, chunk_count) = (self.key("plan.json"), self.chunk_count);
                Ok(json!(Validated { plan, chunk_count, record_count: u64::MAX }))
            }
        }
    }

    fn settle(&self, payload: &Value) -> Value {
        let (dataset, execution) = (&self.file.dataset, &self.execution);
        let report_key = report::key(dataset, execution);
        let is_claim = payload["action"] == "claim";
        let is_early = self.is_duplicate && self.chunk_count == 1;
        if is_claim && !is_early {
            return json!(Settled::Claimed { report: (), announcement: () });
        }
        let is_published = payload["action"] == "publish" && !self.is_duplicate;
        let original = self.is_duplicate.then(|| {
            json!({ "key": self.file.key, "version": self.file.version, "execution": execution })
        });
        let cause = payload["error"]["Cause"].as_str().map(|cause| {
            let cause: Value = serde_json::from_str(cause).unwrap();
            cause["errorMessage"].as_str().unwrap().to_owned()
        });
        let outputs = json!({
            "table": is_published.then(|| format!("published/{dataset}")),
            "tableVersion": is_published.then_some(u64::MAX),
            "rejects": report::rejects_key(dataset, execution),
            "corrections": report::corrections_key(dataset, execution),
            "aggregates": [],
        });
        let report = json!({
            "dataset": dataset, "execution": execution, "file": self.file, "outputs": outputs,
            "outcome": match (is_published, self.is_duplicate) {
                (true, _) => "published",
                (false, true) => "duplicate",
                (false, false) => "quarantined",
            },
            "duplicateOf": original,
            "error": payload["error"]["Error"], "cause": cause, "counts": aggregated(),
            "sha256": null, "rejectsByCode": {}, "faults": [], "extraColumns": [],
            "ignoredColumnCount": 0,
        });
        let announcement = Announcement::of(&serde_json::from_value(report).unwrap());
        let table_version = Some(u64::MAX);
        if self.is_duplicate {
            return json!(Settled::Duplicate { table_version, report: report_key, announcement });
        }
        json!(match cause {
            None => {
                Settled::Published { table_version, report: report_key, announcement }
            }
            Some(cause) => {
                let cause = format!("{}: {cause} (report: {report_key})", self.file.key);
                let error = "FileRefused".to_owned();
                Settled::Quarantined { error, cause, report: report_key, announcement }
            }
        })
    }
}

fn aggregated() -> Value {
    let counts =
        Counts { read_count: u64::MAX, accepted_count: u64::MAX, rejected_count: u64::MAX };
    json!(Aggregated { verdict: Verdict::Publish, reason: "r".repeat(200), counts })
}

impl Tasks for Functions {
    async fn invoke(&self, function: String, payload: Value) -> Result<Value, Fault> {
        let answer = match function.as_str() {
            "Validate" => self.validate(payload["action"].as_str().unwrap())?,
            "Aggregate" => aggregated(),
            "Settle" => self.settle(&payload),
            _ => json!({}),
        };
        // A state has what it was given beside what it is told.
        self.weigh(&json!([payload, answer]));
        Ok(answer)
    }

    async fn announce(&self, _: Service, request: Value) -> Result<Value, Fault> {
        self.weigh(&request);
        Ok(request)
    }

    fn now(&self) -> String {
        "2026-11-21T08:00:00.000Z".to_owned()
    }

    fn may_retry(&self, _: &Fault) -> bool {
        false
    }

    async fn items(&self, key: String) -> Result<Vec<Value>, Fault> {
        let (start, end) = (u64::MAX, u64::MAX);
        let item = if key.ends_with("ranges.json") {
            json!(FileRange { index: self.chunk_count, start, end })
        } else {
            json!(self.chunk())
        };
        Ok(vec![item; self.chunk_count])
    }
}

/// Bytes of the largest message of an execution, its input and its output among them.
fn largest(functions: &Functions) -> usize {
    let filled = [
        ("Partition", "aws"),
        ("OutputBucket", "output"),
        ("MaxConcurrency", "0"),
        // Every file is surveyed: that says most.
        ("SurveyBytes", "0"),
        ("ValidateFunction", "Validate"),
        ("ParseFunction", "Parse"),
        ("EnrichFunction", "Enrich"),
        ("AggregateFunction", "Aggregate"),
        ("SettleFunction", "Settle"),
        ("AnnouncementTopic", "topic"),
    ];
    let machine = Arc::new(Machine::new(DEFINITION, &filled, functions.clone(), 64).unwrap());
    let input = json!(functions.file);
    functions.weigh(&input);
    let run = machine.run(&functions.execution, input);
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    match (runtime.block_on(run).unwrap(), &functions.refusal) {
        (Ended::Succeeded(output), None) => functions.weigh(&output),
        (Ended::Failed(Fault { name, message }), Some(_)) => {
            functions.weigh(&json!({ "Error": name, "Cause": message }));
        }
        (ended, refusal) => panic!("{refusal:?}: {ended:?}"),
    }
    *functions.largest.lock().unwrap()
}

/// A legal key, of any characters.
fn key() -> impl Strategy<Value = String> {
    let odd = prop::sample::select(vec!['\u{1}', '"', '\\', '/', 'a', '\u{e4}', '\u{1f600}']);
    let any = prop_oneof![odd, any::<char>()];
    prop::collection::vec(any, 1..KEY_LEN).prop_map(|chars| {
        let mut key: String = chars.into_iter().collect();
        key.truncate(key.floor_char_boundary(KEY_LEN));
        key
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn no_message_is_too_large(key in key(), refusal in prop::option::of(key()), chunk_count in 1..4_usize) {
        let refusal = refusal.map(|refusal| refusal.repeat(20));
        let functions = Functions::new(key, refusal, chunk_count);
        prop_assert!(largest(&functions) * 2 <= PAYLOAD_BYTES);
        if functions.refusal.is_none() {
            prop_assert!(largest(&functions.of_duplicate()) * 2 <= PAYLOAD_BYTES);
        }
    }
}

/// Every character escaped, and every message as long as it may be.
#[test]
fn not_even_the_worst_key_and_cause_are_too_large() {
    for character in ["\u{1}", "\"", "\u{1f600}"] {
        let key = character.repeat(KEY_LEN / character.len());
        for refusal in [None, Some(character.repeat(10_000))] {
            let found = largest(&Functions::new(key.clone(), refusal, 3));
            assert!(found * 2 <= PAYLOAD_BYTES, "{character:?} {found}");
        }
        for chunk_count in [1, 3] {
            let found = largest(&Functions::new(key.clone(), None, chunk_count).of_duplicate());
            assert!(found * 2 <= PAYLOAD_BYTES, "{character:?} {found}");
        }
    }
}

#[test]
fn ten_thousand_chunks_say_no_more_than_three() {
    let functions = |count| Functions::new("flights/a.csv".to_owned(), None, count);
    let (few, many) = (largest(&functions(3)), largest(&functions(CHUNKS)));
    assert!(many.abs_diff(few) <= 100, "{few} {many}");
    // What a map collects before the state drops it: nothing of each child.
    assert!("{},".len() * CHUNKS <= PAYLOAD_BYTES);
    const { assert!(start::name::MAX_LEN <= EXECUTION_NAME_LEN) };
}

/// A thousand columns of the contract, and a thousand others in the file.
#[test]
fn what_is_wrong_with_a_thousand_columns_is_told_briefly() {
    let folder = tempfile::tempdir().unwrap();
    let label = |kind: &str, index: usize| format!("{kind}-{index}-{}", "x".repeat(100));
    let fields: Vec<Value> = (0..1000)
        .map(|index| json!({ "name": label("field", index), "type": "integer" }))
        .collect();
    let resource = json!({ "name": "wide", "path": "wide.csv", "schema": { "fields": fields } });
    let (contract, file) = (folder.path().join("datapackage.json"), folder.path().join("wide.csv"));
    std::fs::write(&contract, json!({ "resources": [resource] }).to_string()).unwrap();
    let header: Vec<String> = (0..1000).map(|index| label("column", index)).collect();
    std::fs::write(&file, header.join(",") + "\n").unwrap();
    let mut check = Command::new(env!("CARGO_BIN_EXE_sluice"));
    let output =
        check.arg("check").arg(file).arg("--contract").arg(contract).arg("--json").output();
    let report: Value = serde_json::from_slice(&output.unwrap().stdout).unwrap();
    assert_eq!(report["outcome"], "quarantined");
    let cause = report["cause"].as_str().unwrap();
    assert!((100..=2003).contains(&cause.chars().count()), "{cause}");
}
