//! Dates, times and instants in a pattern of `strptime`, as Python reads them.
//!
//! A pattern is matched as Python's regular expressions match it: each directive prefers its longest
//! text, gives back what a later one needs, and the first match that is found is the only one tried.
//! Stricter than Python: digits are ASCII, a day or week that the year does not have is none (Python
//! goes on into the next year), and the pattern must say what the type needs, each part once.
//!
//! Invariant: names are English, whatever the machine's locale says.

mod directive;
mod matching;

use chrono::NaiveDate;

pub use directive::{StrptimeError, Temporal};

use super::calendar::{self, MICROS_PER_SECOND};
use directive::Token;
use matching::Found;
pub(super) use matching::{MONTHS, WEEKDAYS};

/// A compiled pattern for one temporal type.
///
/// ```
/// use shared::cell::{Strptime, Temporal};
/// let pattern = Strptime::new("%d/%m/%y", Temporal::Date).unwrap();
/// assert_eq!(pattern.date("2/1/70"), Some(1));
/// assert_eq!(pattern.date("1970-01-02"), None);
/// assert!(Strptime::new("%d/%M/%y", Temporal::Date).is_err());
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Strptime {
    source: String,
    tokens: Vec<Token>,
}

impl Strptime {
    /// Compiles a pattern.
    ///
    /// # Errors
    /// A directive that Python does not know, that means nothing for the type, or that says again what
    /// another one says; or a part of the value that no directive says.
    pub fn new(pattern: &str, temporal: Temporal) -> Result<Self, StrptimeError> {
        let tokens = directive::tokens(pattern)?;
        directive::check(&tokens, temporal)?;
        Ok(Strptime { source: pattern.to_owned(), tokens })
    }

    /// The pattern as it was written.
    pub fn as_str(&self) -> &str {
        &self.source
    }

    /// Days since 1970-01-01; a missing month or day is the first.
    pub fn date(&self, text: &str) -> Option<i32> {
        self.find(text)?.days()
    }

    /// Microseconds since midnight.
    pub fn time(&self, text: &str) -> Option<i64> {
        self.find(text)?.micros()
    }

    /// Microseconds since 1970-01-01T00:00:00Z; without an offset in the text it is in UTC.
    pub fn datetime(&self, text: &str) -> Option<i64> {
        let found = self.find(text)?;
        calendar::instant(found.days()?, found.micros()?, found.offset_micros()?)
    }

    fn find<'c>(&self, text: &'c str) -> Option<Found<'c>> {
        let mut found = Found::default();
        matching::matches(&self.tokens, text, &mut found)?.is_empty().then_some(found)
    }
}

impl Found<'_> {
    fn days(&self) -> Option<i32> {
        let year = self.year?;
        let date = if let Some(week) = self.iso_week {
            let monday = chrono::Weekday::Mon;
            let first = NaiveDate::from_isoywd_opt(year, week, monday)?;
            first.checked_add_days(chrono::Days::new(self.weekday?.into()))
        } else if let Some(day) = self.day_of_year {
            NaiveDate::from_yo_opt(year, day)
        } else if let Some((week, first)) = self.week {
            day_of_week(year, week, self.weekday?, first)
        } else {
            NaiveDate::from_ymd_opt(year, self.month.unwrap_or(1), self.day.unwrap_or(1))
        };
        calendar::days(date?)
    }

    fn micros(&self) -> Option<i64> {
        let hour = match (self.half_hour, self.afternoon) {
            (Some(hour), Some(afternoon)) => hour % 12 + if afternoon { 12 } else { 0 },
            _ => self.hour.unwrap_or(0),
        };
        let (minute, second) = (self.minute.unwrap_or(0), self.second.unwrap_or(0));
        calendar::time_of_day(hour, minute, second, self.micros.unwrap_or(0))
    }

    fn offset_micros(&self) -> Option<i64> {
        self.offset.map_or(Some(0), offset_micros)
    }
}

/// The day of a week of the year that starts on `first` (days since Monday). Week 0 comes before the
/// first such day, and may begin in the year before.
fn day_of_week(year: i32, week: u32, weekday: u32, first: u32) -> Option<NaiveDate> {
    use chrono::Datelike;
    let new_year = NaiveDate::from_ymd_opt(year, 1, 1)?;
    let since = |day: u32| i64::from((day + 7 - first) % 7);
    let (start, day) = (since(new_year.weekday().num_days_from_monday()), since(weekday));
    let days = match i64::from(week) {
        0 => day - start,
        week => (7 - start) % 7 + 7 * (week - 1) + day,
    };
    new_year.checked_add_signed(chrono::TimeDelta::try_days(days)?)
}

/// `Z`, or a sign, hours, minutes, perhaps seconds and their fraction, all with colons or all without.
fn offset_micros(text: &str) -> Option<i64> {
    if text == "Z" {
        return Some(0);
    }
    let (&sign, rest) = text.as_bytes().split_first()?;
    let (hours, rest) = rest.split_at_checked(2)?;
    let colons = rest.first() == Some(&b':');
    let (minutes, rest) = sixtieths(rest, colons)?;
    let (seconds, fraction) = if rest.is_empty() { (0, rest) } else { sixtieths(rest, colons)? };
    let fraction = match fraction.strip_prefix(b".") {
        Some(fraction) => calendar::fraction_micros(fraction)?,
        None => 0,
    };
    let seconds = calendar::digits(hours)? * 3600 + minutes * 60 + seconds;
    let micros = i64::from(seconds) * MICROS_PER_SECOND + i64::from(fraction);
    // Python's own bound.
    let micros = (micros < calendar::MICROS_PER_DAY).then_some(micros)?;
    Some(if sign == b'-' { -micros } else { micros })
}

/// Two digits behind their colon, if there are colons, and what follows.
fn sixtieths(text: &[u8], colons: bool) -> Option<(u32, &[u8])> {
    let text = if colons { text.strip_prefix(b":")? } else { text };
    let (digits, rest) = text.split_at_checked(2)?;
    Some((calendar::digits(digits)?, rest))
}

#[cfg(test)]
mod tests;
