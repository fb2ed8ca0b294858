mod dialects;
mod passes;
mod random;

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::*;
use crate::contract::Contract;

fn options(choices: &[&str]) -> Options {
    let choices = choices.iter().map(|choice| Choice::parse(choice).unwrap()).collect();
    Options { choices, ..Options::new("t", "t.csv") }
}

fn infer_in_pieces(bytes: &[u8], len: usize, options: Options) -> Result<Draft, InferError> {
    let mut inference = Inference::new(options);
    for piece in bytes.chunks(len) {
        inference.push(piece)?;
    }
    inference.finish()
}

#[track_caller]
fn infer(bytes: &[u8], choices: &[&str]) -> Draft {
    let draft = infer_in_pieces(bytes, bytes.len().max(1), options(choices)).unwrap();
    for len in [1, 2, 3, 7] {
        let again = infer_in_pieces(bytes, len, options(choices)).unwrap();
        assert_eq!(again, draft, "pieces of {len}");
    }
    draft
}

fn fields(draft: &Draft) -> &Vec<Value> {
    draft.descriptor["resources"][0]["schema"]["fields"].as_array().unwrap()
}

fn dialect(draft: &Draft) -> &Value {
    &draft.descriptor["resources"][0]["dialect"]
}

fn targets(draft: &Draft) -> Vec<&str> {
    draft.questions.iter().map(|question| question.target.as_str()).collect()
}

fn answers(question: &Question) -> Vec<&str> {
    question.candidates.iter().map(|answer| answer.value.as_str()).collect()
}

/// A file of one column `x` of these cells.
fn column(cells: &[&str]) -> Vec<u8> {
    let quoted = cells.iter().map(|cell| format!("\"{}\",0\n", cell.replace('"', "\"\"")));
    format!("x,n\n{}", quoted.collect::<String>()).into_bytes()
}

/// The descriptor of a column of these cells, without its name and constraints.
#[track_caller]
fn check_type(cells: &[&str], expected: &Value) {
    let draft = infer(&column(cells), &[]);
    let mut field = fields(&draft)[0].clone();
    let object = field.as_object_mut().unwrap();
    object.remove("name");
    object.remove("constraints");
    assert_eq!(field, *expected, "{cells:?}");
    assert_eq!(targets(&draft), [""; 0], "{cells:?}");
}

#[test]
fn every_type_is_recognised() {
    for (cells, expected) in [
        (&["1", "-2"][..], json!({ "type": "integer" })),
        (&["1", "2.5"], json!({ "type": "number" })),
        (&["1e3", "NaN", "2"], json!({ "type": "number" })),
        (&["true", "FALSE"], json!({ "type": "boolean" })),
        (&["2013-01-31"], json!({ "type": "date" })),
        (&["12:00:00"], json!({ "type": "time" })),
        (&["2013-01-31T12:00:00Z"], json!({ "type": "datetime" })),
        (&["2013-01", "2014-12"], json!({ "type": "yearmonth" })),
        (&["P1D", "PT2H"], json!({ "type": "duration" })),
        (&["{\"a\": 1}"], json!({ "type": "object" })),
        (&["[1]", "[]"], json!({ "type": "array" })),
        (&["{\"type\": \"Point\", \"coordinates\": [1, 2]}"], json!({ "type": "geojson" })),
        (&["10.5, 59.9", "-1.0,2.0"], json!({ "type": "geopoint" })),
        (&["a@example.org"], json!({ "type": "string", "format": "email" })),
        (&["https://example.org"], json!({ "type": "string", "format": "uri" })),
        (&["123e4567-e89b-12d3-a456-426614174000"], json!({ "type": "string", "format": "uuid" })),
        (&["a", "1"], json!({ "type": "string" })),
        (&["", ""], json!({ "type": "string" })),
    ] {
        check_type(cells, &expected);
    }
}

#[test]
fn formats_are_those_that_every_cell_fits() {
    for (cells, expected) in [
        (&["01/02/2013", "13/02/2013"][..], json!({ "type": "date", "format": "%d/%m/%Y" })),
        (&["01/02/2013", "02/13/2013"], json!({ "type": "date", "format": "%m/%d/%Y" })),
        (&["20130131", "20131231"], json!({ "type": "date", "format": "%Y%m%d" })),
        (&["5 May 2013", "6 Jun 2013"], json!({ "type": "date", "format": "%d %b %Y" })),
        (&["5 May 2013"], json!({ "type": "date", "format": "%d %b %Y" })),
        (&["2013-01-31 12:00"], json!({ "type": "datetime", "format": "%Y-%m-%d %H:%M" })),
        (&["9:30", "12:00"], json!({ "type": "time", "format": "%H:%M" })),
        (
            &["yes", "no"],
            json!({ "type": "boolean", "trueValues": ["yes"], "falseValues": ["no"] }),
        ),
        (&["1,234", "12,5"], json!({ "type": "number", "decimalChar": "," })),
        (&["1,234", "1,234,567"], json!({ "type": "integer", "groupChar": "," })),
        (&["1,234", "5.5"], json!({ "type": "number", "groupChar": "," })),
        (&["1.234,5", "7"], json!({ "type": "number", "decimalChar": ",", "groupChar": "." })),
        (&["1 234", "5"], json!({ "type": "integer", "groupChar": " " })),
        (&["95%", "5%"], json!({ "type": "integer", "bareNumber": false })),
    ] {
        check_type(cells, &expected);
    }
}

#[test]
fn what_would_lose_something_is_text() {
    for cells in [
        &["007", "1"][..],
        &["+4712345678"],
        &["9223372036854775808"],
        &["Y", "Y"],
        &["0001-01-01", "x"],
        &["20131301"; 0],
        &["31/02/2013"],
        &["A1", "A2"],
    ] {
        check_type(cells, &json!({ "type": "string" }));
    }
    check_type(&["20131301"], &json!({ "type": "integer" }));
}

#[test]
fn missing_values_are_those_without_which_the_type_is_narrower() {
    let with = |name: &str, values: &[&str]| json!({ "type": name, "missingValues": values });
    check_type(&["1", "NA", "-"], &with("integer", &["", "-", "NA"]));
    check_type(&["1", "NaN"], &with("integer", &["", "NaN"]));
    check_type(&["1.5", "NaN"], &json!({ "type": "number" }));
    check_type(&["2013-01-01", "n/a"], &with("date", &["", "n/a"]));
    check_type(&["a", "NA"], &json!({ "type": "string" }));
    check_type(&["NA", "NA"], &json!({ "type": "string" }));
    check_type(&["1", " "], &with("integer", &["", " "]));
}

#[test]
fn a_value_is_required_where_none_is_missing() {
    let draft = infer(b"a,b,c\n1,,1\n2,2,NA\n", &[]);
    let required: Vec<bool> =
        fields(&draft).iter().map(|field| field["constraints"]["required"] == true).collect();
    assert_eq!(required, [true, false, false]);
}

/// The candidates of the only question; the column is text, until one is chosen.
#[track_caller]
fn check_question(cells: &[&str], expected: &[&str]) {
    let bytes = column(cells);
    let draft = infer(&bytes, &[]);
    assert_eq!(targets(&draft), ["fields/x"], "{cells:?}");
    assert_eq!(answers(&draft.questions[0]), expected, "{cells:?}");
    assert_eq!(fields(&draft)[0]["type"], "string");
    for answer in expected {
        for target in ["fields/x", "fields/*"] {
            let chosen = infer(&bytes, &[&format!("{target}={answer}")]);
            assert_eq!(targets(&chosen), [""; 0], "{answer}");
            assert_ne!(fields(&chosen)[0]["type"], "string", "{answer}");
        }
    }
    assert_eq!(targets(&infer(&bytes, &["fields/x=string"])), [""; 0]);
}

#[test]
fn what_can_be_read_in_two_ways_is_a_question() {
    check_question(&["01/02/2013"], &["date:%d/%m/%Y", "date:%m/%d/%Y"]);
    check_question(&["01/01/2013"], &["date:%d/%m/%Y", "date:%m/%d/%Y"]);
    check_question(&["01-02-03"], &["date:%d-%m-%y", "date:%m-%d-%y", "date:%y-%m-%d"]);
    check_question(&["01/02/2013 9:30"], &["datetime:%d/%m/%Y %H:%M", "datetime:%m/%d/%Y %H:%M"]);
    check_question(&["1,234", "2"], &["integer groupChar=,", "number decimalChar=,"]);
}

#[test]
fn a_point_is_a_question_where_commas_are_decimal() {
    let draft = infer(b"a;b\n1,5;1.234\n2,5;2.345\n", &[]);
    assert_eq!(targets(&draft), ["fields/b"]);
    assert_eq!(answers(&draft.questions[0]), ["number", "integer groupChar=."]);
    assert_eq!(targets(&infer(b"a,b\n1.5,1.234\n2.5,2.345\n", &[])), [""; 0]);
}

#[test]
fn names_are_labels_where_these_can_be_names() {
    let names = |text: &str| -> Vec<String> {
        let draft = infer(text.as_bytes(), &[]);
        fields(&draft).iter().map(|field| field["name"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(names("a,b\n1,2\n"), ["a", "b"]);
    assert_eq!(names("1,2\n3,4\n"), ["field1", "field2"]);
    assert_eq!(names(",a,A\n1,2,3\n"), ["field1", "a", "field3"]);
}

#[test]
fn encodings_are_told_or_asked_for() {
    let encoding = |draft: &Draft| draft.descriptor["resources"][0]["encoding"].clone();
    let utf16 = |text: &str, swap: bool| -> Vec<u8> {
        let units = text.encode_utf16();
        units.flat_map(|unit| if swap { unit.to_be_bytes() } else { unit.to_le_bytes() }).collect()
    };
    let text = "näme,n\nÅse,1\nŁódź,2\n";
    for (bytes, expected) in [
        (text.as_bytes().to_vec(), "utf-8"),
        ([b"\xef\xbb\xbf", text.as_bytes()].concat(), "utf-8"),
        ([b"\xff\xfe".to_vec(), utf16(text, false)].concat(), "utf-16"),
        ([b"\xfe\xff".to_vec(), utf16(text, true)].concat(), "utf-16"),
        (utf16(text, false), "utf-16le"),
        (utf16(text, true), "utf-16be"),
    ] {
        let draft = infer(&bytes, &[]);
        assert_eq!(encoding(&draft), expected);
        assert_eq!((targets(&draft), fields(&draft)[0]["name"].as_str()), (vec![], Some("näme")));
    }

    let latin = b"name,n\nP\xe5l,1\nx\x80,2\n";
    let draft = infer(latin, &[]);
    assert_eq!((targets(&draft), encoding(&draft)), (vec!["encoding"], json!("windows-1252")));
    let question = &draft.questions[0];
    assert_eq!(question.rows, [2]);
    assert!(!answers(question).contains(&"iso-8859-1"), "0x80 is a control character there");
    let readings: Vec<_> =
        question.candidates.iter().map(|a| (a.value.as_str(), a.examples.join(", "))).collect();
    assert!(readings.contains(&("windows-1252", "`Pål`, `x€`".to_owned())), "{readings:?}");
    assert!(readings.contains(&("windows-1251", "`Pеl`, `xЂ`".to_owned())), "{readings:?}");
    let chosen = infer(latin, &["encoding=windows-1251"]);
    assert_eq!((targets(&chosen), encoding(&chosen)), (vec![], json!("windows-1251")));
}

#[test]
fn what_is_no_text_has_no_draft() {
    let fails = |bytes: &[u8], choices: &[&str]| {
        infer_in_pieces(bytes, 2, options(choices)).unwrap_err().to_string()
    };
    for (bytes, choices, message) in [
        (&b""[..], &[][..], "the file is empty"),
        (b"\xef\xbb\xbf", &[], "the file is empty"),
        (b"PK\x03\x04....", &[], "the file is a zip archive (or a spreadsheet)"),
        (b"\xef\xbb\xbfa,b\n\xff,1\n", &[], "the bytes at offset 7 are not valid UTF-8"),
        (b"a\n\xff\n", &["encoding=utf-8"], "the bytes at offset 2 are not valid UTF-8"),
        (b"a\n1\n", &["encoding=klingon"], "the encoding is not known"),
        (b"a\n1\n", &["fields/b=string"], "`fields/b=string` names no column of the file"),
        (
            b"a\n1\n",
            &["fields/a=date"],
            "`fields/a=date` cannot be chosen here: all its cells fit `integer`",
        ),
        (b"a\n1\n", &["header=yes"], "`header=yes` cannot be chosen here: it is `true` or `false`"),
        (b"a\n1\n", &["delimiter=\"\""], "`delimiter=\"\"` cannot be chosen here"),
    ] {
        let found = fails(bytes, choices);
        assert!(found.starts_with(message), "{found}");
    }
}

#[test]
fn evidence_names_rows() {
    let draft = infer(b"id,x\n1,2\n\n3\n4,5,6\n7,\"8\"9\n10,NA\n11,1\n12,1\n", &["quoteChar=\""]);
    let found: Vec<(Finding, &[u64])> = draft
        .evidence
        .iter()
        .filter(|evidence| !evidence.rows.is_empty())
        .map(|evidence| (evidence.code, evidence.rows.as_slice()))
        .collect();
    let expected: &[(Finding, &[u64])] = &[
        (Finding::RaggedRows, &[4, 5]),
        (Finding::BlankRows, &[3]),
        (Finding::StrayQuotes, &[6]),
        (Finding::MissingValues, &[7]),
    ];
    assert_eq!(found, expected);
}

#[test]
fn almost_a_type_is_worth_a_word() {
    let mut cells: Vec<String> = (0..100).map(|n| n.to_string()).collect();
    cells[50] = "tbd".to_owned();
    let cells: Vec<&str> = cells.iter().map(String::as_str).collect();
    let draft = infer(&column(&cells), &[]);
    let almost = draft.evidence.iter().find(|evidence| evidence.code == Finding::AlmostType);
    let almost = almost.unwrap();
    assert_eq!(almost.message, "99 of 100 values are `integer`, the others are not");
    assert_eq!(almost.examples, ["`tbd`"]);
    assert_eq!((almost.count, almost.rows.as_slice()), (Some(1), &[52][..]));
}

#[test]
fn a_draft_without_cells_quotes_none() {
    // A text, one of a few values, an odd one among numbers, a date in two ways, a byte beyond ASCII.
    let mut rows = String::from("a,b,c,day\n");
    for n in 0..100 {
        let number = if n == 50 { "secret-3".to_owned() } else { n.to_string() };
        let day = n % 9 + 1;
        writeln!(rows, "secret-1-{n},secret-2-{},{number},0{day}/02/2077", n % 2).unwrap();
    }
    let file = [rows.as_bytes(), b"secret-\xe5,secret-2-1,7,01/02/2077\n"].concat();
    let draft = infer(&file, &[]);
    let quoted = serde_json::to_string(&draft).unwrap();
    for cell in ["secret-1-", "secret-2-", "secret-3", "/2077", "secret-\u{e5}"] {
        assert!(quoted.contains(cell), "{cell}: {quoted}");
    }
    let bare = serde_json::to_string(&draft.without_cells()).unwrap();
    assert!(!bare.contains("secret") && !bare.contains("2077"), "{bare}");
}

#[test]
fn a_key_is_the_only_column_that_tells_rows_apart() {
    let key = |text: &str| {
        let draft = infer(text.as_bytes(), &[]);
        draft.descriptor["resources"][0]["schema"]["primaryKey"].clone()
    };
    let rows = |row: fn(u32) -> String| (0..20).map(row).collect::<String>();
    assert_eq!(key(&format!("a,b\n{}", rows(|n| format!("{n},{}\n", n / 2)))), json!(["a"]));
    assert_eq!(key(&format!("a,b_id\n{}", rows(|n| format!("{},{n}\n", n / 2)))), json!(["b_id"]));
    assert_eq!(key(&format!("a,b\n{}", rows(|n| format!("{},{n}\n", n / 2)))), Value::Null);
    assert_eq!(key(&format!("a,b\n{}", rows(|n| format!("{n},{n}\n")))), Value::Null);
    assert_eq!(key("a,b\n1,2\n2,2\n"), Value::Null, "two rows show nothing");
}

#[test]
fn only_a_part_is_looked_at_if_asked() {
    let text = b"a,b\n1,2\n3,4\n5,x\n";
    let looked_at = |bytes: &[u8], options| infer_in_pieces(bytes, 3, options).unwrap();
    let limited = |limit| looked_at(text, Options { byte_limit: Some(limit), ..options(&[]) });
    let extent = |draft: &Draft| {
        let mut evidence = draft.evidence.iter();
        evidence.find(|evidence| evidence.code == Finding::Extent).map(|e| e.message.clone())
    };
    let part = limited(13);
    assert!(extent(&part).unwrap().starts_with("only the first 13 bytes were seen, 3 records"));
    assert_eq!(fields(&part)[1]["type"], "integer");
    let start = looked_at(&text[..13], Options { is_part: true, ..options(&[]) });
    assert_eq!(start, part);
    let whole = limited(text.len() as u64);
    assert_eq!(extent(&whole), None);
    assert_eq!(fields(&whole)[1]["type"], "string");
}

#[test]
fn compressed_files_are_inflated() {
    use std::io::Write as _;
    let text = b"a,b\n1,2\n3,x\n";
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(text).unwrap();
    let gzip = gzip.finish().unwrap();
    let plain = infer(text, &[]);
    for (bytes, name) in [(&gzip, "gzip"), (&zstd::encode_all(&text[..], 0).unwrap(), "zstd")] {
        let draft = infer(bytes, &[]);
        assert_eq!(draft.descriptor, plain.descriptor);
        assert_eq!(draft.evidence[0].message, format!("compressed with {name}"));
        let cut = infer_in_pieces(&bytes[..bytes.len() - 5], 3, options(&[]));
        assert_eq!(cut.unwrap_err().to_string(), format!("the {name} data end too early"));
    }
}
