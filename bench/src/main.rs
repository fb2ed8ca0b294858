//! Runs one part of the work over a file and prints what it took as one line of JSON.

use std::path::PathBuf;
use std::process::ExitCode;

use bench::run::{Part, Run};
use clap::Parser;

/// Runs one part of the work over a file, in this process, on one thread unless it says more, and prints
/// what it took as one line of JSON
#[derive(Debug, Parser)]
#[command(after_help = "\
Example:
  cargo run --release -p bench -- parse lineitem.csv --contract bench/tpch/lineitem.json")]
struct Arguments {
    /// The part of the work
    part: Part,
    /// The CSV file
    file: PathBuf,
    /// Its contract; the first resource describes the file
    #[arg(long, value_name = "PATH")]
    contract: PathBuf,
    /// Cut the file into chunks of about this many bytes
    #[arg(long, value_name = "N", default_value_t = 16 << 20,
          value_parser = clap::value_parser!(u64).range(1..))]
    chunk_bytes: u64,
    /// The folder for the Parquet files, one for each chunk
    #[arg(long, value_name = "DIR", required_if_eq("part", "parquet"))]
    output: Option<PathBuf>,
}

fn main() -> ExitCode {
    let Arguments { part, file, contract, chunk_bytes, output } = Arguments::parse();
    match (Run { part, file, contract, chunk_bytes, output }).run() {
        Ok(measured) => {
            println!("{}", serde_json::to_string(&measured).unwrap_or_default());
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("bench: {}", shared::error_name::chain(&error));
            ExitCode::FAILURE
        }
    }
}
