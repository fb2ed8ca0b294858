//! Schemas: the fields of a table, and what must hold between its rows.

use std::collections::BTreeSet;

use super::error::{ContractError, Problem};
use super::field::{Field, field, missing_values};
use super::node::Node;
use super::resource::Role;
use crate::header::MARKERS;

/// How records become typed rows.
#[derive(Debug, Clone, PartialEq)]
pub struct Schema {
    /// The columns, in the order of the contract.
    pub fields: Vec<Field>,
    /// How the columns of a file are matched to them.
    pub fields_match: FieldsMatch,
    /// What no two rows may have in common: `unique` of the fields, then `uniqueKeys`, then the
    /// primary key.
    pub keys: Vec<Key>,
}

/// Fields whose values together no two rows may share. A row with a null among them shares nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key {
    /// Positions of the fields, 0-based.
    pub fields: Vec<usize>,
    /// Whether it is the primary key, which may have no null.
    pub is_primary: bool,
}

/// How the columns of a file are matched to the fields of its schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FieldsMatch {
    /// The same columns in the same order.
    Exact,
    /// The same columns in any order.
    Equal,
    /// All fields, and perhaps more columns.
    Subset,
    /// No columns but the fields, and perhaps fewer.
    Superset,
    /// At least one of the fields.
    Partial,
}

impl FieldsMatch {
    /// Whether columns without a field are let pass.
    pub fn allows_more(self) -> bool {
        matches!(self, FieldsMatch::Subset | FieldsMatch::Partial)
    }

    /// Whether fields without a column are let pass, unless they are required.
    pub fn allows_fewer(self) -> bool {
        matches!(self, FieldsMatch::Superset | FieldsMatch::Partial)
    }
}

impl Schema {
    /// Position of the field `name`, 0-based.
    pub fn position(&self, name: &str) -> Option<usize> {
        self.fields.iter().position(|field| field.name == name)
    }

    /// Whether the field at that position is a part of the primary key.
    pub fn is_primary(&self, field: usize) -> bool {
        self.keys.iter().any(|key| key.is_primary && key.fields.contains(&field))
    }

    /// The names of the fields at those positions, joined by commas.
    pub fn names(&self, fields: &[usize]) -> String {
        let names = fields.iter().filter_map(|&at| self.fields.get(at));
        names.map(|field| field.name.as_str()).collect::<Vec<_>>().join(",")
    }

    /// Positions of the fields that `node` names.
    pub(super) fn positions(&self, node: &Node<'_>) -> Result<Vec<usize>, ContractError> {
        let mut found = Vec::new();
        for name in node.names()? {
            let at = self.position(name);
            let at = at.ok_or_else(|| node.error(Problem::NoColumn(name.to_owned())))?;
            if found.contains(&at) {
                return Err(node.error(Problem::Taken(name.to_owned())));
            }
            found.push(at);
        }
        Ok(found)
    }
}

const SCHEMA_PROPERTIES: &[&str] = &[
    "$schema",
    "description",
    "fields",
    "fieldsMatch",
    "foreignKeys",
    "missingValues",
    "name",
    "primaryKey",
    "title",
    "uniqueKeys",
];

pub(super) fn schema(
    node: &Node<'_>,
    role: Role,
    null_sequence: Option<&str>,
) -> Result<Schema, ContractError> {
    node.only(SCHEMA_PROPERTIES)?;
    let missing = missing_values(node)?.unwrap_or_else(|| vec![String::new()]);
    let list = node.required("fields")?;
    let mut fields: Vec<Field> = Vec::new();
    // A file with one of these could not be told from one of corrections.
    let mut taken = BTreeSet::from(MARKERS.map(str::to_owned));
    for item in list.items()? {
        let mut field = field(&item, &missing)?;
        field.missing_values.extend(null_sequence.map(str::to_owned));
        check_names(&field, &mut taken, &item)?;
        fields.push(field);
    }
    if fields.is_empty() {
        return Err(list.error(Problem::Empty));
    }
    let fields_match = node.get("fieldsMatch")?.map(|rule| fields_match(&rule)).transpose()?;
    let mut schema = Schema {
        fields,
        fields_match: fields_match.unwrap_or(FieldsMatch::Exact),
        keys: Vec::new(),
    };
    schema.keys = keys(node, &schema)?;
    if role == Role::Reference {
        // Whatever its own foreign keys point to is not this contract's business.
        node.items_of("foreignKeys")?;
    }
    Ok(schema)
}

/// A label must lead to one field; those of the field become `taken`.
fn check_names(
    field: &Field,
    taken: &mut BTreeSet<String>,
    node: &Node<'_>,
) -> Result<(), ContractError> {
    for (at, label) in std::iter::once(&field.name).chain(&field.aliases).enumerate() {
        if taken.insert(label.clone()) {
            continue;
        }
        let problem = Problem::Taken(label.clone());
        return Err(match (at.checked_sub(1), node.get("aliases")?) {
            (Some(at), Some(aliases)) => {
                aliases.items()?.get(at).unwrap_or(&aliases).error(problem)
            }
            _ => node.error(problem),
        });
    }
    Ok(())
}

fn fields_match(node: &Node<'_>) -> Result<FieldsMatch, ContractError> {
    let names = node.names()?;
    match names.as_slice() {
        ["exact"] => Ok(FieldsMatch::Exact),
        ["equal"] => Ok(FieldsMatch::Equal),
        ["subset"] => Ok(FieldsMatch::Subset),
        ["superset"] => Ok(FieldsMatch::Superset),
        ["partial"] => Ok(FieldsMatch::Partial),
        other => Err(node.error(Problem::Value(other.join(", ")))),
    }
}

fn keys(node: &Node<'_>, schema: &Schema) -> Result<Vec<Key>, ContractError> {
    let unique = schema.fields.iter().enumerate().filter(|(_, field)| field.constraints.unique);
    let mut keys: Vec<Key> =
        unique.map(|(at, _)| Key { fields: vec![at], is_primary: false }).collect();
    if let Some(list) = node.get("uniqueKeys")? {
        for key in list.items()? {
            keys.push(Key { fields: schema.positions(&key)?, is_primary: false });
        }
        if list.items()?.is_empty() {
            return Err(list.error(Problem::Empty));
        }
    }
    if let Some(key) = node.get("primaryKey")? {
        keys.push(Key { fields: schema.positions(&key)?, is_primary: true });
    }
    Ok(keys)
}
