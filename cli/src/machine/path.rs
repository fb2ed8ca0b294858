//! Paths into JSON, as far as the state machine has them: `$`, `$.a.b`, `$$.a.b`.

use serde_json::{Map, Value};

/// A path that leads nowhere, which a state machine on AWS fails at too.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PathError {
    /// Not of the form `$`, `$.a.b` or `$$.a.b`.
    #[error("`{0}` is no path of a form that is supported here")]
    Form(String),
    /// Nothing stands there.
    #[error("there is nothing at `{0}`")]
    Nothing(String),
}

/// The value at `path` of the state's data.
pub(super) fn read(path: &str, data: &Value) -> Result<Value, PathError> {
    let names = names(path, "$")?;
    let found = names.iter().try_fold(data, |value, name| value.get(name));
    found.cloned().ok_or_else(|| PathError::Nothing(path.to_owned()))
}

/// The value at `path` of the context object (`$$`) or of the state's data.
pub(super) fn context_or_input(
    path: &str,
    data: &Value,
    context: &Value,
) -> Result<Value, PathError> {
    match path.strip_prefix('$') {
        Some(inner) if inner.starts_with('$') => read(inner, context),
        _ => read(path, data),
    }
}

/// A payload template with the values that its paths name.
pub(super) fn fill(template: &Value, data: &Value, context: &Value) -> Result<Value, PathError> {
    let entries = match template {
        Value::Object(entries) => entries,
        Value::Array(items) => {
            return items.iter().map(|item| fill(item, data, context)).collect();
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {
            return Ok(template.clone());
        }
    };
    let mut filled = Map::new();
    for (name, value) in entries {
        match (name.strip_suffix(".$"), value.as_str()) {
            (Some(name), Some(path)) => {
                filled.insert(name.to_owned(), context_or_input(path, data, context)?);
            }
            _ => {
                filled.insert(name.clone(), fill(value, data, context)?);
            }
        }
    }
    Ok(Value::Object(filled))
}

/// The state's data with `result` put in at a `ResultPath`: null drops it, none replaces all.
pub(super) fn write(
    path: Option<&Value>,
    mut data: Value,
    result: Value,
) -> Result<Value, PathError> {
    let path = match path {
        None => return Ok(result),
        Some(Value::Null) => return Ok(data),
        Some(path) => path.as_str().unwrap_or_default(),
    };
    let mut slot = &mut data;
    for name in names(path, "$")? {
        let Value::Object(entries) = slot else { return Err(PathError::Form(path.to_owned())) };
        slot = entries.entry(name).or_insert_with(|| Value::Object(Map::new()));
    }
    *slot = result;
    Ok(data)
}

fn names(path: &str, root: &str) -> Result<Vec<String>, PathError> {
    let form = || PathError::Form(path.to_owned());
    let rest = path.strip_prefix(root).ok_or_else(form)?;
    if rest.is_empty() {
        return Ok(Vec::new());
    }
    let names: Vec<&str> = rest.strip_prefix('.').ok_or_else(form)?.split('.').collect();
    let legal = |c: char| c.is_ascii_alphanumeric() || c == '_';
    if names.iter().any(|name| name.is_empty() || !name.chars().all(legal)) {
        return Err(form());
    }
    Ok(names.into_iter().map(str::to_owned).collect())
}
