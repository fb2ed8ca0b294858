//! What tells a whole file from one that lacks a part: its manifest, its trailer, its totals.

use serde::Deserialize;

use super::Contract;
use super::error::{ContractError, Problem};
use super::field::FieldType;
use super::node::Place;
use super::sluice::{CompletenessText, TotalText, TrailerText};
use crate::cell::{Decimal, NumberFormat};

/// By what a file is known to be whole; by nothing, unless the contract says so.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Completeness {
    /// Whether a manifest is looked for.
    pub manifest: Option<ManifestRule>,
    /// The record that ends the file.
    pub trailer: Option<Trailer>,
    /// The totals that are declared.
    pub totals: Vec<ControlTotal>,
}

/// Whether a file must have a manifest beside it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub enum ManifestRule {
    /// A file without one is refused.
    Required,
    /// A file is held against the one that it has.
    Optional,
}

/// The record behind the data: the last of the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trailer {
    /// What its first cell holds; not empty.
    pub marker: String,
    /// Position of the cell with the number of data records, 0-based and not the first.
    pub row_count_column: Option<usize>,
}

/// The sum of a column, which somebody has to declare.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ControlTotal {
    /// Position of its field, 0-based.
    pub field: usize,
    /// Position of the cell of the trailer that declares it, 0-based and not the first; the manifest
    /// declares it if None.
    pub trailer_column: Option<usize>,
}

impl FieldType {
    /// How exact sums of its values are read: as decimals with its places, written as its values are. None
    /// for doubles and all that is no number.
    ///
    /// ```
    /// use shared::contract::FieldType;
    /// let (total, format) = FieldType::INTEGER.as_exact().unwrap();
    /// assert_eq!(total.read(b"-7", format), Some(-7));
    /// assert!(FieldType::NUMBER.as_exact().is_none());
    /// ```
    pub fn as_exact(&self) -> Option<(Decimal, &NumberFormat)> {
        match self {
            FieldType::Integer(format) => Some((Decimal::longest(0)?, format)),
            FieldType::Number { format, decimal: Some(decimal) } => {
                Some((Decimal::longest(decimal.scale())?, format))
            }
            FieldType::Number { decimal: None, .. }
            | FieldType::String(_)
            | FieldType::Boolean { .. }
            | FieldType::Object
            | FieldType::Array
            | FieldType::List(_)
            | FieldType::Date(_)
            | FieldType::Time(_)
            | FieldType::DateTime(_)
            | FieldType::Year
            | FieldType::YearMonth
            | FieldType::Duration
            | FieldType::GeoPoint(_)
            | FieldType::GeoJson(_)
            | FieldType::Any => None,
        }
    }
}

/// Reads the property, at `place`, of a contract that is complete but for it.
pub(super) fn completeness(
    contract: &Contract,
    text: &CompletenessText,
    place: &Place,
) -> Result<Completeness, ContractError> {
    let trailer = text.trailer.as_ref();
    let trailer = trailer.map(|text| self::trailer(text, &place.below("trailer"))).transpose()?;
    let mut totals = Vec::new();
    for (name, total) in &text.totals {
        let place = place.below("totals").below(name);
        totals.push(control_total(contract, text, name, total, &place)?);
    }
    Ok(Completeness { manifest: text.manifest, trailer, totals })
}

fn trailer(text: &TrailerText, place: &Place) -> Result<Trailer, ContractError> {
    if text.marker.is_empty() {
        return Err(place.below("marker").error(Problem::Expected("a text that is not empty")));
    }
    let row_count_column = text.row_count_column;
    let row_count_column =
        row_count_column.map(|column| behind_marker(column, &place.below("rowCountColumn")));
    Ok(Trailer { marker: text.marker.clone(), row_count_column: row_count_column.transpose()? })
}

/// The 0-based position of a column that is counted from 1, and is not that of the marker.
fn behind_marker(column: usize, place: &Place) -> Result<usize, ContractError> {
    let position = column.checked_sub(1).filter(|&position| position > 0);
    position.ok_or_else(|| {
        place.error(Problem::Expected("a column from 2 on: the marker stands in column 1"))
    })
}

fn control_total(
    contract: &Contract,
    text: &CompletenessText,
    name: &str,
    total: &TotalText,
    place: &Place,
) -> Result<ControlTotal, ContractError> {
    let schema = &contract.input.schema;
    let field = schema.position(name);
    let field = field.ok_or_else(|| place.error(Problem::NoColumn(name.to_owned())))?;
    if schema.fields.get(field).is_none_or(|field| field.field_type.as_exact().is_none()) {
        return Err(place.error(Problem::Impossible(
            "only integers and numbers with `decimal` have an exact total",
        )));
    }
    let column = place.below("trailerColumn");
    match total.trailer_column {
        Some(_) if text.trailer.is_none() => {
            Err(column.error(Problem::Impossible("the contract has no trailer")))
        }
        None if text.manifest.is_none() => {
            Err(place.error(Problem::Impossible("neither a trailer nor a manifest declares it")))
        }
        trailer_column => {
            let trailer_column = trailer_column.map(|at| behind_marker(at, &column)).transpose()?;
            Ok(ControlTotal { field, trailer_column })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(completeness: &str) -> Result<Completeness, ContractError> {
        let text = format!(
            r#"{{"resources": [{{"name": "r", "path": "r.csv", "sluice": {{"completeness": {completeness}}},
                "schema": {{"fields": [{{"name": "s"}}, {{"name": "i", "type": "integer"}},
                    {{"name": "d", "type": "number", "decimal": {{"precision": 9, "scale": 2}}}},
                    {{"name": "n", "type": "number"}}, {{"name": "y", "type": "year"}}]}}}}]}}"#
        );
        Ok(Contract::parse(text.as_bytes(), None)?.completeness)
    }

    #[test]
    fn columns_are_counted_from_one() {
        let found = parse(
            r#"{"manifest": "optional", "trailer": {"marker": "TRL", "rowCountColumn": 2},
                "totals": {"d": {"trailerColumn": 3}, "i": {}}}"#,
        );
        let expected = Completeness {
            manifest: Some(ManifestRule::Optional),
            trailer: Some(Trailer { marker: "TRL".to_owned(), row_count_column: Some(1) }),
            totals: vec![
                ControlTotal { field: 2, trailer_column: Some(2) },
                ControlTotal { field: 1, trailer_column: None },
            ],
        };
        assert_eq!(found.unwrap(), expected);
        assert_eq!(parse("{}").unwrap(), Completeness::default());
    }

    #[test]
    fn what_nobody_could_check_is_refused() {
        for (text, pointer) in [
            (r#"{"manifest": "maybe"}"#, "manifest"),
            (r#"{"colour": 1}"#, "colour"),
            (r#"{"trailer": {"marker": ""}}"#, "trailer/marker"),
            (r#"{"trailer": {"rowCountColumn": 2}}"#, "trailer"),
            (r#"{"trailer": {"marker": "T", "rowCountColumn": 1}}"#, "trailer/rowCountColumn"),
            (r#"{"trailer": {"marker": "T", "rowCountColumn": 0}}"#, "trailer/rowCountColumn"),
            (
                r#"{"trailer": {"marker": "T"}, "totals": {"i": {"trailerColumn": 1}}}"#,
                "totals/i/trailerColumn",
            ),
            (
                r#"{"manifest": "required", "totals": {"i": {"trailerColumn": 2}}}"#,
                "totals/i/trailerColumn",
            ),
            (r#"{"trailer": {"marker": "T"}, "totals": {"i": {}}}"#, "totals/i"),
            (r#"{"manifest": "required", "totals": {"x": {}}}"#, "totals/x"),
            (r#"{"manifest": "required", "totals": {"s": {}}}"#, "totals/s"),
            (r#"{"manifest": "required", "totals": {"n": {}}}"#, "totals/n"),
            (r#"{"manifest": "required", "totals": {"y": {}}}"#, "totals/y"),
        ] {
            let error = parse(text).unwrap_err();
            let expected = format!("/resources/0/sluice/completeness/{pointer}");
            assert_eq!(error.pointer, expected, "{text}: {error:?}");
        }
    }
}
