//! Reference tables in Parquet files.
//!
//! A few bytes of such a file may stand for any number of rows and of long texts: a text that is repeated is
//! stored once. So its columns are read one after the other, some rows at a time, texts as what points to them,
//! and nothing is copied that was not counted before. Columns that nobody wants and that cannot be wrong are
//! not read at all.

mod bad;
mod column;
mod file;
mod types;

use bytes::Bytes;
use parquet::errors::ParquetError;

use self::bad::BadRows;
use self::column::Column;
use self::file::File;
use super::ReferenceTable;
use super::error::ReferenceError;
use super::kept::Kept;
use crate::contract::Resource;

/// Rows of a column whose values are put together: those of a batch may be few.
const STRIPE_LEN: usize = 16_384;

/// Reads the whole file `bytes`.
pub(super) fn read(
    resource: &Resource,
    mut kept: Kept<'_>,
    bytes: Bytes,
) -> Result<ReferenceTable, ReferenceError> {
    let file = File::open(bytes, resource)?;
    kept.check_count(file.row_count())?;
    let (mut bad, mut row_count) = (BadRows::default(), None);
    for (at, field) in resource.schema.fields.iter().enumerate() {
        let is_primary = resource.schema.is_primary(at);
        if !kept.is_wanted(at) && !is_primary && file.is_never_wrong(field) {
            continue;
        }
        if kept.is_wanted(at) {
            kept.check_len(file.byte_len(&field.name))?;
        }
        let column = Column { at, field, is_primary };
        let found = column.read(&file, &mut kept, &mut bad)?;
        if found != *row_count.get_or_insert(found) {
            let message = "its columns are not equally long".to_owned();
            return Err(ReferenceError::Parquet(ParquetError::General(message)));
        }
    }
    bad.check()?;
    kept.push_rows((0..row_count.unwrap_or_default()).map(|at| at as u64 + 1))?;
    kept.finish()
}
