//! Functions of texts, by Unicode characters.

use std::borrow::Cow;
use std::sync::Arc;

use arrow_array::builder::StringBuilder;
use arrow_array::cast::AsArray;
use arrow_array::types::Int64Type;
use arrow_array::{Array, ArrayRef, BooleanArray, Int64Array, StringArray};
use arrow_schema::ArrowError;
use shared::contract::ScalarFunction;
use shared::fault::Arithmetic;

use super::Evaluation;
use super::arithmetic::unexpected;
use super::slice::{is_space, left, length, part, place, right, substring};

/// Bytes that a text may have: as many as a record. A longer one is a fault of its row, before it is made.
pub(super) const TEXT_LIMIT: usize = 16 << 20;

/// A text that would be too long, or takes too long.
pub(super) struct TooLong;

pub(super) type Text<'t> = Result<Cow<'t, str>, TooLong>;

/// A text if all that it is made of is there.
type Found<'t> = Option<Text<'t>>;

impl Evaluation<'_> {
    /// The values of a function of texts.
    pub(super) fn text(
        &mut self,
        function: ScalarFunction,
        operands: &[ArrayRef],
    ) -> Result<ArrayRef, ArrowError> {
        let columns = operands.iter().map(column).collect::<Result<Vec<_>, _>>()?;
        let rows = (0..self.row_count).map(|row| Row { columns: &columns, row });
        let made: for<'t> fn(Row<'t>) -> Found<'t> = match function {
            ScalarFunction::Length => {
                return Ok(Arc::new(
                    rows.map(|row| row.text(0).map(length)).collect::<Int64Array>(),
                ));
            }
            ScalarFunction::Find => {
                let places = rows.map(|row| Some(place(row.text(0)?, row.text(1)?)));
                return Ok(Arc::new(places.collect::<Int64Array>()));
            }
            ScalarFunction::StartsWith => {
                let truths = rows.map(|row| Some(row.text(0)?.starts_with(row.text(1)?)));
                return Ok(Arc::new(truths.collect::<BooleanArray>()));
            }
            ScalarFunction::Upper => |row| Some(Ok(row.text(0)?.to_uppercase().into())),
            ScalarFunction::Lower => |row| Some(Ok(row.text(0)?.to_lowercase().into())),
            ScalarFunction::Trim => |row| Some(Ok(row.text(0)?.trim_matches(is_space).into())),
            ScalarFunction::TrimStart => {
                |row| Some(Ok(row.text(0)?.trim_start_matches(is_space).into()))
            }
            ScalarFunction::TrimEnd => {
                |row| Some(Ok(row.text(0)?.trim_end_matches(is_space).into()))
            }
            ScalarFunction::Substring => |row| {
                let (text, start) = (row.text(0)?, row.whole(1)?);
                // A length that is not there is not one that is null.
                let count = if row.columns.len() > 2 { Some(row.whole(2)?) } else { None };
                Some(Ok(substring(text, start, count).into()))
            },
            ScalarFunction::Left => |row| Some(Ok(left(row.text(0)?, row.whole(1)?).into())),
            ScalarFunction::Right => |row| Some(Ok(right(row.text(0)?, row.whole(1)?).into())),
            ScalarFunction::SplitPart => {
                |row| Some(Ok(part(row.text(0)?, row.text(1)?, row.whole(2)?).into()))
            }
            ScalarFunction::PadStart => |row| padded(row, true),
            ScalarFunction::PadEnd => |row| padded(row, false),
            ScalarFunction::Mask => |row| Some(Ok(masked(row.text(0)?, row.whole(1)?).into())),
            ScalarFunction::Replace => {
                |row| Some(replaced(row.text(0)?, row.text(1)?, row.text(2)?))
            }
            ScalarFunction::Concat => |row| Some(joined(row.texts().flatten())),
            _ => |row| {
                let texts: Option<Vec<&str>> = row.texts().collect();
                Some(joined(texts?.into_iter()))
            },
        };
        self.texts(rows.map(made))
    }

    /// A text made of each.
    pub(super) fn each_text<'t>(
        &mut self,
        texts: &'t ArrayRef,
        apply: impl Fn(&'t str) -> Text<'t>,
    ) -> Result<ArrayRef, ArrowError> {
        self.texts(texts.as_string::<i32>().iter().map(|text| text.map(&apply)))
    }

    /// The texts of all rows. One that is too long is a fault of its row.
    fn texts<'t>(
        &mut self,
        texts: impl Iterator<Item = Found<'t>>,
    ) -> Result<ArrayRef, ArrowError> {
        let (mut found, mut len) = (StringBuilder::new(), 0);
        for (row, text) in texts.enumerate() {
            match text {
                None => found.append_null(),
                Some(Ok(text)) if text.len() <= TEXT_LIMIT => {
                    len += text.len() as u64;
                    self.check_room(len)?;
                    found.append_value(text);
                }
                Some(_) => {
                    self.fault(row, Arithmetic::Overflow);
                    found.append_null();
                }
            }
        }
        Ok(Arc::new(found.finish()))
    }
}

/// The values of an operand.
enum Column<'a> {
    Texts(&'a StringArray),
    Wholes(&'a Int64Array),
}

fn column(operand: &ArrayRef) -> Result<Column<'_>, ArrowError> {
    let texts = operand.as_string_opt().map(Column::Texts);
    let wholes = || operand.as_primitive_opt::<Int64Type>().map(Column::Wholes);
    texts.or_else(wholes).ok_or_else(|| unexpected(operand.data_type()))
}

/// The operands of one row.
#[derive(Clone, Copy)]
struct Row<'a> {
    columns: &'a [Column<'a>],
    row: usize,
}

impl<'a> Row<'a> {
    fn text(self, at: usize) -> Option<&'a str> {
        let Some(Column::Texts(texts)) = self.columns.get(at) else { return None };
        texts.is_valid(self.row).then(|| texts.value(self.row))
    }

    fn whole(self, at: usize) -> Option<i64> {
        let Some(Column::Wholes(wholes)) = self.columns.get(at) else { return None };
        wholes.is_valid(self.row).then(|| wholes.value(self.row))
    }

    fn texts(self) -> impl Iterator<Item = Option<&'a str>> + Clone {
        (0..self.columns.len()).map(move |at| self.text(at))
    }
}

fn joined<'t>(texts: impl Iterator<Item = &'t str> + Clone) -> Text<'static> {
    let len: usize = texts.clone().map(str::len).sum();
    if len > TEXT_LIMIT { Err(TooLong) } else { Ok(texts.collect::<String>().into()) }
}

fn replaced<'t>(text: &'t str, from: &str, to: &str) -> Text<'t> {
    // As in SQL, nothing is found nowhere.
    if from.is_empty() {
        return Ok(text.into());
    }
    let count = if to.len() > from.len() { text.matches(from).count() } else { 0 };
    let len = text.len() + count * to.len().saturating_sub(from.len());
    if len > TEXT_LIMIT { Err(TooLong) } else { Ok(text.replace(from, to).into()) }
}

/// A `*` for each character but the last so many.
fn masked(text: &str, kept: i64) -> String {
    let hidden = text.chars().count().saturating_sub(usize::try_from(kept).unwrap_or(0));
    std::iter::repeat_n('*', hidden).chain(text.chars().skip(hidden)).collect()
}

/// As many characters, with others before or behind it; nothing makes no text longer.
fn padded(row: Row<'_>, is_before: bool) -> Found<'_> {
    let (text, count, pad) = (row.text(0)?, row.whole(1)?, row.text(2)?);
    let Ok(missing) = usize::try_from(count.saturating_sub(length(text))) else {
        return Some(Ok(left(text, count.max(0)).into()));
    };
    if missing > 0 && (pad.is_empty() || missing > TEXT_LIMIT) {
        return Some(Err(TooLong));
    }
    let pad: String = pad.chars().cycle().take(missing).collect();
    Some(Ok(if is_before { pad + text } else { format!("{text}{pad}") }.into()))
}

#[cfg(test)]
mod tests {
    use regex::Regex;
    use shared::contract::PatternUse;

    use super::*;

    #[test]
    fn a_text_beyond_the_limit_is_not_made() {
        let half = "a".repeat(TEXT_LIMIT / 2);
        assert!(joined([half.as_str(), &half].into_iter()).is_ok());
        assert!(joined([half.as_str(), &half, "a"].into_iter()).is_err());
        assert!(replaced(&half, "a", "bb").is_ok());
        assert!(replaced(&half, "a", "bbb").is_err());

        let texts: ArrayRef = Arc::new(StringArray::from(vec![half.as_str(), "a", "b"]));
        let columns = [texts];
        let hashers = shared::salt::Hashers::default();
        let mut evaluation = Evaluation::new(&columns, 3, &hashers);
        let [texts] = &columns;
        let (pattern, long) = (Regex::new("a").unwrap(), "c".repeat(1000));
        let action = PatternUse::Replace { by: long.clone(), is_every: true };
        let found = evaluation.pattern(texts, &pattern, &action).unwrap();
        assert_eq!(evaluation.faults, [(0, Arithmetic::Overflow)]);
        let found: Vec<Option<&str>> = found.as_string::<i32>().iter().collect();
        assert_eq!(found, [None, Some(long.as_str()), Some("b")]);
    }
}
