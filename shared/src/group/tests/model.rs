//! Groups against a naive model: the rows of each group, kept, and every measure taken of them.

use std::collections::{BTreeMap, BTreeSet};

use arrow_array::{Date32Array, Decimal128Array, TimestampMicrosecondArray};
use proptest::sample::select;

use super::*;
use crate::contract::instant_type;

/// A row of the columns `t`, `i`, `n`, `decimal`, `date`, `instant`, `is`.
#[derive(Debug, Clone, Default)]
struct Values {
    text: Option<String>,
    integer: Option<i64>,
    /// Quarters, whose sums are exact whatever their order.
    number: Option<f64>,
    decimal: Option<i128>,
    date: Option<i32>,
    instant: Option<i64>,
    boolean: Option<bool>,
}

const DECIMAL: DataType = DataType::Decimal128(38, 2);

fn any_values() -> impl Strategy<Value = Values> {
    let text = select(vec![None, Some(""), Some("a"), Some("b"), Some("a text of many bytes")]);
    let decimal = select(vec![None, Some(1), Some(-1), Some(10_i128.pow(37)), Some(-(1 << 100))]);
    (
        text,
        prop::option::of(-2_i64..2),
        prop::option::of((-400..400_i32).prop_map(|quarters| f64::from(quarters) / 4.0)),
        decimal,
        prop::option::of(-2..2_i32),
        prop::option::of(any::<i64>()),
        prop::option::of(any::<bool>()),
    )
        .prop_map(|(text, integer, number, decimal, date, instant, boolean)| Values {
            text: text.map(str::to_owned),
            integer,
            number,
            decimal,
            date,
            instant,
            boolean,
        })
}

fn columns() -> Vec<Column> {
    let column = |(name, data_type): (&str, DataType)| Column {
        name: name.to_owned(),
        data_type,
        nullable: true,
        description: None,
    };
    [
        ("t", DataType::Utf8),
        ("i", DataType::Int64),
        ("n", DataType::Float64),
        ("decimal", DECIMAL),
        ("date", DataType::Date32),
        ("instant", instant_type()),
        ("is", DataType::Boolean),
    ]
    .map(column)
    .to_vec()
}

fn arrays_of(rows: &[Values]) -> Vec<ArrayRef> {
    let decimals = rows.iter().map(|row| row.decimal).collect::<Decimal128Array>();
    let instants = rows.iter().map(|row| row.instant).collect::<TimestampMicrosecondArray>();
    vec![
        Arc::new(rows.iter().map(|row| row.text.as_deref()).collect::<StringArray>()),
        Arc::new(rows.iter().map(|row| row.integer).collect::<Int64Array>()),
        Arc::new(rows.iter().map(|row| row.number).collect::<Float64Array>()),
        Arc::new(decimals.with_data_type(DECIMAL)),
        Arc::new(rows.iter().map(|row| row.date).collect::<Date32Array>()),
        Arc::new(instants.with_timezone("UTC")),
        Arc::new(rows.iter().map(|row| row.boolean).collect::<BooleanArray>()),
    ]
}

fn functions() -> Vec<Function> {
    use Function::{Count, CountDistinct, CountRows, First, Last, Max, Mean, Min, Quantile, Sum};
    let of_one = [CountRows, Count(0), Count(6), Sum(1), Sum(2), Mean(1), Mean(2)];
    let quantiles = [Quantile(1, 0.5), Quantile(2, 0.9)];
    let of_each = (0..7).flat_map(|at| [Min(at), Max(at), First(at), Last(at), CountDistinct(at)]);
    of_one.into_iter().chain(quantiles).chain(of_each).collect()
}

fn aggregate(group_by: &[usize], functions: Vec<Function>) -> Aggregate {
    let measures = functions.into_iter().enumerate();
    let measures =
        measures.map(|(at, function)| Measure { name: format!("m{at}"), function, filter: None });
    Aggregate {
        name: "a".to_owned(),
        filter: None,
        group_by: group_columns(group_by),
        measures: measures.collect(),
    }
}

/// The least and the greatest value of a group.
fn both<T: PartialOrd + Clone>(
    rows: &[Values],
    value: impl Fn(&Values) -> Option<T> + Clone,
) -> [Option<T>; 2] {
    let values = rows.iter().filter_map(value);
    let least = values.clone().reduce(|kept, value| if value < kept { value } else { kept });
    [least, values.reduce(|kept, value| if value > kept { value } else { kept })]
}

/// Between the two values around its place, in their order.
#[allow(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "there are few values"
)]
fn quantile(mut values: Vec<f64>, share: f64) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    let place = values.len().checked_sub(1)? as f64 * share;
    let (low, high) = (values[place.floor() as usize], values[place.ceil() as usize]);
    Some(if place.fract() == 0.0 {
        low
    } else {
        low.mul_add(1.0 - place.fract(), high * place.fract())
    })
}

/// How many different values each column has.
fn distinct(rows: &[Values]) -> [ArrayRef; 7] {
    let count = |value: fn(&Values) -> Option<String>| -> ArrayRef {
        let values: BTreeSet<String> = rows.iter().filter_map(value).collect();
        Arc::new(Int64Array::from(vec![i64::try_from(values.len()).unwrap()]))
    };
    [
        count(|row| row.text.clone()),
        count(|row| Some(row.integer?.to_string())),
        count(|row| Some(row.number?.to_string())),
        count(|row| Some(row.decimal?.to_string())),
        count(|row| Some(row.date?.to_string())),
        count(|row| Some(row.instant?.to_string())),
        count(|row| Some(row.boolean?.to_string())),
    ]
}

/// The results for a group, in the order of [`functions`].
#[allow(clippy::cast_precision_loss, reason = "the values are small")]
fn measured(rows: &[Values]) -> Vec<ArrayRef> {
    let integers: Vec<i64> = rows.iter().filter_map(|row| row.integer).collect();
    let numbers: Vec<f64> = rows.iter().filter_map(|row| row.number).collect();
    let integer = |value: Option<i64>| Arc::new(Int64Array::from(vec![value])) as ArrayRef;
    let number = |value: Option<f64>| Arc::new(Float64Array::from(vec![value])) as ArrayRef;
    let count = |is_counted: fn(&&Values) -> bool| {
        integer(i64::try_from(rows.iter().filter(is_counted).count()).ok())
    };
    let sum = integers.iter().copied().reduce(|sum, value| sum + value);
    let number_sum = numbers.iter().copied().reduce(|sum, value| sum + value);
    let mut arrays = vec![
        count(|_| true),
        count(|row| row.text.is_some()),
        count(|row| row.boolean.is_some()),
        integer(sum),
        number(number_sum),
        number(sum.map(|sum| sum as f64 / integers.len() as f64)),
        number(number_sum.map(|sum| sum / numbers.len() as f64)),
        number(quantile(integers.iter().map(|&value| value as f64).collect(), 0.5)),
        number(quantile(numbers.clone(), 0.9)),
    ];
    let text = both(rows, |row| row.text.clone());
    let integer = both(rows, |row| row.integer);
    let number = both(rows, |row| row.number);
    let decimal = both(rows, |row| row.decimal);
    let date = both(rows, |row| row.date);
    let instant = both(rows, |row| row.instant);
    let boolean = both(rows, |row| row.boolean);
    let [least, greatest] = [0, 1].map(|at| {
        arrays_of(&[Values {
            text: text[at].clone(),
            integer: integer[at],
            number: number[at],
            decimal: decimal[at],
            date: date[at],
            instant: instant[at],
            boolean: boolean[at],
        }])
    });
    let end = |row: Option<&Values>| arrays_of(&[row.cloned().unwrap_or_default()]);
    let (ends, distinct) = ([end(rows.first()), end(rows.last())], distinct(rows));
    for at in 0..distinct.len() {
        let of_each = [&least[at], &greatest[at], &ends[0][at], &ends[1][at], &distinct[at]];
        arrays.extend(of_each.into_iter().cloned());
    }
    arrays
}

/// The columns of the results over rows that are grouped by some of the first two columns. They come in pieces of
/// that many, of which so many are turned to the end.
fn check(rows: &[Values], cut: usize, turn: usize, group_by: &[usize]) {
    let mut groups: BTreeMap<_, Vec<Values>> = BTreeMap::new();
    for row in rows {
        let text = group_by.contains(&0).then(|| row.text.clone());
        let integer = group_by.contains(&1).then_some(row.integer);
        groups.entry((text, integer)).or_default().push(row.clone());
    }
    if group_by.is_empty() {
        groups.entry((None, None)).or_default();
    }
    let (aggregate, columns) = (aggregate(group_by, functions()), columns());
    let mut merged = GroupBy::new(&aggregate, &columns, LIMIT).unwrap();
    let mut pieces: Vec<(usize, &[Values])> = (0..).step_by(cut).zip(rows.chunks(cut)).collect();
    let turn = turn.min(pieces.len());
    pieces.rotate_left(turn);
    for (at, (start, piece)) in pieces.into_iter().enumerate() {
        let numbers = numbers(start..start + piece.len());
        if at % 3 == 2 {
            merged.push(&arrays_of(piece), &numbers).unwrap();
            continue;
        }
        let mut part = GroupBy::new(&aggregate, &columns, LIMIT).unwrap();
        part.push(&arrays_of(piece), &numbers).unwrap();
        merged.merge(&part.to_partial().unwrap()).unwrap();
    }
    let found = merged.finish().unwrap();
    assert_eq!(found.num_rows(), groups.len());
    for (at, rows) in groups.values().enumerate() {
        let keys = arrays_of(&rows[..rows.len().min(1)]);
        let keys = group_by.iter().map(|&field| Arc::clone(&keys[field]));
        let expected: Vec<ArrayRef> = keys.chain(measured(rows)).collect();
        assert_eq!(found.slice(at, 1).columns(), expected);
    }
}

proptest! {
    #[test]
    fn the_groups_are_those_of_the_model(
        rows in prop::collection::vec(any_values(), 0..60),
        cut in 1..60_usize,
        turn in 0..60_usize,
        group_by in select(vec![&[][..], &[0], &[1], &[0, 1]]),
    ) {
        check(&rows, cut, turn, group_by);
    }

    #[test]
    fn sums_that_are_read_beside_spreads_are_the_same(
        rows in prop::collection::vec(any_values(), 0..60),
        cut in 1..60_usize,
    ) {
        use Function::{Mean, Spread, Sum};
        let sums = vec![Sum(1), Mean(1), Sum(2), Mean(2), Mean(3), Sum(3)];
        let spread = crate::contract::Spread { is_sample: true, is_deviation: false };
        let spreads = [1, 2, 3].map(|at| Spread(at, spread));
        let results = |functions| {
            let (aggregate, columns) = (aggregate(&[0], functions), columns());
            let mut whole = GroupBy::new(&aggregate, &columns, LIMIT).unwrap();
            for (start, piece) in (0..).step_by(cut).zip(rows.chunks(cut)) {
                let mut part = GroupBy::new(&aggregate, &columns, LIMIT).unwrap();
                part.push(&arrays_of(piece), &numbers(start..start + piece.len())).unwrap();
                whole.merge(&part.to_partial().unwrap()).unwrap();
            }
            let found = whole.finish().map(|found| found.columns()[..=sums.len()].to_vec());
            found.map_err(|error| error.to_string())
        };
        let shared = sums.iter().copied().chain(spreads).collect();
        prop_assert_eq!(results(shared), results(sums.clone()));
    }
}
