//! The command line.

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use cli::{check, history, infer, local, replay};

/// CSV intake on AWS Step Functions: every row of a file ends in a published table, or in a reject
/// file that says what is wrong with it.
#[derive(Debug, Parser)]
#[command(name = "sluice", version, after_help = "`sluice COMMAND --help` shows examples.")]
struct Sluice {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Check(check::Arguments),
    History(history::Arguments),
    Infer(infer::Arguments),
    Local(local::Arguments),
    Replay(replay::Arguments),
}

#[tokio::main]
async fn main() -> ExitCode {
    match Sluice::parse().command {
        Command::Check(arguments) => check::run(arguments).await,
        Command::History(arguments) => history::run(arguments).await,
        Command::Infer(arguments) => infer::run(&arguments),
        Command::Local(arguments) => local::run(arguments).await,
        Command::Replay(arguments) => replay::run(arguments).await,
    }
}
