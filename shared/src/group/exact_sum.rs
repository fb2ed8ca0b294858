//! A sum of doubles that is exact until it is read.

use serde::{Deserialize, Serialize};

use super::bins::Bins;
use super::kept::Kept;
use super::magnitude::{LEAST_POWER, Magnitude};

/// The exact sum of doubles, each of which is a whole number of 2^-1074 if it is finite.
///
/// It depends on the values alone and not on their order, and it is read as the double nearest to it, with ties to
/// even; a sum of zero is +0. Infinities and NaN are summed apart, by the rules of IEEE 754.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct ExactSum {
    /// In units of 2^-1074.
    bins: Bins,
    /// The sum of the values that are not finite.
    special: f64,
}

/// Bits of a double behind its exponent.
const FRACTION_BITS: u32 = f64::MANTISSA_DIGITS - 1;

/// The exponent of infinities and NaN.
const SPECIAL: u64 = 0x7ff;

impl ExactSum {
    #[inline]
    pub(super) fn add(&mut self, value: f64) {
        match parts(value) {
            Some((digits, place)) => self.bins.add(digits, value < 0.0, place),
            None => self.special += value,
        }
    }

    pub(super) fn merge(&mut self, other: &ExactSum) {
        self.bins.merge(&other.bins);
        self.special += other.special;
    }

    /// The double nearest to the sum.
    pub(super) fn value(&self) -> f64 {
        self.nearest(0)
    }

    /// The double nearest to the sum, by the count of its values. It is no larger than they are, though the sum may be.
    #[allow(clippy::cast_precision_loss, reason = "no file has 2^53 rows")]
    pub(super) fn mean(&self, count: u64) -> f64 {
        let (sum, count) = (self.value(), count as f64);
        if sum.is_finite() { sum / count } else { self.nearest(-64) / count * 2_f64.powi(64) }
    }

    /// The double nearest to the sum times 2^`power`.
    fn nearest(&self, power: i64) -> f64 {
        let Some((is_negative, sum)) = self.finite() else { return self.special };
        let value = sum.by(&[]).nearest(LEAST_POWER + power);
        if is_negative { -value } else { value }
    }

    /// Whether the sum is negative, and how many times 2^-1074 it is; None if it is not finite.
    pub(super) fn finite(&self) -> Option<(bool, Magnitude)> {
        (self.special == 0.0).then(|| self.bins.sum())
    }
}

impl Kept for ExactSum {
    fn heap_size(&self) -> u64 {
        self.bins.heap_size()
    }
}

/// A double without its sign: how many times 2^(`place` - 1074) it is, first the number, then the place. None of
/// what is not finite.
#[inline]
pub(super) fn parts(value: f64) -> Option<(u64, u64)> {
    let bits = value.to_bits();
    let exponent = bits >> FRACTION_BITS & SPECIAL;
    // A subnormal double has no leading one, and the exponent of the least others.
    let lead = u64::from(exponent != 0);
    let digits = bits & ((1 << FRACTION_BITS) - 1) | lead << FRACTION_BITS;
    (exponent != SPECIAL).then_some((digits, exponent - lead))
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

    #[test]
    fn a_mean_is_a_double_where_the_sum_is_none() {
        for (values, expected) in [
            (&[1e308, 1e308][..], 1e308),
            (&[f64::MAX; 3], f64::MAX),
            (&[-1e308, -1.5e308], -1.25e308),
            (&[f64::from_bits(1), 0.0], 0.0),
            (&[f64::from_bits(3), 0.0], f64::from_bits(2)),
            (&[f64::INFINITY, 1.0], f64::INFINITY),
            // The nearest double to the sum is 11.
            (&[11.0, f64::EPSILON, 0.0], 11.0 / 3.0),
        ] {
            let found = sum(values).mean(values.len() as u64);
            assert_eq!(found.to_bits(), expected.to_bits(), "{values:?}: {found}");
        }
    }

    #[test]
    fn zeros_take_no_room() {
        assert_eq!(sum(&[0.0, -0.0]).heap_size(), 0);
        assert_eq!(sum(&[1.5, 0.0, -0.0]).heap_size(), sum(&[1.5]).heap_size());
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
