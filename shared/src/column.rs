//! Cells to one typed column.

mod native;
mod nulls;
mod text;

use std::borrow::Cow;
use std::sync::Arc;

use arrow_array::ArrayRef;
use arrow_array::builder::BooleanBuilder;
use arrow_array::types::{
    Date32Type, Decimal128Type, Float64Type, Int64Type, TimestampMicrosecondType,
};
use arrow_schema::{ArrowError, DataType};

use crate::cell::{self, StringFormat, TimeText, Value};
use crate::contract::{Field, FieldType, Missing, TimeFormat};
use crate::csv::Cell;
use native::NativeBuilder;
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
    Integer(NativeBuilder<Int64Type>),
    Number(NativeBuilder<Float64Type>),
    Decimal(NativeBuilder<Decimal128Type>),
    Boolean(BooleanBuilder),
    Date(NativeBuilder<Date32Type>),
    Instant(NativeBuilder<TimestampMicrosecondType>),
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
            (Values::Integer(builder), FieldType::Integer(format)) => builder.extend(column.read(
                cells,
                |cell| format.integer_cell(cell).ok_or(CellFault::Type),
                |value| Value::Integer(*value),
                on_fault,
            )),
            (Values::Number(builder), FieldType::Number { format, .. }) => {
                builder.extend(column.read(
                    cells,
                    |cell| format.number(cell.bytes(), scratch).ok_or(CellFault::Type),
                    |value| Value::Number(*value),
                    on_fault,
                ));
            }
            (Values::Decimal(builder), FieldType::Number { format, decimal: Some(decimal) }) => {
                builder.extend(column.read(
                    cells,
                    |cell| decimal.read_cell(cell, format).ok_or(CellFault::Type),
                    |value| Value::Decimal(*value),
                    on_fault,
                ));
            }
            (Values::Date(builder), FieldType::Date(TimeFormat::Default)) => {
                builder.extend(column.read(
                    cells,
                    |cell| cell::date(cell.bytes()).ok_or(CellFault::Type),
                    |value| Value::Date(*value),
                    on_fault,
                ));
            }
            (Values::Date(builder), FieldType::Date(format)) => builder.extend(column.read(
                cells,
                |cell| format.date(cell.bytes()),
                |value| Value::Date(*value),
                on_fault,
            )),
            (Values::Instant(builder), FieldType::DateTime(format)) => builder.extend(column.read(
                cells,
                |cell| format.datetime(cell.bytes()),
                |value| Value::Instant(*value),
                on_fault,
            )),
            (Values::Text(builder), FieldType::String(StringFormat::Default)) => {
                builder.extend(column.read(
                    cells,
                    Ok,
                    |value| Value::Text(Cow::Borrowed(value.text())),
                    on_fault,
                ));
            }
            (values, _) => column
                .read(
                    cells,
                    |cell| Ok((field_type.read(cell.bytes(), scratch)?, cell)),
                    |(value, _)| value.clone(),
                    on_fault,
                )
                .for_each(|value| values.append(value)),
        }
    }

    /// Appends a null.
    pub fn push_null(&mut self) {
        self.len += 1;
        self.values.append(None);
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
        std::mem::replace(&mut self.values, next).finish(self.field.field_type.data_type())
    }
}

/// What a cell has to be.
struct Rules<'a> {
    field: &'a Field,
    missing: &'a Missing<'a>,
    is_free: bool,
}

impl Rules<'_> {
    /// Reads cells of one type, in a loop of its own for each type; None where there is no value.
    #[inline]
    fn read<'c, T>(
        &self,
        cells: impl ExactSizeIterator<Item = Option<Cell<'c>>>,
        mut read: impl FnMut(Cell<'c>) -> Result<T, CellFault>,
        to_value: impl for<'v> Fn(&'v T) -> Value<'c>,
        mut on_fault: impl FnMut(usize, CellFault),
    ) -> impl ExactSizeIterator<Item = Option<T>> {
        let Field { field_type, constraints, .. } = self.field;
        cells.enumerate().map(move |(row, cell)| {
            let cell = cell?;
            if self.missing.contains(cell) {
                if constraints.required {
                    on_fault(row, CellFault::Required);
                }
                return None;
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
            value.ok()
        })
    }
}

impl Values {
    /// A builder for as many values of a type, with as many bytes of text.
    fn of(field_type: &FieldType, len: usize, byte_len: usize) -> Self {
        match field_type {
            FieldType::Integer(_) | FieldType::Year => {
                Values::Integer(NativeBuilder::with_capacity(len))
            }
            FieldType::Number { decimal: None, .. } => {
                Values::Number(NativeBuilder::with_capacity(len))
            }
            FieldType::Number { decimal: Some(_), .. } => {
                Values::Decimal(NativeBuilder::with_capacity(len))
            }
            FieldType::Boolean { .. } => Values::Boolean(BooleanBuilder::with_capacity(len)),
            FieldType::Date(_) => Values::Date(NativeBuilder::with_capacity(len)),
            FieldType::DateTime(_) => Values::Instant(NativeBuilder::with_capacity(len)),
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

    /// Appends a value of a type without a loop of its own, or a null; what is kept as text stands as
    /// in the cell, save for times.
    fn append(&mut self, value: Option<(Value<'_>, Cell<'_>)>) {
        match (self, value) {
            (Values::Integer(builder), Some((Value::Integer(value), _))) => {
                builder.append(Some(value));
            }
            (Values::Boolean(builder), Some((Value::Boolean(value), _))) => {
                builder.append_value(value);
            }
            (Values::Text(builder), Some((Value::Time(micros), _))) => {
                builder.append(Some(&TimeText(micros).to_string()));
            }
            (Values::Text(builder), value) => builder.append(value.map(|(_, cell)| cell.text())),
            (Values::Integer(builder), _) => builder.append(None),
            (Values::Number(builder), _) => builder.append(None),
            (Values::Decimal(builder), _) => builder.append(None),
            (Values::Boolean(builder), _) => builder.append_null(),
            (Values::Date(builder), _) => builder.append(None),
            (Values::Instant(builder), _) => builder.append(None),
        }
    }

    /// The values as an array.
    fn finish(self, data_type: DataType) -> Result<ArrayRef, ArrowError> {
        match self {
            Values::Text(builder) => builder.finish(),
            Values::Integer(builder) => builder.finish(data_type),
            Values::Number(builder) => builder.finish(data_type),
            Values::Decimal(builder) => builder.finish(data_type),
            Values::Boolean(mut builder) => Ok(Arc::new(builder.finish())),
            Values::Date(builder) => builder.finish(data_type),
            Values::Instant(builder) => builder.finish(data_type),
        }
    }
}

#[cfg(test)]
mod tests;
