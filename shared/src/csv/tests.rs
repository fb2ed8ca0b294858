use proptest::prelude::*;

use super::*;

type Rows = Vec<Vec<Vec<u8>>>;

fn fields(grammar: Grammar, bytes: &[u8]) -> Rows {
    let mut records = Records::new(grammar, bytes);
    let mut record = Record::default();
    let mut rows = Vec::new();
    while records.read(&mut record) {
        rows.push(record.iter().map(<[u8]>::to_vec).collect());
    }
    rows
}

/// What the `csv` crate reads: the reference, which skips blank lines.
fn reference(grammar: Grammar, bytes: &[u8]) -> Rows {
    csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(grammar.delimiter)
        .quoting(grammar.quote.is_some())
        .quote(grammar.quote.unwrap_or(b'"'))
        .double_quote(grammar.double_quote)
        .from_reader(bytes)
        .byte_records()
        .map(|record| record.unwrap().iter().map(<[u8]>::to_vec).collect())
        .collect()
}

fn starts(grammar: Grammar, bytes: &[u8], piece_len: usize) -> Vec<u64> {
    let mut boundaries = Boundaries::new(grammar);
    let mut starts = Vec::new();
    for piece in bytes.chunks(piece_len) {
        boundaries.push(piece, |start| starts.push(start));
    }
    starts
}

/// Each record cut out at the boundaries is the record that reading at once finds.
fn check(grammar: Grammar, bytes: &[u8]) {
    let rows = fields(grammar, bytes);
    let starts_at_once = starts(grammar, bytes, bytes.len().max(1));
    for piece_len in [1, 2, 3, 7, 4096] {
        assert_eq!(starts(grammar, bytes, piece_len), starts_at_once, "pieces of {piece_len}");
    }
    let bounds: Vec<usize> = starts_at_once
        .iter()
        .map(|&start| usize::try_from(start).unwrap())
        .chain([bytes.len()])
        .collect();
    let cut: Rows = bounds
        .windows(2)
        .flat_map(|bounds| fields(grammar, &bytes[bounds[0]..bounds[1]]))
        .collect();
    assert_eq!(cut, rows, "cut at {starts_at_once:?}");

    let without_blank_lines: Rows = rows.into_iter().filter(|row| !row.is_empty()).collect();
    assert_eq!(without_blank_lines, reference(grammar, bytes));
}

#[test]
fn tables_of_cases() {
    for text in [
        "",
        "a",
        "a\n",
        "a,b\r\nc,d\r\n",
        "a,b\rc,d\r",
        "a,",
        ",",
        "\"\"",
        "\"a\"\"b\",c\n",
        "\"a\"x\"b\",c\n",
        "5\" pipe,\"x\ny\"\n3\" pipe,z\n",
        "a,\"b\nc,d\n",
        "a \"b\",\"c\"\n",
        "\n\na\n\n",
        "\r\n\r\na",
        "a\n\r\nb",
        "x,\"\r\n\"\r\n\"\",\"\"\"\"\n",
    ] {
        check(Grammar::default(), text.as_bytes());
    }
}

#[test]
fn blank_lines_are_rows() {
    assert_eq!(fields(Grammar::default(), b"a\r\n\r\n\nb").len(), 4);
}

#[test]
fn an_unclosed_quote_is_found_where_it_opened() {
    let mut boundaries = Boundaries::new(Grammar::default());
    boundaries.push(b"a,b\nc,\"d\ne,f\n", |_| ());
    assert_eq!(boundaries.finish(), Err(Unclosed { record_start: 4, quote_at: 6 }));
}

fn any_grammar() -> impl Strategy<Value = Grammar> {
    let quote = prop_oneof![3 => Just(Some(b'"')), 1 => Just(Some(b'\'')), 1 => Just(None)];
    (prop_oneof![Just(b','), Just(b';'), Just(b'\t')], quote, any::<bool>())
        .prop_map(|(delimiter, quote, double_quote)| Grammar { delimiter, quote, double_quote })
}

/// Bytes that mean something, much more often than in nature.
fn any_bytes() -> impl Strategy<Value = Vec<u8>> {
    let byte = prop_oneof![
        8 => prop::sample::select(b",;\t\"'\r\n\\".to_vec()),
        4 => prop::sample::select(b"abc ".to_vec()),
        1 => any::<u8>(),
    ];
    prop::collection::vec(byte, 0..200)
        // The `csv` crate skips a byte order mark; the steps do so before they read records.
        .prop_filter("starts with a byte order mark", |bytes| !bytes.starts_with(b"\xef\xbb\xbf"))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn records_are_those_of_the_csv_crate(grammar in any_grammar(), bytes in any_bytes()) {
        check(grammar, &bytes);
    }
}
