//! Cells to one typed column.

use std::borrow::Cow;
use std::fmt::Write;
use std::sync::Arc;

use arrow_array::ArrayRef;
use arrow_array::builder::{
    BooleanBuilder, Date32Builder, Decimal128Builder, Float64Builder, Int64Builder, StringBuilder,
    TimestampMicrosecondBuilder,
};

use crate::cell::{TimeText, Value};
use crate::contract::{Field, FieldType, Missing};
use crate::csv::Cell;

pub use crate::cell::CellFault;

/// The typed values of one column.
///
/// Invariant: each cell appends exactly one value or null, whatever it holds.
#[derive(Debug)]
pub struct ColumnBuilder<'a> {
    field: &'a Field,
    missing: Missing<'a>,
    /// Whether every value of the type is one of the field.
    is_free: bool,
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
        ColumnBuilder {
            field,
            missing: Missing::new(field),
            is_free: field.constraints.are_free(),
            values: Values::of(&field.field_type),
            scratch: String::new(),
        }
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
        match std::str::from_utf8(cell) {
            Ok(cell) => {
                self.extend(std::iter::once(Some(Cell::new(cell))), |_, fault| on_fault(fault))
            }
            Err(_) => {
                on_fault(CellFault::Type);
                self.push_null();
            }
        }
    }

    /// Appends the values of many cells, as [`push`](Self::push) would one by one; a cell that is not
    /// there is a null and no fault. `on_fault` is told the position of the cell among them, 0-based.
    pub fn extend<'c>(
        &mut self,
        cells: impl Iterator<Item = Option<Cell<'c>>>,
        on_fault: impl FnMut(usize, CellFault),
    ) {
        let ColumnBuilder { field, missing, is_free, values, scratch } = self;
        let field_type = &field.field_type;
        let column = Rules { field, missing, is_free: *is_free };
        match (values, field_type) {
            (Values::Integer(builder), FieldType::Integer(format)) => column.fill(
                cells,
                |cell| format.integer(cell.bytes()).ok_or(CellFault::Type),
                |value| Value::Integer(*value),
                |value, _| builder.append_option(value),
                on_fault,
            ),
            (Values::Number(builder), FieldType::Number { format, .. }) => column.fill(
                cells,
                |cell| format.number(cell.bytes(), scratch).ok_or(CellFault::Type),
                |value| Value::Number(*value),
                |value, _| builder.append_option(value),
                on_fault,
            ),
            (Values::Decimal(builder), FieldType::Number { format, decimal: Some(decimal) }) => {
                column.fill(
                    cells,
                    |cell| decimal.read(cell.bytes(), format).ok_or(CellFault::Type),
                    |value| Value::Decimal(*value),
                    |value, _| builder.append_option(value),
                    on_fault,
                );
            }
            (Values::Date(builder), FieldType::Date(format)) => column.fill(
                cells,
                |cell| format.date(cell.bytes()),
                |value| Value::Date(*value),
                |value, _| builder.append_option(value),
                on_fault,
            ),
            (Values::Instant(builder), FieldType::DateTime(format)) => column.fill(
                cells,
                |cell| format.datetime(cell.bytes()),
                |value| Value::Instant(*value),
                |value, _| builder.append_option(value),
                on_fault,
            ),
            (Values::Text(builder), FieldType::String(format)) => column.fill(
                cells,
                |cell| Some(cell.text()).filter(|text| format.accepts(text)).ok_or(CellFault::Type),
                |value| Value::Text(Cow::Borrowed(value)),
                |value, _| builder.append_option(value),
                on_fault,
            ),
            (values, _) => column.fill(
                cells,
                |cell| field_type.read(cell.bytes(), scratch),
                Clone::clone,
                |value, cell| values.append(value, cell.text()),
                on_fault,
            ),
        }
    }

    /// Appends a null.
    pub fn push_null(&mut self) {
        each!(&mut self.values, builder => builder.append_null());
    }

    /// Appends as many nulls.
    pub fn push_nulls(&mut self, count: usize) {
        each!(&mut self.values, builder => (0..count).for_each(|_| builder.append_null()));
    }

    /// The values so far; the builder is empty again.
    pub fn finish(&mut self) -> ArrayRef {
        each!(&mut self.values, builder => Arc::new(builder.finish()))
    }
}

/// What a cell has to be.
struct Rules<'a> {
    field: &'a Field,
    missing: &'a Missing<'a>,
    is_free: bool,
}

impl Rules<'_> {
    /// Reads cells of one type, in a loop of its own for each type.
    #[inline]
    fn fill<'c, T>(
        &self,
        cells: impl Iterator<Item = Option<Cell<'c>>>,
        mut read: impl FnMut(Cell<'c>) -> Result<T, CellFault>,
        to_value: impl for<'v> Fn(&'v T) -> Value<'c>,
        mut append: impl FnMut(Option<T>, Cell<'c>),
        mut on_fault: impl FnMut(usize, CellFault),
    ) {
        let Field { field_type, constraints, .. } = self.field;
        for (row, cell) in cells.enumerate() {
            let Some(cell) = cell else {
                append(None, Cell::new(""));
                continue;
            };
            if self.missing.contains(cell) {
                if constraints.required {
                    on_fault(row, CellFault::Required);
                }
                append(None, cell);
                continue;
            }
            let value = read(cell);
            match &value {
                Ok(value) if !self.is_free => {
                    constraints.check(field_type, &to_value(value), &mut |fault| {
                        on_fault(row, fault);
                    });
                }
                Ok(_) => {}
                Err(fault) => on_fault(row, *fault),
            }
            append(value.ok(), cell);
        }
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

    /// Appends a value of a type without a loop of its own; what is kept as text stands as in the
    /// cell, save for times.
    fn append(&mut self, value: Option<Value<'_>>, cell: &str) {
        match (self, value) {
            (Values::Integer(builder), Some(Value::Integer(value))) => builder.append_value(value),
            (Values::Boolean(builder), Some(Value::Boolean(value))) => builder.append_value(value),
            (Values::Text(builder), Some(Value::Time(micros))) => {
                match write!(builder, "{}", TimeText(micros)) {
                    Ok(()) => builder.append_value(""),
                    Err(_) => builder.append_null(),
                }
            }
            (Values::Text(builder), Some(_)) => builder.append_value(cell),
            (values, _) => each!(values, builder => builder.append_null()),
        }
    }
}

#[cfg(test)]
mod tests;
