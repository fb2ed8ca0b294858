//! Functions of texts, by Unicode characters.

use std::sync::Arc;

use arrow_array::builder::StringBuilder;
use arrow_array::cast::AsArray;
use arrow_array::types::Int64Type;
use arrow_array::{Array, ArrayRef, Int64Array, StringArray};
use arrow_schema::ArrowError;
use regex::Regex;
use shared::contract::ScalarFunction;
use shared::fault::Arithmetic;

use super::Evaluation;

/// Bytes that a text may have: as many as a record. A longer one is a fault of its row, before it is made.
const TEXT_LIMIT: usize = 16 << 20;

/// Bytes that the texts of one column of a batch may have, so that no contract exhausts the memory: 64 MiB. A batch that
/// has more is cut, down to one row, whose text is never longer.
pub(crate) const BATCH_TEXT: u64 = 64 << 20;

/// What asks for the batch to be cut.
pub(crate) fn too_much_text() -> ArrowError {
    ArrowError::MemoryError("the texts of a column are too long together".to_owned())
}

/// A text that would be too long.
struct TooLong;

type Text = Result<String, TooLong>;

impl Evaluation<'_> {
    /// The values of a function of texts.
    pub(super) fn text(
        &mut self,
        function: ScalarFunction,
        operands: &[ArrayRef],
    ) -> Result<ArrayRef, ArrowError> {
        match function {
            ScalarFunction::Upper => self.each_text(operands, |text| Ok(text.to_uppercase())),
            ScalarFunction::Lower => self.each_text(operands, |text| Ok(text.to_lowercase())),
            ScalarFunction::Trim => {
                self.each_text(operands, |text| Ok(text.trim_matches(' ').into()))
            }
            ScalarFunction::TrimStart => {
                self.each_text(operands, |text| Ok(text.trim_start_matches(' ').into()))
            }
            ScalarFunction::TrimEnd => {
                self.each_text(operands, |text| Ok(text.trim_end_matches(' ').into()))
            }
            ScalarFunction::Length => Ok(lengths(operands)),
            ScalarFunction::Substring => Ok(substrings(operands)),
            ScalarFunction::Mask => Ok(masked(operands)),
            ScalarFunction::Replace => self.by_row(operands, |texts| {
                let &[Some(text), Some(from), Some(to)] = texts else { return None };
                Some(replaced(text, from, to))
            }),
            ScalarFunction::Concat => {
                self.by_row(operands, |texts| Some(joined(texts.iter().copied().flatten())))
            }
            _ => self.by_row(operands, |texts| {
                let texts: Option<Vec<&str>> = texts.iter().copied().collect();
                Some(joined(texts?.into_iter()))
            }),
        }
    }

    /// The texts with another in the place of what a pattern finds first, or everywhere.
    pub(super) fn replace_pattern(
        &mut self,
        texts: &ArrayRef,
        pattern: &Regex,
        replacement: &str,
        is_every: bool,
    ) -> Result<ArrayRef, ArrowError> {
        let limit = if is_every { usize::MAX } else { 1 };
        self.each_text(std::slice::from_ref(texts), |text| {
            let (mut found, mut at) = (String::new(), 0);
            for captures in pattern.captures_iter(text).take(limit) {
                let Some(whole) = captures.get(0) else { break };
                found.push_str(text.get(at..whole.start()).unwrap_or_default());
                captures.expand(replacement, &mut found);
                at = whole.end();
                if found.len() > TEXT_LIMIT {
                    return Err(TooLong);
                }
            }
            found.push_str(text.get(at..).unwrap_or_default());
            Ok(found)
        })
    }

    fn each_text(
        &mut self,
        operands: &[ArrayRef],
        apply: impl Fn(&str) -> Text,
    ) -> Result<ArrayRef, ArrowError> {
        self.by_row(operands, |texts| texts.first().copied().flatten().map(&apply))
    }

    /// Applies a function to the texts of each row.
    fn by_row(
        &mut self,
        operands: &[ArrayRef],
        apply: impl for<'t> Fn(&[Option<&'t str>]) -> Option<Text>,
    ) -> Result<ArrayRef, ArrowError> {
        let arrays: Vec<&StringArray> = operands.iter().map(AsArray::as_string::<i32>).collect();
        let mut found = StringBuilder::new();
        let (mut texts, mut len) = (Vec::new(), 0);
        for row in 0..self.row_count {
            texts.clear();
            texts.extend(arrays.iter().map(|array| array.is_valid(row).then(|| array.value(row))));
            match apply(&texts) {
                None => found.append_null(),
                Some(Ok(text)) if text.len() <= TEXT_LIMIT => {
                    len += text.len() as u64;
                    if len > BATCH_TEXT {
                        return Err(too_much_text());
                    }
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

fn joined<'t>(texts: impl Iterator<Item = &'t str> + Clone) -> Text {
    let len: usize = texts.clone().map(str::len).sum();
    if len > TEXT_LIMIT { Err(TooLong) } else { Ok(texts.collect()) }
}

fn replaced(text: &str, from: &str, to: &str) -> Text {
    // As in SQL, nothing is found nowhere.
    if from.is_empty() {
        return Ok(text.to_owned());
    }
    let count = if to.len() > from.len() { text.matches(from).count() } else { 0 };
    let len = text.len() + count * to.len().saturating_sub(from.len());
    if len > TEXT_LIMIT { Err(TooLong) } else { Ok(text.replace(from, to)) }
}

/// A `*` for each character but the last so many.
fn masked(operands: &[ArrayRef]) -> ArrayRef {
    let [texts, kept] = operands else { return Arc::new(StringArray::from(Vec::<&str>::new())) };
    let rows = texts.as_string::<i32>().iter().zip(kept.as_primitive::<Int64Type>());
    let rows = rows.map(|(text, kept)| {
        let text = text?;
        let hidden = text.chars().count().saturating_sub(usize::try_from(kept?).unwrap_or(0));
        let stars = std::iter::repeat_n('*', hidden);
        Some(stars.chain(text.chars().skip(hidden)).collect::<String>())
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

#[cfg(test)]
mod tests {
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
        let mut evaluation = Evaluation {
            columns: &columns,
            row_count: 3,
            hashers: &shared::salt::Hashers::default(),
            asked: None,
            faults: Vec::new(),
        };
        let [texts] = &columns;
        let (pattern, long) = (Regex::new("a").unwrap(), "c".repeat(1000));
        let found = evaluation.replace_pattern(texts, &pattern, &long, true).unwrap();
        assert_eq!(evaluation.faults, [(0, Arithmetic::Overflow)]);
        let found: Vec<Option<&str>> = found.as_string::<i32>().iter().collect();
        assert_eq!(found, [None, Some(long.as_str()), Some("b")]);
    }
}
