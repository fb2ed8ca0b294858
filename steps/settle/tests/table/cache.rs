//! How often the log is read, and that what is remembered of it is never other than what is there.

use std::sync::Arc;

use futures_util::TryStreamExt;
use object_store::{ObjectStore, ObjectStoreExt};
use settle::table::{Outcome, TableError, TableStore, live, publish};
use tokio::task::JoinSet;

use super::checkpoint::{publish_files, version_name};
use super::objects::{Cut, Objects};
use super::support::{Table, commit};

use Outcome::{Committed, CommittedBefore};

/// The versions that were read, each as often as it was.
fn versions_read(objects: &Objects) -> Vec<String> {
    objects.take_all_reads().into_iter().filter(|name| !name.starts_with('_')).collect()
}

fn names(versions: std::ops::RangeInclusive<u64>) -> Vec<String> {
    versions.map(version_name).collect()
}

/// Whether the rows of file `f<n>` are there.
async fn has(store: &TableStore, n: u32) -> bool {
    live(store).await.unwrap().has(&format!("data/f{n}/0/f{n}-0/part-00000.parquet"))
}

#[tokio::test]
async fn each_version_is_read_once_whatever_the_number_of_commits() {
    let (parts, objects) = (Table::new(), Arc::new(Objects::default()));
    let store = objects.table();
    publish_files(&store, &parts, 1..=12).await;
    assert_eq!(versions_read(&objects), names(0..=11), "nobody has asked for the last one");
    assert!(has(&store, 12).await && has(&store.clone(), 1).await);
    assert_eq!(versions_read(&objects), names(12..=12));

    let other = objects.table();
    let again = commit("f3", 0, vec![parts.part("f3", 0, 0, &[3])]);
    assert_eq!(publish(&other, again).await.unwrap().outcome, CommittedBefore);
    assert_eq!(versions_read(&objects), names(0..=12), "what it knows is its own");
}

#[tokio::test]
async fn a_version_of_another_writer_is_seen_at_once() {
    let (parts, objects) = (Table::new(), Arc::new(Objects::default()));
    let stores = [objects.table(), objects.table()];
    let [first, second] = &stores;
    for (n, writer, reader) in (1..=6).map(|n| match n % 2 {
        0 => (n, first, second),
        _ => (n, second, first),
    }) {
        publish_files(writer, &parts, n..=n).await;
        assert!(has(reader, n).await, "{n}");
        let again = commit(&format!("f{n}"), 0, vec![]);
        let again = publish(reader, again).await.unwrap();
        assert_eq!(again.version, u64::from(n));
    }
    // The last one was read only by who did not write it.
    let mut expected = [names(0..=6), names(0..=5)].concat();
    expected.sort();
    assert_eq!(versions_read(&objects), expected);
}

/// Writers that share two stores, so that some know what others have read.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn eight_writers_at_once_land_once_each() {
    let (parts, objects) = (Table::new(), Arc::new(Objects::default()));
    let stores = [objects.table(), objects.table()];
    let mut running = JoinSet::new();
    for n in 0..8_usize {
        let store = stores[n % 2].clone();
        let own = commit(&format!("f{n}"), 0, vec![parts.part(&format!("f{n}"), 0, 0, &[1])]);
        let shared = commit("shared", 0, vec![parts.part("shared", 0, 0, &[2])]);
        running.spawn(async move {
            [publish(&store, own).await.unwrap(), publish(&store, shared).await.unwrap()]
        });
    }
    let published = running.join_all().await.concat();
    let mut versions: Vec<_> =
        published.iter().filter(|it| it.outcome == Committed).map(|it| it.version).collect();
    versions.sort_unstable();
    assert_eq!(versions, (1..=9).collect::<Vec<_>>());
    assert_eq!(published.iter().filter(|it| it.outcome == CommittedBefore).count(), 7);
    for store in stores.into_iter().chain([objects.table()]) {
        for n in 0..8 {
            assert!(has(&store, n).await, "{n}");
        }
    }
}

#[tokio::test]
async fn what_was_not_read_to_its_end_is_read_again() {
    for cut in [Cut::BreaksOff, Cut::EndsEarly] {
        let (parts, objects) = (Table::new(), Arc::new(Objects::default()));
        publish_files(&objects.table(), &parts, 1..=3).await;
        let store = objects.table();
        objects.cut("02.json", cut);
        let error = live(&store).await.unwrap_err();
        assert!(matches!(error, TableError::Store(_)), "{cut:?}: {error:?}");

        objects.take_reads();
        for n in 1..=3 {
            assert!(has(&store, n).await, "{cut:?}: {n}");
        }
        let read = versions_read(&objects);
        assert_eq!(read.iter().filter(|name| **name == version_name(2)).count(), 1, "{cut:?}");
        publish_files(&store, &parts, 4..=4).await;
        assert_eq!(versions_read(&objects), Vec::<String>::new(), "{cut:?}");
    }
}

#[tokio::test]
async fn a_table_that_was_begun_anew_is_not_taken_for_the_one_before() {
    let (parts, objects) = (Table::new(), Arc::new(Objects::default()));
    let store = objects.table();
    publish_files(&store, &parts, 1..=3).await;
    assert!(has(&store, 3).await);
    let listed: Vec<_> = objects.inner.list(None).try_collect().await.unwrap();
    for object in listed {
        objects.inner.delete(&object.location).await.unwrap();
    }
    let fourth = commit("f4", 0, vec![parts.part("f4", 0, 0, &[4])]);
    assert_eq!(publish(&objects.table(), fourth).await.unwrap().version, 1);

    assert_eq!((has(&store, 1).await, has(&store, 4).await), (false, true));
    let first = commit("f1", 0, vec![parts.part("f1", 0, 0, &[1])]);
    let published = publish(&store, first).await.unwrap();
    assert_eq!((published.version, published.outcome), (2, Committed));
}
