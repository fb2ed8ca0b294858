//! What patterns find in texts.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::{ArrayRef, BooleanArray, StringArray};
use arrow_schema::ArrowError;
use regex::Regex;
use shared::contract::{LIKE_LIMIT, PatternUse};
use shared::fault::Arithmetic;

use super::text::{TEXT_LIMIT, Text, TooLong};
use super::{Evaluation, Operand};

/// Bytes that a pattern may read in one text, if each place that it finds has it read up to the end: without
/// a limit that would be the square of the text's length.
const WORK_LIMIT: usize = 1 << 32;

impl Evaluation<'_> {
    /// The patterns of `LIKE` that are not too long; one that is is a fault of its row.
    pub(super) fn compilable(&mut self, patterns: Operand) -> Operand {
        let Operand::Rows(values) = &patterns else { return patterns };
        let texts = values.as_string::<i32>();
        let is_long = |text: Option<&str>| text.is_some_and(|text| text.len() > LIKE_LIMIT);
        if !texts.iter().any(is_long) {
            return patterns;
        }
        for (row, _) in texts.iter().enumerate().filter(|(_, text)| is_long(*text)) {
            self.fault(row, Arithmetic::Overflow);
        }
        let short = texts.iter().map(|text| text.filter(|text| !is_long(Some(text))));
        Operand::Rows(Arc::new(short.collect::<StringArray>()))
    }

    /// What is made of what a pattern finds in each text.
    pub(super) fn pattern(
        &mut self,
        texts: &ArrayRef,
        pattern: &Regex,
        action: &PatternUse,
    ) -> Result<ArrayRef, ArrowError> {
        match action {
            PatternUse::Matches => {
                let found = texts.as_string::<i32>().iter();
                Ok(Arc::new(
                    found.map(|text| Some(pattern.is_match(text?))).collect::<BooleanArray>(),
                ))
            }
            PatternUse::Extract(group) => self.each_text(texts, |text| {
                let found = pattern.captures(text).and_then(|found| found.get(*group));
                Ok(found.map_or("", |found| found.as_str()).into())
            }),
            PatternUse::Replace { by, is_every: false } => {
                self.each_text(texts, |text| replaced(text, pattern, by, 1, 1))
            }
            PatternUse::Replace { by, is_every: true } => self.each_text(texts, |text| {
                let most = WORK_LIMIT / text.len().max(1);
                replaced(text, pattern, by, usize::MAX, most)
            }),
        }
    }
}

/// The text with another in so many of the places that the pattern finds. There may not be more of them than
/// `most`.
fn replaced<'t>(text: &'t str, pattern: &Regex, by: &str, count: usize, most: usize) -> Text<'t> {
    let (mut found, mut at) = (String::new(), 0);
    for (number, captures) in pattern.captures_iter(text).take(count).enumerate() {
        let Some(whole) = captures.get(0) else { break };
        found.push_str(text.get(at..whole.start()).unwrap_or_default());
        captures.expand(by, &mut found);
        at = whole.end();
        if found.len() > TEXT_LIMIT || number >= most {
            return Err(TooLong);
        }
    }
    found.push_str(text.get(at..).unwrap_or_default());
    Ok(found.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_reads_no_text_too_often() {
        let pattern = Regex::new("a*z|a").unwrap();
        assert_eq!(replaced("aaab", &pattern, "", usize::MAX, 3).ok().as_deref(), Some("b"));
        assert!(replaced("aaaab", &pattern, "", usize::MAX, 3).is_err());
        assert_eq!(replaced("aaaab", &pattern, "c", 1, 1).ok().as_deref(), Some("caaab"));
    }
}
