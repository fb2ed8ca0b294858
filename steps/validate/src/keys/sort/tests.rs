use proptest::prelude::*;
use shared::store::{Area, MemoryStore};

use super::*;

/// The records as they come out of a sorter with that room, and the runs that it left.
fn sorted<const N: usize>(records: &[[u8; N]], room: usize) -> (Vec<[u8; N]>, Vec<Bytes>) {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let store = MemoryStore::new(7);
    let work = Work { execution: "e" };
    let found = runtime.block_on(async {
        let mut sorter = Sorter::new(work, "s", room, &store);
        for some in records.chunks(3) {
            sorter.push(some).await.unwrap();
        }
        let (mut records, mut found) = (sorter.finish().await.unwrap(), Vec::new());
        while let Some(record) = records.next().await.unwrap() {
            found.push(record);
        }
        assert_eq!(records.next().await.unwrap(), None);
        found
    });
    let runs = (0..).map_while(|at| store.get(Area::Output, &work.run("s", at))).collect();
    (found, runs)
}

proptest! {
    #[test]
    fn records_come_in_order_whatever_the_room(
        records in prop::collection::vec(prop::array::uniform20(0..3_u8), 0..80),
        room in 0..2000_usize,
    ) {
        let (found, runs) = sorted(&records, room);
        let mut expected = records.clone();
        expected.sort_unstable();
        prop_assert_eq!(found, expected);
        let held = (room / 20).max(1);
        let count = if records.len() < held { 0 } else { records.len().div_ceil(held) };
        prop_assert_eq!(runs.len(), count);
        prop_assert!(runs.iter().all(|run| run.len() <= held * 20));
    }
}

#[test]
fn short_records_are_in_order_too() {
    let records: Vec<[u8; 2]> = (0..300_u16).rev().map(u16::to_be_bytes).collect();
    let (found, _) = sorted(&records, 16);
    assert!(found.is_sorted() && found.len() == 300);
}
