//! Fields: what the cells of a column hold.

mod expected;
mod parse;
mod read;

use arrow_schema::DataType;

use super::constraint::Constraints;
use super::error::ContractError;
use super::instant_type;
use super::node::Node;
use crate::cell::{Decimal, GeoPointFormat, NumberFormat, StringFormat, Strptime};
use crate::csv::Cell;

pub(super) use parse::{field, missing_values};

/// A column of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    /// The label in the header.
    pub name: String,
    /// What its cells hold.
    pub field_type: FieldType,
    /// What its values must be beyond that.
    pub constraints: Constraints,
    /// Texts that stand for null.
    pub missing_values: Vec<String>,
    /// Other labels that it may have.
    pub aliases: Vec<String>,
    /// What the contract says of it.
    pub description: Option<String>,
}

/// What the cells of a column hold, in which format.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FieldType {
    /// A text.
    String(StringFormat),
    /// A 64-bit integer.
    Integer(NumberFormat),
    /// A double, or an exact decimal number.
    Number {
        /// How it is written.
        format: NumberFormat,
        /// The digits that it may have; a double if nothing is said.
        decimal: Option<Decimal>,
    },
    /// One of two values.
    Boolean {
        /// Texts for true.
        true_values: Vec<String>,
        /// Texts for false.
        false_values: Vec<String>,
    },
    /// A JSON object.
    Object,
    /// A JSON array.
    Array,
    /// Values of one type between delimiters.
    List(ListFormat),
    /// A date.
    Date(TimeFormat),
    /// A time of day.
    Time(TimeFormat),
    /// An instant.
    DateTime(TimeFormat),
    /// A calendar year.
    Year,
    /// A month of a year.
    YearMonth,
    /// A duration.
    Duration,
    /// A place on the globe.
    GeoPoint(GeoPointFormat),
    /// A geometry, a feature, or several.
    GeoJson(GeoJsonFormat),
    /// Any text.
    Any,
}

/// How a list is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListFormat {
    /// What stands between two items; not empty.
    pub delimiter: String,
    /// What the items are, in the default format.
    pub item: Box<FieldType>,
}

/// How a date, a time or an instant is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TimeFormat {
    /// As XML Schema writes it.
    Default,
    /// In whatever way can be read in one way only.
    Any,
    /// In a pattern of `strptime`.
    Pattern(Strptime),
}

/// Which of the two JSON formats of geometries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GeoJsonFormat {
    /// `GeoJSON`.
    Default,
    /// `TopoJSON`.
    TopoJson,
}

impl FieldType {
    /// Any text.
    pub const STRING: Self = FieldType::String(StringFormat::Default);
    /// An integer in the default format.
    pub const INTEGER: Self = FieldType::Integer(NumberFormat::DEFAULT);
    /// A double in the default format.
    pub const NUMBER: Self = FieldType::Number { format: NumberFormat::DEFAULT, decimal: None };
    /// `YYYY-MM-DD`.
    pub const DATE: Self = FieldType::Date(TimeFormat::Default);
    /// `hh:mm:ss`, with a fraction of up to 6 digits.
    pub const TIME: Self = FieldType::Time(TimeFormat::Default);
    /// `YYYY-MM-DDThh:mm:ss`, with a fraction of up to 6 digits and `Z` or an offset; in UTC
    /// without one.
    pub const DATETIME: Self = FieldType::DateTime(TimeFormat::Default);

    /// The type in memory. Times of day, months and durations are kept as text, since Delta has no
    /// types for them, and what is written in JSON as it stands in the file; the order of times and
    /// months is that of their texts.
    pub fn data_type(&self) -> DataType {
        match self {
            FieldType::String(_)
            | FieldType::Object
            | FieldType::Array
            | FieldType::List(_)
            | FieldType::Time(_)
            | FieldType::YearMonth
            | FieldType::Duration
            | FieldType::GeoPoint(_)
            | FieldType::GeoJson(_)
            | FieldType::Any => DataType::Utf8,
            FieldType::Integer(_) | FieldType::Year => DataType::Int64,
            FieldType::Number { decimal: None, .. } => DataType::Float64,
            FieldType::Number { decimal: Some(decimal), .. } => {
                DataType::Decimal128(decimal.precision(), decimal.scale())
            }
            FieldType::Boolean { .. } => DataType::Boolean,
            FieldType::Date(_) => DataType::Date32,
            FieldType::DateTime(_) => instant_type(),
        }
    }

    /// The type's name in the Table Schema.
    pub fn as_str(&self) -> &'static str {
        match self {
            FieldType::String(_) => "string",
            FieldType::Integer(_) => "integer",
            FieldType::Number { .. } => "number",
            FieldType::Boolean { .. } => "boolean",
            FieldType::Object => "object",
            FieldType::Array => "array",
            FieldType::List(_) => "list",
            FieldType::Date(_) => "date",
            FieldType::Time(_) => "time",
            FieldType::DateTime(_) => "datetime",
            FieldType::Year => "year",
            FieldType::YearMonth => "yearmonth",
            FieldType::Duration => "duration",
            FieldType::GeoPoint(_) => "geopoint",
            FieldType::GeoJson(_) => "geojson",
            FieldType::Any => "any",
        }
    }
}

impl Field {
    /// A field without constraints, whose only missing value is the empty text.
    pub fn new(name: &str, field_type: FieldType) -> Self {
        Field {
            name: name.to_owned(),
            field_type,
            constraints: Constraints::default(),
            missing_values: vec![String::new()],
            aliases: Vec::new(),
            description: None,
        }
    }

    /// Reads the descriptor of a single field, as a schema without `missingValues` would.
    ///
    /// # Errors
    /// The first [`ContractError`], with a JSON pointer into the descriptor of the field.
    ///
    /// ```
    /// use serde_json::json;
    /// use shared::contract::Field;
    /// let field = json!({ "name": "n", "type": "integer", "constraints": { "minimum": "x" } });
    /// assert_eq!(Field::parse(&field).unwrap_err().pointer, "/constraints/minimum");
    /// ```
    pub fn parse(descriptor: &serde_json::Value) -> Result<Self, ContractError> {
        field(&Node::root(descriptor), &[String::new()])
    }
}

/// The texts that stand for null, ready to be compared with many.
#[derive(Debug, Clone)]
pub struct Missing<'a> {
    texts: &'a [String],
    /// One bit for each length in bytes that one of them has; the last for all that are longer.
    lens: u64,
    /// The length of the longest.
    longest: usize,
}

impl<'a> Missing<'a> {
    /// Those of a field.
    pub fn new(field: &'a Field) -> Self {
        let texts = field.missing_values.as_slice();
        let lens = texts.iter().map(String::len);
        Missing {
            texts,
            lens: lens.clone().fold(0, |lens, len| lens | bit(len)),
            longest: lens.max().unwrap_or_default(),
        }
    }

    /// Whether the text is one of them.
    #[inline]
    pub fn contains(&self, cell: Cell<'_>) -> bool {
        // Most cells are longer than any of them.
        cell.byte_len() <= self.longest
            && self.lens & bit(cell.byte_len()) != 0
            && self.texts.iter().any(|text| text.as_bytes() == cell.bytes())
    }
}

fn bit(len: usize) -> u64 {
    1 << len.min(63)
}

#[cfg(test)]
mod tests;
