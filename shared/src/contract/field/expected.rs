//! What a field expects, for a person.

use super::{Field, FieldType, GeoJsonFormat, TimeFormat};
use crate::cell::{CellFault, GeoPointFormat, NumberFormat, StringFormat};
use crate::contract::constraint::{Choices, clipped};

impl Field {
    /// What the contract expects where `fault` is found, for a person: a short text of bounded length.
    ///
    /// ```
    /// use serde_json::json;
    /// use shared::cell::CellFault;
    /// use shared::contract::Field;
    /// let field = json!({
    ///     "name": "day", "type": "date", "format": "%d/%m/%Y", "constraints": { "minimum": "01/02/2013" }
    /// });
    /// let field = Field::parse(&field).unwrap();
    /// assert_eq!(field.expected(CellFault::Type), "type `date` in the format `%d/%m/%Y`");
    /// assert_eq!(field.expected(CellFault::Minimum), "minimum `01/02/2013`");
    /// ```
    pub fn expected(&self, fault: CellFault) -> String {
        let constraints = &self.constraints;
        let count = |name: &str, count: Option<usize>| {
            format!("{name} `{}`", count.map_or(String::new(), |count| count.to_string()))
        };
        let bound = |name: &str, bound: &Option<crate::contract::constraint::Bound>| {
            format!("{name} `{}`", bound.as_ref().map_or("", |bound| &bound.text))
        };
        let one_of = |choices: &Option<Choices>| {
            choices.as_ref().map_or(String::new(), |choices| format!("one of {}", choices.listed()))
        };
        match fault {
            CellFault::Type => self.field_type.described(),
            CellFault::Ambiguous => {
                format!("type `{}` that can be read in one way only", self.field_type.as_str())
            }
            CellFault::Required => "a value (required)".to_owned(),
            CellFault::MinLength => count("minLength", constraints.min_length),
            CellFault::MaxLength => count("maxLength", constraints.max_length),
            CellFault::Minimum => bound("minimum", &constraints.minimum),
            CellFault::Maximum => bound("maximum", &constraints.maximum),
            CellFault::ExclusiveMinimum => {
                bound("exclusiveMinimum", &constraints.exclusive_minimum)
            }
            CellFault::ExclusiveMaximum => {
                bound("exclusiveMaximum", &constraints.exclusive_maximum)
            }
            CellFault::JsonSchema => "a value of the `jsonSchema`".to_owned(),
            CellFault::Pattern => {
                let pattern = constraints.pattern.as_ref().map_or("", |pattern| pattern.as_str());
                format!("pattern `{}`", clipped(pattern))
            }
            CellFault::Enum => one_of(&constraints.choices),
            CellFault::Categories => one_of(&constraints.categories),
        }
    }
}

impl FieldType {
    /// The type, and its format if that is not the default one.
    fn described(&self) -> String {
        let name = self.as_str();
        let detail = match self {
            FieldType::String(format) => string_format(*format),
            FieldType::Integer(format) => number_format(format),
            FieldType::Number { format, decimal } => {
                let digits = decimal.map(|decimal| {
                    let whole = i16::from(decimal.precision()) - i16::from(decimal.scale());
                    format!(" of at most {whole} whole and {} fractional digits", decimal.scale())
                });
                digits.unwrap_or_default() + &number_format(format)
            }
            FieldType::Boolean { true_values, false_values } => {
                let texts = true_values.iter().chain(false_values).map(String::as_str);
                format!(": one of {}", crate::contract::constraint::listed(texts))
            }
            FieldType::List(format) => {
                format!(" of `{}` between `{}`", format.item.as_str(), clipped(&format.delimiter))
            }
            FieldType::Date(format) | FieldType::Time(format) | FieldType::DateTime(format) => {
                time_format(format)
            }
            FieldType::GeoPoint(GeoPointFormat::Array) => " in the format `array`".to_owned(),
            FieldType::GeoPoint(GeoPointFormat::Object) => " in the format `object`".to_owned(),
            FieldType::GeoJson(GeoJsonFormat::TopoJson) => " in the format `topojson`".to_owned(),
            FieldType::GeoPoint(GeoPointFormat::Default)
            | FieldType::GeoJson(GeoJsonFormat::Default)
            | FieldType::Object
            | FieldType::Array
            | FieldType::Year
            | FieldType::YearMonth
            | FieldType::Duration
            | FieldType::Any => String::new(),
        };
        format!("type `{name}`{detail}")
    }
}

fn string_format(format: StringFormat) -> String {
    let name = StringFormat::ALL.iter().find(|(_, known)| *known == format);
    match name {
        Some((name, _)) if format != StringFormat::Default => format!(" in the format `{name}`"),
        _ => String::new(),
    }
}

fn number_format(format: &NumberFormat) -> String {
    let named = |name: &str, text: &str| format!(", {name} `{}`", clipped(text));
    let decimal = (format.decimal_char != ".").then(|| named("decimalChar", &format.decimal_char));
    let group = (!format.group_char.is_empty()).then(|| named("groupChar", &format.group_char));
    decimal.into_iter().chain(group).collect()
}

fn time_format(format: &TimeFormat) -> String {
    match format {
        TimeFormat::Default => String::new(),
        TimeFormat::Any => " in the format `any`".to_owned(),
        TimeFormat::Pattern(pattern) => format!(" in the format `{}`", clipped(pattern.as_str())),
    }
}
