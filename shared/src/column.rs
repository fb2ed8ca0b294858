//! Cells to one typed column.

use std::fmt::Write;
use std::sync::Arc;

use arrow_array::ArrayRef;
use arrow_array::builder::{
    BooleanBuilder, Date32Builder, Decimal128Builder, Float64Builder, Int64Builder, StringBuilder,
    TimestampMicrosecondBuilder,
};

use crate::cell::{TimeText, Value};
use crate::contract::{Field, FieldType};

pub use crate::cell::CellFault;

/// The typed values of one column.
///
/// Invariant: each push appends exactly one value or null, whatever the cell.
#[derive(Debug)]
pub struct ColumnBuilder<'a> {
    field: &'a Field,
    values: Values,
    scratch: String,
}

/// One builder for each type in memory.
#[derive(Debug)]
enum Values {
    Text(StringBuilder),
    Integer(Int64Builder),
    Number(Float64Builder),
    Decimal(Decimal128Builder),
    Boolean(BooleanBuilder),
    Date(Date32Builder),
    Instant(TimestampMicrosecondBuilder),
}

/// The same for every builder.
macro_rules! each {
    ($values:expr, $builder:ident => $result:expr) => {
        match $values {
            Values::Text($builder) => $result,
            Values::Integer($builder) => $result,
            Values::Number($builder) => $result,
            Values::Decimal($builder) => $result,
            Values::Boolean($builder) => $result,
            Values::Date($builder) => $result,
            Values::Instant($builder) => $result,
        }
    };
}

impl<'a> ColumnBuilder<'a> {
    /// An empty column.
    pub fn new(field: &'a Field) -> Self {
        ColumnBuilder { field, values: Values::of(&field.field_type), scratch: String::new() }
    }

    /// Appends the value of a cell: null for a missing value and for what is not of the type.
    ///
    /// Tells each fault: the type alone, or else every broken constraint in the order of the
    /// specification. (Whether a `unique` value stood in the file before, only the file can tell.)
    ///
    /// ```
    /// use shared::column::{CellFault, ColumnBuilder};
    /// use shared::contract::{Field, FieldType};
    /// let field = Field::new("n", FieldType::INTEGER);
    /// let (mut column, mut faults) = (ColumnBuilder::new(&field), Vec::new());
    /// column.push(b"7", |fault| faults.push(fault));
    /// column.push(b"x", |fault| faults.push(fault));
    /// assert_eq!((column.finish().len(), faults), (2, vec![CellFault::Type]));
    /// ```
    pub fn push(&mut self, cell: &[u8], mut on_fault: impl FnMut(CellFault)) {
        let Field { field_type, constraints, .. } = self.field;
        if self.field.is_missing(cell) {
            if constraints.required {
                on_fault(CellFault::Required);
            }
            return self.push_null();
        }
        match field_type.read(cell, &mut self.scratch) {
            Ok(value) => {
                constraints.check(field_type, &value, &mut on_fault);
                self.values.push(&value, cell);
            }
            Err(fault) => {
                on_fault(fault);
                self.push_null();
            }
        }
    }

    /// Appends a null.
    pub fn push_null(&mut self) {
        each!(&mut self.values, builder => builder.append_null());
    }

    /// The values so far; the builder is empty again.
    pub fn finish(&mut self) -> ArrayRef {
        each!(&mut self.values, builder => Arc::new(builder.finish()))
    }
}

impl Values {
    /// A builder for the values of a type.
    fn of(field_type: &FieldType) -> Self {
        match field_type {
            FieldType::Integer(_) | FieldType::Year => Values::Integer(Int64Builder::new()),
            FieldType::Number { decimal: None, .. } => Values::Number(Float64Builder::new()),
            FieldType::Number { decimal: Some(_), .. } => {
                Values::Decimal(Decimal128Builder::new().with_data_type(field_type.data_type()))
            }
            FieldType::Boolean { .. } => Values::Boolean(BooleanBuilder::new()),
            FieldType::Date(_) => Values::Date(Date32Builder::new()),
            FieldType::DateTime(_) => Values::Instant(
                TimestampMicrosecondBuilder::new().with_data_type(field_type.data_type()),
            ),
            FieldType::String(_)
            | FieldType::Object
            | FieldType::Array
            | FieldType::List(_)
            | FieldType::Time(_)
            | FieldType::YearMonth
            | FieldType::Duration
            | FieldType::GeoPoint(_)
            | FieldType::GeoJson(_)
            | FieldType::Any => Values::Text(StringBuilder::new()),
        }
    }

    /// Appends a value of the field; what is kept as text stands as in the cell, save for times.
    fn push(&mut self, value: &Value<'_>, cell: &[u8]) {
        match (self, value) {
            (Values::Integer(builder), Value::Integer(value)) => builder.append_value(*value),
            (Values::Number(builder), Value::Number(value)) => builder.append_value(*value),
            (Values::Decimal(builder), Value::Decimal(value)) => builder.append_value(*value),
            (Values::Boolean(builder), Value::Boolean(value)) => builder.append_value(*value),
            (Values::Date(builder), Value::Date(value)) => builder.append_value(*value),
            (Values::Instant(builder), Value::Instant(value)) => builder.append_value(*value),
            (Values::Text(builder), Value::Time(micros)) => {
                match write!(builder, "{}", TimeText(*micros)) {
                    Ok(()) => builder.append_value(""),
                    Err(_) => builder.append_null(),
                }
            }
            (Values::Text(builder), _) => builder.append_option(std::str::from_utf8(cell).ok()),
            (values, _) => each!(values, builder => builder.append_null()),
        }
    }
}

#[cfg(test)]
mod tests;
