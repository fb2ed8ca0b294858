//! Times of day and offsets within a free text.

use super::calendar::{self, fraction_micros, offset, time_of_day};

/// A time of day that is being read.
#[derive(Debug, Clone, Copy)]
pub(super) struct Clock {
    hour: u32,
    minute: u32,
    second: u32,
    micros: u32,
    halved: bool,
    /// Microseconds ahead of UTC.
    pub(super) offset: Option<i64>,
}

impl Clock {
    fn new(hour: u32, minute: u32, second: u32, micros: u32) -> Self {
        Clock { hour, minute, second, micros, halved: false, offset: None }
    }

    /// `h:mm`, `h:mm:ss` and a fraction, or an hour with its half of the day; then, without a space,
    /// the half of the day or an offset.
    pub(super) fn read(word: &str) -> Option<Self> {
        let (hour, rest) = number(word, 1..=2)?;
        let Some(rest) = rest.strip_prefix(':') else {
            return Clock::new(hour, 0, 0, 0).in_half(half_of_day(rest)?);
        };
        let (minute, rest) = number(rest, 2..=2)?;
        let (second, rest) = match rest.strip_prefix(':') {
            Some(rest) => number(rest, 2..=2)?,
            None => (0, rest),
        };
        Clock::with_fraction(hour, minute, second, rest)
    }

    /// What stands behind a `T`: `hh:mm`, `hh:mm:ss`, `hhmm` or `hhmmss`, a fraction, an offset.
    pub(super) fn iso(word: &str) -> Option<Self> {
        if word.as_bytes().get(2) == Some(&b':') {
            return Clock::read(word).filter(|clock| !clock.halved);
        }
        let (hour, rest) = pair(word)?;
        let (minute, rest) = pair(rest)?;
        let (second, rest) = if digits(rest) == 0 { (0, rest) } else { pair(rest)? };
        Clock::with_fraction(hour, minute, second, rest)
    }

    /// An hour alone, which its half of the day must follow.
    pub(super) fn hour(word: &str) -> Option<Self> {
        let (hour, rest) = number(word, 1..=2)?;
        rest.is_empty().then(|| Clock::new(hour, 0, 0, 0))
    }

    fn with_fraction(hour: u32, minute: u32, second: u32, rest: &str) -> Option<Self> {
        let (micros, rest) = match rest.strip_prefix('.') {
            Some(fraction) => {
                let (fraction, rest) = fraction.split_at_checked(digits(fraction))?;
                (fraction_micros(fraction.as_bytes())?, rest)
            }
            None => (0, rest),
        };
        let clock = Clock::new(hour, minute, second, micros);
        if rest.is_empty() {
            return Some(clock);
        }
        match half_of_day(rest) {
            Some(afternoon) => clock.in_half(afternoon),
            None => Some(Clock { offset: Some(offset_word(rest)?), ..clock }),
        }
    }

    /// The same with the half of the day that it lies in; hours of 12 only, and told once.
    pub(super) fn in_half(self, afternoon: bool) -> Option<Self> {
        let hour = self.hour % 12 + if afternoon { 12 } else { 0 };
        let halves = (1..=12).contains(&self.hour) && !self.halved && self.offset.is_none();
        halves.then_some(Clock { hour, halved: true, ..self })
    }

    /// Microseconds since midnight.
    pub(super) fn micros(self) -> Option<i64> {
        time_of_day(self.hour, self.minute, self.second, self.micros)
    }
}

/// Number of digits at the start.
pub(super) fn digits(text: &str) -> usize {
    text.bytes().take_while(u8::is_ascii_digit).count()
}

/// A number of so many digits, and what follows them.
pub(super) fn number(text: &str, widths: std::ops::RangeInclusive<usize>) -> Option<(u32, &str)> {
    let width = digits(text);
    let (number, rest) = text.split_at_checked(width).filter(|_| widths.contains(&width))?;
    Some((calendar::digits(number.as_bytes())?, rest))
}

/// Two digits, and what follows them.
fn pair(text: &str) -> Option<(u32, &str)> {
    let (pair, rest) = text.split_at_checked(2)?;
    Some((calendar::digits(pair.as_bytes())?, rest))
}

/// Whether `pm` and not `am`.
pub(super) fn half_of_day(word: &str) -> Option<bool> {
    let is = |names: [&str; 2]| names.iter().any(|name| word.eq_ignore_ascii_case(name));
    if is(["pm", "p.m."]) { Some(true) } else { is(["am", "a.m."]).then_some(false) }
}

/// `Z`, `UTC`, `GMT`, `±hh:mm`, `±hhmm`, `±hh`, or one of the names and then an offset. Other names of
/// zones have several meanings.
pub(super) fn offset_word(word: &str) -> Option<i64> {
    if word.eq_ignore_ascii_case("z") {
        return Some(0);
    }
    let named = word
        .get(..3)
        .is_some_and(|name| name.eq_ignore_ascii_case("utc") || name.eq_ignore_ascii_case("gmt"));
    let rest = if named { word.get(3..)? } else { word };
    if named && rest.is_empty() {
        return Some(0);
    }
    let (&sign, _) = rest.as_bytes().split_first().filter(|(sign, _)| b"+-".contains(sign))?;
    let rest = rest.get(1..)?;
    let (hours, minutes) = match (digits(rest), rest.len()) {
        (2, 2) => (rest, "00"),
        (2, 5) => rest.split_once(':')?,
        (4, 4) => rest.split_at_checked(2)?,
        _ => return None,
    };
    let part = |text: &str| calendar::digits(text.as_bytes());
    offset(sign, part(hours)?, part(minutes)?)
}
