//! Numbers with text around them: `bareNumber: false`.
//!
//! Invariant: text around a number is dropped only where it cannot have been a part of its value.

use super::NumberFormat;

impl NumberFormat {
    /// The number within `text`, if text may stand around it.
    pub(super) fn bare<'c>(&self, text: &'c str) -> Option<&'c str> {
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
