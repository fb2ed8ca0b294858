//! Columns that are taken from reference tables.

use arrow_array::{Array, ArrayRef};
use indexmap::IndexMap;

use super::Contract;
use super::columns::{Column, field_columns};
use super::computed::Computed;
use super::constraint::clipped;
use super::error::{ContractError, Problem};
use super::expression::Expression;
use super::foreign_key::Join;
use super::node::Place;
use super::resource::Resource;
use super::sluice::{LookupText, Names, OnMissingText};

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

/// What a lookup adds to the join of its foreign key, which is looked up once. `looked_up` are the positions of
/// the joins of those before it.
pub(super) fn add_lookup(
    contract: &mut Contract,
    lookup: &LookupText,
    place: &Place,
    looked_up: &mut Vec<usize>,
) -> Result<(), ContractError> {
    let at = find_join(contract, lookup, place)?;
    if looked_up.contains(&at) {
        let problem = Problem::Impossible("this foreign key is looked up twice");
        return Err(place.below("foreignKey").error(problem));
    }
    let fields = field_columns(&contract.input);
    let Contract { joins, references, .. } = contract;
    let Some(join) = joins.get_mut(at) else { return Ok(()) };
    let Some(table) = references.get(join.reference) else { return Ok(()) };
    if let Some(key) = &lookup.key {
        join.key = lookup_key(key, join, table, &fields, &place.below("key"))?;
    }
    join.columns = lookup_columns(lookup, table, place)?;
    join.must_exist = matches!(lookup.on_missing, OnMissingText::Reject);
    looked_up.push(at);
    Ok(())
}

/// The position of the join of a lookup.
fn find_join(
    contract: &Contract,
    lookup: &LookupText,
    place: &Place,
) -> Result<usize, ContractError> {
    let key = place.below("foreignKey");
    let find = |name: &String| {
        let at = contract.input.schema.position(name);
        at.ok_or_else(|| key.error(Problem::NoColumn(name.clone())))
    };
    let fields: Vec<usize> =
        lookup.foreign_key.as_slice().iter().map(find).collect::<Result<_, _>>()?;
    let is_named = |join: &Join| {
        let table = contract.references.get(join.reference);
        lookup.resource.as_ref().is_none_or(|name| table.is_some_and(|table| table.name == *name))
    };
    let over_fields =
        || contract.joins.iter().enumerate().filter(|(_, join)| join.fields == fields);
    let mut named = over_fields().filter(|(_, join)| is_named(join)).map(|(at, _)| at);
    match (named.next(), named.next()) {
        (Some(at), None) => Ok(at),
        (Some(_), Some(_)) => Err(key.error(Problem::Impossible(
            "these fields are several foreign keys: `resource` says into which table",
        ))),
        (None, _) if over_fields().next().is_none() => Err(key.error(Problem::NoForeignKey)),
        (None, _) => Err(place
            .below("resource")
            .error(Problem::Impossible("these fields are no foreign key into this resource"))),
    }
}

/// What is looked up in the place of the values of a foreign key's fields.
fn lookup_key(
    texts: &Names,
    join: &Join,
    table: &Resource,
    fields: &[Column],
    place: &Place,
) -> Result<Vec<Computed>, ContractError> {
    if texts.as_slice().len() != join.reference_fields.len() {
        return Err(place.error(Problem::Lengths));
    }
    let targets = join.reference_fields.iter().filter_map(|&at| table.schema.fields.get(at));
    let key = texts.as_slice().iter().zip(targets).enumerate().map(|(at, (text, target))| {
        let wrong = |problem| match texts {
            Names::One(_) => place.error(problem),
            Names::Several(_) => place.below(&at.to_string()).error(problem),
        };
        let expression = Expression::parse(text, fields);
        let expression = expression.map_err(|error| wrong(Problem::Expression(error)))?;
        let expected = target.field_type.data_type();
        if expression.data_type != expected {
            let (field, types) = (target.name.clone(), (expression.data_type, expected));
            return Err(wrong(Problem::KeyType { field, types: Box::new(types) }));
        }
        Ok(Computed { name: text.clone(), expression })
    });
    key.collect()
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
