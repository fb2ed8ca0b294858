//! Keys of rows, compared by their typed values.
//!
//! A key is known by the first 16 bytes of the SHA-256 of its values in arrow's row format: so many
//! keys fit into memory, and nobody can make two of them collide.

use std::collections::BTreeSet;

use arrow_array::{Array, ArrayRef};
use arrow_row::{RowConverter, SortField};
use arrow_schema::ArrowError;
use bytes::Bytes;
use sha2::{Digest, Sha256};

use crate::contract::Schema;

/// Bytes of a [`KeyHash`].
const HASH_LEN: usize = 16;

/// What a key is known by.
pub type KeyHash = [u8; HASH_LEN];

/// Hashes the keys of rows.
#[derive(Debug)]
pub struct KeyHasher {
    fields: Vec<usize>,
    converter: RowConverter,
}

impl KeyHasher {
    /// A hasher of the keys over the fields of `schema` at those positions (0-based).
    ///
    /// # Errors
    /// A field of a type without an order; none of ours.
    pub fn new(schema: &Schema, fields: &[usize]) -> Result<Self, ArrowError> {
        let types = fields.iter().filter_map(|&at| schema.fields.get(at));
        let types = types.map(|field| SortField::new(field.field_type.data_type()));
        Ok(KeyHasher { fields: fields.to_vec(), converter: RowConverter::new(types.collect())? })
    }

    /// The hash of the key of each row of `columns`, one for each field of the schema; none where a
    /// value is null.
    ///
    /// # Errors
    /// Columns of other types than the schema says: a bug.
    pub fn hashes(&self, columns: &[ArrayRef]) -> Result<Vec<Option<KeyHash>>, ArrowError> {
        let columns: Vec<ArrayRef> =
            self.fields.iter().filter_map(|&at| columns.get(at)).cloned().collect();
        let rows = self.converter.convert_columns(&columns)?;
        let is_key = |row: usize| columns.iter().all(|column| column.is_valid(row));
        Ok((0..rows.num_rows()).map(|at| is_key(at).then(|| hash(rows.row(at).data()))).collect())
    }
}

fn hash(key: &[u8]) -> KeyHash {
    let digest = Sha256::digest(key);
    let mut hash = [0; HASH_LEN];
    for (to, from) in hash.iter_mut().zip(digest) {
        *to = from;
    }
    hash
}

/// A set of keys, as bytes that are searched where they lie.
///
/// ```
/// use shared::keys::KeySet;
/// let set = KeySet::new([[1; 16], [7; 16], [1; 16]].into_iter().collect());
/// assert!(set.contains(&[7; 16]) && !set.contains(&[2; 16]));
/// assert!(KeySet::from_bytes(set.into_bytes()).contains(&[1; 16]));
/// ```
#[derive(Debug, Clone)]
pub struct KeySet {
    /// The hashes in order, end to end.
    bytes: Bytes,
}

impl KeySet {
    /// The set of those keys.
    pub fn new(keys: BTreeSet<KeyHash>) -> Self {
        KeySet { bytes: keys.into_iter().flatten().collect::<Vec<u8>>().into() }
    }

    /// The set that [`into_bytes`](Self::into_bytes) gave.
    pub fn from_bytes(bytes: Bytes) -> Self {
        KeySet { bytes }
    }

    /// The set as bytes.
    pub fn into_bytes(self) -> Bytes {
        self.bytes
    }

    /// Whether the key is one of them.
    pub fn contains(&self, key: &KeyHash) -> bool {
        let (keys, _) = self.bytes.as_chunks::<HASH_LEN>();
        keys.binary_search(key).is_ok()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow_array::{Int64Array, StringArray};

    use super::*;
    use crate::contract::Contract;

    #[test]
    fn equal_values_have_equal_hashes_and_nulls_none() {
        let text = br#"{"resources": [{"name": "r", "path": "r.csv", "schema": {"fields": [
            {"name": "a", "type": "integer"}, {"name": "b"}]}}]}"#;
        let schema = Contract::parse(text, None).unwrap().input.schema;
        let columns: [ArrayRef; 2] = [
            Arc::new(Int64Array::from(vec![Some(1), Some(1), Some(1), None])),
            Arc::new(StringArray::from(vec![Some("x"), Some("x"), Some(""), Some("x")])),
        ];
        let hashes = KeyHasher::new(&schema, &[1, 0]).unwrap().hashes(&columns).unwrap();
        assert_eq!(hashes[0], hashes[1]);
        assert_ne!(hashes[0], hashes[2]);
        assert_eq!(hashes[3], None);
    }
}
