use std::sync::atomic::{AtomicU32, Ordering};

use super::*;

const DEFINITION: &str = r#"{
  "StartAt": "First",
  "States": {
    "First": {
      "Type": "Task", "Resource": "arn:aws:states:::lambda:invoke",
      "Parameters": {
        "FunctionName": "${Work}",
        "Payload": { "name.$": "$$.Execution.Name", "all.$": "$", "fixed": { "n": 1 } }
      },
      "ResultSelector": { "plan.$": "$.Payload.plan" },
      "ResultPath": "$.first",
      "Retry": [{ "ErrorEquals": ["Busy"], "MaxAttempts": 2 }],
      "Catch": [{ "ErrorEquals": ["Refused"], "ResultPath": "$.error", "Next": "Stopped" }],
      "Next": "Each"
    },
    "Each": {
      "Type": "Map",
      "ItemReader": { "Parameters": { "Bucket": "b", "Key.$": "$.first.plan" } },
      "ItemSelector": { "item.$": "$$.Map.Item.Value" },
      "ItemProcessor": {
        "StartAt": "Child",
        "States": {
          "Child": {
            "Type": "Task", "Resource": "arn:aws:states:::lambda:invoke",
            "Parameters": { "FunctionName": "child", "Payload.$": "$" },
            "OutputPath": null, "End": true
          }
        }
      },
      "ResultPath": "$.children",
      "Retry": [{ "ErrorEquals": ["States.ItemReaderFailed"], "MaxAttempts": 1 }],
      "Next": "Way"
    },
    "Way": {
      "Type": "Choice",
      "Choices": [
        { "Variable": "$.way", "StringEquals": "on", "Next": "Done" },
        { "Variable": "$.way", "StringEquals": "told", "Next": "Tell" },
        { "Variable": "$.way", "NumericGreaterThan": 41, "Next": "Done" }
      ]
    },
    "Done": { "Type": "Succeed" },
    "Tell": {
      "Type": "Task", "Resource": "arn:aws:states:::events:putEvents",
      "Parameters": { "Entries": [{ "Detail.$": "$.first", "Source": "s" }, "as it is"] },
      "ResultPath": null, "Next": "Write"
    },
    "Write": {
      "Type": "Task", "Resource": "arn:aws:states:::sns:publish",
      "Parameters": { "Message.$": "$$.Execution.Name" },
      "Next": "Done"
    },
    "Stopped": { "Type": "Fail", "ErrorPath": "$.error.Error", "CausePath": "$.error.Cause" }
  }
}"#;

/// Steps that fail for being busy that many times, and may be run again or not.
#[derive(Default)]
struct Fakes {
    busy: AtomicU32,
    is_patient: bool,
}

impl Tasks for Fakes {
    async fn invoke(&self, function: String, payload: Value) -> Result<Value, Fault> {
        let way = payload.pointer("/all/way").and_then(Value::as_str);
        match (function.as_str(), way) {
            ("work", Some("refused")) => Err(fault("Refused", "not good")),
            ("work", Some("broken")) => Err(fault("Broken", "a bug")),
            ("work", Some("busy")) if self.is_busy() => Err(fault("Busy", "not now")),
            ("work", _) => {
                assert_eq!(payload["name"], "run-1");
                assert_eq!(payload["fixed"], json!({ "n": 1 }));
                Ok(json!({ "plan": payload["all"]["plan"], "more": true }))
            }
            _ if payload["item"] == "bad" => Err(fault("WorkUnreadable", "gone")),
            _ => Ok(json!({ "large": "result" })),
        }
    }

    async fn announce(&self, service: Service, request: Value) -> Result<Value, Fault> {
        let expected = match service {
            Service::Events => json!({
                "Entries": [{ "Detail": { "plan": "a" }, "Source": "s" }, "as it is"]
            }),
            Service::Messages => json!({ "Message": "run-1" }),
        };
        assert_eq!(request, expected);
        Ok(json!({ "sent": request }))
    }

    async fn items(&self, key: String) -> Result<Vec<Value>, Fault> {
        if key == "busy" && self.is_busy() {
            return Err(fault("StoreUnavailable", "not now"));
        }
        Ok(key.split(',').map(Value::from).collect())
    }

    fn now(&self) -> String {
        "2026-11-21T08:00:00.000Z".to_owned()
    }

    fn may_retry(&self, fault: &Fault) -> bool {
        assert!(["Busy", "States.ItemReaderFailed"].contains(&fault.name.as_str()), "{fault}");
        self.is_patient
    }
}

impl Fakes {
    fn is_busy(&self) -> bool {
        let left = |left: u32| left.checked_sub(1);
        self.busy.fetch_update(Ordering::Relaxed, Ordering::Relaxed, left).is_ok()
    }
}

fn fault(name: &str, message: &str) -> Fault {
    Fault { name: name.to_owned(), message: message.to_owned() }
}

async fn run(plan: &str, way: impl Into<Value>) -> Result<Ended, Fault> {
    let machine = Machine::new(DEFINITION, &[("Work", "work")], Fakes::default(), 2).unwrap();
    Arc::new(machine).run("run-1", json!({ "plan": plan, "way": way.into() })).await
}

#[tokio::test]
async fn a_choice_compares_by_the_type_of_its_rule() {
    assert!(matches!(run("a", 42).await, Ok(Ended::Succeeded(_))));
    assert!(matches!(run("a", u64::MAX).await, Ok(Ended::Succeeded(_))));
    for way in [json!(41), json!(-42), json!("42"), json!(null), json!("off")] {
        assert_eq!(
            run("a", way.clone()).await.unwrap_err().name,
            "States.NoChoiceMatched",
            "{way}"
        );
    }
    let definition = DEFINITION.replace("NumericGreaterThan", "NumericLessThan");
    let machine = Machine::new(&definition, &[("Work", "work")], Fakes::default(), 2).unwrap();
    let ended = Arc::new(machine).run("run-1", json!({ "plan": "a", "way": "off" })).await;
    assert_eq!(ended.unwrap_err().name, "States.Runtime");
}

#[tokio::test]
async fn the_output_of_each_state_is_shaped_as_it_says() {
    let expected = json!({
        "plan": "a,b,c", "way": "on", "first": { "plan": "a,b,c" }, "children": [{}, {}, {}]
    });
    assert_eq!(run("a,b,c", "on").await, Ok(Ended::Succeeded(expected)));
}

#[tokio::test]
async fn what_is_announced_is_filled_in_lists_too() {
    let expected = json!({ "sent": { "Message": "run-1" } });
    assert_eq!(run("a", "told").await, Ok(Ended::Succeeded(expected)));
}

#[tokio::test]
async fn faults_take_their_declared_road() {
    assert_eq!(run("a", "refused").await, Ok(Ended::Failed(fault("Refused", "not good"))));
    assert_eq!(run("a", "broken").await, Err(fault("Broken", "a bug")));
    let child = run("a,bad", "on").await.unwrap_err();
    assert_eq!(child.name, "States.ExceedToleratedFailureThreshold");
    assert_eq!(run("a", "off").await.unwrap_err().name, "States.NoChoiceMatched");
}

/// How an execution ends that finds something busy so many times.
async fn retried(plan: &str, way: &str, busy: u32, is_patient: bool) -> Result<Ended, String> {
    let tasks = Fakes { busy: busy.into(), is_patient };
    let definition = DEFINITION.replace("\"on\"", "\"busy\"");
    let machine = Machine::new(&definition, &[("Work", "work")], tasks, 2).unwrap();
    let ended = Arc::new(machine).run("run-1", json!({ "plan": plan, "way": way })).await;
    ended.map_err(|fault| fault.name)
}

#[tokio::test]
async fn what_passes_is_retried_as_often_as_the_state_says() {
    for busy in 0..=2 {
        assert!(matches!(retried("a", "busy", busy, true).await, Ok(Ended::Succeeded(_))));
    }
    assert_eq!(retried("a", "busy", 3, true).await, Err("Busy".to_owned()));
    assert_eq!(retried("a", "busy", 1, false).await, Err("Busy".to_owned()));
    let unread = Err("States.ItemReaderFailed".to_owned());
    assert!(matches!(retried("busy", "busy", 0, true).await, Ok(Ended::Succeeded(_))));
    assert_eq!(retried("busy", "busy", 5, true).await, Err("Busy".to_owned()));
    assert_eq!(retried("busy", "ready", 2, true).await, unread);
    assert_eq!(retried("busy", "ready", 1, false).await, unread);
}

#[tokio::test]
async fn what_is_not_supported_is_an_error() {
    for (from, to) in [
        ("\"$.first\"", "\"$.first[0]\""),
        ("\"Succeed\"", "\"Wait\""),
        ("lambda:invoke", "sqs:sendMessage"),
    ] {
        let definition = DEFINITION.replace(from, to);
        let machine = Machine::new(&definition, &[("Work", "work")], Fakes::default(), 2).unwrap();
        let ended = Arc::new(machine).run("run-1", json!({ "plan": "a", "way": "on" })).await;
        assert_eq!(ended.unwrap_err().name, "States.Runtime", "{to}");
    }
}
