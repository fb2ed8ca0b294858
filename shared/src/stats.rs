//! What a reader may know of a part without opening it: row count, nulls, and bounds by column.
//!
//! Invariant: no value of a column lies outside its bounds. A bound that cannot be told exactly is widened.
//! Invariant: all bounds are there, or none is: some readers take a bound that is missing beside others for a
//! null, which no row is larger or smaller than, and so lose rows.

use std::collections::BTreeMap;

use arrow_array::types::{Decimal128Type, DecimalType};
use chrono::{DateTime, Datelike, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The longest string bound, in characters.
const BOUND_CHARS: usize = 32;

/// Digits that a double keeps, which some readers make of every number.
const DOUBLE_DIGITS: u32 = 15;

/// Days from the first day of year 1 (which counts as day 1) to 1970-01-01.
const EPOCH_DAYS: i32 = 719_163;

/// Statistics of one part, as the step that writes the part computes them.
///
/// Whoever fills it in rounds and shortens with this module's functions: [`string_min`],
/// [`string_max`], [`date`], [`timestamp_min`], [`timestamp_max`], [`decimal_min`], [`decimal_max`] and
/// [`double`]. Integers and truth values go in as they are. A column of nulls has no bounds. A column that
/// holds a NaN can have none (to some readers NaN is larger than every number, to others it is not).
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Stats {
    /// Rows in the part.
    pub record_count: u64,
    /// Nulls by column, with 0 if it has none; empty if some column has no bounds that can be told.
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

/// A lower bound for a decimal in units of its last place, of at most 15 digits that are no zeros.
///
/// ```
/// use shared::stats::{decimal_max, decimal_min};
/// assert_eq!(decimal_min(-150, (9, 2)).as_deref(), Some("-1.50"));
/// let long = 1_234_567_890_123_456;
/// assert_eq!(decimal_min(long, (18, 2)).as_deref(), Some("12345678901234.50"));
/// assert_eq!(decimal_max(long, (18, 2)).as_deref(), Some("12345678901234.60"));
/// ```
pub fn decimal_min(value: i128, (precision, scale): (u8, i8)) -> Option<String> {
    let unit = rounding_unit(value);
    decimal(value.div_euclid(unit) * unit, precision, scale)
}

/// An upper bound for a decimal, as [`decimal_min`]; `None` if the type has none.
pub fn decimal_max(value: i128, (precision, scale): (u8, i8)) -> Option<String> {
    let unit = rounding_unit(value);
    decimal(-(-value).div_euclid(unit) * unit, precision, scale)
}

/// What the digits that a double does not keep count in.
fn rounding_unit(value: i128) -> i128 {
    let digits = value.unsigned_abs().checked_ilog10().unwrap_or(0) + 1;
    10_i128.pow(digits.saturating_sub(DOUBLE_DIGITS))
}

fn decimal(value: i128, precision: u8, scale: i8) -> Option<String> {
    let fits = value.unsigned_abs() < 10_u128.checked_pow(precision.into())?;
    fits.then(|| Decimal128Type::format_decimal(value, precision, scale))
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
    fn decimals_keep_what_a_double_keeps() {
        let check = |value, scale, min: &str, max: &str| {
            assert_eq!(decimal_min(value, (38, scale)).as_deref(), Some(min));
            assert_eq!(decimal_max(value, (38, scale)).as_deref(), Some(max));
        };
        check(0, 2, "0.00", "0.00");
        check(999_999_999_999_999, 0, "999999999999999", "999999999999999");
        check(9_999_999_999_999_999, 0, "9999999999999990", "10000000000000000");
        check(-9_999_999_999_999_999, 3, "-10000000000000.000", "-9999999999999.990");
        check(-1_000_000_000_000_000, 0, "-1000000000000000", "-1000000000000000");
        let largest = 10_i128.pow(38) - 1;
        assert_eq!(decimal_max(largest, (38, 0)), None);
        assert_eq!(decimal_min(-largest, (38, 0)), None);
        assert!(
            decimal_min(largest, (38, 0)).is_some() && decimal_max(-largest, (38, 0)).is_some()
        );
        assert_eq!(decimal_max(9_999_999_999_999_999, (16, 2)), None);
    }

    #[test]
    fn only_finite_numbers_are_bounds() {
        assert_eq!(double(-0.5), Some(-0.5));
        assert_eq!([f64::NAN, f64::INFINITY, f64::NEG_INFINITY].map(double), [None; 3]);
    }
}
