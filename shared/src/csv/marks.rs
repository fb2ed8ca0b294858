//! Where the bytes that may mean something stand in a text, found 64 bytes at a time.
//!
//! Most fields are so short that a search for each end takes longer than to go through the field: so
//! all marks of 64 bytes are found at once, as the bits of a word, and then visited one by one.

use wide::u8x16;

/// Bytes that are looked at together.
const WORD_LEN: usize = 64;

/// The bytes that are looked for: a delimiter, a quote, CR and LF.
#[derive(Debug, Clone, Copy)]
pub(super) struct Wanted([u8x16; 4]);

impl Wanted {
    pub(super) fn new(delimiter: u8, quote: Option<u8>) -> Self {
        Wanted([delimiter, quote.unwrap_or(delimiter), b'\r', b'\n'].map(u8x16::splat))
    }

    /// Without the delimiter.
    pub(super) fn ends(quote: Option<u8>) -> Self {
        Self::new(b'\n', quote)
    }

    /// One bit for each byte, the first in the lowest place.
    #[inline]
    fn bits(self, word: &[u8; WORD_LEN]) -> u64 {
        let (lanes, _) = word.as_chunks::<16>();
        let mut bits = 0;
        for &lane in lanes.iter().rev() {
            bits = bits << 16 | u64::from(self.lane_bits(u8x16::new(lane)));
        }
        bits
    }

    #[inline]
    fn lane_bits(self, lane: u8x16) -> u32 {
        let [a, b, c, d] = self.0;
        let is_mark = lane.simd_eq(a) | lane.simd_eq(b) | lane.simd_eq(c) | lane.simd_eq(d);
        is_mark.to_bitmask()
    }
}

/// Goes from mark to mark of a text.
#[derive(Debug, Clone)]
pub(super) struct Marks<'a> {
    wanted: Wanted,
    bytes: &'a [u8],
    /// The marks of the word at `at` that were not visited.
    bits: u64,
    at: usize,
}

impl<'a> Marks<'a> {
    pub(super) fn new(wanted: Wanted, bytes: &'a [u8]) -> Self {
        let mut marks = Marks { wanted, bytes, bits: 0, at: 0 };
        marks.bits = marks.word();
        marks
    }

    /// The offset of the next mark (0-based); none behind the last.
    #[inline]
    pub(super) fn next(&mut self) -> Option<usize> {
        while self.bits == 0 {
            self.at += WORD_LEN;
            if self.at >= self.bytes.len() {
                // Asked again, it is still the end.
                self.at = self.bytes.len();
                return None;
            }
            self.bits = self.word();
        }
        let mark = self.at + self.bits.trailing_zeros() as usize;
        self.bits &= self.bits - 1;
        Some(mark)
    }

    #[inline]
    fn word(&self) -> u64 {
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        match rest.first_chunk() {
            Some(word) => self.wanted.bits(word),
            None => self.last_word(rest),
        }
    }

    #[cold]
    fn last_word(&self, rest: &[u8]) -> u64 {
        let mut word = [0; WORD_LEN];
        for (to, from) in word.iter_mut().zip(rest) {
            *to = *from;
        }
        // A zero may be a mark too, but not behind the end.
        self.wanted.bits(&word) & !(u64::MAX << rest.len())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn every_mark_is_visited_once_and_in_order(
            bytes in prop::collection::vec(prop::sample::select(&b"\0,\"\r\nab\xc3"[..]), 0..300),
            delimiter in prop::sample::select(&b"\0,"[..]),
            quote in prop::option::of(Just(b'"')),
        ) {
            let is_mark = |byte: u8| {
                byte == delimiter || Some(byte) == quote || matches!(byte, b'\r' | b'\n')
            };
            let expected: Vec<usize> = (0..bytes.len()).filter(|&at| is_mark(bytes[at])).collect();
            let mut marks = Marks::new(Wanted::new(delimiter, quote), &bytes);
            let found: Vec<usize> = std::iter::from_fn(|| marks.next()).collect();
            prop_assert_eq!(found, expected);
            prop_assert_eq!(marks.next(), None);
        }
    }
}
