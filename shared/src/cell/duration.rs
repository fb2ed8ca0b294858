//! Durations as XML Schema defines them.

use std::cmp::Ordering;

/// Units of a second that are kept apart.
const ATTOS_PER_SECOND: i128 = 1_000_000_000_000_000_000;
const ATTO_DIGITS: usize = 18;

/// Months and seconds, which no fixed factor connects.
///
/// Equal durations have equal months and equal seconds: `P1Y` is `P12M`, but `P1M` is neither `P30D`
/// nor `P31D`. The order is partial for the same reason: see [`partial_cmp`](Self::partial_cmp).
///
/// ```
/// use shared::cell::Duration;
/// let read = |text: &str| Duration::read(text.as_bytes());
/// assert_eq!(read("P1YT24H"), read("P12M1D"));
/// assert!(read("P1M") < read("P32D"));
/// assert_eq!(read("P1M").unwrap().partial_cmp(&read("P30D").unwrap()), None);
/// assert_eq!(read("P1W"), None);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Duration {
    months: i32,
    attos: i128,
}

impl Duration {
    /// `PnYnMnDTnHnMnS` with an optional `-` before it, where parts may lack but not all of them, and
    /// the seconds may have a fraction of up to 18 digits.
    ///
    /// None also beyond 32 bits of months or 64 bits of seconds.
    pub fn read(cell: &[u8]) -> Option<Self> {
        let text = std::str::from_utf8(cell).ok()?;
        let (negative, text) = match text.strip_prefix('-') {
            Some(text) => (true, text),
            None => (false, text),
        };
        let text = text.strip_prefix('P')?;
        let (days, clock) = match text.split_once('T') {
            Some((days, clock)) => (days, Some(clock).filter(|clock| !clock.is_empty())?),
            None => (Some(text).filter(|days| !days.is_empty())?, ""),
        };
        let ([years, months, days], rest) = parts(days, ['Y', 'M', 'D'])?;
        let ([hours, minutes], seconds) = parts(clock, ['H', 'M'])?;
        let attos = seconds_of(seconds)?;
        if !rest.is_empty() {
            return None;
        }
        let months = years.checked_mul(12)?.checked_add(months)?;
        let whole = [(days, 86_400), (hours, 3600), (minutes, 60)]
            .into_iter()
            .try_fold(0_i64, |sum, (count, unit)| sum.checked_add(count.checked_mul(unit)?))?;
        let attos = i128::from(whole) * ATTOS_PER_SECOND + attos;
        let fits = attos / ATTOS_PER_SECOND <= i128::from(i64::MAX);
        let months = i32::try_from(months).ok().filter(|_| fits)?;
        let sign = if negative { -1 } else { 1 };
        Some(Duration { months: months * sign, attos: attos * i128::from(sign) })
    }

    /// Attoseconds from a day far back to the end of this duration from the first of a month.
    fn end(self, (year, month): (i64, i64)) -> i128 {
        let month = year * 12 + (month - 1) + i64::from(self.months);
        let days = days_before(month.div_euclid(12), month.rem_euclid(12));
        i128::from(days) * 86_400 * ATTOS_PER_SECOND + self.attos
    }
}

/// The months from whose first day XML Schema measures durations: they cover every sequence of lengths
/// of months.
const REFERENCES: [(i64, i64); 4] = [(1696, 9), (1697, 2), (1903, 3), (1903, 7)];

/// An order only where it is the same from all four reference instants of XML Schema.
impl PartialOrd for Duration {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        let mut orders = REFERENCES.iter().map(|&from| self.end(from).cmp(&other.end(from)));
        let first = orders.next()?;
        orders.all(|order| order == first).then_some(first)
    }
}

/// The numbers before each designator, in this order and 0 where one lacks; and the rest.
fn parts<const N: usize>(mut text: &str, designators: [char; N]) -> Option<([i64; N], &str)> {
    let mut numbers = [0; N];
    for (number, designator) in numbers.iter_mut().zip(designators) {
        let digits = text.bytes().take_while(u8::is_ascii_digit).count();
        let (digits, rest) = text.split_at_checked(digits)?;
        if let Some(rest) = rest.strip_prefix(designator) {
            *number = digits.parse().ok()?;
            text = rest;
        }
    }
    Some((numbers, text))
}

/// `n.nS` in attoseconds; nothing is 0.
fn seconds_of(text: &str) -> Option<i128> {
    if text.is_empty() {
        return Some(0);
    }
    let text = text.strip_suffix('S')?;
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let kept = fraction.trim_end_matches('0');
    if !digits(whole) || !digits(fraction) || kept.len() > ATTO_DIGITS {
        return None;
    }
    let fraction = (kept.len()..ATTO_DIGITS)
        .fold(kept.bytes().fold(0, |sum, byte| sum * 10 + i128::from(byte - b'0')), |sum, _| {
            sum * 10
        });
    Some(i128::from(whole.parse::<i64>().ok()?) * ATTOS_PER_SECOND + fraction)
}

/// Days before a month (0-based) of a year, counted from some day far back, in the Gregorian calendar
/// extended both ways.
fn days_before(year: i64, month: i64) -> i64 {
    // Years that begin in March have their leap day at the end.
    let (year, month) = if month < 2 { (year - 1, month + 10) } else { (year, month - 2) };
    let leap_days = year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400);
    year * 365 + leap_days + (month * 153 + 2) / 5
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(text: &str) -> Option<Duration> {
        Duration::read(text.as_bytes())
    }

    #[test]
    fn texts() {
        for text in [
            "P1Y",
            "P1M",
            "P1D",
            "PT1H",
            "PT1M",
            "PT1S",
            "-P1Y",
            "P1Y2M3DT4H5M6.789S",
            "P0D",
            "PT0.0S",
            "P1YT1S",
            "P99999999Y",
            "PT0.100000000000000000000S",
            "PT9223372036854775807S",
            "P007D",
        ] {
            assert!(read(text).is_some(), "{text}");
        }
        for text in [
            "",
            "P",
            "PT",
            "P1",
            "1Y",
            "P1YT",
            "P1W",
            "P1M1Y",
            "P-1Y",
            "+P1Y",
            "--P1Y",
            "P1.5Y",
            "P1,5D",
            "PT1.S",
            "PT.5S",
            "PT1.5M",
            "PT1S1M",
            "PT1H1S1M",
            "P1S",
            "P1H",
            "PY",
            "PTS",
            "p1y",
            " P1Y",
            "P1Y ",
            "P1DT",
            "P1Y1Y",
            "P2013-01-01",
            "P1Y2M3DT4H5M6.7.8S",
            "P99999999999Y",
            "PT99999999999999999999S",
            "PT0.0000000000000000001S",
            "P٣D",
            "PT1S2",
        ] {
            assert_eq!(read(text), None, "{text}");
        }
        assert_eq!(Duration::read(b"P\xff"), None);
    }

    #[track_caller]
    fn check(left: &str, right: &str, expected: Option<Ordering>) {
        let (left, right) = (read(left).unwrap(), read(right).unwrap());
        assert_eq!(left.partial_cmp(&right), expected);
        assert_eq!(right.partial_cmp(&left), expected.map(Ordering::reverse));
    }

    #[test]
    fn the_order_is_that_of_xml_schema() {
        use Ordering::{Equal, Greater, Less};
        check("P1Y", "P12M", Some(Equal));
        check("PT36H", "P1DT12H", Some(Equal));
        check("P1Y", "P364D", Some(Greater));
        check("P1Y", "P365D", None);
        check("P1Y", "P366D", None);
        check("P1Y", "P367D", Some(Less));
        check("P1M", "P27D", Some(Greater));
        check("P1M", "P28D", None);
        check("P1M", "P31D", None);
        check("P1M", "P32D", Some(Less));
        check("P5M", "P149D", Some(Greater));
        check("P5M", "P150D", None);
        check("P5M", "P153D", None);
        check("P5M", "P154D", Some(Less));
        check("-P1M", "-P32D", Some(Greater));
        check("PT0.1S", "PT0.09S", Some(Greater));
        check("-PT1S", "PT0S", Some(Less));
    }

    proptest! {
        #[test]
        fn days_are_those_of_the_calendar(year in 1_i32..9999, month in 0_u32..12) {
            let days = |year: i32, month: u32| {
                i64::from(chrono::NaiveDate::from_ymd_opt(year, month + 1, 1).unwrap().to_epoch_days())
            };
            let ours = |year: i32, month: u32| days_before(year.into(), month.into());
            prop_assert_eq!(ours(year, month) - ours(1, 0), days(year, month) - days(1, 0));
        }

        #[test]
        fn no_text_upsets_it(text in "-?P?[0-9YMDTHS.]{0,16}|P[0-9]{0,30}Y") {
            if let Some(duration) = read(&text) {
                prop_assert_eq!(duration.partial_cmp(&duration), Some(Ordering::Equal));
            }
        }
    }
}
