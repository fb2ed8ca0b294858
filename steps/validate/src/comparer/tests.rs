use std::collections::BTreeMap;

use bytes::Bytes;
use proptest::prelude::*;
use shared::fault::KeyFault;
use shared::job::read_json;
use shared::message::{Dropped, ValidateTask};
use shared::store::{Area, MemoryStore};

use super::*;
use crate::{Settings, handle};

const CONTRACT: &str = r#"{"resources": [{"name": "r", "path": "r.csv", "schema": {
    "fields": [
        {"name": "n", "type": "integer", "constraints": {"unique": true}},
        {"name": "s"}
    ],
    "uniqueKeys": [["n", "s"]], "primaryKey": "s",
    "foreignKeys": [{"fields": "s", "reference": {"fields": "s"}}]
}}]}"#;

const WORK: Work<'_> = Work { execution: "e" };

const FILE: &str = "d/f.csv";

fn store(file: &str) -> MemoryStore {
    let store = MemoryStore::new(13);
    store.put(Area::Reference, "contracts/d/datapackage.json", CONTRACT);
    store.put(Area::Input, FILE, file.to_owned());
    store
}

/// Plans the file of the store.
async fn plan(store: &MemoryStore, chunk_bytes: u64, keys: KeyLimits) -> Result<(), ValidateError> {
    let file = Dropped {
        dataset: "d".to_owned(),
        bucket: "b".to_owned(),
        key: FILE.to_owned(),
        version: None,
        etag: String::new(),
        byte_len: store.get(Area::Input, FILE).unwrap().len() as u64,
        sequencer: None,
        event_time_ms: 0,
        file_id: "0".to_owned(),
        attempt: 0,
    };
    let task = ValidateTask::Plan { execution: WORK.execution.to_owned(), file };
    let settings = Settings { keys, ..Settings::new(chunk_bytes) };
    handle(task, &settings, &crate::VerifiedTables::default(), store).await.map(|_| ())
}

/// The faults of all chunks, each of which has those of its own rows, and the set of keys.
async fn left(store: &MemoryStore) -> (Vec<KeyFault>, Bytes) {
    let chunks: Vec<Chunk> = read_json(store, WORK.plan()).await.unwrap();
    let mut faults: Vec<KeyFault> = Vec::new();
    for chunk in &chunks {
        let log = store.get(Area::Output, &WORK.key_faults(chunk.index)).unwrap();
        let (log, rest) = log.as_chunks();
        assert!(rest.is_empty());
        let rows = chunk.first_row..chunk.first_row + chunk.record_count;
        faults.extend(log.iter().map(|fault| KeyFault::from_bytes(*fault)).inspect(|fault| {
            assert!(rows.contains(&fault.row_number));
        }));
    }
    (faults, store.get(Area::Output, &WORK.key_set(0)).unwrap())
}

fn run<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(future)
}

fn fault(row_number: u64, key: u32, first_row: Option<u64>) -> KeyFault {
    KeyFault { row_number, key, first_row }
}

#[test]
fn repeated_keys_are_found_across_chunks_and_runs() {
    // Row 4 repeats the number of row 2 by value; row 5 has no key, row 6 an unreadable number, row
    // 7 the key of row 3, row 8 is blank.
    let store = store("n,s\n1,a\n2,b\n01,c\n4,\nx,d\n7,b\n,\n2,b\n");
    for sort_bytes in [0, 60, 1 << 20] {
        run(plan(&store, 8, KeyLimits { sort_bytes, ..KeyLimits::default() })).unwrap();
        let expected = [
            fault(4, 0, Some(2)),
            fault(5, 2, None),
            fault(7, 2, Some(3)),
            fault(9, 0, Some(3)),
            fault(9, 1, Some(3)),
            fault(9, 2, Some(3)),
        ];
        let (faults, set) = run(left(&store));
        assert_eq!(faults, expected);
        assert_eq!(set.len() / 16, 4);
    }
}

#[test]
fn too_many_keys_are_refused_by_name() {
    let store = store("n,s\n1,a\n2,b\n3,c\n,d\n");
    let refused = |keys| match run(plan(&store, 8, keys)) {
        Err(ValidateError::Refused(Refusal::TooManyKeys { fields, limit })) => (fields, limit),
        other => panic!("{other:?}"),
    };
    let limits = KeyLimits::default();
    assert_eq!(refused(KeyLimits { key_count: 9, ..limits }), ("n n,s s".to_owned(), 9));
    assert_eq!(refused(KeyLimits { set_len: 3, ..limits }), ("s".to_owned(), 3));
    run(plan(&store, 8, KeyLimits { key_count: 10, set_len: 4, ..limits })).unwrap();
}

#[test]
fn a_file_without_rows_has_logs_and_sets_too() {
    for text in ["n,s", "n,s\n", "n,s\n\n,\n"] {
        let store = store(text);
        run(plan(&store, 8, KeyLimits::default())).unwrap();
        assert_eq!(run(left(&store)), (Vec::new(), Bytes::new()));
    }
}

/// What is wrong with rows of a number and a text, either perhaps empty, the text perhaps not there;
/// and the number of different texts.
fn model(rows: &[(String, Option<String>)]) -> (Vec<KeyFault>, usize) {
    let (mut first_rows, mut faults) = (BTreeMap::new(), Vec::new());
    for ((number, text), row) in rows.iter().zip(2..) {
        let has = |value: &Option<String>| value.as_ref().is_some_and(|text| !text.is_empty());
        if number.is_empty() && !has(text) {
            continue;
        }
        let number = number.parse::<i64>().ok().map(|number| number.to_string());
        let value = text.clone().filter(|text| !text.is_empty());
        let both = number.clone().zip(value.clone()).map(|(n, s)| format!("{n},{s}"));
        for (key, value) in [number, both, value].into_iter().enumerate() {
            let Some(value) = value else { continue };
            let first_row = *first_rows.entry((key, value)).or_insert(row);
            if first_row != row {
                faults.push(fault(row, u32::try_from(key).unwrap(), Some(first_row)));
            }
        }
        if text.as_deref() == Some("") {
            faults.push(fault(row, 2, None));
        }
    }
    (faults, first_rows.keys().filter(|(key, _)| *key == 2).count())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]
    #[test]
    fn what_is_found_is_what_a_model_finds_in_chunks_and_rooms_of_any_size(
        rows in prop::collection::vec(
            ("|0?[1-4]|x", prop::option::weighted(0.9, "|[ab]|a text that is no short key [ab]")),
            0..40,
        ),
        chunk_bytes in 1..80_u64,
        rooms in prop::array::uniform2(0..1200_usize),
    ) {
        let lines = rows.iter().map(|(number, text)| match text {
            Some(text) => format!("{number},{text}\n"),
            None => format!("{number}\n"),
        });
        let store = store(&format!("n,s\n{}", lines.collect::<String>()));
        let (faults, text_count) = model(&rows);
        // The second attempt finds what the first has left.
        for sort_bytes in rooms {
            let limits = KeyLimits { sort_bytes, ..KeyLimits::default() };
            run(plan(&store, chunk_bytes, limits)).unwrap();
            let (found, set) = run(left(&store));
            prop_assert_eq!(&found, &faults);
            let (set, _) = set.as_chunks::<16>();
            prop_assert_eq!(set.len(), text_count);
            prop_assert!(set.is_sorted_by(|a, b| a < b));
        }
    }
}
