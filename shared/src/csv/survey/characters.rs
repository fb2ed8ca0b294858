//! Whether a text is UTF-8, or ASCII, told from ranges whose ends may cut a character.

use serde::{Deserialize, Serialize};

/// Bytes at the start of a range that may belong to a character that started before it.
const HEAD_LEN: usize = 3;

/// What a range says about its characters. Those of neighbours combine.
///
/// ```
/// use shared::csv::Characters;
/// let (a, b) = (Characters::of_utf8(b"caf\xc3"), Characters::of_utf8(b"\xa9!"));
/// assert_eq!(a.then(&b).invalid_at(), None);
/// assert_eq!(b.then(&a).invalid_at(), Some(0));
/// assert_eq!(Characters::of_ascii(b"caf\xc3").invalid_at(), Some(3));
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Characters {
    byte_len: u64,
    /// Continuation bytes at the start, at most 3. Whether they are right, only the range before tells.
    head: Vec<u8>,
    /// Offset (0-based) of the first bytes behind the head that are no character.
    invalid: Option<u64>,
    /// The bytes of a character at the end, not in the head, that the next range may complete.
    tail: Vec<u8>,
}

impl Characters {
    /// Those of a range of a text in UTF-8.
    pub fn of_utf8(bytes: &[u8]) -> Self {
        let is_continuation = |byte: &&u8| **byte & 0xc0 == 0x80;
        let head_len = bytes.iter().take(HEAD_LEN).take_while(is_continuation).count();
        let (head, body) = bytes.split_at(head_len);
        let (invalid, tail) = check(body);
        Characters {
            byte_len: bytes.len() as u64,
            head: head.to_vec(),
            invalid: invalid.map(|at| (head_len + at) as u64),
            tail: tail.to_vec(),
        }
    }

    /// Those of a range of a text in US-ASCII.
    pub fn of_ascii(bytes: &[u8]) -> Self {
        let valid_len = encoding_rs::Encoding::ascii_valid_up_to(bytes);
        let invalid = (valid_len < bytes.len()).then_some(valid_len as u64);
        Characters { byte_len: bytes.len() as u64, invalid, ..Characters::default() }
    }

    /// Those of this range and of the one behind it.
    #[must_use]
    pub fn then(&self, next: &Characters) -> Characters {
        let byte_len = self.byte_len + next.byte_len;
        let next_invalid = next.invalid.map(|at| self.byte_len + at);
        if self.is_head() {
            let mut head = [self.head.as_slice(), &next.head].concat();
            // More than belong to any character.
            let is_long = head.len() > HEAD_LEN;
            head.truncate(HEAD_LEN);
            let invalid = if is_long { Some(HEAD_LEN as u64) } else { next_invalid };
            return Characters { byte_len, head, invalid, tail: next.tail.clone() };
        }
        let cut = [self.tail.as_slice(), &next.head].concat();
        let cut_at = self.byte_len - self.tail.len() as u64;
        let (invalid, tail) = check(&cut);
        let is_broken = !tail.is_empty() && !next.is_head();
        let broken = is_broken.then(|| cut.len() - tail.len());
        let cut_invalid = invalid.or(broken).map(|at| cut_at + at as u64);
        Characters {
            byte_len,
            head: self.head.clone(),
            invalid: self.invalid.or(cut_invalid).or(next_invalid),
            tail: if next.is_head() { tail.to_vec() } else { next.tail.clone() },
        }
    }

    /// Byte offset (0-based) of the first that is no character, if the range is the whole text.
    pub fn invalid_at(&self) -> Option<u64> {
        let tail_at = self.byte_len - self.tail.len() as u64;
        let tail = (!self.tail.is_empty()).then_some(tail_at);
        if self.head.is_empty() { self.invalid.or(tail) } else { Some(0) }
    }

    /// Whether the range is all head, or empty.
    fn is_head(&self) -> bool {
        self.byte_len == self.head.len() as u64
    }
}

/// Where `bytes` first are no UTF-8, and the cut character that they end with.
fn check(bytes: &[u8]) -> (Option<usize>, &[u8]) {
    match std::str::from_utf8(bytes) {
        Ok(_) => (None, &[]),
        Err(error) if error.error_len().is_some() => (Some(error.valid_up_to()), &[]),
        Err(error) => (None, bytes.get(error.valid_up_to()..).unwrap_or_default()),
    }
}
