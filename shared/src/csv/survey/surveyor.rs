//! Bytes to their survey.

use memchr::{memchr, memchr2_iter};
use serde::{Deserialize, Serialize};

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

/// The line breaks of bytes without quotes.
#[derive(Debug, Default)]
struct Lines {
    breaks: u64,
    /// Number of them that have bytes behind them.
    inner: u64,
    /// The offset behind the first and the last of those, with the number of breaks before it.
    first: Option<(u64, u64)>,
    last: Option<(u64, u64)>,
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
        let (mut at, mut line_breaks) = (0, 0);
        while at < bytes.len() && !has_met(&runs) {
            let rest = bytes.get(at..).unwrap_or_default();
            let found = self.quote.and_then(|quote| memchr(quote, rest));
            let (open, quoted) = rest.split_at(found.unwrap_or(rest.len()));
            if open.is_empty() {
                for run in &mut runs {
                    self.quote(run, at as u64, line_breaks);
                }
                at += quoted.len().min(1);
                continue;
            }
            let lines = Lines::of(open);
            let end = self.behind(open);
            let lf = open.first() == Some(&b'\n');
            for run in &mut runs {
                run.take(&lines, at as u64, line_breaks, lf, end);
            }
            line_breaks += lines.breaks;
            at += open.len();
        }
        let taken = bytes.get(..at).unwrap_or_default();
        Survey {
            byte_len: at as u64,
            line_breaks,
            starts_with_lf: taken.first() == Some(&b'\n'),
            ends_with_cr: taken.last() == Some(&b'\r'),
            outcomes: State::ALL.map(|state| {
                let run = runs.iter().find(|run| run.start == state);
                run.map_or(Outcome::of_nothing(state), |run| run.outcome)
            }),
        }
    }

    /// The state behind bytes without quotes that are not in quotes.
    fn behind(self, bytes: &[u8]) -> State {
        match bytes.last() {
            Some(b'\n') => State::Record,
            Some(b'\r') => State::Cr,
            Some(byte) if *byte == self.delimiter => State::Field,
            _ => State::Text,
        }
    }

    /// Takes the quote at `at`.
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

    /// Takes bytes without quotes, at least one, at `at`; `end` is the state behind them outside quotes.
    fn take(&mut self, lines: &Lines, at: u64, line_breaks: u64, starts_with_lf: bool, end: State) {
        let state = self.outcome.end;
        if state == State::Quoted {
            return;
        }
        if state == State::Record || state == State::Cr && !starts_with_lf {
            self.start_record(at, line_breaks);
        }
        if let (Some(first), Some(last)) = (lines.first, lines.last) {
            self.start_record(at + first.0, line_breaks + first.1);
            if lines.inner > 1 {
                self.outcome.rows += lines.inner - 2;
                self.start_record(at + last.0, line_breaks + last.1);
            }
        }
        self.outcome.end = end;
    }
}

impl Lines {
    fn of(bytes: &[u8]) -> Self {
        let mut lines = Lines::default();
        for at in memchr2_iter(b'\r', b'\n', bytes) {
            if bytes.get(at..at + 2) == Some(b"\r\n") {
                continue;
            }
            lines.breaks += 1;
            if at + 1 < bytes.len() {
                lines.inner += 1;
                lines.last = Some((at as u64 + 1, lines.breaks));
                lines.first = lines.first.or(lines.last);
            }
        }
        lines
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
