//! A Parquet file as it is read.

use std::sync::Arc;

use arrow_schema::{DataType, Schema};
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
use super::types::{expected, is_always, is_same, plain};
use crate::contract::{Field, Resource};
use crate::reference::error::ReferenceError;

/// Bytes of a column that are unpacked at a time, as far as its texts are equally long: 32 MiB.
const BATCH_BYTES: usize = 32 << 20;

/// A file that has a column for each field of its schema, of the field's type.
pub(super) struct File {
    bytes: Bytes,
    metadata: ArrowReaderMetadata,
}

impl File {
    pub(super) fn open(bytes: Bytes, resource: &Resource) -> Result<Self, ReferenceError> {
        let written = ArrowReaderMetadata::load(&bytes, ArrowReaderOptions::new())?;
        check_chunks(written.metadata())?;
        for field in &resource.schema.fields {
            check_type(field, written.schema())?;
        }
        // The same columns as they are read.
        let fields = written.schema().fields().iter();
        let fields =
            fields.map(|field| field.as_ref().clone().with_data_type(plain(field.data_type())));
        let schema = Schema::new_with_metadata(
            fields.collect::<Vec<_>>(),
            written.schema().metadata().clone(),
        );
        let options = ArrowReaderOptions::new().with_schema(Arc::new(schema));
        let metadata = ArrowReaderMetadata::try_new(Arc::clone(written.metadata()), options)?;
        Ok(File { bytes, metadata })
    }

    /// As many rows as it says that it has.
    pub(super) fn row_count(&self) -> u64 {
        let row_count = self.metadata.metadata().file_metadata().num_rows();
        u64::try_from(row_count).unwrap_or(u64::MAX)
    }

    /// Whether every value of the column of a field, and every null, is one of the field.
    pub(super) fn is_never_wrong(&self, field: &Field) -> bool {
        let found = self.metadata.schema().field_with_name(&field.name);
        let is_always = found.is_ok_and(|found| is_always(found.data_type(), &field.field_type));
        is_always && !field.constraints.required
    }

    /// Bytes of a column, unpacked, where each value that is repeated may be there once.
    pub(super) fn byte_len(&self, name: &str) -> u64 {
        let len = |chunk: &ColumnChunkMetaData| u64::try_from(chunk.uncompressed_size());
        self.chunks(name).map(|chunk| len(chunk).unwrap_or_default()).fold(0, u64::saturating_add)
    }

    /// The values of a column, some rows at a time: a batch ends with every stripe.
    pub(super) fn column(&self, name: &str) -> Result<ParquetRecordBatchReader, ParquetError> {
        let root = self.root(name);
        let is_copied = self.chunks(name).any(|chunk| is_copied(chunk, self.is_text(root)));
        let mask = ProjectionMask::roots(self.metadata.parquet_schema(), [root]);
        let (bytes, metadata) = (self.bytes.clone(), self.metadata.clone());
        ParquetRecordBatchReaderBuilder::new_with_metadata(bytes, metadata)
            .with_projection(mask)
            .with_batch_size(batch_len(self.byte_len(name), is_copied))
            .build()
    }

    fn root(&self, name: &str) -> usize {
        self.metadata.schema().index_of(name).unwrap_or_default()
    }

    fn is_text(&self, root: usize) -> bool {
        let field = self.metadata.schema().fields().get(root);
        field.is_some_and(|field| *field.data_type() == DataType::Utf8View)
    }

    /// The pieces of a column, which is none of columns.
    fn chunks(&self, name: &str) -> impl Iterator<Item = &ColumnChunkMetaData> {
        let (schema, root) = (self.metadata.parquet_schema(), self.root(name));
        let mut leaves = 0..schema.num_columns();
        let leaf = leaves.find(|&leaf| schema.get_column_root_idx(leaf) == root);
        let groups = self.metadata.metadata().row_groups().iter();
        groups.filter_map(move |group| group.columns().get(leaf?))
    }
}

/// The column of a field must be there, and of its type.
fn check_type(field: &Field, schema: &Schema) -> Result<(), ReferenceError> {
    let found = schema.field_with_name(&field.name);
    let found = found.map_err(|_| ReferenceError::NoColumn(field.name.clone()))?;
    let data_type = field.field_type.data_type();
    if is_same(found.data_type(), &data_type) {
        return Ok(());
    }
    Err(ReferenceError::ColumnType {
        column: field.name.clone(),
        found: found.data_type().to_string(),
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
