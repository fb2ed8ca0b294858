use proptest::prelude::*;

use super::*;

#[track_caller]
fn check(pattern: &str, matching: &[&str], others: &[&str]) {
    let compiled = Pattern::new(pattern).unwrap_or_else(|error| panic!("{pattern}: {error}"));
    for text in matching {
        assert!(compiled.is_match(text), "{pattern} {text:?}");
    }
    for text in others {
        assert!(!compiled.is_match(text), "{pattern} {text:?}");
    }
}

#[test]
fn the_whole_text_matches() {
    check("a", &["a"], &["", "aa", "ba", "a\n", "A"]);
    check("", &[""], &["a"]);
    check("a|bc", &["a", "bc"], &["abc", "ac"]);
    check("^a.*$", &["a", "apple"], &["banana"]);
    check("^a|b$", &["a", "b"], &["ab", "ax", "xb"]);
    check("(^a|b$)", &["a", "b"], &["ab"]);
    check("(?:ab)+?", &["ab", "abab"], &["a", "aba"]);
    check("é{2}", &["éé"], &["é", "ee"]);
}

#[test]
fn quantifiers() {
    check("a?b*c+", &["c", "abbc", "bcc"], &["", "ab", "aac"]);
    check("a{2}", &["aa"], &["a", "aaa"]);
    check("a{2,}", &["aa", "aaaa"], &["a"]);
    check("a{1,2}?", &["a", "aa"], &["", "aaa"]);
    check("(ab){2}", &["abab"], &["ab"]);
}

#[test]
fn characters_and_escapes() {
    check(".", &["a", "é", "\u{2028}", "\u{85}"], &["\n", "\r", ""]);
    check(r"\.\*\+\?\(\)\[\]\{\}\|\\\-\^\$", &[r".*+?()[]{}|\-^$"], &[]);
    check(r"\n\r\t", &["\n\r\t"], &["nrt"]);
    check(r"\/\@\_", &["/@_"], &[]);
    check(r"\d", &["1", "٣"], &["a", "²"]);
    check(r"\D", &["a", "²"], &["1"]);
    check(r"\s", &[" ", "\t", "\n", "\r"], &["\u{a0}", "\u{b}", "a"]);
    check(r"\S", &["a", "\u{a0}"], &[" ", "\n"]);
    check(r"\w", &["a", "é", "1", "+", "$", "\u{301}"], &["_", "-", ".", " ", "\u{200d}"]);
    check(r"\W", &["_", "-", " "], &["a", "+"]);
    check(r"\i\c*", &["a", "_x-1.2", ":a", "é\u{b7}"], &["1a", "-a", "a b", ""]);
    check(r"\I", &["1", "-", " "], &["a", ":"]);
    check(r"\C", &[" ", "+"], &["a", "-", "."]);
    check(r"\p{Lu}\p{L}\P{N}", &["Aé."], &["aab", "Aa1"]);
    check("a&&b~~c--d#", &["a&&b~~c--d#"], &[]);
}

#[test]
fn classes() {
    check("[abc]", &["a", "c"], &["d", "", "ab"]);
    check("[^abc]", &["d", "\n"], &["a"]);
    check("[a-c-]", &["b", "-"], &["d"]);
    check("[-a]", &["a", "-"], &["b"]);
    check("[a-z-[aeiou]]", &["b", "z"], &["a", "e", "-", "["]);
    check("[^a-z-[0-9]]", &["A", "-"], &["a", "5"]);
    check(r"[\w-[\d]]", &["a"], &["1", "_"]);
    check("[a-z-[b-y-[m]]]", &["a", "m", "z"], &["b", "n"]);
    check(r"[\d\s]", &["1", " "], &["a"]);
    check(r"[\]\[\^\-\\]", &["]", "[", "^", "-", "\\"], &["a"]);
    check(r"[\.-9]", &[".", "/", "5"], &["a", "-"]);
    check("[a&&b]", &["a", "&", "b"], &["c"]);
    check("[a~~b-]", &["a", "~", "b", "-"], &["c"]);
    check("[.*+?(){}|$]", &[".", "$", "("], &["a"]);
    check("[a^]", &["a", "^"], &["b"]);
    check(r"[\p{Lu}_]+", &["A_B"], &["a"]);
    check(r"[^\s]+", &["ab"], &["a b"]);
    check(r"[\i-[:]][\c-[:]]*", &["a.b"], &["a:b"]);
}

#[test]
fn what_xml_schema_does_not_know_is_refused() {
    for pattern in [
        r"\bx",
        r"\B",
        r"\Ax",
        r"x\z",
        r"x\Z",
        r"(a)\1",
        r"\x41",
        r"\u0041",
        r"\e",
        r"\k<a>",
        r"\p{IsGreek}",
        r"\p{Greek}",
        r"\pL",
        r"\p{^L}",
        "(?i)a",
        "(?=a)",
        "(?<n>a)",
        "(?P<n>a)",
        "(?!a)",
        "a**",
        "a++",
        "a{,2}",
        "a{x}",
        "a{1",
        "a{",
        "{",
        "}",
        "a}",
        "]",
        "[",
        "[]",
        "[^]",
        "[a",
        "[a-",
        "[z-a]",
        "[[:alpha:]]",
        "[a[b]]",
        r"[a-\d]",
        r"[\d-z]",
        "[a-c-e]",
        "[a-z-[b]x]",
        "(",
        ")",
        "(a",
        "a)",
        "*",
        "+a",
        "?",
        "a\\",
        "a^b",
        "a$b",
        "$a",
        "a^",
        "|*",
        "a{2,1}",
        "a{99999999}",
        "(a{1000}){1000}",
    ] {
        assert!(Pattern::new(pattern).is_err(), "{pattern}");
    }
}

#[test]
fn an_error_says_what_and_is_short() {
    for (pattern, expected) in [
        (r"\bx", r"`\b` is not known to the regular expressions of XML Schema"),
        ("a$b", "`$` stands where it is no anchor"),
        ("[a", "the pattern ends too early"),
    ] {
        assert_eq!(Pattern::new(pattern).unwrap_err().to_string(), expected);
    }
    let text = Pattern::new(&format!("{}(", "a".repeat(10_000))).unwrap_err().to_string();
    assert!(text.len() < 200, "{text}");
}

proptest! {
    #[test]
    fn no_text_upsets_it(pattern in "[\\[\\]^$a-c\\\\dswp{}L,0-2|()?*+.&~-]{0,16}|\\PC{0,8}", text in "[a-c0-2&~^-]{0,4}") {
        if let Ok(pattern) = Pattern::new(&pattern) {
            let _ = pattern.is_match(&text);
        }
    }

    #[test]
    fn an_escaped_text_matches_itself(text in "[ -~é]{0,12}") {
        let pattern: String = text
            .chars()
            .flat_map(|c| c.is_ascii_punctuation().then_some('\\').into_iter().chain([c]))
            .collect();
        prop_assert!(Pattern::new(&pattern).unwrap().is_match(&text));
        let class: String = text.chars().map(|c| match c {
            c if c.is_ascii_punctuation() => format!("[\\{c}]"),
            c => format!("[{c}]"),
        }).collect();
        prop_assert!(Pattern::new(&class).unwrap().is_match(&text));
    }
}
