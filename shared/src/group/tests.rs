mod cases;
mod memory;
mod model;

use arrow_array::cast::AsArray;
use arrow_array::types::{Float64Type, Int64Type};
use arrow_array::{BooleanArray, Float64Array, Int64Array, StringArray};
use arrow_schema::DataType;
use proptest::prelude::*;

use super::*;
use crate::contract::{Function, GroupColumn};

/// More than any test needs.
const LIMIT: u64 = 1 << 30;

type Row = (Option<String>, Option<i64>, Option<f64>);

fn columns() -> Vec<Column> {
    let column = |name: &str, data_type| Column {
        name: name.to_owned(),
        data_type,
        nullable: true,
        description: None,
    };
    vec![
        column("key", DataType::Utf8),
        column("i", DataType::Int64),
        column("n", DataType::Float64),
    ]
}

fn aggregate(group_by: &[usize]) -> Aggregate {
    let functions = [
        Function::CountRows,
        Function::Count(1),
        Function::Sum(1),
        Function::Sum(2),
        Function::Mean(1),
        Function::Mean(2),
        Function::Min(0),
        Function::Max(2),
        Function::CountDistinct(0),
        Function::Quantile(1, 0.5),
        Function::First(0),
        Function::Last(2),
    ];
    let measures = functions
        .iter()
        .enumerate()
        .map(|(at, &function)| Measure { name: format!("m{at}"), function, filter: None })
        .collect();
    Aggregate { name: "a".to_owned(), filter: None, group_by: group_columns(group_by), measures }
}

/// Columns at those positions, under names of their own.
fn group_columns(positions: &[usize]) -> Vec<GroupColumn> {
    let named = |&column: &usize| GroupColumn { name: format!("by {column}"), column };
    positions.iter().map(named).collect()
}

fn arrays(rows: &[Row]) -> Vec<ArrayRef> {
    vec![
        Arc::new(rows.iter().map(|row| row.0.clone()).collect::<StringArray>()),
        Arc::new(rows.iter().map(|row| row.1).collect::<Int64Array>()),
        Arc::new(rows.iter().map(|row| row.2).collect::<Float64Array>()),
    ]
}

/// Each piece becomes partial results of its own; the last is merged first.
fn grouped(pieces: &[&[Row]], aggregate: &Aggregate) -> Result<RecordBatch, GroupError> {
    let columns = columns();
    let mut whole = GroupBy::new(aggregate, &columns, LIMIT)?;
    let mut end = pieces.iter().map(|piece| piece.len()).sum();
    for piece in pieces.iter().rev() {
        let numbers = numbers(end - piece.len()..end);
        end -= piece.len();
        let mut part = GroupBy::new(aggregate, &columns, LIMIT)?;
        part.push(&arrays(piece), &numbers)?;
        whole.merge(&part.to_partial()?)?;
    }
    whole.finish()
}

/// The numbers of the rows in those places (0-based), below a header.
fn numbers(places: std::ops::Range<usize>) -> Int64Array {
    places.map(|place| i64::try_from(place).ok().map(|place| place + 2)).collect()
}

fn row(key: Option<&str>, i: Option<i64>, n: Option<f64>) -> Row {
    (key.map(str::to_owned), i, n)
}

#[test]
fn nulls_are_a_group_and_no_value() {
    let rows = [
        row(Some("b"), Some(3), Some(0.5)),
        row(None, Some(i64::MAX), None),
        row(Some("b"), None, Some(1.5)),
        row(Some("a"), None, None),
    ];
    let found = grouped(&[&rows], &aggregate(&[0])).unwrap();
    let keys: Vec<_> = found.column(0).as_string::<i32>().iter().collect();
    assert_eq!(keys, [None, Some("a"), Some("b")]);
    let integers =
        |at: usize| -> Vec<_> { found.column(at).as_primitive::<Int64Type>().iter().collect() };
    let numbers =
        |at: usize| -> Vec<_> { found.column(at).as_primitive::<Float64Type>().iter().collect() };
    assert_eq!(integers(1), [Some(1), Some(1), Some(2)], "rows");
    assert_eq!(integers(2), [Some(1), Some(0), Some(1)], "values");
    assert_eq!(integers(3), [Some(i64::MAX), None, Some(3)], "sums");
    assert_eq!(numbers(4), [None, None, Some(2.0)], "sums of doubles");
    assert_eq!(numbers(6), [None, None, Some(1.0)], "means of doubles");
    assert_eq!(found.column(7).as_string::<i32>().iter().next(), Some(None), "least key of null");
    assert_eq!(numbers(8), [None, None, Some(1.5)], "greatest");
}

#[test]
fn without_grouping_columns_there_is_one_group() {
    let found = grouped(&[], &aggregate(&[])).unwrap();
    assert_eq!(found.num_rows(), 1);
    assert_eq!(found.column(0).as_primitive::<Int64Type>().value(0), 0);
    assert!(found.column(2).is_null(0), "a sum of nothing is null");
}

#[test]
fn a_sum_beyond_64_bits_is_an_error() {
    let rows = [row(None, Some(i64::MAX), None), row(None, Some(1), None)];
    let error = grouped(&[&rows], &aggregate(&[0])).unwrap_err();
    assert!(matches!(&error, GroupError::Overflow { measure, .. } if measure == "m2"), "{error}");
}

fn any_row() -> impl Strategy<Value = Row> {
    let key = prop::option::of("[ab]?");
    (key, prop::option::of(-9_i64..9), prop::option::of(-1e9..1e9))
}

proptest! {
    #[test]
    fn the_cut_is_invisible(rows in prop::collection::vec(any_row(), 0..40), cut in 1..40_usize) {
        let aggregate = aggregate(&[0]);
        let at_once = grouped(&[&rows], &aggregate).unwrap();
        let pieces: Vec<&[Row]> = rows.chunks(cut).collect();
        prop_assert_eq!(grouped(&pieces, &aggregate).unwrap(), at_once);
    }
}
