//! The rejected rows of a file, in words: a file with a record for each fault, and one with the
//! records themselves, to be corrected.
//!
//! Both are written chunk by chunk, so that a file may have any number of faults.

use bytes::Bytes;
use shared::contract::Contract;
use shared::corrections::{Corrections, Which};
use shared::fault::{CodeCounts, Faults, HEADER, Wording, merge};
use shared::job::{Job, Work};
use shared::message::{Chunk, Verdict};
use shared::report::{corrections_key, rejects_key};
use shared::store::{Store, Upload, read_whole};
use shared::table::Position;

use crate::error::AggregateError;

/// The faults that the steps found in a chunk.
#[derive(Debug, Clone, Default)]
pub(crate) struct ChunkFaults {
    pub(crate) parse: Bytes,
    pub(crate) enrich: Bytes,
}

/// Bytes of text that are written at a time, about.
const PIECE_LEN: usize = 1 << 20;

/// Bytes of a reject in words, about.
const REJECT_LEN: usize = 100;

/// Bytes of a file that goes back as a whole: 1 GiB. Who has a larger one mends it where it is.
const WHOLE_LIMIT: u64 = 1 << 30;

/// Bytes of the chunks that are read again for the sake of the rejected records in them: 32 GiB, which
/// take less than half of the time that the step has. A reject file there is for any file.
pub const REJECTED_LIMIT: u64 = 32 << 30;

/// Writes both files.
pub(crate) struct RejectFiles<'a, S: Store> {
    job: &'a Job,
    work: Work<'a>,
    wording: Wording<'a>,
    corrections: Option<Corrections<'a>>,
    store: &'a S,
    rejects: S::Upload,
    returned: S::Upload,
    codes: CodeCounts,
}

/// What was written.
#[derive(Debug, Default)]
pub(crate) struct RejectsWritten {
    pub(crate) codes: CodeCounts,
    pub(crate) rejects: Option<String>,
    pub(crate) corrections: Option<String>,
}

/// What goes back of a file on which there is that verdict: of a quarantined one every record, since
/// none of them is published. Its text has `text_len` bytes, inflated and decoded, and the chunks in
/// which a row was rejected `rejected_len`.
pub(crate) fn returned(verdict: Verdict, text_len: u64, rejected_len: u64) -> Option<Which> {
    match verdict {
        Verdict::Publish => Some(Which::Rejected).filter(|_| rejected_len <= REJECTED_LIMIT),
        Verdict::Quarantine => Some(Which::All).filter(|_| text_len <= WHOLE_LIMIT),
    }
}

impl<'a, S: Store> RejectFiles<'a, S> {
    /// The files of a file of which those records go back, if any.
    pub(crate) async fn begin(
        job: &'a Job,
        contract: &'a Contract,
        work: Work<'a>,
        returned: Option<Which>,
        store: &'a S,
    ) -> Result<Self, AggregateError> {
        let corrections = returned.and_then(|which| Corrections::new(contract, &job.layout, which));
        let [rejects, returned] = keys(job, work).map(|key| store.upload(&key));
        let wording = Wording::new(contract, &job.layout);
        let codes = CodeCounts::new();
        let mut files =
            RejectFiles { job, work, wording, corrections, store, rejects, returned, codes };
        let mut header = csv::WriterBuilder::new().from_writer(Vec::new());
        header.write_record(HEADER)?;
        files.rejects.write(text(header)?.into()).await?;
        if let Some(corrections) = &files.corrections {
            files.returned.write(corrections.start(&job.preamble).into()).await?;
        }
        Ok(files)
    }

    /// Writes the next chunk, and gives the number of rows that have a fault.
    pub(crate) async fn add(
        &mut self,
        chunk: Chunk,
        faults: &ChunkFaults,
    ) -> Result<u64, AggregateError> {
        let row_count = self.add_rejects(faults).await?;
        let has_faults = !faults.parse.is_empty() || !faults.enrich.is_empty();
        let corrections = self.corrections.as_ref();
        // Most chunks of most files need not be read again.
        let corrections = corrections.filter(|found| has_faults || found.which() == Which::All);
        let Some(corrections) = corrections else { return Ok(row_count) };
        let (object, range) = self.job.text(self.work, chunk);
        let text = read_whole(self.store, &object, range, chunk.byte_len()).await?;
        let first = Position { row_number: chunk.first_row, line_number: chunk.first_line };
        let mut rows = corrections.rows(&text, first, all(faults));
        while let Some(piece) = rows.next_piece()? {
            self.returned.write(piece.into()).await?;
        }
        Ok(row_count)
    }

    async fn add_rejects(&mut self, faults: &ChunkFaults) -> Result<u64, AggregateError> {
        let (mut row_count, mut last_row) = (0, None);
        let mut faults = all(faults).peekable();
        while faults.peek().is_some() {
            let mut writer = csv::WriterBuilder::new().has_headers(false).from_writer(Vec::new());
            let mut told = 0;
            while told * REJECT_LEN < PIECE_LEN
                && let Some(fault) = faults.next()
            {
                let fault = fault?;
                self.wording.count(&fault, &mut self.codes);
                for reject in self.wording.rejects(&fault) {
                    writer.serialize(reject)?;
                    told += 1;
                }
                let row = Some(fault.row_number);
                row_count += u64::from(std::mem::replace(&mut last_row, row) != row);
            }
            self.rejects.write(text(writer)?.into()).await?;
        }
        Ok(row_count)
    }

    /// Ends the files.
    pub(crate) async fn finish(self) -> Result<RejectsWritten, AggregateError> {
        let [rejects, corrections] = keys(self.job, self.work);
        self.rejects.finish().await?;
        let has_corrections = self.corrections.is_some();
        if has_corrections {
            self.returned.finish().await?;
        }
        Ok(RejectsWritten {
            codes: self.codes,
            rejects: Some(rejects),
            corrections: has_corrections.then_some(corrections),
        })
    }
}

/// The keys of both files.
fn keys(job: &Job, work: Work<'_>) -> [String; 2] {
    [rejects_key, corrections_key].map(|key| key(&job.file.dataset, work.execution))
}

fn text(writer: csv::Writer<Vec<u8>>) -> Result<Vec<u8>, csv::Error> {
    writer.into_inner().map_err(|error| error.into_error().into())
}

/// All faults of a chunk, in the order of the rows.
fn all(
    faults: &ChunkFaults,
) -> impl Iterator<Item = Result<shared::fault::Fault<'_>, shared::fault::LogError>> {
    merge(Faults::new(&faults.parse), Faults::new(&faults.enrich))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_not_published_goes_back_unless_it_is_very_long() {
        let publish = |rejected_len| returned(Verdict::Publish, u64::MAX, rejected_len);
        assert_eq!(publish(REJECTED_LIMIT), Some(Which::Rejected));
        assert_eq!(publish(REJECTED_LIMIT + 1), None);
        let quarantine = |text_len| returned(Verdict::Quarantine, text_len, 0);
        assert_eq!(quarantine(WHOLE_LIMIT), Some(Which::All));
        assert_eq!(quarantine(WHOLE_LIMIT + 1), None);
    }
}
