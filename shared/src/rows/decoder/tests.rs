use proptest::prelude::*;

use super::*;
use crate::csv::Grammar;
use crate::header::{MARKERS, Place};
use crate::rows::RowReader;

const FIRST: Position = Position { row_number: 2, line_number: 3 };

/// A row: where it stands, its cells, whether one of them has a stray quote.
type Found = (Position, Vec<String>, Option<usize>);

fn layout(lead: usize) -> Layout {
    Layout { lead, columns: vec![Place::Ignored; 300], header_rows: Vec::new() }
}

fn decoded(dialect: &Dialect, lead: usize, text: &[u8], piece_len: usize) -> Vec<Found> {
    let mut found = Vec::new();
    let mut decoder = RowDecoder::new(dialect, &layout(lead), FIRST);
    let mut take = |rows: Rows<'_>| -> Result<(), DecodeError> {
        for (row, (position, record)) in rows.positions().iter().zip(rows.records()).enumerate() {
            let cells = (0..record.field_count as usize).map(|at| rows.cell(row, at).unwrap());
            let stray = record.stray_quote.map(|at| at as usize);
            found.push((*position, cells.map(|cell| cell.text().to_owned()).collect(), stray));
        }
        Ok(())
    };
    text.chunks(piece_len).try_for_each(|piece| decoder.push(piece, &mut take)).unwrap();
    decoder.finish(&mut take).unwrap();
    found
}

fn read(dialect: &Dialect, lead: usize, text: &[u8]) -> Vec<Found> {
    let layout = layout(lead);
    let mut rows = RowReader::new(dialect, &layout, text, FIRST);
    let mut found = Vec::new();
    while let Some(row) = rows.read() {
        let cells = row.record.iter().map(|cell| String::from_utf8(cell.to_vec()).unwrap());
        found.push((row.position, cells.collect(), row.record.stray_quote()));
    }
    found
}

#[track_caller]
fn check(dialect: &Dialect, lead: usize, text: &str) {
    let expected = read(dialect, lead, text.as_bytes());
    for piece_len in [1, 2, 3, 7, 4096] {
        assert_eq!(decoded(dialect, lead, text.as_bytes(), piece_len), expected, "{piece_len}");
        check_reach(dialect, lead, text.as_bytes(), piece_len);
    }
}

/// Expects every row below what was said to be reached.
#[track_caller]
fn check_reach(dialect: &Dialect, lead: usize, text: &[u8], piece_len: usize) {
    let mut decoder = RowDecoder::new(dialect, &layout(lead), FIRST);
    let below = |reach: u64| {
        move |rows: Rows<'_>| -> Result<(), DecodeError> {
            assert!(rows.positions().iter().all(|position| position.row_number < reach));
            Ok(())
        }
    };
    for piece in text.chunks(piece_len) {
        let reach = decoder.reach(piece.len());
        assert!(reach <= FIRST.row_number + text.len() as u64);
        decoder.push(piece, below(reach)).unwrap();
    }
    let reach = decoder.reach(0);
    decoder.finish(below(reach)).unwrap();
}

proptest! {
    #[test]
    fn rows_are_those_that_are_read_one_by_one(
        text in "[,\"'#=\\-\\\\\r\né a]{0,60}",
        escape in prop::option::of(Just('\\')),
        comment in prop::option::of(Just("#".to_owned())),
        comment_rows in prop::collection::btree_set(2..9_u64, 0..3),
        is_corrected in any::<bool>(),
    ) {
        let mut dialect = Dialect::default();
        dialect.grammar = Grammar { escape, comment, ..dialect.grammar };
        dialect.comment_rows = comment_rows;
        check(&dialect, if is_corrected { MARKERS.len() } else { 0 }, &text);
    }
}

#[test]
fn rows_of_a_long_text_are_many_blocks() {
    let long = "x".repeat(100_000);
    let text = format!("a,\"b\n{long}\"\r\nc,{long}\r").repeat(20);
    let text = format!("{}{text}", "1,2\n".repeat(10_000));
    let expected = read(&Dialect::default(), 0, text.as_bytes());
    for piece_len in [977, 64 << 10, text.len()] {
        assert_eq!(decoded(&Dialect::default(), 0, text.as_bytes(), piece_len), expected);
    }
}

#[test]
fn what_was_not_validated_is_an_error() {
    let dialect = Dialect::default();
    let mut decoder = RowDecoder::new(&dialect, &layout(0), FIRST);
    let none = |_: Rows<'_>| Ok(());
    assert!(matches!(decoder.push(b"a\n\xff\n", none), Err(DecodeError::NotText(_))));
    let mut decoder = RowDecoder::new(&dialect, &layout(0), FIRST);
    let limit = usize::try_from(RECORD_LIMIT).unwrap();
    assert_eq!(decoder.push(&vec![b'x'; limit], none), Ok(()));
    assert_eq!(decoder.push(b"xx", none), Err(DecodeError::RecordTooLong));
}
