//! A place in the descriptor that knows its JSON pointer.

use std::collections::BTreeSet;

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use serde_path_to_error::Segment;

use super::error::{ContractError, Problem};

/// Where something stands in the descriptor.
#[derive(Debug, Clone)]
pub(super) struct Place {
    pointer: String,
}

impl Place {
    /// The place of a property or item of what stands here.
    pub(super) fn below(&self, segment: &str) -> Self {
        let segment = segment.replace('~', "~0").replace('/', "~1");
        Place { pointer: format!("{}/{segment}", self.pointer) }
    }

    pub(super) fn error(&self, problem: Problem) -> ContractError {
        ContractError::at(self.pointer.clone(), problem)
    }
}

/// A value and where it stands.
#[derive(Debug, Clone)]
pub(super) struct Node<'a> {
    pointer: String,
    value: &'a Value,
}

impl<'a> Node<'a> {
    pub(super) fn root(value: &'a Value) -> Self {
        Node { pointer: String::new(), value }
    }

    pub(super) fn error(&self, problem: Problem) -> ContractError {
        ContractError::at(self.pointer.clone(), problem)
    }

    fn expected(&self, what: &'static str) -> ContractError {
        self.error(Problem::Expected(what))
    }

    fn child(&self, segment: &str, value: &'a Value) -> Self {
        let segment = segment.replace('~', "~0").replace('/', "~1");
        Node { pointer: format!("{}/{segment}", self.pointer), value }
    }

    fn object(&self) -> Result<&'a Map<String, Value>, ContractError> {
        self.value.as_object().ok_or_else(|| self.expected("an object"))
    }

    /// The place behind those segments, joined by slashes.
    pub(super) fn below(&self, path: &str) -> Place {
        Place { pointer: format!("{}/{path}", self.pointer) }
    }

    /// The value as a type of ours.
    pub(super) fn parse<T: DeserializeOwned>(&self) -> Result<T, ContractError> {
        serde_path_to_error::deserialize(self.value).map_err(|error| {
            let place = Place { pointer: self.pointer.clone() };
            let place = error.path().iter().fold(place, |place, segment| match segment {
                Segment::Seq { index } => place.below(&index.to_string()),
                Segment::Map { key } | Segment::Enum { variant: key } => place.below(key),
                Segment::Unknown => place,
            });
            place.error(Problem::Shape(error.into_inner()))
        })
    }

    pub(super) fn value(&self) -> &'a Value {
        self.value
    }

    /// The value for a message: a text as it is, anything else in JSON.
    pub(super) fn as_shown(&self) -> String {
        self.value.as_str().map_or_else(|| self.value.to_string(), str::to_owned)
    }

    /// This is a property that is not known.
    pub(super) fn unknown(&self, name: &str) -> ContractError {
        self.error(Problem::Property(name.to_owned()))
    }

    /// Refuses every property that is not in `known`.
    pub(super) fn only(&self, known: &[&str]) -> Result<(), ContractError> {
        match self.object()?.iter().find(|(name, _)| !known.contains(&name.as_str())) {
            Some((name, value)) => Err(self.child(name, value).unknown(name)),
            None => Ok(()),
        }
    }

    pub(super) fn get(&self, name: &str) -> Result<Option<Node<'a>>, ContractError> {
        Ok(self.object()?.get(name).map(|value| self.child(name, value)))
    }

    pub(super) fn required(&self, name: &'static str) -> Result<Node<'a>, ContractError> {
        self.get(name)?.ok_or_else(|| self.error(Problem::Missing(name)))
    }

    /// The properties, in the order of the text.
    pub(super) fn entries(&self) -> Result<Vec<(&'a str, Node<'a>)>, ContractError> {
        let object = self.object()?;
        Ok(object.iter().map(|(name, value)| (name.as_str(), self.child(name, value))).collect())
    }

    pub(super) fn items(&self) -> Result<Vec<Node<'a>>, ContractError> {
        let items = self.value.as_array().ok_or_else(|| self.expected("an array"))?;
        Ok(items.iter().enumerate().map(|(at, item)| self.child(&at.to_string(), item)).collect())
    }

    /// The items of the array `name`, none if it is not there.
    pub(super) fn items_of(&self, name: &str) -> Result<Vec<Node<'a>>, ContractError> {
        self.get(name)?.map_or(Ok(Vec::new()), |list| list.items())
    }

    pub(super) fn as_text(&self) -> Result<&'a str, ContractError> {
        self.value.as_str().ok_or_else(|| self.expected("a string"))
    }

    pub(super) fn text(&self, name: &'static str) -> Result<&'a str, ContractError> {
        self.required(name)?.as_text()
    }

    /// The names in a string or an array of strings, as keys allow both.
    pub(super) fn names(&self) -> Result<Vec<&'a str>, ContractError> {
        if let Some(name) = self.value.as_str() {
            return Ok(vec![name]);
        }
        let names: Vec<_> = self.items()?.iter().map(Node::as_text).collect::<Result<_, _>>()?;
        if names.is_empty() { Err(self.error(Problem::Empty)) } else { Ok(names) }
    }

    /// The strings of the array `name`, or `default`.
    pub(super) fn texts(&self, name: &str, default: &[&str]) -> Result<Vec<String>, ContractError> {
        match self.get(name)? {
            None => Ok(default.iter().map(|&text| text.to_owned()).collect()),
            Some(list) => {
                list.items()?.iter().map(|item| item.as_text().map(str::to_owned)).collect()
            }
        }
    }

    /// The strings of the array `name`, each of which stands there once.
    pub(super) fn distinct_texts(&self, name: &str) -> Result<Option<Vec<String>>, ContractError> {
        let Some(list) = self.get(name)? else { return Ok(None) };
        let (mut texts, mut seen) = (Vec::new(), BTreeSet::new());
        for item in list.items()? {
            let text = item.as_text()?;
            if !seen.insert(text) {
                return Err(item.error(Problem::Twice(text.to_owned())));
            }
            texts.push(text.to_owned());
        }
        Ok(Some(texts))
    }

    /// The values of an array of values, or of objects with a `value` and perhaps a `label`; no label
    /// stands there twice.
    pub(super) fn labelled(&self) -> Result<Vec<Node<'a>>, ContractError> {
        let items = self.items()?;
        if !items.iter().any(|item| item.value.is_object()) {
            return Ok(items);
        }
        let (mut values, mut labels) = (Vec::new(), BTreeSet::new());
        for item in items {
            item.only(&["label", "value"])?;
            values.push(item.required("value")?);
            if let Some(label) = item.get("label")? {
                let text = label.as_text()?;
                if !labels.insert(text) {
                    return Err(label.error(Problem::Twice(text.to_owned())));
                }
            }
        }
        Ok(values)
    }

    /// An integer that is not below 0.
    pub(super) fn as_count(&self) -> Result<usize, ContractError> {
        let count = self.value.as_u64().and_then(|count| usize::try_from(count).ok());
        count.ok_or_else(|| self.expected("an integer from 0 on"))
    }

    pub(super) fn as_bool(&self) -> Result<bool, ContractError> {
        self.value.as_bool().ok_or_else(|| self.expected("true or false"))
    }

    pub(super) fn flag(&self, name: &str, default: bool) -> Result<bool, ContractError> {
        self.get(name)?.map_or(Ok(default), |flag| flag.as_bool())
    }

    pub(super) fn is_null(&self) -> bool {
        self.value.is_null()
    }

    /// A text of one character.
    pub(super) fn as_char(&self) -> Result<char, ContractError> {
        let mut characters = self.as_text()?.chars();
        match (characters.next(), characters.next()) {
            (Some(character), None) => Ok(character),
            _ => Err(self.expected("one character")),
        }
    }

    /// The number of a row, from 1.
    pub(super) fn as_row(&self) -> Result<u64, ContractError> {
        let row = self.value.as_u64().filter(|&row| row > 0);
        row.ok_or_else(|| self.expected("the number of a row, from 1"))
    }
}
