//! Resources of the package: where they lie, and how their fields become a schema.

use super::dialect::{Dialect, dialect};
use super::error::{ContractError, Problem};
use super::field::{Field, field, missing_values};
use super::node::Node;

/// A CSV table of the package.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resource {
    /// Its name.
    pub name: String,
    /// Where it lies, relative to the descriptor.
    pub path: String,
    /// How its bytes become records.
    pub dialect: Dialect,
    /// How its records become typed rows.
    pub schema: Schema,
    /// Positions (0-based) of the fields that tell its rows apart; empty if none are declared.
    pub primary_key: Vec<usize>,
}

/// How records become typed rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Schema {
    /// The columns, in the order of the file.
    pub fields: Vec<Field>,
    /// Texts that stand for null, in every column.
    pub missing_values: Vec<String>,
}

impl Schema {
    /// Position of the field `name`, 0-based.
    pub fn position(&self, name: &str) -> Option<usize> {
        self.fields.iter().position(|field| field.name == name)
    }

    /// Positions of the fields that `node` names.
    pub(super) fn positions(&self, node: &Node<'_>) -> Result<Vec<usize>, ContractError> {
        node.names()?
            .into_iter()
            .map(|name| {
                let at = self.position(name);
                at.ok_or_else(|| node.error(Problem::NoColumn(name.to_owned())))
            })
            .collect()
    }
}

const RESOURCE_PROPERTIES: &[&str] = &[
    "$schema",
    "description",
    "dialect",
    "encoding",
    "format",
    "homepage",
    "licenses",
    "mediatype",
    "name",
    "path",
    "profile",
    "schema",
    "sources",
    "title",
    "type",
];

const SCHEMA_PROPERTIES: &[&str] =
    &["$schema", "description", "fields", "fieldsMatch", "missingValues", "name", "title"];

/// What stands for what is always so: a table, in CSV, in UTF-8.
const FIXED: [(&str, &[&str]); 4] = [
    ("type", &["table"]),
    ("format", &["csv"]),
    ("mediatype", &["text/csv"]),
    ("encoding", &["utf-8", "utf8"]),
];

/// What a resource is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    /// It describes the dropped files: it may have foreign keys and our own property.
    Input,
    /// It is a table that foreign keys point into: it may have a primary key.
    Reference,
}

impl Role {
    fn resource_property(self) -> Option<&'static str> {
        (self == Role::Input).then_some("sluice")
    }

    fn schema_property(self) -> &'static str {
        match self {
            Role::Input => "foreignKeys",
            Role::Reference => "primaryKey",
        }
    }
}

pub(super) fn resource(node: &Node<'_>, role: Role) -> Result<Resource, ContractError> {
    let known: Vec<&str> =
        RESOURCE_PROPERTIES.iter().copied().chain(role.resource_property()).collect();
    node.only(&known)?;
    for (name, values) in FIXED {
        if let Some(property) = node.get(name)? {
            let found = property.as_text()?;
            if !values.iter().any(|value| value.eq_ignore_ascii_case(found)) {
                return Err(property.error(Problem::Value(found.to_owned())));
            }
        }
    }
    let schema_node = node.required("schema")?;
    let schema = schema(&schema_node, role)?;
    let primary_key = match schema_node.get("primaryKey")? {
        None => Vec::new(),
        Some(key) => schema.positions(&key)?,
    };
    Ok(Resource {
        name: node.text("name")?.to_owned(),
        path: path(&node.required("path")?)?,
        dialect: node.get("dialect")?.map_or(Ok(Dialect::default()), |node| dialect(&node))?,
        schema,
        primary_key,
    })
}

/// A path stays below the descriptor, as the standard asks.
fn path(node: &Node<'_>) -> Result<String, ContractError> {
    let text = node.as_text()?;
    let inside = !text.is_empty()
        && !text.contains(['\\', ':'])
        && text.split('/').all(|segment| !matches!(segment, "" | "." | ".."));
    if inside { Ok(text.to_owned()) } else { Err(node.error(Problem::Value(text.to_owned()))) }
}

fn schema(node: &Node<'_>, role: Role) -> Result<Schema, ContractError> {
    let known: Vec<&str> =
        SCHEMA_PROPERTIES.iter().copied().chain([role.schema_property()]).collect();
    node.only(&known)?;
    if let Some(rule) = node.get("fieldsMatch")? {
        let names = rule.names()?;
        if names != ["exact"] {
            return Err(rule.error(Problem::Value(names.join(", "))));
        }
    }
    let missing_values = missing_values(node)?.unwrap_or_else(|| vec![String::new()]);
    let list = node.required("fields")?;
    let mut fields: Vec<Field> = Vec::new();
    for item in list.items()? {
        let field = field(&item, &missing_values)?;
        if fields.iter().any(|other| other.name == field.name) {
            return Err(item.error(Problem::Taken(field.name)));
        }
        fields.push(field);
    }
    if fields.is_empty() {
        return Err(list.error(Problem::Empty));
    }
    Ok(Schema { fields, missing_values })
}
