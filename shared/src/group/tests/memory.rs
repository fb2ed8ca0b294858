//! Groups that take more memory than they may.

use super::*;

const KIB: u64 = 1 << 10;

/// The results with that limit in each part and in the whole.
fn limited(rows: &[Row], cut: usize, limit: u64) -> Result<RecordBatch, GroupError> {
    let (aggregate, columns) = (aggregate(&[0]), columns());
    let mut whole = GroupBy::new(&aggregate, &columns, limit)?;
    for (start, piece) in (0..).step_by(cut).zip(rows.chunks(cut)) {
        let mut part = GroupBy::new(&aggregate, &columns, limit)?;
        part.push(&arrays(piece), &numbers(start..start + piece.len()))?;
        whole.merge(&part.to_partial()?)?;
    }
    whole.finish()
}

fn rows(count: i64) -> Vec<Row> {
    (0..count).map(|at| row(Some(&format!("key {at}")), Some(at), Some(0.1))).collect()
}

#[test]
fn too_many_groups_are_refused_by_name() {
    assert_eq!(limited(&rows(1000), 100, 1024 * KIB).unwrap().num_rows(), 1000);
    let error = limited(&rows(2000), 100, 1024 * KIB).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the groups of all aggregates take more than 512 MiB: group by what has fewer values, filter rows, or measure \
         less"
    );
}

#[test]
fn a_part_that_is_too_large_leaves_a_mark_behind() {
    let (aggregate, columns) = (aggregate(&[0]), columns());
    let mut part = GroupBy::new(&aggregate, &columns, 64 * KIB).unwrap();
    for start in [0, 1000] {
        part.push(&arrays(&rows(1000)), &numbers(start..start + 1000)).unwrap();
    }
    let mark = part.to_partial().unwrap();
    assert_eq!(mark.len(), 1);
    let mut whole = GroupBy::new(&aggregate, &columns, LIMIT).unwrap();
    whole.merge(&mark).unwrap();
    whole.push(&arrays(&rows(1)), &numbers(0..1)).unwrap();
    assert!(matches!(whole.finish(), Err(GroupError::TooLarge)));
}

#[test]
fn one_group_may_be_too_large() {
    let rows: Vec<Row> = (0..3000).map(|at| row(None, Some(at), None)).collect();
    assert!(limited(&rows, 500, 512 * KIB).is_ok());
    assert!(limited(&rows, 500, 64 * KIB).is_err(), "values of a median are counted");
    let texts = |len: usize| vec![row(Some(&"x".repeat(len)), None, None)];
    assert!(limited(&texts(1000), 1, 16 * KIB).is_ok());
    assert!(limited(&texts(9000), 1, 16 * KIB).is_err(), "a text is counted");
}

/// What measures over those rows take.
fn size(functions: &[Function], filters: &[Option<usize>], rows: &[Row]) -> u64 {
    let measures = functions
        .iter()
        .zip(filters)
        .enumerate()
        .map(|(at, (&function, &filter))| Measure { name: format!("m{at}"), function, filter });
    let aggregate = Aggregate { measures: measures.collect(), ..aggregate(&[0]) };
    let mut columns = columns();
    columns.push(Column { data_type: DataType::Boolean, ..columns[0].clone() });
    let mut arrays = arrays(rows);
    arrays.push(Arc::new(BooleanArray::from(vec![true; rows.len()])));
    let mut groups = GroupBy::new(&aggregate, &columns, LIMIT).unwrap();
    groups.push(&arrays, &numbers(0..rows.len())).unwrap();
    groups.memory_size()
}

#[test]
fn measures_of_one_column_share_what_is_kept_of_it() {
    let rows = rows(10_000);
    let spread =
        Function::Spread(1, crate::contract::Spread { is_sample: true, is_deviation: true });
    let [low, middle, high] = [0.05, 0.5, 0.95].map(|share| Function::Quantile(1, share));
    for functions in [
        &[low, middle, high][..],
        &[spread, Function::Sum(1), Function::Mean(1)],
        &[Function::Sum(2), Function::Mean(2)],
    ] {
        let alone = size(&functions[..1], &[None], &rows);
        assert_eq!(size(functions, &[None; 3], &rows), alone, "{functions:?}");
        let filtered = size(&functions[..2], &[None, Some(3)], &rows);
        assert!(filtered > alone, "other rows: {functions:?}");
    }
}

#[test]
fn zeros_take_no_memory() {
    let rows = |numbers: &[f64]| -> Vec<Row> {
        let row = |&number: &f64| row(None, None, Some(number));
        numbers.iter().map(row).collect()
    };
    let spread =
        Function::Spread(2, crate::contract::Spread { is_sample: true, is_deviation: true });
    for function in [Function::Sum(2), Function::Mean(2), spread] {
        let without = size(&[function], &[None], &rows(&[1.5, 1e10]));
        let with = size(&[function], &[None], &rows(&[0.0, 1.5, -0.0, 1e10, 0.0]));
        assert_eq!(with, without, "{function:?}");
    }
}

proptest! {
    #[test]
    fn no_cut_shows_in_a_refusal(
        rows in prop::collection::vec(
            (prop::option::of("[a-d]{0,40}"), prop::option::of(-99_i64..99), prop::option::of(-1e9..1e9)),
            0..40,
        ),
        cut in 1..40_usize,
        limit in 0..32 * KIB,
    ) {
        let at_once = limited(&rows, 40, limit).ok();
        prop_assert_eq!(limited(&rows, cut, limit).ok(), at_once);
    }
}
