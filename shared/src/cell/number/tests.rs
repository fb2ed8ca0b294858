use proptest::prelude::*;

use super::*;

fn format(decimal: &'static str, group: &'static str, bare_number: bool) -> NumberFormat {
    NumberFormat { decimal_char: decimal.into(), group_char: group.into(), bare_number }
}

#[track_caller]
fn check(format: &NumberFormat, cell: &str, expected: Option<f64>) {
    let found = format.number(cell.as_bytes(), &mut "left over".to_owned());
    assert_eq!(found.map(f64::to_bits), expected.map(f64::to_bits), "{cell:?}: {found:?}");
}

#[test]
fn integers() {
    for (cell, expected) in [
        ("0", Some(0)),
        ("+7", Some(7)),
        ("007", Some(7)),
        (" 01 ", Some(1)),
        ("\u{a0}1\t", Some(1)),
        ("9223372036854775807", Some(i64::MAX)),
        ("-9223372036854775808", Some(i64::MIN)),
        ("9223372036854775808", None),
        ("-9223372036854775809", None),
        ("", None),
        (" ", None),
        ("-", None),
        ("+-1", None),
        ("- 1", None),
        ("1 000", None),
        ("1.0", None),
        ("1e3", None),
        ("1_000", None),
        ("NaN", None),
        ("١", None),
    ] {
        assert_eq!(NumberFormat::DEFAULT.integer(cell.as_bytes()), expected, "{cell:?}");
    }
    assert_eq!(NumberFormat::DEFAULT.integer(b"\xff1"), None);
}

#[test]
fn numbers() {
    for (cell, expected) in [
        ("0.1", Some(0.1)),
        (".5", Some(0.5)),
        ("5.", Some(5.0)),
        ("+100000.00", Some(100_000.0)),
        ("-1E-2", Some(-0.01)),
        (" 1e+3 ", Some(1000.0)),
        ("INF", Some(f64::INFINITY)),
        ("-inf", Some(f64::NEG_INFINITY)),
        ("nan", Some(f64::NAN)),
        ("NaN", Some(f64::NAN)),
        ("-0.0", Some(0.0)),
        ("1e-999", Some(0.0)),
        ("infinity", None),
        ("+INF", None),
        ("-NaN", None),
        ("1e999", None),
        ("", None),
        (".", None),
        ("e5", None),
        ("1e", None),
        ("1e+", None),
        ("1,5", None),
        ("1 000", None),
        ("0x1", None),
        ("1_0", None),
        ("--1", None),
    ] {
        check(&NumberFormat::DEFAULT, cell, expected);
    }
}

#[test]
fn groups_have_their_place_and_length() {
    let english = format(".", ",", true);
    for (cell, expected) in [
        ("1,000", Some(1000.0)),
        ("10,000,000.50", Some(10_000_000.5)),
        ("-1,234e2", Some(-123_400.0)),
        ("1,23,456", Some(123_456.0)),
        ("1234567", Some(1_234_567.0)),
        ("1,5", None),
        ("1,0000", None),
        ("1234,567", None),
        ("1,2,345", None),
        (",123", None),
        ("1,,234", None),
        ("1,234,", None),
        ("1.234,567", None),
        ("1,234.5,6", None),
        ("NaN", Some(f64::NAN)),
    ] {
        check(&english, cell, expected);
    }
    let other = format("@", "##", true);
    check(&other, "10##000@25", Some(10_000.25));
    check(&other, "10#000@25", None);
    check(&other, "10.25", None);
    let french = format(",", " ", true);
    check(&french, "10 000,00", Some(10_000.0));
    check(&french, "10.5", None);
    assert_eq!(english.integer(b"-9,223,372,036,854,775,808"), Some(i64::MIN));
    assert_eq!(english.integer(b"9,223,372,036,854,775,808"), None);
    assert_eq!(english.integer(b"1,00"), None);
}

#[test]
fn decorations_are_dropped_only_where_they_mean_nothing() {
    let bare = format(".", ",", false);
    for (cell, expected) in [
        ("95%", Some(95.0)),
        ("€95", Some(95.0)),
        ("EUR 95", Some(95.0)),
        ("-12.3 €", Some(-12.3)),
        ("€-12.3", Some(-12.3)),
        ("€ -12.3", Some(-12.3)),
        ("+5", Some(5.0)),
        ("$10,000.00", Some(10_000.0)),
        (".5 EUR", Some(0.5)),
        ("EUR .5", Some(0.5)),
        ("$.50", Some(0.5)),
        ("EUR -.5", Some(-0.5)),
        ("5. EUR", Some(5.0)),
        ("1e3 m", Some(1000.0)),
        ("95 m²", Some(95.0)),
        ("100.-", Some(100.0)),
        ("5 (net)", Some(5.0)),
        ("NaN", Some(f64::NAN)),
        ("-INF", Some(f64::NEG_INFINITY)),
        // What might be the sign of the number, or a part of it.
        ("Rs.500", None),
        ("-€5", None),
        ("- 5", None),
        ("−5", None),
        ("(5)", None),
        ("5-", None),
        ("5 −", None),
        ("5 EUR-", None),
        ("5½", None),
        ("²5", None),
        ("10³", None),
        ("5 to 7", None),
        ("5 km 2", None),
        ("10,000a.00", None),
        ("$10:000.00", None),
        ("", None),
        ("%", None),
    ] {
        check(&bare, cell, expected);
    }
    let comma = format(",", "", false);
    check(&comma, "1234.", Some(1234.0));
    check(&comma, "1.234.", None);
    check(&comma, "100,- CHF", Some(100.0));
    for (cell, expected) in
        [("ab1$", Some(1)), ("€ -12", Some(-12)), ("1,234 pcs", Some(1234)), ("$.5", None)]
    {
        assert_eq!(bare.integer(cell.as_bytes()), expected, "{cell:?}");
    }
}

proptest! {
    #[test]
    fn a_double_is_read_from_its_text(number in proptest::num::f64::NORMAL) {
        let scratch = &mut String::new();
        let text = number.to_string();
        prop_assert_eq!(NumberFormat::DEFAULT.number(text.as_bytes(), scratch), Some(number));
        let text = text.replace('.', ",");
        prop_assert_eq!(format(",", "'", true).number(text.as_bytes(), scratch), Some(number));
    }

    #[test]
    fn an_integer_is_read_from_its_text(number: i64) {
        prop_assert_eq!(NumberFormat::DEFAULT.integer(number.to_string().as_bytes()), Some(number));
    }

    #[test]
    fn no_bytes_upset_it(cell in "[-+0-9.,eE€ a²½(]{0,12}", bare: bool) {
        let format = format(".", ",", bare);
        let (integer, number) = (
            format.integer(cell.as_bytes()),
            format.number(cell.as_bytes(), &mut String::new()),
        );
        prop_assert!(integer.is_none() || number.is_some());
    }
}
