//! Faults of a file as a whole, for its report.

use serde::{Deserialize, Serialize};

use super::Code;

/// One reason why a file is refused as a whole.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct FileFault {
    /// What kind of fault.
    pub code: Code,
    /// The row in which it stands, where it stands in one; the first record is row 1.
    pub row_number: Option<u64>,
    /// The line on which that row starts, 1-based.
    pub line_number: Option<u64>,
    /// Byte offset, 0-based, where it stands at one; in the inflated bytes of a compressed file.
    pub offset: Option<u64>,
    /// Position of the column in the file, 1-based, where it stands in one.
    pub column_number: Option<u64>,
    /// Name of the field or label that it is about; empty if none.
    pub column: String,
    /// What should be there.
    pub expected: String,
    /// What is there.
    pub found: String,
}

impl FileFault {
    /// A fault that says nothing but its code.
    pub fn new(code: Code) -> Self {
        FileFault {
            code,
            row_number: None,
            line_number: None,
            offset: None,
            column_number: None,
            column: String::new(),
            expected: String::new(),
            found: String::new(),
        }
    }
}

/// What `Validate` leaves behind of a file that it refuses.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Refused {
    /// Why.
    pub faults: Vec<FileFault>,
    /// Key of a drafted contract, where the dataset has none.
    pub draft: Option<String>,
}
