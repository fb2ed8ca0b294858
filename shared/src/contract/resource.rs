//! Resources of the package: their dialect and schema.

use arrow_schema::DataType;

use super::error::{ContractError, Problem};
use super::instant_type;
use super::node::Node;
use crate::csv::Grammar;

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

/// How bytes become records.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Dialect {
    /// Delimiter and quotes.
    pub grammar: Grammar,
    /// Whether the first record holds the labels.
    pub header: bool,
}

/// How records become typed rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Schema {
    /// The columns, in the order of the file.
    pub fields: Vec<Field>,
    /// Texts that stand for null, in every column.
    pub missing_values: Vec<String>,
}

/// A column of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    /// The label in the header.
    pub name: String,
    /// What its cells hold.
    pub field_type: FieldType,
    /// Whether a null is an error.
    pub required: bool,
    /// What the contract says of it.
    pub description: Option<String>,
}

/// What the cells of a column hold, in the default format of the Table Schema.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FieldType {
    /// Any text.
    String,
    /// A 64-bit integer.
    Integer,
    /// A double.
    Number,
    /// One of two values.
    Boolean {
        /// Texts for true.
        true_values: Vec<String>,
        /// Texts for false.
        false_values: Vec<String>,
    },
    /// `YYYY-MM-DD`.
    Date,
    /// `hh:mm:ss`, with a fraction of up to 6 digits.
    Time,
    /// `YYYY-MM-DDThh:mm:ss`, with a fraction of up to 6 digits and `Z` or an offset; in UTC
    /// without one.
    DateTime,
}

impl FieldType {
    /// The type in memory. A time of day is kept as its canonical text, since Delta has no type for
    /// it; its order is that of the text.
    pub fn data_type(&self) -> DataType {
        match self {
            FieldType::String | FieldType::Time => DataType::Utf8,
            FieldType::Integer => DataType::Int64,
            FieldType::Number => DataType::Float64,
            FieldType::Boolean { .. } => DataType::Boolean,
            FieldType::Date => DataType::Date32,
            FieldType::DateTime => instant_type(),
        }
    }

    /// The type's name in the Table Schema.
    pub fn as_str(&self) -> &'static str {
        match self {
            FieldType::String => "string",
            FieldType::Integer => "integer",
            FieldType::Number => "number",
            FieldType::Boolean { .. } => "boolean",
            FieldType::Date => "date",
            FieldType::Time => "time",
            FieldType::DateTime => "datetime",
        }
    }
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

impl Default for Dialect {
    fn default() -> Self {
        Dialect { grammar: Grammar::default(), header: true }
    }
}

fn dialect(node: &Node<'_>) -> Result<Dialect, ContractError> {
    node.only(&["$schema", "delimiter", "quoteChar", "doubleQuote", "header"])?;
    let default = Grammar::default();
    let byte = |name| node.get(name)?.map(|byte| byte.as_byte()).transpose();
    let grammar = Grammar {
        delimiter: byte("delimiter")?.unwrap_or(default.delimiter),
        quote: byte("quoteChar")?.or(default.quote),
        double_quote: node.flag("doubleQuote", default.double_quote)?,
    };
    if grammar.quote == Some(grammar.delimiter) {
        return Err(node.error(Problem::Expected("a delimiter other than the quote")));
    }
    Ok(Dialect { grammar, header: node.flag("header", true)? })
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
    let list = node.required("fields")?;
    let mut fields: Vec<Field> = Vec::new();
    for item in list.items()? {
        let field = field(&item)?;
        if fields.iter().any(|other| other.name == field.name) {
            return Err(item.error(Problem::Taken(field.name)));
        }
        fields.push(field);
    }
    if fields.is_empty() {
        return Err(list.error(Problem::Empty));
    }
    Ok(Schema { fields, missing_values: texts(node, "missingValues", &[""])? })
}

fn field(node: &Node<'_>) -> Result<Field, ContractError> {
    node.only(&[
        "constraints",
        "description",
        "example",
        "falseValues",
        "format",
        "name",
        "rdfType",
        "title",
        "trueValues",
        "type",
    ])?;
    if let Some(format) = node.get("format")?
        && format.as_text()? != "default"
    {
        return Err(format.error(Problem::Value(format.as_text()?.to_owned())));
    }
    let constraints = node.get("constraints")?;
    if let Some(constraints) = &constraints {
        constraints.only(&["required"])?;
    }
    let description = match node.get("description")? {
        None => node.get("title")?,
        found => found,
    };
    Ok(Field {
        name: node.text("name")?.to_owned(),
        field_type: field_type(node)?,
        required: constraints.map_or(Ok(false), |node| node.flag("required", false))?,
        description: description.map(|text| text.as_text().map(str::to_owned)).transpose()?,
    })
}

fn field_type(node: &Node<'_>) -> Result<FieldType, ContractError> {
    let Some(name) = node.get("type")? else { return Ok(FieldType::String) };
    let found = match name.as_text()? {
        "string" => FieldType::String,
        "integer" => FieldType::Integer,
        "number" => FieldType::Number,
        "boolean" => boolean(node)?,
        "date" => FieldType::Date,
        "time" => FieldType::Time,
        "datetime" => FieldType::DateTime,
        other => return Err(name.error(Problem::Value(other.to_owned()))),
    };
    if !matches!(found, FieldType::Boolean { .. }) {
        for property in ["trueValues", "falseValues"] {
            if let Some(misplaced) = node.get(property)? {
                return Err(misplaced.error(Problem::Property(property.to_owned())));
            }
        }
    }
    Ok(found)
}

fn boolean(node: &Node<'_>) -> Result<FieldType, ContractError> {
    let true_values = texts(node, "trueValues", &["true", "True", "TRUE", "1"])?;
    let false_values = texts(node, "falseValues", &["false", "False", "FALSE", "0"])?;
    if let Some(both) = true_values.iter().find(|text| false_values.contains(text)) {
        return Err(node.error(Problem::Taken(both.clone())));
    }
    Ok(FieldType::Boolean { true_values, false_values })
}

fn texts(node: &Node<'_>, name: &str, default: &[&str]) -> Result<Vec<String>, ContractError> {
    match node.get(name)? {
        None => Ok(default.iter().map(|&text| text.to_owned()).collect()),
        Some(list) => list.items()?.iter().map(|item| item.as_text().map(str::to_owned)).collect(),
    }
}
