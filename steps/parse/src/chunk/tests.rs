use arrow_array::Array;
use arrow_array::cast::AsArray;
use arrow_array::types::Int64Type;
use proptest::prelude::*;
use shared::fault::{Code, KeyFault, Kind, Wording};
use shared::keys::{KeyHasher, KeySet};

use super::*;

const FIRST: Position = Position { row_number: 10, line_number: 10 };

fn contract() -> Contract {
    let text = br#"{"resources": [{"name": "r", "path": "r.csv", "schema": {
        "fields": [
            {"name": "id", "type": "integer", "constraints": {"required": true}},
            {"name": "note"}
        ],
        "uniqueKeys": [["note", "id"]], "primaryKey": "id",
        "foreignKeys": [{"fields": "id", "reference": {"fields": "id"}}]
    }}]}"#;
    Contract::parse(text, None).unwrap()
}

/// What became of all records of a chunk.
#[derive(Debug)]
struct ParsedChunk {
    batches: Vec<RecordBatch>,
    faults: FaultLog,
    counts: Counts,
}

/// Parses a chunk that arrives in pieces of that length.
fn parse_in(
    piece_len: usize,
    text: &[u8],
    key_faults: &[u8],
    foreign_keys: &ForeignKeys,
) -> ParsedChunk {
    let contract = contract();
    let layout = Layout::in_order(&contract.input.schema);
    let mut parser = ChunkParser::new(&contract, &layout, FIRST, foreign_keys);
    let mut log = key_faults.chunks(7);
    let mut rows = Vec::new();
    for piece in text.chunks(piece_len) {
        while parser.wants_key_faults(piece.len()) {
            let Some(piece) = log.next() else { break };
            parser.push_key_faults(piece);
        }
        rows.extend(parser.push(piece).unwrap());
    }
    log.for_each(|piece| parser.push_key_faults(piece));
    parser.finish_key_faults().unwrap();
    rows.extend(parser.finish().unwrap());
    let mut faults = FaultLog::default();
    for part in &rows {
        part.faults.faults().for_each(|fault| faults.push(&fault.unwrap()));
    }
    let batches = rows.into_iter().map(|rows| rows.batch).collect();
    ParsedChunk { batches, faults, counts: parser.counts() }
}

fn parse(text: &[u8], key_faults: &[u8], foreign_keys: &ForeignKeys) -> ParsedChunk {
    let at_once = parse_in(text.len().max(1), text, key_faults, foreign_keys);
    for piece_len in [1, 7, 4096] {
        let in_pieces = parse_in(piece_len, text, key_faults, foreign_keys);
        assert_eq!(in_pieces.batches, at_once.batches);
        assert_eq!(codes(&in_pieces), codes(&at_once));
        assert_eq!(in_pieces.counts, at_once.counts);
    }
    at_once
}

fn row_numbers(chunk: &ParsedChunk) -> Vec<i64> {
    let columns = chunk.batches.iter().map(|batch| batch.column(0));
    columns.flat_map(|column| column.as_primitive::<Int64Type>().values().to_vec()).collect()
}

fn codes(chunk: &ParsedChunk) -> Vec<(u64, Code)> {
    let contract = contract();
    let layout = Layout::in_order(&contract.input.schema);
    let wording = Wording::new(&contract, &layout);
    let rejects = chunk.faults.faults().flat_map(|fault| wording.rejects(&fault.unwrap()));
    rejects.map(|reject| (reject.row_number, reject.code)).collect()
}

#[test]
fn each_record_is_a_row_or_has_a_fault() {
    let chunk = parse(b"1,a\nx,b\n\n2,\n,c\n3\n", &[], &ForeignKeys::default());
    assert_eq!(row_numbers(&chunk), [10, 13]);
    let expected = [
        (11, Code::TypeError),
        (12, Code::BlankRow),
        (14, Code::ConstraintError),
        (15, Code::MissingCell),
    ];
    assert_eq!(codes(&chunk), expected);
    let counts = Counts { read_count: 6, accepted_count: 2, rejected_count: 4 };
    assert_eq!(chunk.counts, counts);
}

#[test]
fn faults_of_keys_stand_with_the_others_of_their_row() {
    let fault = |(row_number, key, first_row)| KeyFault { row_number, key, first_row }.to_bytes();
    let log = [(11, 1, Some(2)), (13, 0, Some(3)), (13, 1, Some(2)), (14, 1, None)].map(fault);
    let contract = contract();
    let known: ArrayRef = Arc::new(Int64Array::from(vec![1, 2]));
    let hasher = KeyHasher::new(&contract.input.schema, &[0]).unwrap();
    let keys = hasher.hashes(&[known]).unwrap();
    let known: KeySet = keys.into_iter().flatten().collect();
    let foreign_keys = ForeignKeys::new(&contract, [(0, known)].into()).unwrap();
    let chunk = parse(b"1,a\n3\n2,b\n1,c\n,d\n9,e\n", log.as_flattened(), &foreign_keys);
    let expected = [
        (11, Code::MissingCell),
        (11, Code::PrimaryKey),
        (11, Code::ForeignKey),
        (13, Code::UniqueError),
        (13, Code::PrimaryKey),
        (14, Code::ConstraintError),
        (14, Code::PrimaryKey),
        (15, Code::ForeignKey),
    ];
    assert_eq!(codes(&chunk), expected);
    let repeated = chunk.faults.faults().map(Result::unwrap);
    let repeated = repeated.filter(|fault| matches!(fault.kind, Kind::Repeated { .. }));
    let found: Vec<_> = repeated.map(|fault| (fault.line_number, fault.found)).collect();
    assert_eq!(found, [(11, "3".into()), (13, "c,1".into()), (13, "1".into())]);
    assert_eq!(row_numbers(&chunk), [10, 12]);
    assert_eq!(chunk.counts.rejected_count, chunk.faults.row_count());
}

#[test]
fn many_rows_are_several_batches() {
    let text = "1,\n".repeat(BATCH_LEN + 1);
    let chunk = parse(text.as_bytes(), &[], &ForeignKeys::default());
    let lens: Vec<_> = chunk.batches.iter().map(RecordBatch::num_rows).collect();
    assert_eq!(lens, [BATCH_LEN, 1]);
    assert_eq!(chunk.batches[1].column(0).len(), 1);
}

#[test]
fn a_batch_of_long_rows_is_short() {
    let row = format!("1,{}\n", "x".repeat(1 << 20));
    let chunk = parse_in(1 << 16, row.repeat(20).as_bytes(), &[], &ForeignKeys::default());
    let lens: Vec<_> = chunk.batches.iter().map(RecordBatch::num_rows).collect();
    assert_eq!(lens, [8, 8, 4]);
    let at_once = parse_in(20 << 20, row.repeat(20).as_bytes(), &[], &ForeignKeys::default());
    assert_eq!(at_once.batches, chunk.batches);
}

proptest! {
    #[test]
    fn the_books_always_balance(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let text = String::from_utf8_lossy(&bytes);
        let chunk = parse(text.as_bytes(), &[], &ForeignKeys::default());
        let Counts { read_count, accepted_count, rejected_count } = chunk.counts;
        prop_assert_eq!(read_count, accepted_count + rejected_count);
        prop_assert_eq!(row_numbers(&chunk).len() as u64, accepted_count);
        prop_assert_eq!(chunk.faults.row_count(), rejected_count);
        let rows: Vec<_> = codes(&chunk).iter().map(|&(row, _)| row).collect();
        prop_assert!(rows.is_sorted());
    }
}

#[test]
fn a_fault_of_a_row_that_is_not_there_is_an_error() {
    let contract = contract();
    let layout = Layout::in_order(&contract.input.schema);
    let none = ForeignKeys::default();
    for row_number in [0, FIRST.row_number + 1] {
        let mut parser = ChunkParser::new(&contract, &layout, FIRST, &none);
        let fault = KeyFault { row_number, key: 0, first_row: None };
        parser.push_key_faults(&fault.to_bytes());
        parser.finish_key_faults().unwrap();
        let parsed = parser.push(b"a\n").and_then(|_| parser.finish());
        assert!(matches!(parsed, Err(ChunkError::Log(_))), "row {row_number}");
    }
}
