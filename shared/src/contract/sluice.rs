//! Our own property of the input resource, as it is written.
//!
//! `sluice.schema.json` beside the crate describes it for editors and other tools.
//!
//! Invariant: that schema is made of these types (a test compares them).

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

use super::completeness::ManifestRule;
use super::lineage::Origin;
use super::policy::{Drift, Duplicates, Revisions};

/// What the standard lacks.
#[derive(Debug, Clone, Default, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[cfg_attr(test, schemars(title = "The `sluice` property of a Data Resource"))]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub(super) struct Sluice {
    /// How much may be wrong with a file that is published all the same.
    pub(super) tolerance: Tolerance,
    /// How far the columns of a file may differ from the schema, beyond what `fieldsMatch` allows.
    pub(super) drift: Drift,
    /// What tells a whole file from one that lacks a part.
    pub(super) completeness: CompletenessText,
    /// What becomes of a file whose bytes are those of a file of the dataset whose rows are published, whatever
    /// its key.
    pub(super) duplicates: Duplicates,
    /// What becomes of a file that is dropped under the key of one whose rows are published.
    pub(super) revisions: Revisions,
    /// What is added to each row.
    pub(super) enrich: Enrich,
    /// What is counted and summed of each file.
    pub(super) aggregates: Vec<AggregateText>,
}

/// How much may be wrong with a file that is published all the same.
#[derive(Debug, Clone, Default, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub(super) struct Tolerance {
    /// The part of the rows that may be rejected.
    #[cfg_attr(test, schemars(with = "f64", range(min = 0.0, max = 1.0)))]
    pub(super) rejected_fraction: Fraction,
}

/// A number from 0 to 1.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(try_from = "f64", into = "f64")]
pub(super) struct Fraction(f64);

impl TryFrom<f64> for Fraction {
    type Error = &'static str;

    fn try_from(number: f64) -> Result<Self, Self::Error> {
        let inside = (0.0..=1.0).contains(&number);
        if inside { Ok(Fraction(number)) } else { Err("expected a number from 0 to 1") }
    }
}

impl From<Fraction> for f64 {
    fn from(fraction: Fraction) -> Self {
        fraction.0
    }
}

/// What tells a whole file from one that lacks a part.
#[derive(Debug, Clone, Default, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub(super) struct CompletenessText {
    /// Whether a file has a manifest beside it, under its own key with `.manifest.json` behind: a JSON object
    /// with `rowCount`, `byteLen`, `sha256` and `totals`, each of which may be left out. It is dropped before
    /// the file.
    pub(super) manifest: Option<ManifestRule>,
    /// The record that ends the file and is no data.
    pub(super) trailer: Option<TrailerText>,
    /// The exact sums of columns over all rows, rejected ones included: field to who declares it. The fields
    /// are integers, or numbers with `decimal`.
    pub(super) totals: IndexMap<String, TotalText>,
}

/// The record that ends a file and is no data.
#[derive(Debug, Clone, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct TrailerText {
    /// The text of its first cell.
    #[cfg_attr(test, schemars(length(min = 1)))]
    pub(super) marker: String,
    /// The column of the number of data records, from 2 on: the marker stands in column 1.
    #[cfg_attr(test, schemars(range(min = 2)))]
    pub(super) row_count_column: Option<usize>,
}

/// Who declares a total.
#[derive(Debug, Clone, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct TotalText {
    /// Its column in the trailer, from 2 on, written as the cells of the field are; the manifest declares it
    /// if nothing is said.
    #[cfg_attr(test, schemars(range(min = 2)))]
    pub(super) trailer_column: Option<usize>,
}

/// What is added to each row.
#[derive(Debug, Clone, Default, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub(super) struct Enrich {
    /// Columns to take from the rows that foreign keys name.
    pub(super) lookups: Vec<LookupText>,
    /// Columns to compute, in order: each may use those before it.
    pub(super) columns: Vec<ComputedText>,
    /// Columns that are computed with and not published: fields, looked up or computed. Aggregates may
    /// only count their values.
    pub(super) drop: Vec<String>,
    /// Columns that say where a row comes from: new column to what it says.
    pub(super) lineage: IndexMap<String, Origin>,
}

/// Columns to take from the row that a foreign key names.
#[derive(Debug, Clone, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct LookupText {
    /// The fields of a foreign key of the schema.
    pub(super) foreign_key: Names,
    /// The resource that it points into, where these fields are several foreign keys.
    pub(super) resource: Option<String>,
    /// What is looked up in the place of these fields' values: for each of them a SQL expression over the fields
    /// of the file, of the type of the field that it is compared with.
    pub(super) key: Option<Names>,
    /// New column to column of the reference table.
    #[serde(default)]
    pub(super) columns: IndexMap<String, String>,
    /// What becomes of a row whose key names no row.
    #[serde(default)]
    pub(super) on_missing: OnMissingText,
}

/// What becomes of a row whose foreign key names no row. A key with a null names none and is no fault:
/// its columns are null.
#[derive(Debug, Clone, Default, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub(super) enum OnMissingText {
    /// The row is rejected with the code `foreign-key`.
    #[default]
    Reject,
    /// The columns are null.
    Null,
    /// The columns have these values, new column to value; one that is not named is null.
    Default(IndexMap<String, serde_json::Value>),
}

/// One name or several.
#[derive(Debug, Clone, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(untagged)]
pub(super) enum Names {
    /// A single name.
    One(String),
    /// Several, in order.
    Several(#[cfg_attr(test, schemars(length(min = 1)))] Vec<String>),
}

impl Names {
    pub(super) fn as_slice(&self) -> &[String] {
        match self {
            Names::One(name) => std::slice::from_ref(name),
            Names::Several(names) => names,
        }
    }
}

/// A column to compute.
#[derive(Debug, Clone, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct ComputedText {
    /// Its name.
    pub(super) name: String,
    /// A SQL expression over the columns before it.
    #[cfg_attr(test, schemars(length(max = 1000)))]
    pub(super) expression: String,
}

/// A group-by over the accepted rows of a file.
#[derive(Debug, Clone, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct AggregateText {
    /// Its name, which becomes part of keys.
    #[cfg_attr(test, schemars(regex(pattern = r"^[A-Za-z0-9_-]+$")))]
    pub(super) name: String,
    /// A SQL condition over the columns of the table: rows for which it is not true are not counted.
    #[serde(default)]
    #[cfg_attr(test, schemars(length(max = 1000)))]
    pub(super) filter: Option<String>,
    /// What makes a group: columns, or SQL expressions over them. The result has them under their texts, or under
    /// names of their own: `{ "month": "date_trunc('month', day)" }`. All rows are one group if there are none.
    #[serde(default)]
    pub(super) group_by: Vec<GroupText>,
    /// New column to what is measured: `count(*)`, `count(x)`, `count(DISTINCT x)`, `sum(x)`, `min(x)`, `max(x)`,
    /// `mean(x)`, `variance(x)`, `var_pop(x)`, `stddev(x)`, `stddev_pop(x)`, `median(x)`, `quantile_cont(x, 0.95)`,
    /// `first(x)` or `last(x)`, of expressions, each perhaps with `FILTER (WHERE y > 0)`.
    #[cfg_attr(test, schemars(extend("minProperties" = 1)))]
    pub(super) measures: IndexMap<String, String>,
}

/// What makes a group.
#[derive(Debug, Clone, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(untagged, expecting = "expected a text, or an object of one name and its text")]
pub(super) enum GroupText {
    /// A column or an expression, under its text.
    Plain(String),
    /// One under a name of its own: name to text.
    Named(NamedText),
}

/// One name and its text.
#[derive(Debug, Clone, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[cfg_attr(test, schemars(extend("minProperties" = 1, "maxProperties" = 1)))]
#[serde(try_from = "IndexMap<String, String>")]
pub(super) struct NamedText {
    name: String,
    text: String,
}

impl TryFrom<IndexMap<String, String>> for NamedText {
    type Error = &'static str;

    fn try_from(texts: IndexMap<String, String>) -> Result<Self, Self::Error> {
        let mut texts = texts.into_iter();
        match (texts.next(), texts.next()) {
            (Some((name, text)), None) => Ok(NamedText { name, text }),
            _ => Err("expected one name"),
        }
    }
}

impl GroupText {
    /// The name, if it has one of its own, and the text.
    pub(super) fn parts(&self) -> (Option<&str>, &str) {
        match self {
            GroupText::Plain(text) => (None, text),
            GroupText::Named(NamedText { name, text }) => (Some(name), text),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `UPDATE_DOCS=1 cargo test -p shared` writes it anew.
    #[test]
    fn the_schema_that_ships_is_that_of_the_types() {
        let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("sluice.schema.json");
        let schema = schemars::schema_for!(Sluice);
        let text = serde_json::to_string_pretty(&schema).unwrap() + "\n";
        if std::env::var_os("UPDATE_DOCS").is_some() {
            std::fs::write(&path, &text).unwrap();
        }
        assert_eq!(std::fs::read_to_string(&path).unwrap_or_default(), text);
    }

    /// What the schema takes, the types take, and the other way round.
    #[test]
    fn schema_and_types_agree() {
        let schema = serde_json::to_value(schemars::schema_for!(Sluice)).unwrap();
        let validator = jsonschema::validator_for(&schema).unwrap();
        for (text, is_right) in [
            ("{}", true),
            (r#"{"tolerance": {"rejectedFraction": 0.5}}"#, true),
            (r#"{"tolerance": {"rejectedFraction": 1.5}}"#, false),
            (r#"{"tolerance": 1}"#, false),
            (r#"{"colour": 1}"#, false),
            (r#"{"drift": "extend"}"#, true),
            (r#"{"drift": "wild"}"#, false),
            (r#"{"duplicates": "load", "revisions": "append"}"#, true),
            (r#"{"duplicates": "skip", "revisions": "replace"}"#, true),
            (r#"{"revisions": "refuse"}"#, true),
            (r#"{"duplicates": "refuse"}"#, false),
            (r#"{"revisions": "skip"}"#, false),
            (r#"{"completeness": {"manifest": "required"}}"#, true),
            (r#"{"completeness": {"manifest": true}}"#, false),
            (
                r#"{"completeness": {"trailer": {"marker": "T", "rowCountColumn": 2}, "totals": {"a": {}}}}"#,
                true,
            ),
            (r#"{"completeness": {"trailer": {"rowCountColumn": 2}}}"#, false),
            (r#"{"completeness": {"totals": {"a": 3}}}"#, false),
            (r#"{"enrich": {"lookups": [{"foreignKey": "a"}]}}"#, true),
            (
                r#"{"enrich": {"lookups": [{"foreignKey": ["a", "b"], "columns": {"x": "y"}, "onMissing": "null"}]}}"#,
                true,
            ),
            (r#"{"enrich": {"lookups": [{"columns": {}}]}}"#, false),
            (r#"{"enrich": {"lookups": [{"foreignKey": "a", "onMissing": "maybe"}]}}"#, false),
            (
                r#"{"enrich": {"lookups": [{"foreignKey": "a", "onMissing": {"default": {"x": 1}}}]}}"#,
                true,
            ),
            (r#"{"enrich": {"lookups": [{"foreignKey": "a", "onMissing": "default"}]}}"#, false),
            (
                r#"{"enrich": {"lookups": [{"foreignKey": "a", "resource": "r", "key": ["upper(a)"]}]}}"#,
                true,
            ),
            (r#"{"enrich": {"lookups": [{"foreignKey": "a", "key": "upper(a)"}]}}"#, true),
            (r#"{"enrich": {"lookups": [{"foreignKey": "a", "resource": 1}]}}"#, false),
            (r#"{"enrich": {"lookups": [{"foreignKey": "a", "key": {"a": "b"}}]}}"#, false),
            (r#"{"enrich": {"columns": [{"name": "a", "expression": "b"}]}}"#, true),
            (r#"{"enrich": {"columns": [{"name": "a"}]}}"#, false),
            (r#"{"enrich": {"drop": ["a", "b"]}}"#, true),
            (r#"{"enrich": {"drop": "a"}}"#, false),
            (
                r#"{"aggregates": [{"name": "a", "groupBy": [], "measures": {"n": "count(*)"}}]}"#,
                true,
            ),
            (r#"{"aggregates": [{"name": "a", "measures": {"n": "count(*)"}}]}"#, true),
            (r#"{"aggregates": [{"name": "a", "groupBy": []}]}"#, false),
            (
                r#"{"aggregates": [{"name": "a", "groupBy": ["x", {"y": "z"}], "measures": {"n": "count(*)"}}]}"#,
                true,
            ),
            (
                r#"{"aggregates": [{"name": "a", "groupBy": [{}], "measures": {"n": "count(*)"}}]}"#,
                false,
            ),
            (
                r#"{"aggregates": [{"name": "a", "groupBy": [{"y": "z", "x": "x"}], "measures": {"n": "count(*)"}}]}"#,
                false,
            ),
            (
                r#"{"aggregates": [{"name": "a", "groupBy": [{"y": 1}], "measures": {"n": "count(*)"}}]}"#,
                false,
            ),
        ] {
            let value: serde_json::Value = serde_json::from_str(text).unwrap();
            assert_eq!(validator.is_valid(&value), is_right, "schema: {text}");
            assert_eq!(serde_json::from_value::<Sluice>(value).is_ok(), is_right, "types: {text}");
        }
    }
}
