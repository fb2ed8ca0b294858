mod refused;

use serde_json::{Value as JsonValue, json};

use super::*;
use crate::column::ColumnBuilder;
use crate::contract::{ContractError, Field, Problem};

fn parse(descriptor: &JsonValue) -> Result<Field, ContractError> {
    let mut descriptor = descriptor.clone();
    descriptor["name"] = json!("f");
    Field::parse(&descriptor)
}

fn parse_with(field_type: &str, constraints: &JsonValue) -> Result<Field, ContractError> {
    parse(&json!({ "type": field_type, "constraints": constraints }))
}

/// Checks which cells keep the constraints of a field, and that the others break the one `fault`.
#[track_caller]
fn check(descriptor: &JsonValue, fault: CellFault, kept: &[&str], broken: &[&str]) {
    let field = parse(descriptor).unwrap_or_else(|error| panic!("{descriptor}: {error:?}"));
    for (cells, expected) in [(kept, vec![]), (broken, vec![fault])] {
        for cell in cells {
            let (mut column, mut faults) = (ColumnBuilder::new(&field), Vec::new());
            column.push(cell.as_bytes(), |fault| faults.push(fault));
            assert_eq!(faults, expected, "{descriptor} {cell:?}");
        }
    }
}

const TYPES: [&str; 16] = [
    "string",
    "number",
    "integer",
    "boolean",
    "object",
    "array",
    "list",
    "date",
    "time",
    "datetime",
    "year",
    "yearmonth",
    "duration",
    "geopoint",
    "geojson",
    "any",
];

#[test]
fn each_constraint_stands_on_the_types_that_the_specification_names() {
    let ordered =
        ["number", "integer", "date", "time", "datetime", "year", "yearmonth", "duration"];
    for (constraint, value, types) in [
        ("required", json!(true), &TYPES[..]),
        ("unique", json!(true), &TYPES[..]),
        ("minLength", json!(1), &["string", "object", "array", "list"][..]),
        ("maxLength", json!(1), &["string", "object", "array", "list"][..]),
        ("minimum", json!(null), &ordered[..]),
        ("maximum", json!(null), &ordered[..]),
        ("exclusiveMinimum", json!(null), &ordered[..]),
        ("exclusiveMaximum", json!(null), &ordered[..]),
        ("jsonSchema", json!({}), &["object", "array"][..]),
        ("pattern", json!("a"), &["string"][..]),
    ] {
        for r#type in TYPES {
            let value = if value.is_null() { sample(r#type) } else { value.clone() };
            let mut constraints = json!({});
            constraints[constraint] = value;
            let parsed = parse_with(r#type, &constraints);
            if types.contains(&r#type) {
                assert!(parsed.is_ok(), "{constraint} {type}: {parsed:?}");
            } else {
                let error = parsed.unwrap_err();
                assert_eq!(error.pointer, format!("/constraints/{constraint}"));
                assert!(matches!(error.problem, Problem::Constraint { .. }), "{error:?}");
            }
        }
    }
    for r#type in TYPES {
        let parsed = parse_with(r#type, &json!({ "enum": [sample(r#type)] }));
        assert!(parsed.is_ok(), "{type}: {parsed:?}");
        let error = parse_with(r#type, &json!({ "maxItems": 1 })).unwrap_err();
        assert_eq!(error.pointer, "/constraints/maxItems");
    }
}

/// A value of the type as text.
fn sample(r#type: &str) -> JsonValue {
    json!(match r#type {
        "boolean" => "true",
        "object" => "{}",
        "array" => "[]",
        "date" => "2013-01-31",
        "time" => "12:00:00",
        "datetime" => "2013-01-31T12:00:00",
        "year" => "2013",
        "yearmonth" => "2013-01",
        "duration" => "P1Y",
        "geopoint" => "1, 2",
        "geojson" => "{\"type\": \"Point\", \"coordinates\": [1, 2]}",
        _ => "1",
    })
}

#[test]
fn lengths_are_counted_in_characters_items_and_properties() {
    let with = |r#type: &str, constraints: JsonValue| json!({ "type": r#type, "constraints": constraints });
    check(
        &with("string", json!({ "minLength": 2 })),
        CellFault::MinLength,
        &["ab", "éé", "\u{1f600}a"],
        &["a", "é"],
    );
    check(
        &with("string", json!({ "maxLength": 2 })),
        CellFault::MaxLength,
        &["a", "éé"],
        &["abc", "e\u{301}e"],
    );
    check(
        &with("array", json!({ "minLength": 1 })),
        CellFault::MinLength,
        &["[0]", "[[], []]"],
        &["[]"],
    );
    check(
        &with("array", json!({ "maxLength": 1 })),
        CellFault::MaxLength,
        &["[[1, 2]]"],
        &["[1, 2]"],
    );
    check(
        &with("object", json!({ "minLength": 1 })),
        CellFault::MinLength,
        &["{\"a\": 1}"],
        &["{}"],
    );
    check(
        &with("object", json!({ "maxLength": 1 })),
        CellFault::MaxLength,
        &["{}"],
        &["{\"a\": 1, \"b\": 2}"],
    );
    check(&with("list", json!({ "minLength": 2 })), CellFault::MinLength, &["a,b", ","], &["ab"]);
    check(&with("list", json!({ "maxLength": 2 })), CellFault::MaxLength, &["a,b"], &["a,b,c"]);
}

#[test]
fn limits_are_compared_as_values_of_the_type() {
    let with = |r#type: &str, name: &str, value: JsonValue| {
        let mut descriptor = json!({ "type": r#type, "constraints": {} });
        descriptor["constraints"][name] = value;
        descriptor
    };
    let min = |r#type, value| with(r#type, "minimum", value);
    check(&min("integer", json!(10)), CellFault::Minimum, &["10", "+11", "010"], &["9", "-10"]);
    check(&min("integer", json!("10")), CellFault::Minimum, &["10"], &["9"]);
    check(&min("integer", json!(10.0)), CellFault::Minimum, &["10"], &["9"]);
    check(
        &min("number", json!(1.5)),
        CellFault::Minimum,
        &["1.50", "INF", "2"],
        &["1.49", "-INF", "NaN"],
    );
    check(&min("number", json!("-INF")), CellFault::Minimum, &["-INF", "0"], &["NaN"]);
    check(
        &min("date", json!("2013-01-31")),
        CellFault::Minimum,
        &["2013-01-31", "9999-12-31"],
        &["2013-01-30"],
    );
    check(
        &min("time", json!("10:00:00")),
        CellFault::Minimum,
        &["10:00:00", "10:00:00.1"],
        &["09:59:59.9"],
    );
    check(
        &min("datetime", json!("2013-01-31T01:00:00+01:00")),
        CellFault::Minimum,
        &["2013-01-31T00:00:00", "2013-01-30T23:00:00-01:00"],
        &["2013-01-31T00:59:59+01:00"],
    );
    check(&min("year", json!(2013)), CellFault::Minimum, &["2013"], &["2012"]);
    check(
        &min("yearmonth", json!("2013-02")),
        CellFault::Minimum,
        &["2013-02", "2014-01"],
        &["2013-01"],
    );
    check(
        &min("duration", json!("P1M")),
        CellFault::Minimum,
        &["P1M", "P32D", "P2M"],
        &["P28D", "P31D", "PT1S"],
    );
    check(
        &with("duration", "maximum", json!("P1M")),
        CellFault::Maximum,
        &["P1M", "P27D"],
        &["P28D", "P31D"],
    );
    check(&with("integer", "maximum", json!(10)), CellFault::Maximum, &["10", "-11"], &["11"]);
    check(
        &with("number", "exclusiveMinimum", json!(0)),
        CellFault::ExclusiveMinimum,
        &["1e-300"],
        &["0", "-0.0", "NaN"],
    );
    check(
        &with("integer", "exclusiveMaximum", json!(10)),
        CellFault::ExclusiveMaximum,
        &["9"],
        &["10", "11"],
    );
    let german =
        json!({ "type": "number", "decimalChar": ",", "constraints": { "maximum": "1,5" } });
    check(&german, CellFault::Maximum, &["1,5"], &["1,6"]);
    let german = json!({ "type": "number", "decimalChar": ",", "constraints": { "maximum": 1.5 } });
    check(&german, CellFault::Maximum, &["1,5"], &["1,6"]);
    let money = json!({
        "type": "number", "decimal": { "precision": 38, "scale": 20 },
        "constraints": { "maximum": "0.30000000000000000001" }
    });
    check(
        &money,
        CellFault::Maximum,
        &["0.3", "0.30000000000000000001"],
        &["0.30000000000000000002"],
    );
    let day =
        json!({ "type": "date", "format": "%d/%m/%Y", "constraints": { "maximum": "31/01/2013" } });
    check(&day, CellFault::Maximum, &["31/1/2013"], &["1/2/2013"]);
}

#[test]
fn enumerated_values_are_compared_as_values_of_the_type() {
    let with = |r#type: &str, values: JsonValue| json!({ "type": r#type, "constraints": { "enum": values } });
    check(&with("string", json!(["a", "b"])), CellFault::Enum, &["a", "b"], &["A", "a ", "ab"]);
    check(&with("any", json!(["1"])), CellFault::Enum, &["1"], &["1.0"]);
    check(&with("integer", json!([1, "2"])), CellFault::Enum, &["01", "+1", "2"], &["3"]);
    check(
        &with("number", json!([1, "NaN"])),
        CellFault::Enum,
        &["1.0", "1e0", "nan"],
        &["2", "INF"],
    );
    check(&with("boolean", json!([true])), CellFault::Enum, &["1", "TRUE"], &["0"]);
    check(&with("boolean", json!(["1"])), CellFault::Enum, &["true"], &["false"]);
    check(&with("date", json!(["2013-01-31"])), CellFault::Enum, &["2013-01-31"], &["2013-01-30"]);
    check(&with("time", json!(["10:00:00"])), CellFault::Enum, &["10:00:00.000"], &["10:00:01"]);
    let instant = with("datetime", json!(["2013-01-31T00:00:00Z"]));
    check(&instant, CellFault::Enum, &["2013-01-31T01:00:00+01:00"], &["2013-01-31T00:00:01"]);
    check(&with("year", json!([2013])), CellFault::Enum, &["2013"], &["2014"]);
    check(&with("yearmonth", json!(["2013-01"])), CellFault::Enum, &["2013-01"], &["2014-01"]);
    check(&with("duration", json!(["P1Y"])), CellFault::Enum, &["P12M"], &["P365D"]);
    check(&with("geopoint", json!(["1,2"])), CellFault::Enum, &["1.0, 2"], &["2,1"]);
    check(
        &with("object", json!([{ "a": 1, "b": 2 }])),
        CellFault::Enum,
        &["{\"b\": 2.0, \"a\": 1}"],
        &["{\"a\": 1}"],
    );
    check(&with("object", json!(["{\"a\": 1}"])), CellFault::Enum, &["{\"a\": 1}"], &["{}"]);
    check(&with("array", json!([[1, 2], []])), CellFault::Enum, &["[1.0,2]", "[]"], &["[2,1]"]);
    let list = json!({ "type": "list", "itemType": "number", "constraints": { "enum": ["1,2"] } });
    check(&list, CellFault::Enum, &["1.0, 2"], &["1", "1,2,3", "2,1"]);
    let points =
        json!({ "type": "geopoint", "format": "array", "constraints": { "enum": [[1, 2]] } });
    check(&points, CellFault::Enum, &["[1.0, 2]"], &["[2, 1]"]);
}

#[test]
fn categories_are_a_closed_set() {
    let fruit =
        json!({ "type": "string", "categories": ["apple", "pear"], "categoriesOrdered": true });
    check(&fruit, CellFault::Categories, &["apple"], &["Apple", "plum"]);
    let level = json!({ "type": "integer", "categories": [{ "value": 0, "label": "low" }, { "value": "1" }] });
    check(&level, CellFault::Categories, &["0", "01"], &["2"]);
    let both =
        json!({ "type": "integer", "categories": [0, 1, 2], "constraints": { "enum": ["1", 2] } });
    check(&both, CellFault::Enum, &["1", "2"], &["0"]);
}

#[test]
fn patterns_match_the_whole_text() {
    let field = |pattern: &str| json!({ "type": "string", "constraints": { "pattern": pattern } });
    check(&field("^a.*$"), CellFault::Pattern, &["a", "apple"], &["pear", "banana", "a\n"]);
    check(&field("a|ab"), CellFault::Pattern, &["a", "ab"], &["abc", "xa"]);
}

#[test]
fn json_schemas_are_applied() {
    let field = json!({
        "type": "object",
        "constraints": { "jsonSchema": { "type": "object", "properties": { "value": { "type": "integer" } } } }
    });
    check(&field, CellFault::JsonSchema, &["{\"value\": 100}", "{}"], &["{\"value\": \"bad\"}"]);
    let field =
        json!({ "type": "array", "constraints": { "jsonSchema": { "items": { "minimum": 1 } } } });
    check(&field, CellFault::JsonSchema, &["[1, 2]", "[]"], &["[0]"]);
    let tree = json!({
        "type": "object",
        "constraints": { "jsonSchema": { "additionalProperties": { "$ref": "#" }, "type": "object" } }
    });
    check(&tree, CellFault::JsonSchema, &["{\"a\": {\"b\": {}}}"], &["{\"a\": {\"b\": 1}}"]);
}
