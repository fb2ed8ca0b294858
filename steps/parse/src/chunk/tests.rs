use arrow_array::Array;
use arrow_array::cast::AsArray;
use arrow_array::types::Int64Type;
use proptest::prelude::*;
use shared::fault::{Code, Fault, Kind, Wording};
use shared::keys::{KeyHasher, KeySet};

use super::*;

const FIRST: Position = Position { row_number: 10, line_number: 10 };

fn contract() -> Contract {
    let text = br#"{"resources": [{"name": "r", "path": "r.csv", "schema": {
        "fields": [
            {"name": "id", "type": "integer", "constraints": {"required": true}},
            {"name": "note"}
        ],
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
    let mut parser = ChunkParser::new(&contract, &layout, FIRST, key_faults, foreign_keys);
    let pushed = text.chunks(piece_len).map(|piece| parser.push(piece).unwrap());
    let mut rows: Vec<ParsedRows> = pushed.collect::<Vec<_>>().into_iter().flatten().collect();
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
    let mut log = FaultLog::default();
    for row_number in [11, 13] {
        let kind = Kind::Repeated { key: 0, primary: false, first_row: 2 };
        log.push(&Fault { row_number, line_number: row_number, kind, found: "".into() });
    }
    let contract = contract();
    let known: ArrayRef = Arc::new(Int64Array::from(vec![1, 2]));
    let hasher = KeyHasher::new(&contract.input.schema, &[0]).unwrap();
    let keys = hasher.hashes(&[known]).unwrap();
    let known = KeySet::new(keys.into_iter().flatten().collect());
    let foreign_keys = ForeignKeys::new(&contract, [(0, known)].into()).unwrap();
    let chunk = parse(b"1,a\n3\n2,b\n1,c\n,d\n9,e\n", &log.into_bytes(), &foreign_keys);
    let expected = [
        (11, Code::MissingCell),
        (11, Code::UniqueError),
        (11, Code::ForeignKey),
        (13, Code::UniqueError),
        (14, Code::ConstraintError),
        (15, Code::ForeignKey),
    ];
    assert_eq!(codes(&chunk), expected);
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
