//! The codecs of Python, on the bytes of `shared/tests/data/encodings.json`.

use serde::Deserialize;

use super::support::check;
use crate::text::Encoding;

#[derive(Deserialize)]
struct Golden {
    label: String,
    hex: String,
    text: String,
}

#[test]
fn texts_are_those_of_python() {
    let goldens = include_str!("../../../tests/data/encodings.json");
    let goldens: Vec<Golden> = serde_json::from_str(goldens).unwrap();
    for Golden { label, hex, text } in goldens {
        let digits = |at: usize| u8::from_str_radix(&hex[at..at + 2], 16).unwrap();
        let bytes: Vec<u8> = (0..hex.len()).step_by(2).map(digits).collect();
        let encoding = Encoding::for_label(&label);
        assert!(encoding.is_some(), "{label}");
        println!("{label}");
        check(encoding, &bytes, &text);
    }
}
