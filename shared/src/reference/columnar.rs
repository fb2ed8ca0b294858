//! Reference tables in Parquet files.
//!
//! A few bytes of such a file may stand for any number of rows and of long texts: a text that is repeated is
//! stored once. So its columns are read one beside the other, some rows at a time, texts as what points to them,
//! and nothing is copied that was not counted before. Columns that nobody wants and that cannot be wrong are
//! not read at all.

mod column;
mod types;

use bytes::Bytes;
use parquet::errors::ParquetError;

use self::column::Column;
use super::ReferenceTable;
use super::error::ReferenceError;
use super::kept::Kept;
use crate::contract::Resource;

/// Rows of which all columns are read before the next.
const STRIPE_LEN: usize = 16_384;

/// Reads the whole file `bytes`.
pub(super) fn read(
    resource: &Resource,
    mut kept: Kept<'_>,
    bytes: Bytes,
) -> Result<ReferenceTable, ReferenceError> {
    let mut columns = column::open(resource, &kept, bytes)?;
    let mut first_row = 1;
    loop {
        let row_count = read_stripe(&mut columns, first_row, &mut kept)?;
        first_row += row_count as u64;
        if row_count < STRIPE_LEN {
            return kept.finish();
        }
    }
}

/// Reads the rows from that number on, at most [`STRIPE_LEN`], and gives how many there are.
fn read_stripe(
    columns: &mut [Column<'_>],
    first_row: u64,
    kept: &mut Kept<'_>,
) -> Result<usize, ReferenceError> {
    let (mut bad, mut counts) = (Vec::new(), Vec::new());
    for column in columns {
        counts.push(column.read(first_row, kept, &mut bad)?);
    }
    let row_count = counts.first().copied().unwrap_or_default();
    if counts.iter().any(|&count| count != row_count) {
        let message = "its columns are not equally long".to_owned();
        return Err(ReferenceError::Parquet(ParquetError::General(message)));
    }
    // Of a row the first column is told.
    bad.sort_by_key(|row| row.row);
    bad.into_iter().for_each(|row| kept.refuse(row));
    let row_numbers: Vec<u64> = (first_row..).take(row_count).collect();
    kept.push_rows(&row_numbers)?;
    Ok(row_count)
}
