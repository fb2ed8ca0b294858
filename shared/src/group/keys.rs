//! Groups, numbered as their first rows come.

use arrow_array::ArrayRef;
use arrow_row::{RowConverter, Rows};
use arrow_schema::ArrowError;
use hashbrown::hash_table::Entry;
use hashbrown::{DefaultHashBuilder, HashMap, HashTable};

use crate::contract::{Aggregate, Column};
use crate::keys::{LONG, Token, row_converter, select, tokens};

/// The number of a group (0-based).
pub(super) type Id = u32;

/// Bytes that a group takes besides its key: where the key ends, and a place in each map.
const GROUP_SIZE: usize = 80;

/// The groups of an aggregate by their keys.
///
/// The maps are only asked for keys, never gone through.
#[derive(Debug)]
pub(super) struct GroupKeys {
    fields: Vec<usize>,
    converter: RowConverter,
    table: KeyTable,
    /// The groups with short keys that rows were seen of.
    by_token: HashMap<Token, Id>,
}

impl GroupKeys {
    pub(super) fn new(aggregate: &Aggregate, columns: &[Column]) -> Result<Self, ArrowError> {
        let fields: Vec<usize> = aggregate.group_by.iter().map(|key| key.column).collect();
        let types = fields.iter().filter_map(|&at| columns.get(at));
        let converter = row_converter(types.map(|column| column.data_type.clone()))?;
        Ok(GroupKeys {
            fields,
            converter,
            table: KeyTable::default(),
            by_token: HashMap::default(),
        })
    }

    /// The group of each row.
    pub(super) fn of_rows(
        &mut self,
        columns: &[ArrayRef],
        row_count: usize,
    ) -> Result<Vec<Id>, ArrowError> {
        let columns = select(columns, &self.fields);
        let mut keys = KeyRows { columns: &columns, converter: &self.converter, rows: None };
        let mut ids = Vec::with_capacity(row_count);
        let mut last = (LONG, 0);
        for (row, token) in tokens(&columns, row_count)?.into_iter().enumerate() {
            if token == LONG {
                last = (token, self.table.id(keys.key(row)?));
            } else if token != last.0 {
                let known = self.by_token.get(&token).copied();
                let id = match known {
                    Some(id) => id,
                    None => self.table.id(keys.key(row)?),
                };
                if known.is_none() {
                    self.by_token.insert(token, id);
                }
                last = (token, id);
            }
            ids.push(last.1);
        }
        Ok(ids)
    }

    /// The group of that key, in arrow's row format.
    pub(super) fn of_key(&mut self, key: &[u8]) -> Id {
        self.table.id(key)
    }

    pub(super) fn len(&self) -> usize {
        self.table.keys.len()
    }

    /// Estimated bytes of all groups, which depend on the keys alone.
    pub(super) fn memory_size(&self) -> u64 {
        (self.table.keys.bytes.len() + self.len() * GROUP_SIZE) as u64
    }

    /// The keys, by group.
    pub(super) fn keys(&self) -> &Keys {
        &self.table.keys
    }

    /// The groups in the order of their keys.
    pub(super) fn in_order(&self) -> Vec<Id> {
        let keys = &self.table.keys;
        // Most keys differ in their first bytes: the others need not be fetched.
        let mut groups: Vec<(u128, Id)> = keys.iter().map(lead).zip(0..).collect();
        groups.sort_unstable_by(|(left, a), (right, b)| {
            left.cmp(right).then_with(|| keys.get(*a).cmp(keys.get(*b)))
        });
        groups.into_iter().map(|(_, id)| id).collect()
    }

    /// The grouping columns of those groups.
    pub(super) fn columns(&self, ids: &[Id]) -> Result<Vec<ArrayRef>, ArrowError> {
        if self.fields.is_empty() {
            return Ok(Vec::new());
        }
        let parser = self.converter.parser();
        self.converter.convert_rows(ids.iter().map(|&id| parser.parse(self.table.keys.get(id))))
    }
}

/// The first bytes of a key, which order as keys do.
fn lead(key: &[u8]) -> u128 {
    let mut lead = [0; 16];
    lead.iter_mut().zip(key).for_each(|(to, from)| *to = *from);
    u128::from_be_bytes(lead)
}

/// The keys of a batch in arrow's row format, once one is needed.
struct KeyRows<'a> {
    columns: &'a [ArrayRef],
    converter: &'a RowConverter,
    rows: Option<Rows>,
}

impl KeyRows<'_> {
    fn key(&mut self, row: usize) -> Result<&[u8], ArrowError> {
        if self.columns.is_empty() {
            return Ok(&[]);
        }
        if self.rows.is_none() {
            self.rows = Some(self.converter.convert_columns(self.columns)?);
        }
        Ok(self.rows.as_ref().map_or(&[], |rows| rows.row(row).data()))
    }
}

/// Keys of groups, end to end.
#[derive(Debug, Default, serde::Serialize, serde::Deserialize)]
pub(super) struct Keys {
    bytes: Vec<u8>,
    /// Where each key ends.
    ends: Vec<usize>,
}

impl Keys {
    pub(super) fn len(&self) -> usize {
        self.ends.len()
    }

    /// The key of that group; empty if there is none.
    fn get(&self, id: Id) -> &[u8] {
        let id = id as usize;
        let start = id.checked_sub(1).map_or(Some(&0), |before| self.ends.get(before));
        let place = start.zip(self.ends.get(id)).map(|(&start, &end)| start..end);
        place.and_then(|place| self.bytes.get(place)).unwrap_or_default()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &[u8]> {
        (0..).take(self.len()).map(|id| self.get(id))
    }

    fn push(&mut self, key: &[u8]) {
        self.bytes.extend_from_slice(key);
        self.ends.push(self.bytes.len());
    }
}

#[derive(Debug, Default)]
struct KeyTable {
    keys: Keys,
    ids: HashTable<Id>,
    hasher: DefaultHashBuilder,
}

impl KeyTable {
    /// The group of that key, a new one if it has none.
    fn id(&mut self, key: &[u8]) -> Id {
        use std::hash::BuildHasher;
        let KeyTable { keys, ids, hasher } = self;
        let hash = hasher.hash_one(key);
        let is_same = |&id: &Id| keys.get(id) == key;
        match ids.entry(hash, is_same, |&id| hasher.hash_one(keys.get(id))) {
            Entry::Occupied(entry) => *entry.get(),
            Entry::Vacant(entry) => {
                // The memory of groups is bounded: there are never so many.
                let id = Id::try_from(keys.len()).unwrap_or(Id::MAX);
                entry.insert(id);
                keys.push(key);
                id
            }
        }
    }
}
