//! What becomes of the records of a chunk.

use parse::{ChunkParser, ForeignKeys};
use shared::contract::Contract;
use shared::fault::FaultLog;
use shared::header::Layout;
use shared::message::Counts;
use shared::table::Position;

/// The books of a chunk that arrives in pieces of that length, and its faults.
pub fn parsed(
    contract: &Contract,
    layout: &Layout,
    first: Position,
    text: &[u8],
    key_faults: &[u8],
    piece_len: usize,
) -> (Counts, FaultLog) {
    let foreign_keys = ForeignKeys::default();
    let mut parser = ChunkParser::new(contract, layout, first, &foreign_keys);
    parser.push_key_faults(key_faults);
    let mut found: Vec<_> =
        text.chunks(piece_len).flat_map(|piece| parser.push(piece).unwrap()).collect();
    found.extend(parser.finish().unwrap());
    let (counts, mut faults) = (parser.counts(), FaultLog::default());
    for rows in &found {
        rows.faults.faults().for_each(|fault| faults.push(&fault.unwrap()));
    }
    let accepted: usize = found.iter().map(|rows| rows.batch.num_rows()).sum();
    assert_eq!(counts.accepted_count, accepted as u64);
    assert_eq!(counts.rejected_count, faults.row_count());
    assert_eq!(counts.read_count, counts.accepted_count + counts.rejected_count);
    (counts, faults)
}
