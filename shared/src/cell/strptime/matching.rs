//! A text against the tokens of a pattern.

use super::directive::{Number, Token, is_space};
use crate::cell::calendar::digits;

/// What the directives found, each in its own unit.
#[derive(Debug, Default)]
pub(super) struct Found<'c> {
    pub(super) year: Option<i32>,
    pub(super) month: Option<u32>,
    pub(super) day: Option<u32>,
    pub(super) day_of_year: Option<u32>,
    /// Of the year that `%G` gives.
    pub(super) iso_week: Option<u32>,
    /// The week, and the day it starts on as days since Monday.
    pub(super) week: Option<(u32, u32)>,
    /// Days since Monday.
    pub(super) weekday: Option<u32>,
    pub(super) hour: Option<u32>,
    /// 1 to 12.
    pub(super) half_hour: Option<u32>,
    pub(super) afternoon: Option<bool>,
    pub(super) minute: Option<u32>,
    pub(super) second: Option<u32>,
    pub(super) micros: Option<u32>,
    pub(super) offset: Option<&'c str>,
}

pub(in crate::cell) const WEEKDAYS: [&str; 7] =
    ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];
pub(in crate::cell) const MONTHS: [&str; 12] = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
];

/// The text behind the first match at the start of `text`.
pub(super) fn matches<'c>(
    tokens: &[Token],
    text: &'c str,
    found: &mut Found<'c>,
) -> Option<&'c str> {
    let Some((token, tokens)) = tokens.split_first() else { return Some(text) };
    match *token {
        Token::Char(c) => matches(tokens, strip_char(text, c)?, found),
        Token::Space => matches_space(tokens, text, found),
        Token::Number(number) => matches_number(number, tokens, text, found),
        Token::Word('z') => matches_offset(tokens, text, found),
        Token::Word(letter) => matches(tokens, found.word(letter, text)?, found),
    }
}

/// The text without its first character, if that is `c` in either letter case.
fn strip_char(text: &str, c: char) -> Option<&str> {
    let first = text.chars().next()?;
    let same = first == c || first.to_lowercase().eq(c.to_lowercase());
    same.then(|| text.get(first.len_utf8()..))?
}

fn matches_space<'c>(tokens: &[Token], text: &'c str, found: &mut Found<'c>) -> Option<&'c str> {
    let mut taken = text.len() - text.trim_start_matches(is_space).len();
    while taken > 0 {
        let (space, rest) = text.split_at_checked(taken)?;
        if let Some(rest) = matches(tokens, rest, found) {
            return Some(rest);
        }
        taken -= space.chars().next_back().map_or(taken, char::len_utf8);
    }
    None
}

fn matches_number<'c>(
    number: Number,
    tokens: &[Token],
    text: &'c str,
    found: &mut Found<'c>,
) -> Option<&'c str> {
    let (least, most) = number.widths;
    for width in (least..=most).rev() {
        let Some((value, rest)) = take_number(text, width, number.range) else { continue };
        found.number(number.letter, value, width);
        if let Some(rest) = matches(tokens, rest, found) {
            return Some(rest);
        }
    }
    // C pads the day of the month with a space.
    let padded = text.strip_prefix(' ').filter(|_| number.letter == 'd')?;
    let (day, rest) = take_number(padded, 1, number.range)?;
    found.day = Some(day);
    matches(tokens, rest, found)
}

fn take_number(text: &str, width: usize, (least, most): (u32, u32)) -> Option<(u32, &str)> {
    let value = digits(text.as_bytes().get(..width)?)?;
    let rest = text.get(width..)?;
    (least..=most).contains(&value).then_some((value, rest))
}

/// `Z`, `±hh:mm` with perhaps seconds and a fraction; the colons may lack.
fn matches_offset<'c>(tokens: &[Token], text: &'c str, found: &mut Found<'c>) -> Option<&'c str> {
    for end in offset_ends(text) {
        let Some((offset, rest)) = text.split_at_checked(end) else { continue };
        found.offset = Some(offset);
        if let Some(rest) = matches(tokens, rest, found) {
            return Some(rest);
        }
    }
    None
}

/// Where an offset at the start of `text` can end, the furthest first.
fn offset_ends(text: &str) -> impl Iterator<Item = usize> {
    let bytes = text.as_bytes();
    let sixty = |from: usize| {
        let from = from + usize::from(bytes.get(from) == Some(&b':'));
        let pair = digits(bytes.get(from..from + 2)?)?;
        (pair < 60).then_some(from + 2)
    };
    let signed = matches!(bytes.first(), Some(b'+' | b'-'));
    let hours = bytes.get(1..3).filter(|_| signed).and_then(digits);
    let minutes = hours.and_then(|_| sixty(3));
    let seconds = minutes.and_then(sixty);
    let point = seconds.filter(|&at| bytes.get(at) == Some(&b'.'));
    let fraction = point.map_or(0, |at| {
        bytes.iter().skip(at + 1).take(6).take_while(|byte| byte.is_ascii_digit()).count()
    });
    let fractions = (1..=fraction).rev().filter_map(move |digits| Some(point? + 1 + digits));
    let zulu = (bytes.first() == Some(&b'Z')).then_some(1);
    fractions.chain(seconds).chain(minutes).chain(zulu)
}

impl Found<'_> {
    fn number(&mut self, letter: char, value: u32, width: usize) {
        let whole = i32::try_from(value).ok();
        match letter {
            'd' => self.day = Some(value),
            'f' => self.micros = Some((width..6).fold(value, |micros, _| micros * 10)),
            'G' | 'Y' => self.year = whole,
            'H' => self.hour = Some(value),
            'I' => self.half_hour = Some(value),
            'j' => self.day_of_year = Some(value),
            'm' => self.month = Some(value),
            'M' => self.minute = Some(value),
            'S' => self.second = Some(value),
            'u' => self.weekday = Some(value - 1),
            'U' => self.week = Some((value, 6)),
            'V' => self.iso_week = Some(value),
            'w' => self.weekday = Some((value + 6) % 7),
            'W' => self.week = Some((value, 0)),
            // POSIX: 69 to 99 lie in the 20th century.
            'y' => self.year = whole.map(|year| if year < 69 { year + 2000 } else { year + 1900 }),
            _ => {}
        }
    }

    /// Takes the name that `letter` stands for from the start of `text`.
    fn word<'t>(&mut self, letter: char, text: &'t str) -> Option<&'t str> {
        let name = |names: &[&str], length: Option<usize>| {
            names.iter().zip(0_u32..).find_map(|(name, at)| {
                let name = length.map_or(Some(*name), |length| name.get(..length))?;
                Some((at, strip_name(text, name)?))
            })
        };
        let (at, rest) = match letter {
            'a' => name(&WEEKDAYS, Some(3))?,
            'A' => name(&WEEKDAYS, None)?,
            'b' => name(&MONTHS, Some(3))?,
            'B' => name(&MONTHS, None)?,
            'p' => name(&["am", "pm"], None)?,
            _ => name(&["utc", "gmt"], None)?,
        };
        match letter {
            'a' | 'A' => self.weekday = Some(at),
            'b' | 'B' => self.month = Some(at + 1),
            'p' => self.afternoon = Some(at == 1),
            _ => {}
        }
        Some(rest)
    }
}

fn strip_name<'t>(text: &'t str, name: &str) -> Option<&'t str> {
    let (start, rest) = text.split_at_checked(name.len())?;
    start.eq_ignore_ascii_case(name).then_some(rest)
}
