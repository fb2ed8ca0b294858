//! What each state does with each error, in a table: `docs/errors.md`.

use std::collections::BTreeMap;

use serde_json::Value;

use super::catalogue::{Error, Origin, errors};
use super::{Road, workers};

const INTRO: &str = "# Errors

What the state machine does with each error, made from `statemachine.asl.json` by `cli/tests/errors.rs`. A number of
times says how often it tries again, with backoff and jitter, before it fails. What fails stays where it failed, and Redrive
resumes there. `Refuse` quarantines the file.

";

pub(crate) fn page() -> String {
    let columns: Vec<_> = ('A'..).zip(columns()).collect();
    let mut page = INTRO.to_owned();
    for (letter, states) in &columns {
        let names: Vec<_> = states.iter().map(|(name, _)| format!("`{name}`")).collect();
        page.extend(["- ", &letter.to_string(), ": ", &names.join(", "), "\n"]);
    }
    page.push('\n');
    let letters = columns.iter().map(|(letter, _)| letter.to_string());
    page += &row(["Error".to_owned(), "When".to_owned()].into_iter().chain(letters));
    page += &row(vec!["---".to_owned(); 2 + columns.len()]);
    for (error, origin, when) in errors() {
        let roads = columns.iter().map(|(_, states)| road(&states[0].1, error, origin));
        page += &row([format!("`{error}`"), when.to_owned()].into_iter().chain(roads));
    }
    page
}

fn row(cells: impl IntoIterator<Item = String>) -> String {
    let cells: Vec<_> = cells.into_iter().collect();
    format!("| {} |\n", cells.join(" | "))
}

/// Nothing, where the error cannot come.
fn road(state: &Value, error: &str, origin: Origin) -> String {
    if origin.may_be(state) { Road::of(state, error).to_string() } else { String::new() }
}

/// States that do the same with every error, together.
fn columns() -> Vec<Vec<(String, Value)>> {
    let mut columns: BTreeMap<Vec<String>, Vec<(String, Value)>> = BTreeMap::new();
    for (name, state) in workers() {
        let road = |(error, origin, _): Error| road(&state, error, origin);
        let roads = errors().into_iter().map(road).collect();
        columns.entry(roads).or_default().push((name, state));
    }
    let mut columns: Vec<_> = columns.into_values().collect();
    columns.sort_by(|one, two| one[0].0.cmp(&two[0].0));
    columns
}
