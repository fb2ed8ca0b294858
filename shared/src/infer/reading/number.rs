//! Numerals: digits with a decimal character, groups and a unit.

/// How a numeral is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) struct Numeral {
    /// What stands before the fraction; None for whole numbers.
    pub(in super::super) decimal: Option<char>,
    /// What stands between groups of three digits.
    pub(in super::super) group: Option<char>,
    /// Whether a unit may stand beside it.
    pub(in super::super) has_unit: bool,
}

/// Why a numeral should stay a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) enum Doubt {
    LeadingZero,
    PlusSign,
    TooLong,
}

const NO_BREAK_SPACE: char = '\u{a0}';
const NARROW_NO_BREAK_SPACE: char = '\u{202f}';
const GROUPS: [Option<char>; 7] = [
    None,
    Some(','),
    Some('.'),
    Some(' '),
    Some('\''),
    Some(NO_BREAK_SPACE),
    Some(NARROW_NO_BREAK_SPACE),
];

/// What may stand beside a number without being a part of a name: `A1` is none.
const UNITS: [&str; 34] = [
    "%", "‰", "$", "€", "£", "¥", "₹", "₩", "₽", "₺", "₴", "₪", "₫", "฿", "R$", "US$", "kr", "zł",
    "Kč", "°C", "°F", "°", "EUR", "USD", "GBP", "CHF", "JPY", "CNY", "NOK", "SEK", "DKK", "PLN",
    "CAD", "AUD",
];

/// Digits of a telephone number.
const PHONE_DIGITS: usize = 7;

impl Numeral {
    /// Every way to write a numeral, the simpler first.
    pub(super) fn all() -> impl Iterator<Item = Numeral> {
        let plain = |has_unit| {
            [None, Some('.'), Some(',')].into_iter().flat_map(move |decimal| {
                GROUPS
                    .into_iter()
                    .filter(move |group| group.is_none() || *group != decimal)
                    .map(move |group| Numeral { decimal, group, has_unit })
            })
        };
        plain(false).chain(plain(true))
    }

    /// How far it is from a bare integer.
    pub(super) fn rank(self) -> usize {
        let group = GROUPS.iter().position(|group| *group == self.group).unwrap_or(GROUPS.len());
        let written = match (self.decimal, self.group) {
            (None, None) => 0,
            (Some('.'), None) => 1,
            (None, Some(_)) => 2,
            (Some(_), None) => 3,
            (Some('.'), Some(_)) => 4,
            (Some(_), Some(_)) => 5,
        };
        (usize::from(self.has_unit) * 8 + written) * 8 + group
    }

    /// Whether a character would separate groups in one and the fraction in the other.
    pub(super) fn conflicts(self, other: Numeral) -> bool {
        let crossed = |a: Numeral, b: Numeral| a.decimal.is_some() && a.decimal == b.group;
        crossed(self, other) || crossed(other, self)
    }

    pub(super) fn accepts(self, cell: &str) -> bool {
        self.bare(cell).is_some()
    }

    /// The number in the default format.
    pub(super) fn bare(self, cell: &str) -> Option<String> {
        let cell = if self.has_unit { without_unit(cell) } else { cell };
        let text = cell.trim();
        let plain = match self.decimal {
            None => self.whole(text)?,
            Some(decimal) => self.fractional(text, decimal)?,
        };
        let fits = match self.decimal {
            None => crate::cell::integer(plain.as_bytes()).is_some(),
            Some(_) => crate::cell::number(plain.as_bytes()).is_some(),
        };
        fits.then_some(plain)
    }

    /// An optional sign, and digits in groups of three if they are grouped.
    fn whole(self, text: &str) -> Option<String> {
        let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
        let is_digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
        let Some((group, (first, rest))) =
            self.group.and_then(|group| Some((group, digits.split_once(group)?)))
        else {
            return is_digits(digits).then(|| text.to_owned());
        };
        let is_grouped = is_digits(first)
            && first.len() <= 3
            && !first.starts_with('0')
            && rest.split(group).all(|digits| digits.len() == 3 && is_digits(digits));
        is_grouped.then(|| text.replace(group, ""))
    }

    fn fractional(self, text: &str, decimal: char) -> Option<String> {
        if let Some(special) = special(text) {
            return Some(special.to_owned());
        }
        let (mantissa, exponent) = match text.find(['e', 'E']) {
            None => (text, ""),
            Some(at) => text.split_at_checked(at)?,
        };
        let (whole, fraction) = mantissa.split_once(decimal).unwrap_or((mantissa, ""));
        if !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        let whole = match whole {
            "" | "+" | "-" if !fraction.is_empty() => format!("{whole}0"),
            _ => self.whole(whole)?,
        };
        let point = if mantissa.contains(decimal) { "." } else { "" };
        Some(format!("{whole}{point}{fraction}{exponent}"))
    }
}

/// What is no finite number, in any letter case.
fn special(text: &str) -> Option<&'static str> {
    ["NaN", "INF", "-INF"].into_iter().find(|name| name.eq_ignore_ascii_case(text))
}

fn without_unit(cell: &str) -> &str {
    let cell = cell.trim();
    let behind = UNITS.iter().find_map(|unit| cell.strip_suffix(unit));
    let before = || UNITS.iter().find_map(|unit| cell.strip_prefix(unit));
    behind.or_else(before).unwrap_or(cell)
}

/// Whether it is a short bare integer, in which nothing can be doubted.
pub(in super::super) fn is_plain(cell: &[u8]) -> bool {
    match cell.strip_prefix(b"-").unwrap_or(cell) {
        [b'0'] => true,
        [b'1'..=b'9', rest @ ..] => rest.len() < 18 && rest.iter().all(u8::is_ascii_digit),
        _ => false,
    }
}

/// Why a cell that can be read as a number is more than one, or another one as a double.
pub(in super::super) fn doubt(cell: &str) -> Option<Doubt> {
    let digits = cell.trim().trim_start_matches(['+', '-']);
    let is_whole = digits.bytes().all(|byte| byte.is_ascii_digit());
    if digits.len() > 1
        && digits.starts_with('0')
        && digits.as_bytes().get(1).is_some_and(u8::is_ascii_digit)
    {
        return Some(Doubt::LeadingZero);
    }
    if is_whole && digits.len() >= PHONE_DIGITS && cell.trim().starts_with('+') {
        return Some(Doubt::PlusSign);
    }
    let is_too_long = is_whole && !digits.is_empty() && digits.parse::<i64>().is_err();
    is_too_long.then_some(Doubt::TooLong)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How the cell can be read, as `type decimal group` and the number.
    fn readings(cell: &str) -> Vec<String> {
        let show = |c: Option<char>| c.map_or("-".to_owned(), |c| c.to_string());
        Numeral::all()
            .filter(|numeral| !numeral.has_unit)
            .filter_map(|numeral| {
                let bare = numeral.bare(cell)?;
                Some(format!("{}{} {bare}", show(numeral.decimal), show(numeral.group)))
            })
            .collect()
    }

    #[track_caller]
    fn check(cell: &str, some: &[&str], none: &[&str]) {
        let found = readings(cell);
        for expected in some {
            assert!(found.iter().any(|reading| reading == expected), "{cell}: {found:?}");
        }
        for refused in none {
            assert!(!found.iter().any(|reading| reading.starts_with(refused)), "{cell}: {found:?}");
        }
    }

    #[test]
    fn groups_are_of_three_digits() {
        check("1,234", &["-, 1234"], &["--", ".-"]);
        check("1,234", &[",- 1.234", "., 1234"], &["."; 0]);
        check("12,34", &[",- 12.34"], &["-,", ".,"]);
        check("0,234", &[",- 0.234"], &["-,", ".,"]);
        check("1234,567", &[",- 1234.567"], &["-,"]);
        check("1,234,567", &["-, 1234567"], &[",-"]);
        check("1.234,5", &[",. 1234.5"], &["-", "."]);
        check("-1 234,5", &[",  -1234.5"], &["-", "."]);
        check("1\u{a0}234", &["-\u{a0} 1234"], &["-,"]);
        check("1'234.50", &[".' 1234.50"], &["-", ","]);
        check("1_000", &[], &["-", ".", ","]);
    }

    #[test]
    fn numbers_are_those_of_the_schema() {
        check("-1.5e3", &[".- -1.5e3"], &["-"]);
        check(".5", &[".- 0.5"], &["-", ","]);
        check("nan", &[".- NaN"], &["-"]);
        check("", &[], &["-", ".", ","]);
        check("-", &[], &["-", ".", ","]);
        check("1e999", &[], &["-", ".", ","]);
        check("9223372036854775808", &[".- 9223372036854775808"], &["-"]);
    }

    #[test]
    fn units_are_known_ones() {
        let percent = Numeral { decimal: Some('.'), group: None, has_unit: true };
        for (cell, expected) in [
            ("95%", Some("95")),
            ("€ 1.5", Some("1.5")),
            ("1.5 EUR", Some("1.5")),
            ("1.5", Some("1.5")),
            ("A1", None),
            ("%", None),
        ] {
            assert_eq!(percent.bare(cell).as_deref(), expected, "{cell}");
        }
    }

    #[test]
    fn what_is_more_than_a_number_is_doubted() {
        for (cell, expected) in [
            ("0", None),
            ("0.5", None),
            ("-12", None),
            ("+5", None),
            ("007", Some(Doubt::LeadingZero)),
            ("+4712345678", Some(Doubt::PlusSign)),
            ("9223372036854775808", Some(Doubt::TooLong)),
        ] {
            assert_eq!(doubt(cell), expected, "{cell}");
        }
    }
}
