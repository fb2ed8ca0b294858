//! What a contract says of a file as a whole: how long it is, and its hash.

use sha2::{Digest, Sha256};

use super::ReferenceError;
use crate::contract::Resource;
use crate::hexadecimal;

/// The bytes of a file, as far as they were read.
#[derive(Default)]
pub(super) struct Declared {
    byte_len: u64,
    hasher: Sha256,
}

impl Declared {
    pub(super) fn push(&mut self, bytes: &[u8]) {
        self.byte_len += bytes.len() as u64;
        self.hasher.update(bytes);
    }

    /// Holds the whole file against the contract.
    pub(super) fn check(self, resource: &Resource) -> Result<(), ReferenceError> {
        if let Some(declared) = resource.byte_len.filter(|&len| len != self.byte_len) {
            let (property, declared) = ("length", format!("{declared} bytes"));
            return Err(ReferenceError::Declared { property, declared });
        }
        let Some(declared) = &resource.sha256 else { return Ok(()) };
        if hexadecimal::write(&self.hasher.finalize()) == *declared {
            return Ok(());
        }
        Err(ReferenceError::Declared { property: "hash", declared: format!("sha256:{declared}") })
    }
}
