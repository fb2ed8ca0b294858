use proptest::prelude::*;

use super::*;

#[test]
fn patterns_that_say_what_they_must() {
    use Temporal::{Date, DateTime, Time};
    for (pattern, temporal) in [
        ("%Y-%m-%d", Date),
        ("%d.%b.%y", Date),
        ("%Y-%j", Date),
        ("%Y", Date),
        ("%Y%m", Date),
        ("%G-W%V-%u", Date),
        ("%Y week %W %A", Date),
        ("%x", Date),
        ("%a %d %B %Y, 100%%", Date),
        ("%H:%M", Time),
        ("%I:%M:%S.%f %p", Time),
        ("%X", Time),
        ("%Y-%m-%dT%H:%M:%S%z", DateTime),
        ("%c", DateTime),
        ("%d/%m/%y %H:%M %Z", DateTime),
        ("%Y-%m-%d", DateTime),
    ] {
        assert_eq!(
            Strptime::new(pattern, temporal).map(|p| p.as_str().to_owned()).as_deref(),
            Ok(pattern)
        );
    }
}

#[test]
fn patterns_that_cannot_be_used() {
    use StrptimeError::{Meaningless, Missing, Stray, Twice, Unknown};
    use Temporal::{Date, DateTime, Time};
    for (pattern, temporal, expected) in [
        ("%Y-%m-%d%", Date, Stray),
        ("%Y-%Q", Date, Unknown('Q')),
        ("%Y-%m-%e", Date, Unknown('e')),
        ("%Y-%-m-%d", Date, Unknown('-')),
        ("%Y-% m", Date, Unknown(' ')),
        ("%d/%M/%Y", Date, Meaningless('M')),
        ("%Y-%m-%d %H", Date, Meaningless('H')),
        ("%Y-%m-%d%z", Date, Meaningless('z')),
        ("%H:%m", Time, Meaningless('m')),
        ("%H:%M%z", Time, Meaningless('z')),
        ("%H:%M %p", Time, Meaningless('p')),
        ("%Y-%m-%d %H:%M %H", DateTime, Twice('H')),
        ("%y %Y-%m-%d", Date, Twice('Y')),
        ("%m %b %Y", Date, Twice('b')),
        ("%Y %j %d", Date, Twice('j')),
        ("invalid", Date, Missing("the year")),
        ("%d/%m", Date, Missing("the year")),
        ("%Y %d", Date, Missing("the month")),
        ("%Y %W", Date, Missing("the weekday")),
        ("%G", Date, Missing("the week (`%V`)")),
        ("%Y %V %a", Date, Missing("the year of the week (`%G`)")),
        ("%I:%M", Time, Missing("the half of the day (`%p`)")),
        ("invalid", Time, Missing("a time")),
        ("", Time, Missing("a time")),
    ] {
        assert_eq!(Strptime::new(pattern, temporal), Err(expected), "{pattern:?}");
    }
}

/// What Python says: see `shared/tests/data/strptime.py`.
const PYTHON: &str = include_str!("../../../tests/data/strptime.csv");

#[test]
fn python_reads_the_same() {
    let mut reader = csv::ReaderBuilder::new().has_headers(true).from_reader(PYTHON.as_bytes());
    let mut read = 0;
    for row in reader.records() {
        let row = row.unwrap();
        let [temporal, pattern, text, expected] = [&row[0], &row[1], &row[2], &row[3]];
        let value: Option<i64> =
            Some(expected).filter(|text| !text.is_empty()).map(|v| v.parse().unwrap());
        let found = match temporal {
            "date" => Strptime::new(pattern, Temporal::Date).unwrap().date(text).map(i64::from),
            "time" => Strptime::new(pattern, Temporal::Time).unwrap().time(text),
            _ => Strptime::new(pattern, Temporal::DateTime).unwrap().datetime(text),
        };
        assert_eq!(found, value, "{temporal} {pattern:?} {text:?}");
        read += usize::from(value.is_some());
    }
    assert!(read > 1000, "{read}");
}

#[test]
fn stricter_than_python() {
    for (pattern, text) in [
        ("%Y-%j", "2013-366"),
        ("%G-W%V-%u", "2013-W53-1"),
        ("%G-W%V-%u", "2013-W00-1"),
        ("%Y-%m-%d", "٢٠١٣-٠١-٣١"),
    ] {
        assert_eq!(Strptime::new(pattern, Temporal::Date).unwrap().date(text), None, "{text}");
    }
}

#[test]
fn a_long_cell_takes_no_longer_than_its_length() {
    let pattern = Strptime::new("%d %m %Y %H %M %S", Temporal::DateTime).unwrap();
    let spaces = " ".repeat(20_000);
    assert_eq!(pattern.datetime(&format!("1{spaces}2{spaces}2013{spaces}x")), None);
}

proptest! {
    #[test]
    fn what_is_written_is_read(days in -719_162_i32..2_932_897, micros in 0_i64..calendar::MICROS_PER_DAY) {
        let at = chrono::NaiveDate::from_epoch_days(days).unwrap().and_hms_opt(0, 0, 0).unwrap()
            + chrono::TimeDelta::microseconds(micros);
        let text = format!("{}", at.format("%Y%m%d%H%M%S%6f"));
        let pattern = Strptime::new("%Y%m%d%H%M%S%f", Temporal::DateTime).unwrap();
        prop_assert_eq!(pattern.datetime(&text), calendar::instant(days, micros, 0));
    }

    #[test]
    fn nothing_upsets_it(pattern in "(%[YymbBdjUWVGaAwuHIpMSfzZ]|[ :/%x-]){0,10}", text in "\\PC{0,16}|[0-9 :+.-]{0,24}") {
        for temporal in [Temporal::Date, Temporal::Time, Temporal::DateTime] {
            if let Ok(pattern) = Strptime::new(&pattern, temporal) {
                let _ = (pattern.date(&text), pattern.time(&text), pattern.datetime(&text));
            }
        }
    }
}
