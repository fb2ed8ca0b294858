//! Why a message cannot be dealt with.

/// What keeps one message in the queue; no other message suffers from it.
///
/// There is no error name as the state machine knows them: `Start` runs before it.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The body is not what S3 writes.
    #[error("the message is not an S3 event notification")]
    Unreadable(#[source] serde_json::Error),
    /// S3 always tells this of a new object.
    #[error("the event does not tell the `{field}` of the object")]
    Incomplete {
        /// The field, as S3 calls it.
        field: &'static str,
    },
    /// The key is not encoded the way S3 encodes it.
    #[error("the key `{key}` is not URL-encoded UTF-8")]
    Undecodable {
        /// The key as it came.
        key: String,
    },
    /// Step Functions did not take the execution.
    #[error("cannot start the execution `{name}`")]
    NotStarted {
        /// Name of the execution.
        name: String,
        /// What Step Functions said.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}
