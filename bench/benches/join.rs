//! Columns of a reference table for each row.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a benchmark may panic")]
#![allow(missing_docs, reason = "criterion's macro makes a public function")]

use bench::generated::{Keyed, ROW_COUNT};
use bench::work;
use criterion::{Criterion, Throughput, criterion_group, criterion_main};

fn join(criterion: &mut Criterion) {
    let keyed = Keyed::new().unwrap();
    let mut group = criterion.benchmark_group("join");
    group.throughput(Throughput::Elements(ROW_COUNT));
    group.bench_function("lookup", |bencher| {
        bencher.iter(|| keyed.enriched().unwrap());
    });
    let tables = work::tables(&keyed.contract, &keyed.references).unwrap();
    group.bench_function("index", |bencher| {
        bencher.iter(|| work::enricher(&keyed.contract, &tables).unwrap());
    });
    group.finish();
}

criterion_group!(benches, join);
criterion_main!(benches);
