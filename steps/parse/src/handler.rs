//! I/O around the parse: a range of the file in, columns, rejects and books out.

use arrow_ipc::writer::StreamWriter;
use arrow_schema::{ArrowError, Schema};
use bytes::Bytes;
use futures_util::stream::BoxStream;
use futures_util::{StreamExt, TryStreamExt, pin_mut};
use lambda_runtime::tracing::info;
use shared::contract::Contract;
use shared::job::{Parsed, Work, write_json};
use shared::message::{ChunkTask, Counts, Done};
use shared::store::{Object, Store, StoreError, Upload};
use shared::table::Position;
use shared::warm::Warm;

use crate::chunk::{ChunkParser, ParsedRows};
use crate::error::ParseError;
use crate::prepared::Prepared;

/// An object as it arrives.
type Pieces = BoxStream<'static, Result<Bytes, StoreError>>;

/// Bytes that are parsed at a time.
const PIECE_LEN: usize = 256 << 10;

/// Parses one chunk. `warm` is kept by the process, by the names of executions: what the job of one
/// says never changes once it has chunks.
///
/// # Errors
/// [`ParseError`], never for what the chunk holds.
pub async fn handle(
    task: ChunkTask,
    store: &impl Store,
    warm: &Warm<String, Prepared>,
) -> Result<Done, ParseError> {
    let ChunkTask { execution, chunk } = task;
    let work = Work { execution: &execution };
    let prepared = warm.only(execution.clone(), Prepared::read(work, store)).await?;
    let Prepared { job, contract, foreign_keys } = &*prepared;
    let (object, range) = job.text(work, chunk);
    let mut key_faults = key_faults(contract, work, chunk.index, store).await?;
    let first = Position { row_number: chunk.first_row, line_number: chunk.first_line };
    let mut parser = ChunkParser::new(contract, &job.layout, first, foreign_keys)
        .with_totals(&job.totals, &job.layout);
    let mut output = Output::new(work, chunk.index, &parser.schema(), store)?;
    let text = store.read(&object, range);
    pin_mut!(text);
    while let Some(piece) = text.next().await {
        // In small pieces, so that few faults need to be known ahead of them.
        for piece in piece?.chunks(PIECE_LEN) {
            read_key_faults(&mut key_faults, &mut parser, piece.len()).await?;
            output.write(parser.push(piece)?).await?;
        }
    }
    read_key_faults(&mut key_faults, &mut parser, usize::MAX).await?;
    output.write(parser.finish()?).await?;
    let counts = parser.counts();
    if counts.read_count != chunk.record_count {
        let (planned, found) = (chunk.record_count, counts.read_count);
        return Err(ParseError::RecordCount { planned, found });
    }
    output.finish().await?;
    let index = chunk.index;
    let Counts { read_count, accepted_count, rejected_count } = counts;
    info!(execution, index, read_count, accepted_count, rejected_count, "parsed");
    write_json(store, work.parsed(index), &Parsed { counts, totals: parser.totals() }).await?;
    Ok(Done {})
}

/// What a chunk leaves behind, written as it comes.
struct Output<S: Store> {
    /// The accepted rows, as an Arrow IPC stream.
    ///
    /// Not compressed, for the sake of `sluice check`. Measured on lineitem, for each MB of CSV, writing
    /// and reading together: 1.1 ms of CPU and 1.3 MB as it is, 2.7 ms and 0.54 MB with lz4, 4.7 ms and
    /// 0.31 MB with zstd. So zstd costs a disk 3.6 ms and gains it nothing; a network of 90 MB/s, there
    /// and back, it saves 22 ms.
    writer: StreamWriter<Vec<u8>>,
    rows: S::Upload,
    faults: S::Upload,
    has_faults: bool,
}

impl<S: Store> Output<S> {
    fn new(work: Work<'_>, index: usize, schema: &Schema, store: &S) -> Result<Self, ArrowError> {
        Ok(Output {
            writer: StreamWriter::try_new(Vec::new(), schema)?,
            rows: store.upload(&work.parsed_rows(index)),
            faults: store.upload(&work.parse_faults(index)),
            has_faults: false,
        })
    }

    async fn write(&mut self, parsed: Vec<ParsedRows>) -> Result<(), ParseError> {
        for ParsedRows { batch, faults } in parsed {
            if batch.num_rows() > 0 {
                self.writer.write(&batch)?;
                self.rows.write(std::mem::take(self.writer.get_mut()).into()).await?;
            }
            if !faults.is_empty() {
                self.has_faults = true;
                self.faults.write(faults.into_bytes().into()).await?;
            }
        }
        Ok(())
    }

    async fn finish(mut self) -> Result<(), ParseError> {
        self.writer.finish()?;
        self.rows.write(self.writer.into_inner()?.into()).await?;
        self.rows.finish().await?;
        if self.has_faults {
            self.faults.finish().await?;
        }
        Ok(())
    }
}

/// The log of what the whole file shows to be wrong with the keys of the chunk; none if there are no keys.
async fn key_faults(
    contract: &Contract,
    work: Work<'_>,
    index: usize,
    store: &impl Store,
) -> Result<Option<Pieces>, StoreError> {
    if contract.input.schema.keys.is_empty() {
        return Ok(None);
    }
    let body = store.open(&Object::output(work.key_faults(index)), None).await?;
    Ok(Some(body.pieces))
}

/// Reads on in the log until the parser knows enough for `byte_len` more bytes.
async fn read_key_faults(
    log: &mut Option<Pieces>,
    parser: &mut ChunkParser<'_>,
    byte_len: usize,
) -> Result<(), ParseError> {
    while let Some(pieces) = log.as_mut().filter(|_| parser.wants_key_faults(byte_len)) {
        if let Some(piece) = pieces.try_next().await? {
            parser.push_key_faults(&piece);
        } else {
            parser.finish_key_faults()?;
            *log = None;
        }
    }
    Ok(())
}
