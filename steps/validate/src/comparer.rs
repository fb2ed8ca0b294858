//! I/O around keys: those of all rows in; out what is wrong with the keys of each chunk, and what foreign
//! keys into the file may name.

mod logs;
mod sets;

use shared::contract::Contract;
use shared::fault::KEY_FAULT_LEN;
use shared::job::Work;
use shared::message::Chunk;
use shared::store::Store;

use crate::error::ValidateError;
use crate::keys::{
    Comparison, KeyLimits, KeyRows, OCCURRENCE_LEN, Occurrence, Place, Sorted, Sorter, Watch,
    watches,
};
use crate::refusal::Refusal;
use logs::write_logs;
use sets::KeySets;

/// Compares the keys of all rows of a file.
///
/// Invariant: every chunk gets a log, perhaps empty, and every foreign key into the file a set, so that
/// what an earlier attempt has left is never taken for its own.
#[derive(Debug)]
pub struct KeyComparer<'a, S> {
    contract: &'a Contract,
    watches: Vec<Watch<'a>>,
    work: Work<'a>,
    store: &'a S,
    limits: KeyLimits,
    key_count: u64,
    keys: Sorter<'a, S, OCCURRENCE_LEN>,
    faults: Sorter<'a, S, KEY_FAULT_LEN>,
}

impl<'a, S: Store> KeyComparer<'a, S> {
    /// A comparer for a file of `contract`.
    pub fn new(contract: &'a Contract, limits: KeyLimits, work: Work<'a>, store: &'a S) -> Self {
        KeyComparer {
            contract,
            watches: watches(contract),
            work,
            store,
            limits,
            key_count: 0,
            keys: Sorter::new(work, "keys", limits.sort_bytes, store),
            faults: Sorter::new(work, "key-faults", limits.sort_bytes, store),
        }
    }

    /// Takes the keys of the next rows.
    ///
    /// # Errors
    /// [`Refusal::TooManyKeys`], and a store that fails.
    pub async fn push(&mut self, rows: KeyRows) -> Result<(), ValidateError> {
        // Of a null there is a fault to be told, which takes as long as a key.
        self.key_count += (rows.occurrences.len() + rows.nulls.len()) as u64;
        if self.key_count > self.limits.key_count {
            return Err(self.too_many().into());
        }
        self.keys.push(&rows.occurrences).await.map_err(ValidateError::Store)?;
        for fault in rows.nulls {
            self.faults.push(&[fault.to_bytes()]).await.map_err(ValidateError::Store)?;
        }
        Ok(())
    }

    fn too_many(&self) -> Refusal {
        let schema = &self.contract.input.schema;
        let names: Vec<_> = self.watches.iter().map(|watch| schema.names(watch.fields)).collect();
        Refusal::TooManyKeys { fields: names.join(" "), limit: self.limits.key_count }
    }

    /// The end of the file, whose chunks these are: compares the keys and writes what comes of it.
    ///
    /// # Errors
    /// [`Refusal::TooManyKeys`], and a store that fails.
    pub async fn finish(mut self, chunks: &[Chunk]) -> Result<(), ValidateError> {
        let KeyComparer { contract, watches, work, store, limits, .. } = self;
        let schema = &contract.input.schema;
        let sets = KeySets::new(schema, &watches, limits.set_len, work, store);
        let keys = self.keys.finish().await.map_err(ValidateError::Store)?;
        compare(keys, &watches, sets, &mut self.faults).await?;
        if schema.keys.is_empty() {
            return Ok(());
        }
        let faults = self.faults.finish().await.map_err(ValidateError::Store)?;
        write_logs(faults, chunks, work, store).await.map_err(ValidateError::Store)
    }
}

/// Each key is one of a set, or at fault.
async fn compare<S: Store>(
    mut keys: Sorted<'_, S, OCCURRENCE_LEN>,
    watches: &[Watch<'_>],
    mut sets: KeySets<'_, S::Upload>,
    faults: &mut Sorter<'_, S, KEY_FAULT_LEN>,
) -> Result<(), ValidateError> {
    let mut comparison = Comparison::default();
    while let Some(key) = keys.next().await.map_err(ValidateError::Store)? {
        let key = Occurrence::from_bytes(key);
        match comparison.push(key) {
            Place::First => sets.push(&key).await?,
            Place::Behind(first_row) => {
                let Some(watch) = watches.get(key.watch as usize) else { continue };
                for fault in watch.faults(key.row_number, first_row) {
                    faults.push(&[fault.to_bytes()]).await.map_err(ValidateError::Store)?;
                }
            }
        }
    }
    sets.finish().await.map_err(ValidateError::Store)
}

#[cfg(test)]
mod tests;
