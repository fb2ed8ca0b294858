//! Sorting what is larger than memory.

mod merge;

use bytes::Bytes;
use shared::job::Work;
use shared::store::{Object, Store, StoreError, Upload};

use merge::{Merge, Run};

/// Bytes of a run that are handed to the store at a time: 1 MiB.
const PIECE_LEN: usize = 1 << 20;

/// Sorts records of `N` bytes by these bytes, holding no more than its room: what is more is written in
/// sorted runs, which are merged.
///
/// Invariant: runs depend on the records and the room alone, so that another attempt writes the same.
#[derive(Debug)]
pub(crate) struct Sorter<'a, S, const N: usize> {
    store: &'a S,
    work: Work<'a>,
    /// What the runs are named after.
    name: &'static str,
    /// Bytes of records that are held.
    room: usize,
    held: Vec<[u8; N]>,
    runs: Vec<Run<N>>,
}

impl<'a, S: Store, const N: usize> Sorter<'a, S, N> {
    /// A sorter whose runs lie in `work` under that name, and that holds `room` bytes but at least one
    /// record.
    pub(crate) fn new(work: Work<'a>, name: &'static str, room: usize, store: &'a S) -> Self {
        Sorter { store, work, name, room, held: Vec::new(), runs: Vec::new() }
    }

    /// Takes records.
    pub(crate) async fn push(&mut self, mut records: &[[u8; N]]) -> Result<(), StoreError> {
        let room = (self.room / N).max(1);
        while !records.is_empty() {
            // All at once, since a vector that grows is there twice; room that is not used costs nothing.
            self.held.reserve_exact(room - self.held.len());
            let fitting;
            (fitting, records) = records.split_at(records.len().min(room - self.held.len()));
            self.held.extend_from_slice(fitting);
            if self.held.len() == room {
                self.write_run().await?;
            }
        }
        Ok(())
    }

    async fn write_run(&mut self) -> Result<(), StoreError> {
        sort(&mut self.held);
        let key = self.work.run(self.name, self.runs.len());
        let bytes = self.held.as_flattened();
        let mut upload = self.store.upload(&key);
        for piece in bytes.chunks(PIECE_LEN) {
            upload.write(Bytes::copy_from_slice(piece)).await?;
        }
        upload.finish().await?;
        self.runs.push(Run::new(Object::output(key), bytes.len() as u64));
        self.held.clear();
        Ok(())
    }

    /// All records in order.
    pub(crate) async fn finish(mut self) -> Result<Sorted<'a, S, N>, StoreError> {
        if self.runs.is_empty() {
            sort(&mut self.held);
            return Ok(Sorted::Held(self.held.into_iter()));
        }
        if !self.held.is_empty() {
            self.write_run().await?;
        }
        // Its room is that of the merge.
        self.held = Vec::new();
        Ok(Sorted::Runs(Merge::new(self.store, self.runs, self.room).await?))
    }
}

fn sort<const N: usize>(records: &mut [[u8; N]]) {
    // Two registers say most; `memcmp` takes twice as long.
    records.sort_unstable_by(|a, b| lead(a).cmp(&lead(b)).then_with(|| a.cmp(b)));
}

/// The first bytes as a number, which is in their order.
fn lead(record: &[u8]) -> Option<u128> {
    record.first_chunk().map(|bytes| u128::from_be_bytes(*bytes))
}

/// Records in order.
#[derive(Debug)]
pub(crate) enum Sorted<'a, S, const N: usize> {
    /// They fit into memory.
    Held(std::vec::IntoIter<[u8; N]>),
    /// They did not.
    Runs(Merge<'a, S, N>),
}

impl<S: Store, const N: usize> Sorted<'_, S, N> {
    /// The next record.
    pub(crate) async fn next(&mut self) -> Result<Option<[u8; N]>, StoreError> {
        match self {
            Sorted::Held(records) => Ok(records.next()),
            Sorted::Runs(merge) => merge.next().await,
        }
    }
}

#[cfg(test)]
mod tests;
