//! Partial aggregates of rows.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a benchmark may panic")]
#![allow(missing_docs, reason = "criterion's macro makes a public function")]

use bench::generated::{Keyed, ROW_COUNT};
use bench::work;
use criterion::{Criterion, Throughput, criterion_group, criterion_main};

fn group_by(criterion: &mut Criterion) {
    let keyed = Keyed::new().unwrap();
    let (rows, columns) = (keyed.enriched().unwrap(), keyed.contract.columns());
    let mut group = criterion.benchmark_group("group");
    group.throughput(Throughput::Elements(ROW_COUNT));
    for aggregate in &keyed.contract.aggregates {
        group.bench_function(&aggregate.name, |bencher| {
            bencher.iter(|| work::group(aggregate, &columns, &rows).unwrap());
        });
    }
    group.finish();
}

criterion_group!(benches, group_by);
criterion_main!(benches);
