//! One batch of parsed rows to rows of the published table.

use std::collections::BTreeSet;
use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::Int64Type;
use arrow_array::{ArrayRef, BooleanArray, RecordBatch, StringArray, TimestampMicrosecondArray};
use arrow_cast::display::array_value_to_string;
use arrow_schema::{ArrowError, SchemaRef};
use arrow_select::filter::filter;
use shared::contract::{Column, Computed, Contract, Origin, instant_type};
use shared::fault::{Fault, Kind, clipped};
use shared::salt::Hashers;

use crate::asked::AskedRows;
use crate::compute::{check_text, compute};
use crate::lookup::{Joined, Lookup};

/// Where the rows of an execution come from.
#[derive(Debug, Clone, Default)]
pub struct Source {
    /// Key of the file.
    pub key: String,
    /// Its version, where the bucket keeps versions.
    pub version: Option<String>,
    /// When it was dropped, in milliseconds since 1970-01-01T00:00:00Z.
    pub event_time_ms: i64,
    /// Name of the execution.
    pub execution: String,
}

/// Joins and computes, batch by batch.
///
/// ```
/// use std::sync::Arc;
/// use arrow_array::{ArrayRef, Int64Array, RecordBatch};
/// use enrich::{Enricher, Source};
/// use shared::contract::Contract;
/// use shared::salt::Hashers;
/// let contract = br#"{"resources": [{"name": "r", "path": "r.csv",
///     "schema": {"fields": [{"name": "n", "type": "integer"}]},
///     "sluice": {"enrich": {"columns": [{"name": "half", "expression": "n / 2"}]}}}]}"#;
/// let contract = Contract::parse(contract, None).unwrap();
/// let enricher = Enricher::new(contract, Vec::new(), Source::default(), Hashers::default());
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
    /// Of each that is derived, the rows that it is asked for.
    asked: Vec<AskedRows>,
    schema: SchemaRef,
    lookups: Vec<Lookup>,
    source: Source,
    hashers: Hashers,
}

/// What became of the rows of a batch.
#[derive(Debug, Clone)]
pub struct EnrichedBatch {
    /// The accepted rows, in order, with the columns of the published table.
    pub rows: RecordBatch,
    /// Their numbers in the file.
    pub row_numbers: ArrayRef,
    /// Of these rows, the columns that aggregates are made of:
    /// [`Contract::measured_columns`].
    pub measured: Vec<ArrayRef>,
    /// The faults of the other rows, in order.
    pub faults: Vec<Fault<'static>>,
}

/// What is wrong with a row of a batch.
#[derive(Debug)]
pub(crate) struct RowFault {
    /// Its position there (0-based).
    pub(crate) row: usize,
    kind: Kind,
    /// What was found, clipped; empty where there is nothing to show.
    found: String,
}

impl Enricher {
    /// An enricher with the joins of `contract` that add columns, in their order there, and what
    /// hashes under the salts that it names.
    pub fn new(contract: Contract, lookups: Vec<Lookup>, source: Source, hashers: Hashers) -> Self {
        let schema = Arc::new(contract.published_schema());
        let columns = contract.measured_columns();
        let derived = columns.len() - contract.derived.len()..columns.len();
        let asked = derived.map(|at| AskedRows::of(at, &contract)).collect();
        Enricher { contract, columns, asked, schema, lookups, source, hashers }
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
    /// [`ArrowError::MemoryError`] for several rows that become more text than a batch may have; never for one row.
    /// Any other would be a bug.
    pub fn enrich(&self, parsed: &RecordBatch) -> Result<EnrichedBatch, ArrowError> {
        let [row_numbers, line_numbers, columns @ ..] = parsed.columns() else {
            return Err(ArrowError::SchemaError("there are no row numbers".to_owned()));
        };
        let row_count = parsed.num_rows();
        let numbers = [row_numbers, line_numbers];
        let mut accepted_numbers = Arc::clone(row_numbers);
        let (mut measured, mut faults) = self.extend(columns, numbers, row_count)?;
        let column_count = measured.len();
        faults.extend(self.derive(&mut measured, row_count)?);
        faults.sort_by_key(|fault| fault.row);
        if !faults.is_empty() {
            let mut accepted = vec![true; row_count];
            for fault in &faults {
                if let Some(accepted) = accepted.get_mut(fault.row) {
                    *accepted = false;
                }
            }
            let accepted = BooleanArray::from(accepted);
            for column in measured.iter_mut().chain([&mut accepted_numbers]) {
                *column = filter(column, &accepted)?;
            }
        }
        let published = self.contract.published(measured.iter().take(column_count));
        let rows = RecordBatch::try_new(self.schema(), published.map(Arc::clone).collect())?;
        let faults = placed(faults, row_numbers, line_numbers);
        Ok(EnrichedBatch { rows, row_numbers: accepted_numbers, measured, faults })
    }

    /// All columns of the table, and the faults.
    fn extend(
        &self,
        parsed: &[ArrayRef],
        numbers: [&ArrayRef; 2],
        row_count: usize,
    ) -> Result<(Vec<ArrayRef>, Vec<RowFault>), ArrowError> {
        let field_count = self.contract.input.schema.fields.len();
        let (fields, extra) = parsed.split_at_checked(field_count).unwrap_or((parsed, &[]));
        let mut columns = fields.to_vec();
        let mut faults = Vec::new();
        // Where the contract knows what is computed for keys.
        let mut at = self.contract.computed.len() + self.contract.derived.len();
        for lookup in &self.lookups {
            columns.extend(self.look_up(lookup, at, fields, row_count, &mut faults)?);
            at += lookup.key().len();
            check_text(&columns, row_count)?;
        }
        for (at, computed) in self.contract.computed.iter().enumerate() {
            columns.push(self.compute(at, computed, &columns, row_count, &mut faults)?);
        }
        let lineage = self.contract.lineage.iter();
        columns.extend(lineage.map(|column| self.origin(column.origin, numbers, row_count)));
        columns.extend_from_slice(extra);
        Ok((columns, faults))
    }

    /// The columns that a lookup adds, whose key is known by the positions from `at` on where it is computed.
    fn look_up(
        &self,
        lookup: &Lookup,
        at: usize,
        fields: &[ArrayRef],
        row_count: usize,
        faults: &mut Vec<RowFault>,
    ) -> Result<Vec<ArrayRef>, ArrowError> {
        if lookup.key().is_empty() {
            return Ok(lookup.join(&lookup.fields(fields))?.columns);
        }
        let (mut key, mut key_faults) = (Vec::new(), Vec::new());
        for (at, computed) in (at..).zip(lookup.key()) {
            key.push(self.compute(at, computed, fields, row_count, &mut key_faults)?);
        }
        let Joined { columns, missing } = lookup.join(&key)?;
        let at_fault: BTreeSet<usize> = key_faults.iter().map(|fault| fault.row).collect();
        for row in missing.into_iter().filter(|row| !at_fault.contains(row)) {
            let foreign_key = u32::try_from(lookup.position()).unwrap_or(u32::MAX);
            let found = key_text(&key, row)?;
            faults.push(RowFault { row, kind: Kind::ForeignKey { foreign_key }, found });
        }
        faults.extend(key_faults);
        Ok(columns)
    }

    /// Adds what aggregates are made of besides columns of the table, and gives its faults.
    fn derive(
        &self,
        columns: &mut Vec<ArrayRef>,
        row_count: usize,
    ) -> Result<Vec<RowFault>, ArrowError> {
        let mut faults = Vec::new();
        for (at, computed) in (self.contract.computed.len()..).zip(&self.contract.derived) {
            let mut own = Vec::new();
            columns.push(self.compute(at, computed, columns, row_count, &mut own)?);
            faults.push(own);
        }
        let faults = self.asked.iter().zip(faults);
        Ok(faults.flat_map(|(asked, own)| asked.faults(own, columns)).collect())
    }

    /// The values of what is computed, of which the contract knows it by the position `at`.
    fn compute(
        &self,
        at: usize,
        computed: &Computed,
        columns: &[ArrayRef],
        row_count: usize,
        faults: &mut Vec<RowFault>,
    ) -> Result<ArrayRef, ArrowError> {
        let found = compute(&computed.expression, columns, row_count, &self.hashers)?;
        let computed = u32::try_from(at).unwrap_or(u32::MAX);
        faults.extend(found.faults.into_iter().map(|(row, cause)| {
            let kind = Kind::Computation { computed, cause };
            RowFault { row, kind, found: String::new() }
        }));
        Ok(found.values)
    }

    /// Where each row comes from.
    fn origin(&self, origin: Origin, numbers: [&ArrayRef; 2], row_count: usize) -> ArrayRef {
        let texts = |text: Option<&str>| -> ArrayRef {
            Arc::new(std::iter::repeat_n(text, row_count).collect::<StringArray>())
        };
        let [row_numbers, line_numbers] = numbers;
        match origin {
            Origin::Key => texts(Some(&self.source.key)),
            Origin::Version => texts(self.source.version.as_deref()),
            Origin::Execution => texts(Some(&self.source.execution)),
            Origin::Time => {
                let micros = self.source.event_time_ms.saturating_mul(1000);
                let instants = TimestampMicrosecondArray::from_value(micros, row_count);
                Arc::new(instants.with_data_type(instant_type()))
            }
            Origin::RowNumber => Arc::clone(row_numbers),
            Origin::LineNumber => Arc::clone(line_numbers),
        }
    }
}

/// The faults with the places of their rows in the file.
fn placed(
    faults: Vec<RowFault>,
    row_numbers: &ArrayRef,
    line_numbers: &ArrayRef,
) -> Vec<Fault<'static>> {
    let number = |numbers: &ArrayRef, row: usize| {
        u64::try_from(numbers.as_primitive::<Int64Type>().value(row)).unwrap_or_default()
    };
    let fault = |fault: RowFault| Fault {
        row_number: number(row_numbers, fault.row),
        line_number: number(line_numbers, fault.row),
        kind: fault.kind,
        found: fault.found.into(),
    };
    faults.into_iter().map(fault).collect()
}

/// The values of a key as they were looked up.
fn key_text(key: &[ArrayRef], row: usize) -> Result<String, ArrowError> {
    let values = key.iter().map(|values| array_value_to_string(values, row));
    let text = values.collect::<Result<Vec<_>, _>>()?.join(",");
    Ok(clipped(text.as_bytes()).into_owned())
}

#[cfg(test)]
mod tests {
    use arrow_array::Int64Array;
    use arrow_array::types::TimestampMicrosecondType;
    use serde_json::json;

    use super::*;

    #[test]
    fn rows_say_where_they_come_from_and_aggregates_see_it() {
        let contract = json!({ "resources": [{
            "name": "r", "path": "r.csv", "schema": { "fields": [{ "name": "n", "type": "integer" }] },
            "sluice": {
                "enrich": {
                    "columns": [{ "name": "inverse", "expression": "1 / n" }],
                    "lineage": { "file": "key", "of": "version", "at": "time", "by": "execution",
                                 "row": "rowNumber", "line": "lineNumber" }
                },
                "aggregates": [{ "name": "a", "groupBy": ["file"], "filter": "n > 1",
                                 "measures": { "m": "max(row * 10)" } }]
            }
        }] });
        let contract = Contract::parse(contract.to_string().as_bytes(), None).unwrap();
        assert_eq!(contract.aggregates[0].group_by[0].column, 2);
        let source = Source {
            key: "r/1.csv".to_owned(),
            version: None,
            event_time_ms: 1500,
            execution: "e".to_owned(),
        };
        let enricher = Enricher::new(contract, Vec::new(), source, Hashers::default());
        let numbers = |values: [i64; 3]| Arc::new(Int64Array::from(values.to_vec())) as ArrayRef;
        let columns = [
            ("row_number", numbers([2, 3, 4])),
            ("line_number", numbers([5, 6, 7])),
            ("n", numbers([1, 0, 2])),
        ];
        let parsed = RecordBatch::try_from_iter(columns).unwrap();
        let EnrichedBatch { rows, row_numbers, measured, faults } =
            enricher.enrich(&parsed).unwrap();
        assert_eq!((rows.num_rows(), faults.len(), faults[0].row_number), (2, 1, 3));
        assert_eq!(rows["file"].as_string::<i32>().value(1), "r/1.csv");
        assert_eq!(rows["of"].null_count(), 2);
        assert_eq!(rows["at"].as_primitive::<TimestampMicrosecondType>().values(), &[1_500_000; 2]);
        assert_eq!(rows["by"].as_string::<i32>().value(0), "e");
        assert_eq!(rows["row"].as_primitive::<Int64Type>().values(), &[2, 4]);
        assert_eq!(row_numbers.as_primitive::<Int64Type>().values(), &[2, 4]);
        assert_eq!(rows["line"].as_primitive::<Int64Type>().values(), &[5, 7]);
        assert_eq!(measured[..rows.num_columns()], *rows.columns());
        let derived = &measured[rows.num_columns()..];
        assert_eq!(derived.len(), 2, "the filter and what is measured");
        assert_eq!(derived[0].as_boolean().values().iter().collect::<Vec<_>>(), [false, true]);
        assert_eq!(derived[1].as_primitive::<Int64Type>().values(), &[20, 40]);
    }

    #[test]
    fn all_texts_of_a_batch_are_held_to_one_limit() {
        let columns: Vec<_> = (0..20)
            .map(|at| json!({ "name": format!("c{at}"), "expression": "lower(s)" }))
            .collect();
        let contract = json!({ "resources": [{
            "name": "r", "path": "r.csv", "schema": { "fields": [{ "name": "s" }] },
            "sluice": { "enrich": { "columns": columns } }
        }] });
        let contract = Contract::parse(contract.to_string().as_bytes(), None).unwrap();
        let enricher = Enricher::new(contract, Vec::new(), Source::default(), Hashers::default());
        // 21 MiB for each row.
        let text = "x".repeat(1 << 20);
        let enrich = |count: usize| {
            let numbers = Arc::new(Int64Array::from(vec![2; count])) as ArrayRef;
            let texts = Arc::new(StringArray::from(vec![text.as_str(); count])) as ArrayRef;
            let columns =
                [("row_number", Arc::clone(&numbers)), ("line_number", numbers), ("s", texts)];
            enricher.enrich(&RecordBatch::try_from_iter(columns).unwrap())
        };
        assert_eq!(enrich(3).unwrap().rows.num_rows(), 3);
        assert!(matches!(enrich(4), Err(ArrowError::MemoryError(_))));
    }
}
