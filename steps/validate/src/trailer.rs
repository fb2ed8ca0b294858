//! The record that ends a file and is no data.

use shared::contract::{Contract, ControlTotal, Trailer};
use shared::csv::{Record, Records, Span};
use shared::table::Position;

use crate::declared::Declared;
use crate::incomplete::Incomplete;

/// A record of data, but for its bytes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct DataRecord {
    pub(crate) span: Span,
    pub(crate) position: Position,
    pub(crate) is_comment: bool,
}

/// The last record so far: which one is the trailer shows only when the file ends.
#[derive(Debug, Default)]
pub(crate) struct LastRecord {
    record: Option<DataRecord>,
    /// Kept and filled again, so that no record allocates.
    bytes: Vec<u8>,
}

impl LastRecord {
    /// The record and its bytes, if there is one.
    pub(crate) fn get(&self) -> Option<(DataRecord, &[u8])> {
        Some((self.record?, &self.bytes))
    }

    /// Puts another in its place.
    pub(crate) fn replace(&mut self, record: DataRecord, bytes: &[u8]) {
        self.record = Some(record);
        self.bytes.clear();
        self.bytes.extend_from_slice(bytes);
    }
}

/// What the last record declares, whose bytes are `text`, if it is the trailer.
pub(crate) fn read_trailer(
    contract: &Contract,
    trailer: &Trailer,
    text: &[u8],
    position: Position,
) -> Result<Declared, Incomplete> {
    let mut record = Record::default();
    Records::new(&contract.input.dialect.grammar, text).read(&mut record);
    if record.get(0) != Some(trailer.marker.as_bytes()) {
        return Err(Incomplete::NoTrailer { marker: trailer.marker.clone(), position });
    }
    let mut declared = Declared::default();
    let wrong = |column: usize, expected| Incomplete::TrailerCell {
        position,
        column_number: column + 1,
        expected,
    };
    if let Some(column) = trailer.row_count_column {
        let count = record.get(column).and_then(count);
        declared.row_count =
            Some(count.ok_or_else(|| wrong(column, "a number of records".to_owned()))?);
    }
    for &ControlTotal { field, trailer_column } in &contract.completeness.totals {
        let Some(column) = trailer_column else { continue };
        let total = record.get(column).and_then(|cell| total(contract, field, cell));
        let expected = || format!("the total of `{}`", contract.input.schema.names(&[field]));
        declared.totals.insert(field, total.ok_or_else(|| wrong(column, expected()))?);
    }
    Ok(declared)
}

/// A number of records: digits, of which the first may be zeros.
fn count(cell: &[u8]) -> Option<u64> {
    let text = std::str::from_utf8(cell).ok()?;
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok())?
}

/// A total as the values of the field are written.
fn total(contract: &Contract, field: usize, cell: &[u8]) -> Option<i128> {
    let (exact, format) = contract.input.schema.fields.get(field)?.field_type.as_exact()?;
    exact.read(cell, format)
}

#[cfg(test)]
mod tests {
    use super::*;

    const POSITION: Position = Position { row_number: 9, line_number: 12 };

    fn read(text: &str) -> Result<Declared, Incomplete> {
        let contract =
            br#"{"resources": [{"name": "r", "path": "r.csv", "dialect": {"delimiter": ";"},
            "sluice": {"completeness": {"trailer": {"marker": "TRL", "rowCountColumn": 2},
                "totals": {"i": {"trailerColumn": 4}, "d": {"trailerColumn": 3}}}},
            "schema": {"fields": [{"name": "i", "type": "integer"},
                {"name": "d", "type": "number", "decimal": {"precision": 4, "scale": 2},
                    "decimalChar": ",", "groupChar": "."}
            ]}}]}"#;
        let contract = Contract::parse(contract, None).unwrap();
        let trailer = contract.completeness.trailer.clone().unwrap();
        read_trailer(&contract, &trailer, text.as_bytes(), POSITION)
    }

    #[test]
    fn totals_are_written_as_the_values_are() {
        let totals = |d, i| [(0, i), (1, d)].into();
        for (text, row_count, totals) in [
            ("TRL;2;0,5;7\r\n", 2, totals(50, 7)),
            ("\"TRL\";\"0002\";1.234.567,89;-7;more", 2, totals(123_456_789, -7)),
        ] {
            assert_eq!(read(text).unwrap(), Declared { row_count: Some(row_count), totals });
        }
    }

    #[test]
    fn what_is_no_trailer_and_what_it_lacks_is_told() {
        for text in ["", "\n", "TRLX;2;1;1\n", "trl;2;1;1", " TRL;2;1;1", ";TRL"] {
            let marker = "TRL".to_owned();
            let expected = Incomplete::NoTrailer { marker, position: POSITION };
            assert_eq!(read(text), Err(expected), "{text:?}");
        }
        for (text, column, name) in [
            ("TRL", 2, "a number of records"),
            ("TRL;;1;1", 2, "a number of records"),
            ("TRL;-1;1;1", 2, "a number of records"),
            ("TRL;+1;1;1", 2, "a number of records"),
            ("TRL;2", 4, "the total of `i`"),
            ("TRL;2;1;1,5", 4, "the total of `i`"),
            ("TRL;2;0,001;1", 3, "the total of `d`"),
            ("TRL;2;x;1", 3, "the total of `d`"),
        ] {
            let (position, expected) = (POSITION, name.to_owned());
            let expected = Incomplete::TrailerCell { position, column_number: column, expected };
            assert_eq!(read(text), Err(expected), "{text:?}");
        }
    }
}
