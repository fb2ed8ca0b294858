//! The rejected rows of a file, in words: a file with a record for each fault, and one with the
//! records themselves, to be corrected.
//!
//! Both are written chunk by chunk, so that a file may have any number of faults.

use futures_util::TryStreamExt;
use futures_util::future::try_join3;
use shared::contract::Contract;
use shared::corrections::{Corrections, Which};
use shared::fault::{CodeCounts, Fault, HEADER, Reject, Wording};
use shared::job::{Job, Work};
use shared::message::{Chunk, Verdict};
use shared::report::{corrections_key, rejects_key};
use shared::rows::RowReader;
use shared::store::{Body, Object, Store, StoreError, Upload};
use shared::table::Position;

use crate::books::ChunkBooks;
use crate::error::AggregateError;
use crate::faults::ChunkFaults;
use crate::windows::{Window, Windows};

/// Bytes of text that are looked at, or written, at a time, about.
const PIECE_LEN: usize = 1 << 20;

/// Bytes of a file that goes back as a whole: 1 GiB. Who has a larger one mends it where it is.
const WHOLE_LIMIT: u64 = 1 << 30;

/// Bytes of the chunks that are read again for the sake of the rejected records in them: 32 GiB, which
/// take less than half of the time that the step has. A reject file there is for any file.
pub const REJECTED_LIMIT: u64 = 32 << 30;

/// Writes both files.
pub(crate) struct RejectFiles<'a, S: Store> {
    job: &'a Job,
    work: Work<'a>,
    rejects: RejectFile<'a, S::Upload>,
    returned: Option<ReturnedFile<'a, S::Upload>>,
}

/// The file with a record for each fault.
struct RejectFile<'a, U> {
    wording: Wording<'a>,
    writer: csv::Writer<Vec<u8>>,
    upload: U,
    codes: CodeCounts,
    /// Rows of the chunk that have a fault, and the last of them.
    row_count: u64,
    last_row: Option<u64>,
}

/// The file with the records that go back.
struct ReturnedFile<'a, U> {
    job: &'a Job,
    contract: &'a Contract,
    corrections: Corrections<'a>,
    upload: U,
}

/// A chunk of which a row was rejected, or all rows are to go back.
pub(crate) struct OpenChunk {
    pub(crate) chunk: Chunk,
    faults: ChunkFaults,
    /// Its text, if there is something in it that goes back.
    text: Option<Body>,
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

impl OpenChunk {
    /// Opens what is needed of a chunk with those books: what comes first of it is on its way then.
    pub(crate) async fn open(
        job: &Job,
        work: Work<'_>,
        books: ChunkBooks,
        which: Option<Which>,
        store: &impl Store,
    ) -> Result<Self, StoreError> {
        let chunk = books.chunk;
        let index = chunk.index;
        let log = |key: String, rejected_count: u64| async move {
            if rejected_count == 0 {
                return Ok(None);
            }
            store.open(&Object::output(key), None).await.map(Some)
        };
        // Most chunks of most files need not be read again.
        let is_read = match which {
            None => false,
            Some(Which::Rejected) => books.rejected_count() > 0,
            Some(Which::All) => true,
        };
        let text = async {
            if !is_read {
                return Ok(None);
            }
            let (object, range) = job.text(work, chunk);
            store.open(&object, range).await.map(Some)
        };
        let parse = log(work.parse_faults(index), books.parsed.rejected_count);
        let enrich = log(work.enrich_faults(index), books.enriched.rejected_count);
        let (parse, enrich, text) = try_join3(parse, enrich, text).await?;
        Ok(OpenChunk { chunk, faults: ChunkFaults::new(parse, enrich), text })
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
        let [rejects, returned_key] = keys(job, work).map(|key| store.upload(&key));
        let rejects = RejectFile::begin(Wording::new(contract, &job.layout), rejects)?;
        let corrections = returned.and_then(|which| Corrections::new(contract, &job.layout, which));
        let mut files = RejectFiles { job, work, rejects, returned: None };
        if let Some(corrections) = corrections {
            let mut upload = returned_key;
            upload.write(corrections.start(&job.preamble).into()).await?;
            files.returned = Some(ReturnedFile { job, contract, corrections, upload });
        }
        Ok(files)
    }

    /// Which records go back, if any.
    pub(crate) fn which(&self) -> Option<Which> {
        Some(self.returned.as_ref()?.corrections.which())
    }

    /// Writes the next chunk, and gives the number of rows that have a fault.
    pub(crate) async fn add(&mut self, chunk: OpenChunk) -> Result<u64, AggregateError> {
        let OpenChunk { chunk, mut faults, text } = chunk;
        if let (Some(file), Some(text)) = (&mut self.returned, text) {
            file.add(chunk, text, &mut faults, &mut self.rejects).await?;
        }
        // Where no text was read, all of them.
        while let Some(fault) = faults.next(u64::MAX).await? {
            self.rejects.add(&fault).await?;
        }
        Ok(self.rejects.end_chunk())
    }

    /// Ends the files.
    pub(crate) async fn finish(self) -> Result<RejectsWritten, AggregateError> {
        let [rejects, corrections] = keys(self.job, self.work);
        let codes = self.rejects.finish().await?;
        let has_corrections = self.returned.is_some();
        if let Some(file) = self.returned {
            file.upload.finish().await?;
        }
        let corrections = has_corrections.then_some(corrections);
        Ok(RejectsWritten { codes, rejects: Some(rejects), corrections })
    }
}

impl<'a, U: Upload> RejectFile<'a, U> {
    fn begin(wording: Wording<'a>, upload: U) -> Result<Self, AggregateError> {
        let mut writer = writer();
        writer.write_record(HEADER)?;
        let codes = CodeCounts::new();
        Ok(RejectFile { wording, writer, upload, codes, row_count: 0, last_row: None })
    }

    /// Writes a fault in words, and gives them.
    async fn add(&mut self, fault: &Fault<'_>) -> Result<Vec<Reject>, AggregateError> {
        self.wording.count(fault, &mut self.codes);
        let rejects = self.wording.rejects(fault);
        for reject in &rejects {
            self.writer.serialize(reject)?;
        }
        let row = Some(fault.row_number);
        self.row_count += u64::from(std::mem::replace(&mut self.last_row, row) != row);
        if self.writer.get_ref().len() >= PIECE_LEN {
            self.write().await?;
        }
        Ok(rejects)
    }

    async fn write(&mut self) -> Result<(), AggregateError> {
        let text = std::mem::replace(&mut self.writer, writer()).into_inner();
        let text = text.map_err(|error| csv::Error::from(error.into_error()))?;
        Ok(self.upload.write(text.into()).await?)
    }

    /// The number of rows that had a fault since the last call.
    fn end_chunk(&mut self) -> u64 {
        self.last_row = None;
        std::mem::take(&mut self.row_count)
    }

    async fn finish(mut self) -> Result<CodeCounts, AggregateError> {
        self.write().await?;
        self.upload.finish().await?;
        Ok(self.codes)
    }
}

impl<U: Upload> ReturnedFile<'_, U> {
    /// Writes the rows of a chunk that go back, and their faults to `rejects`.
    async fn add(
        &mut self,
        chunk: Chunk,
        mut text: Body,
        faults: &mut ChunkFaults,
        rejects: &mut RejectFile<'_, U>,
    ) -> Result<(), AggregateError> {
        let first = Position { row_number: chunk.first_row, line_number: chunk.first_line };
        let mut windows = Windows::new(&self.contract.input.dialect.grammar, first);
        while let Some(piece) = text.pieces.try_next().await? {
            for piece in piece.chunks(PIECE_LEN) {
                self.add_window(&windows.push(piece)?, faults, rejects).await?;
            }
        }
        self.add_window(&windows.finish()?, faults, rejects).await
    }

    async fn add_window(
        &mut self,
        window: &Window,
        faults: &mut ChunkFaults,
        rejects: &mut RejectFile<'_, U>,
    ) -> Result<(), AggregateError> {
        let (dialect, layout) = (&self.contract.input.dialect, &self.job.layout);
        let mut rows = RowReader::new(dialect, layout, &window.text, window.first);
        let mut out = Vec::new();
        while let Some(row) = rows.read() {
            let mut told = Vec::new();
            while let Some(fault) = faults.next(row.position.row_number).await? {
                told.extend(rejects.add(&fault).await?);
            }
            self.corrections.add(&row, &told, &mut out);
        }
        Ok(self.upload.write(out.into()).await?)
    }
}

/// Writes records without a header of their own.
fn writer() -> csv::Writer<Vec<u8>> {
    csv::WriterBuilder::new().has_headers(false).from_writer(Vec::new())
}

/// The keys of both files.
fn keys(job: &Job, work: Work<'_>) -> [String; 2] {
    [rejects_key, corrections_key].map(|key| key(&job.file.dataset, work.execution))
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
