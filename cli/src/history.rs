//! `sluice history`: what became of the files of a dataset, by the ledger.
//!
//! - [`crate::ledger`]: records are listed and fetched
//! - `find`: which of them are looked at
//! - `told`: a record in words, and for programs

mod find;
mod told;

use std::io::{self, Write};
use std::process::ExitCode;
use std::time::{SystemTime, UNIX_EPOCH};

use clap::Args;
use clap::builder::NonEmptyStringValueParser;
use shared::error_name::chain;
use shared::ledger::{self, Record};
use shared::store::{S3Store, Store};
use start::identity::file_id;
use start::key;

use crate::ledger::{ListError, Unreadable, list};
use crate::lines::print_json;
use find::find;
pub use told::Standing;
use told::Told;

/// Tell what became of the files of a dataset, the newest first
#[derive(Debug, Args)]
#[command(after_help = "\
Against AWS, region and credentials are those of the AWS SDK's usual configuration (AWS_PROFILE, AWS_REGION;
of a profile with single sign-on, `aws configure export-credentials --format env` makes variables). The
output bucket is an output of the stack. What `sluice local --keep` says to export leads to the local AWS.

A record tells of one version of a file: its key, version and size, when it was dropped, whether an execution
is at work on it (claimed), was and is no more (expired), or how it ended, and where its report lies.

Examples:
  sluice history flights
  sluice history flights --state quarantined --limit 10
  sluice history flights --key flights/2013-01.csv          every version of one file
  sluice history flights --json | jq '.records[] | {key: .file.key, state, revision}'

--json prints one document: dataset, records (each as the ledger has it, with revision, record (its key),
isExpired and followedBy), unreadable (keys and errors) and olderCount (of records that were not looked at).
Revisions are texts: they have more digits than a JSON number keeps.

Exit code: 0 all that was asked for was told, 1 a record cannot be read, 2 there is none, or the command failed.")]
pub struct Arguments {
    /// The dataset: the first part of the keys of its files
    pub dataset: String,
    /// Only that file, in all its versions
    #[arg(long, value_name = "KEY", requires = "input_bucket")]
    pub key: Option<String>,
    /// Only what stands so
    #[arg(long, value_name = "STATE")]
    pub state: Option<Standing>,
    /// No more than so many, the newest
    #[arg(long, value_name = "N", default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..))]
    pub limit: u32,
    /// The output bucket of the stack
    #[arg(long, value_name = "NAME", env = "OUTPUT_BUCKET", value_parser = NonEmptyStringValueParser::new())]
    pub output_bucket: String,
    /// Its input bucket; needed with --key
    #[arg(long, value_name = "NAME", env = "INPUT_BUCKET", value_parser = NonEmptyStringValueParser::new())]
    pub input_bucket: Option<String>,
    /// Print one JSON document
    #[arg(long)]
    pub json: bool,
}

/// Why there is no history.
#[derive(Debug, thiserror::Error)]
enum HistoryError {
    #[error(
        "`{key}` is not a file of the dataset `{dataset}`: its key would start with `{dataset}/`"
    )]
    OtherDataset { key: String, dataset: String },
    #[error(transparent)]
    List(#[from] ListError),
    #[error(
        "no file of the dataset `{dataset}` is on record in the bucket `{bucket}`; the dataset of a file is \
         the first part of its key"
    )]
    UnknownDataset { dataset: String, bucket: String },
    #[error("no version of the file `{key}` is on record in the bucket `{bucket}`")]
    UnknownFile { key: String, bucket: String },
    #[error("cannot print the history")]
    Print(#[source] io::Error),
}

/// Tells the history and gives the exit code.
pub async fn run(arguments: Arguments) -> ExitCode {
    let store = S3Store::of_outputs(&arguments.output_bucket).await;
    match history(&arguments, &store, now_ms(), &mut io::stdout().lock()).await {
        Ok(unreadable) => {
            for unreadable in &unreadable {
                eprintln!("sluice history: {}", chain(unreadable));
            }
            ExitCode::from(u8::from(!unreadable.is_empty()))
        }
        Err(error) => {
            eprintln!("sluice history: {}", chain(&error));
            ExitCode::from(2)
        }
    }
}

/// Milliseconds since 1970-01-01T00:00:00Z.
fn now_ms() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

/// Prints the history to `out`, and gives what cannot be read of it.
async fn history(
    arguments: &Arguments,
    store: &impl Store,
    now_ms: i64,
    out: &mut impl Write,
) -> Result<Vec<Unreadable>, HistoryError> {
    let listed = list(store, &arguments.output_bucket, &prefix(arguments)?).await?;
    if listed.is_empty() {
        return Err(unknown(arguments));
    }
    let limit = usize::try_from(arguments.limit).unwrap_or(usize::MAX);
    let is_wanted = |record: &Record| {
        arguments.state.is_none_or(|wanted| Standing::of(record, now_ms) == wanted)
    };
    let history = find(store, listed, limit, is_wanted).await;
    let told = Told::of(&arguments.dataset, &history, now_ms);
    let printed =
        if arguments.json { print_json(out, &told) } else { out.write_all(told.text().as_bytes()) };
    printed.map_err(HistoryError::Print)?;
    Ok(history.unreadable)
}

/// What the keys of all records start with that may be asked for.
fn prefix(arguments: &Arguments) -> Result<String, HistoryError> {
    let dataset = arguments.dataset.as_str();
    match arguments.key.as_ref().zip(arguments.input_bucket.as_ref()) {
        None => Ok(ledger::prefix(dataset)),
        Some((key, bucket)) if key::dataset(key) == Some(dataset) => {
            Ok(ledger::file_prefix(dataset, &file_id(bucket, key)))
        }
        Some((key, _)) => {
            Err(HistoryError::OtherDataset { key: key.clone(), dataset: dataset.to_owned() })
        }
    }
}

fn unknown(arguments: &Arguments) -> HistoryError {
    let (dataset, bucket) = (arguments.dataset.clone(), arguments.output_bucket.clone());
    match arguments.key.clone() {
        Some(key) => HistoryError::UnknownFile { key, bucket },
        None => HistoryError::UnknownDataset { dataset, bucket },
    }
}

#[cfg(test)]
mod tests;
