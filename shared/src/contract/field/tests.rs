use serde_json::{Value, json};

use super::*;
use crate::cell::CellFault;

fn parse(descriptor: &Value) -> Result<Field, ContractError> {
    let mut descriptor = descriptor.clone();
    descriptor["name"] = json!("f");
    Field::parse(&descriptor)
}

#[test]
fn what_is_not_said_has_its_default() {
    assert_eq!(parse(&json!({})).unwrap(), Field::new("f", FieldType::Any));
    assert_eq!(parse(&json!({ "type": "string" })).unwrap(), Field::new("f", FieldType::STRING));
    assert_eq!(parse(&json!({ "type": "integer" })).unwrap(), Field::new("f", FieldType::INTEGER));
    assert_eq!(parse(&json!({ "type": "number" })).unwrap(), Field::new("f", FieldType::NUMBER));
    assert_eq!(parse(&json!({ "type": "date" })).unwrap(), Field::new("f", FieldType::DATE));
    assert_eq!(
        parse(&json!({ "type": "time", "format": "default" })).unwrap(),
        Field::new("f", FieldType::TIME)
    );
    assert_eq!(
        parse(&json!({ "type": "datetime" })).unwrap(),
        Field::new("f", FieldType::DATETIME)
    );
    let described = json!({ "title": "T", "example": 1, "rdfType": "http://schema.org/Country" });
    assert_eq!(parse(&described).unwrap().description.as_deref(), Some("T"));
    let described = json!({ "title": "T", "description": "D", "aliases": ["g", "h"] });
    let field = parse(&described).unwrap();
    assert_eq!(
        (field.description.as_deref(), field.aliases),
        (Some("D"), vec!["g".to_owned(), "h".to_owned()])
    );
}

#[test]
fn the_missing_values_of_a_field_replace_those_of_the_schema() {
    let of_schema = ["NA".to_owned()];
    for (descriptor, expected) in [
        (json!({ "name": "f" }), vec!["NA"]),
        (json!({ "name": "f", "missingValues": [] }), vec![]),
        (json!({ "name": "f", "missingValues": ["", "-"] }), vec!["", "-"]),
        (
            json!({ "name": "f", "missingValues": [{ "value": "-" }, { "value": "", "label": "x" }] }),
            vec!["-", ""],
        ),
    ] {
        assert_eq!(field(&Node::root(&descriptor), &of_schema).unwrap().missing_values, expected);
    }
}

#[track_caller]
fn check_refused(descriptor: &Value, pointer: &str) {
    match parse(descriptor) {
        Ok(_) => panic!("{descriptor}"),
        Err(error) => assert_eq!(error.pointer, pointer, "{descriptor}: {error:?}"),
    }
}

#[test]
fn every_fault_of_a_field_is_found_at_its_place() {
    let nameless = Field::parse(&json!({ "type": "string" })).unwrap_err();
    assert_eq!(nameless.pointer, "");
    for (descriptor, pointer) in [
        (json!({ "type": "text" }), "/type"),
        (json!({ "type": 1 }), "/type"),
        (json!({ "colour": "red" }), "/colour"),
        (json!({ "type": "string", "format": "wkt" }), "/format"),
        (json!({ "type": "integer", "format": "hex" }), "/format"),
        (json!({ "format": "email" }), "/format"),
        (json!({ "type": "date", "format": "%d/%M/%Y" }), "/format"),
        (json!({ "type": "date", "format": "dd/mm/yyyy" }), "/format"),
        (json!({ "type": "time", "format": "%Y" }), "/format"),
        (json!({ "type": "datetime", "format": "%" }), "/format"),
        (json!({ "type": "geopoint", "format": "topojson" }), "/format"),
        (json!({ "type": "geojson", "format": "array" }), "/format"),
        (json!({ "type": "string", "decimalChar": "," }), "/decimalChar"),
        (json!({ "type": "integer", "decimalChar": "," }), "/decimalChar"),
        (json!({ "type": "integer", "decimal": {} }), "/decimal"),
        (json!({ "type": "date", "groupChar": "," }), "/groupChar"),
        (json!({ "type": "number", "decimalChar": "" }), "/decimalChar"),
        (json!({ "type": "number", "decimalChar": "0" }), "/decimalChar"),
        (json!({ "type": "number", "groupChar": "" }), "/groupChar"),
        (json!({ "type": "number", "groupChar": "." }), "/groupChar"),
        (json!({ "type": "number", "groupChar": ",,", "decimalChar": "," }), "/groupChar"),
        (json!({ "type": "number", "bareNumber": "no" }), "/bareNumber"),
        (json!({ "type": "number", "decimal": 2 }), "/decimal"),
        (json!({ "type": "number", "decimal": { "precision": 2 } }), "/decimal"),
        (json!({ "type": "number", "decimal": { "precision": 39, "scale": 0 } }), "/decimal"),
        (json!({ "type": "number", "decimal": { "precision": 0, "scale": 0 } }), "/decimal"),
        (json!({ "type": "number", "decimal": { "precision": 2, "scale": 3 } }), "/decimal"),
        (json!({ "type": "number", "decimal": { "precision": 2, "scale": -1 } }), "/decimal/scale"),
        (
            json!({ "type": "number", "decimal": { "precision": 2.5, "scale": 1 } }),
            "/decimal/precision",
        ),
        (
            json!({ "type": "number", "decimal": { "precision": 2, "scale": 1, "round": true } }),
            "/decimal/round",
        ),
        (json!({ "type": "string", "trueValues": ["y"] }), "/trueValues"),
        (json!({ "type": "boolean", "trueValues": "y" }), "/trueValues"),
        (json!({ "type": "boolean", "trueValues": [] }), "/trueValues"),
        (json!({ "type": "boolean", "falseValues": [1] }), "/falseValues/0"),
        (json!({ "type": "boolean", "falseValues": ["1"] }), ""),
        (json!({ "type": "array", "delimiter": "," }), "/delimiter"),
        (json!({ "type": "list", "delimiter": "" }), "/delimiter"),
        (json!({ "type": "list", "itemType": "object" }), "/itemType"),
        (json!({ "type": "list", "itemType": "year" }), "/itemType"),
        (json!({ "missingValues": "" }), "/missingValues"),
        (json!({ "missingValues": [1] }), "/missingValues/0"),
        (json!({ "missingValues": ["", "-", ""] }), "/missingValues/2"),
        (json!({ "missingValues": ["", { "value": "-" }] }), "/missingValues/0"),
        (json!({ "missingValues": [{ "label": "x" }] }), "/missingValues/0"),
        (json!({ "missingValues": [{ "value": 1 }] }), "/missingValues/0/value"),
        (
            json!({ "missingValues": [{ "value": "a" }, { "value": "a" }] }),
            "/missingValues/1/value",
        ),
        (
            json!({ "missingValues": [{ "value": "a", "label": "x" }, { "value": "b", "label": "x" }] }),
            "/missingValues/1/label",
        ),
        (json!({ "missingValues": [{ "value": "a", "text": "x" }] }), "/missingValues/0/text"),
        (json!({ "aliases": "g" }), "/aliases"),
        (json!({ "aliases": ["g", "g"] }), "/aliases/1"),
        (json!({ "description": 1 }), "/description"),
    ] {
        check_refused(&descriptor, pointer);
    }
}

#[test]
fn what_is_expected_is_told_for_a_person() {
    use CellFault::{
        Ambiguous, Categories, Enum, ExclusiveMaximum, JsonSchema, MaxLength, MinLength, Minimum,
        Pattern, Required, Type,
    };
    for (descriptor, fault, expected) in [
        (json!({}), Required, "a value (required)"),
        (json!({ "type": "integer" }), Type, "type `integer`"),
        (json!({ "type": "string", "format": "uuid" }), Type, "type `string` in the format `uuid`"),
        (
            json!({ "type": "date", "format": "%d/%m/%Y" }),
            Type,
            "type `date` in the format `%d/%m/%Y`",
        ),
        (
            json!({ "type": "date", "format": "any" }),
            Ambiguous,
            "type `date` that can be read in one way only",
        ),
        (
            json!({ "type": "number", "decimalChar": ",", "groupChar": "." }),
            Type,
            "type `number`, decimalChar `,`, groupChar `.`",
        ),
        (
            json!({ "type": "number", "decimal": { "precision": 10, "scale": 2 } }),
            Type,
            "type `number` of at most 8 whole and 2 fractional digits",
        ),
        (
            json!({ "type": "boolean", "trueValues": ["y"], "falseValues": ["n"] }),
            Type,
            "type `boolean`: one of `y`, `n`",
        ),
        (json!({ "type": "list", "itemType": "date" }), Type, "type `list` of `date` between `,`"),
        (
            json!({ "type": "geopoint", "format": "array" }),
            Type,
            "type `geopoint` in the format `array`",
        ),
        (
            json!({ "type": "string", "constraints": { "minLength": 2 } }),
            MinLength,
            "minLength `2`",
        ),
        (
            json!({ "type": "string", "constraints": { "maxLength": 2 } }),
            MaxLength,
            "maxLength `2`",
        ),
        (json!({ "type": "integer", "constraints": { "minimum": "5" } }), Minimum, "minimum `5`"),
        (
            json!({ "type": "number", "constraints": { "exclusiveMaximum": 1.5 } }),
            ExclusiveMaximum,
            "exclusiveMaximum `1.5`",
        ),
        (json!({ "type": "string", "constraints": { "pattern": "a+" } }), Pattern, "pattern `a+`"),
        (
            json!({ "type": "object", "constraints": { "jsonSchema": {} } }),
            JsonSchema,
            "a value of the `jsonSchema`",
        ),
        (json!({ "constraints": { "enum": ["a", "b"] } }), Enum, "one of `a`, `b`"),
        (
            json!({ "type": "integer", "categories": [1, 2, 3, 4, 5, 6, 7, 8, 9, 10] }),
            Categories,
            "one of `1`, `2`, `3`, `4`, `5`, `6`, `7`, `8`, and 2 more",
        ),
    ] {
        assert_eq!(parse(&descriptor).unwrap().expected(fault), expected, "{descriptor}");
    }
    let long = json!({ "constraints": { "enum": ["x".repeat(5000)] } });
    assert_eq!(parse(&long).unwrap().expected(Enum), format!("one of `{}...`", "x".repeat(100)));
}
