//! Why a file cannot be planned.

use lambda_runtime::Diagnostic;
use shared::contract::{ContractError, DESCRIPTOR_LIMIT};
use shared::error_name::{ErrorName, diagnostic};
use shared::job::WorkError;
use shared::reference::ReferenceError;
use shared::salt::SaltError;
use shared::store::StoreError;

use crate::keys::KeyError;
use crate::refusal::Refusal;
use crate::scan::ScanError;

/// Why a file cannot be planned.
#[derive(Debug, thiserror::Error)]
pub enum ValidateError {
    /// Nobody has said what files of this dataset hold.
    #[error("the dataset has no contract: there is no `{key}`")]
    NoContract {
        /// Where the contract was looked for.
        key: String,
    },
    /// The descriptor is no text that a person wrote.
    #[error("the contract is larger than {DESCRIPTOR_LIMIT} bytes")]
    ContractTooLarge,
    /// The contract cannot be carried out.
    #[error("the contract cannot be used")]
    Contract(#[from] ContractError),
    /// The contract names a salt that the deployment does not have.
    #[error("the contract cannot be used: a column is hashed under a salt")]
    Salt(#[from] SaltError),
    /// The folder in the bucket is no name for a dataset.
    #[error(
        "the name of the dataset has characters other than letters, digits, `_`, `-` and `.`, \
         or starts with a dot"
    )]
    DatasetName,
    /// A reference table of the contract cannot be used.
    #[error("the reference table `{resource}` of the contract, `{key}`, cannot be used")]
    Reference {
        /// Its name in the contract.
        resource: String,
        /// Where it lies.
        key: String,
        /// What is wrong with it.
        #[source]
        source: Box<ReferenceError>,
    },
    /// The file cannot be loaded.
    #[error("the file cannot be loaded")]
    Refused(#[from] Refusal),
    /// The keys of the file cannot be compared: a bug.
    #[error("cannot compare keys")]
    Keys(#[from] KeyError),
    /// The version that was dropped does not exist any more.
    #[error("the file was deleted or replaced before it was read")]
    Gone,
    /// The file is another than the event told.
    #[error("the file has fewer bytes than its event told")]
    Short,
    /// A manifest that wants the hash of the whole came after the file was surveyed.
    #[error("the manifest was changed while the file was read: drop the file again")]
    ManifestChanged,
    /// The file was surveyed by another contract.
    #[error("the contract was changed while the file was read: drop the file again")]
    ContractChanged,
    /// The store failed.
    #[error("cannot read what is needed")]
    Store(#[source] StoreError),
    /// The plan cannot be written.
    #[error("cannot write the plan")]
    Work(#[from] WorkError),
}

impl ValidateError {
    /// The name that the state machine knows.
    pub fn name(&self) -> ErrorName {
        match self {
            ValidateError::NoContract { .. }
            | ValidateError::Contract(_)
            | ValidateError::ContractTooLarge
            | ValidateError::ContractChanged
            | ValidateError::Salt(_)
            | ValidateError::DatasetName
            | ValidateError::Reference { .. } => ErrorName::ContractRefused,
            ValidateError::Refused(_)
            | ValidateError::Gone
            | ValidateError::Short
            | ValidateError::ManifestChanged => ErrorName::FileRefused,
            ValidateError::Keys(_) => ErrorName::WorkUnreadable,
            ValidateError::Store(error) => error.name(),
            ValidateError::Work(error) => error.name(),
        }
    }
}

impl ValidateError {
    /// The dropped file cannot be read.
    pub(crate) fn of_input(error: StoreError) -> Self {
        match error {
            StoreError::NotFound { .. } => ValidateError::Gone,
            StoreError::TooLarge { .. } | StoreError::Unavailable { .. } => {
                ValidateError::Store(error)
            }
        }
    }
}

impl From<ScanError> for ValidateError {
    fn from(error: ScanError) -> Self {
        match error {
            ScanError::Refused(refusal) => ValidateError::Refused(refusal),
            ScanError::Keys(error) => ValidateError::Keys(error),
        }
    }
}

impl From<ValidateError> for Diagnostic {
    fn from(error: ValidateError) -> Self {
        diagnostic(error.name(), &error)
    }
}
