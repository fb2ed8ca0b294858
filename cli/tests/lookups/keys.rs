//! Keys that are computed, and keys as they are told.

use super::*;

/// What becomes of `orders.csv`: its aggregate, and the column, the code and what was found of each reject, by row;
/// the same at every chunk size.
fn check_files(package: &Value, files: &[(&str, &str)]) -> (String, Vec<[String; 4]>) {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    std::fs::write(path("datapackage.json"), package.to_string()).unwrap();
    for (name, text) in files {
        std::fs::write(path(name), text).unwrap();
    }
    let results = ["1", "20", "4096"].map(|chunk_bytes| {
        let output = run(folder.path(), chunk_bytes);
        let report: Value = serde_json::from_slice(&output.stdout)
            .unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(&output.stderr)));
        let mut rejects = csv::Reader::from_path(path("rejects.csv")).unwrap();
        let rejects = rejects.records().map(|record| {
            let record = record.unwrap();
            [0, 1, 2, 6].map(|at| record[at].to_owned())
        });
        let rows = report["outputs"]["aggregates"][0].as_str().unwrap();
        (std::fs::read_to_string(path("output").join(rows)).unwrap(), rejects.collect())
    });
    let [first, others @ ..] = results;
    assert!(others.iter().all(|other| *other == first), "the chunk size shows");
    first
}

/// Orders by a country as people write it, of which there are two tables, and by its number there.
fn package(on_missing: &Value) -> Value {
    let key = |fields: Value, table: &str, names: Value| json!({ "fields": fields, "reference": { "resource": table, "fields": names } });
    let country = json!({
        "foreignKey": "cc", "resource": "countries", "key": ["upper(trim(cc))"],
        "columns": { "country": "name" }, "onMissing": on_missing
    });
    let zone = json!({ "foreignKey": "cc", "resource": "zones", "columns": { "zone": "zone" }, "onMissing": "null" });
    let item = json!({
        "foreignKey": ["cc", "no"], "key": ["upper(trim(cc))", "CAST(no AS BIGINT)"],
        "columns": { "item": "name" }, "onMissing": { "default": { "item": "?" } }
    });
    let table = |name: &str, fields: Value| json!({ "name": name, "path": format!("{name}.csv"), "schema": { "fields": fields } });
    json!({ "resources": [
        {
            "name": "orders", "path": "orders.csv",
            "schema": {
                "fields": [{ "name": "id", "type": "integer" }, { "name": "cc" }, { "name": "no" }],
                "foreignKeys": [
                    key(json!("cc"), "zones", json!("cc")),
                    key(json!(["cc", "no"]), "items", json!(["land", "no"])),
                    key(json!("cc"), "countries", json!("code"))
                ]
            },
            "sluice": {
                "tolerance": { "rejectedFraction": 1 },
                "enrich": {
                    "lookups": [country, zone, item],
                    "columns": [{ "name": "inverse", "expression": "1 / id" }],
                    "drop": ["inverse"]
                },
                "aggregates": [{
                    "name": "rows", "groupBy": ["id", "country", "zone", "item"],
                    "measures": { "long": "count(*) FILTER (WHERE length(country) > 6)" }
                }]
            }
        },
        table("countries", json!([{ "name": "code" }, { "name": "name" }])),
        table("zones", json!([{ "name": "cc" }, { "name": "zone" }])),
        table("items", json!([{ "name": "land" }, { "name": "no", "type": "integer" }, { "name": "name" }])),
    ] })
}

const FILES: [(&str, &str); 4] = [
    ("countries.csv", "code,name\nDE,Germany\nFR,France\n"),
    ("zones.csv", "cc,zone\nde,1\nxx,2\n"),
    ("items.csv", "land,no,name\nDE,1,Hut\nDE,2,Uhr\nFR,1,chapeau\n"),
    (
        "orders.csv",
        "id,cc,no\n1,de,1\n2, De ,02\n3,xx,1\n4,,1\n5,fr,one\n6,FR,9\n7,de,99999999999999999999\n\
         0,de,1\n8,zz,one\n9,fr,\n",
    ),
];

fn reject(row: u64, column: &str, code: &str, found: &str) -> [String; 4] {
    [row.to_string(), column.to_owned(), code.to_owned(), found.to_owned()]
}

#[test]
fn a_key_is_looked_up_as_it_is_computed() {
    let faults = |missing: &[(u64, &str)]| {
        let mut faults = vec![
            reject(6, "CAST(no AS BIGINT)", "computation-error", ""),
            reject(8, "CAST(no AS BIGINT)", "computation-error", ""),
            reject(9, "inverse", "computation-error", ""),
            reject(10, "CAST(no AS BIGINT)", "computation-error", ""),
        ];
        let missing = missing.iter().map(|(row, found)| reject(*row, "cc", "foreign-key", found));
        faults.extend(missing);
        faults.sort_by_key(|[row, _, code, _]| (row.parse::<u64>().unwrap(), code.clone()));
        faults
    };
    let sorted = |(accepted, mut rejects): (String, Vec<[String; 4]>)| {
        rejects.sort_by_key(|[row, _, code, _]| (row.parse::<u64>().unwrap(), code.clone()));
        (accepted, rejects)
    };
    let rows = |third: &str| {
        format!(
            "id,country,zone,item,long\n1,Germany,1,Hut,1\n2,Germany,,Uhr,1\n{third}4,,,,0\n6,France,,?,0\n9,France,,,0\n"
        )
    };
    let found = sorted(check_files(&package(&json!("reject")), &FILES));
    assert_eq!(found, (rows(""), faults(&[(4, "`XX`"), (10, "`ZZ`")])));
    let found = sorted(check_files(&package(&json!("null")), &FILES));
    assert_eq!(found, (rows("3,,2,?,0\n"), faults(&[])));
    let found = sorted(check_files(&package(&json!({ "default": { "country": "-" } })), &FILES));
    assert_eq!(found, (rows("3,-,2,?,0\n"), faults(&[])));
}

#[test]
fn a_key_that_is_computed_must_name_a_row_without_columns_too() {
    let mut package = package(&json!("reject"));
    let sluice = &mut package["resources"][0]["sluice"];
    sluice["enrich"]["lookups"][0].as_object_mut().unwrap().remove("columns");
    sluice["aggregates"] =
        json!([{ "name": "rows", "groupBy": ["id"], "measures": { "n": "count(*)" } }]);
    let (accepted, rejects) = check_files(&package, &FILES);
    assert_eq!(accepted, "id,n\n1,1\n2,1\n4,1\n6,1\n9,1\n");
    let missing: Vec<_> = rejects.into_iter().filter(|reject| reject[2] == "foreign-key").collect();
    assert_eq!(
        missing,
        [reject(4, "cc", "foreign-key", "`XX`"), reject(10, "cc", "foreign-key", "`ZZ`")]
    );
}

#[test]
fn keys_are_told_as_they_stand_in_the_file() {
    let decimal = json!({ "name": "price", "type": "number", "decimal": { "precision": 9, "scale": 2 }, "decimalChar": "," });
    let fields = json!([
        { "name": "s" }, { "name": "n", "type": "integer", "bareNumber": false }, decimal,
        { "name": "d", "type": "date", "format": "%d.%m.%Y" }
    ]);
    let names = json!(["s", "n", "price", "d"]);
    let target = json!({ "resource": "t", "fields": names });
    let package = json!({ "resources": [
        {
            "name": "orders", "path": "orders.csv", "dialect": { "delimiter": ";" },
            "schema": { "fields": fields, "foreignKeys": [{ "fields": names, "reference": target }] },
            "sluice": {
                "tolerance": { "rejectedFraction": 1 },
                "aggregates": [{ "name": "rows", "groupBy": [], "measures": { "n": "count(*)" } }]
            }
        },
        { "name": "t", "path": "t.csv", "dialect": { "delimiter": ";" }, "schema": { "fields": fields } }
    ] });
    let header = "s;n;price;d\n";
    let known = format!("{header}a;007;3,5;01.02.2026\n");
    let orders = format!(
        "{header}a;7;3,50;01.02.2026\n b ;7 EUR;3,50;02.02.2026\na;x;;\n\"c\"\"\";+08;4,;\"03.02.2026\"\na;7;3,5;\n"
    );
    let (accepted, rejects) = check_files(&package, &[("t.csv", &known), ("orders.csv", &orders)]);
    assert_eq!(accepted, "n\n2\n");
    let rejects: Vec<_> = rejects.into_iter().filter(|reject| reject[2] == "foreign-key").collect();
    let key = "s,n,price,d";
    let expected = [
        reject(3, key, "foreign-key", "` b ,7 EUR,3,50,02.02.2026`"),
        reject(5, key, "foreign-key", "`c\",+08,4,,03.02.2026`"),
    ];
    assert_eq!(rejects, expected);
}

#[test]
fn rows_that_a_foreign_key_names_are_told_apart_by_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let mut package = package(&json!("reject"));
    package["resources"][0]["sluice"] = json!({});
    let keys = package["resources"][0]["schema"]["foreignKeys"].as_array_mut().unwrap();
    keys.remove(1);
    std::fs::write(path("datapackage.json"), package.to_string()).unwrap();
    for (name, text) in FILES {
        std::fs::write(path(name), text).unwrap();
    }
    std::fs::write(path("zones.csv"), "cc,zone\nde,1\nde,2\n").unwrap();
    let output = run(folder.path(), "4096");
    let told = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{told}");
    assert!(told.contains("its key `cc` is not unique: rows 2 and 3"), "{told}");
}
