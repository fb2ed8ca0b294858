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
        column("q", DataType::Decimal128(38, 0)),
        column("H\u{e4}ndler-Nr", DataType::Utf8),
        column("Price (EUR)", DataType::Int64),
        column("a.b", DataType::Utf8),
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
    check("i % d", decimal(21, 2));
    check("n % d", DataType::Float64);
    check("l % l", decimal(38, 10));
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
    check("CASE WHEN b THEN 1 WHEN i = 0 THEN 200 ELSE 2.5 END", decimal(4, 1));
    check("NULLIF(i, 0)", DataType::Int64);
    check("ifnull(i, 2.5)", decimal(20, 1));
    check("greatest(i, NULL, n)", DataType::Float64);
    check("least(NULL, NULL)", DataType::Boolean);
    check("b IS NOT TRUE", DataType::Boolean);
    check("NULL IS DISTINCT FROM i", DataType::Boolean);
    check("COALESCE(NULL, '2000-01-01', day)", DataType::Date32);
    check("CASE WHEN b THEN '2000-01-01' ELSE t END", instant_type());
    check("date_diff('hour', day, t)", DataType::Int64);
    check("last_day(t)", DataType::Date32);
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
    refuse("i * day", "at character 1: `*` is not for BIGINT and DATE");
    refuse("t - t", "at character 1: `-` is not for TIMESTAMP");
    refuse("s + s", "at character 1: `+` is not for VARCHAR");
    refuse("day + day", "at character 1: `+` is not for DATE");
    refuse(
        "s = 1",
        "at character 1: `s` is VARCHAR and `1` is BIGINT: they have no type in common",
    );
    refuse("l * l * l * l", "at character 1: `l * l * l * l` would need more than 38 digits");
    for text in ["q = 0.5", "COALESCE(q, 0.5)", "q IN (1, 0.5)", "CASE WHEN b THEN q ELSE 0.5 END"]
    {
        refuse(text, &format!("at character 1: `{text}` would need more than 38 digits"));
    }
    refuse("day = 'soon'", "at character 7: `soon` is not a date, `YYYY-MM-DD`");
    refuse("DATE '2013-02-29'", "at character 6: `2013-02-29` is not a date, `YYYY-MM-DD`");
    refuse("1e999", "at character 1: `1e999` is not a number that a double holds");
    refuse(
        &"9".repeat(39),
        &format!("at character 1: `{}` is not a number of at most 38 digits", "9".repeat(39)),
    );
    refuse("i i", "at character 3: `i` follows the expression");
    refuse(
        "CASE WHEN b THEN t ELSE 'now' END",
        "at character 25: `now` is not an instant, `YYYY-MM-DD hh:mm:ss`",
    );
    refuse("1e400", "at character 1: `1e400` is not a number that a double holds");
    refuse(
        "regexp_replace(s, '(', '')",
        "at character 19: not a regular expression: unclosed group",
    );
    refuse("regexp_replace(s, '(a)', '\\1\\2')", "at character 26: the pattern has no group 2");
    refuse("regexp_extract(s, 'a', 1)", "at character 24: the pattern has no group 1");
    refuse("VARCHAR '2013-01-01'", "at character 9: `VARCHAR '2013-01-01'` is not supported");
    refuse("sin(n)", "at character 1: there is no function `sin` of the values of a row");
    refuse("sum(n)", "at character 1: there is no function `sum` of the values of a row");
    refuse("i + INTERVAL '1' DAY", "at character 1: `i` is BIGINT, expected a date or an instant");
    refuse("day + INTERVAL '1' HOUR", "at character 1: `day` is DATE, expected an instant");
    refuse("day - INTERVAL n DAY", "at character 16: `n` is DOUBLE, expected a whole number");
    refuse("t + INTERVAL '1.5' HOUR", "at character 14: `1.5` is not a whole number");
    refuse(
        "t + INTERVAL '1 hour'",
        "at character 1: `INTERVAL n YEAR|QUARTER|MONTH|WEEK|DAY|HOUR|MINUTE|SECOND` is expected",
    );
    refuse("INTERVAL '1' DAY - day", "at character 10: `INTERVAL '1' DAY` is not supported");
    refuse("sha256(i, 'A')", "at character 8: `i` is BIGINT, expected a text");
    refuse(
        "sha256(s, 'my salt')",
        "at character 11: this is no name of a salt: capital letters, digits and `_`",
    );
    refuse("round(d, z)", "at character 10: there is no column `z`");
    let places = "a whole number from -38 to 38, as it stands";
    refuse("round(d, i)", &format!("at character 10: `i` is BIGINT, expected {places}"));
    refuse("round(d, 39)", &format!("at character 10: `39` is BIGINT, expected {places}"));
    refuse(&format!("'{}'", "i".repeat(16 << 10)), "the expression is longer than 16384 bytes");
    assert!(Expression::parse("i +", &columns()).unwrap_err().to_string().contains("SQL"));
}

#[test]
fn a_function_that_is_called_wrongly_tells_how_it_is_called() {
    for (text, usage) in [
        ("round(d, 1, 2)", "round(number[, places])"),
        ("round()", "round(number[, places])"),
        ("ceil(d, 2)", "ceil(number)"),
        ("upper(s, s)", "upper(text)"),
        ("upper(s) OVER ()", "upper(text)"),
        ("trim(BOTH 'x' FROM s)", "trim(text)"),
        ("substring(s)", "substring(text, start[, length])"),
        ("substr(s, 1, 2, 3)", "substr(text, start[, length])"),
        ("concat()", "concat(text, ...)"),
        ("coalesce()", "coalesce(x, ...)"),
        ("ifnull(i)", "ifnull(x, y)"),
        ("nullif(i)", "nullif(x, y)"),
        ("greatest()", "greatest(x, ...)"),
        ("year()", "year(date)"),
        ("date_trunc(s, day)", "date_trunc('unit', date)"),
        ("date_trunc('doy', day)", "date_trunc('unit', date)"),
        ("date_diff('soon', day, t)", "date_diff('unit', from, to)"),
        ("regexp_replace(s, s, '')", "regexp_replace(text, 'pattern', 'by'[, 'g', 'i' or 'gi'])"),
        (
            "regexp_replace(s, 'a', '', 'x')",
            "regexp_replace(text, 'pattern', 'by'[, 'g', 'i' or 'gi'])",
        ),
        ("regexp_matches(s, 'a', 'g')", "regexp_matches(text, 'pattern'[, 'i'])"),
        ("regexp_extract(s, 'a', i)", "regexp_extract(text, 'pattern'[, group])"),
        (
            "CAST(s AS BLOB)",
            "CAST(x AS BIGINT|DOUBLE|DECIMAL(p, s)|VARCHAR|BOOLEAN|DATE|TIMESTAMP)",
        ),
        (
            "CAST(d AS DECIMAL)",
            "CAST(x AS BIGINT|DOUBLE|DECIMAL(p, s)|VARCHAR|BOOLEAN|DATE|TIMESTAMP)",
        ),
    ] {
        let error = Expression::parse(text, &columns()).unwrap_err().to_string();
        assert!(error.ends_with(&format!(": `{usage}` is expected")), "{text}: {error}");
    }
    refuse(
        "s LIKE 'a!' ESCAPE '!'",
        "at character 8: `text LIKE 'pattern' ESCAPE 'character'` is expected",
    );
    refuse(
        "s LIKE s ESCAPE '!'",
        "at character 8: `text LIKE 'pattern' ESCAPE 'character'` is expected",
    );
}

/// Aggregates make one column of what is the same.
#[test]
fn what_finds_other_things_is_not_the_same() {
    let parse = |text: &str| Expression::parse(text, &columns()).unwrap();
    let texts = [
        "regexp_matches(s, 'a|b')",
        "regexp_matches(s, 'a|b', 'i')",
        "regexp_extract(s, '(a|b)')",
        "regexp_extract(s, '(a|b)', 1)",
        "regexp_replace(s, 'a|b', '')",
        "regexp_replace(s, 'a|b', '', 'g')",
        "regexp_replace(s, 'a|b', '', 'gi')",
    ];
    for (at, text) in texts.iter().enumerate() {
        let same = texts.iter().position(|other| parse(other) == parse(text));
        assert_eq!(same, Some(at), "{text}");
    }
}

#[test]
fn no_salt_is_told() {
    let usage = "`sha256(text, 'NAME')` is expected";
    for text in [
        "sha256(s)",
        "sha256('my salt')",
        "sha256(s, s)",
        "sha256(s, \"my salt\")",
        "sha256('my salt', s)",
        "sha256(s, 'A', 'my salt')",
        "SHA256(s, 'my salt') OVER ()",
        "sha256(DISTINCT s, 'my salt')",
    ] {
        let error = Expression::parse(text, &columns()).unwrap_err().to_string();
        assert!(error.ends_with(usage) && !error.contains("my salt"), "{error}");
    }
    for text in [
        "sha256(s, 'my salt')",
        "sha256(s 'my salt')",
        "sha256(s, 'my salt'",
        "sha256(s, 'my salt",
        "sha256(s, 'A') 'my salt'",
        "sha256(s, 'my salt') ^ 2",
        "sha256(s, 'my salt') COLLATE \"x\"",
        "i + sha256(s, 'my salt')",
        "sha256(s, 'A') + ('my salt' || s)",
        "NOT (sha256(s, 'A') || 'my salt')",
        "i = (sha256(s, 'A') || 'my salt')",
        "COALESCE(sha256(s, 'A') || 'my salt', i)",
    ] {
        let error = Expression::parse(text, &columns()).unwrap_err().to_string();
        assert!(!error.contains("my salt") && !error.contains("'A'"), "{error}");
    }
    refuse("sha256(x, 'A')", "at character 8: there is no column `x`");
    refuse(
        "NOT sha256(s, 'A')",
        "at character 5: a part with `sha256` is VARCHAR, expected true or false",
    );
}

#[test]
fn a_name_that_is_nearly_one_of_a_column_tells_of_it() {
    let none = |name: &str| format!("at character 1: there is no column `{name}`");
    refuse("DAY", &format!("{}; did you mean `day`, in other letter case?", none("DAY")));
    refuse(
        "h\u{c4}ndler - Nr",
        &format!("{}; did you mean `H\u{e4}ndler-Nr`, in double quotes?", none("h\u{c4}ndler")),
    );
    refuse("a.b", &format!("{}; did you mean `a.b`, in double quotes?", none("a.b")));
    refuse("a.c", &none("a.c"));
    refuse("\"Nr \"", &none("Nr "));
    refuse(
        "Price (EUR)",
        "at character 1: there is no function `Price` of the values of a row; did you mean `Price (EUR)`, in double quotes?",
    );
    check("\"Price (EUR)\" + length(\"H\u{e4}ndler-Nr\")", DataType::Int64);
}

#[test]
fn the_readme_names_every_function() {
    let readme = include_str!("../../../../README.md");
    let (_, chapter) = readme.split_once("### Expressions").unwrap();
    let (chapter, _) = chapter.split_once("### Personal data").unwrap();
    let chapter = chapter.to_lowercase();
    for usage in signature::SIGNATURES.iter().map(|signature| signature.usage) {
        let (name, _) = usage.split_once('(').unwrap();
        let is_named = chapter
            .split(|c: char| !c.is_ascii_alphanumeric() && c != '_')
            .any(|word| word == name);
        assert!(is_named, "{usage}");
    }
}

#[test]
fn no_expression_exhausts_the_stack() {
    let refused = "the expression has more than 500 words, texts, numbers and marks";
    refuse(&format!("{}i", "i+".repeat(250)), refused);
    refuse(&"(".repeat(501), refused);
    let deep = "the expression has more than 50 operations within each other";
    refuse(&format!("{}i", "i+".repeat(249)), deep);
    refuse(&format!("i{}", "::bigint".repeat(166)), deep);
    refuse(&format!("{}i", "i+".repeat(50)), deep);
    check(&format!("{}i", "i+".repeat(49)), DataType::Int64);
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
