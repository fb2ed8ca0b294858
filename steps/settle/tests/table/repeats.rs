//! The same bytes again, the same file again, the same revision again.

use settle::table::{Commit, Outcome, Published, publish, recognize};
use shared::contract::{Duplicates, Revisions};
use shared::job::Digest;

use super::publish_all;
use super::support::{Table, columns, commit};

use Outcome::{
    Ambiguous, Committed, CommittedBefore, CommittedByAnother, CountedOn, Duplicate, NotReplaced,
    ReplacedSince, Superseded,
};

/// A commit of rows that were made of these bytes, by the execution of an attempt.
fn of(table: &Table, bytes: &str, (file_id, revision): (&str, i64), ids: &[i64]) -> Commit {
    again(table, bytes, (file_id, revision), 0, ids)
}

fn again(
    table: &Table,
    bytes: &str,
    (file_id, revision): (&str, i64),
    attempt: u32,
    ids: &[i64],
) -> Commit {
    let path = format!("data/{file_id}/{revision}/{bytes}/part-00000-{attempt}.parquet");
    let parts = vec![table.part_at(&columns(), path, ids)];
    let digest = Digest::Sha256(bytes.to_owned());
    Commit { attempt, digest, ..commit(file_id, revision, parts) }
}

async fn published(table: &Table, commit: Commit) -> Published {
    publish(&table.store(), commit).await.unwrap()
}

/// Files and rows that the history says were written by the last version.
fn told_of_last(table: &Table) -> [String; 2] {
    let last = table.log().pop().unwrap();
    let info = last.iter().find_map(|action| action.get("commitInfo")).unwrap();
    let metrics = &info["operationMetrics"];
    ["numFiles", "numOutputRows"].map(|name| metrics[name].as_str().unwrap().to_owned())
}

async fn outcome(table: &Table, commit: Commit) -> Outcome {
    published(table, commit).await.outcome
}

#[tokio::test]
async fn the_same_bytes_under_another_name_are_not_loaded() {
    let table = Table::new();
    assert_eq!(outcome(&table, of(&table, "x", ("f1", 3), &[1, 2])).await, Committed);
    let copy = of(&table, "x", ("f2", 9), &[1, 2]);
    let found = published(&table, copy.clone()).await;
    assert_eq!(found.outcome, Duplicate);
    let original = found.original.unwrap();
    assert_eq!((original.file_id.as_str(), original.revision), ("f1", 3));
    assert_eq!(table.ids(), [1, 2]);
    // It is on record: once, and in the way of what came before it.
    assert_eq!((found.version, table.log().len()), (2, 3));
    assert_eq!(told_of_last(&table), ["0", "0"]);
    assert_eq!(outcome(&table, copy).await, Duplicate);
    assert_eq!(outcome(&table, of(&table, "y", ("f2", 8), &[7])).await, Superseded);
    assert_eq!(table.log().len(), 3);
    // Another dataset is another table.
    let elsewhere = Table::new();
    assert_eq!(outcome(&elsewhere, of(&elsewhere, "x", ("f2", 9), &[1, 2])).await, Committed);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_eight_files_of_the_same_bytes_at_once_one_is_loaded() {
    let table = Table::new();
    let commits = (0..8).map(|n| of(&table, "x", (&format!("f{n}"), 0), &[1, 2])).collect();
    let published = publish_all(&table.store(), commits).await;
    let loaded = published.iter().filter(|(_, outcome)| *outcome == Committed).count();
    let skipped = published.iter().filter(|(_, outcome)| *outcome == Duplicate).count();
    assert_eq!((loaded, skipped), (1, 7));
    assert_eq!(table.ids(), [1, 2]);
    assert_eq!(table.log().len(), 9);
}

#[tokio::test]
async fn a_dataset_may_load_the_same_bytes_as_often_as_they_come() {
    let table = Table::new();
    for n in 0..3 {
        let commit = of(&table, "x", (&format!("f{n}"), 0), &[n]);
        let commit = Commit { duplicates: Duplicates::Load, ..commit };
        assert_eq!(outcome(&table, commit).await, Committed);
    }
    assert_eq!(table.ids(), [0, 1, 2]);
}

#[tokio::test]
async fn the_same_file_dropped_again_is_a_duplicate_of_itself() {
    let table = Table::new();
    outcome(&table, of(&table, "x", ("f1", 1), &[1, 2])).await;
    for revisions in [Revisions::Replace, Revisions::Append] {
        let revision = 10 + revisions as i64;
        let commit = Commit { revisions, ..of(&table, "x", ("f1", revision), &[1, 2]) };
        let found = published(&table, commit).await;
        assert_eq!(found.outcome, Duplicate, "{revisions:?}");
        assert_eq!(found.original.unwrap().revision, 1);
        assert_eq!(table.ids(), [1, 2]);
    }
    // What came in between, and late, does not take its place.
    assert_eq!(outcome(&table, of(&table, "y", ("f1", 2), &[9])).await, Superseded);
    assert_eq!(table.ids(), [1, 2]);
    // What comes behind does.
    assert_eq!(outcome(&table, of(&table, "y", ("f1", 20), &[9])).await, Committed);
    assert_eq!(table.ids(), [9]);
}

/// Corrections dropped twice, say: what comes late must not take them out unasked.
#[tokio::test]
async fn a_duplicate_of_itself_that_may_replace_nothing_is_counted_on() {
    let table = Table::new();
    let refuse = |commit| Commit { revisions: Revisions::Refuse, ..commit };
    outcome(&table, refuse(of(&table, "x", ("f1", 1), &[1]))).await;
    assert_eq!(outcome(&table, refuse(of(&table, "x", ("f1", 3), &[1]))).await, Duplicate);
    assert_eq!(outcome(&table, of(&table, "y", ("f1", 2), &[2])).await, CountedOn);
    assert_eq!(table.ids(), [1]);
}

#[tokio::test]
async fn a_dataset_may_refuse_a_second_file_of_one_name() {
    let table = Table::new();
    let refuse = |commit| Commit { revisions: Revisions::Refuse, ..commit };
    assert_eq!(outcome(&table, refuse(of(&table, "x", ("f1", 1), &[1]))).await, Committed);
    assert_eq!(outcome(&table, refuse(of(&table, "y", ("f1", 2), &[2]))).await, NotReplaced);
    assert_eq!(outcome(&table, refuse(of(&table, "y", ("f2", 0), &[2]))).await, Committed);
    assert_eq!(table.ids(), [1, 2]);
}

#[tokio::test]
async fn bytes_that_were_replaced_may_come_back() {
    let table = Table::new();
    outcome(&table, of(&table, "x", ("f1", 1), &[1, 2])).await;
    outcome(&table, of(&table, "y", ("f1", 2), &[3])).await;
    assert_eq!(outcome(&table, of(&table, "x", ("f1", 3), &[1, 2])).await, Committed);
    assert_eq!(table.ids(), [1, 2]);
    outcome(&table, of(&table, "z", ("f1", 4), &[4])).await;
    assert_eq!(outcome(&table, of(&table, "x", ("f2", 0), &[1, 2])).await, Committed);
    assert_eq!(table.ids(), [1, 2, 4]);
}

/// Two files that change places: were either a duplicate, the rows of one would be gone in the end.
#[tokio::test]
async fn the_bytes_of_another_file_never_take_rows_out() {
    let table = Table::new();
    outcome(&table, of(&table, "x", ("f1", 0), &[1])).await;
    outcome(&table, of(&table, "y", ("f2", 0), &[2])).await;
    let swapped = of(&table, "x", ("f2", 1), &[1]);
    let found = published(&table, swapped.clone()).await;
    assert_eq!((found.outcome, found.original.unwrap().file_id.as_str()), (Ambiguous, "f1"));
    assert_eq!(outcome(&table, of(&table, "y", ("f1", 1), &[2])).await, Ambiguous);
    assert_eq!(table.ids(), [1, 2]);
    assert_eq!(table.log().len(), 3, "nothing was written");
    // Who is asked says that both are meant.
    let loaded = Commit { duplicates: Duplicates::Load, ..swapped };
    assert_eq!(outcome(&table, loaded).await, Committed);
    assert_eq!(outcome(&table, of(&table, "y", ("f1", 1), &[2])).await, Committed);
    assert_eq!(table.ids(), [1, 2]);
    // Where nothing is taken out, it is a duplicate as any other.
    let appended = Commit { revisions: Revisions::Append, ..of(&table, "y", ("f2", 2), &[2]) };
    assert_eq!(outcome(&table, appended).await, Duplicate);
}

#[tokio::test]
async fn a_file_comes_back_to_one_of_the_revisions_that_were_appended() {
    let table = Table::new();
    for (revision, bytes) in [(1, "x"), (2, "y")] {
        let commit = of(&table, bytes, ("f1", revision), &[revision]);
        outcome(&table, Commit { revisions: Revisions::Append, ..commit }).await;
    }
    assert_eq!(outcome(&table, of(&table, "y", ("f1", 3), &[2])).await, Duplicate);
    assert_eq!(table.ids(), [2]);
}

#[tokio::test]
async fn files_without_rows_are_no_duplicates() {
    let table = Table::new();
    let digest = || Digest::Sha256("header".to_owned());
    for n in 0..3 {
        let empty = Commit { digest: digest(), ..commit(&format!("f{n}"), 0, vec![]) };
        assert_eq!(outcome(&table, empty).await, Committed);
    }
}

#[tokio::test]
async fn appended_revisions_all_stay_whatever_their_order() {
    let table = Table::new();
    let append = |commit| Commit { revisions: Revisions::Append, ..commit };
    let late = append(of(&table, "x", ("f1", 1), &[1]));
    assert_eq!(outcome(&table, append(of(&table, "y", ("f1", 2), &[2]))).await, Committed);
    assert_eq!(outcome(&table, late.clone()).await, Committed);
    assert_eq!(outcome(&table, late).await, CommittedBefore);
    assert_eq!(outcome(&table, append(of(&table, "z", ("f1", 3), &[3]))).await, Committed);
    assert_eq!(table.ids(), [1, 2, 3]);
    let once_more = append(again(&table, "x", ("f1", 1), 1, &[7]));
    assert_eq!(outcome(&table, once_more).await, Committed);
    assert_eq!(table.ids(), [2, 3, 7]);
    // A contract that replaces, from then on, replaces all of them.
    assert_eq!(outcome(&table, of(&table, "w", ("f1", 4), &[4])).await, Committed);
    assert_eq!(table.ids(), [4]);
    // And what it has replaced comes back under no contract.
    let late = append(of(&table, "v", ("f1", 0), &[8]));
    assert_eq!(outcome(&table, late).await, Superseded);
    let once_more = append(again(&table, "y", ("f1", 2), 1, &[9]));
    assert_eq!(outcome(&table, once_more).await, Superseded);
    assert_eq!(table.ids(), [4]);
}

#[tokio::test]
async fn a_replay_takes_nothing_out_that_its_contract_does_not_let_it_take() {
    let table = Table::new();
    let append = |commit| Commit { revisions: Revisions::Append, ..commit };
    let refuse = |commit| Commit { revisions: Revisions::Refuse, ..commit };
    outcome(&table, append(of(&table, "x", ("f1", 1), &[1]))).await;
    outcome(&table, append(of(&table, "y", ("f1", 2), &[2]))).await;
    let once_more = refuse(again(&table, "y", ("f1", 2), 1, &[3]));
    assert_eq!(outcome(&table, once_more).await, NotReplaced);
    assert_eq!(table.ids(), [1, 2]);

    // Corrections under the name of their file, a duplicate of those that have a name of their own.
    let table = Table::new();
    outcome(&table, of(&table, "whole", ("f1", 1), &[1, 2])).await;
    outcome(&table, of(&table, "fixes", ("f2", 1), &[3])).await;
    assert_eq!(outcome(&table, refuse(of(&table, "fixes", ("f1", 2), &[3]))).await, Duplicate);
    let load = Commit {
        duplicates: Duplicates::Load,
        ..refuse(again(&table, "fixes", ("f1", 2), 1, &[3]))
    };
    assert_eq!(outcome(&table, load).await, NotReplaced);
    assert_eq!(table.ids(), [1, 2, 3]);
    // The whole file is not behind them.
    let whole = again(&table, "whole", ("f1", 1), 1, &[4]);
    assert_eq!(outcome(&table, whole).await, Committed);
    assert_eq!(table.ids(), [3, 4]);
}

#[tokio::test]
async fn rows_that_a_duplicate_counts_on_go_only_if_they_are_asked_to() {
    let table = Table::new();
    outcome(&table, of(&table, "x", ("f1", 1), &[1])).await;
    let duplicate = of(&table, "x", ("f2", 1), &[1]);
    assert_eq!(outcome(&table, duplicate.clone()).await, Duplicate);
    assert_eq!(outcome(&table, of(&table, "y", ("f1", 2), &[2])).await, CountedOn);
    assert_eq!(told_of_last(&table), ["0", "0"]);
    // The same attempt gets the same answer.
    assert_eq!(outcome(&table, of(&table, "y", ("f1", 2), &[2])).await, CountedOn);
    // And one that nobody has asked is asked first, whatever attempt it is.
    assert_eq!(outcome(&table, again(&table, "w", ("f1", 3), 1, &[2])).await, CountedOn);
    assert_eq!(table.ids(), [1]);
    assert_eq!(outcome(&table, again(&table, "y", ("f1", 2), 1, &[2])).await, Committed);
    assert_eq!(table.ids(), [2]);
    // It is none any more: whoever asks for it gets its rows.
    assert_eq!(outcome(&table, duplicate).await, Committed);
    assert_eq!(table.ids(), [1, 2]);
    // And nobody counts on them now.
    assert_eq!(outcome(&table, of(&table, "z", ("f2", 2), &[3])).await, Committed);
    assert_eq!(table.ids(), [2, 3]);
}

#[tokio::test]
async fn what_was_replaced_since_says_so() {
    let table = Table::new();
    let first = of(&table, "x", ("f1", 1), &[1]);
    outcome(&table, first.clone()).await;
    outcome(&table, of(&table, "y", ("f1", 2), &[2])).await;
    assert_eq!(outcome(&table, first).await, ReplacedSince);
    // Of revisions that stand beside each other each is looked for.
    let append = |commit| Commit { revisions: Revisions::Append, ..commit };
    let table = Table::new();
    let first = append(of(&table, "x", ("f1", 1), &[1]));
    outcome(&table, first.clone()).await;
    outcome(&table, append(of(&table, "y", ("f1", 2), &[2]))).await;
    assert_eq!(outcome(&table, first.clone()).await, CommittedBefore);
    let other = Commit { execution: "other".to_owned(), ..first };
    assert_eq!(outcome(&table, other).await, CommittedByAnother);
}

#[tokio::test]
async fn a_later_attempt_replaces_the_rows_of_the_earlier_one() {
    let table = Table::new();
    let first = of(&table, "x", ("f1", 1), &[1, 2]);
    assert_eq!(outcome(&table, first.clone()).await, Committed);
    let second = again(&table, "x", ("f1", 1), 1, &[3]);
    assert_eq!(outcome(&table, second.clone()).await, Committed);
    assert_eq!(table.ids(), [3]);
    assert_eq!(outcome(&table, second).await, CommittedBefore);
    assert_eq!(outcome(&table, first).await, CommittedByAnother);
    assert_eq!(table.ids(), [3]);
    outcome(&table, of(&table, "y", ("f1", 2), &[4])).await;
    let third = again(&table, "x", ("f1", 1), 2, &[5]);
    assert_eq!(outcome(&table, third).await, Superseded);
    assert_eq!(table.ids(), [4]);
}

#[tokio::test]
async fn what_is_known_is_recognized_before_there_are_parts() {
    let table = Table::new();
    let known = async |commit: &Commit| {
        let commit = Commit { parts: vec![], ..commit.clone() };
        recognize(&table.store(), commit).await.unwrap().map(|known| known.outcome)
    };
    let first = of(&table, "x", ("f1", 5), &[1]);
    assert_eq!(known(&first).await, None, "there is no table");
    assert!(table.log().is_empty(), "and none is made");
    outcome(&table, first.clone()).await;
    assert_eq!(known(&first).await, None, "publishing tells");
    assert_eq!(known(&of(&table, "y", ("f1", 4), &[1])).await, Some(Superseded));
    assert_eq!(known(&of(&table, "y", ("f1", 6), &[1])).await, None);
    assert_eq!(known(&again(&table, "x", ("f1", 5), 1, &[1])).await, None, "it is asked for");
    assert_eq!(table.log().len(), 2, "nothing was written");
    let copy = of(&table, "x", ("f2", 0), &[1]);
    assert_eq!(known(&copy).await, Some(Duplicate));
    assert_eq!(known(&copy).await, Some(Duplicate));
    assert_eq!(table.log().len(), 3, "written once");
    assert_eq!(table.ids(), [1]);
}
