//! Constraints that are wrong, or that nothing can keep.

use serde_json::{Value as JsonValue, json};

use super::{parse, parse_with};

#[track_caller]
fn check_refused(descriptor: &JsonValue, pointer: &str) {
    match parse(descriptor) {
        Ok(_) => panic!("{descriptor}"),
        Err(error) => assert_eq!(error.pointer, pointer, "{descriptor}: {error:?}"),
    }
}

#[test]
fn every_fault_of_constraints_is_found_at_its_place() {
    let with = |r#type: &str, constraints: JsonValue| json!({ "type": r#type, "constraints": constraints });
    for (descriptor, pointer) in [
        (json!({ "constraints": [] }), "/constraints"),
        (json!({ "constraints": { "required": "yes" } }), "/constraints/required"),
        (json!({ "constraints": { "unique": 1 } }), "/constraints/unique"),
        (json!({ "constraints": { "minimum": 1 } }), "/constraints/minimum"),
        (with("string", json!({ "minLength": -1 })), "/constraints/minLength"),
        (with("string", json!({ "minLength": "1" })), "/constraints/minLength"),
        (with("string", json!({ "maxLength": 1.5 })), "/constraints/maxLength"),
        (with("string", json!({ "minLength": 2, "maxLength": 1 })), "/constraints/minLength"),
        (with("integer", json!({ "minimum": "x" })), "/constraints/minimum"),
        (with("integer", json!({ "minimum": 1.5 })), "/constraints/minimum"),
        (with("integer", json!({ "minimum": true })), "/constraints/minimum"),
        (with("integer", json!({ "minimum": null })), "/constraints/minimum"),
        (with("integer", json!({ "minimum": 1e30 })), "/constraints/minimum"),
        (with("number", json!({ "maximum": "NaN" })), "/constraints/maximum"),
        (with("number", json!({ "maximum": [1] })), "/constraints/maximum"),
        (with("date", json!({ "minimum": 2013 })), "/constraints/minimum"),
        (with("date", json!({ "minimum": "31/01/2013" })), "/constraints/minimum"),
        (with("year", json!({ "maximum": 10000 })), "/constraints/maximum"),
        (with("integer", json!({ "minimum": 2, "maximum": 1 })), "/constraints/minimum"),
        (with("integer", json!({ "minimum": 2, "exclusiveMaximum": 2 })), "/constraints/minimum"),
        (
            with("integer", json!({ "exclusiveMinimum": 1, "maximum": 1 })),
            "/constraints/exclusiveMinimum",
        ),
        (
            with("integer", json!({ "exclusiveMinimum": 1, "exclusiveMaximum": 2 })),
            "/constraints/exclusiveMinimum",
        ),
        (with("number", json!({ "minimum": 2, "maximum": 1.5 })), "/constraints/minimum"),
        (
            with("number", json!({ "exclusiveMinimum": 1, "maximum": 1 })),
            "/constraints/exclusiveMinimum",
        ),
        (with("duration", json!({ "minimum": "P2M", "maximum": "P1M" })), "/constraints/minimum"),
        (
            with("date", json!({ "minimum": "2013-01-02", "maximum": "2013-01-01" })),
            "/constraints/minimum",
        ),
        (with("string", json!({ "pattern": "(" })), "/constraints/pattern"),
        (with("string", json!({ "pattern": 1 })), "/constraints/pattern"),
        (with("object", json!({ "jsonSchema": true })), "/constraints/jsonSchema"),
        (with("object", json!({ "jsonSchema": { "type": "text" } })), "/constraints/jsonSchema"),
        (with("object", json!({ "jsonSchema": { "pattern": "(" } })), "/constraints/jsonSchema"),
        (
            with("object", json!({ "jsonSchema": { "$ref": "http://example.org/" } })),
            "/constraints/jsonSchema",
        ),
        (
            with("object", json!({ "jsonSchema": { "$ref": "file:///etc/passwd" } })),
            "/constraints/jsonSchema",
        ),
        (with("string", json!({ "enum": [] })), "/constraints/enum"),
        (with("string", json!({ "enum": "a" })), "/constraints/enum"),
        (with("string", json!({ "enum": ["a", 1] })), "/constraints/enum/1"),
        (with("any", json!({ "enum": [1] })), "/constraints/enum/0"),
        (with("boolean", json!({ "enum": [1] })), "/constraints/enum/0"),
        (with("object", json!({ "enum": [[]] })), "/constraints/enum/0"),
        (with("list", json!({ "enum": [["a"]] })), "/constraints/enum/0"),
        (json!({ "type": "number", "categories": [1] }), "/categories"),
        (json!({ "categories": ["a"] }), "/categories"),
        (json!({ "type": "string", "categories": [] }), "/categories"),
        (json!({ "type": "string", "categories": ["a", "b", "a"] }), "/categories/2"),
        (json!({ "type": "integer", "categories": [1, "01"] }), "/categories/1"),
        (json!({ "type": "integer", "categories": ["a"] }), "/categories/0"),
        (json!({ "type": "string", "categories": [{ "label": "a" }] }), "/categories/0"),
        (json!({ "type": "string", "categories": [{ "value": "a" }, "b"] }), "/categories/1"),
        (json!({ "type": "string", "categories": [{ "value": "a", "x": 1 }] }), "/categories/0/x"),
        (
            json!({ "type": "string", "categories": [{ "value": "a", "label": 1 }] }),
            "/categories/0/label",
        ),
        (
            json!({ "type": "string", "categories": [{ "value": "a", "label": "x" }, { "value": "b", "label": "x" }] }),
            "/categories/1/label",
        ),
        (json!({ "type": "string", "categoriesOrdered": true }), ""),
        (
            json!({ "type": "string", "categories": ["a"], "categoriesOrdered": 1 }),
            "/categoriesOrdered",
        ),
        (
            json!({ "type": "string", "categories": ["a"], "constraints": { "enum": ["a", "b"] } }),
            "/constraints/enum/1",
        ),
    ] {
        check_refused(&descriptor, pointer);
    }
    let decimal = json!({
        "type": "number", "decimal": { "precision": 38, "scale": 10 },
        "constraints": { "maximum": 1_234_567_890.123_456_7 }
    });
    check_refused(&decimal, "/constraints/maximum");
}

#[test]
fn limits_that_leave_one_value_are_no_fault() {
    for constraints in [
        json!({ "minimum": 1, "maximum": 1 }),
        json!({ "exclusiveMinimum": 0, "exclusiveMaximum": 2 }),
        json!({ "minimum": 1, "exclusiveMaximum": 2 }),
    ] {
        assert!(parse_with("integer", &constraints).is_ok(), "{constraints}");
    }
    assert!(
        parse_with("number", &json!({ "exclusiveMinimum": 1, "exclusiveMaximum": 1.1 })).is_ok()
    );
    assert!(parse_with("duration", &json!({ "minimum": "P1M", "maximum": "P30D" })).is_ok());
    assert!(parse_with("string", &json!({ "minLength": 2, "maxLength": 2 })).is_ok());
}
