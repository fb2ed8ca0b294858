//! One batch of parsed rows to rows of the published table.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::Int64Type;
use arrow_array::{ArrayRef, BooleanArray, RecordBatch};
use arrow_schema::{ArrowError, SchemaRef};
use arrow_select::filter::filter;
use shared::contract::{Column, Computed, Contract};
use shared::fault::{Fault, Kind};

use crate::compute::compute;
use crate::lookup::Lookup;

/// Joins and computes, batch by batch.
///
/// ```
/// use std::sync::Arc;
/// use arrow_array::{ArrayRef, Int64Array, RecordBatch};
/// use enrich::Enricher;
/// use shared::contract::Contract;
/// let contract = br#"{"resources": [{"name": "r", "path": "r.csv",
///     "schema": {"fields": [{"name": "n", "type": "integer"}]},
///     "sluice": {"enrich": {"columns": [{"name": "half", "expression": "n / 2"}]}}}]}"#;
/// let enricher = Enricher::new(Contract::parse(contract, None).unwrap(), Vec::new());
/// let numbers = |number: i64| Arc::new(Int64Array::from(vec![number])) as ArrayRef;
/// let columns = [("row_number", numbers(2)), ("line_number", numbers(2)), ("n", numbers(7))];
/// let enriched = enricher.enrich(&RecordBatch::try_from_iter(columns).unwrap()).unwrap();
/// assert_eq!(enriched.rows.schema(), enricher.schema());
/// assert_eq!((enriched.rows.num_rows(), enriched.faults.len()), (1, 0));
/// ```
#[derive(Debug)]
pub struct Enricher {
    contract: Contract,
    /// Those that aggregates are made of.
    columns: Vec<Column>,
    schema: SchemaRef,
    lookups: Vec<Lookup>,
}

/// What became of the rows of a batch.
#[derive(Debug, Clone)]
pub struct EnrichedBatch {
    /// The accepted rows, in order, with the columns of the published table.
    pub rows: RecordBatch,
    /// Of these rows, what aggregates are made of besides.
    pub derived: Vec<ArrayRef>,
    /// The faults of the other rows, in order.
    pub faults: Vec<Fault<'static>>,
}

/// What is wrong with a row of a batch, by its position there (0-based).
type RowFault = (usize, Kind);

impl Enricher {
    /// An enricher with the joins of `contract` that add columns, in their order there.
    pub fn new(contract: Contract, lookups: Vec<Lookup>) -> Self {
        let schema = Arc::new(contract.published_schema());
        Enricher { columns: contract.measured_columns(), schema, contract, lookups }
    }

    pub(crate) fn contract(&self) -> &Contract {
        &self.contract
    }

    /// The columns that aggregates are made of.
    pub(crate) fn columns(&self) -> &[Column] {
        &self.columns
    }

    /// The schema of the published table.
    pub fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }

    /// Enriches rows as `Parse` leaves them: row number and line number first, then the fields of the
    /// input, then new columns where they are kept.
    ///
    /// # Errors
    /// Never for the data; an [`ArrowError`] would be a bug.
    pub fn enrich(&self, parsed: &RecordBatch) -> Result<EnrichedBatch, ArrowError> {
        let [row_numbers, line_numbers, columns @ ..] = parsed.columns() else {
            return Err(ArrowError::SchemaError("there are no row numbers".to_owned()));
        };
        let row_count = parsed.num_rows();
        let (mut columns, mut faults) = self.extend(columns, row_count)?;
        let mut derived = Vec::new();
        for (at, computed) in (self.contract.computed.len()..).zip(&self.contract.derived) {
            derived.push(add_computed(at, computed, &columns, row_count, &mut faults)?);
        }
        faults.sort_by_key(|&(row, _)| row);
        if !faults.is_empty() {
            let mut accepted = vec![true; row_count];
            for &(row, _) in &faults {
                if let Some(accepted) = accepted.get_mut(row) {
                    *accepted = false;
                }
            }
            let accepted = BooleanArray::from(accepted);
            for column in columns.iter_mut().chain(&mut derived) {
                *column = filter(column, &accepted)?;
            }
        }
        let rows = RecordBatch::try_new(self.schema(), columns)?;
        Ok(EnrichedBatch { rows, derived, faults: placed(&faults, row_numbers, line_numbers) })
    }

    /// All columns of the table, and the faults.
    fn extend(
        &self,
        parsed: &[ArrayRef],
        row_count: usize,
    ) -> Result<(Vec<ArrayRef>, Vec<RowFault>), ArrowError> {
        let field_count = self.contract.input.schema.fields.len();
        let (fields, extra) = parsed.split_at_checked(field_count).unwrap_or((parsed, &[]));
        let mut columns = fields.to_vec();
        let mut faults = Vec::new();
        for lookup in &self.lookups {
            columns.extend(lookup.join(fields)?);
        }
        for (at, computed) in self.contract.computed.iter().enumerate() {
            columns.push(add_computed(at, computed, &columns, row_count, &mut faults)?);
        }
        columns.extend_from_slice(extra);
        Ok((columns, faults))
    }
}

/// The values of what is computed, of which the contract knows it by the position `at`.
fn add_computed(
    at: usize,
    computed: &Computed,
    columns: &[ArrayRef],
    row_count: usize,
    faults: &mut Vec<RowFault>,
) -> Result<ArrayRef, ArrowError> {
    let found = compute(&computed.expression, columns, row_count)?;
    let computed = u32::try_from(at).unwrap_or(u32::MAX);
    let told = found.faults.into_iter();
    faults.extend(told.map(|(row, cause)| (row, Kind::Computation { computed, cause })));
    Ok(found.values)
}

/// The faults with the places of their rows in the file.
fn placed(
    faults: &[RowFault],
    row_numbers: &ArrayRef,
    line_numbers: &ArrayRef,
) -> Vec<Fault<'static>> {
    let number = |numbers: &ArrayRef, row: usize| {
        u64::try_from(numbers.as_primitive::<Int64Type>().value(row)).unwrap_or_default()
    };
    let fault = |&(row, kind): &RowFault| Fault {
        row_number: number(row_numbers, row),
        line_number: number(line_numbers, row),
        kind,
        found: "".into(),
    };
    faults.iter().map(fault).collect()
}
