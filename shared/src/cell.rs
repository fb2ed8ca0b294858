//! The text of a cell to a typed value, in the default formats of the Table Schema.
//!
//! Invariant: nothing is guessed, trimmed or rounded; a text that is not exactly of the type is
//! none of its values. (A `number` is the double nearest to its text.)

use chrono::{NaiveDate, NaiveTime, Timelike};

const MICROS_PER_SECOND: i64 = 1_000_000;
const SECONDS_PER_DAY: i64 = 86_400;

/// The years 1 to 9999 in UTC, which is what readers of tables can show.
const INSTANTS: std::ops::Range<i64> = -62_135_596_800_000_000..253_402_300_800_000_000;

/// An optional sign and digits, within 64 bits.
///
/// ```
/// use shared::cell::integer;
/// assert_eq!(integer(b"-17"), Some(-17));
/// assert_eq!(integer(b"1.0"), None);
/// ```
pub fn integer(cell: &[u8]) -> Option<i64> {
    let digits = cell.strip_prefix(b"+").or(cell.strip_prefix(b"-")).unwrap_or(cell);
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    std::str::from_utf8(cell).ok()?.parse().ok()
}

/// A decimal number with an optional exponent, or `NaN`, `INF`, `-INF`.
///
/// ```
/// use shared::cell::number;
/// assert_eq!(number(b"-1.5e3"), Some(-1500.0));
/// assert_eq!(number(b"1,5"), None);
/// ```
pub fn number(cell: &[u8]) -> Option<f64> {
    match cell {
        b"NaN" => return Some(f64::NAN),
        b"INF" => return Some(f64::INFINITY),
        b"-INF" => return Some(f64::NEG_INFINITY),
        _ => {}
    }
    let text = std::str::from_utf8(cell).ok()?;
    // `parse` also takes names for the infinities and NaN; all of those have other letters.
    let plain =
        text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'+' | b'-' | b'.' | b'e' | b'E'));
    let number: f64 = text.parse().ok().filter(|_| plain)?;
    // A number beyond the range of doubles is not silently made infinite. There is one zero, so that
    // equal numbers are equal as keys too.
    number.is_finite().then_some(number + 0.0)
}

/// `YYYY-MM-DD` from year 1 on, as days since 1970-01-01.
///
/// ```
/// use shared::cell::date;
/// assert_eq!(date(b"1970-01-02"), Some(1));
/// assert_eq!(date(b"2023-02-29"), None);
/// ```
pub fn date(cell: &[u8]) -> Option<i32> {
    let [y1, y2, y3, y4, b'-', m1, m2, b'-', d1, d2] = *cell else { return None };
    let year = digits(&[y1, y2, y3, y4]).filter(|&year| year > 0)?;
    let date =
        NaiveDate::from_ymd_opt(i32::try_from(year).ok()?, digits(&[m1, m2])?, digits(&[d1, d2])?)?;
    Some(date.to_epoch_days())
}

/// `hh:mm:ss` with a fraction of up to 6 digits, as microseconds since midnight.
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
        [b'.', fraction @ ..] if (1..=6).contains(&fraction.len()) => {
            digits(fraction)? * 10_u32.pow(6 - u32::try_from(fraction.len()).ok()?)
        }
        _ => return None,
    };
    let time = NaiveTime::from_hms_micro_opt(
        digits(&[*h1, *h2])?,
        digits(&[*m1, *m2])?,
        digits(&[*s1, *s2])?,
        micros,
    )?;
    let seconds = i64::from(time.num_seconds_from_midnight());
    Some(seconds * MICROS_PER_SECOND + i64::from(micros))
}

/// The canonical text of a time of day: no trailing zeros, so that texts order as times do.
///
/// ```
/// use shared::cell::time_text;
/// assert_eq!(time_text(1_500_000), "00:00:01.5");
/// assert_eq!(time_text(0), "00:00:00");
/// ```
pub fn time_text(micros: i64) -> String {
    let (seconds, fraction) =
        (micros.div_euclid(MICROS_PER_SECOND), micros.rem_euclid(MICROS_PER_SECOND));
    let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    let text = format!("{hours:02}:{minutes:02}:{seconds:02}.{fraction:06}");
    text.trim_end_matches('0')
        .strip_suffix('.')
        .map_or_else(|| text.trim_end_matches('0').to_owned(), |whole| format!("{whole:0<8}"))
}

/// `YYYY-MM-DDThh:mm:ss` with a fraction of up to 6 digits and `Z` or an offset `±hh:mm`, as
/// microseconds since 1970-01-01T00:00:00Z. Without an offset it is in UTC.
///
/// ```
/// use shared::cell::datetime;
/// assert_eq!(datetime(b"1970-01-01T01:00:00+01:00"), Some(0));
/// assert_eq!(datetime(b"1970-01-01 00:00:00"), None);
/// ```
pub fn datetime(cell: &[u8]) -> Option<i64> {
    let (day, rest) = cell.split_at_checked(10)?;
    let rest = rest.strip_prefix(b"T")?;
    let (clock, offset_seconds) = split_offset(rest)?;
    let seconds = i64::from(date(day)?) * SECONDS_PER_DAY - offset_seconds;
    let micros = seconds * MICROS_PER_SECOND + time(clock)?;
    INSTANTS.contains(&micros).then_some(micros)
}

/// The time of day, and the offset from UTC in seconds.
fn split_offset(rest: &[u8]) -> Option<(&[u8], i64)> {
    if let Some(clock) = rest.strip_suffix(b"Z") {
        return Some((clock, 0));
    }
    let Some((clock, [sign @ (b'+' | b'-'), h1, h2, b':', m1, m2])) = rest.split_last_chunk()
    else {
        return Some((rest, 0));
    };
    let (hours, minutes) = (digits(&[*h1, *h2])?, digits(&[*m1, *m2])?);
    // XML Schema bounds an offset by 14 hours.
    if minutes > 59 || hours * 60 + minutes > 14 * 60 {
        return None;
    }
    let seconds = i64::from(hours * 3600 + minutes * 60);
    Some((clock, if *sign == b'-' { -seconds } else { seconds }))
}

/// A few digits as a number; None if there is anything else.
fn digits(bytes: &[u8]) -> Option<u32> {
    bytes.iter().try_fold(0, |number, byte| {
        byte.is_ascii_digit().then(|| number * 10 + u32::from(byte - b'0'))
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn integers() {
        for (cell, expected) in [
            ("0", Some(0)),
            ("+7", Some(7)),
            ("007", Some(7)),
            ("9223372036854775807", Some(i64::MAX)),
            ("-9223372036854775808", Some(i64::MIN)),
            ("9223372036854775808", None),
            ("", None),
            ("-", None),
            ("+-1", None),
            (" 1", None),
            ("1 ", None),
            ("1.0", None),
            ("1e3", None),
            ("1_000", None),
            ("١", None),
        ] {
            assert_eq!(integer(cell.as_bytes()), expected, "{cell:?}");
        }
    }

    #[test]
    fn numbers() {
        for (cell, expected) in [
            ("0.1", Some(0.1)),
            (".5", Some(0.5)),
            ("5.", Some(5.0)),
            ("-1E-2", Some(-0.01)),
            ("INF", Some(f64::INFINITY)),
            ("-INF", Some(f64::NEG_INFINITY)),
            ("inf", None),
            ("infinity", None),
            ("nan", None),
            ("+INF", None),
            ("1e999", None),
            ("", None),
            (".", None),
            ("e5", None),
            ("1,5", None),
            ("1 000", None),
            ("0x1", None),
        ] {
            assert_eq!(number(cell.as_bytes()), expected, "{cell:?}");
        }
        assert!(number(b"NaN").is_some_and(f64::is_nan));
        assert_eq!(number(b"-0.0").map(f64::to_bits), Some(0));
    }

    #[test]
    fn dates_and_times() {
        for (cell, expected) in [
            ("2013-01-31", Some(15736)),
            ("2024-02-29", Some(19782)),
            ("2023-02-29", None),
            ("2013-13-01", None),
            ("2013-1-1", None),
            ("0001-01-01", Some(-719_162)),
            ("0000-01-01", None),
            ("01/02/2013", None),
            ("2013-01-01T00:00:00Z", None),
        ] {
            assert_eq!(date(cell.as_bytes()), expected, "{cell:?}");
        }
        for (cell, expected) in [
            ("23:59:59.999999", Some(86_399_999_999)),
            ("00:00:60", None),
            ("1:00:00", None),
            ("01:00", None),
            ("01:00:00.", None),
            ("01:00:00.1234567", None),
            ("01:00:00.1Z", None),
        ] {
            assert_eq!(time(cell.as_bytes()), expected, "{cell:?}");
        }
        for (cell, expected) in [
            ("1970-01-01T00:00:00", Some(0)),
            ("1970-01-01T00:00:00.000001Z", Some(1)),
            ("1969-12-31T23:59:59-00:30", Some(1_799_000_000)),
            ("1970-01-01T14:00:00+14:00", Some(0)),
            ("1970-01-01T14:00:00+14:01", None),
            ("1970-01-01T00:00:00+1:00", None),
            ("1970-01-01T00:00:00z", None),
            ("1970-01-01", None),
            ("0001-01-01T00:00:00Z", Some(-62_135_596_800_000_000)),
            ("0001-01-01T00:00:00+00:01", None),
            ("9999-12-31T23:59:59.999999Z", Some(253_402_300_799_999_999)),
            ("9999-12-31T23:59:59-00:01", None),
        ] {
            assert_eq!(datetime(cell.as_bytes()), expected, "{cell:?}");
        }
    }

    proptest! {
        #[test]
        fn the_text_of_a_time_is_that_time(micros in 0_i64..86_400_000_000) {
            prop_assert_eq!(time(time_text(micros).as_bytes()), Some(micros));
        }

        #[test]
        fn texts_of_times_order_as_times(a in 0_i64..86_400_000_000, b in 0_i64..86_400_000_000) {
            prop_assert_eq!(time_text(a).cmp(&time_text(b)), a.cmp(&b));
        }

        #[test]
        fn no_bytes_upset_a_parser(cell in prop::collection::vec(any::<u8>(), 0..40)) {
            let _ = (integer(&cell), number(&cell), date(&cell), time(&cell), datetime(&cell));
        }
    }
}
