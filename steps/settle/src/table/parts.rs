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
use shared::job::{Digest, Part};

use super::{Commit, TableError, TableStore};

/// Whose rows a part holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Owner {
    /// Identity of the file.
    pub file_id: String,
    /// Which of its revisions.
    pub revision: i64,
    /// What identifies the bytes of that revision: [`Digest::segment`].
    pub digest: String,
    /// Name of the execution that made the part, as far as it is legal in a path.
    pub execution: String,
}

impl Owner {
    /// Whether those are the bytes.
    pub(super) fn has(&self, digest: &Digest) -> bool {
        self.digest == digest.segment()
    }
}

/// Whose part a path names; nothing if it is not a path of ours.
pub(crate) fn owner(path: &str) -> Option<Owner> {
    let is_plain = |s: &&str| {
        let is_legal = |b: u8| b.is_ascii_alphanumeric() || b"_-.".contains(&b);
        !s.is_empty() && s.bytes().all(is_legal) && *s != "." && *s != ".."
    };
    let mut segments = path.split('/');
    let mut next = || segments.next().filter(is_plain);
    if next()? != "data" {
        return None;
    }
    let (file_id, revision, digest, name) = (next()?, next()?, next()?, next()?);
    let execution = name.splitn(3, '-').nth(2).and_then(|rest| rest.strip_suffix(".parquet"));
    let owner = Owner {
        file_id: file_id.to_owned(),
        revision: revision.parse().ok()?,
        digest: digest.to_owned(),
        execution: execution.unwrap_or_default().to_owned(),
    };
    segments.next().is_none().then_some(owner)
}

/// Refuses parts that are not of the commit's file, revision and bytes: paths are all that tells later
/// whose rows a part holds.
pub(super) fn check_paths(commit: &Commit) -> Result<(), TableError> {
    let is_own = |owner: Owner| {
        let (file_id, revision) = (&commit.file_id, commit.revision);
        owner.file_id == *file_id && owner.revision == revision && owner.has(&commit.digest)
    };
    let mut seen = BTreeSet::new();
    let is_stray =
        |part: &&Part| !owner(&part.path).is_some_and(is_own) || !seen.insert(part.path.clone());
    let stray = commit.parts.iter().find(is_stray);
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
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
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
    let bounds: Fields =
        fields.iter().map(|f| Field::new(f.name(), bound_type(f.data_type()), true)).collect();
    let stats = vec![
        Field::new("numRecords", DataType::Int64, false),
        Field::new("nullCount", DataType::Struct(nulls), true),
        Field::new("minValues", DataType::Struct(bounds.clone()), true),
        Field::new("maxValues", DataType::Struct(bounds), true),
    ];
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

/// How a bound of a column is told in JSON: as a text, but for numbers and truth values.
fn bound_type(data_type: &DataType) -> DataType {
    let is_text = matches!(data_type, DataType::Utf8 | DataType::Date32 | DataType::Timestamp(..));
    if is_text { DataType::Utf8 } else { data_type.clone() }
}

/// The live parts whose owner is asked for.
///
/// Invariant: what is found is all rows of those owners and no other rows. Parts are never rewritten by
/// Sluice; if another engine did, its files have other paths and may hold any row, so then nothing is found
/// at all.
pub(super) fn live(
    table: &TableStore,
    snapshot: &SnapshotRef,
    is_asked: impl Fn(&Owner) -> bool,
) -> Result<Vec<FilteredEngineData>, TableError> {
    let mut found = Vec::new();
    scan(table, snapshot, |data, is_live| {
        let is_asked = |path: &str| owner_of(path).map(|owner| is_asked(&owner));
        let selected = paths(&data)?
            .iter()
            .zip(is_live)
            .map(|(path, is_live)| Ok(is_live && is_asked(path.unwrap_or_default())?))
            .collect::<Result<Vec<bool>, TableError>>()?;
        if selected.contains(&true) {
            found.push(FilteredEngineData::try_new(data, selected)?);
        }
        Ok(())
    })?;
    Ok(found)
}

/// The owners of live parts who are asked for, each once.
pub(super) fn owners(
    table: &TableStore,
    snapshot: &SnapshotRef,
    is_asked: impl Fn(&Owner) -> bool,
) -> Result<Vec<Owner>, TableError> {
    let mut found: Vec<Owner> = Vec::new();
    scan(table, snapshot, |data, is_live| {
        for (path, is_live) in paths(&data)?.iter().zip(is_live) {
            let owner = if is_live { Some(owner_of(path.unwrap_or_default())?) } else { None };
            // The parts of a file stand together.
            let is_new = |owner: &Owner| found.last() != Some(owner) && !found.contains(owner);
            found.extend(owner.filter(|owner| is_asked(owner)).filter(is_new));
        }
        Ok(())
    })?;
    Ok(found)
}

/// Goes through the parts of the log, those that are not live any more among them.
pub(super) fn scan(
    table: &TableStore,
    snapshot: &SnapshotRef,
    mut see: impl FnMut(Box<ArrowEngineData>, &mut dyn Iterator<Item = bool>) -> Result<(), TableError>,
) -> Result<(), TableError> {
    let scan = SnapshotRef::clone(snapshot).scan_builder().build()?;
    for found in scan.scan_metadata(&*table.engine)? {
        let (data, is_live) = found?.scan_files.into_parts();
        // Rows that the selection does not reach are live.
        let mut is_live = is_live.into_iter().chain(std::iter::repeat(true));
        see(ArrowEngineData::try_from_engine_data(data)?, &mut is_live)?;
    }
    Ok(())
}

fn owner_of(path: &str) -> Result<Owner, TableError> {
    owner(path).ok_or_else(|| TableError::ForeignPart { path: path.to_owned() })
}

pub(super) fn paths(data: &ArrowEngineData) -> Result<&StringArray, TableError> {
    let column = data.record_batch().column_by_name("path");
    column.and_then(|column| column.as_string_opt::<i32>()).ok_or_else(|| {
        let text = "the kernel's scan has no path column".to_owned();
        KernelError::Arrow(ArrowError::SchemaError(text)).into()
    })
}

#[cfg(test)]
mod tests {
    use super::{Owner, owner};

    #[test]
    fn a_path_tells_whose_part_it_is() {
        let (file_id, digest) = ("ab12".to_owned(), "0f".to_owned());
        let execution = "orders-1_csv-0a".to_owned();
        let expected = Owner { file_id, revision: 7, digest, execution };
        let path = "data/ab12/7/0f/part-00042-orders-1_csv-0a.parquet";
        assert_eq!(owner(path), Some(expected.clone()));
        let nameless = Owner { execution: String::new(), ..expected };
        assert_eq!(owner("data/ab12/7/0f/part-00042.parquet"), Some(nameless));
        for path in [
            "part-00000-5f2c.snappy.parquet",
            "data/ab12/7/0f",
            "data/ab12/7/0f/",
            "data/ab12/7/0f/x/part.parquet",
            "data//7/0f/part.parquet",
            "data/../7/0f/part.parquet",
            "data/ab12/x/0f/part.parquet",
            "/data/ab12/7/0f/part.parquet",
            "data/ab12/7/0f/part 1.parquet",
            "data/ab%31/7/0f/part.parquet",
            "year=2013/ab12/7/0f/part.parquet",
        ] {
            assert_eq!(owner(path), None, "{path}");
        }
    }
}
