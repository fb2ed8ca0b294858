//! How far values are spread.

use serde::{Deserialize, Serialize};

use super::bins::Bins;
use super::exact_sum::{ExactSum, parts};
use super::kept::Kept;
use super::magnitude::{LEAST_POWER, Magnitude, Quotient};
use super::sum::Sum;
use super::wide_sum::WideSum;

/// The exact sum of values, and that of their squares.
///
/// A variance is (n S2 - S1^2) / (n d), with S1 and S2 these sums and d what is divided by: n, or n - 1. It is computed
/// in whole numbers of any size and rounded once, so that neither what cancels nor what no double holds is lost.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct Moments<T> {
    pub(super) sum: Sum<T>,
    /// In units of the square of what the values are units of.
    squares: Bins,
}

/// A sum of values that are whole numbers of some unit.
pub(super) trait Exact {
    /// How many units it is, without its sign; None if there is no such number.
    fn size(&self) -> Option<Magnitude>;

    /// The power of two that the unit is.
    const POWER: i64;
}

impl Exact for ExactSum {
    const POWER: i64 = LEAST_POWER;

    fn size(&self) -> Option<Magnitude> {
        self.finite().map(|(_, size)| size)
    }
}

impl Exact for WideSum {
    const POWER: i64 = 0;

    fn size(&self) -> Option<Magnitude> {
        Some(self.magnitude().1)
    }
}

impl Moments<ExactSum> {
    pub(super) fn add(&mut self, value: f64) {
        self.sum.add(|sum| sum.add(value));
        if let Some((digits, place)) = parts(value) {
            self.squares.add_square(digits.into(), 2 * place);
        }
    }

    pub(super) fn merge(&mut self, other: &Self) {
        self.sum.merge(&other.sum, ExactSum::merge);
        self.squares.merge(&other.squares);
    }
}

impl Moments<WideSum> {
    pub(super) fn add(&mut self, value: i128) {
        self.sum.add(|sum| sum.add(value));
        self.squares.add_square(value.unsigned_abs(), 0);
    }

    pub(super) fn merge(&mut self, other: &Self) {
        self.sum.merge(&other.sum, |mine, other| mine.merge(*other));
        self.squares.merge(&other.squares);
    }
}

impl<T: Exact> Moments<T> {
    /// The variance of the values, each by all of the divisors: of a sample, or else of all there is; None of too few
    /// values.
    pub(super) fn variance(&self, is_sample: bool, divisors: &[u64]) -> Option<f64> {
        self.read(is_sample, divisors, |variance| variance.nearest(2 * T::POWER))
    }

    /// The root of the variance.
    pub(super) fn deviation(&self, is_sample: bool, divisors: &[u64]) -> Option<f64> {
        self.read(is_sample, divisors, |variance| variance.root(2 * T::POWER))
    }

    fn read(
        &self,
        is_sample: bool,
        divisors: &[u64],
        read: impl FnOnce(Quotient) -> f64,
    ) -> Option<f64> {
        let count = self.sum.count;
        let others = count.checked_sub(u64::from(is_sample)).filter(|&others| others > 0)?;
        let Some(sum) = self.sum.sum.size() else { return Some(f64::NAN) };
        let (_, squares) = self.squares.sum();
        let difference = squares.times(&Magnitude::of(&[count])).minus(sum.times(&sum));
        let divisors = [divisors, divisors, &[count, others]].concat();
        Some(read(difference.by(&divisors)))
    }
}

impl<T: Kept> Kept for Moments<T> {
    fn heap_size(&self) -> u64 {
        self.sum.heap_size() + self.squares.heap_size()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn moments(values: &[f64]) -> Moments<ExactSum> {
        let mut moments = Moments::<ExactSum>::default();
        for &value in values {
            moments.add(value);
        }
        moments
    }

    fn whole(values: &[i128]) -> Moments<WideSum> {
        let mut moments = Moments::<WideSum>::default();
        for &value in values {
            moments.add(value);
        }
        moments
    }

    #[test]
    fn variances_of_few_values() {
        assert_eq!(moments(&[]).variance(false, &[]), None);
        assert_eq!(moments(&[7.0]).variance(true, &[]), None);
        assert_eq!(moments(&[7.0]).variance(false, &[]), Some(0.0));
        assert_eq!(moments(&[0.1; 3]).variance(true, &[]), Some(0.0));
        for special in [f64::INFINITY, f64::NEG_INFINITY, f64::NAN] {
            assert!(moments(&[special, 1.0]).variance(true, &[]).is_some_and(f64::is_nan));
        }
    }

    /// What is expected is computed in fractions, by Python's `fractions.Fraction`, and is what `DuckDB` finds but
    /// for its rounding, where it has not lost it: of 2^62 and 2^62 + 1 it finds 0, of the least and the greatest
    /// squares 0 and infinity.
    #[test]
    fn what_cancels_and_what_no_double_holds_is_not_lost() {
        for (values, variance, deviation) in [
            (&[1.0, 2.0, 3.0, 4.0][..], 5.0 / 3.0, 1.290_994_448_735_805_6),
            (&[1e15, 1e15 + 1.0, 1e15 + 2.0, 1e15 + 4.0], 35.0 / 12.0, 1.707_825_127_659_933),
            (&[1e150, 2e150], 4.999_999_999_999_999_5e299, 7.071_067_811_865_475e149),
            (&[1e154, 2e154], 5e307, 7.071_067_811_865_475e153),
            (&[1e200, 2e200], f64::INFINITY, 7.071_067_811_865_475e199),
            (&[1e300, 1e300], 0.0, 0.0),
            (&[f64::MAX, -f64::MAX], f64::INFINITY, f64::INFINITY),
            (&[1e-200, 2e-200], 0.0, 7.071_067_811_865_475e-201),
            (&[f64::from_bits(2), 0.0], 0.0, f64::from_bits(1)),
        ] {
            let found = moments(values);
            assert_eq!(found.variance(true, &[]), Some(variance), "{values:?}");
            assert_eq!(found.deviation(true, &[]), Some(deviation), "{values:?}");
        }
        let least = i128::from(i64::MIN);
        for (values, divisors, variance, deviation) in [
            (&[1, 2, 3, 4][..], &[][..], 5.0 / 3.0, 1.290_994_448_735_805_6),
            (&[1 << 53, (1 << 53) + 1, (1 << 53) + 2], &[], 1.0, 1.0),
            (&[1 << 62, (1 << 62) + 1], &[], 0.5, std::f64::consts::FRAC_1_SQRT_2),
            (&[least, -least - 1], &[], 1.701_411_834_604_692_3e38, 1.304_381_782_533_278_3e19),
            (&[12_340, 12_350, -7_500], &[1000], 131.2747, 11.457_517_183_054_975),
            (
                &[10_i128.pow(37), 1 - 10_i128.pow(37)],
                &[10_u64.pow(19)],
                2e36,
                1.414_213_562_373_095_2e18,
            ),
        ] {
            let found = whole(values);
            assert_eq!(found.variance(true, divisors), Some(variance), "{values:?}");
            assert_eq!(found.deviation(true, divisors), Some(deviation), "{values:?}");
        }
    }

    #[test]
    fn zeros_take_no_room() {
        assert_eq!(moments(&[0.0, -0.0]).heap_size() + whole(&[0]).heap_size(), 0);
        let (without, with) = (moments(&[0.1]), moments(&[0.0, 0.1, -0.0]));
        assert_eq!(with.heap_size(), without.heap_size());
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
            let expected = moments(&values).variance(true, &[]).unwrap();
            prop_assert_eq!(merged.variance(true, &[]), Some(expected));
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

        #[test]
        #[allow(clippy::cast_precision_loss, reason = "they are small")]
        fn whole_numbers_are_spread_as_doubles_are(values in prop::collection::vec(-(1_i64 << 53)..1 << 53, 2..30)) {
            let doubles: Vec<f64> = values.iter().map(|&value| value as f64).collect();
            let values: Vec<i128> = values.iter().map(|&value| value.into()).collect();
            for is_sample in [false, true] {
                let expected = moments(&doubles).variance(is_sample, &[]);
                prop_assert_eq!(whole(&values).variance(is_sample, &[]), expected);
            }
        }
    }
}
