//! Exact decimal numbers of a bounded number of digits.

use super::digits;
use super::number::{NumberFormat, short_decimal, whole_digits};
use crate::csv::Cell;

/// The digits that a number may have: our own property `decimal`.
///
/// Invariant: 1 <= precision <= 38 and 0 <= scale <= precision, so that every value fits 128 bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Decimal {
    precision: u8,
    scale: i8,
}

impl Decimal {
    /// `precision` digits in all, `scale` of them behind the decimal separator; None if no decimal is
    /// like that.
    pub fn new(precision: u8, scale: i8) -> Option<Self> {
        let fits = (1..=38).contains(&precision)
            && u8::try_from(scale).is_ok_and(|scale| scale <= precision);
        fits.then_some(Decimal { precision, scale })
    }

    /// As many digits as there may be, `scale` of them behind the decimal separator.
    pub(crate) fn longest(scale: i8) -> Option<Self> {
        Decimal::new(38, scale)
    }

    /// Digits in all.
    pub fn precision(self) -> u8 {
        self.precision
    }

    /// Digits behind the decimal separator.
    pub fn scale(self) -> i8 {
        self.scale
    }

    /// A number in units of its last place; None for NaN, an infinity, and whatever has more digits on
    /// either side: nothing is rounded.
    ///
    /// ```
    /// use shared::cell::{Decimal, NumberFormat};
    /// let money = Decimal::new(6, 2).unwrap();
    /// assert_eq!(money.read(b"-12.5", &NumberFormat::DEFAULT), Some(-1250));
    /// assert_eq!(money.read(b"1.50e1", &NumberFormat::DEFAULT), Some(1500));
    /// assert_eq!(money.read(b"0.001", &NumberFormat::DEFAULT), None);
    /// assert_eq!(money.read(b"10000", &NumberFormat::DEFAULT), None);
    /// ```
    #[inline]
    pub fn read(self, cell: &[u8], format: &NumberFormat) -> Option<i128> {
        let short = if format.is_plain() { self.short(cell) } else { None };
        short.or_else(|| self.any(cell, format))
    }

    /// As [`read`](Self::read).
    #[inline]
    pub(crate) fn read_cell(self, cell: Cell<'_>, format: &NumberFormat) -> Option<i128> {
        let money = if format.is_plain() { self.with_all_places(cell) } else { None };
        money.or_else(|| self.read(cell.bytes(), format))
    }

    /// A number with as many digits behind its point as there may be, as most amounts of money are.
    #[inline]
    fn with_all_places(self, cell: Cell<'_>) -> Option<i128> {
        let places = u32::try_from(self.scale).ok().filter(|places| (1..=6).contains(places))?;
        let value = digits::of_cell_with_point(cell, places)?;
        // It has eight digits at most.
        let fits = POWERS.get(usize::from(self.precision)).is_none_or(|limit| value < *limit);
        fits.then(|| i128::from(value))
    }

    /// A number of few digits, as most are.
    #[inline]
    fn short(self, cell: &[u8]) -> Option<i128> {
        let (negative, text) = match cell {
            [b'-', text @ ..] => (true, text),
            text => (false, text),
        };
        let (number, places) = short_decimal(text)?;
        let zeros = usize::try_from(self.scale).ok()?.checked_sub(places)?;
        let value = i128::from(number) * i128::from(*POWERS.get(zeros)?);
        let fits = value < *LIMITS.get(usize::from(self.precision))?;
        fits.then_some(if negative { -value } else { value })
    }

    fn any(self, cell: &[u8], format: &NumberFormat) -> Option<i128> {
        let parts = format.cell_parts(cell)?;
        let digits = || whole_digits(parts.whole).chain(parts.fraction.bytes());
        let Some(first) = digits().position(|digit| digit != b'0') else { return Some(0) };
        let mut significant = 0;
        for (at, digit) in digits().enumerate() {
            significant = if digit == b'0' { significant } else { at + 1 };
        }
        // Places are counted from the decimal separator of the text without its exponent.
        let point = whole_digits(parts.whole).count();
        let exponent = exponent(parts.exponent);
        let whole = place(point, first)?.checked_add(exponent)?;
        let fraction = place(significant, point)?.checked_sub(exponent)?;
        let scale = i64::from(self.scale);
        if whole > i64::from(self.precision) - scale || fraction > scale {
            return None;
        }
        let value = digits()
            .take(significant)
            .fold(0_i128, |value, digit| value * 10 + i128::from(digit - b'0'));
        let value = value * 10_i128.pow(u32::try_from(scale - fraction).ok()?);
        Some(if parts.negative { -value } else { value })
    }
}

/// Powers of ten.
const POWERS: [u64; 9] = [1, 10, 100, 1000, 10_000, 100_000, 1_000_000, 10_000_000, 100_000_000];

/// What the numbers of so many digits are below.
#[allow(clippy::indexing_slicing, reason = "an index beyond the end would not compile")]
const LIMITS: [i128; 39] = {
    let mut limits = [1; 39];
    let mut at = 1;
    while at < limits.len() {
        limits[at] = limits[at - 1] * 10;
        at += 1;
    }
    limits
};

/// How far `at` lies before (positive) or behind `from`.
fn place(at: usize, from: usize) -> Option<i64> {
    i64::try_from(at).ok()?.checked_sub(i64::try_from(from).ok()?)
}

/// An exponent; one beyond 32 bits is cut to a value that no precision can hold.
fn exponent(text: &str) -> i64 {
    let far = i64::from(i32::MAX);
    let number = text.trim_start_matches(['+', '-']);
    let exponent =
        number.parse().map_or(if number.is_empty() { 0 } else { far }, |e: i64| e.min(far));
    if text.starts_with('-') { -exponent } else { exponent }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[track_caller]
    fn check(precision: u8, scale: i8, cell: &str, expected: Option<i128>) {
        let decimal = Decimal::new(precision, scale).unwrap();
        assert_eq!(decimal.read(cell.as_bytes(), &NumberFormat::DEFAULT), expected, "{cell:?}");
    }

    #[test]
    fn digits_are_exact_or_refused() {
        for (cell, expected) in [
            ("0", Some(0)),
            ("-0.000", Some(0)),
            ("1", Some(100)),
            ("1.5", Some(150)),
            (" +1.50000 ", Some(150)),
            ("-999.99", Some(-99_999)),
            ("000999.99", Some(99_999)),
            ("1000", None),
            ("999.991", None),
            ("0.005", None),
            ("5e-3", None),
            ("5e-2", Some(5)),
            ("0.0001e4", Some(100)),
            ("1e2", Some(10_000)),
            ("1e3", None),
            ("100000e-3", Some(10_000)),
            ("0e99999999999999999999", Some(0)),
            ("1e99999999999999999999", None),
            ("1e-99999999999999999999", None),
            ("NaN", None),
            ("INF", None),
            ("", None),
            ("1,5", None),
        ] {
            check(5, 2, cell, expected);
        }
        let most = "99999999999999999999999999999999999999";
        check(38, 0, most, most.parse().ok());
        check(38, 0, &format!("{most}0"), None);
        check(38, 38, &format!("0.{most}"), most.parse().ok());
        check(38, 38, "1", None);
        check(38, 38, "1e-38", Some(1));
        check(38, 38, "1e-39", None);
    }

    #[test]
    fn only_128_bits_are_decimals() {
        for (precision, scale) in [(0, 0), (39, 0), (5, 6), (5, -1)] {
            assert_eq!(Decimal::new(precision, scale), None, "{precision} {scale}");
        }
    }

    proptest! {
        #[test]
        fn every_value_is_read_from_its_text(value in -10_i128.pow(38) + 1..10_i128.pow(38), scale in 0_i8..=38) {
            let decimal = Decimal::new(38, scale).unwrap();
            let text = format!("{value}e-{scale}");
            prop_assert_eq!(decimal.read(text.as_bytes(), &NumberFormat::DEFAULT), Some(value));
        }
    }
}
