//! Cells to one typed column.

use std::sync::Arc;

use arrow_array::ArrayRef;
use arrow_array::builder::{
    BooleanBuilder, Date32Builder, Float64Builder, Int64Builder, StringBuilder,
    TimestampMicrosecondBuilder,
};

use crate::cell;
use crate::contract::{Field, FieldType};

/// The typed values of one column.
#[derive(Debug)]
pub enum ColumnBuilder<'a> {
    Text(StringBuilder),
    Integer(Int64Builder),
    Number(Float64Builder),
    Boolean { builder: BooleanBuilder, true_values: &'a [String], false_values: &'a [String] },
    Date(Date32Builder),
    Time(StringBuilder),
    Instant(TimestampMicrosecondBuilder),
}

impl<'a> ColumnBuilder<'a> {
    pub fn new(field: &'a Field) -> Self {
        match &field.field_type {
            FieldType::String => ColumnBuilder::Text(StringBuilder::new()),
            FieldType::Integer => ColumnBuilder::Integer(Int64Builder::new()),
            FieldType::Number => ColumnBuilder::Number(Float64Builder::new()),
            FieldType::Boolean { true_values, false_values } => {
                ColumnBuilder::Boolean { builder: BooleanBuilder::new(), true_values, false_values }
            }
            FieldType::Date => ColumnBuilder::Date(Date32Builder::new()),
            FieldType::Time => ColumnBuilder::Time(StringBuilder::new()),
            FieldType::DateTime => {
                ColumnBuilder::Instant(TimestampMicrosecondBuilder::new().with_timezone("UTC"))
            }
        }
    }

    /// Appends the value of `cell`; false, and nothing appended, if it is not of the type.
    pub fn append(&mut self, cell: &[u8]) -> bool {
        let appended = match self {
            ColumnBuilder::Text(builder) => {
                std::str::from_utf8(cell).ok().map(|text| builder.append_value(text))
            }
            ColumnBuilder::Integer(builder) => {
                cell::integer(cell).map(|value| builder.append_value(value))
            }
            ColumnBuilder::Number(builder) => {
                cell::number(cell).map(|value| builder.append_value(value))
            }
            ColumnBuilder::Boolean { builder, true_values, false_values } => {
                boolean(cell, true_values, false_values).map(|value| builder.append_value(value))
            }
            ColumnBuilder::Date(builder) => {
                cell::date(cell).map(|value| builder.append_value(value))
            }
            ColumnBuilder::Time(builder) => {
                cell::time(cell).map(|value| builder.append_value(cell::time_text(value)))
            }
            ColumnBuilder::Instant(builder) => {
                cell::datetime(cell).map(|value| builder.append_value(value))
            }
        };
        appended.is_some()
    }

    pub fn push_null(&mut self) {
        match self {
            ColumnBuilder::Text(builder) | ColumnBuilder::Time(builder) => builder.append_null(),
            ColumnBuilder::Integer(builder) => builder.append_null(),
            ColumnBuilder::Number(builder) => builder.append_null(),
            ColumnBuilder::Boolean { builder, .. } => builder.append_null(),
            ColumnBuilder::Date(builder) => builder.append_null(),
            ColumnBuilder::Instant(builder) => builder.append_null(),
        }
    }

    pub fn finish(&mut self) -> ArrayRef {
        match self {
            ColumnBuilder::Text(builder) | ColumnBuilder::Time(builder) => {
                Arc::new(builder.finish())
            }
            ColumnBuilder::Integer(builder) => Arc::new(builder.finish()),
            ColumnBuilder::Number(builder) => Arc::new(builder.finish()),
            ColumnBuilder::Boolean { builder, .. } => Arc::new(builder.finish()),
            ColumnBuilder::Date(builder) => Arc::new(builder.finish()),
            ColumnBuilder::Instant(builder) => Arc::new(builder.finish()),
        }
    }
}

fn boolean(cell: &[u8], true_values: &[String], false_values: &[String]) -> Option<bool> {
    let is = |text: &String| text.as_bytes() == cell;
    if true_values.iter().any(is) {
        Some(true)
    } else {
        false_values.iter().any(is).then_some(false)
    }
}

/// f
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
pub enum CellFault { Type, Ambiguous, Required, MinLength, MaxLength, Minimum, Maximum, ExclusiveMinimum, ExclusiveMaximum, JsonSchema, Pattern, Enum, Categories }
impl ColumnBuilder<'_> {
    /// p
    pub fn push(&mut self, cell: &[u8], mut on_fault: impl FnMut(CellFault)) { if cell.is_empty() { self.push_null(); return; } if !self.append(cell) { self.push_null(); on_fault(CellFault::Type); } }
}
