//! The columns of a table, and version 0 that declares them.

use std::collections::BTreeSet;
use std::time::{SystemTime, UNIX_EPOCH};

use arrow_schema::{DataType as ArrowType, Field, TimeUnit};
use bytes::Bytes;
use delta_kernel::schema::{DataType, StructField, StructType};
use delta_kernel::{KernelError, KernelResult};
use serde_json::json;
use uuid::Uuid;

use super::{Commit, ENGINE_INFO, TableError, TableStore};

/// Metadata key of an Arrow field, and of a Delta field, that holds the column's description.
const COMMENT: &str = "comment";

const VERSION_0: &str = "_delta_log/00000000000000000000.json";

/// The Delta columns for Arrow columns.
pub(super) fn columns(schema: &arrow_schema::Schema) -> Result<StructType, TableError> {
    let mut names = BTreeSet::new();
    let fields: Vec<StructField> =
        schema.fields().iter().map(|field| column(field)).collect::<Result<_, _>>()?;
    for field in &fields {
        if !names.insert(field.name().to_lowercase()) {
            return Err(TableError::RepeatedColumn { column: field.name().clone() });
        }
    }
    Ok(StructType::try_new(fields)?)
}

fn column(field: &Field) -> Result<StructField, TableError> {
    let data_type = delta_type(field.data_type()).ok_or_else(|| TableError::UnsupportedType {
        column: field.name().clone(),
        data_type: field.data_type().to_string(),
    })?;
    let comment = field.metadata().get(COMMENT).map(|text| (COMMENT, text.as_str()));
    Ok(StructField::new(field.name(), data_type, field.is_nullable()).with_metadata(comment))
}

/// Only what every reader takes under the oldest protocol: a timestamp without a zone, say, would
/// lock readers of that protocol out.
fn delta_type(data_type: &ArrowType) -> Option<DataType> {
    if let ArrowType::Timestamp(TimeUnit::Microsecond, Some(zone)) = data_type {
        return (&**zone == "UTC").then_some(DataType::TIMESTAMP);
    }
    if let ArrowType::Decimal128(precision, scale) = data_type {
        return DataType::decimal(*precision, u8::try_from(*scale).ok()?).ok();
    }
    [
        (ArrowType::Utf8, DataType::STRING),
        (ArrowType::Int64, DataType::LONG),
        (ArrowType::Float64, DataType::DOUBLE),
        (ArrowType::Boolean, DataType::BOOLEAN),
        (ArrowType::Date32, DataType::DATE),
    ]
    .into_iter()
    .find_map(|(arrow, delta)| (arrow == *data_type).then_some(delta))
}

/// The columns that the table lacks, to be added as nullable ones, since the rows that are there have
/// no values of them. Columns are matched by name. A required column of the file may go to a nullable
/// one of the table, and a nullable one of the table may be missing from the file, whose rows are null
/// there; descriptions may differ.
pub(super) fn added(table: &StructType, file: &StructType) -> Result<Vec<StructField>, TableError> {
    for old in table.fields() {
        if !old.is_nullable() && file.field(old.name()).is_none() {
            return Err(changed(old.name(), &describe(old), "absent"));
        }
    }
    let mut added = Vec::new();
    for new in file.fields() {
        match table.field(new.name()) {
            Some(old) => check_column(old, new)?,
            None => added.push(addition(table, new)?),
        }
    }
    Ok(added)
}

fn addition(table: &StructType, new: &StructField) -> Result<StructField, TableError> {
    let name = new.name().to_lowercase();
    if let Some(old) = table.fields().find(|old| old.name().to_lowercase() == name) {
        let spelled = format!("spelled {:?}", old.name());
        return Err(changed(new.name(), &spelled, &describe(new)));
    }
    Ok(StructField { nullable: true, ..new.clone() })
}

fn check_column(old: &StructField, new: &StructField) -> Result<(), TableError> {
    let fits = old.data_type() == new.data_type() && (old.is_nullable() || !new.is_nullable());
    if fits { Ok(()) } else { Err(changed(new.name(), &describe(old), &describe(new))) }
}

fn changed(column: &str, table: &str, file: &str) -> TableError {
    TableError::SchemaChanged { column: column.into(), table: table.into(), file: file.into() }
}

fn describe(field: &StructField) -> String {
    let nullability = if field.is_nullable() { "nullable" } else { "required" };
    format!("{} ({nullability})", field.data_type())
}

/// Writes version 0, unless another writer is faster: then that one is the table's.
///
/// The kernel's own way of creating a table always asks readers for protocol (3,7). Version 0 is
/// so simple that it is written here instead, asking for the oldest protocol there is.
pub(super) fn create(
    table: &TableStore,
    columns: &StructType,
    commit: &Commit,
) -> Result<(), TableError> {
    let url = table.root.join(VERSION_0).map_err(KernelError::from)?;
    let version_0 = version_0(columns, commit).map_err(KernelError::from)?;
    let put: KernelResult<()> = table.engine.storage_handler().put(&url, version_0, false);
    if let Err(KernelError::FileAlreadyExists(_)) = put {
        return Ok(());
    }
    Ok(put?)
}

fn version_0(columns: &StructType, commit: &Commit) -> serde_json::Result<Bytes> {
    let now_ms = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_millis();
    let now_ms = u64::try_from(now_ms).unwrap_or(u64::MAX);
    let commit_info = json!({ "commitInfo": {
        "timestamp": now_ms,
        "operation": "CREATE TABLE",
        "operationParameters": {},
        "engineInfo": ENGINE_INFO,
        "userMetadata": commit.execution,
    }});
    let protocol = json!({ "protocol": { "minReaderVersion": 1, "minWriterVersion": 2 } });
    let metadata = json!({ "metaData": {
        "id": Uuid::new_v4().to_string(),
        "format": { "provider": "parquet", "options": {} },
        "schemaString": serde_json::to_string(columns)?,
        "partitionColumns": [],
        "configuration": {},
        "createdTime": now_ms,
    }});
    Ok(format!("{commit_info}\n{protocol}\n{metadata}\n").into())
}

#[cfg(test)]
mod tests {
    use arrow_schema::Schema;
    use shared::contract::{Duplicates, Revisions};
    use shared::job::Digest;

    use super::*;

    #[test]
    fn a_version_0_that_is_there_stays() {
        let folder = tempfile::tempdir().unwrap();
        let table = TableStore::folder(folder.path()).unwrap();
        let schema = Schema::new(vec![Field::new("id", ArrowType::Int64, false)]);
        let columns = columns(&schema).unwrap();
        let commit = Commit {
            schema: schema.into(),
            file_id: "f1".into(),
            revision: 0,
            attempt: 0,
            digest: Digest::Sha256("00".to_owned()),
            parts: vec![],
            modified_ms: 0,
            execution: "e1".into(),
            revisions: Revisions::Replace,
            duplicates: Duplicates::Skip,
        };
        create(&table, &columns, &commit).unwrap();
        let first = std::fs::read(folder.path().join(VERSION_0)).unwrap();
        create(&table, &columns, &commit).unwrap();
        assert_eq!(std::fs::read(folder.path().join(VERSION_0)).unwrap(), first);
    }
}
