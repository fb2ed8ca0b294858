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
