//! Columns that are taken from reference tables.

use arrow_array::{Array, ArrayRef};
use indexmap::IndexMap;

use super::Contract;
use super::constraint::clipped;
use super::error::{ContractError, Problem};
use super::node::Place;
use super::resource::Resource;
use super::sluice::{LookupText, OnMissingText};

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

/// What a lookup adds to the join of its foreign key; a key is looked up once.
pub(super) fn add_lookup(
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
