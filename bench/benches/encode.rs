//! Rows to Parquet.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a benchmark may panic")]
#![allow(missing_docs, reason = "criterion's macro makes a public function")]

use bench::generated::{Keyed, ROW_COUNT};
use bench::work::Part;
use criterion::{Criterion, Throughput, criterion_group, criterion_main};

fn encode(criterion: &mut Criterion) {
    let keyed = Keyed::new().unwrap();
    let rows = keyed.enriched().unwrap();
    let mut group = criterion.benchmark_group("encode");
    group.throughput(Throughput::Elements(ROW_COUNT));
    group.bench_function("parquet", |bencher| {
        bencher.iter(|| {
            let mut part = Part::new(&keyed.enricher, Vec::new());
            for rows in &rows {
                part.write(rows).unwrap();
            }
            part.finish().unwrap()
        });
    });
    group.finish();
}

criterion_group!(benches, encode);
criterion_main!(benches);
