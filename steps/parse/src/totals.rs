//! Control totals: what columns sum up to, over all rows, rejected ones included.
//!
//! A cell that is null adds nothing; one that cannot be read, or is not there although its row has others,
//! leaves nobody able to tell the total.

use arrow_array::ArrayRef;
use arrow_array::cast::AsArray;
use arrow_array::types::{Decimal128Type, Int64Type};
use shared::column::CellFault;
use shared::completeness::{ControlSum, DeclaredTotal};
use shared::fault::Kind;
use shared::header::Layout;

/// Sums up the columns whose totals are declared.
#[derive(Debug, Default)]
pub(crate) struct Totals {
    totals: Vec<Total>,
}

/// The sum of one column so far.
#[derive(Debug)]
struct Total {
    /// Position of its field in the schema, 0-based.
    field: usize,
    /// Position of the column in the file, 0-based, if it is there.
    column: Option<usize>,
    sum: ControlSum,
}

impl Totals {
    /// Those that are `declared`, of a file of that layout.
    pub(crate) fn new(declared: &[DeclaredTotal], layout: &Layout) -> Self {
        let totals = declared.iter().map(|&DeclaredTotal { field, .. }| Total {
            field,
            column: layout.column_of(field),
            sum: ControlSum::default(),
        });
        Totals { totals: totals.collect() }
    }

    /// Adds the values of rows: one array for each field of the schema.
    pub(crate) fn add(&mut self, columns: &[ArrayRef]) {
        for Total { field, sum, .. } in &mut self.totals {
            let Some(column) = columns.get(*field) else { continue };
            if let Some(decimals) = column.as_primitive_opt::<Decimal128Type>() {
                decimals.iter().flatten().for_each(|units| sum.add(units));
            } else if let Some(integers) = column.as_primitive_opt::<Int64Type>() {
                integers.iter().flatten().for_each(|value| sum.add(value.into()));
            }
        }
    }

    /// Takes what is wrong with one of the rows.
    pub(crate) fn note(&mut self, kind: Kind) {
        for total in &mut self.totals {
            if total.is_lost(kind) {
                total.sum.add_unreadable();
            }
        }
    }

    /// The sums so far, in the order in which they were declared.
    pub(crate) fn sums(&self) -> Vec<ControlSum> {
        self.totals.iter().map(|total| total.sum).collect()
    }
}

impl Total {
    /// Whether a row with that fault has no value that can be read.
    fn is_lost(&self, kind: Kind) -> bool {
        match kind {
            // Where its cells end nobody can tell.
            Kind::StrayQuote { .. } => true,
            Kind::MissingCells { cells } => {
                self.column.is_some_and(|column| column >= cells as usize)
            }
            Kind::Cell { field, fault: CellFault::Type | CellFault::Ambiguous } => {
                field as usize == self.field
            }
            Kind::Cell { .. }
            | Kind::BlankRow
            | Kind::ExtraCells { .. }
            | Kind::Repeated { .. }
            | Kind::NullKey { .. }
            | Kind::ForeignKey { .. }
            | Kind::Computation { .. } => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use shared::completeness::Source;
    use shared::contract::Contract;
    use shared::table::Position;

    use crate::{ChunkParser, ForeignKeys};

    use super::*;

    const CONTRACT: &[u8] = br#"{"resources": [{"name": "r", "path": "r.csv",
        "schema": {"missingValues": ["", "NA"], "fields": [
            {"name": "n", "type": "integer", "constraints": {"maximum": 5}},
            {"name": "note"},
            {"name": "d", "type": "number", "decimal": {"precision": 38, "scale": 2}}]}}]}"#;

    /// The sums of `n` and `d` over the rows of a chunk.
    fn sums(text: &str) -> Vec<ControlSum> {
        let contract = Contract::parse(CONTRACT, None).unwrap();
        let layout = Layout::in_order(&contract.input.schema);
        let declared =
            [0, 2].map(|field| DeclaredTotal { field, source: Source::Trailer, units: 0 });
        let first = Position { row_number: 2, line_number: 2 };
        let foreign_keys = ForeignKeys::default();
        let mut parser = ChunkParser::new(&contract, &layout, first, &foreign_keys)
            .with_totals(&declared, &layout);
        for piece in text.as_bytes().chunks(7) {
            parser.push(piece).unwrap();
        }
        parser.finish().unwrap();
        parser.totals()
    }

    #[test]
    fn a_row_counts_unless_nobody_can_tell_its_value() {
        for (text, expected) in [
            ("", [(0, 0), (0, 0)]),
            ("1,a,0.5\n2,b,1.25\n", [(3, 0), (175, 0)]),
            // A broken constraint is a fault of the row, and no doubt about its value.
            ("9,a,-1\n", [(9, 0), (-100, 0)]),
            ("NA,a,\n\nNA,,NA\n", [(0, 0), (0, 0)]),
            ("x,a,1\n1.5,a,1\n", [(0, 2), (200, 0)]),
            ("1,a,0.001\n", [(1, 0), (0, 1)]),
            ("1,a\n2\n", [(3, 0), (0, 2)]),
            ("1,a,2,3\n", [(1, 0), (200, 0)]),
            ("1,\"a\"b,2\n1,a,2\n", [(1, 1), (200, 1)]),
        ] {
            let found =
                sums(text).into_iter().map(|sum| (sum.units().unwrap(), sum.unreadable_count()));
            assert_eq!(found.collect::<Vec<_>>(), expected, "{text:?}");
        }
    }

    /// What a cell adds to a sum of two places; None if it cannot be read.
    fn model(cell: &str) -> Option<i128> {
        match cell {
            "" | "NA" => Some(0),
            "0.5" => Some(50),
            "-12.34" => Some(-1234),
            "999999999999999999999999999999999999.99" => Some(10_i128.pow(38) - 1),
            "x" | "1.005" => None,
            other => panic!("{other}"),
        }
    }

    proptest! {
        #[test]
        fn the_total_of_chunks_is_that_of_a_model(
            cells in prop::collection::vec(
                prop::sample::select(vec![
                    "", "NA", "0.5", "-12.34", "999999999999999999999999999999999999.99", "x", "1.005",
                ]),
                0..40,
            ),
            at in 0..40_usize,
        ) {
            let texts: Vec<String> = cells.iter().map(|cell| format!("1,a,{cell}\n")).collect();
            let (first, second) = texts.split_at(at.min(texts.len()));
            let mut found = ControlSum::default();
            for chunk in [second, first] {
                found.merge(sums(&chunk.concat())[1]);
            }
            let mut expected = ControlSum::default();
            for cell in cells {
                match model(cell) {
                    Some(units) => expected.add(units),
                    None => expected.add_unreadable(),
                }
            }
            prop_assert_eq!(found, expected);
        }
    }
}
