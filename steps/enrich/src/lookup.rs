//! Left joins: the row of a reference table that a foreign key names.
//!
//! Rows whose key must name one and does not are rejected before, with all else that is wrong with
//! them.
//!
//! Invariant: of a reference table only the columns are kept that joins add, and its index.

use std::sync::Arc;

use arrow_array::{Array, ArrayRef};
use arrow_schema::ArrowError;
use arrow_select::concat::concat;
use arrow_select::take::take;
use shared::contract::Join;
use shared::reference::{KeyIndex, ReferenceError, ReferenceTable};

/// A join and what it needs of its table.
#[derive(Debug, Clone)]
pub struct Lookup {
    join: Join,
    /// Those of the table, with the defaults as a last row where there are any.
    columns: Vec<ArrayRef>,
    index: Arc<KeyIndex>,
    /// The row of the defaults.
    missing: Option<u32>,
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
            lookups.push(Lookup::new(join, table, index)?);
        }
        Ok(lookups)
    }

    fn new(
        join: &Join,
        table: &ReferenceTable,
        index: Arc<KeyIndex>,
    ) -> Result<Self, ReferenceError> {
        let taken = join.columns.iter();
        let taken = taken.filter_map(|lookup| Some((table.columns.get(lookup.field)?, lookup)));
        let has_defaults = join.columns.iter().any(|lookup| lookup.default.null_count() == 0);
        let columns = taken.map(|(column, lookup)| {
            if has_defaults { concat(&[column, &lookup.default]) } else { Ok(column.clone()) }
        });
        let columns: Vec<ArrayRef> = columns.collect::<Result<_, _>>()?;
        let last = columns.first().and_then(|column| u32::try_from(column.len() - 1).ok());
        let missing = last.filter(|_| has_defaults);
        Ok(Lookup { join: join.clone(), columns, index, missing })
    }

    /// The columns that the join adds to the rows of `fields`.
    pub(crate) fn join(&self, fields: &[ArrayRef]) -> Result<Vec<ArrayRef>, ArrowError> {
        let found = self.index.find(fields, &self.join, self.missing)?;
        self.columns.iter().map(|column| take(column, &found, None)).collect()
    }

    /// Its place among the joins of the contract (0-based).
    pub(crate) fn position(&self) -> usize {
        self.join.position
    }
}
