//! The quote: the usual one, unless the records speak against it.

use super::super::choice::{Choice, ChoiceError, QUOTE};
use super::super::report::{Answer, Question};
use super::shape::Shape;
use super::{Sample, Sniffed, pointer};
use crate::csv::Grammar;

const USUAL: char = '"';
const OTHER: char = '\'';

/// How no quote is chosen.
const NONE: &str = "none";

/// The quotes that a text may have, the usual one first.
pub(super) fn all(text: &[u8]) -> Vec<Option<char>> {
    let mut quotes = vec![Some(USUAL)];
    quotes.extend(text.contains(&b'\'').then_some(Some(OTHER)));
    quotes.extend(text.contains(&b'"').then_some(None));
    quotes
}

/// Tells the quote of a text whose delimiter is known, or asks for it.
pub(super) fn sniff(sample: &Sample<'_>, sniffed: &mut Sniffed) {
    if sniffed.grammar.quote == Some(OTHER) {
        // More of the records come out so.
        return;
    }
    let with = |quote| Grammar { quote, ..sniffed.grammar.clone() };
    let usual = sample.shape(&with(Some(USUAL)));
    if usual.is_unclosed || usual.stray > 0 {
        let without = sample.shape(&with(None));
        if without.regularity() > usual.regularity() {
            sniffed.grammar.quote = None;
            ask_whether_any(usual, sniffed);
        }
        return;
    }
    if opens(sample, &sniffed.grammar, USUAL) || !opens(sample, &sniffed.grammar, OTHER) {
        return;
    }
    let other = sample.shape(&with(Some(OTHER)));
    if other.is_unclosed || other.stray > 0 {
        return;
    }
    if sample.text.starts_with(b"'") {
        sniffed.grammar.quote = Some(OTHER);
    } else {
        sniffed.grammar.quote = Some(USUAL);
        ask_which(sniffed);
    }
}

/// Whether a quote stands anywhere where a field starts.
pub(super) fn opens(sample: &Sample<'_>, grammar: &Grammar, quote: char) -> bool {
    let mut before = vec!["\n", "\r", grammar.delimiter.as_str()];
    let spaced = format!("{} ", grammar.delimiter);
    before.extend(grammar.skip_initial_space.then_some(spaced.as_str()));
    sample.text.starts_with(quote.to_string().as_bytes())
        || before.iter().any(|before| sample.contains(&format!("{before}{quote}")))
}

/// Asks whether a `"` that ends no cell is a quote at all.
fn ask_whether_any(usual: Shape, sniffed: &mut Sniffed) {
    let as_usual = if usual.is_unclosed {
        "a quote is never closed: the file is refused".to_owned()
    } else {
        format!("{} records have text behind a closing quote: they are rejected", usual.stray)
    };
    let answers = vec![
        Answer::new(USUAL, as_usual),
        Answer::new(NONE, "no quotes at all: `\"` is a part of the text"),
    ];
    ask("a `\"` starts a cell but does not end it", answers, sniffed);
}

/// Asks whether `'` is a quote.
fn ask_which(sniffed: &mut Sniffed) {
    let answers = vec![
        Answer::new(USUAL, "`'` is a part of the text"),
        Answer::new(OTHER, "`'` quotes cells and is no part of them"),
    ];
    ask("cells start and end with `'`", answers, sniffed);
}

fn ask(message: &str, candidates: Vec<Answer>, sniffed: &mut Sniffed) {
    sniffed.questions.push(Question {
        target: QUOTE.to_owned(),
        pointer: pointer(QUOTE),
        message: message.to_owned(),
        candidates,
        meanwhile: sniffed.grammar.quote.map_or(NONE.to_owned(), String::from),
        count: None,
        rows: Vec::new(),
    });
}

/// The quote that somebody chose.
pub(super) fn parse(choice: &Choice, value: &str) -> Result<Option<char>, ChoiceError> {
    let mut characters = value.chars();
    match (characters.next(), characters.next()) {
        _ if value == NONE => Ok(None),
        (Some(c), None) if !c.is_alphanumeric() && !c.is_control() && c != '\\' => Ok(Some(c)),
        _ => Err(choice.refuse("a quote is one character, or `none`")),
    }
}
