use proptest::prelude::*;

use super::*;
use crate::cell::{date, datetime, time};

#[track_caller]
fn check_date(text: &str, expected: Result<&str, CellFault>) {
    let expected = expected.map(|text| date(text.as_bytes()).unwrap());
    assert_eq!(any_date(text), expected, "{text:?}");
}

#[test]
fn dates_that_can_be_read_in_one_way() {
    for (text, expected) in [
        ("2019-01-01", "2019-01-01"),
        ("2013/1/5", "2013-01-05"),
        ("2013.01.05", "2013-01-05"),
        (" 2013 01 05 ", "2013-01-05"),
        ("20130105", "2013-01-05"),
        ("2013-031", "2013-01-31"),
        ("2013-W05-4", "2013-01-31"),
        ("10th Jan 1969", "1969-01-10"),
        ("1 Jan 2013", "2013-01-01"),
        ("01-JAN-2013", "2013-01-01"),
        ("Jan-01-2013", "2013-01-01"),
        ("January 1st, 2013", "2013-01-01"),
        ("the 1st", ""),
        ("Sept. 3, 2013", "2013-09-03"),
        ("2013 Jan 1", "2013-01-01"),
        ("2013-Jan-01", "2013-01-01"),
        ("Tue, 1 Jan 2013", "2013-01-01"),
        ("Tuesday 2013-01-01", "2013-01-01"),
        ("1st of May 2013", "2013-05-01"),
        ("31/01/2013", "2013-01-31"),
        ("01/31/2013", "2013-01-31"),
        ("31.1.2013", "2013-01-31"),
        ("02/02/2013", "2013-02-02"),
        ("29.02.2024", "2024-02-29"),
    ] {
        if expected.is_empty() {
            check_date(text, Err(CellFault::Type));
        } else {
            check_date(text, Ok(expected));
        }
    }
}

#[test]
fn dates_that_can_be_read_in_two_ways() {
    for text in [
        "01/02/2013",
        "1.2.2013",
        "01-02-2013",
        "12 11 2013",
        "01/02/13",
        "13/01/31",
        "31/01/13",
        "25-12-99",
        "1 Jan 69",
        "Jan 1, 13",
        "13 Jan 01",
    ] {
        check_date(text, Err(CellFault::Ambiguous));
    }
}

#[test]
fn texts_that_are_no_date() {
    for text in [
        "",
        " ",
        ",",
        "invalid",
        "10th Jan nineteen sixty nine",
        "2013",
        "2013-01",
        "Jan 2013",
        "1 Jan",
        "2013-13-01",
        "2013-31-01",
        "2023-02-29",
        "30 Feb 2013",
        "0000-01-01",
        "32/01/2013",
        "13/13/2013",
        "99/99/99",
        "2013-01/05",
        "2013--01-05",
        "-2013-01-05",
        "+2013-01-05",
        "2013-01-05-06",
        "2013-366",
        "2013-W53-1",
        "2013-W05-8",
        "20131305",
        "Mon, 1 Jan 2013",
        "1 Jan Feb 2013",
        "2013-01-05x",
        "2013-01-01T00:00:00",
        "2013-01-05 2013-01-05",
        "1. Januar 2013",
        "0",
        "1357344000",
        "2013-01-05/",
        "٢٠١٣-01-05",
        "Tue",
    ] {
        check_date(text, Err(CellFault::Type));
    }
}

#[test]
fn times() {
    for (text, expected) in [
        ("06:00:00", Some("06:00:00")),
        ("6:00", Some("06:00:00")),
        ("3:00 am", Some("03:00:00")),
        ("3 PM", Some("15:00:00")),
        ("3pm", Some("15:00:00")),
        ("12:30 a.m.", Some("00:30:00")),
        ("12:30pm", Some("12:30:00")),
        ("23:59:59.5", Some("23:59:59.5")),
        ("", None),
        ("3", None),
        ("3.00", None),
        ("some night", None),
        ("24:00", None),
        ("6:0", None),
        ("13:00 pm", None),
        ("0:30 am", None),
        ("3:00 am pm", None),
        ("06:00:00Z", None),
        ("06:00 +01:00", None),
        ("06:00 07:00", None),
        ("am", None),
        ("2013-01-01 06:00", None),
    ] {
        let expected = expected.map(|text| time(text.as_bytes()).unwrap());
        assert_eq!(any_time(text), expected, "{text:?}");
    }
}

#[test]
fn instants() {
    use CellFault::{Ambiguous, Type};
    for (text, expected) in [
        ("2014-01-01T06:00:00", Ok("2014-01-01T06:00:00")),
        ("2014-01-01 06:00:00", Ok("2014-01-01T06:00:00")),
        ("2014-01-01T06:00:00Z", Ok("2014-01-01T06:00:00")),
        ("2014-01-01t06:00z", Ok("2014-01-01T06:00:00")),
        ("20140101T060000Z", Ok("2014-01-01T06:00:00")),
        ("20140101T0600+0100", Ok("2014-01-01T05:00:00")),
        ("2014-01-01T06:00:00.25-05:30", Ok("2014-01-01T11:30:00.25")),
        ("2014-W01-3T06:00", Ok("2014-01-01T06:00:00")),
        ("10th Jan 1969 9 am", Ok("1969-01-10T09:00:00")),
        ("9 am 10th Jan 1969", Ok("1969-01-10T09:00:00")),
        ("9:30pm, 10 Jan 1969", Ok("1969-01-10T21:30:00")),
        ("Tue, 01 Jan 2013 10:00:00 +0100", Ok("2013-01-01T09:00:00")),
        ("Tue Jan  1 10:00:00 2013", Ok("2013-01-01T10:00:00")),
        ("Tue Jan 1 10:00:00 UTC 2013", Ok("2013-01-01T10:00:00")),
        ("Tue Jan 01 2013 10:00:00 GMT+0100", Ok("2013-01-01T09:00:00")),
        ("31/12/2013 10:00", Ok("2013-12-31T10:00:00")),
        ("2013-12-31 23:30:00 -01", Ok("2014-01-01T00:30:00")),
        ("01/02/2013 10:00", Err(Ambiguous)),
        ("1 Jan 13 10:00", Err(Ambiguous)),
        ("2013-12-31", Err(Type)),
        ("10:00", Err(Type)),
        ("invalid", Err(Type)),
        ("", Err(Type)),
        ("2013-12-31 10:00 EST", Err(Type)),
        ("2013-12-31 10:00 +15:00", Err(Type)),
        ("2013-12-31 10:00Z +01:00", Err(Type)),
        ("2013-12-31 10:00 11:00", Err(Type)),
        ("2013-12-31T10", Err(Type)),
        ("2013-12-31T100", Err(Type)),
        ("2013-12-31T10:00:00.0000001", Err(Type)),
        ("2013-12-31T25:00", Err(Type)),
        ("2013-12-31 10:00 (CET)", Err(Type)),
        ("Mon Jan 1 10:00:00 2013", Err(Type)),
        ("0001-01-01T00:00+01:00", Err(Type)),
    ] {
        let expected = expected.map(|text| datetime(text.as_bytes()).unwrap());
        assert_eq!(any_datetime(text), expected, "{text:?}");
    }
}

proptest! {
    #[test]
    fn what_iso_means_is_read_so(days in -719_162_i32..2_932_897, seconds in 0_i64..86_400) {
        let day = chrono::NaiveDate::from_epoch_days(days).unwrap();
        prop_assert_eq!(any_date(&day.to_string()), Ok(days));
        let clock = calendar::time_of_day(0, 0, 0, 0).unwrap() + seconds * 1_000_000;
        let text = format!("{day} {}", crate::cell::TimeText(clock));
        prop_assert_eq!(any_datetime(&text).ok(), instant(days, clock, 0));
        prop_assert_eq!(any_time(&crate::cell::TimeText(clock).to_string()), Some(clock));
    }

    #[test]
    fn what_is_read_is_one_of_the_two_ways(a in 0_u32..35, b in 0_u32..35, year in 1_i32..=9999) {
        let day = |month, day| chrono::NaiveDate::from_ymd_opt(year, month, day).and_then(calendar::days);
        let expected = match (day(b, a), day(a, b)) {
            (Some(one), Some(other)) if one != other => Err(CellFault::Ambiguous),
            (one, other) => one.or(other).ok_or(CellFault::Type),
        };
        prop_assert_eq!(any_date(&format!("{a}/{b}/{year:04}")), expected);
    }

    #[test]
    fn no_text_upsets_it(text in "[0-9TZWapm:./ ,+-]{0,24}|\\PC{0,12}|(Jan|1|2013|10:00|pm|T|Z|-| ){0,8}") {
        let _ = any_date(&text);
        let _ = any_time(&text);
        let _ = any_datetime(&text);
    }
}
