//! Why a row is rejected: data, never an error of a step.

use serde::{Deserialize, Serialize};

/// One fault of one row. A row has as many rejects as faults.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reject {
    /// Row number in the file; its first record, the header or not, is row 1.
    pub row_number: u64,
    /// Name of the column; empty where the fault is none of a declared column.
    pub column: String,
    /// What kind of fault.
    pub code: RejectCode,
    /// What was expected and what was found, for a person.
    pub reason: String,
}

/// The kinds of fault, named as Frictionless names them where it has a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RejectCode {
    /// A record whose cells are all null, or that has none.
    BlankRow,
    /// A record that ends before this column.
    MissingCell,
    /// A record with more cells than there are columns.
    ExtraCell,
    /// A cell that is not of the column's type.
    TypeError,
    /// A cell that breaks a constraint of its column.
    ConstraintError,
    /// A foreign key that names no row of its reference table.
    ForeignKey,
    /// A computed value that does not exist: an overflow, a division by zero.
    ComputationError,
    /// A cell whose closing quote is followed by more text: where it ends nobody can tell, and it may
    /// have swallowed rows.
    StrayQuote,
}

impl RejectCode {
    /// The code as reject files and reports write it.
    pub fn as_str(self) -> &'static str {
        match self {
            RejectCode::BlankRow => "blank-row",
            RejectCode::MissingCell => "missing-cell",
            RejectCode::ExtraCell => "extra-cell",
            RejectCode::TypeError => "type-error",
            RejectCode::ConstraintError => "constraint-error",
            RejectCode::ForeignKey => "foreign-key",
            RejectCode::ComputationError => "computation-error",
            RejectCode::StrayQuote => "stray-quote",
        }
    }
}

/// Characters of a cell that a reason repeats.
const CLIP: usize = 100;

/// The text of a cell as a reason shows it: in backquotes, of bounded length.
pub fn quoted(cell: &[u8]) -> String {
    let text = String::from_utf8_lossy(cell);
    match text.char_indices().nth(CLIP) {
        None => format!("`{text}`"),
        Some((at, _)) => format!("`{}`...", text.get(..at).unwrap_or_default()),
    }
}

/// The header of a reject file.
const HEADER: [&str; 4] = ["row_number", "column", "code", "reason"];

/// Rejects as CSV (RFC 4180, UTF-8), with a header.
///
/// # Errors
/// Never for rejects in memory; the writer's type says otherwise.
pub fn write_csv<'a>(rejects: impl IntoIterator<Item = &'a Reject>) -> Result<Vec<u8>, csv::Error> {
    let mut writer = csv::WriterBuilder::new().has_headers(false).from_writer(Vec::new());
    writer.write_record(HEADER)?;
    for reject in rejects {
        writer.serialize(reject)?;
    }
    writer.into_inner().map_err(|error| error.into_error().into())
}

/// Rejects from the CSV that [`write_csv`] wrote.
///
/// # Errors
/// The first record that is no reject.
pub fn read_csv(bytes: &[u8]) -> Result<Vec<Reject>, csv::Error> {
    csv::Reader::from_reader(bytes).deserialize().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn csv_keeps_every_reject() {
        let reject = |row_number, column: &str, code, reason: &str| Reject {
            row_number,
            column: column.to_owned(),
            code,
            reason: reason.to_owned(),
        };
        let rejects = [
            reject(2, "a,b", RejectCode::TypeError, "\"x\"\r\ny"),
            reject(u64::MAX, "", RejectCode::BlankRow, ""),
        ];
        let text = write_csv(&rejects).unwrap();
        assert!(text.starts_with(b"row_number,column,code,reason\n2,\"a,b\",type-error,"));
        assert_eq!(read_csv(&text).unwrap(), rejects);
        assert_eq!(read_csv(&write_csv(&[]).unwrap()).unwrap(), []);
    }

    #[test]
    fn a_code_is_written_as_it_is_called() {
        for code in [
            RejectCode::BlankRow,
            RejectCode::MissingCell,
            RejectCode::ExtraCell,
            RejectCode::TypeError,
            RejectCode::ConstraintError,
            RejectCode::ForeignKey,
            RejectCode::ComputationError,
            RejectCode::StrayQuote,
        ] {
            assert_eq!(serde_json::to_value(code).unwrap(), code.as_str());
        }
    }

    #[test]
    fn a_long_cell_is_clipped_between_characters() {
        assert_eq!(quoted(b"12,5"), "`12,5`");
        assert_eq!(quoted("é".repeat(101).as_bytes()), format!("`{}`...", "é".repeat(100)));
    }
}
