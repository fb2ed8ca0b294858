//! Tables of expressions and what they come to.

use arrow_array::types::TimestampMicrosecondType;
use arrow_array::{Date32Array, Decimal128Array, TimestampMicrosecondArray};
use arrow_cast::display::{ArrayFormatter, FormatOptions};
use shared::contract::{Column, instant_type};
use shared::fault::Arithmetic::{Cast, DivisionByZero, Overflow};
use shared::salt::Salts;

use super::*;

const MAX: i64 = i64::MAX;

fn columns() -> (Vec<Column>, Vec<ArrayRef>) {
    let decimals = Decimal128Array::from(vec![Some(150), Some(-5), None]);
    let long = Decimal128Array::from(vec![Some(10_i128.pow(38) - 1), Some(15), None]);
    let micros = 1_362_182_399_500_000;
    let instants = TimestampMicrosecondArray::from(vec![Some(micros), Some(0), None]);
    let arrays: [(&str, ArrayRef); 9] = [
        ("i", Arc::new(Int64Array::from(vec![Some(MAX), Some(6), None]))),
        ("n", Arc::new(Float64Array::from(vec![0.0, 0.5, 1.0]))),
        ("d", Arc::new(decimals.with_precision_and_scale(15, 2).unwrap())),
        ("l", Arc::new(long.with_precision_and_scale(38, 0).unwrap())),
        ("s", Arc::new(StringArray::from(vec![Some(" Stra\u{df}e "), Some("ab%c"), None]))),
        ("b", Arc::new(BooleanArray::from(vec![Some(true), Some(false), None]))),
        // 2013-03-01 is a Friday, 2012-12-31 a Monday of the first week of 2013.
        ("day", Arc::new(Date32Array::from(vec![Some(15_765), Some(15_705), None]))),
        ("t", Arc::new(instants.with_data_type(instant_type()))),
        ("z", Arc::new(Int64Array::from(vec![0, 1, 0]))),
    ];
    let column = |(name, array): &(&str, ArrayRef)| Column {
        name: (*name).to_owned(),
        data_type: array.data_type().clone(),
        nullable: true,
        description: None,
    };
    (arrays.iter().map(column).collect(), arrays.into_iter().map(|(_, array)| array).collect())
}

fn hashers() -> Hashers {
    let salts: Salts = [("S".to_owned(), b"a salt of 16 b..".to_vec())].into_iter().collect();
    salts.hashers(["S"]).unwrap()
}

/// Evaluates `text` on three rows; `~` is null.
#[track_caller]
fn check(text: &str, expected: [&str; 3], faults: &[(usize, Arithmetic)]) {
    let (columns, arrays) = columns();
    let expression = Expression::parse(text, &columns).unwrap_or_else(|error| panic!("{error}"));
    let Computed { values, faults: found } = compute(&expression, &arrays, 3, &hashers()).unwrap();
    assert_eq!(values.data_type(), &expression.data_type, "{text}");
    // Instants are in UTC; as texts they are without it.
    let values = match values.as_primitive_opt::<TimestampMicrosecondType>() {
        Some(instants) => Arc::new(instants.clone().with_timezone_opt(None::<&str>)),
        None => values,
    };
    let options = FormatOptions::default().with_null("~");
    let texts = ArrayFormatter::try_new(values.as_ref(), &options).unwrap();
    let texts: Vec<String> = (0..3).map(|row| texts.value(row).to_string()).collect();
    assert_eq!(texts, expected, "{text}");
    assert_eq!(found, faults, "{text}");
}

#[test]
fn whole_numbers_and_doubles() {
    check("i + 1", ["~", "7", "~"], &[(0, Overflow)]);
    check("i - 1", ["9223372036854775806", "5", "~"], &[]);
    check("0 - i - 2", ["~", "-8", "~"], &[(0, Overflow)]);
    check("i * -1", ["-9223372036854775807", "-6", "~"], &[]);
    check("-i", ["-9223372036854775807", "-6", "~"], &[]);
    check("i / 4", ["2.305843009213694e18", "1.5", "~"], &[]);
    check("i % 4", ["3", "2", "~"], &[]);
    check("n % 0.3e0", ["0.0", "0.2", "0.10000000000000003"], &[]);
    check("-1e0 % n", ["~", "0.0", "0.0"], &[(0, DivisionByZero)]);
    check("round(n * 1e-25, 25)", ["0.0", "9.999999999999999e-26", "9.999999999999999e-26"], &[]);
    check("round(n * 1.26e26, -25)", ["0.0", "6.000000000000001e25", "1.3000000000000002e26"], &[]);
    check("-7 % z", ["~", "0", "~"], &[(0, DivisionByZero), (2, DivisionByZero)]);
    check("i + n", ["9.223372036854776e18", "6.5", "~"], &[]);
    check("1 / n", ["~", "2.0", "1.0"], &[(0, DivisionByZero)]);
    check(
        "n / 0",
        ["~", "~", "~"],
        &[(0, DivisionByZero), (1, DivisionByZero), (2, DivisionByZero)],
    );
    check("n * 1e308 * 1e10", ["0.0", "~", "~"], &[(1, Overflow), (2, Overflow)]);
    check("(i + 1) + (1 / n)", ["~", "9.0", "~"], &[(0, Overflow)]);
    check("-n", ["0.0", "-0.5", "-1.0"], &[]);
    check("abs(-i)", ["9223372036854775807", "6", "~"], &[]);
    check(
        "abs(-9223372036854775807 - z)",
        ["9223372036854775807", "~", "9223372036854775807"],
        &[(1, Overflow)],
    );
    check("round(n)", ["0.0", "1.0", "1.0"], &[]);
    check("round(n + 0.005, 2)", ["0.01", "0.51", "1.0"], &[]);
    check("round(n * 1234.5, -2)", ["0.0", "600.0", "1200.0"], &[]);
    check("round(n * 1e300, 38)", ["0.0", "5e299", "1e300"], &[]);
    check("round(i, 2)", ["9223372036854775807", "6", "~"], &[]);
    check("round(i, -1)", ["~", "10", "~"], &[(0, Overflow)]);
    check("round(-i, -18)", ["-9000000000000000000", "0", "~"], &[]);
    check("round(i, -38)", ["0", "0", "~"], &[]);
    check("floor(n - 1)", ["-1.0", "-1.0", "0.0"], &[]);
    check("ceil(n)", ["0.0", "1.0", "1.0"], &[]);
}

#[test]
fn decimals_are_exact() {
    check("d + d", ["3.00", "-0.10", "~"], &[]);
    check("d + 1", ["2.50", "0.95", "~"], &[]);
    check("1 - d", ["-0.50", "1.05", "~"], &[]);
    check("d * (1 - d)", ["-0.7500", "-0.0525", "~"], &[]);
    check("d * 1.005", ["1.50750", "-0.05025", "~"], &[]);
    check("d + n", ["1.5", "0.45", "~"], &[]);
    check("d / 3", ["0.5", "-0.016666666666666666", "~"], &[]);
    check("d / 0.0", ["~", "~", "~"], &[(0, DivisionByZero), (1, DivisionByZero)]);
    check("-d", ["-1.50", "0.05", "~"], &[]);
    check("l + 1", ["~", "16", "~"], &[(0, Overflow)]);
    check("d % 0.4", ["0.30", "-0.05", "~"], &[]);
    check("-1 % d", ["-1.00", "0.00", "~"], &[]);
    check("d % z", ["~", "-0.05", "~"], &[(0, DivisionByZero)]);
    check("l % 0.7", ["~", "0.3", "~"], &[(0, Overflow)]);
    check("l * l", ["~", "225", "~"], &[(0, Overflow)]);
    check("l + 0.5", ["~", "15.5", "~"], &[(0, Overflow)]);
    check("0.1 + 0.2", ["0.3", "0.3", "0.3"], &[]);
    check("12345678901234567890 + 0", ["12345678901234567890"; 3], &[]);
    check("round(d)", ["2", "0", "~"], &[]);
    check("round(-d)", ["-2", "0", "~"], &[]);
    check("round(d, 1)", ["1.5", "-0.1", "~"], &[]);
    check("round(d * 1.005, 2)", ["1.51", "-0.05", "~"], &[]);
    check("round(d, 3)", ["1.50", "-0.05", "~"], &[]);
    check("round(d * 1000, -3)", ["2000", "0", "~"], &[]);
    check("round(l, -1)", ["~", "20", "~"], &[(0, Overflow)]);
    check("round(l, -38)", ["~", "0", "~"], &[(0, Overflow)]);
    check("round(0.49, -38)", ["0"; 3], &[]);
    check("floor(d)", ["1", "-1", "~"], &[]);
    check("ceil(d)", ["2", "0", "~"], &[]);
    check("abs(d)", ["1.50", "0.05", "~"], &[]);
    let zeros = "0.00000000000000000001 * 0.000000000000000001";
    check(zeros, ["0.00000000000000000000000000000000000001"; 3], &[]);
}

#[test]
fn conditions_know_three_values() {
    check("i = 6", ["false", "true", "~"], &[]);
    check("d < 0", ["false", "true", "~"], &[]);
    check("d >= 1.5", ["true", "false", "~"], &[]);
    check("i > l", ["false", "false", "~"], &[]);
    check("n = 0.5", ["false", "true", "false"], &[]);
    check("s <> 'ab%c'", ["true", "false", "~"], &[]);
    check("b = true", ["true", "false", "~"], &[]);
    check("NOT b", ["false", "true", "~"], &[]);
    check("b AND n < 2", ["true", "false", "~"], &[]);
    check("b AND n < 0.5", ["true", "false", "false"], &[]);
    check("b OR n = 1", ["true", "false", "true"], &[]);
    check("b IS NULL", ["false", "false", "true"], &[]);
    check("b IS NOT NULL AND b", ["true", "false", "false"], &[]);
    check("n BETWEEN 0.5 AND 1", ["false", "true", "true"], &[]);
    check("n NOT BETWEEN 0.5 AND 1", ["true", "false", "false"], &[]);
    check("i IN (1, 6)", ["false", "true", "~"], &[]);
    check("i IN (NULL, 6)", ["~", "true", "~"], &[]);
    check("d IN (1, 1.5, 2.25)", ["true", "false", "~"], &[]);
    check("s IN ('ab%c', s)", ["true", "true", "~"], &[]);
    check("day IN ('2013-03-01', '2000-01-01')", ["true", "false", "~"], &[]);
    check("'2013-03-01' IN (day)", ["true", "false", "~"], &[]);
    check("1 IN (z, 0)", ["false", "true", "false"], &[]);
    check("'a' IN ('a', 'b')", ["true"; 3], &[]);
    check("1 IN (2, 1 / z)", ["~", "true", "~"], &[(0, DivisionByZero), (2, DivisionByZero)]);
    check("1 IN (1, 1 / z)", ["true"; 3], &[]);
    check("i NOT IN (1, NULL)", ["~", "~", "~"], &[]);
    check("b IS TRUE", ["true", "false", "false"], &[]);
    check("b IS NOT TRUE", ["false", "true", "true"], &[]);
    check("b IS FALSE", ["false", "true", "false"], &[]);
    check("b IS NOT FALSE", ["true", "false", "true"], &[]);
    check("i IS DISTINCT FROM 6", ["true", "false", "true"], &[]);
    check("i IS NOT DISTINCT FROM NULL", ["false", "false", "true"], &[]);
    check("NULL IS DISTINCT FROM NULL", ["false"; 3], &[]);
    check("day IS NOT DISTINCT FROM '2013-03-01'", ["true", "false", "false"], &[]);
    check("'2013-03-01' IN (day, t)", ["true", "false", "~"], &[]);
    check("'1970-01-01' IN (t, day)", ["false", "true", "~"], &[]);
    check("s LIKE 'ab!%_' ESCAPE '!'", ["false", "true", "~"], &[]);
    check("s LIKE 'ab%c' ESCAPE ''", ["false", "true", "~"], &[]);
    check("'a\\_!' LIKE 'a\\!_!!' ESCAPE '!'", ["true"; 3], &[]);
    check("'a\\x' LIKE 'a\\!_' ESCAPE '!'", ["false"; 3], &[]);
    check("'AxB' NOT ILIKE '!a_b' ESCAPE '!'", ["false"; 3], &[]);
    check("'a' < 'b' AND 'abc' LIKE 'a%' AND NOT 'abc' LIKE 'b%'", ["true"; 3], &[]);
    check("'ab%c' LIKE s", ["false", "true", "~"], &[]);
    check("CASE WHEN b THEN 'yes' ELSE 'no' END", ["yes", "no", "no"], &[]);
    check("CASE b WHEN true THEN 1 WHEN false THEN 0 END", ["1", "0", "~"], &[]);
    check("s LIKE '%a%'", ["true", "true", "~"], &[]);
    check("s LIKE 'ab\\%_'", ["false", "true", "~"], &[]);
    check("s ILIKE '%STRA%'", ["true", "false", "~"], &[]);
    check("s NOT LIKE 'ab%'", ["true", "false", "~"], &[]);
    check("day > '2013-01-01'", ["true", "false", "~"], &[]);
    check("t > day", ["true", "false", "~"], &[]);
    check("t >= DATE '1970-01-01'", ["true", "true", "~"], &[]);
    check("t < TIMESTAMP '1970-01-01 00:00:01'", ["false", "true", "~"], &[]);
}

#[test]
fn only_what_is_chosen_is_at_fault() {
    check("CASE WHEN z = 0 THEN -1 ELSE 6 / z END", ["-1.0", "6.0", "-1.0"], &[]);
    check(
        "CASE WHEN 1 / z > 0 THEN 1 END",
        ["~", "1", "~"],
        &[(0, DivisionByZero), (2, DivisionByZero)],
    );
    check("CASE z WHEN 0 THEN 'none' WHEN 1 THEN s END", ["none", "ab%c", "none"], &[]);
    check("CASE WHEN b THEN 1 WHEN NOT b THEN 2.5 END", ["1.0", "2.5", "~"], &[]);
    check("z <> 0 AND 1 / z > 0", ["false", "true", "false"], &[]);
    check("z = 0 OR 1 / z > 0", ["true", "true", "true"], &[]);
    check("COALESCE(i, 1 / z)", ["9.223372036854776e18", "6.0", "~"], &[(2, DivisionByZero)]);
    check("COALESCE(d, 0)", ["1.50", "-0.05", "0.00"], &[]);
    check("COALESCE(NULL, s, 'none')", [" Stra\u{df}e ", "ab%c", "none"], &[]);
    check("6 / NULLIF(z, 0)", ["~", "6.0", "~"], &[]);
    check("CASE WHEN z = 1 THEN CASE WHEN n > 9 THEN 1 / 0 ELSE 2 END END", ["~", "2.0", "~"], &[]);
}

#[test]
fn the_greatest_and_the_least_pass_over_nulls() {
    check("greatest(i, 7)", ["9223372036854775807", "7", "7"], &[]);
    check("least(i, 7)", ["7", "6", "7"], &[]);
    check("greatest(d, 0.125, NULL)", ["1.500", "0.125", "0.125"], &[]);
    check("least(s, 'b', 'c')", [" Stra\u{df}e ", "ab%c", "b"], &[]);
    check("greatest(day, '2013-01-01')", ["2013-03-01", "2013-01-01", "2013-01-01"], &[]);
    check("least(day, t)", ["2013-03-01T00:00:00", "1970-01-01T00:00:00", "~"], &[]);
    check("greatest(NULL, NULL) IS NULL", ["true"; 3], &[]);
    check("least(i)", ["9223372036854775807", "6", "~"], &[]);
}

#[test]
fn texts_beside_dates_are_dates() {
    check("COALESCE(day, '2000-01-01')", ["2013-03-01", "2012-12-31", "2000-01-01"], &[]);
    check(
        "IFNULL(t, '2000-01-01')",
        ["2013-03-01T23:59:59.500", "1970-01-01T00:00:00", "2000-01-01T00:00:00"],
        &[],
    );
    check(
        "CASE WHEN b THEN day ELSE '2000-01-01' END",
        ["2013-03-01", "2000-01-01", "2000-01-01"],
        &[],
    );
    check("CASE day WHEN '2013-03-01' THEN 1 END", ["1", "~", "~"], &[]);
    check("NULLIF(day, '2013-03-01')", ["~", "2012-12-31", "~"], &[]);
}

#[test]
fn nulls_without_a_type_are_values_too() {
    check("COALESCE(CASE WHEN b THEN NULL END, 1)", ["1"; 3], &[]);
    check("COALESCE(NULL, NULL) IS NULL", ["true"; 3], &[]);
    check("NULLIF(NULL, NULL) IS NULL", ["true"; 3], &[]);
    check("NULL = NULL", ["~"; 3], &[]);
    check("abs(NULL) + 1", ["~"; 3], &[]);
    check("upper(NULL)", ["~"; 3], &[]);
    check("CAST(CASE WHEN b THEN NULL END AS DATE)", ["~"; 3], &[]);
}

#[test]
fn casts_round_or_tell() {
    check("CAST(n AS BIGINT)", ["0", "0", "1"], &[]);
    check("CAST(n + 1 AS BIGINT)", ["1", "2", "2"], &[]);
    check("CAST(d AS BIGINT)", ["2", "0", "~"], &[]);
    check("CAST(n * 1e19 AS BIGINT)", ["0", "5000000000000000000", "~"], &[(2, Overflow)]);
    check("TRY_CAST(n * 1e19 AS BIGINT)", ["0", "5000000000000000000", "~"], &[]);
    check("CAST(i AS DOUBLE)", ["9.223372036854776e18", "6.0", "~"], &[]);
    check("CAST(d AS DECIMAL(3, 1))", ["1.5", "-0.1", "~"], &[]);
    check("CAST(i AS DECIMAL(5, 2))", ["~", "6.00", "~"], &[(0, Overflow)]);
    check("CAST(n AS DECIMAL(3, 1))", ["0.0", "0.5", "1.0"], &[]);
    check("CAST('1.25' AS DECIMAL(3, 1))", ["1.3"; 3], &[]);
    check("CAST('-1.25e1' AS DECIMAL(3, 1))", ["-12.5"; 3], &[]);
    check("CAST('0.1e-400' AS DECIMAL(3, 1))", ["0.0"; 3], &[]);
    check(
        "CAST('0.04999999999999999999999999999999999999999999' AS DECIMAL(3, 1))",
        ["0.0"; 3],
        &[],
    );
    check("CAST('.5' AS DECIMAL(38, 38))", ["0.50000000000000000000000000000000000000"; 3], &[]);
    check("TRY_CAST('1e38' AS DECIMAL(38, 0))", ["~"; 3], &[]);
    check("TRY_CAST('1e' AS DECIMAL(38, 0))", ["~"; 3], &[]);
    check("TRY_CAST('NaN' AS DECIMAL(38, 0))", ["~"; 3], &[]);
    check("CAST(n * 1e-300 AS DECIMAL(3, 1))", ["0.0"; 3], &[]);
    check("CAST(s AS BIGINT)", ["~", "~", "~"], &[(0, Cast), (1, Cast)]);
    check("TRY_CAST(s AS BIGINT)", ["~", "~", "~"], &[]);
    check("CAST('12' AS INTEGER)", ["12"; 3], &[]);
    check("CAST('1e-2' AS DOUBLE)", ["0.01"; 3], &[]);
    check("CAST('TRUE' AS BOOLEAN)", ["true"; 3], &[]);
    check("CAST(b AS BIGINT)", ["1", "0", "~"], &[]);
    check("CAST('2013-02-28' AS DATE)", ["2013-02-28"; 3], &[]);
    check("CAST(t AS DATE)", ["2013-03-01", "1970-01-01", "~"], &[]);
    check("CAST(day AS TIMESTAMP)", ["2013-03-01T00:00:00", "2012-12-31T00:00:00", "~"], &[]);
    check("CAST(i AS VARCHAR)", ["9223372036854775807", "6", "~"], &[]);
    check("CAST(d AS VARCHAR)", ["1.50", "-0.05", "~"], &[]);
    check("CAST(n AS VARCHAR)", ["0.0", "0.5", "1.0"], &[]);
    check("CAST(b AS VARCHAR)", ["true", "false", "~"], &[]);
    check("CAST(day AS VARCHAR)", ["2013-03-01", "2012-12-31", "~"], &[]);
    check("CAST(t AS VARCHAR)", ["2013-03-01T23:59:59.500Z", "1970-01-01T00:00:00Z", "~"], &[]);
}

#[test]
fn texts() {
    check("upper(s)", [" STRASSE ", "AB%C", "~"], &[]);
    check("lower('ÄB')", ["äb"; 3], &[]);
    check("trim(s)", ["Stra\u{df}e", "ab%c", "~"], &[]);
    check("ltrim(s) || '|'", ["Stra\u{df}e |", "ab%c|", "~"], &[]);
    check("rtrim(s)", [" Stra\u{df}e", "ab%c", "~"], &[]);
    check("length(s)", ["8", "4", "~"], &[]);
    check("concat(s, '-', s)", [" Stra\u{df}e - Stra\u{df}e ", "ab%c-ab%c", "-"], &[]);
    check("substring(s, 2)", ["Stra\u{df}e ", "b%c", "~"], &[]);
    check("substring(s, 2, 2)", ["St", "b%", "~"], &[]);
    check("substring(s FROM 0 FOR 3)", [" S", "ab", "~"], &[]);
    check("substring(s, 100)", ["", "", "~"], &[]);
    check("substring(s, 2, -1)", [" ", "a", "~"], &[]);
    check("substring(s, -3)", ["\u{df}e ", "b%c", "~"], &[]);
    check("substring(s, -3, 2)", ["\u{df}e", "b%", "~"], &[]);
    check("substring(s, -6, 3)", ["tra", "a", "~"], &[]);
    check("substring(s, -1, -2)", ["\u{df}e", "b%", "~"], &[]);
    check("substr(s, -9223372036854775807, -9223372036854775807)", ["", "", "~"], &[]);
    check("substring(s, 9223372036854775807, 9223372036854775807)", ["", "", "~"], &[]);
    check("substring(s, 1, NULL)", ["~"; 3], &[]);
    check("left(s, 2)", [" S", "ab", "~"], &[]);
    check("left(s, -5)", [" St", "", "~"], &[]);
    check("right(s, 2)", ["e ", "%c", "~"], &[]);
    check("right(s, -5)", ["\u{df}e ", "", "~"], &[]);
    check("right(s, -9223372036854775807)", ["", "", "~"], &[]);
    check("left(s, z - z)", ["", "", "~"], &[]);
    check(
        "lpad(s, 10, '\u{e4}b')",
        ["\u{e4}b Stra\u{df}e ", "\u{e4}b\u{e4}b\u{e4}bab%c", "~"],
        &[],
    );
    check("rpad(s, 6, '\u{e4}b')", [" Stra\u{df}", "ab%c\u{e4}b", "~"], &[]);
    check("lpad(s, -1, '')", ["", "", "~"], &[]);
    check("rpad(s, 5, '')", [" Stra", "~", "~"], &[(1, Overflow)]);
    check("lpad('', 20000000, 'x')", ["~"; 3], &[(0, Overflow), (1, Overflow), (2, Overflow)]);
    check("lpad('', i, 'x')", ["~", "xxxxxx", "~"], &[(0, Overflow)]);
    check("split_part(s, 'a', 1)", [" Str", "", "~"], &[]);
    check("split_part(s, 'a', -1)", ["\u{df}e ", "b%c", "~"], &[]);
    check("split_part(s, 'a', 3)", ["", "", "~"], &[]);
    check("split_part(s, 'a', 0)", ["", "", "~"], &[]);
    check("split_part(s, 'a', -9223372036854775807 - z)", ["", "", "~"], &[]);
    check("split_part(s, '', 2)", ["S", "b", "~"], &[]);
    check("strpos(s, 'c')", ["0", "4", "~"], &[]);
    check("position('e' IN s)", ["7", "0", "~"], &[]);
    check("strpos(s, '')", ["1", "1", "~"], &[]);
    check("starts_with(s, 'ab')", ["false", "true", "~"], &[]);
    check("starts_with(s, NULL)", ["~"; 3], &[]);
    check("trim('\u{a0}\u{2003}\ta\u{3000} ')", ["\ta"; 3], &[]);
    check("ltrim('\u{1680}\u{200b}')", ["\u{200b}"; 3], &[]);
    check("replace(s, 'a', 'oo')", [" Stroo\u{df}e ", "oob%c", "~"], &[]);
    check("mask(s, 2)", ["******e ", "**%c", "~"], &[]);
    check("mask('\u{e4}b', 5)", ["\u{e4}b"; 3], &[]);
    check("mask('ab', -1)", ["**"; 3], &[]);
    check("regexp_replace(s, '[a-c]', '<\\0>')", [" Str<a>\u{df}e ", "<a>b%c", "~"], &[]);
    check("regexp_replace(s, '(.)$', '$1\\1', 'g')", [" Stra\u{df}e$1 ", "ab%$1c", "~"], &[]);
    check("regexp_replace(s, '[a-c]', '', 'g')", [" Str\u{df}e ", "%", "~"], &[]);
    check("regexp_replace(s, '[A-C]', '', 'gi')", [" Str\u{df}e ", "%", "~"], &[]);
    check("regexp_replace(s, '[A-C]', '', 'i')", [" Str\u{df}e ", "b%c", "~"], &[]);
    check("regexp_matches(s, '^[A-C]')", ["false", "false", "~"], &[]);
    check("regexp_matches(s, '^[A-C]', 'i')", ["false", "true", "~"], &[]);
    check("regexp_matches(s, 'X|B', 'i')", ["false", "true", "~"], &[]);
    check("regexp_extract(s, '[a-c]+')", ["a", "ab", "~"], &[]);
    check("regexp_extract(s, '(a)(b)?', 2)", ["", "b", "~"], &[]);
    check("replace(s, '', 'x')", [" Stra\u{df}e ", "ab%c", "~"], &[]);
}

/// A pattern is compiled, and may be a cell: no cell makes more than its row fail.
#[test]
fn a_pattern_that_is_too_long_is_a_fault_of_its_row() {
    check(
        "'a' LIKE lpad('%', CAST(n * 2048 AS BIGINT), '_')",
        ["false", "false", "~"],
        &[(2, Overflow)],
    );
    check(
        "CASE WHEN n < 1 THEN 'a' ILIKE rpad('', 1025, '%') ELSE true END",
        ["~", "~", "true"],
        &[(0, Overflow), (1, Overflow)],
    );
    check(&format!("'a' ILIKE '{}%'", "_".repeat(1023)), ["false"; 3], &[]);
}

#[test]
fn dates_and_instants() {
    check("day + 1", ["2013-03-02", "2013-01-01", "~"], &[]);
    check("1 + day", ["2013-03-02", "2013-01-01", "~"], &[]);
    check("day - 60", ["2012-12-31", "2012-11-01", "~"], &[]);
    check("day - DATE '2012-12-31'", ["60", "0", "~"], &[]);
    check("day + i", ["~", "2013-01-06", "~"], &[(0, Overflow)]);
    check("day - 800000", ["~", "~", "~"], &[(0, Overflow), (1, Overflow)]);
    check("year(day)", ["2013", "2012", "~"], &[]);
    check("extract(MONTH FROM t)", ["3", "1", "~"], &[]);
    check("extract(week FROM day)", ["9", "1", "~"], &[]);
    check("isodow(day)", ["5", "1", "~"], &[]);
    check("doy(day)", ["60", "366", "~"], &[]);
    check("quarter(day)", ["1", "4", "~"], &[]);
    check("hour(t) * 60 + minute(t)", ["1439", "0", "~"], &[]);
    check("second(t)", ["59", "0", "~"], &[]);
    check("date_trunc('month', day)", ["2013-03-01", "2012-12-01", "~"], &[]);
    check("date_trunc('year', t)", ["2013-01-01T00:00:00", "1970-01-01T00:00:00", "~"], &[]);
    check("date_trunc('quarter', day)", ["2013-01-01", "2012-10-01", "~"], &[]);
    check("date_trunc('week', day)", ["2013-02-25", "2012-12-31", "~"], &[]);
    check("date_trunc('hour', t)", ["2013-03-01T23:00:00", "1970-01-01T00:00:00", "~"], &[]);
}

#[test]
fn differences_of_dates_are_boundaries() {
    check("date_diff('day', day, t)", ["0", "-15705", "~"], &[]);
    check("date_diff('week', DATE '2013-01-01', day)", ["8", "0", "~"], &[]);
    check("date_diff('week', day, DATE '2013-01-01')", ["-8", "0", "~"], &[]);
    check("date_diff('month', DATE '2012-12-31', day)", ["3", "0", "~"], &[]);
    check("date_diff('quarter', day, DATE '2012-12-31')", ["-1", "0", "~"], &[]);
    check("date_diff('year', DATE '2013-01-01', day)", ["0", "-1", "~"], &[]);
    check("date_diff('hour', day, DATE '2013-03-02')", ["24", "1464", "~"], &[]);
    check(
        "date_diff('second', TIMESTAMP '1969-12-31 23:59:59.9', t)",
        ["1362182400", "1", "~"],
        &[],
    );
    check("date_diff('minute', t, NULL)", ["~"; 3], &[]);
    check("last_day(day)", ["2013-03-31", "2012-12-31", "~"], &[]);
    check("last_day(t)", ["2013-03-31", "1970-01-31", "~"], &[]);
    check("last_day(DATE '9999-12-01')", ["9999-12-31"; 3], &[]);
}

/// Of a batch that holds too much text a part is taken; a row that does so by itself has a fault.
#[test]
fn a_batch_holds_no_more_text_than_it_may() {
    let text = "x".repeat(10 << 20);
    let texts =
        |count| -> [ArrayRef; 1] { [Arc::new(StringArray::from(vec![text.as_str(); count]))] };
    let column = Column {
        name: "s".to_owned(),
        data_type: DataType::Utf8,
        nullable: true,
        description: None,
    };
    let evaluate = |expression: &str, count| {
        let expression = Expression::parse(expression, std::slice::from_ref(&column)).unwrap();
        let found = compute(&expression, &texts(count), count, &Hashers::new());
        found.map(|found| (found.values.null_count(), found.faults))
    };
    let is_cut = |found| matches!(found, Err(ArrowError::MemoryError(_)));
    // What is let go on the way does not count, what stands beside does.
    assert_eq!(evaluate("upper(lower(upper(lower(s))))", 2).unwrap(), (0, vec![]));
    assert!(is_cut(evaluate("replace(upper(s), lower(s), trim(s))", 2)));
    assert_eq!(evaluate("replace(upper(s), lower(s), trim(s))", 1).unwrap(), (0, vec![]));
    assert!(is_cut(evaluate("upper(s)", 4)));
    assert_eq!(evaluate("upper(s)", 3).unwrap(), (0, vec![]));
    // Each branch of a choice is held.
    let branches = |count| (0..count).map(|_| "WHEN s = '' THEN lower(s) ").collect::<String>();
    let five = format!("CASE {} END", branches(5));
    assert_eq!(evaluate(&five, 1).unwrap(), (1, vec![]));
    assert!(is_cut(evaluate(&five, 2)));
    let six = format!("concat(s, '') || CASE {} ELSE substring(s, 2) END", branches(6));
    assert_eq!(evaluate(&six, 1).unwrap(), (1, vec![(0, Overflow)]));
    // A text that stands in the expression is held in every row.
    let literal = format!("'{}' || s", "y".repeat(16_000));
    let literal = Expression::parse(&literal, std::slice::from_ref(&column)).unwrap();
    let spread = |count| {
        let nulls = [new_null_array(&DataType::Utf8, count)];
        compute(&literal, &nulls, count, &Hashers::new()).map(|found| found.values.null_count())
    };
    assert_eq!(spread(4000).unwrap(), 4000);
    assert!(matches!(spread(5000), Err(ArrowError::MemoryError(_))));
}

/// What Python's `hmac.new(b"a salt of 16 b..", text, "sha256").hexdigest()` says.
#[test]
fn hashes_under_salts() {
    check(
        "sha256(s, 'S')",
        [
            "799f128e4f6955d3452bbc50edb12c88de2ff20f7f6fab31c6550e177e015122",
            "f02ed6d7a4d2f1f37e9a3c62bea2c274f93576b06aedacf944e170328ea442b1",
            "~",
        ],
        &[],
    );
    check(
        "sha256('', 'S')",
        ["912c64315e0d02bb6a73dcd3540e0bc7c27cf11c6967ad1370b3a9bd1a48c5e9"; 3],
        &[],
    );
    check("sha256(NULL, 'S') IS NULL", ["true"; 3], &[]);
    check("substring(sha256(CAST(i AS VARCHAR), 'S'), 1, 8)", ["214b7af5", "a2382b2a", "~"], &[]);
}

#[test]
fn intervals() {
    check("day + INTERVAL '3' DAY", ["2013-03-04", "2013-01-03", "~"], &[]);
    check("INTERVAL 1 WEEK + day", ["2013-03-08", "2013-01-07", "~"], &[]);
    check("day - INTERVAL '1' MONTH", ["2013-02-01", "2012-11-30", "~"], &[]);
    check("day + INTERVAL '-1' MONTH", ["2013-02-01", "2012-11-30", "~"], &[]);
    check("day + INTERVAL '2' MONTHS", ["2013-05-01", "2013-02-28", "~"], &[]);
    check("day - INTERVAL 1 QUARTER", ["2012-12-01", "2012-09-30", "~"], &[]);
    check("DATE '2012-02-29' + INTERVAL '4' YEAR", ["2016-02-29"; 3], &[]);
    check("DATE '2012-02-29' - INTERVAL '1' YEAR", ["2011-02-28"; 3], &[]);
    check("t + INTERVAL '90' MINUTE", ["2013-03-02T01:29:59.500", "1970-01-01T01:30:00", "~"], &[]);
    check("t - INTERVAL 1 SECOND", ["2013-03-01T23:59:58.500", "1969-12-31T23:59:59", "~"], &[]);
    check("t + INTERVAL '36' HOURS", ["2013-03-03T11:59:59.500", "1970-01-02T12:00:00", "~"], &[]);
    check("t - INTERVAL '1' DAY", ["2013-02-28T23:59:59.500", "1969-12-31T00:00:00", "~"], &[]);
    let instant = "TIMESTAMP '1969-01-31 23:00:00'";
    check(&format!("{instant} + INTERVAL '1' MONTH"), ["1969-02-28T23:00:00"; 3], &[]);
    check("day + INTERVAL (z * 2) DAY", ["2013-03-01", "2013-01-02", "~"], &[]);
    check("day + INTERVAL (NULLIF(z, 0)) DAY", ["~", "2013-01-01", "~"], &[]);
    check("NULL + INTERVAL '1' HOUR", ["~"; 3], &[]);
    check("t + INTERVAL '1' HOUR > day + INTERVAL '1' DAY", ["true", "false", "~"], &[]);
}

#[test]
fn intervals_stay_within_the_years_1_to_9999() {
    check("DATE '9999-11-30' + INTERVAL '1' MONTH", ["9999-12-30"; 3], &[]);
    check("DATE '0001-01-01' + INTERVAL '0' DAY", ["0001-01-01"; 3], &[]);
    let everywhere = [(0, Overflow), (1, Overflow), (2, Overflow)];
    for text in [
        "DATE '9999-12-31' + INTERVAL '1' DAY",
        "DATE '9999-12-31' + INTERVAL '1' YEAR",
        "DATE '0001-01-01' - INTERVAL '1' MONTH",
        "DATE '2000-01-01' + INTERVAL 9223372036854775807 DAY",
        "DATE '2000-01-01' + INTERVAL 9223372036854775807 QUARTER",
        "TIMESTAMP '9999-12-31 23:59:59' + INTERVAL '1' SECOND",
        "TIMESTAMP '0001-01-01 00:00:00' - INTERVAL '1' SECOND",
        "TIMESTAMP '2000-01-01 00:00:00' + INTERVAL 9223372036854775807 HOUR",
        "TIMESTAMP '2000-01-01 00:00:00' - INTERVAL 200000000000 MONTH",
    ] {
        check(text, ["~"; 3], &everywhere);
    }
    check("day + INTERVAL (i) MONTH", ["~", "2013-06-30", "~"], &[(0, Overflow)]);
    check("CASE WHEN i < 9 THEN t + INTERVAL (i) DAY END", ["~", "1970-01-07T00:00:00", "~"], &[]);
}

#[test]
fn a_row_without_an_operand_has_no_fault() {
    let columns: [ArrayRef; 2] = [
        Arc::new(Int64Array::from(vec![None, Some(1), Some(2), None])),
        Arc::new(Int64Array::from(vec![Some(0), None, Some(0), None])),
    ];
    let names = ["a", "b"].map(|name| Column {
        name: name.to_owned(),
        data_type: DataType::Int64,
        nullable: true,
        description: None,
    });
    let quotient = Expression::parse("a / b", &names).unwrap();
    let found = compute(&quotient, &columns, 4, &Hashers::new()).unwrap();
    assert_eq!(found.values.null_count(), 4);
    assert_eq!(found.faults, [(2, DivisionByZero)]);
}

/// Forms within each other: chains as long as a contract may have them, and around shorter ones what the
/// parser takes no more of.
#[test]
fn no_expression_exhausts_the_stack_of_a_worker() {
    let chain = |inner: &str, after: &str, count| format!("{inner}{}", after.repeat(count));
    let around = |before: &str, inner: &str, after: &str| {
        format!("{}{inner}{}", before.repeat(20), after.repeat(20))
    };
    let texts = [
        chain("i", " + 1", 49),
        chain("s", " || ''", 49),
        chain("b", " OR b", 49),
        chain("b", " AND b", 49),
        chain("b", " = b", 49),
        chain("b", " IS NOT TRUE", 49),
        chain("b", " IS NOT NULL", 49),
        chain("s", "::VARCHAR", 49),
        chain("i", "::VARCHAR::BIGINT", 24),
        chain("day", " + INTERVAL '1' DAY", 49),
        around("NOT ", &chain("b", " = b", 28), ""),
        around("- ", "d", ""),
        around("round(", &chain("d", " + 1", 29), ", 1)"),
        around("upper(", &chain("s", " || ''", 29), ")"),
        around("regexp_replace(", &chain("s", " || ''", 29), ", 'a', '')"),
        around("COALESCE(", &chain("i", " + 1", 29), ", 1)"),
        around("greatest(", &chain("i", " + 1", 29), ", 1)"),
        around("CASE WHEN b THEN ", &chain("i", " + 1", 29), " END"),
        around("CASE WHEN ", &chain("b", " = b", 29), " THEN b END"),
        around("b IN (", &chain("b", " = b", 29), ")"),
    ];
    for text in texts {
        let work = move || {
            let (columns, arrays) = columns();
            let expression = Expression::parse(&text, &columns);
            let expression = expression.unwrap_or_else(|error| panic!("{text}: {error}"));
            compute(&expression, &arrays, 3, &hashers()).unwrap();
        };
        // A worker has 2 MiB, of which a quarter is for what stands around.
        let worker = std::thread::Builder::new().stack_size(3 << 19).spawn(work).unwrap();
        assert!(worker.join().is_ok());
    }
}
