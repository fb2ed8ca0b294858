//! Sums of integers of 128 bits that cannot overflow.

use serde::{Deserialize, Serialize};

use super::kept::Kept;

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

    /// The nearest double, or the next to it.
    #[allow(clippy::cast_precision_loss, reason = "it says so")]
    pub(super) fn nearest(self) -> f64 {
        let wide = || self.high as f64 * 2_f64.powi(128) + self.low as f64;
        self.value().map_or_else(wide, |value| value as f64)
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
        assert_eq!(sum(&[i128::MAX, 1]).nearest().to_bits(), 2_f64.powi(127).to_bits());
        assert_eq!(sum(&[i128::MIN, i128::MIN]).nearest().to_bits(), (-2_f64.powi(128)).to_bits());
    }

    proptest! {
        #[test]
        fn no_order_and_no_cut_shows(values in prop::collection::vec(any::<i128>(), 0..20), at in 0..20_usize) {
            let (first, second) = values.split_at(at.min(values.len()));
            let mut merged = sum(second);
            merged.merge(sum(first));
            prop_assert_eq!(merged, sum(&values));
            let small: Vec<i128> = values.iter().map(|value| value >> 6).collect();
            prop_assert_eq!(sum(&small).value(), Some(small.iter().sum()));
        }
    }
}
