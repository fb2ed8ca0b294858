//! Left joins: the row of a reference table that a foreign key names.
//!
//! Rows whose key must name one and does not are rejected before, with all else that is wrong with
//! them.
//!
//! Invariant: of a reference table only the columns are kept that joins add, and its index.

use std::sync::Arc;

use arrow_array::ArrayRef;
use arrow_schema::ArrowError;
use arrow_select::take::take;
use shared::contract::Join;
use shared::reference::{KeyIndex, ReferenceError, ReferenceTable};

/// A join and what it needs of its table.
#[derive(Debug)]
pub struct Lookup {
    join: Join,
    columns: Vec<ArrayRef>,
    index: Arc<KeyIndex>,
}

impl Lookup {
    /// Those joins of one table; joins by the same fields of it share an index.
    ///
    /// # Errors
    /// [`ReferenceError`], where the keys of the table are not unique.
    pub fn all<'a>(
        joins: impl IntoIterator<Item = &'a Join>,
        table: &ReferenceTable,
    ) -> Result<Vec<Self>, ReferenceError> {
        let mut lookups: Vec<Lookup> = Vec::new();
        for join in joins {
            let same = |other: &&Lookup| other.join.reference_fields == join.reference_fields;
            let index = match lookups.iter().find(same) {
                Some(other) => Arc::clone(&other.index),
                None => Arc::new(KeyIndex::new(table, &join.reference_fields)?),
            };
            let columns = join.columns.iter();
            let columns = columns.filter_map(|lookup| table.columns.get(lookup.field)).cloned();
            lookups.push(Lookup { join: join.clone(), columns: columns.collect(), index });
        }
        Ok(lookups)
    }

    /// The columns that the join adds to the rows of `fields`.
    pub(crate) fn join(&self, fields: &[ArrayRef]) -> Result<Vec<ArrayRef>, ArrowError> {
        let found = self.index.find(fields, &self.join)?;
        self.columns.iter().map(|column| take(column, &found, None)).collect()
    }

    /// Its place among the joins of the contract (0-based).
    pub(crate) fn position(&self) -> usize {
        self.join.position
    }
}
