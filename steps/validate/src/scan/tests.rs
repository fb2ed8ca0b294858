use proptest::prelude::*;
use shared::csv::RECORD_LIMIT;
use shared::fault::Code;
use shared::rows::RowReader;

use super::*;

/// A contract with the fields `a` and `b`, changed by `input`.
fn contract(input: &str) -> Contract {
    let text = format!(
        r#"{{"resources": [{{"name": "r", "path": "r.csv", {input}
            "schema": {{"fields": [{{"name": "a"}}, {{"name": "b"}}]}}}}]}}"#
    );
    Contract::parse(text.as_bytes(), None).unwrap()
}

fn scan(contract: &Contract, bytes: &[u8], piece_len: usize) -> Result<Scanned, ScanError> {
    scan_by(8, contract, bytes, piece_len)
}

fn scan_by(
    chunk_bytes: u64,
    contract: &Contract,
    bytes: &[u8],
    piece_len: usize,
) -> Result<Scanned, ScanError> {
    let mut scan = Scan::new(contract, chunk_bytes);
    let mut products = Vec::new();
    for piece in bytes.chunks(piece_len) {
        products.extend(scan.push(piece)?);
    }
    let mut scanned = scan.finish()?;
    products.append(&mut scanned.products);
    scanned.products = products;
    Ok(scanned)
}

const PIECES: [usize; 5] = [1, 2, 3, 7, 4096];

/// Record count, and start, end, first row, first line and record count of each chunk.
type Cut = (u64, Vec<[u64; 5]>);

#[track_caller]
fn check(input: &str, bytes: &[u8], expected: &Cut) {
    let contract = contract(input);
    for piece_len in PIECES {
        let found = scan(&contract, bytes, piece_len).unwrap();
        assert_eq!(found.byte_len, bytes.len() as u64);
        let chunks = found.chunks.iter();
        let cut = chunks.map(|c| [c.start, c.end, c.first_row, c.first_line, c.record_count]);
        assert_eq!(&(found.record_count, cut.collect()), expected, "pieces of {piece_len}");
    }
}

#[test]
fn chunks_are_whole_records() {
    let plain = |bytes: &[u8], count, cut| check("", bytes, &(count, cut));
    plain(b"a,b\n1,2\n3,4\n5,6\n", 3, vec![[4, 8, 2, 2, 1], [8, 16, 3, 3, 2]]);
    plain(b"a,b\r\n\"1\r\n\",2\r\n3,4", 2, vec![[5, 14, 2, 2, 1], [14, 17, 3, 4, 1]]);
    // No record starts in the second eight bytes.
    plain(b"a,b\n1,\"\n\n\n\n\n\n\n\n\"\n3,4\n", 2, vec![[4, 17, 2, 2, 1], [17, 21, 3, 11, 1]]);
    plain(b"a,b", 0, vec![[3, 3, 2, 2, 0]]);
    plain(b"a,b\n", 0, vec![[4, 4, 2, 2, 0]]);
    plain(b"a,b\n\n\n1,2", 3, vec![[4, 9, 2, 2, 3]]);
    plain(b"a,b\r\r\r1,2\r\n", 3, vec![[4, 11, 2, 2, 3]]);
    plain(b"\xef\xbb\xbfa,b\n1,2", 1, vec![[7, 10, 2, 2, 1]]);
}

#[test]
fn comments_and_headers_are_no_records_of_data() {
    let dialect = r##""dialect": {"commentChar": "#", "headerRows": [2], "commentRows": [5]},"##;
    let text = b"title\na,b\n#x\n1,2\nno\n3,4\n";
    check(dialect, text, &(2, vec![[10, 17, 3, 3, 1], [17, 24, 5, 5, 1]]));
    let no_mark = r#""dialect": {"headerRows": [2], "commentRows": [5]},"#;
    check(no_mark, text, &(3, vec![[10, 17, 3, 3, 2], [17, 24, 5, 5, 1]]));
    let contract = contract(dialect);
    assert_eq!(scan(&contract, text, 3).unwrap().preamble, "title\na,b\n");
    check(r#""dialect": {"header": false},"#, b"1,2\n", &(1, vec![[0, 4, 1, 1, 1]]));
}

#[test]
fn text_of_another_encoding_is_kept_by_chunk() {
    let contract = contract(r#""encoding": "utf-16","#);
    let text = "a,b\n1,é\n3,4\n5,6\n";
    let mut bytes = vec![0xff, 0xfe];
    bytes.extend(text.encode_utf16().flat_map(u16::to_le_bytes));
    for piece_len in PIECES {
        let found = scan(&contract, &bytes, piece_len).unwrap();
        assert!(!found.is_verbatim);
        let mut texts = [String::new(), String::new(), String::new()];
        for product in &found.products {
            let Product::Text(chunk, text) = product else { panic!("no keys") };
            texts[*chunk].push_str(std::str::from_utf8(text).unwrap());
        }
        assert_eq!(texts, ["1,é\n", "3,4\n5,6\n", ""]);
        assert_eq!(found.chunks[1].end - found.chunks[1].start, 8);
    }
}

/// Expects the file to be refused with that code, in that row, at that offset.
#[track_caller]
fn check_refused(bytes: &[u8], code: Code, row: Option<u64>, offset: Option<u64>) {
    let contract = contract(r#""encoding": "utf-8","#);
    for piece_len in PIECES {
        let Err(ScanError::Refused(refusal)) = scan(&contract, bytes, piece_len) else {
            panic!("not refused");
        };
        let fault = &refusal.faults()[0];
        let found = (fault.code, fault.row_number, fault.offset);
        assert_eq!(found, (code, row, offset), "pieces of {piece_len}: {refusal}");
    }
}

#[test]
fn every_refusal_says_where() {
    check_refused(b"", Code::EmptyFile, None, None);
    check_refused(b"\xef\xbb\xbf", Code::EmptyFile, None, None);
    check_refused(b"\xff\xfea\0", Code::EncodingError, Some(1), Some(0));
    check_refused(b"a,b\n1,\xff\n", Code::EncodingError, Some(2), Some(6));
    check_refused(b"a,b\n1,\xe2\x82", Code::EncodingError, Some(2), Some(6));
    check_refused(b"a,b\n1,\xe2\x82x", Code::EncodingError, Some(2), Some(6));
    check_refused(b"a,b\n1,2\n\xff,3\n", Code::EncodingError, Some(3), Some(8));
    check_refused(b"a,b\n1,2\n3,\"4\n", Code::UnclosedQuote, Some(3), Some(10));
    check_refused(b"a\n1\n", Code::MissingLabel, Some(1), None);
    check_refused(b"a", Code::MissingLabel, Some(1), None);
    let long = [b"a,b\n".as_slice(), &vec![b'x'; 5 << 20]].concat();
    let contract = contract(r#""dialect": {"headerRows": [3]},"#);
    for (text, code) in [(long.as_slice(), Code::PreambleTooLong), (b"x\n", Code::MissingHeader)] {
        let Err(ScanError::Refused(refusal)) = scan(&contract, text, 4096) else { panic!() };
        assert_eq!(refusal.faults()[0].code, code);
    }
}

#[test]
fn a_record_beyond_the_limit_is_refused_wherever_it_ends() {
    let contract = contract("");
    let long = vec![b'x'; usize::try_from(RECORD_LIMIT).unwrap() + 1];
    for tail in [&b""[..], b"\n1,2\n"] {
        let bytes = [b"a,b\n", long.as_slice(), tail].concat();
        for piece_len in [1 << 20, bytes.len()] {
            let error = scan_by(1 << 20, &contract, &bytes, piece_len).unwrap_err().to_string();
            assert!(error.starts_with("row 2 (line 2) is longer than"), "{error}");
        }
    }
}

#[test]
fn size_and_hash_are_those_that_are_declared() {
    let text = b"\xef\xbb\xbfa,b\n";
    // As `sha256sum` prints it.
    let hash = "a229c873df024e747f06d68bc5245c43da26c74cb92b1faa416405a9ebce593f";
    let right = contract(&format!(r#""bytes": 7, "hash": "sha256:{hash}","#));
    let scanned = scan(&right, text, 2).unwrap();
    assert_eq!(scanned.check_contract(&right, Some(hash)), Ok(()));
    for (wrong, code) in [
        (r#""bytes": 8,"#.to_owned(), Code::ByteCount),
        (format!(r#""hash": "sha256:{}","#, hash.replace('a', "b")), Code::HashCount),
    ] {
        let refusal = scanned.check_contract(&contract(&wrong), Some(hash)).unwrap_err();
        assert_eq!(refusal.fault().code, code);
    }
}

#[test]
fn a_corrected_file_is_recognised() {
    // Its size is not that of the file that the contract describes.
    let contract = contract(r#""bytes": 7,"#);
    let text = b"\xef\xbb\xbfsluice_row,sluice_column,sluice_code,sluice_reason,a,b\n7,a,x,y,1,2\n";
    let found = scan(&contract, text, 7).unwrap();
    assert_eq!(found.check_contract(&contract, None), Ok(()));
    assert_eq!((found.layout.lead, found.layout.width(), found.record_count), (4, 2, 1));
}

const TRAILER: &str =
    r#""sluice": {"completeness": {"trailer": {"marker": "TRL", "rowCountColumn": 2}}},"#;

#[test]
fn a_trailer_is_in_no_chunk() {
    let check = |bytes: &[u8], count, cut| check(TRAILER, bytes, &(count, cut));
    check(b"a,b\n1,2\n3,4\nTRL,2\n", 2, vec![[4, 8, 2, 2, 1], [8, 12, 3, 3, 1]]);
    check(b"a,b\n1,2\n3,4\n5,6\nTRL,3", 3, vec![[4, 8, 2, 2, 1], [8, 16, 3, 3, 2]]);
    check(b"a,b\r\nTRL,0\r\n", 0, vec![[5, 5, 2, 2, 0]]);
    // Only the last one is the trailer, and a blank line is a row.
    check(b"a,b\nTRL,1\n\n\"TRL\",02", 2, vec![[4, 10, 2, 2, 1], [10, 11, 3, 3, 1]]);
}

#[test]
fn a_trailer_declares_and_its_text_is_not_kept() {
    let contract = contract(&format!(r#"{TRAILER}"encoding": "utf-16","#));
    let text = "a,b\n1,é\n3,4\nTRL,7\n";
    let bytes: Vec<u8> =
        "\u{feff}".encode_utf16().chain(text.encode_utf16()).flat_map(u16::to_le_bytes).collect();
    for piece_len in PIECES {
        let found = scan(&contract, &bytes, piece_len).unwrap();
        let texts = found.products.iter().map(|product| match product {
            Product::Text(_, text) => std::str::from_utf8(text).unwrap(),
            Product::Keys(_) => panic!("no keys"),
        });
        assert_eq!(texts.collect::<String>(), "1,é\n3,4\n");
        assert_eq!(found.trailer.unwrap().row_count, Some(7));
    }
}

#[test]
fn a_file_that_is_cut_off_lacks_its_trailer() {
    let contract = contract(TRAILER);
    for (text, code, row_number) in [
        ("a,b\n1,2\n", Code::MissingTrailer, 2),
        ("a,b\n1,2\nTRL,1\n\n", Code::MissingTrailer, 4),
        ("a,b\n1,2\nT", Code::MissingTrailer, 3),
        ("a,b\n1,2\n\"TRL", Code::UnclosedQuote, 3),
        ("a,b\n1,2\nTRL", Code::TrailerError, 3),
        ("a,b\n", Code::MissingTrailer, 2),
        ("a,b", Code::MissingTrailer, 2),
    ] {
        for piece_len in PIECES {
            let error = scan(&contract, text.as_bytes(), piece_len).unwrap_err();
            let ScanError::Refused(refusal) = error else { panic!("{error}") };
            let fault = &refusal.faults()[0];
            assert_eq!((fault.code, fault.row_number), (code, Some(row_number)), "{text:?}");
        }
    }
    let corrected = b"sluice_row,sluice_column,sluice_code,sluice_reason,a,b\n7,a,x,y,1,2\n";
    let found = scan(&contract, corrected, 7).unwrap();
    assert_eq!((found.record_count, found.trailer), (1, None));
}

proptest! {
    #[test]
    fn chunks_end_to_end_are_the_data(
        rows in prop::collection::vec("[x\n\",]{0,6}", 0..30),
        chunk_bytes in 1..40_u64,
    ) {
        let contract = contract("");
        let quoted = rows.iter().map(|row| format!("\"{}\",1\n", row.replace('"', "\"\"")));
        let text = format!("a,b\n{}", quoted.collect::<String>());
        let mut scan = Scan::new(&contract, chunk_bytes);
        for piece in text.as_bytes().chunks(5) {
            scan.push(piece).unwrap();
        }
        let found = scan.finish().unwrap();
        prop_assert_eq!(found.record_count, rows.len() as u64);
        let (mut end, mut next) = (4, Position { row_number: 2, line_number: 2 });
        for chunk in &found.chunks {
            let first = Position { row_number: chunk.first_row, line_number: chunk.first_line };
            prop_assert_eq!((chunk.start, first), (end, next));
            let start = usize::try_from(chunk.start).unwrap();
            let stop = usize::try_from(chunk.end).unwrap();
            let raw = &text.as_bytes()[start..stop];
            let dialect = &contract.input.dialect;
            let mut reader = RowReader::new(dialect, &found.layout, raw, first);
            let mut count = 0;
            while let Some(row) = reader.read() {
                next = row.position;
                next.row_number += 1;
                next.line_number += row.record.line_count();
                count += 1;
            }
            prop_assert_eq!(count, chunk.record_count);
            end = chunk.end;
        }
        prop_assert_eq!(end, text.len() as u64);
    }
}
