//! What a person has decided: `TARGET=VALUE`.

/// An answer to a question, given before or after it was asked.
///
/// Targets are `encoding`, `delimiter`, `quoteChar`, `header` and `fields/NAME`, and `fields/*` for
/// every column whose question has that answer.
///
/// ```
/// use shared::infer::Choice;
/// let choice = Choice::parse("fields/day=date:%d/%m/%Y").unwrap();
/// assert_eq!(choice.to_string(), "fields/day=date:%d/%m/%Y");
/// assert!(Choice::parse("day").is_err());
/// assert!(Choice::parse("day=date").is_err());
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    /// All of it: a column's name may hold `=`, so it is taken apart where the names are known.
    text: String,
}

/// What cannot be chosen.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ChoiceError {
    /// Nothing that one can choose.
    #[error(
        "`{0}` is no choice: it is TARGET=VALUE, where TARGET is `encoding`, `delimiter`, \
         `quoteChar`, `header` or `fields/NAME`"
    )]
    Target(String),
    /// No such column.
    #[error("`{0}` names no column of the file")]
    Column(String),
    /// A value that the target cannot take.
    #[error("`{choice}` cannot be chosen here: {possible}")]
    Value {
        /// What was chosen.
        choice: String,
        /// What can be.
        possible: String,
    },
}

/// What is chosen for the file as a whole.
pub(super) const FILE_TARGETS: [&str; 4] = [ENCODING, DELIMITER, QUOTE, HEADER];
pub(super) const ENCODING: &str = "encoding";
pub(super) const DELIMITER: &str = "delimiter";
pub(super) const QUOTE: &str = "quoteChar";
pub(super) const HEADER: &str = "header";
const FIELDS: &str = "fields/";

/// Every column at once.
const EVERY: &str = "fields/*";

/// How a column is chosen for.
pub(super) fn field_target(name: &str) -> String {
    format!("{FIELDS}{name}")
}

impl Choice {
    /// Reads `TARGET=VALUE`.
    ///
    /// # Errors
    /// [`ChoiceError::Target`] if there is no such target.
    pub fn parse(text: &str) -> Result<Self, ChoiceError> {
        let target = text.split_once('=').map(|(target, _)| target);
        match target {
            Some(target) if FILE_TARGETS.contains(&target) || text.starts_with(FIELDS) => {
                Ok(Choice { text: text.to_owned() })
            }
            _ => Err(ChoiceError::Target(text.to_owned())),
        }
    }

    /// The value, if it is chosen for `target`.
    pub(super) fn value_for(&self, target: &str) -> Option<&str> {
        self.text.strip_prefix(target)?.strip_prefix('=')
    }

    /// The value, if it is chosen for every column.
    pub(super) fn value_for_every_column(&self) -> Option<&str> {
        self.value_for(EVERY)
    }

    /// Says why the value cannot be had.
    pub(super) fn refuse(&self, possible: impl Into<String>) -> ChoiceError {
        ChoiceError::Value { choice: self.text.clone(), possible: possible.into() }
    }
}

impl std::fmt::Display for Choice {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.text)
    }
}

/// The value chosen last for `target`.
pub(super) fn chosen<'a>(choices: &'a [Choice], target: &str) -> Option<(&'a Choice, &'a str)> {
    choices.iter().rev().find_map(|choice| Some((choice, choice.value_for(target)?)))
}
