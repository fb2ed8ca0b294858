//! Random tables in random dialects.

use proptest::prelude::*;

use super::*;

/// A column of a random table: its type and its cells.
fn any_column(rows: usize) -> impl Strategy<Value = (&'static str, Vec<String>)> {
    fn cells(
        name: &'static str,
        rows: usize,
        cell: impl Strategy<Value = String> + 'static,
    ) -> BoxedStrategy<(&'static str, Vec<String>)> {
        prop::collection::vec(cell, rows).prop_map(move |cells| (name, cells)).boxed()
    }
    prop_oneof![
        cells("integer", rows, any::<i32>().prop_map(|n| n.to_string())),
        cells("number", rows, any::<i16>().prop_map(|n| format!("{n}.25"))),
        cells("boolean", rows, any::<bool>().prop_map(|b| b.to_string())),
        cells("date", rows, (1..29_u8).prop_map(|day| format!("2013-02-{day:02}"))),
        cells("time", rows, (0..60_u8).prop_map(|minute| format!("10:{minute:02}:00"))),
        cells("datetime", rows, (0..60_u8).prop_map(|m| format!("2013-02-01T10:{m:02}:00Z"))),
        cells("string", rows, "[a-z]{2} [a-z;,|\\t\"]{0,6}[a-z]{3}"),
    ]
}

#[derive(Debug, Clone)]
pub(super) struct Written {
    delimiter: char,
    end: &'static str,
    always_quoted: bool,
}

pub(super) fn any_writing() -> impl Strategy<Value = Written> {
    let delimiter = prop::sample::select(vec![',', ';', '\t', '|']);
    let end = prop::sample::select(vec!["\n", "\r\n"]);
    (delimiter, end, any::<bool>()).prop_map(|(delimiter, end, always_quoted)| Written {
        delimiter,
        end,
        always_quoted,
    })
}

pub(super) fn write(rows: &[Vec<String>], written: &Written) -> String {
    let cell = |cell: &String| {
        let must = cell.contains([written.delimiter, '"', '\n', '\r']);
        if must || written.always_quoted {
            format!("\"{}\"", cell.replace('"', "\"\""))
        } else {
            cell.clone()
        }
    };
    let record = |row: &Vec<String>| {
        let cells: Vec<String> = row.iter().map(cell).collect();
        cells.join(&written.delimiter.to_string()) + written.end
    };
    rows.iter().map(record).collect()
}

fn any_table() -> impl Strategy<Value = Vec<(&'static str, Vec<String>)>> {
    (3..9_usize).prop_flat_map(|rows| prop::collection::vec(any_column(rows), 2..6))
}

proptest! {
    #[test]
    fn the_types_and_the_dialect_of_a_table_are_found(
        columns in any_table(),
        written in any_writing(),
    ) {
        let labels: Vec<String> = (0..columns.len()).map(|at| format!("label{at}")).collect();
        let row = |at: usize| columns.iter().map(|(_, cells)| cells[at].clone()).collect();
        let height = columns[0].1.len();
        let rows: Vec<Vec<String>> = [labels].into_iter().chain((0..height).map(row)).collect();
        let text = write(&rows, &written);
        let draft = infer_in_pieces(text.as_bytes(), text.len(), options(&[])).unwrap();

        // Nothing tells the header of a table of text.
        let only_text = columns.iter().all(|(name, _)| *name == "string");
        prop_assert_eq!(targets(&draft), if only_text { vec!["header"] } else { vec![] });
        let found = dialect(&draft)["delimiter"].as_str().unwrap();
        prop_assert_eq!(found, written.delimiter.to_string());
        let types: Vec<&str> =
            fields(&draft).iter().map(|field| field["type"].as_str().unwrap()).collect();
        let expected: Vec<&str> = columns.iter().map(|(name, _)| *name).collect();
        prop_assert_eq!(types, expected);
        let descriptor = draft.descriptor.to_string();
        prop_assert!(Contract::parse(descriptor.as_bytes(), None).is_ok(), "{descriptor}");
    }

    #[test]
    fn no_bytes_upset_it(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = infer_in_pieces(&bytes, 7, options(&[]));
    }

    #[test]
    fn no_text_upsets_it(text in "[a1;,\"'\n\r|.:/ -]{0,60}", piece in 1..9_usize) {
        let one = infer_in_pieces(text.as_bytes(), text.len().max(1), options(&[]));
        prop_assert_eq!(infer_in_pieces(text.as_bytes(), piece, options(&[])), one);
    }
}
