//! Dates, times and instants in the format `any`: whatever can be read in one way only.
//!
//! A date is ISO 8601 (`2013-01-31`, `20130131`, `2013-031`, `2013-W05-4`), three numbers of which
//! the first is the year, three numbers of which the last is the year and one is no month, or has
//! the name of its month. What can be read as two dates is ambiguous: `01/02/2013`, and every year of
//! two digits. A time of day is `h:mm`, `h:mm:ss` with a fraction, or has `am` or `pm`. An instant is a
//! date and a time in either order, with `T` between them or not, in UTC if there is no offset.
//!
//! Invariant: a part that is not understood makes the whole text no value; no part is filled in.

mod clock;
mod day;

use super::calendar::{self, instant};
use super::fault::CellFault;
use clock::{Clock, offset_word};

/// Words that the date within a text may have.
const WORDS: usize = 12;

/// The words of a text, taken apart by what they are.
#[derive(Debug, Default)]
struct Words<'c> {
    day: [&'c str; WORDS],
    days: usize,
    micros: Option<i64>,
    offset: Option<i64>,
}

/// A date, as days since 1970-01-01.
///
/// # Errors
/// [`CellFault::Type`], or [`CellFault::Ambiguous`] for what can be read as two dates.
///
/// ```
/// use shared::cell::{CellFault, any_date};
/// assert_eq!(any_date("2nd of January, 1970"), Ok(1));
/// assert_eq!(any_date("13/01/1970"), Ok(12));
/// assert_eq!(any_date("02/01/1970"), Err(CellFault::Ambiguous));
/// ```
pub fn any_date(text: &str) -> Result<i32, CellFault> {
    day::read(words(text))
}

/// A time of day, as microseconds since midnight.
///
/// ```
/// use shared::cell::any_time;
/// assert_eq!(any_time("1:30 am"), Some(5_400_000_000));
/// assert_eq!(any_time("01:30:00Z"), None);
/// ```
pub fn any_time(text: &str) -> Option<i64> {
    let words = Words::read(text)?;
    (words.days == 0 && words.offset.is_none()).then_some(words.micros)?
}

/// An instant, as microseconds since 1970-01-01T00:00:00Z.
///
/// # Errors
/// [`CellFault::Type`], or [`CellFault::Ambiguous`] for what can be read as two dates.
///
/// ```
/// use shared::cell::{CellFault, any_datetime};
/// assert_eq!(any_datetime("Thu, 01 Jan 1970 01:00:00 +0100"), Ok(0));
/// assert_eq!(any_datetime("1/2/1970 00:00"), Err(CellFault::Ambiguous));
/// assert_eq!(any_datetime("1970-01-01"), Err(CellFault::Type));
/// ```
pub fn any_datetime(text: &str) -> Result<i64, CellFault> {
    let words = Words::read(text).ok_or(CellFault::Type)?;
    let micros = words.micros.ok_or(CellFault::Type)?;
    let days = day::read(words.day.into_iter().take(words.days))?;
    instant(days, micros, words.offset.unwrap_or(0)).ok_or(CellFault::Type)
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| c.is_whitespace() || c == ',').filter(|word| !word.is_empty())
}

/// The two sides of the `T` of ISO 8601.
fn split_iso(word: &str) -> Option<(&str, &str)> {
    let at = word.find(['T', 't'])?;
    let (day, clock) = (word.get(..at)?, word.get(at + 1..)?);
    let digits = |text: &str, at: usize| text.as_bytes().get(at).is_some_and(u8::is_ascii_digit);
    (digits(day, day.len().checked_sub(1)?) && digits(clock, 0)).then_some((day, clock))
}

impl<'c> Words<'c> {
    fn read(text: &'c str) -> Option<Self> {
        let mut read = Words::default();
        // A time whose `am` or `pm`, or whose offset, may be the next word.
        let mut open: Option<Clock> = None;
        for word in words(text) {
            if let Some((day, clock)) = split_iso(word) {
                read.push_day(day)?;
                read.close(open.replace(Clock::iso(clock)?))?;
            } else if let Some(clock) = Clock::read(word) {
                read.close(open.replace(clock))?;
            } else if let Some(afternoon) = clock::half_of_day(word) {
                let clock = open.take().or_else(|| Clock::hour(read.pop_day()?))?;
                open = Some(clock.in_half(afternoon)?);
            } else if let Some(offset) = offset_word(word).filter(|_| read.has_clock(open)) {
                read.set_offset(offset)?;
            } else {
                read.close(open.take())?;
                read.push_day(word)?;
            }
        }
        read.close(open)?;
        Some(read)
    }

    fn push_day(&mut self, word: &'c str) -> Option<()> {
        *self.day.get_mut(self.days)? = word;
        self.days += 1;
        Some(())
    }

    fn pop_day(&mut self) -> Option<&'c str> {
        self.days = self.days.checked_sub(1)?;
        self.day.get(self.days).copied()
    }

    fn has_clock(&self, open: Option<Clock>) -> bool {
        open.is_some() || self.micros.is_some()
    }

    /// Takes over a time that is complete; there is only one.
    fn close(&mut self, clock: Option<Clock>) -> Option<()> {
        let Some(clock) = clock else { return Some(()) };
        if let Some(offset) = clock.offset {
            self.set_offset(offset)?;
        }
        let micros = clock.micros()?;
        self.micros.replace(micros).is_none().then_some(())
    }

    fn set_offset(&mut self, offset: i64) -> Option<()> {
        self.offset.replace(offset).is_none().then_some(())
    }
}

#[cfg(test)]
mod tests;
