//! A second opinion on the state machine: moto's engine, which is not ministack's, runs the very definition
//! that is deployed there, with the same functions and buckets. It checks the definition, and waits as told.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use cli::local::child::{Child, Task};
use cli::local::emulator::free_port;
use cli::local::environment::Environment;
use cli::local::host::Host;
use cli::local::stack::{Dropped, Stack};
use serde_json::{Value, json};
use shared::message;
use shared::report::{self, Report};
use start::event::{Found, read, records};
use tokio::sync::oneshot::Receiver;

use super::alone;
use super::bench::said;
use super::dataset::{drop_text, make_known};
use super::endings::finish;
use super::gate::{Request, Stop};
use super::history::Way;
use super::killed::{gate_of, kill_at};
use super::leftovers::leftovers;
use super::post::Post;
use super::venv::python;

/// Longer than anything here takes on a busy machine.
const LIMIT: Duration = Duration::from_mins(4);
const POLL: Duration = Duration::from_millis(50);

/// The other engine. It is killed when this is dropped, and when this process ends.
struct Moto {
    port: u16,
    machine_arn: String,
    _child: Child,
}

impl Moto {
    /// Starts it, and gives it the definition as it is deployed.
    async fn start(stack: &Stack) -> Self {
        let required = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/opinion/requirements.txt");
        let program = python("opinion", &required).with_file_name("moto_server");
        let port = said(free_port(None));
        // What a state asks of other services, it asks of the emulator.
        let environment =
            Environment::closed(stack.port()).with("MOTO_PORT", stack.port().to_string());
        let task = Task::new(program, &environment, stack.folder());
        let task = task.args(["-H", "127.0.0.1", "-p", &port.to_string()]);
        let children = said(Host::find().await).children;
        let child = children.start(&task, Stdio::null(), Stdio::null()).unwrap();
        let mut moto = Moto { port, machine_arn: String::new(), _child: child };
        moto.until_ready().await;
        moto.deploy(stack).await;
        moto
    }

    async fn until_ready(&self) {
        let deadline = Instant::now() + LIMIT;
        while TcpStream::connect(("127.0.0.1", self.port)).is_err() {
            assert!(Instant::now() < deadline, "moto does not answer");
            tokio::time::sleep(POLL).await;
        }
    }

    async fn deploy(&mut self, stack: &Stack) {
        let engine = json!({ "stepfunctions": { "execute_state_machine": true } });
        self.post("/moto-api/config", "", &engine);
        let machine = json!({ "stateMachineArn": stack.outputs().state_machine_arn });
        let deployed = said(stack.ask("AWSStepFunctions.DescribeStateMachine", &machine).await);
        let role = "arn:aws:iam::123456789012:role/sluice";
        let create =
            json!({ "name": "sluice", "definition": deployed["definition"], "roleArn": role });
        let created = self.ask("CreateStateMachine", &create);
        created["stateMachineArn"].as_str().unwrap().clone_into(&mut self.machine_arn);
    }

    fn ask(&self, action: &str, request: &Value) -> Value {
        let headers = format!(
            "X-Amz-Target: AWSStepFunctions.{action}\r\n\
             Authorization: AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/states/aws4_request\r\n"
        );
        self.post("/", &headers, request)
    }

    /// What is answered; anything but a success is a failure.
    fn post(&self, path: &str, headers: &str, body: &Value) -> Value {
        let (port, body) = (self.port, body.to_string());
        let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
        let len = body.len();
        let head = format!("POST {path} HTTP/1.0\r\nHost: 127.0.0.1:{port}\r\n{headers}");
        let head = format!(
            "{head}Content-Type: application/x-amz-json-1.0\r\nContent-Length: {len}\r\n\r\n"
        );
        stream.write_all((head + &body).as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        assert!(head.split(' ').nth(1).unwrap().starts_with('2'), "{answer}");
        serde_json::from_str(body).unwrap()
    }

    /// Starts an execution of that name, and gives its ARN.
    fn start_execution(&self, name: &str, input: &message::Dropped) -> Value {
        let input = serde_json::to_string(input).unwrap();
        let machine = &self.machine_arn;
        let request = json!({ "stateMachineArn": machine, "name": name, "input": input });
        self.ask("StartExecution", &request)["executionArn"].clone()
    }

    /// Waits for the end of an execution, and gives its status and error.
    async fn end_of(&self, execution: &Value) -> (String, Option<String>) {
        let deadline = Instant::now() + LIMIT;
        loop {
            let described = self.ask("DescribeExecution", &json!({ "executionArn": execution }));
            let status = described["status"].as_str().unwrap();
            if status != "RUNNING" {
                return (status.to_owned(), described["error"].as_str().map(str::to_owned));
            }
            assert!(Instant::now() < deadline, "moto does not end {execution}");
            tokio::time::sleep(POLL).await;
        }
    }

    fn way_of(&self, execution: &Value) -> Way {
        let request = json!({ "executionArn": execution, "maxResults": 1_000 });
        Way::told(&self.ask("GetExecutionHistory", &request))
    }
}

/// What an engine makes of a file.
struct Made {
    status: String,
    error: Option<String>,
    way: Way,
    report: Report,
    outputs: tempfile::TempDir,
}

async fn drop_into(stack: &Stack, dataset: &str, text: &str) -> Dropped {
    make_known(stack, dataset, json!([{ "name": "id", "type": "integer" }]), json!({})).await;
    drop_text(stack, &format!("{dataset}/file.csv"), text).await
}

async fn by_ministack(stack: &Stack, dataset: &str, text: &str, killed: Option<&str>) -> Made {
    let stopped = stop(stack, killed).await;
    let dropped = drop_into(stack, dataset, text).await;
    if let (Some(function), Some(stopped)) = (killed, stopped) {
        kill_at(function, stopped).await;
    }
    let loaded = finish(stack, dropped).await;
    let machine = &stack.outputs().state_machine_arn;
    let execution = &loaded.report.execution;
    let arn = format!("{}:{execution}", machine.replace(":stateMachine:", ":execution:"));
    let described = said(stack.executions().describe(&arn).await);
    Made {
        status: described.status().as_str().to_owned(),
        error: described.error().map(str::to_owned),
        way: Way::of(stack, execution).await,
        report: loaded.report,
        outputs: loaded.outputs,
    }
}

async fn by_moto(
    stack: &Stack,
    moto: &Moto,
    dataset: &str,
    text: &str,
    killed: Option<&str>,
) -> Made {
    let post = Post::hold_back(stack).await;
    let dropped = drop_into(stack, dataset, text).await;
    let event = post.take(&[dropped]).await.remove(0).to_string();
    post.deliver(&[]).await;
    let record = records(&event).unwrap().remove(0);
    let Found::File(file) = read(record).unwrap() else { panic!("{event}") };
    let stopped = stop(stack, killed).await;
    let name = format!("{dataset}-by-moto");
    let execution = moto.start_execution(&name, &file);
    if let (Some(function), Some(stopped)) = (killed, stopped) {
        kill_at(function, stopped).await;
    }
    let (status, error) = moto.end_of(&execution).await;
    let way = moto.way_of(&execution);
    let body = said(stack.output(&report::key(dataset, &name)).await);
    let body = body.unwrap_or_else(|| panic!("{status} {error:?} {way:?}"));
    let report = serde_json::from_slice(&body).unwrap();
    let outputs = tempfile::tempdir().unwrap();
    said(stack.copy_outputs("", outputs.path()).await);
    Made { status, error, way, report, outputs }
}

/// Stops a function before the first object that it writes.
async fn stop(stack: &Stack, function: Option<&str>) -> Option<Receiver<String>> {
    let request = Request { method: "PUT", part: "/work/", stop: Stop::Before };
    Some(gate_of(stack, function?).await.wait_for(request))
}

/// Both take the same states, meet the same errors, and leave the same bytes behind.
#[test]
fn another_engine_takes_the_same_roads_to_the_same_ends() {
    let cases = [
        ("good", "id\n1\n2\n", None, "SUCCEEDED"),
        ("rejected", "id\n1\nmany\n", None, "FAILED"),
        ("refused", "number\n1\n", None, "FAILED"),
        ("killed", "id\n3\n", Some("Validate"), "SUCCEEDED"),
    ];
    let made = alone(async |stack| {
        let moto = Moto::start(stack).await;
        let mut made = Vec::new();
        for (name, text, killed, _) in cases {
            let datasets = [format!("{name}one"), format!("{name}other")];
            let one = by_ministack(stack, &datasets[0], text, killed).await;
            made.push([one, by_moto(stack, &moto, &datasets[1], text, killed).await]);
        }
        made
    });
    for ((name, _, killed, status), [one, other]) in cases.into_iter().zip(&made) {
        assert_eq!((one.status.as_str(), other.status.as_str()), (status, status), "{name}");
        assert_eq!(one.error, other.error, "{name}");
        assert_eq!(one.way, other.way, "{name}");
        assert_eq!(one.way.errors.contains(&"Runtime.ExitError".to_owned()), killed.is_some());
        let [one, other] = [one, other].map(|made| leftovers(made.outputs.path(), &made.report));
        assert!(one == other, "{name}: {one:?}\n{other:?}");
    }
}
