//! Functions of texts, by Unicode characters.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::Int64Type;
use arrow_array::{Array, ArrayRef, Int64Array, StringArray};
use shared::contract::ScalarFunction;

/// The values of a function of texts.
pub(super) fn call(function: ScalarFunction, operands: &[ArrayRef]) -> ArrayRef {
    match function {
        ScalarFunction::Upper => each(operands, str::to_uppercase),
        ScalarFunction::Lower => each(operands, str::to_lowercase),
        ScalarFunction::Trim => each(operands, |text| text.trim_matches(' ').to_owned()),
        ScalarFunction::TrimStart => each(operands, |text| text.trim_start_matches(' ').to_owned()),
        ScalarFunction::TrimEnd => each(operands, |text| text.trim_end_matches(' ').to_owned()),
        ScalarFunction::Length => lengths(operands),
        ScalarFunction::Substring => substrings(operands),
        ScalarFunction::Replace => by_row(operands, |texts| {
            let &[Some(text), Some(from), Some(to)] = texts else { return None };
            // As in SQL, nothing is found nowhere.
            Some(if from.is_empty() { text.to_owned() } else { text.replace(from, to) })
        }),
        ScalarFunction::Concat => {
            by_row(operands, |texts| Some(texts.iter().copied().flatten().collect()))
        }
        _ => by_row(operands, |texts| texts.iter().copied().collect()),
    }
}

fn each(operands: &[ArrayRef], apply: impl Fn(&str) -> String) -> ArrayRef {
    by_row(operands, |texts| texts.first().copied().flatten().map(&apply))
}

/// Applies a function to the texts of each row.
fn by_row(
    operands: &[ArrayRef],
    apply: impl for<'t> Fn(&[Option<&'t str>]) -> Option<String>,
) -> ArrayRef {
    let arrays: Vec<&StringArray> = operands.iter().map(AsArray::as_string::<i32>).collect();
    let row_count = arrays.first().map_or(0, Array::len);
    let mut texts = Vec::new();
    let rows = (0..row_count).map(|row| {
        texts.clear();
        texts.extend(arrays.iter().map(|array| array.is_valid(row).then(|| array.value(row))));
        apply(&texts)
    });
    Arc::new(rows.collect::<StringArray>())
}

fn lengths(operands: &[ArrayRef]) -> ArrayRef {
    let lengths = operands.first().map(|texts| {
        let texts = texts.as_string::<i32>().iter();
        texts.map(|text| i64::try_from(text?.chars().count()).ok()).collect::<Int64Array>()
    });
    Arc::new(lengths.unwrap_or_else(|| Int64Array::from(Vec::<i64>::new())))
}

/// Characters from a place on, the first being 1; those of places before it are not there.
fn substrings(operands: &[ArrayRef]) -> ArrayRef {
    let [texts, starts, lengths @ ..] = operands else {
        return Arc::new(StringArray::from(Vec::<&str>::new()));
    };
    let (texts, starts) = (texts.as_string::<i32>(), starts.as_primitive::<Int64Type>());
    let lengths = lengths.first().map(AsArray::as_primitive::<Int64Type>);
    let rows = texts.iter().zip(starts).enumerate().map(|(row, (text, start))| {
        let (text, start) = (text?, start?);
        let end = match lengths {
            None => i64::MAX,
            Some(lengths) if lengths.is_null(row) => return None,
            Some(lengths) => start.saturating_add(lengths.value(row)),
        };
        let skipped = usize::try_from(start.saturating_sub(1)).unwrap_or(0);
        let count = usize::try_from(end.saturating_sub(start.max(1))).unwrap_or(0);
        Some(text.chars().skip(skipped).take(count).collect::<String>())
    });
    Arc::new(rows.collect::<StringArray>())
}
