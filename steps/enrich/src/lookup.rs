//! Left joins: the row of a reference table that a foreign key names.
//!
//! Rows whose key must name one and does not are rejected before, with all else that is wrong with
//! them, unless the key is computed.
//!
//! Invariant: of a reference table only the columns are kept that joins add, and its index.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrayRef, UInt32Array, new_null_array};
use arrow_schema::ArrowError;
use arrow_select::interleave::interleave;
use arrow_select::take::take;
use shared::contract::{Computed, Join};
use shared::reference::{KeyIndex, ReferenceError, ReferenceTable};

use crate::compute::{BATCH_TEXT, too_much_text};

/// A join and what it needs of its table.
#[derive(Debug, Clone)]
pub struct Lookup {
    join: Join,
    columns: Vec<Added>,
    index: Arc<KeyIndex>,
    /// What stands for a key that names no row, where that is told from a key with a null.
    missing: Option<u32>,
}

/// Whether the join itself rejects rows whose key names no row.
fn rejects(join: &Join) -> bool {
    join.must_exist && !join.is_checked()
}

/// What a join makes of the rows of a batch.
#[derive(Debug)]
pub(crate) struct Joined {
    /// The columns that it adds.
    pub(crate) columns: Vec<ArrayRef>,
    /// The rows (0-based) whose key must name a row and names none, as only the join can tell.
    pub(crate) missing: Vec<usize>,
}

/// A column of the table.
#[derive(Debug, Clone)]
struct Added {
    values: ArrayRef,
    /// Bytes of its longest text, the default among them; 0 of a column of another type.
    longest: u64,
    /// Bytes of the default's text.
    default_len: u64,
}

impl Lookup {
    /// Those joins of one table; joins by the same fields of it share an index.
    ///
    /// # Errors
    /// [`ReferenceError`], where the keys of the table are not unique.
    pub fn all<'a>(
        joins: impl IntoIterator<Item = &'a Join>,
        table: &ReferenceTable,
    ) -> Result<Vec<Self>, ReferenceError> {
        let mut lookups: Vec<Lookup> = Vec::new();
        for join in joins {
            let same = |other: &&Lookup| other.join.reference_fields == join.reference_fields;
            let index = match lookups.iter().find(same) {
                Some(other) => Arc::clone(&other.index),
                None => Arc::new(KeyIndex::new(table, &join.reference_fields)?),
            };
            let columns = join.columns.iter();
            let columns = columns.filter_map(|lookup| {
                Some(Added::new(table.columns.get(lookup.field)?, &lookup.default))
            });
            let has_defaults = join.columns.iter().any(|lookup| lookup.default.null_count() == 0);
            let is_told = has_defaults || rejects(join);
            lookups.push(Lookup {
                join: join.clone(),
                columns: columns.collect(),
                index,
                missing: is_told.then_some(u32::MAX),
            });
        }
        Ok(lookups)
    }

    /// What the join makes of rows whose columns of the key are those of `key`.
    ///
    /// # Errors
    /// [`ArrowError::MemoryError`] for more text than a batch may have; for any other a bug.
    pub(crate) fn join(&self, key: &[ArrayRef]) -> Result<Joined, ArrowError> {
        let found = self.index.find(key, self.missing)?;
        let columns = self.columns.iter().zip(&self.join.columns);
        let added = columns.map(|(column, lookup)| {
            column.check_text_len(&found)?;
            if self.missing.is_none() {
                return take(&column.values, &found, None);
            }
            with_default(&column.values, &lookup.default, &found)
        });
        let is_missing = |row: Option<u32>| row.is_some() && row == self.missing;
        let missing = found.iter().enumerate().filter(|(_, row)| is_missing(*row));
        let missing = missing.map(|(at, _)| at).filter(|_| rejects(&self.join)).collect();
        Ok(Joined { columns: added.collect::<Result<_, _>>()?, missing })
    }

    /// What is computed for its key; nothing if it is the fields.
    pub(crate) fn key(&self) -> &[Computed] {
        &self.join.key
    }

    /// The columns of the fields of its key.
    pub(crate) fn fields(&self, columns: &[ArrayRef]) -> Vec<ArrayRef> {
        let fields = self.join.fields.iter();
        fields.filter_map(|&at| columns.get(at)).cloned().collect()
    }

    /// Its place among the foreign keys of the contract (0-based).
    pub(crate) fn position(&self) -> usize {
        self.join.position
    }
}

/// The values of `column` in the rows `found`, and `default` where that is no row.
fn with_default(
    column: &ArrayRef,
    default: &ArrayRef,
    found: &UInt32Array,
) -> Result<ArrayRef, ArrowError> {
    let none = new_null_array(column.data_type(), 1);
    let place = |row: Option<u32>| match row {
        None => (2, 0),
        Some(row) if (row as usize) < column.len() => (0, row as usize),
        Some(_) => (1, 0),
    };
    let places: Vec<(usize, usize)> = found.iter().map(place).collect();
    interleave(&[column, default, &none], &places)
}

/// Where the texts of a column lie, if it has any.
fn text_offsets(column: &ArrayRef) -> &[i32] {
    column.as_string_opt::<i32>().map_or(&[], |texts| texts.value_offsets())
}

fn len([start, end]: [i32; 2]) -> u64 {
    u64::from((end - start).unsigned_abs())
}

impl Added {
    fn new(values: &ArrayRef, default: &ArrayRef) -> Self {
        let longest =
            |texts| text_offsets(texts).array_windows().copied().map(len).max().unwrap_or(0);
        let default_len = longest(default);
        let longest = longest(values).max(default_len);
        Added { values: Arc::clone(values), longest, default_len }
    }

    /// A table has each of its texts once, a batch as often as it is found. One row is never too much: what
    /// it finds was in memory before.
    fn check_text_len(&self, found: &UInt32Array) -> Result<(), ArrowError> {
        if found.len() <= 1 || self.longest.saturating_mul(found.len() as u64) <= BATCH_TEXT {
            return Ok(());
        }
        let offsets = text_offsets(&self.values);
        let known = |row: u32| offsets.get(row as usize..)?.first_chunk().copied().map(len);
        let len: u64 =
            found.iter().flatten().map(|row| known(row).unwrap_or(self.default_len)).sum();
        if len <= BATCH_TEXT { Ok(()) } else { Err(too_much_text()) }
    }
}
