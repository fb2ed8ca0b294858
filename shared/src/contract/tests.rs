mod aggregates;
mod lookups;

use serde_json::{Value, json};

use super::*;

fn package() -> Value {
    json!({
        "name": "shop",
        "resources": [
            {
                "name": "orders", "path": "orders.csv", "encoding": "utf-8",
                "dialect": { "delimiter": ";" },
                "schema": {
                    "fields": [
                        { "name": "id", "type": "integer", "constraints": { "required": true } },
                        { "name": "product", "type": "string" },
                        { "name": "quantity", "type": "integer" },
                        { "name": "unit price", "type": "number", "description": "in euro" },
                        { "name": "day", "type": "date" }
                    ],
                    "missingValues": ["", "NA"],
                    "foreignKeys": [{
                        "fields": "product",
                        "reference": { "resource": "products", "fields": "code" }
                    }]
                },
                "sluice": {
                    "tolerance": { "rejectedFraction": 0.5 },
                    "enrich": {
                        "lookups": [{
                            "foreignKey": ["product"],
                            "columns": { "category": "group" },
                            "onMissing": "null"
                        }],
                        "columns": [{ "name": "amount", "expression": "quantity * \"unit price\"" }]
                    },
                    "aggregates": [{
                        "name": "by_category", "groupBy": ["category"],
                        "measures": { "orders": "count(*)", "amount": "sum(amount)" }
                    }]
                }
            },
            {
                "name": "products", "path": "tables/products.csv",
                "schema": {
                    "fields": [{ "name": "code" }, { "name": "group" }],
                    "primaryKey": ["code"]
                }
            }
        ]
    })
}

fn parse(package: &Value) -> Result<Contract, ContractError> {
    Contract::parse(package.to_string().as_bytes(), None)
}

/// The grouping columns of the first aggregate.
fn group_columns(contract: &Contract) -> Vec<(&str, usize)> {
    let columns = contract.aggregates[0].group_by.iter();
    columns.map(|key| (key.name.as_str(), key.column)).collect()
}

#[test]
fn a_whole_contract_is_read() {
    let contract = parse(&package()).unwrap();
    assert_eq!(contract.input.dialect.grammar.delimiter, ";");
    assert_eq!(contract.input.schema.fields[0].missing_values, ["", "NA"]);
    assert!(contract.input.schema.fields[0].constraints.required);
    assert_eq!(contract.references.len(), 1);
    assert!(!contract.joins[0].must_exist);
    assert!((contract.rejected_fraction - 0.5).abs() < f64::EPSILON);
    let names: Vec<_> =
        contract.published_schema().fields().iter().map(|field| field.name().clone()).collect();
    assert_eq!(names, ["id", "product", "quantity", "unit_price", "day", "category", "amount"]);
    assert_eq!(contract.columns()[6].data_type, DataType::Float64);
    assert_eq!(group_columns(&contract), [("category", 5)]);
    assert_eq!(contract.aggregates[0].measures[1].function, Function::Sum(6));
}

#[test]
fn keys_and_references_are_found() {
    let mut package = package();
    let schema = &mut package["resources"][0]["schema"];
    schema["primaryKey"] = json!("id");
    schema["uniqueKeys"] = json!([["product", "day"]]);
    schema["fields"][2]["constraints"] = json!({ "unique": true });
    let own = json!({ "fields": "quantity", "reference": { "resource": "", "fields": "id" } });
    schema["foreignKeys"].as_array_mut().unwrap().push(own);
    let contract = parse(&package).unwrap();
    let keys = contract.input.schema.keys.iter().map(|key| (key.fields.clone(), key.is_primary));
    assert_eq!(keys.collect::<Vec<_>>(), [(vec![2], false), (vec![1, 4], false), (vec![0], true)]);
    let own = SelfReference { position: 1, fields: vec![2], target: vec![0] };
    assert_eq!(contract.self_references, [own]);
    assert_eq!(contract.foreign_key_names(0), ("product".to_owned(), "products"));
    assert_eq!(contract.foreign_key_names(1), ("quantity".to_owned(), "orders"));
    assert!(!contract.columns()[0].nullable);
}

#[test]
fn new_columns_have_one_of_their_own() {
    let mut package = package();
    package["resources"][0]["sluice"]["drift"] = json!("extend");
    let columns = parse(&package).unwrap().columns();
    assert_eq!(columns.last().map(|column| column.name.as_str()), Some(EXTRA_COLUMNS));
}

#[test]
fn the_input_can_be_named() {
    let mut package = package();
    package["resources"][1]["schema"].as_object_mut().unwrap().remove("primaryKey");
    let text = package.to_string();
    let contract = Contract::parse(text.as_bytes(), Some("products")).unwrap();
    assert_eq!(contract.input.name, "products");
    let error = Contract::parse(text.as_bytes(), Some("people")).unwrap_err();
    assert!(matches!(error.problem, Problem::NoResource(name) if name == "people"));
}

/// Sets the value at `pointer` and expects an error at `place`.
#[track_caller]
fn check_refused(pointer: &str, value: Value, place: &str) {
    let mut package = package();
    let (parent, name) = pointer.rsplit_once('/').unwrap();
    let parent = package.pointer_mut(parent).unwrap();
    match parent.as_array_mut() {
        Some(items) => items[name.parse::<usize>().unwrap()] = value,
        None => parent[name] = value,
    }
    let error = parse(&package).expect_err(pointer);
    assert_eq!(error.pointer, place, "{error:?}");
}

#[allow(clippy::too_many_lines, reason = "a table")]
#[test]
fn every_fault_is_found_at_its_place() {
    for (pointer, value, place) in [
        ("/colour", json!("red"), "/colour"),
        ("/resources", json!({}), "/resources"),
        ("/resources", json!([]), "/resources"),
        ("/resources/0/path", json!("../x.csv"), "/resources/0/path"),
        ("/resources/0/path", json!("/etc/passwd"), "/resources/0/path"),
        ("/resources/0/encoding", json!("klingon"), "/resources/0/encoding"),
        ("/resources/0/dialect/delimiter", json!("\""), "/resources/0/dialect/delimiter"),
        ("/resources/0/schema/fields", json!([]), "/resources/0/schema/fields"),
        ("/resources/0/schema/primaryKey", json!(["none"]), "/resources/0/schema/primaryKey"),
        ("/resources/0/schema/fieldsMatch", json!("some"), "/resources/0/schema/fieldsMatch"),
        ("/resources/0/schema/fields/1/name", json!("id"), "/resources/0/schema/fields/1"),
        ("/resources/0/schema/fields/1/type", json!("text"), "/resources/0/schema/fields/1/type"),
        (
            "/resources/0/schema/fields/1/trueValues",
            json!(["y"]),
            "/resources/0/schema/fields/1/trueValues",
        ),
        (
            "/resources/0/schema/fields/0/constraints/minimum",
            json!("low"),
            "/resources/0/schema/fields/0/constraints/minimum",
        ),
        (
            "/resources/0/schema/foreignKeys/0/fields",
            json!(["none"]),
            "/resources/0/schema/foreignKeys/0/fields",
        ),
        (
            "/resources/1/schema/fields/0",
            json!({ "name": "code", "type": "integer" }),
            "/resources/0/schema/foreignKeys/0/reference/fields",
        ),
        (
            "/resources/0/schema/foreignKeys/0/reference/resource",
            json!("nobody"),
            "/resources/0/schema/foreignKeys/0/reference/resource",
        ),
        ("/resources/0/sluice/tolerance", json!(0.1), "/resources/0/sluice/tolerance"),
        (
            "/resources/0/sluice/tolerance/rejectedFraction",
            json!(1.5),
            "/resources/0/sluice/tolerance/rejectedFraction",
        ),
        ("/resources/0/sluice/enrich/join", json!([]), "/resources/0/sluice/enrich/join"),
        (
            "/resources/0/sluice/enrich/lookups/0/foreignKey",
            json!(["id"]),
            "/resources/0/sluice/enrich/lookups/0/foreignKey",
        ),
        (
            "/resources/0/sluice/enrich/lookups/0/columns/category",
            json!("colour"),
            "/resources/0/sluice/enrich/lookups/0/columns/category",
        ),
        (
            "/resources/0/sluice/enrich/lookups/0/columns",
            json!({ "x": "group", "ID": "group" }),
            "/resources/0/sluice/enrich/lookups/0/columns/ID",
        ),
        (
            "/resources/0/sluice/enrich/columns/0/name",
            json!("category"),
            "/resources/0/sluice/enrich/columns/0/name",
        ),
        ("/resources/0/schema/fields/4/name", json!("Product"), "/resources/0/schema/fields/4"),
        (
            "/resources/0/sluice/enrich/lineage",
            json!({ "line": "lineNumber", "DAY": "rowNumber" }),
            "/resources/0/sluice/enrich/lineage/DAY",
        ),
        (
            "/resources/0/sluice/enrich/lookups/0/key",
            json!(["upper(product)", "product"]),
            "/resources/0/sluice/enrich/lookups/0/key",
        ),
        (
            "/resources/0/sluice/enrich/lookups/0/key",
            json!(["length(product)"]),
            "/resources/0/sluice/enrich/lookups/0/key/0",
        ),
        (
            "/resources/0/sluice/enrich/lookups/0/key",
            json!("upper(category)"),
            "/resources/0/sluice/enrich/lookups/0/key",
        ),
        (
            "/resources/0/sluice/enrich/lookups/0/resource",
            json!("orders"),
            "/resources/0/sluice/enrich/lookups/0/resource",
        ),
        (
            "/resources/0/sluice/enrich/columns/0/expression",
            json!("quantity +"),
            "/resources/0/sluice/enrich/columns/0/expression",
        ),
        (
            "/resources/0/sluice/enrich/columns/0/expression",
            json!("quantity * day"),
            "/resources/0/sluice/enrich/columns/0/expression",
        ),
        (
            "/resources/0/sluice/enrich/columns/0/expression",
            json!("quantity * 2 AS x"),
            "/resources/0/sluice/enrich/columns/0/expression",
        ),
        (
            "/resources/0/sluice/aggregates/0/measures/orders",
            json!("sum(distinct id)"),
            "/resources/0/sluice/aggregates/0/measures/orders",
        ),
        (
            "/resources/0/sluice/aggregates/0/measures/orders",
            json!("sum(day)"),
            "/resources/0/sluice/aggregates/0/measures/orders",
        ),
        (
            "/resources/0/sluice/aggregates/0/groupBy/0",
            json!("colour"),
            "/resources/0/sluice/aggregates/0/groupBy/0",
        ),
        ("/resources/0/schema/uniqueKeys", json!([]), "/resources/0/schema/uniqueKeys"),
        (
            "/resources/0/schema/uniqueKeys",
            json!([["id", "no"]]),
            "/resources/0/schema/uniqueKeys/0",
        ),
        (
            "/resources/0/schema/fields/1/aliases",
            json!(["x", "id"]),
            "/resources/0/schema/fields/1/aliases/1",
        ),
        (
            "/resources/0/schema/fields/1/aliases",
            json!(["product"]),
            "/resources/0/schema/fields/1/aliases/0",
        ),
        (
            "/resources/0/schema/fields/1/aliases",
            json!(["x", "y", "x"]),
            "/resources/0/schema/fields/1/aliases/2",
        ),
        (
            "/resources/0/schema/fields/2/aliases",
            json!(["a", "product"]),
            "/resources/0/schema/fields/2/aliases/1",
        ),
        (
            "/resources/0/schema/missingValues",
            json!([{ "value": "", "label": "a" }, { "value": "NA", "label": "a" }]),
            "/resources/0/schema/missingValues/1/label",
        ),
        (
            "/resources/0/schema/foreignKeys/0/reference",
            json!({ "fields": ["colour"] }),
            "/resources/0/schema/foreignKeys/0/reference/fields",
        ),
        ("/resources/0/sluice/drift", json!("wild"), "/resources/0/sluice/drift"),
        ("/resources/0/bytes", json!(-1), "/resources/0/bytes"),
        ("/resources/0/hash", json!("md5:0"), "/resources/0/hash"),
        ("/resources/0/format", json!("parquet"), "/resources/0/format"),
        ("/resources/1/name", json!("orders"), "/resources/1/name"),
        ("/resources/1/sluice", json!({}), "/resources/1/sluice"),
        ("/resources/1/schema/foreignKeys", json!(1), "/resources/1/schema/foreignKeys"),
        ("/resources/1/schema/primaryKey", json!(["no"]), "/resources/1/schema/primaryKey"),
        (
            "/resources/0/schema/fields/1",
            json!({ "name": "product", "type": "boolean", "falseValues": ["1"] }),
            "/resources/0/schema/fields/1",
        ),
        (
            "/resources/0/sluice/enrich/lookups",
            json!([{ "foreignKey": "product" }, { "foreignKey": ["product"] }]),
            "/resources/0/sluice/enrich/lookups/1/foreignKey",
        ),
        (
            "/resources/0/sluice/enrich/columns/0/expression",
            json!("id+".repeat(400) + "id"),
            "/resources/0/sluice/enrich/columns/0/expression",
        ),
        (
            "/resources/0/sluice/aggregates/0/measures",
            json!({}),
            "/resources/0/sluice/aggregates/0/measures",
        ),
        (
            "/resources/0/sluice/aggregates/0/groupBy",
            json!(["id", "day", "id"]),
            "/resources/0/sluice/aggregates/0/groupBy/2",
        ),
        (
            "/resources/0/sluice/aggregates/0/groupBy",
            json!(["quantity % 3", { "rest": "quantity%3" }]),
            "/resources/0/sluice/aggregates/0/groupBy/1",
        ),
        (
            "/resources/0/sluice/aggregates/0/groupBy",
            json!([{ "k": "day" }, { "K": "product" }]),
            "/resources/0/sluice/aggregates/0/groupBy/1",
        ),
        (
            "/resources/0/sluice/aggregates/0/groupBy",
            json!([{ "Orders": "day" }]),
            "/resources/0/sluice/aggregates/0/measures/orders",
        ),
        (
            "/resources/0/sluice/aggregates/0/measures",
            json!({ "n": "count(*)", "N": "count(*)" }),
            "/resources/0/sluice/aggregates/0/measures/N",
        ),
        (
            "/resources/0/sluice/aggregates/0/groupBy",
            json!(["day", { "a": "id", "b": "id" }]),
            "/resources/0/sluice/aggregates/0/groupBy/1",
        ),
        (
            "/resources/0/sluice/aggregates/0/name",
            json!("a/b"),
            "/resources/0/sluice/aggregates/0/name",
        ),
    ] {
        check_refused(pointer, value, place);
    }
}

#[test]
fn a_field_is_not_named_like_a_column_of_corrections() {
    for marker in crate::header::MARKERS {
        let field = "/resources/0/schema/fields/4";
        check_refused(&format!("{field}/name"), json!(marker), field);
        let aliases = format!("{field}/aliases");
        check_refused(&aliases, json!(["x", marker]), &format!("{aliases}/1"));
        let name = "/resources/1/schema/fields/1/name";
        check_refused(name, json!(marker), "/resources/1/schema/fields/1");
    }
}

#[test]
fn a_byte_order_mark_is_passed_over() {
    let text = package().to_string();
    let marked = format!("\u{feff}{text}");
    let contract = Contract::parse(marked.as_bytes(), None).unwrap();
    assert_eq!(contract, parse(&package()).unwrap());
    let twice = format!("\u{feff}{marked}");
    let error = Contract::parse(twice.as_bytes(), None).unwrap_err();
    assert!(matches!(error.problem, Problem::Json(_)), "{error:?}");
}

/// The package with `sluice.enrich.drop`, and with some other aggregate if there is one.
fn dropping(drop: &Value, aggregate: Option<&Value>) -> Result<Contract, ContractError> {
    let mut package = package();
    let sluice = &mut package["resources"][0]["sluice"];
    sluice["enrich"]["drop"] = drop.clone();
    sluice["enrich"]["lineage"] = json!({ "row": "rowNumber" });
    if let Some(aggregate) = aggregate {
        sluice["aggregates"] = json!([aggregate]);
    }
    parse(&package)
}

#[test]
fn what_is_dropped_keeps_its_place_and_is_not_published() {
    let contract = dropping(
        &json!(["product", "category", "unit price"]),
        Some(&json!({
            "name": "a", "groupBy": ["day"],
            "measures": { "n": "count(product)", "m": "count(category)", "s": "sum(amount)" }
        })),
    );
    let contract = contract.unwrap();
    let names = contract.published_schema();
    let names: Vec<_> = names.fields().iter().map(|field| field.name().as_str()).collect();
    assert_eq!(names, ["id", "quantity", "day", "amount", "row"]);
    assert_eq!(contract.columns().len(), 8);
    let functions: Vec<_> = contract.aggregates[0].measures.iter().map(|m| m.function).collect();
    assert_eq!(functions, [Function::Count(1), Function::Count(5), Function::Sum(6)]);
    assert_eq!(contract.published(0..8).collect::<Vec<_>>(), [0, 2, 4, 6, 7]);
}

#[test]
fn what_cannot_be_dropped_is_told_with_its_place() {
    let everything = ["id", "product", "quantity", "unit price", "day", "category", "amount"];
    for (drop, place, message) in [
        (json!(["product", "colour"]), "/1", "there is no column `colour`"),
        (json!(["day", "id", "day"]), "/2", "`day` stands there twice"),
        (json!(["row"]), "/0", "`row` is unknown or not supported here"),
    ] {
        let error = dropping(&drop, None).unwrap_err();
        assert_eq!(error.pointer, format!("/resources/0/sluice/enrich/drop{place}"));
        assert_eq!(error.problem.to_string(), message);
    }
    let mut package = package();
    let sluice = &mut package["resources"][0]["sluice"];
    sluice["enrich"]["drop"] = json!(everything);
    sluice["aggregates"] = json!([]);
    let error = parse(&package).unwrap_err();
    assert_eq!(error.pointer, "/resources/0/sluice/enrich/drop");
    assert_eq!(error.problem.to_string(), "this cannot be: no column would be published");
}

#[test]
fn no_value_that_is_dropped_gets_into_an_aggregate() {
    let measure = |text: &str| json!({ "name": "a", "groupBy": [], "measures": { "m": text } });
    for (aggregate, place, at) in [
        (
            json!({ "name": "a", "groupBy": ["day", "product"], "measures": { "n": "count(*)" } }),
            "groupBy/1",
            "",
        ),
        (
            json!({ "name": "a", "groupBy": ["upper(product)"], "measures": { "n": "count(*)" } }),
            "groupBy/0",
            "at character 1: ",
        ),
        (
            json!({ "name": "a", "groupBy": [], "filter": "product = 'x'", "measures": { "n": "count(*)" } }),
            "filter",
            "at character 1: ",
        ),
        (measure("min(product)"), "measures/m", "at character 5: "),
        (measure("count(CASE WHEN product = 'x' THEN 1 END)"), "measures/m", "at character 7: "),
        (measure("sum(CASE WHEN product IS NULL THEN 1 END)"), "measures/m", "at character 5: "),
        (measure("count(*) FILTER (WHERE product > 'a')"), "measures/m", "at character 24: "),
    ] {
        let error = dropping(&json!(["product"]), Some(&aggregate)).unwrap_err();
        assert_eq!(error.pointer, format!("/resources/0/sluice/aggregates/0/{place}"));
        let Problem::Expression(error) = error.problem else { panic!("{}", error.problem) };
        let expected =
            format!("{at}the column `product` is dropped: an aggregate may only count it");
        assert_eq!(error.to_string(), expected, "{aggregate}");
    }
}

#[test]
fn the_salts_of_a_contract_are_those_that_it_names_anywhere() {
    let mut package = package();
    let sluice = &mut package["resources"][0]["sluice"];
    sluice["enrich"]["columns"] = json!([
        { "name": "a", "expression": "CASE WHEN quantity > 1 THEN sha256(product, 'B') END" },
        { "name": "b", "expression": "sha256(a, 'A')" }
    ]);
    sluice["aggregates"] = json!([
        { "name": "by", "groupBy": ["sha256(b, 'C')"], "measures": { "n": "count(sha256(a, 'A'))" } }
    ]);
    let contract = parse(&package).unwrap();
    assert_eq!(contract.salts().into_iter().collect::<Vec<_>>(), ["A", "B", "C"]);
}
