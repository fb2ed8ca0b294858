//! The keys of rows, by their typed values.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use arrow_array::{ArrayRef, NullArray};
use arrow_schema::ArrowError;
use shared::column::{CellFault, ColumnBuilder};
use shared::contract::{Contract, Schema};
use shared::fault::KeyFault;
use shared::header::Layout;
use shared::keys::{KeyHash, KeyHasher};
use shared::rows::{RowDecoder, Rows};
use shared::table::{LoneFaults, Position};

use super::KeyError;
use super::occurrence::{KeyRows, Occurrence};
use super::watch::{Watch, watches};

/// Bytes of records that are read at once: 64 KiB.
const READ_BYTES: usize = 64 << 10;

/// Finds the keys of all rows.
#[derive(Debug)]
pub(crate) struct KeyScan<'a> {
    decoder: RowDecoder<'a>,
    /// Whole records that are not read yet.
    unread: Vec<u8>,
    batch: Batch<'a>,
    hashers: Vec<KeyHasher>,
    primary: Option<Primary<'a>>,
    found: KeyRows,
}

/// The primary key, which may have no null.
#[derive(Debug, Clone, Copy)]
struct Primary<'a> {
    /// Position among the keys of the schema, 0-based.
    position: u32,
    /// Position among the watches.
    watch: usize,
    fields: &'a [usize],
}

/// Rows whose keys are hashed together.
#[derive(Debug)]
struct Batch<'a> {
    schema: &'a Schema,
    layout: Layout,
    lone: LoneFaults<'a>,
    /// The fields that keys are made of, by position in the schema.
    columns: BTreeMap<usize, ColumnBuilder<'a>>,
    row_numbers: Vec<u64>,
    /// The rows (by their position here) with a cell that has no value for a fault of its own.
    unreadable: BTreeSet<usize>,
}

impl<'a> KeyScan<'a> {
    /// A scan for the keys of `contract`, over rows of that layout of which the first stands at `first`;
    /// none if there are no keys.
    pub(crate) fn new(
        contract: &'a Contract,
        layout: &Layout,
        first: Position,
    ) -> Result<Option<Self>, ArrowError> {
        let schema = &contract.input.schema;
        let watches = watches(contract);
        if watches.is_empty() {
            return Ok(None);
        }
        let hashers = watches.iter().map(|watch| KeyHasher::new(schema, watch.fields));
        Ok(Some(KeyScan {
            decoder: RowDecoder::new(&contract.input.dialect, layout, first),
            unread: Vec::new(),
            batch: Batch::new(schema, layout, &watches),
            hashers: hashers.collect::<Result<_, _>>()?,
            primary: Primary::of(schema, &watches),
            found: KeyRows::default(),
        }))
    }

    /// Takes the next record, or comment, by its bytes.
    pub(crate) fn push(&mut self, bytes: &[u8]) -> Result<(), KeyError> {
        self.unread.extend_from_slice(bytes);
        if self.unread.len() < READ_BYTES { Ok(()) } else { self.read() }
    }

    /// Reads what waits.
    fn read(&mut self) -> Result<(), KeyError> {
        let KeyScan { decoder, unread, batch, primary, .. } = self;
        decoder.push(unread, |rows| {
            batch.push(&rows, *primary);
            Ok::<_, KeyError>(())
        })?;
        unread.clear();
        self.hash()
    }

    /// The end of the file: reads what is left.
    pub(crate) fn finish(&mut self) -> Result<(), KeyError> {
        self.read()?;
        let KeyScan { decoder, batch, primary, .. } = self;
        decoder.finish(|rows| {
            batch.push(&rows, *primary);
            Ok::<_, KeyError>(())
        })?;
        self.hash()
    }

    /// Finds the keys of the batch.
    fn hash(&mut self) -> Result<(), KeyError> {
        let columns = self.batch.finish_columns()?;
        for (at, (hasher, watch)) in self.hashers.iter().zip(0..).enumerate() {
            let hashes = hasher.hashes(&columns)?;
            if let Some(primary) = self.primary.filter(|primary| primary.watch == at) {
                self.found.nulls.extend(self.batch.nulls(&hashes, primary.position));
            }
            let rows = hashes.into_iter().zip(&self.batch.row_numbers);
            self.found.occurrences.extend(rows.filter_map(|(hash, &row_number)| {
                Some(Occurrence { watch, hash: hash?, row_number }.to_bytes())
            }));
        }
        self.batch.row_numbers.clear();
        self.batch.unreadable.clear();
        Ok(())
    }

    /// What was found by now, if anything.
    pub(crate) fn take(&mut self) -> Option<KeyRows> {
        let found = std::mem::take(&mut self.found);
        (found != KeyRows::default()).then_some(found)
    }
}

impl<'a> Primary<'a> {
    fn of(schema: &Schema, watches: &[Watch<'a>]) -> Option<Self> {
        let position = schema.keys.iter().zip(0..).find(|(key, _)| key.is_primary)?.1;
        let watch = watches.iter().position(|watch| watch.keys.contains(&position))?;
        Some(Primary { position, watch, fields: watches.get(watch)?.fields })
    }
}

impl<'a> Batch<'a> {
    fn new(schema: &'a Schema, layout: &Layout, watches: &[Watch<'_>]) -> Self {
        let fields: BTreeSet<usize> =
            watches.iter().flat_map(|watch| watch.fields).copied().collect();
        let columns = fields.into_iter();
        let columns =
            columns.filter_map(|at| Some((at, ColumnBuilder::new(schema.fields.get(at)?))));
        Batch {
            schema,
            layout: layout.clone(),
            lone: LoneFaults::new(schema, layout),
            columns: columns.collect(),
            row_numbers: Vec::new(),
            unreadable: BTreeSet::new(),
        }
    }

    /// Takes rows, save those of which no cell is read.
    fn push(&mut self, rows: &Rows<'_>, primary: Option<Primary<'_>>) {
        let lone = self.lone.find(rows);
        for (is_lone, run) in rows.clone().runs(|row| lone.contains_key(&row)) {
            if !is_lone {
                self.push_run(&run, primary);
            }
        }
    }

    fn push_run(&mut self, rows: &Rows<'_>, primary: Option<Primary<'_>>) {
        let first = self.row_numbers.len();
        self.row_numbers.extend(rows.positions().iter().map(|position| position.row_number));
        for (&field, column) in &mut self.columns {
            let is_primary = primary.is_some_and(|primary| primary.fields.contains(&field));
            let Some(at) = self.layout.column_of(field) else {
                column.push_nulls(rows.len());
                self.unreadable.extend((first..self.row_numbers.len()).filter(|_| is_primary));
                continue;
            };
            column.extend(rows.column(at), |row, fault| {
                if is_primary && matches!(fault, CellFault::Type | CellFault::Ambiguous) {
                    self.unreadable.insert(first + row);
                }
            });
            if is_primary {
                let missing = rows.column(at).enumerate().filter(|(_, cell)| cell.is_none());
                self.unreadable.extend(missing.map(|(row, _)| first + row));
            }
        }
    }

    /// One array for each field of the schema; fields without a key are empty.
    fn finish_columns(&mut self) -> Result<Vec<ArrayRef>, ArrowError> {
        let none: ArrayRef = Arc::new(NullArray::new(0));
        let mut column = |at| match self.columns.get_mut(&at) {
            Some(column) => column.finish(),
            None => Ok(Arc::clone(&none)),
        };
        (0..self.schema.fields.len()).map(&mut column).collect()
    }

    /// The rows whose primary key, at that position in the schema, has a null where a value could be.
    fn nulls(&self, hashes: &[Option<KeyHash>], key: u32) -> impl Iterator<Item = KeyFault> {
        let rows = self.row_numbers.iter().zip(hashes).enumerate();
        rows.filter(|(at, (_, hash))| hash.is_none() && !self.unreadable.contains(at))
            .map(move |(_, (&row_number, _))| KeyFault { row_number, key, first_row: None })
    }
}
