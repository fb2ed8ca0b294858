//! SHA-256, beside the work on the same bytes where there is a second processor.

use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::{JoinHandle, available_parallelism, spawn};

use bytes::Bytes;
use sha2::{Digest as _, Sha256};
use shared::hexadecimal;
use shared::job::{Digest, Surveyed};

/// Pieces that wait to be hashed, at most: the store gives some 256 KiB at a time.
const QUEUE_LEN: usize = 8;

/// Hashes bytes that arrive in pieces.
///
/// ```
/// use bytes::Bytes;
/// use validate::Hasher;
/// let [here, beside] = [Hasher::here(), Hasher::new()].map(|mut hasher| {
///     hasher.push(&Bytes::from_static(b"abc"));
///     hasher.finish()
/// });
/// assert!(here.starts_with("ba7816bf") && here == beside);
/// ```
#[derive(Debug)]
pub struct Hasher(Place);

/// Where the work is done.
#[derive(Debug)]
enum Place {
    /// On the thread that gives the pieces.
    Here(Sha256),
    /// On a thread of its own.
    Beside(SyncSender<Bytes>, JoinHandle<Sha256>),
}

impl Default for Hasher {
    fn default() -> Self {
        Self::new()
    }
}

impl Hasher {
    /// One for this machine: on a thread of its own where there is a second processor.
    pub fn new() -> Self {
        if available_parallelism().is_ok_and(|count| count.get() > 1) {
            Hasher::beside()
        } else {
            Hasher::here()
        }
    }

    /// One that works on the thread that gives the pieces.
    pub fn here() -> Self {
        Hasher(Place::Here(Sha256::new()))
    }

    fn beside() -> Self {
        let (queue, pieces) = sync_channel(QUEUE_LEN);
        Hasher(Place::Beside(queue, spawn(move || hash(&pieces))))
    }

    /// Takes the next piece; waits while too many are waiting.
    pub fn push(&mut self, piece: &Bytes) {
        match &mut self.0 {
            Place::Here(hasher) => hasher.update(piece),
            Place::Beside(queue, _) => {
                // It fails only if the thread has panicked, which the end tells.
                let _ = queue.send(piece.clone());
            }
        }
    }

    /// The hash in hexadecimal.
    pub fn finish(self) -> String {
        let hasher = match self.0 {
            Place::Here(hasher) => hasher,
            Place::Beside(queue, thread) => {
                drop(queue);
                thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
            }
        };
        hexadecimal::write(&hasher.finalize())
    }
}

fn hash(pieces: &Receiver<Bytes>) -> Sha256 {
    let mut hasher = Sha256::new();
    for piece in pieces {
        hasher.update(&piece);
    }
    hasher
}

/// What identifies a file that was surveyed: see [`Digest::RangesSha256`].
pub(crate) fn of_ranges(surveys: &[Surveyed]) -> Digest {
    let mut hasher = Sha256::new();
    for surveyed in surveys {
        hasher.update((surveyed.range.end - surveyed.range.start).to_be_bytes());
        hasher.update(hexadecimal::read(&surveyed.sha256).unwrap_or_default());
    }
    Digest::RangesSha256(hexadecimal::write(&hasher.finalize()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_ways_are_the_sum_that_sha256sum_prints() {
        let expected = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        for mut hasher in [Hasher::here(), Hasher::beside(), Hasher::new()] {
            hasher.push(&Bytes::from_static(b"a"));
            hasher.push(&Bytes::from_static(b"bc"));
            assert_eq!(hasher.finish(), expected);
        }
    }
}
