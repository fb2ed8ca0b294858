//! One part of the work over a file, and what it took.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::time::Instant;

use clap::ValueEnum;
use rustix::time::{ClockId, clock_gettime};
use serde::Serialize;
use shared::contract::{Contract, ContractError};
use shared::message::Chunk;
use validate::Scanned;

use crate::figures::Table;
use crate::work::{self, Scanner, WorkError};

/// Bytes that are read at a time.
const PIECE_LEN: usize = 256 * 1024;

/// A part of the work.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// Find the records of the file and plan its chunks
    Scan,
    /// Make typed columns of the records, chunk by chunk
    Parse,
    /// Make a Parquet file of each chunk
    Parquet,
}

/// What is to be run.
#[derive(Debug)]
pub struct Run {
    /// The part.
    pub part: Part,
    /// The file.
    pub file: PathBuf,
    /// Its contract.
    pub contract: PathBuf,
    /// Bytes of a chunk, about.
    pub chunk_bytes: u64,
    /// The folder for Parquet files.
    pub output: Option<PathBuf>,
}

/// What it took, and what came out.
#[derive(Debug, Serialize)]
pub struct Measured {
    part: Part,
    seconds: Seconds,
    /// Size of the file.
    bytes: u64,
    /// Number of accepted rows.
    rows: u64,
    rejected: u64,
    columns: Table,
}

/// Seconds, without those in which figures were made or a chunk was found.
#[derive(Debug, Clone, Copy, Default, Serialize)]
struct Seconds {
    wall: f64,
    cpu: f64,
}

/// A run that did not end.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// A file cannot be read or written.
    #[error("cannot use `{path}`")]
    File {
        /// Its path.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// The contract is none.
    #[error("cannot read the contract")]
    Contract(#[from] ContractError),
    /// The work itself.
    #[error("cannot do the work")]
    Work(#[from] WorkError),
}

impl Run {
    /// Does the work.
    ///
    /// # Errors
    /// [`RunError`].
    pub fn run(&self) -> Result<Measured, RunError> {
        let descriptor = std::fs::read(&self.contract).map_err(failed(&self.contract))?;
        let contract = Contract::parse(&descriptor, None)?;
        let mut seconds = Seconds::default();
        let scanned = seconds.add(|| self.scan(&contract))?;
        let mut measured = Measured {
            part: self.part,
            seconds,
            bytes: scanned.byte_len,
            rows: scanned.record_count,
            rejected: 0,
            columns: Table::default(),
        };
        if self.part != Part::Scan {
            measured.seconds = Seconds::default();
            measured.rows = 0;
            self.parse(&contract, &scanned, &mut measured)?;
        }
        Ok(measured)
    }

    fn scan(&self, contract: &Contract) -> Result<Scanned, RunError> {
        let mut file = File::open(&self.file).map_err(failed(&self.file))?;
        let mut scanner = Scanner::new(contract, self.chunk_bytes);
        let mut piece = vec![0; PIECE_LEN];
        loop {
            let len = file.read(&mut piece).map_err(failed(&self.file))?;
            if len == 0 {
                return Ok(scanner.finish()?);
            }
            scanner.push(piece.get(..len).unwrap_or_default())?;
        }
    }

    fn parse(
        &self,
        contract: &Contract,
        scanned: &Scanned,
        measured: &mut Measured,
    ) -> Result<(), RunError> {
        let mut file = File::open(&self.file).map_err(failed(&self.file))?;
        let references = BTreeMap::new();
        let enricher = work::enricher(contract, &references)?;
        let mut text = Vec::new();
        for &chunk in &scanned.chunks {
            let parsed = measured.seconds.add(|| {
                read_chunk(&mut file, chunk, &mut text).map_err(failed(&self.file))?;
                Ok::<_, RunError>(work::parse(contract, &scanned.layout, chunk, &text)?)
            })?;
            measured.rows += parsed.counts.accepted_count;
            measured.rejected += parsed.counts.rejected_count;
            for batch in &parsed.batches {
                work::fields(batch).for_each(|(name, values)| measured.columns.add(name, values));
            }
            if self.part == Part::Parquet {
                let path = self.part_path(chunk);
                measured.seconds.add(|| {
                    let rows = parsed.batches.iter().map(|batch| work::enrich(&enricher, batch));
                    let rows = rows.collect::<Result<Vec<_>, _>>()?;
                    let bytes = work::encode(&enricher, &rows)?;
                    std::fs::write(&path, bytes).map_err(failed(&path))
                })?;
            }
        }
        Ok(())
    }

    fn part_path(&self, chunk: Chunk) -> PathBuf {
        let folder = self.output.as_deref().unwrap_or(Path::new(""));
        folder.join(format!("{:05}.parquet", chunk.index))
    }
}

impl Seconds {
    /// Adds what `work` takes.
    fn add<T, E>(&mut self, work: impl FnOnce() -> Result<T, E>) -> Result<T, E> {
        let (wall, cpu) = (Instant::now(), cpu_seconds());
        let result = work();
        self.cpu += cpu_seconds() - cpu;
        self.wall += wall.elapsed().as_secs_f64();
        result
    }
}

/// Seconds of user and system time that this process took so far.
#[allow(clippy::cast_precision_loss, reason = "half a nanosecond does not matter")]
fn cpu_seconds() -> f64 {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    time.tv_sec as f64 + time.tv_nsec as f64 / 1e9
}

fn read_chunk(file: &mut File, chunk: Chunk, text: &mut Vec<u8>) -> io::Result<()> {
    text.clear();
    text.resize(usize::try_from(chunk.end - chunk.start).unwrap_or_default(), 0);
    file.seek(SeekFrom::Start(chunk.start))?;
    file.read_exact(text)
}

fn failed(path: &Path) -> impl FnOnce(io::Error) -> RunError + '_ {
    |source| RunError::File { path: path.to_owned(), source }
}
