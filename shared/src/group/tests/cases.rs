//! Every measure of no rows, of nulls, of one value, of a few, and of what is filtered.

use super::*;
use crate::contract::Spread;

/// The results over the rows of one group, as texts, nulls as `~`.
#[track_caller]
fn check(measures: &[(Function, &str)], group_by: &[usize], rows: &[Row]) {
    let aggregate = Aggregate {
        measures: measures
            .iter()
            .map(|&(function, _)| Measure { name: "m".to_owned(), function, filter: None })
            .collect(),
        ..aggregate(group_by)
    };
    let found = grouped(&[rows], &aggregate).unwrap();
    assert_eq!(found.num_rows(), 1);
    for (&(function, expected), array) in measures.iter().zip(&found.columns()[group_by.len()..]) {
        assert_eq!(text(array), expected, "{function:?}");
    }
}

/// The only value.
fn text(array: &ArrayRef) -> String {
    if array.is_null(0) {
        "~".to_owned()
    } else if let Some(array) = array.as_primitive_opt::<Int64Type>() {
        array.value(0).to_string()
    } else if let Some(array) = array.as_primitive_opt::<Float64Type>() {
        format!("{:?}", array.value(0))
    } else {
        array.as_string::<i32>().value(0).to_owned()
    }
}

const VARIANCE: Spread = Spread { is_sample: true, is_deviation: false };
const DEVIATION: Spread = Spread { is_sample: false, is_deviation: true };

/// All functions over the columns `key`, `i` and `n`, with what they come to.
fn all(expected: &[&'static str; 20]) -> Vec<(Function, &'static str)> {
    use Function::{
        Count, CountDistinct, CountRows, First, Last, Max, Mean, Min, Quantile, Spread, Sum,
    };
    let functions = [
        CountRows,
        Count(1),
        CountDistinct(0),
        CountDistinct(1),
        CountDistinct(2),
        Sum(1),
        Sum(2),
        Mean(1),
        Mean(2),
        Min(0),
        Max(2),
        Spread(1, VARIANCE),
        Spread(2, DEVIATION),
        Quantile(1, 0.5),
        Quantile(2, 0.0),
        Quantile(2, 1.0),
        Quantile(2, 0.75),
        First(0),
        First(2),
        Last(1),
    ];
    functions.into_iter().zip(expected.iter().copied()).collect()
}

#[test]
fn measures_of_no_rows() {
    let expected = all(&[
        "0", "0", "0", "0", "0", "~", "~", "~", "~", "~", "~", "~", "~", "~", "~", "~", "~", "~",
        "~", "~",
    ]);
    check(&expected, &[], &[]);
    let aggregate = aggregate(&[0]);
    assert_eq!(grouped(&[&[], &[]], &aggregate).unwrap().num_rows(), 0, "no rows, no groups");
}

#[test]
fn measures_of_nulls() {
    let expected = all(&[
        "2", "0", "0", "0", "0", "~", "~", "~", "~", "~", "~", "~", "~", "~", "~", "~", "~", "~",
        "~", "~",
    ]);
    check(&expected, &[], &[row(None, None, None), row(None, None, None)]);
    check(&expected, &[0, 1], &[row(None, None, None), row(None, None, None)]);
}

#[test]
fn measures_of_one_row() {
    let expected = all(&[
        "1", "1", "1", "1", "1", "-7", "0.5", "-7.0", "0.5", "k", "0.5", "~", "0.0", "-7.0", "0.5",
        "0.5", "0.5", "k", "0.5", "-7",
    ]);
    check(&expected, &[], &[row(Some("k"), Some(-7), Some(0.5))]);
    check(&expected, &[1], &[row(Some("k"), Some(-7), Some(0.5))]);
}

#[test]
fn measures_of_a_few_rows() {
    let expected = all(&[
        "4",
        "3",
        "2",
        "2",
        "2",
        "7",
        "3.0",
        "2.3333333333333335",
        "1.0",
        "a",
        "2.0",
        "1.3333333333333333",
        "0.816496580927726",
        "3.0",
        "0.0",
        "2.0",
        "1.5",
        "b",
        "~",
        "~",
    ]);
    let rows = [
        row(Some("b"), Some(3), None),
        row(Some("a"), Some(1), Some(2.0)),
        row(None, Some(3), Some(1.0)),
        row(Some("b"), None, Some(0.0)),
    ];
    check(&expected[..4], &[], &rows);
    check(&expected[5..], &[], &rows);
    check(&[(Function::CountDistinct(2), "3")], &[], &rows);
    let zeros = [row(None, None, Some(0.0)), row(None, None, Some(-0.0))];
    check(&[(Function::CountDistinct(2), "1")], &[], &zeros);
}

#[test]
fn zeros_infinities_and_what_is_no_number_have_their_places() {
    let number = |n| row(None, None, Some(n));
    let rows = [number(f64::NAN), number(f64::INFINITY), number(-0.0), number(f64::NEG_INFINITY)];
    let of = |share, expected| (Function::Quantile(2, share), expected);
    check(&[of(0.0, "-inf"), of(1.0, "NaN"), of(0.5, "inf"), of(0.1, "-inf")], &[], &rows);
    check(&[of(0.0, "-inf"), of(0.5, "0.0"), of(1.0, "inf")], &[], &rows[1..]);
}

/// Rows are kept by the truth of a fourth column.
fn filtered(rows: &[Row], kept: &[Option<bool>], of_all: Option<usize>) -> RecordBatch {
    let mut columns = columns();
    columns.push(Column {
        name: "f".to_owned(),
        data_type: DataType::Boolean,
        ..columns[0].clone()
    });
    let mut aggregate = Aggregate { filter: of_all, ..aggregate(&[]) };
    for measure in &mut aggregate.measures {
        measure.filter = Some(3);
    }
    let mut groups = GroupBy::new(&aggregate, &columns, LIMIT).unwrap();
    let mut arrays = arrays(rows);
    arrays.push(Arc::new(kept.iter().copied().collect::<BooleanArray>()));
    groups.push(&arrays, &numbers(0..rows.len())).unwrap();
    groups.finish().unwrap()
}

#[test]
fn a_filter_keeps_what_is_true() {
    let rows = [
        row(Some("x"), Some(9), Some(9.0)),
        row(Some("a"), Some(1), Some(1.0)),
        row(Some("b"), Some(2), Some(2.0)),
        row(Some("y"), Some(9), Some(9.0)),
    ];
    let kept = [Some(false), Some(true), Some(true), None];
    let expected = grouped(&[&rows[1..3]], &aggregate(&[])).unwrap();
    let nothing = grouped(&[], &aggregate(&[])).unwrap();
    for of_all in [None, Some(3)] {
        assert_eq!(filtered(&rows, &kept, of_all), expected);
        assert_eq!(filtered(&rows, &[None; 4], of_all), nothing, "nothing is true");
    }
}
