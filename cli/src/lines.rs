//! How things are told: to a person under a heading, in named values; to a program as JSON.

use std::fmt::Write as _;
use std::io::{self, Write};

use chrono::{DateTime, SecondsFormat};
use serde::Serialize;

/// A heading and the values that belong to it, a line for each.
pub(crate) fn block(heading: &str, values: &[(&str, String)]) -> String {
    let mut text = format!("{heading}\n");
    for (name, value) in values {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "  {name:<12} {value}");
    }
    text
}

/// Prints a JSON document that a person can read too.
pub(crate) fn print_json(out: &mut impl Write, document: &impl Serialize) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, document)?;
    writeln!(out)
}

/// A number with its digits in groups of three.
pub(crate) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut grouped = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

/// A moment, given in milliseconds since 1970-01-01T00:00:00Z; the number itself beyond the calendar.
pub(crate) fn utc(ms: i64) -> String {
    DateTime::from_timestamp_millis(ms)
        .map_or_else(|| ms.to_string(), |at| at.to_rfc3339_opts(SecondsFormat::Secs, true))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_are_grouped() {
        for (number, expected) in [(0, "0"), (999, "999"), (1000, "1,000"), (27_004, "27,004")] {
            assert_eq!(grouped(number), expected);
        }
        assert_eq!(grouped(1_234_567), "1,234,567");
    }

    #[test]
    fn a_moment_is_told_to_the_second() {
        for (ms, expected) in [
            (0, "1970-01-01T00:00:00Z"),
            (1_700_000_000_999, "2023-11-14T22:13:20Z"),
            (i64::MAX, "9223372036854775807"),
        ] {
            assert_eq!(utc(ms), expected);
        }
    }

    #[test]
    fn values_stand_below_each_other() {
        let values = [("rows", "1".to_owned()), ("a longer name", "2".to_owned())];
        assert_eq!(block("a.csv", &values), "a.csv\n  rows         1\n  a longer name 2\n");
    }
}
