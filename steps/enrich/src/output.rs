//! What a chunk leaves behind, written as it is made.

use arrow_array::RecordBatch;
use arrow_array::cast::AsArray;
use arrow_schema::ArrowError;
use bytes::Bytes;
use shared::fault::{Fault, FaultLog};
use shared::group::{GROUP_MEMORY, GroupBy};
use shared::stats::Stats;
use shared::store::{Store, StoreError, Upload};

use crate::enricher::{EnrichedBatch, Enricher};
use crate::error::EnrichError;
use crate::part::PartWriter;

/// The outputs of a chunk that is being enriched.
pub(crate) struct Output<'a, U> {
    enricher: &'a Enricher,
    groups: Vec<GroupBy<'a>>,
    part: PartWriter,
    part_object: Object<U>,
    faults: Object<U>,
    read_count: u64,
    rejected_count: u64,
}

/// What there is to say of the outputs of a chunk.
pub(crate) struct Written<'a> {
    pub(crate) rejected_count: u64,
    /// The size of the part in bytes and what it holds; None if there is none.
    pub(crate) part: Option<(u64, Stats)>,
    /// Those of the aggregates of the contract, in their order.
    pub(crate) groups: Vec<GroupBy<'a>>,
}

impl<'a, U: Upload> Output<'a, U> {
    /// No rows yet. The part and the log of faults have those keys, if they are to be.
    pub(crate) fn new(
        enricher: &'a Enricher,
        store: &impl Store<Upload = U>,
        part_key: &str,
        faults_key: &str,
    ) -> Result<Self, EnrichError> {
        let aggregates = &enricher.contract().aggregates;
        let groups = aggregates
            .iter()
            .map(|aggregate| GroupBy::new(aggregate, enricher.columns(), GROUP_MEMORY));
        Ok(Output {
            enricher,
            groups: groups.collect::<Result<_, _>>()?,
            part: PartWriter::new(enricher.schema()),
            part_object: Object::new(store.upload(part_key)),
            faults: Object::new(store.upload(faults_key)),
            read_count: 0,
            rejected_count: 0,
        })
    }

    /// Takes rows as `Parse` leaves them. Where they become too much text, a half after the other.
    pub(crate) async fn push(&mut self, parsed: &RecordBatch) -> Result<(), EnrichError> {
        let mut waiting = vec![parsed.clone()];
        while let Some(batch) = waiting.pop() {
            let row_count = batch.num_rows();
            match self.enricher.enrich(&batch) {
                Err(ArrowError::MemoryError(_)) if row_count > 1 => {
                    let half = row_count / 2;
                    waiting.push(batch.slice(half, row_count - half));
                    waiting.push(batch.slice(0, half));
                }
                enriched => self.take(enriched?, row_count).await?,
            }
        }
        Ok(())
    }

    async fn take(&mut self, batch: EnrichedBatch, read_count: usize) -> Result<(), EnrichError> {
        let EnrichedBatch { rows, row_numbers, measured, faults } = batch;
        self.read_count += read_count as u64;
        self.rejected_count += (read_count - rows.num_rows()) as u64;
        for group in &mut self.groups {
            group.push(&measured, row_numbers.as_primitive())?;
        }
        if self.groups.iter().map(GroupBy::memory_size).sum::<u64>() > GROUP_MEMORY {
            // Those of the file take no less: it is refused, whichever of them is merged first.
            self.groups.iter_mut().for_each(GroupBy::give_up);
        }
        let ready = self.part.write(&rows)?;
        self.part_object.write(ready).await?;
        self.faults.write(log(&faults)).await?;
        Ok(())
    }

    /// Rows so far.
    pub(crate) fn read_count(&self) -> u64 {
        self.read_count
    }

    /// Ends the part and the log.
    pub(crate) async fn finish(mut self) -> Result<Written<'a>, EnrichError> {
        let part = match self.part.finish()? {
            None => None,
            Some((rest, stats)) => {
                self.part_object.write(rest).await?;
                Some((self.part_object.finish().await?, stats))
            }
        };
        self.faults.finish().await?;
        Ok(Written { rejected_count: self.rejected_count, part, groups: self.groups })
    }
}

fn log(faults: &[Fault<'_>]) -> Bytes {
    let mut log = FaultLog::default();
    for fault in faults {
        log.push(fault);
    }
    log.into_bytes().into()
}

/// An object that is not there at all if nothing is written to it.
struct Object<U> {
    upload: U,
    byte_len: u64,
}

impl<U: Upload> Object<U> {
    fn new(upload: U) -> Self {
        Object { upload, byte_len: 0 }
    }

    async fn write(&mut self, piece: Bytes) -> Result<(), StoreError> {
        if piece.is_empty() {
            return Ok(());
        }
        self.byte_len += piece.len() as u64;
        self.upload.write(piece).await
    }

    /// Its size in bytes.
    async fn finish(self) -> Result<u64, StoreError> {
        if self.byte_len > 0 {
            self.upload.finish().await?;
        }
        Ok(self.byte_len)
    }
}
