//! Reference tables in Parquet files.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::{
    ArrowPrimitiveType, Date32Type, Float64Type, Int64Type, TimestampMicrosecondType,
    TimestampMillisecondType, TimestampNanosecondType, TimestampSecondType,
};
use arrow_array::{Array, ArrayRef, PrimitiveArray, RecordBatch};
use arrow_cast::cast;
use arrow_schema::{ArrowError, DataType, TimeUnit};
use bytes::Bytes;
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder};
use parquet::basic::Compression;
use parquet::errors::ParquetError;
use parquet::file::metadata::{ParquetMetaData, RowGroupMetaData};

use super::ReferenceTable;
use super::error::{BadRow, ReferenceError};
use super::kept::Kept;
use crate::cell::{is_day, is_instant};
use crate::contract::{Field, FieldType, Resource};
use crate::fault::Code;

/// Reads the whole file `bytes`. Of its columns only those of the schema are read.
pub(super) fn read(
    resource: &Resource,
    mut kept: Kept<'_>,
    bytes: Bytes,
) -> Result<ReferenceTable, ReferenceError> {
    let fields = &resource.schema.fields;
    let mut row_number = 1;
    for batch in open(fields, bytes)? {
        let batch = batch?;
        let row_numbers: Vec<u64> = (row_number..).take(batch.num_rows()).collect();
        row_number += batch.num_rows() as u64;
        let columns = fields.iter().map(|field| column(field, &batch, &row_numbers, &mut kept));
        let columns: Vec<ArrayRef> = columns.collect::<Result<_, _>>()?;
        kept.push(&columns, &row_numbers)?;
    }
    kept.finish()
}

/// The rows of the file, without the columns that are in no field.
fn open(fields: &[Field], bytes: Bytes) -> Result<ParquetRecordBatchReader, ReferenceError> {
    let builder = ParquetRecordBatchReaderBuilder::try_new(bytes)?;
    check_chunks(builder.metadata())?;
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

/// Refuses what the reader cannot unpack, and places before the file, at which it would panic.
fn check_chunks(metadata: &ParquetMetaData) -> Result<(), ReferenceError> {
    let groups = metadata.row_groups().iter();
    for chunk in groups.flat_map(RowGroupMetaData::columns) {
        let places = [chunk.data_page_offset(), chunk.compressed_size(), chunk.uncompressed_size()];
        if places.iter().chain(&chunk.dictionary_page_offset()).any(|&place| place < 0) {
            let message = "a column chunk lies before the file".to_owned();
            return Err(ReferenceError::Parquet(ParquetError::General(message)));
        }
        if let codec @ (Compression::LZO | Compression::BROTLI(_)) = chunk.compression() {
            return Err(ReferenceError::Codec(codec.to_string()));
        }
    }
    Ok(())
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
    row_numbers: &[u64],
    kept: &mut Kept<'_>,
) -> Result<ArrayRef, ReferenceError> {
    let found = batch.column_by_name(&field.name);
    let found = found.ok_or_else(|| ReferenceError::NoColumn(field.name.clone()))?;
    let values = typed(found, &field.field_type)?;
    let Some(nulls) = values.logical_nulls() else { return Ok(values) };
    let was_null = found.logical_nulls();
    let is_null = |row: usize| was_null.as_ref().is_some_and(|nulls| nulls.is_null(row));
    for ((at, &row), _) in row_numbers.iter().enumerate().zip(&nulls).filter(|(_, valid)| !valid) {
        let code = match (is_null(at), field.constraints.required) {
            (true, false) => continue,
            (true, true) => Code::ConstraintError,
            (false, _) => Code::TypeError,
        };
        kept.refuse(BadRow { row, column: field.name.clone(), code });
    }
    Ok(values)
}

/// The same values in the type of the field; null for what it does not hold.
fn typed(column: &ArrayRef, field_type: &FieldType) -> Result<ArrayRef, ArrowError> {
    if let DataType::Dictionary(_, values) = column.data_type() {
        return typed(&cast(column, values)?, field_type);
    }
    let data_type = field_type.data_type();
    if let (DataType::Timestamp(..), DataType::Timestamp(unit, _)) =
        (&data_type, column.data_type())
    {
        let instants = instants(column, *unit);
        return Ok(Arc::new(
            instants
                .unary_opt::<_, TimestampMicrosecondType>(|at| is_instant(at).then_some(at))
                .with_data_type(data_type),
        ));
    }
    let values = cast(column, &data_type)?;
    if data_type == DataType::Date32 {
        let days = values.as_primitive::<Date32Type>();
        let kept = days.unary_opt::<_, Date32Type>(|day| is_day(day).then_some(day));
        return Ok(Arc::new(kept));
    }
    if *field_type == FieldType::Year {
        let years = values.as_primitive::<Int64Type>();
        let kept =
            years.unary_opt::<_, Int64Type>(|year| (0..=9999).contains(&year).then_some(year));
        return Ok(Arc::new(kept));
    }
    let Some(numbers) = values.as_primitive_opt::<Float64Type>() else { return Ok(values) };
    // One zero and one NaN, as the readers of texts give them.
    let normal = |number: f64| if number.is_nan() { f64::NAN } else { number + 0.0 };
    Ok(Arc::new(numbers.unary::<_, Float64Type>(normal)))
}

/// Microseconds. Of a column without a zone too these are taken as instants of UTC, as in a text without one.
fn instants(column: &ArrayRef, unit: TimeUnit) -> PrimitiveArray<TimestampMicrosecondType> {
    match unit {
        TimeUnit::Second => micros::<TimestampSecondType>(column, |at| at.checked_mul(1_000_000)),
        TimeUnit::Millisecond => {
            micros::<TimestampMillisecondType>(column, |at| at.checked_mul(1000))
        }
        TimeUnit::Microsecond => micros::<TimestampMicrosecondType>(column, Some),
        TimeUnit::Nanosecond => {
            micros::<TimestampNanosecondType>(column, |at| (at % 1000 == 0).then_some(at / 1000))
        }
    }
}

fn micros<T: ArrowPrimitiveType<Native = i64>>(
    column: &ArrayRef,
    to_micros: impl Fn(i64) -> Option<i64>,
) -> PrimitiveArray<TimestampMicrosecondType> {
    column.as_primitive::<T>().unary_opt(to_micros)
}
