//! Typed columns of records, by type.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a benchmark may panic")]
#![allow(missing_docs, reason = "criterion's macro makes a public function")]

use bench::generated::{COLUMNS, ROW_COUNT};
use bench::work;
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use shared::contract::Contract;

fn decode(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("decode");
    group.throughput(Throughput::Elements(ROW_COUNT));
    for column in COLUMNS {
        let contract = Contract::parse(column.contract().as_bytes(), None).unwrap();
        let text = column.text();
        let scanned = work::scan(&contract, u64::MAX, [text.as_bytes()]).unwrap();
        let parse = || work::parse(&contract, &scanned.layout, scanned.chunks[0], text.as_bytes());
        assert_eq!(parse().unwrap().counts.accepted_count, ROW_COUNT, "{}", column.name);
        group.bench_function(column.name, |bencher| bencher.iter(parse));
    }
    group.finish();
}

criterion_group!(benches, decode);
criterion_main!(benches);
