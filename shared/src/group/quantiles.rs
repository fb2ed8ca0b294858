//! Values in their order, for medians and other quantiles.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::kept::{ENTRY_SIZE, Kept, LEAF_LEN};

/// Different values, or buckets of values, that are kept.
const MAX_LEN: usize = 1 << 15;

/// The bits of infinity.
const INFINITY: i64 = f64::INFINITY.to_bits().cast_signed();

/// How often each value is there.
///
/// Quantiles are exact as long as there are few different values, however many values there are. Beyond, values
/// share a bucket if they are the same without their last `shift` binary digits, with the least `shift` that
/// suffices: buckets whose width is relative to their values, as in Masson, Rim and Lee 2019, "`DDSketch`: a fast and
/// fully-mergeable quantile sketch with relative-error guarantees", made wider all together, as in Epicoco et al. 2020,
/// "`UDDSketch`: accurate tracking of quantiles in data streams", but with binary digits in the place of logarithms,
/// which not all machines round alike. So each of the two values that a quantile lies between is off by 2^(shift - 53) of itself at most: 0.1 % if the values
/// of both signs span 60 powers of two together, 6.25 % if they span all that there are (and what is below 2^-1022
/// may be taken for zero).
///
/// Whether some digits suffice depends on the values alone, so neither order nor cut matters.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Quantiles {
    shift: u32,
    /// By keys, divided by 2^`shift`.
    counts: BTreeMap<i64, u64>,
    /// The key of the least value and that of the greatest.
    ends: Option<(i64, i64)>,
}

impl Quantiles {
    pub(super) fn add(&mut self, value: f64) {
        let key = key(value);
        self.reach(key, key);
        *self.counts.entry(key / (1 << self.shift)).or_default() += 1;
        self.shrink();
    }

    pub(super) fn merge(&mut self, other: Self) {
        if let Some((least, greatest)) = other.ends {
            self.reach(least, greatest);
        }
        if other.shift > self.shift {
            self.coarsen(other.shift);
        }
        for (key, count) in other.counts {
            *self.counts.entry(key / (1 << (self.shift - other.shift))).or_default() += count;
            self.shrink();
        }
    }

    /// The value below which that share of them lies, from 0 to 1: between two values, as far from the first
    /// as the share says (Hyndman and Fan 1996, "Sample quantiles in statistical packages", number 7), rounded as
    /// `DuckDB` does. None of no values.
    #[allow(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "ranks are less than 2^53"
    )]
    pub(super) fn quantile(&self, share: f64) -> Option<f64> {
        let last = self.counts.values().sum::<u64>().checked_sub(1)?;
        let place = last as f64 * share;
        let low = self.at(place.floor() as u64, last)?;
        if place.fract() == 0.0 {
            return Some(low);
        }
        let high = self.at(place.ceil() as u64, last)?;
        Some(low.mul_add(1.0 - place.fract(), high * place.fract()))
    }

    /// The value of that rank (0-based).
    fn at(&self, rank: u64, last: u64) -> Option<f64> {
        let (low, high) = self.ends?;
        if rank == 0 {
            return Some(value(low));
        }
        if rank == last {
            return Some(value(high));
        }
        let mut below = 0;
        let found = self.counts.iter().find(|(_, count)| {
            below += **count;
            below > rank
        });
        let middle = middle(*found?.0, self.shift);
        Some(value(middle.clamp(low, high)))
    }

    fn reach(&mut self, least: i64, greatest: i64) {
        let (low, high) = self.ends.unwrap_or((least, greatest));
        self.ends = Some((low.min(least), high.max(greatest)));
    }

    /// Leaves out as many digits as there must be.
    fn shrink(&mut self) {
        if self.counts.len() > MAX_LEN {
            let keys: Vec<i64> = self.counts.keys().copied().collect();
            let fits = |further: &u32| bucket_count(&keys, *further) <= MAX_LEN;
            // Three digits are left at least: there are no more than 32,755 buckets of all doubles then.
            let further = (1..i64::BITS - 1).find(fits).unwrap_or_default();
            self.coarsen(self.shift + further);
        }
    }

    /// Leaves out that many digits.
    fn coarsen(&mut self, shift: u32) {
        let width = 1 << (shift - self.shift);
        let mut counts = BTreeMap::new();
        for (key, count) in std::mem::take(&mut self.counts) {
            *counts.entry(key / width).or_default() += count;
        }
        (self.shift, self.counts) = (shift, counts);
    }
}

impl Kept for Quantiles {
    fn heap_size(&self) -> u64 {
        let len = if self.shift > 0 { MAX_LEN } else { self.counts.len() };
        if len == 0 { 0 } else { ENTRY_SIZE * len.max(LEAF_LEN) as u64 }
    }
}

/// The bits of the magnitude of a double, negative for a negative one: an integer of the same order. There is one
/// zero, and one NaN behind all others.
fn key(value: f64) -> i64 {
    let magnitude = value.abs().to_bits().cast_signed();
    if value.is_nan() {
        f64::NAN.to_bits().cast_signed() & i64::MAX
    } else if value < 0.0 {
        -magnitude
    } else {
        magnitude
    }
}

/// The double of a key.
fn value(key: i64) -> f64 {
    let magnitude = f64::from_bits(key.unsigned_abs());
    if key < 0 { -magnitude } else { magnitude }
}

/// The key in the middle of a bucket; zero, infinities and NaN are one themselves.
fn middle(bucket: i64, shift: u32) -> i64 {
    let end = bucket << shift;
    let is_wide = shift > 0 && bucket != 0 && end.abs() < INFINITY;
    if is_wide { end + end.signum() * (1 << (shift - 1)) } else { end }
}

/// How many buckets those keys in order are in, without so many digits more.
fn bucket_count(keys: &[i64], further: u32) -> usize {
    let width = 1 << further;
    keys.chunk_by(|left, right| left / width == right / width).count()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn quantiles(values: &[f64]) -> Quantiles {
        let mut quantiles = Quantiles::default();
        for &value in values {
            quantiles.add(value);
        }
        quantiles
    }

    /// Numbers that look like drawn ones, from 0 to 1 (Weyl 1916: multiples of an irrational number).
    fn spread(count: u32) -> impl Iterator<Item = f64> {
        (1..=count).map(|at| (f64::from(at) * 0.618_033_988_749_894_9).fract())
    }

    /// Quantiles of many different values are off by that fraction of themselves at most.
    #[track_caller]
    #[allow(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "ranks are small"
    )]
    fn check(mut values: Vec<f64>, error: f64) {
        let found = quantiles(&values);
        assert!(found.shift > 0 && found.counts.len() <= MAX_LEN, "{}", found.shift);
        values.sort_by(f64::total_cmp);
        let last = values.len() - 1;
        for share in [0.0, 0.001, 0.01, 0.25, 0.5, 0.9, 0.95, 0.999, 1.0] {
            // At a rank, where nothing is interpolated.
            let rank = (last as f64 * share) as usize;
            let expected = values[rank];
            let found = found.at(rank as u64, last as u64).unwrap();
            let is_end = rank == 0 || rank == last;
            let bound = if is_end { 0.0 } else { error * expected.abs() };
            let is_same = found.to_bits() == expected.to_bits();
            assert!(
                is_same || (found - expected).abs() <= bound,
                "{share}: {found}, not {expected}"
            );
        }
    }

    #[test]
    fn an_estimate_is_as_near_as_it_says() {
        check(spread(60_000).collect(), 0.001);
        check(spread(60_000).map(|part| 1e6 * part - 5e5).collect(), 0.001);
        check(spread(60_000).map(|part| (44.0 * part).exp()).collect(), 0.001);
        check(spread(60_000).map(|part| 1e9 + part).collect(), 0.001);
        // All magnitudes of both signs, with infinities and NaN.
        let all = (0..60_000).map(|at| f64::from_bits(at * ((1 << 63) / 60_000)));
        let all: Vec<f64> = all.filter(|value| value.is_normal()).collect();
        let ends = [f64::INFINITY, f64::NEG_INFINITY, f64::NAN, 0.0];
        check(
            all.iter().copied().chain(all.iter().map(|value| -value)).chain(ends).collect(),
            0.0625,
        );
    }

    #[test]
    fn zeros_and_infinities_stay_what_they_are() {
        let zeros = std::iter::repeat_n(0.0, 50_000);
        let values: Vec<f64> = zeros.chain(spread(40_000)).collect();
        assert_eq!(quantiles(&values).quantile(0.5), Some(0.0));
        let infinite = std::iter::repeat_n(f64::NEG_INFINITY, 50_000);
        let values: Vec<f64> = infinite.chain(spread(40_000)).collect();
        assert_eq!(quantiles(&values).quantile(0.5), Some(f64::NEG_INFINITY));
    }

    #[test]
    fn few_different_values_are_exact_however_many() {
        let values: Vec<f64> = (0..100_000).map(|at| f64::from(at % 1000) / 100.0).collect();
        assert_eq!(quantiles(&values).quantile(0.5), Some(4.995));
        assert_eq!(quantiles(&values).shift, 0);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(6))]
        #[test]
        fn neither_order_nor_cut_matters(
            parts in prop::collection::vec((-300..300_i32, 1..40_000_u32), 1..4),
            turn in 0..4_usize,
        ) {
            let parts = parts.iter().map(|&(power, count)| {
                spread(count).map(|part| (part - 0.3) * 10_f64.powi(power)).collect::<Vec<_>>()
            });
            let mut parts: Vec<Vec<f64>> = parts.collect();
            let whole = quantiles(&parts.concat());
            let turn = turn % parts.len();
            parts.rotate_left(turn);
            let mut merged = Quantiles::default();
            for part in parts {
                merged.merge(quantiles(&part));
            }
            prop_assert_eq!(merged, whole);
        }
    }
}
