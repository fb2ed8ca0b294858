//! The rejected rows of a file, in words: a file with a record for each fault, and one with the
//! records themselves, to be corrected.
//!
//! Both are written chunk by chunk, so that a file may have any number of faults.

use bytes::Bytes;
use shared::contract::Contract;
use shared::corrections::Corrections;
use shared::fault::{CodeCounts, Faults, HEADER, Wording, merge};
use shared::job::{Job, Work};
use shared::message::Chunk;
use shared::report::{corrections_key, rejects_key};
use shared::store::{Object, Store, Upload, read_whole};
use shared::table::Position;

use crate::error::AggregateError;

/// The faults that the steps found in a chunk.
#[derive(Debug, Clone, Default)]
pub(crate) struct ChunkFaults {
    pub(crate) parse: Bytes,
    pub(crate) enrich: Bytes,
}

/// Writes both files.
pub(crate) struct RejectFiles<'a, S: Store> {
    job: &'a Job,
    work: Work<'a>,
    wording: Wording<'a>,
    corrections: Corrections<'a>,
    store: &'a S,
    /// The two files, once there is a fault.
    uploads: Option<(S::Upload, S::Upload)>,
    codes: CodeCounts,
}

/// What was written.
pub(crate) struct RejectsWritten {
    pub(crate) codes: CodeCounts,
    pub(crate) rejects: Option<String>,
    pub(crate) corrections: Option<String>,
}

impl<'a, S: Store> RejectFiles<'a, S> {
    pub(crate) fn new(job: &'a Job, contract: &'a Contract, work: Work<'a>, store: &'a S) -> Self {
        RejectFiles {
            job,
            work,
            wording: Wording::new(contract, &job.layout),
            corrections: Corrections::new(contract, &job.layout),
            store,
            uploads: None,
            codes: CodeCounts::new(),
        }
    }

    /// Writes the faults of the next chunk, and gives the number of rows that have one.
    pub(crate) async fn add(
        &mut self,
        chunk: Chunk,
        faults: &ChunkFaults,
    ) -> Result<u64, AggregateError> {
        if faults.parse.is_empty() && faults.enrich.is_empty() {
            return Ok(0);
        }
        let (rejects, row_count) = self.rejects(faults)?;
        let (object, range) = self.job.text(self.work, chunk);
        let text = read_whole(self.store, &object, range, chunk.end - chunk.start).await?;
        let first = Position { row_number: chunk.first_row, line_number: chunk.first_line };
        let records = self.corrections.chunk(&text, first, all(faults))?;
        let (to_rejects, to_corrections) = self.uploads().await?;
        to_rejects.write(&rejects).await?;
        to_corrections.write(&records).await?;
        Ok(row_count)
    }

    /// The faults in words, as CSV without a header, and the number of rows.
    fn rejects(&mut self, faults: &ChunkFaults) -> Result<(Vec<u8>, u64), AggregateError> {
        let mut writer = csv::WriterBuilder::new().has_headers(false).from_writer(Vec::new());
        let (mut row_count, mut last_row) = (0, None);
        for fault in all(faults) {
            let fault = fault?;
            writer.serialize(self.wording.reject(&fault))?;
            *self.codes.entry(fault.kind.code()).or_insert(0) += 1;
            row_count += u64::from(last_row.replace(fault.row_number) != Some(fault.row_number));
        }
        let rejects = writer.into_inner().map_err(|error| csv::Error::from(error.into_error()))?;
        Ok((rejects, row_count))
    }

    /// The files, which are begun with the first fault.
    async fn uploads(&mut self) -> Result<&mut (S::Upload, S::Upload), AggregateError> {
        let uploads = match self.uploads.take() {
            Some(uploads) => uploads,
            None => self.begin().await?,
        };
        Ok(self.uploads.insert(uploads))
    }

    async fn begin(&self) -> Result<(S::Upload, S::Upload), AggregateError> {
        let [rejects, corrections] = self.keys();
        let mut uploads = (self.store.upload(&rejects), self.store.upload(&corrections));
        let mut header = csv::WriterBuilder::new().from_writer(Vec::new());
        header.write_record(HEADER)?;
        let header = header.into_inner().map_err(|error| csv::Error::from(error.into_error()))?;
        uploads.0.write(&header).await?;
        uploads.1.write(&self.corrections.start(&self.job.preamble)).await?;
        Ok(uploads)
    }

    fn keys(&self) -> [String; 2] {
        let dataset = &self.job.file.dataset;
        [rejects_key, corrections_key].map(|key| key(dataset, self.work.execution))
    }

    /// Ends the files, if there are any.
    pub(crate) async fn finish(mut self) -> Result<RejectsWritten, AggregateError> {
        let mut written = RejectsWritten {
            codes: std::mem::take(&mut self.codes),
            rejects: None,
            corrections: None,
        };
        let keys = self.keys();
        if let Some((rejects, corrections)) = self.uploads {
            rejects.finish().await?;
            corrections.finish().await?;
            let [rejects, corrections] = keys;
            (written.rejects, written.corrections) = (Some(rejects), Some(corrections));
        }
        Ok(written)
    }
}

/// All faults of a chunk, in the order of the rows.
fn all(
    faults: &ChunkFaults,
) -> impl Iterator<Item = Result<shared::fault::Fault<'_>, shared::fault::LogError>> {
    merge(Faults::new(&faults.parse), Faults::new(&faults.enrich))
}

/// The faults that a step left behind; none if it left none.
pub(crate) async fn read_faults(
    key: String,
    limit: u64,
    store: &impl Store,
) -> Result<Bytes, AggregateError> {
    Ok(read_whole(store, &Object::output(key), None, limit).await?)
}
