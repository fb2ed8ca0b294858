//! A dialect as a descriptor and as words.

use serde_json::{Value, json};

use crate::csv::Grammar;

/// Where a file has its labels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) enum Labels {
    /// In this row; those above are none of the table.
    Row(u64),
    /// Nowhere, or nowhere that a contract can name: the rows above this one are none of the table.
    NoneBefore(u64),
}

/// The descriptor of a dialect.
pub(in super::super) fn descriptor(grammar: &Grammar, labels: Labels) -> Value {
    let mut dialect = json!({
        "delimiter": grammar.delimiter,
        "quoteChar": grammar.quote.map_or(String::new(), String::from),
    });
    let optional = [
        ("escapeChar", grammar.escape.map(|escape| json!(escape))),
        ("skipInitialSpace", grammar.skip_initial_space.then_some(json!(true))),
        ("commentChar", grammar.comment.as_ref().map(|comment| json!(comment))),
    ];
    let of_header = match labels {
        Labels::Row(1) => [Some(("header", json!(true))), None],
        Labels::Row(row) => [Some(("header", json!(true))), Some(("headerRows", json!([row])))],
        Labels::NoneBefore(row) => {
            let skipped: Vec<u64> = (1..row).collect();
            let skipped = (!skipped.is_empty()).then_some(("commentRows", json!(skipped)));
            [Some(("header", json!(false))), skipped]
        }
    };
    let optional = optional.into_iter().filter_map(|(name, value)| Some((name, value?)));
    for (name, value) in optional.chain(of_header.into_iter().flatten()) {
        if let Some(dialect) = dialect.as_object_mut() {
            dialect.insert(name.to_owned(), value);
        }
    }
    dialect
}

/// A delimiter as it is chosen.
pub(super) fn spell(delimiter: &str) -> String {
    if delimiter == "\t" { "tab".to_owned() } else { delimiter.to_owned() }
}

/// A grammar in words.
pub(super) fn show(grammar: &Grammar) -> String {
    let mut words = format!("delimiter `{}`", spell(&grammar.delimiter).escape_debug());
    match grammar.quote {
        Some(quote) => words.extend([" and quote `", &quote.to_string(), "`"]),
        None => words.push_str(" and no quote"),
    }
    if grammar.escape.is_some() {
        words.push_str(", `\\` as an escape");
    }
    if let Some(comment) = &grammar.comment {
        words.extend([", comments behind `", comment, "`"]);
    }
    if grammar.skip_initial_space {
        words.push_str(", without spaces in front of cells");
    }
    words
}
