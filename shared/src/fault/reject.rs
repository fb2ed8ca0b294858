//! Faults in words.

use std::fmt::Write as _;

use serde::{Deserialize, Serialize};

use super::{Arithmetic, Code, CodeCounts, Fault, Kind};
use crate::column::CellFault;
use crate::contract::{Contract, Field};
use crate::header::Layout;

/// Columns that a row lacks and that are told one by one.
const MISSING_CELLS: usize = 32;

/// Cells without a column that are told one by one.
const EXTRA_CELLS: usize = 16;

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

impl<'a> Wording<'a> {
    /// The words of `contract` for a file of that layout.
    pub fn new(contract: &'a Contract, layout: &'a Layout) -> Self {
        Wording { contract, layout }
    }

    /// The fault in words: one reject, or one for each cell that is missing or too many, of which the
    /// first few are told.
    pub fn rejects(&self, fault: &Fault<'_>) -> Vec<Reject> {
        match fault.kind {
            Kind::MissingCells { cells } => self.missing(fault, cells),
            Kind::ExtraCells { cells } => self.extra(fault, cells),
            Kind::Cell { field, fault: cell } => vec![self.cell(fault, field, cell)],
            kind @ (Kind::BlankRow
            | Kind::StrayQuote { .. }
            | Kind::Repeated { .. }
            | Kind::NullKey { .. }
            | Kind::ForeignKey { .. }
            | Kind::Computation { .. }) => vec![self.row(fault, kind)],
        }
    }

    /// Adds the fault to the counts, each cell that is missing or too many included.
    pub fn count(&self, fault: &Fault<'_>, codes: &mut CodeCounts) {
        let width = self.layout.width() as u64;
        let mut add = |code, count: u64| {
            if count > 0 {
                *codes.entry(code).or_insert(0) += count;
            }
        };
        match fault.kind {
            Kind::MissingCells { cells } => {
                let required = (cells as usize..self.layout.width())
                    .filter(|&column| self.field(column).is_some_and(|f| f.constraints.required));
                add(Code::ConstraintError, required.count() as u64);
                add(Code::MissingCell, width.saturating_sub(u64::from(cells)));
            }
            Kind::ExtraCells { cells } => {
                add(Code::ExtraCell, u64::from(cells).saturating_sub(width));
            }
            Kind::Cell { fault, .. } => add(cell_code(fault), 1),
            kind @ (Kind::BlankRow
            | Kind::StrayQuote { .. }
            | Kind::Repeated { .. }
            | Kind::NullKey { .. }
            | Kind::ForeignKey { .. }
            | Kind::Computation { .. }) => add(kind.code(), 1),
        }
    }

    /// A field that is missing lacks its value too, if it must have one.
    fn missing(&self, fault: &Fault<'_>, cells: u32) -> Vec<Reject> {
        let columns = (cells as usize..self.layout.width()).take(MISSING_CELLS);
        let rejects = columns.flat_map(|column| {
            let field = self.field(column);
            let name = field.map_or_else(String::new, |field| field.name.clone());
            let required = field.filter(|field| field.constraints.required).map(|field| {
                let expected = field.expected(CellFault::Required);
                reject(fault, Code::ConstraintError, name.clone(), expected, String::new())
            });
            let missing = reject(fault, Code::MissingCell, name, self.width(), count(cells.into()));
            required.into_iter().chain([missing])
        });
        rejects.collect()
    }

    fn extra(&self, fault: &Fault<'_>, cells: u32) -> Vec<Reject> {
        let positions = (self.layout.width()..cells as usize).take(EXTRA_CELLS);
        let rejects = positions.map(|at| {
            let found = format!("{}: cell {} has no column", count(cells.into()), at + 1);
            reject(fault, Code::ExtraCell, String::new(), self.width(), found)
        });
        rejects.collect()
    }

    fn cell(&self, fault: &Fault<'_>, field: u32, cell: CellFault) -> Reject {
        let field = self.contract.input.schema.fields.get(field as usize);
        let name = field.map_or_else(String::new, |field| field.name.clone());
        let expected = field.map_or_else(String::new, |field| field.expected(cell));
        let found = if cell == CellFault::Required { String::new() } else { quoted(fault) };
        reject(fault, cell_code(cell), name, expected, found)
    }

    /// A fault that is none of a single cell.
    fn row(&self, fault: &Fault<'_>, kind: Kind) -> Reject {
        let none = String::new;
        let (column, expected, found) = match kind {
            Kind::StrayQuote { column } => (
                self.field(column as usize).map_or_else(none, |field| field.name.clone()),
                "the end of the cell behind its closing quote".to_owned(),
                "more text".to_owned(),
            ),
            Kind::Repeated { key, first_row, .. } => {
                let expected = format!("a value that no earlier row has: row {first_row} has it");
                (self.key(key), expected, quoted(fault))
            }
            Kind::NullKey { key } => {
                (self.key(key), "a value in every field of the key".to_owned(), none())
            }
            Kind::ForeignKey { foreign_key } => {
                let (fields, table) = self.contract.foreign_key_names(foreign_key as usize);
                (fields, format!("a key of `{table}`"), quoted(fault))
            }
            Kind::Computation { computed, cause } => {
                let column = self.contract.computations().nth(computed as usize);
                let expected = match cause {
                    Arithmetic::Overflow => "a result in the range of its type",
                    Arithmetic::DivisionByZero => "no division by zero",
                    Arithmetic::Cast => "a value that can be cast",
                };
                (column.map_or_else(none, |c| c.name.clone()), expected.to_owned(), none())
            }
            Kind::BlankRow
            | Kind::MissingCells { .. }
            | Kind::ExtraCells { .. }
            | Kind::Cell { .. } => {
                (none(), "a value in a column of the contract at least".to_owned(), none())
            }
        };
        reject(fault, kind.code(), column, expected, found)
    }

    /// The field in that column of the file, 0-based.
    fn field(&self, column: usize) -> Option<&'a Field> {
        self.contract.input.schema.fields.get(self.layout.field_of(column)?)
    }

    fn width(&self) -> String {
        count(self.layout.width() as u64)
    }

    fn key(&self, key: u32) -> String {
        let schema = &self.contract.input.schema;
        let key = schema.keys.get(key as usize);
        key.map_or_else(String::new, |key| schema.names(&key.fields))
    }
}

fn reject(
    fault: &Fault<'_>,
    code: Code,
    column: String,
    expected: String,
    found: String,
) -> Reject {
    let mut reason = format!("expected {expected}");
    if !found.is_empty() {
        let _ = write!(reason, ", found {found}");
    }
    let Fault { row_number, line_number, .. } = *fault;
    Reject { row_number, column, code, reason, line_number, expected, found }
}

fn cell_code(fault: CellFault) -> Code {
    if fault.is_type_error() { Code::TypeError } else { Code::ConstraintError }
}

impl Kind {
    /// What kind of fault it is; of cells that are missing or too many, that of each.
    pub fn code(self) -> Code {
        match self {
            Kind::BlankRow => Code::BlankRow,
            Kind::StrayQuote { .. } => Code::StrayQuote,
            Kind::MissingCells { .. } => Code::MissingCell,
            Kind::ExtraCells { .. } => Code::ExtraCell,
            Kind::Cell { fault, .. } => cell_code(fault),
            Kind::Repeated { primary: false, .. } => Code::UniqueError,
            Kind::Repeated { primary: true, .. } | Kind::NullKey { .. } => Code::PrimaryKey,
            Kind::ForeignKey { .. } => Code::ForeignKey,
            Kind::Computation { .. } => Code::ComputationError,
        }
    }
}

fn quoted(fault: &Fault<'_>) -> String {
    format!("`{}`", fault.found)
}

fn count(cells: u64) -> String {
    if cells == 1 { "1 cell".to_owned() } else { format!("{cells} cells") }
}
