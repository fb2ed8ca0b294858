//! Which column of a file holds which field.

use serde::{Deserialize, Serialize};

use crate::contract::Schema;

/// What a column of a file holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Place {
    /// The field at this position of the schema, 0-based.
    Field(usize),
    /// No field: a column of this label that is kept as text.
    Kept(String),
    /// No field: a column that the contract lets pass.
    Ignored,
}

/// Which column of a file holds which field.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Layout {
    /// Leading cells of each record that are not the file's own: those of
    /// [`MARKERS`](super::MARKERS), in a file of corrected records.
    pub lead: usize,
    /// What each of the file's own columns holds, in order.
    pub columns: Vec<Place>,
    /// Row numbers of the header, in order; none if there is none.
    pub header_rows: Vec<u64>,
}

impl Layout {
    /// The fields of `schema`, in order.
    pub fn in_order(schema: &Schema) -> Self {
        let columns = (0..schema.fields.len()).map(Place::Field).collect();
        Layout { lead: 0, columns, header_rows: Vec::new() }
    }

    /// Number of the file's own columns.
    pub fn width(&self) -> usize {
        self.columns.len()
    }

    /// Position of the field in that column (0-based), if it holds one.
    pub fn field_of(&self, column: usize) -> Option<usize> {
        match self.columns.get(column)? {
            Place::Field(field) => Some(*field),
            Place::Kept(_) | Place::Ignored => None,
        }
    }

    /// Position of the column with that field (both 0-based), if there is one.
    pub fn column_of(&self, field: usize) -> Option<usize> {
        self.columns.iter().position(|place| *place == Place::Field(field))
    }

    /// The columns that are kept as text: position (0-based) and label.
    pub fn kept(&self) -> impl Iterator<Item = (usize, &str)> {
        self.columns.iter().enumerate().filter_map(|(at, place)| match place {
            Place::Kept(label) => Some((at, label.as_str())),
            Place::Field(_) | Place::Ignored => None,
        })
    }

    /// Number of columns that are let pass.
    pub fn ignored_count(&self) -> usize {
        self.columns.iter().filter(|place| **place == Place::Ignored).count()
    }
}
