use proptest::prelude::*;
use serde_json::Value;
use shared::error_name::chain;
use shared::job::find_json;
use shared::message::{ValidateAnswer, ValidateTask};
use shared::store::{Area, MemoryStore, Object};

use super::*;
use crate::{VerifiedTables, handle};

const KEY: &str = "d/f.csv";

fn dropped(byte_len: u64) -> Dropped {
    Dropped {
        dataset: "d".to_owned(),
        bucket: "b".to_owned(),
        key: KEY.to_owned(),
        version: None,
        etag: String::new(),
        byte_len,
        sequencer: None,
        event_time_ms: 0,
        file_id: "0".to_owned(),
        attempt: 0,
    }
}

/// A store with a file, and with a contract that is changed by `input`.
fn store(input: &str, bytes: &[u8], piece_len: usize) -> MemoryStore {
    let store = MemoryStore::new(piece_len);
    let contract = format!(
        r#"{{"resources": [{{"name": "r", "path": "r.csv", {input}
            "schema": {{"fields": [{{"name": "a"}}, {{"name": "b"}}]}}}}]}}"#
    );
    store.put(Area::Reference, "contracts/d/datapackage.json", contract);
    store.put(Area::Input, KEY, bytes.to_vec());
    store
}

/// What is left of an execution: how it ended, the plan, the job without its digest, the refusal.
type Left = (Result<u64, String>, [Option<Value>; 3]);

async fn plan_file(
    execution: &str,
    file: Dropped,
    settings: &Settings,
    store: &MemoryStore,
) -> Left {
    let task = ValidateTask::Plan { execution: execution.to_owned(), file };
    let ended = match handle(task, settings, &VerifiedTables::default(), store).await {
        Ok(ValidateAnswer::Planned(planned)) => Ok(planned.record_count),
        Ok(other) => panic!("{other:?}"),
        Err(error) => Err(chain(&error)),
    };
    let work = Work { execution };
    let mut job: Option<Value> = find_json(store, work.job()).await.unwrap();
    if let Some(job) = &mut job {
        assert!(job.as_object_mut().unwrap().shift_remove("digest").is_some());
    }
    let plan = find_json(store, work.plan()).await.unwrap();
    (ended, [plan, job, find_json(store, work.refused()).await.unwrap()])
}

/// Divides a file and surveys its ranges; their number.
async fn survey_file(
    execution: &str,
    file: &Dropped,
    settings: &Settings,
    store: &MemoryStore,
) -> Result<usize, String> {
    let tables = VerifiedTables::default();
    let task = ValidateTask::Divide { execution: execution.to_owned(), file: file.clone() };
    let divided = match handle(task, settings, &tables, store).await {
        Ok(ValidateAnswer::Divided(divided)) => divided,
        Ok(other) => panic!("{other:?}"),
        Err(error) => return Err(chain(&error)),
    };
    let ranges: Option<Vec<FileRange>> = find_json(store, divided.ranges).await.unwrap();
    let ranges = ranges.unwrap_or_default();
    assert_eq!(ranges.len(), divided.range_count);
    for &range in ranges.iter().rev() {
        let (execution, file) = (execution.to_owned(), file.clone());
        let form = divided.form.unwrap();
        let task = ValidateTask::Survey { execution, file, form, range };
        handle(task, settings, &tables, store).await.unwrap();
    }
    Ok(ranges.len())
}

/// Both roads of a file; the number of its ranges, and what is left by each.
fn both(input: &str, bytes: &[u8], piece_len: usize, chunk_bytes: u64) -> (usize, Left, Left) {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let store = store(input, bytes, piece_len);
    let settings = Settings::new(chunk_bytes);
    let file = dropped(bytes.len() as u64);
    runtime.block_on(async {
        let one = plan_file("one", file.clone(), &settings, &store).await;
        let range_count = survey_file("many", &file, &settings, &store).await.unwrap();
        (range_count, one, plan_file("many", file, &settings, &store).await)
    })
}

/// The SHA-256 of the file of the tests of manifests, as `sha256sum` prints it.
const HASH: &str = "b9485148546419a0f6a85e8d708c923557c15d7f3c7d078ef1fa7f7c0f57d5a5";

#[track_caller]
fn check(input: &str, bytes: &[u8]) {
    for (piece_len, chunk_bytes) in [(1, 1), (2, 5), (3, 8), (7, 16), (4096, 64)] {
        let (range_count, one, many) = both(input, bytes, piece_len, chunk_bytes);
        let is_refused_at_once = bytes.is_empty() || bytes.first() == Some(&0x80);
        assert_eq!(range_count > 0, !is_refused_at_once);
        assert_eq!(many, one, "{piece_len} {chunk_bytes}");
    }
}

#[test]
fn what_a_pass_finds_the_surveys_find() {
    let headless = r#""dialect": {"header": false},"#;
    let commented = r#""dialect": {"headerRows": [3], "commentRows": [1, 2, 5, 7]},"#;
    let corrected = "sluice_row,sluice_column,sluice_code,sluice_reason,a,b\n7,a,x,y,1,2\n";
    for bytes in [
        &b"a,b\n1,2\n3,4\n5,6\n"[..],
        b"a,b\r\n1,\"\r\n\r\n\r\n\"\r\n\r3,4\n5,6",
        b"\xef\xbb\xbfa,b\n1,2\n3,\xc3\xa9\n",
        b"\xef\xbb\xbf",
        b"a,b",
        b"a,b\n",
        b"a,b\r",
        b"",
        b"a,c\n1,2\n",
        b"x\ny\na,b\n1,2\n3,4\n5,6\n7,8\n9,10",
        b"a,b\n1,\"2\n3,4\n",
        b"a,b\n1,2\n3,\xff\n\"5,6\n",
        b"a,b\n1,2\n3,4\xe2\x82",
        b"\x80a,b\n1,2\n",
        corrected.as_bytes(),
    ] {
        for input in ["", headless, commented, r#""encoding": "ascii","#, r#""bytes": 16,"#] {
            check(input, bytes);
        }
    }
}

proptest! {
    #[test]
    fn any_text_is_planned_alike(
        bits in prop::collection::vec(
            prop::sample::select(vec![
                &b"1,2\n"[..], b"\"3\",4\r\n", b"\"", b"\n", b"\r", b",", b"x", b"\xc3\xa9", b"\"\"",
                b"5,\"6\n\"\n", b"7,8\n9,10\n",
            ]),
            0..20,
        ),
        flaw in prop::option::weighted(0.2, (0..40_usize, 0x80..=0xff_u8)),
        (piece_len, chunk_bytes) in (1..20_usize, 1..40_u64),
        marked: bool,
    ) {
        let mark = if marked { &b"\xef\xbb\xbf"[..] } else { b"" };
        let mut bytes = [mark, b"a,b\n", &bits.concat()].concat();
        let flaw = flaw.map(|(at, byte)| (at.min(bytes.len()), byte));
        if let Some((at, byte)) = flaw {
            bytes.insert(at, byte);
        }
        let (range_count, one, many) = both("", &bytes, piece_len, chunk_bytes);
        prop_assert!(range_count > 0 || flaw.is_some_and(|(at, _)| at < LEAD_LEN));
        prop_assert_eq!(many, one);
    }
}

#[test]
fn what_cannot_be_surveyed_goes_through_in_one_pass() {
    for (input, bytes) in [
        (r##""dialect": {"commentChar": "#"},"##, &b"a,b\n1,2\n"[..]),
        ("", b"\xff\xfea\0,\0b\0\n\0"),
        ("", b"PK\x03\x04"),
    ] {
        let (range_count, one, many) = both(input, bytes, 7, 4);
        assert_eq!((range_count, &many), (0, &one), "{input}");
    }
}

#[test]
fn a_file_out_of_reach_is_refused_before_it_is_read() {
    let input = r##""dialect": {"commentChar": "#"},"##;
    let store = store(input, b"a,b\n1,2\n", 4096);
    let settings = Settings::new(64 << 20);
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(async {
        let (execution, file) = ("e".to_owned(), dropped(100 << 30));
        let error = handle(
            ValidateTask::Divide { execution, file },
            &settings,
            &VerifiedTables::default(),
            &store,
        )
        .await;
        let error = error.unwrap_err();
        assert_eq!(error.name(), shared::error_name::ErrorName::FileRefused);
        assert!(chain(&error).contains("its dialect has more than"), "{}", chain(&error));
        let refused = Object::output(Work { execution: "e" }.refused());
        let refused = read_whole(&store, &refused, None, 4096).await.unwrap();
        let refused: Value = serde_json::from_slice(&refused).unwrap();
        assert_eq!(refused["faults"][0]["code"], "file-too-large");
    });
}

/// A file of twelve bytes, which may have a manifest.
fn store_with_manifest(manifest: &str) -> MemoryStore {
    let input = r#""sluice": {"completeness": {"manifest": "optional"}},"#;
    let store = store(input, b"a,b\n1,2\n3,4\n", 4096);
    store.put(Area::Input, "d/f.csv.manifest.json", manifest.to_owned());
    store
}

#[test]
fn a_manifest_is_kept_to_in_both_ways() {
    let (settings, file) = (Settings::new(4), dropped(12));
    let hash = format!(r#"{{"sha256": "{HASH}"}}"#);
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    for (manifest, range_count, cause) in [
        (r#"{"rowCount": 2, "byteLen": 12}"#, Some(3), ""),
        (r#"{"rowCount": 3}"#, Some(3), "where its manifest declares 3"),
        (r#"{"byteLen": 13}"#, None, "where its manifest declares 13"),
        // The hash of the whole no range tells.
        (&hash, Some(0), ""),
    ] {
        let store = store_with_manifest(manifest);
        runtime.block_on(async {
            let surveyed = survey_file("e", &file, &settings, &store).await;
            assert_eq!(surveyed.ok(), range_count, "{manifest}");
            let (ended, _) = plan_file("e", file.clone(), &settings, &store).await;
            assert_eq!(ended.is_ok(), cause.is_empty(), "{manifest}");
            assert!(ended.map_or_else(|error| error, |_| String::new()).contains(cause));
        });
    }
}

#[test]
fn a_hash_that_is_declared_too_late_is_not_passed_over() {
    let (settings, file) = (Settings::new(4), dropped(12));
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(async {
        let store = store_with_manifest("{}");
        assert_eq!(survey_file("e", &file, &settings, &store).await, Ok(3));
        let hash = format!(r#"{{"sha256": "{HASH}"}}"#);
        store.put(Area::Input, "d/f.csv.manifest.json", hash);
        let (ended, _) = plan_file("e", file, &settings, &store).await;
        assert!(ended.unwrap_err().starts_with("the manifest was changed"));
    });
}

#[test]
fn a_file_of_another_size_than_its_event_told_is_refused() {
    let settings = Settings::new(4);
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    for byte_len in [11, 13] {
        let store = store("", b"a,b\n1,2\n3,4\n", 4096);
        let (ended, _) = runtime.block_on(plan_file("e", dropped(byte_len), &settings, &store));
        assert!(ended.unwrap_err().contains("the event of its drop declares"), "{byte_len}");
    }
}

#[test]
fn a_contract_that_names_a_salt_that_is_not_there_is_refused_at_once() {
    let hashed =
        r#""sluice": {"enrich": {"columns": [{"name": "c", "expression": "sha256(a, 'S')"}]}},"#;
    let store = store(hashed, b"a,b\n1,2\n", 4096);
    let (mut settings, tables) = (Settings::new(4), VerifiedTables::default());
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(async {
        let (execution, file) = ("e".to_owned(), dropped(8));
        let divide = ValidateTask::Divide { execution: execution.clone(), file: file.clone() };
        let plan = ValidateTask::Plan { execution, file };
        for task in [&divide, &plan] {
            let error = handle(task.clone(), &settings, &tables, &store).await.unwrap_err();
            assert_eq!(error.name(), shared::error_name::ErrorName::ContractRefused);
            assert!(chain(&error).ends_with("`SLUICE_SALT_S` is missing"), "{}", chain(&error));
        }
        settings.salts = [("S".to_owned(), vec![7; 16])].into_iter().collect();
        for task in [plan, divide] {
            assert!(handle(task, &settings, &tables, &store).await.is_ok());
        }
        let job: Option<Value> = find_json(&store, Work { execution: "e" }.job()).await.unwrap();
        assert_eq!(job.unwrap()["salts"]["S"].as_str().unwrap().len(), 8);
    });
}

#[test]
fn a_survey_of_other_bytes_or_another_contract_is_not_used() {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let settings = Settings::new(8);
    runtime.block_on(async {
        let store = store("", b"a,b\n1,2\n3,4\n", 4096);
        let (execution, file) = ("e".to_owned(), dropped(12));
        let task = ValidateTask::Divide { execution: execution.clone(), file: file.clone() };
        let Ok(ValidateAnswer::Divided(divided)) =
            handle(task, &settings, &VerifiedTables::default(), &store).await
        else {
            panic!("not divided");
        };
        let form = divided.form.unwrap();
        let survey = |index, start, end| ValidateTask::Survey {
            execution: execution.clone(),
            file: file.clone(),
            form,
            range: FileRange { index, start, end },
        };
        let short = handle(survey(1, 8, 16), &settings, &VerifiedTables::default(), &store)
            .await
            .unwrap_err();
        assert!(matches!(short, ValidateError::Short));
        handle(survey(0, 0, 8), &settings, &VerifiedTables::default(), &store).await.unwrap();
        handle(survey(1, 8, 12), &settings, &VerifiedTables::default(), &store).await.unwrap();
        let other = self::store(r#""dialect": {"delimiter": ";"},"#, b"", 1);
        let contract = other.get(Area::Reference, "contracts/d/datapackage.json").unwrap();
        let renamed = String::from_utf8(contract.to_vec()).unwrap();
        let renamed = renamed.replace(r#"[{"name": "a"}, {"name": "b"}]"#, r#"[{"name": "a,b"}]"#);
        store.put(Area::Reference, "contracts/d/datapackage.json", renamed);
        let (ended, _) = plan_file("e", file.clone(), &settings, &store).await;
        assert!(ended.unwrap_err().starts_with("the contract was changed"));
    });
}
