//! What the state machine does with each error, by its name: `docs/errors.md`.
//!
//! One set of names: those of the steps, of the state machine and of the page.

#![allow(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a helper of tests may fail like a test"
)]

#[path = "errors/catalogue.rs"]
mod catalogue;
#[path = "errors/function.rs"]
mod function;
#[path = "errors/page.rs"]
mod page;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::Path;

use cli::machine::rule;
use serde_json::Value;

use catalogue::{UNREADABLE, errors, panic_name};

const DEFINITION: &str = include_str!("../../statemachine.asl.json");

/// Tasks and maps by name, those of children included.
fn workers() -> BTreeMap<String, Value> {
    let mut filled = DEFINITION.to_owned();
    while let Some(at) = filled.find("${") {
        let len = filled[at..].find('}').unwrap();
        filled.replace_range(at..=at + len, "1");
    }
    let mut machines: Vec<Value> = vec![serde_json::from_str(&filled).unwrap()];
    let mut found = BTreeMap::new();
    while let Some(machine) = machines.pop() {
        for (name, state) in machine["States"].as_object().unwrap() {
            machines.extend(state.get("ItemProcessor").cloned());
            if ["Task", "Map"].iter().any(|kind| state["Type"] == *kind) {
                found.insert(name.clone(), state.clone());
            }
        }
    }
    found
}

/// What a state does with an error.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Road {
    /// How often it tries again.
    retries: u64,
    /// Where it goes then; it fails where there is nothing.
    next: Option<String>,
}

impl Road {
    fn of(state: &Value, error: &str) -> Self {
        let retries = rule(state, "Retry", error).map_or(0, |rule| {
            // Three, where a rule does not say.
            rule["MaxAttempts"].as_u64().unwrap_or(3)
        });
        let next = rule(state, "Catch", error).and_then(|rule| rule["Next"].as_str());
        Road { retries, next: next.map(str::to_owned) }
    }
}

impl fmt::Display for Road {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.next, self.retries) {
            (None, 0) => f.write_str("fails"),
            (None, retries) => write!(f, "{retries} times"),
            (Some(next), 0) => write!(f, "`{next}`"),
            (Some(next), retries) => write!(f, "{retries} times, then `{next}`"),
        }
    }
}

#[track_caller]
fn check(error: &str, states: &[&str], retries: u64, next: Option<&str>) {
    let workers = workers();
    for name in states {
        let expected = Road { retries, next: next.map(str::to_owned) };
        assert_eq!(Road::of(&workers[*name], error), expected, "{name} {error}");
    }
}

const REFUSING: [&str; 5] = ["Divide", "Validate", "Claim", "Aggregate", "Publish"];
const COMMITTING: [&str; 2] = ["Claim", "Publish"];
const OTHERS: [&str; 5] = ["SurveyRange", "Parse", "Enrich", "Quarantine", "Refuse"];
const MAPS: [&str; 2] = ["Survey", "Process"];
const ANNOUNCING: [&str; 2] = ["Announce", "Tell"];

#[test]
fn every_state_that_works_is_looked_at() {
    let named = [&REFUSING[..], &OTHERS, &MAPS, &ANNOUNCING].concat();
    let named: BTreeSet<String> = named.into_iter().map(str::to_owned).collect();
    assert_eq!(workers().into_keys().collect::<BTreeSet<_>>(), named);
}

#[test]
fn bad_files_are_quarantined_at_once() {
    for error in ["FileRefused", "ContractRefused"] {
        check(error, &REFUSING, 0, Some("Refuse"));
        check(error, &OTHERS, 0, None);
    }
}

#[test]
fn what_passes_is_waited_out() {
    for error in [
        "StoreUnavailable",
        "Lambda.ServiceException",
        "Lambda.AWSLambdaException",
        "Lambda.SdkClientException",
        "Lambda.ClientExecutionTimeoutException",
        "Lambda.TooManyRequestsException",
    ] {
        check(error, &REFUSING, 8, None);
        check(error, &OTHERS, 8, None);
    }
    check("CommitConflict", &COMMITTING, 8, None);
    check("States.ItemReaderFailed", &MAPS, 5, None);
    for error in ["EventBridge.FailedEntry", "SNS.InternalErrorException", "States.Timeout"] {
        check(error, &ANNOUNCING, 8, None);
    }
}

/// A worker that is lost, whatever the reason, is replaced twice; a bug shows itself again.
#[test]
fn lost_workers_and_panics_are_tried_twice_more() {
    for error in [
        "Lambda.Unknown",
        "Runtime.ExitError",
        "Sandbox.Timedout",
        "States.Timeout",
        panic_name(),
        UNREADABLE,
    ] {
        check(error, &REFUSING, 2, None);
        check(error, &OTHERS, 2, None);
    }
}

/// What the Lambda runtime says of them, in the very version that the functions have.
#[test]
fn a_panic_and_an_unreadable_payload_have_these_names() {
    let this = "a_panic_and_an_unreadable_payload_have_these_names";
    let found = function::error_types(this, &[r#""oh""#, "{}", "no JSON"]);
    assert_eq!(found, [panic_name(), UNREADABLE, UNREADABLE]);
}

#[test]
fn what_cannot_change_is_not_tried_again() {
    for error in ["BooksUnbalanced", "WorkUnreadable", "States.DataLimitExceeded", "States.Runtime"]
    {
        check(error, &REFUSING, 0, None);
        check(error, &OTHERS, 0, None);
    }
    check("FileClaimed", &COMMITTING, 0, None);
    check("States.ExceedToleratedFailureThreshold", &MAPS, 0, None);
}

#[test]
fn the_state_machine_names_no_error_that_the_page_does_not() {
    let workers = workers();
    let rules = workers.values().flat_map(|state| {
        ["Retry", "Catch"].into_iter().filter_map(|kind| state[kind].as_array()).flatten()
    });
    let named = rules.flat_map(|rule| rule["ErrorEquals"].as_array().unwrap());
    let named: BTreeSet<&str> = named.map(|name| name.as_str().unwrap()).collect();
    let known: BTreeSet<&str> = errors().iter().map(|(name, ..)| *name).collect();
    let unknown: Vec<_> = named.difference(&known).collect();
    assert_eq!(unknown, [&"States.ALL"]);
    assert_eq!(known.len(), errors().len(), "no name is there twice");
}

/// `UPDATE_DOCS=1 cargo test -p cli --test errors` writes it anew.
#[test]
fn the_page_is_what_the_state_machine_does() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/errors.md");
    let page = page::page();
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(&path, &page).unwrap();
    }
    assert_eq!(std::fs::read_to_string(&path).unwrap_or_default(), page);
}
