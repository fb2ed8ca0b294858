//! What foreign keys into the file may name.

use bytes::Bytes;
use shared::contract::Schema;
use shared::job::Work;
use shared::store::{Store, StoreError, Upload};

use crate::error::ValidateError;
use crate::keys::{Occurrence, Watch};
use crate::refusal::Refusal;

/// Bytes that are gathered before the store gets them: 64 KiB.
const GATHERED_LEN: usize = 64 << 10;

/// Writes the sets of different keys, each key in order as it comes.
#[derive(Debug)]
pub(super) struct KeySets<'a, U> {
    schema: &'a Schema,
    sets: Vec<KeySet<'a, U>>,
    /// Keys in all of them.
    len: u64,
    limit: u64,
}

#[derive(Debug)]
struct KeySet<'a, U> {
    /// Position of the fields among the watches.
    watch: u32,
    fields: &'a [usize],
    upload: U,
    gathered: Vec<u8>,
}

impl<'a, U: Upload> KeySets<'a, U> {
    /// The sets of all foreign keys into a file of `schema`, of `limit` keys in all.
    pub(super) fn new<S: Store<Upload = U>>(
        schema: &'a Schema,
        watches: &[Watch<'a>],
        limit: u64,
        work: Work<'_>,
        store: &S,
    ) -> Self {
        let mut sets = Vec::new();
        for (watch, Watch { fields, foreign_keys, .. }) in (0..).zip(watches) {
            sets.extend(foreign_keys.iter().map(|&foreign_key| {
                let upload = store.upload(&work.key_set(foreign_key));
                KeySet { watch, fields, upload, gathered: Vec::new() }
            }));
        }
        KeySets { schema, sets, len: 0, limit }
    }

    /// Adds a key that none before was.
    pub(super) async fn push(&mut self, key: &Occurrence) -> Result<(), ValidateError> {
        for set in self.sets.iter_mut().filter(|set| set.watch == key.watch) {
            self.len += 1;
            if self.len > self.limit {
                let (fields, limit) = (self.schema.names(set.fields), self.limit);
                return Err(Refusal::TooManyKeys { fields, limit }.into());
            }
            set.gathered.extend_from_slice(&key.hash);
            if set.gathered.len() >= GATHERED_LEN {
                set.write().await.map_err(ValidateError::Store)?;
            }
        }
        Ok(())
    }

    pub(super) async fn finish(self) -> Result<(), StoreError> {
        for mut set in self.sets {
            set.write().await?;
            set.upload.finish().await?;
        }
        Ok(())
    }
}

impl<U: Upload> KeySet<'_, U> {
    async fn write(&mut self) -> Result<(), StoreError> {
        self.upload.write(Bytes::from(std::mem::take(&mut self.gathered))).await
    }
}
