use serde_json::{Value, json};

use super::*;
use crate::csv::{Record, Records};

fn read(descriptor: &Value) -> Result<Dialect, ContractError> {
    dialect(Some(&Node::root(descriptor)), ",")
}

fn rows(dialect: &Dialect, text: &str) -> Vec<Vec<String>> {
    let mut records = Records::new(&dialect.grammar, text.as_bytes());
    let mut record = Record::default();
    let mut rows = Vec::new();
    while records.read(&mut record) {
        let fields = record.iter().map(|field| String::from_utf8(field.to_vec()).unwrap());
        rows.push(fields.collect());
    }
    rows
}

/// Expects the grammar that the descriptor declares to read the text as the rows.
#[track_caller]
fn check(descriptor: &Value, text: &str, expected: &[&[&str]]) {
    assert_eq!(rows(&read(descriptor).unwrap(), text), expected, "{descriptor}");
}

/// The examples of the Table Dialect, property by property.
#[test]
fn the_examples_of_the_standard_are_read() {
    let header: &[&str] = &["id", "name"];
    let fruits: &[&[&str]] = &[header, &["1", "apple"], &["2", "orange"]];
    check(&json!({}), "id,name\n1,apple\n2,orange\n", fruits);
    check(&json!({ "delimiter": "|" }), "id|name\n1|apple\n2|orange\n", fruits);
    check(&json!({ "lineTerminator": ";" }), "id,name;1,apple;2,orange", fruits);
    check(&json!({ "skipInitialSpace": true }), "id, name\n1, apple\n2, orange\n", fruits);
    check(
        &json!({ "commentChar": "#" }),
        "id,name\n#fruits\n1,apple\n2,orange\n",
        &[header, &[], &["1", "apple"], &["2", "orange"]],
    );
    check(
        &json!({ "quoteChar": "'" }),
        "id,name\n1,'apple,fruits'\n2,'orange,fruits'\n",
        &[header, &["1", "apple,fruits"], &["2", "orange,fruits"]],
    );
    check(
        &json!({ "doubleQuote": true }),
        "id,name\n1,\"apple\"\"fruits\"\n2,\"orange\"\"fruits\"\n",
        &[header, &["1", "apple\"fruits"], &["2", "orange\"fruits"]],
    );
    check(
        &json!({ "escapeChar": "|" }),
        "id,name\n1,apple|,fruits\n2,orange|,fruits\n",
        &[header, &["1", "apple,fruits"], &["2", "orange,fruits"]],
    );
    check(
        &json!({
            "header": false, "commentChar": "#", "delimiter": ";", "doubleQuote": true,
            "lineTerminator": "\r\n", "quoteChar": "\"", "skipInitialSpace": true
        }),
        "1; \"a\"\"b\"\r\n#\n",
        &[&["1", "a\"b"], &[]],
    );
}

#[test]
fn each_property_has_its_place() {
    let plain = Dialect::default();
    let grammar = Grammar::default();
    let of = |grammar: Grammar| Dialect { grammar, ..Dialect::default() };
    let bare = of(Grammar { quote: None, ..grammar.clone() });
    for (descriptor, expected) in [
        (json!({}), plain.clone()),
        (
            json!({ "$schema": "https://datapackage.org/profiles/2.0/tabledialect.json" }),
            plain.clone(),
        ),
        (json!({ "csvddfVersion": 1.2, "caseSensitiveHeader": false }), plain.clone()),
        (json!({ "csvddfVersion": "1.0", "caseSensitiveHeader": true }), plain.clone()),
        (json!({ "lineTerminator": "\r\n" }), plain.clone()),
        (json!({ "lineTerminator": "\n" }), plain.clone()),
        (json!({ "lineTerminator": "\r" }), plain.clone()),
        (json!({ "quoteChar": "\"", "doubleQuote": true }), plain.clone()),
        (json!({ "headerRows": [1] }), plain.clone()),
        (json!({ "escapeChar": null, "commentChar": null, "nullSequence": null }), plain.clone()),
        (json!({ "commentRows": [] }), plain.clone()),
        (json!({ "quoteChar": null }), bare.clone()),
        (json!({ "quoteChar": "" }), bare),
        (json!({ "delimiter": "::" }), of(Grammar { delimiter: "::".into(), ..grammar.clone() })),
        (
            json!({ "csv": { "delimiter": ";" } }),
            of(Grammar { delimiter: ";".into(), ..grammar.clone() }),
        ),
        (
            json!({ "csv": { "quoteChar": "«", "escapeChar": "\\" }, "doubleQuote": false }),
            of(Grammar {
                quote: Some('«'),
                escape: Some('\\'),
                double_quote: false,
                ..grammar.clone()
            }),
        ),
        (
            json!({ "commentChar": "//", "lineTerminator": "|\n" }),
            of(Grammar {
                comment: Some("//".into()),
                terminator: Terminator::Exact("|\n".into()),
                ..grammar
            }),
        ),
        (json!({ "header": false }), Dialect { header_rows: vec![], ..plain.clone() }),
        (
            json!({ "header": false, "headerRows": [], "commentRows": [1] }),
            Dialect { header_rows: vec![], comment_rows: [1].into(), ..plain.clone() },
        ),
        (
            json!({ "commentRows": [1, 4, 2] }),
            Dialect { header_rows: vec![3], comment_rows: [1, 2, 4].into(), ..plain.clone() },
        ),
        (
            json!({ "headerRows": [3, 2], "headerJoin": "-", "commentRows": [5, 1] }),
            Dialect {
                header_rows: vec![2, 3],
                header_join: "-".into(),
                comment_rows: [1, 5].into(),
                ..plain.clone()
            },
        ),
        (
            json!({ "nullSequence": "\\N" }),
            Dialect { null_sequence: Some("\\N".into()), ..plain.clone() },
        ),
        (json!({ "nullSequence": "" }), Dialect { null_sequence: Some(String::new()), ..plain }),
    ] {
        assert_eq!(read(&descriptor).unwrap(), expected, "{descriptor}");
    }
}

#[test]
fn a_format_has_its_own_delimiter() {
    let of = |node: Option<&Value>| {
        dialect(node.map(Node::root).as_ref(), "\t").unwrap().grammar.delimiter
    };
    assert_eq!(of(None), "\t");
    assert_eq!(of(Some(&json!({ "header": false }))), "\t");
    assert_eq!(of(Some(&json!({ "delimiter": ";" }))), ";");
    assert_eq!(dialect(None, ",").unwrap(), Dialect::default());
}

#[test]
fn every_fault_is_found_at_its_place() {
    for (descriptor, pointer) in [
        (json!("ragged"), ""),
        (json!({ "sheetName": "a" }), "/sheetName"),
        (json!({ "sheetNumber": 1 }), "/sheetNumber"),
        (json!({ "property": "rows" }), "/property"),
        (json!({ "itemType": "array" }), "/itemType"),
        (json!({ "itemKeys": ["a"] }), "/itemKeys"),
        (json!({ "table": "a" }), "/table"),
        (json!({ "skipBlankRows": true }), "/skipBlankRows"),
        (json!({ "csv": { "header": false } }), "/csv/header"),
        (json!({ "csv": { "delimiter": ";" }, "delimiter": ";" }), "/csv/delimiter"),
        (json!({ "csv": { "delimiter": "\n" } }), "/csv/delimiter"),
        (json!({ "delimiter": "" }), "/delimiter"),
        (json!({ "delimiter": 1 }), "/delimiter"),
        (json!({ "delimiter": "\n" }), "/delimiter"),
        (json!({ "delimiter": "a\r" }), "/delimiter"),
        (json!({ "delimiter": "\"" }), "/delimiter"),
        (json!({ "delimiter": "::\"" }), "/delimiter"),
        (json!({ "quoteChar": "," }), "/quoteChar"),
        (json!({ "quoteChar": "\n" }), "/quoteChar"),
        (json!({ "quoteChar": "ab" }), "/quoteChar"),
        (json!({ "quoteChar": "'", "delimiter": "''" }), "/quoteChar"),
        (json!({ "escapeChar": "\"" }), "/escapeChar"),
        (json!({ "escapeChar": "," }), "/escapeChar"),
        (json!({ "escapeChar": "" }), "/escapeChar"),
        (json!({ "escapeChar": "\r" }), "/escapeChar"),
        (json!({ "escapeChar": "\\\\" }), "/escapeChar"),
        (json!({ "lineTerminator": "" }), "/lineTerminator"),
        (json!({ "lineTerminator": ",\n" }), "/lineTerminator"),
        (json!({ "lineTerminator": "\"" }), "/lineTerminator"),
        (json!({ "doubleQuote": "yes" }), "/doubleQuote"),
        (json!({ "skipInitialSpace": 1 }), "/skipInitialSpace"),
        (json!({ "skipInitialSpace": true, "delimiter": " " }), "/skipInitialSpace"),
        (json!({ "skipInitialSpace": true, "quoteChar": " " }), "/skipInitialSpace"),
        (json!({ "skipInitialSpace": true, "escapeChar": " " }), "/skipInitialSpace"),
        (json!({ "commentChar": "" }), "/commentChar"),
        (json!({ "commentChar": "," }), "/commentChar"),
        (json!({ "commentChar": "\"#" }), "/commentChar"),
        (json!({ "commentChar": "#\n#" }), "/commentChar"),
        (json!({ "commentChar": "\\", "escapeChar": "\\" }), "/commentChar"),
        (json!({ "nullSequence": 0 }), "/nullSequence"),
        (json!({ "header": "yes" }), "/header"),
        (json!({ "headerRows": 1 }), "/headerRows"),
        (json!({ "headerRows": [] }), "/headerRows"),
        (json!({ "headerRows": [0] }), "/headerRows/0"),
        (json!({ "headerRows": [1, -1] }), "/headerRows/1"),
        (json!({ "headerRows": [1, 1.5] }), "/headerRows/1"),
        (json!({ "headerRows": [1, 2, 1] }), "/headerRows/2"),
        (json!({ "headerRows": [1], "header": false }), "/headerRows"),
        (json!({ "headerJoin": 1 }), "/headerJoin"),
        (json!({ "commentRows": [0] }), "/commentRows/0"),
        (json!({ "commentRows": [3, 1], "headerRows": [1] }), "/commentRows/1"),
        (json!({ "commentRows": [2, 4], "headerRows": [3, 4] }), "/commentRows/1"),
        (json!({ "commentRows": [2, 2] }), "/commentRows/1"),
        (json!({ "caseSensitiveHeader": 1 }), "/caseSensitiveHeader"),
    ] {
        let error = read(&descriptor).expect_err(&descriptor.to_string());
        assert_eq!(error.pointer, pointer, "{descriptor} {:?}", error.problem);
    }
}
