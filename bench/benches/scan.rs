//! Finding records, and with them the chunks of a file; and hashing it.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a benchmark may panic")]
#![allow(missing_docs, reason = "criterion's macro makes a public function")]

use bench::{generated, work};
use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use shared::contract::Contract;
use validate::Hasher;

/// Bytes of a chunk.
const CHUNK_LEN: u64 = 1 << 20;

fn scan(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("scan");
    let contract = Contract::parse(generated::keyed_contract().as_bytes(), None).unwrap();
    for (name, quote) in [("plain", ""), ("quoted", "\"")] {
        let text = generated::keyed_text(quote);
        group.throughput(Throughput::Bytes(text.len() as u64));
        group.bench_function(name, |bencher| {
            let pieces = || work::pieces(text.clone());
            let scan = |pieces| work::scan(&contract, CHUNK_LEN, Hasher::here(), pieces).unwrap();
            bencher.iter_batched(pieces, scan, BatchSize::LargeInput);
        });
    }
    group.finish();
}

criterion_group!(benches, scan);
criterion_main!(benches);
