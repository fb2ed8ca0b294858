//! `sluice local`: the pipeline on this machine.
//!
//! - [`host`], [`workspace`], [`state`], [`files`]: this machine, and the folders of a run
//! - [`environment`], [`child`]: children that cannot reach real AWS, and do not outlive us
//! - [`python`], [`build`]: the local AWS is installed, the functions are built and packed
//! - [`emulator`], [`deploy`]: the local AWS runs, with our stack in it
//! - [`stack`]: all of this as one thing, which tests use too
//! - [`executions`], [`follow`], [`summary`]: what becomes of files, live and at the end
//! - [`console`], [`error`]: what a person is shown
//!
//! Invariant: what is deployed is `template.yaml`; only where it finds the code of functions is changed.

pub mod build;
pub mod child;
pub mod console;
pub mod deploy;
pub mod emulator;
pub mod environment;
pub mod error;
pub mod executions;
pub mod files;
pub mod follow;
pub mod host;
pub mod python;
pub mod stack;
pub mod state;
pub mod summary;
mod wire;
pub mod workspace;

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::Args;
use futures_util::FutureExt;
use shared::error_name::chain;
use tokio::signal::unix::{SignalKind, signal};

use console::Console;
use error::LocalError;
use follow::Ending;
use host::Host;
use stack::{Settings, Stack};
use summary::Summary;

/// Exit status of a run in which a file did not end as files are meant to, or that failed.
const FAILED: u8 = 2;
/// Exit status of a run that was interrupted, as shells have it.
const INTERRUPTED: u8 = 130;

/// Run the whole pipeline on this machine, without an AWS account.
///
/// Sets up a local AWS, deploys template.yaml to it, drops files into the input bucket and follows
/// them until each is published or quarantined. The first run installs and builds what is needed
/// (some minutes); later ones take seconds. Nothing of it can reach real AWS.
#[derive(Debug, Clone, Args)]
#[command(after_long_help = EXAMPLES)]
pub struct Arguments {
    /// Files to drop, or folders with such files; the sample data if none is named
    pub files: Vec<PathBuf>,
    /// Dataset of all files, instead of the names of the folders that they lie in
    #[arg(long, value_name = "NAME")]
    pub dataset: Option<String>,
    /// Folder with one folder per dataset, which holds its datapackage.json and reference tables
    #[arg(long, value_name = "DIR")]
    pub contracts: Option<PathBuf>,
    /// Folder that gets all outputs; what an earlier run left there is removed
    #[arg(long, value_name = "DIR")]
    pub output: Option<PathBuf>,
    /// Stay up when the files are done, until Ctrl-C
    #[arg(long)]
    pub keep: bool,
    /// Port of the local AWS; a free one if not given
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    pub port: Option<u16>,
    /// Bytes after which a chunk ends, at the next record
    #[arg(long, value_name = "N", default_value_t = 1 << 20, value_parser = clap::value_parser!(u64).range(1..))]
    pub chunk_bytes: u64,
    /// Give up when nothing has happened for so many seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 300)]
    pub patience: u64,
    /// Folder for what is kept between runs: .sluice of the repository if not given
    #[arg(long, value_name = "DIR")]
    pub state: Option<PathBuf>,
    /// Print the results as JSON
    #[arg(long)]
    pub json: bool,
    /// Tell how long each phase took
    #[arg(long)]
    pub timings: bool,
}

const EXAMPLES: &str = "Examples:
  sluice local
      drops the sample data: one good month, and nine small files that are awkward or broken
  sluice local sample-data/input/flights/2013-01.csv --chunk-bytes 65536
      drops one file, and cuts it into many small chunks
  sluice local orders/2026-11.csv --contracts my-contracts
      drops a file of yours, checked by my-contracts/orders/datapackage.json
  sluice local --keep
      leaves the local AWS up and tells how to look at it with `aws`

Exit status: 0 if every file was published or quarantined, 2 if one was not or the run failed,
130 after Ctrl-C.";

/// Runs the command.
pub async fn run(arguments: Arguments) -> ExitCode {
    let console = Console::stderr();
    let host = match Host::find().await {
        Ok(host) => host,
        Err(error) => return failed(&error),
    };
    let loaded = tokio::select! {
        loaded = results(&arguments, &host, &console) => loaded.map(Some),
        () = interrupted() => Ok(None),
    };
    let finished = match loaded {
        Ok(Some((stack, code))) => leave(stack, &arguments).await.map(|()| code),
        Ok(None) => Ok(ExitCode::from(INTERRUPTED)),
        Err(error) => Err(error),
    };
    // Whatever happened: nobody stays behind.
    host.children.gone().await;
    finished.unwrap_or_else(|error| failed(&error))
}

fn failed(error: &LocalError) -> ExitCode {
    eprintln!("error: {}\n\n{}", chain(error), error.advice());
    ExitCode::from(FAILED)
}

/// Sets everything up, loads the files and tells what became of them.
async fn results(
    arguments: &Arguments,
    host: &Host,
    console: &Console,
) -> Result<(Stack, ExitCode), LocalError> {
    // What can be wrong with the arguments is said before the long work.
    let sample = |name: &str| host.workspace.path("sample-data").join(name);
    let files = match arguments.files.as_slice() {
        [] => files::drops(&[sample("input")], None)?,
        files => files::drops(files, arguments.dataset.as_deref())?,
    };
    let contracts = arguments.contracts.clone().unwrap_or_else(|| sample("contracts"));
    files::walk(&contracts)?;
    let settings = Settings {
        port: arguments.port,
        state: arguments.state.clone(),
        chunk_bytes: arguments.chunk_bytes,
        survey_bytes: None,
    };
    let output = arguments.output.clone().unwrap_or_else(|| settings.folder(host).join("output"));
    files::make_empty(&output)?;

    let stack = Stack::start(&settings, host, console).await?;
    console.phase("upload the contracts", stack.upload_contracts(&contracts)).await?;
    let endings = load(&stack, &files, Duration::from_secs(arguments.patience), console);
    let endings = console.shown("follow the files", endings).boxed().await?;
    console.phase("copy the outputs", stack.copy_outputs("", &output)).boxed().await?;
    tell(arguments, &endings, output, console)?;
    let all_well = endings.iter().all(|ending| ending.report().is_some());
    Ok((stack, if all_well { ExitCode::SUCCESS } else { ExitCode::from(FAILED) }))
}

/// Drops files and follows them to their ends.
async fn load(
    stack: &Stack,
    files: &[files::Drop],
    patience: Duration,
    console: &Console,
) -> Result<Vec<Ending>, LocalError> {
    let mut dropped = Vec::new();
    for file in files {
        dropped.push(stack.drop_file(file).await?);
    }
    stack.wait(&dropped, patience, console).await
}

/// Prints the results.
fn tell(
    arguments: &Arguments,
    endings: &[Ending],
    output: PathBuf,
    console: &Console,
) -> Result<(), LocalError> {
    let seconds = console.timings();
    let summary = Summary {
        files: endings,
        output,
        seconds: seconds.iter().map(|(name, time)| (*name, time.as_secs_f64())).collect(),
    };
    if arguments.json {
        println!("{}", summary.json().map_err(LocalError::answer("the results"))?);
    } else {
        print!("\n{}", summary.text());
    }
    if arguments.timings {
        for (name, time) in seconds {
            eprintln!("{:7.1} s  {name}", time.as_secs_f64());
        }
    }
    Ok(())
}

/// Ends the stack; if it is to be kept, only after Ctrl-C, and not without saying how to look around.
async fn leave(stack: Stack, arguments: &Arguments) -> Result<(), LocalError> {
    if !arguments.keep {
        return Ok(());
    }
    let variables_path = stack.folder().join("env.json");
    let variables = summary::function_variables(&stack);
    std::fs::write(&variables_path, variables)
        .map_err(LocalError::file("write", &variables_path))?;
    let directions = summary::directions(&stack, &variables_path);
    if arguments.json {
        eprintln!("{directions}");
    } else {
        println!("{directions}");
    }
    tokio::select! {
        error = stack.ended() => Err(error),
        () = interrupted() => Ok(()),
    }
}

/// Waits until somebody wants this process to end.
async fn interrupted() {
    let wait = async |kind| match signal(kind) {
        Ok(mut signals) => drop(signals.recv().await),
        // Without a handler the signal ends the process at once, which is as good.
        Err(_) => std::future::pending().await,
    };
    tokio::select! {
        () = wait(SignalKind::interrupt()) => {}
        () = wait(SignalKind::terminate()) => {}
        () = wait(SignalKind::hangup()) => {}
    }
}
