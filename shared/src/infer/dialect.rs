//! The dialect: tried, not counted. Each grammar reads the text, and the records tell.

mod descriptor;
mod quote;
mod shape;

use super::choice::{Choice, ChoiceError, DELIMITER, QUOTE, chosen};
use super::report::{Answer, Evidence, Finding, Question, RESOURCE, counted};
use crate::csv::Grammar;

pub(super) use descriptor::{Labels, descriptor};
use descriptor::{show, spell};
use shape::Shape;

/// Delimiters that people use, and those that are only looked at where none of these makes a table.
const COMMON: [char; 4] = [',', ';', '\t', '|'];
const RARE: [char; 6] = [':', '^', '~', '\u{1f}', '\u{1}', ' '];

/// Delimiters that stand twice where data are full of them.
const DOUBLED: [char; 4] = ['|', ':', '^', '~'];

/// What starts a comment.
const COMMENTS: [&str; 3] = ["#", "//", "%"];

/// How far apart two parts of the records must be for one to be the better reading.
const CLEAR: f64 = 0.1;

/// How many times as many columns make the better reading.
const CLEARLY_WIDER: usize = 3;

/// A dialect, why it is that one, and what is open about it.
#[derive(Debug)]
pub(super) struct Sniffed {
    pub(super) grammar: Grammar,
    /// The row of the header, or of the first data.
    pub(super) header_row: u64,
    pub(super) evidence: Vec<Evidence>,
    pub(super) questions: Vec<Question>,
}

/// Tells the dialect of a file from the start of its text, which may end anywhere if `is_cut`.
///
/// # Errors
/// [`ChoiceError`] for a delimiter or quote that no file can have.
pub(super) fn sniff(text: &[u8], is_cut: bool, choices: &[Choice]) -> Result<Sniffed, ChoiceError> {
    let quote = chosen(choices, QUOTE);
    let quote = quote.map(|(choice, value)| quote::parse(choice, value)).transpose()?;
    let delimiter = chosen(choices, DELIMITER);
    let delimiter = delimiter.map(|(choice, value)| delimiter_of(choice, value)).transpose()?;
    let sample =
        Sample { text, is_cut, quotes: quote.map_or_else(|| quote::all(text), |q| vec![q]) };
    let mut sniffed = Sniffed {
        grammar: Grammar::default(),
        header_row: 1,
        evidence: Vec::new(),
        questions: Vec::new(),
    };
    match delimiter {
        Some(delimiter) => sniffed.grammar = sample.best(&delimiter).grammar,
        None => sniff_delimiter(&sample, &mut sniffed),
    }
    if quote.is_none() {
        quote::sniff(&sample, &mut sniffed);
    }
    let shape = sample.shape(&sniffed.grammar);
    sniffed.grammar.skip_initial_space |= shape.is_spaced && sniffed.grammar.delimiter != " ";
    sniffed.header_row = shape.header_row;
    sniffed.evidence.push(Evidence::new(pointer(""), Finding::Dialect, summary(&sniffed, shape)));
    Ok(sniffed)
}

/// The grammar and what it makes of the text, for a person.
fn summary(sniffed: &Sniffed, shape: Shape) -> String {
    let Shape { regular, records, width, header_row, .. } = shape;
    let from = if header_row > 1 { format!(" from row {header_row} on") } else { String::new() };
    let marks = show(&sniffed.grammar);
    format!(
        "read with {marks}: {regular} of the first {records} records{from} have {}",
        counted(width as u64, "cell")
    )
}

fn pointer(property: &str) -> String {
    let slash = if property.is_empty() { "" } else { "/" };
    format!("{RESOURCE}/dialect{slash}{property}")
}

/// The start of the text, to be read by any grammar.
struct Sample<'a> {
    text: &'a [u8],
    is_cut: bool,
    /// The quotes to try, the usual one first.
    quotes: Vec<Option<char>>,
}

/// A grammar and what the text looks like with it.
#[derive(Debug, Clone)]
struct Candidate {
    grammar: Grammar,
    shape: Shape,
}

impl Sample<'_> {
    fn shape(&self, grammar: &Grammar) -> Shape {
        Shape::of(grammar, self.text, self.is_cut)
    }

    fn contains(&self, text: &str) -> bool {
        memchr::memmem::find(self.text, text.as_bytes()).is_some()
    }

    fn count(&self, text: &str) -> usize {
        memchr::memmem::find_iter(self.text, text.as_bytes()).count()
    }

    /// The grammar with `delimiter` that serves the text best: each mark is taken up only if more of the
    /// records come out as they should.
    fn best(&self, delimiter: &str) -> Candidate {
        let quote = self.quotes.first().copied().flatten();
        let grammar = Grammar { delimiter: delimiter.to_owned(), quote, ..Grammar::default() };
        let shape = self.shape(&grammar);
        let mut best = Candidate { grammar, shape };
        for mark in COMMENTS.iter().filter(|mark| self.starts_line(mark)) {
            self.improve(&mut best, |grammar| grammar.comment = Some((*mark).to_owned()));
        }
        if self.contains(&format!("{delimiter} ")) && delimiter != " " {
            self.improve(&mut best, |grammar| grammar.skip_initial_space = true);
        }
        if self.text.contains(&b'\\') {
            self.improve(&mut best, |grammar| grammar.escape = Some('\\'));
        }
        // Last, since without quotes the records may come out though the cells do not.
        for &quote in self.quotes.iter().skip(1) {
            if quote.is_none_or(|quote| quote::opens(self, &best.grammar, quote)) {
                self.improve(&mut best, |grammar| grammar.quote = quote);
            }
        }
        best
    }

    fn improve(&self, best: &mut Candidate, change: impl FnOnce(&mut Grammar)) {
        let mut grammar = best.grammar.clone();
        change(&mut grammar);
        let shape = self.shape(&grammar);
        // A table that starts below others is not better for the records that it leaves out.
        let is_whole = !shape.has_preamble || best.shape.has_preamble;
        let gain = shape.regularity() - best.shape.regularity();
        let is_header_found = best.shape.has_preamble && !shape.has_preamble && gain >= 0.0;
        if is_whole && (gain > 0.0 || is_header_found) {
            *best = Candidate { grammar, shape };
        }
    }

    fn starts_line(&self, mark: &str) -> bool {
        self.text.starts_with(mark.as_bytes())
            || self.contains(&format!("\n{mark}"))
            || self.contains(&format!("\r{mark}"))
    }

    fn candidates(&self, delimiters: &[char]) -> Vec<Candidate> {
        let present = delimiters.iter().map(ToString::to_string);
        present.filter(|text| self.contains(text)).map(|text| self.best(&text)).collect()
    }

    /// The delimiter doubled, if it never stands alone.
    fn doubled(&self, candidate: Candidate) -> Candidate {
        let delimiter = &candidate.grammar.delimiter;
        let doubled = delimiter.repeat(2);
        if !delimiter.contains(DOUBLED) || self.count(&doubled) * 2 != self.count(delimiter) {
            return candidate;
        }
        let best = self.best(&doubled);
        if best.shape.is_table() { best } else { candidate }
    }
}

fn sniff_delimiter(sample: &Sample<'_>, sniffed: &mut Sniffed) {
    let common = sample.candidates(&COMMON);
    let mut tables: Vec<Candidate> =
        common.iter().filter(|candidate| candidate.shape.is_table()).cloned().collect();
    if tables.is_empty() {
        let clear = |c: &Candidate| c.shape.is_table() && c.shape.regularity() > 1.0 - CLEAR;
        tables.extend(sample.candidates(&RARE).into_iter().filter(clear).take(1));
    }
    let better = |best, next| if is_better(&next, &best) { next } else { best };
    let Some(best) = tables.iter().cloned().reduce(better) else {
        return single_column(sample, &common, sniffed);
    };
    let mut candidates = vec![sample.doubled(best.clone())];
    candidates.extend(tables.into_iter().filter(|other| {
        other.grammar.delimiter != best.grammar.delimiter && !is_clearly_better(&best, other)
    }));
    sniffed.grammar.clone_from(&candidates.first().unwrap_or(&best).grammar);
    if candidates.len() > 1 {
        ask(&candidates, "several delimiters make a table of the file", sniffed);
    }
}

/// No delimiter makes a table: a column on its own, if some delimiter leaves the records whole.
fn single_column(sample: &Sample<'_>, common: &[Candidate], sniffed: &mut Sniffed) {
    let free = COMMON
        .iter()
        .map(|delimiter| sample.best(&delimiter.to_string()))
        .find(|free| free.shape.width == 1 && free.shape.regular == free.shape.records);
    let Some(free) = free else { return };
    sniffed.grammar.clone_from(&free.grammar);
    let rivals = common.iter().filter(|c| c.shape.width > 1 && c.shape.regularity() > 0.5);
    let candidates: Vec<Candidate> = [free].into_iter().chain(rivals.cloned()).collect();
    if candidates.len() > 1 {
        let message = "the file is one column, or its first record is no row of the table";
        ask(&candidates, message, sniffed);
    }
}

/// By the records, then by the cells, then by the number of columns.
fn is_better(one: &Candidate, other: &Candidate) -> bool {
    let (one, other) = (one.shape, other.shape);
    let by_records = one.regularity() - other.regularity();
    let by_cells = one.typed - other.typed;
    if one.has_preamble != other.has_preamble {
        other.has_preamble
    } else if by_records.abs() > CLEAR {
        by_records > 0.0
    } else if by_cells.abs() > CLEAR {
        by_cells > 0.0
    } else {
        one.width > other.width
    }
}

/// A header is no number: where it holds both delimiters as often as the records below, these do not
/// decide, however much they look like numbers.
fn is_clearly_better(one: &Candidate, other: &Candidate) -> bool {
    let (one, other) = (one.shape, other.shape);
    let has_more = |part: fn(&Shape) -> f64| part(&one) - part(&other) > CLEAR;
    has_more(Shape::regularity)
        || has_more(|shape| shape.typed) && has_more(|shape| shape.first_typed)
        || one.width >= CLEARLY_WIDER * other.width
        || other.has_preamble && !one.has_preamble
}

fn ask(candidates: &[Candidate], message: &str, sniffed: &mut Sniffed) {
    let answers = candidates.iter().map(|candidate| {
        let Shape { width, regular, records, .. } = candidate.shape;
        let columns = counted(width as u64, "column");
        let reading = format!("{columns}: {regular} of the first {records} records");
        Answer::new(spell(&candidate.grammar.delimiter), reading)
    });
    sniffed.questions.push(Question {
        target: DELIMITER.to_owned(),
        pointer: pointer(DELIMITER),
        message: message.to_owned(),
        candidates: answers.collect(),
        meanwhile: spell(&sniffed.grammar.delimiter),
        count: None,
        rows: Vec::new(),
    });
}

fn delimiter_of(choice: &Choice, value: &str) -> Result<String, ChoiceError> {
    match value {
        "tab" | "\\t" => Ok("\t".to_owned()),
        _ if !value.is_empty() && !value.contains(['\r', '\n', '"', '\\']) => Ok(value.to_owned()),
        _ => Err(choice.refuse("a delimiter is one or more characters, or `tab`")),
    }
}
