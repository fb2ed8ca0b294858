//! A table in a temporary folder, with a reader of its own.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::Int64Type;
use arrow_array::{ArrayRef, Int64Array, RecordBatch, new_null_array};
use arrow_schema::{DataType, Field, Schema, SchemaRef, TimeUnit};
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use serde_json::{Value, json};
use settle::table::{Commit, Part, TableStore};
use shared::contract::{Duplicates, Revisions};
use shared::job::Digest;
use shared::stats::Stats;
use tempfile::TempDir;

/// One column of every type that can be published.
pub(crate) fn columns() -> SchemaRef {
    let comment = [("comment".to_owned(), "Number of the flight".to_owned())];
    Arc::new(Schema::new(vec![
        Field::new("id", DataType::Int64, false).with_metadata(comment),
        Field::new("name", DataType::Utf8, true),
        Field::new("price", DataType::Float64, true),
        Field::new("open", DataType::Boolean, true),
        Field::new("day", DataType::Date32, true),
        Field::new("at", DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())), true),
        Field::new("cost", DataType::Decimal128(9, 2), true),
    ]))
}

/// What identifies the bytes of a revision that is like no other.
fn own_digest(file_id: &str, revision: i64) -> String {
    format!("{file_id}-{revision}")
}

/// A commit of the columns of [`columns`].
pub(crate) fn commit(file_id: &str, revision: i64, parts: Vec<Part>) -> Commit {
    Commit {
        schema: columns(),
        file_id: file_id.to_owned(),
        revision,
        attempt: 0,
        digest: Digest::Sha256(own_digest(file_id, revision)),
        parts,
        modified_ms: 1_700_000_000_000,
        execution: format!("execution-{file_id}-{revision}"),
        revisions: Revisions::Replace,
        duplicates: Duplicates::Skip,
    }
}

/// The action that takes a part out.
pub(crate) fn removal(part: &Part) -> Value {
    json!({ "remove": { "path": part.path, "deletionTimestamp": 1, "dataChange": true } })
}

/// What checkpoints leave in a log, which says nothing that the versions do not say.
fn is_of_checkpoint(path: &Path) -> bool {
    let name = path.file_name().unwrap().to_str().unwrap();
    name == "_last_checkpoint" || name.ends_with(".checkpoint.parquet")
}

/// A temporary folder with a table in it.
pub(crate) struct Table {
    root: PathBuf,
    _folder: TempDir,
}

impl Table {
    pub(crate) fn new() -> Self {
        Self::below("published")
    }

    pub(crate) fn below(name: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join(name);
        Self { root, _folder: folder }
    }

    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    pub(crate) fn store(&self) -> TableStore {
        TableStore::folder(&self.root).unwrap()
    }

    /// Writes a part whose rows have these ids, and nulls elsewhere.
    pub(crate) fn part(&self, file_id: &str, revision: i64, index: usize, ids: &[i64]) -> Part {
        self.part_of(&columns(), file_id, revision, index, ids)
    }

    /// The same of other columns, the first of which are the ids.
    pub(crate) fn part_of(
        &self,
        columns: &SchemaRef,
        file_id: &str,
        revision: i64,
        index: usize,
        ids: &[i64],
    ) -> Part {
        let digest = own_digest(file_id, revision);
        let path = format!("data/{file_id}/{revision}/{digest}/part-{index:05}.parquet");
        self.part_at(columns, path, ids)
    }

    /// The same at a path.
    pub(crate) fn part_at(&self, columns: &SchemaRef, path: String, ids: &[i64]) -> Part {
        let byte_len = self.write(columns, &path, ids);
        let id = |bound: Option<&i64>| BTreeMap::from([("id".to_owned(), json!(bound))]);
        let nulls = |field: &Arc<Field>| {
            let count = if field.is_nullable() { ids.len() as u64 } else { 0 };
            (field.name().clone(), count)
        };
        let stats = Stats {
            record_count: ids.len() as u64,
            null_count: columns.fields().iter().map(nulls).collect(),
            min_values: id(ids.iter().min()),
            max_values: id(ids.iter().max()),
        };
        Part { path, byte_len, stats }
    }

    fn write(&self, columns: &SchemaRef, path: &str, ids: &[i64]) -> u64 {
        let path = self.root.join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        let nulls = columns.fields()[1..]
            .iter()
            .map(|field| new_null_array(field.data_type(), ids.len()))
            .collect::<Vec<_>>();
        let id: ArrayRef = Arc::new(Int64Array::from(ids.to_vec()));
        let batch =
            RecordBatch::try_new(SchemaRef::clone(columns), [vec![id], nulls].concat()).unwrap();
        let file = File::create(&path).unwrap();
        let mut writer = ArrowWriter::try_new(file, SchemaRef::clone(columns), None).unwrap();
        writer.write(&batch).unwrap();
        writer.close().unwrap();
        path.metadata().unwrap().len()
    }

    /// The actions of every version, version 0 first.
    pub(crate) fn log(&self) -> Vec<Vec<Value>> {
        let Ok(folder) = std::fs::read_dir(self.root.join("_delta_log")) else {
            return vec![];
        };
        let paths = folder.map(|entry| entry.unwrap().path());
        let paths: BTreeSet<PathBuf> = paths.filter(|path| !is_of_checkpoint(path)).collect();
        for (version, path) in paths.iter().enumerate() {
            let name = path.file_name().unwrap().to_str().unwrap();
            assert_eq!(name, format!("{version:020}.json"), "a gap, or something left over");
        }
        let text = |path| std::fs::read_to_string(path).unwrap();
        let action = |line: &str| serde_json::from_str(line).unwrap();
        paths.iter().map(|path| text(path).lines().map(action).collect()).collect()
    }

    /// The columns by the latest metadata, with their types, `!` where they are required.
    pub(crate) fn columns(&self) -> Vec<String> {
        let metadata = self.metadata().pop().unwrap();
        let schema: Value =
            serde_json::from_str(metadata["schemaString"].as_str().unwrap()).unwrap();
        let told = |field: &Value| {
            let required = if field["nullable"] == true { "" } else { "!" };
            let text = |key: &str| field[key].as_str().unwrap().to_owned();
            format!("{} {}{required}", text("name"), text("type"))
        };
        schema["fields"].as_array().unwrap().iter().map(told).collect()
    }

    /// The metadata that versions of the log have, in order.
    pub(crate) fn metadata(&self) -> Vec<Value> {
        self.log().concat().iter().filter_map(|action| action.get("metaData").cloned()).collect()
    }

    /// The ids of all rows at the latest version, sorted.
    pub(crate) fn ids(&self) -> Vec<i64> {
        self.ids_at(usize::MAX)
    }

    /// The ids of all rows at a version, sorted.
    pub(crate) fn ids_at(&self, version: usize) -> Vec<i64> {
        let mut live = BTreeSet::new();
        for action in self.log().iter().take(version.saturating_add(1)).flatten() {
            let path =
                |kind: &str| action.get(kind).map(|a| a["path"].as_str().unwrap().to_owned());
            if let Some(path) = path("remove") {
                assert!(live.remove(&path), "{path} is removed without having been there");
            }
            if let Some(path) = path("add") {
                assert!(live.insert(path), "a part is added twice");
            }
        }
        let mut ids: Vec<i64> = live.iter().flat_map(|path| self.read(path)).collect();
        ids.sort_unstable();
        ids
    }

    fn read(&self, path: &str) -> Vec<i64> {
        let file = File::open(self.root.join(path)).unwrap();
        let reader = ParquetRecordBatchReaderBuilder::try_new(file).unwrap().build().unwrap();
        let ids =
            |batch: RecordBatch| batch.column(0).as_primitive::<Int64Type>().values().to_vec();
        reader.flat_map(|batch| ids(batch.unwrap())).collect()
    }

    /// Writes a version of the log as another engine could.
    pub(crate) fn log_by_hand(&self, version: u64, actions: &[Value]) {
        let lines: Vec<String> = actions.iter().map(Value::to_string).collect();
        let log = self.root.join(format!("_delta_log/{version:020}.json"));
        std::fs::write(log, lines.join("\n")).unwrap();
    }
}
