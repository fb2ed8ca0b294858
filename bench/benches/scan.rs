//! Finding records, and with them the chunks of a file.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a benchmark may panic")]
#![allow(missing_docs, reason = "criterion's macro makes a public function")]

use bench::{generated, work};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use shared::contract::Contract;

/// Bytes of a piece and of a chunk.
const PIECE_LEN: usize = 256 * 1024;
const CHUNK_LEN: u64 = 1 << 20;

fn scan(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("scan");
    let contract = Contract::parse(generated::keyed_contract().as_bytes(), None).unwrap();
    for (name, quote) in [("plain", ""), ("quoted", "\"")] {
        let text = generated::keyed_text(quote);
        group.throughput(Throughput::Bytes(text.len() as u64));
        group.bench_function(name, |bencher| {
            bencher.iter(|| work::scan(&contract, CHUNK_LEN, text.as_bytes().chunks(PIECE_LEN)));
        });
    }
    group.finish();
}

criterion_group!(benches, scan);
criterion_main!(benches);
