//! Keys that are short enough to be told apart by 128 bits as they are.

use arrow_array::cast::AsArray;
use arrow_array::types::{
    ArrowPrimitiveType, Date32Type, Decimal128Type, Float64Type, Int64Type,
    TimestampMicrosecondType,
};
use arrow_array::{Array, ArrayRef, BooleanArray, PrimitiveArray, StringArray};
use arrow_schema::ArrowError;

/// The values of a key, one after another from the lowest byte up, and their length in the highest.
///
/// A value is a byte that says how many follow, and those: of a number without its leading zeros.
/// So two short keys over columns of the same types are equal if, and only if, their tokens are.
pub(crate) type Token = u128;

/// What stands for every key that is longer than a token.
pub(crate) const LONG: Token = Token::MAX;

/// Bytes of values in a token.
const CAPACITY: u32 = 15;

/// The byte of a null, which no length equals.
const NULL: u32 = 0xff;

/// The tokens of `row_count` rows, [`LONG`] where they are too short for the values. A null is a value
/// that equals itself.
///
/// # Errors
/// Columns of other types than a contract gives: a bug.
pub(crate) fn tokens(columns: &[ArrayRef], row_count: usize) -> Result<Vec<Token>, ArrowError> {
    let mut tokens = vec![0; row_count];
    for column in columns {
        append(&mut tokens, column)?;
    }
    Ok(tokens)
}

/// Appends the values of a column, whatever its type.
fn append(tokens: &mut [Token], column: &ArrayRef) -> Result<(), ArrowError> {
    if let Some(array) = column.as_primitive_opt::<Int64Type>() {
        append_numbers(tokens, array, |value| zigzag(value.into()));
    } else if let Some(array) = column.as_string_opt::<i32>() {
        append_texts(tokens, array);
    } else if let Some(array) = column.as_primitive_opt::<Date32Type>() {
        append_numbers(tokens, array, |value| zigzag(value.into()));
    } else if let Some(array) = column.as_primitive_opt::<TimestampMicrosecondType>() {
        append_numbers(tokens, array, |value| zigzag(value.into()));
    } else if let Some(array) = column.as_primitive_opt::<Decimal128Type>() {
        append_numbers(tokens, array, zigzag);
    } else if let Some(array) = column.as_primitive_opt::<Float64Type>() {
        // The last digits of a double are often zeros: they become the leading ones.
        append_numbers(tokens, array, |value| value.to_bits().swap_bytes().into());
    } else if let Some(array) = column.as_boolean_opt() {
        append_booleans(tokens, array);
    } else {
        let message = format!("no key is made of {}", column.data_type());
        return Err(ArrowError::InvalidArgumentError(message));
    }
    Ok(())
}

fn append_numbers<T: ArrowPrimitiveType>(
    tokens: &mut [Token],
    array: &PrimitiveArray<T>,
    bits: impl Fn(T::Native) -> u128,
) {
    match array.nulls() {
        None => {
            for (token, &value) in tokens.iter_mut().zip(array.values()) {
                append_number(token, bits(value));
            }
        }
        Some(nulls) => {
            for ((token, &value), is_valid) in tokens.iter_mut().zip(array.values()).zip(nulls) {
                if is_valid { append_number(token, bits(value)) } else { append_null(token) }
            }
        }
    }
}

fn append_booleans(tokens: &mut [Token], array: &BooleanArray) {
    for (token, value) in tokens.iter_mut().zip(array) {
        match value {
            Some(value) => append_number(token, value.into()),
            None => append_null(token),
        }
    }
}

fn append_texts(tokens: &mut [Token], array: &StringArray) {
    let data = array.value_data();
    for (row, (token, ends)) in tokens.iter_mut().zip(array.value_offsets().windows(2)).enumerate()
    {
        if array.is_null(row) {
            append_null(token);
            continue;
        }
        let &[start, end] = ends else { continue };
        let (Ok(start), Ok(end)) = (usize::try_from(start), usize::try_from(end)) else { continue };
        match u32::try_from(end - start) {
            Ok(len @ ..CAPACITY) => append_value(token, len, first_bytes(data, start, len)),
            _ => *token = LONG,
        }
    }
}

/// The `len` bytes of `data` from `start`, less than 16 of them.
fn first_bytes(data: &[u8], start: usize, len: u32) -> u128 {
    let data = data.get(start..).unwrap_or_default();
    let bytes = data.first_chunk().copied().unwrap_or_else(|| {
        let mut padded = [0; 16];
        padded.iter_mut().zip(data).for_each(|(to, from)| *to = *from);
        padded
    });
    u128::from_le_bytes(bytes) & ((1 << (8 * len)) - 1)
}

/// Small numbers of either sign to small ones without.
fn zigzag(value: i128) -> u128 {
    ((value << 1) ^ (value >> 127)).cast_unsigned()
}

fn append_number(token: &mut Token, bits: u128) {
    append_value(token, (u128::BITS - bits.leading_zeros()).div_ceil(8), bits);
}

fn append_null(token: &mut Token) {
    append_bytes(token, 1, NULL.into());
}

/// Appends the length of a value and its bytes.
fn append_value(token: &mut Token, len: u32, bytes: u128) {
    append_bytes(token, 1 + len, u128::from(len) | bytes << 8);
}

fn append_bytes(token: &mut Token, len: u32, bytes: u128) {
    let used = u32::from(token.to_be_bytes()[0]);
    if used + len <= CAPACITY {
        *token = (*token | bytes << (8 * used)) + (u128::from(len) << 120);
    } else {
        *token = LONG;
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::sync::Arc;

    use arrow_array::{Date32Array, Decimal128Array, Float64Array, Int64Array};
    use arrow_row::{RowConverter, SortField};
    use proptest::prelude::*;

    use super::*;

    /// Two rows have the same token if, and only if, their values are the same: as arrow's row format
    /// sees it.
    #[track_caller]
    fn check(columns: &[ArrayRef]) {
        let fields = columns.iter().map(|column| SortField::new(column.data_type().clone()));
        let rows = RowConverter::new(fields.collect()).unwrap().convert_columns(columns).unwrap();
        let tokens = tokens(columns, rows.num_rows()).unwrap();
        let (mut rows_of, mut tokens_of) = (BTreeMap::new(), BTreeMap::new());
        for (row, &token) in rows.iter().zip(&tokens) {
            let row = row.data().to_vec();
            assert_eq!(*tokens_of.entry(row.clone()).or_insert(token), token);
            if token != LONG {
                assert_eq!(*rows_of.entry(token).or_insert(row.clone()), row);
            }
        }
    }

    fn texts(values: &[Option<&str>]) -> ArrayRef {
        Arc::new(values.iter().copied().collect::<StringArray>())
    }

    #[test]
    fn values_do_not_run_into_each_other() {
        check(&[
            texts(&[Some(""), Some("a"), Some("a\0"), None, Some("ab"), Some("a"), Some("\u{1}")]),
            texts(&[Some("ab"), Some("b"), Some("b"), Some("b"), Some(""), None, Some("\u{1}")]),
        ]);
        check(&[
            Arc::new(Int64Array::from(vec![Some(0), Some(-1), Some(i64::MIN), Some(256), None])),
            Arc::new(Date32Array::from(vec![Some(0), Some(-1), None, Some(1), Some(i32::MAX)])),
            Arc::new(BooleanArray::from(vec![None, Some(true), Some(false), None, None])),
        ]);
        check(&[Arc::new(Float64Array::from(vec![0.0, -0.0, f64::NAN, -f64::NAN, 1.0, 256.0]))]);
        check(&[Arc::new(Decimal128Array::from(vec![0, 1, -1, i128::MAX, i128::MIN, 1 << 111]))]);
    }

    #[test]
    fn what_does_not_fit_is_long() {
        let is_long = |columns: &[ArrayRef]| tokens(columns, 1).unwrap() == [LONG];
        assert!(!is_long(&[texts(&[Some("fourteen bytes")])]));
        assert!(is_long(&[texts(&[Some("fifteen bytes..")])]));
        assert!(is_long(&[texts(&[Some(&"x".repeat(300))])]));
        assert!(!is_long(&[texts(&[Some("thirteen byte")]), texts(&[None])]));
        assert!(is_long(&[texts(&[Some("fourteen bytes")]), texts(&[None])]));
        assert!(!is_long(&[Arc::new(Int64Array::from(vec![i64::MIN]))]));
        assert!(is_long(&[Arc::new(Decimal128Array::from(vec![i128::MAX]))]));
    }

    proptest! {
        #[test]
        fn equal_tokens_are_equal_values(
            values in prop::collection::vec(
                (prop::option::of("[a\u{0}é]{0,3}"), prop::option::of(-3_i64..3), any::<i64>()),
                0..60,
            ),
            skipped in 0..60_usize,
        ) {
            let columns: [ArrayRef; 3] = [
                Arc::new(values.iter().map(|value| value.0.as_deref()).collect::<StringArray>()),
                Arc::new(values.iter().map(|value| value.1).collect::<Int64Array>()),
                Arc::new(values.iter().map(|value| value.2 >> 48).collect::<Int64Array>()),
            ];
            check(&columns);
            let at = skipped.min(values.len());
            check(&columns.map(|column| column.slice(at, values.len() - at)));
        }
    }
}
