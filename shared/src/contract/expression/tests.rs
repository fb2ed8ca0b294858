use super::*;
use crate::contract::instant_type;

fn columns() -> Vec<Column> {
    let column = |name: &str, data_type| Column {
        name: name.to_owned(),
        data_type,
        nullable: true,
        description: None,
    };
    vec![
        column("i", DataType::Int64),
        column("n", DataType::Float64),
        column("d", DataType::Decimal128(15, 2)),
        column("l", DataType::Decimal128(38, 10)),
        column("s", DataType::Utf8),
        column("b", DataType::Boolean),
        column("day", DataType::Date32),
        column("t", instant_type()),
    ]
}

#[track_caller]
#[allow(clippy::needless_pass_by_value, reason = "a table reads better")]
fn check(text: &str, expected: DataType) {
    let found = Expression::parse(text, &columns()).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(found.data_type, expected, "{text}");
}

#[track_caller]
fn refuse(text: &str, expected: &str) {
    let error = Expression::parse(text, &columns()).unwrap_err();
    assert_eq!(error.to_string(), expected, "{text}");
}

#[test]
fn types_meet_as_documented() {
    let decimal = DataType::Decimal128;
    check("i - i", DataType::Int64);
    check("i / i", DataType::Float64);
    check("i * 1e3", DataType::Float64);
    check("i % 3", DataType::Int64);
    check("(i)", DataType::Int64);
    check("i - 1.0", decimal(21, 1));
    check("d + d", decimal(16, 2));
    check("d + 1", decimal(16, 2));
    check("d * (1 - d)", decimal(31, 4));
    check("d * (1 - d) * (1 + d)", decimal(38, 6));
    check("d + i", decimal(22, 2));
    check("l * l", decimal(38, 20));
    check("d + n", DataType::Float64);
    check("d / 2", DataType::Float64);
    check("NULL + 1", DataType::Int64);
    check("round(d)", decimal(14, 0));
    check("round(d, 1)", decimal(15, 1));
    check("round(d, 2)", decimal(15, 2));
    check("round(d, -3)", decimal(14, 0));
    check("round(l, 9)", decimal(38, 9));
    check("round(i, -2)", DataType::Int64);
    check("round(n, 2)", DataType::Float64);
    check("abs(d)", decimal(15, 2));
    check("day + 1", DataType::Date32);
    check("1 + day", DataType::Date32);
    check("day - day", DataType::Int64);
    check("i = d", DataType::Boolean);
    check("day < t", DataType::Boolean);
    check("i IN (1, 2.5, NULL)", DataType::Boolean);
    check("'2013-01-01' IN (day, t)", DataType::Boolean);
    check("NULL IN (NULL)", DataType::Boolean);
    check("CASE WHEN b THEN 1 ELSE 2.50 END", decimal(3, 2));
    check("CASE b WHEN true THEN NULL ELSE d END", decimal(15, 2));
    check("COALESCE(day, t)", instant_type());
    check("NULLIF(i, 0)", DataType::Int64);
    check("CAST(s AS DECIMAL(10, 3))", decimal(10, 3));
    check("CAST(NULL AS DATE)", DataType::Date32);
    check("s || 'x'", DataType::Utf8);
    check("length(s)", DataType::Int64);
    check("extract(YEAR FROM day)", DataType::Int64);
    check("date_trunc('month', day)", DataType::Date32);
    check("day + INTERVAL '3' DAY", DataType::Date32);
    check("INTERVAL i MONTH + day", DataType::Date32);
    check("t - INTERVAL '1' WEEK", instant_type());
    check("NULL - INTERVAL 1 HOUR", instant_type());
    check("sha256(s, 'SALT_1')", DataType::Utf8);
    check("000.10", decimal(2, 2));
    check("12345678901234567890", decimal(20, 0));
}

#[test]
fn what_is_wrong_is_told_with_its_place() {
    refuse("i + x", "at character 5: there is no column `x`");
    refuse("i +\n x", "in line 2, at character 2: there is no column `x`");
    refuse("NULL", "at character 1: `NULL` is NULL, expected something that has a type");
    refuse("upper(i)", "at character 7: `i` is BIGINT, expected a text");
    refuse("NOT i", "at character 5: `i` is BIGINT, expected true or false");
    refuse("CASE WHEN s THEN 1 END", "at character 11: `s` is VARCHAR, expected true or false");
    refuse(
        "i * day",
        "at character 1: `i` is BIGINT and `day` is DATE: they have no type in common",
    );
    refuse(
        "s = 1",
        "at character 1: `s` is VARCHAR and `1` is BIGINT: they have no type in common",
    );
    refuse("l * l * l * l", "at character 1: `l * l * l * l` would have more than 38 digits");
    refuse("day = 'soon'", "at character 7: `soon` is no value that can be kept");
    refuse("DATE '2013-02-29'", "at character 6: `2013-02-29` is no value that can be kept");
    refuse("1e999", "at character 1: `1e999` is no value that can be kept");
    refuse(
        &"9".repeat(39),
        &format!("at character 1: `{}` is no value that can be kept", "9".repeat(39)),
    );
    refuse("i i", "at character 3: `i` follows the expression");
    refuse("regexp_replace(s, '(', '')", "at character 19: not a regular expression");
    refuse(
        "regexp_replace(s, s, '')",
        "at character 1: `regexp_replace(s, s, '')` is not supported",
    );
    refuse("VARCHAR '2013-01-01'", "at character 9: `VARCHAR '2013-01-01'` is not supported");
    refuse("sin(n)", "at character 1: `sin(n)` is not supported");
    refuse("i + INTERVAL '1' DAY", "at character 1: `i` is BIGINT, expected a date or an instant");
    refuse("day + INTERVAL '1' HOUR", "at character 1: `day` is DATE, expected an instant");
    refuse("day - INTERVAL n DAY", "at character 16: `n` is DOUBLE, expected a whole number");
    refuse("t + INTERVAL '1.5' HOUR", "at character 14: `1.5` is no value that can be kept");
    refuse("t + INTERVAL '1 hour'", "at character 1: `t + INTERVAL '1 hour'` is not supported");
    refuse("INTERVAL '1' DAY - day", "at character 10: `INTERVAL '1' DAY` is not supported");
    refuse("sha256(i, 'A')", "at character 8: `i` is BIGINT, expected a text");
    refuse("sha256(s)", "at character 1: `sha256(s)` is not supported");
    refuse("sha256(s, s)", "at character 1: `sha256(s, s)` is not supported");
    refuse(
        "sha256(s, 'my salt')",
        "at character 11: this is no name of a salt: capital letters, digits and `_`",
    );
    refuse("2 % d", "at character 5: `d` is DECIMAL(15, 2), expected a whole number");
    refuse("count(*) OVER ()", "at character 1: `count(*) OVER ()` is not supported");
    refuse("round(d, z)", "at character 10: there is no column `z`");
    let places = "a whole number from -38 to 38, as it stands";
    refuse("round(d, i)", &format!("at character 10: `i` is BIGINT, expected {places}"));
    refuse("round(d, 39)", &format!("at character 10: `39` is BIGINT, expected {places}"));
    refuse(&format!("'{}'", "i".repeat(16 << 10)), "the expression is longer than 16384 bytes");
    assert!(Expression::parse("i +", &columns()).unwrap_err().to_string().contains("SQL"));
}

#[test]
fn no_expression_exhausts_the_stack() {
    let refused = "the expression has more than 500 words, texts, numbers and marks";
    refuse(&format!("{}i", "i+".repeat(250)), refused);
    refuse(&"(".repeat(501), refused);
    let deep = "the expression has more than 100 operations within each other";
    refuse(&format!("{}i", "i+".repeat(249)), deep);
    refuse(&format!("i{}", "::bigint".repeat(166)), deep);
    refuse(&format!("{}i", "i+".repeat(100)), deep);
    check(&format!("{}i", "i+".repeat(99)), DataType::Int64);
    check(&format!("i IN (1{})", ", 2".repeat(400)), DataType::Boolean);
    let unsupported =
        [format!("{}i", "i^".repeat(249)), format!("t{}", " AT TIME ZONE 'UTC'".repeat(124))];
    for text in unsupported {
        let error = Expression::parse(&text, &columns()).unwrap_err();
        assert!(matches!(*error.problem, ExpressionProblem::Unsupported(_)), "{error}");
    }
    let nested = format!("{}i{}", "(".repeat(200), ")".repeat(200));
    let error = Expression::parse(&nested, &columns()).unwrap_err();
    assert!(error.to_string().contains("recursion limit"), "{error}");
}

#[test]
fn no_expression_explodes() {
    let mut text = "i".to_owned();
    for _ in 0..40 {
        text = format!("NULLIF({text}, 0)");
    }
    let error = Expression::parse(&text, &columns()).unwrap_err();
    assert!(matches!(*error.problem, ExpressionProblem::TooManyOperations), "{error}");
}
