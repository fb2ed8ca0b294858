//! A small file that stands for much is not unpacked as a whole.

use arrow_array::types::Int32Type;
use arrow_array::{DictionaryArray, StringArray};
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::properties::{EnabledStatistics, WriterProperties};

use super::*;

/// Rows, and bytes of the text that all of them have: 1.2 GB.
const ROWS: usize = 400;
const TEXT: usize = 3_000_000;

/// Memory that a check may ask for: 1 GiB. Most of it is asked for and not used.
const MEMORY_KIB: &str = "1048576";

/// A file of a key and of a column of one text.
fn write_table(path: &Path) {
    let keys = StringArray::from_iter_values((0..ROWS).map(|row| row.to_string()));
    let text = StringArray::from(vec!["x".repeat(TEXT)]);
    let texts = DictionaryArray::<Int32Type>::new(vec![0; ROWS].into(), Arc::new(text));
    let columns: [(&str, ArrayRef); 2] = [("k", Arc::new(keys)), ("a", Arc::new(texts))];
    let batch = RecordBatch::try_from_iter(columns).unwrap();
    let properties = WriterProperties::builder()
        .set_compression(Compression::ZSTD(ZstdLevel::default()))
        .set_statistics_enabled(EnabledStatistics::None)
        .build();
    let file = std::fs::File::create(path).unwrap();
    let mut writer = ArrowWriter::try_new(file, batch.schema(), Some(properties)).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
}

/// Checks a file whose only field is looked up, and takes these columns of the table.
fn check_within_memory(folder: &Path, columns: &Value, required: bool) -> Output {
    let text = json!({ "name": "a", "constraints": { "required": required } });
    let target = json!({ "resource": "t", "fields": "k" });
    let package = json!({ "resources": [
        {
            "name": "orders", "path": "orders.csv",
            "schema": { "fields": [{ "name": "x" }], "foreignKeys": [{ "fields": "x", "reference": target }] },
            "sluice": { "enrich": { "lookups": [{ "foreignKey": "x", "columns": columns }] } }
        },
        {
            "name": "t", "path": "t.parquet", "format": "parquet",
            "schema": { "fields": [{ "name": "k" }, text] }
        }
    ] });
    std::fs::write(folder.join("datapackage.json"), package.to_string()).unwrap();
    let limited = format!("ulimit -v {MEMORY_KIB} && exec \"$0\" \"$@\"");
    Command::new("sh")
        .args(["-c", &limited, env!("CARGO_BIN_EXE_sluice"), "check"])
        .arg(folder.join("orders.csv"))
        .arg("--contract")
        .arg(folder.join("datapackage.json"))
        .output()
        .unwrap()
}

#[cfg(target_os = "linux")]
#[test]
fn what_a_table_stands_for_is_counted_before_it_is_unpacked() {
    let folder = tempfile::tempdir().unwrap();
    write_table(&folder.path().join("t.parquet"));
    assert!(folder.path().join("t.parquet").metadata().unwrap().len() < 10_000);
    std::fs::write(folder.path().join("orders.csv"), "x\n1\n399\n").unwrap();
    for (columns, required, code) in [
        (json!({ "k2": "k" }), false, 0),
        (json!({ "k2": "k" }), true, 0),
        (json!({ "y": "a" }), false, 2),
        (json!({ "y": "a" }), true, 2),
    ] {
        let output = check_within_memory(folder.path(), &columns, required);
        let told = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(code), "{columns}: {told}");
        assert_eq!(told.contains("does not fit into"), code == 2, "{told}");
    }
}
