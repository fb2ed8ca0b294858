//! Data for the benchmarks: the same on every machine and in every run.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use arrow_array::RecordBatch;
use enrich::Enricher;
use shared::contract::{Contract, ContractError};
use validate::Hasher;

use crate::work::{self, WorkError};

/// Rows of generated data.
pub const ROW_COUNT: u64 = 100_000;

/// A column by which a type is measured.
#[derive(Debug, Clone, Copy)]
pub struct ColumnOf {
    /// The name of the benchmark.
    pub name: &'static str,
    /// The field's properties, as JSON.
    pub field: &'static str,
    /// Writes the cell that a random number stands for.
    cell: fn(u64, &mut String) -> std::fmt::Result,
}

/// A column of each type.
pub const COLUMNS: [ColumnOf; 7] = [
    ColumnOf {
        name: "integer",
        field: r#""type": "integer""#,
        cell: |n, text| write!(text, "{}", n % 6_000_000),
    },
    ColumnOf {
        name: "decimal",
        field: r#""type": "number", "decimal": {"precision": 15, "scale": 2}"#,
        cell: |n, text| write!(text, "{}.{:02}", n % 90_000, n % 100),
    },
    ColumnOf {
        name: "number",
        field: r#""type": "number""#,
        cell: |n, text| write!(text, "{}.{:03}", n % 90_000, n % 1000),
    },
    ColumnOf {
        name: "date",
        field: r#""type": "date""#,
        cell: |n, text| write!(text, "199{}-0{}-{}", n % 10, n % 9 + 1, n % 19 + 10),
    },
    ColumnOf {
        name: "datetime",
        field: r#""type": "datetime""#,
        cell: |n, text| {
            write!(
                text,
                "199{}-0{}-{}T1{}:2{}:3{}Z",
                n % 10,
                n % 9 + 1,
                n % 19 + 10,
                n % 10,
                n % 7,
                n % 8
            )
        },
    },
    ColumnOf {
        name: "string",
        field: r#""type": "string""#,
        cell: |n, text| {
            text.write_str(
                "carefully final packages nag blithely"
                    .get(..usize::try_from(n % 30).unwrap_or_default() + 4)
                    .unwrap_or_default(),
            )
        },
    },
    ColumnOf {
        name: "boolean",
        field: r#""type": "boolean""#,
        cell: |n, text| write!(text, "{}", n % 2 == 0),
    },
];

impl ColumnOf {
    /// A contract of this column alone, without a header.
    pub fn contract(&self) -> String {
        contract(&[("c", self.field)], "{}", "")
    }

    /// [`ROW_COUNT`] records.
    pub fn text(&self) -> String {
        let mut text = String::new();
        for number in numbers() {
            // A `String` takes everything.
            let _ = (self.cell)(number, &mut text);
            text.push('\n');
        }
        text
    }
}

/// A contract of `fields` without a header, with those properties of our own and those more resources.
fn contract(fields: &[(&str, &str)], sluice: &str, more: &str) -> String {
    let keys = if more.is_empty() {
        ""
    } else {
        r#", "foreignKeys": [{"fields": ["k"], "reference": {"resource": "r", "fields": ["k"]}}]"#
    };
    let fields: Vec<String> =
        fields.iter().map(|(name, field)| format!(r#"{{"name": "{name}", {field}}}"#)).collect();
    let fields = fields.join(", ");
    format!(
        r#"{{"resources": [{{"name": "t", "path": "t.csv", "dialect": {{"header": false}},
            "schema": {{"fields": [{fields}]{keys}}}, "sluice": {sluice}}}{more}]}}"#
    )
}

/// A contract of a table with a key `k` into a table `r`, a group `g` and values `v` and `w`.
pub fn keyed_contract() -> String {
    let fields = [
        ("k", r#""type": "integer""#),
        ("g", r#""type": "string""#),
        ("v", r#""type": "integer""#),
        ("w", r#""type": "number""#),
    ];
    let sluice = r#"{
        "enrich": {"lookups": [{"foreignKey": ["k"], "columns": {"name": "name", "size": "size"},
            "onMissing": "null"}]},
        "aggregates": [{"name": "by_text", "groupBy": ["g"], "measures": {"n": "count(*)",
            "sum_v": "sum(v)", "max_v": "max(v)", "sum_w": "sum(w)", "mean_w": "mean(w)"}}]}"#;
    let more = r#", {"name": "r", "path": "r.csv", "dialect": {"header": false}, "schema":
        {"fields": [{"name": "k", "type": "integer"}, {"name": "name", "type": "string"},
            {"name": "size", "type": "integer"}]}}"#;
    contract(&fields, sluice, more)
}

/// [`ROW_COUNT`] records of the table of [`keyed_contract`], with that around each text.
pub fn keyed_text(quote: &str) -> String {
    let mut text = String::new();
    for n in numbers() {
        let (key, group) = (n % 20_000, n % 7);
        let _ = writeln!(
            text,
            "{key},{quote}group {group}{quote},{},{}.{:02}",
            n % 1000,
            n % 50,
            n % 100
        );
    }
    text
}

/// The table `r` of [`keyed_contract`].
pub fn reference_text() -> String {
    let mut text = String::new();
    for key in 0..20_000 {
        let _ = writeln!(text, "{key},Manufacturer#{},{}", key % 5, key % 50);
    }
    text
}

/// Numbers that look random: Knuth's linear congruential generator, MMIX.
fn numbers() -> impl Iterator<Item = u64> {
    let next = |n: &u64| {
        Some(n.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407))
    };
    let count = usize::try_from(ROW_COUNT).unwrap_or_default();
    std::iter::successors(Some(1_u64), next).skip(1).take(count).map(|n| n >> 33)
}

/// The rows of [`keyed_text`] with what they need.
#[derive(Debug)]
pub struct Keyed {
    /// The contract.
    pub contract: Contract,
    /// The text of the table `r`.
    pub references: BTreeMap<&'static str, String>,
    /// What adds its columns.
    pub enricher: Enricher,
    /// The rows as they are parsed.
    pub parsed: Vec<RecordBatch>,
}

impl Keyed {
    /// Parses them.
    ///
    /// # Errors
    /// None, unless this module contradicts itself.
    pub fn new() -> Result<Self, KeyedError> {
        let contract = Contract::parse(keyed_contract().as_bytes(), None)?;
        let references = BTreeMap::from([("r", reference_text())]);
        let enricher = work::enricher(&contract, &work::tables(&contract, &references)?)?;
        let text = keyed_text("");
        let pieces = work::pieces(text.clone());
        let (scanned, _) = work::scan(&contract, u64::MAX, Hasher::here(), pieces)?;
        let mut parsed = Vec::new();
        for &chunk in &scanned.chunks {
            parsed.extend(work::parse(&contract, &scanned.layout, chunk, &text)?);
        }
        Ok(Keyed { contract, references, enricher, parsed })
    }

    /// The rows with the columns of the table `r`.
    ///
    /// # Errors
    /// None, unless this module contradicts itself.
    pub fn enriched(&self) -> Result<Vec<RecordBatch>, WorkError> {
        self.parsed.iter().map(|batch| work::enrich(&self.enricher, batch)).collect()
    }
}

/// Generated data that are not as this module thinks.
#[derive(Debug, thiserror::Error)]
pub enum KeyedError {
    /// The contract is none.
    #[error("cannot read the contract")]
    Contract(#[from] ContractError),
    /// The data are not of it.
    #[error("cannot use the data")]
    Work(#[from] WorkError),
}
