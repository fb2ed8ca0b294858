//! What a contract can declare, through the whole dry run: the same at every chunk size.

#![allow(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a helper of tests may fail like a test"
)]

use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Output};

use serde_json::{Value, json};

/// Chunk sizes that must make no difference.
const CHUNK_BYTES: [&str; 4] = ["1", "7", "64", "4096"];

/// What a check left behind.
#[derive(Debug, PartialEq, Eq)]
struct Checked {
    code: Option<i32>,
    accepted: String,
    /// Row number, column and code of each fault.
    faults: Vec<(u64, String, String)>,
    corrections: Vec<u8>,
    report: Value,
}

/// A contract and a file in a folder.
struct Case {
    folder: tempfile::TempDir,
    file: PathBuf,
}

impl Case {
    fn new(resource: &Value, bytes: &[u8]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut resource = resource.clone();
        resource["name"] = json!("r");
        resource["path"] = json!("r.csv");
        let package = json!({ "resources": [resource] });
        std::fs::write(folder.path().join("datapackage.json"), package.to_string()).unwrap();
        let file = folder.path().join("r.csv");
        std::fs::write(&file, bytes).unwrap();
        Case { folder, file }
    }

    fn run(&self, chunk_bytes: &str) -> (Output, Checked) {
        let path = |name: &str| self.folder.path().join(name);
        let output = Command::new(env!("CARGO_BIN_EXE_sluice"))
            .arg("check")
            .arg(&self.file)
            .arg("--contract")
            .arg(path("datapackage.json"))
            .args(["--json", "--chunk-bytes", chunk_bytes, "--accepted"])
            .arg(path("accepted.csv"))
            .arg("--rejects")
            .arg(path("rejects.csv"))
            .arg("--corrections")
            .arg(path("corrections.csv"))
            .output()
            .unwrap();
        let code = output.status.code();
        assert!(code < Some(2), "{}", String::from_utf8_lossy(&output.stderr));
        let report: Value = serde_json::from_slice(&output.stdout).unwrap();
        let mut rejects = csv::Reader::from_path(path("rejects.csv")).unwrap();
        let faults = rejects.records().map(|record| {
            let record = record.unwrap();
            (record[0].parse().unwrap(), record[1].to_owned(), record[2].to_owned())
        });
        let checked = Checked {
            code,
            accepted: std::fs::read_to_string(path("accepted.csv")).unwrap(),
            faults: faults.collect(),
            corrections: std::fs::read(path("corrections.csv")).unwrap(),
            report,
        };
        (output, checked)
    }

    /// The outcome at every chunk size, which must be one.
    #[track_caller]
    fn check(&self) -> Checked {
        let mut runs = CHUNK_BYTES.map(|chunk_bytes| self.run(chunk_bytes).1).into_iter();
        let first = runs.next().unwrap();
        for run in runs {
            assert_eq!(run, first, "the chunk size shows");
        }
        if let Some(counts) = first.report["counts"].as_object() {
            let count = |name: &str| counts[name].as_u64().unwrap();
            assert_eq!(count("readCount"), count("acceptedCount") + count("rejectedCount"));
        }
        first
    }
}

/// Expects the codes of the faults by row, and the accepted records.
#[track_caller]
fn check(resource: &Value, bytes: &[u8], faults: &[(u64, &str)], accepted: &str) -> Checked {
    let checked = Case::new(resource, bytes).check();
    let found: Vec<(u64, &str)> =
        checked.faults.iter().map(|(row, _, code)| (*row, code.as_str())).collect();
    assert_eq!(found, faults);
    assert_eq!(checked.accepted, accepted);
    checked
}

fn fields(names: &[&str]) -> Value {
    names.iter().map(|name| json!({ "name": name })).collect::<Vec<_>>().into()
}

/// A kind of field, and texts that it accepts and rejects.
#[derive(serde::Deserialize)]
struct Kind {
    field: Value,
    code: String,
    accepted: Vec<String>,
    rejected: Vec<String>,
}

/// The table covers the specification: every type, format and constraint. Each kind is a column, and
/// each text a row that has values in that column alone.
#[test]
fn every_type_format_and_constraint_is_held_at_every_chunk_size() {
    let table = include_str!("../../shared/tests/data/cells.json");
    let kinds: Vec<Kind> = serde_json::from_str(table).unwrap();
    let name = |at: usize| format!("f{at}");
    let mut fields = vec![json!({ "name": "id" })];
    fields.extend(kinds.iter().enumerate().map(|(at, kind)| {
        let mut field = kind.field.clone();
        field["name"] = name(at).into();
        field
    }));
    let elsewhere = |kind: &Kind| {
        let is_required = kind.field["constraints"]["required"] == true;
        if is_required { kind.accepted[0].clone() } else { String::new() }
    };
    let empty: Vec<String> = kinds.iter().map(elsewhere).collect();
    let mut file = csv::Writer::from_writer(Vec::new());
    file.write_record(fields.iter().map(|field| field["name"].as_str().unwrap())).unwrap();
    let (mut row, mut expected) = (1, Vec::new());
    for (at, kind) in kinds.iter().enumerate() {
        for (cell, is_rejected) in (kind.accepted.iter().map(|cell| (cell, false)))
            .chain(kind.rejected.iter().map(|cell| (cell, true)))
        {
            row += 1;
            let mut cells = empty.clone();
            cells[at].clone_from(cell);
            cells.insert(0, row.to_string());
            file.write_record(cells).unwrap();
            if is_rejected {
                expected.push((row, name(at), kind.code.clone()));
            }
        }
    }
    let resource = json!({
        "schema": { "fields": fields },
        "sluice": { "tolerance": { "rejectedFraction": 1 } }
    });
    let checked = Case::new(&resource, &file.into_inner().unwrap()).check();
    assert_eq!(checked.faults, expected);
}

#[test]
fn every_dialect_property_is_obeyed() {
    let schema = json!({ "fields": fields(&["id", "name"]) });
    let wanted = "id,name\n1,apple\n2,\"a,b\"\n";
    for (dialect, text) in [
        (json!({ "delimiter": "|" }), "id|name\n1|apple\n2|a,b\n"),
        (json!({ "delimiter": "::" }), "id::name\n1::apple\n2::a,b\n"),
        (json!({ "delimiter": "→" }), "id→name\n1→apple\n2→a,b\n"),
        (json!({ "lineTerminator": ";" }), "id,name;1,apple;2,\"a,b\""),
        (json!({ "lineTerminator": "\r" }), "id,name\r1,apple\r2,\"a,b\"\r"),
        (json!({ "quoteChar": "'" }), "id,name\n1,apple\n2,'a,b'\n"),
        (json!({ "escapeChar": "\\" }), "id,name\n1,apple\n2,a\\,b\n"),
        (json!({ "skipInitialSpace": true }), "id, name\n1, apple\n2, \"a,b\"\n"),
        (json!({ "header": false }), "1,apple\n2,\"a,b\"\n"),
        (json!({ "headerRows": [2] }), "title\nid,name\n1,apple\n2,\"a,b\"\n"),
        (json!({ "commentRows": [2, 4] }), "id,name\nno\n1,apple\nno\n2,\"a,b\"\n"),
        (json!({ "commentChar": "#" }), "# x\nid,name\n1,apple\n#\"no\n2,\"a,b\"\n"),
        (json!({ "quoteChar": "", "delimiter": ";" }), "id;name\n1;apple\n2;a,b\n"),
    ] {
        check(&json!({ "dialect": dialect, "schema": schema }), text.as_bytes(), &[], wanted);
    }
    let schema = json!({ "fields": fields(&["fruit id", "fruit name"]) });
    let dialect = json!({ "headerRows": [1, 2] });
    let resource = json!({ "dialect": dialect, "schema": schema });
    let wanted = wanted.replace("id,name", "fruit id,fruit name");
    check(&resource, b"fruit\nid,name\n1,apple\n2,\"a,b\"\n", &[], &wanted);
    let resource = json!({
        "dialect": { "nullSequence": "\\N" },
        "schema": { "fields": [{ "name": "n", "type": "integer" }, { "name": "s" }] }
    });
    check(&resource, b"n,s\n\\N,a\n-,b\n", &[(3, "type-error")], "n,s\n\\N,a\n");
}

#[test]
fn text_is_decoded_and_inflated() {
    let text = "id,name\n1,café\n2,\"ü\n€\"\n";
    let wanted = text;
    let schema = json!({ "fields": fields(&["id", "name"]) });
    let utf_16 = |mark: &[u8]| -> Vec<u8> {
        mark.iter().copied().chain(text.encode_utf16().flat_map(u16::to_le_bytes)).collect()
    };
    let windows = text
        .chars()
        .map(|c| match c {
            '€' => 0x80,
            c => u8::try_from(u32::from(c)).unwrap(),
        })
        .collect::<Vec<u8>>();
    let gzip = {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        encoder.write_all(text.as_bytes()).unwrap();
        encoder.finish().unwrap()
    };
    for (encoding, bytes) in [
        (json!("utf-8"), [b"\xef\xbb\xbf", text.as_bytes()].concat()),
        (json!("utf-16"), utf_16(b"\xff\xfe")),
        (json!("utf-16le"), utf_16(b"")),
        (Value::Null, utf_16(b"\xff\xfe")),
        (json!("windows-1252"), windows),
        // A spreadsheet that saved the file says so itself.
        (json!("windows-1252"), [b"\xef\xbb\xbf", text.as_bytes()].concat()),
        (json!("utf-8"), gzip),
        (json!("utf-8"), zstd::encode_all(text.as_bytes(), 3).unwrap()),
    ] {
        let mut resource = json!({ "schema": schema });
        if !encoding.is_null() {
            resource["encoding"] = encoding;
        }
        check(&resource, &bytes, &[], wanted);
    }
}

#[test]
fn what_is_no_text_is_refused_with_its_place() {
    let schema = json!({ "fields": fields(&["id", "name"]) });
    for (encoding, bytes, code, offset) in [
        ("utf-8", &b"id,name\n1,\xe9\n"[..], "encoding-error", json!(10)),
        ("ascii", "id,name\n1,é\n".as_bytes(), "encoding-error", json!(10)),
        ("utf-8", b"\x1f\x8b\x08\0\0\0\0\0\0\xff", "compression-error", Value::Null),
        ("utf-8", b"PK\x03\x04aaaa", "encoding-error", json!(0)),
    ] {
        let resource = json!({ "encoding": encoding, "schema": schema });
        let checked = Case::new(&resource, bytes).check();
        assert_eq!(checked.code, Some(1));
        let fault = &checked.report["faults"][0];
        assert_eq!((fault["code"].as_str(), &fault["offset"]), (Some(code), &offset), "{encoding}");
    }
}

#[test]
fn columns_may_differ_as_far_as_the_contract_says() {
    let fields = json!([
        { "name": "id", "type": "integer" },
        { "name": "name", "aliases": ["full name"] }
    ]);
    let with = |rule: &str, drift: &str| json!({ "schema": { "fields": fields, "fieldsMatch": rule }, "sluice": { "drift": drift } });
    for (rule, drift, text, wanted) in [
        ("exact", "strict", "id,full name\n1,a\n", "id,name\n1,a\n"),
        ("equal", "strict", "name,id\na,1\n", "id,name\n1,a\n"),
        ("exact", "reorder", "full name,id\na,1\n", "id,name\n1,a\n"),
        ("subset", "strict", "x,name,id\n?,a,1\n", "id,name\n1,a\n"),
        ("superset", "strict", "id\n1\n", "id,name\n1,\n"),
        ("partial", "strict", "x,name\n?,a\n", "id,name\n,a\n"),
        ("exact", "extend", "x,name,id\n?,a,1\n", "id,name,x\n1,a,?\n"),
    ] {
        check(&with(rule, drift), text.as_bytes(), &[], wanted);
    }
    let checked =
        check(&with("exact", "extend"), b"x,id,name,y\n?,1,a,!\n", &[], "id,name,x,y\n1,a,?,!\n");
    assert_eq!(checked.report["extraColumns"], json!(["x", "y"]));
    for (rule, drift, text, codes) in [
        ("exact", "strict", "name,id\n", &["incorrect-label", "incorrect-label"][..]),
        ("exact", "strict", "id\n", &["missing-label"]),
        ("exact", "strict", "id,name,x\n", &["extra-label"]),
        ("exact", "strict", "id,\n", &["blank-label"]),
        ("exact", "strict", "id,id\n", &["duplicate-label"]),
        ("exact", "strict", "\n", &["blank-header"]),
        ("partial", "strict", "x,y\n", &["unmatched-header"]),
    ] {
        let checked = Case::new(&with(rule, drift), text.as_bytes()).check();
        assert_eq!(checked.code, Some(1));
        let faults = checked.report["faults"].as_array().unwrap();
        let found: Vec<_> = faults.iter().map(|fault| fault["code"].as_str().unwrap()).collect();
        assert_eq!(found, codes, "{text:?}");
        assert!(checked.report["counts"].is_null());
    }
}

#[test]
fn keys_hold_over_the_whole_file() {
    let resource = json!({ "schema": {
        "fields": [
            { "name": "id", "type": "integer" },
            { "name": "code", "constraints": { "unique": true } },
            { "name": "boss", "type": "integer" }
        ],
        "primaryKey": "id",
        "uniqueKeys": [["code", "boss"]],
        "foreignKeys": [{ "fields": "boss", "reference": { "fields": "id" } }]
    }, "sluice": { "tolerance": { "rejectedFraction": 1 } } });
    let text = "id,code,boss\n1,a,4\n2,b,1\n01,c,2\n,d,1\n4,a,9\n5,,\n6,,\n7,e,x\n7,f,4\n,,\n";
    let faults = [
        (4, "primary-key"),
        (5, "primary-key"),
        (6, "unique-error"),
        (6, "foreign-key"),
        (9, "type-error"),
        (10, "primary-key"),
        (11, "blank-row"),
    ];
    let wanted = "id,code,boss\n1,a,4\n2,b,1\n5,,\n6,,\n";
    check(&resource, text.as_bytes(), &faults, wanted);
}

#[test]
fn corrections_come_back_as_they_are() {
    let resource = json!({
        "encoding": "windows-1252",
        "dialect": { "delimiter": ";", "headerRows": [2], "commentRows": [4] },
        "schema": { "fields": [
            { "name": "n", "type": "integer" },
            { "name": "s", "constraints": { "required": true } }
        ] }
    });
    let text = b"of May\nn;s\n1;good\nnothing\nx;=A1\n2;\"caf\xe9; \"\"x\"\"\ny\"\n3;\n-4x;'+1\n";
    let case = Case::new(&resource, text);
    let checked = case.check();
    let rows: Vec<u64> = checked.faults.iter().map(|(row, ..)| *row).collect();
    assert_eq!(rows, [5, 7, 8]);
    let sent = String::from_utf8(checked.corrections).unwrap();
    let lines: Vec<&str> = sent.lines().collect();
    assert_eq!(lines[0], "\u{feff}of May");
    assert_eq!(lines[1], "sluice_row;sluice_column;sluice_code;sluice_reason;n;s");
    assert_eq!(lines[2], "3;;;;1;good", "nothing was published, so all goes back");
    assert!(lines[3].starts_with("5;n;type-error;") && lines[3].ends_with(";x;'=A1"), "{sent}");
    assert!(lines[7].ends_with(";'-4x;''+1"), "{sent}");

    // As it is, it is rejected as before, and gives itself again.
    std::fs::write(&case.file, &sent).unwrap();
    let again = case.check();
    let codes = |checked: &[(u64, String, String)]| -> Vec<String> {
        checked.iter().map(|(_, _, code)| code.clone()).collect()
    };
    assert_eq!(codes(&again.faults), codes(&checked.faults));
    // Corrected, it is accepted, and the texts are those of the file.
    let mended = sent.replace(";x;", ";7;").replace(";3;", ";3;now").replace("'-4x", "-4");
    std::fs::write(&case.file, mended).unwrap();
    let mended = case.check();
    assert_eq!(mended.faults, []);
    let all = "n,s\n1,good\n7,=A1\n2,\"café; \"\"x\"\"\ny\"\n3,now\n-4,'+1\n";
    assert_eq!(mended.accepted, all);
}

/// What goes back is read as the same records with the same codes, whatever the dialect.
#[test]
fn corrections_of_every_dialect_are_recognised() {
    let some = json!({ "tolerance": { "rejectedFraction": 1 } });
    for (dialect, names, text, is_written) in [
        (json!({}), ["id", "s"], "id,s\n1,a\nx,=b\n", true),
        (json!({}), ["=id", "@s"], "=id,@s\n1,a\nx,=b\n", true),
        (json!({ "header": false, "commentRows": [1] }), ["id", "s"], "id,id\n1,a\nx,=b\n", true),
        (json!({ "headerRows": [1, 3] }), ["id x", "s y"], "id,s\n=z\nx,y\nx,=b\n", true),
        (
            json!({ "quoteChar": "'", "doubleQuote": false }),
            ["id", "s"],
            "id,s\nx,=b\nx,'b\n'\n",
            true,
        ),
        (json!({ "quoteChar": "", "delimiter": "|" }), ["id", "s"], "id|s\nx|=b\n", true),
        (json!({ "quoteChar": "", "delimiter": "_" }), ["id", "s"], "id_s\nx_=b\n", false),
        (json!({ "lineTerminator": ";" }), ["id", "s"], "id,s;1,a;x,=b;", true),
        (json!({ "escapeChar": "\\", "quoteChar": "" }), ["id", "s"], "id,s\nx,=b\\,c\n", true),
        (json!({ "commentChar": "#" }), ["id", "s"], "#c\nid,s\n#d\nx,=b\n\n", true),
        (json!({}), ["id", "s"], "id,s\n\"x\"y,=b\n1\n1,2,3\n", true),
    ] {
        let resource = json!({
            "dialect": dialect,
            "schema": { "fields": [{ "name": names[0], "type": "integer" }, { "name": names[1] }] },
            "sluice": some
        });
        let case = Case::new(&resource, text.as_bytes());
        let first = case.check();
        assert_eq!(first.report["outputs"]["corrections"].is_null(), !is_written, "{dialect}");
        if !is_written {
            continue;
        }
        let codes = |checked: &Checked| -> Vec<(String, String)> {
            let faults = checked.faults.iter();
            faults.map(|(_, column, code)| (column.clone(), code.clone())).collect()
        };
        let mut sent = first.corrections.clone();
        for _ in 0..2 {
            std::fs::write(&case.file, &sent).unwrap();
            let again = case.check();
            let back = String::from_utf8_lossy(&sent).into_owned();
            assert_eq!(codes(&again), codes(&first), "{dialect} {back}");
            sent = again.corrections;
        }
    }
}

#[test]
fn faults_beyond_number_are_counted() {
    let resource = json!({ "schema": { "fields": [{ "name": "n", "type": "integer" }] } });
    let wide: Vec<Value> = (0..50).map(|at| json!({ "name": format!("f{at}") })).collect();
    let header: Vec<String> = (0..50).map(|at| format!("f{at}")).collect();
    let text = header.join(",") + "\n" + &"1\n".repeat(1000);
    let wide = json!({ "schema": { "fields": wide } });
    let (_, checked) = Case::new(&wide, text.as_bytes()).run("4096");
    assert_eq!(checked.report["rejectsByCode"], json!({ "missing-cell": 49_000 }));
    assert_eq!(checked.faults.len(), 32_000, "the first 32 of a row are told");

    let text = "n\n".to_owned() + &"x\n".repeat(100_000);
    let (_, checked) = Case::new(&resource, text.as_bytes()).run("65536");
    assert_eq!(checked.report["rejectsByCode"], json!({ "type-error": 100_000 }));
    assert_eq!(checked.report["counts"]["rejectedCount"], 100_000);
    assert_eq!(checked.faults.len(), 100_000);
}
