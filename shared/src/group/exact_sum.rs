//! A sum of doubles that is exact until it is read.

use serde::{Deserialize, Serialize};

/// The exact sum of finite doubles, as doubles whose digits do not overlap (Shewchuk 1997, "Adaptive
/// Precision Floating-Point Arithmetic and Fast Robust Geometric Predicates", grow-expansion), read
/// as the nearest double with ties to even (Hettinger 2005, "Binary floating point summation
/// accurate to full precision").
///
/// So it depends on the values alone and not on their order. Values near the end of the range are
/// summed apart, scaled down by a power of two, so that no sum on the way overflows; infinities and
/// NaN are summed apart too, by the rules of IEEE 754.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct ExactSum {
    /// The sum of the values below [`HUGE`].
    parts: Parts,
    /// The sum of the others, times [`SCALE`].
    huge: Parts,
    /// The sum of the values that are not finite.
    special: f64,
}

/// 2^900: more than 2^120 smaller values are needed for an overflow.
const HUGE: f64 = f64::from_bits((900 + 1023) << 52);

/// 2^-200.
const SCALE: f64 = f64::from_bits((1023 - 200) << 52);

impl ExactSum {
    pub(super) fn add(&mut self, value: f64) {
        if !value.is_finite() {
            self.special += value;
        } else if value.abs() < HUGE {
            self.parts.add(value);
        } else {
            self.huge.add(value * SCALE);
        }
    }

    pub(super) fn merge(&mut self, other: &ExactSum) {
        self.parts.merge(&other.parts);
        self.huge.merge(&other.huge);
        self.special += other.special;
    }

    /// The double nearest to the sum.
    pub(super) fn value(&self) -> f64 {
        if self.special != 0.0 {
            return self.special;
        }
        if self.huge.value() == 0.0 {
            return self.parts.value();
        }
        // What the scaling pushes below the range of doubles is far below the last digit of the sum.
        let mut scaled = self.huge.clone();
        for part in &self.parts.0 {
            scaled.add(part * SCALE);
        }
        scaled.value() / SCALE
    }
}

/// An exact sum as doubles without overlap, ascending by magnitude.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
struct Parts(Vec<f64>);

impl Parts {
    fn add(&mut self, value: f64) {
        let mut high = value;
        let mut kept = 0;
        for at in 0..self.0.len() {
            let Some(part) = self.0.get(at).copied() else { break };
            let (sum, error) = two_sum(high, part);
            high = sum;
            if error != 0.0 {
                if let Some(slot) = self.0.get_mut(kept) {
                    *slot = error;
                }
                kept += 1;
            }
        }
        self.0.truncate(kept);
        self.0.push(high);
    }

    fn merge(&mut self, other: &Parts) {
        for &part in &other.0 {
            self.add(part);
        }
    }

    /// The double nearest to the sum.
    fn value(&self) -> f64 {
        let mut parts = self.0.iter().rev().copied();
        let Some(mut high) = parts.next() else { return 0.0 };
        while let Some(part) = parts.next() {
            let (sum, error) = two_sum(high, part);
            high = sum;
            if error != 0.0 {
                return round_half_even(high, error, parts.next());
            }
        }
        high
    }
}

/// The rounded sum and its error: `a + b == sum + error`, exactly (Knuth's `TwoSum`).
fn two_sum(a: f64, b: f64) -> (f64, f64) {
    let sum = a + b;
    let b_in_sum = sum - a;
    let a_in_sum = sum - b_in_sum;
    (sum, (a - a_in_sum) + (b - b_in_sum))
}

/// `high` was rounded to even from a tie if `error` is half a unit of it; a further part of the
/// same sign shows that it was none.
fn round_half_even(high: f64, error: f64, next: Option<f64>) -> f64 {
    let same_sign = next.is_some_and(|next| (next < 0.0) == (error < 0.0) && next != 0.0);
    let doubled = error * 2.0;
    let away = high + doubled;
    // Exact equality is the test: the doubled error is added without rounding only in a tie.
    #[allow(clippy::float_cmp, reason = "whether the addition was exact is the question")]
    if same_sign && away - high == doubled { away } else { high }
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
        for (values, expected) in [
            (&[][..], 0.0),
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
            (&[1e308, 1e-300, -1e308], 1e-300),
            (&[f64::MAX, f64::MAX, 1.0, -f64::MAX, -f64::MAX], 1.0),
        ] {
            assert_eq!(sum(values).value().to_bits(), expected.to_bits(), "{values:?}");
        }
        assert!(sum(&[f64::INFINITY, f64::NEG_INFINITY]).value().is_nan());
        assert!(sum(&[f64::NAN]).value().is_nan());
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
