//! The cells of foreign keys whose values do not show how they were written.

use std::collections::BTreeMap;

use arrow_schema::DataType;
use shared::contract::{Field, FieldType, Schema};
use shared::csv::Cell;
use shared::fault::clipped;
use shared::header::Layout;
use shared::rows::Rows;

/// Bytes of a cell that are kept as they are: what a fault repeats of it is no longer.
const KEPT_LEN: usize = 64;

/// The cells of some fields in the rows of a batch.
#[derive(Debug, Default)]
pub(crate) struct KeyTexts {
    fields: BTreeMap<usize, Texts>,
}

/// The cells of a field, each clipped.
#[derive(Debug)]
struct Texts {
    /// The column of the file that has them (0-based).
    column: usize,
    text: String,
    /// Where each ends in the text.
    ends: Vec<usize>,
}

impl KeyTexts {
    /// Those of `fields` (positions in the schema, 0-based) whose values are not their texts.
    pub(crate) fn new(
        fields: impl Iterator<Item = usize>,
        schema: &Schema,
        layout: &Layout,
    ) -> Self {
        let is_kept = |at: &usize| schema.fields.get(*at).is_some_and(|field| !is_verbatim(field));
        let texts = fields.filter(is_kept).filter_map(|at| {
            let column = layout.column_of(at)?;
            Some((at, Texts { column, text: String::new(), ends: Vec::new() }))
        });
        KeyTexts { fields: texts.collect() }
    }

    /// Takes the next rows.
    pub(crate) fn push(&mut self, rows: &Rows<'_>) {
        for texts in self.fields.values_mut() {
            rows.column(texts.column).for_each(|cell| texts.push(cell));
        }
    }

    /// The cell of a field in that row of the batch (0-based); None if it is not kept.
    pub(crate) fn get(&self, field: usize, row: usize) -> Option<&str> {
        let Texts { text, ends, .. } = self.fields.get(&field)?;
        let start = row.checked_sub(1).map_or(Some(0), |before| ends.get(before).copied())?;
        text.get(start..*ends.get(row)?)
    }

    /// The end of the batch.
    pub(crate) fn clear(&mut self) {
        for Texts { text, ends, .. } in self.fields.values_mut() {
            text.clear();
            ends.clear();
        }
    }
}

impl Texts {
    fn push(&mut self, cell: Option<Cell<'_>>) {
        let cell = cell.map_or("", Cell::text);
        if cell.len() <= KEPT_LEN {
            self.text.push_str(cell);
        } else {
            self.text.push_str(&clipped(cell.as_bytes()));
        }
        self.ends.push(self.text.len());
    }
}

/// Whether the values of a field are the texts of its cells.
fn is_verbatim(field: &Field) -> bool {
    let is_text = field.field_type.data_type() == DataType::Utf8;
    is_text && !matches!(field.field_type, FieldType::Time(_))
}
