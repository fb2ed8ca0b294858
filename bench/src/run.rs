//! One part of the work over a file, and what it took.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::time::Instant;

use arrow_array::RecordBatch;
use bytes::Bytes;
use clap::ValueEnum;
use enrich::Enricher;
use parse::ForeignKeys;
use rustix::time::{ClockId, clock_gettime};
use serde::Serialize;
use shared::contract::{Contract, ContractError};
use shared::message::Chunk;
use validate::{Hasher, Scanned};

use crate::figures::Table;
use crate::work::{self, PIECE_LEN, WorkError};

/// A part of the work.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Part {
    /// Find the records of the file, plan its chunks and hash it: on a second thread, where there is a
    /// processor for it
    Scan,
    /// The same on one thread
    ScanAlone,
    /// Make typed columns of the records, chunk by chunk
    Parse,
    /// Make a Parquet file of each chunk
    Parquet,
    /// Make an index of each reference table, and add their columns to typed rows
    Join,
    /// Make each aggregate of typed rows
    Group,
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
    /// Of a scan: the SHA-256 of the file in hexadecimal.
    #[serde(skip_serializing_if = "Option::is_none")]
    sha256: Option<String>,
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
        let (scanned, sha256) = seconds.add(|| self.scan(&contract))?;
        let mut measured = Measured {
            part: self.part,
            seconds,
            bytes: scanned.byte_len,
            rows: scanned.record_count,
            rejected: 0,
            sha256: Some(sha256),
            columns: Table::default(),
        };
        if matches!(self.part, Part::Scan | Part::ScanAlone) {
            return Ok(measured);
        }
        measured = Measured { seconds: Seconds::default(), rows: 0, sha256: None, ..measured };
        let batches = self.parse(&contract, &scanned, &mut measured)?;
        if matches!(self.part, Part::Join | Part::Group) {
            // What it took to make typed rows is not asked for.
            (measured.seconds, measured.columns) = (Seconds::default(), Table::default());
            self.enrich(&contract, &batches, &mut measured)?;
        }
        Ok(measured)
    }

    fn scan(&self, contract: &Contract) -> Result<(Scanned, String), RunError> {
        let file = File::open(&self.file).map_err(failed(&self.file))?;
        let hasher = if self.part == Part::ScanAlone { Hasher::here() } else { Hasher::new() };
        Ok(work::scan(contract, self.chunk_bytes, hasher, pieces(file))?)
    }

    fn parse(
        &self,
        contract: &Contract,
        scanned: &Scanned,
        measured: &mut Measured,
    ) -> Result<Vec<RecordBatch>, RunError> {
        let mut file = File::open(&self.file).map_err(failed(&self.file))?;
        let enricher = work::enricher(contract, &[])?;
        let mut batches = Vec::new();
        let foreign_keys = ForeignKeys::default();
        let mut piece = vec![0; PIECE_LEN];
        for &chunk in &scanned.chunks {
            file.seek(SeekFrom::Start(chunk.start)).map_err(failed(&self.file))?;
            let mut text = file.by_ref().take(chunk.end - chunk.start);
            let mut parser = work::parser(contract, &scanned.layout, chunk, &foreign_keys);
            let mut part = self.part(&enricher, chunk)?;
            let mut len = piece.len();
            while len > 0 {
                len = measured.seconds.add(|| text.read(&mut piece)).map_err(failed(&self.file))?;
                let parsed = measured.seconds.add(|| match piece.get(..len) {
                    Some(bytes) if len > 0 => parser.push(bytes),
                    _ => parser.finish(),
                });
                for rows in parsed.map_err(WorkError::from)? {
                    if matches!(self.part, Part::Join | Part::Group) {
                        batches.push(rows.batch);
                    } else {
                        measured.take(&enricher, &rows.batch, part.as_mut())?;
                    }
                }
            }
            measured.rows += parser.counts().accepted_count;
            measured.rejected += parser.counts().rejected_count;
            if let Some(part) = part {
                measured.seconds.add(|| part.finish())?;
            }
        }
        Ok(batches)
    }

    /// Adds the columns of reference tables, and makes aggregates if these are asked for.
    fn enrich(
        &self,
        contract: &Contract,
        batches: &[RecordBatch],
        measured: &mut Measured,
    ) -> Result<(), RunError> {
        let texts = self.texts(contract)?;
        let tables = work::tables(contract, &texts)?;
        if self.part == Part::Join {
            let enricher = measured.seconds.add(|| work::enricher(contract, &tables))?;
            for batch in batches {
                let rows = measured.seconds.add(|| work::enrich(&enricher, batch))?;
                work::named(&rows).for_each(|(name, values)| measured.columns.add(name, values));
            }
            return Ok(());
        }
        let enricher = work::enricher(contract, &tables)?;
        let rows = batches.iter().map(|batch| work::measured(&enricher, batch));
        let rows: Vec<_> = rows.collect::<Result<_, _>>()?;
        let columns = contract.measured_columns();
        for aggregate in &contract.aggregates {
            let groups = measured.seconds.add(|| work::results(aggregate, &columns, &rows))?;
            for (name, values) in work::named(&groups) {
                measured.columns.add(format!("{}.{name}", aggregate.name), values);
            }
        }
        Ok(())
    }

    /// The texts of the reference tables, which lie beside the contract.
    fn texts<'c>(&self, contract: &'c Contract) -> Result<BTreeMap<&'c str, String>, RunError> {
        let mut texts = BTreeMap::new();
        for resource in &contract.references {
            let path = self.contract.with_file_name(&resource.path);
            let text = std::fs::read_to_string(&path).map_err(failed(&path))?;
            texts.insert(resource.name.as_str(), text);
        }
        Ok(texts)
    }

    /// The Parquet file of a chunk, if there is to be one.
    fn part(
        &self,
        enricher: &Enricher,
        chunk: Chunk,
    ) -> Result<Option<work::Part<File>>, RunError> {
        if self.part != Part::Parquet {
            return Ok(None);
        }
        let folder = self.output.as_deref().unwrap_or(Path::new(""));
        let path = folder.join(format!("{:05}.parquet", chunk.index));
        let file = File::create(&path).map_err(failed(&path))?;
        Ok(Some(work::Part::new(enricher, file)))
    }
}

impl Measured {
    /// Takes parsed rows.
    fn take(
        &mut self,
        enricher: &Enricher,
        parsed: &RecordBatch,
        part: Option<&mut work::Part<File>>,
    ) -> Result<(), WorkError> {
        work::fields(parsed).for_each(|(name, values)| self.columns.add(name, values));
        let Some(part) = part else { return Ok(()) };
        self.seconds.add(|| part.write(&work::enrich(enricher, parsed)?))
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

/// The bytes of a file.
fn pieces(mut file: File) -> impl Iterator<Item = io::Result<Bytes>> {
    std::iter::from_fn(move || {
        // Not `read_to_end`: it asks for so little at a time that the calls can be seen.
        let mut piece = vec![0; PIECE_LEN];
        match file.read(&mut piece) {
            Ok(0) => None,
            Ok(len) => {
                piece.truncate(len);
                Some(Ok(piece.into()))
            }
            Err(error) => Some(Err(error)),
        }
    })
}

fn failed(path: &Path) -> impl FnOnce(io::Error) -> RunError + '_ {
    |source| RunError::File { path: path.to_owned(), source }
}
