//! Integers and doubles, and how their texts may be decorated.
//!
//! Invariant: a group separator counts only between digits of the whole part, and only where the
//! last group has three digits and those before it two or three: `1,5` is no fifteen.
//! Invariant: text around a number is dropped only where it cannot have been a part of its value.

use std::borrow::Cow;

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
    pub fn integer(&self, cell: &[u8]) -> Option<i64> {
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
    fn is_plain(&self) -> bool {
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

    /// The number within `text`, if text may stand around it.
    fn bare<'c>(&self, text: &'c str) -> Option<&'c str> {
        if self.bare_number {
            return Some(text);
        }
        let first = text.find(|c: char| c.is_ascii_digit())?;
        let last = text.rfind(|c: char| c.is_ascii_digit())?;
        let (before, _) = text.split_at_checked(first)?;
        let (_, after) = text.split_at_checked(last + 1)?;
        let start = before.len() - self.number_start(before)?;
        let dropped = is_decoration(before.get(..start)?) && self.is_trailer(after);
        dropped.then(|| text.get(start..text.len() - after.len()))?
    }

    /// Length of what belongs to the number at the end of the text before its first digit: a sign
    /// and a decimal separator.
    fn number_start(&self, before: &str) -> Option<usize> {
        let mut head = before;
        if let Some(left) = before.strip_suffix(self.decimal_char.as_ref()) {
            // `Rs.500`: an abbreviation or half a rupee? Nobody can tell.
            if left.ends_with(char::is_alphabetic) {
                return None;
            }
            head = left;
        }
        let head = head.strip_suffix(['-', '+']).unwrap_or(head);
        Some(before.len() - head.len())
    }

    /// Whether the text behind a number is none of its value. A minus is, which some systems write
    /// there, save for the one of `100,-`; so is a digit of another kind (`5½`), save for one behind a
    /// letter, as in `m²`.
    fn is_trailer(&self, after: &str) -> bool {
        let text = after.trim();
        let is_minus = |c| c != '(' && may_negate(c);
        let price = text.starts_with(self.decimal_char.as_ref());
        let mut before = ' ';
        !text.starts_with(is_minus)
            && (price || !text.ends_with(is_minus))
            && after.chars().all(|c| {
                let part = c.is_numeric() && !before.is_alphabetic();
                before = c;
                !part
            })
    }
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

/// What stands for "less than zero" when it is not a sign at its place: a minus before the currency
/// or of another kind, or the parentheses of accountants. Dropping it would change the number.
fn may_negate(c: char) -> bool {
    matches!(
        c,
        '-' | '(' | '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{fe58}' | '\u{fe63}' | '\u{ff0d}'
    )
}

/// Text before a number that is none of its value.
fn is_decoration(before: &str) -> bool {
    !before.contains(|c: char| may_negate(c) || c.is_numeric())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn format(decimal: &'static str, group: &'static str, bare_number: bool) -> NumberFormat {
        NumberFormat { decimal_char: decimal.into(), group_char: group.into(), bare_number }
    }

    #[track_caller]
    fn check(format: &NumberFormat, cell: &str, expected: Option<f64>) {
        let found = format.number(cell.as_bytes(), &mut "left over".to_owned());
        assert_eq!(found.map(f64::to_bits), expected.map(f64::to_bits), "{cell:?}: {found:?}");
    }

    #[test]
    fn integers() {
        for (cell, expected) in [
            ("0", Some(0)),
            ("+7", Some(7)),
            ("007", Some(7)),
            (" 01 ", Some(1)),
            ("\u{a0}1\t", Some(1)),
            ("9223372036854775807", Some(i64::MAX)),
            ("-9223372036854775808", Some(i64::MIN)),
            ("9223372036854775808", None),
            ("-9223372036854775809", None),
            ("", None),
            (" ", None),
            ("-", None),
            ("+-1", None),
            ("- 1", None),
            ("1 000", None),
            ("1.0", None),
            ("1e3", None),
            ("1_000", None),
            ("NaN", None),
            ("١", None),
        ] {
            assert_eq!(NumberFormat::DEFAULT.integer(cell.as_bytes()), expected, "{cell:?}");
        }
        assert_eq!(NumberFormat::DEFAULT.integer(b"\xff1"), None);
    }

    #[test]
    fn numbers() {
        for (cell, expected) in [
            ("0.1", Some(0.1)),
            (".5", Some(0.5)),
            ("5.", Some(5.0)),
            ("+100000.00", Some(100_000.0)),
            ("-1E-2", Some(-0.01)),
            (" 1e+3 ", Some(1000.0)),
            ("INF", Some(f64::INFINITY)),
            ("-inf", Some(f64::NEG_INFINITY)),
            ("nan", Some(f64::NAN)),
            ("NaN", Some(f64::NAN)),
            ("-0.0", Some(0.0)),
            ("1e-999", Some(0.0)),
            ("infinity", None),
            ("+INF", None),
            ("-NaN", None),
            ("1e999", None),
            ("", None),
            (".", None),
            ("e5", None),
            ("1e", None),
            ("1e+", None),
            ("1,5", None),
            ("1 000", None),
            ("0x1", None),
            ("1_0", None),
            ("--1", None),
        ] {
            check(&NumberFormat::DEFAULT, cell, expected);
        }
    }

    #[test]
    fn groups_have_their_place_and_length() {
        let english = format(".", ",", true);
        for (cell, expected) in [
            ("1,000", Some(1000.0)),
            ("10,000,000.50", Some(10_000_000.5)),
            ("-1,234e2", Some(-123_400.0)),
            ("1,23,456", Some(123_456.0)),
            ("1234567", Some(1_234_567.0)),
            ("1,5", None),
            ("1,0000", None),
            ("1234,567", None),
            ("1,2,345", None),
            (",123", None),
            ("1,,234", None),
            ("1,234,", None),
            ("1.234,567", None),
            ("1,234.5,6", None),
            ("NaN", Some(f64::NAN)),
        ] {
            check(&english, cell, expected);
        }
        let other = format("@", "##", true);
        check(&other, "10##000@25", Some(10_000.25));
        check(&other, "10#000@25", None);
        check(&other, "10.25", None);
        let french = format(",", " ", true);
        check(&french, "10 000,00", Some(10_000.0));
        check(&french, "10.5", None);
        assert_eq!(english.integer(b"-9,223,372,036,854,775,808"), Some(i64::MIN));
        assert_eq!(english.integer(b"9,223,372,036,854,775,808"), None);
        assert_eq!(english.integer(b"1,00"), None);
    }

    #[test]
    fn decorations_are_dropped_only_where_they_mean_nothing() {
        let bare = format(".", ",", false);
        for (cell, expected) in [
            ("95%", Some(95.0)),
            ("€95", Some(95.0)),
            ("EUR 95", Some(95.0)),
            ("-12.3 €", Some(-12.3)),
            ("€-12.3", Some(-12.3)),
            ("€ -12.3", Some(-12.3)),
            ("+5", Some(5.0)),
            ("$10,000.00", Some(10_000.0)),
            (".5 EUR", Some(0.5)),
            ("EUR .5", Some(0.5)),
            ("$.50", Some(0.5)),
            ("EUR -.5", Some(-0.5)),
            ("5. EUR", Some(5.0)),
            ("1e3 m", Some(1000.0)),
            ("95 m²", Some(95.0)),
            ("100.-", Some(100.0)),
            ("5 (net)", Some(5.0)),
            ("NaN", Some(f64::NAN)),
            ("-INF", Some(f64::NEG_INFINITY)),
            // What might be the sign of the number, or a part of it.
            ("Rs.500", None),
            ("-€5", None),
            ("- 5", None),
            ("−5", None),
            ("(5)", None),
            ("5-", None),
            ("5 −", None),
            ("5 EUR-", None),
            ("5½", None),
            ("²5", None),
            ("10³", None),
            ("5 to 7", None),
            ("5 km 2", None),
            ("10,000a.00", None),
            ("$10:000.00", None),
            ("", None),
            ("%", None),
        ] {
            check(&bare, cell, expected);
        }
        let comma = format(",", "", false);
        check(&comma, "1234.", Some(1234.0));
        check(&comma, "1.234.", None);
        check(&comma, "100,- CHF", Some(100.0));
        for (cell, expected) in
            [("ab1$", Some(1)), ("€ -12", Some(-12)), ("1,234 pcs", Some(1234)), ("$.5", None)]
        {
            assert_eq!(bare.integer(cell.as_bytes()), expected, "{cell:?}");
        }
    }

    proptest! {
        #[test]
        fn a_double_is_read_from_its_text(number in proptest::num::f64::NORMAL) {
            let scratch = &mut String::new();
            let text = number.to_string();
            prop_assert_eq!(NumberFormat::DEFAULT.number(text.as_bytes(), scratch), Some(number));
            let text = text.replace('.', ",");
            prop_assert_eq!(format(",", "'", true).number(text.as_bytes(), scratch), Some(number));
        }

        #[test]
        fn an_integer_is_read_from_its_text(number: i64) {
            prop_assert_eq!(NumberFormat::DEFAULT.integer(number.to_string().as_bytes()), Some(number));
        }

        #[test]
        fn no_bytes_upset_it(cell in "[-+0-9.,eE€ a²½(]{0,12}", bare: bool) {
            let format = format(".", ",", bare);
            let (integer, number) = (
                format.integer(cell.as_bytes()),
                format.number(cell.as_bytes(), &mut String::new()),
            );
            prop_assert!(integer.is_none() || number.is_some());
        }
    }
}
