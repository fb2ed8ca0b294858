//! The values of an `enum` or of `categories`.

use std::collections::BTreeSet;

use crate::cell::Value;
use crate::contract::field::FieldType;

/// Characters of a text of the contract that a message repeats.
const CLIP: usize = 100;
/// Values that a message lists.
const LISTED: usize = 8;

/// A closed set of values.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Choices {
    /// Those that are texts.
    texts: BTreeSet<String>,
    /// Those that have a place among all of their type.
    ranks: BTreeSet<i128>,
    others: Vec<Value<'static>>,
    /// The first few as the contract has them.
    shown: Vec<String>,
    count: usize,
}

impl Choices {
    /// Adds a value; false if it is there already.
    pub(super) fn insert(
        &mut self,
        field_type: &FieldType,
        value: Value<'static>,
        text: &str,
    ) -> bool {
        if self.contains(field_type, &value) {
            return false;
        }
        if let Value::Text(text) = value {
            self.texts.insert(text.into_owned());
        } else if let Some(rank) = value.rank() {
            self.ranks.insert(rank);
        } else {
            self.others.push(value);
        }
        if self.shown.len() < LISTED {
            self.shown.push(clipped(text));
        }
        self.count += 1;
        true
    }

    /// Whether an equal value is among them.
    pub(super) fn contains(&self, field_type: &FieldType, value: &Value<'_>) -> bool {
        match (value, field_type) {
            (Value::Text(text), _) => self.texts.contains(text.as_ref()),
            (Value::List { text, .. }, FieldType::List(format)) => self.others.iter().any(|other| {
                matches!(other, Value::List { text: other, .. } if format.same(text, other))
            }),
            _ => value.rank().map_or_else(
                || self.others.contains(value),
                |rank| self.ranks.contains(&rank),
            ),
        }
    }

    /// The first few of them, each in backquotes.
    pub(in crate::contract) fn listed(&self) -> String {
        let rest = self.count.saturating_sub(self.shown.len());
        let more = if rest > 0 { format!(", and {rest} more") } else { String::new() };
        listed(self.shown.iter().map(String::as_str)) + &more
    }
}

/// A few texts of the contract, each in backquotes.
pub(in crate::contract) fn listed<'a>(texts: impl Iterator<Item = &'a str>) -> String {
    let texts: Vec<_> = texts.collect();
    let mut shown: Vec<_> =
        texts.iter().take(LISTED).map(|text| format!("`{}`", clipped(text))).collect();
    if texts.len() > LISTED {
        shown.push(format!("and {} more", texts.len() - LISTED));
    }
    shown.join(", ")
}

/// A text of the contract, of bounded length.
pub(in crate::contract) fn clipped(text: &str) -> String {
    match text.char_indices().nth(CLIP) {
        None => text.to_owned(),
        Some((at, _)) => format!("{}...", text.get(..at).unwrap_or_default()),
    }
}
