//! Parts of texts, by Unicode characters.

/// Spaces (Zs), of which a tab or a line break is none.
pub(super) fn is_space(character: char) -> bool {
    matches!(
        character,
        ' ' | '\u{a0}' | '\u{1680}' | '\u{2000}'
            ..='\u{200a}' | '\u{202f}' | '\u{205f}' | '\u{3000}'
    )
}

/// Characters.
pub(super) fn length(text: &str) -> i64 {
    i64::try_from(text.chars().count()).unwrap_or(i64::MAX)
}

/// The characters from one place up to another (0-based), as many as are there.
fn between(text: &str, from: i64, to: i64) -> &str {
    let at = |text: &str, count: i64| {
        let count = usize::try_from(count).unwrap_or(0);
        text.char_indices().nth(count).map_or(text.len(), |(at, _)| at)
    };
    let from = from.max(0);
    let rest = text.get(at(text, from)..).unwrap_or_default();
    rest.get(..at(rest, to.saturating_sub(from))).unwrap_or_default()
}

/// Characters from a place on, the first being 1, or below zero from the end; of a length below zero those
/// before it.
pub(super) fn substring(text: &str, start: i64, count: Option<i64>) -> &str {
    let start = if start < 0 { length(text).saturating_add(start) } else { start - 1 };
    match count {
        None => between(text, start, i64::MAX),
        Some(count) if count < 0 => between(text, start.saturating_add(count), start),
        Some(count) => between(text, start, start.saturating_add(count)),
    }
}

/// The first characters, or below zero all but the last.
pub(super) fn left(text: &str, count: i64) -> &str {
    let end = if count < 0 { length(text).saturating_add(count) } else { count };
    between(text, 0, end)
}

/// The last characters, or below zero all but the first.
pub(super) fn right(text: &str, count: i64) -> &str {
    let start = if count < 0 { count.saturating_neg() } else { length(text).saturating_sub(count) };
    between(text, start, i64::MAX)
}

/// The part of that number (1-based), or below zero from the end; of nothing between parts each character is
/// one.
pub(super) fn part<'t>(text: &'t str, separator: &str, number: i64) -> &'t str {
    if separator.is_empty() {
        return if number == 0 { "" } else { substring(text, number, Some(1)) };
    }
    let parts = || text.split(separator);
    let number = if number < 0 {
        i64::try_from(parts().count()).unwrap_or(i64::MAX).saturating_add(number) + 1
    } else {
        number
    };
    let skipped = usize::try_from(number - 1).ok();
    skipped.and_then(|skipped| parts().nth(skipped)).unwrap_or_default()
}

/// Where the part starts, the first character being 1; 0 if it is not there.
pub(super) fn place(text: &str, part: &str) -> i64 {
    let before = text.find(part).and_then(|at| text.get(..at));
    before.map_or(0, |before| length(before) + 1)
}
