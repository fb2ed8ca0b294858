//! Each property of a grammar, by example.

use super::support::{boundaries, records};
use crate::csv::{Grammar, Terminator};

/// Expects records in which `|` separates the fields, `!` marks a stray quote, `#` is a comment, and
/// the number of lines comes last.
#[track_caller]
fn check(grammar: &Grammar, text: &str, expected: &[(&str, u64)]) {
    let found: Vec<_> = records(grammar, text.as_bytes())
        .into_iter()
        .map(|record| {
            let fields: Vec<_> =
                record.fields.into_iter().map(|field| String::from_utf8(field).unwrap()).collect();
            let stray = if record.stray_quote.is_some() { "!" } else { "" };
            let comment = if record.is_comment { "#" } else { "" };
            (format!("{}{stray}{comment}", fields.join("|")), record.line_count)
        })
        .collect();
    let found: Vec<_> = found.iter().map(|(text, lines)| (text.as_str(), *lines)).collect();
    assert_eq!(found, expected, "{text:?}");
    // All but the last line are ended.
    let lines: u64 = found.iter().map(|(_, lines)| lines).sum();
    let (told, _) = boundaries(grammar, text.as_bytes(), 2);
    assert!(told.iter().map(|(span, _)| span.line_count).sum::<u64>() <= lines);
}

#[test]
fn plain() {
    let grammar = Grammar::default();
    for (text, expected) in [
        ("", &[][..]),
        ("a", &[("a", 1)]),
        ("a\n", &[("a", 1)]),
        ("a,b\r\nc,d\r\n", &[("a|b", 1), ("c|d", 1)]),
        ("a,b\rc,d\r", &[("a|b", 1), ("c|d", 1)]),
        ("a,", &[("a|", 1)]),
        (",", &[("|", 1)]),
        ("\"\"", &[("", 1)]),
        ("\"a\"\"b\",c\n", &[("a\"b|c", 1)]),
        ("\"a\"x\"b\",c\n", &[("ax\"b\"|c!", 1)]),
        ("\"a\" ,b", &[("a |b!", 1)]),
        ("5\" pipe,\"x\ny\"\n3\" pipe,z\n", &[("5\" pipe|x\ny", 2), ("3\" pipe|z", 1)]),
        ("a,\"b\nc,d\n", &[("a|b\nc,d\n", 3)]),
        ("a \"b\",\"c\"\n", &[("a \"b\"|c", 1)]),
        ("\n\na\n\n", &[("", 1), ("", 1), ("a", 1), ("", 1)]),
        ("\r\n\r\na", &[("", 1), ("", 1), ("a", 1)]),
        ("a\n\r\nb", &[("a", 1), ("", 1), ("b", 1)]),
        ("a\r\r\nb", &[("a", 1), ("", 1), ("b", 1)]),
        ("x,\"\r\n\"\r\n\"\",\"\"\"\"\n", &[("x|\r\n", 2), ("|\"", 1)]),
        ("\"\r\r\n\n\"", &[("\r\r\n\n", 4)]),
    ] {
        check(&grammar, text, expected);
    }
}

#[test]
fn delimiter() {
    let of = |delimiter: &str| Grammar { delimiter: delimiter.to_owned(), ..Grammar::default() };
    check(&of("|"), "id|name\n1|apple\n", &[("id|name", 1), ("1|apple", 1)]);
    check(&of("::"), "a::b:c:::d", &[("a|b:c|:d", 1)]);
    check(&of("::"), "\"a::b\"::\"c\":\n", &[("a::b|c:!", 1)]);
    check(&of("é"), "a\u{e9}b\u{ea}c", &[("a|b\u{ea}c", 1)]);
}

#[test]
fn quote() {
    let of = |quote| Grammar { quote, ..Grammar::default() };
    check(&of(Some('\'')), "1,'apple,fruits'\n", &[("1|apple,fruits", 1)]);
    check(&of(Some('«')), "«a,b««c«,d", &[("a,b«c|d", 1)]);
    check(&of(None), "\"a,b\"\n", &[("\"a|b\"", 1)]);
}

#[test]
fn double_quote() {
    let grammar = Grammar { double_quote: false, ..Grammar::default() };
    check(&grammar, "\"a\"\"b\",c", &[("a\"b\"|c!", 1)]);
    check(&grammar, "\"a\",\"b\n\"\n", &[("a|b\n", 2)]);
}

#[test]
fn escape() {
    let bar = Grammar { escape: Some('|'), ..Grammar::default() };
    check(&bar, "1,apple|,fruits\n", &[("1|apple,fruits", 1)]);
    let grammar = Grammar { escape: Some('\\'), ..Grammar::default() };
    for (text, expected) in [
        ("\\\"a,b", &[("\"a|b", 1)][..]),
        ("\"a\\\"b\",\"c\\\\\"", &[("a\"b|c\\", 1)]),
        ("\"a\"\"b\"", &[("a\"b", 1)]),
        ("a\\\nb\nc", &[("a\nb", 2), ("c", 1)]),
        ("a\\\r\nb\nc", &[("a\r\nb", 2), ("c", 1)]),
        ("\"a\\\r\nb\"\nc", &[("a\r\nb", 2), ("c", 1)]),
        ("a\\é,b", &[("aé|b", 1)]),
        ("a\\", &[("a\\", 1)]),
        ("\"a\"\\,b", &[("a\\|b!", 1)]),
    ] {
        check(&grammar, text, expected);
    }
    let single = Grammar { double_quote: false, ..grammar };
    check(&single, "\"a\"\\,b\",\"c\\\"\"", &[("a,b\"|c\"!", 1)]);
}

#[test]
fn terminator() {
    let of = |exact: &str| Grammar {
        terminator: Terminator::Exact(exact.to_owned()),
        ..Grammar::default()
    };
    check(&of(";"), "id,name;1,apple;2,orange", &[("id|name", 0), ("1|apple", 0), ("2|orange", 1)]);
    check(&of(";\n"), "a;b\n,c;\nd", &[("a;b\n|c", 2), ("d", 1)]);
    check(&of("\u{1e}"), "a\r\n\u{1e}\u{1e}\"\u{1e}\"", &[("a\r\n", 1), ("", 0), ("\u{1e}", 1)]);
}

#[test]
fn skip_initial_space() {
    let grammar = Grammar { skip_initial_space: true, ..Grammar::default() };
    for (text, expected) in [
        ("id, name\n1,   apple\n", &[("id|name", 1), ("1|apple", 1)][..]),
        ("  \"a,b\",  \"c\" \n", &[("a,b|c !", 1)]),
        (" \na, ", &[("", 1), ("a|", 1)]),
        ("\ta,\" b\"", &[("\ta| b", 1)]),
    ] {
        check(&grammar, text, expected);
    }
}

#[test]
fn comment() {
    let of = |comment: &str| Grammar { comment: Some(comment.to_owned()), ..Grammar::default() };
    let hash = of("#");
    check(&hash, "id,name\n#fruits\n1,apple", &[("id|name", 1), ("#", 1), ("1|apple", 1)]);
    check(&hash, "#it's \"open\r\na#,#b\r#", &[("#", 1), ("a#|#b", 1), ("#", 1)]);
    check(&hash, "\"#a\"\n #b\n", &[("#a", 1), (" #b", 1)]);
    check(&of("//"), "/a\n//b\n", &[("/a", 1), ("#", 1)]);
    let exact = Grammar { terminator: Terminator::Exact(";".to_owned()), ..hash };
    check(&exact, "#a\nb\\;c", &[("#", 1), ("c", 1)]);
}
