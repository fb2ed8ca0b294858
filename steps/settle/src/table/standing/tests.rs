use std::sync::Arc;

use arrow_schema::Schema;
use shared::job::Digest;

use super::*;

use Outcome::{Ambiguous, CommittedByAnother, NotReplaced, Superseded};
use Revisions::{Append, Refuse, Replace};

/// Of the file `f1`, whose bytes are `x`.
fn commit(revision: i64, attempt: u32, revisions: Revisions) -> Commit {
    Commit {
        schema: Arc::new(Schema::empty()),
        file_id: "f1".to_owned(),
        revision,
        attempt,
        digest: Digest::Sha256("x".to_owned()),
        parts: Vec::new(),
        modified_ms: 0,
        execution: "e".to_owned(),
        revisions,
        duplicates: Duplicates::Skip,
    }
}

fn live(file_id: &str, revision: i64, digest: &str) -> Owner {
    let (file_id, digest) = (file_id.to_owned(), digest.to_owned());
    Owner { file_id, revision, digest, execution: "e".to_owned() }
}

/// By the execution `e`, whose commits these are.
const LOADED: Mark = Mark { attempt: 0, execution: 0x184c_8603_584f, is_duplicate: false };

const SKIPPED: Mark = Mark { is_duplicate: true, ..LOADED };

/// The latest revision that replaces, the latest that does not, the mark, and the live revisions of the file
/// with their bytes; the revision and the attempt; what is done where revisions replace, append, are refused.
type Case = (
    &'static str,
    [Option<i64>; 2],
    Option<Mark>,
    &'static [(i64, &'static str)],
    (i64, u32),
    [Task; 3],
);

#[test]
fn a_commit_does_what_its_standing_asks_for() {
    let none = |outcome| Task::Refuse(outcome, None);
    let add = || Task::Add;
    let same = |task: &dyn Fn() -> Task| [task(), task(), task()];
    let skip = |revision| move || Task::Skip(live("f1", revision, "x"));
    let cases: Vec<Case> = vec![
        ("new", [None; 2], None, &[], (5, 0), same(&add)),
        ("later", [Some(4), None], None, &[(4, "y")], (5, 0), [add(), add(), none(NotReplaced)]),
        ("later than one without rows", [Some(4), None], None, &[], (5, 0), same(&add)),
        ("late, replaced", [Some(6), None], None, &[(6, "y")], (5, 0), same(&|| none(Superseded))),
        (
            "late, beside others",
            [None, Some(6)],
            None,
            &[(6, "y")],
            (5, 0),
            [none(Superseded), add(), none(Superseded)],
        ),
        ("done before", [Some(5), None], Some(LOADED), &[(5, "x")], (5, 0), same(&|| Task::Done)),
        (
            "done before, and replaced",
            [Some(6), None],
            Some(LOADED),
            &[(6, "y")],
            (5, 0),
            same(&|| Task::Done),
        ),
        ("once more", [Some(5), None], Some(LOADED), &[(5, "x")], (5, 1), same(&add)),
        (
            "once more, but replaced",
            [Some(6), None],
            Some(LOADED),
            &[(6, "y")],
            (5, 1),
            same(&|| none(Superseded)),
        ),
        (
            "once more, beside others",
            [None, Some(5)],
            Some(LOADED),
            &[(4, "y"), (5, "x")],
            (5, 1),
            [add(), add(), none(NotReplaced)],
        ),
        (
            "overtaken by a later attempt",
            [Some(5), None],
            Some(Mark { attempt: 2, ..LOADED }),
            &[(5, "x")],
            (5, 1),
            same(&|| none(CommittedByAnother)),
        ),
        ("the same dropped again", [Some(4), None], None, &[(4, "x")], (5, 0), same(&skip(4))),
        (
            "the same dropped again, late",
            [Some(6), None],
            None,
            &[(4, "x")],
            (5, 0),
            same(&|| none(Superseded)),
        ),
        (
            "a duplicate, told again",
            [Some(5), None],
            Some(SKIPPED),
            &[(4, "x")],
            (5, 0),
            same(&|| Task::DoneAsDuplicate(Some(live("f1", 4, "x")))),
        ),
        ("a duplicate of what is gone", [Some(5), None], Some(SKIPPED), &[], (5, 0), same(&add)),
        (
            "a duplicate of what is gone, and replaced itself",
            [Some(6), None],
            Some(SKIPPED),
            &[(6, "y")],
            (5, 0),
            same(&|| Task::DoneAsDuplicate(None)),
        ),
        (
            "a duplicate of an earlier revision, once more",
            [Some(5), None],
            Some(SKIPPED),
            &[(4, "x")],
            (5, 1),
            [add(), skip(4)(), skip(4)()],
        ),
    ];
    for (name, [replacing, kept], own, of_file, (revision, attempt), expected) in cases {
        let of_file = of_file.iter().map(|&(revision, digest)| live("f1", revision, digest));
        let standing =
            Standing { replacing, kept, own, of_file: of_file.collect(), twins: Vec::new() };
        for (revisions, expected) in [Replace, Append, Refuse].into_iter().zip(expected) {
            let found = standing.task(&commit(revision, attempt, revisions), true);
            assert_eq!(found, expected, "{name}, {revisions:?}");
        }
    }
}

#[test]
fn the_bytes_of_another_file_are_a_duplicate_unless_rows_would_go() {
    let twin = live("f2", 1, "x");
    let with = |of_file: &[Owner]| Standing {
        replacing: of_file.first().map(|_| 4),
        of_file: of_file.to_vec(),
        twins: vec![twin.clone()],
        ..Standing::default()
    };
    let commit = |attempt, revisions| commit(5, attempt, revisions);
    let skip = Task::Skip(twin.clone());
    let ambiguous = Task::Refuse(Ambiguous, Some(twin.clone()));
    let (alone, other) = (with(&[]), with(&[live("f1", 4, "y")]));
    for revisions in [Replace, Append, Refuse] {
        assert_eq!(alone.task(&commit(0, revisions), true), skip);
        assert_eq!(alone.task(&commit(0, revisions), false), Task::Add, "it has no rows");
        let load = Commit { duplicates: Duplicates::Load, ..commit(0, revisions) };
        assert_eq!(alone.task(&load, true), Task::Add);
    }
    assert_eq!(other.task(&commit(0, Replace), true), ambiguous);
    assert_eq!(other.task(&commit(1, Replace), true), ambiguous);
    assert_eq!(other.task(&commit(0, Append), true), skip);
    assert_eq!(other.task(&commit(0, Refuse), true), skip);
    // Two were loaded when that was allowed: each is run again for itself.
    let both = Standing { own: Some(LOADED), replacing: Some(5), ..with(&[live("f1", 5, "x")]) };
    assert_eq!(both.task(&commit(1, Replace), true), Task::Add);
    assert_eq!(both.task(&commit(1, Append), true), Task::Add);
}

#[test]
fn another_execution_of_the_same_attempt_is_told_apart() {
    let standing = |own| Standing { replacing: Some(5), own: Some(own), ..Standing::default() };
    let other = Commit { execution: "f".to_owned(), ..commit(5, 0, Replace) };
    let by_another = Task::Refuse(CommittedByAnother, None);
    assert_eq!(standing(LOADED).task(&commit(5, 0, Replace), true), Task::Done);
    assert_eq!(standing(LOADED).task(&other, true), by_another);
    assert_eq!(standing(SKIPPED).task(&other, true), Task::Add, "nothing was loaded");
    let replaced = Standing { replacing: Some(6), ..standing(LOADED) };
    assert_eq!(replaced.task(&other, true), by_another);
}

#[test]
fn a_mark_is_read_as_it_was_written() {
    for attempt in [0, 1, 2, u16::MAX] {
        for (execution, is_duplicate) in [(0, false), (1, true), (EXECUTION_MASK, false)] {
            let mark = Mark { attempt, execution, is_duplicate };
            assert_eq!(Mark::of(mark.version()), mark);
            assert!(attempt > u16::MAX / 2 || mark.version() >= 0, "{mark:?}");
        }
    }
    assert_eq!(Mark::new(&commit(5, 0, Replace), false), LOADED);
}
