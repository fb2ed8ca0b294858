//! The least or the greatest values of groups.

use std::borrow::Borrow;
use std::cmp::Ordering;
use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::{
    ArrowPrimitiveType, Date32Type, Decimal128Type, Float64Type, Int64Type,
    TimestampMicrosecondType,
};
use arrow_array::{Array, ArrayRef, BooleanArray, Float64Array, PrimitiveArray};
use arrow_schema::{ArrowError, DataType};
use serde::{Deserialize, Serialize};

use super::keys::Id;
use super::state::{each, picked};

/// The least or the greatest value of each group.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Extremes<T> {
    is_greatest: bool,
    kept: Vec<Option<T>>,
}

impl<T> Extremes<T> {
    pub(super) fn new(is_greatest: bool) -> Self {
        Extremes { is_greatest, kept: Vec::new() }
    }

    pub(super) fn grow(&mut self, group_count: usize) {
        self.kept.resize_with(group_count, || None);
    }

    #[inline]
    fn add<B: Ord + ToOwned<Owned = T> + ?Sized>(&mut self, id: Id, value: &B)
    where
        T: Borrow<B>,
    {
        let wanted = if self.is_greatest { Ordering::Greater } else { Ordering::Less };
        match self.kept.get_mut(id as usize) {
            Some(Some(kept)) if value.cmp((*kept).borrow()) == wanted => value.clone_into(kept),
            Some(kept @ None) => *kept = Some(value.to_owned()),
            _ => {}
        }
    }

    pub(super) fn merge<B: Ord + ToOwned<Owned = T> + ?Sized>(&mut self, other: Self, ids: &[Id])
    where
        T: Borrow<B>,
    {
        for (&id, value) in ids.iter().zip(other.kept) {
            if let Some(value) = value {
                self.add(id, value.borrow());
            }
        }
    }
}

impl Extremes<String> {
    pub(super) fn update(&mut self, column: &ArrayRef, ids: &[Id]) -> Result<(), ArrowError> {
        let array = column.as_string_opt::<i32>().ok_or_else(|| unordered(column.data_type()))?;
        for (&id, value) in ids.iter().zip(array) {
            if let Some(value) = value {
                self.add(id, value);
            }
        }
        Ok(())
    }

    pub(super) fn array(&self, order: &[Id]) -> ArrayRef {
        let values = picked(&self.kept, order).map(Option::as_deref);
        Arc::new(values.collect::<arrow_array::StringArray>())
    }
}

/// Values as integers of the same order.
impl Extremes<i128> {
    pub(super) fn update(&mut self, column: &ArrayRef, ids: &[Id]) -> Result<(), ArrowError> {
        if let Some(array) = column.as_primitive_opt::<Int64Type>() {
            each(array, ids, |id, value| self.add(id, &value.into()));
        } else if let Some(array) = column.as_primitive_opt::<Float64Type>() {
            each(array, ids, |id, value| self.add(id, &ordinal(value.to_bits()).into()));
        } else if let Some(array) = column.as_primitive_opt::<Decimal128Type>() {
            each(array, ids, |id, value| self.add(id, &value));
        } else if let Some(array) = column.as_primitive_opt::<Date32Type>() {
            each(array, ids, |id, value| self.add(id, &value.into()));
        } else if let Some(array) = column.as_primitive_opt::<TimestampMicrosecondType>() {
            each(array, ids, |id, value| self.add(id, &value.into()));
        } else if let Some(array) = column.as_boolean_opt() {
            for (&id, value) in ids.iter().zip(array) {
                if let Some(value) = value {
                    self.add(id, &value.into());
                }
            }
        } else {
            return Err(unordered(column.data_type()));
        }
        Ok(())
    }

    /// The values of those groups, as an array of that type.
    pub(super) fn array(&self, order: &[Id], data_type: &DataType) -> Result<ArrayRef, ArrowError> {
        let values = picked(&self.kept, order).copied();
        let small = values.clone().map(|value| i64::try_from(value?).ok());
        match Some(data_type) {
            Some(DataType::Int64) => Ok(primitive::<Int64Type>(small, data_type)),
            Some(DataType::Float64) => Ok(Arc::new(small.map(double).collect::<Float64Array>())),
            Some(DataType::Decimal128(..)) => Ok(primitive::<Decimal128Type>(values, data_type)),
            Some(DataType::Date32) => {
                let days = small.map(|value| i32::try_from(value?).ok());
                Ok(primitive::<Date32Type>(days, data_type))
            }
            Some(DataType::Timestamp(..)) => {
                Ok(primitive::<TimestampMicrosecondType>(small, data_type))
            }
            Some(DataType::Boolean) => {
                let values = values.map(|value| value.map(|value| value != 0));
                Ok(Arc::new(values.collect::<BooleanArray>()))
            }
            _ => Err(unordered(data_type)),
        }
    }
}

/// The bits of a double as an integer, in the total order of IEEE 754, or back.
fn ordinal(bits: u64) -> i64 {
    let bits = bits.cast_signed();
    bits ^ ((bits >> 63).cast_unsigned() >> 1).cast_signed()
}

fn double(value: Option<i64>) -> Option<f64> {
    value.map(|value| f64::from_bits(ordinal(value.cast_unsigned()).cast_unsigned()))
}

fn primitive<T: ArrowPrimitiveType>(
    values: impl Iterator<Item = Option<T::Native>>,
    data_type: &DataType,
) -> ArrayRef {
    Arc::new(values.collect::<PrimitiveArray<T>>().with_data_type(data_type.clone()))
}

fn unordered(data_type: &DataType) -> ArrowError {
    ArrowError::InvalidArgumentError(format!("no value is the least of {data_type}"))
}
