//! Dates and times: the patterns that a text can be read by.
//!
//! They are derived from the text: each is one that reads it. Whether it reads all others, the contract
//! knows.

use chrono::{NaiveDate, NaiveTime};

/// What kind of moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) enum Kind {
    Date,
    Time,
    DateTime,
}

/// A text read by one pattern.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in super::super) struct Moment {
    pub(in super::super) kind: Kind,
    /// The pattern, as `strptime` of C and Python takes it.
    pub(in super::super) pattern: String,
}

impl Kind {
    /// The type's name in the Table Schema.
    pub(super) fn type_name(self) -> &'static str {
        match self {
            Kind::Date => "date",
            Kind::Time => "time",
            Kind::DateTime => "datetime",
        }
    }
}

/// The pattern without separators.
pub(super) const COMPACT: &str = "%Y%m%d";

/// A run of characters of one kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Token<'a> {
    Digits(&'a str),
    Letters(&'a str),
    Other(&'a str),
}

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

const WEEKDAYS: [&str; 7] =
    ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];

/// A longer text is no moment.
const LONGEST: usize = 48;

/// Every way to read a text as a moment, by patterns only; the default formats are not among them.
pub(in super::super) fn readings(cell: &str) -> Vec<Moment> {
    let text = cell.trim();
    if text.len() > LONGEST || !text.is_ascii() || !text.bytes().any(|b| b.is_ascii_digit()) {
        return Vec::new();
    }
    let Some((day, clock)) = split(text) else { return dates(text) };
    match day {
        "" => clocks(clock),
        _ => date_times(day, clock),
    }
}

/// The date with what separates it, and the time of day: it starts before the first colon.
fn split(text: &str) -> Option<(&str, &str)> {
    let colon = text.find(':')?;
    let before = text.get(..colon)?;
    let digits = before.bytes().rev().take_while(u8::is_ascii_digit).count();
    text.split_at_checked(colon - digits)
}

fn date_times(day: &str, clock: &str) -> Vec<Moment> {
    let separator_at = day.trim_end_matches([' ', ',', 'T']).len();
    let Some((day, separator)) = day.split_at_checked(separator_at) else { return Vec::new() };
    if !matches!(separator, " " | "T" | ", ") {
        return Vec::new();
    }
    let clocks = clocks(clock);
    let join = |day: &Moment, clock: &Moment| Moment {
        kind: Kind::DateTime,
        pattern: format!("{}{separator}{}", day.pattern, clock.pattern),
    };
    dates(day).iter().flat_map(|day| clocks.iter().map(move |clock| join(day, clock))).collect()
}

fn tokens(text: &str) -> Vec<Token<'_>> {
    let kind = |byte: u8| (byte.is_ascii_digit(), byte.is_ascii_alphabetic());
    text.as_bytes()
        .chunk_by(|a, b| kind(*a) == kind(*b))
        .filter_map(|run| std::str::from_utf8(run).ok())
        .map(|run| match run.as_bytes().first() {
            Some(byte) if byte.is_ascii_digit() => Token::Digits(run),
            Some(byte) if byte.is_ascii_alphabetic() => Token::Letters(run),
            _ => Token::Other(run),
        })
        .collect()
}

fn dates(text: &str) -> Vec<Moment> {
    let tokens = tokens(text);
    if let [Token::Letters(name), Token::Other(gap @ (" " | ", ")), rest @ ..] = tokens.as_slice() {
        let prefixed = prefixed(name, gap, rest);
        if !prefixed.is_empty() {
            return prefixed;
        }
    }
    plain_dates(&tokens)
}

/// A date behind the name of a weekday.
fn prefixed(name: &str, gap: &str, rest: &[Token<'_>]) -> Vec<Moment> {
    let directives = named(name, &WEEKDAYS, ["%a", "%A"]);
    let with = |directive: &str, date: Moment| Moment {
        pattern: format!("{directive}{gap}{}", date.pattern),
        ..date
    };
    directives
        .into_iter()
        .flat_map(|(_, directive)| plain_dates(rest).into_iter().map(move |d| with(directive, d)))
        .collect()
}

fn plain_dates(tokens: &[Token<'_>]) -> Vec<Moment> {
    use Token::{Digits, Letters, Other};
    match *tokens {
        [Digits(all)] if all.len() == 8 => compact(all).into_iter().collect(),
        [Digits(first), Other(gap), Digits(middle), Other(again), Digits(last)]
            if gap == again && matches!(gap, "/" | "-" | ".") =>
        {
            numeric(gap, [first, middle, last])
        }
        [Digits(first), Other(gap), Letters(month), Other(again), Digits(last)]
            if gap == again && matches!(gap, "/" | "-" | "." | " ") =>
        {
            with_month_between(gap, first, month, last)
        }
        [Digits(first), Letters(month), Digits(last)] => with_month_between("", first, month, last),
        [Letters(month), Other(" "), Digits(day), Other(gap @ (", " | " ")), Digits(year)] => {
            with_month_first(gap, month, day, year)
        }
        _ => Vec::new(),
    }
}

/// What a run of digits may be in a date.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    Year,
    Month,
    Day,
}

use Part::{Day, Month, Year};

/// The orders in which people write dates.
const ORDERS: [[Part; 3]; 3] = [[Day, Month, Year], [Month, Day, Year], [Year, Month, Day]];

fn numeric(separator: &str, digits: [&str; 3]) -> Vec<Moment> {
    let read = |order: &[Part; 3]| {
        let mut directives = Vec::new();
        let (mut year, mut month, mut day) = (0, 0, 0);
        for (part, digits) in order.iter().zip(digits) {
            let (directive, number) = match part {
                Part::Year => self::year(digits)?,
                Part::Month => ("%m", short(digits)?),
                Part::Day => ("%d", short(digits)?),
            };
            directives.push(directive);
            *match part {
                Part::Year => &mut year,
                Part::Month => &mut month,
                Part::Day => &mut day,
            } = number;
        }
        date(directives.join(separator), year, month, day)
    };
    ORDERS.iter().filter_map(read).collect()
}

fn compact(digits: &str) -> Option<Moment> {
    let (year, rest) = digits.split_at_checked(4)?;
    let (month, day) = rest.split_at_checked(2)?;
    let year = year.parse().ok()?;
    date(COMPACT.to_owned(), year, short(month)?, short(day)?)
}

fn with_month_between(separator: &str, first: &str, month: &str, last: &str) -> Vec<Moment> {
    let read = |(month, directive): (u32, &str)| {
        let day_first = || {
            let (year_directive, year) = year(last)?;
            let pattern = ["%d", directive, year_directive].join(separator);
            date(pattern, year, month, short(first)?)
        };
        let year_first = || {
            let (year_directive, year) = year(first).filter(|_| first.len() == 4)?;
            let pattern = [year_directive, directive, "%d"].join(separator);
            date(pattern, year, month, short(last)?)
        };
        [day_first(), year_first()]
    };
    named(month, &MONTHS, ["%b", "%B"]).into_iter().flat_map(read).flatten().collect()
}

fn with_month_first(gap: &str, month: &str, day: &str, year: &str) -> Vec<Moment> {
    let read = |(month, directive): (u32, &str)| {
        let (year_directive, year) = self::year(year)?;
        date(format!("{directive} %d{gap}{year_directive}"), year, month, short(day)?)
    };
    named(month, &MONTHS, ["%b", "%B"]).into_iter().filter_map(read).collect()
}

/// The number (1-based) of a name, by each directive that reads it: May is both short and long.
fn named(name: &str, names: &[&str], [short, long]: [&'static str; 2]) -> Vec<(u32, &'static str)> {
    let is = |text: Option<&str>| text.is_some_and(|text| text.eq_ignore_ascii_case(name));
    let by_name = |(number, full): (u32, &&str)| {
        let short = is(full.get(..3)).then_some((number, short));
        [short, is(Some(*full)).then_some((number, long))]
    };
    (1..).zip(names).flat_map(by_name).flatten().collect()
}

/// One or two digits.
fn short(digits: &str) -> Option<u32> {
    if digits.len() > 2 { None } else { digits.parse().ok() }
}

/// A year in four digits or in two; two are of the years 1969 to 2068, as POSIX says.
fn year(digits: &str) -> Option<(&'static str, u32)> {
    let number: u32 = digits.parse().ok()?;
    match digits.len() {
        4 => Some(("%Y", number)),
        2 => Some(("%y", number + if number < 69 { 2000 } else { 1900 })),
        _ => None,
    }
}

fn date(pattern: String, year: u32, month: u32, day: u32) -> Option<Moment> {
    NaiveDate::from_ymd_opt(i32::try_from(year).ok()?, month, day)?;
    (year > 0).then_some(Moment { kind: Kind::Date, pattern })
}

/// A time of day: hours and minutes, perhaps seconds and a fraction, a half of the day, a zone.
fn clocks(text: &str) -> Vec<Moment> {
    let (digits, rest) = text.split_at(
        text.bytes()
            .take_while(|byte| byte.is_ascii_digit() || matches!(byte, b':' | b'.'))
            .count(),
    );
    let Some((half, zone)) = suffix(rest) else { return Vec::new() };
    clock(digits, half, zone).into_iter().collect()
}

/// The patterns of what follows the digits: a half of the day, or a zone.
fn suffix(rest: &str) -> Option<(&'static str, &'static str)> {
    let text = rest.strip_prefix(' ').unwrap_or(rest);
    let is_spaced = text.len() < rest.len();
    let any = |spaced, close| if is_spaced { spaced } else { close };
    if text.is_empty() {
        return (!is_spaced).then_some(("", ""));
    }
    if ["AM", "PM"].iter().any(|half| half.eq_ignore_ascii_case(text)) {
        return Some((any(" %p", "%p"), ""));
    }
    if matches!(text, "UTC" | "GMT") {
        return Some(("", any(" %Z", "%Z")));
    }
    is_offset(text).then(|| ("", any(" %z", "%z")))
}

/// `Z`, `±hh:mm` or `±hhmm`.
fn is_offset(text: &str) -> bool {
    match text.as_bytes() {
        b"Z" => true,
        [b'+' | b'-', h1, h2, b':', m1, m2] | [b'+' | b'-', h1, h2, m1, m2] => {
            [h1, h2, m1, m2].iter().all(|byte| byte.is_ascii_digit()) && *h1 < b'2' && *m1 < b'6'
        }
        _ => false,
    }
}

fn clock(digits: &str, half: &str, zone: &str) -> Option<Moment> {
    let (digits, fraction) = digits.split_once('.').map_or((digits, None), |(d, f)| (d, Some(f)));
    let parts: Vec<&str> = digits.split(':').collect();
    let (hours, minutes, seconds) = match *parts.as_slice() {
        [hours, minutes] if fraction.is_none() => (hours, minutes, None),
        [hours, minutes, seconds] => (hours, minutes, Some(seconds)),
        _ => return None,
    };
    let micros = match fraction {
        None => 0,
        Some(text) if (1..=6).contains(&text.len()) => format!("{text:0<6}").parse().ok()?,
        Some(_) => return None,
    };
    let two = |text: &str| if text.len() == 2 { text.parse().ok() } else { None };
    let hour = hour(hours, half)?;
    let seconds_number = seconds.map_or(Some(0), two)?;
    NaiveTime::from_hms_micro_opt(hour, two(minutes)?, seconds_number, micros)?;
    let hours = if half.is_empty() { "%H" } else { "%I" };
    let rest = seconds.map_or("", |_| ":%S");
    let fraction = fraction.map_or("", |_| ".%f");
    let pattern = format!("{hours}:%M{rest}{fraction}{half}{zone}");
    Some(Moment { kind: Kind::Time, pattern })
}

/// The hour as written: of a half of the day it is 1 to 12.
fn hour(digits: &str, half: &str) -> Option<u32> {
    let hour = short(digits)?;
    (half.is_empty() || (1..=12).contains(&hour)).then_some(hour)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(cell: &str, expected: &[&str]) {
        let found: Vec<String> = readings(cell).into_iter().map(|moment| moment.pattern).collect();
        assert_eq!(found, expected, "{cell}");
    }

    #[test]
    fn dates_by_every_order() {
        check("01/02/2013", &["%d/%m/%Y", "%m/%d/%Y"]);
        check("13/02/2013", &["%d/%m/%Y"]);
        check("02/13/2013", &["%m/%d/%Y"]);
        check("29.2.2024", &["%d.%m.%Y"]);
        check("29.2.2023", &[]);
        check("01-02-03", &["%d-%m-%y", "%m-%d-%y", "%y-%m-%d"]);
        check("2013/1/5", &["%Y/%m/%d"]);
        check("20130105", &["%Y%m%d"]);
        check("20131305", &[]);
        check("1/2/3", &[]);
        check("1.2.3.4", &[]);
        check("01/02-2013", &[]);
        check("0000-01-01", &[]);
    }

    #[test]
    fn names_of_months_and_days() {
        check("5 Jan 2013", &["%d %b %Y"]);
        check("05-JAN-13", &["%d-%b-%y"]);
        check("05JAN2013", &["%d%b%Y"]);
        check("2013-Jan-05", &["%Y-%b-%d"]);
        check("5 January 2013", &["%d %B %Y"]);
        check("5 May 2013", &["%d %b %Y", "%d %B %Y"]);
        check("January 5, 2013", &["%B %d, %Y"]);
        check("Sat, 5 Jan 2013", &["%a, %d %b %Y"]);
        check("Saturday 05/13/2013", &["%A %m/%d/%Y"]);
        check("5 Foo 2013", &[]);
    }

    #[test]
    fn times_and_zones() {
        check("9:30", &["%H:%M"]);
        check("24:00", &[]);
        check("09:30:59.5", &["%H:%M:%S.%f"]);
        check("9:30 PM", &["%I:%M %p"]);
        check("9:30pm", &["%I:%M%p"]);
        check("13:30 PM", &[]);
        check("2013-01-05 09:30", &["%Y-%m-%d %H:%M"]);
        check("2013-01-05T09:30:00+0100", &["%Y-%m-%dT%H:%M:%S%z"]);
        check("2013-01-05 09:30:00 UTC", &["%Y-%m-%d %H:%M:%S %Z"]);
        check("01/02/2013 9:30 AM", &["%d/%m/%Y %I:%M %p", "%m/%d/%Y %I:%M %p"]);
        check("01/02/2013,9:30", &[]);
        check("a:b", &[]);
        check(":", &[]);
    }
}
