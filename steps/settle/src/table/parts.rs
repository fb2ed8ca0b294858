//! The parts of a file: those that a commit adds, and those of an earlier revision that it removes.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use arrow_schema::{ArrowError, DataType, Field, Fields, Schema};
use delta_kernel::arrow::array::{AsArray, StringArray};
use delta_kernel::arrow::json::ReaderBuilder;
use delta_kernel::engine::arrow_data::ArrowEngineData;
use delta_kernel::{EngineData, FilteredEngineData, KernelError, SnapshotRef};
use serde::Serialize;
use serde_json::Value;
use shared::job::Part;

use super::{Commit, TableError, TableStore};

/// Whose part a path names: file id and revision, or nothing if it is not a path of ours.
pub(crate) fn owner(path: &str) -> Option<(&str, &str)> {
    let mut segments = path.split('/');
    let owner = (segments.next()? == "data").then_some((segments.next()?, segments.next()?))?;
    let name = segments.next()?;
    let is_plain = |s: &str| {
        !s.is_empty() && s.bytes().all(|b| b.is_ascii_alphanumeric() || b"_-.".contains(&b))
    };
    let is_ours = segments.next().is_none()
        && [owner.0, owner.1, name].into_iter().all(|s| is_plain(s) && s != "." && s != "..");
    is_ours.then_some(owner)
}

/// Refuses parts that are not of the commit's file and revision: paths are all that tells later
/// whose rows a part holds.
pub(super) fn check_paths(commit: &Commit) -> Result<(), TableError> {
    let revision = commit.revision.to_string();
    let mut seen = BTreeSet::new();
    let stray = commit.parts.iter().find(|part| {
        owner(&part.path) != Some((&commit.file_id, &revision)) || !seen.insert(&part.path)
    });
    stray.map_or(Ok(()), |part| Err(TableError::PartPath { path: part.path.clone() }))
}

/// The `add` actions of the commit, as the kernel takes them; nothing if there are no parts.
pub(super) fn adds(commit: &Commit) -> Result<Option<Box<dyn EngineData>>, TableError> {
    if commit.parts.is_empty() {
        return Ok(None);
    }
    let rows: Vec<AddRow<'_>> = commit.parts.iter().map(|part| add_row(commit, part)).collect();
    let batch = ReaderBuilder::new(Arc::new(add_schema(&commit.schema)))
        .with_strict_mode(true)
        .with_batch_size(rows.len())
        .build_decoder()
        .and_then(|mut decoder| decoder.serialize(&rows).and_then(|()| decoder.flush()))
        .map_err(TableError::Stats)?;
    Ok(batch.map(|batch| Box::new(ArrowEngineData::new(batch)) as Box<dyn EngineData>))
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct AddRow<'a> {
    path: &'a str,
    partition_values: BTreeMap<&'a str, &'a str>,
    size: u64,
    modification_time: i64,
    stats: AddStats<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct AddStats<'a> {
    num_records: u64,
    null_count: &'a BTreeMap<String, u64>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    min_values: &'a BTreeMap<String, Value>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    max_values: &'a BTreeMap<String, Value>,
}

fn add_row<'a>(commit: &Commit, part: &'a Part) -> AddRow<'a> {
    AddRow {
        path: &part.path,
        partition_values: BTreeMap::new(),
        size: part.byte_len,
        modification_time: commit.modified_ms,
        stats: AddStats {
            num_records: part.stats.record_count,
            null_count: &part.stats.null_count,
            min_values: &part.stats.min_values,
            max_values: &part.stats.max_values,
        },
    }
}

fn add_schema(columns: &Schema) -> Schema {
    let fields = columns.fields();
    let nulls = fields.iter().map(|f| Field::new(f.name(), DataType::Int64, true)).collect();
    let bounds: Fields = fields
        .iter()
        .filter_map(|f| Some(Field::new(f.name(), bound_type(f.data_type())?, true)))
        .collect();
    let mut stats = vec![
        Field::new("numRecords", DataType::Int64, false),
        Field::new("nullCount", DataType::Struct(nulls), false),
    ];
    if !bounds.is_empty() {
        stats.push(Field::new("minValues", DataType::Struct(bounds.clone()), true));
        stats.push(Field::new("maxValues", DataType::Struct(bounds), true));
    }
    let key = Field::new("key", DataType::Utf8, false);
    let value = Field::new("value", DataType::Utf8, true);
    Schema::new(vec![
        Field::new("path", DataType::Utf8, false),
        Field::new_map("partitionValues", "key_value", key, value, false, false),
        Field::new("size", DataType::Int64, false),
        Field::new("modificationTime", DataType::Int64, false),
        Field::new("stats", DataType::Struct(stats.into()), true),
    ])
}

/// How a bound of a column is told in JSON; nothing for a type that has no bounds.
fn bound_type(data_type: &DataType) -> Option<DataType> {
    if matches!(data_type, DataType::Boolean) {
        return None;
    }
    let is_number = matches!(data_type, DataType::Int64 | DataType::Float64);
    Some(if is_number { data_type.clone() } else { DataType::Utf8 })
}

/// The live parts of the commit's file, which is to say those of its earlier revision.
///
/// Invariant: what is found is all rows of the earlier revision and no other rows. Parts are never
/// rewritten by Sluice; if another engine did, its files have other paths and may hold any row, so
/// then nothing is replaced.
pub(super) fn earlier_parts(
    table: &TableStore,
    snapshot: &SnapshotRef,
    commit: &Commit,
) -> Result<Vec<FilteredEngineData>, TableError> {
    let engine = &*table.engine;
    let scan = SnapshotRef::clone(snapshot).scan_builder().build()?;
    scan.scan_metadata(engine)?.map(|found| parts_of(&commit.file_id, found?.scan_files)).collect()
}

/// Whether the live parts of the commit's file are exactly those of the commit.
pub(super) fn are_live(
    table: &TableStore,
    snapshot: &SnapshotRef,
    commit: &Commit,
) -> Result<bool, TableError> {
    let scan = SnapshotRef::clone(snapshot).scan_builder().build()?;
    let mut live = BTreeSet::new();
    for found in scan.scan_metadata(&*table.engine)? {
        let (data, is_live) = found?.scan_files.into_parts();
        let data = ArrowEngineData::try_from_engine_data(data)?;
        let paths = paths(&data)?.iter().zip(is_live.into_iter().chain(std::iter::repeat(true)));
        let live_paths = paths.filter_map(|(path, is_live)| path.filter(|_| is_live));
        let own = |path: &&str| owner(path).is_some_and(|(id, _)| id == commit.file_id);
        live.extend(live_paths.filter(own).map(str::to_owned));
    }
    Ok(live.len() == commit.parts.len() && commit.parts.iter().all(|p| live.contains(&p.path)))
}

pub(super) fn paths(data: &ArrowEngineData) -> Result<&StringArray, TableError> {
    let column = data.record_batch().column_by_name("path");
    column.and_then(|column| column.as_string_opt::<i32>()).ok_or_else(|| {
        let text = "the kernel's scan has no path column".to_owned();
        KernelError::Arrow(ArrowError::SchemaError(text)).into()
    })
}

/// Narrows live files down to those of one file id.
fn parts_of(file_id: &str, files: FilteredEngineData) -> Result<FilteredEngineData, TableError> {
    let (data, is_live) = files.into_parts();
    let data = ArrowEngineData::try_from_engine_data(data)?;
    // Rows that the selection does not reach are live.
    let is_live = is_live.into_iter().chain(std::iter::repeat(true));
    let is_earlier = paths(&data)?
        .iter()
        .zip(is_live)
        .map(|(path, is_live)| {
            let path = path.unwrap_or_default();
            match owner(path) {
                Some((id, _)) => Ok(is_live && id == file_id),
                None if is_live => Err(TableError::ForeignPart { path: path.to_owned() }),
                None => Ok(false),
            }
        })
        .collect::<Result<Vec<bool>, _>>()?;
    Ok(FilteredEngineData::try_new(data, is_earlier)?)
}

#[cfg(test)]
mod tests {
    use super::owner;

    #[test]
    fn a_path_tells_whose_part_it_is() {
        assert_eq!(owner("data/ab12/7/part-00042.parquet"), Some(("ab12", "7")));
        for path in [
            "part-00000-5f2c.snappy.parquet",
            "data/ab12/7",
            "data/ab12/7/",
            "data/ab12/7/x/part.parquet",
            "data//7/part.parquet",
            "data/../7/part.parquet",
            "/data/ab12/7/part.parquet",
            "data/ab12/7/part 1.parquet",
            "data/ab%31/7/part.parquet",
            "year=2013/ab12/7/part.parquet",
        ] {
            assert_eq!(owner(path), None, "{path}");
        }
    }
}
