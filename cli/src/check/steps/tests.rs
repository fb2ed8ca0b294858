//! Files that go through the whole state machine: by both roads, and announced at their ends.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use serde_json::json;
use shared::announcement::Announcement;
use shared::job::Job;
use shared::message::Dropped;
use shared::report::Report;
use shared::store::Area;

use super::*;
use crate::machine::Machine;
use crate::steps::{DEFINITION, substitutions};

type Sent = Arc<Mutex<Vec<(Service, Value)>>>;

/// The steps, and what the state machine has told the world.
struct Listener {
    steps: DryRun,
    sent: Sent,
}

impl Tasks for Listener {
    async fn invoke(&self, function: String, payload: Value) -> Result<Value, Fault> {
        self.steps.invoke(function, payload).await
    }

    async fn announce(&self, service: Service, request: Value) -> Result<Value, Fault> {
        self.sent.lock().unwrap().push((service, request.clone()));
        self.steps.announce(service, request).await
    }

    fn now(&self) -> String {
        "2026-11-21T08:00:00.000Z".to_owned()
    }

    fn may_retry(&self, fault: &Fault) -> bool {
        self.steps.may_retry(fault)
    }

    async fn items(&self, key: String) -> Result<Vec<Value>, Fault> {
        self.steps.items(key).await
    }
}

/// What a file leaves behind, if those larger than `survey_bytes` are surveyed, and what is told of it.
async fn run(key: &str, survey_bytes: &str) -> (BTreeMap<PathBuf, Vec<u8>>, Vec<(Service, Value)>) {
    let samples = Path::new(env!("CARGO_MANIFEST_DIR")).join("../sample-data");
    let folder = tempfile::tempdir().unwrap();
    let path = samples.join("input").join(key);
    let store = FolderStore::new(folder.path()).mount(Area::Input, key, &path).mount(
        Area::Reference,
        "contracts",
        samples.join("contracts"),
    );
    let file = Dropped {
        dataset: "flights".to_owned(),
        bucket: "input".to_owned(),
        key: key.to_owned(),
        version: None,
        etag: "tag".to_owned(),
        byte_len: std::fs::metadata(&path).unwrap().len(),
        sequencer: None,
        event_time_ms: 1,
        file_id: "0123456789abcdef0123456789abcdef".to_owned(),
        attempt: 0,
    };
    let chunk_bytes = file.byte_len / 7 + 1;
    let sent = Sent::default();
    let steps = DryRun::new(store, chunk_bytes, None);
    let listener = Listener { steps, sent: Arc::clone(&sent) };
    let filled = substitutions(survey_bytes);
    let machine = Arc::new(Machine::new(DEFINITION, &filled, listener, 2).unwrap());
    machine.run("run-1", serde_json::to_value(&file).unwrap()).await.unwrap();
    let sent = sent.lock().unwrap().clone();
    (outputs(folder.path()), sent)
}

#[tokio::test]
async fn each_file_is_announced_once_to_programs_and_to_people() {
    for (name, outcome, detail_type) in [
        ("quoted.csv", "published", "File Published"),
        ("ragged.csv", "publishedWithRejects", "File Published With Rejects"),
        ("bad-values.csv", "quarantined", "File Quarantined"),
        ("empty.csv", "quarantined", "File Quarantined"),
    ] {
        let (outputs, sent) = run(&format!("flights/{name}"), "1000000000").await;
        let report = &outputs[Path::new("reports/flights/run-1.json")];
        let report: Report = serde_json::from_slice(report).unwrap();
        let Announcement { detail, subject, text, .. } = Announcement::of(&report);
        let entry = json!({ "Source": "sluice", "DetailType": detail_type, "Detail": detail });
        let message = json!({
            "TopicArn": "announcements", "Subject": subject, "Message": text,
            "MessageAttributes": { "outcome": { "DataType": "String", "StringValue": outcome } },
        });
        let expected =
            [(Service::Events, json!({ "Entries": [entry] })), (Service::Messages, message)];
        assert_eq!(sent, expected, "{name}");
    }
}

fn outputs(root: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in folder.read_dir().unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let name = path.strip_prefix(root).unwrap().to_owned();
                found.insert(name, std::fs::read(&path).unwrap());
            }
        }
    }
    found
}

/// Puts a letter for what identifies the bytes of the file in paths.
fn mask_digest(outputs: BTreeMap<PathBuf, Vec<u8>>) -> BTreeMap<PathBuf, Vec<u8>> {
    let Some(job) = outputs.get(Path::new("work/run-1/job.json")) else { return outputs };
    let job: Job = serde_json::from_slice(job).unwrap();
    let digest = format!("/{}/", job.digest.segment());
    let mask = |(path, body): (PathBuf, Vec<u8>)| {
        let name = path.to_str().unwrap().replace(&digest, "/D/");
        let is_text = path.extension().is_some_and(|extension| extension == "json");
        let masked = || String::from_utf8(body.clone()).unwrap().replace(&digest, "/D/").into();
        (PathBuf::from(name), if is_text { masked() } else { body })
    };
    outputs.into_iter().map(mask).collect()
}

/// Takes the digest out of a report, a record or a job, and gives its name.
fn take_digest(body: &mut Vec<u8>) -> Vec<String> {
    let mut json: Value = serde_json::from_slice(body).unwrap();
    let entries = json.as_object_mut().unwrap();
    let mut names = Vec::new();
    if let Some(digest) = entries.shift_remove("digest") {
        names.extend(digest.as_object().into_iter().flat_map(|digest| digest.keys().cloned()));
    }
    for name in ["sha256", "rangesSha256"] {
        names.extend(
            entries.shift_remove(name).filter(|value| !value.is_null()).map(|_| name.into()),
        );
    }
    *body = serde_json::to_vec(&json).unwrap();
    names
}

#[tokio::test]
async fn both_roads_of_a_file_leave_the_same_behind() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../sample-data/input/flights");
    let mut surveyed_count = 0;
    for entry in folder.read_dir().unwrap() {
        let key = format!("flights/{}", entry.unwrap().file_name().to_str().unwrap());
        let (mut one, sent) = run(&key, "1000000000").await;
        let (mut many, sent_of_many) = run(&key, "0").await;
        assert_eq!(sent_of_many, sent, "{key}");
        let is_own =
            |path: &PathBuf| path.starts_with("work/run-1/survey") || path.ends_with("ranges.json");
        assert!(!one.keys().any(is_own));
        let is_surveyed = many.keys().any(is_own);
        surveyed_count += usize::from(is_surveyed);
        many.retain(|path, _| !is_own(path));
        (one, many) = (mask_digest(one), mask_digest(many));
        let records = |path: &PathBuf| path.starts_with("ledger");
        let record = one.keys().find(|path| records(path)).unwrap().clone();
        for (outputs, digest) in [(&mut one, "sha256"), (&mut many, "rangesSha256")] {
            let own = ["work/run-1/job.json", "reports/flights/run-1.json"].map(PathBuf::from);
            for path in own.iter().chain([&record]) {
                let Some(body) = outputs.get_mut(path) else { continue };
                let names = take_digest(body);
                let is_right = names.iter().all(|name| name == digest);
                assert!(is_right || !is_surveyed, "{key} {}: {names:?}", path.display());
            }
        }
        let names =
            |outputs: &BTreeMap<PathBuf, Vec<u8>>| outputs.keys().cloned().collect::<Vec<_>>();
        assert_eq!(names(&many), names(&one), "{key}");
        for (path, body) in &one {
            let is_same = &many[path] == body || path.to_string_lossy().contains("_delta_log");
            assert!(is_same, "{key}: {} differs", path.display());
        }
    }
    assert!(surveyed_count >= 6, "{surveyed_count}");
}
