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

    /// Whether no leading zero stands in front of groups, and whether a unit is a known one. All else
    /// the contract's reader sees.
    pub(super) fn is_plausible(self, cell: &str) -> bool {
        let text = if self.has_unit { without_unit(cell) } else { cell }.trim();
        let digits = text.trim_start_matches(['+', '-']);
        let is_bare = !self.has_unit
            || digits.starts_with(|c: char| c.is_ascii_digit() || Some(c) == self.decimal)
                && digits.ends_with(|c: char| c.is_ascii_digit());
        let is_grouped = self.group.is_some_and(|group| digits.contains(group));
        is_bare && !(is_grouped && digits.starts_with('0'))
    }
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

    #[test]
    fn groups_have_no_leading_zero_and_units_are_known() {
        let numeral = |group, has_unit| Numeral { decimal: Some('.'), group, has_unit };
        for (numeral, cell, expected) in [
            (numeral(Some(','), false), "1,234", true),
            (numeral(Some(','), false), "-0,234", false),
            (numeral(Some(','), false), "0.5", true),
            (numeral(None, true), "95%", true),
            (numeral(None, true), "€ 1.5", true),
            (numeral(None, true), "-.5 EUR", true),
            (numeral(None, true), "1.5", true),
            (numeral(None, true), "A1", false),
            (numeral(None, true), "1 x", false),
            (numeral(None, true), "%", false),
        ] {
            assert_eq!(numeral.is_plausible(cell), expected, "{cell}");
        }
    }

    #[test]
    fn one_character_cannot_separate_both() {
        let numeral = |decimal, group| Numeral { decimal, group, has_unit: false };
        let (whole, grouped) = (numeral(None, None), numeral(None, Some(',')));
        assert!(grouped.conflicts(numeral(Some(','), None)));
        assert!(numeral(Some(','), Some('.')).conflicts(numeral(Some('.'), None)));
        assert!(!grouped.conflicts(numeral(Some('.'), Some(','))));
        assert!(!whole.conflicts(grouped));
        assert_eq!(Numeral::all().min_by_key(|numeral| numeral.rank()), Some(whole));
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
