//! Fields: what the cells of a column hold.

use arrow_schema::DataType;

use super::error::{ContractError, Problem};
use super::instant_type;
use super::node::Node;

/// A column of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    /// The label in the header.
    pub name: String,
    /// What its cells hold.
    pub field_type: FieldType,
    /// c
    pub constraints: Constraints,
    /// m
    pub missing_values: Vec<String>,
    /// a
    pub aliases: Vec<String>,
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

impl Field {
    /// A field without constraints.
    pub fn new(name: &str, field_type: FieldType) -> Self {
        Field { name: name.to_owned(), field_type, constraints: Constraints::default(), missing_values: vec![String::new()], aliases: Vec::new(), description: None }
    }
}

/// c
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Constraints { /// r
 pub required: bool, /// u
 pub unique: bool }
impl Field {
    /// m
    pub fn is_missing(&self, cell: &[u8]) -> bool { self.missing_values.iter().any(|t| t.as_bytes() == cell) }
    /// e
    pub fn expected(&self, fault: crate::column::CellFault) -> String { format!("{fault:?}") }
}
pub(super) fn missing_values(node: &Node<'_>) -> Result<Option<Vec<String>>, ContractError> { Ok(Some(node.texts("missingValues", &[""])?)) }
pub(super) fn field(node: &Node<'_>, missing: &[String]) -> Result<Field, ContractError> {
    node.only(&[
        "constraints",
        "aliases",
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
        constraints.only(&["required","unique"])?;
    }
    let description = match node.get("description")? {
        None => node.get("title")?,
        found => found,
    };
    Ok(Field {
        name: node.text("name")?.to_owned(),
        field_type: field_type(node)?,
        constraints: match constraints { None => Constraints::default(), Some(n) => Constraints { required: n.flag("required", false)?, unique: n.flag("unique", false)? } },
        missing_values: missing.to_vec(), aliases: node.texts("aliases", &[])?,
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
    let true_values = node.texts("trueValues", &["true", "True", "TRUE", "1"])?;
    let false_values = node.texts("falseValues", &["false", "False", "FALSE", "0"])?;
    if let Some(both) = true_values.iter().find(|text| false_values.contains(text)) {
        return Err(node.error(Problem::Taken(both.clone())));
    }
    Ok(FieldType::Boolean { true_values, false_values })
}
