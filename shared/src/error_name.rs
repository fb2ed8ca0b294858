//! The closed set of error names that the state machine knows.
//!
//! Invariant: a name stands here if and only if the state machine acts on it
//! (`cli/tests/state_machine.rs` compares the two sets, both ways).

use std::error::Error;
use std::fmt;

use lambda_runtime::Diagnostic;

/// Name of a failure, as a retrier or catcher matches it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorName {
    /// The file cannot be loaded, whoever tries and however often. Caught: the file is quarantined.
    FileRefused,
    /// The dataset has no contract, or one that contradicts itself or its reference tables. Caught:
    /// the file is quarantined.
    ContractRefused,
    /// Another execution holds this very version of the file. Neither retried nor caught: Redrive once that
    /// one has ended.
    FileClaimed,
    /// The store did not answer, or answered with a fault of its own. Retried.
    StoreUnavailable,
    /// The table's log was contended for too long. Retried, more slowly.
    CommitConflict,
    /// Rows were lost or made up on the way. Neither retried nor caught: a bug.
    BooksUnbalanced,
    /// An object that an earlier step wrote is missing or unreadable. Neither retried nor caught: a
    /// bug, or a lifecycle rule that was too quick.
    WorkUnreadable,
}

impl ErrorName {
    /// Every name.
    pub const ALL: [ErrorName; 7] = [
        ErrorName::FileRefused,
        ErrorName::ContractRefused,
        ErrorName::FileClaimed,
        ErrorName::StoreUnavailable,
        ErrorName::CommitConflict,
        ErrorName::BooksUnbalanced,
        ErrorName::WorkUnreadable,
    ];

    /// The name as the state machine writes it.
    ///
    /// ```
    /// assert_eq!(shared::error_name::ErrorName::FileRefused.as_str(), "FileRefused");
    /// ```
    pub fn as_str(self) -> &'static str {
        match self {
            ErrorName::FileRefused => "FileRefused",
            ErrorName::ContractRefused => "ContractRefused",
            ErrorName::FileClaimed => "FileClaimed",
            ErrorName::StoreUnavailable => "StoreUnavailable",
            ErrorName::CommitConflict => "CommitConflict",
            ErrorName::BooksUnbalanced => "BooksUnbalanced",
            ErrorName::WorkUnreadable => "WorkUnreadable",
        }
    }
}

impl fmt::Display for ErrorName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Characters of a message: what a state may carry is bounded, what a contract may hold is not.
const MESSAGE_CHARS: usize = 2000;

/// What the Lambda runtime reports of `error`: its name, and the messages of all its levels.
///
/// ```
/// use shared::error_name::{ErrorName, diagnostic};
/// let error = std::io::Error::other("disk gone");
/// let found = diagnostic(ErrorName::StoreUnavailable, &error);
/// assert_eq!(found.error_type, "StoreUnavailable");
/// assert_eq!(found.error_message, "disk gone");
/// ```
pub fn diagnostic(name: ErrorName, error: &dyn Error) -> Diagnostic {
    Diagnostic { error_type: name.to_string(), error_message: clipped(chain(error)) }
}

/// A message that is no longer than one may be.
pub(crate) fn clipped(mut message: String) -> String {
    if let Some((at, _)) = message.char_indices().nth(MESSAGE_CHARS) {
        message.truncate(at);
        message.push_str("...");
    }
    message
}

/// The messages of an error and its sources, outermost first, joined with colons.
pub fn chain(error: &dyn Error) -> String {
    let mut message = error.to_string();
    let mut source = error.source();
    while let Some(inner) = source {
        message.push_str(": ");
        message.push_str(&inner.to_string());
        source = inner.source();
    }
    message
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_clipped_between_characters() {
        let error = std::io::Error::other("é".repeat(5000));
        let message = diagnostic(ErrorName::FileRefused, &error).error_message;
        assert_eq!(message, format!("{}...", "é".repeat(MESSAGE_CHARS)));
    }
}
