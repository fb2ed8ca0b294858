//! Regular expressions, as the crate `regex` has them: without backtracking.

use arrow_schema::DataType;
use regex::Regex;
use sqlparser::ast::{Expr, Value};

use super::resolve::{Resolved, Resolver, constant};
use super::signature::Call;
use super::{Expression, ExpressionError, ExpressionProblem, Operation};

/// A regular expression.
#[derive(Debug, Clone)]
pub struct TextPattern(pub Regex);

impl PartialEq for TextPattern {
    fn eq(&self, other: &Self) -> bool {
        self.0.as_str() == other.0.as_str()
    }
}

/// What is made of what a pattern finds in a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PatternUse {
    /// Whether it finds anything.
    Matches,
    /// What that group found first (0: all of it); empty if it found nothing.
    Extract(usize),
    /// The text with another in its place.
    Replace {
        /// What is put there: `${1}` stands for what the first group found.
        by: String,
        /// Whether all that it finds is replaced, and not only the first.
        is_every: bool,
    },
}

impl Resolver<'_> {
    /// `regexp_replace(text, 'pattern', 'by', 'options')`
    pub(super) fn replace_pattern(&self, call: &Call<'_>) -> Resolved {
        let [text, pattern, by, options @ ..] = call.operands else { return Err(call.wrong()) };
        let options = Options::read(options, "gi").ok_or_else(|| call.wrong())?;
        let regex = options.regex(call, pattern)?;
        let (replacement, group) = replaced_by(constant(by).ok_or_else(|| call.wrong())?);
        check_group(&regex, group, by)?;
        let action = PatternUse::Replace { by: replacement, is_every: options.is_every };
        self.pattern(text, regex, action, DataType::Utf8)
    }

    /// `regexp_matches(text, 'pattern', 'options')`
    pub(super) fn match_pattern(&self, call: &Call<'_>) -> Resolved {
        let [text, pattern, options @ ..] = call.operands else { return Err(call.wrong()) };
        let options = Options::read(options, "i").ok_or_else(|| call.wrong())?;
        let regex = options.regex(call, pattern)?;
        self.pattern(text, regex, PatternUse::Matches, DataType::Boolean)
    }

    /// `regexp_extract(text, 'pattern', group)`
    pub(super) fn extract_pattern(&self, call: &Call<'_>) -> Resolved {
        let [text, pattern, group @ ..] = call.operands else { return Err(call.wrong()) };
        let regex = Options::default().regex(call, pattern)?;
        let group = match group {
            [] => 0,
            [part] => {
                let group = digits(part).ok_or_else(|| call.wrong())?;
                check_group(&regex, group, part)?;
                group
            }
            _ => return Err(call.wrong()),
        };
        self.pattern(text, regex, PatternUse::Extract(group), DataType::Utf8)
    }

    fn pattern(&self, text: &Expr, regex: Regex, action: PatternUse, to: DataType) -> Resolved {
        let operand = Box::new(self.text(text)?);
        Ok(Expression::new(Operation::Pattern(operand, TextPattern(regex), action), to))
    }
}

/// How a pattern is looked for.
#[derive(Default)]
struct Options {
    /// `g`: all that it finds, and not only the first.
    is_every: bool,
    /// `i`: letter case does not count.
    is_any_case: bool,
}

impl Options {
    /// Those of a text that stands in the expression, if it is there; none but `known`.
    fn read(parts: &[&Expr], known: &str) -> Option<Self> {
        let letters = match parts {
            [] => "",
            [part] => constant(part)?,
            _ => return None,
        };
        let is_known = letters.chars().all(|letter| known.contains(letter));
        is_known.then(|| Options {
            is_every: letters.contains('g'),
            is_any_case: letters.contains('i'),
        })
    }

    /// The pattern that stands in the expression.
    fn regex(&self, call: &Call<'_>, part: &Expr) -> Result<Regex, ExpressionError> {
        let text = constant(part).ok_or_else(|| call.wrong())?;
        // A part of the pattern, by which two of them are told apart.
        let case = if self.is_any_case { "(?i)" } else { "" };
        let regex = Regex::new(&format!("{case}{text}"));
        regex.map_err(|error| ExpressionError::new(part, ExpressionProblem::Pattern(error)))
    }
}

fn check_group(regex: &Regex, group: usize, part: &Expr) -> Result<(), ExpressionError> {
    if group < regex.captures_len() {
        return Ok(());
    }
    Err(ExpressionError::new(part, ExpressionProblem::NoGroup(group)))
}

/// A whole number that stands in the expression.
fn digits(part: &Expr) -> Option<usize> {
    let Expr::Value(value) = part else { return None };
    let Value::Number(digits, _) = &value.value else { return None };
    digits.parse().ok()
}

/// `\1` for what the first group found, and so on, `\0` for all and `\\` for itself: as `regex` has it, with the
/// highest of these groups.
fn replaced_by(text: &str) -> (String, usize) {
    let (mut found, mut highest) = (String::new(), 0);
    let mut rest = text.chars();
    while let Some(next) = rest.next() {
        match next {
            '$' => found.push_str("$$"),
            '\\' => match rest.next() {
                Some(other) => match other.to_digit(10) {
                    Some(group) => {
                        highest = highest.max(group as usize);
                        found.extend(["${", other.encode_utf8(&mut [0; 4]), "}"]);
                    }
                    None => found.push(other),
                },
                None => found.push('\\'),
            },
            other => found.push(other),
        }
    }
    (found, highest)
}
