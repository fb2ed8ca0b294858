//! Rows of a reference table by their keys.

use arrow_array::{ArrayRef, UInt32Array};
use arrow_row::RowConverter;
use arrow_schema::ArrowError;

use super::error::{Listed, SameKey};
use super::{ReferenceError, ReferenceTable};
use crate::keys::{KeyHash, KeySet, hashes, row_converter, select};

/// Rows whose keys are hashed at a time.
const BATCH_LEN: usize = 8192;

/// Rows of a reference table by the key that a join compares: 22 bytes for each, and 42 while it is
/// made.
#[derive(Debug)]
pub struct KeyIndex {
    converter: RowConverter,
    keys: KeySet,
    /// The row (0-based) of each key, in the order of the keys.
    rows: Vec<u32>,
}

impl KeyIndex {
    /// The index of `table` by the fields at the positions `key`. A key with a null is no key.
    ///
    /// # Errors
    /// [`ReferenceError::DuplicateKeys`] and [`ReferenceError::TooManyRows`].
    pub fn new(table: &ReferenceTable, key: &[usize]) -> Result<Self, ReferenceError> {
        let columns = select(&table.columns, key);
        let types = columns.iter().map(|column| column.data_type().clone());
        let converter = row_converter(types).map_err(ReferenceError::Keys)?;
        let mut entries = entries(&columns, &converter)?;
        entries.sort_unstable_by_key(|(key, row)| (u128::from_be_bytes(*key), *row));
        let rows = same_keys(table, &entries);
        if !rows.is_empty() {
            return Err(ReferenceError::DuplicateKeys { key: table.names(key), rows });
        }
        let rows = entries.iter().map(|&(_, row)| row).collect();
        let keys = entries.into_iter().map(|(key, _)| key).collect();
        Ok(KeyIndex { converter, keys, rows })
    }

    /// For each row of the columns of `key`, the row of the reference table (0-based) that it names;
    /// `missing` where it names none, null where a value of it is null.
    ///
    /// # Errors
    /// Columns of other types than those of the table's key: a bug.
    pub fn find(&self, key: &[ArrayRef], missing: Option<u32>) -> Result<UInt32Array, ArrowError> {
        let hashes = hashes(key, &self.converter)?;
        Ok(hashes.iter().map(|hash| self.row(hash.as_ref()?).or(missing)).collect())
    }

    fn row(&self, key: &KeyHash) -> Option<u32> {
        self.rows.get(self.keys.position(key)?).copied()
    }
}

/// The keys of all rows that have one, with their rows.
fn entries(
    columns: &[ArrayRef],
    converter: &RowConverter,
) -> Result<Vec<(KeyHash, u32)>, ReferenceError> {
    let row_count = columns.first().map_or(0, |column| column.len());
    let end = u32::try_from(row_count).map_err(|_| ReferenceError::TooManyRows)?;
    let mut rows = 0..end;
    let mut entries = Vec::with_capacity(row_count);
    for start in (0..row_count).step_by(BATCH_LEN) {
        let len = BATCH_LEN.min(row_count - start);
        let batch: Vec<ArrayRef> = columns.iter().map(|column| column.slice(start, len)).collect();
        let hashes = hashes(&batch, converter).map_err(ReferenceError::Keys)?;
        let keys = hashes.into_iter().zip(rows.by_ref());
        entries.extend(keys.filter_map(|(key, row)| Some((key?, row))));
    }
    Ok(entries)
}

/// The rows whose key an earlier one has, each with the first of these, in the order of the table; of
/// entries in order.
fn same_keys(table: &ReferenceTable, entries: &[(KeyHash, u32)]) -> Listed<SameKey> {
    let runs = entries.chunk_by(|(left, _), (right, _)| left == right);
    let mut pairs = Vec::new();
    for run in runs.filter(|run| run.len() > 1) {
        if let [(_, first), later @ ..] = run {
            pairs.extend(later.iter().map(|&(_, second)| (second, *first)));
        }
    }
    pairs.sort_unstable();
    let row = |at: u32| table.row_numbers.get(at as usize).unwrap_or_default();
    let mut same = Listed::default();
    for (second, first) in pairs {
        same.push(SameKey { first: row(first), second: row(second) });
    }
    same
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow_array::{Int64Array, StringArray};

    use super::*;
    use crate::contract::{Contract, Resource};
    use crate::reference::Wanted;

    fn resource() -> Resource {
        let text = br#"{"resources": [{"name": "r", "path": "r.csv", "schema": {"fields": [
            {"name": "k"}, {"name": "i", "type": "integer"}]}}]}"#;
        Contract::parse(text, None).unwrap().input
    }

    fn table(text: &str) -> ReferenceTable {
        let mut wanted = Wanted::default();
        wanted.add_key(&[0, 1]);
        let bytes = text.to_owned().into();
        ReferenceTable::read(&resource(), &wanted, 1 << 20, &bytes).unwrap()
    }

    /// The rows that `index` finds for these keys.
    fn find(index: &KeyIndex, keys: &[(Option<i64>, Option<&str>)]) -> UInt32Array {
        let key: [ArrayRef; 2] = [
            Arc::new(keys.iter().map(|key| key.1).collect::<StringArray>()),
            Arc::new(keys.iter().map(|key| key.0).collect::<Int64Array>()),
        ];
        index.find(&key, None).unwrap()
    }

    #[test]
    fn composite_keys_find_their_row() {
        let long = "a text that is longer than a token";
        let text = format!("\u{feff}k,i\na,1\na,2\n,3\n,3\n\n{long},2\n");
        let table = table(&text);
        let index = KeyIndex::new(&table, &[0, 1]).unwrap();
        let (a, long) = (Some("a"), Some(long));
        let keys = [(2, a), (3, a), (3, None), (1, a), (2, long), (1, long), (2, Some("b"))];
        let mut keys = keys.map(|(i, k)| (Some(i), k)).to_vec();
        keys.push((None, a));
        let found = find(&index, &keys);
        let expected = [Some(1), None, None, Some(0), Some(4), None, None, None];
        assert_eq!(found, UInt32Array::from(expected.to_vec()));
    }

    #[test]
    fn repetitions_are_told_in_the_order_of_the_table() {
        for (keys, expected) in [
            ("b,1\na,1\nb,1\na,1\nb,1\n", "rows 2 and 4; rows 3 and 5; rows 2 and 6"),
            ("a,1\nc,1\nb,1\n\nb,1\n", "rows 4 and 6"),
        ] {
            let text = format!("k,i\n{keys}");
            let table = table(&text);
            let told = KeyIndex::new(&table, &[0, 1]).unwrap_err().to_string();
            assert_eq!(told, format!("its key `k,i` is not unique: {expected}"));
        }
    }

    #[test]
    fn more_rows_than_a_batch_are_all_found() {
        let len = BATCH_LEN * 2 + 5;
        let rows: Vec<String> = (0..len).map(|i| format!("k{i},{i}\n")).collect();
        let text = format!("k,i\n{}", rows.concat());
        let table = table(&text);
        let index = KeyIndex::new(&table, &[0, 1]).unwrap();
        let texts: Vec<String> = (0..len).map(|i| format!("k{i}")).collect();
        let keys: Vec<_> = (0..).zip(&texts).map(|(i, k)| (Some(i), Some(k.as_str()))).collect();
        let expected: UInt32Array = (0..).take(len).map(Some).collect();
        assert_eq!(find(&index, &keys), expected);
    }
}
