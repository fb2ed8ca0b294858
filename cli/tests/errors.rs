//! What the state machine does with each error, by its name: `docs/errors.md`.
//!
//! One set of names: those of the steps, of the state machine and of the page.

#![allow(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a helper of tests may fail like a test"
)]

use std::any::{Any, type_name};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::Path;

use cli::machine::rule;
use serde_json::Value;
use shared::error_name::ErrorName;

const DEFINITION: &str = include_str!("../../statemachine.asl.json");

/// The name under which the Lambda runtime reports a panic: the type of what it caught.
fn panic_name() -> &'static str {
    type_name::<&Box<dyn Any + Send>>()
}

const UNREADABLE: &str = "lambda_runtime::deserializer::DeserializeError";

fn when(name: ErrorName) -> &'static str {
    match name {
        ErrorName::FileRefused => "The file cannot be loaded, whoever tries and however often",
        ErrorName::ContractRefused => {
            "The dataset has no contract, or one that contradicts itself or its reference tables"
        }
        ErrorName::StoreUnavailable => "S3 did not answer, or with a fault of its own",
        ErrorName::CommitConflict => "Other files of the dataset were quicker, twenty times",
        ErrorName::BooksUnbalanced => "Rows were lost or made up on the way: a bug",
        ErrorName::WorkUnreadable => {
            "What an earlier step wrote is gone or damaged: a bug, or a lifecycle rule"
        }
    }
}

/// What an error comes of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Origin {
    /// A call of a function.
    Function,
    /// A map, from its reader or its children.
    Map,
    /// An announcement.
    Announcement,
    /// Whatever Step Functions does.
    Any,
}

impl Origin {
    fn may_be(self, state: &Value) -> bool {
        let does = |service| state["Resource"].as_str().is_some_and(|name| name.ends_with(service));
        match self {
            Origin::Function => does(":lambda:invoke"),
            Origin::Map => state["Type"] == "Map",
            Origin::Announcement => does(":events:putEvents") || does(":sns:publish"),
            Origin::Any => true,
        }
    }
}

type Error = (&'static str, Origin, &'static str);

/// Errors that AWS and the Lambda runtime name, as they come.
fn from_elsewhere() -> Vec<Error> {
    let of = |origin: Origin| move |(name, when)| (name, origin, when);
    let functions = [
        ("Lambda.ServiceException", "Lambda has a fault"),
        ("Lambda.AWSLambdaException", "The same"),
        ("Lambda.SdkClientException", "Lambda was not reached"),
        ("Lambda.ClientExecutionTimeoutException", "Lambda did not answer in time"),
        ("Lambda.TooManyRequestsException", "The account has no more concurrent functions"),
        ("Lambda.Unknown", "A function ended without an answer: its memory or its time"),
        ("Runtime.ExitError", "The process of a function ended: most often, its memory"),
        ("Sandbox.Timedout", "A function took longer than its `Timeout`"),
        (panic_name(), "A panic: a bug"),
        (UNREADABLE, "A function cannot read its payload: a bug, or an input by hand"),
    ];
    let maps = [
        ("States.ItemReaderFailed", "The plan of a map cannot be read"),
        ("States.ExceedToleratedFailureThreshold", "A chunk failed, with an error of its own"),
    ];
    let services = [("EventBridge.FailedEntry", "EventBridge did not take an event")];
    let all = [
        ("States.Timeout", "A task took longer than its `TimeoutSeconds`"),
        ("States.DataLimitExceeded", "A message of more than 256 KiB: a bug"),
        ("States.Runtime", "A path of the definition leads nowhere: a bug, or an input by hand"),
    ];
    functions
        .map(of(Origin::Function))
        .into_iter()
        .chain(maps.map(of(Origin::Map)))
        .chain(services.map(of(Origin::Announcement)))
        .chain(all.map(of(Origin::Any)))
        .collect()
}

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

const REFUSING: [&str; 4] = ["Divide", "Validate", "Aggregate", "Publish"];
const OTHERS: [&str; 5] = ["SurveyRange", "Parse", "Enrich", "Quarantine", "Refuse"];
const MAPS: [&str; 2] = ["Survey", "Process"];
const ANNOUNCING: [&str; 4] =
    ["AnnouncePublished", "TellPublished", "AnnounceQuarantined", "TellQuarantined"];

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
    check("CommitConflict", &["Publish"], 8, None);
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

#[test]
fn what_cannot_change_is_not_tried_again() {
    for error in ["BooksUnbalanced", "WorkUnreadable", "States.DataLimitExceeded", "States.Runtime"]
    {
        check(error, &REFUSING, 0, None);
        check(error, &OTHERS, 0, None);
    }
    check("States.ExceedToleratedFailureThreshold", &MAPS, 0, None);
}

/// All errors, ours first.
fn errors() -> Vec<Error> {
    let ours = ErrorName::ALL.iter().map(|&name| (name.as_str(), Origin::Function, when(name)));
    ours.chain(from_elsewhere()).collect()
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
    let page = page();
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(&path, &page).unwrap();
    }
    assert_eq!(std::fs::read_to_string(&path).unwrap_or_default(), page);
}

const INTRO: &str = "# Errors

What the state machine does with each error, made from `statemachine.asl.json` by `cli/tests/errors.rs`. A number of
times says how often it tries again, with backoff and jitter, before it fails. What fails stays where it failed, and Redrive
resumes there. `Refuse` quarantines the file.

";

fn page() -> String {
    let columns = columns();
    let mut page = INTRO.to_owned();
    for (letter, states) in ('A'..).zip(&columns) {
        let names: Vec<_> = states.iter().map(|(name, _)| format!("`{name}`")).collect();
        page += &format!("- {letter}: {}\n", names.join(", "));
    }
    let letters: String = ('A'..).zip(&columns).map(|(letter, _)| format!(" {letter} |")).collect();
    page += &format!("\n| Error | When |{letters}\n|---|---|{}\n", "---|".repeat(columns.len()));
    for (error, origin, when) in errors() {
        let roads = columns.iter().map(|states| cell(&states[0].1, error, origin));
        page += &format!("| `{error}` | {when} |{}\n", roads.collect::<String>());
    }
    page
}

fn cell(state: &Value, error: &str, origin: Origin) -> String {
    if origin.may_be(state) { format!(" {} |", Road::of(state, error)) } else { " |".to_owned() }
}

/// States that do the same with every error, together.
fn columns() -> Vec<Vec<(String, Value)>> {
    let mut columns: BTreeMap<Vec<String>, Vec<(String, Value)>> = BTreeMap::new();
    for (name, state) in workers() {
        let cell = |(error, origin, _): Error| cell(&state, error, origin);
        let roads = errors().into_iter().map(cell).collect();
        columns.entry(roads).or_default().push((name, state));
    }
    let mut columns: Vec<_> = columns.into_values().collect();
    columns.sort_by(|one, two| one[0].0.cmp(&two[0].0));
    columns
}
