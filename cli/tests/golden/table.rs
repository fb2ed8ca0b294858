//! A published table, as its log tells it.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use arrow_array::RecordBatch;
use arrow_select::concat::concat_batches;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use serde_json::Value;

/// The rows of the parts that the log of `table` has live, in the order of the parts; of the file
/// `file_id` alone, or of all. None if there are none.
pub(crate) fn read_table(table: &Path, file_id: Option<&str>) -> Option<RecordBatch> {
    let mut commits: Vec<PathBuf> =
        table.join("_delta_log").read_dir().ok()?.map(|entry| entry.unwrap().path()).collect();
    commits.sort();
    let mut live = BTreeSet::new();
    for commit in commits {
        for line in std::fs::read_to_string(commit).unwrap().lines() {
            let action: Value = serde_json::from_str(line).unwrap();
            let path = |name: &str| Some(action.get(name)?.get("path")?.as_str()?.to_owned());
            live.extend(path("add"));
            path("remove").inspect(|path| assert!(live.remove(path), "{path}"));
        }
    }
    let own = live.iter().filter(|path| file_id.is_none_or(|id| path.contains(id)));
    let batches: Vec<RecordBatch> = own
        .flat_map(|path| {
            let file = std::fs::File::open(table.join(path)).unwrap();
            ParquetRecordBatchReaderBuilder::try_new(file).unwrap().build().unwrap()
        })
        .map(Result::unwrap)
        .collect();
    Some(concat_batches(&batches.first()?.schema(), &batches).unwrap())
}
