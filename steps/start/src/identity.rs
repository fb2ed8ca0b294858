//! What tells one file, and one version of it, from any other.

use sha2::{Digest, Sha256};
use shared::hexadecimal;
use shared::message::Dropped;

/// Identity of a file through all its versions: the first 32 hexadecimal digits of the SHA-256 of
/// bucket and key with a NUL between them.
pub fn file_id(bucket: &str, key: &str) -> String {
    digest([bucket, key])
}

/// Identity of one dropped version, 32 hexadecimal digits.
///
/// A bucket that keeps no versions has only the entity tag, which is the same for the same bytes:
/// there, the sequencer tells a second drop of the same bytes from a second event of the first.
pub(crate) fn version_id(dropped: &Dropped) -> String {
    let (kind, version) = match &dropped.version {
        Some(version) => ("version", version),
        None => ("etag", &dropped.etag),
    };
    let sequencer = dropped.sequencer.as_deref().unwrap_or_default();
    // The key comes last: it is the only part that may hold a NUL itself.
    digest([&dropped.bucket, kind, version, sequencer, &dropped.key])
}

/// The first 16 bytes of a SHA-256 in hexadecimal.
fn digest<const N: usize>(parts: [&str; N]) -> String {
    let mut digits = hexadecimal::write(&Sha256::digest(parts.join("\0")));
    digits.truncate(32);
    digits
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_id_is_what_other_tools_compute() {
        // printf 'in\0flights/2013-01.csv' | sha256sum | cut -c-32
        assert_eq!(file_id("in", "flights/2013-01.csv"), "d8d3df520ff8e797fa1f417ccfb32a48");
        assert_ne!(file_id("in", "flights/2013-01.csv"), file_id("i", "nflights/2013-01.csv"));
    }
}
