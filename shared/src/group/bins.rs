//! Exact sums of whole numbers of any size.

use serde::{Deserialize, Serialize};

use super::kept::Kept;
use super::magnitude::{LIMB_BITS, Magnitude};

/// The sum of whole numbers times powers of two, by powers: the small superaccumulator of Neal 2015, "Fast exact
/// summation using small and large superaccumulators", with 128 bits for each 32 powers, so that no carry is passed
/// on before the sum is read, and without the bins that no number has come near.
///
/// It depends on the numbers alone and not on their order. A bin holds 2^42 of them, whatever they are: more than
/// the rows of any file.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct Bins {
    /// The number of the first bin.
    low: u8,
    /// The bins from that one up: bin `k` counts 2^(32 k).
    bins: Vec<i128>,
}

/// Bits of a number that are added to one bin at most.
const PIECE_BITS: u32 = f64::MANTISSA_DIGITS;

impl Bins {
    /// Adds `digits` times 2^`place`, or takes it off if it is negative; `digits` has [`PIECE_BITS`] bits at most,
    /// and `place` is less than 2^12. No bin is made for a zero.
    #[inline]
    #[allow(clippy::cast_possible_truncation, reason = "there are 2^7 bins below 2^12")]
    pub(super) fn add(&mut self, digits: u64, is_negative: bool, place: u64) {
        if digits == 0 {
            return;
        }
        let count = i128::from(digits) << (place % u64::from(LIMB_BITS));
        // All ones for a negative number: the complement of a number is one less than its negation.
        let sign = -i128::from(is_negative);
        self.count((place / u64::from(LIMB_BITS)) as u8, (count ^ sign) - sign);
    }

    /// Adds the square of a number times 2^`place`.
    pub(super) fn add_square(&mut self, number: u128, place: u64) {
        let (high, low) = (number >> u64::BITS, number & u128::from(u64::MAX));
        self.add_wide(low * low, place);
        if high > 0 {
            self.add_wide(high * low, place + u64::from(u64::BITS) + 1);
            self.add_wide(high * high, place + 2 * u64::from(u64::BITS));
        }
    }

    #[allow(clippy::cast_possible_truncation, reason = "it is masked")]
    fn add_wide(&mut self, mut digits: u128, mut place: u64) {
        while digits > 0 {
            self.add(digits as u64 & ((1 << PIECE_BITS) - 1), false, place);
            digits >>= PIECE_BITS;
            place += u64::from(PIECE_BITS);
        }
    }

    #[inline]
    fn count(&mut self, bin: u8, count: i128) {
        if let Some(kept) = self.bins.get_mut(usize::from(bin.wrapping_sub(self.low))) {
            *kept = kept.wrapping_add(count);
        } else {
            self.reach(bin);
            self.count(bin, count);
        }
    }

    /// Makes room for that bin.
    #[cold]
    fn reach(&mut self, bin: u8) {
        if self.bins.is_empty() {
            self.low = bin;
        }
        let below = self.low.saturating_sub(bin);
        self.bins.splice(0..0, std::iter::repeat_n(0, below.into()));
        self.low -= below;
        let len = self.bins.len().max(usize::from(bin - self.low) + 1);
        self.bins.resize(len, 0);
    }

    pub(super) fn merge(&mut self, other: &Bins) {
        for (bin, &count) in (other.low..).zip(&other.bins) {
            self.count(bin, count);
        }
    }

    /// The sum: whether it is negative, and how large it is.
    pub(super) fn sum(&self) -> (bool, Magnitude) {
        let low = self.low.into();
        if let Some(limbs) = limbs(self.bins.iter().copied()) {
            return (false, Magnitude::new(limbs, low));
        }
        let negated = limbs(self.bins.iter().map(|count| count.wrapping_neg()));
        (true, Magnitude::new(negated.unwrap_or_default(), low))
    }
}

impl Kept for Bins {
    fn heap_size(&self) -> u64 {
        (self.bins.len() * size_of::<i128>()) as u64
    }
}

/// The sum as limbs, the least first; none for a negative sum.
fn limbs(bins: impl Iterator<Item = i128>) -> Option<Vec<u32>> {
    let mut limbs = Vec::new();
    let mut carry = 0_i128;
    for count in bins {
        carry = push_limb(&mut limbs, count.wrapping_add(carry));
    }
    while carry > 0 {
        carry = push_limb(&mut limbs, carry);
    }
    (carry == 0).then_some(limbs)
}

/// Pushes the last limb of `sum` and gives the others.
#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the last bits are meant"
)]
fn push_limb(limbs: &mut Vec<u32>, sum: i128) -> i128 {
    limbs.push(sum as u32);
    sum >> LIMB_BITS
}
