//! The type of a column: the narrowest reading of all its cells, unless they can be read in two ways.

use serde_json::{Map, Value, json};

use super::choice::{Choice, ChoiceError, chosen, field_target};
use super::column::Column;
use super::reading::{Doubt, Form, Kind, PAIRS, Reading};
use super::report::{Answer, Evidence, Finding, Question, counted, field_pointer, shown};

/// Years that a date without separators and a column of years are expected in.
const DATE_YEARS: std::ops::RangeInclusive<i64> = 1900..=2100;
const YEARS: std::ops::RangeInclusive<i64> = 1000..=2999;

/// Words of a label that say that its numbers are years.
const YEAR_WORDS: [&str; 6] = ["year", "yr", "jahr", "annee", "année", "ano"];

/// Values of which almost all must be of a type for that to be worth a word.
const ENOUGH: u64 = 20;

/// Values that make a word for true, and those for false, in the standard.
const DEFAULT_WORDS: [[&str; 3]; 2] = [["true", "True", "TRUE"], ["false", "False", "FALSE"]];

/// What the rest of the file says about a column.
#[derive(Debug, Clone, Copy)]
pub(super) struct Surroundings<'a> {
    pub(super) choices: &'a [Choice],
    /// Whether the file shows signs of decimal commas, so that a point may separate groups.
    pub(super) is_point_doubtful: bool,
}

/// A field of the draft.
#[derive(Debug)]
pub(super) struct Decided {
    /// The descriptor without its name.
    pub(super) properties: Map<String, Value>,
    /// The reading.
    pub(super) reading: Reading,
    /// Texts that stand for nothing, besides the empty one.
    pub(super) missing: Vec<String>,
    /// Whether every cell has a value.
    pub(super) is_required: bool,
    pub(super) evidence: Vec<Evidence>,
    pub(super) question: Option<Question>,
}

/// The reading that the column has by itself, and those that contradict it.
pub(super) fn readings_of(column: &Column, label: &str) -> Vec<Reading> {
    let plausible = |reading: &&Reading| is_plausible(reading, column, label);
    let mut readings = column.readings().iter().filter(plausible).cloned();
    let Some(best) = readings.next() else { return Vec::new() };
    let mut rivals: Vec<Reading> = Vec::new();
    for reading in readings {
        let others = [&best].into_iter().chain(&rivals);
        if reading.conflicts(&best) && others.into_iter().all(|other| reading.conflicts(other)) {
            rivals.push(reading);
        }
    }
    [best].into_iter().chain(rivals).collect()
}

/// Decides the column at `at` (0-based).
///
/// # Errors
/// [`ChoiceError`] for a choice that does not fit the cells.
pub(super) fn decide(
    column: &Column,
    at: usize,
    label: &str,
    surroundings: Surroundings<'_>,
) -> Result<Decided, ChoiceError> {
    let mut readings = readings_of(column, label);
    if !surroundings.is_point_doubtful && readings.first().is_some_and(is_default_number) {
        readings.truncate(1);
    }
    let choice = choice(column, label, &readings, surroundings.choices)?;
    let is_open = choice.is_none() && readings.len() > 1;
    let question = is_open.then(|| question(column, at, label, &readings));
    let by_itself = if is_open { None } else { readings.into_iter().next() };
    let reading = choice.or(by_itself).unwrap_or_else(Reading::text);
    Ok(field(column, at, reading, question))
}

/// Whether nothing speaks against a reading, besides that it accepts every cell.
fn is_plausible(reading: &Reading, column: &Column, label: &str) -> bool {
    let within = |from: i64, to: i64| {
        column.odd.is_empty() && column.range.is_some_and(|(min, max)| min >= from && max <= to)
    };
    match &reading.form {
        Form::Boolean(pair) => {
            PAIRS.get(*pair).is_some_and(|words| has_both(column, words, *pair == 0))
        }
        Form::Numeral(_) => column.doubt.is_none(),
        Form::Year => {
            let label = label.to_lowercase();
            let mut words = label.split(|c: char| !c.is_alphanumeric());
            within(*YEARS.start(), *YEARS.end()) && words.any(|word| YEAR_WORDS.contains(&word))
        }
        Form::Pattern(Kind::Date, pattern) if pattern == "%Y%m%d" => {
            within(DATE_YEARS.start() * 10_000, DATE_YEARS.end() * 10_000 + 1231)
        }
        Form::Default(_) | Form::Made(_) | Form::Pattern(..) | Form::Text => true,
    }
}

/// Whether both words stand in the column: one alone may be a code, unless it says what it is.
fn has_both(column: &Column, words: &[&str; 2], is_one_enough: bool) -> bool {
    column.distinct.counted().is_some_and(|values| {
        let stands = |word: &&str| values.iter().any(|(value, _)| value.eq_ignore_ascii_case(word));
        is_one_enough || words.iter().all(stands)
    })
}

fn is_default_number(reading: &Reading) -> bool {
    matches!(&reading.form, Form::Numeral(n) if n.decimal == Some('.') && n.group.is_none())
}

/// What was chosen for the column.
fn choice(
    column: &Column,
    label: &str,
    open: &[Reading],
    choices: &[Choice],
) -> Result<Option<Reading>, ChoiceError> {
    let find = |value: &str| {
        let mut readings = column.readings().iter().cloned().chain([Reading::text()]);
        readings.find(|reading| reading.spelling() == value)
    };
    if let Some((choice, value)) = chosen(choices, &field_target(label)) {
        return find(value).map(Some).ok_or_else(|| choice.refuse(possible(column)));
    }
    let everywhere = choices.iter().rev().filter_map(Choice::value_for_every_column);
    let of_open = |value: &str| open.iter().find(|reading| reading.spelling() == value).cloned();
    Ok(if open.len() > 1 { everywhere.into_iter().find_map(of_open) } else { None })
}

/// What a column can be, for a person.
fn possible(column: &Column) -> String {
    let mut spellings: Vec<String> = column.readings().iter().map(Reading::spelling).collect();
    spellings.truncate(12);
    spellings.push(Reading::text().spelling());
    let listed: Vec<String> = spellings.iter().map(|spelling| shown(spelling)).collect();
    format!("all its cells fit {}", listed.join(", "))
}

fn question(column: &Column, at: usize, label: &str, readings: &[Reading]) -> Question {
    let answer = |reading: &Reading| {
        let meaning =
            |cell: &String| Some(format!("{} is {}", shown(cell), reading.meaning(cell)?));
        let meanings: Vec<String> = column.examples.iter().filter_map(meaning).collect();
        Answer::by_examples(reading.spelling(), meanings)
    };
    let values = column.odd.count();
    let message = match readings.first().map(|reading| &reading.form) {
        Some(Form::Numeral(_)) => {
            "no value decides whether the character separates the fraction or groups of digits"
        }
        _ => "no value decides the order of day, month and year",
    };
    Question {
        target: field_target(label),
        pointer: field_pointer(at),
        message: format!("column {}: {message}", shown(label)),
        candidates: readings.iter().map(answer).collect(),
        meanwhile: Reading::text().spelling(),
        count: Some(values),
        rows: column.odd.first().to_vec(),
    }
}

fn field(column: &Column, at: usize, reading: Reading, question: Option<Question>) -> Decided {
    let mut properties = reading.properties();
    if let Form::Boolean(pair) = reading.form {
        set_words(column, pair, &mut properties);
    }
    let missing = missing_values(column, &reading);
    let has_values = column.value_count > 0 || !column.missing.is_empty();
    let is_required = column.empty.is_empty() && missing.is_empty() && has_values;
    let mut evidence = vec![type_evidence(column, at, &reading, question.is_some())];
    evidence.extend(missing_evidence(column, at, &missing));
    evidence.extend(almost(column, at));
    if !missing.is_empty() {
        let all: Vec<&str> = [""].into_iter().chain(missing.iter().map(String::as_str)).collect();
        properties.insert("missingValues".to_owned(), json!(all));
    }
    if is_required {
        properties.insert("constraints".to_owned(), json!({ "required": true }));
    }
    Decided { properties, reading, missing, is_required, evidence, question }
}

/// The words as they are spelled, unless the standard's own cover them.
fn set_words(column: &Column, pair: usize, properties: &mut Map<String, Value>) {
    let values = column.distinct.counted().unwrap_or_default();
    let Some(words) = PAIRS.get(pair) else { return };
    let spelled = words.map(|word| {
        let is = |value: &&str| value.eq_ignore_ascii_case(word);
        values.iter().map(|(value, _)| value.as_str()).filter(is).collect::<Vec<&str>>()
    });
    let is_default = spelled
        .iter()
        .zip(DEFAULT_WORDS)
        .all(|(spelled, words)| spelled.iter().all(|word| words.contains(word)));
    if is_default {
        return;
    }
    for (name, spelled) in ["trueValues", "falseValues"].into_iter().zip(spelled) {
        properties.insert(name.to_owned(), json!(spelled));
    }
}

/// Texts that stand for nothing, which the reading would not accept.
fn missing_values(column: &Column, reading: &Reading) -> Vec<String> {
    column.missing.keys().filter(|text| !reading.accepts(text)).cloned().collect()
}

fn type_evidence(column: &Column, at: usize, reading: &Reading, is_open: bool) -> Evidence {
    let values = column.value_count;
    let message = match (&reading.form, column.doubt) {
        (Form::Text, _) if is_open => "text, until the question is answered".to_owned(),
        (Form::Text, _) if values == 0 => "no values: text".to_owned(),
        (Form::Text, Some((doubt, row))) if !column.readings().is_empty() => {
            format!("digits, but text: {} (row {row})", why(doubt))
        }
        (Form::Text, _) => {
            let example = column.examples.first().map(|cell| shown(cell));
            let message = format!("text: {}", counted(values, "value"));
            return Evidence::new(field_pointer(at), Finding::Type, message).with_examples(example);
        }
        _ => format!("{}, all {}", counted(values, "value"), shown(&reading.spelling())),
    };
    Evidence::new(field_pointer(at), Finding::Type, message)
}

fn why(doubt: Doubt) -> &'static str {
    match doubt {
        Doubt::LeadingZero => "a leading zero would be lost",
        Doubt::PlusSign => "a plus sign before many digits looks like a telephone number",
        Doubt::TooLong => "a number beyond 64 bits would be rounded",
    }
}

fn missing_evidence(column: &Column, at: usize, missing: &[String]) -> Vec<Evidence> {
    let pointer = field_pointer(at);
    let mut evidence = Vec::new();
    if !column.empty.is_empty() {
        let message = "empty cells".to_owned();
        let found = Evidence::new(&pointer, Finding::MissingValues, message);
        evidence.push(found.with_rows(&column.empty));
    }
    for (text, rows) in &column.missing {
        let role = if missing.contains(text) { "stands for no value" } else { "is a value here" };
        let message = format!("{} {role}", shown(text));
        evidence.push(Evidence::new(&pointer, Finding::MissingValues, message).with_rows(rows));
    }
    evidence
}

/// A type that almost all values are of.
fn almost(column: &Column, at: usize) -> Option<Evidence> {
    let lost = column.lost.as_ref()?;
    let misses = lost.misses.count();
    if column.value_count < ENOUGH || misses * ENOUGH > column.value_count {
        return None;
    }
    let spelling = lost.readings.first()?.spelling();
    let fit = column.value_count - misses;
    let count = column.value_count;
    let message = format!("{fit} of {count} values are {}, the others are not", shown(&spelling));
    let evidence = Evidence::new(field_pointer(at), Finding::AlmostType, message);
    Some(evidence.with_examples([shown(&lost.example)]).with_rows(&lost.misses))
}
