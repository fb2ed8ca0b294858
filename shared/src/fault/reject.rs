//! Faults in words.

use std::fmt::Write as _;

use serde::{Deserialize, Serialize};

use super::{Arithmetic, Code, Fault, Kind};
use crate::column::CellFault;
use crate::contract::{Contract, Key};
use crate::header::Layout;

/// The header of a reject file.
pub const HEADER: [&str; 7] =
    ["row_number", "column", "code", "reason", "line_number", "expected", "found"];

/// One fault of one row, for a person and for a program: a record of the reject file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reject {
    /// Row number in the file; its first record, the header or not, is row 1.
    pub row_number: u64,
    /// Name of the column; several, joined by commas, for a key; empty where it is none of a
    /// declared column.
    pub column: String,
    /// What kind of fault.
    pub code: Code,
    /// What was expected and what was found, in a sentence.
    pub reason: String,
    /// Number of the line on which the row starts, 1-based.
    pub line_number: u64,
    /// What was expected.
    pub expected: String,
    /// What was found.
    pub found: String,
}

/// Puts the faults of one file into words.
#[derive(Debug, Clone)]
pub struct Wording<'a> {
    contract: &'a Contract,
    layout: &'a Layout,
}

impl Kind {
    /// What kind of fault it is.
    pub fn code(self) -> Code {
        match self {
            Kind::BlankRow => Code::BlankRow,
            Kind::StrayQuote { .. } => Code::StrayQuote,
            Kind::MissingCell { .. } => Code::MissingCell,
            Kind::ExtraCell { .. } => Code::ExtraCell,
            Kind::Cell { fault: CellFault::Type | CellFault::Ambiguous, .. } => Code::TypeError,
            Kind::Cell { .. } => Code::ConstraintError,
            Kind::Repeated { primary: false, .. } => Code::UniqueError,
            Kind::Repeated { primary: true, .. } | Kind::NullKey { .. } => Code::PrimaryKey,
            Kind::ForeignKey { .. } => Code::ForeignKey,
            Kind::Computation { .. } => Code::ComputationError,
        }
    }
}

impl<'a> Wording<'a> {
    /// The words of `contract` for a file of that layout.
    pub fn new(contract: &'a Contract, layout: &'a Layout) -> Self {
        Wording { contract, layout }
    }

    /// The fault in words.
    pub fn reject(&self, fault: &Fault<'_>) -> Reject {
        let (column, expected, found) = self.parts(fault);
        let mut reason = format!("expected {expected}");
        if !found.is_empty() {
            let _ = write!(reason, ", found {found}");
        }
        Reject {
            row_number: fault.row_number,
            column,
            code: fault.kind.code(),
            reason,
            line_number: fault.line_number,
            expected,
            found,
        }
    }

    /// Column, expected, found.
    fn parts(&self, fault: &Fault<'_>) -> (String, String, String) {
        let quoted = || format!("`{}`", fault.found);
        match fault.kind {
            Kind::BlankRow => {
                (String::new(), "a value in one cell at least".to_owned(), String::new())
            }
            Kind::StrayQuote { column } => (
                self.label(column),
                "the end of the cell behind its closing quote".to_owned(),
                "more text".to_owned(),
            ),
            Kind::MissingCell { column, cells } => (self.label(column), self.width(), count(cells)),
            Kind::ExtraCell { cell, cells } => {
                let found = format!("{}: cell {} has no column", count(cells), u64::from(cell) + 1);
                (String::new(), self.width(), found)
            }
            Kind::Cell { field, fault } => {
                let Some(field) = self.contract.input.schema.fields.get(field as usize) else {
                    return Default::default();
                };
                let found = if fault == CellFault::Required { String::new() } else { quoted() };
                (field.name.clone(), field.expected(fault), found)
            }
            Kind::Repeated { key, first_row, .. } => {
                let expected = format!("a value that no earlier row has: row {first_row} has it");
                (self.key(key), expected, quoted())
            }
            Kind::NullKey { key } => {
                (self.key(key), "a value in every field of the key".to_owned(), String::new())
            }
            Kind::ForeignKey { foreign_key } => {
                let (fields, table) = self.contract.foreign_key_names(foreign_key as usize);
                (fields, format!("a key of `{table}`"), quoted())
            }
            Kind::Computation { computed, cause } => {
                let column = self.contract.computed.get(computed as usize);
                let expected = match cause {
                    Arithmetic::Overflow => "a result in the range of its type",
                    Arithmetic::DivisionByZero => "no division by zero",
                };
                (
                    column.map_or_else(String::new, |c| c.name.clone()),
                    expected.to_owned(),
                    String::new(),
                )
            }
        }
    }

    /// Name of the field in that column of the file.
    fn label(&self, column: u32) -> String {
        let field = self.layout.field_of(column as usize);
        let field = field.and_then(|field| self.contract.input.schema.fields.get(field));
        field.map_or_else(String::new, |field| field.name.clone())
    }

    fn width(&self) -> String {
        count(u32::try_from(self.layout.width()).unwrap_or(u32::MAX))
    }

    fn key(&self, key: u32) -> String {
        let schema = &self.contract.input.schema;
        schema
            .keys
            .get(key as usize)
            .map_or_else(String::new, |key: &Key| schema.names(&key.fields))
    }
}

fn count(cells: u32) -> String {
    format!("{cells} cells")
}
