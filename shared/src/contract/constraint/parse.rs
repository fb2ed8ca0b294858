//! The `constraints` and `categories` of a field.

use std::cmp::Ordering;
use std::sync::Arc;

use super::{Bound, Choices, Constraints, JsonSchema, Pattern, clipped};
use crate::cell::Value;
use crate::contract::error::{ContractError, Problem};
use crate::contract::field::FieldType;
use crate::contract::node::Node;

/// Reads the constraints of the field at `node`.
pub(in crate::contract) fn constraints(
    node: &Node<'_>,
    field_type: &FieldType,
) -> Result<Constraints, ContractError> {
    let categories = categories(node, field_type)?;
    let Some(node) = node.get("constraints")? else {
        return Ok(Constraints { categories, ..Constraints::default() });
    };
    for (name, constraint) in node.entries()? {
        if !is_allowed(name, field_type).ok_or_else(|| constraint.unknown(name))? {
            return Err(constraint.error(Problem::Constraint {
                constraint: name.to_owned(),
                field_type: field_type.as_str(),
            }));
        }
    }
    let length = |name| node.get(name)?.map(|length| length.as_count()).transpose();
    let bound = |name| node.get(name)?.map(|node| bound(&node, field_type)).transpose();
    let constraints = Constraints {
        required: node.flag("required", false)?,
        unique: node.flag("unique", false)?,
        min_length: length("minLength")?,
        max_length: length("maxLength")?,
        minimum: bound("minimum")?,
        maximum: bound("maximum")?,
        exclusive_minimum: bound("exclusiveMinimum")?,
        exclusive_maximum: bound("exclusiveMaximum")?,
        json_schema: node.get("jsonSchema")?.map(|node| json_schema(&node)).transpose()?,
        pattern: node.get("pattern")?.map(|node| pattern(&node)).transpose()?,
        choices: choices(&node, field_type, categories.as_ref())?,
        categories,
    };
    check_room(&constraints, &node)?;
    Ok(constraints)
}

/// Whether the specification names the type for the constraint; None if there is no such constraint.
fn is_allowed(constraint: &str, field_type: &FieldType) -> Option<bool> {
    match constraint {
        "required" | "unique" | "enum" => Some(true),
        "minLength" | "maxLength" => Some(matches!(
            field_type,
            FieldType::String(_) | FieldType::Array | FieldType::Object | FieldType::List(_)
        )),
        "minimum" | "maximum" | "exclusiveMinimum" | "exclusiveMaximum" => Some(matches!(
            field_type,
            FieldType::Integer(_)
                | FieldType::Number { .. }
                | FieldType::Date(_)
                | FieldType::Time(_)
                | FieldType::DateTime(_)
                | FieldType::Duration
                | FieldType::Year
                | FieldType::YearMonth
        )),
        "jsonSchema" => Some(matches!(field_type, FieldType::Array | FieldType::Object)),
        "pattern" => Some(matches!(field_type, FieldType::String(_))),
        _ => None,
    }
}

/// The logical value of a constraint, and its text.
fn cast(
    node: &Node<'_>,
    field_type: &FieldType,
) -> Result<(Value<'static>, String), ContractError> {
    let text = clipped(&node.as_shown());
    match field_type.cast(node.value()) {
        Some(value) => Ok((value, text)),
        None if node.value().is_f64() && matches!(field_type, FieldType::Number { .. }) => {
            Err(node.error(Problem::Expected("an exact number, which a string can be")))
        }
        None => Err(node.error(Problem::Cast { value: text, field_type: field_type.as_str() })),
    }
}

fn bound(node: &Node<'_>, field_type: &FieldType) -> Result<Bound, ContractError> {
    let (value, text) = cast(node, field_type)?;
    if matches!(value, Value::Number(number) if number.is_nan()) {
        return Err(node.error(Problem::Impossible("no number is above or below NaN")));
    }
    Ok(Bound { value, text })
}

fn json_schema(node: &Node<'_>) -> Result<JsonSchema, ContractError> {
    if !node.value().is_object() {
        return Err(node.error(Problem::Expected("an object")));
    }
    let validator = jsonschema::options()
        .offline()
        .build(node.value())
        .map_err(|error| node.error(Problem::JsonSchema(clipped(&error.to_string()))))?;
    Ok(JsonSchema { source: node.value().clone(), validator: Arc::new(validator) })
}

fn pattern(node: &Node<'_>) -> Result<Pattern, ContractError> {
    Pattern::new(node.as_text()?).map_err(|error| node.error(Problem::Pattern(error)))
}

fn choices(
    node: &Node<'_>,
    field_type: &FieldType,
    categories: Option<&Choices>,
) -> Result<Option<Choices>, ContractError> {
    let Some(list) = node.get("enum")? else { return Ok(None) };
    let mut choices = Choices::default();
    for item in list.items()? {
        let (value, text) = cast(&item, field_type)?;
        if categories.is_some_and(|categories| !categories.contains(field_type, &value)) {
            return Err(item.error(Problem::Impossible("it is none of the `categories`")));
        }
        choices.insert(field_type, value, &text);
    }
    if choices == Choices::default() { Err(list.error(Problem::Empty)) } else { Ok(Some(choices)) }
}

fn categories(node: &Node<'_>, field_type: &FieldType) -> Result<Option<Choices>, ContractError> {
    let ordered = node.get("categoriesOrdered")?;
    if let Some(ordered) = &ordered {
        ordered.as_bool()?;
    }
    let Some(list) = node.get("categories")? else {
        return ordered.map_or(Ok(None), |_| Err(node.error(Problem::Missing("categories"))));
    };
    let mut choices = Choices::default();
    for item in list.labelled()? {
        let (value, text) = cast(&item, field_type)?;
        if !choices.insert(field_type, value, &text) {
            return Err(item.error(Problem::Twice(text)));
        }
    }
    if choices == Choices::default() { Err(list.error(Problem::Empty)) } else { Ok(Some(choices)) }
}

/// Whether some value can keep all limits at once.
fn check_room(constraints: &Constraints, node: &Node<'_>) -> Result<(), ContractError> {
    if constraints.min_length > constraints.max_length.or(constraints.min_length) {
        return Err(at(node, "minLength", "it is above `maxLength`"));
    }
    for (name, lower, exclusive) in [
        ("minimum", &constraints.minimum, 0),
        ("exclusiveMinimum", &constraints.exclusive_minimum, 1),
    ] {
        let Some(lower) = lower else { continue };
        let above = |upper: &Option<Bound>, steps| {
            upper.as_ref().is_some_and(|upper| is_empty(&lower.value, &upper.value, steps))
        };
        if above(&constraints.maximum, exclusive) {
            return Err(at(node, name, "no value is between it and `maximum`"));
        }
        if above(&constraints.exclusive_maximum, exclusive + 1) {
            return Err(at(node, name, "no value is between it and `exclusiveMaximum`"));
        }
    }
    Ok(())
}

fn at(node: &Node<'_>, name: &'static str, problem: &'static str) -> ContractError {
    match node.required(name) {
        Ok(node) => node.error(Problem::Impossible(problem)),
        Err(error) => error,
    }
}

/// Whether no value lies from `lower` to `upper`, where the values at that many of the two ends do not
/// count.
fn is_empty(lower: &Value<'_>, upper: &Value<'_>, exclusive: i128) -> bool {
    match (lower.rank(), upper.rank()) {
        (Some(lower), Some(upper)) => lower + exclusive > upper,
        _ => match lower.partial_cmp(upper) {
            Some(Ordering::Greater) => true,
            Some(Ordering::Equal) => exclusive > 0,
            Some(Ordering::Less) | None => false,
        },
    }
}
