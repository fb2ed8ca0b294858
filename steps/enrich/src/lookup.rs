//! Left joins: the row of a reference table that a foreign key names.
//!
//! Rows whose key must name one and does not are rejected before, with all else that is wrong with
//! them.

use arrow_array::ArrayRef;
use arrow_schema::ArrowError;
use arrow_select::take::take;
use shared::contract::Join;
use shared::reference::{KeyIndex, ReferenceError, ReferenceTable};

/// A join and the table that it looks into.
#[derive(Debug)]
pub(crate) struct Lookup<'a> {
    join: &'a Join,
    table: &'a ReferenceTable,
    index: KeyIndex,
}

impl<'a> Lookup<'a> {
    pub(crate) fn new(join: &'a Join, table: &'a ReferenceTable) -> Result<Self, ReferenceError> {
        Ok(Lookup { join, table, index: KeyIndex::new(table, &join.reference_fields)? })
    }

    /// The columns that the join adds to the rows of `fields`.
    pub(crate) fn join(&self, fields: &[ArrayRef]) -> Result<Vec<ArrayRef>, ArrowError> {
        let found = self.index.find(fields, self.join)?;
        let columns = self.join.columns.iter();
        columns
            .filter_map(|lookup| self.table.columns.get(lookup.field))
            .map(|column| take(column, &found, None))
            .collect()
    }
}
