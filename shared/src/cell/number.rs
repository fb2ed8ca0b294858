//! Integers and doubles, and how their texts may be decorated.
//!
//! Invariant: a group separator counts only between digits of the whole part, and only where the
//! last group has three digits and those before it two or three: `1,5` is no fifteen.

mod bare;

use std::borrow::Cow;

use super::digits;
use crate::csv::Cell;

/// How numbers are written: the properties `decimalChar`, `groupChar` and `bareNumber`.
///
/// ```
/// use shared::cell::NumberFormat;
/// let german = NumberFormat {
///     decimal_char: ",".into(),
///     group_char: ".".into(),
///     bare_number: false,
/// };
/// assert_eq!(german.number(b"1.234,50 \xe2\x82\xac", &mut String::new()), Some(1234.5));
/// assert_eq!(german.integer(b"1.234"), Some(1234));
/// assert_eq!(german.integer(b"1.23"), None);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NumberFormat {
    /// What stands between the whole part and the fraction.
    pub decimal_char: Cow<'static, str>,
    /// What may stand between groups of digits; empty if nothing may.
    pub group_char: Cow<'static, str>,
    /// Whether there is nothing around the number.
    pub bare_number: bool,
}

/// A number taken apart; each part is checked.
#[derive(Debug, Clone, Copy)]
pub(super) struct Parts<'c> {
    pub(super) negative: bool,
    /// Digits, perhaps with group separators between them.
    pub(super) whole: &'c str,
    /// Digits.
    pub(super) fraction: &'c str,
    /// An optional sign and digits; empty if there is no exponent.
    pub(super) exponent: &'c str,
}

impl NumberFormat {
    /// As XML Schema writes numbers.
    pub const DEFAULT: Self = NumberFormat {
        decimal_char: Cow::Borrowed("."),
        group_char: Cow::Borrowed(""),
        bare_number: true,
    };

    /// An optional sign and digits, within 64 bits; whitespace around them is ignored.
    ///
    /// ```
    /// use shared::cell::NumberFormat;
    /// assert_eq!(NumberFormat::DEFAULT.integer(b" -17"), Some(-17));
    /// assert_eq!(NumberFormat::DEFAULT.integer(b"1.0"), None);
    /// ```
    #[inline]
    pub fn integer(&self, cell: &[u8]) -> Option<i64> {
        // Nearly every integer is a few digits, which mean the same in every format.
        let (negative, digits) = match cell {
            [b'-', digits @ ..] => (true, digits),
            digits => (false, digits),
        };
        match digits::digits(digits).map(u64::cast_signed) {
            Some(number) => Some(if negative { -number } else { number }),
            None => self.any_integer(cell),
        }
    }

    /// As [`integer`](Self::integer).
    #[inline]
    pub(crate) fn integer_cell(&self, cell: Cell<'_>) -> Option<i64> {
        digits::of_cell(cell).map(u64::cast_signed).or_else(|| self.integer(cell.bytes()))
    }

    fn any_integer(&self, cell: &[u8]) -> Option<i64> {
        let (negative, text) = split_sign(self.bare(trimmed(cell)?)?);
        let (whole, rest) = self.split_whole(text)?;
        if whole.is_empty() || !rest.is_empty() {
            return None;
        }
        whole_digits(whole).try_fold(0_i64, |number, digit| {
            let digit = i64::from(digit - b'0');
            number.checked_mul(10)?.checked_add(if negative { -digit } else { digit })
        })
    }

    /// A decimal number with an optional exponent, or `NaN`, `INF`, `-INF` in any letter case, as the
    /// nearest double; whitespace around it is ignored.
    ///
    /// None beyond the range of doubles. `scratch` is only used inside.
    ///
    /// ```
    /// use shared::cell::NumberFormat;
    /// let scratch = &mut String::new();
    /// assert_eq!(NumberFormat::DEFAULT.number(b"-1.5e3", scratch), Some(-1500.0));
    /// assert_eq!(NumberFormat::DEFAULT.number(b"1,5", scratch), None);
    /// ```
    pub fn number(&self, cell: &[u8], scratch: &mut String) -> Option<f64> {
        let short = if self.is_plain() { short_number(cell) } else { None };
        short.or_else(|| self.any_number(cell, scratch))
    }

    fn any_number(&self, cell: &[u8], scratch: &mut String) -> Option<f64> {
        let text = trimmed(cell)?;
        if let Some(special) = special(text) {
            return Some(special);
        }
        let text = self.bare(text)?;
        let parts = self.parts(text)?;
        let number: f64 = if self.is_plain() {
            text.parse().ok()?
        } else {
            parts.write(scratch);
            scratch.parse().ok()?
        };
        // There is one zero, so that equal numbers are equal as keys too.
        number.is_finite().then_some(number + 0.0)
    }

    /// The parts of a number; NaN and the infinities have none.
    pub(super) fn cell_parts<'c>(&self, cell: &'c [u8]) -> Option<Parts<'c>> {
        self.parts(self.bare(trimmed(cell)?)?)
    }

    /// Whether Rust reads these numbers as they stand.
    pub(super) fn is_plain(&self) -> bool {
        self.decimal_char == "." && self.group_char.is_empty()
    }

    fn parts<'c>(&self, text: &'c str) -> Option<Parts<'c>> {
        let (negative, rest) = split_sign(text);
        let (whole, rest) = self.split_whole(rest)?;
        let (fraction, rest) = match rest.strip_prefix(self.decimal_char.as_ref()) {
            Some(rest) => split_digits(rest),
            None => ("", rest),
        };
        let exponent = exponent(rest)?;
        let any = !whole.is_empty() || !fraction.is_empty();
        any.then_some(Parts { negative, whole, fraction, exponent })
    }

    /// The digits and groups at the start of `text`, and what follows them.
    fn split_whole<'c>(&self, text: &'c str) -> Option<(&'c str, &'c str)> {
        let (first, mut rest) = split_digits(text);
        if self.group_char.is_empty() {
            return Some((first, rest));
        }
        let (mut length, mut lengths) = (first.len(), 1..=3);
        while let Some(next) = rest.strip_prefix(self.group_char.as_ref()) {
            let (group, behind) = split_digits(next);
            if group.is_empty() {
                break;
            }
            if !lengths.contains(&length) {
                return None;
            }
            (length, lengths, rest) = (group.len(), 2..=3, behind);
        }
        let grouped = lengths == (2..=3);
        (!grouped || length == 3).then(|| text.split_at(text.len() - rest.len()))
    }
}

/// Digits, or digits, a point and digits, in all so few that both the digits and the power of ten are
/// exact as doubles: their quotient is the nearest double (Clinger 1990, "How to read floating point
/// numbers accurately").
#[inline]
fn short_number(cell: &[u8]) -> Option<f64> {
    const POWERS: [f64; 16] =
        [1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15];
    let (negative, text) = match cell {
        [b'-', text @ ..] => (true, text),
        text => (false, text),
    };
    let (number, places) = short_decimal(text)?;
    // Below 2^53.
    let exact = u32::try_from(number >> 21).ok().filter(|_| number < 1 << 53)?;
    let low = u32::try_from(number & 0x1f_ffff).ok()?;
    let number = f64::from(exact) * 2_097_152.0 + f64::from(low);
    let number = number / POWERS.get(places)?;
    Some(if negative { 0.0 - number } else { number })
}

/// Up to 16 digits, perhaps with a point between them: the number without the point, and the digits
/// behind it.
#[inline]
pub(super) fn short_decimal(text: &[u8]) -> Option<(u64, usize)> {
    const POWERS: [u64; 9] =
        [1, 10, 100, 1000, 10_000, 100_000, 1_000_000, 10_000_000, 100_000_000];
    // Most fractions are short.
    let point = text.iter().rposition(|&byte| byte == b'.');
    let Some(point) = point else { return Some((digits::digits(text)?, 0)) };
    let (whole, fraction) = (text.get(..point)?, text.get(point + 1..)?);
    if whole.len() + fraction.len() > digits::DIGITS {
        return None;
    }
    let (whole, places) = (digits::digits(whole)?, fraction.len());
    Some((whole * POWERS.get(places)? + digits::digits(fraction)?, places))
}

impl Parts<'_> {
    /// The number as Rust reads it.
    fn write(&self, text: &mut String) {
        text.clear();
        text.push(if self.negative { '-' } else { '+' });
        text.extend(whole_digits(self.whole).map(char::from));
        text.push('.');
        text.push_str(self.fraction);
        if !self.exponent.is_empty() {
            text.push('e');
            text.push_str(self.exponent);
        }
    }
}

/// The digits of a whole part, without its separators.
pub(super) fn whole_digits(whole: &str) -> impl Iterator<Item = u8> {
    whole.bytes().filter(u8::is_ascii_digit)
}

/// XML Schema ignores whitespace around a number.
fn trimmed(cell: &[u8]) -> Option<&str> {
    std::str::from_utf8(cell).ok().map(str::trim)
}

fn special(text: &str) -> Option<f64> {
    let is = |name: &str| text.eq_ignore_ascii_case(name);
    if is("nan") {
        Some(f64::NAN)
    } else if is("inf") {
        Some(f64::INFINITY)
    } else {
        is("-inf").then_some(f64::NEG_INFINITY)
    }
}

fn split_sign(text: &str) -> (bool, &str) {
    match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    }
}

fn split_digits(text: &str) -> (&str, &str) {
    let length = text.bytes().take_while(u8::is_ascii_digit).count();
    text.split_at_checked(length).unwrap_or((text, ""))
}

/// An exponent, which is empty if there is none.
fn exponent(text: &str) -> Option<&str> {
    let Some(exponent) = text.strip_prefix(['e', 'E']) else {
        return text.is_empty().then_some("");
    };
    let (_, digits) = split_sign(exponent);
    let (digits, rest) = split_digits(digits);
    (!digits.is_empty() && rest.is_empty()).then_some(exponent)
}

#[cfg(test)]
mod tests;
