//! A file passes its own draft: the contract reads it, and rejects what the evidence says.

use proptest::prelude::*;

use super::random::{any_writing, write};
use super::*;
use crate::csv::Boundaries;
use crate::fault::FaultLog;
use crate::header::{HeaderReader, Read};
use crate::rows::{DecodeError, RowDecoder, Rows};
use crate::table::{Position, TableBuilder};
use crate::text::TextDecoder;

fn text(bytes: &[u8], contract: &Contract) -> Vec<u8> {
    let mut decoder = TextDecoder::new(contract.input.encoding);
    let mut text = Vec::new();
    let mut on_text = |more: &[u8]| -> Result<(), TextError> {
        text.extend_from_slice(more);
        Ok(())
    };
    decoder.push(bytes, &mut on_text).unwrap();
    decoder.finish(&mut on_text).unwrap();
    text
}

/// The rows that a check of the file against the draft rejects.
fn rejected(bytes: &[u8], draft: &Draft) -> Vec<u64> {
    let contract = Contract::parse(draft.descriptor.to_string().as_bytes(), None)
        .unwrap_or_else(|error| panic!("{error}: {} {}", error.problem, draft.descriptor));
    let input = &contract.input;
    let text = text(bytes, &contract);
    let mut records = Vec::new();
    let mut boundaries = Boundaries::new(&input.dialect.grammar);
    let mut on_record = |span: crate::csv::Span, raw: &[u8]| records.push((span, raw.to_vec()));
    boundaries.push(&text, &mut on_record).unwrap();
    let _ = boundaries.finish(&mut on_record);

    let mut header = HeaderReader::new(&input.schema, &input.dialect, contract.drift);
    let (mut layout, mut data) = (None, 0);
    let at = |row| crate::table::Position { row_number: row, line_number: row };
    for (row, (span, raw)) in (1..).zip(&records) {
        match header.push(at(row), span.is_comment, raw).unwrap() {
            Read::Preamble => data = row,
            Read::Header(found) => (layout, data) = (Some(found), row),
            Read::Data(found) => layout = Some(found),
        }
        if layout.is_some() {
            break;
        }
    }
    let Some(layout) = layout else { return Vec::new() };
    let rest: Vec<u8> = records
        .iter()
        .skip(usize::try_from(data).unwrap())
        .flat_map(|(_, raw)| raw.clone())
        .collect();
    let first = Position { row_number: data + 1, line_number: 1 };
    let mut decoder = RowDecoder::new(&input.dialect, &layout, first);
    let mut table = TableBuilder::new(&input.schema, &layout, contract.drift);
    let mut faults = FaultLog::default();
    let mut take = |rows: Rows<'_>| -> Result<(), DecodeError> {
        table.push(&rows, &mut faults);
        Ok(())
    };
    decoder.push(&rest, &mut take).unwrap();
    decoder.finish(&mut take).unwrap();
    let mut rows: Vec<u64> = faults.faults().map(|fault| fault.unwrap().row_number).collect();
    rows.dedup();
    rows
}

/// The rows that the evidence says are rejected, as far as it names them.
fn expected(draft: &Draft) -> Vec<u64> {
    let is_fault = |evidence: &&Evidence| {
        matches!(evidence.code, Finding::RaggedRows | Finding::BlankRows | Finding::StrayQuotes)
    };
    let found = draft.evidence.iter().filter(is_fault);
    let mut rows: Vec<u64> = found.flat_map(|evidence| evidence.rows.clone()).collect();
    rows.sort_unstable();
    rows.truncate(5);
    rows
}

#[track_caller]
fn check(bytes: &[u8]) {
    let Ok(draft) = infer_in_pieces(bytes, bytes.len().max(1), options(&[])) else { return };
    let mut found = rejected(bytes, &draft);
    found.truncate(5);
    let text = String::from_utf8_lossy(bytes);
    assert_eq!(found, expected(&draft), "{text:?} {}", draft.descriptor);
}

#[test]
fn awkward_files_pass() {
    for text in [
        "a,b\n1,2\n",
        "a,b\r\n1,2\r\n\r\n",
        "# a comment\n# another\nid,n\n1,2\n# in between\n3,4\n",
        "#id,n\n1,2\n3,4\n",
        "Report of 2013\n\nid,n\n1,2\n3,4\n",
        "Report\nid,name,n\n1,a,2\n3,b,4\n",
        ",a,b\n0,1,2\n1,3,4\n",
        "a,a,b\n0,1,2\n1,3,4\n",
        "a,A,b\n0,1,2\n1,3,4\n",
        "a b,a_b\n1,2\n",
        "a, b, c\n1, \"x, y\", 3\n4, z, 6\n",
        "a||b\n1||x\n2||y\n",
        "a,b\n1,x\\,y\n2,z\\,w\n3,v\n",
        "a,b\n1,\"x \\\"y\\\", z\"\n2,w\n",
        "n\n007\n008\n",
        "x\n1\n\n2\n",
        "x\nY\nN\nNA\n",
        "x\ntRuE\nFALSE\n",
        "x,y\n NA ,1\n5,2\n",
        "x,y\n-,1\n-,2\n",
        "p\n95%\n5 %\n",
        "p\n\"1,234.50 €\"\n\"12,00 €\"\n",
        "d\n1/2/2013\n25/12/2013\n",
        "d\nMay 5, 2013\nJune 6, 2013\n",
        "t\n9:30 AM\n10:45 pm\n",
        "z\n2013-01-01 10:00:00+01:00\n2013-01-01 10:00:00Z\n",
        "z\n2013-01-01 10:00:00 UTC\n",
        "j\n{\"a\": 1}\n\"{\"\"b\"\": 2}\"\n",
        "g\n\"{\"\"type\"\": \"\"Point\"\", \"\"coordinates\"\": [1, 2]}\"\n",
    ] {
        check(text.as_bytes());
    }
    check(b"name,n\n\xc5se,1\nx\x80,2\n");
    check(b"\xff\xfea\0,\0b\0\n\x001\0,\x002\0\n\0");
}

#[test]
fn an_encoding_that_shows_late_corrects_what_was_read_before() {
    let before = "näme,space\nx,1\u{a0}000\n".to_owned() + &"y,1\n".repeat(100_000);
    let bytes = [before.as_bytes(), b"\xff,2\n"].concat();
    let draft = infer_in_pieces(&bytes, 4096, options(&[])).unwrap();
    assert_eq!(targets(&draft), ["encoding"]);
    assert_eq!(draft.questions[0].rows, [100_003]);
    assert_eq!(
        (&fields(&draft)[0]["name"], &fields(&draft)[1]["type"]),
        (&"nÃ¤me".into(), &"string".into())
    );
    assert_eq!(rejected(&bytes, &draft), [0; 0]);
}

/// Cells of every kind, and such as are nearly of it.
fn any_cell() -> impl Strategy<Value = String> {
    let known = prop::sample::select(vec![
        "",
        " ",
        "NA",
        "-",
        "null",
        "NaN",
        "INF",
        "0",
        "1",
        "-7",
        "+5",
        "007",
        "1.5",
        "1,5",
        "1.234",
        "1,234",
        "1 234",
        "1,234.5",
        "1e5",
        "95%",
        "$5",
        "9223372036854775808",
        "true",
        "False",
        "yes",
        "no",
        "Y",
        "N",
        "2013-01-31",
        "2013-1-5",
        "31/01/2013",
        "01/02/2013",
        "1.2.13",
        "20130131",
        "5 May 2013",
        "May 5, 2013",
        "Sat, 5 Jan 2013",
        "12:30",
        "12:30:00",
        "9:30 pm",
        "24:00:00",
        "2013-01-31T12:00:00Z",
        "2013-01-31 12:00",
        "2013-01",
        "P1D",
        "PT",
        "{}",
        "[1]",
        "{\"a\":1}",
        "a@b.org",
        "http://a.org/",
        "10.5, 59.9",
        "a",
        "b c",
        "x,y",
        "x;y",
        "\"q\"",
        "it's",
        "'q'",
        "#c",
        "a\\,b",
        "\n",
        "Łódź",
        "٣",
        "½",
    ]);
    prop_oneof![9 => known.prop_map(str::to_owned), 1 => "\\PC{0,6}"]
}

/// Columns in which most cells are of a kind.
fn any_cells(rows: usize) -> impl Strategy<Value = Vec<String>> {
    (prop::collection::vec(any_cell(), 1..3), prop::collection::vec(0..8_usize, rows)).prop_map(
        |(kinds, picks)| {
            let pick = |pick: usize| kinds[if pick == 0 { kinds.len() - 1 } else { 0 }].clone();
            picks.into_iter().map(pick).collect()
        },
    )
}

fn any_rows() -> impl Strategy<Value = Vec<Vec<String>>> {
    (1..12_usize, 1..5_usize).prop_flat_map(|(rows, columns)| {
        prop::collection::vec(any_cells(rows), columns).prop_map(move |columns| {
            (0..rows).map(|at| columns.iter().map(|cells| cells[at].clone()).collect()).collect()
        })
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn tables_pass(rows in any_rows(), written in any_writing(), header in any::<bool>()) {
        let labels: Vec<String> = (0..rows[0].len()).map(|at| format!("c{at}")).collect();
        let rows: Vec<Vec<String>> = header.then_some(labels).into_iter().chain(rows).collect();
        check(write(&rows, &written).as_bytes());
    }

    #[test]
    fn texts_pass(text in "([a1#;,\"'\\\\\n|. ]|\r\n|1,2\n|a;b\n|x,\"y\"\n){0,40}") {
        check(text.as_bytes());
    }

    #[test]
    fn bytes_pass(bytes in prop::collection::vec(prop_oneof![
        3 => prop::sample::select(b"a1,;\"\n".to_vec()),
        1 => any::<u8>(),
    ], 0..60)) {
        check(&bytes);
    }
}
