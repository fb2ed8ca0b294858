//! Sets of keys that are searched where they lie.

use std::ops::Range;

use bytes::Bytes;

use super::{HASH_LEN, KeyHash};

/// Keys that the sets of an execution may hold in all, since `Parse` holds them: 64 Mi, of 1 GiB.
pub const KEY_SET_LIMIT: u64 = 64 << 20;

/// Keys of a bucket, on average.
const BUCKET_LEN: usize = 2;

/// Keys that are compared at once, whatever the bucket: that costs less than a wrong guess of the
/// processor where it ends.
const WINDOW_LEN: usize = 4;

/// A set of keys, as bytes that are searched where they lie.
///
/// Hashes are spread evenly, so the leading bits of one tell where it stands among the others but for
/// a few places. Many that begin alike, which take effort to find, are searched by halves.
///
/// ```
/// use shared::keys::KeySet;
/// let set: KeySet = [[7; 16], [1; 16], [7; 16]].into_iter().collect();
/// assert!(set.contains(&[7; 16]) && !set.contains(&[2; 16]));
/// assert!(KeySet::from_bytes(set.into_bytes()).contains(&[1; 16]));
/// ```
#[derive(Debug, Clone)]
pub struct KeySet {
    /// The hashes in order, end to end.
    bytes: Bytes,
    /// Where each bucket starts (0-based, in keys), and the end of the last: a bucket is an equal
    /// share of all possible hashes. Empty if the keys are more than these numbers count.
    starts: Vec<u32>,
}

impl KeySet {
    /// The set of keys that stand end to end in their order, each once.
    pub fn from_bytes(bytes: Bytes) -> Self {
        let (keys, _) = bytes.as_chunks();
        let starts = starts(keys);
        KeySet { bytes, starts }
    }

    /// The set as bytes.
    pub fn into_bytes(self) -> Bytes {
        self.bytes
    }

    /// Whether the key is one of them.
    pub fn contains(&self, key: &KeyHash) -> bool {
        self.position(key).is_some()
    }

    /// Where the key stands among the keys in their order (0-based).
    pub(crate) fn position(&self, key: &KeyHash) -> Option<usize> {
        let (keys, _) = self.bytes.as_chunks::<HASH_LEN>();
        let place = self.place(key).unwrap_or(0..keys.len());
        let window = keys.get(place.start..)?.first_chunk::<WINDOW_LEN>();
        if let Some(at) = window.and_then(|window| position_in(window, key)) {
            return Some(place.start + at);
        }
        if place.len() <= WINDOW_LEN && window.is_some() {
            return None;
        }
        keys.get(place.clone())?.binary_search(key).ok().map(|at| place.start + at)
    }

    /// Where the bucket of the key lies.
    fn place(&self, key: &KeyHash) -> Option<Range<usize>> {
        let bucket = bucket(key, self.starts.len().checked_sub(1)?);
        let &[start, end] = self.starts.get(bucket..)?.first_chunk()?;
        Some(start.try_into().ok()?..end.try_into().ok()?)
    }
}

/// Takes keys in any order.
impl FromIterator<KeyHash> for KeySet {
    fn from_iter<I: IntoIterator<Item = KeyHash>>(keys: I) -> Self {
        let mut keys: Vec<KeyHash> = keys.into_iter().collect();
        keys.sort_unstable_by_key(|key| u128::from_be_bytes(*key));
        keys.dedup();
        Self::from_bytes(Bytes::from_owner(keys.into_flattened()))
    }
}

fn position_in(window: &[KeyHash; WINDOW_LEN], key: &KeyHash) -> Option<usize> {
    let places = window.iter().zip(0..);
    places.fold(None, |found, (other, at)| if other == key { Some(at) } else { found })
}

/// The place of each bucket of `keys`, which are in order.
fn starts(keys: &[KeyHash]) -> Vec<u32> {
    if u32::try_from(keys.len()).is_err() {
        return Vec::new();
    }
    let count = keys.len() / BUCKET_LEN + 1;
    let mut starts = vec![0; count + 1];
    for key in keys {
        if let Some(start) = starts.get_mut(bucket(key, count) + 1) {
            *start += 1;
        }
    }
    let mut sum = 0;
    for start in &mut starts {
        sum += *start;
        *start = sum;
    }
    starts
}

/// The bucket of a key among `count` (0-based).
#[allow(clippy::cast_possible_truncation, reason = "the product of 64 bits each has 128 bits")]
fn bucket(key: &KeyHash, count: usize) -> usize {
    let lead = u128::from_be_bytes(*key) >> 64;
    ((lead * count as u128) >> 64) as usize
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_was_put_in_is_found(
            spread in prop::collection::btree_set(any::<KeyHash>(), 0..200),
            alike in prop::collection::btree_set((0..4_u8, any::<u8>()), 0..60),
        ) {
            let hash = |(lead, last)| {
                let mut hash = [0xff; HASH_LEN];
                (hash[0], hash[HASH_LEN - 1]) = (lead, last);
                hash
            };
            let mut keys = spread;
            keys.extend(alike.into_iter().map(hash));
            let set = KeySet::from_bytes(keys.iter().copied().flatten().collect::<Vec<u8>>().into());
            for (at, key) in keys.iter().enumerate() {
                prop_assert_eq!(set.position(key), Some(at));
                let mut other = *key;
                other[HASH_LEN - 1] ^= 0x10;
                prop_assert_eq!(set.contains(&other), keys.contains(&other));
            }
            let collected: KeySet = keys.iter().chain(&keys).rev().copied().collect();
            prop_assert_eq!(collected.into_bytes(), set.into_bytes());
        }
    }

    #[test]
    fn bytes_that_are_no_set_hold_no_key() {
        let set = KeySet::from_bytes(Bytes::from_static(&[0xff; 40]));
        assert!(set.contains(&[0xff; 16]) && !set.contains(&[0; 16]));
        assert!(!KeySet::from_bytes(Bytes::new()).contains(&[0; 16]));
    }
}
