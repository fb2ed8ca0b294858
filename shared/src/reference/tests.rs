//! Tables as people keep them, good and bad.

mod columnar;

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::Int64Type;
use arrow_array::{Array, Int16Array, LargeStringArray};
use proptest::prelude::*;

use super::*;
use crate::contract::Contract;
use crate::store::{Area, MemoryStore};
use columnar::parquet;

fn resource(format: &str, fields: &str) -> Resource {
    let text = format!(
        r#"{{"resources": [
            {{"name": "r", "path": "r.csv", "schema": {{"fields": [{{"name": "x"}}],
              "foreignKeys": [{{"fields": "x", "reference": {{"resource": "t", "fields": "k"}}}}]}}}},
            {{"name": "t", "path": "t", "format": "{format}", "schema": {{"fields": [{fields}]}}}}
        ]}}"#
    );
    Contract::parse(text.as_bytes(), None).unwrap().references.remove(0)
}

fn csv() -> Resource {
    resource("csv", r#"{"name": "k"}, {"name": "i", "type": "integer"}"#)
}

fn wanted(key: &[usize]) -> Wanted {
    let mut wanted = Wanted::default();
    wanted.add_key(key);
    wanted
}

fn read(
    resource: &Resource,
    key: &[usize],
    bytes: &[u8],
) -> Result<ReferenceTable, ReferenceError> {
    let table = ReferenceTable::read(resource, &wanted(key), 1 << 20, &bytes.to_vec().into())?;
    KeyIndex::new(&table, key)?;
    Ok(table)
}

fn error(resource: &Resource, key: &[usize], bytes: &[u8]) -> String {
    read(resource, key, bytes).unwrap_err().to_string()
}

#[test]
fn every_fault_names_its_rows() {
    for (text, expected) in [
        ("k,i\na,1\na,x\n", "row 3 is not of the schema: type-error in column `i`"),
        (
            "k,i\na,1\na,x\n\na,y,z\n",
            "row 3 is not of the schema: type-error in column `i`; \
             row 5 is not of the schema: type-error in column `i`",
        ),
        ("k,i\nb,1\na,1\nb,1\n", "its key `k,i` is not unique: rows 2 and 4"),
        ("k,i\n\"a,1\n", "the quote at offset 4 is never closed"),
        ("k\na\n", "the header is not the contract's: missing-label, expected `i`"),
        ("", "it ends before its header"),
    ] {
        assert_eq!(error(&csv(), &[0, 1], text.as_bytes()), expected);
    }
}

#[test]
fn many_faults_are_counted() {
    let text = format!("k,i\n{}", "a,x\n".repeat(40_000));
    let told = error(&csv(), &[0], text.as_bytes());
    assert!(
        told.ends_with("row 11 is not of the schema: type-error in column `i`; and 39990 more")
    );
}

#[test]
fn what_is_not_wanted_is_empty() {
    let table = read(&csv(), &[1], b"k,i\na,1\nb,2\n").unwrap();
    let lens: Vec<usize> = table.columns.iter().map(Array::len).collect();
    assert_eq!((lens, table.byte_len), (vec![0, 2], 2 * (8 + KEY_BYTES)));
}

#[test]
fn a_table_needs_its_room() {
    let text = Bytes::from_static(b"k,i\na,1\nb,2\n");
    let need = read(&csv(), &[1], &text).unwrap().byte_len;
    let read = |room| ReferenceTable::read(&csv(), &wanted(&[1]), room, &text);
    assert!(read(need).is_ok());
    assert!(matches!(read(need - 1), Err(ReferenceError::TooLarge)));
}

#[test]
fn a_preamble_has_a_bound() {
    let dialect = r#"{"name": "k"}"#;
    let resource = resource("csv", dialect);
    let text = format!("k{}\na\n", " ".repeat(5 << 20));
    let mut reader = Delimited::new(&resource, Kept::new(&resource, &wanted(&[0]), 1 << 20));
    let pushed = text.as_bytes().chunks(1 << 20).try_for_each(|piece| reader.push(piece));
    assert!(matches!(pushed, Err(ReferenceError::HeaderTooLong(_))));
}

proptest! {
    #[test]
    fn pieces_do_not_show(
        rows in prop::collection::vec(("[a\"\n,é]{0,4}", any::<i64>()), 0..40),
        ends_with_newline in any::<bool>(),
        len in 1..30_usize,
        compressed in any::<bool>(),
    ) {
        let lines = rows.iter().map(|(k, i)| format!("\"{}\",{i}\r\n", k.replace('"', "\"\"")));
        let mut text = format!("k,i\r\n{}", lines.collect::<String>());
        if !ends_with_newline {
            text.truncate(text.len() - 2);
        }
        let bytes = if compressed { zstd::encode_all(text.as_bytes(), 1).unwrap() } else { text.into() };
        let resource = csv();
        let mut wanted = wanted(&[0]);
        wanted.fields.insert(1);
        let mut reader = Delimited::new(&resource, Kept::new(&resource, &wanted, 1 << 20));
        for piece in bytes.chunks(len) {
            reader.push(piece).unwrap();
        }
        let table = reader.finish().unwrap();
        let texts = table.columns[0].as_string::<i32>();
        let numbers = table.columns[1].as_primitive::<Int64Type>();
        prop_assert_eq!(texts.len(), rows.len());
        for (at, (k, i)) in rows.iter().enumerate() {
            prop_assert_eq!(texts.is_null(at), k.is_empty());
            prop_assert_eq!((texts.value(at), numbers.value(at)), (k.as_str(), *i));
            prop_assert_eq!(table.row_numbers.get(at), Some(at as u64 + 2));
        }
    }
}

#[test]
fn a_primary_key_has_no_null() {
    let fields = r#"{"name": "k"}, {"name": "i", "type": "integer"}"#;
    let keyed = |format: &str| {
        let mut resource = resource(format, fields);
        resource.schema.keys = vec![crate::contract::Key { fields: vec![1], is_primary: true }];
        resource
    };
    let bytes = parquet(vec![
        ("k", Arc::new(LargeStringArray::from(vec!["a", "b"]))),
        ("i", Arc::new(Int16Array::from(vec![Some(1), None]))),
    ]);
    let expected = "row 2 is not of the schema: primary-key in column `i`";
    assert_eq!(error(&keyed("parquet"), &[0], &bytes), expected);
    let expected = "row 3 is not of the schema: primary-key in column `i`";
    assert_eq!(error(&keyed("csv"), &[0], b"k,i\na,1\nb,\n"), expected);
}

#[tokio::test]
async fn a_file_is_what_the_contract_says_of_it() {
    let store = MemoryStore::new(3);
    store.put(Area::Reference, "t.csv", "k,i\na,1\n");
    let mut object = Object::reference("t.csv");
    object.version = Some("1".to_owned());
    let pinned = Pinned { object, etag: String::new() };
    for (byte_len, sha256, expected) in [
        (Some(8), None, "ok"),
        (Some(9), None, "its length is not what the contract says, 9 bytes"),
        (None, Some("8b".repeat(32)), "its hash is not what the contract says, sha256:8b"),
    ] {
        let resource = Resource { byte_len, sha256, ..csv() };
        let read = ReferenceTable::fetch(&resource, &wanted(&[0]), 1 << 20, &pinned, &store).await;
        let told = read.map_or_else(|error| error.to_string(), |_| "ok".to_owned());
        assert!(told.starts_with(expected), "{told}");
    }
}

#[tokio::test]
async fn a_table_is_read_as_it_arrives() {
    let store = MemoryStore::new(3);
    store.put(Area::Reference, "t.csv", "k,i\na,1\nb,2\n");
    let wanted = wanted(&[0]);
    let fetch = async |key: &str, etag: &str| {
        let pinned = Pinned { object: Object::reference(key), etag: etag.to_owned() };
        ReferenceTable::fetch(&csv(), &wanted, 1 << 20, &pinned, &store).await
    };
    let etag = store.head(&Object::reference("t.csv")).await.unwrap().etag;
    assert_eq!(fetch("t.csv", &etag).await.unwrap().columns[0].len(), 2);
    assert!(matches!(fetch("t.csv", "another").await, Err(ReferenceError::Changed)));
    assert!(matches!(fetch("u.csv", &etag).await, Err(ReferenceError::Missing)));
}
