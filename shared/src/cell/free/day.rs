//! Dates within a free text.

use chrono::{Datelike, NaiveDate, Weekday};

use super::calendar::{self, days};
use super::clock::{digits, number};
use crate::cell::CellFault;
use crate::cell::strptime::{MONTHS, WEEKDAYS};

/// What a date is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Item {
    /// A number, and its digits.
    Number(u32, usize),
    /// A month by its name, 1-based.
    Month(u32),
}

/// The items of a date in their order.
#[derive(Debug, Default)]
struct Items {
    list: [Option<Item>; 3],
    /// What stands between them.
    separators: [char; 2],
    weekday: Option<Weekday>,
    /// A date of one word that has no items.
    whole: Option<NaiveDate>,
}

/// Days since 1970-01-01.
pub(super) fn read<'c>(words: impl Iterator<Item = &'c str>) -> Result<i32, CellFault> {
    let mut read = Items::default();
    for word in words {
        read.add(word).ok_or(CellFault::Type)?;
    }
    let date = read.date()?;
    let fits = read.weekday.is_none_or(|weekday| weekday == date.weekday());
    days(date).filter(|_| fits).ok_or(CellFault::Type)
}

impl Items {
    /// Adds the items of a word.
    fn add(&mut self, word: &str) -> Option<()> {
        if let Some(date) = week_date(word) {
            return self.whole.replace(date).is_none().then_some(());
        }
        let mut separator = ' ';
        let mut rest = word;
        while !rest.is_empty() {
            rest = if rest.starts_with(|c: char| c.is_ascii_digit()) {
                self.add_number(rest, separator)?
            } else {
                self.add_name(rest, separator)?
            };
            let Some(next) = rest.chars().next() else { break };
            // `Jan.` ends a word, `Jan.2` does not.
            separator = Some(next).filter(|next| matches!(next, '-' | '/' | '.'))?;
            rest = rest.get(1..)?;
            if rest.is_empty() && separator != '.' {
                return None;
            }
        }
        Some(())
    }

    fn add_number<'c>(&mut self, text: &'c str, separator: char) -> Option<&'c str> {
        let (value, rest) = number(text, 1..=8)?;
        self.push(Item::Number(value, digits(text)), separator)?;
        let (suffix, behind) = rest.split_at_checked(letters(rest))?;
        let ordinal = ["st", "nd", "rd", "th"].iter().any(|s| suffix.eq_ignore_ascii_case(s));
        if suffix.is_empty() { Some(rest) } else { ordinal.then_some(behind) }
    }

    fn add_name<'c>(&mut self, text: &'c str, separator: char) -> Option<&'c str> {
        let (name, rest) = text.split_at_checked(letters(text))?;
        if let Some(at) = position(&MONTHS, name).or(name.eq_ignore_ascii_case("sept").then_some(8))
        {
            self.push(Item::Month(u32::try_from(at).ok()? + 1), separator)?;
        } else if let Some(at) = position(&WEEKDAYS, name) {
            let weekday = Weekday::try_from(u8::try_from(at).ok()?).ok()?;
            self.weekday.replace(weekday).is_none().then_some(())?;
        } else if !name.eq_ignore_ascii_case("of") {
            return None;
        }
        Some(rest)
    }

    fn push(&mut self, item: Item, separator: char) -> Option<()> {
        let at = self.list.iter().position(Option::is_none)?;
        *self.list.get_mut(at)? = Some(item);
        if let Some(before) = at.checked_sub(1) {
            *self.separators.get_mut(before)? = separator;
        }
        Some(())
    }

    fn date(&self) -> Result<NaiveDate, CellFault> {
        let alike = self.separators[0] == self.separators[1];
        match self.list {
            [None, ..] => self.whole.ok_or(CellFault::Type),
            _ if self.whole.is_some() => Err(CellFault::Type),
            [Some(Item::Number(basic, 8)), None, None] => {
                exactly(basic / 10_000, basic / 100 % 100, basic % 100)
            }
            [Some(Item::Number(year, 4)), Some(Item::Number(day, 3)), None]
                if self.separators[0] == '-' =>
            {
                let year = i32::try_from(year).unwrap_or_default();
                NaiveDate::from_yo_opt(year, day).ok_or(CellFault::Type)
            }
            [Some(first), Some(second), Some(third)] => match (first, second, third) {
                (Item::Number(a, wa), Item::Number(b, wb), Item::Number(c, wc)) if alike => {
                    numeric((a, wa), (b, wb), (c, wc))
                }
                (Item::Number(a, wa), Item::Month(month), Item::Number(b, wb)) => {
                    named(month, (a, wa), (b, wb))
                }
                (Item::Month(month), Item::Number(day, 1..=2), Item::Number(year, width)) => {
                    named(month, (day, 2), (year, width))
                }
                _ => Err(CellFault::Type),
            },
            _ => Err(CellFault::Type),
        }
    }
}

/// Three numbers with their digits.
fn numeric(
    first: (u32, usize),
    second: (u32, usize),
    third: (u32, usize),
) -> Result<NaiveDate, CellFault> {
    let ((a, wa), (b, wb), (c, wc)) = (first, second, third);
    match (wa, wb, wc) {
        (4, 1..=2, 1..=2) => exactly(a, b, c),
        (1..=2, 1..=2, 4) => one_of([ymd(c, b, a), ymd(c, a, b)]),
        (1..=2, 1..=2, 1..=2) => {
            let century = |year: u32| if year < 69 { year + 2000 } else { year + 1900 };
            let any = [(a, b, c), (c, b, a), (c, a, b)]
                .into_iter()
                .any(|(year, month, day)| ymd(century(year), month, day).is_some());
            Err(if any { CellFault::Ambiguous } else { CellFault::Type })
        }
        _ => Err(CellFault::Type),
    }
}

/// A named month between or before two numbers with their digits.
fn named(month: u32, first: (u32, usize), second: (u32, usize)) -> Result<NaiveDate, CellFault> {
    match (first, second) {
        ((day, 1..=2), (year, 4)) | ((year, 4), (day, 1..=2)) => exactly(year, month, day),
        ((a, 1..=2), (b, 2)) | ((a, 2), (b, 1)) => {
            // A leap year has every day that some year has.
            let any = ymd(2000, month, a).or(ymd(2000, month, b)).is_some();
            Err(if any { CellFault::Ambiguous } else { CellFault::Type })
        }
        _ => Err(CellFault::Type),
    }
}

/// `YYYY-Www-D`
fn week_date(word: &str) -> Option<NaiveDate> {
    let (year, rest) = word.split_once("-W")?;
    let (week, day) = rest.split_once('-')?;
    let part = |text: &str, width: usize| {
        calendar::digits(text.as_bytes()).filter(|_| text.len() == width)
    };
    let year = i32::try_from(part(year, 4)?).ok()?;
    let monday = NaiveDate::from_isoywd_opt(year, part(week, 2)?, Weekday::Mon)?;
    let day = part(day, 1).filter(|day| (1..=7).contains(day))?;
    monday.checked_add_days(chrono::Days::new(u64::from(day) - 1))
}

fn ymd(year: u32, month: u32, day: u32) -> Option<NaiveDate> {
    NaiveDate::from_ymd_opt(i32::try_from(year).ok()?, month, day)
}

fn exactly(year: u32, month: u32, day: u32) -> Result<NaiveDate, CellFault> {
    ymd(year, month, day).ok_or(CellFault::Type)
}

/// The only reading, or the same one twice.
fn one_of(readings: [Option<NaiveDate>; 2]) -> Result<NaiveDate, CellFault> {
    match readings {
        [Some(one), Some(other)] if one != other => Err(CellFault::Ambiguous),
        [Some(one), _] | [None, Some(one)] => Ok(one),
        [None, None] => Err(CellFault::Type),
    }
}

fn letters(text: &str) -> usize {
    text.bytes().take_while(u8::is_ascii_alphabetic).count()
}

/// Position of a name, which may be cut to three letters.
fn position(names: &[&str], word: &str) -> Option<usize> {
    names.iter().position(|name| {
        word.eq_ignore_ascii_case(name)
            || (word.len() == 3
                && name.get(..3).is_some_and(|short| word.eq_ignore_ascii_case(short)))
    })
}
