//! Left joins: the row of a reference table that a foreign key names.

use arrow_array::{Array, ArrayRef, UInt32Array};
use arrow_cast::display::array_value_to_string;
use arrow_schema::ArrowError;
use arrow_select::take::take;
use shared::contract::{Contract, Join, OnMissing};
use shared::reference::{KeyIndex, ReferenceError, ReferenceTable, is_key, select};
use shared::reject::{RejectCode, quoted};

/// A join and the table that it looks into.
#[derive(Debug)]
pub(crate) struct Lookup<'a> {
    join: &'a Join,
    /// Name of the reference table.
    resource: &'a str,
    /// Name of the key, its fields joined by commas.
    key_name: String,
    table: &'a ReferenceTable,
    index: KeyIndex,
}

/// A fault of one row of a batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Fault {
    /// Position in the batch, 0-based.
    pub(crate) row: usize,
    pub(crate) column: String,
    pub(crate) code: RejectCode,
    pub(crate) reason: String,
}

impl<'a> Lookup<'a> {
    pub(crate) fn new(
        contract: &'a Contract,
        join: &'a Join,
        table: &'a ReferenceTable,
    ) -> Result<Self, ReferenceError> {
        let fields = &contract.input.schema.fields;
        let names = join.fields.iter().filter_map(|&at| fields.get(at));
        let names: Vec<&str> = names.map(|field| field.name.as_str()).collect();
        let resource = contract.references.get(join.reference);
        Ok(Lookup {
            join,
            resource: resource.map_or("", |resource| &resource.name),
            key_name: names.join(","),
            table,
            index: KeyIndex::new(table, &join.reference_fields)?,
        })
    }

    /// The columns that the join adds to the rows of `fields`, and the rows whose key names nothing
    /// although it must.
    pub(crate) fn join(
        &self,
        fields: &[ArrayRef],
    ) -> Result<(Vec<ArrayRef>, Vec<Fault>), ArrowError> {
        let found = self.index.find(fields, self.join)?;
        let added = self
            .join
            .columns
            .iter()
            .filter_map(|lookup| self.table.columns.get(lookup.field))
            .map(|column| take(column, &found, None))
            .collect::<Result<_, _>>()?;
        let faults = match self.join.on_missing {
            OnMissing::Null => Vec::new(),
            OnMissing::Reject => self.missing(fields, &found)?,
        };
        Ok((added, faults))
    }

    fn missing(&self, fields: &[ArrayRef], found: &UInt32Array) -> Result<Vec<Fault>, ArrowError> {
        let key = select(fields, &self.join.fields);
        (0..found.len())
            .filter(|&row| found.is_null(row) && is_key(&key, row))
            .map(|row| {
                let values: Vec<String> = key
                    .iter()
                    .map(|column| array_value_to_string(column, row))
                    .collect::<Result<_, _>>()?;
                let values = quoted(values.join(",").as_bytes());
                Ok(Fault {
                    row,
                    column: self.key_name.clone(),
                    code: RejectCode::ForeignKey,
                    reason: format!("no row of `{}` has the key {values}", self.resource),
                })
            })
            .collect()
    }
}
