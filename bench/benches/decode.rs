//! Typed columns of records, by type.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a benchmark may panic")]
#![allow(missing_docs, reason = "criterion's macro makes a public function")]

use arrow_array::RecordBatch;
use bench::generated::{COLUMNS, ROW_COUNT};
use bench::work;
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use shared::contract::Contract;
use validate::Hasher;

fn decode(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("decode");
    group.throughput(Throughput::Elements(ROW_COUNT));
    for column in COLUMNS {
        let contract = Contract::parse(column.contract().as_bytes(), None).unwrap();
        let text = column.text();
        let pieces = work::pieces(text.clone());
        let (scanned, _) = work::scan(&contract, u64::MAX, Hasher::here(), pieces).unwrap();
        let parse = || work::parse(&contract, &scanned.layout, scanned.chunks[0], &text).unwrap();
        let row_count: usize = parse().iter().map(RecordBatch::num_rows).sum();
        assert_eq!(row_count as u64, ROW_COUNT, "{}", column.name);
        group.bench_function(column.name, |bencher| bencher.iter(parse));
    }
    group.finish();
}

criterion_group!(benches, decode);
criterion_main!(benches);
