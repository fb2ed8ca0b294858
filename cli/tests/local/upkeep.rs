//! The function that keeps tables up, as it is deployed.

use std::path::Path;

use cli::local::stack::Stack;
use serde_json::{Value, json};
use settle::table::publish;
use settle::upkeep::Upkept;

use super::aws::aws;
use super::bench::with_stack;
use super::reader;
use super::table::{Table, commit};

const DATASET: &str = "upkept";

/// A table of 21 versions beyond the first, in which one file was corrected.
async fn table() -> Table {
    let table = Table::new();
    let store = table.store();
    for (revision, ids) in [(0, &[1, 2][..]), (1, &[3])] {
        let part = table.part("f1", revision, 0, ids);
        publish(&store, commit("f1", revision, vec![part])).await.unwrap();
    }
    for n in 2..=20 {
        publish(&store, commit(&format!("f{n}"), 0, vec![])).await.unwrap();
    }
    // Of a file that was refused, and of nobody.
    table.part("f30", 0, 0, &[4]);
    std::fs::write(table.root().join("data/readme.txt"), "by hand").unwrap();
    table
}

fn upload(stack: &Stack, folder: &Path) {
    let to = format!("s3://{}/published/{DATASET}", stack.outputs().output_bucket);
    aws(stack, &["s3", "cp", "--recursive", "--only-show-errors", folder.to_str().unwrap(), &to]);
}

/// What the function answers.
#[track_caller]
fn invoke(stack: &Stack, task: &Value) -> Upkept {
    let answer = stack.folder().join("upkept.json");
    let (function, payload) = (&stack.outputs().upkeep_function, task.to_string());
    let invoke = ["lambda", "invoke", "--function-name", function, "--payload", &payload];
    let invoked = aws(stack, &[&invoke[..], &[answer.to_str().unwrap()]].concat());
    let answer = std::fs::read_to_string(answer).unwrap();
    assert_eq!(invoked["FunctionError"], Value::Null, "{answer}");
    serde_json::from_str(&answer).unwrap()
}

/// Days for which the function keeps parts, from now on; no stack could be deployed with less than 30.
fn keep_parts_for(stack: &Stack, days: u32) {
    let function = ["--function-name", &stack.outputs().upkeep_function];
    let configuration = ["lambda", "get-function-configuration"];
    let mut environment = aws(stack, &[configuration, function].concat())["Environment"].take();
    environment["Variables"]["PART_RETENTION_DAYS"] = days.to_string().into();
    let update = ["lambda", "update-function-configuration", "--environment"];
    aws(stack, &[&update[..], &[&environment.to_string()], &function].concat());
}

/// Which of these objects of the table are there.
async fn found<'a>(stack: &Stack, paths: &[&'a str]) -> Vec<&'a str> {
    let mut found = Vec::new();
    for path in paths {
        if stack.output(&format!("published/{DATASET}/{path}")).await.unwrap().is_some() {
            found.push(*path);
        }
    }
    found
}

#[test]
fn a_table_is_checkpointed_and_cleaned_up_and_keeps_its_rows() {
    with_stack(async |stack| {
        let table = table().await;
        upload(stack, table.root());

        let checkpoint = json!({ "action": "checkpoint", "dataset": DATASET });
        let once = Upkept { dataset_count: 1, checkpoint_count: 1, ..Upkept::default() };
        assert_eq!(invoke(stack, &checkpoint), once);
        let nothing = Upkept { dataset_count: 1, ..Upkept::default() };
        assert_eq!(invoke(stack, &checkpoint), nothing);
        let checkpoint = "_delta_log/00000000000000000021.checkpoint.parquet";
        assert_eq!(found(stack, &[checkpoint]).await, [checkpoint]);

        // All datasets, and nothing in them is 30 days old.
        let upkept = invoke(stack, &json!({ "action": "cleanUp" }));
        assert!(upkept.dataset_count >= 1);
        assert_eq!((upkept.deleted_count, upkept.deleted_bytes), (0, 0));

        let [live, superseded, refused] =
            [("f1", 1), ("f1", 0), ("f30", 0)].map(|(file_id, revision)| {
                format!("data/{file_id}/{revision}/{file_id}-{revision}/part-00000.parquet")
            });
        let paths = [&live, &superseded, &refused, "data/readme.txt"];
        assert_eq!(found(stack, &paths).await, paths);
        keep_parts_for(stack, 0);
        let upkept = invoke(stack, &json!({ "action": "cleanUp", "dataset": DATASET }));
        keep_parts_for(stack, 30);
        let len = |path: &str| table.root().join(path).metadata().unwrap().len();
        let deleted_bytes = len(&superseded) + len(&refused);
        assert_eq!(upkept, Upkept { deleted_count: 2, deleted_bytes, ..nothing });
        assert_eq!(found(stack, &paths).await, [&live, "data/readme.txt"]);

        let outputs = tempfile::tempdir().unwrap();
        stack.copy_outputs("published/", outputs.path()).await.unwrap();
        let rows = reader::rows(&outputs.path().join("published").join(DATASET));
        assert_eq!(rows["rows"], json!([[3, null, null, null, null, null, null]]));
    });
}

/// Whatever else is deployed, only that function may delete, and only parts.
#[test]
fn no_other_function_may_delete() {
    let template = include_str!("../../../template.yaml");
    let (before, behind) = template.split_once("\n  Upkeep:\n").unwrap();
    let (upkeep, behind) = behind.split_once("\n  StateMachine:\n").unwrap();
    let (_, grant) = upkeep.split_once("Action: s3:DeleteObject\n").unwrap();
    let resource = "Resource: !Sub \"${OutputBucket.Arn}/published/*/data/*\"";
    assert_eq!(grant.lines().next().unwrap().trim(), resource);
    for others in [before, grant, behind] {
        assert!(!others.contains("s3:Delete"));
    }
}
