use arrow_array::cast::AsArray;
use arrow_array::types::{
    Date32Type, Decimal128Type, Float64Type, Int64Type, TimestampMicrosecondType,
};
use arrow_array::{Array, BooleanArray};
use proptest::prelude::*;
use serde_json::{Value as JsonValue, json};

use super::*;

fn read_field(descriptor: &JsonValue) -> Field {
    let mut descriptor = descriptor.clone();
    descriptor["name"] = json!("f");
    Field::parse(&descriptor).unwrap_or_else(|error| panic!("{descriptor}: {error:?}"))
}

fn read(field: &Field, cells: &[&str]) -> (ArrayRef, Vec<(usize, CellFault)>) {
    let (mut column, mut faults) = (ColumnBuilder::new(field), Vec::new());
    for (at, cell) in cells.iter().enumerate() {
        column.push(cell.as_bytes(), |fault| faults.push((at, fault)));
    }
    let array = column.finish().unwrap();
    assert_eq!(array.len(), cells.len());
    assert_eq!(array.data_type(), &field.field_type.data_type());
    (array, faults)
}

/// Checks which cells a field accepts: those alone have no fault, and only they are not null.
#[track_caller]
fn check(descriptor: &JsonValue, accepted: &[&str], refused: &[&str]) {
    let field = read_field(descriptor);
    let cells: Vec<&str> = accepted.iter().chain(refused).copied().collect();
    let (array, faults) = read(&field, &cells);
    for (at, cell) in cells.iter().enumerate() {
        let found: Vec<_> = faults.iter().filter(|(row, _)| *row == at).map(|(_, f)| *f).collect();
        let expected = if at < accepted.len() { vec![] } else { vec![CellFault::Type] };
        assert_eq!(found, expected, "{descriptor} {cell:?}");
        assert_eq!(array.is_null(at), at >= accepted.len(), "{descriptor} {cell:?}");
    }
}

#[test]
fn every_type_in_its_default_format() {
    check(&json!({}), &["x", " ", "\u{1f600}"], &[]);
    check(&json!({ "type": "any" }), &["1", "é"], &[]);
    check(&json!({ "type": "string" }), &["x", " "], &[]);
    check(&json!({ "type": "integer" }), &["1", " -7 "], &["1.0", "x", "9223372036854775808"]);
    check(&json!({ "type": "number" }), &["1", "1.5e3", "nan", "-INF"], &["1,5", "1e999", "x"]);
    check(
        &json!({ "type": "boolean" }),
        &["true", "True", "TRUE", "1", "false", "0"],
        &["yes", "tRUE", " 1"],
    );
    check(&json!({ "type": "object" }), &["{}", "{\"a\": [1]}"], &["[]", "{", "1"]);
    check(&json!({ "type": "array" }), &["[]", "[{}, 1]"], &["{}", "[1,]"]);
    check(&json!({ "type": "list" }), &["a,b", "a", ",", "a,,b"], &[]);
    check(
        &json!({ "type": "date" }),
        &["2013-01-31"],
        &["2013-02-29", "31.01.2013", "2013-01-31T00:00:00"],
    );
    check(
        &json!({ "type": "time" }),
        &["15:00:00", "15:00:00.25"],
        &["15:00", "15:00:00Z", "25:00:00"],
    );
    check(
        &json!({ "type": "datetime" }),
        &["2013-01-31T15:00:00.3-05:00"],
        &["2013-01-31 15:00:00", "2013-01-31"],
    );
    check(&json!({ "type": "year" }), &["2013", "0000"], &["13", "20130", "-201", " 201"]);
    check(&json!({ "type": "yearmonth" }), &["2013-01"], &["2013-1", "2013-13", "2013-01-01"]);
    check(&json!({ "type": "duration" }), &["P1Y2M", "-PT0.5S"], &["P", "P1W", "1 day"]);
    check(&json!({ "type": "geopoint" }), &["90.50, 45.50", "-180,90"], &["181,0", "1", "[1,2]"]);
    check(
        &json!({ "type": "geojson" }),
        &["{\"type\": \"Point\", \"coordinates\": [1, 2]}"],
        &["{\"type\": \"Point\"}", "{}", "[]", "x"],
    );
}

#[test]
fn every_other_format() {
    check(&json!({ "type": "string", "format": "email" }), &["a@b.org"], &["a", "A <a@b.org>"]);
    check(
        &json!({ "type": "string", "format": "uri" }),
        &["http://a.org"],
        &["a.org", "http://a b"],
    );
    check(&json!({ "type": "string", "format": "binary" }), &["YWI="], &["YWI", "a-b="]);
    check(
        &json!({ "type": "string", "format": "uuid" }),
        &["2bc1c94f-0deb-43e9-92a1-4775189ec9f8"],
        &["2bc1c94f0deb43e992a14775189ec9f8"],
    );
    check(
        &json!({ "type": "date", "format": "%d/%m/%Y" }),
        &["31/1/2013"],
        &["2013-01-31", "31/13/2013"],
    );
    check(&json!({ "type": "date", "format": "fmt:%d/%m/%y" }), &["31/01/13"], &["2013-01-31"]);
    check(&json!({ "type": "time", "format": "%H:%M" }), &["15:00"], &["15:00:00", "24:00"]);
    check(
        &json!({ "type": "datetime", "format": "%d.%m.%Y %H:%M" }),
        &["31.01.2013 15:00"],
        &["31.01.2013"],
    );
    check(&json!({ "type": "date", "format": "any" }), &["31 Jan 2013", "2013-01-31"], &["soon"]);
    check(&json!({ "type": "time", "format": "any" }), &["3 pm"], &["3"]);
    check(&json!({ "type": "datetime", "format": "any" }), &["31 Jan 2013 3 pm"], &["31 Jan 2013"]);
    check(&json!({ "type": "geopoint", "format": "array" }), &["[1, 2]"], &["1, 2", "[1]"]);
    check(
        &json!({ "type": "geopoint", "format": "object" }),
        &["{\"lon\": 1, \"lat\": 2}"],
        &["[1, 2]"],
    );
    check(
        &json!({ "type": "geojson", "format": "topojson" }),
        &["{\"type\": \"Topology\", \"objects\": {}, \"arcs\": []}"],
        &["{\"type\": \"FeatureCollection\", \"features\": []}"],
    );
    for r#type in ["integer", "boolean", "any", "year", "duration", "list"] {
        read_field(&json!({ "type": r#type, "format": "default" }));
    }
}

#[test]
fn every_other_property_of_a_type() {
    let german =
        json!({ "type": "number", "decimalChar": ",", "groupChar": ".", "bareNumber": false });
    check(&german, &["1.234,5 €", "-0,5"], &["1,234.5", "1.5"]);
    check(
        &json!({ "type": "integer", "groupChar": " ", "bareNumber": false }),
        &["1 000 kg"],
        &["1 00"],
    );
    let words = json!({ "type": "boolean", "trueValues": ["y"], "falseValues": ["n"] });
    check(&words, &["y", "n"], &["true", "Y"]);
    check(&json!({ "type": "list", "itemType": "integer" }), &["1,2", "2  ,  3"], &["1,x", "1,2,"]);
    check(&json!({ "type": "list", "itemType": "number", "delimiter": ";" }), &["1.5;2"], &["1,5"]);
    check(&json!({ "type": "list", "itemType": "boolean" }), &["true,0"], &["yes"]);
    check(
        &json!({ "type": "list", "itemType": "date", "delimiter": "||" }),
        &["2013-01-31||2013-02-01"],
        &["2013"],
    );
    check(&json!({ "type": "list", "itemType": "time" }), &["15:00:00"], &["15:00"]);
    check(
        &json!({ "type": "list", "itemType": "datetime" }),
        &["2013-01-31T15:00:00Z"],
        &["2013-01-31"],
    );
    let money = json!({ "type": "number", "decimal": { "precision": 5, "scale": 2 } });
    check(&money, &["1.5", "-999.990"], &["1000", "0.001", "NaN", "INF"]);
}

#[test]
fn values_are_kept_as_their_types_are() {
    let values = |descriptor: &JsonValue, cell: &str| read(&read_field(descriptor), &[cell]).0;
    assert_eq!(values(&json!({ "type": "integer" }), " 7").as_primitive::<Int64Type>().value(0), 7);
    assert_eq!(values(&json!({ "type": "year" }), "0013").as_primitive::<Int64Type>().value(0), 13);
    let number = values(&json!({ "type": "number", "groupChar": "," }), "1,000.5");
    assert_eq!(number.as_primitive::<Float64Type>().value(0).to_bits(), 1000.5_f64.to_bits());
    let decimal = json!({ "type": "number", "decimal": { "precision": 38, "scale": 2 } });
    assert_eq!(values(&decimal, "-1.5").as_primitive::<Decimal128Type>().value(0), -150);
    assert_eq!(
        values(&json!({ "type": "boolean" }), "0").as_boolean(),
        &BooleanArray::from(vec![false])
    );
    assert_eq!(
        values(&json!({ "type": "date" }), "1970-01-02").as_primitive::<Date32Type>().value(0),
        1
    );
    let instant = values(&json!({ "type": "datetime" }), "1970-01-01T01:00:00+01:00");
    assert_eq!(instant.as_primitive::<TimestampMicrosecondType>().value(0), 0);
    for (descriptor, cell, expected) in [
        (json!({ "type": "time", "format": "%I:%M %p" }), "3:05 PM", "15:05:00"),
        (json!({ "type": "time" }), "15:05:00.50", "15:05:00.5"),
        (json!({ "type": "yearmonth" }), "2013-01", "2013-01"),
        (json!({ "type": "duration" }), "PT60S", "PT60S"),
        (json!({ "type": "object" }), "{\"b\": 1.0, \"a\": 2}", "{\"b\": 1.0, \"a\": 2}"),
        (json!({ "type": "geopoint" }), "1.50, 2", "1.50, 2"),
        (json!({ "type": "list", "itemType": "integer" }), "1 , 2", "1 , 2"),
        (json!({}), " x ", " x "),
    ] {
        assert_eq!(values(&descriptor, cell).as_string::<i32>().value(0), expected, "{descriptor}");
    }
}

#[test]
fn missing_values_come_before_all_else() {
    let field = read_field(&json!({ "type": "integer", "missingValues": ["-", "-1"] }));
    let (array, faults) = read(&field, &["-", "-1", "1", ""]);
    assert_eq!((array.null_count(), faults), (3, vec![(3, CellFault::Type)]));
    let field = read_field(&json!({
        "type": "string",
        "missingValues": [{ "value": "", "label": "OMITTED" }, { "value": "NA" }],
        "constraints": { "required": true, "minLength": 3, "enum": ["abc"] }
    }));
    let (array, faults) = read(&field, &["", "NA", "abc"]);
    assert_eq!(array.null_count(), 2);
    assert_eq!(faults, [(0, CellFault::Required), (1, CellFault::Required)]);
    let field = read_field(
        &json!({ "type": "string", "missingValues": [], "constraints": { "required": true } }),
    );
    assert_eq!(read(&field, &[""]).1, []);
}

#[test]
fn an_ambiguous_date_is_told_as_such() {
    let field = read_field(&json!({ "type": "date", "format": "any" }));
    let (array, faults) = read(&field, &["01/02/2013", "31/01/2013", "x"]);
    assert_eq!(array.null_count(), 2);
    assert_eq!(faults, [(0, CellFault::Ambiguous), (2, CellFault::Type)]);
    let field = read_field(&json!({ "type": "datetime", "format": "any" }));
    assert_eq!(read(&field, &["1/2/13 10:00"]).1, [(0, CellFault::Ambiguous)]);
}

#[test]
fn every_broken_constraint_is_told_in_order_and_the_value_is_kept() {
    let field = read_field(&json!({
        "type": "string", "categories": ["aaa"],
        "constraints": { "enum": ["aaa"], "pattern": "a*", "maxLength": 3, "minLength": 2 }
    }));
    let (array, faults) = read(&field, &["aaa", "b", "bbbb"]);
    assert_eq!(array.null_count(), 0);
    assert_eq!(
        faults,
        [
            (1, CellFault::MinLength),
            (1, CellFault::Pattern),
            (1, CellFault::Enum),
            (1, CellFault::Categories),
            (2, CellFault::MaxLength),
            (2, CellFault::Pattern),
            (2, CellFault::Enum),
            (2, CellFault::Categories),
        ]
    );
}

#[test]
fn a_column_starts_anew_after_it_is_finished() {
    let field = Field::new("t", FieldType::TIME);
    let mut column = ColumnBuilder::new(&field);
    column.push(b"01:00:00", |_| {});
    column.push_null();
    assert_eq!(column.finish().unwrap().len(), 2);
    column.push(b"02:00:00", |_| {});
    let array = column.finish().unwrap();
    assert_eq!(array.as_string::<i32>().iter().collect::<Vec<_>>(), [Some("02:00:00")]);
}

/// A field of each kind, with constraints where they read the value once more.
fn fields() -> Vec<Field> {
    [
        json!({}),
        json!({ "type": "string", "format": "email", "constraints": { "maxLength": 3, "pattern": "\\i\\c*" } }),
        json!({ "type": "string", "format": "uri", "missingValues": [] }),
        json!({ "type": "string", "format": "binary" }),
        json!({ "type": "string", "format": "uuid" }),
        json!({ "type": "integer", "groupChar": ",", "bareNumber": false, "constraints": { "minimum": 3 } }),
        json!({ "type": "number", "groupChar": "é", "decimalChar": ",", "bareNumber": false }),
        json!({ "type": "number", "decimal": { "precision": 7, "scale": 3 }, "constraints": { "enum": [1] } }),
        json!({ "type": "boolean" }),
        json!({ "type": "object", "constraints": { "jsonSchema": { "required": ["a"] }, "enum": [{ "a": 1 }] } }),
        json!({ "type": "array", "constraints": { "maxLength": 1, "jsonSchema": { "contains": { "const": 1 } } } }),
        json!({ "type": "list", "delimiter": "1", "itemType": "number", "constraints": { "enum": ["212"] } }),
        json!({ "type": "date", "constraints": { "maximum": "2013-01-01" } }),
        json!({ "type": "date", "format": "any" }),
        json!({ "type": "date", "format": "%d %B %y" }),
        json!({ "type": "time", "format": "any" }),
        json!({ "type": "time", "format": "%I%p.%f" }),
        json!({ "type": "datetime", "format": "any" }),
        json!({ "type": "datetime", "format": "%c %z" }),
        json!({ "type": "datetime" }),
        json!({ "type": "year" }),
        json!({ "type": "yearmonth" }),
        json!({ "type": "duration", "constraints": { "minimum": "P1M" } }),
        json!({ "type": "geopoint" }),
        json!({ "type": "geopoint", "format": "array" }),
        json!({ "type": "geopoint", "format": "object" }),
        json!({ "type": "geojson" }),
        json!({ "type": "geojson", "format": "topojson" }),
    ]
    .iter()
    .map(read_field)
    .collect()
}

proptest! {
    #[test]
    fn no_bytes_upset_a_column(cells in prop::collection::vec(
        prop_oneof![
            prop::collection::vec(any::<u8>(), 0..24),
            "[-+0-9.,:/ TZPYMDHSaeé%{}\\[\\]\"]{0,24}".prop_map(String::into_bytes),
            "\\PC{0,12}".prop_map(String::into_bytes),
        ],
        1..4,
    )) {
        for field in fields() {
            let (mut column, mut faults) = (ColumnBuilder::new(&field), 0);
            for cell in &cells {
                let (mut last, mut types) = (None, 0);
                column.push(cell, |fault| {
                    assert!(last < Some(fault), "{fault:?} out of order");
                    last = Some(fault);
                    types += usize::from(fault.is_type_error());
                    faults += 1;
                });
                prop_assert!(types == 0 || last.is_some_and(CellFault::is_type_error));
                if let Some(fault) = last {
                    prop_assert!(field.expected(fault).len() < 2000);
                }
            }
            prop_assert_eq!(column.finish().unwrap().len(), cells.len());
            prop_assert!(faults <= cells.len() * 10);
        }
    }
}
