//! Whether a file is whole, through the whole dry run: the same at every chunk size.

#![allow(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a helper of tests may fail like a test"
)]

use std::process::Command;

use serde_json::{Value, json};

/// Chunk sizes that must make no difference.
const CHUNK_BYTES: [&str; 3] = ["1", "13", "16777216"];

/// Orders, of which any may be rejected.
fn package(completeness: &Value, input: &Value) -> Value {
    let mut resource = json!({
        "name": "orders", "path": "orders.csv",
        "schema": { "fields": [
            { "name": "id", "type": "integer", "constraints": { "maximum": 99 } },
            { "name": "amount", "type": "number", "decimal": { "precision": 9, "scale": 2 } },
            { "name": "note" }
        ] },
        "sluice": { "tolerance": { "rejectedFraction": 1 }, "completeness": completeness }
    });
    for (name, value) in input.as_object().unwrap() {
        resource[name] = value.clone();
    }
    json!({ "resources": [resource] })
}

/// A trailer such as `TRL,2,12.50`.
fn trailer() -> Value {
    json!({
        "trailer": { "marker": "TRL", "rowCountColumn": 2 },
        "totals": { "amount": { "trailerColumn": 3 } }
    })
}

/// What is left of a check, whatever the chunk size.
#[derive(Debug, PartialEq)]
struct Left {
    report: Value,
    accepted: String,
    corrections: String,
}

impl Left {
    /// `published`, or the codes of the faults for which the file was refused.
    fn ending(&self) -> String {
        let faults = self.report["faults"].as_array().unwrap();
        let codes: Vec<_> = faults.iter().map(|fault| fault["code"].as_str().unwrap()).collect();
        let is_published = self.report["outcome"] == "published";
        assert_ne!(is_published, self.report["error"] == "FileRefused");
        if is_published { "published".to_owned() } else { codes.join(" ") }
    }

    fn cause(&self) -> &str {
        self.report["cause"].as_str().unwrap_or_default()
    }
}

fn run(package: &Value, file: &[u8], manifest: Option<&str>, chunk_bytes: &str) -> Left {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    std::fs::write(path("datapackage.json"), package.to_string()).unwrap();
    std::fs::write(path("orders.csv"), file).unwrap();
    if let Some(manifest) = manifest {
        std::fs::write(path("orders.csv.manifest.json"), manifest).unwrap();
    }
    let output = Command::new(env!("CARGO_BIN_EXE_sluice"))
        .arg("check")
        .arg(path("orders.csv"))
        .arg("--contract")
        .arg(path("datapackage.json"))
        .arg("--accepted")
        .arg(path("accepted.csv"))
        .arg("--corrections")
        .arg(path("fix-me.csv"))
        .args(["--json", "--chunk-bytes", chunk_bytes])
        .output()
        .unwrap();
    let report: Value = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(&output.stderr)));
    let kept = ["outcome", "error", "cause", "counts", "faults", "rejectsByCode"];
    let read = |name: &str| std::fs::read_to_string(path(name)).unwrap();
    Left {
        report: kept.map(|name| (name, report[name].clone())).into_iter().collect(),
        accepted: read("accepted.csv"),
        corrections: read("fix-me.csv"),
    }
}

/// Checks a file at all chunk sizes.
#[track_caller]
fn check(package: &Value, file: impl AsRef<[u8]>, manifest: Option<&str>) -> Left {
    let [first, others @ ..] =
        CHUNK_BYTES.map(|chunk_bytes| run(package, file.as_ref(), manifest, chunk_bytes));
    for other in others {
        assert_eq!(other, first, "the chunk size shows");
    }
    first
}

#[test]
fn a_trailer_is_no_data_and_counts_them() {
    let package = package(&trailer(), &json!({}));
    let left = check(&package, "id,amount,note\n1,10.00,\"a\nb\"\n2,2.5,c\nTRL,2,12.50\n", None);
    assert_eq!(left.ending(), "published");
    assert_eq!(left.report["counts"]["readCount"], 2);
    assert_eq!(left.accepted, "id,amount,note\n1,10.00,\"a\nb\"\n2,2.5,c\n");
    for (data, expected, cause) in [
        ("TRL,0,0\n", "published", ""),
        ("1,-1,a\n2,1.00,b\nTRL,002,0", "published", ""),
        // A null adds nothing, and a rejected row counts like any other.
        ("1,,a\n100,5,b\n\nTRL,3,5.00\n", "published", ""),
        ("1,5,a\nTRL,2,5\n", "row-count", "1 data records, where its trailer declares 2"),
        (
            "1,5,a\nTRL,1,5.01\n",
            "control-total",
            "`amount` is 5.00, where its trailer declares 5.01",
        ),
        (
            "1,5,a\nTRL,1,-5\n",
            "control-total",
            "`amount` is 5.00, where its trailer declares -5.00",
        ),
        (
            "1,x,a\n2\n3,1,b\nTRL,3,1\n",
            "control-total",
            "2 rows have no value in it that can be read",
        ),
        ("1,5,a\nTRL,1\n", "trailer-error", "column 3 of the trailer (row 3, line 3)"),
        ("1,5,a\nTRL,one,5\n", "trailer-error", "column 2 of the trailer (row 3, line 3)"),
        ("1,5,a\nTRL,1,5\n\n", "missing-trailer", "row 4 (line 4), the last, is not the trailer"),
    ] {
        let left = check(&package, format!("id,amount,note\n{data}"), None);
        assert_eq!(left.ending(), expected, "{data:?}");
        assert!(left.cause().contains(cause), "{data:?}: {}", left.cause());
    }
}

#[test]
fn whatever_is_cut_off_is_noticed() {
    let package = package(&trailer(), &json!({}));
    let file = "id,amount,note\n1,10,\"a,\nTRL,1,10\n\"\n2,2,c\nTRL,2,12\n";
    assert_eq!(run(&package, file.as_bytes(), None, "9").ending(), "published");
    // Without its last line break it is whole too.
    for len in (1..file.len() - 1).step_by(3) {
        let left = run(&package, &file.as_bytes()[..len], None, "9");
        assert_ne!(left.ending(), "published", "{:?}", &file[..len]);
        assert_eq!(left.corrections, "", "nothing that is not whole is to be mended row by row");
    }
}

#[test]
fn a_trailer_goes_with_any_way_of_reading() {
    let file = "id,amount,note\n#no data\n1,10.00,é\n2,2.5,c\nTRL,2,12.50\n";
    let utf16 = "\u{feff}".encode_utf16().chain(file.encode_utf16());
    let utf16: Vec<u8> = utf16.flat_map(u16::to_le_bytes).collect();
    let commented = json!({ "dialect": { "commentChar": "#" } });
    let mut encoded = commented.clone();
    encoded["encoding"] = json!("utf-16");
    for (input, bytes) in [(&commented, file.as_bytes()), (&encoded, &utf16)] {
        let mut package = package(&trailer(), input);
        package["resources"][0]["schema"]["primaryKey"] = json!("id");
        let left = check(&package, bytes, None);
        assert_eq!(left.ending(), "published", "{left:?}");
        assert_eq!(left.accepted, "id,amount,note\n1,10.00,é\n2,2.5,c\n");
    }
    let headless = package(&trailer(), &json!({ "dialect": { "header": false } }));
    for (text, expected) in [
        ("1,10,a\nTRL,1,10\n", "published"),
        ("TRL,0,0", "published"),
        ("1,10,a\n", "missing-trailer"),
    ] {
        assert_eq!(check(&headless, text, None).ending(), expected, "{text:?}");
    }
}

#[test]
fn corrections_have_no_trailer() {
    let completeness = json!({
        "manifest": "required",
        "trailer": { "marker": "TRL", "rowCountColumn": 2 },
        "totals": { "amount": { "trailerColumn": 3 } }
    });
    let package = package(&completeness, &json!({}));
    let file = "id,amount,note\n1,10,a\n100,2,b\nTRL,2,12\n";
    let left = check(&package, file, Some("{}"));
    assert_eq!(left.ending(), "published");
    assert_eq!(left.report["counts"]["rejectedCount"], 1);
    assert!(left.corrections.contains("100,2,b") && !left.corrections.contains("TRL"));
    let corrected = left.corrections.replace("100,2,b", "10,2,b");
    let left = check(&package, corrected, None);
    assert_eq!(left.ending(), "published");
    assert_eq!(left.accepted, "id,amount,note\n10,2,b\n");
}

#[test]
fn a_file_is_what_its_manifest_declares() {
    let completeness = json!({ "manifest": "required", "totals": { "amount": {} } });
    let package = package(&completeness, &json!({}));
    let file = "id,amount,note\n1,10,a\n\n2,2.5,b\n";
    // As `sha256sum` prints it.
    let hash = "6bca6d8c057716ee9e52baeb3b699e713995293de59fd56b6754ca0deb839c9e";
    let whole = json!({
        "rowCount": 3, "byteLen": file.len(), "sha256": hash.to_uppercase(),
        "totals": { "amount": "12.5", "id": "3" }
    });
    assert_eq!(check(&package, file, Some(&whole.to_string())).ending(), "published");
    let changed = |name: &str, value: Value| {
        let mut changed = whole.clone();
        changed[name] = value;
        changed.to_string()
    };
    for (manifest, expected, cause) in [
        (
            changed("rowCount", json!(4)),
            "row-count",
            "3 data records, where its manifest declares 4",
        ),
        (changed("byteLen", json!(99)), "byte-count", "bytes, where its manifest declares 99"),
        (changed("sha256", json!("0".repeat(64))), "hash-count", "another hash than its manifest"),
        (
            changed("totals", json!({ "amount": "1.5", "id": "4" })),
            "control-total control-total",
            "the total of `id` is 3, where its manifest declares 4",
        ),
        (changed("totals", json!({})), "manifest-error", "the total of `amount` is missing"),
        (changed("totals", json!({ "note": "1" })), "manifest-error", "`note` is no column"),
        (changed("rows", json!(3)), "manifest-error", "unknown field `rows`"),
        ("{".to_owned(), "manifest-error", "it is not what a manifest is"),
        (" ".repeat(2 << 20), "manifest-error", "larger than 1048576 bytes"),
    ] {
        let left = check(&package, file, Some(&manifest));
        assert_eq!(left.ending(), expected, "{manifest}");
        assert!(left.cause().contains(cause), "{}", left.cause());
    }
}

#[test]
fn a_manifest_that_must_be_there_is_waited_for_by_nobody() {
    let file = "id,amount,note\n1,10,a\n";
    for (rule, expected) in [("required", "missing-manifest"), ("optional", "published")] {
        let completeness = json!({ "manifest": rule, "totals": { "amount": {} } });
        let left = check(&package(&completeness, &json!({})), file, None);
        assert_eq!(left.ending(), expected);
        let cause = "`orders/orders.csv.manifest.json`: drop it first, and then the file again";
        assert_eq!(left.cause().contains(cause), rule == "required", "{}", left.cause());
    }
    // Whoever looks for no manifest is not told of one.
    let left = check(&package(&json!({}), &json!({})), file, Some("no manifest at all"));
    assert_eq!(left.ending(), "published");
}

#[test]
fn rows_of_a_file_with_another_total_are_not_sent_back() {
    let package = package(&trailer(), &json!({}));
    let left = check(&package, "id,amount,note\n1,1,a\n100,2,b\nTRL,2,4\n", None);
    assert_eq!(left.ending(), "control-total");
    assert_eq!(left.report["rejectsByCode"], json!({ "constraint-error": 1 }));
    let fault = &left.report["faults"][0];
    assert_eq!((&fault["column"], &fault["expected"]), (&json!("amount"), &json!("4.00")));
    assert_eq!((&fault["found"], left.corrections.as_str()), (&json!("3.00"), ""));
}
