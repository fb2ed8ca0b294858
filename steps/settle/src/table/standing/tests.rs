use std::sync::Arc;

use arrow_schema::Schema;
use shared::contract::Duplicates;
use shared::job::Digest;

use super::*;

use Outcome::{CommittedByAnother, NotReplaced, Superseded};
use Revisions::{Append, Refuse, Replace};

fn commit(revision: i64, attempt: u32, revisions: Revisions) -> Commit {
    Commit {
        schema: Arc::new(Schema::empty()),
        file_id: "f1".to_owned(),
        revision,
        attempt,
        digest: Digest::Sha256("00".to_owned()),
        parts: Vec::new(),
        modified_ms: 0,
        execution: "e".to_owned(),
        revisions,
        duplicates: Duplicates::Skip,
    }
}

const fn mark(attempt: u32) -> Mark {
    Mark { attempt, is_duplicate: false }
}

#[test]
fn a_commit_does_what_its_standing_asks_for() {
    let settle = Task::Settle;
    for (name, latest, own, revision, attempt, expected) in [
        ("new", None, None, 5, 0, [settle(Replaced::Nothing); 3]),
        (
            "later than another",
            Some(4),
            None,
            5,
            0,
            [settle(Replaced::File), settle(Replaced::Nothing), Task::None(NotReplaced)],
        ),
        (
            "earlier than another",
            Some(6),
            None,
            5,
            0,
            [Task::None(Superseded), settle(Replaced::Nothing), Task::None(Superseded)],
        ),
        ("done before", Some(5), Some(mark(0)), 5, 0, [Task::Done(mark(0)); 3]),
        ("done before, and replaced since", Some(6), Some(mark(0)), 5, 0, [Task::Done(mark(0)); 3]),
        (
            "once more",
            Some(5),
            Some(mark(0)),
            5,
            1,
            [settle(Replaced::File), settle(Replaced::Revision), settle(Replaced::File)],
        ),
        (
            "once more, but replaced since",
            Some(6),
            Some(mark(0)),
            5,
            1,
            [Task::None(Superseded), settle(Replaced::Revision), Task::None(Superseded)],
        ),
        (
            "overtaken by a later attempt",
            Some(5),
            Some(mark(2)),
            5,
            1,
            [Task::None(CommittedByAnother); 3],
        ),
    ] {
        for (revisions, expected) in [Replace, Append, Refuse].into_iter().zip(expected) {
            let found = task(&commit(revision, attempt, revisions), Standing { latest, own });
            assert_eq!(found, expected, "{name}, {revisions:?}");
        }
    }
}

#[test]
fn a_mark_is_read_as_it_was_written() {
    for attempt in [0, 1, 2, u32::MAX] {
        for is_duplicate in [false, true] {
            let mark = Mark { attempt, is_duplicate };
            assert_eq!(Mark::of(mark.version()), mark);
        }
    }
}
