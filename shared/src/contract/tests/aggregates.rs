//! What aggregates are named, grouped by and asked for.

use super::*;

/// An aggregate keeps its own names, whatever others are made of the same.
#[test]
fn what_is_grouped_by_has_the_name_that_was_written() {
    let mut package = package();
    let aggregates = &mut package["resources"][0]["sluice"]["aggregates"];
    let by = |name: &str, group_by: Value, measure: &str| json!({ "name": name, "groupBy": group_by, "measures": { "m": measure } });
    *aggregates = json!([
        by("a", json!(["UPPER( product )", { "unit price": "unit price" }]), "max((id % 3))"),
        by("quoted", json!(["\"unit price\"", "(day)"]), "count(*)"),
        by("b", json!(["upper(product)", "id%3", { "Day": "date_trunc('month', day)" }]), "max(day)"),
        { "name": "c", "measures": { "upper(product)": "max(upper(product))" } },
    ]);
    let contract = parse(&package).unwrap();
    let columns = |at: usize| -> Vec<_> {
        let columns = contract.aggregates[at].group_by.iter();
        columns.map(|key| (key.name.as_str(), key.column)).collect()
    };
    assert_eq!(columns(0), [("UPPER( product )", 7), ("unit price", 3)]);
    assert_eq!(columns(1), [("unit price", 3), ("day", 4)]);
    assert_eq!(columns(2), [("upper(product)", 7), ("id%3", 8), ("Day", 9)]);
    assert_eq!(columns(3), []);
    assert_eq!(contract.aggregates[3].measures[0].function, Function::Max(7));
}

#[test]
fn a_constant_makes_no_groups() {
    let mut package = package();
    for constant in [json!("1"), json!({ "k": "'x' || 'y'" }), json!("CAST(NULL AS DATE)")] {
        package["resources"][0]["sluice"]["aggregates"][0]["groupBy"] = json!(["day", constant]);
        let error = parse(&package).unwrap_err();
        assert_eq!(error.pointer, "/resources/0/sluice/aggregates/0/groupBy/1");
        assert_eq!(error.problem.to_string(), "this cannot be: a constant makes no groups");
    }
    // What looks like one may be the name of a column.
    package["resources"][0]["schema"]["fields"][4]["name"] = json!("1");
    package["resources"][0]["sluice"]["aggregates"][0]["groupBy"] = json!(["1"]);
    assert_eq!(group_columns(&parse(&package).unwrap()), [("1", 4)]);
}

/// Columns behind those of the table: 7 is the filter of the first aggregate, 8 what it is grouped by, 9 what it
/// measures, 10 the filter of that.
#[test]
fn a_column_is_asked_where_some_use_of_it_has_its_filters_true() {
    let mut package = package();
    let aggregates = &mut package["resources"][0]["sluice"]["aggregates"];
    *aggregates = json!([{
        "name": "a", "filter": "id > 1", "groupBy": ["id % 3"],
        "measures": { "m": "sum(quantity * 2) FILTER (WHERE quantity > 5)", "n": "count(*)" }
    }]);
    let asked = |package: &Value, at| parse(package).unwrap().asked(at).collect::<Vec<_>>();
    let everywhere = Vec::<usize>::new();
    for (at, expected) in [
        (0, vec![]),
        (7, vec![everywhere.clone()]),
        (8, vec![vec![7]]),
        (9, vec![vec![7, 10]]),
        (10, vec![vec![7]]),
    ] {
        assert_eq!(asked(&package, at), expected, "{at}");
    }
    let other =
        json!({ "name": "b", "measures": { "m": "min(quantity * 2)", "n": "max(id > 1)" } });
    package["resources"][0]["sluice"]["aggregates"].as_array_mut().unwrap().push(other);
    assert_eq!(asked(&package, 9), [vec![7, 10], everywhere.clone()]);
    assert_eq!(asked(&package, 7), [everywhere.clone(), everywhere]);
}
