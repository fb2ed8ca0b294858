//! The functions as they are deployed, and the processes that run them.

use std::collections::BTreeMap;
use std::path::Path;

use cli::local::deploy::STACK;
use cli::local::stack::Stack;
use serde_json::Value;

use super::aws::aws;
use super::gate::Gate;
use super::processes::{descendants, send, until_gone};

/// The variable that leads the S3 client of a function, and nothing else of it, elsewhere.
const ENDPOINT: &str = "AWS_ENDPOINT_URL_S3";

/// A gate before S3 for each of these functions, which have no other way from now on.
pub(crate) async fn gates(
    stack: &Stack,
    functions: &[&'static str],
) -> BTreeMap<&'static str, Gate> {
    let found = aws(stack, &["cloudformation", "describe-stack-resources", "--stack-name", STACK]);
    let resources = found["StackResources"].as_array().unwrap();
    let found = aws(stack, &["lambda", "list-functions"]);
    let configurations = found["Functions"].as_array().unwrap();
    let mut gates = BTreeMap::new();
    for function in functions {
        let resource = resources.iter().find(|found| found["LogicalResourceId"] == *function);
        let name = &resource.unwrap()["PhysicalResourceId"];
        let deployed = configurations.iter().find(|found| found["FunctionName"] == *name).unwrap();
        let gate = Gate::before(stack.port()).await;
        lead(stack, deployed, gate.port);
        gates.insert(*function, gate);
    }
    gates
}

/// Leads the S3 client of a function to another port.
fn lead(stack: &Stack, deployed: &Value, port: u16) {
    let mut environment = deployed["Environment"].clone();
    environment["Variables"][ENDPOINT] = format!("http://127.0.0.1:{port}").into();
    let (name, environment) = (deployed["FunctionName"].as_str().unwrap(), environment.to_string());
    let update = ["lambda", "update-function-configuration", "--function-name", name];
    aws(stack, &[&update[..], &["--environment", &environment]].concat());
}

/// Kills all processes of a function, and waits until they are dead.
#[track_caller]
pub(crate) fn kill(function: &str) {
    let processes = processes_of(function);
    for process in processes.keys() {
        send("KILL", *process);
    }
    until_gone(&processes);
}

/// The emulator runs a copy of the function's binary. No two of them are of the same length.
fn processes_of(function: &str) -> BTreeMap<u32, String> {
    let binaries = Path::new(env!("CARGO_BIN_EXE_sluice"));
    let binary = binaries.with_file_name(function.to_lowercase());
    let byte_len = |path: &Path| path.metadata().ok().map(|metadata| metadata.len());
    let mut processes = descendants(std::process::id());
    processes.retain(|_, line| {
        let copy = Path::new(line.trim());
        copy.ends_with("bootstrap") && byte_len(copy) == byte_len(&binary)
    });
    processes
}
