//! Whether the labels of a file are those of its schema.

use crate::contract::{Dialect, Schema};
use crate::csv::Record;

/// Labels that are not exactly those of the schema, in its order.
///
/// The labels themselves are not repeated: where a file lacks its header they are a row.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HeaderError {
    /// One label, and another delimiter inside it.
    #[error(
        "the header is a single column: the file seems to be separated by `{found}`, \
         where the contract says `{declared}`"
    )]
    Delimiter {
        /// What separates the labels.
        found: char,
        /// What the contract says.
        declared: char,
    },
    /// Columns that the file lacks or that the schema does not have.
    #[error("the header {}", columns(missing, extra))]
    Columns {
        /// Names of the schema that no label has.
        missing: Vec<String>,
        /// Positions of the labels that are not in the schema or stand there twice, 1-based.
        extra: Vec<usize>,
    },
    /// The right labels in another order.
    #[error("the header has its columns in another order: column {column} should be `{expected}`")]
    Order {
        /// The first column that stands elsewhere, 1-based.
        column: usize,
        /// Its name in the schema.
        expected: String,
    },
}

/// Labels that a message lists.
const LISTED: usize = 8;

/// The first few, and how many more there are.
fn list<T>(items: &[T], show: impl Fn(&T) -> String) -> String {
    let mut text: Vec<String> = items.iter().take(LISTED).map(show).collect();
    if items.len() > LISTED {
        text.push(format!("and {} more", items.len() - LISTED));
    }
    text.join(", ")
}

fn columns(missing: &[String], extra: &[usize]) -> String {
    let mut parts = Vec::new();
    if !missing.is_empty() {
        let names = list(missing, |name| format!("`{name}`"));
        parts.push(format!("lacks {names} (missing-label)"));
    }
    if !extra.is_empty() {
        let at = list(extra, ToString::to_string);
        parts.push(format!(
            "has labels that are not in the contract or stand there twice, in column {at} (extra-label)"
        ));
    }
    parts.join(", and ")
}

/// Compares the labels of a header record with the fields of `schema`.
///
/// # Errors
/// The [`HeaderError`] that tells most.
pub fn check(labels: &Record, schema: &Schema, dialect: Dialect) -> Result<(), HeaderError> {
    let is = |label: &[u8], name: &str| label == name.as_bytes();
    let missing: Vec<String> = schema
        .fields
        .iter()
        .filter(|field| !labels.iter().any(|label| is(label, &field.name)))
        .map(|field| field.name.clone())
        .collect();
    let extra: Vec<usize> = labels
        .iter()
        .enumerate()
        .filter(|&(at, label)| {
            !schema.fields.iter().any(|field| is(label, &field.name))
                || labels.iter().take(at).any(|earlier| earlier == label)
        })
        .map(|(at, _)| at + 1)
        .collect();
    if !missing.is_empty() || !extra.is_empty() {
        return Err(other_delimiter(labels, schema, dialect)
            .unwrap_or(HeaderError::Columns { missing, extra }));
    }
    let misplaced =
        schema.fields.iter().zip(labels.iter()).position(|(field, label)| !is(label, &field.name));
    let misplaced = misplaced.and_then(|at| Some((at, schema.fields.get(at)?)));
    misplaced.map_or(Ok(()), |(at, field)| {
        Err(HeaderError::Order { column: at + 1, expected: field.name.clone() })
    })
}

/// A single label that holds as many of another delimiter as there ought to be.
fn other_delimiter(labels: &Record, schema: &Schema, dialect: Dialect) -> Option<HeaderError> {
    let expected = schema.fields.len().checked_sub(1).filter(|&count| count > 0)?;
    let label = labels.get(0).filter(|_| labels.len() == 1)?;
    let count = |delimiter: u8| memchr::memchr_iter(delimiter, label).count();
    let found = b",;\t|:".iter().find(|&&delimiter| count(delimiter) >= expected)?;
    Some(HeaderError::Delimiter {
        found: char::from(*found),
        declared: char::from(dialect.grammar.delimiter),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::{Field, FieldType};
    use crate::csv::Records;

    fn check_header(header: &str) -> Result<(), HeaderError> {
        let fields = ["id", "name", "day"].map(|name| Field::new(name, FieldType::STRING));
        let schema = Schema { fields: fields.into(), missing_values: Vec::new() };
        let dialect = Dialect::default();
        let mut labels = Record::default();
        Records::new(dialect.grammar, header.as_bytes()).read(&mut labels);
        check(&labels, &schema, dialect)
    }

    #[test]
    fn each_fault_is_told_apart() {
        let columns = |missing: &[&str], extra: &[usize]| HeaderError::Columns {
            missing: missing.iter().map(|&name| name.to_owned()).collect(),
            extra: extra.to_vec(),
        };
        for (header, expected) in [
            ("id,name,day", None),
            ("id,name", Some(columns(&["day"], &[]))),
            ("id,name,day,week", Some(columns(&[], &[4]))),
            ("id,Name,day", Some(columns(&["name"], &[2]))),
            ("id,name,day,id", Some(columns(&[], &[4]))),
            ("id,,day", Some(columns(&["name"], &[2]))),
            ("", Some(columns(&["id", "name", "day"], &[]))),
            ("id,day,name", Some(HeaderError::Order { column: 2, expected: "name".into() })),
            ("id;name;day", Some(HeaderError::Delimiter { found: ';', declared: ',' })),
            ("\"id,name,day\"", Some(HeaderError::Delimiter { found: ',', declared: ',' })),
        ] {
            assert_eq!(check_header(header).err(), expected, "{header:?}");
        }
    }
}
