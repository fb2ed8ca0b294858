//! What a deployment decides.

use shared::message::FileRange;
use shared::salt::Salts;

use crate::keys::KeyLimits;

/// Bytes of a chunk where nothing else is said: 64 MiB.
const CHUNK_BYTES: u64 = 64 << 20;

/// A Distributed Map is kept to this many children.
pub(crate) const CHUNK_COUNT_LIMIT: u64 = 10_000;

/// How a deployment cuts files, and what it keeps from them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// Length of the ranges that a text is cut into; a chunk is the records that start in one of them.
    pub chunk_bytes: u64,
    /// Name of the input resource, the first of the contract if None.
    pub resource: Option<String>,
    /// What comparing keys may take.
    pub keys: KeyLimits,
    /// The salts that contracts may name.
    pub salts: Salts,
}

/// `CHUNK_BYTES` is set, but to no positive whole number.
#[derive(Debug, thiserror::Error)]
#[error("the environment variable CHUNK_BYTES must be a positive whole number")]
pub struct SettingsError;

impl Settings {
    /// The settings that cut a text into ranges of that length, and say nothing else.
    pub fn new(chunk_bytes: u64) -> Self {
        let (keys, salts) = (KeyLimits::default(), Salts::default());
        Settings { chunk_bytes, resource: None, keys, salts }
    }

    /// The settings of a Lambda: `CHUNK_BYTES`, 64 MiB by default, and its salts.
    ///
    /// # Errors
    /// [`SettingsError`].
    pub fn from_env() -> Result<Self, SettingsError> {
        let chunk_bytes = match std::env::var("CHUNK_BYTES") {
            Err(_) => CHUNK_BYTES,
            Ok(text) => text.parse().ok().filter(|&bytes| bytes > 0).ok_or(SettingsError)?,
        };
        let salts = Salts::of(std::env::vars_os());
        Ok(Settings { salts, ..Settings::new(chunk_bytes) })
    }

    /// Bytes of a chunk for a file of that size: more than usual if there would be too many chunks.
    ///
    /// ```
    /// let settings = validate::Settings::new(64 << 20);
    /// assert_eq!(settings.chunk_bytes_for(1_000_000_000), 64 << 20);
    /// assert_eq!(settings.chunk_bytes_for(5_000_000_000_000), 500_000_000);
    /// ```
    pub fn chunk_bytes_for(&self, byte_len: u64) -> u64 {
        self.chunk_bytes.max(byte_len.div_ceil(CHUNK_COUNT_LIMIT))
    }

    /// The ranges of a file of that size, whose text stands behind `mark_len` bytes: the first has those
    /// too, so that all are of the same length in the text.
    pub fn ranges(&self, byte_len: u64, mark_len: u64) -> Vec<FileRange> {
        let step = self.chunk_bytes_for(byte_len);
        let ends = (1..=byte_len.div_ceil(step)).map(|count| mark_len + count * step);
        let mut ranges = Vec::new();
        let mut start = 0;
        for end in ends.map(|end| end.min(byte_len)) {
            if start < end {
                ranges.push(FileRange { index: ranges.len(), start, end });
            }
            start = end;
        }
        ranges
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_huge_file_has_larger_chunks_not_more() {
        let settings = Settings::new(1000);
        for (byte_len, expected) in [(0, 1000), (10_000_000, 1000), (10_000_001, 1001)] {
            assert_eq!(settings.chunk_bytes_for(byte_len), expected);
        }
    }

    #[test]
    fn the_ranges_are_all_of_the_file() {
        let settings = Settings::new(10);
        for mark_len in [0, 3] {
            for byte_len in [0, 3, 9, 10, 13, 14, 100, 103, 1_000_000] {
                let ranges = settings.ranges(byte_len, mark_len);
                let ends = ranges.iter().map(|range| range.end);
                let starts: Vec<u64> = ranges.iter().map(|range| range.start).collect();
                let expected: Vec<u64> = std::iter::once(0).chain(ends).collect();
                assert_eq!(*expected.last().unwrap(), byte_len);
                assert_eq!(starts, expected[..expected.len() - 1]);
                assert!(ranges.len() as u64 <= CHUNK_COUNT_LIMIT);
                let step = settings.chunk_bytes_for(byte_len);
                let cuts = ranges.iter().skip(1).map(|range| range.start - mark_len);
                assert!(cuts.into_iter().all(|cut| cut % step == 0));
            }
        }
    }
}
