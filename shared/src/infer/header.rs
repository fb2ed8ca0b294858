//! Whether the first record holds the labels, and the names that the columns get.

use std::collections::BTreeSet;

use super::choice::{Choice, ChoiceError, HEADER, chosen};
use super::column::Column;
use super::decide::readings_of;
use super::report::{Answer, Evidence, Finding, Question, RESOURCE};
use crate::contract::published_name;

/// Numbers that may be labels: years.
const YEARS: std::ops::RangeInclusive<i64> = 1900..=2100;

/// What was found about the first record.
#[derive(Debug)]
pub(super) struct Header {
    pub(super) is_present: bool,
    pub(super) evidence: Option<Evidence>,
    pub(super) question: Option<Question>,
}

/// How the first cells compare with their columns.
#[derive(Debug, Default)]
struct Comparison {
    /// Columns (1-based) of a type that the first cell is not of.
    other_type: Vec<usize>,
    /// Columns of a type that the first cell is of, too.
    same_type: Vec<usize>,
    /// Columns of text in which the first cell stands again.
    repeated: Vec<usize>,
    /// Columns of text that the first cell looks like none of.
    unlike: Vec<usize>,
}

/// Tells whether `first` is a header above `columns`.
///
/// # Errors
/// [`ChoiceError`] for a choice that is neither true nor false.
pub(super) fn find(
    first: &[String],
    columns: &[Column],
    choices: &[Choice],
) -> Result<Header, ChoiceError> {
    if let Some((choice, value)) = chosen(choices, HEADER) {
        let is_present = value.parse().map_err(|_| choice.refuse("it is `true` or `false`"))?;
        return Ok(Header { is_present, evidence: None, question: None });
    }
    Ok(judge(first, columns, &compare(first, columns)))
}

fn compare(first: &[String], columns: &[Column]) -> Comparison {
    let mut found = Comparison::default();
    for (at, (label, column)) in (1..).zip(first.iter().zip(columns)) {
        if label.is_empty() || column.value_count == 0 {
            continue;
        }
        let values = column.distinct.counted().unwrap_or_default();
        let list = match readings_of(column, "").first() {
            Some(reading) if reading.accepts(label) => &mut found.same_type,
            Some(_) => &mut found.other_type,
            None if values.iter().any(|(value, _)| value == label) => &mut found.repeated,
            None if column.looks.excludes(label) => &mut found.unlike,
            None => continue,
        };
        list.push(at);
    }
    found
}

fn judge(first: &[String], columns: &[Column], found: &Comparison) -> Header {
    let decided = |is_present, message: String| Header {
        is_present,
        evidence: Some(Evidence::new(pointer(), Finding::Header, message)),
        question: None,
    };
    if !found.other_type.is_empty() {
        let at = list(&found.other_type);
        return decided(true, format!("the first record is not of the types of column {at}"));
    }
    if columns.iter().all(|column| column.value_count == 0) {
        return decided(true, "there is only one record with values".to_owned());
    }
    if !found.same_type.is_empty() && !are_years(first, &found.same_type) {
        let at = list(&found.same_type);
        return decided(
            false,
            format!("the first record is of the types of column {at} like all others"),
        );
    }
    if found.same_type.is_empty() && found.repeated.is_empty() && !found.unlike.is_empty() {
        let at = list(&found.unlike);
        return decided(true, format!("the first record is unlike all others in column {at}"));
    }
    Header { is_present: true, evidence: None, question: Some(question(found)) }
}

fn question(found: &Comparison) -> Question {
    let message = if found.same_type.is_empty() {
        "every column is text: nothing tells whether the first record holds the labels"
    } else {
        "the first record may hold years as labels, or values"
    };
    Question {
        target: HEADER.to_owned(),
        pointer: pointer(),
        message: message.to_owned(),
        candidates: vec![
            Answer::new("true", "the first record holds the labels"),
            Answer::new("false", "the first record holds values"),
        ],
        meanwhile: "true".to_owned(),
        count: None,
        rows: Vec::new(),
    }
}

fn pointer() -> String {
    format!("{RESOURCE}/dialect/header")
}

/// Whether all these cells are years, each another one.
fn are_years(first: &[String], columns: &[usize]) -> bool {
    let mut seen = BTreeSet::new();
    columns.iter().all(|at| {
        let year = first.get(at - 1).and_then(|label| label.parse::<i64>().ok());
        year.is_some_and(|year| YEARS.contains(&year) && seen.insert(year))
    })
}

/// The first few of them.
fn list(columns: &[usize]) -> String {
    let shown: Vec<String> = columns.iter().take(5).map(ToString::to_string).collect();
    let more = if columns.len() > shown.len() { ", ..." } else { "" };
    format!("{}{more}", shown.join(", "))
}

/// A name for each column: its label, or its number where that is no name or taken; in a
/// table letter case is no difference, and a few characters are none.
pub(super) fn names(first: &[String], is_present: bool) -> Vec<String> {
    let mut taken = BTreeSet::new();
    let mut names = Vec::new();
    for (at, label) in (1..).zip(first) {
        let label = if is_present { label.as_str() } else { "" };
        let is_free =
            !label.trim().is_empty() && taken.insert(published_name(label).to_lowercase());
        names.push(if is_free { label.to_owned() } else { free_name(at, &mut taken) });
    }
    names
}

fn free_name(at: usize, taken: &mut BTreeSet<String>) -> String {
    let mut name = format!("field{at}");
    while !taken.insert(name.clone()) {
        name.push('_');
    }
    name
}
