//! `sluice history` and `sluice replay`, as processes, against the stack.

use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use aws_sdk_sfn::types::ExecutionStatus;
use cli::local::environment::Environment;
use cli::local::stack::Stack;
use serde_json::{Value, json};
use shared::ledger::{Publication, Record, State};
use shared::message::Dropped;
use shared::report::{self, Outcome, Report};
use start::identity::file_id;
use tokio::time::sleep;

use super::aws::aws;
use super::bench::with_stack;
use super::endings::executions_of;
use super::load;
use super::reader;

const LIMIT: Duration = Duration::from_mins(2);
const POLL: Duration = Duration::from_millis(100);
/// When all that is put on record by hand was dropped, in milliseconds since 1970-01-01T00:00:00Z.
const DROPPED_MS: i64 = 1_700_000_000_000;

/// A command with the variables that `sluice local --keep` says to export.
fn command(stack: &Stack, arguments: &[&str]) -> Command {
    let outputs = stack.outputs();
    let mut command = Command::new(env!("CARGO_BIN_EXE_sluice"));
    command.args(arguments).env_clear().envs(Environment::closed(stack.port()).variables());
    command.env("INPUT_BUCKET", &outputs.input_bucket);
    command.env("OUTPUT_BUCKET", &outputs.output_bucket);
    command.env("STATE_MACHINE_ARN", &outputs.state_machine_arn);
    command
}

/// The exit status of a command, and what it says on its standard output and error.
fn sluice(stack: &Stack, arguments: &[&str]) -> (Option<i32>, String, String) {
    said(command(stack, arguments).output().unwrap())
}

fn said(output: Output) -> (Option<i32>, String, String) {
    let [out, error] =
        [output.stdout, output.stderr].map(|text| String::from_utf8_lossy(&text).into_owned());
    (output.status.code(), out, error)
}

/// What a command prints for programs.
#[track_caller]
fn told(stack: &Stack, arguments: &[&str]) -> Value {
    let (code, out, error) = sluice(stack, arguments);
    assert_eq!(code, Some(0), "{error}");
    serde_json::from_str(&out).unwrap()
}

/// Writes an object of the output bucket.
fn put(stack: &Stack, key: &str, body: &[u8]) {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), body).unwrap();
    let (bucket, path) = (&stack.outputs().output_bucket, file.path().to_str().unwrap());
    aws(stack, &["s3api", "put-object", "--bucket", bucket, "--key", key, "--body", path]);
}

/// Puts a version on record by hand, of a file that nobody has ever dropped.
fn put_record(stack: &Stack, key: &str, revision: u32, execution: &str, state: State) -> Record {
    let (dataset, _) = key.split_once('/').unwrap();
    let bucket = stack.outputs().input_bucket.clone();
    let file = Dropped {
        dataset: dataset.to_owned(),
        file_id: file_id(&bucket, key),
        bucket,
        key: key.to_owned(),
        version: Some(format!("v{revision}")),
        etag: "e".to_owned(),
        byte_len: 1,
        // Without a sequencer, the time is the revision.
        sequencer: None,
        event_time_ms: revision.into(),
        attempt: 0,
    };
    let publication = (state == State::Published)
        .then(|| Publication { execution: execution.to_owned(), table_version: Some(1) });
    let claim = Record::claim(file, execution, None, DROPPED_MS);
    let record = Record { state, publication, ..claim };
    put(stack, &record.key(), &serde_json::to_vec(&record).unwrap());
    record
}

/// A state machine whose executions run until they are stopped.
async fn waiting_machine(stack: &Stack) -> String {
    let wait = json!({ "StartAt": "Wait", "States":
                       { "Wait": { "Type": "Wait", "Seconds": 3600, "End": true } } });
    let request = json!({ "name": "waiting", "definition": wait.to_string(),
                          "roleArn": "arn:aws:iam::000000000000:role/none" });
    let created = stack.ask("AWSStepFunctions.CreateStateMachine", &request).await.unwrap();
    created["stateMachineArn"].as_str().unwrap().to_owned()
}

/// The names of the executions of a state machine.
async fn executions(stack: &Stack, machine: &str) -> Vec<String> {
    let request = json!({ "stateMachineArn": machine });
    let listed = stack.ask("AWSStepFunctions.ListExecutions", &request).await.unwrap();
    let listed = listed["executions"].as_array().unwrap().iter();
    listed.map(|execution| execution["name"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn a_file_is_run_again_by_one_execution_however_many_ask() {
    with_stack(async |stack| {
        let key = "waiting/1.csv";
        let machine = waiting_machine(stack).await;
        let replay = ["replay", key, "--state-machine", &machine, "--json"];
        let (code, _, error) = sluice(stack, &replay);
        assert_eq!(code, Some(1), "{error}");
        assert!(error.contains("`waiting/1.csv` of the bucket") && error.contains("aws s3 cp"));

        put_record(stack, key, 1, "first", State::Claimed { until_ms: i64::MAX });
        let request = json!({ "stateMachineArn": machine, "name": "first", "input": "{}" });
        let first = stack.ask("AWSStepFunctions.StartExecution", &request).await.unwrap();
        let (code, out, error) = sluice(stack, &replay);
        assert_eq!((code, out.as_str()), (Some(1), ""), "{error}");
        assert!(error.contains("the execution `first` is at work on it, and has been since 20"));
        assert_eq!(executions(stack, &machine).await, ["first"]);

        let request = json!({ "executionArn": first["executionArn"] });
        stack.ask("AWSStepFunctions.StopExecution", &request).await.unwrap();
        let dry = told(stack, &[&replay[..], &["--dry-run"]].concat());
        assert_eq!(dry["outcome"], "dryRun");
        assert!(dry["notes"][0].as_str().unwrap().starts_with("first is ABORTED"), "{dry}");
        assert_eq!(executions(stack, &machine).await, ["first"]);

        let children: Vec<Child> = (0..3)
            .map(|_| command(stack, &replay).stdout(Stdio::piped()).spawn().unwrap())
            .collect();
        let outputs = children.into_iter().map(|child| said(child.wait_with_output().unwrap()));
        let all: Vec<Value> =
            outputs.map(|(_, out, _)| serde_json::from_str(&out).unwrap()).collect();
        let started = all.iter().filter(|told| told["outcome"] == "started").count();
        let before = all.iter().filter(|told| told["outcome"] == "startedBefore").count();
        assert_eq!((started, before), (1, 2), "{all:?}");
        let mut names = executions(stack, &machine).await;
        names.sort();
        let name = dry["execution"].as_str().unwrap();
        assert_eq!(names, ["first", name]);
        assert!(all.iter().all(|told| told["execution"] == name && told["input"] == dry["input"]));

        let (code, out, _) = sluice(stack, &replay[..4]);
        assert_eq!(code, Some(0));
        assert!(out.contains("\nIt was started at 20") && out.contains(" is RUNNING."), "{out}");
        let arn = dry["executionArn"].as_str().unwrap();
        let request = json!({ "executionArn": arn });
        let found = stack.ask("AWSStepFunctions.DescribeExecution", &request).await.unwrap();
        let input: Dropped = serde_json::from_str(found["input"].as_str().unwrap()).unwrap();
        assert_eq!((input.attempt, input.key.as_str()), (1, key));
        assert_eq!(serde_json::to_value(input).unwrap(), dry["input"]);
    });
}

#[test]
fn the_records_of_a_dataset_are_listed() {
    with_stack(async |stack| {
        let (code, _, error) = sluice(stack, &["history", "listed"]);
        assert_eq!(code, Some(2));
        assert!(error.contains("no file of the dataset `listed` is on record in"), "{error}");

        put_record(stack, "listed/1.csv", 1, "a", State::Published);
        put_record(stack, "listed/1.csv", 2, "b", State::Published);
        let error = || "FileRefused".to_owned();
        put_record(stack, "listed/1.csv", 3, "c", State::Quarantined { error: error() });
        put_record(stack, "listed/2.csv", 1, "d", State::Claimed { until_ms: DROPPED_MS });
        // Of another dataset, whose name starts so.
        put_record(stack, "listed-2/1.csv", 1, "e", State::Published);
        let executions = |more: &[&str]| {
            let told = told(stack, &[&["history", "listed", "--json"], more].concat());
            let records = told["records"].as_array().unwrap().iter();
            let mut names: Vec<_> =
                records.map(|record| record["execution"].as_str().unwrap().to_owned()).collect();
            names.sort();
            names.concat()
        };
        assert_eq!(executions(&[]), "abcd");
        assert_eq!(executions(&["--key", "listed/1.csv"]), "abc");
        assert_eq!(executions(&["--state", "expired"]), "d");
        assert_eq!(executions(&["--state", "published"]), "ab");
        let newest = ["history", "listed", "--key", "listed/1.csv", "--limit", "1", "--json"];
        let newest = told(stack, &newest);
        assert_eq!(
            (&newest["records"][0]["execution"], &newest["olderCount"]),
            (&json!("c"), &json!(2))
        );

        let (code, out, _) = sluice(stack, &["history", "listed", "--state", "published"]);
        assert_eq!(code, Some(0));
        let followed = "listed/1.csv: published, and a later one since\n";
        assert!(
            out.contains(followed) && out.contains("\n  followed by  revision 2, by b, "),
            "{out}"
        );
        assert!(
            out.contains("listed/1.csv: published\n") && out.ends_with("\n2 records\n"),
            "{out}"
        );

        put(stack, "ledger/listed/broken/1.json", b"{}");
        let (code, out, error) = sluice(stack, &["history", "listed"]);
        assert_eq!(code, Some(1));
        assert!(out.ends_with("\n4 records\n"), "{out}");
        assert!(error.contains("cannot read the record `ledger/listed/broken/1.json`"), "{error}");
    });
}

#[test]
fn what_commands_lack_is_named() {
    with_stack(async |stack| {
        for (arguments, variable, expected) in [
            (&["history", "flights"][..], "OUTPUT_BUCKET", "--output-bucket <NAME>"),
            (
                &["history", "flights", "--key", "flights/1"],
                "INPUT_BUCKET",
                "--input-bucket <NAME>",
            ),
            (&["replay", "flights/1"], "STATE_MACHINE_ARN", "--state-machine <ARN>"),
            (&["history", "flights"], "AWS_REGION", "region"),
            (&["replay", "flights/1"], "AWS_REGION", "region"),
            (&["history", "flights", "--output-bucket", "nowhere"], "", "no bucket `nowhere`"),
            (&["replay", "flights/1", "--output-bucket", "nowhere"], "", "no bucket `nowhere`"),
            (&["replay", "flights/1", "--state-machine", "sluice"], "", "`sluice` is not the ARN"),
        ] {
            let mut command = command(stack, arguments);
            if variable == "AWS_REGION" {
                command.env_remove("AWS_DEFAULT_REGION");
            }
            let (code, out, error) = said(command.env_remove(variable).output().unwrap());
            assert_eq!((code, out.as_str()), (Some(2), ""), "{arguments:?} {error}");
            assert!(error.contains(expected), "{arguments:?} {error}");
        }
    });
}

/// Waits until an execution has ended.
async fn until_ended(stack: &Stack, arn: &str) {
    let deadline = Instant::now() + LIMIT;
    while *stack.executions().describe(arn).await.unwrap().status() == ExecutionStatus::Running {
        assert!(Instant::now() < deadline, "{arn} does not end");
        sleep(POLL).await;
    }
}

/// Runs the file of a record again, and gives the report of the attempt and what is on record then.
async fn run_again(stack: &Stack, key: &str) -> (Report, Value) {
    let (dataset, _) = key.split_once('/').unwrap();
    let started = told(stack, &["replay", key, "--json"]);
    assert_eq!(started["outcome"], "started", "{started}");
    until_ended(stack, started["executionArn"].as_str().unwrap()).await;
    let report = report::key(dataset, started["execution"].as_str().unwrap());
    let report = stack.output(&report).await.unwrap().unwrap();
    let now = told(stack, &["history", dataset, "--key", key, "--json"]);
    let [record] = now["records"].as_array().unwrap().as_slice() else { panic!("{now}") };
    (serde_json::from_slice(&report).unwrap(), record.clone())
}

#[test]
fn a_quarantined_file_is_published_once_its_contract_is_mended() {
    let folder = tempfile::tempdir().unwrap();
    let contracts = folder.path().join("contracts");
    std::fs::create_dir_all(contracts.join("mended")).unwrap();
    let contract = |kind: &str| {
        let fields = json!([{ "name": "id", "type": "integer" }, { "name": "name", "type": kind }]);
        let resource = json!({ "name": "m", "path": "m.csv", "schema": { "fields": fields } });
        let package = json!({ "resources": [resource] });
        std::fs::write(contracts.join("mended/datapackage.json"), package.to_string()).unwrap();
    };
    let path = folder.path().join("a.csv");
    std::fs::write(&path, "id,name\n1,a\n2,b\n").unwrap();
    let key = "mended/a.csv";
    with_stack(async |stack| {
        contract("integer");
        stack.upload_contracts(&contracts).await.unwrap();
        let first = load(stack, &path, key).await.report;
        assert_eq!(first.outcome, Outcome::Quarantined);
        let history = told(stack, &["history", "mended", "--json"]);
        let found = &history["records"][0];
        assert_eq!(found["execution"], first.execution.as_str());
        assert_eq!(
            (&found["state"], &found["error"]),
            (&json!("quarantined"), &json!("FileRefused"))
        );

        contract("string");
        stack.upload_contracts(&contracts).await.unwrap();
        // The second one takes the place of rows that are published.
        for attempt in 1..=2 {
            let (report, found) = run_again(stack, key).await;
            assert_eq!(report.execution, format!("{}-attempt-{attempt}", first.execution));
            assert_eq!(report.outcome, Outcome::Published, "{report:?}");
            assert_eq!(report.counts.map(|counts| counts.accepted_count), Some(2));
            assert_eq!(
                (&found["state"], &found["file"]["attempt"]),
                (&json!("published"), &json!(attempt))
            );
            assert_eq!(found["execution"], report.execution.as_str());
            assert_eq!(found["report"], report::key("mended", &report.execution));
        }
        assert_eq!(executions_of(stack, key).await.len(), 3);
        let outputs = tempfile::tempdir().unwrap();
        stack.copy_outputs("", outputs.path()).await.unwrap();
        let rows = reader::rows(&outputs.path().join("published/mended"));
        assert_eq!(rows, json!({ "columns": ["id", "name"], "rows": [[1, "a"], [2, "b"]] }));
    });
}
