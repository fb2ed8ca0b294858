//! What a range of a text that starts anywhere says about its records, whatever stands before it.
//!
//! Whether a line break ends a record depends on what stands before the range, but only in a few ways:
//! on its [`State`]. So a [`Survey`] says for each of them what is found and in which state the range
//! ends, and the surveys of neighbours, read by anyone in any order, combine to that of the whole.
//!
//! Invariant: however a text is cut, its surveys combine to the same, and what that says of the start
//! of a text is what [`super::Boundaries`] finds.

mod characters;
mod combine;
mod surveyor;

use serde::{Deserialize, Serialize};

pub use characters::Characters;
pub use surveyor::Surveyor;

/// Where in a record a range starts or ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum State {
    /// Behind the end of a record, or at the start of the text.
    Record,
    /// Behind a CR that ended a record: an LF would be a part of that end.
    Cr,
    /// Behind a delimiter.
    Field,
    /// In a field that is not quoted, or behind the closing quote and more.
    Text,
    /// In a quoted field.
    Quoted,
    /// Behind a quote in a quoted field, which may have closed it or be the first of two.
    Quote,
}

impl State {
    /// All of them.
    pub const ALL: [State; 6] =
        [State::Record, State::Cr, State::Field, State::Text, State::Quoted, State::Quote];

    /// Whether the text may be cut here into whole records: what comes next starts one, save for the
    /// LF of a CRLF.
    pub fn is_between_records(self) -> bool {
        matches!(self, State::Record | State::Cr)
    }
}

/// A place in a range, relative to its start.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Place {
    /// Byte offset, 0-based.
    pub offset: u64,
    /// Number of records that start before it, in the range.
    pub rows: u64,
    /// Number of line breaks before it, in the range.
    pub lines: u64,
}

/// What a range holds if it starts in a certain state. A record belongs to the range in which its first
/// byte stands; a blank line is one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Outcome {
    /// The state behind the last byte.
    pub end: State,
    /// Number of records that start in the range.
    pub rows: u64,
    /// Where the first of them starts.
    pub first: Option<Place>,
    /// Where the last of them starts.
    pub last: Option<Place>,
    /// Where the first of them starts that is longer than [`super::RECORD_LIMIT`], as far as the range
    /// reaches.
    pub too_long: Option<Place>,
    /// Byte offset of the last quote that opens a field, 0-based.
    pub quote_at: Option<u64>,
}

impl Outcome {
    /// That of no bytes.
    fn of_nothing(state: State) -> Self {
        Outcome { end: state, rows: 0, first: None, last: None, too_long: None, quote_at: None }
    }
}

/// What a range says about its records, as a function of the state in which it starts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Survey {
    /// Number of bytes.
    pub byte_len: u64,
    /// Number of CRLF, CR and LF.
    pub line_breaks: u64,
    starts_with_lf: bool,
    ends_with_cr: bool,
    outcomes: [Outcome; 6],
}

impl Default for Survey {
    /// That of an empty range, which changes nothing when it is combined.
    fn default() -> Self {
        Survey {
            byte_len: 0,
            line_breaks: 0,
            starts_with_lf: false,
            ends_with_cr: false,
            outcomes: State::ALL.map(Outcome::of_nothing),
        }
    }
}

impl Survey {
    /// That of a text up to `place`, where it is in that state, whatever stands there.
    ///
    /// ```
    /// use shared::csv::{Grammar, Place, State, Survey, Surveyor};
    /// let surveyor = Surveyor::new(&Grammar::default()).unwrap();
    /// let before = Survey::up_to(State::Record, Place { offset: 100, rows: 7, lines: 9 });
    /// let survey = surveyor.survey_behind(&before, b"a,b\nc");
    /// let last = survey.from(State::Record).last;
    /// assert_eq!(last, Some(Place { offset: 104, rows: 8, lines: 10 }));
    /// ```
    pub fn up_to(state: State, place: Place) -> Self {
        let outcome = Outcome { rows: place.rows, ..Outcome::of_nothing(state) };
        Survey {
            byte_len: place.offset,
            line_breaks: place.lines,
            outcomes: [outcome; 6],
            ..Survey::default()
        }
    }

    /// What the range holds if it starts in that state.
    pub fn from(&self, state: State) -> &Outcome {
        let [record, cr, field, text, quoted, quote] = &self.outcomes;
        match state {
            State::Record => record,
            State::Cr => cr,
            State::Field => field,
            State::Text => text,
            State::Quoted => quoted,
            State::Quote => quote,
        }
    }
}

#[cfg(test)]
mod tests;
