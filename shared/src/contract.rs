//! The contract of a dataset: a Data Package v2 descriptor, read and checked as a whole.
//!
//! The first resource is the input; further resources are reference tables. What the standard
//! lacks stands under `sluice` in the input resource.
//!
//! Invariant: what a [`Contract`] holds can be carried out. A property of the input or of a reference
//! table in use that is unknown, wrong, or not supported is an error that points at its place, never
//! ignored; resources that nobody uses are only asked for their names.

mod aggregate;
mod assemble;
mod columns;
mod completeness;
mod computed;
mod constraint;
mod derived;
mod dialect;
mod error;
mod expression;
mod field;
mod foreign_key;
mod lineage;
mod lookup;
mod measure;
mod names;
mod node;
mod policy;
mod resource;
mod schema;
mod sluice;

use std::collections::BTreeSet;

use arrow_schema::{DataType, Schema as ArrowSchema, TimeUnit};

pub use aggregate::{Aggregate, Asked, GroupColumn};
pub(crate) use columns::published_name;
pub use columns::{Column, EXTRA_COLUMNS};
pub use completeness::{Completeness, ControlTotal, ManifestRule, Trailer};
pub use computed::Computed;
pub use constraint::{Bound, Choices, Constraints, JsonSchema, Pattern, PatternError};
pub use dialect::Dialect;
pub use error::{ContractError, Problem};
pub use expression::{
    Comparison, DECIMAL_DIGITS, DateField, Expression, ExpressionError, ExpressionProblem,
    LIKE_LIMIT, Literal, Operation, Operator, PatternUse, ScalarFunction, Span, TextPattern,
};
pub use field::{Field, FieldType, GeoJsonFormat, ListFormat, Missing, TimeFormat};
pub use foreign_key::{Join, SelfReference};
pub use lineage::{LineageColumn, Origin};
pub use lookup::LookupColumn;
pub use measure::{Function, Measure, Spread};
pub use policy::{Drift, Duplicates, Revisions};
pub use resource::{Resource, TableFormat};
pub use schema::{FieldsMatch, Key, Schema};

use node::Node;

/// Bytes that a descriptor may have.
pub const DESCRIPTOR_LIMIT: u64 = 4 << 20;

/// A checked contract.
#[derive(Debug, Clone, PartialEq)]
pub struct Contract {
    /// The resource that describes the dropped files.
    pub input: Resource,
    /// The reference tables that a foreign key names, each once.
    pub references: Vec<Resource>,
    /// One for each foreign key into another resource, in the order of the schema.
    pub joins: Vec<Join>,
    /// One for each foreign key into the file itself.
    pub self_references: Vec<SelfReference>,
    /// Computed columns, in order: each may use those before it.
    pub computed: Vec<Computed>,
    /// Columns that say where a row comes from.
    pub lineage: Vec<LineageColumn>,
    /// What is counted and summed of each file.
    pub aggregates: Vec<Aggregate>,
    /// What aggregates are made of that no column holds, each over the columns of the table.
    pub derived: Vec<Computed>,
    /// Positions among [`columns`](Self::columns) of those that are not published.
    pub dropped: BTreeSet<usize>,
    /// How far the columns of a file may differ from the schema.
    pub drift: Drift,
    /// The part of the rows that may be rejected while the rest is published, 0 to 1.
    pub rejected_fraction: f64,
    /// By what a file is known to be whole.
    pub completeness: Completeness,
    /// What becomes of a file whose bytes are published already.
    pub duplicates: Duplicates,
    /// What becomes of a file under whose key one is published already.
    pub revisions: Revisions,
}

impl Contract {
    /// Reads a descriptor; `resource` names the input, which is the first resource by default. A
    /// UTF-8 byte order mark in front is passed over.
    ///
    /// # Errors
    /// The first [`ContractError`], with a JSON pointer to its place.
    ///
    /// ```
    /// use shared::contract::Contract;
    /// let text = br#"{"resources": [{"name": "r", "path": "r.csv",
    ///     "schema": {"fields": [{"name": "n", "type": "intger"}]}}]}"#;
    /// let error = Contract::parse(text, None).unwrap_err();
    /// assert_eq!(error.pointer, "/resources/0/schema/fields/0/type");
    /// ```
    pub fn parse(descriptor: &[u8], resource: Option<&str>) -> Result<Self, ContractError> {
        let descriptor = without_mark(descriptor);
        let value: serde_json::Value = serde_json::from_slice(descriptor)
            .map_err(|error| ContractError::at("", Problem::Json(error)))?;
        let package = Node::root(&value);
        package.only(PACKAGE_PROPERTIES)?;
        let resources = package.required("resources")?.items()?;
        check_names(&resources)?;
        let input = find_input(&package, &resources, resource)?;
        assemble::contract(input, &resources)
    }

    /// The columns of the table: the fields, then what the lookups add, then what is computed, then
    /// where a row comes from; last [`EXTRA_COLUMNS`], where new columns are kept. All of them are
    /// published but those that are [`dropped`](Self::dropped).
    pub fn columns(&self) -> Vec<Column> {
        columns::columns(self)
    }

    /// The columns that aggregates are made of: those of the table, and behind them what is
    /// [`derived`](Self::derived), under its text.
    pub fn measured_columns(&self) -> Vec<Column> {
        let derived = self.derived.iter().map(|Computed { name, expression }| Column {
            name: name.clone(),
            data_type: expression.data_type.clone(),
            nullable: true,
            description: None,
        });
        self.columns().into_iter().chain(derived).collect()
    }

    /// What is computed, in the order of the positions that faults tell: computed columns, then what is
    /// derived, then what is looked up.
    pub fn computations(&self) -> impl Iterator<Item = &Computed> {
        let keys = self.joins.iter().flat_map(|join| &join.key);
        self.computed.iter().chain(&self.derived).chain(keys)
    }

    /// For which rows the column at that position among the [`measured_columns`](Self::measured_columns) is asked by
    /// aggregates: those that any item tells.
    pub fn asked(&self, at: usize) -> impl Iterator<Item = Asked> {
        self.aggregates.iter().flat_map(move |aggregate| aggregate.asked(at))
    }

    /// The fields of a foreign key, joined by commas, and the table that it points into, by its
    /// position in the schema (0-based).
    pub fn foreign_key_names(&self, position: usize) -> (String, &str) {
        let join = self.joins.iter().find(|join| join.position == position);
        let own = self.self_references.iter().find(|key| key.position == position);
        let fields = join.map(|join| &join.fields).or(own.map(|key| &key.fields));
        let table = join.and_then(|join| self.references.get(join.reference));
        let table = table.map_or(&self.input.name, |table| &table.name);
        (fields.map_or_else(String::new, |fields| self.input.schema.names(fields)), table)
    }

    /// What there is one of for each of the [`columns`](Self::columns), without what is there for those
    /// that are dropped.
    pub fn published<T>(&self, of_columns: impl IntoIterator<Item = T>) -> impl Iterator<Item = T> {
        let of_columns = of_columns.into_iter().enumerate();
        of_columns.filter(|(at, _)| !self.dropped.contains(at)).map(|(_, of_column)| of_column)
    }

    /// The schema of the published table.
    pub fn published_schema(&self) -> ArrowSchema {
        let columns = self.columns();
        ArrowSchema::new(self.published(&columns).map(Column::to_arrow).collect::<Vec<_>>())
    }

    /// The names of the salts that expressions take.
    pub fn salts(&self) -> BTreeSet<&str> {
        self.computations().flat_map(|computed| computed.expression.salts()).collect()
    }
}

/// The descriptor without the UTF-8 byte order mark that an editor may have put in front.
pub fn without_mark(descriptor: &[u8]) -> &[u8] {
    descriptor.strip_prefix(b"\xef\xbb\xbf").unwrap_or(descriptor)
}

/// Instants are kept to the microsecond, in UTC.
pub fn instant_type() -> DataType {
    DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()))
}

const PACKAGE_PROPERTIES: &[&str] = &[
    "$schema",
    "contributors",
    "created",
    "description",
    "homepage",
    "id",
    "image",
    "keywords",
    "licenses",
    "name",
    "profile",
    "resources",
    "sources",
    "title",
    "version",
];

/// Resources are told apart by their names.
fn check_names(resources: &[Node<'_>]) -> Result<(), ContractError> {
    let mut seen = std::collections::BTreeSet::new();
    for resource in resources {
        let node = resource.required("name")?;
        let name = node.as_text()?;
        if !seen.insert(name) {
            return Err(node.error(Problem::Taken(name.to_owned())));
        }
    }
    Ok(())
}

fn find_input<'a, 'b>(
    package: &Node<'a>,
    resources: &'b [Node<'a>],
    wanted: Option<&str>,
) -> Result<&'b Node<'a>, ContractError> {
    for resource in resources {
        if wanted.is_none_or(|wanted| resource.text("name").is_ok_and(|name| name == wanted)) {
            return Ok(resource);
        }
    }
    let missing = wanted.map_or(Problem::Empty, |name| Problem::NoResource(name.to_owned()));
    Err(package.required("resources")?.error(missing))
}

#[cfg(test)]
mod tests;
