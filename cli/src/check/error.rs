//! Why a check cannot be made.

use std::io;
use std::path::PathBuf;

use shared::contract::ContractError;
use shared::job::WorkError;
use shared::store::StoreError;

use crate::machine::{DefinitionError, Fault};

/// Why a check cannot be made; what is wrong with the file itself is its result.
#[derive(Debug, thiserror::Error)]
pub enum CheckError {
    /// A file cannot be read.
    #[error("cannot read `{}`", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why not.
        #[source]
        source: io::Error,
    },
    /// A file cannot be written.
    #[error("cannot write `{}`", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// Why not.
        #[source]
        source: io::Error,
    },
    /// An output would overwrite an input, or another output.
    #[error("`{}` is named twice: nothing would be left of what it holds", path.display())]
    SamePath {
        /// The path.
        path: PathBuf,
    },
    /// A folder stands where the table should.
    #[error("`{}` is no table of an earlier check: choose another --output", path.display())]
    NotATable {
        /// The folder.
        path: PathBuf,
    },
    /// There is no place for the work of the steps.
    #[error("cannot make a temporary folder: name a folder with --output")]
    Scratch(#[source] io::Error),
    /// The result cannot be printed.
    #[error("cannot print the result")]
    Print(#[source] io::Error),
    /// The contract cannot be carried out.
    #[error("`{}` cannot be used", path.display())]
    Contract {
        /// The descriptor.
        path: PathBuf,
        /// What is wrong with it.
        #[source]
        source: ContractError,
    },
    /// The contract and its reference tables do not fit together.
    #[error("{0}")]
    ContractRefused(String),
    /// A step failed.
    #[error("a step failed")]
    Step(#[from] Fault),
    /// The state machine of this build cannot be run here.
    #[error("cannot follow the state machine")]
    Definition(#[from] DefinitionError),
    /// The file cannot be looked up.
    #[error("cannot look up the file")]
    Store(#[from] StoreError),
    /// What a step left behind cannot be read.
    #[error("cannot read the work of the steps")]
    Work(#[from] WorkError),
    /// A record of the reject file or of the accepted ones cannot be read or written.
    #[error("cannot read the rejects or write the accepted records")]
    Csv(#[from] csv::Error),
    /// A message is no JSON.
    #[error("cannot write a message")]
    Message(#[source] serde_json::Error),
}
