//! Dates, times of day and instants in their default formats.
//!
//! Invariant: dates and instants lie in the years 1 to 9999.

use chrono::{Datelike, NaiveDate};

use super::digits::pairs;

pub(super) const MICROS_PER_SECOND: i64 = 1_000_000;
pub(super) const MICROS_PER_DAY: i64 = 86_400 * MICROS_PER_SECOND;

/// The years 1 to 9999, which is what readers of tables can show, in days since 1970-01-01.
const DAYS: std::ops::RangeInclusive<i32> = -719_162..=2_932_896;

/// The same years in UTC.
const INSTANTS: std::ops::Range<i64> = -62_135_596_800_000_000..253_402_300_800_000_000;

/// Whether a number of days since 1970-01-01 is a day of the years that are kept.
pub(crate) fn is_day(days: i32) -> bool {
    DAYS.contains(&days)
}

/// Whether a number of microseconds since the epoch is an instant of the years that are kept.
pub(crate) fn is_instant(micros: i64) -> bool {
    INSTANTS.contains(&micros)
}

/// `YYYY-MM-DD` from year 1 on, as days since 1970-01-01.
///
/// ```
/// use shared::cell::date;
/// assert_eq!(date(b"1970-01-02"), Some(1));
/// assert_eq!(date(b"2023-02-29"), None);
/// ```
#[inline]
pub fn date(cell: &[u8]) -> Option<i32> {
    const DASHES: u64 = u64::from_le_bytes([0, 0, 0, 0, b'-', 0, 0, b'-']);
    const AT_DASHES: u64 = u64::from_le_bytes([0, 0, 0, 0, 0xff, 0, 0, 0xff]);
    let (lead, day) = cell.split_first_chunk::<8>()?;
    let lead = u64::from_le_bytes(*lead);
    let day = u64::from(u16::from_le_bytes(*day.as_array()?));
    if lead & AT_DASHES != DASHES {
        return None;
    }
    let digits = lead & 0xffff_ffff | (lead >> 40 & 0xffff) << 32 | day << 48;
    let [century, year, month, day] = pairs(digits)?;
    epoch_days(century * 100 + year, month, day)
}

/// `hh:mm:ss` with a fraction of a second, as microseconds since midnight.
///
/// Digits beyond the microsecond must be zeros. There is no offset: what it would mean for a time
/// without a date nobody can tell.
///
/// ```
/// use shared::cell::time;
/// assert_eq!(time(b"00:00:01.5"), Some(1_500_000));
/// assert_eq!(time(b"24:00:00"), None);
/// ```
pub fn time(cell: &[u8]) -> Option<i64> {
    let [h1, h2, b':', m1, m2, b':', s1, s2, fraction @ ..] = cell else { return None };
    let micros = match fraction {
        [] => 0,
        [b'.', fraction @ ..] => fraction_micros(fraction)?,
        _ => return None,
    };
    time_of_day(digits(&[*h1, *h2])?, digits(&[*m1, *m2])?, digits(&[*s1, *s2])?, micros)
}

/// `YYYY-MM-DDThh:mm:ss` with a fraction of a second and `Z` or an offset `±hh:mm`, as microseconds
/// since 1970-01-01T00:00:00Z.
///
/// Without an offset it is in UTC. As XML Schema has it, `24:00:00` is midnight of the next day.
///
/// ```
/// use shared::cell::datetime;
/// assert_eq!(datetime(b"1970-01-01T01:00:00+01:00"), Some(0));
/// assert_eq!(datetime(b"1970-01-01 00:00:00"), None);
/// ```
pub fn datetime(cell: &[u8]) -> Option<i64> {
    let (day, rest) = cell.split_at_checked(10)?;
    let (clock, offset) = split_offset(rest.strip_prefix(b"T")?)?;
    let micros = time(clock).or_else(|| end_of_day(clock))?;
    instant(date(day)?, micros, offset)
}

/// A calendar year, `YYYY` from 0000 to 9999.
///
/// ```
/// use shared::cell::year;
/// assert_eq!(year(b"2013"), Some(2013));
/// assert_eq!(year(b"213"), None);
/// ```
pub fn year(cell: &[u8]) -> Option<i64> {
    let [y1, y2, y3, y4] = *cell else { return None };
    digits(&[y1, y2, y3, y4]).map(i64::from)
}

/// A month of a year, `YYYY-MM`, as months since 0000-01.
///
/// ```
/// use shared::cell::year_month;
/// assert_eq!(year_month(b"0001-02"), Some(13));
/// assert_eq!(year_month(b"2013-13"), None);
/// ```
pub fn year_month(cell: &[u8]) -> Option<i32> {
    let [y1, y2, y3, y4, b'-', m1, m2] = *cell else { return None };
    let month = digits(&[m1, m2]).filter(|month| (1..=12).contains(month))?;
    i32::try_from(digits(&[y1, y2, y3, y4])? * 12 + month - 1).ok()
}

/// A time of day as its canonical text, which orders as times do: microseconds since midnight shown
/// as `hh:mm:ss` and a fraction without trailing zeros.
///
/// ```
/// use shared::cell::TimeText;
/// assert_eq!(TimeText(1_500_000).to_string(), "00:00:01.5");
/// assert_eq!(TimeText(0).to_string(), "00:00:00");
/// ```
#[derive(Debug, Clone, Copy)]
pub struct TimeText(pub i64);

impl std::fmt::Display for TimeText {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let seconds = self.0.div_euclid(MICROS_PER_SECOND);
        write!(f, "{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60)?;
        let (mut fraction, mut width) = (self.0.rem_euclid(MICROS_PER_SECOND), 6);
        if fraction == 0 {
            return Ok(());
        }
        while fraction % 10 == 0 {
            (fraction, width) = (fraction / 10, width - 1);
        }
        write!(f, ".{fraction:0width$}")
    }
}

/// Days since 1970-01-01 of a day of the years 1 to 9999, which the calendar may not have.
#[inline]
fn epoch_days(year: u32, month: u32, day: u32) -> Option<i32> {
    let start = YEARS.get(year as usize).filter(|_| year > 0)?;
    let months = if start.is_leap { &LEAP_YEAR } else { &COMMON_YEAR };
    let Month { before, len } = *months.get(month as usize)?;
    let is_there = 0 < day && day <= u32::from(len);
    is_there.then(|| start.days + i32::from(before) + day.cast_signed())
}

/// Where a year starts.
#[derive(Debug, Clone, Copy)]
struct Year {
    /// Days since 1970-01-01 of the day before its first.
    days: i32,
    is_leap: bool,
}

/// The years 0 to 9999. A table, since divisions by 4, 100 and 400 for each date take longer.
#[allow(clippy::indexing_slicing, reason = "an index beyond the end would not compile")]
static YEARS: [Year; 10_000] = {
    let mut years = [Year { days: -719_529, is_leap: true }; 10_000];
    let mut year = 1;
    while year < years.len() {
        let Year { days, is_leap } = years[year - 1];
        let days = days + if is_leap { 366 } else { 365 };
        let is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
        years[year] = Year { days, is_leap };
        year += 1;
    }
    years
};

/// A month, by the days of its year before it and its own.
#[derive(Debug, Clone, Copy)]
struct Month {
    before: u16,
    len: u16,
}

static COMMON_YEAR: [Month; 13] = months(28);
static LEAP_YEAR: [Month; 13] = months(29);

/// The months of a year by their numbers, behind a month 0 without days.
#[allow(clippy::indexing_slicing, reason = "an index beyond the end would not compile")]
const fn months(february: u16) -> [Month; 13] {
    let lens = [0, 31, february, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let mut months = [Month { before: 0, len: 0 }; 13];
    let mut month = 1;
    while month < months.len() {
        let Month { before, len } = months[month - 1];
        months[month] = Month { before: before + len, len: lens[month] };
        month += 1;
    }
    months
}

/// Days since 1970-01-01, within the years that are kept.
pub(super) fn days(date: NaiveDate) -> Option<i32> {
    (1..=9999).contains(&date.year()).then(|| date.to_epoch_days())
}

/// Microseconds since midnight.
pub(super) fn time_of_day(hour: u32, minute: u32, second: u32, micros: u32) -> Option<i64> {
    let inside = hour < 24 && minute < 60 && second < 60;
    let seconds = i64::from(hour) * 3600 + i64::from(minute) * 60 + i64::from(second);
    inside.then_some(seconds * MICROS_PER_SECOND + i64::from(micros))
}

/// Microseconds since the epoch of a local time, `offset` microseconds ahead of UTC.
pub(super) fn instant(days: i32, micros: i64, offset: i64) -> Option<i64> {
    let micros = i64::from(days) * MICROS_PER_DAY + micros - offset;
    is_instant(micros).then_some(micros)
}

/// A few digits as a number; None if there is anything else.
pub(super) fn digits(bytes: &[u8]) -> Option<u32> {
    bytes.iter().try_fold(0_u32, |number, byte| {
        let digit = byte.is_ascii_digit().then(|| u32::from(byte - b'0'))?;
        number.checked_mul(10)?.checked_add(digit)
    })
}

/// The digits behind the point of the seconds, as microseconds; nothing is rounded.
pub(super) fn fraction_micros(fraction: &[u8]) -> Option<u32> {
    let (kept, finer) = fraction.split_at(fraction.len().min(6));
    if kept.is_empty() || finer.iter().any(|&byte| byte != b'0') {
        return None;
    }
    Some(digits(kept)? * 10_u32.pow(6 - u32::try_from(kept.len()).ok()?))
}

/// `24:00:00`, which only a date makes meaningful.
fn end_of_day(clock: &[u8]) -> Option<i64> {
    let fraction = clock.strip_prefix(b"24:00:00")?;
    let zeros = fraction.strip_prefix(b".").map_or(fraction.is_empty(), |zeros| {
        !zeros.is_empty() && zeros.iter().all(|&byte| byte == b'0')
    });
    zeros.then_some(MICROS_PER_DAY)
}

/// The time of day, and the offset from UTC in microseconds.
fn split_offset(rest: &[u8]) -> Option<(&[u8], i64)> {
    if let Some(clock) = rest.strip_suffix(b"Z") {
        return Some((clock, 0));
    }
    let Some((clock, [sign @ (b'+' | b'-'), h1, h2, b':', m1, m2])) = rest.split_last_chunk()
    else {
        return Some((rest, 0));
    };
    offset(*sign, digits(&[*h1, *h2])?, digits(&[*m1, *m2])?).map(|offset| (clock, offset))
}

/// Microseconds ahead of UTC. XML Schema bounds an offset by 14 hours.
pub(super) fn offset(sign: u8, hours: u32, minutes: u32) -> Option<i64> {
    if minutes > 59 || hours * 60 + minutes > 14 * 60 {
        return None;
    }
    let micros = i64::from(hours * 3600 + minutes * 60) * MICROS_PER_SECOND;
    Some(if sign == b'-' { -micros } else { micros })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn dates() {
        for (cell, expected) in [
            ("2013-01-31", Some(15736)),
            ("2024-02-29", Some(19782)),
            ("2023-02-29", None),
            ("2013-13-01", None),
            ("2013-1-1", None),
            ("0001-01-01", Some(-719_162)),
            ("9999-12-31", Some(2_932_896)),
            ("0000-01-01", None),
            ("01/02/2013", None),
            (" 2013-01-31", None),
            ("2013-01-31 ", None),
            ("٢٠١٣-01-31", None),
            ("2013-01-01T00:00:00Z", None),
        ] {
            assert_eq!(date(cell.as_bytes()), expected, "{cell:?}");
        }
    }

    #[test]
    fn far_days_are_none() {
        let days = [i32::MIN, -719_163, -719_162, 0, 2_932_896, 2_932_897, i32::MAX];
        assert_eq!(days.map(is_day), [false, false, true, true, true, false, false]);
    }

    #[test]
    fn every_day_of_the_calendar_and_no_other() {
        for (year, month, day) in (0..=10_000_u32)
            .flat_map(|y| (0..=13).flat_map(move |m| (0..=32).map(move |d| (y, m, d))))
        {
            let expected = NaiveDate::from_ymd_opt(year.cast_signed(), month, day).and_then(days);
            assert_eq!(epoch_days(year, month, day), expected, "{year}-{month}-{day}");
        }
    }

    #[test]
    fn times() {
        for (cell, expected) in [
            ("23:59:59.999999", Some(86_399_999_999)),
            ("01:00:00.1", Some(3_600_100_000)),
            ("01:00:00.1000000", Some(3_600_100_000)),
            ("01:00:00.1234567", None),
            ("00:00:60", None),
            ("00:60:00", None),
            ("24:00:00", None),
            ("1:00:00", None),
            ("01:00", None),
            ("01:00:00.", None),
            ("01:00:00.1Z", None),
            ("01:00:00+01:00", None),
            ("01:00:00,5", None),
        ] {
            assert_eq!(time(cell.as_bytes()), expected, "{cell:?}");
        }
    }

    #[test]
    fn instants() {
        for (cell, expected) in [
            ("1970-01-01T00:00:00", Some(0)),
            ("1970-01-01T00:00:00.000001Z", Some(1)),
            ("1970-01-01T00:00:00.0000010Z", Some(1)),
            ("1970-01-01T00:00:00.0000001Z", None),
            ("1969-12-31T23:59:59-00:30", Some(1_799_000_000)),
            ("1970-01-01T14:00:00+14:00", Some(0)),
            ("1970-01-01T14:00:00+14:01", None),
            ("1970-01-01T00:00:00+1:00", None),
            ("1970-01-01T00:00:00+0100", None),
            ("1970-01-01T00:00:00z", None),
            ("1970-01-01t00:00:00", None),
            ("1970-01-01", None),
            ("1969-12-31T24:00:00", Some(0)),
            ("1969-12-31T24:00:00.000Z", Some(0)),
            ("1969-12-31T24:00:01", None),
            ("1969-12-31T24:00:00.", None),
            ("0001-01-01T00:00:00Z", Some(-62_135_596_800_000_000)),
            ("0001-01-01T00:00:00+00:01", None),
            ("9999-12-31T23:59:59.999999Z", Some(253_402_300_799_999_999)),
            ("9999-12-31T23:59:59-00:01", None),
            ("9999-12-31T24:00:00Z", None),
        ] {
            assert_eq!(datetime(cell.as_bytes()), expected, "{cell:?}");
        }
    }

    #[test]
    fn years_and_months() {
        for (cell, expected) in [
            ("2013", Some(2013)),
            ("0000", Some(0)),
            ("9999", Some(9999)),
            ("-201", None),
            ("+201", None),
            ("20130", None),
            ("13", None),
            ("2013Z", None),
            (" 201", None),
        ] {
            assert_eq!(year(cell.as_bytes()), expected, "{cell:?}");
        }
        for (cell, expected) in [
            ("2013-01", Some(2013 * 12)),
            ("2013-12", Some(2013 * 12 + 11)),
            ("0000-01", Some(0)),
            ("2013-00", None),
            ("2013-13", None),
            ("2013-1", None),
            ("13-01", None),
            ("2013-01-01", None),
            ("2013/01", None),
        ] {
            assert_eq!(year_month(cell.as_bytes()), expected, "{cell:?}");
        }
    }

    proptest! {
        #[test]
        fn the_text_of_a_time_is_that_time(micros in 0_i64..86_400_000_000) {
            prop_assert_eq!(time(TimeText(micros).to_string().as_bytes()), Some(micros));
        }

        #[test]
        fn texts_of_times_order_as_times(a in 0_i64..86_400_000_000, b in 0_i64..86_400_000_000) {
            prop_assert_eq!(TimeText(a).to_string().cmp(&TimeText(b).to_string()), a.cmp(&b));
        }
    }
}
