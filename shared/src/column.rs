//! Cells to one typed column.

mod text;

use std::borrow::Cow;
use std::sync::Arc;

use arrow_array::ArrayRef;
use arrow_array::builder::{
    BooleanBuilder, Date32Builder, Decimal128Builder, Float64Builder, Int64Builder,
    TimestampMicrosecondBuilder,
};
use arrow_schema::ArrowError;

use crate::cell::{StringFormat, TimeText, Value};
use crate::contract::{Field, FieldType, Missing};
use crate::csv::Cell;
use text::TextBuilder;

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
    /// Number of values.
    len: usize,
    scratch: String,
}

/// One builder for each type in memory.
#[derive(Debug)]
enum Values {
    Text(TextBuilder),
    Integer(Int64Builder),
    Number(Float64Builder),
    Decimal(Decimal128Builder),
    Boolean(BooleanBuilder),
    Date(Date32Builder),
    Instant(TimestampMicrosecondBuilder),
}

impl<'a> ColumnBuilder<'a> {
    /// An empty column.
    pub fn new(field: &'a Field) -> Self {
        ColumnBuilder {
            field,
            missing: Missing::new(field),
            is_free: field.constraints.are_free(),
            values: Values::of(&field.field_type, 0, 0),
            len: 0,
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
    /// assert_eq!((column.finish().unwrap().len(), faults), (2, vec![CellFault::Type]));
    /// ```
    pub fn push(&mut self, cell: &[u8], mut on_fault: impl FnMut(CellFault)) {
        if let Ok(cell) = std::str::from_utf8(cell) {
            self.extend(std::iter::once(Some(Cell::new(cell))), |_, fault| on_fault(fault));
        } else {
            on_fault(CellFault::Type);
            self.push_null();
        }
    }

    /// Appends the values of many cells, as [`push`](Self::push) would one by one; a cell that is not
    /// there is a null and no fault. `on_fault` is told the position of the cell among them, 0-based.
    pub fn extend<'c>(
        &mut self,
        cells: impl ExactSizeIterator<Item = Option<Cell<'c>>>,
        on_fault: impl FnMut(usize, CellFault),
    ) {
        let ColumnBuilder { field, missing, is_free, values, len, scratch } = self;
        *len += cells.len();
        let field_type = &field.field_type;
        let column = Rules { field, missing, is_free: *is_free };
        match (values, field_type) {
            (Values::Integer(builder), FieldType::Integer(format)) => column.fill(
                cells,
                |cell| format.integer_cell(cell).ok_or(CellFault::Type),
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
                    |cell| decimal.read_cell(cell, format).ok_or(CellFault::Type),
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
            (Values::Text(builder), FieldType::String(StringFormat::Default)) => column.fill(
                cells,
                Ok,
                |value| Value::Text(Cow::Borrowed(value.text())),
                |value, _| builder.append(value),
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
        self.len += 1;
        self.values.append(None, "");
    }

    /// Appends as many nulls.
    pub fn push_nulls(&mut self, count: usize) {
        (0..count).for_each(|_| self.push_null());
    }

    /// The values so far; the builder is empty again.
    ///
    /// # Errors
    /// Texts of more than 2 GiB.
    pub fn finish(&mut self) -> Result<ArrayRef, ArrowError> {
        // The next batch is most often as long as this one.
        let next = Values::of(&self.field.field_type, self.len, self.values.byte_len());
        self.len = 0;
        std::mem::replace(&mut self.values, next).finish()
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
    /// A builder for as many values of a type, with as many bytes of text.
    fn of(field_type: &FieldType, len: usize, byte_len: usize) -> Self {
        match field_type {
            FieldType::Integer(_) | FieldType::Year => {
                Values::Integer(Int64Builder::with_capacity(len))
            }
            FieldType::Number { decimal: None, .. } => {
                Values::Number(Float64Builder::with_capacity(len))
            }
            FieldType::Number { decimal: Some(_), .. } => {
                let builder = Decimal128Builder::with_capacity(len);
                Values::Decimal(builder.with_data_type(field_type.data_type()))
            }
            FieldType::Boolean { .. } => Values::Boolean(BooleanBuilder::with_capacity(len)),
            FieldType::Date(_) => Values::Date(Date32Builder::with_capacity(len)),
            FieldType::DateTime(_) => {
                let builder = TimestampMicrosecondBuilder::with_capacity(len);
                Values::Instant(builder.with_data_type(field_type.data_type()))
            }
            FieldType::String(_)
            | FieldType::Object
            | FieldType::Array
            | FieldType::List(_)
            | FieldType::Time(_)
            | FieldType::YearMonth
            | FieldType::Duration
            | FieldType::GeoPoint(_)
            | FieldType::GeoJson(_)
            | FieldType::Any => Values::Text(TextBuilder::with_capacity(len, byte_len)),
        }
    }

    /// Bytes of the texts.
    fn byte_len(&self) -> usize {
        if let Values::Text(builder) = self { builder.byte_len() } else { 0 }
    }

    /// Appends a value of a type without a loop of its own; what is kept as text stands as in the
    /// cell, save for times.
    fn append(&mut self, value: Option<Value<'_>>, cell: &str) {
        match (self, value) {
            (Values::Integer(builder), Some(Value::Integer(value))) => builder.append_value(value),
            (Values::Boolean(builder), Some(Value::Boolean(value))) => builder.append_value(value),
            (Values::Text(builder), Some(Value::Time(micros))) => {
                builder.append_text(Some(&TimeText(micros).to_string()));
            }
            (Values::Text(builder), Some(_)) => builder.append_text(Some(cell)),
            (Values::Text(builder), None) => builder.append_text(None),
            (Values::Integer(builder), _) => builder.append_null(),
            (Values::Number(builder), _) => builder.append_null(),
            (Values::Decimal(builder), _) => builder.append_null(),
            (Values::Boolean(builder), _) => builder.append_null(),
            (Values::Date(builder), _) => builder.append_null(),
            (Values::Instant(builder), _) => builder.append_null(),
        }
    }

    /// The values as an array.
    fn finish(self) -> Result<ArrayRef, ArrowError> {
        Ok(match self {
            Values::Text(builder) => builder.finish()?,
            Values::Integer(mut builder) => Arc::new(builder.finish()),
            Values::Number(mut builder) => Arc::new(builder.finish()),
            Values::Decimal(mut builder) => Arc::new(builder.finish()),
            Values::Boolean(mut builder) => Arc::new(builder.finish()),
            Values::Date(mut builder) => Arc::new(builder.finish()),
            Values::Instant(mut builder) => Arc::new(builder.finish()),
        })
    }
}

#[cfg(test)]
mod tests;
