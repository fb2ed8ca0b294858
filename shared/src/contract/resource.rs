//! Resources of the package: where they lie, and how their bytes are read.

use arrow_schema::DataType;

use super::dialect::{Dialect, dialect};
use super::error::{ContractError, Problem};
use super::field::FieldType;
use super::node::Node;
use super::schema::{Schema, schema};
use crate::text::Encoding;

/// A table of the package.
#[derive(Debug, Clone, PartialEq)]
pub struct Resource {
    /// Its name.
    pub name: String,
    /// Where it lies, relative to the descriptor.
    pub path: String,
    /// What its file is.
    pub format: TableFormat,
    /// The encoding that its text is declared to have.
    pub encoding: Option<Encoding>,
    /// How its text becomes records.
    pub dialect: Dialect,
    /// How its records become typed rows.
    pub schema: Schema,
    /// The size in bytes that it is declared to have.
    pub byte_len: Option<u64>,
    /// The SHA-256 that it is declared to have, in hexadecimal.
    pub sha256: Option<String>,
}

const RESOURCE_PROPERTIES: &[&str] = &[
    "$schema",
    "bytes",
    "description",
    "dialect",
    "encoding",
    "format",
    "hash",
    "homepage",
    "licenses",
    "mediatype",
    "name",
    "path",
    "profile",
    "schema",
    "sources",
    "title",
    "type",
];

/// What stands for what is always so: a table.
const FIXED: [(&str, &[&str]); 2] =
    [("type", &["table"]), ("profile", &["tabular-data-resource", "data-resource"])];

/// Properties that say what the file is: their values for delimited text, and for Parquet.
const FORMATS: [(&str, &[&str], &str); 2] = [
    ("format", &["csv", "tsv", "txt"], "parquet"),
    (
        "mediatype",
        &["text/csv", "text/tab-separated-values", "text/plain"],
        "application/vnd.apache.parquet",
    ),
];

/// What the file of a table is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TableFormat {
    /// Delimited text.
    Delimited,
    /// A Parquet file, of a reference table.
    Parquet,
}

/// What a resource is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    /// It describes the dropped files: it may have our own property.
    Input,
    /// It is a table that foreign keys point into.
    Reference,
}

pub(super) fn resource(node: &Node<'_>, role: Role) -> Result<Resource, ContractError> {
    let own = (role == Role::Input).then_some("sluice");
    let known: Vec<&str> = RESOURCE_PROPERTIES.iter().copied().chain(own).collect();
    node.only(&known)?;
    for (name, values) in FIXED {
        if let Some(property) = node.get(name)? {
            let found = property.as_text()?;
            if !values.iter().any(|value| value.eq_ignore_ascii_case(found)) {
                return Err(property.error(Problem::Value(found.to_owned())));
            }
        }
    }
    let format = table_format(node, role)?;
    let dialect = dialect(node.get("dialect")?.as_ref(), default_delimiter(node)?)?;
    let path = match (role, node.get("path")?) {
        (_, Some(path)) => path_below(&path)?,
        (Role::Input, None) => String::new(),
        (Role::Reference, None) => return Err(node.error(Problem::Missing("path"))),
    };
    let schema = schema(&node.required("schema")?, role, dialect.null_sequence.as_deref())?;
    if format == TableFormat::Parquet {
        check_typed(&schema, node)?;
    }
    Ok(Resource {
        name: node.text("name")?.to_owned(),
        path,
        format,
        encoding: node.get("encoding")?.map(|node| encoding(&node)).transpose()?,
        schema,
        dialect,
        byte_len: node
            .get("bytes")?
            .map(|bytes| bytes.as_count())
            .transpose()?
            .map(|len| len as u64),
        sha256: node.get("hash")?.map(|hash| sha256(&hash)).transpose()?,
    })
}

/// What the file is, by its format or media type; delimited text if nothing is said.
fn table_format(node: &Node<'_>, role: Role) -> Result<TableFormat, ContractError> {
    let mut format = TableFormat::Delimited;
    for (name, delimited, parquet) in FORMATS {
        let Some(property) = node.get(name)? else { continue };
        let found = property.as_text()?;
        if role == Role::Reference && found.eq_ignore_ascii_case(parquet) {
            format = TableFormat::Parquet;
        } else if !delimited.iter().any(|value| value.eq_ignore_ascii_case(found)) {
            return Err(property.error(Problem::Value(found.to_owned())));
        }
    }
    Ok(format)
}

/// A Parquet file has typed values already: of its fields only their types are asked for, and whether they
/// may be null.
fn check_typed(schema: &Schema, node: &Node<'_>) -> Result<(), ContractError> {
    for (at, field) in schema.fields.iter().enumerate() {
        let place = node.below(&format!("schema/fields/{at}"));
        if !field.constraints.are_free() {
            let problem = "only `required` and `unique` are known of a Parquet file";
            return Err(place.error(Problem::Impossible(problem)));
        }
        let is_text = field.field_type.data_type() == DataType::Utf8;
        if is_text && ![FieldType::STRING, FieldType::Any].contains(&field.field_type) {
            let problem = "a Parquet file has no values of this type";
            return Err(place.error(Problem::Impossible(problem)));
        }
    }
    Ok(())
}

/// A file of tab-separated values is separated by tabs unless its dialect says otherwise.
fn default_delimiter(node: &Node<'_>) -> Result<&'static str, ContractError> {
    for (name, tabbed) in [("format", "tsv"), ("mediatype", "text/tab-separated-values")] {
        if let Some(property) = node.get(name)?
            && property.as_text()?.eq_ignore_ascii_case(tabbed)
        {
            return Ok("\t");
        }
    }
    Ok(",")
}

fn encoding(node: &Node<'_>) -> Result<Encoding, ContractError> {
    let label = node.as_text()?;
    Encoding::for_label(label).ok_or_else(|| node.error(Problem::Value(label.to_owned())))
}

/// Only SHA-256 is computed; the MD5 that the standard means by a bare hash proves little.
fn sha256(node: &Node<'_>) -> Result<String, ContractError> {
    let text = node.as_text()?;
    let digits = text
        .strip_prefix("sha256:")
        .filter(|digits| digits.len() == 64 && digits.bytes().all(|byte| byte.is_ascii_hexdigit()));
    let digits = digits.ok_or_else(|| node.error(Problem::Expected("`sha256:` and 64 digits")))?;
    Ok(digits.to_ascii_lowercase())
}

/// A path stays below the descriptor, as the standard asks.
fn path_below(node: &Node<'_>) -> Result<String, ContractError> {
    let text = node.as_text()?;
    let inside = !text.is_empty()
        && !text.contains(['\\', ':'])
        && text.split('/').all(|segment| !matches!(segment, "" | "." | ".."));
    if inside { Ok(text.to_owned()) } else { Err(node.error(Problem::Value(text.to_owned()))) }
}
