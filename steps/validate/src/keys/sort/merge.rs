//! Sorted runs to one.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::ops::Range;

use futures_util::TryStreamExt;
use shared::store::{Body, Object, Store, StoreError};

/// Bytes of a run that are asked for at a time, at most: one request of the store on AWS, 8 MiB.
const BLOCK_LEN: usize = 8 << 20;

/// Merges runs, of each of which two blocks are held: one that is read, and one that is on its way.
#[derive(Debug)]
pub(crate) struct Merge<'a, S, const N: usize> {
    store: &'a S,
    block_len: u64,
    runs: Vec<Run<N>>,
    /// The next record of each run that has one, and the position of the run.
    heads: BinaryHeap<Reverse<([u8; N], usize)>>,
}

/// A sorted run, which is read block by block.
#[derive(Debug)]
pub(crate) struct Run<const N: usize> {
    object: Object,
    /// What nobody has asked for yet: 0-based, half-open.
    left: Range<u64>,
    ahead: Option<Body>,
    /// Bytes of that.
    asked: u64,
    block: Vec<u8>,
    /// Bytes of the block that were read.
    at: usize,
}

impl<'a, S: Store, const N: usize> Merge<'a, S, N> {
    /// Starts to merge in `room` bytes, as long as a record of each run fits in there.
    pub(super) async fn new(
        store: &'a S,
        mut runs: Vec<Run<N>>,
        room: usize,
    ) -> Result<Self, StoreError> {
        let records = (room / (2 * runs.len().max(1))).min(BLOCK_LEN) / N;
        let block_len = (records.max(1) * N) as u64;
        let mut heads = BinaryHeap::with_capacity(runs.len());
        for (at, run) in runs.iter_mut().enumerate() {
            run.fetch(block_len, store).await?;
            heads.extend(run.next(block_len, store).await?.map(|record| Reverse((record, at))));
        }
        Ok(Merge { store, block_len, runs, heads })
    }

    /// The next record of all.
    pub(super) async fn next(&mut self) -> Result<Option<[u8; N]>, StoreError> {
        let Some(Reverse((record, at))) = self.heads.peek().copied() else { return Ok(None) };
        let next = match self.runs.get_mut(at) {
            Some(run) => run.next(self.block_len, self.store).await?,
            None => None,
        };
        match (next, self.heads.peek_mut()) {
            (Some(next), Some(mut head)) => *head = Reverse((next, at)),
            (None, Some(head)) => drop(std::collections::binary_heap::PeekMut::pop(head)),
            (_, None) => {}
        }
        Ok(Some(record))
    }
}

impl<const N: usize> Run<N> {
    pub(super) fn new(object: Object, byte_len: u64) -> Self {
        Run { object, left: 0..byte_len, ahead: None, asked: 0, block: Vec::new(), at: 0 }
    }

    async fn next(
        &mut self,
        block_len: u64,
        store: &impl Store,
    ) -> Result<Option<[u8; N]>, StoreError> {
        if self.at == self.block.len() {
            self.read_block(block_len, store).await?;
        }
        let rest = self.block.get(self.at..).unwrap_or_default();
        let record = rest.first_chunk().copied();
        if record.is_none() && !rest.is_empty() {
            return Err(StoreError::cut_off(&self.object.key));
        }
        self.at += N;
        Ok(record)
    }

    /// Takes the block that is on its way, and asks for the one behind it.
    async fn read_block(&mut self, block_len: u64, store: &impl Store) -> Result<(), StoreError> {
        self.block.clear();
        self.at = 0;
        let Some(mut body) = self.ahead.take() else { return Ok(()) };
        while let Some(piece) = body.pieces.try_next().await? {
            self.block.extend_from_slice(&piece);
        }
        // A run that ended early would hide the keys that it lacks.
        if self.block.len() as u64 != body.byte_len || body.byte_len != self.asked {
            return Err(StoreError::cut_off(&self.object.key));
        }
        self.fetch(block_len, store).await
    }

    async fn fetch(&mut self, block_len: u64, store: &impl Store) -> Result<(), StoreError> {
        if self.left.is_empty() {
            return Ok(());
        }
        let end = self.left.end.min(self.left.start + block_len);
        self.asked = end - self.left.start;
        self.ahead = Some(store.open(&self.object, Some(self.left.start..end)).await?);
        self.left.start = end;
        Ok(())
    }
}
