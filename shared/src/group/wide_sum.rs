//! Sums of integers of 128 bits that cannot overflow.

use serde::{Deserialize, Serialize};

use super::kept::Kept;
use super::magnitude::Magnitude;

/// The sum of fewer than 2^63 integers of 128 bits.
///
/// So a sum whose parts are too large on the way is the same sum, whatever the order of its parts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct WideSum {
    /// In two's complement, with `low`.
    high: i64,
    low: u128,
}

impl WideSum {
    /// Adds a value.
    #[inline]
    pub fn add(&mut self, value: i128) {
        let (low, carry) = self.low.overflowing_add(value.cast_unsigned());
        self.low = low;
        self.high += i64::from(carry) - i64::from(value < 0);
    }

    /// Adds another sum.
    pub fn merge(&mut self, other: Self) {
        let (low, carry) = self.low.overflowing_add(other.low);
        self.low = low;
        self.high += other.high + i64::from(carry);
    }

    /// The sum, if 128 bits hold it.
    pub fn value(self) -> Option<i128> {
        let low = self.low.cast_signed();
        (self.high == -i64::from(low < 0)).then_some(low)
    }

    /// The double nearest to the sum by all of the divisors.
    pub(super) fn by(self, divisors: &[u64]) -> f64 {
        let (is_negative, sum) = self.magnitude();
        let value = sum.by(divisors).nearest(0);
        if is_negative { -value } else { value }
    }

    /// Whether the sum is negative, and how large it is.
    #[allow(clippy::cast_possible_truncation, reason = "two halves")]
    pub(super) fn magnitude(self) -> (bool, Magnitude) {
        let is_negative = self.high < 0;
        let (low, borrow) =
            if is_negative { 0_u128.overflowing_sub(self.low) } else { (self.low, false) };
        let high = if is_negative { !self.high + i64::from(!borrow) } else { self.high };
        let words = [low as u64, (low >> u64::BITS) as u64, high.cast_unsigned()];
        (is_negative, Magnitude::of(&words))
    }
}

impl From<i128> for WideSum {
    fn from(value: i128) -> Self {
        let mut sum = WideSum::default();
        sum.add(value);
        sum
    }
}

impl Kept for WideSum {}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn sum(values: &[i128]) -> WideSum {
        let mut sum = WideSum::default();
        for &value in values {
            sum.add(value);
        }
        sum
    }

    #[test]
    fn a_sum_may_go_beyond_its_bounds_and_come_back() {
        assert_eq!(sum(&[i128::MAX, i128::MAX]).value(), None);
        assert_eq!(sum(&[i128::MIN, -1]).value(), None);
        assert_eq!(sum(&[i128::MIN]).value(), Some(i128::MIN));
        assert_eq!(sum(&[i128::MAX, i128::MAX, i128::MIN, i128::MIN]).value(), Some(-2));
        assert_eq!(sum(&[i128::MAX, 1]).by(&[]).to_bits(), 2_f64.powi(127).to_bits());
        assert_eq!(sum(&[i128::MIN, i128::MIN]).by(&[]).to_bits(), (-2_f64.powi(128)).to_bits());
    }

    proptest! {
        #[test]
        #[allow(clippy::cast_precision_loss, reason = "the nearest double")]
        fn no_order_and_no_cut_shows(values in prop::collection::vec(any::<i128>(), 0..20), at in 0..20_usize) {
            let (first, second) = values.split_at(at.min(values.len()));
            let mut merged = sum(second);
            merged.merge(sum(first));
            prop_assert_eq!(merged, sum(&values));
            let small: Vec<i128> = values.iter().map(|value| value >> 6).collect();
            prop_assert_eq!(sum(&small).value(), Some(small.iter().sum()));
            let expected = small.iter().sum::<i128>();
            prop_assert_eq!(sum(&small).by(&[]).to_bits(), (expected as f64).to_bits());
        }
    }
}
