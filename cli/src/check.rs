//! `sluice check`: the dry run of one file, in this process and without AWS.
//!
//! The very code of the steps runs over a folder, in the order of the state machine.

mod accepted;
mod error;
mod outputs;
mod progress;
mod steps;

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::UNIX_EPOCH;

use clap::Args;
use shared::completeness::{manifest_key, manifest_path};
use shared::contract::Contract;
use shared::fault::{FileFault, HEADER, Reject};
use shared::job::{Job, Work, read_json};
use shared::message::{Chunk, Dropped};
use shared::report::{self, Outcome, Report};
use shared::store::{Area, FolderStore, Object, Store};
use start::identity::file_id;
use start::name::ExecutionName;

pub use error::CheckError;

use crate::machine::{Ended, Machine};
use crate::steps::{DEFINITION, substitutions};
use accepted::ReadFile;
use steps::{DryRun, SURVEY_BYTES};

/// The bucket of a file that was never in one.
const LOCAL_BUCKET: &str = "local";

/// Check a CSV file against its contract, here and now, without AWS
#[derive(Debug, Args)]
#[command(after_help = "\
Exit code: 0 the file would be published, 1 it would be quarantined, 2 the check itself failed
(usage, contract, input or output).

Example:
  sluice check sample-data/input/flights/ragged.csv \\
    --contract sample-data/contracts/flights/datapackage.json --rejects rejects.csv")]
pub struct Arguments {
    /// The CSV file to check; its manifest, if it has one, is FILE.manifest.json beside it
    pub file: PathBuf,
    /// The contract: a Data Package descriptor; its reference tables lie beside it
    #[arg(long, value_name = "PATH")]
    pub contract: PathBuf,
    /// The resource of the contract that describes the file [default: the first]
    #[arg(long, value_name = "NAME")]
    pub resource: Option<String>,
    /// Write the accepted records there: CSV with a header and the original text of every value
    #[arg(long, value_name = "PATH")]
    pub accepted: Option<PathBuf>,
    /// Write the faults of the other records there, one a line: CSV with `row_number` (the first record
    /// of the file is row 1), column, code, reason, `line_number`, expected and found
    #[arg(long, value_name = "PATH")]
    pub rejects: Option<PathBuf>,
    /// Write the rejected records there as their sender can mend them: the file's own header, order and
    /// text, with what is wrong in front; once corrected, the file is accepted as it is
    #[arg(long, value_name = "PATH")]
    pub corrections: Option<PathBuf>,
    /// Keep all outputs in this folder, as the output bucket would: table, aggregates, report. The table is made anew of
    /// this file alone
    #[arg(long, value_name = "DIR")]
    pub output: Option<PathBuf>,
    /// Cut the file into chunks of about this many bytes; the results are the same for any
    #[arg(long, value_name = "N", default_value_t = 16 << 20,
          value_parser = clap::value_parser!(u64).range(1..))]
    pub chunk_bytes: u64,
    /// Print the report as JSON
    #[arg(long)]
    pub json: bool,
}

/// Runs the check, prints what it found and gives the exit code.
pub async fn run(arguments: Arguments) -> ExitCode {
    match check(&arguments, &mut std::io::stdout()).await {
        Ok(Outcome::Published | Outcome::Duplicate) => ExitCode::SUCCESS,
        Ok(Outcome::Quarantined) => ExitCode::from(1),
        Err(error) => {
            eprintln!("sluice check: {}", shared::error_name::chain(&error));
            ExitCode::from(2)
        }
    }
}

/// Runs the check and prints what it found to `out`.
///
/// # Errors
/// [`CheckError`] if the check itself cannot be made.
pub async fn check(check: &Arguments, out: &mut impl Write) -> Result<Outcome, CheckError> {
    outputs::check_paths(check)?;
    let scratch = outputs::scratch(check.output.as_deref())?;
    let (report, store) = settle(check, scratch.path()).await?;
    if let Some(path) = &check.rejects {
        write_rejects(path, &report, &store)?;
    }
    if let Some(path) = &check.corrections {
        write_corrections(path, &report, &store)?;
    }
    if let Some(path) = &check.accepted {
        write_accepted(path, check, &report, &store).await?;
    }
    if let Some(folder) = &check.output {
        outputs::keep(scratch.path(), folder, &report.dataset)?;
    }
    print(&report, check, out).map_err(CheckError::Print)?;
    Ok(report.outcome)
}

/// Runs the state machine on the file and gives its report.
async fn settle(check: &Arguments, folder: &Path) -> Result<(Report, FolderStore), CheckError> {
    let contract = read_contract(check)?;
    let dataset = dataset_name(&contract.input.name);
    let file_name = check.file.file_name().unwrap_or_default().to_string_lossy();
    let key = format!("{dataset}/{file_name}");
    let contract_folder = check.contract.parent().unwrap_or(Path::new(""));
    let store = FolderStore::new(folder)
        .mount(Area::Input, &key, &check.file)
        .mount(Area::Input, &manifest_key(&key), manifest_path(&check.file))
        .mount(Area::Reference, &format!("contracts/{dataset}/datapackage.json"), &check.contract)
        .mount(Area::Reference, &format!("contracts/{dataset}"), contract_folder);
    let dropped = dropped(&store, dataset, key, &check.file).await?;
    let execution = ExecutionName::of(&dropped).to_string();
    let input = serde_json::to_value(&dropped).map_err(CheckError::Message)?;

    let concurrency = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let steps = DryRun::new(store.clone(), check.chunk_bytes, check.resource.clone());
    let machine = Machine::new(DEFINITION, &substitutions(SURVEY_BYTES), steps, concurrency)?;
    let ended = Arc::new(machine).run(&execution, input).await?;
    let report_key = report::key(&dropped.dataset, &execution);
    let report: Report = read_json(&store, report_key).await?;
    match ended {
        Ended::Failed(fault) if fault.name == "ContractRefused" => {
            Err(CheckError::ContractRefused(report.cause.unwrap_or(fault.message)))
        }
        Ended::Failed(_) | Ended::Succeeded(_) => Ok((report, store)),
    }
}

fn read_contract(check: &Arguments) -> Result<Contract, CheckError> {
    let path = || check.contract.clone();
    let text = std::fs::read(&check.contract)
        .map_err(|source| CheckError::Read { path: path(), source })?;
    Contract::parse(&text, check.resource.as_deref())
        .map_err(|source| CheckError::Contract { path: path(), source })
}

/// What an event would have said of the file.
async fn dropped(
    store: &FolderStore,
    dataset: String,
    key: String,
    path: &Path,
) -> Result<Dropped, CheckError> {
    let object = Object { area: Area::Input, key, version: None, etag: None };
    let read = |source| CheckError::Read { path: path.to_owned(), source };
    let metadata = std::fs::metadata(path).map_err(read)?;
    if !metadata.is_file() {
        return Err(read(std::io::Error::other("not a file")));
    }
    let changed = metadata.modified().map_err(read)?.duration_since(UNIX_EPOCH);
    let head = store.head(&object).await?;
    Ok(Dropped {
        dataset,
        bucket: LOCAL_BUCKET.to_owned(),
        attempt: 0,
        file_id: file_id(LOCAL_BUCKET, &object.key),
        key: object.key,
        version: None,
        etag: head.etag,
        byte_len: head.byte_len,
        sequencer: None,
        event_time_ms: changed.map_or(0, |age| i64::try_from(age.as_millis()).unwrap_or(i64::MAX)),
    })
}

/// A resource name as a dataset may be called.
fn dataset_name(resource: &str) -> String {
    let legal = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
    let name: String = resource.chars().map(|c| if legal(c) { c } else { '-' }).collect();
    if name.is_empty() { "dataset".to_owned() } else { name }
}

fn rejects_file(report: &Report, store: &FolderStore) -> Option<PathBuf> {
    report.outputs.rejects.as_ref().map(|key| store.output_path(key))
}

/// Writes the faults of the rows, or those of the file if it was refused before they were read.
fn write_rejects(path: &Path, report: &Report, store: &FolderStore) -> Result<(), CheckError> {
    let failed = |source| CheckError::Write { path: path.to_owned(), source };
    if let Some(from) = rejects_file(report, store) {
        return std::fs::copy(from, path).map(|_| ()).map_err(failed);
    }
    let mut writer = csv::WriterBuilder::new().has_headers(false).from_path(path)?;
    writer.write_record(HEADER)?;
    for fault in &report.faults {
        writer.serialize(in_a_row(fault))?;
    }
    writer.flush().map_err(failed)
}

/// A fault of the file as a reject file has it: that of the first row, if it is of none.
fn in_a_row(fault: &FileFault) -> Reject {
    Reject {
        row_number: fault.row_number.unwrap_or(1),
        column: fault.column.clone(),
        code: fault.code,
        reason: fault.code.explanation().to_owned(),
        line_number: fault.line_number.unwrap_or(1),
        expected: fault.expected.clone(),
        found: fault.found.clone(),
    }
}

/// Writes the records to be corrected; an empty file if there are none.
fn write_corrections(path: &Path, report: &Report, store: &FolderStore) -> Result<(), CheckError> {
    let written = match &report.outputs.corrections {
        Some(key) => std::fs::copy(store.output_path(key), path).map(|_| ()),
        None => std::fs::write(path, []),
    };
    written.map_err(|source| CheckError::Write { path: path.to_owned(), source })
}

async fn write_accepted(
    path: &Path,
    check: &Arguments,
    report: &Report,
    store: &FolderStore,
) -> Result<(), CheckError> {
    let contract = read_contract(check)?;
    let work = Work { execution: &report.execution };
    let rejects = rejects_file(report, store);
    if report.counts.is_none() {
        return accepted::write(path, None, &contract, &[], None);
    }
    let chunks: Vec<Chunk> = read_json(store, work.plan()).await?;
    let job: Job = read_json(store, work.job()).await?;
    let file = ReadFile { path: &check.file, contract: &contract, job: &job, work, store };
    accepted::write(path, Some(&file), &contract, &chunks, rejects.as_deref())
}

fn print(report: &Report, check: &Arguments, out: &mut impl Write) -> std::io::Result<()> {
    if check.json {
        return writeln!(out, "{}", serde_json::to_string_pretty(report)?);
    }
    let verb = match report.outcome {
        Outcome::Published => "would be published",
        Outcome::Duplicate => "would be a duplicate",
        Outcome::Quarantined => "would be quarantined",
    };
    writeln!(out, "{}: {verb}", check.file.display())?;
    if let Some(cause) = &report.cause {
        writeln!(out, "  {cause}")?;
    }
    if let Some(counts) = &report.counts {
        let (read, accepted) = (counts.read_count, counts.accepted_count);
        writeln!(
            out,
            "  {read} rows read, {accepted} accepted, {} rejected",
            counts.rejected_count
        )?;
    }
    for (code, count) in &report.rejects_by_code {
        writeln!(out, "  {count:>8} x {}: {}", code.as_str(), code.explanation())?;
    }
    if !report.extra_columns.is_empty() {
        writeln!(out, "  new columns, kept as text: {}", report.extra_columns.join(", "))?;
    }
    if report.ignored_column_count > 0 {
        let count = report.ignored_column_count;
        writeln!(out, "  columns that the contract lets pass, not kept: {count}")?;
    }
    if let Some(folder) = &check.output {
        writeln!(out, "  outputs: {}", folder.display())?;
    }
    Ok(())
}
