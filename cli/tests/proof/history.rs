//! What the history of an execution tells.

use cli::local::stack::Stack;
use serde_json::{Value, json};

use super::bench::said;

/// The way of an execution; not that of the children of its maps, of whom nothing is told.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Way {
    /// States, as they were entered.
    pub(crate) states: Vec<String>,
    /// Errors of tasks, those too after which they were run again.
    pub(crate) errors: Vec<String>,
}

impl Way {
    /// The way of an execution on the emulator.
    pub(crate) async fn of(stack: &Stack, execution: &str) -> Self {
        let machine = &stack.outputs().state_machine_arn;
        let arn = format!("{}:{execution}", machine.replace(":stateMachine:", ":execution:"));
        let request = json!({ "executionArn": arn });
        Way::told(&said(stack.ask("AWSStepFunctions.GetExecutionHistory", &request).await))
    }

    /// The way that an answer to `GetExecutionHistory` tells of.
    pub(crate) fn told(history: &Value) -> Self {
        let all = |pointer: &str| {
            let events = history["events"].as_array().unwrap().iter();
            let found = events.filter_map(|event| event.pointer(pointer)?.as_str());
            found.map(str::to_owned).collect()
        };
        Way {
            states: all("/stateEnteredEventDetails/name"),
            errors: all("/taskFailedEventDetails/error"),
        }
    }
}
