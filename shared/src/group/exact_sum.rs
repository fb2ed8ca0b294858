//! A sum of doubles that is exact until it is read.

use serde::{Deserialize, Serialize};

use super::kept::Kept;

/// The exact sum of doubles, by exponent: the small superaccumulator of Neal 2015, "Fast exact
/// summation using small and large superaccumulators", with 128 bits for each 32 exponents, so that
/// no carry is passed on before the sum is read, and without the bins that no value has come near.
///
/// Each finite double is a whole number of 2^-1074, and so is the sum. It depends on the values alone
/// and not on their order, and it is read as the double nearest to it, with ties to even; a sum of
/// zero is +0. Infinities and NaN are summed apart, by the rules of IEEE 754.
///
/// A bin holds 2^42 values, whatever they are: more than the rows of any file.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct ExactSum {
    /// The number of the first bin.
    low: u8,
    /// The bins from that one up: bin `k` counts 2^(32 k - 1074).
    bins: Vec<i128>,
    /// The sum of the values that are not finite.
    special: f64,
}

/// Exponents of a bin.
const BIN_WIDTH: u64 = 32;

/// Bits of a double behind its exponent.
const FRACTION_BITS: u32 = f64::MANTISSA_DIGITS - 1;

/// The exponent of infinities and NaN.
const SPECIAL: u64 = 0x7ff;

/// Limbs of a sum that are looked at digit by digit.
const WINDOW_LEN: usize = 4;

/// Bits of a window below its highest limb.
const WINDOW_BELOW: u64 = (WINDOW_LEN as u64 - 1) * BIN_WIDTH;

impl ExactSum {
    #[inline]
    #[allow(clippy::cast_possible_truncation, reason = "there are 64 bins")]
    pub(super) fn add(&mut self, value: f64) {
        let bits = value.to_bits();
        let exponent = bits >> FRACTION_BITS & SPECIAL;
        if exponent == SPECIAL {
            self.special += value;
            return;
        }
        // A subnormal double has no leading one, and the exponent of the least others.
        let lead = u64::from(exponent != 0);
        let place = exponent - lead;
        let digits = bits & ((1 << FRACTION_BITS) - 1) | lead << FRACTION_BITS;
        let count = i128::from(digits) << (place % BIN_WIDTH);
        // All ones for a negative value: the complement of a number is one less than its negation.
        let sign = i128::from(bits.cast_signed() >> 63);
        self.count((place / BIN_WIDTH) as u8, (count ^ sign) - sign);
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

    pub(super) fn merge(&mut self, other: &ExactSum) {
        for (bin, &count) in (other.low..).zip(&other.bins) {
            self.count(bin, count);
        }
        self.special += other.special;
    }

    /// The double nearest to the sum.
    pub(super) fn value(&self) -> f64 {
        if self.special.is_nan() {
            return f64::NAN;
        }
        if self.special != 0.0 {
            return self.special;
        }
        if let Some(limbs) = limbs(self.bins.iter().copied()) {
            return nearest(&limbs, self.low);
        }
        let negated = limbs(self.bins.iter().map(|count| count.wrapping_neg()));
        -nearest(&negated.unwrap_or_default(), self.low)
    }
}

impl Kept for ExactSum {
    fn heap_size(&self) -> u64 {
        (self.bins.len() * size_of::<i128>()) as u64
    }
}

/// The sum as limbs of 32 bits, the least first; none for a negative sum.
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
    sum >> BIN_WIDTH
}

/// The double nearest to the number of those limbs, of which the first stands for the bin `low`.
fn nearest(limbs: &[u32], low: u8) -> f64 {
    let Some(top) = limbs.iter().rposition(|&limb| limb != 0) else { return 0.0 };
    let (rest, window) = limbs.split_at((top + 1).saturating_sub(WINDOW_LEN));
    let leading = window.iter().rev().skip_while(|&&limb| limb == 0).chain(std::iter::repeat(&0));
    let digits = leading.take(WINDOW_LEN).fold(0, |sum, &limb| sum << BIN_WIDTH | u128::from(limb));
    let len = u64::from(u128::BITS - digits.leading_zeros());
    // What lies below 2^-1074 is zero, and no digit of a double.
    let place = (u64::from(low) + top as u64) * BIN_WIDTH;
    let cut = (len - u64::from(f64::MANTISSA_DIGITS)).max(WINDOW_BELOW.saturating_sub(place));
    let rounded = round_half_even(digits, cut, rest.iter().any(|&limb| limb != 0));
    // The leading one of the digits adds 1 to the exponent, and so does a carry out of them.
    let bits = ((place + cut - WINDOW_BELOW) << FRACTION_BITS) + rounded;
    f64::from_bits(bits.min(f64::INFINITY.to_bits()))
}

/// `digits` without the last `cut` bits, of which there is one at least; `is_more` says that others
/// follow.
#[allow(clippy::cast_possible_truncation, reason = "no more are kept than a double has digits")]
fn round_half_even(digits: u128, cut: u64, is_more: bool) -> u64 {
    let kept = digits >> cut;
    let (rest, half) = (digits - (kept << cut), 1 << (cut - 1));
    let is_up = rest > half || rest == half && (is_more || kept % 2 == 1);
    kept as u64 + u64::from(is_up)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn sum(values: &[f64]) -> ExactSum {
        let mut sum = ExactSum::default();
        for &value in values {
            sum.add(value);
        }
        sum
    }

    /// The expected values are those of Python's `math.fsum`.
    #[test]
    fn sums_are_the_nearest_double() {
        let tiny = 2_f64.powi(-53);
        let least = f64::from_bits(1);
        for (values, expected) in [
            (&[][..], 0.0),
            (&[-0.0], 0.0),
            (&[0.1; 10], 1.0),
            (&[1e100, 1.0, -1e100], 1.0),
            (&[1.0, tiny], 1.0),
            (&[1.0, tiny, 1e-30], 1.0 + 2.0 * tiny),
            (&[1.0 + 2.0 * tiny, tiny], 1.0 + 4.0 * tiny),
            (&[1.0 + 2.0 * tiny, tiny, -1e-30], 1.0 + 2.0 * tiny),
            (&[1e16, 1.0, 1e-16], 10_000_000_000_000_002.0),
            (&[f64::INFINITY, 1.0], f64::INFINITY),
            (&[1e308, -1e308, -1e308, 1e308], 0.0),
            (&[1e308, 1e308, -1e308], 1e308),
            (&[1e308, 1e308], f64::INFINITY),
            (&[-1e308, -1e308], f64::NEG_INFINITY),
            (&[1e308, 1e-300, -1e308], 1e-300),
            (&[f64::MAX, f64::MAX, 1.0, -f64::MAX, -f64::MAX], 1.0),
            (&[f64::MAX, f64::MAX, -f64::MAX], f64::MAX),
            (&[least], least),
            (&[least, least, -1.0, 1.0], 2.0 * least),
            (&[f64::MIN_POSITIVE, -least], f64::MIN_POSITIVE - least),
            (&[f64::MIN_POSITIVE; 2], 2.0 * f64::MIN_POSITIVE),
        ] {
            assert_eq!(sum(values).value().to_bits(), expected.to_bits(), "{values:?}");
            let negated: Vec<f64> = values.iter().map(|value| -value).collect();
            let expected = if expected == 0.0 { 0.0 } else { -expected };
            assert_eq!(sum(&negated).value().to_bits(), expected.to_bits(), "{negated:?}");
        }
        assert!(sum(&[f64::INFINITY, f64::NEG_INFINITY]).value().is_nan());
        assert!(sum(&[f64::NAN]).value().is_nan());
    }

    /// The sum in another way: as doubles whose digits do not overlap (Shewchuk 1997, grow-expansion),
    /// read as the nearest double (Hettinger 2005, "Binary floating point summation accurate to full
    /// precision").
    #[allow(clippy::float_cmp, reason = "whether the addition was exact is the question")]
    fn expansion_sum(values: &[f64]) -> f64 {
        let mut parts: Vec<f64> = Vec::new();
        for &value in values {
            let mut high = value;
            let mut kept = Vec::new();
            for part in parts {
                let (sum, error) = two_sum(high, part);
                high = sum;
                kept.extend(Some(error).filter(|error| *error != 0.0));
            }
            kept.push(high);
            parts = kept;
        }
        let Some(mut high) = parts.pop() else { return 0.0 };
        while let Some(part) = parts.pop() {
            let (sum, error) = two_sum(high, part);
            high = sum;
            if error != 0.0 {
                let is_tie = parts.last().is_none_or(|next| (*next < 0.0) != (error < 0.0));
                let away = high + error * 2.0;
                return if !is_tie && away - high == error * 2.0 { away } else { high };
            }
        }
        high
    }

    fn two_sum(a: f64, b: f64) -> (f64, f64) {
        let sum = a + b;
        let b_in_sum = sum - a;
        (sum, (a - (sum - b_in_sum)) + (b - b_in_sum))
    }

    /// Values of one magnitude, of all, and near ties.
    fn any_value() -> impl Strategy<Value = f64> {
        prop_oneof![
            -1e6..1e6_f64,
            (-1.0..1.0_f64, -320..300_i32).prop_map(|(digits, power)| digits * 10_f64.powi(power)),
            (-9..9_i32, -120..120_i32)
                .prop_map(|(digit, power)| { f64::from(digit) * 2_f64.powi(power) }),
            (0..1_u64 << 54).prop_map(f64::from_bits),
        ]
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2000))]
        #[test]
        fn it_is_the_sum_of_an_expansion(values in prop::collection::vec(any_value(), 0..40)) {
            let (found, expected) = (sum(&values).value(), expansion_sum(&values) + 0.0);
            prop_assert_eq!(found.to_bits(), expected.to_bits(), "{} {}", found, expected);
        }
    }

    proptest! {
        #[test]
        fn neither_order_nor_cut_matters(
            values in prop::collection::vec((-1.0..1.0_f64, -300..309_i32), 0..40),
            cut in 0..40_usize,
        ) {
            let mut values: Vec<f64> = values.iter().map(|(m, e)| m * 10_f64.powi(*e)).collect();
            let expected = sum(&values).value();
            let (left, right) = values.split_at(cut.min(values.len()));
            let mut merged = sum(right);
            merged.merge(&sum(left));
            prop_assert_eq!(merged.value().to_bits(), expected.to_bits());
            values.reverse();
            prop_assert_eq!(sum(&values).value().to_bits(), expected.to_bits());
        }
    }
}
