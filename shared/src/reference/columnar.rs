//! Reference tables in Parquet files.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::{
    ArrowPrimitiveType, TimestampMicrosecondType, TimestampMillisecondType,
    TimestampNanosecondType, TimestampSecondType,
};
use arrow_array::{Array, ArrayRef, PrimitiveArray, RecordBatch};
use arrow_cast::cast;
use arrow_schema::{ArrowError, DataType, TimeUnit};
use bytes::Bytes;
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder};

use super::ReferenceTable;
use super::error::{BadRow, Listed, ReferenceError};
use super::kept::Kept;
use crate::contract::{Field, Resource};
use crate::fault::Code;

/// Reads the whole file `bytes`. Of its columns only those of the schema are read.
pub(super) fn read(
    resource: &Resource,
    mut kept: Kept<'_>,
    bytes: Bytes,
) -> Result<ReferenceTable, ReferenceError> {
    let fields = &resource.schema.fields;
    let mut bad = Listed::default();
    let mut row_number = 1;
    for batch in open(fields, bytes)? {
        let batch = batch?;
        let row_numbers = row_number..row_number + batch.num_rows() as u64;
        row_number = row_numbers.end;
        let columns = fields.iter().map(|field| column(field, &batch, row_numbers.start, &mut bad));
        let columns: Vec<ArrayRef> = columns.collect::<Result<_, _>>()?;
        if bad.is_empty() {
            kept.push(&columns, row_numbers)?;
        }
    }
    if bad.is_empty() { kept.finish() } else { Err(ReferenceError::BadRows(bad)) }
}

/// The rows of the file, without the columns that are in no field.
fn open(fields: &[Field], bytes: Bytes) -> Result<ParquetRecordBatchReader, ReferenceError> {
    let builder = ParquetRecordBatchReaderBuilder::try_new(bytes)?;
    let names: Vec<&str> = fields.iter().map(|field| field.name.as_str()).collect();
    for field in fields {
        let found = builder.schema().field_with_name(&field.name);
        let found = found.map_err(|_| ReferenceError::NoColumn(field.name.clone()))?;
        if !is_same(found.data_type(), &field.field_type.data_type()) {
            let found = found.data_type().to_string();
            return Err(ReferenceError::ColumnType { column: field.name.clone(), found });
        }
    }
    let roots = builder.schema().fields().iter().enumerate();
    let wanted = roots.filter(|(_, field)| names.contains(&field.name().as_str()));
    let roots: Vec<usize> = wanted.map(|(at, _)| at).collect();
    let mask = ProjectionMask::roots(builder.parquet_schema(), roots);
    Ok(builder.with_projection(mask).build()?)
}

/// Whether values of the type of a column are values of the type of a field: those of them that are not,
/// for they are too large or too fine, are told row by row.
fn is_same(column: &DataType, field: &DataType) -> bool {
    if let DataType::Dictionary(_, values) = column {
        return is_same(values, field);
    }
    if let DataType::Decimal128(_, scale) = field {
        return column.is_integer() || scale_of(column).is_some_and(|own| own <= *scale);
    }
    if matches!(field, DataType::Timestamp(..)) {
        return matches!(column, DataType::Timestamp(..));
    }
    let kinds = [DataType::is_string, DataType::is_floating, DataType::is_integer];
    column == field || kinds.iter().any(|is_kind| is_kind(column) && is_kind(field))
}

/// Digits behind the point.
fn scale_of(decimal: &DataType) -> Option<i8> {
    if let DataType::Decimal32(_, scale)
    | DataType::Decimal64(_, scale)
    | DataType::Decimal128(_, scale) = decimal
    {
        Some(*scale)
    } else {
        None
    }
}

/// The values of a field. Rows without a value that they should have are told.
fn column(
    field: &Field,
    batch: &RecordBatch,
    first_row: u64,
    bad: &mut Listed<BadRow>,
) -> Result<ArrayRef, ReferenceError> {
    let found = batch.column_by_name(&field.name);
    let found = found.ok_or_else(|| ReferenceError::NoColumn(field.name.clone()))?;
    let values = typed(found, &field.field_type.data_type())?;
    let Some(nulls) = values.logical_nulls() else { return Ok(values) };
    let was_null = found.logical_nulls();
    let is_null = |row: usize| was_null.as_ref().is_some_and(|nulls| nulls.is_null(row));
    for ((row, row_number), _) in (0..).zip(first_row..).zip(&nulls).filter(|(_, valid)| !valid) {
        let code = match (is_null(row), field.constraints.required) {
            (true, false) => continue,
            (true, true) => Code::ConstraintError,
            (false, _) => Code::TypeError,
        };
        bad.push(BadRow { row: row_number, column: field.name.clone(), code });
    }
    Ok(values)
}

/// The same values in that type; null for what it does not hold.
fn typed(column: &ArrayRef, data_type: &DataType) -> Result<ArrayRef, ArrowError> {
    let DataType::Timestamp(_, zone) = data_type else { return cast(column, data_type) };
    let DataType::Timestamp(unit, _) = column.data_type() else { return cast(column, data_type) };
    // Of a column without a zone too these are taken as instants of UTC, as in a text without one.
    let micros = match unit {
        TimeUnit::Second => micros::<TimestampSecondType>(column, |at| at.checked_mul(1_000_000)),
        TimeUnit::Millisecond => {
            micros::<TimestampMillisecondType>(column, |at| at.checked_mul(1000))
        }
        TimeUnit::Microsecond => micros::<TimestampMicrosecondType>(column, Some),
        TimeUnit::Nanosecond => {
            micros::<TimestampNanosecondType>(column, |at| (at % 1000 == 0).then_some(at / 1000))
        }
    };
    Ok(Arc::new(micros.with_timezone_opt(zone.clone())))
}

fn micros<T: ArrowPrimitiveType<Native = i64>>(
    column: &ArrayRef,
    to_micros: impl Fn(i64) -> Option<i64>,
) -> PrimitiveArray<TimestampMicrosecondType> {
    column.as_primitive::<T>().unary_opt(to_micros)
}
