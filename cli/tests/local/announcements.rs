//! Each file that has ended is told of once, to programs and to people.

use std::time::{Duration, Instant};

use cli::local::stack::Stack;
use serde_json::{Value, json};
use shared::announcement::{Announcement, Ending};
use shared::error_name::ErrorName;
use shared::report::Report;

use super::bench::with_stack;
use super::inbox::inbox;

const LIMIT: Duration = Duration::from_mins(2);

/// Holds what was told of a file against its report.
#[track_caller]
pub(crate) fn check(report: &Report) {
    let (events, messages) =
        with_stack(async |stack| inbox().about(stack, &report.execution).await);
    let expected = Announcement::of(report);
    let [event] = events.as_slice() else { panic!("{events:?}") };
    assert_eq!(event["source"], "sluice");
    assert_eq!(event["detail-type"], expected.detail_type);
    assert_eq!(event["detail"], json!(expected.detail));
    let [message] = messages.as_slice() else { panic!("{messages:?}") };
    assert_eq!(message["Subject"], expected.subject);
    assert_eq!(message["Message"], expected.text);
    let has_rejects = report.outputs.rejects.is_some() && report.outputs.table.is_some();
    assert_eq!(expected.detail.outcome == Ending::PublishedWithRejects, has_rejects);
}

/// No function can read this, and none will: tried again, then left where it failed, then told to people.
#[test]
fn an_execution_that_fails_is_told_of_by_a_rule() {
    with_stack(async |stack| {
        let name = "what-no-function-can-read";
        let machine = &stack.outputs().state_machine_arn;
        let request =
            json!({ "stateMachineArn": machine, "name": name, "input": r#"{"byteLen": 1}"# });
        let started = stack.ask("AWSStepFunctions.StartExecution", &request).await.unwrap();
        let execution = &started["executionArn"];
        let (events, messages) = until_told(stack, name).await;
        assert!(events.is_empty(), "an event of ours is about a file that was settled: {events:?}");
        let [message] = messages.as_slice() else { panic!("{messages:?}") };
        let text = message["Message"].as_str().unwrap();
        assert!(
            text.contains(&format!("The execution {} is FAILED (", execution.as_str().unwrap()))
        );
        assert!(text.contains("DeserializeError"), "{text}");

        let request = json!({ "executionArn": execution });
        let history = stack.ask("AWSStepFunctions.GetExecutionHistory", &request).await.unwrap();
        let events = history["events"].as_array().unwrap().iter();
        let entered = events.filter_map(|event| event["stateEnteredEventDetails"]["name"].as_str());
        assert_eq!(entered.collect::<Vec<_>>(), ["Size", "Validate"]);
    });
}

async fn until_told(stack: &Stack, execution: &str) -> (Vec<Value>, Vec<Value>) {
    let deadline = Instant::now() + LIMIT;
    loop {
        let (events, messages) = inbox().about(stack, execution).await;
        if !messages.is_empty() {
            return (events, messages);
        }
        assert!(Instant::now() < deadline, "nobody was told of {execution}");
        tokio::task::yield_now().await;
    }
}

/// The rule that is deployed speaks of every failure that the state machine has not announced itself.
#[test]
fn a_failure_is_told_of_by_the_rule_or_by_the_state_machine() {
    with_stack(async |stack| {
        let rules = stack.ask("AWSEvents.ListRules", &json!({})).await.unwrap();
        let patterns = rules["Rules"].as_array().unwrap().iter();
        let patterns = patterns.filter_map(|rule| rule["EventPattern"].as_str());
        let mut patterns = patterns.filter(|pattern| pattern.contains("aws.states"));
        let pattern = patterns.next().unwrap();
        let machine = &stack.outputs().state_machine_arn;
        let quarantined = [ErrorName::FileRefused, ErrorName::ContractRefused];
        let mut cases = vec![
            (machine.clone(), "FAILED", Some("States.Timeout"), true),
            (machine.clone(), "FAILED", Some("EventBridge.FailedEntry"), true),
            (machine.clone(), "FAILED", None, true),
            (machine.clone(), "TIMED_OUT", None, true),
            (machine.clone(), "ABORTED", None, true),
            (machine.clone(), "SUCCEEDED", None, false),
            (machine.clone(), "RUNNING", None, false),
            (format!("{machine}/chunk"), "FAILED", Some("StoreUnavailable"), false),
        ];
        cases.extend(ErrorName::ALL.iter().map(|name| {
            (machine.clone(), "FAILED", Some(name.as_str()), !quarantined.contains(name))
        }));
        for (machine, status, error, expected) in cases {
            let mut detail = json!({ "stateMachineArn": machine, "status": status });
            if let Some(error) = error {
                detail["error"] = error.into();
            }
            let event = json!({
                "id": "1", "account": "000000000000", "source": "aws.states", "region": "us-east-1",
                "time": "2026-01-01T00:00:00Z", "resources": [], "detail": detail,
                "detail-type": "Step Functions Execution Status Change",
            });
            let request = json!({ "EventPattern": pattern, "Event": event.to_string() });
            let answer = stack.ask("AWSEvents.TestEventPattern", &request).await.unwrap();
            assert_eq!(answer["Result"], expected, "{event}");
        }
    });
}
