//! How many different values there are.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::kept::{ENTRY_SIZE, Kept, LEAF_LEN};

/// Different values that are counted exactly.
const EXACT_LEN: usize = 1 << 14;

/// The least hashes of the values, one more than are counted exactly.
///
/// These are all of them, as long as the values are few. Beyond, their number is estimated from how far the
/// greatest of these k hashes lies from zero: as (k - 1) / U, U being that hash as a fraction of all (Beyer,
/// Haas, Reinwald, Sismanis and Gemulla 2007, "On synopses for distinct-value estimation under multiset
/// operations"). It is unbiased, with a standard error of 1 / sqrt(k - 2): 0.78 %. The least hashes of a union are
/// among the least hashes of its parts, so neither order nor cut matters.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Distinct {
    least: BTreeSet<u128>,
}

impl Distinct {
    /// Counts the value of that hash: one that is spread evenly over all numbers.
    pub(super) fn add(&mut self, hash: u128) {
        if self.least.len() <= EXACT_LEN {
            self.least.insert(hash);
        } else if self.least.last().is_some_and(|last| hash < *last) && self.least.insert(hash) {
            self.least.pop_last();
        }
    }

    pub(super) fn merge(&mut self, other: Self) {
        for hash in other.least {
            self.add(hash);
        }
    }

    /// How many values there are.
    pub(super) fn count(&self) -> u64 {
        let kept = self.least.len() as u64;
        match self.least.last() {
            Some(&last) if self.least.len() > EXACT_LEN => estimate(kept, last).max(kept),
            _ => kept,
        }
    }
}

/// How many hashes there are, if the least `len` of them end with `last`.
#[allow(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "an estimate, which is positive and less than 2^64 for more hashes than a file has bytes"
)]
fn estimate(len: u64, last: u128) -> u64 {
    let part = (last as f64 + 1.0) / 2_f64.powi(128);
    ((len - 1) as f64 / part).round() as u64
}

impl Kept for Distinct {
    fn heap_size(&self) -> u64 {
        if self.least.is_empty() { 0 } else { ENTRY_SIZE * self.least.len().max(LEAF_LEN) as u64 }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow_array::{ArrayRef, Int64Array};
    use arrow_schema::DataType;
    use proptest::prelude::*;

    use super::*;
    use crate::keys::{hashes, row_converter};

    fn distinct(values: impl Iterator<Item = i64>) -> Distinct {
        let column: ArrayRef = Arc::new(Int64Array::from_iter_values(values));
        let converter = row_converter([DataType::Int64].into_iter()).unwrap();
        let mut distinct = Distinct::default();
        for hash in hashes(&[column], &converter).unwrap() {
            distinct.add(u128::from_be_bytes(hash.unwrap()));
        }
        distinct
    }

    #[test]
    fn few_are_counted_and_many_estimated() {
        let exact = i64::try_from(EXACT_LEN).unwrap();
        for (count, error) in [(0, 0), (1, 0), (2, 0), (exact - 1, 0), (exact, 0), (exact + 1, 400)]
        {
            // Each comes twice.
            let found = distinct((0..count).chain(0..count)).count();
            assert!(found.abs_diff(count.unsigned_abs()) <= error, "{found} of {count}");
        }
    }

    /// The estimates of 16 sets with 3 standard errors each: of independent hashes, one in 23 would be off.
    #[test]
    #[allow(clippy::cast_precision_loss, reason = "small numbers")]
    fn an_estimate_is_as_near_as_it_says() {
        let (count, sets) = (40_000, 16);
        let errors = (0..sets).map(|set| {
            let found = distinct((0..count).map(|value| set << 32 | value)).count();
            (found as f64 - count as f64) / count as f64
        });
        let errors: Vec<f64> = errors.collect();
        assert!(errors.iter().all(|error| error.abs() < 3.0 * 0.0078), "{errors:?}");
        let mean = errors.iter().sum::<f64>() / sets as f64;
        assert!(mean.abs() < 3.0 * 0.0078 / 4.0, "{mean} is biased");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(8))]
        #[test]
        fn neither_order_nor_cut_matters(
            count in 0..30_000_i64,
            part in 1..30_000_i64,
        ) {
            let whole = distinct(0..count);
            // The last part first, and each shares values with the next.
            let mut merged = Distinct::default();
            for start in (0..=count / part).map(|at| at * part).rev().take(10) {
                merged.merge(distinct((start..count.min(start + 2 * part)).rev()));
            }
            merged.merge(distinct(0..(count - 9 * part).max(0)));
            prop_assert_eq!(merged, whole);
        }
    }
}
