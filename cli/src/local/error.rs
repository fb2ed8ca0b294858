//! What can stop a local run, and what to do about it.

use std::error::Error;
use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitStatus;
use std::time::Duration;

/// Why a local run cannot go on.
///
/// `Display` says what happened, [`LocalError::advice`] what to do next.
#[derive(Debug, thiserror::Error)]
pub enum LocalError {
    /// This program was moved away from the sources that it is to build.
    #[error("there is no Sluice workspace at {}", root.display())]
    NoWorkspace {
        /// Where it was when the program was built.
        root: PathBuf,
    },
    /// A processor that AWS Lambda does not have.
    #[error("Lambda has no functions for the processor `{0}`")]
    Processor(&'static str),
    /// Somebody else listens on the port that was asked for.
    #[error("cannot listen on port {port} of 127.0.0.1")]
    Port {
        /// The port.
        port: u16,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// No usable Python.
    #[error("found no Python 3.10 or later on PATH (tried {tried})")]
    NoPython {
        /// The names that were looked for.
        tried: String,
    },
    /// The virtual environment with the local AWS cannot be made.
    #[error("cannot {what}")]
    Tools {
        /// What was tried.
        what: &'static str,
        /// What went wrong.
        #[source]
        source: ChildError,
    },
    /// The functions do not build.
    #[error("cannot build the functions")]
    Build(#[source] ChildError),
    /// The build made no binary for a function of the template.
    #[error("the workspace has no binary `{name}`, which `template.yaml` names")]
    NoBinary {
        /// Name of the binary.
        name: String,
    },
    /// A file or folder of this machine.
    #[error("cannot {verb} {}", path.display())]
    File {
        /// What was tried.
        verb: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// A folder whose files are not ours to remove.
    #[error("{} holds files that no local run has put there", path.display())]
    NotOurs {
        /// The folder.
        path: PathBuf,
    },
    /// A file to drop that does not tell its dataset.
    #[error("which dataset does {} belong to?", path.display())]
    NoDataset {
        /// The file.
        path: PathBuf,
    },
    /// Nothing to drop.
    #[error("there is no file below {}", path.display())]
    NoFiles {
        /// Where files were looked for.
        path: PathBuf,
    },
    /// The emulator went away.
    #[error("the local AWS ended unexpectedly ({status})")]
    EmulatorEnded {
        /// How.
        status: ExitStatus,
        /// Its log, with the last lines of it.
        log: Tail,
    },
    /// The emulator is there, but does not do its work.
    #[error("the local AWS does not answer: {what}")]
    EmulatorSilent {
        /// What was waited for.
        what: String,
        /// Its log, with the last lines of it.
        log: Tail,
    },
    /// A command of the AWS CLI failed.
    #[error("cannot deploy `template.yaml`: `aws cloudformation {command}` failed")]
    Deploy {
        /// The command.
        command: &'static str,
        /// What went wrong.
        #[source]
        source: ChildError,
    },
    /// The stack was not created.
    #[error("cannot deploy `template.yaml`: the stack is in {status}{}", said(reason))]
    StackFailed {
        /// The status of the stack.
        status: String,
        /// Why, in its own words.
        reason: String,
    },
    /// An answer that is not what AWS would say.
    #[error("cannot understand what the local AWS says of {what}")]
    Answer {
        /// What was asked.
        what: String,
        /// What is wrong with the answer.
        #[source]
        source: Box<dyn Error + Send + Sync>,
    },
    /// A request that was refused.
    #[error("the local AWS cannot {what}")]
    Request {
        /// What was asked.
        what: String,
        /// What it said.
        #[source]
        source: Box<dyn Error + Send + Sync>,
    },
    /// Nothing moves any more.
    #[error(
        "nothing has happened for {} s; still waiting for {waiting}; {event_count} events are in \
         the queue",
        limit.as_secs()
    )]
    Stalled {
        /// How long nothing happened.
        limit: Duration,
        /// The files, and where they are.
        waiting: String,
        /// Number of events that `Start` has not taken.
        event_count: u64,
        /// The emulator's log, with the last lines of it.
        log: Tail,
    },
}

/// Why a program did not do what it was started for.
#[derive(Debug, thiserror::Error)]
pub enum ChildError {
    /// It is not there, or not a program.
    #[error("cannot run {program}")]
    NotStarted {
        /// The program.
        program: String,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// It took too long, and was ended.
    #[error("{program} was not done after {} s", limit.as_secs())]
    TooLong {
        /// The program.
        program: String,
        /// The limit.
        limit: Duration,
    },
    /// It said that it failed.
    #[error("{program} failed ({status}){}", said(said_last))]
    Failed {
        /// The program.
        program: String,
        /// How it ended.
        status: ExitStatus,
        /// The last lines that it printed.
        said_last: String,
    },
}

/// The end of a log.
#[derive(Debug, Clone)]
pub struct Tail {
    /// The file.
    pub path: PathBuf,
    /// Its last lines.
    pub lines: String,
}

impl Tail {
    /// The last lines of a file that may not be there.
    pub fn of(path: &Path) -> Self {
        let text = std::fs::read(path).unwrap_or_default();
        Tail { path: path.to_owned(), lines: last_lines(&String::from_utf8_lossy(&text)) }
    }
}

/// The last lines of a text, at most 15.
pub fn last_lines(text: &str) -> String {
    let lines: Vec<_> = text.lines().collect();
    lines.get(lines.len().saturating_sub(15)..).unwrap_or_default().join("\n")
}

impl LocalError {
    /// Makes the error of a file or folder.
    pub fn file(verb: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        move |source| LocalError::File { verb, path: path.to_owned(), source }
    }

    /// Makes the error of a refused request.
    pub fn request<E>(what: impl Into<String>) -> impl FnOnce(E) -> Self
    where
        E: Into<Box<dyn Error + Send + Sync>>,
    {
        move |source| LocalError::Request { what: what.into(), source: source.into() }
    }

    /// Makes the error of an answer that cannot be understood.
    pub fn answer<E>(what: impl Into<String>) -> impl FnOnce(E) -> Self
    where
        E: Into<Box<dyn Error + Send + Sync>>,
    {
        move |source| LocalError::Answer { what: what.into(), source: source.into() }
    }

    /// Whether the death of the emulator could be behind it.
    pub fn is_of_the_emulator(&self) -> bool {
        matches!(
            self,
            LocalError::Deploy { .. } | LocalError::Answer { .. } | LocalError::Request { .. }
        )
    }

    /// What a person can do about it.
    pub fn advice(&self) -> String {
        match self {
            LocalError::NoWorkspace { .. } => {
                "Run `cargo run -- local` in a clone of the repository.".into()
            }
            LocalError::Processor(_) => "Use a machine with an x86_64 or arm64 processor.".into(),
            LocalError::Port { .. } => {
                "Choose another port, or leave `--port` out to get a free one.".into()
            }
            LocalError::NoPython { .. } => {
                "Install Python 3.10 or later (https://www.python.org/downloads) and see to it that \
                 `python3 --version` finds it."
                    .into()
            }
            LocalError::Tools { .. } => {
                "The local AWS is installed from a Python package index once: check the network and \
                 pip's own settings (`pip config list`), then try again. On Debian and Ubuntu, \
                 `apt install python3-venv` may be missing."
                    .into()
            }
            LocalError::Build(_) => {
                "The compiler says above what is wrong; `cargo build --workspace --bins` shows it \
                 again."
                    .into()
            }
            LocalError::NoBinary { name } => {
                format!("A function with `CodeUri: steps/{name}` needs a package with that binary.")
            }
            LocalError::File { .. } => "Check that it is there, and its permissions.".into(),
            LocalError::NotOurs { .. } => {
                "The output folder is emptied first: name one that does not exist yet.".into()
            }
            LocalError::NoDataset { .. } => {
                "The dataset is the name of the folder that a file lies in; `--dataset NAME` says \
                 otherwise."
                    .into()
            }
            LocalError::NoFiles { .. } => "Name the files to drop.".into(),
            LocalError::EmulatorEnded { log, .. }
            | LocalError::EmulatorSilent { log, .. }
            | LocalError::Stalled { log, .. } => {
                let Tail { path, lines } = log;
                format!("Its log is {}, and ends with:\n\n{lines}", path.display())
            }
            LocalError::Deploy { .. } | LocalError::StackFailed { .. } => {
                "`sam validate --lint` checks the template; `--keep` leaves the local AWS up to look \
                 around."
                    .into()
            }
            LocalError::Answer { .. } | LocalError::Request { .. } => {
                "Try again; if it stays, it is a bug of Sluice or of the emulator.".into()
            }
        }
    }
}

/// A colon and the text, if there is one.
fn said(text: &str) -> String {
    if text.is_empty() { String::new() } else { format!(": {text}") }
}
