//! The different values of a column, exact up to a limit.

use std::collections::HashSet;

/// Values that are counted one by one; more are only told apart.
const COUNTED: usize = 24;

/// Bytes of a value that is kept.
const KEPT_LEN: usize = 64;

/// Values of one column that are told apart.
const LIMIT_OF_COLUMN: usize = 1 << 20;

/// Values of all columns together that are told apart: some 10 bytes each.
#[derive(Debug)]
pub(in super::super) struct Budget(usize);

impl Default for Budget {
    fn default() -> Self {
        Budget(4 << 20)
    }
}

/// Whether a value stands twice.
#[derive(Debug)]
enum Repeats {
    No(HashSet<u64>),
    Yes,
    TooMany,
}

/// What is known of the values.
#[derive(Debug)]
pub(in super::super) struct Distinct {
    repeats: Repeats,
    /// Each value and how often it stands; None once there are too many.
    counted: Option<Vec<(String, u64)>>,
}

impl Default for Distinct {
    fn default() -> Self {
        Distinct { repeats: Repeats::No(HashSet::new()), counted: Some(Vec::new()) }
    }
}

impl Distinct {
    /// Takes a value and its hash.
    pub(super) fn push(&mut self, hash: u64, cell: &str, budget: &mut Budget) {
        self.tell_apart(hash, budget);
        let Some(counted) = &mut self.counted else { return };
        if let Some((_, count)) = counted.iter_mut().find(|(value, _)| value == cell) {
            *count += 1;
        } else if counted.len() < COUNTED && cell.len() <= KEPT_LEN {
            counted.push((cell.to_owned(), 1));
        } else {
            self.counted = None;
        }
    }

    fn tell_apart(&mut self, hash: u64, budget: &mut Budget) {
        let Repeats::No(seen) = &mut self.repeats else { return };
        if seen.len() == LIMIT_OF_COLUMN || budget.0 == 0 {
            budget.0 += seen.len();
            self.repeats = Repeats::TooMany;
        } else if seen.insert(hash) {
            budget.0 -= 1;
        } else {
            budget.0 += seen.len();
            self.repeats = Repeats::Yes;
        }
    }

    /// Whether no value stands twice; None if there were too many to know.
    pub(in super::super) fn is_unique(&self) -> Option<bool> {
        match self.repeats {
            Repeats::No(_) => Some(true),
            Repeats::Yes => Some(false),
            Repeats::TooMany => None,
        }
    }

    /// The values and how often each stands, in the order of their first rows, if they are few.
    pub(in super::super) fn counted(&self) -> Option<&[(String, u64)]> {
        self.counted.as_deref()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(values: &[&str], budget: &mut Budget) -> Distinct {
        let mut distinct = Distinct::default();
        for value in values {
            let hash = value.bytes().fold(7, |hash: u64, byte| hash * 31 % 9_973 + u64::from(byte));
            distinct.push(hash, value, budget);
        }
        distinct
    }

    #[test]
    fn values_are_counted_and_told_apart() {
        let mut budget = Budget(3);
        let distinct = of(&["a", "b", "a"], &mut budget);
        assert_eq!(distinct.is_unique(), Some(false));
        assert_eq!(distinct.counted().unwrap(), [("a".to_owned(), 2), ("b".to_owned(), 1)]);
        assert_eq!(budget.0, 3, "what repeats costs nothing");
        assert_eq!(of(&["a", "b", "c"], &mut budget).is_unique(), Some(true));
        assert_eq!(of(&["a"], &mut budget).is_unique(), None, "nothing is left");
    }

    #[test]
    fn many_values_are_not_kept() {
        let values: Vec<String> = (0..=COUNTED).map(|n| n.to_string()).collect();
        let values: Vec<&str> = values.iter().map(String::as_str).collect();
        let distinct = of(&values, &mut Budget::default());
        assert_eq!((distinct.is_unique(), distinct.counted()), (Some(true), None));
        assert_eq!(of(&[&"x".repeat(65)], &mut Budget::default()).counted(), None);
    }
}
