//! `sluice replay`: a version of a file is run again, as one more attempt.
//!
//! - `plan`: which version, and as which attempt
//! - `executions`: the one door to Step Functions
//! - `told`, `error`: what a person or a program is told
//!
//! Invariant: what is started takes the place of its earlier attempts by the rules of the ledger alone;
//! nothing is written here.

mod error;
mod executions;
mod plan;
mod told;

use std::io::{self, Write};
use std::process::ExitCode;

use clap::Args;
use clap::builder::NonEmptyStringValueParser;
use shared::error_name::chain;
use shared::store::{S3Store, Store};
use start::execution::Started;
use start::key;

use crate::lines::print_json;
use error::ReplayError;
use executions::{Deployed, Executions};
use plan::{Plan, Which, Wish, plan};
use told::{Outcome, Told, intention, result};

/// Run a file again, after its contract was mended or its execution has failed
#[derive(Debug, Args)]
#[command(after_help = "\
It starts an execution with the input of the first one and a higher attempt, which takes over the version: it
is loaded anew even if it is published, and its rows replace those of the earlier attempt in one commit. An
execution that still runs is not overtaken. Who asks for the same attempt at the same time gets the same
execution. `sluice history --help` says where region and credentials come from, and tells revisions.

Examples:
  sluice replay flights/2013-01.csv --dry-run
  sluice replay flights/2013-01.csv
  sluice replay flights/2013-01.csv --version 3HL4kqtJvjVBH40Nrjfkd

--json prints one document: outcome (started, startedBefore or dryRun), execution, executionArn, revision, input
and notes.

Exit code: 0 it was started, now or by somebody else before; 1 it is not to be run again now: no such file or
version is on record, or its execution still runs; 2 the command failed.")]
pub struct Arguments {
    /// The key of the file in the input bucket
    pub key: String,
    /// Not the latest version of it but that revision
    #[arg(long, value_name = "N", conflicts_with = "version")]
    pub revision: Option<i64>,
    /// Not the latest version of it but that one of the bucket
    #[arg(long, value_name = "ID")]
    pub version: Option<String>,
    /// Say what would be started, and start nothing
    #[arg(long)]
    pub dry_run: bool,
    /// The input bucket of the stack
    #[arg(long, value_name = "NAME", env = "INPUT_BUCKET", value_parser = NonEmptyStringValueParser::new())]
    pub input_bucket: String,
    /// Its output bucket, which has the ledger
    #[arg(long, value_name = "NAME", env = "OUTPUT_BUCKET", value_parser = NonEmptyStringValueParser::new())]
    pub output_bucket: String,
    /// Its state machine
    #[arg(long, value_name = "ARN", env = "STATE_MACHINE_ARN", value_parser = NonEmptyStringValueParser::new())]
    pub state_machine: String,
    /// Print one JSON document
    #[arg(long)]
    pub json: bool,
}

/// Runs the file again and gives the exit code.
pub async fn run(arguments: Arguments) -> ExitCode {
    match connected(&arguments).await {
        Ok(_) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("sluice replay: {}", chain(&error));
            if let Some(advice) = error.advice() {
                eprintln!("{advice}");
            }
            ExitCode::from(if error.is_refusal() { 1 } else { 2 })
        }
    }
}

async fn connected(arguments: &Arguments) -> Result<Outcome, ReplayError> {
    let executions = Deployed::new(&arguments.state_machine).await?;
    let store = S3Store::of_outputs(&arguments.output_bucket).await;
    replay(arguments, &store, &executions, &mut io::stdout().lock()).await
}

/// Says what is going to happen, does it, and says what came of it.
async fn replay(
    arguments: &Arguments,
    store: &impl Store,
    executions: &impl Executions,
    out: &mut impl Write,
) -> Result<Outcome, ReplayError> {
    let plan = plan(&wish(arguments)?, store, executions).await?;
    if !arguments.json {
        out.write_all(intention(&plan).as_bytes()).map_err(ReplayError::Print)?;
    }
    let outcome = carry_out(&plan, arguments.dry_run, executions).await?;
    let arn = executions.arn(plan.name.as_str());
    let printed = if arguments.json {
        print_json(out, &Told::of(&plan, outcome, &arn))
    } else {
        out.write_all(result(&plan, outcome, &arn).as_bytes())
    };
    printed.map_err(ReplayError::Print)?;
    Ok(outcome)
}

fn wish(arguments: &Arguments) -> Result<Wish, ReplayError> {
    let key = arguments.key.clone();
    let dataset = key::dataset(&key).ok_or_else(|| ReplayError::NoDataset(key.clone()))?.to_owned();
    let which = match (arguments.revision, arguments.version.clone()) {
        (Some(revision), _) => Which::Revision(revision),
        (None, Some(version)) => Which::Version(version),
        (None, None) => Which::Latest,
    };
    let input_bucket = arguments.input_bucket.clone();
    let output_bucket = arguments.output_bucket.clone();
    Ok(Wish { dataset, key, input_bucket, output_bucket, which })
}

/// Starts what is planned, unless it was started before or is not to be.
async fn carry_out(
    plan: &Plan,
    dry_run: bool,
    executions: &impl Executions,
) -> Result<Outcome, ReplayError> {
    if plan.started.is_some() {
        return Ok(Outcome::StartedBefore);
    }
    if dry_run {
        return Ok(Outcome::DryRun);
    }
    Ok(match executions.start(&plan.name, &plan.file).await? {
        Started::Now => Outcome::Started,
        Started::Before => Outcome::StartedBefore,
    })
}

#[cfg(test)]
mod tests;
