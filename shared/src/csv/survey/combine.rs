//! The surveys of two ranges, one behind the other, to that of both.

use super::super::RECORD_LIMIT;
use super::{Outcome, Place, State, Survey};

/// How far the places of a range move when another is put in front.
#[derive(Debug, Clone, Copy)]
struct Shift {
    bytes: u64,
    lines: u64,
}

impl Survey {
    /// The survey of this range and of the one behind it.
    ///
    /// ```
    /// use shared::csv::{Grammar, State, Surveyor};
    /// let surveyor = Surveyor::new(&Grammar::default()).unwrap();
    /// let (a, b) = (surveyor.survey(b"a,\"b\r"), surveyor.survey(b"\nc\"\r\nd"));
    /// let both = a.then(&b);
    /// assert_eq!(both, surveyor.survey(b"a,\"b\r\nc\"\r\nd"));
    /// assert_eq!((both.from(State::Record).rows, both.line_breaks), (2, 2));
    /// ```
    #[must_use]
    pub fn then(&self, next: &Survey) -> Survey {
        let shift = self.shift(next);
        let (is_empty, ends_here) = (self.byte_len == 0, next.byte_len == 0);
        Survey {
            byte_len: self.byte_len + next.byte_len,
            line_breaks: shift.lines + next.line_breaks,
            starts_with_lf: if is_empty { next.starts_with_lf } else { self.starts_with_lf },
            ends_with_cr: if ends_here { self.ends_with_cr } else { next.ends_with_cr },
            outcomes: State::ALL.map(|state| {
                let outcome = self.from(state);
                outcome.then(next.from(outcome.end), next.byte_len, shift)
            }),
        }
    }

    /// Where in a text that starts with this range a place of the range behind it is.
    pub fn place(&self, next: &Survey, place: Place) -> Place {
        self.from(State::Record).moved(place, self.shift(next))
    }

    fn shift(&self, next: &Survey) -> Shift {
        let is_one_break = self.ends_with_cr && next.starts_with_lf;
        let lines = self.line_breaks.saturating_sub(u64::from(is_one_break));
        Shift { bytes: self.byte_len, lines }
    }
}

impl Outcome {
    fn then(&self, next: &Outcome, next_len: u64, shift: Shift) -> Outcome {
        let moved = |place| self.moved(place, shift);
        let first = next.first.map(moved);
        let last_end = first.map_or(shift.bytes + next_len, |first| first.offset);
        let last_is_long = |last: &Place| last_end - last.offset > RECORD_LIMIT;
        let too_long = self.too_long.or_else(|| self.last.filter(last_is_long));
        Outcome {
            end: next.end,
            rows: self.rows + next.rows,
            first: self.first.or(first),
            last: next.last.map(moved).or(self.last),
            too_long: too_long.or_else(|| next.too_long.map(moved)),
            quote_at: next.quote_at.map(|at| shift.bytes + at).or(self.quote_at),
        }
    }
    fn moved(&self, place: Place, shift: Shift) -> Place {
        Place {
            offset: shift.bytes + place.offset,
            rows: self.rows + place.rows,
            lines: shift.lines + place.lines,
        }
    }
}
