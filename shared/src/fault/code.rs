//! The catalogue: every kind of fault that a file or a row can have.

use serde::{Deserialize, Serialize};

/// What a fault is a fault of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// The file as a whole: it is refused.
    File,
    /// The header: the file is refused, and no row of it is read.
    Header,
    /// One row: it is rejected, the others are not.
    Row,
}

/// One list for the codes, their names and what is said of them.
macro_rules! codes {
    ($($variant:ident $name:literal $scope:ident $explanation:literal)*) => {
        /// A kind of fault, named as Frictionless names it where it has a name.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
        pub enum Code {
            $(
                #[doc = $explanation]
                #[serde(rename = $name)]
                $variant,
            )*
        }

        impl Code {
            /// The whole catalogue.
            pub const ALL: &[Code] = &[$(Code::$variant),*];

            /// The code as reports and reject files write it.
            ///
            /// ```
            /// assert_eq!(shared::fault::Code::TypeError.as_str(), "type-error");
            /// ```
            pub fn as_str(self) -> &'static str {
                match self { $(Code::$variant => $name),* }
            }

            /// What it is a fault of.
            pub fn scope(self) -> Scope {
                match self { $(Code::$variant => Scope::$scope),* }
            }

            /// One line for the person who has to mend it.
            pub fn explanation(self) -> &'static str {
                match self { $(Code::$variant => $explanation),* }
            }
        }
    };
}

codes! {
    EmptyFile "empty-file" File
        "The file has no records at all."
    EncodingError "encoding-error" File
        "The bytes are not text in the encoding that the contract declares."
    CompressionError "compression-error" File
        "The compressed bytes are damaged, cut off, or inflate beyond all measure."
    UnclosedQuote "unclosed-quote" File
        "A quote opens a cell and is never closed: where the following records start nobody can tell."
    RecordTooLong "record-too-long" File
        "A record has more bytes than can be held; most often a quote in it is never closed."
    FileTooLarge "file-too-large" File
        "The file can only be read in one pass, and is larger than what one pass can read in its time."
    ByteCount "byte-count" File
        "The file has another number of bytes than its contract, its manifest or the event of its drop tells: it may be cut off."
    HashCount "hash-count" File
        "The file has another hash than its contract or its manifest declares."
    RowCount "row-count" File
        "The file has another number of data records than its manifest or its trailer declares."
    ControlTotal "control-total" File
        "The values of a column have another sum than declared, or not all of them can be read."
    MissingManifest "missing-manifest" File
        "There is no manifest beside the file: drop it first, and then the file again."
    ManifestError "manifest-error" File
        "The manifest beside the file is not what a manifest is."
    MissingTrailer "missing-trailer" File
        "The last record is not the trailer that the contract declares: the file may be cut off."
    TrailerError "trailer-error" File
        "A cell of the trailer is not the number that it declares."
    TooManyKeys "too-many-keys" File
        "The rows have more keys than can be compared, or more of them than foreign keys into the file may name."
    PreambleTooLong "preamble-too-long" File
        "More stands before the data than a header and its comments can be."
    MissingHeader "missing-header" Header
        "The file ends before its header does."
    WrongDelimiter "wrong-delimiter" Header
        "The header is a single label with another delimiter inside it."
    BlankHeader "blank-header" Header
        "There is a header, but no label in it."
    BlankLabel "blank-label" Header
        "A column has no label."
    DuplicateLabel "duplicate-label" Header
        "Two columns have the same label, or labels of the same field."
    MissingLabel "missing-label" Header
        "A field of the contract has no column."
    ExtraLabel "extra-label" Header
        "A column has a label that is not in the contract."
    IncorrectLabel "incorrect-label" Header
        "A column has the label of another field, or an unknown one, where a field of the contract should stand."
    UnmatchedHeader "unmatched-header" Header
        "No column has a label of the contract."
    BlankRow "blank-row" Row
        "No cell of the row has a value in a column of the contract."
    MissingCell "missing-cell" Row
        "The row ends before this column; the first 32 such columns are told."
    ExtraCell "extra-cell" Row
        "The row has more cells than there are columns; the first 16 of them are told."
    StrayQuote "stray-quote" Row
        "Text follows the closing quote of a cell: where the cell ends nobody can tell, and it may have swallowed rows."
    TypeError "type-error" Row
        "The cell is not of the type and format of its field, or can be read in two ways."
    ConstraintError "constraint-error" Row
        "The cell breaks a constraint of its field."
    UniqueError "unique-error" Row
        "An earlier row has the same value where every row must have its own."
    PrimaryKey "primary-key" Row
        "An earlier row has the same primary key, or a part of the key is null."
    ForeignKey "foreign-key" Row
        "The key names no row of the table that it refers to."
    ComputationError "computation-error" Row
        "A computed value does not exist: an overflow, or a division by zero."
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_written_as_it_is_called() {
        for &code in Code::ALL {
            assert_eq!(serde_json::to_value(code).unwrap(), code.as_str());
            assert!(code.explanation().ends_with('.'), "{code:?}");
        }
    }

    /// The page is made of the catalogue: `UPDATE_DOCS=1 cargo test -p shared` writes it anew.
    #[test]
    fn the_page_of_codes_is_the_catalogue() {
        let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/codes.md");
        let page = page();
        if std::env::var_os("UPDATE_DOCS").is_some() {
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(&path, &page).unwrap();
        }
        assert_eq!(std::fs::read_to_string(&path).unwrap_or_default(), page);
    }

    fn page() -> String {
        let section = |(scope, title): (Scope, &str)| {
            let codes = Code::ALL.iter().filter(|code| code.scope() == scope);
            let row = |code: &Code| format!("| `{}` | {} |\n", code.as_str(), code.explanation());
            let rows: String = codes.map(row).collect();
            format!("\n## {title}\n\n| Code | What it says |\n|---|---|\n{rows}")
        };
        let sections = [
            (Scope::File, "The file is refused"),
            (Scope::Header, "The header is not the contract's, and the file is refused"),
            (Scope::Row, "A row is rejected"),
        ];
        let sections: String = sections.into_iter().map(section).collect();
        format!(
            "# Codes of faults\n\nMade from the catalogue in `shared/src/fault/code.rs`; reports and \
             reject files write these names.\n{sections}"
        )
    }
}
