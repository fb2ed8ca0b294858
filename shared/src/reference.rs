//! Reference tables: the rows that foreign keys point to.
//!
//! Invariant: a table is used whole or not at all: each of its rows is of its schema, and where a row is
//! looked up by a key, no two have the same.

mod columnar;
mod declared;
mod delimited;
mod error;
mod index;
mod kept;
mod row_numbers;

use std::collections::BTreeSet;

use arrow_array::ArrayRef;
use bytes::Bytes;
use futures_util::{StreamExt, pin_mut};
use serde::{Deserialize, Serialize};

pub use error::{BadRow, Listed, ReferenceError};
pub use index::KeyIndex;

use crate::contract::{Join, Resource, TableFormat};
use crate::keys::{KeyHasher, KeySet};
use crate::store::{Object, Store, read_whole};
use declared::Declared;
use delimited::Delimited;
use kept::Kept;
use row_numbers::RowNumbers;

/// Bytes of memory for the reference tables of a contract: 640 MiB.
///
/// Counted are the values of the columns that keys and lookups need (16 bytes for a decimal, 8 for another
/// number or an instant, 4 for a date, 4 and those of its text for a string) and 42 bytes for each row and
/// key. A process has two to three times that while it reads them.
pub const REFERENCE_MEMORY: u64 = 640 << 20;

/// Bytes that each row and key takes while its [`KeyIndex`] is made.
const KEY_BYTES: u64 = 42;

/// A reference table as it was when its file was planned.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Pinned {
    /// Its object, with its version where the bucket keeps versions.
    #[serde(flatten)]
    pub object: Object,
    /// Its entity tag: another tag means other bytes.
    pub etag: String,
}

/// What joins need of a reference table.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Wanted {
    /// Positions of the fields whose values are kept (0-based).
    fields: BTreeSet<usize>,
    /// The keys (positions of their fields, 0-based) that rows are found by.
    keys: BTreeSet<Vec<usize>>,
}

impl Wanted {
    /// What those joins need.
    pub fn of<'a>(joins: impl IntoIterator<Item = &'a Join>) -> Self {
        let mut wanted = Wanted::default();
        for join in joins {
            wanted.add_key(&join.reference_fields);
            wanted.fields.extend(join.columns.iter().map(|column| column.field));
        }
        wanted
    }

    /// Wants rows to be found by that key (positions of its fields, 0-based) too.
    pub fn add_key(&mut self, key: &[usize]) {
        self.fields.extend(key);
        self.keys.insert(key.to_vec());
    }
}

/// The rows of a reference table, each of them of its schema.
#[derive(Debug, Clone)]
pub struct ReferenceTable {
    /// One array for each field of the schema; empty where its values were not wanted.
    pub columns: Vec<ArrayRef>,
    /// Bytes of memory, as [`REFERENCE_MEMORY`] counts them.
    pub byte_len: u64,
    row_numbers: RowNumbers,
    /// Of the fields.
    names: Vec<String>,
}

impl ReferenceTable {
    /// Reads the whole file `bytes` of `resource` into `room` bytes of memory.
    ///
    /// # Errors
    /// [`ReferenceError`].
    pub fn read(
        resource: &Resource,
        wanted: &Wanted,
        room: u64,
        bytes: &Bytes,
    ) -> Result<Self, ReferenceError> {
        let kept = Kept::new(resource, wanted, room);
        match resource.format {
            TableFormat::Parquet => columnar::read(resource, kept, bytes.clone()),
            TableFormat::Delimited => {
                let mut reader = Delimited::new(resource, kept);
                reader.push(bytes)?;
                reader.finish()
            }
        }
    }

    /// Reads that version of the file of `resource` as it arrives into `room` bytes of memory.
    ///
    /// # Errors
    /// [`ReferenceError`].
    pub async fn fetch(
        resource: &Resource,
        wanted: &Wanted,
        room: u64,
        pinned: &Pinned,
        store: &impl Store,
    ) -> Result<Self, ReferenceError> {
        let table = Self::fetch_newest(resource, wanted, room, &pinned.object, store).await?;
        // Where the bucket keeps no versions, it may be another file by now.
        let is_same = pinned.object.version.is_some()
            || store.head(&pinned.object).await?.etag == pinned.etag;
        if is_same { Ok(table) } else { Err(ReferenceError::Changed) }
    }

    async fn fetch_newest(
        resource: &Resource,
        wanted: &Wanted,
        room: u64,
        object: &Object,
        store: &impl Store,
    ) -> Result<Self, ReferenceError> {
        let kept = Kept::new(resource, wanted, room);
        let mut declared = Declared::default();
        if resource.format == TableFormat::Parquet {
            // What says where its columns lie stands at its end.
            let bytes = read_whole(store, object, None, room).await?;
            declared.push(&bytes);
            declared.check(resource)?;
            return columnar::read(resource, kept, bytes);
        }
        let mut reader = Delimited::new(resource, kept);
        let pieces = store.read(object, None);
        pin_mut!(pieces);
        while let Some(piece) = pieces.next().await {
            let piece = piece?;
            declared.push(&piece);
            reader.push(&piece)?;
        }
        declared.check(resource)?;
        reader.finish()
    }

    /// The keys of its rows over the fields at those positions (0-based), which were wanted.
    ///
    /// # Errors
    /// [`ReferenceError::Keys`], which none of our types gives reason for.
    pub fn key_set(&self, resource: &Resource, key: &[usize]) -> Result<KeySet, ReferenceError> {
        let hashed = KeyHasher::new(&resource.schema, key)
            .and_then(|hasher| hasher.hashes(&self.columns))
            .map_err(ReferenceError::Keys)?;
        Ok(hashed.into_iter().flatten().collect())
    }

    /// The names of those fields, joined by commas.
    fn names(&self, fields: &[usize]) -> String {
        let names = fields.iter().filter_map(|&at| self.names.get(at)).map(String::as_str);
        names.collect::<Vec<_>>().join(",")
    }
}

#[cfg(test)]
mod tests;
