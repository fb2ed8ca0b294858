//! What the definition of the state machine must hold, beyond what AWS checks.

#![allow(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a helper of tests may fail like a test"
)]

use std::collections::BTreeSet;

use serde_json::{Map, Value};
use shared::error_name::ErrorName;

const DEFINITION: &str = include_str!("../../statemachine.asl.json");
const TEMPLATE: &str = include_str!("../../template.yaml");

/// The definition with every placeholder filled by a number, which stands as well in a text.
fn definition() -> Value {
    let mut filled = DEFINITION.to_owned();
    for name in placeholders() {
        filled = filled.replace(&format!("${{{name}}}"), "1");
    }
    serde_json::from_str(&filled).unwrap()
}

fn placeholders() -> BTreeSet<&'static str> {
    DEFINITION.split("${").skip(1).map(|rest| rest.split('}').next().unwrap()).collect()
}

/// All states, those of the map's children included, by name.
fn states() -> Map<String, Value> {
    let mut found = Map::new();
    let mut machines = vec![definition()];
    while let Some(machine) = machines.pop() {
        for (name, state) in machine["States"].as_object().unwrap() {
            machines.extend(state.get("ItemProcessor").cloned());
            assert!(found.insert(name.clone(), state.clone()).is_none(), "{name} is there twice");
        }
    }
    found
}

/// The tasks that are done by these services.
fn tasks(services: &[&str]) -> Vec<(String, Value)> {
    let is_of = |state: &Value| {
        let (_, service) = state["Resource"].as_str()?.split_once(":states:::")?;
        services.contains(&service).then_some(())
    };
    states().into_iter().filter(|(_, state)| is_of(state).is_some()).collect()
}

/// The lists of error names in the retriers and catchers of a state.
fn error_lists(state: &Value) -> Vec<Vec<Vec<String>>> {
    let rules = ["Retry", "Catch"].iter().filter_map(|kind| state.get(kind)?.as_array());
    let names = |rule: &Value| serde_json::from_value(rule["ErrorEquals"].clone()).unwrap();
    rules.map(|rules| rules.iter().map(names).collect()).collect()
}

#[test]
fn the_template_fills_exactly_the_placeholders() {
    let block = TEMPLATE.split("DefinitionSubstitutions:\n").nth(1).unwrap();
    let indent = block.len() - block.trim_start().len();
    let filled: BTreeSet<&str> = block
        .lines()
        .take_while(|line| line.len() - line.trim_start().len() == indent)
        .map(|line| line.trim().split(':').next().unwrap())
        .collect();
    assert_eq!(filled, placeholders());
}

#[test]
fn the_error_names_are_those_of_the_steps() {
    let states = states();
    let lists = states.values().flat_map(error_lists);
    let named: BTreeSet<String> =
        lists.flatten().flatten().filter(|name| !name.contains('.')).collect();
    let known: BTreeSet<String> = ErrorName::ALL.iter().map(ToString::to_string).collect();
    assert_eq!(named, known);
}

#[test]
fn states_all_stands_alone_and_last() {
    for (state, rules) in states()
        .iter()
        .flat_map(|(name, state)| error_lists(state).into_iter().map(move |rules| (name, rules)))
    {
        for (at, names) in rules.iter().enumerate() {
            if names.iter().any(|name| name == "States.ALL") {
                assert_eq!((names.len(), at), (1, rules.len() - 1), "{state}");
            }
        }
    }
}

#[test]
fn bad_data_is_never_retried_and_bugs_are_never_caught() {
    for (name, task) in tasks(&["lambda:invoke"]) {
        let first = &task["Retry"][0];
        assert_eq!(first["MaxAttempts"], 0, "{name}");
        for error in ["FileRefused", "ContractRefused", "BooksUnbalanced", "WorkUnreadable"] {
            assert!(first["ErrorEquals"].as_array().unwrap().contains(&error.into()), "{name}");
        }
        for catcher in task.get("Catch").and_then(Value::as_array).into_iter().flatten() {
            let expected = serde_json::json!(["FileRefused", "ContractRefused"]);
            assert_eq!(catcher["ErrorEquals"], expected, "{name}");
        }
    }
}

/// The retriers of a state that match an error by its name.
fn retriers<'a>(state: &'a Value, error: &str) -> Vec<&'a Value> {
    let all = state["Retry"].as_array().unwrap().iter();
    all.filter(|rule| rule["ErrorEquals"].as_array().unwrap().contains(&error.into())).collect()
}

#[test]
fn each_task_waits_out_what_passes_and_quarantines_what_it_can_refuse() {
    for (name, task) in tasks(&["lambda:invoke"]) {
        let mut passing = vec!["StoreUnavailable", "Lambda.TooManyRequestsException", "States.ALL"];
        passing.extend(["Claim", "Publish"].contains(&&*name).then_some("CommitConflict"));
        for error in passing {
            let found = retriers(&task, error);
            assert_eq!(found.len(), 1, "{name} {error}");
            assert!(found[0]["MaxAttempts"].as_u64() > Some(0), "{name} {error}");
            assert_eq!(found[0]["JitterStrategy"], "FULL", "{name} {error}");
        }
        let refuses =
            ["Divide", "Validate", "Claim", "Aggregate", "Publish"].contains(&name.as_str());
        assert_eq!(task.get("Catch").is_some(), refuses, "{name}");
    }
}

/// Whatever keeps an announcement from being sent, it is sent later, or the execution fails there.
#[test]
fn an_announcement_is_sent_again_and_never_given_up_in_silence() {
    let announcements = tasks(&["events:putEvents", "sns:publish"]);
    for (name, task) in &announcements {
        let rules = task["Retry"].as_array().unwrap();
        assert_eq!(rules.len(), 1, "{name}");
        assert_eq!(retriers(task, "States.ALL").len(), 1, "{name}");
        assert!(rules[0]["MaxAttempts"].as_u64() >= Some(5), "{name}");
        assert_eq!(rules[0]["JitterStrategy"], "FULL", "{name}");
        assert!(task.get("Catch").is_none(), "{name}");
        assert_eq!(task["ResultPath"], Value::Null, "{name}");
    }
    let all = tasks(&["events:putEvents", "sns:publish", "lambda:invoke"]).len();
    let kinds = states().into_iter().filter(|(_, state)| state["Type"] == "Task").count();
    assert_eq!(all, kinds, "a task of a service that nobody looks at");
}

/// Where the rules of a choice lead, by the text that they ask for.
fn rules(choice: &Value) -> Vec<(&str, &str)> {
    let rules = choice["Choices"].as_array().unwrap().iter();
    rules.map(|r| (r["StringEquals"].as_str().unwrap(), r["Next"].as_str().unwrap())).collect()
}

/// Each way from a task that settles a file to an end tells programs once, then people once.
#[test]
fn a_settled_file_is_announced_once_before_it_ends() {
    let states = states();
    for settled in ["Publish", "Quarantine", "Refuse"] {
        assert_eq!(states[settled]["Next"], "Announce");
    }
    let claimed = [("claimed", "Process"), ("duplicate", "Announce")];
    assert_eq!(rules(&states["Claimed"]), claimed);
    assert_eq!(states["Announce"]["Next"], "Tell");
    assert_eq!(states["Tell"]["Next"], "Outcome");
    let ends =
        [("published", "Published"), ("duplicate", "Duplicate"), ("quarantined", "Quarantined")];
    assert_eq!(rules(&states["Outcome"]), ends);
    let is_end =
        |name: &&str| ["Succeed", "Fail"].iter().any(|kind| states[*name]["Type"] == *kind);
    let others = states.iter().filter(|(name, _)| *name != "Outcome");
    let leads = others.flat_map(|(_, state)| {
        let rules = state["Choices"].as_array().into_iter().flatten().chain([state]);
        rules.flat_map(|rule| [rule["Next"].as_str(), rule["Default"].as_str()]).flatten()
    });
    assert_eq!(leads.filter(is_end).count(), 0, "no other way leads to an end");
}

/// No function may send anything, and the state machine nothing but its own.
#[test]
fn the_state_machine_alone_announces() {
    let (functions, machine) = TEMPLATE.split_once("\n  StateMachine:\n").unwrap();
    assert!(!functions.contains("sns:") && !functions.contains("events:"));
    assert!(machine.contains("Condition: { StringEquals: { events:source: sluice } }"));
    for (name, task) in tasks(&["events:putEvents"]) {
        let entries = task["Parameters"]["Entries"].as_array().unwrap();
        assert_eq!(entries.len(), 1, "{name}");
        assert_eq!(entries[0]["Source"], "sluice", "{name}");
    }
}

/// What the state machine catches, it announces; the rule speaks of all other failures.
#[test]
fn the_rule_of_failures_passes_over_what_is_caught() {
    let excepted = TEMPLATE.split("anything-but: [").nth(1).unwrap().split(']').next().unwrap();
    let excepted: BTreeSet<&str> = excepted.split(", ").collect();
    let states = states();
    let catchers = states.values().filter_map(|state| state["Catch"].as_array()).flatten();
    let caught: BTreeSet<&str> = catchers
        .flat_map(|catcher| catcher["ErrorEquals"].as_array().unwrap())
        .map(|name| name.as_str().unwrap())
        .collect();
    assert_eq!(excepted, caught);
}

#[test]
fn every_task_has_a_time_limit_and_every_state_a_reason() {
    assert!(definition()["TimeoutSeconds"].is_u64());
    for (name, state) in states() {
        assert!(state["Comment"].as_str().is_some_and(|text| !text.is_empty()), "{name}");
        if state["Type"] == "Task" {
            assert!(state["TimeoutSeconds"].as_u64() < definition()["TimeoutSeconds"].as_u64());
            assert!(state["TimeoutSeconds"].as_u64() > Some(0), "{name}");
            // A function that is called cannot send any, so that a limit for them would end it.
            assert!(state.get("HeartbeatSeconds").is_none(), "{name}");
        }
    }
}
