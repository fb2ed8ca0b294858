//! What a reader may know of a part without opening it: row count, nulls, and bounds by column.
//!
//! Invariant: no value of a column lies outside its bounds. A bound that cannot be told exactly is
//! widened, and one that cannot be told at all is left out: a missing bound costs a reader time, a
//! wrong one costs it rows.

use std::collections::BTreeMap;

use chrono::{DateTime, Datelike, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The longest string bound, in characters.
const BOUND_CHARS: usize = 32;

/// Days from the first day of year 1 (which counts as day 1) to 1970-01-01.
const EPOCH_DAYS: i32 = 719_163;

/// Statistics of one part, as the step that writes the part computes them.
///
/// Whoever fills it in rounds and shortens with this module's functions: [`string_min`],
/// [`string_max`], [`date`], [`timestamp_min`], [`timestamp_max`] and [`double`]. Integers go in as
/// they are. Booleans have no bounds, a column of nulls has none, and a column that holds a NaN has
/// none (to some readers NaN is larger than every number, to others it is not).
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Stats {
    /// Rows in the part.
    pub record_count: u64,
    /// Nulls by column; every column stands here, with 0 if it has none.
    pub null_count: BTreeMap<String, u64>,
    /// Lower bounds by column, nulls aside.
    pub min_values: BTreeMap<String, Value>,
    /// Upper bounds by column, nulls aside.
    pub max_values: BTreeMap<String, Value>,
}

/// A lower bound for a string: its first 32 characters.
pub fn string_min(value: &str) -> String {
    value.chars().take(BOUND_CHARS).collect()
}

/// An upper bound for a string, of at most 32 characters, in the order of code points (which is
/// the order of UTF-8 bytes).
///
/// A longer string is cut and its last character replaced by the next code point. `None` if there
/// is none: all 32 are the last code point.
///
/// ```
/// use shared::stats::string_max;
/// assert_eq!(string_max("short").as_deref(), Some("short"));
/// assert_eq!(string_max(&"a".repeat(33)), Some("a".repeat(31) + "b"));
/// ```
pub fn string_max(value: &str) -> Option<String> {
    let mut bound = string_min(value);
    if bound.len() == value.len() {
        return Some(bound);
    }
    while let Some(last) = bound.pop() {
        // A range of characters steps over the surrogates.
        if let Some(next) = (last..=char::MAX).nth(1) {
            bound.push(next);
            return Some(bound);
        }
    }
    None
}

/// A date, given in days since 1970-01-01, as both of its bounds; `None` outside the years 1 to
/// 9999.
pub fn date(days: i32) -> Option<String> {
    let date = NaiveDate::from_num_days_from_ce_opt(days.checked_add(EPOCH_DAYS)?)?;
    has_four_digit_year(&date).then(|| date.format("%Y-%m-%d").to_string())
}

/// A lower bound, in whole milliseconds, for a timestamp in microseconds since 1970-01-01 UTC;
/// `None` outside the years 1 to 9999.
pub fn timestamp_min(micros: i64) -> Option<String> {
    timestamp(micros.div_euclid(1000))
}

/// An upper bound, in whole milliseconds, for a timestamp in microseconds since 1970-01-01 UTC;
/// `None` outside the years 1 to 9999.
pub fn timestamp_max(micros: i64) -> Option<String> {
    timestamp(micros.div_euclid(1000) + i64::from(micros.rem_euclid(1000) > 0))
}

/// A number as both of its bounds; `None` for the infinities and NaN, which JSON cannot tell.
pub fn double(value: f64) -> Option<f64> {
    value.is_finite().then_some(value)
}

fn timestamp(millis: i64) -> Option<String> {
    let time = DateTime::<Utc>::from_timestamp_millis(millis)?;
    has_four_digit_year(&time).then(|| time.format("%Y-%m-%dT%H:%M:%S%.3fZ").to_string())
}

fn has_four_digit_year(date: &impl Datelike) -> bool {
    (1..=9999).contains(&date.year())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_string_lies_between_its_bounds() {
        for value in [
            "x".repeat(33),
            "é".repeat(40),
            format!("{}\u{d7ff}tail", "a".repeat(31)),
            format!("{}{}", "a".repeat(31), "\u{10ffff}".repeat(9)),
            format!("{}\u{7f}\u{10ffff}", "a".repeat(31)),
        ] {
            let (min, max) = (string_min(&value), string_max(&value).unwrap());
            assert!(min < value && value < max, "{min:?} {value:?} {max:?}");
            assert!(min.chars().count() <= 32 && max.chars().count() <= 32);
        }
    }

    #[test]
    fn a_string_of_at_most_32_characters_is_its_own_bound() {
        for value in ["", "a", &"é".repeat(32), &"\u{10ffff}".repeat(32)] {
            assert_eq!(string_min(value), value);
            assert_eq!(string_max(value).as_deref(), Some(value));
        }
    }

    #[test]
    fn nothing_is_larger_than_the_last_code_point_over_and_over() {
        assert_eq!(string_max(&"\u{10ffff}".repeat(33)), None);
    }

    #[test]
    fn dates_are_iso_within_four_digit_years() {
        assert_eq!(date(0).as_deref(), Some("1970-01-01"));
        assert_eq!(date(-719_162).as_deref(), Some("0001-01-01"));
        assert_eq!(date(-719_163), None);
        assert_eq!(date(2_932_896).as_deref(), Some("9999-12-31"));
        assert_eq!(date(2_932_897), None);
        assert_eq!(date(i32::MAX), None);
        assert_eq!(date(i32::MIN), None);
    }

    #[test]
    fn timestamps_round_away_from_the_values() {
        let check = |micros, min: &str, max: &str| {
            assert_eq!(timestamp_min(micros).as_deref(), Some(min));
            assert_eq!(timestamp_max(micros).as_deref(), Some(max));
        };
        check(0, "1970-01-01T00:00:00.000Z", "1970-01-01T00:00:00.000Z");
        check(1, "1970-01-01T00:00:00.000Z", "1970-01-01T00:00:00.001Z");
        check(-1, "1969-12-31T23:59:59.999Z", "1970-01-01T00:00:00.000Z");
        check(1_999_999, "1970-01-01T00:00:01.999Z", "1970-01-01T00:00:02.000Z");
        assert_eq!(timestamp_min(i64::MIN), None);
        assert_eq!(timestamp_max(i64::MAX), None);
        // The last microsecond of year 9999 has no four-digit millisecond above it.
        assert_eq!(timestamp_max(253_402_300_799_999_999), None);
        assert!(timestamp_min(253_402_300_799_999_999).is_some());
    }

    #[test]
    fn only_finite_numbers_are_bounds() {
        assert_eq!(double(-0.5), Some(-0.5));
        assert_eq!([f64::NAN, f64::INFINITY, f64::NEG_INFINITY].map(double), [None; 3]);
    }
}
