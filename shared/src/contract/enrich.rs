//! Joins, computed columns and aggregates: what a contract adds to a file.

use std::collections::BTreeSet;

use arrow_array::{Array, ArrayRef};
use arrow_schema::DataType;
use indexmap::IndexMap;
use serde::Deserialize;

use super::completeness::{Completeness, completeness};
use super::constraint::clipped;
use super::derived::Derived;
use super::error::{ContractError, Problem};
use super::expression::{Expression, parse_sql};
use super::field::Field;
use super::foreign_key::add_foreign_key;
use super::measure::Measure;
use super::node::{Node, Place};
use super::resource::{Resource, Role, resource};
use super::sluice::{AggregateText, ComputedText, LookupText, OnMissingText, Sluice};
use super::{Column, Contract, instant_type, published_name};

/// How far the columns of a file may differ from the schema, beyond what `fieldsMatch` allows.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub enum Drift {
    /// Not at all.
    #[default]
    Strict,
    /// Columns may stand in any order.
    Reorder,
    /// As [`Drift::Reorder`], and new columns are kept as text in [`EXTRA_COLUMNS`].
    Extend,
}

/// The column of the published table that keeps the cells of new columns: a JSON object of their
/// texts by label, null where a row has none.
pub const EXTRA_COLUMNS: &str = "extra_columns";

/// A column taken from a reference table.
#[derive(Debug, Clone)]
pub struct LookupColumn {
    /// Its name in the published table.
    pub name: String,
    /// Position of the field in the reference table.
    pub field: usize,
    /// An array of one value: that of rows whose key names no row, if they are not rejected. A key with a
    /// null names none and is no fault: its columns are null.
    pub default: ArrayRef,
}

impl PartialEq for LookupColumn {
    fn eq(&self, other: &Self) -> bool {
        let same_default = self.default.to_data() == other.default.to_data();
        self.name == other.name && self.field == other.field && same_default
    }
}

/// A column computed from others.
#[derive(Debug, Clone, PartialEq)]
pub struct Computed {
    /// Its name.
    pub name: String,
    /// How it is computed, over the columns before it.
    pub expression: Expression,
}

/// What a column says of where a row comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub enum Origin {
    /// The key of its file, a text.
    Key,
    /// The version of its file, a text; null where the bucket keeps no versions.
    Version,
    /// When its file was dropped, an instant.
    Time,
    /// The name of the execution that published it, a text.
    Execution,
    /// Its row number in the file; the first record is row 1.
    RowNumber,
    /// The number of the line on which it starts, from 1 on.
    LineNumber,
}

/// A column that says where a row comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LineageColumn {
    /// Its name.
    pub name: String,
    /// What it says.
    pub origin: Origin,
}

impl Origin {
    fn data_type(self) -> DataType {
        match self {
            Origin::Key | Origin::Version | Origin::Execution => DataType::Utf8,
            Origin::Time => instant_type(),
            Origin::RowNumber | Origin::LineNumber => DataType::Int64,
        }
    }
}

/// A group-by over the accepted rows of a file.
#[derive(Debug, Clone, PartialEq)]
pub struct Aggregate {
    /// Its name, part of the keys of its results.
    pub name: String,
    /// The column that says which rows are counted: those for which it is true; all if None.
    pub filter: Option<usize>,
    /// Positions of the grouping columns among [`Contract::measured_columns`].
    pub group_by: Vec<usize>,
    /// What is measured of each group.
    pub measures: Vec<Measure>,
}

impl Aggregate {
    /// Whether something is made of the column at that position, the filter of all rows aside.
    pub(crate) fn needs(&self, at: usize) -> bool {
        self.group_by.contains(&at)
            || self
                .measures
                .iter()
                .any(|measure| measure.function.column() == Some(at) || measure.filter == Some(at))
    }
}

/// The contract around the input resource `input`.
pub(super) fn contract(
    input: &Node<'_>,
    resources: &[Node<'_>],
) -> Result<Contract, ContractError> {
    let absent = serde_json::Value::Object(serde_json::Map::new());
    let node = input.get("sluice")?.unwrap_or_else(|| Node::root(&absent));
    let sluice: Sluice = node.parse()?;
    let mut contract = Contract {
        input: resource(input, Role::Input)?,
        references: Vec::new(),
        joins: Vec::new(),
        self_references: Vec::new(),
        computed: Vec::new(),
        lineage: Vec::new(),
        aggregates: Vec::new(),
        derived: Vec::new(),
        dropped: BTreeSet::new(),
        drift: sluice.drift,
        rejected_fraction: sluice.tolerance.rejected_fraction.into(),
        completeness: Completeness::default(),
        duplicates: sluice.duplicates,
        revisions: sluice.revisions,
    };
    contract.completeness =
        completeness(&contract, &sluice.completeness, &node.below("completeness"))?;
    let foreign_keys = input.required("schema")?.items_of("foreignKeys")?;
    for (position, key) in foreign_keys.iter().enumerate() {
        add_foreign_key(&mut contract, position, key, resources)?;
    }
    let mut looked_up = Vec::new();
    for (at, lookup) in sluice.enrich.lookups.iter().enumerate() {
        let place = node.below(&format!("enrich/lookups/{at}"));
        add_lookup(&mut contract, lookup, &place, &mut looked_up)?;
    }
    for (at, column) in sluice.enrich.columns.iter().enumerate() {
        add_computed(&mut contract, column, &node.below(&format!("enrich/columns/{at}")))?;
    }
    let lineage = sluice.enrich.lineage.iter();
    contract.lineage =
        lineage.map(|(name, &origin)| LineageColumn { name: name.clone(), origin }).collect();
    check_published_names(&contract, input)?;
    contract.dropped = dropped(&contract, &sluice.enrich.drop, &node.below("enrich/drop"))?;
    for (at, aggregate) in sluice.aggregates.iter().enumerate() {
        add_aggregate(&mut contract, aggregate, &node.below(&format!("aggregates/{at}")))?;
    }
    Ok(contract)
}

/// See [`Contract::columns`].
pub(super) fn columns(contract: &Contract) -> Vec<Column> {
    let mut columns = table_columns(contract);
    if contract.drift == Drift::Extend {
        columns.push(Column {
            name: EXTRA_COLUMNS.to_owned(),
            data_type: DataType::Utf8,
            nullable: true,
            description: Some("Columns of the file that are not in the contract, as JSON".into()),
        });
    }
    columns
}

/// The columns that have a name in the contract.
fn table_columns(contract: &Contract) -> Vec<Column> {
    let Contract { input, references, joins, computed, lineage, .. } = contract;
    let fields = input.schema.fields.iter().enumerate();
    let mut columns: Vec<Column> = fields
        .map(|(at, field)| Column {
            nullable: !field.constraints.required && !input.schema.is_primary(at),
            ..column(&field.name, field)
        })
        .collect();
    for join in joins {
        let fields = references.get(join.reference).map_or(&[][..], |table| &table.schema.fields);
        let looked_up = join.columns.iter();
        columns.extend(
            looked_up.filter_map(|lookup| Some(column(&lookup.name, fields.get(lookup.field)?))),
        );
    }
    for Computed { name, expression } in computed {
        let data_type = expression.data_type.clone();
        columns.push(Column { name: name.clone(), data_type, nullable: true, description: None });
    }
    for LineageColumn { name, origin } in lineage {
        let nullable = *origin == Origin::Version;
        let (name, data_type) = (name.clone(), origin.data_type());
        columns.push(Column { name, data_type, nullable, description: None });
    }
    columns
}

/// A column of that name, with the values of a field or null.
fn column(name: &str, field: &Field) -> Column {
    Column {
        name: name.to_owned(),
        data_type: field.field_type.data_type(),
        nullable: true,
        description: field.description.clone(),
    }
}

/// What a lookup adds to the join of its foreign key; a key is looked up once.
fn add_lookup(
    contract: &mut Contract,
    lookup: &LookupText,
    place: &Place,
    looked_up: &mut Vec<Vec<usize>>,
) -> Result<(), ContractError> {
    let key = place.below("foreignKey");
    let names = lookup.foreign_key.as_slice();
    let find = |name: &String| {
        let at = contract.input.schema.position(name);
        at.ok_or_else(|| key.error(Problem::NoColumn(name.clone())))
    };
    let fields: Vec<usize> = names.iter().map(find).collect::<Result<_, _>>()?;
    if looked_up.contains(&fields) {
        return Err(key.error(Problem::Taken(names.join(","))));
    }
    let join = contract.joins.iter_mut().find(|join| join.fields == fields);
    let join = join.ok_or_else(|| key.error(Problem::NoForeignKey))?;
    let Some(table) = contract.references.get(join.reference) else { return Ok(()) };
    join.columns = lookup_columns(lookup, table, place)?;
    join.must_exist = matches!(lookup.on_missing, OnMissingText::Reject);
    looked_up.push(fields);
    Ok(())
}

/// The columns of a lookup in a reference table.
fn lookup_columns(
    lookup: &LookupText,
    table: &Resource,
    place: &Place,
) -> Result<Vec<LookupColumn>, ContractError> {
    let none = IndexMap::new();
    let defaults = match &lookup.on_missing {
        OnMissingText::Default(defaults) => defaults,
        OnMissingText::Reject | OnMissingText::Null => &none,
    };
    let below = place.below("onMissing").below("default");
    if let Some(name) = defaults.keys().find(|name| !lookup.columns.contains_key(*name)) {
        return Err(below.below(name).error(Problem::NoColumn(name.clone())));
    }
    let columns = lookup.columns.iter().map(|(name, wanted)| {
        let found = table.schema.position(wanted);
        let found = found.and_then(|at| Some((at, &table.schema.fields.get(at)?.field_type)));
        let (field, field_type) = found.ok_or_else(|| {
            place.below("columns").below(name).error(Problem::NoColumn(wanted.clone()))
        })?;
        let value = defaults.get(name).unwrap_or(&serde_json::Value::Null);
        let default = field_type.cast_one(value).ok_or_else(|| {
            let (value, field_type) = (clipped(&value.to_string()), field_type.as_str());
            below.below(name).error(Problem::Cast { value, field_type })
        })?;
        Ok(LookupColumn { name: name.clone(), field, default })
    });
    columns.collect()
}

fn add_computed(
    contract: &mut Contract,
    column: &ComputedText,
    place: &Place,
) -> Result<(), ContractError> {
    // New columns of a file stand behind all others.
    let expression = Expression::parse(&column.expression, &table_columns(contract));
    let expression =
        expression.map_err(|error| place.below("expression").error(Problem::Expression(error)))?;
    contract.computed.push(Computed { name: column.name.clone(), expression });
    Ok(())
}

/// Delta tells names apart without regard to letter case.
fn check_published_names(contract: &Contract, input: &Node<'_>) -> Result<(), ContractError> {
    let mut seen = BTreeSet::new();
    for column in contract.columns() {
        if !seen.insert(published_name(&column.name).to_lowercase()) {
            return Err(input.error(Problem::Taken(column.name)));
        }
    }
    Ok(())
}

/// Positions of the columns that are computed with and not published.
fn dropped(
    contract: &Contract,
    names: &[String],
    place: &Place,
) -> Result<BTreeSet<usize>, ContractError> {
    let columns = contract.columns();
    // Those behind say where rows come from, or have no name in the contract.
    let own_count = table_columns(contract).len() - contract.lineage.len();
    let mut dropped = BTreeSet::new();
    for (at, name) in names.iter().enumerate() {
        let wrong = |problem| place.below(&at.to_string()).error(problem);
        let column = columns.iter().position(|column| column.name == *name);
        let column = column.ok_or_else(|| wrong(Problem::NoColumn(name.clone())))?;
        if column >= own_count {
            return Err(wrong(Problem::Value(name.clone())));
        }
        if !dropped.insert(column) {
            return Err(wrong(Problem::Twice(name.clone())));
        }
    }
    if dropped.len() == columns.len() {
        return Err(place.error(Problem::Impossible("no column would be published")));
    }
    Ok(dropped)
}

fn add_aggregate(
    contract: &mut Contract,
    aggregate: &AggregateText,
    place: &Place,
) -> Result<(), ContractError> {
    check_aggregate_name(contract, &aggregate.name, &place.below("name"))?;
    let columns = contract.columns();
    let mut derived = Derived::new(&columns, &contract.dropped, &mut contract.derived);
    let wrong = |place: Place| move |error| place.error(Problem::Expression(error));
    let filter = aggregate.filter.as_ref().map(|text| derived.truth(&parse_sql(text)?));
    let filter = filter.transpose().map_err(wrong(place.below("filter")))?;
    let group_by = group_by(aggregate, &mut derived, &place.below("groupBy"))?;
    let below = place.below("measures");
    if aggregate.measures.is_empty() {
        return Err(below.error(Problem::Empty));
    }
    let mut measures = Vec::new();
    for (name, text) in &aggregate.measures {
        let own = below.below(name);
        if aggregate.group_by.contains(name) {
            return Err(own.error(Problem::Taken(name.clone())));
        }
        measures.push(Measure::parse(name, text, &mut derived).map_err(wrong(own))?);
    }
    let name = aggregate.name.clone();
    contract.aggregates.push(Aggregate { name, filter, group_by, measures });
    Ok(())
}

/// Positions of the grouping columns, each named once.
fn group_by(
    aggregate: &AggregateText,
    derived: &mut Derived<'_>,
    place: &Place,
) -> Result<Vec<usize>, ContractError> {
    let mut positions = Vec::new();
    for (at, text) in aggregate.group_by.iter().enumerate() {
        let place = place.below(&at.to_string());
        let position = derived.named(text);
        let position = position.map_err(|error| place.error(Problem::Expression(error)))?;
        if positions.contains(&position) {
            return Err(place.error(Problem::Taken(text.clone())));
        }
        positions.push(position);
    }
    Ok(positions)
}

/// The name becomes part of a key, so it is held to what needs no encoding.
fn check_aggregate_name(
    contract: &Contract,
    name: &str,
    place: &Place,
) -> Result<(), ContractError> {
    let legal = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
    if name.is_empty() || !name.chars().all(legal) {
        return Err(place.error(Problem::Expected("letters, digits, `_` and `-`")));
    }
    if contract.aggregates.iter().any(|other| other.name == name) {
        return Err(place.error(Problem::Taken(name.to_owned())));
    }
    Ok(())
}
