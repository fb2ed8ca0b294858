//! What a deployment decides.

/// Bytes of a chunk where nothing else is said: 32 MiB.
const CHUNK_BYTES: u64 = 32 << 20;

/// A Distributed Map is kept to this many children.
const CHUNK_COUNT_LIMIT: u64 = 10_000;

/// How a deployment cuts files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// A chunk ends at the first record that starts this many bytes or more behind the chunk's start.
    pub chunk_bytes: u64,
    /// Name of the input resource, the first of the contract if None.
    pub resource: Option<String>,
}

/// `CHUNK_BYTES` is set, but to no positive whole number.
#[derive(Debug, thiserror::Error)]
#[error("the environment variable CHUNK_BYTES must be a positive whole number")]
pub struct SettingsError;

impl Settings {
    /// The settings of a Lambda: `CHUNK_BYTES`, 32 MiB by default.
    ///
    /// # Errors
    /// [`SettingsError`].
    pub fn from_env() -> Result<Self, SettingsError> {
        let chunk_bytes = match std::env::var("CHUNK_BYTES") {
            Err(_) => CHUNK_BYTES,
            Ok(text) => text.parse().ok().filter(|&bytes| bytes > 0).ok_or(SettingsError)?,
        };
        Ok(Settings { chunk_bytes, resource: None })
    }

    /// Bytes of a chunk for a file of that size: more than usual if there would be too many chunks.
    pub(crate) fn chunk_bytes_for(&self, byte_len: u64) -> u64 {
        self.chunk_bytes.max(byte_len.div_ceil(CHUNK_COUNT_LIMIT))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_huge_file_has_larger_chunks_not_more() {
        let settings = Settings { chunk_bytes: 1000, resource: None };
        for (byte_len, expected) in [(0, 1000), (10_000_000, 1000), (10_000_001, 1001)] {
            assert_eq!(settings.chunk_bytes_for(byte_len), expected);
        }
    }
}
