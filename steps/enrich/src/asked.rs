//! Which rows need what aggregates are made of.

use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrayRef};
use shared::contract::{Asked, Contract};

use crate::enricher::RowFault;

/// The rows for which a derived column is asked: those for which some aggregate has all of its filters true.
///
/// A filter is asked itself for all rows that may reach it: that of an aggregate for all, that of a measure where that
/// of its aggregate is true. Where a filter is at fault it is null, so that it asks for nothing.
#[derive(Debug)]
pub(crate) struct AskedRows(Vec<Asked>);

impl AskedRows {
    /// Those of the column at that position among [`Contract::measured_columns`].
    pub(crate) fn of(at: usize, contract: &Contract) -> Self {
        AskedRows(contract.asked(at).collect())
    }

    /// Those of the faults of the column whose rows are asked for; `columns` are all that aggregates are made of.
    pub(crate) fn faults(
        &self,
        faults: Vec<RowFault>,
        columns: &[ArrayRef],
    ) -> impl Iterator<Item = RowFault> {
        faults.into_iter().filter(|fault| self.contains(fault.row, columns))
    }

    fn contains(&self, row: usize, columns: &[ArrayRef]) -> bool {
        let is_true = |at: &usize| {
            let truth = columns.get(*at).and_then(|column| column.as_boolean_opt());
            truth.is_some_and(|truth| truth.is_valid(row) && truth.value(row))
        };
        self.0.iter().any(|filters| filters.iter().all(is_true))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow_array::cast::AsArray;
    use arrow_array::types::Int64Type;
    use arrow_array::{ArrayRef, Int64Array, RecordBatch, StringArray};
    use serde_json::{Value, json};
    use shared::contract::Contract;
    use shared::salt::Hashers;

    use crate::enricher::{Enricher, Source};

    /// The numbers of the rows that those aggregates reject, of the rows `i`: 1, 2, 0, null and `s`: `1`, `abc`, `3`,
    /// `abc`, which are those from 2 on.
    #[track_caller]
    fn check(aggregates: &Value, expected: &[u64]) {
        let contract = json!({ "resources": [{
            "name": "r", "path": "r.csv",
            "schema": { "fields": [{ "name": "i", "type": "integer" }, { "name": "s" }] },
            "sluice": { "aggregates": aggregates }
        }] });
        let contract = contract.to_string();
        let contract = Contract::parse(contract.as_bytes(), None).unwrap();
        let enricher = Enricher::new(contract, Vec::new(), Source::default(), Hashers::default());
        let numbers = Arc::new(Int64Array::from(vec![2, 3, 4, 5])) as ArrayRef;
        let columns = [
            ("row_number", Arc::clone(&numbers)),
            ("line_number", numbers),
            ("i", Arc::new(Int64Array::from(vec![Some(1), Some(2), Some(0), None]))),
            ("s", Arc::new(StringArray::from(vec!["1", "abc", "3", "abc"]))),
        ];
        let found = enricher.enrich(&RecordBatch::try_from_iter(columns).unwrap()).unwrap();
        let mut rejected: Vec<u64> = found.faults.iter().map(|fault| fault.row_number).collect();
        rejected.dedup();
        assert_eq!(rejected, expected, "{aggregates}");
        let accepted = found.row_numbers.as_primitive::<Int64Type>().values();
        assert_eq!(accepted.len() + expected.len(), 4, "{aggregates}");
    }

    fn all(measure: &str) -> Value {
        json!({ "name": "all", "measures": { "m": measure } })
    }

    #[test]
    fn a_row_that_a_filter_leaves_out_is_not_rejected_for_what_is_measured_of_others() {
        let by = |name: &str, filter: Option<&str>, group_by: Value, measure: &str| json!({ "name": name, "filter": filter, "groupBy": group_by, "measures": { "m": measure } });
        let numeric = Some("s <> 'abc'");
        let number = "sum(CAST(s AS BIGINT))";
        for (aggregates, expected) in [
            (json!([all(number)]), &[3, 5][..]),
            (json!([all("sum(CAST(s AS BIGINT)) FILTER (WHERE s <> 'abc')")]), &[]),
            (json!([by("a", numeric, json!([]), number)]), &[]),
            (json!([all("sum(10 % i)")]), &[4]),
            (json!([all("sum(10 % i) FILTER (WHERE i <> 0)")]), &[]),
            // Null is not true.
            (json!([all("sum(CAST(s AS BIGINT)) FILTER (WHERE i < 9)")]), &[3]),
            // What makes groups is asked where the aggregate's filter is true, whatever a measure's is.
            (json!([by("a", numeric, json!(["CAST(s AS BIGINT)"]), "count(*)")]), &[]),
            (json!([by("a", None, json!(["10 % i"]), "count(*) FILTER (WHERE i <> 0)")]), &[4]),
            // Both filters must be true.
            (
                json!([by(
                    "a",
                    Some("i > 0"),
                    json!([]),
                    "sum(CAST(s AS BIGINT)) FILTER (WHERE s <> 'abc')"
                )]),
                &[],
            ),
            (
                json!([by(
                    "a",
                    Some("i > 0"),
                    json!([]),
                    "sum(CAST(s AS BIGINT)) FILTER (WHERE i < 2)"
                )]),
                &[],
            ),
            (json!([by("a", Some("i > 0"), json!([]), number)]), &[3]),
            // One of two uses is enough.
            (json!([by("a", numeric, json!([]), number), all("min(CAST(s AS BIGINT))")]), &[3, 5]),
            (
                json!([
                    by("a", numeric, json!([]), number),
                    by("b", Some("i = 2"), json!([]), number)
                ]),
                &[3],
            ),
            (
                json!([{ "name": "a", "measures": {
                    "m": "sum(10 % i) FILTER (WHERE i <> 0)", "n": "max(10 % i) FILTER (WHERE i = 0)"
                } }]),
                &[4],
            ),
            // A filter is asked for all rows, that of a measure for those that reach it.
            (json!([by("a", Some("10 % i > 0"), json!([]), "count(*)")]), &[4]),
            (json!([all("count(*) FILTER (WHERE 10 % i > 0)")]), &[4]),
            (
                json!([by("a", Some("i <> 0"), json!([]), "count(*) FILTER (WHERE 10 % i > 0)")]),
                &[],
            ),
            // A filter at fault asks for nothing more, whichever comes first.
            (
                json!([
                    by(
                        "a",
                        None,
                        json!([]),
                        "max(CAST(s AS BIGINT) > 0) FILTER (WHERE 10 % i > 0)"
                    ),
                    by(
                        "b",
                        Some("i > 1"),
                        json!([]),
                        "max(10 % i > 0) FILTER (WHERE CAST(s AS BIGINT) > 0)"
                    )
                ]),
                &[3, 4],
            ),
        ] {
            check(&aggregates, expected);
        }
    }
}
