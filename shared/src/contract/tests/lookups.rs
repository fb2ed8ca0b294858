//! What is looked up, and whose name is taken.

use super::*;

#[test]
fn who_has_a_name_is_told() {
    let mut package = package();
    package["resources"][0]["schema"]["fields"][3]["name"] = json!("unit price");
    package["resources"][0]["sluice"]["enrich"]["columns"][0] =
        json!({ "name": "Unit_Price", "expression": "1" });
    package["resources"][0]["sluice"].as_object_mut().unwrap().remove("aggregates");
    let error = parse(&package).unwrap_err();
    assert_eq!(error.pointer, "/resources/0/sluice/enrich/columns/0/name");
    let told = "the name `Unit_Price` is taken by `unit price`: in the published table letter case does not count, \
                and a space or one of `,;{}()=` is a `_`";
    assert_eq!(error.problem.to_string(), told);
    package["resources"][0]["sluice"]["enrich"]["columns"] = json!([]);
    package["resources"][0]["schema"]["fields"][3]["name"] = json!("Extra Columns");
    package["resources"][0]["sluice"]["drift"] = json!("extend");
    assert_eq!(parse(&package).unwrap_err().pointer, "/resources/0/sluice/drift");
}

/// The package with a second foreign key of its product, and these lookups.
fn looking_up(lookups: &Value) -> Result<Contract, ContractError> {
    let mut package = package();
    package["resources"].as_array_mut().unwrap().push(json!({
        "name": "numbers", "path": "numbers.csv",
        "schema": { "fields": [{ "name": "no", "type": "integer" }, { "name": "price" }] }
    }));
    let target = json!({ "resource": "numbers", "fields": "no" });
    let keys = package["resources"][0]["schema"]["foreignKeys"].as_array_mut().unwrap();
    keys.push(json!({ "fields": "product", "reference": target }));
    package["resources"][0]["sluice"] = json!({ "enrich": { "lookups": lookups } });
    parse(&package)
}

#[test]
fn fields_are_looked_up_in_several_tables_and_by_computed_keys() {
    let group =
        json!({ "foreignKey": "product", "resource": "products", "columns": { "g": "group" } });
    let price = |key: &str| json!({ "foreignKey": "product", "resource": "numbers", "columns": { "p": "price" }, "key": [key] });
    let key = "CAST(substring(product, 2) AS BIGINT)";
    let contract = looking_up(&json!([price(key), group])).unwrap();
    let names: Vec<String> =
        contract.columns().into_iter().skip(5).map(|column| column.name).collect();
    assert_eq!(names, ["g", "p"], "in the order of the foreign keys");
    let [by_fields, by_key] = contract.joins.as_slice() else { panic!() };
    assert!(by_fields.is_checked() && by_fields.is_looked_up());
    assert!(by_key.must_exist && !by_key.is_checked() && by_key.is_looked_up());
    let computed: Vec<&str> = contract.computations().map(|c| c.name.as_str()).collect();
    assert_eq!(computed, [key]);
    let cases = [
        (
            json!([group]),
            "/resources/0/schema/foreignKeys/1/reference/fields",
            "`product` and `no` have different types",
        ),
        (
            json!([price("product")]),
            "/resources/0/sluice/enrich/lookups/0/key/0",
            "this is VARCHAR, and `no` is BIGINT",
        ),
        (
            json!([{ "foreignKey": "product" }]),
            "/resources/0/sluice/enrich/lookups/0/foreignKey",
            "this cannot be: these fields are several foreign keys: `resource` says into which table",
        ),
        (
            json!([price(key), price(key)]),
            "/resources/0/sluice/enrich/lookups/1/foreignKey",
            "this cannot be: this foreign key is looked up twice",
        ),
        (
            json!([price(key), { "foreignKey": "product", "resource": "products", "key": "p", "columns": {} }]),
            "/resources/0/sluice/enrich/lookups/1/key",
            "not an expression that can be evaluated",
        ),
    ];
    for (lookups, place, told) in cases {
        let error = looking_up(&lookups).expect_err(place);
        assert_eq!((error.pointer.as_str(), error.problem.to_string().as_str()), (place, told));
    }
}
