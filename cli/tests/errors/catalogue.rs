//! All errors that a state can meet.

use std::any::{Any, type_name};

use serde_json::Value;
use shared::error_name::ErrorName;

/// The name under which the Lambda runtime reports a panic: the type of what it caught.
pub(crate) fn panic_name() -> &'static str {
    type_name::<&Box<dyn Any + Send>>()
}

/// The name under which it reports a payload that a function cannot read.
pub(crate) const UNREADABLE: &str = "&lambda_runtime::deserializer::DeserializeError";

/// When an error of ours comes.
fn when(name: ErrorName) -> &'static str {
    match name {
        ErrorName::FileRefused => "The file cannot be loaded, whoever tries and however often",
        ErrorName::ContractRefused => {
            "The dataset has no contract, or one that contradicts itself or its reference tables"
        }
        ErrorName::FileClaimed => {
            "Another execution, started by hand or by `sluice replay`, is at work on this very version"
        }
        ErrorName::StoreUnavailable => "S3 did not answer, or with a fault of its own",
        ErrorName::CommitConflict => "Other files of the dataset were quicker, twenty times",
        ErrorName::BooksUnbalanced => "Rows were lost or made up on the way: a bug",
        ErrorName::WorkUnreadable => {
            "What an earlier step wrote is gone or damaged: a bug, or a lifecycle rule"
        }
    }
}

/// What an error comes of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Origin {
    /// A call of a function.
    Function,
    /// A map, from its reader or its children.
    Map,
    /// An announcement.
    Announcement,
    /// Whatever Step Functions does.
    Any,
}

impl Origin {
    pub(crate) fn may_be(self, state: &Value) -> bool {
        let does = |service| state["Resource"].as_str().is_some_and(|name| name.ends_with(service));
        match self {
            Origin::Function => does(":lambda:invoke"),
            Origin::Map => state["Type"] == "Map",
            Origin::Announcement => does(":events:putEvents") || does(":sns:publish"),
            Origin::Any => true,
        }
    }
}

/// Its name, what it comes of, and when it comes.
pub(crate) type Error = (&'static str, Origin, &'static str);

/// Errors that AWS and the Lambda runtime name, as they come.
fn from_elsewhere() -> Vec<Error> {
    let of = |origin: Origin| move |(name, when)| (name, origin, when);
    let functions = [
        ("Lambda.ServiceException", "Lambda has a fault"),
        ("Lambda.AWSLambdaException", "The same"),
        ("Lambda.SdkClientException", "Lambda was not reached"),
        ("Lambda.ClientExecutionTimeoutException", "Lambda did not answer in time"),
        ("Lambda.TooManyRequestsException", "The account has no more concurrent functions"),
        ("Lambda.Unknown", "A function ended without an answer: its memory or its time"),
        ("Runtime.ExitError", "The process of a function ended: most often, its memory"),
        ("Sandbox.Timedout", "A function took longer than its `Timeout`"),
        (panic_name(), "A panic: a bug"),
        (UNREADABLE, "A function cannot read its payload: a bug, or an input by hand"),
    ];
    let maps = [
        ("States.ItemReaderFailed", "The plan of a map cannot be read"),
        ("States.ExceedToleratedFailureThreshold", "A chunk failed, with an error of its own"),
    ];
    let services = [("EventBridge.FailedEntry", "EventBridge did not take an event")];
    let all = [
        ("States.Timeout", "A task took longer than its `TimeoutSeconds`"),
        ("States.DataLimitExceeded", "A message of more than 256 KiB: a bug"),
        ("States.Runtime", "A path of the definition leads nowhere: a bug, or an input by hand"),
    ];
    functions
        .map(of(Origin::Function))
        .into_iter()
        .chain(maps.map(of(Origin::Map)))
        .chain(services.map(of(Origin::Announcement)))
        .chain(all.map(of(Origin::Any)))
        .collect()
}

/// All errors, ours first.
pub(crate) fn errors() -> Vec<Error> {
    let ours = ErrorName::ALL.iter().map(|&name| (name.as_str(), Origin::Function, when(name)));
    ours.chain(from_elsewhere()).collect()
}
