//! The grammar of Python's `csv` module, on the texts of `shared/tests/data/csv.json`.

use serde::Deserialize;

use super::support::{boundaries, records};
use crate::csv::Grammar;

#[derive(Deserialize)]
struct Golden {
    delimiter: String,
    quote: Option<char>,
    double_quote: bool,
    escape: Option<char>,
    skip_initial_space: bool,
    /// Each text with its rows.
    texts: Vec<(String, Vec<Vec<String>>)>,
}

#[test]
fn records_are_those_of_python() {
    let goldens = include_str!("../../../tests/data/csv.json");
    let goldens: Vec<Golden> = serde_json::from_str(goldens).unwrap();
    assert_eq!(goldens.len(), 48);
    for golden in goldens {
        let Golden { delimiter, quote, double_quote, escape, skip_initial_space, texts } = golden;
        let plain = Grammar::default();
        let grammar =
            Grammar { delimiter, quote, double_quote, escape, skip_initial_space, ..plain };
        for (text, expected) in texts {
            let found: Vec<Vec<String>> = records(&grammar, text.as_bytes())
                .into_iter()
                .map(|found| {
                    found.fields.into_iter().map(|f| String::from_utf8(f).unwrap()).collect()
                })
                .collect();
            assert_eq!(found, expected, "{grammar:?} {text:?}");
            let (told, end) = boundaries(&grammar, text.as_bytes(), 3);
            assert_eq!(told.len() + usize::from(end.is_err()), expected.len());
        }
    }
}
