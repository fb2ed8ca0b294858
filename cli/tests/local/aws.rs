//! The AWS CLI, for what no other client here can do.

use std::process::Command;

use cli::local::environment::Environment;
use cli::local::stack::Stack;
use serde_json::Value;

/// What the AWS CLI answers.
#[track_caller]
pub(crate) fn aws(stack: &Stack, arguments: &[&str]) -> Value {
    let mut command = Command::new(stack.programs().join("aws"));
    command.args(arguments).args(["--output", "json", "--endpoint-url", &stack.endpoint()]);
    command.env_clear().envs(Environment::closed(stack.port()).variables());
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap_or_default()
}
