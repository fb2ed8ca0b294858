//! One batch of parsed rows to rows of the published table.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::Int64Type;
use arrow_array::{ArrayRef, BooleanArray, RecordBatch};
use arrow_schema::{ArrowError, SchemaRef};
use arrow_select::filter::filter_record_batch;
use shared::contract::Contract;
use shared::reference::ReferenceTable;
use shared::reject::{Reject, RejectCode};

use crate::compute::compute;
use crate::error::EnrichError;
use crate::lookup::{Fault, Lookup};

/// Joins and computes, batch by batch.
#[derive(Debug)]
pub struct Enricher<'a> {
    contract: &'a Contract,
    schema: SchemaRef,
    lookups: Vec<Lookup<'a>>,
}

/// What became of the rows of a batch.
#[derive(Debug, Clone)]
pub struct EnrichedBatch {
    /// The accepted rows, in order, with the columns of the published table.
    pub rows: RecordBatch,
    /// The faults of the other rows, in order.
    pub rejects: Vec<Reject>,
}

impl<'a> Enricher<'a> {
    /// An enricher over the reference tables of `contract`, in its order.
    ///
    /// # Errors
    /// [`EnrichError::Reference`].
    pub fn new(
        contract: &'a Contract,
        references: &'a [ReferenceTable],
    ) -> Result<Self, EnrichError> {
        let lookups = contract.joins.iter().filter_map(|join| {
            let table = references.get(join.reference)?;
            let resource = contract.references.get(join.reference)?;
            let lookup = Lookup::new(contract, join, table);
            Some(lookup.map_err(|source| EnrichError::Reference {
                resource: resource.name.clone(),
                source,
            }))
        });
        let lookups = lookups.collect::<Result<_, _>>()?;
        Ok(Enricher { contract, schema: Arc::new(contract.published_schema()), lookups })
    }

    /// The schema of the published table.
    pub fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }

    /// Enriches rows: `row_numbers` first, then the fields of the input.
    ///
    /// # Errors
    /// Never for the data; an [`ArrowError`] would be a bug.
    pub fn enrich(&self, parsed: &RecordBatch) -> Result<EnrichedBatch, ArrowError> {
        let Some((row_numbers, fields)) = parsed.columns().split_first() else {
            return Err(ArrowError::SchemaError("there are no row numbers".to_owned()));
        };
        let (columns, faults) = self.columns(fields, parsed.num_rows())?;
        let rows = RecordBatch::try_new(self.schema(), columns)?;
        if faults.is_empty() {
            return Ok(EnrichedBatch { rows, rejects: Vec::new() });
        }
        let mut accepted = vec![true; rows.num_rows()];
        for fault in &faults {
            if let Some(accepted) = accepted.get_mut(fault.row) {
                *accepted = false;
            }
        }
        let rows = filter_record_batch(&rows, &BooleanArray::from(accepted))?;
        Ok(EnrichedBatch { rows, rejects: to_rejects(faults, row_numbers) })
    }

    /// All columns of the table, and the faults in the order of the rows.
    fn columns(
        &self,
        fields: &[ArrayRef],
        row_count: usize,
    ) -> Result<(Vec<ArrayRef>, Vec<Fault>), ArrowError> {
        let mut columns = fields.to_vec();
        let mut faults = Vec::new();
        for lookup in &self.lookups {
            let (added, missing) = lookup.join(fields)?;
            columns.extend(added);
            faults.extend(missing);
        }
        for column in &self.contract.computed {
            let computed = compute(&column.expression, &columns, row_count)?;
            columns.push(computed.values);
            faults.extend(computed.faults.into_iter().map(|(row, reason)| Fault {
                row,
                column: column.name.clone(),
                code: RejectCode::ComputationError,
                reason: reason.to_owned(),
            }));
        }
        faults.sort_by_key(|fault| fault.row);
        Ok((columns, faults))
    }
}

fn to_rejects(faults: Vec<Fault>, row_numbers: &ArrayRef) -> Vec<Reject> {
    let row_numbers = row_numbers.as_primitive::<Int64Type>();
    faults
        .into_iter()
        .map(|fault| Reject {
            row_number: u64::try_from(row_numbers.value(fault.row)).unwrap_or_default(),
            column: fault.column,
            code: fault.code,
            reason: fault.reason,
        })
        .collect()
}
