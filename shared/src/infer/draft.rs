//! What was seen of a file to the draft of its contract.

use serde_json::{Map, Value, json};

use super::choice::{Choice, ChoiceError, ENCODING, FILE_TARGETS, field_target};
use super::column::Column;
use super::decide::{Decided, Surroundings, decide, readings_of};
use super::dialect::{self, Labels, Sniffed};
use super::encoding::TextReader;
use super::header;
use super::reading::{Form, Kind, Reading};
use super::report::{
    Answer, Evidence, Finding, Question, RESOURCE, Rows, counted, field_pointer, shown,
};
use super::table::Table;
use super::{Draft, Options};
use crate::text::Compression;

/// Rows that make a column without repetitions a key.
const ENOUGH_ROWS: u64 = 10;

/// Bytes of a value of a key.
const KEY_LEN: usize = 64;

/// Words of a label of a key.
const KEY_WORDS: [&str; 9] = ["id", "key", "code", "uuid", "guid", "number", "no", "nr", "nummer"];

/// How often a value must stand on average to be one of a few.
const REPETITIONS: u64 = 5;

/// Values of a column that are listed.
const LISTED: usize = 8;

/// All that was seen.
pub(super) struct Seen<'a> {
    pub(super) options: &'a Options,
    pub(super) compression: Option<Compression>,
    pub(super) reader: &'a TextReader,
    /// The row where the text stops being UTF-8.
    pub(super) unknown_row: u64,
    pub(super) sniffed: Sniffed,
    pub(super) table: Table,
    /// Whether a quote is never closed.
    pub(super) is_unclosed: bool,
    /// Bytes seen, if there are more.
    pub(super) part: Option<u64>,
}

/// Writes the draft.
///
/// # Errors
/// [`ChoiceError`] for a choice that cannot be had.
pub(super) fn draft(seen: Seen<'_>) -> Result<Draft, ChoiceError> {
    let Seen { options, reader, sniffed, mut table, .. } = seen;
    let first = table.first.clone().unwrap_or_default();
    let header = header::find(&first, &table.columns, &options.choices)?;
    if !header.is_present {
        table.count_first_record();
    }
    let names = header::names(&first, header.is_present);
    check_targets(&options.choices, &names)?;
    let fields = fields(&table, &names, &sniffed.grammar.delimiter, &options.choices)?;

    let mut evidence = encoding_evidence(reader, seen.compression);
    let mut questions: Vec<Question> =
        encoding_question(reader, seen.unknown_row).into_iter().collect();
    evidence.extend(sniffed.evidence);
    questions.extend(sniffed.questions);
    evidence.extend(header.evidence);
    questions.extend(header.question);
    let labels = labels(&table, header.is_present, &names, &mut evidence);
    evidence.extend(extent(&table, seen.part));
    evidence.extend(faults(&table, &fields, seen.is_unclosed));
    let key = keys(&table, &names, &fields, &mut evidence);
    let mut descriptors = Vec::new();
    for (at, (name, field)) in names.iter().zip(fields).enumerate() {
        descriptors.push(with_name(name, field.properties));
        evidence.extend(field.evidence);
        evidence
            .extend(table.columns.get(at).and_then(|column| values(column, at, &field.reading)));
        questions.extend(field.question);
    }
    let dialect = dialect::descriptor(&sniffed.grammar, labels);
    let descriptor = package(options, reader.name().0, &dialect, &descriptors, key);
    Ok(Draft { descriptor, evidence, questions })
}

/// Where the labels are, for the contract: a header that cannot be named is skipped as a comment.
fn labels(
    table: &Table,
    is_present: bool,
    names: &[String],
    evidence: &mut Vec<Evidence>,
) -> Labels {
    // Comments above are skipped by their mark.
    let row = if table.preamble_count > 0 { table.first_row() } else { 1 };
    if !is_present {
        return Labels::NoneBefore(row);
    }
    if table.first.as_deref() == Some(names) {
        return Labels::Row(row);
    }
    let message = "labels are blank or stand there twice, so the header is skipped and not checked";
    let found = Evidence::new(format!("{RESOURCE}/dialect"), Finding::Header, message.to_owned());
    evidence.push(found);
    Labels::NoneBefore(table.first_row() + 1)
}

/// Refuses a choice for a column that is not there.
fn check_targets(choices: &[Choice], names: &[String]) -> Result<(), ChoiceError> {
    let is_known = |choice: &Choice| {
        choice.value_for_every_column().is_some()
            || FILE_TARGETS.iter().any(|target| choice.value_for(target).is_some())
            || names.iter().any(|name| choice.value_for(&field_target(name)).is_some())
    };
    match choices.iter().find(|choice| !is_known(choice)) {
        Some(choice) => Err(ChoiceError::Column(choice.to_string())),
        None => Ok(()),
    }
}

fn fields(
    table: &Table,
    names: &[String],
    delimiter: &str,
    choices: &[Choice],
) -> Result<Vec<Decided>, ChoiceError> {
    let is_decimal_comma = |column: &Column| {
        let readings = readings_of(column, "");
        let [reading] = readings.as_slice() else { return false };
        matches!(&reading.form, Form::Numeral(numeral) if numeral.decimal == Some(','))
    };
    let is_point_doubtful = delimiter == ";" || table.columns.iter().any(is_decimal_comma);
    let surroundings = Surroundings { choices, is_point_doubtful };
    let columns = table.columns.iter().zip(names).enumerate();
    columns.map(|(at, (column, name))| decide(column, at, name, surroundings)).collect()
}

fn encoding_evidence(reader: &TextReader, compression: Option<Compression>) -> Vec<Evidence> {
    let (name, reason) = reader.name();
    let found = |message| Evidence::new(format!("{RESOURCE}/encoding"), Finding::Encoding, message);
    let compressed = compression.map(|compression| found(format!("compressed with {compression}")));
    let is_known = reader.unknown().is_none();
    let encoding = is_known.then(|| found(format!("{name}: {reason}")));
    compressed.into_iter().chain(encoding).collect()
}

fn encoding_question(reader: &TextReader, row: u64) -> Option<Question> {
    let witness = reader.unknown()?;
    let candidates = witness.candidates().into_iter().map(|(name, samples)| {
        let samples = samples.iter().map(|text| shown(text)).collect();
        Answer::by_examples(name.to_ascii_lowercase(), samples)
    });
    let after = if witness.follows_utf8() { ", though there is valid UTF-8 before" } else { "" };
    Some(Question {
        target: ENCODING.to_owned(),
        pointer: format!("{RESOURCE}/encoding"),
        message: format!("the file is not UTF-8 from row {row} on{after}; which encoding is it?"),
        candidates: candidates.collect(),
        meanwhile: reader.name().0.to_ascii_lowercase(),
        count: None,
        rows: vec![row],
    })
}

fn extent(table: &Table, part: Option<u64>) -> Option<Evidence> {
    let bytes = part?;
    let message = format!(
        "only the first {bytes} bytes were seen, {} records: the rest may not be of these types",
        table.record_count
    );
    Some(Evidence::new("", Finding::Extent, message))
}

/// What a check will reject or refuse.
fn faults(table: &Table, fields: &[Decided], is_unclosed: bool) -> Vec<Evidence> {
    let width = table.columns.len();
    let is_missing = |at: usize, cell: &str| {
        fields.get(at).is_some_and(|field| field.missing.iter().any(|text| text == cell))
    };
    let blank_rows = table.blank(is_missing);
    let found = |code, message: String, rows: &Rows| {
        (!rows.is_empty()).then(|| Evidence::new(RESOURCE, code, message).with_rows(rows))
    };
    let ragged =
        format!("records that have not {}: a check rejects them", counted(width as u64, "cell"));
    let blank = "records without any value: a check rejects them".to_owned();
    let stray = "records with text behind a closing quote: a check rejects them".to_owned();
    let unclosed = is_unclosed.then(|| {
        let message = "the file ends inside a quoted cell: a check refuses it".to_owned();
        Evidence::new(RESOURCE, Finding::UnclosedQuote, message)
    });
    [
        found(Finding::RaggedRows, ragged, &table.ragged),
        found(Finding::BlankRows, blank, &blank_rows),
        found(Finding::StrayQuotes, stray, &table.stray),
        unclosed,
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// The primary key, if exactly one column can be it and says so.
fn keys(
    table: &Table,
    names: &[String],
    fields: &[Decided],
    evidence: &mut Vec<Evidence>,
) -> Option<String> {
    let columns = || table.columns.iter().zip(names).zip(fields);
    let good: Vec<&String> = columns()
        .filter(|((column, _), field)| is_key(column, field))
        .map(|((_, name), _)| name)
        .collect();
    let key = match good.as_slice() {
        [name] if names.first() == Some(*name) || is_key_label(name) => Some((*name).clone()),
        _ => None,
    };
    let pointer = format!("{RESOURCE}/schema/primaryKey");
    let mut tell = |message| evidence.push(Evidence::new(&pointer, Finding::Key, message));
    let listed: Vec<String> = good.iter().take(LISTED).map(|name| shown(name)).collect();
    match good.as_slice() {
        [] => {}
        [_] => {
            let is_named = if key.is_some() { "" } else { ", but is not called a key" };
            tell(format!("only {} tells all rows apart{is_named}", listed.join("")));
        }
        _ => tell(format!("each of {} tells all rows apart: none is declared", listed.join(", "))),
    }
    let unknown = columns().filter(|((column, _), _)| column.distinct.is_unique().is_none());
    let unknown: Vec<String> = unknown.take(LISTED).map(|((_, name), _)| shown(name)).collect();
    if !unknown.is_empty() {
        tell(format!("not determined for {}: too many values", unknown.join(", ")));
    }
    key
}

/// Whether a label says that its values name rows. Without that, a column further right may be without
/// repetitions by accident.
fn is_key_label(label: &str) -> bool {
    let label = label.to_lowercase();
    label.split(|c: char| !c.is_alphanumeric()).any(|word| KEY_WORDS.contains(&word))
}

/// Whether a column tells rows apart, by texts that are equal only if their values are.
fn is_key(column: &Column, field: &Decided) -> bool {
    let is_canonical = match &field.reading.form {
        Form::Numeral(numeral) => numeral.decimal.is_none() && column.odd.is_empty(),
        Form::Default(kind) => *kind == Kind::Date,
        Form::Text | Form::Made(_) => true,
        Form::Boolean(_) | Form::Year | Form::Pattern(..) => false,
    };
    is_canonical
        && field.is_required
        && field.question.is_none()
        && column.value_count >= ENOUGH_ROWS
        && column.distinct.is_unique() == Some(true)
        && column.looks.longest() <= KEY_LEN
}

/// The few values of a column of text or integers.
fn values(column: &Column, at: usize, reading: &Reading) -> Option<Evidence> {
    let is_integer = matches!(&reading.form, Form::Numeral(numeral) if numeral.decimal.is_none());
    let is_code = is_integer || reading.form == Form::Text;
    let mut counted = column.distinct.counted().filter(|_| is_code)?.to_vec();
    let kinds = counted.len() as u64;
    if kinds < 2 || column.value_count < kinds * REPETITIONS {
        return None;
    }
    counted.sort_by(|(one, n), (other, m)| m.cmp(n).then_with(|| one.cmp(other)));
    let listed = counted.iter().take(LISTED);
    let listed = listed.map(|(value, count)| format!("{} ({count})", shown(value)));
    let found = Evidence::new(field_pointer(at), Finding::Values, format!("{kinds} values"));
    Some(found.with_examples(listed))
}

fn with_name(name: &str, properties: Map<String, Value>) -> Value {
    let named = [("name".to_owned(), json!(name))].into_iter().chain(properties);
    Value::Object(named.collect())
}

fn package(
    options: &Options,
    encoding: &str,
    dialect: &Value,
    fields: &[Value],
    key: Option<String>,
) -> Value {
    let mut schema = json!({ "fields": fields });
    if let (Some(schema), Some(key)) = (schema.as_object_mut(), key) {
        schema.insert("primaryKey".to_owned(), json!([key]));
    }
    json!({
        "$schema": "https://datapackage.org/profiles/2.0/datapackage.json",
        "name": options.name,
        "resources": [{
            "name": options.name,
            "type": "table",
            "path": options.path,
            "format": "csv",
            "mediatype": "text/csv",
            "encoding": encoding.to_ascii_lowercase(),
            "dialect": dialect,
            "schema": schema,
        }],
    })
}
