//! Every state of the definition, and every way out of each, is taken by an execution: `docs/coverage.md`.
//!
//! What there is comes from the definition, what is taken from the state machine itself. A state or a rule
//! that no execution here comes to makes this fail.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use cli::machine::{Ended, Machine};
use cli::steps::{DEFINITION, substitutions};
use serde_json::{Map, Value, json};

use super::injector::{Injector, Raise};
use super::matrix::{block_on, expected};
use super::outcome::wrong;
use super::scenario::{self, Scenario};
use super::world::{Again, EXECUTION, run, run_with, world};

const HEAD: &str = "\
# What of the state machine is tried

Made by `UPDATE_DOCS=1 cargo test -p cli --test faults`, which runs all of it: do not edit.

Every state of `statemachine.asl.json`, every way out of each, every retrier and every catcher, and the first execution
in the tests that takes it, with the handlers of the steps. `Retry` and `Catch` count from 0. An error in a cell is one that
the work of the state fails with, once: after a retrier the execution ends as if nothing had failed, with the same bytes.

| State | What | Leads to | Taken by |
|---|---|---|---|
";

/// A part of a state: as the state machine tells it, and where it leads.
type Part = (String, String);

fn definition() -> Value {
    let fill =
        |text: String, (name, value): &(&str, &str)| text.replace(&format!("${{{name}}}"), value);
    let filled = substitutions("1000000000").iter().fold(DEFINITION.to_owned(), fill);
    serde_json::from_str(&filled).unwrap()
}

/// All states, those of the maps' children included, in the order of the definition.
fn states(machine: &Value, found: &mut Vec<(String, Value)>) {
    for (name, state) in machine["States"].as_object().unwrap() {
        found.push((name.clone(), state.clone()));
        if let Some(processor) = state.get("ItemProcessor") {
            states(processor, found);
        }
    }
}

/// All that an execution can take of a state.
fn parts(state: &Value) -> Vec<Part> {
    let next = |rule: &Value| rule["Next"].as_str().map(|next| format!("`{next}`"));
    let mut parts = vec![(String::new(), String::new())];
    match state["Type"].as_str().unwrap() {
        "Choice" => {
            let last = ["Default", "NoChoiceMatched"][usize::from(state.get("Default").is_none())];
            let default =
                state["Default"].as_str().map_or("fails".to_owned(), |to| format!("`{to}`"));
            parts.extend(ruled(state, "Choices", |rule| next(rule).unwrap()));
            parts.push((last.to_owned(), default));
        }
        "Succeed" | "Fail" => {}
        _ => match next(state) {
            Some(next) => parts.push(("Next".to_owned(), next)),
            None => parts.push(("End".to_owned(), "end".to_owned())),
        },
    }
    let attempts =
        |rule: &Value| format!("{} times more", rule["MaxAttempts"].as_u64().unwrap_or(3));
    parts.extend(ruled(state, "Retry", attempts));
    parts.extend(ruled(state, "Catch", |rule| next(rule).unwrap()));
    parts
}

fn ruled(state: &Value, kind: &str, leads: impl Fn(&Value) -> String) -> Vec<Part> {
    let rules = state.get(kind).and_then(Value::as_array).into_iter().flatten();
    rules.enumerate().map(|(at, rule)| (format!("{kind}/{at}"), leads(rule))).collect()
}

/// What has been taken, and by what first.
#[derive(Default)]
struct Taken(BTreeMap<(String, String), String>);

impl Taken {
    fn add(&mut self, taken: Vec<(String, String)>, by: &str) {
        for part in taken {
            self.0.entry(part).or_insert_with(|| by.to_owned());
        }
    }
}

/// An error that meets each rule of a state first, and by which it is known that it did.
fn errors(state: &Value) -> Vec<String> {
    let rules = ["Retry", "Catch"].iter().filter_map(|kind| state.get(kind)?.as_array()).flatten();
    let first = rules.map(|rule| match rule["ErrorEquals"][0].as_str().unwrap() {
        "States.ALL" => "Sandbox.Timedout".to_owned(),
        name => name.to_owned(),
    });
    let mut errors: Vec<String> = first.collect();
    errors.dedup();
    errors
}

/// Makes each state fail with each error that one of its rules names, in the first scenario that comes to it.
fn raise_all(scenarios: &[Scenario], states: &[(String, Value)], taken: &mut Taken) {
    let scenario_of = |state: &str| {
        let entered = taken.0.get(&(state.to_owned(), String::new()))?;
        scenarios.iter().find(|scenario| scenario.title == entered)
    };
    let cases: Vec<_> = states
        .iter()
        .filter_map(|(name, state)| Some((name, scenario_of(name)?, state)))
        .flat_map(|(name, scenario, state)| {
            errors(state).into_iter().map(move |error| (name, scenario, error))
        })
        .collect();
    for (state, scenario, error) in cases {
        let raise = Raise { state: state.clone(), error: error.clone() };
        let run = run_with(&scenario.start, EXECUTION, Injector::raising(raise), Again::Redrive);
        let run = block_on(run);
        let by = format!("{}, `{error}`", scenario.title);
        assert!(
            run.taken.iter().any(|(at, part)| at == state && part.contains('/')),
            "{state} {by}"
        );
        let is_caught = run.taken.iter().any(|(_, part)| part.starts_with("Catch/"));
        let as_if_nothing = expected(scenario);
        if !is_caught {
            assert_eq!(
                wrong(&run, &as_if_nothing.objects, &as_if_nothing.ended),
                None,
                "{state} {by}"
            );
        } else if run.ended != Ok(as_if_nothing.ended.clone()) {
            let Ok(Ended::Failed(fault)) = &run.ended else {
                panic!("{state} {by}: {:?}", run.ended)
            };
            assert_eq!(fault.name, error, "{state} {by}");
        }
        taken.add(run.taken, &by);
    }
}

/// Enters each choice that has no default with something that it does not know.
fn match_nothing(states: &[(String, Value)], taken: &mut Taken) {
    let choices = states.iter().filter(|(_, state)| state["Type"] == "Choice");
    for (name, state) in choices.filter(|(_, state)| state.get("Default").is_none()) {
        let mut definition = definition();
        definition["StartAt"] = name.as_str().into();
        let variable = state["Choices"][0]["Variable"].as_str().unwrap().trim_start_matches("$.");
        let unknown =
            |inner: Value, name: &str| Value::Object(Map::from_iter([(name.to_owned(), inner)]));
        let input = variable.rsplit('.').fold(json!("what nobody knows"), unknown);
        let world = world(&scenario::indivisible().start, Injector::default(), Again::Redrive);
        let machine = Machine::new(&definition.to_string(), &[], world.clone(), 1).unwrap();
        let ended = block_on(Arc::new(machine).run(EXECUTION, input));
        assert_eq!(ended.unwrap_err().name, "States.NoChoiceMatched", "{name}");
        taken
            .add(std::mem::take(&mut world.injector.journal().taken), "a value that no rule knows");
    }
}

/// The page, and what nobody takes.
fn page(states: &[(String, Value)], taken: &Taken) -> (String, Vec<String>) {
    let (mut page, mut missing) = (HEAD.to_owned(), Vec::new());
    for (name, state) in states {
        for (part, leads) in parts(state) {
            match taken.0.get(&(name.clone(), part.clone())) {
                Some(by) => {
                    page.extend(["| `", name, "` | ", &part, " | ", &leads, " | ", by, " |\n"]);
                }
                None => missing.push(format!("{name} {part}")),
            }
        }
    }
    (page, missing)
}

/// `UPDATE_DOCS=1 cargo test -p cli --test faults` writes the page anew.
#[test]
fn every_state_and_every_way_out_of_it_is_taken() {
    let mut states = Vec::new();
    self::states(&definition(), &mut states);
    let mut scenarios = block_on(scenario::all());
    scenarios.push(scenario::indivisible());
    let mut taken = Taken::default();
    for Scenario { title, start, .. } in &scenarios {
        let run = block_on(run(start, EXECUTION, None, Again::Redrive));
        taken.add(run.taken, title);
    }
    raise_all(&scenarios, &states, &mut taken);
    match_nothing(&states, &mut taken);
    let (page, missing) = page(&states, &taken);
    assert!(missing.is_empty(), "no execution takes:\n{}", missing.join("\n"));
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/coverage.md");
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(&path, &page).unwrap();
    }
    assert_eq!(std::fs::read_to_string(&path).unwrap_or_default(), page);
}

#[test]
fn a_way_that_nobody_takes_would_be_seen() {
    let rules = json!([{ "ErrorEquals": ["A"], "Next": "Refuse" }, { "ErrorEquals": ["B"], "Next": "Refuse" }]);
    let task = json!({ "Type": "Task", "Next": "Size", "Retry": rules, "Catch": rules });
    let choice = json!({ "Type": "Choice", "Choices": rules, "Default": "Size" });
    let end = json!({ "Type": "Succeed" });
    let states = [("Task", task), ("Choice", choice), ("End", end)];
    let states = states.map(|(name, state)| (name.to_owned(), state));
    let mut taken = Taken::default();
    let part = |state: &str, part: &str| (state.to_owned(), part.to_owned());
    taken.add(vec![part("Task", ""), part("Task", "Retry/0"), part("Choice", "Choices/1")], "x");
    let (_, missing) = page(&states, &taken);
    let expected = [
        "Task Next",
        "Task Retry/1",
        "Task Catch/0",
        "Task Catch/1",
        "Choice ",
        "Choice Choices/0",
        "Choice Default",
        "End ",
    ];
    assert_eq!(missing, expected);
}
