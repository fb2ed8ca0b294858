//! One column of a Parquet file, some rows at a time.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrayRef};
use arrow_schema::{ArrowError, DataType, Schema};
use arrow_select::concat::concat;
use bytes::Bytes;
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{
    ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReader,
    ParquetRecordBatchReaderBuilder,
};
use parquet::basic::{Compression, Encoding, Type};
use parquet::errors::ParquetError;
use parquet::file::metadata::{ColumnChunkMetaData, ParquetMetaData, RowGroupMetaData};

use super::STRIPE_LEN;
use super::types::{expected, is_always, is_same, plain, typed};
use crate::contract::{Field, Resource};
use crate::fault::Code;
use crate::reference::error::{BadRow, ReferenceError};
use crate::reference::kept::Kept;

/// Bytes of a column that are unpacked at a time, as far as its texts are equally long: 32 MiB.
const BATCH_BYTES: usize = 32 << 20;

/// The values of a field.
pub(super) struct Column<'r> {
    /// Position of the field in the schema.
    at: usize,
    field: &'r Field,
    is_primary: bool,
    /// Of this column alone. The batches of a stripe end with it.
    batches: ParquetRecordBatchReader,
}

/// The columns of the file that are read: those that are wanted, and those that may be wrong.
pub(super) fn open<'r>(
    resource: &'r Resource,
    kept: &Kept<'_>,
    bytes: Bytes,
) -> Result<Vec<Column<'r>>, ReferenceError> {
    let file = ArrowReaderMetadata::load(&bytes, ArrowReaderOptions::new())?;
    check_chunks(file.metadata())?;
    let row_count = file.metadata().file_metadata().num_rows();
    kept.check_count(u64::try_from(row_count).unwrap_or(u64::MAX))?;
    // The same file as it is read.
    let fields = file.schema().fields().iter();
    let fields =
        fields.map(|field| field.as_ref().clone().with_data_type(plain(field.data_type())));
    let schema =
        Schema::new_with_metadata(fields.collect::<Vec<_>>(), file.schema().metadata().clone());
    let options = ArrowReaderOptions::new().with_schema(Arc::new(schema));
    let read = ArrowReaderMetadata::try_new(Arc::clone(file.metadata()), options)?;
    let mut columns = Vec::new();
    for (at, field) in resource.schema.fields.iter().enumerate() {
        let Some((root, found)) = file.schema().column_with_name(&field.name) else {
            return Err(ReferenceError::NoColumn(field.name.clone()));
        };
        check_type(field, found.data_type())?;
        let is_primary = resource.schema.is_primary(at);
        let has_rules = is_primary || field.constraints.required;
        if kept.is_wanted(at) || has_rules || !is_always(found.data_type(), &field.field_type) {
            let batches = batches(&read, root, kept.is_wanted(at).then_some(kept), &bytes)?;
            columns.push(Column { at, field, is_primary, batches });
        }
    }
    Ok(columns)
}

/// The values of a column of a type that is not the field's are none of its values.
fn check_type(field: &Field, found: &DataType) -> Result<(), ReferenceError> {
    let data_type = field.field_type.data_type();
    if is_same(found, &data_type) {
        return Ok(());
    }
    Err(ReferenceError::ColumnType {
        column: field.name.clone(),
        found: found.to_string(),
        field_type: field.field_type.as_str(),
        expected: expected(&data_type),
    })
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

/// Reads a column, by its position; what is to be kept of it must have room.
fn batches(
    file: &ArrowReaderMetadata,
    root: usize,
    kept: Option<&Kept<'_>>,
    bytes: &Bytes,
) -> Result<ParquetRecordBatchReader, ReferenceError> {
    let is_text = file.schema().fields().get(root).is_some_and(|field| is_view(field.data_type()));
    let groups = file.metadata().row_groups().iter();
    let leaf = |leaf: &usize| file.parquet_schema().get_column_root_idx(*leaf) == root;
    let leaf = (0..file.parquet_schema().num_columns()).find(leaf).unwrap_or_default();
    let chunks: Vec<&ColumnChunkMetaData> =
        groups.filter_map(|group| group.columns().get(leaf)).collect();
    let sizes =
        chunks.iter().map(|chunk| u64::try_from(chunk.uncompressed_size()).unwrap_or_default());
    let byte_len = sizes.fold(0, u64::saturating_add);
    kept.map_or(Ok(()), |kept| kept.check_len(byte_len))?;
    let copies = chunks.iter().any(|chunk| is_copied(chunk, is_text));
    let mask = ProjectionMask::roots(file.parquet_schema(), [root]);
    let builder = ParquetRecordBatchReaderBuilder::new_with_metadata(bytes.clone(), file.clone());
    let builder = builder.with_projection(mask).with_batch_size(batch_len(byte_len, copies));
    Ok(builder.build()?)
}

fn is_view(data_type: &DataType) -> bool {
    *data_type == DataType::Utf8View
}

/// Whether values of any length are copied where they are unpacked.
fn is_copied(chunk: &ColumnChunkMetaData, is_text: bool) -> bool {
    let is_delta = chunk.encodings().any(|encoding| encoding == Encoding::DELTA_BYTE_ARRAY);
    chunk.column_type() == Type::BYTE_ARRAY && (is_delta || !is_text)
}

/// Rows of a column of that size that are read at a time, a power of two: where each value is copied, any of
/// them may be as long as the column.
fn batch_len(byte_len: u64, is_copied: bool) -> usize {
    let byte_len = usize::try_from(byte_len).unwrap_or(usize::MAX).max(1);
    let rows = if is_copied { 1 } else { STRIPE_LEN };
    1 << (rows * BATCH_BYTES / byte_len).clamp(1, STRIPE_LEN).ilog2()
}

impl Column<'_> {
    /// Reads the values of the stripe whose first row has that number, and gives how many there are. Rows without
    /// a value that they should have go to `bad`.
    pub(super) fn read(
        &mut self,
        first_row: u64,
        kept: &mut Kept<'_>,
        bad: &mut Vec<BadRow>,
    ) -> Result<usize, ReferenceError> {
        let (mut row_count, mut values) = (0, Vec::new());
        while row_count < STRIPE_LEN {
            let Some(batch) = self.batches.next() else { break };
            let batch = batch.map_err(|error| self.unreadable(error))?;
            let Some(found) = batch.columns().first() else { break };
            values.extend(self.checked(found, first_row + row_count as u64, kept, bad)?);
            row_count += found.len();
        }
        let values: Vec<&dyn Array> = values.iter().map(AsRef::as_ref).collect();
        if !values.is_empty() {
            kept.push_column(self.at, concat(&values)?);
        }
        Ok(row_count)
    }

    /// The values to be kept, which are counted first; the first of them stands in that row.
    fn checked(
        &self,
        found: &ArrayRef,
        first_row: u64,
        kept: &mut Kept<'_>,
        bad: &mut Vec<BadRow>,
    ) -> Result<Option<ArrayRef>, ReferenceError> {
        let is_kept = kept.is_wanted(self.at) && !kept.is_refused();
        if is_view(found.data_type()) && !is_kept {
            self.check_nulls(found, found, first_row, bad);
            return Ok(None);
        }
        if is_kept {
            kept.take(byte_len(found, &self.field.field_type.data_type()))?;
        }
        let values =
            typed(found, &self.field.field_type).map_err(|error| self.unreadable(error))?;
        self.check_nulls(found, &values, first_row, bad);
        Ok(is_kept.then_some(values))
    }

    /// Tells the rows that should have a value: all of them, or those whose value is none of the field's.
    fn check_nulls(
        &self,
        found: &ArrayRef,
        values: &ArrayRef,
        first_row: u64,
        bad: &mut Vec<BadRow>,
    ) {
        let Some(nulls) = values.logical_nulls() else { return };
        let was_null = found.logical_nulls();
        let was_null = |at: usize| was_null.as_ref().is_some_and(|nulls| nulls.is_null(at));
        for (at, row) in (first_row..).take(nulls.len()).enumerate() {
            let code = match (nulls.is_null(at), was_null(at)) {
                (false, _) => continue,
                (true, false) => Code::TypeError,
                (true, true) if self.field.constraints.required => Code::ConstraintError,
                (true, true) if self.is_primary => Code::PrimaryKey,
                (true, true) => continue,
            };
            bad.push(BadRow { row, column: self.field.name.clone(), code });
        }
    }

    fn unreadable(&self, source: ArrowError) -> ReferenceError {
        ReferenceError::Column { column: self.field.name.clone(), source }
    }
}

/// Bytes of memory that values take in the type of their field.
fn byte_len(found: &ArrayRef, data_type: &DataType) -> u64 {
    let texts = found.as_string_view_opt();
    let texts = texts.map_or(0, |texts| {
        // Where there is no value, anything may be left.
        texts.iter().flatten().map(|text| text.len() as u64).sum()
    });
    let width = data_type.primitive_width().unwrap_or(4);
    (found.len() * width) as u64 + texts
}
