//! The whole chain: the emulator, the real template, the real functions, files that are dropped.
//!
//! The tests of a process share one stack. Its emulator ends with the process.

#![allow(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a helper of tests may fail like a test"
)]

#[path = "local/announcements.rs"]
mod announcements;
#[path = "local/aws.rs"]
mod aws;
#[path = "local/bench.rs"]
mod bench;
#[path = "local/endings.rs"]
mod endings;
#[path = "local/failures.rs"]
mod failures;
mod golden;
#[path = "local/inbox.rs"]
mod inbox;
#[path = "local/ledger.rs"]
mod ledger;
#[path = "local/process.rs"]
mod process;
#[path = "local/processes.rs"]
mod processes;
#[path = "local/reader.rs"]
#[expect(dead_code, reason = "shared with tests that use more of it")]
mod reader;
#[path = "../../steps/settle/tests/table/support.rs"]
#[expect(dead_code, reason = "shared with tests that use more of it")]
mod table;
#[path = "local/upkeep.rs"]
mod upkeep;
#[path = "local/venv.rs"]
mod venv;

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use bench::{said, with_stack};
use cli::local::files::Drop;
use cli::local::follow::Ending;
use cli::local::stack::{Settings, Stack};
use endings::{Loaded, end_of, executions_of, finish};
use golden::{
    assert_same_cells, assert_table, expected, expected_aggregates, read_rejects, read_table,
    sample_data,
};
use serde_json::{Value, json};
use shared::message::Dropped;
use shared::report::Report;

/// Beyond the samples, so that a test says so that takes the other road.
const SURVEY_BYTES: u64 = 4 << 20;

/// Chunks small enough for the good month to be ten of them.
fn settings() -> Settings {
    let (chunk_bytes, survey_bytes) = (256 << 10, Some(SURVEY_BYTES));
    Settings { port: None, state: None, chunk_bytes, survey_bytes }
}

async fn prepare(stack: &Stack) {
    said(stack.upload_contracts(&sample_data().join("contracts")).await);
    inbox::subscribe(stack);
}

/// Drops a file under a key and waits until it has ended as files are meant to.
async fn load(stack: &Stack, path: &Path, key: &str) -> Loaded {
    let file = Drop { path: path.to_owned(), key: key.to_owned() };
    let dropped = said(stack.drop_file(&file).await);
    finish(stack, dropped).await
}

/// Drops a sample file, and holds all that comes of it against its goldens.
#[track_caller]
fn check(file: &str) {
    let expected = expected(file);
    let Loaded { report, outputs } =
        with_stack(async |stack| load(stack, &sample_data().join("input").join(file), file).await);
    let outcome = serde_json::to_value(report.outcome).unwrap();
    assert_eq!(outcome, expected.outcome.as_str(), "{report:?}");
    assert_eq!(report.error, expected.error);
    assert_eq!(report.counts.map(|counts| counts.read_count), expected.read);
    assert_eq!(report.counts.map(|counts| counts.accepted_count), expected.accepted);
    assert_eq!(report.counts.map(|counts| counts.rejected_count), expected.rejected);
    let rejects =
        report.outputs.rejects.as_ref().map(|key| read_rejects(&outputs.path().join(key)));
    assert_eq!(rejects.unwrap_or_default(), expected.rejects);
    check_visible(file, &report, outputs.path());
    announcements::check(&report);
    check_dry_run(file, &report, outputs.path());
}

/// `sluice check` finds the same of a file, at whatever chunk size.
#[track_caller]
fn check_dry_run(file: &str, report: &Report, outputs: &Path) {
    let (dataset, _) = file.split_once('/').unwrap();
    let contract = sample_data().join(format!("contracts/{dataset}/datapackage.json"));
    if !contract.exists() {
        assert_eq!(report.error.as_deref(), Some("ContractRefused"));
        let draft = std::fs::read(outputs.join(report.outputs.draft.as_ref().unwrap())).unwrap();
        let draft: Value = serde_json::from_slice(&draft).unwrap();
        assert_eq!(draft["descriptor"]["resources"][0]["name"], dataset);
        assert!(!draft.to_string().contains("\"examples\""), "it quotes no cells: {draft}");
        return;
    }
    for chunk_bytes in ["65536", "16777216"] {
        let folder = tempfile::tempdir().unwrap();
        let dry = dry_run(&sample_data().join("input").join(file), &contract, chunk_bytes, &folder);
        assert_eq!(
            (dry.outcome, &dry.error, &dry.cause),
            (report.outcome, &report.error, &report.cause)
        );
        assert_eq!((dry.counts, &dry.sha256), (report.counts, &report.sha256));
        assert_eq!(dry.rejects_by_code, report.rejects_by_code);
        assert_eq!(dry.outputs.aggregates.len(), report.outputs.aggregates.len());
        assert_eq!(dry.faults, report.faults);
        let keys = dry.outputs.aggregates.iter().zip(&report.outputs.aggregates);
        let rejects = dry.outputs.rejects.iter().zip(&report.outputs.rejects);
        let corrections = dry.outputs.corrections.iter().zip(&report.outputs.corrections);
        for (dry_key, key) in keys.chain(rejects).chain(corrections) {
            let found = std::fs::read(folder.path().join(dry_key)).unwrap();
            assert!(found == std::fs::read(outputs.join(key)).unwrap(), "{dry_key} {key}");
        }
        assert_eq!(dry.outputs.rejects.is_some(), report.outputs.rejects.is_some());
        let rows = |root: &Path, report: &Report| {
            let table = root.join(report.outputs.table.as_ref()?);
            read_table(&table, Some(&report.file.file_id))
        };
        assert_eq!(rows(folder.path(), &dry), rows(outputs, report));
    }
}

/// Runs `sluice check` into a folder and gives its report.
#[track_caller]
fn dry_run(file: &Path, contract: &Path, chunk_bytes: &str, folder: &tempfile::TempDir) -> Report {
    let mut command = Command::new(env!("CARGO_BIN_EXE_sluice"));
    command.arg("check").arg(file).arg("--contract").arg(contract).arg("--json");
    command.args(["--chunk-bytes", chunk_bytes]).arg("--output").arg(folder.path());
    let output = command.output().unwrap();
    serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(&output.stderr)))
}

/// What a reader of the table and of the aggregates sees of a file: all of it, or nothing.
#[track_caller]
fn check_visible(file: &str, report: &Report, outputs: &Path) {
    let table = outputs.join("published/flights");
    let own = table.join("data").join(&report.file.file_id);
    let committed = committed(&table, &report.file.file_id);
    let golden = expected_aggregates(file);
    assert_eq!(report.outputs.aggregates.len(), 2 * golden.len(), "CSV and Parquet of each");
    if report.outputs.table.is_none() {
        assert_eq!(committed, BTreeSet::new(), "nothing of a quarantined file is visible");
        assert_eq!(golden.len(), 0);
        return;
    }
    let written = files_below(&own, &format!("data/{}", report.file.file_id));
    assert_eq!(committed, written, "a commit names every part");
    assert_table(file, read_table(&table, Some(&report.file.file_id)).as_ref());
    for (name, golden) in golden {
        let key = format!("aggregates/flights/{name}/{}.csv", report.execution);
        assert!(report.outputs.aggregates.contains(&key), "{key}");
        assert_same_cells(&outputs.join(key), &golden);
    }
}

/// The parts of a file that commits of the table have added.
fn committed(table: &Path, file_id: &str) -> BTreeSet<String> {
    let Ok(log) = table.join("_delta_log").read_dir() else {
        return BTreeSet::new();
    };
    let commits = log.map(|entry| std::fs::read_to_string(entry.unwrap().path()).unwrap());
    let actions: Vec<Value> = commits
        .flat_map(|commit| {
            let lines = commit.lines().map(|line| serde_json::from_str(line).unwrap());
            lines.collect::<Vec<_>>()
        })
        .collect();
    let added = actions.iter().filter_map(|action| action.pointer("/add/path")?.as_str());
    added.filter(|path| path.contains(file_id)).map(str::to_owned).collect()
}

fn files_below(folder: &Path, prefix: &str) -> BTreeSet<String> {
    let found = cli::local::files::walk(folder).unwrap();
    found.into_iter().map(|found| format!("{prefix}/{}", found.name)).collect()
}

macro_rules! samples {
    ($($test:ident: $file:literal,)*) => {
        $(
            #[test]
            fn $test() {
                check($file);
            }
        )*

        #[test]
        fn no_sample_is_forgotten() {
            let samples = files_below(&sample_data().join("input"), "input");
            let tested: BTreeSet<_> = [$($file),*].map(|file| format!("input/{file}")).into();
            assert_eq!(tested, samples);
        }
    };
}

samples! {
    the_good_month_is_published: "flights/2013-01.csv",
    quoted_text_is_published_as_it_is: "flights/quoted.csv",
    ragged_rows_are_rejected_and_the_rest_published: "flights/ragged.csv",
    too_many_bad_values_are_quarantined: "flights/bad-values.csv",
    a_missing_column_is_refused: "flights/missing-column.csv",
    another_delimiter_is_refused: "flights/semicolon.csv",
    an_empty_file_is_refused: "flights/empty.csv",
    an_unclosed_quote_is_refused: "flights/unclosed-quote.csv",
    utf_16_is_refused: "flights/utf-16.csv",
    a_dataset_without_a_contract_is_refused: "tides/2013-01.csv",
}

#[test]
fn other_engines_read_a_table_that_gained_a_column_and_lost_another() {
    let folder = tempfile::tempdir().unwrap();
    let contracts = folder.path().join("contracts");
    std::fs::create_dir_all(contracts.join("grown")).unwrap();
    let contract = |fields: Value| {
        let resource = json!({ "name": "g", "path": "g.csv", "schema": { "fields": fields } });
        let package = json!({ "resources": [resource] });
        std::fs::write(contracts.join("grown/datapackage.json"), package.to_string()).unwrap();
    };
    let file = |name: &str, text: &str| {
        std::fs::write(folder.path().join(name), text).unwrap();
        folder.path().join(name)
    };
    let id = json!({ "name": "id", "type": "integer", "constraints": { "required": true } });
    let loaded = with_stack(async |stack| {
        contract(json!([id, { "name": "name" }]));
        stack.upload_contracts(&contracts).await.unwrap();
        load(stack, &file("a.csv", "id,name\n1,a\n2,\n"), "grown/a.csv").await;
        contract(json!([{ "name": "size", "type": "number" }, id]));
        stack.upload_contracts(&contracts).await.unwrap();
        load(stack, &file("b.csv", "size,id\n1.5,3\n,4\n"), "grown/b.csv").await
    });
    assert_eq!(loaded.report.outputs.table_version, Some(2));
    let expected = json!([[1, "a", null], [2, null, null], [3, null, 1.5], [4, null, null]]);
    let found = reader::rows(&loaded.outputs.path().join("published/grown"));
    assert_eq!(found, json!({ "columns": ["id", "name", "size"], "rows": expected }));
}

#[test]
fn other_engines_read_exactly_the_rows_of_the_file() {
    let samples = sample_data();
    let (contract, file) = (samples.join("contracts/flights"), samples.join("input/flights"));
    let file = file.join("2013-01.csv");
    // A dataset of its own: the others share one table.
    let contracts = tempfile::tempdir().unwrap();
    let own = contracts.path().join("january");
    std::fs::create_dir(&own).unwrap();
    for entry in contract.read_dir().unwrap() {
        let path = entry.unwrap().path();
        std::fs::copy(&path, own.join(path.file_name().unwrap())).unwrap();
    }
    let loaded = with_stack(async |stack| {
        stack.upload_contracts(contracts.path()).await.unwrap();
        load(stack, &file, "january/2013-01.csv").await
    });
    let athena = loaded.report.outputs.athena.unwrap();
    let athena = std::fs::read_to_string(loaded.outputs.path().join(athena)).unwrap();
    assert!(athena.starts_with("CREATE EXTERNAL TABLE `january`\nLOCATION 's3://"), "{athena}");
    assert!(athena.contains("/published/january/'\n"), "{athena}");
    let table = loaded.outputs.path().join("published/january");
    reader::assert_same_rows(&table, &contract.join("datapackage.json"), &file);
}

/// What is too large for one pass takes another road through the state machine, to the same end.
#[test]
fn a_large_file_is_surveyed_in_ranges() {
    let key = "flights/large.csv";
    let samples = sample_data().join("input/flights");
    let [good, ragged] = ["2013-01.csv", "ragged.csv"].map(|name| {
        let text = std::fs::read_to_string(samples.join(name)).unwrap();
        let (header, rows) = text.split_once('\n').unwrap();
        (header.to_owned(), rows.to_owned())
    });
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("large.csv");
    std::fs::write(&path, [&*good.0, "\n", &good.1, &ragged.1, &good.1].concat()).unwrap();
    assert!(std::fs::metadata(&path).unwrap().len() > SURVEY_BYTES);

    let (loaded, first_survey) = with_stack(async |stack| {
        let loaded = load(stack, &path, key).await;
        let survey = format!("work/{}/survey/00000.json", loaded.report.execution);
        (loaded, stack.output(&survey).await.unwrap())
    });
    assert!(first_survey.is_some());
    let Loaded { report, outputs } = loaded;
    assert!(report.sha256.is_none() && report.ranges_sha256.is_some());

    let contract = sample_data().join("contracts/flights/datapackage.json");
    let dry = dry_run(&path, &contract, "1000000", &folder);
    assert_eq!(report.counts.map(|counts| counts.rejected_count), Some(7));
    assert_eq!(report.counts, dry.counts);
    assert_eq!(report.rejects_by_code, dry.rejects_by_code);
    let same = |ours: &Option<String>, theirs: &Option<String>| {
        let ours = std::fs::read(outputs.path().join(ours.as_ref().unwrap())).unwrap();
        ours == std::fs::read(folder.path().join(theirs.as_ref().unwrap())).unwrap()
    };
    assert!(same(&report.outputs.rejects, &dry.outputs.rejects));
    assert!(same(&report.outputs.corrections, &dry.outputs.corrections));
    let rows = |root: &Path, report: &Report| {
        read_table(&root.join(report.outputs.table.as_ref().unwrap()), Some(&report.file.file_id))
    };
    assert_eq!(rows(outputs.path(), &report), rows(folder.path(), &dry));
}

/// The good month down to such a row: bytes that no other file here has.
fn first_rows(count: usize) -> tempfile::NamedTempFile {
    let month = sample_data().join("input/flights/2013-01.csv");
    let month = std::fs::read_to_string(month).unwrap();
    let rows: Vec<&str> = month.split_inclusive('\n').take(1 + count).collect();
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), rows.concat()).unwrap();
    file
}

#[test]
fn the_same_bytes_under_another_name_are_a_duplicate() {
    let file = first_rows(40);
    let (first, second) = with_stack(async |stack| {
        let first = load(stack, file.path(), "flights/forty.csv").await;
        (first, load(stack, file.path(), "flights/forty-again.csv").await)
    });
    assert_eq!(serde_json::to_value(second.report.outcome).unwrap(), "duplicate");
    let original = second.report.duplicate_of.as_ref().unwrap();
    let Dropped { key, version, .. } = &first.report.file;
    assert_eq!((&original.key, &original.version), (key, version));
    assert_eq!(original.execution, first.report.execution);
    announcements::check(&second.report);
    let table = second.outputs.path().join("published/flights");
    let rows = |report: &Report| read_table(&table, Some(&report.file.file_id));
    assert_eq!(rows(&first.report).unwrap().num_rows(), 40);
    assert!(rows(&second.report).is_none());
}

#[test]
fn a_key_may_hold_what_events_encode() {
    let key = "flights/J\u{e4}nner 2013+1 (50%).csv";
    let file = first_rows(60);
    let loaded = with_stack(async |stack| load(stack, file.path(), key).await);
    assert_eq!(loaded.report.file.key, key);
    assert_eq!(loaded.report.counts.map(|counts| counts.accepted_count), Some(60));
}

#[test]
fn another_version_of_a_file_is_another_execution() {
    let key = "flights/corrected.csv";
    let samples = sample_data().join("input/flights");
    let file = first_rows(70);
    with_stack(async |stack| {
        let wrong = load(stack, &samples.join("semicolon.csv"), key).await.report;
        let right = load(stack, file.path(), key).await.report;
        assert_eq!(wrong.outputs.table, None);
        assert_eq!(right.counts.map(|counts| counts.accepted_count), Some(70));
        let mut executions = executions_of(stack, key).await;
        executions.sort();
        let mut expected = [wrong.execution, right.execution];
        expected.sort();
        assert_eq!(executions, expected);
    });
}

#[test]
fn a_file_whose_event_was_given_up_is_lost() {
    let key = "flights/lost.csv";
    let path = sample_data().join("input/flights/empty.csv");
    with_stack(async |stack| {
        let first = load(stack, &path, key).await.report;
        let dead = Dropped { version: Some("none".to_owned()), ..first.file };
        let queue = &stack.outputs().dead_letter_queue_url;
        stack.send_message(queue, &event_of(&dead)).await.unwrap();
        let ending = end_of(stack, key, dead.version).await;
        assert_eq!(ending, Ending::Lost { key: key.to_owned() });
    });
}

/// The event that S3 has sent of a version.
fn event_of(file: &Dropped) -> String {
    let time = chrono::DateTime::from_timestamp_millis(file.event_time_ms).unwrap();
    let encoded = file.key.replace('/', "%2F");
    let object = json!({ "key": encoded, "size": file.byte_len, "eTag": file.etag,
                         "versionId": file.version, "sequencer": file.sequencer });
    let event = json!({ "Records": [{
        "eventVersion": "2.1", "eventSource": "aws:s3", "awsRegion": "us-east-1",
        "eventTime": time.to_rfc3339_opts(chrono::SecondsFormat::Millis, true),
        "eventName": "ObjectCreated:Put",
        "userIdentity": { "principalId": "EXAMPLE" },
        "requestParameters": { "sourceIPAddress": "127.0.0.1" },
        "responseElements": {},
        "s3": { "s3SchemaVersion": "1.0", "configurationId": "intake",
                "bucket": { "name": file.bucket, "ownerIdentity": { "principalId": "EXAMPLE" },
                            "arn": format!("arn:aws:s3:::{}", file.bucket) },
                "object": object }
    }] });
    event.to_string()
}
