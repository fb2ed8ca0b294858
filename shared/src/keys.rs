//! Keys of rows, compared by their typed values.
//!
//! A key is known by 16 bytes: its values themselves where they fit into 15 bytes, else the first 16
//! bytes of the SHA-256 of its values in arrow's row format. So many keys fit into memory, and nobody
//! can make two of them collide.
//!
//! Invariant: the hash of no short key is that of a long one, and equal hashes of short keys are equal
//! keys.

mod set;
mod token;

use arrow_array::{Array, ArrayRef};
use arrow_row::{RowConverter, SortField};
use arrow_schema::{ArrowError, DataType};
use sha2::{Digest, Sha256};

pub use set::{KEY_SET_LIMIT, KeySet};
pub(crate) use token::{LONG, Token, tokens};

use crate::contract::Schema;

/// Bytes of a [`KeyHash`].
pub const HASH_LEN: usize = 16;

/// What a key is known by: bits that are spread evenly, whatever the keys are.
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
        let converter = row_converter(types.map(|field| field.field_type.data_type()))?;
        Ok(KeyHasher { fields: fields.to_vec(), converter })
    }

    /// The hash of the key of each row of `columns`, one for each field of the schema; none where a
    /// value is null.
    ///
    /// # Errors
    /// Columns of other types than the schema says: a bug.
    pub fn hashes(&self, columns: &[ArrayRef]) -> Result<Vec<Option<KeyHash>>, ArrowError> {
        hashes(&select(columns, &self.fields), &self.converter)
    }
}

/// The hash of the key that each row of `columns` is; none where a value is null.
pub(crate) fn hashes(
    columns: &[ArrayRef],
    converter: &RowConverter,
) -> Result<Vec<Option<KeyHash>>, ArrowError> {
    let tokens = tokens(columns, columns.first().map_or(0, Array::len))?;
    let has_long = tokens.contains(&LONG);
    let rows = has_long.then(|| converter.convert_columns(columns)).transpose()?;
    let has_null = columns.iter().any(|column| column.null_count() > 0);
    let hash = |(row, token): (usize, Token)| {
        if has_null && !is_key(columns, row) {
            return None;
        }
        let long = rows.as_ref().filter(|_| token == LONG);
        Some(mixed(long.map_or(token, |rows| digest(rows.row(row).data()))).to_be_bytes())
    };
    Ok(tokens.into_iter().enumerate().map(hash).collect())
}

/// What stands for a long key: no token, for its highest byte is more than a length.
fn digest(key: &[u8]) -> u128 {
    let digest: [u8; 32] = Sha256::digest(key).into();
    digest.first_chunk().map_or(LONG, |bytes| u128::from_be_bytes(*bytes) | 1 << 127)
}

/// Spreads the values over all bits, each value to one of its own: multiplications by odd numbers and
/// shifted exclusive ors, as the finalizer of `MurmurHash3` has them, at twice its width.
fn mixed(value: u128) -> u128 {
    let value = (value ^ value >> 64).wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835);
    let value = (value ^ value >> 64).wrapping_mul(0xff51_afd7_ed55_8ccd_c4ce_b9fe_1a85_ec53);
    value ^ value >> 64
}

/// A converter of columns of those types.
pub(crate) fn row_converter(
    types: impl Iterator<Item = DataType>,
) -> Result<RowConverter, ArrowError> {
    RowConverter::new(types.map(SortField::new).collect())
}

/// Whether the row has no null in its key.
pub(crate) fn is_key(columns: &[ArrayRef], row: usize) -> bool {
    columns.iter().all(|column| column.is_valid(row))
}

/// The columns at those positions.
pub(crate) fn select(columns: &[ArrayRef], positions: &[usize]) -> Vec<ArrayRef> {
    positions.iter().filter_map(|&at| columns.get(at)).cloned().collect()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow_array::{Int64Array, StringArray};

    use super::*;
    use crate::contract::Contract;

    #[track_caller]
    fn hashes_of(texts: [&str; 4]) -> Vec<Option<KeyHash>> {
        let text = br#"{"resources": [{"name": "r", "path": "r.csv", "schema": {"fields": [
            {"name": "a", "type": "integer"}, {"name": "b"}]}}]}"#;
        let schema = Contract::parse(text, None).unwrap().input.schema;
        let columns: [ArrayRef; 2] = [
            Arc::new(Int64Array::from(vec![Some(1), Some(1), Some(1), None])),
            Arc::new(StringArray::from_iter_values(texts)),
        ];
        KeyHasher::new(&schema, &[1, 0]).unwrap().hashes(&columns).unwrap()
    }

    #[test]
    fn equal_values_have_equal_hashes_and_nulls_none() {
        let long = "a text that is longer than a token";
        for [a, b] in [["x", ""], [long, ""], ["x", long], [long, &long[1..]]] {
            let hashes = hashes_of([a, a, b, a]);
            assert_eq!(hashes[0], hashes[1]);
            assert_ne!(hashes[0], hashes[2]);
            assert_eq!(hashes[3], None);
        }
    }

    #[test]
    fn what_is_mixed_is_told_apart_by_its_leading_bits() {
        let leads = |keys: &mut dyn Iterator<Item = u128>| {
            keys.map(|key| mixed(key) >> 116).collect::<std::collections::BTreeSet<_>>().len()
        };
        // Of 4096 keys thrown into 4096 places, 63% of the places are hit.
        assert!(leads(&mut (0..4096)) > 2500);
        assert!(leads(&mut (0..4096).map(|key| key << 100)) > 2500);
        assert!(leads(&mut (0..4096).map(|key| 3 | key << 8 | 4 << 120)) > 2500);
    }
}
