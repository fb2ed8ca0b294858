//! The descriptor of a field.

use std::borrow::Cow;

use super::{Field, FieldType, GeoJsonFormat, ListFormat, TimeFormat};
use crate::cell::{Decimal, GeoPointFormat, NumberFormat, StringFormat, Strptime, Temporal};
use crate::contract::constraint::constraints;
use crate::contract::error::{ContractError, Problem};
use crate::contract::node::Node;

/// Properties of every field.
const PROPERTIES: &[&str] = &[
    "aliases",
    "constraints",
    "description",
    "example",
    "format",
    "missingValues",
    "name",
    "rdfType",
    "title",
    "type",
];

pub(in crate::contract) fn field(
    node: &Node<'_>,
    schema_missing_values: &[String],
) -> Result<Field, ContractError> {
    let field_type = field_type(node)?;
    let known: Vec<&str> = PROPERTIES.iter().chain(field_type.properties()).copied().collect();
    node.only(&known)?;
    let description = match node.get("description")? {
        None => node.get("title")?,
        found => found,
    };
    Ok(Field {
        name: node.text("name")?.to_owned(),
        constraints: constraints(node, &field_type)?,
        missing_values: missing_values(node)?.unwrap_or_else(|| schema_missing_values.to_vec()),
        aliases: node.distinct_texts("aliases")?.unwrap_or_default(),
        description: description.map(|text| text.as_text().map(str::to_owned)).transpose()?,
        field_type,
    })
}

/// The `missingValues` of a field or a schema: texts, or objects with a `value` and perhaps a `label`.
pub(in crate::contract) fn missing_values(
    node: &Node<'_>,
) -> Result<Option<Vec<String>>, ContractError> {
    let Some(list) = node.get("missingValues")? else { return Ok(None) };
    let mut values = Vec::new();
    for value in list.labelled()? {
        let text = value.as_text()?.to_owned();
        if values.contains(&text) {
            return Err(value.error(Problem::Twice(text)));
        }
        values.push(text);
    }
    Ok(Some(values))
}

impl FieldType {
    /// Properties that only fields of this type may have.
    fn properties(&self) -> &'static [&'static str] {
        match self {
            FieldType::String(_) => &["categories", "categoriesOrdered"],
            FieldType::Integer(_) => {
                &["bareNumber", "categories", "categoriesOrdered", "groupChar"]
            }
            FieldType::Number { .. } => &["bareNumber", "decimal", "decimalChar", "groupChar"],
            FieldType::Boolean { .. } => &["falseValues", "trueValues"],
            FieldType::List(_) => &["delimiter", "itemType"],
            FieldType::Object
            | FieldType::Array
            | FieldType::Date(_)
            | FieldType::Time(_)
            | FieldType::DateTime(_)
            | FieldType::Year
            | FieldType::YearMonth
            | FieldType::Duration
            | FieldType::GeoPoint(_)
            | FieldType::GeoJson(_)
            | FieldType::Any => &[],
        }
    }
}

fn field_type(node: &Node<'_>) -> Result<FieldType, ContractError> {
    let Some(name) = node.get("type")? else { return named(FieldType::Any, node) };
    match name.as_text()? {
        "string" => Ok(FieldType::String(named_format(node, &StringFormat::ALL)?)),
        "integer" => named(FieldType::Integer(number_format(node)?), node),
        "number" => {
            named(FieldType::Number { format: number_format(node)?, decimal: decimal(node)? }, node)
        }
        "boolean" => named(boolean(node)?, node),
        "object" => named(FieldType::Object, node),
        "array" => named(FieldType::Array, node),
        "list" => named(FieldType::List(list(node)?), node),
        "date" => Ok(FieldType::Date(time_format(node, Temporal::Date)?)),
        "time" => Ok(FieldType::Time(time_format(node, Temporal::Time)?)),
        "datetime" => Ok(FieldType::DateTime(time_format(node, Temporal::DateTime)?)),
        "year" => named(FieldType::Year, node),
        "yearmonth" => named(FieldType::YearMonth, node),
        "duration" => named(FieldType::Duration, node),
        "geopoint" => Ok(FieldType::GeoPoint(named_format(node, &GeoPointFormat::ALL)?)),
        "geojson" => Ok(FieldType::GeoJson(named_format(node, &GEOJSON_FORMATS)?)),
        "any" => named(FieldType::Any, node),
        other => Err(name.error(Problem::Value(other.to_owned()))),
    }
}

const GEOJSON_FORMATS: [(&str, GeoJsonFormat); 2] =
    [("default", GeoJsonFormat::Default), ("topojson", GeoJsonFormat::TopoJson)];

/// A type that has no format but the default one.
fn named(field_type: FieldType, node: &Node<'_>) -> Result<FieldType, ContractError> {
    named_format(node, &[("default", field_type)])
}

/// One of a few formats, of which the first is the default.
fn named_format<T: Clone>(node: &Node<'_>, formats: &[(&str, T)]) -> Result<T, ContractError> {
    let (place, name) = format(node)?;
    match formats.iter().find(|(known, _)| *known == name) {
        Some((_, found)) => Ok(found.clone()),
        None => Err(place.error(Problem::Value(name.to_owned()))),
    }
}

/// The place of the format, which is the field if none is given, and its name.
fn format<'a>(node: &Node<'a>) -> Result<(Node<'a>, &'a str), ContractError> {
    let Some(format) = node.get("format")? else { return Ok((node.clone(), "default")) };
    let name = format.as_text()?;
    // How version 0 of the standard marked patterns.
    Ok((format, name.strip_prefix("fmt:").unwrap_or(name)))
}

fn time_format(node: &Node<'_>, temporal: Temporal) -> Result<TimeFormat, ContractError> {
    let (place, name) = format(node)?;
    match name {
        "default" => Ok(TimeFormat::Default),
        "any" => Ok(TimeFormat::Any),
        pattern => Strptime::new(pattern, temporal)
            .map(TimeFormat::Pattern)
            .map_err(|error| place.error(Problem::Format(error))),
    }
}

fn number_format(node: &Node<'_>) -> Result<NumberFormat, ContractError> {
    let text = |name, default: &'static str| match node.get(name)? {
        None => Ok(Cow::Borrowed(default)),
        Some(found) => {
            let text = found.as_text()?;
            if text.is_empty() || text.contains(|c: char| c.is_ascii_digit()) {
                return Err(found.error(Problem::Expected("a text without digits")));
            }
            Ok(Cow::Owned(text.to_owned()))
        }
    };
    let (decimal_char, group_char) = (text("decimalChar", ".")?, text("groupChar", "")?);
    // One within the other would leave open which of them stands there; an integer has only one.
    let apart = group_char.is_empty()
        || node.text("type")? == "integer"
        || !(decimal_char.contains(&*group_char) || group_char.contains(&*decimal_char));
    if let Some(group) = node.get("groupChar")?.filter(|_| !apart) {
        return Err(group.error(Problem::Impossible("it is the `decimalChar`, or a part of it")));
    }
    Ok(NumberFormat { decimal_char, group_char, bare_number: node.flag("bareNumber", true)? })
}

fn decimal(node: &Node<'_>) -> Result<Option<Decimal>, ContractError> {
    let Some(decimal) = node.get("decimal")? else { return Ok(None) };
    decimal.only(&["precision", "scale"])?;
    let count = |name| decimal.required(name)?.as_count();
    let (precision, scale) = (count("precision")?, count("scale")?);
    let found = u8::try_from(precision).ok().zip(i8::try_from(scale).ok());
    match found.and_then(|(precision, scale)| Decimal::new(precision, scale)) {
        Some(found) => Ok(Some(found)),
        None => Err(decimal
            .error(Problem::Expected("a precision from 1 to 38 and a scale that is not larger"))),
    }
}

const TRUE_VALUES: [&str; 4] = ["true", "True", "TRUE", "1"];
const FALSE_VALUES: [&str; 4] = ["false", "False", "FALSE", "0"];

fn boolean(node: &Node<'_>) -> Result<FieldType, ContractError> {
    for name in ["trueValues", "falseValues"] {
        if let Some(list) = node.get(name)?
            && list.items()?.is_empty()
        {
            return Err(list.error(Problem::Empty));
        }
    }
    let true_values = node.texts("trueValues", &TRUE_VALUES)?;
    let false_values = node.texts("falseValues", &FALSE_VALUES)?;
    if let Some(both) = true_values.iter().find(|text| false_values.contains(text)) {
        return Err(node.error(Problem::Twice(both.clone())));
    }
    Ok(FieldType::Boolean { true_values, false_values })
}

fn list(node: &Node<'_>) -> Result<ListFormat, ContractError> {
    let delimiter = match node.get("delimiter")? {
        None => ",",
        Some(found) => match found.as_text()? {
            "" => return Err(found.error(Problem::Empty)),
            text => text,
        },
    };
    let item = match node.get("itemType")? {
        None => FieldType::STRING,
        Some(found) => match found.as_text()? {
            "string" => FieldType::STRING,
            "integer" => FieldType::INTEGER,
            "number" => FieldType::NUMBER,
            "boolean" => FieldType::Boolean {
                true_values: TRUE_VALUES.map(str::to_owned).to_vec(),
                false_values: FALSE_VALUES.map(str::to_owned).to_vec(),
            },
            "date" => FieldType::DATE,
            "time" => FieldType::TIME,
            "datetime" => FieldType::DATETIME,
            other => return Err(found.error(Problem::Value(other.to_owned()))),
        },
    };
    Ok(ListFormat { delimiter: delimiter.to_owned(), item: Box::new(item) })
}
