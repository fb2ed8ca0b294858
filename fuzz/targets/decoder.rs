//! Whatever a dropped file holds, it is refused for a reason, or each of its rows is accepted or
//! rejected; and the size of the chunks changes nothing.

#![no_main]

mod parsed;

use std::collections::BTreeMap;
use std::pin::pin;
use std::sync::LazyLock;
use std::task::{Context, Poll, Waker};

use libfuzzer_sys::fuzz_target;
use parsed::parsed;
use shared::contract::Contract;
use shared::job::Work;
use shared::message::Counts;
use shared::store::{Area, MemoryStore};
use shared::table::Position;
use validate::{KeyComparer, KeyLimits, KeyRows, Product, Scan, ScanError, Scanned};

static CONTRACT: LazyLock<Contract> =
    LazyLock::new(|| Contract::parse(include_bytes!("../seeds/contract/all.json"), None).unwrap());

const WORK: Work<'_> = Work { execution: "e" };

fuzz_target!(|file: &[u8]| {
    let whole = load(file, u64::from(u32::MAX));
    assert_eq!(whole, load(file, 1));
});

/// The books, and the faults of all rows; or why the file is refused.
fn load(file: &[u8], chunk_bytes: u64) -> Result<(Counts, Vec<u8>), String> {
    let mut products = Vec::new();
    let scanned = match scan(file, chunk_bytes, &mut products) {
        Ok(scanned) => scanned,
        Err(ScanError::Refused(refusal)) => return Err(refusal.to_string()),
        Err(bug @ ScanError::Keys(_)) => panic!("{bug}"),
    };
    let (mut texts, mut keys) = (BTreeMap::new(), Vec::new());
    for product in products {
        match product {
            Product::Text(chunk, text) => texts.entry(chunk).or_insert_with(Vec::new).extend(text),
            Product::Keys(rows) => keys.push(rows),
        }
    }
    let key_faults = compare(keys, &scanned, chunk_bytes);
    let (mut counts, mut faults) = (Counts::default(), Vec::new());
    for chunk in &scanned.chunks {
        let range = usize::try_from(chunk.start).unwrap()..usize::try_from(chunk.end).unwrap();
        let text = texts.get(&chunk.index).map_or_else(|| &file[range], Vec::as_slice);
        let first = Position { row_number: chunk.first_row, line_number: chunk.first_line };
        let keys = key_faults.get(Area::Output, &WORK.key_faults(chunk.index)).unwrap();
        let piece_len = 1 + usize::try_from(chunk.start % 7).unwrap();
        let (found, log) = parsed(&CONTRACT, &scanned.layout, first, text, &keys, piece_len);
        assert_eq!(found.read_count, chunk.record_count);
        counts.read_count += found.read_count;
        counts.accepted_count += found.accepted_count;
        counts.rejected_count += found.rejected_count;
        faults.extend(log.into_bytes());
    }
    assert_eq!(counts.read_count, counts.accepted_count + counts.rejected_count);
    assert_eq!(counts.read_count, scanned.record_count);
    Ok((counts, faults))
}

/// What is wrong with keys, by chunk; where chunks are small, there is little room to find it.
fn compare(keys: Vec<KeyRows>, scanned: &Scanned, chunk_bytes: u64) -> MemoryStore {
    let store = MemoryStore::new(4096);
    let sort_bytes = usize::try_from(chunk_bytes).unwrap().min(1 << 20);
    let limits = KeyLimits { sort_bytes, ..KeyLimits::default() };
    at_once(async {
        let mut comparer = KeyComparer::new(&CONTRACT, limits, WORK, &store);
        for rows in keys {
            comparer.push(rows).await.unwrap();
        }
        comparer.finish(&scanned.chunks).await.unwrap();
    });
    store
}

/// The end of what never waits.
fn at_once<T>(future: impl Future<Output = T>) -> T {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(end) => end,
        Poll::Pending => panic!("memory has been waited for"),
    }
}

fn scan(file: &[u8], chunk_bytes: u64, products: &mut Vec<Product>) -> Result<Scanned, ScanError> {
    let mut scan = Scan::new(&CONTRACT, chunk_bytes);
    let pieces: Vec<&[u8]> = scan.pieces(file).collect();
    for piece in pieces {
        products.extend(scan.push(piece)?);
    }
    let mut scanned = scan.finish()?;
    products.append(&mut scanned.products);
    Ok(scanned)
}
