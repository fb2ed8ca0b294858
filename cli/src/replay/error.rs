//! Why a file is not run again.

use std::error::Error;
use std::io;

use crate::ledger::{ListError, Unreadable};
use crate::lines::utc;

/// Why a file is not run again.
///
/// `Display` says what is in the way, [`ReplayError::advice`] what to do about it.
#[derive(Debug, thiserror::Error)]
pub(super) enum ReplayError {
    #[error("`{0}` names no file of a dataset")]
    NoDataset(String),
    #[error("`{0}` is not the ARN of a state machine")]
    NoStateMachine(String),
    #[error(transparent)]
    List(#[from] ListError),
    #[error(transparent)]
    Unreadable(#[from] Unreadable),
    #[error("the file `{key}` of the bucket `{bucket}` is not on record")]
    NoRecord { key: String, bucket: String },
    #[error("`{key}` is on record, but not this version of it")]
    NoVersion { dataset: String, key: String },
    #[error("the execution `{execution}` is at work on it, and has been since {}", utc(*started_ms))]
    Running { execution: String, arn: String, started_ms: i64 },
    #[error("cannot {what} `{execution}`")]
    Executions {
        what: &'static str,
        execution: String,
        #[source]
        source: Box<dyn Error + Send + Sync>,
    },
    #[error("cannot print what was done")]
    Print(#[source] io::Error),
}

impl ReplayError {
    /// Whether all was asked and answered, and the answer is no.
    pub(super) fn is_refusal(&self) -> bool {
        match self {
            ReplayError::NoRecord { .. }
            | ReplayError::NoVersion { .. }
            | ReplayError::Running { .. } => true,
            ReplayError::NoDataset(_)
            | ReplayError::NoStateMachine(_)
            | ReplayError::List(_)
            | ReplayError::Unreadable(_)
            | ReplayError::Executions { .. }
            | ReplayError::Print(_) => false,
        }
    }

    /// What a person can do about it, where that does not follow.
    pub(super) fn advice(&self) -> Option<String> {
        match self {
            ReplayError::NoDataset(_) => Some("A key is `<dataset>/<file>`.".to_owned()),
            ReplayError::NoStateMachine(_) => Some(
                "It is the output `StateMachineArn` of the stack: arn:aws:states:...".to_owned(),
            ),
            ReplayError::NoRecord { key, bucket } => Some(format!(
                "It was never read to its end: look for its execution, and into the dead-letter queue. To \
                 have it loaded, drop it again, or copy it onto itself:\n  aws s3 cp \
                 's3://{bucket}/{key}' 's3://{bucket}/{key}' --metadata-directive REPLACE"
            )),
            ReplayError::NoVersion { dataset, key } => {
                Some(format!("These are:\n  sluice history {dataset} --key '{key}'"))
            }
            ReplayError::Running { arn, .. } => Some(format!(
                "Wait until it has ended, or end it, and try again then:\n  aws stepfunctions \
                 stop-execution --execution-arn {arn}"
            )),
            ReplayError::List(_)
            | ReplayError::Unreadable(_)
            | ReplayError::Executions { .. }
            | ReplayError::Print(_) => None,
        }
    }
}
