//! The dialect: tried, not counted. Each grammar reads the text, and the records tell.

mod shape;

use serde_json::{Value, json};

use super::choice::{Choice, ChoiceError, DELIMITER, QUOTE, chosen};
use super::report::{Answer, Evidence, Finding, Question, RESOURCE};
use crate::csv::Grammar;
use shape::Shape;

/// Delimiters that people use, and those that are only looked at where none of these makes a table.
const COMMON: [u8; 4] = [b',', b';', b'\t', b'|'];
const RARE: [u8; 6] = [b':', b'^', b'~', 0x1f, 0x01, b' '];

/// How far apart two shares of the records must be for one to be the better reading.
const CLEAR: f64 = 0.1;

/// How many times as many columns make the better reading.
const CLEARLY_WIDER: usize = 3;

/// A dialect, why it is that one, and what is open about it.
#[derive(Debug)]
pub(super) struct Sniffed {
    pub(super) grammar: Grammar,
    pub(super) evidence: Vec<Evidence>,
    pub(super) questions: Vec<Question>,
}

/// Tells the dialect of a file from the start of its text, which may end anywhere if `is_cut`.
///
/// # Errors
/// [`ChoiceError`] for a delimiter or quote that no file can have.
pub(super) fn sniff(text: &[u8], is_cut: bool, choices: &[Choice]) -> Result<Sniffed, ChoiceError> {
    let mut sniffed =
        Sniffed { grammar: Grammar::default(), evidence: Vec::new(), questions: Vec::new() };
    let quote =
        chosen(choices, QUOTE).map(|(choice, value)| quote_of(choice, value)).transpose()?;
    let delimiter = chosen(choices, DELIMITER).map(|(choice, value)| delimiter_of(choice, value));
    let quotes = quote.map_or_else(|| quotes(text), |quote| vec![quote]);
    let readings = Readings { text, is_cut, quotes };
    match delimiter.transpose()? {
        Some(delimiter) => sniffed.grammar.delimiter = delimiter,
        None => sniff_delimiter(&readings, &mut sniffed),
    }
    match quote {
        Some(quote) => sniffed.grammar.quote = quote,
        None => sniff_quote(&readings, &mut sniffed),
    }
    let shape = readings.shape(sniffed.grammar);
    let message = format!(
        "read with delimiter {} and {}: {} of the first {} records have {} cells",
        show(sniffed.grammar.delimiter),
        show_quote(sniffed.grammar.quote),
        shape.regular,
        shape.records,
        shape.width
    );
    sniffed.evidence.push(Evidence::new(pointer(""), Finding::Dialect, message));
    Ok(sniffed)
}

/// The descriptor of a dialect.
pub(super) fn descriptor(grammar: Grammar, header: bool) -> Value {
    json!({
        "delimiter": char::from(grammar.delimiter),
        "quoteChar": grammar.quote.map_or(String::new(), |quote| char::from(quote).to_string()),
        "header": header,
    })
}

fn pointer(property: &str) -> String {
    let slash = if property.is_empty() { "" } else { "/" };
    format!("{RESOURCE}/dialect{slash}{property}")
}

/// The text, to be read by any grammar.
struct Readings<'a> {
    text: &'a [u8],
    is_cut: bool,
    /// The quotes to try, the usual one first.
    quotes: Vec<Option<u8>>,
}

/// A delimiter and what the text looks like with it.
#[derive(Debug, Clone, Copy)]
struct Candidate {
    delimiter: u8,
    shape: Shape,
}

/// The quotes that a text may have, the usual one first.
fn quotes(text: &[u8]) -> Vec<Option<u8>> {
    let mut quotes = vec![Some(b'"')];
    quotes.extend(text.contains(&b'\'').then_some(Some(b'\'')));
    quotes.extend(text.contains(&b'"').then_some(None));
    quotes
}

impl Readings<'_> {
    fn shape(&self, grammar: Grammar) -> Shape {
        Shape::of(grammar, self.text, self.is_cut)
    }

    /// The shape with `delimiter`, with the quote that serves it best.
    fn candidate(&self, delimiter: u8) -> Candidate {
        let shapes = self
            .quotes
            .iter()
            .map(|&quote| self.shape(Grammar { delimiter, quote, ..Grammar::default() }));
        // Of equals the first: the usual quote.
        let best = shapes.reduce(
            |best, next| {
                if next.regularity() > best.regularity() { next } else { best }
            },
        );
        let shape = best.unwrap_or_else(|| self.shape(Grammar { delimiter, ..Grammar::default() }));
        Candidate { delimiter, shape }
    }

    fn candidates(&self, delimiters: &[u8]) -> Vec<Candidate> {
        let present = delimiters.iter().filter(|delimiter| self.text.contains(delimiter));
        present.map(|&delimiter| self.candidate(delimiter)).collect()
    }
}

fn sniff_delimiter(readings: &Readings<'_>, sniffed: &mut Sniffed) {
    let common = readings.candidates(&COMMON);
    let mut tables: Vec<Candidate> =
        common.iter().copied().filter(|c| c.shape.is_table()).collect();
    if tables.is_empty() {
        let rare = readings.candidates(&RARE);
        let clear = |candidate: &Candidate| {
            candidate.shape.is_table() && candidate.shape.regularity() > 1.0 - CLEAR
        };
        tables.extend(rare.into_iter().filter(clear).take(1));
    }
    let best =
        tables.iter().copied().reduce(|best, next| if is_better(next, best) { next } else { best });
    let Some(best) = best else { return single_column(&common, sniffed) };
    sniffed.grammar.delimiter = best.delimiter;
    let rivals: Vec<Candidate> = tables
        .into_iter()
        .filter(|other| other.delimiter != best.delimiter && !is_clearly_better(best, *other))
        .collect();
    if !rivals.is_empty() {
        let candidates: Vec<Candidate> = [best].into_iter().chain(rivals).collect();
        ask(&candidates, "several delimiters make a table of the file", sniffed);
    }
}

/// No delimiter makes a table: a column on its own, if some delimiter leaves the records whole.
fn single_column(common: &[Candidate], sniffed: &mut Sniffed) {
    let is_free = |delimiter: &u8| {
        let of = common.iter().find(|candidate| candidate.delimiter == *delimiter);
        of.is_none_or(|c| c.shape.width == 1 && c.shape.regular == c.shape.records)
    };
    let Some(free) = COMMON.into_iter().find(is_free) else { return };
    sniffed.grammar.delimiter = free;
    let rivals = common.iter().copied().filter(|c| c.shape.width > 1 && c.shape.regularity() > 0.5);
    let rivals: Vec<Candidate> = rivals.collect();
    if let Some(rival) = rivals.first() {
        let shape = Shape { width: 1, regular: rival.shape.records, ..rival.shape };
        let whole = Candidate { delimiter: free, shape };
        let candidates: Vec<Candidate> = [whole].into_iter().chain(rivals).collect();
        ask(
            &candidates,
            "the file is one column, or its first record is no row of the table",
            sniffed,
        );
    }
}

/// By the records, then by the cells, then by the number of columns.
fn is_better(one: Candidate, other: Candidate) -> bool {
    let by_records = one.shape.regularity() - other.shape.regularity();
    let by_cells = one.shape.typed - other.shape.typed;
    if by_records.abs() > CLEAR {
        by_records > 0.0
    } else if by_cells.abs() > CLEAR {
        by_cells > 0.0
    } else {
        one.shape.width > other.shape.width
    }
}

/// A header is no number: where it holds both delimiters as often as the records below, these do not
/// decide, however much they look like numbers.
fn is_clearly_better(one: Candidate, other: Candidate) -> bool {
    let has_more = |part: fn(&Shape) -> f64| part(&one.shape) - part(&other.shape) > CLEAR;
    has_more(Shape::regularity)
        || has_more(|shape| shape.typed) && has_more(|shape| shape.first_typed)
        || one.shape.width >= CLEARLY_WIDER * other.shape.width
}

fn ask(candidates: &[Candidate], message: &str, sniffed: &mut Sniffed) {
    let answers = candidates.iter().map(|candidate| {
        let Shape { width, regular, records, .. } = candidate.shape;
        let columns = if width == 1 { "1 column".to_owned() } else { format!("{width} columns") };
        let reading = format!("{columns}: {regular} of the first {records} records");
        Answer::new(spell(candidate.delimiter), reading)
    });
    sniffed.questions.push(Question {
        target: DELIMITER.to_owned(),
        pointer: pointer(DELIMITER),
        message: message.to_owned(),
        candidates: answers.collect(),
        meanwhile: spell(sniffed.grammar.delimiter),
        count: None,
        rows: Vec::new(),
    });
}

fn sniff_quote(readings: &Readings<'_>, sniffed: &mut Sniffed) {
    let with = |quote| Grammar { quote, ..sniffed.grammar };
    let usual = readings.shape(with(Some(b'"')));
    if usual.is_unclosed || usual.stray > 0 {
        let without = readings.shape(with(None));
        if without.regularity() > usual.regularity() {
            sniffed.grammar.quote = None;
            ask_quote(None, usual, sniffed);
        }
        return;
    }
    if opened(readings.text, sniffed.grammar.delimiter, b'"') > 0
        || opened(readings.text, sniffed.grammar.delimiter, b'\'') == 0
    {
        return;
    }
    let single = readings.shape(with(Some(b'\'')));
    if single.is_unclosed || single.stray > 0 {
        return;
    }
    if single.regularity() > usual.regularity() || readings.text.starts_with(b"'") {
        sniffed.grammar.quote = Some(b'\'');
    } else {
        ask_quote(Some(b'\''), usual, sniffed);
    }
}

/// Asks whether `"` is the quote, or `other` is.
fn ask_quote(other: Option<u8>, usual: Shape, sniffed: &mut Sniffed) {
    let (message, as_usual) = match other {
        None => (
            "a `\"` starts a cell but does not end it",
            if usual.is_unclosed {
                "a quote is never closed: the file is refused".to_owned()
            } else {
                format!(
                    "{} records have text behind a closing quote: they are rejected",
                    usual.stray
                )
            },
        ),
        Some(_) => ("cells start and end with `'`", "`'` is a part of the text".to_owned()),
    };
    let as_other = match other {
        None => "no quotes at all: `\"` is a part of the text".to_owned(),
        Some(_) => "`'` quotes cells and is no part of them".to_owned(),
    };
    sniffed.questions.push(Question {
        target: QUOTE.to_owned(),
        pointer: pointer(QUOTE),
        message: message.to_owned(),
        candidates: vec![
            Answer::new("\"", as_usual),
            Answer::new(
                other.map_or("none".to_owned(), |quote| char::from(quote).to_string()),
                as_other,
            ),
        ],
        meanwhile: sniffed.grammar.quote.map_or("none".to_owned(), |q| char::from(q).to_string()),
        count: None,
        rows: Vec::new(),
    });
}

/// How often a quote stands where a field starts.
fn opened(text: &[u8], delimiter: u8, quote: u8) -> usize {
    let starts = |pair: &&[u8]| matches!(pair, [before, at] if *at == quote && (*before == delimiter || matches!(before, b'\r' | b'\n')));
    text.windows(2).filter(starts).count() + usize::from(text.first() == Some(&quote))
}

fn delimiter_of(choice: &Choice, value: &str) -> Result<u8, ChoiceError> {
    match value.as_bytes() {
        b"tab" | b"\\t" => Ok(b'\t'),
        [byte] if byte.is_ascii() && !matches!(byte, b'\r' | b'\n' | b'"') => Ok(*byte),
        _ => Err(choice.refuse("a delimiter is one ASCII character, or `tab`")),
    }
}

fn quote_of(choice: &Choice, value: &str) -> Result<Option<u8>, ChoiceError> {
    match value.as_bytes() {
        b"none" | b"" => Ok(None),
        [byte] if byte.is_ascii() && !byte.is_ascii_alphanumeric() && !byte.is_ascii_control() => {
            Ok(Some(*byte))
        }
        _ => Err(choice.refuse("a quote is one ASCII character, or `none`")),
    }
}

fn spell(delimiter: u8) -> String {
    if delimiter == b'\t' { "tab".to_owned() } else { char::from(delimiter).to_string() }
}

fn show(delimiter: u8) -> String {
    format!("`{}`", spell(delimiter).escape_default())
}

fn show_quote(quote: Option<u8>) -> String {
    quote.map_or("no quote".to_owned(), |quote| format!("quote `{}`", char::from(quote)))
}
