//! Keys over the whole file: which rows repeat one, and what a foreign key into the file may name.
//!
//! Only what no chunk can know alone is looked at here. Keys are compared by typed values; a row
//! that is rejected for another reason has its key all the same, as for Frictionless.

use std::collections::{BTreeMap, BTreeSet};

use arrow_array::ArrayRef;
use arrow_schema::ArrowError;
use shared::column::{CellFault, ColumnBuilder};
use shared::contract::{Contract, Dialect, Key, Schema};
use shared::csv::Record;
use shared::fault::{Fault, FaultLog, Kind, clipped};
use shared::header::Layout;
use shared::keys::{KeyHash, KeyHasher, KeySet};
use shared::rows::RowReader;
use shared::table::{Position, is_blank};

use crate::refusal::Refusal;

/// Keys that are held in memory, over all keys of a contract: some 2 GiB.
pub const KEY_LIMIT: usize = 20_000_000;

/// Rows whose keys are hashed at a time, at most.
const BATCH_LEN: usize = 4096;

/// Bytes of records that are read at once: 64 KiB.
const READ_BYTES: usize = 64 << 10;

/// Bytes of cells after which they are hashed, however few the rows.
const BATCH_BYTES: usize = 8 << 20;

#[allow(clippy::disallowed_types, reason = "it is only asked for keys, never gone through")]
type FirstRows = std::collections::HashMap<KeyHash, u64>;

/// Compares the keys of all rows.
#[derive(Debug)]
pub(crate) struct KeyScan<'a> {
    schema: &'a Schema,
    layout: Layout,
    keys: Vec<WatchedKey<'a>>,
    targets: Vec<Target>,
    dialect: &'a Dialect,
    /// Whole records that are not read yet, all of one chunk.
    unread: Unread,
    /// The fields that keys are made of, by position in the schema.
    columns: BTreeMap<usize, ColumnBuilder<'a>>,
    rows: Vec<KeyRow>,
    /// Bytes of the cells in the batch.
    byte_len: usize,
    /// By chunk, of those that are not yet taken.
    logs: BTreeMap<usize, FaultLog>,
    /// The first chunk whose faults are not yet taken.
    next_chunk: usize,
}

/// Whole records that wait for being read at once.
#[derive(Debug, Default)]
struct Unread {
    text: Vec<u8>,
    first: Option<Position>,
    chunk: usize,
}

#[derive(Debug)]
struct WatchedKey<'a> {
    key: &'a Key,
    hasher: KeyHasher,
    first_rows: FirstRows,
}

/// What a foreign key into the file may name.
#[derive(Debug)]
struct Target {
    /// Position of the foreign key in the schema.
    foreign_key: usize,
    hasher: KeyHasher,
    hashes: BTreeSet<KeyHash>,
}

/// A row of the batch.
#[derive(Debug)]
struct KeyRow {
    position: Position,
    chunk: usize,
    /// The text of each key, for its fault.
    texts: Vec<String>,
    /// Fields that have no value for a fault of their own.
    unread: Vec<usize>,
}

impl<'a> KeyScan<'a> {
    /// A scan for the keys of `contract`, over rows of that layout; none if there are no keys.
    pub(crate) fn new(contract: &'a Contract, layout: &Layout) -> Result<Option<Self>, ArrowError> {
        let schema = &contract.input.schema;
        let watched = |key: &'a Key| {
            let hasher = KeyHasher::new(schema, &key.fields)?;
            Ok::<_, ArrowError>(WatchedKey { key, hasher, first_rows: FirstRows::default() })
        };
        let keys: Vec<_> = schema.keys.iter().map(watched).collect::<Result<_, _>>()?;
        let target = |own: &shared::contract::SelfReference| {
            let hasher = KeyHasher::new(schema, &own.target)?;
            Ok::<_, ArrowError>(Target {
                foreign_key: own.position,
                hasher,
                hashes: BTreeSet::new(),
            })
        };
        let targets: Vec<_> =
            contract.self_references.iter().map(target).collect::<Result<_, _>>()?;
        if keys.is_empty() && targets.is_empty() {
            return Ok(None);
        }
        let fields = schema.keys.iter().flat_map(|key| &key.fields);
        let fields: BTreeSet<usize> = fields
            .chain(contract.self_references.iter().flat_map(|own| &own.target))
            .copied()
            .collect();
        let columns = fields.into_iter();
        let columns =
            columns.filter_map(|at| Some((at, ColumnBuilder::new(schema.fields.get(at)?))));
        Ok(Some(KeyScan {
            schema,
            layout: layout.clone(),
            dialect: &contract.input.dialect,
            unread: Unread::default(),
            keys,
            targets,
            columns: columns.collect(),
            rows: Vec::new(),
            byte_len: 0,
            logs: BTreeMap::new(),
            next_chunk: 0,
        }))
    }

    /// Takes the next record, or comment, by its bytes; it stands in that chunk.
    pub(crate) fn push(
        &mut self,
        bytes: &[u8],
        position: Position,
        chunk: usize,
    ) -> Result<(), KeyError> {
        if chunk != self.unread.chunk || self.unread.text.len() >= READ_BYTES {
            self.read()?;
            self.unread.chunk = chunk;
        }
        self.unread.first.get_or_insert(position);
        self.unread.text.extend_from_slice(bytes);
        Ok(())
    }

    /// Reads what waits.
    fn read(&mut self) -> Result<(), KeyError> {
        let Some(first) = self.unread.first.take() else { return Ok(()) };
        let mut text = std::mem::take(&mut self.unread.text);
        let layout = self.layout.clone();
        let mut rows = RowReader::new(self.dialect, &layout, &text, first);
        while let Some(row) = rows.read() {
            self.push_row(row.record, row.position, self.unread.chunk)?;
        }
        text.clear();
        self.unread.text = text;
        Ok(())
    }

    fn push_row(
        &mut self,
        record: &Record,
        position: Position,
        chunk: usize,
    ) -> Result<(), KeyError> {
        if is_blank(self.schema, &self.layout, record) || record.stray_quote().is_some() {
            return Ok(());
        }
        let mut unread = Vec::new();
        for (&field, column) in &mut self.columns {
            let at = self.layout.column_of(field);
            let Some(cell) = at.and_then(|at| record.get(at)) else {
                column.push_null();
                unread.push(field);
                continue;
            };
            self.byte_len += cell.len();
            column.push(cell, |fault| {
                if matches!(fault, CellFault::Type | CellFault::Ambiguous) {
                    unread.push(field);
                }
            });
        }
        let texts = self.keys.iter().map(|key| self.text(record, &key.key.fields)).collect();
        self.rows.push(KeyRow { position, chunk, texts, unread });
        let is_full = self.rows.len() == BATCH_LEN || self.byte_len >= BATCH_BYTES;
        if is_full { self.compare() } else { Ok(()) }
    }

    fn text(&self, record: &Record, fields: &[usize]) -> String {
        let cells = fields.iter().filter_map(|&field| record.get(self.layout.column_of(field)?));
        let cells: Vec<_> = cells.map(String::from_utf8_lossy).collect();
        clipped(cells.join(",").as_bytes()).into_owned()
    }

    /// Compares the keys of the batch with all before.
    fn compare(&mut self) -> Result<(), KeyError> {
        let rows = std::mem::take(&mut self.rows);
        self.byte_len = 0;
        let columns = self.finish_columns(rows.len())?;
        let mut faults: Vec<Vec<Kind>> = rows.iter().map(|_| Vec::new()).collect();
        for (index, watched) in self.keys.iter_mut().enumerate() {
            let index = u32::try_from(index).unwrap_or(u32::MAX);
            let hashes = watched.hasher.hashes(&columns)?;
            for ((row, faults), hash) in rows.iter().zip(&mut faults).zip(hashes) {
                faults.extend(watched.fault(index, row, hash));
            }
        }
        for target in &mut self.targets {
            target.hashes.extend(target.hasher.hashes(&columns)?.into_iter().flatten());
        }
        for (row, kinds) in rows.iter().zip(faults) {
            self.note(row, &kinds);
        }
        self.check_limit()
    }

    /// One array for each field of the schema; fields without a key are empty.
    fn finish_columns(&mut self, len: usize) -> Result<Vec<ArrayRef>, ArrowError> {
        let fields = self.schema.fields.iter().enumerate();
        fields
            .map(|(at, field)| match self.columns.get_mut(&at) {
                Some(column) => column.finish(),
                None => Ok(arrow_array::new_null_array(&field.field_type.data_type(), len)),
            })
            .collect()
    }

    fn note(&mut self, row: &KeyRow, kinds: &[Kind]) {
        let Position { row_number, line_number } = row.position;
        for &kind in kinds {
            let (Kind::Repeated { key, .. } | Kind::NullKey { key }) = kind else { continue };
            let found = row.texts.get(key as usize).map_or("", String::as_str).into();
            let log = self.logs.entry(row.chunk).or_default();
            log.push(&Fault { row_number, line_number, kind, found });
        }
    }

    fn check_limit(&mut self) -> Result<(), KeyError> {
        let keys = self.keys.iter().map(|key| (&key.key.fields, key.first_rows.len()));
        let key_count: usize = keys.clone().map(|(_, count)| count).sum();
        let target_count: usize = self.targets.iter().map(|target| target.hashes.len()).sum();
        if key_count + target_count <= KEY_LIMIT {
            return Ok(());
        }
        let largest = keys.max_by_key(|&(_, count)| count);
        let fields = largest.map_or_else(String::new, |(fields, _)| self.schema.names(fields));
        Err(Refusal::TooManyKeys { fields, limit: KEY_LIMIT }.into())
    }

    /// The faults of each chunk that is complete: those before `chunk`, which is not. A chunk without
    /// faults has an empty log, so that what an earlier attempt has left is never taken for its own.
    pub(crate) fn take_before(&mut self, chunk: usize) -> Vec<(usize, Vec<u8>)> {
        let open = self.rows.first().map_or(chunk, |row| row.chunk.min(chunk));
        let complete = self.next_chunk..open.max(self.next_chunk);
        self.next_chunk = complete.end;
        let mut log = |chunk: &usize| self.logs.remove(chunk).unwrap_or_default().into_bytes();
        complete.map(|chunk| (chunk, log(&chunk))).collect()
    }

    /// Reads and compares what is left.
    pub(crate) fn finish(&mut self) -> Result<(), KeyError> {
        self.read()?;
        self.compare()
    }

    /// The keys that each foreign key into the file may name, by its position in the schema.
    pub(crate) fn into_targets(self) -> Vec<(usize, KeySet)> {
        let sets = self.targets.into_iter();
        sets.map(|target| (target.foreign_key, KeySet::new(target.hashes))).collect()
    }
}

impl WatchedKey<'_> {
    /// What is wrong with the key of that row, if anything.
    fn fault(&mut self, key: u32, row: &KeyRow, hash: Option<KeyHash>) -> Option<Kind> {
        let primary = self.key.is_primary;
        let Some(hash) = hash else {
            let is_read = !self.key.fields.iter().any(|field| row.unread.contains(field));
            return (primary && is_read).then_some(Kind::NullKey { key });
        };
        let row_number = row.position.row_number;
        let first_row = *self.first_rows.entry(hash).or_insert(row_number);
        (first_row != row_number).then_some(Kind::Repeated { key, primary, first_row })
    }
}

/// Keys that cannot be compared.
#[derive(Debug, thiserror::Error)]
pub(crate) enum KeyError {
    /// There are too many.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// A column of a type without an order; none of ours.
    #[error("the keys cannot be compared")]
    Arrow(#[from] ArrowError),
}
