//! Bytes to their survey.

use serde::{Deserialize, Serialize};

use super::super::marks::{Marks, Wanted};
use super::super::{Grammar, Terminator};
use super::{Outcome, Place, State, Survey};

/// Bytes that are looked at together: fewer than a record may have, so that none of those inside is too
/// long, and few enough to stay in a cache.
const BLOCK_LEN: usize = 256 << 10;

/// Surveys ranges of a text, for the grammars with few states: a delimiter of one byte, a quote of one
/// byte or none, conventional terminators, nothing else.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Surveyor {
    delimiter: u8,
    quote: Option<u8>,
    double_quote: bool,
}

/// The records of a part of a range, if it starts in a certain state.
#[derive(Debug, Clone, Copy)]
struct Run {
    start: State,
    outcome: Outcome,
}

impl Surveyor {
    /// None if the grammar is not that plain.
    ///
    /// ```
    /// use shared::csv::{Grammar, Surveyor};
    /// assert!(Surveyor::new(&Grammar::default()).is_some());
    /// assert!(Surveyor::new(&Grammar { escape: Some('\\'), ..Grammar::default() }).is_none());
    /// ```
    pub fn new(grammar: &Grammar) -> Option<Self> {
        let &[delimiter] = grammar.delimiter.as_bytes() else { return None };
        let quote = grammar.quote.map(u8::try_from).transpose().ok()?;
        let is_mark = |byte: u8| byte.is_ascii() && !matches!(byte, b'\r' | b'\n');
        let is_plain = grammar.terminator == Terminator::Conventional
            && grammar.escape.is_none()
            && grammar.comment.is_none()
            && !grammar.skip_initial_space
            && is_mark(delimiter)
            && quote.is_none_or(|quote| is_mark(quote) && quote != delimiter);
        let double_quote = grammar.double_quote;
        is_plain.then_some(Surveyor { delimiter, quote, double_quote })
    }

    /// The survey of a range that holds these bytes.
    pub fn survey(self, bytes: &[u8]) -> Survey {
        self.survey_behind(&Survey::default(), bytes)
    }

    /// The survey of a range with these bytes behind it: the same as [`Survey::then`] with theirs, but
    /// for no more states than the range can end in.
    #[must_use]
    pub fn survey_behind(self, range: &Survey, bytes: &[u8]) -> Survey {
        let mut done = range.clone();
        for block in bytes.chunks(BLOCK_LEN) {
            let mut rest = block;
            while !rest.is_empty() {
                let part = self.part(rest, ends(&done));
                let len = usize::try_from(part.byte_len).unwrap_or(rest.len());
                rest = rest.get(len..).unwrap_or_default();
                done = done.then(&part);
            }
        }
        done
    }

    /// The survey of the start of `bytes`, at least a byte, up to where two of the states that it may
    /// start in have led to one.
    fn part(self, bytes: &[u8], mut runs: Vec<Run>) -> Survey {
        let (mut behind, mut line_breaks, mut last) = (0, 0, None);
        let mut has_met = has_met(&runs);
        let mut marks = Marks::new(Wanted::ends(self.quote), bytes);
        while let Some(at) = marks.next() {
            let byte = bytes.get(at).copied().unwrap_or_default();
            let open = bytes.get(behind..at).unwrap_or_default();
            for run in &mut runs {
                self.pass(run, open, behind as u64, line_breaks);
                self.mark(run, byte, at as u64, line_breaks);
            }
            let is_second = open.is_empty() && last == Some(b'\r');
            line_breaks += u64::from(byte == b'\r' || byte == b'\n' && !is_second);
            (behind, last) = (at + 1, Some(byte));
            has_met = runs.len() > 1 && self::has_met(&runs);
            if has_met {
                break;
            }
        }
        if !has_met {
            let open = bytes.get(behind..).unwrap_or_default();
            for run in &mut runs {
                self.pass(run, open, behind as u64, line_breaks);
            }
            behind = bytes.len();
        }
        let taken = bytes.get(..behind).unwrap_or_default();
        Survey {
            byte_len: behind as u64,
            line_breaks,
            starts_with_lf: taken.first() == Some(&b'\n'),
            ends_with_cr: taken.last() == Some(&b'\r'),
            outcomes: State::ALL.map(|state| {
                let run = runs.iter().find(|run| run.start == state);
                run.map_or(Outcome::of_nothing(state), |run| run.outcome)
            }),
        }
    }

    /// Takes bytes at `at` without a quote, a CR or an LF.
    #[inline]
    fn pass(self, run: &mut Run, open: &[u8], at: u64, line_breaks: u64) {
        let Some(&last) = open.last() else { return };
        let state = run.outcome.end;
        if state == State::Quoted {
            return;
        }
        if state.is_between_records() {
            run.start_record(at, line_breaks);
        }
        run.outcome.end = if last == self.delimiter { State::Field } else { State::Text };
    }

    /// Takes a quote, a CR or an LF at `at`.
    #[inline]
    fn mark(self, run: &mut Run, byte: u8, at: u64, line_breaks: u64) {
        let state = run.outcome.end;
        if Some(byte) == self.quote {
            return self.quote(run, at, line_breaks);
        }
        if state == State::Quoted {
            return;
        }
        let ends_crlf = byte == b'\n' && state == State::Cr;
        if state.is_between_records() && !ends_crlf {
            run.start_record(at, line_breaks);
        }
        run.outcome.end = if byte == b'\r' { State::Cr } else { State::Record };
    }

    /// Takes the quote at `at`.
    #[inline]
    fn quote(self, run: &mut Run, at: u64, line_breaks: u64) {
        let state = run.outcome.end;
        if state.is_between_records() {
            run.start_record(at, line_breaks);
        }
        run.outcome.end = match state {
            State::Record | State::Cr | State::Field => {
                run.outcome.quote_at = Some(at);
                State::Quoted
            }
            State::Quoted => State::Quote,
            State::Quote if self.double_quote => State::Quoted,
            State::Quote | State::Text => State::Text,
        };
    }
}

impl Run {
    fn start_record(&mut self, offset: u64, lines: u64) {
        let place = Some(Place { offset, rows: self.outcome.rows, lines });
        self.outcome.first = self.outcome.first.or(place);
        self.outcome.last = place;
        self.outcome.rows += 1;
    }
}

/// A run from each state that the range can end in.
fn ends(range: &Survey) -> Vec<Run> {
    let can_end = |state: &State| range.outcomes.iter().any(|outcome| outcome.end == *state);
    let run = |start| Run { start, outcome: Outcome::of_nothing(start) };
    State::ALL.into_iter().filter(can_end).map(run).collect()
}

/// Whether two of the runs have come to the same state, and so will find the same.
fn has_met(runs: &[Run]) -> bool {
    let pairs = runs.iter().enumerate();
    let mut pairs = pairs.flat_map(|(at, run)| runs.iter().skip(at + 1).map(move |b| (run, b)));
    pairs.any(|(a, b)| a.outcome.end == b.outcome.end)
}
