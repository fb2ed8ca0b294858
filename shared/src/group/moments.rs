//! How far values are spread.

use serde::{Deserialize, Serialize};

use super::exact_sum::ExactSum;
use super::kept::Kept;

/// The exact sums of doubles and of their squares.
///
/// A variance is (n S2 - S1^2) / (n d), with S1 and S2 these sums and d what is divided by: n, or n - 1. The
/// difference is taken of exact products of the first three doubles of each sum (159 bits), so that what
/// cancels leaves a correct double even where the mean is 10^15 times the deviation.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct Moments {
    count: u64,
    sum: ExactSum,
    squares: ExactSum,
}

impl Moments {
    pub(super) fn add(&mut self, value: f64) {
        self.count += 1;
        self.sum.add(value);
        add_product(&mut self.squares, value, value);
    }

    pub(super) fn merge(&mut self, other: &Self) {
        self.count += other.count;
        self.sum.merge(&other.sum);
        self.squares.merge(&other.squares);
    }

    /// The variance: of a sample, or else of all there is; None of too few values.
    #[allow(clippy::cast_precision_loss, reason = "no file has 2^53 rows")]
    pub(super) fn variance(&self, is_sample: bool) -> Option<f64> {
        let divisor =
            self.count.checked_sub(u64::from(is_sample)).filter(|&divisor| divisor > 0)?;
        let count = self.count as f64;
        let mut difference = ExactSum::default();
        for term in terms(&self.squares) {
            add_product(&mut difference, count, term);
        }
        let sums = terms(&self.sum);
        for (left, right) in sums.iter().flat_map(|left| sums.map(|right| (*left, right))) {
            add_product(&mut difference, -left, right);
        }
        let variance = difference.value() / count / divisor as f64;
        Some(if variance < 0.0 { 0.0 } else { variance })
    }
}

impl Kept for Moments {
    fn heap_size(&self) -> u64 {
        self.sum.heap_size() + self.squares.heap_size()
    }
}

/// Adds a product without rounding it (but below the least doubles).
fn add_product(sum: &mut ExactSum, left: f64, right: f64) {
    let product = left * right;
    sum.add(product);
    if product.is_finite() {
        sum.add(left.mul_add(right, -product));
    }
}

/// The nearest double of a sum, that of what is left, and so on.
fn terms(sum: &ExactSum) -> [f64; 3] {
    let mut rest = sum.clone();
    [(); 3].map(|()| {
        let term = rest.value();
        if term.is_finite() {
            rest.add(-term);
        }
        term
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn moments(values: &[f64]) -> Moments {
        let mut moments = Moments::default();
        for &value in values {
            moments.add(value);
        }
        moments
    }

    #[test]
    fn variances_of_few_values() {
        assert_eq!(moments(&[]).variance(false), None);
        assert_eq!(moments(&[7.0]).variance(true), None);
        assert_eq!(moments(&[7.0]).variance(false), Some(0.0));
        assert_eq!(moments(&[1.0, 2.0, 3.0, 4.0]).variance(true), Some(5.0 / 3.0));
        assert_eq!(moments(&[1.0, 2.0, 3.0, 4.0]).variance(false), Some(1.25));
        assert_eq!(moments(&[0.1; 3]).variance(true), Some(0.0));
        assert!(moments(&[f64::INFINITY, 1.0]).variance(true).is_some_and(f64::is_nan));
    }

    #[test]
    fn a_large_mean_does_not_matter() {
        let values = [1e15, 1e15 + 1.0, 1e15 + 2.0, 1e15 + 4.0];
        assert_eq!(moments(&values).variance(true), Some(35.0 / 12.0));
        let values = [1e300, 1e300];
        assert!(moments(&values).variance(true).is_some_and(f64::is_nan), "squares beyond doubles");
    }

    proptest! {
        #[test]
        fn no_order_and_no_cut_shows(
            values in prop::collection::vec(-1e9..1e9_f64, 2..30),
            at in 0..30_usize,
        ) {
            let (first, second) = values.split_at(at.min(values.len()));
            let mut merged = moments(second);
            merged.merge(&moments(first));
            let expected = moments(&values).variance(true).unwrap();
            prop_assert_eq!(merged.variance(true), Some(expected));
            // Welford 1962, in doubles.
            let (mut mean, mut spread, mut count) = (0.0, 0.0, 0.0);
            for value in values {
                count += 1.0;
                let delta = value - mean;
                mean += delta / count;
                spread += delta * (value - mean);
            }
            prop_assert!((spread / (count - 1.0) - expected).abs() <= 1e-9 * expected);
        }
    }
}
