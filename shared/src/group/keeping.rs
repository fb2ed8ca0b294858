//! Which measures are read of the same states.

use crate::contract::{Aggregate, Function, Measure};

/// What is kept of each group, of the column at some position.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Keeping {
    /// How many rows there are.
    Rows,
    /// How many values there are.
    Values(usize),
    /// Which values there are.
    Distinct(usize),
    /// The sum.
    Sum(usize),
    /// The sum, and that of the squares.
    Moments(usize),
    /// How often each value is there.
    Quantiles(usize),
    /// The least or the greatest value.
    Extreme {
        /// The column.
        at: usize,
        /// Whether it is the greatest.
        is_greatest: bool,
    },
    /// The value of the first or the last row.
    End {
        /// The column.
        at: usize,
        /// Whether it is that of the last.
        is_last: bool,
    },
}

/// States that measures share.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Shared {
    pub(super) keeping: Keeping,
    /// The column that says of which rows.
    pub(super) filter: Option<usize>,
}

/// The states of an aggregate, those of one filter side by side.
pub(super) fn all_shared(aggregate: &Aggregate) -> Vec<Shared> {
    let mut all: Vec<Shared> = Vec::new();
    for measure in &aggregate.measures {
        let shared = shared(measure, aggregate);
        if !all.contains(&shared) {
            all.push(shared);
        }
    }
    all.sort_by_key(|shared| shared.filter);
    all
}

/// The states that a measure of an aggregate is read of.
pub(super) fn shared(measure: &Measure, aggregate: &Aggregate) -> Shared {
    let filter = measure.filter;
    let own = keeping(measure.function);
    if let Keeping::Sum(at) = own {
        let moments = Keeping::Moments(at);
        let others = aggregate.measures.iter().filter(|other| other.filter == filter);
        if others.map(|other| keeping(other.function)).any(|other| other == moments) {
            return Shared { keeping: moments, filter };
        }
    }
    Shared { keeping: own, filter }
}

fn keeping(function: Function) -> Keeping {
    match function {
        Function::CountRows => Keeping::Rows,
        Function::Count(at) => Keeping::Values(at),
        Function::CountDistinct(at) => Keeping::Distinct(at),
        Function::Sum(at) | Function::Mean(at) => Keeping::Sum(at),
        Function::Spread(at, _) => Keeping::Moments(at),
        Function::Quantile(at, _) => Keeping::Quantiles(at),
        Function::Min(at) => Keeping::Extreme { at, is_greatest: false },
        Function::Max(at) => Keeping::Extreme { at, is_greatest: true },
        Function::First(at) => Keeping::End { at, is_last: false },
        Function::Last(at) => Keeping::End { at, is_last: true },
    }
}

impl Keeping {
    /// The position of its column, if it has one.
    pub(super) fn column(self) -> Option<usize> {
        match self {
            Keeping::Rows => None,
            Keeping::Values(at)
            | Keeping::Distinct(at)
            | Keeping::Sum(at)
            | Keeping::Moments(at)
            | Keeping::Quantiles(at)
            | Keeping::Extreme { at, .. }
            | Keeping::End { at, .. } => Some(at),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::Spread;

    #[test]
    fn what_has_a_column_and_a_filter_in_common_is_kept_once() {
        use Function::{Count, Max, Mean, Min, Quantile, Sum};
        let spread = |at| Function::Spread(at, Spread { is_sample: true, is_deviation: true });
        let kept = |functions: &[(Function, Option<usize>)]| {
            let measures = functions.iter().map(|&(function, filter)| Measure {
                name: String::new(),
                function,
                filter,
            });
            let aggregate = Aggregate {
                name: String::new(),
                filter: None,
                group_by: Vec::new(),
                measures: measures.collect(),
            };
            let all = all_shared(&aggregate);
            assert!(aggregate.measures.iter().all(|own| all.contains(&shared(own, &aggregate))));
            all.into_iter().map(|shared| (shared.keeping, shared.filter)).collect::<Vec<_>>()
        };
        let quantiles = [0.5, 0.95, 0.99].map(|share| (Quantile(1, share), None));
        assert_eq!(kept(&quantiles), [(Keeping::Quantiles(1), None)]);
        assert_eq!(kept(&[(Sum(1), None), (Mean(1), None)]), [(Keeping::Sum(1), None)]);
        assert_eq!(
            kept(&[(Sum(1), None), (spread(1), None), (Mean(1), None), (Mean(2), None)]),
            [(Keeping::Moments(1), None), (Keeping::Sum(2), None)]
        );
        assert_eq!(
            kept(&[(Sum(1), Some(9)), (spread(1), None), (Count(1), Some(8)), (Mean(1), Some(9))]),
            [
                (Keeping::Moments(1), None),
                (Keeping::Values(1), Some(8)),
                (Keeping::Sum(1), Some(9))
            ]
        );
        assert_eq!(kept(&[(Min(1), None), (Max(1), None)]).len(), 2);
    }
}
