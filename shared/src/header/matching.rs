//! Labels to fields, by the rules of the schema and of the dataset.

use std::collections::BTreeMap;

use super::{Label, Layout, Place};
use crate::contract::{Drift, Field, FieldsMatch, Schema};
use crate::csv::Grammar;
use crate::fault::{Code, FileFault, clipped};

/// Labels that are not those of the schema.
///
/// The message does not repeat the labels: where a file lacks its header they are a row. The faults,
/// which go to the report alone, do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the header is not the contract's: {}", listed(faults))]
pub struct HeaderError {
    /// All that is wrong, in the order of the columns; what is missing comes last.
    pub faults: Vec<FileFault>,
}

/// Faults that a message lists.
const LISTED: usize = 8;

fn listed(faults: &[FileFault]) -> String {
    let mut text: Vec<String> = faults.iter().take(LISTED).map(told).collect();
    if faults.len() > LISTED {
        text.push(format!("and {} more", faults.len() - LISTED));
    }
    text.join("; ")
}

/// A fault without what the file says.
fn told(fault: &FileFault) -> String {
    let code = fault.code.as_str();
    let at = fault.column_number.map_or_else(String::new, |at| format!(" in column {at}"));
    let expected = if fault.expected.is_empty() {
        String::new()
    } else {
        format!(", expected {}", fault.expected)
    };
    format!("{code}{at}{expected}")
}

/// The layout of a file whose labels are `labels`.
///
/// # Errors
/// [`HeaderError`].
pub(super) fn layout(
    labels: &[Label],
    schema: &Schema,
    drift: Drift,
    grammar: &Grammar,
) -> Result<Layout, HeaderError> {
    let matching = Matching { labels, schema };
    if labels.iter().all(|label| label.text.is_empty() && label.filled.is_empty()) {
        return Err(HeaderError { faults: vec![FileFault::new(Code::BlankHeader)] });
    }
    let (columns, faults) = if schema.fields_match == FieldsMatch::Exact && drift == Drift::Strict {
        matching.by_order()
    } else {
        matching.by_name(schema.fields_match, drift)
    };
    if faults.is_empty() {
        return Ok(Layout { lead: 0, columns, header_rows: Vec::new() });
    }
    Err(HeaderError { faults: other_delimiter(labels, schema, grammar).unwrap_or(faults) })
}

struct Matching<'a> {
    labels: &'a [Label],
    schema: &'a Schema,
}

impl Matching<'_> {
    /// Each label must be that of the field at its place.
    ///
    /// What is wrong is told by name and not by place, so that one column that is missing in the
    /// middle is one fault and not one for every column behind it.
    fn by_order(&self) -> (Vec<Place>, Vec<FileFault>) {
        let found = self.fields();
        let in_place = |at: usize| found.get(at).copied().flatten() == Some(at);
        let mut faults = Vec::new();
        let mut explained = Vec::new();
        for (at, label) in self.labels.iter().enumerate() {
            let field = found.get(at).copied().flatten();
            let vacant = at < self.schema.fields.len() && !found.contains(&Some(at));
            let fault = match field {
                _ if in_place(at) && !self.is_repeated(at, &found) => continue,
                _ if label.text.is_empty() => Code::BlankLabel,
                _ if self.is_repeated(at, &found) => Code::DuplicateLabel,
                None if !vacant => Code::ExtraLabel,
                // Of a column that moved because another is missing or new, that one is told.
                Some(field) if self.keeps_order(at, field, &found) => continue,
                None | Some(_) => Code::IncorrectLabel,
            };
            if vacant && (field.is_none() || fault == Code::DuplicateLabel) {
                explained.push(at);
            }
            faults.push(self.fault(fault, at));
        }
        faults.extend(self.missing(&found, |at, _| !explained.contains(&at)));
        let columns = (0..self.labels.len()).map(Place::Field).collect();
        (columns, faults)
    }

    /// Whether all known labels before this one belong to earlier fields.
    fn keeps_order(&self, at: usize, field: usize, found: &[Option<usize>]) -> bool {
        let (before, behind) = found.split_at_checked(at).unwrap_or((found, &[]));
        let sorted = before.iter().flatten().all(|&other| other < field)
            && behind.iter().skip(1).flatten().all(|&other| other > field);
        // Without a column missing or extra, nothing but its order can explain the place.
        sorted && (self.labels.len() != self.schema.fields.len() || found.contains(&None))
    }

    /// Each label may stand anywhere; the rules say what may be missing or more.
    fn by_name(&self, rule: FieldsMatch, drift: Drift) -> (Vec<Place>, Vec<FileFault>) {
        let found = self.fields();
        let mut faults = Vec::new();
        let mut columns = Vec::new();
        for (at, label) in self.labels.iter().enumerate() {
            let field = found.get(at).copied().flatten();
            columns.push(match field {
                Some(_) if self.is_repeated(at, &found) => {
                    faults.push(self.fault(Code::DuplicateLabel, at));
                    Place::Ignored
                }
                Some(field) => Place::Field(field),
                None if drift == Drift::Extend && !label.text.is_empty() => {
                    if self.is_repeated(at, &found) {
                        faults.push(self.fault(Code::DuplicateLabel, at));
                    }
                    Place::Kept(label.text.clone())
                }
                None if rule.allows_more() => Place::Ignored,
                None => {
                    let code =
                        if label.text.is_empty() { Code::BlankLabel } else { Code::ExtraLabel };
                    faults.push(self.fault(code, at));
                    Place::Ignored
                }
            });
        }
        if rule == FieldsMatch::Partial && found.iter().all(Option::is_none) {
            faults.push(FileFault::new(Code::UnmatchedHeader));
        }
        let needed = |at: usize, field: &Field| {
            !rule.allows_fewer() || field.constraints.required || self.schema.is_primary(at)
        };
        faults.extend(self.missing(&found, needed));
        (columns, faults)
    }

    /// The field (0-based) that each label belongs to, if it is one's name or alias.
    fn fields(&self) -> Vec<Option<usize>> {
        let mut by_label = BTreeMap::new();
        for (at, field) in self.schema.fields.iter().enumerate() {
            for label in std::iter::once(&field.name).chain(&field.aliases) {
                by_label.entry(label.as_str()).or_insert(at);
            }
        }
        let field = |text: &str| by_label.get(text).copied();
        self.labels
            .iter()
            .map(|label| field(&label.text).or_else(|| field(&label.filled)))
            .collect()
    }

    /// Whether an earlier column has the same label or field.
    fn is_repeated(&self, at: usize, found: &[Option<usize>]) -> bool {
        let field = found.get(at).copied().flatten();
        let text = self.labels.get(at).map(|label| label.text.as_str()).filter(|t| !t.is_empty());
        (0..at).any(|earlier| {
            let other = found.get(earlier).copied().flatten();
            let label = self.labels.get(earlier).map(|label| label.text.as_str());
            if field.is_some() { other == field } else { text.is_some() && label == text }
        })
    }

    /// The fields that have no column although `needed` says they must.
    fn missing(
        &self,
        found: &[Option<usize>],
        needed: impl Fn(usize, &Field) -> bool,
    ) -> Vec<FileFault> {
        let fields = self.schema.fields.iter().enumerate();
        fields
            .filter(|&(at, field)| !found.contains(&Some(at)) && needed(at, field))
            .map(|(_, field)| FileFault {
                column: field.name.clone(),
                expected: format!("`{}`", field.name),
                ..FileFault::new(Code::MissingLabel)
            })
            .collect()
    }

    fn fault(&self, code: Code, at: usize) -> FileFault {
        let field = self.schema.fields.get(at).filter(|_| code == Code::IncorrectLabel);
        let label = self.labels.get(at).map_or("", |label| &label.text);
        FileFault {
            column_number: Some(at as u64 + 1),
            column: field
                .map_or_else(|| clipped(label.as_bytes()).into_owned(), |f| f.name.clone()),
            expected: field.map_or_else(String::new, |field| format!("`{}`", field.name)),
            found: clipped(label.as_bytes()).into_owned(),
            ..FileFault::new(code)
        }
    }
}

/// A single label that holds as many of another delimiter as there ought to be.
fn other_delimiter(labels: &[Label], schema: &Schema, grammar: &Grammar) -> Option<Vec<FileFault>> {
    let expected = schema.fields.len().checked_sub(1).filter(|&count| count > 0)?;
    let [label] = labels else { return None };
    let count = |delimiter: u8| memchr::memchr_iter(delimiter, label.text.as_bytes()).count();
    let found = b",;\t|:".iter().find(|&&delimiter| count(delimiter) >= expected)?;
    let declared = &grammar.delimiter;
    Some(vec![FileFault {
        expected: format!("columns separated by `{declared}`"),
        found: format!("one column with `{}` in it", char::from(*found)),
        ..FileFault::new(Code::WrongDelimiter)
    }])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn schema(fields_match: FieldsMatch) -> Schema {
        let text = br#"{"resources": [{"name": "r", "path": "r.csv", "schema": {"fields": [
            {"name": "id", "constraints": {"required": true}},
            {"name": "name", "aliases": ["full name"]},
            {"name": "day"}
        ]}}]}"#;
        let contract = crate::contract::Contract::parse(text, None).unwrap();
        Schema { fields_match, ..contract.input.schema }
    }

    fn label(text: &str) -> Label {
        Label { text: text.to_owned(), filled: text.to_owned() }
    }

    /// The layout, one letter a column: the field's position, `k` for kept, `-` for ignored; or the
    /// faults, as code and column.
    fn read(header: &str, fields_match: FieldsMatch, drift: Drift) -> String {
        let labels: Vec<Label> = header.split(',').map(label).collect();
        match layout(&labels, &schema(fields_match), drift, &Grammar::default()) {
            Ok(layout) => layout
                .columns
                .iter()
                .map(|place| match place {
                    Place::Field(at) => at.to_string(),
                    Place::Kept(_) => "k".to_owned(),
                    Place::Ignored => "-".to_owned(),
                })
                .collect(),
            Err(error) => {
                let text = |fault: &FileFault| {
                    let at = fault.column_number.map_or(fault.column.clone(), |at| at.to_string());
                    format!("{} {at}", fault.code.as_str())
                };
                error.faults.iter().map(text).collect::<Vec<_>>().join(", ")
            }
        }
    }

    #[test]
    fn labels_match_exactly_or_the_fault_is_named() {
        for (header, expected) in [
            ("id,name,day", "012"),
            ("id,full name,day", "012"),
            ("id,name", "missing-label day"),
            ("id,day", "missing-label name"),
            ("name,day", "missing-label id"),
            ("id,name,day,week", "extra-label 4"),
            ("week,id,name,day", "extra-label 1"),
            ("id,Name,day", "incorrect-label 2"),
            ("id,,day", "blank-label 2"),
            ("id,name,day,", "blank-label 4"),
            ("id,name,day,id", "duplicate-label 4"),
            ("id,id,day", "duplicate-label 2"),
            ("id,name,full name,day", "duplicate-label 3"),
            ("id,day,name", "incorrect-label 2, incorrect-label 3"),
            ("", "blank-header "),
            (",,", "blank-header "),
            ("x,y,z", "incorrect-label 1, incorrect-label 2, incorrect-label 3"),
            ("id;name;day", "wrong-delimiter "),
        ] {
            assert_eq!(read(header, FieldsMatch::Exact, Drift::Strict), expected, "{header:?}");
        }
    }

    #[test]
    fn other_rules_map_by_name() {
        use FieldsMatch::{Equal, Exact, Partial, Subset, Superset};
        for (header, rule, drift, expected) in [
            ("day,id,name", Equal, Drift::Strict, "201"),
            ("day,id,full name", Exact, Drift::Reorder, "201"),
            ("day,id", Equal, Drift::Strict, "missing-label name"),
            ("day,id,name,x", Equal, Drift::Strict, "extra-label 4"),
            ("day,id,name,id", Equal, Drift::Strict, "duplicate-label 4"),
            ("day,x,id,name", Subset, Drift::Strict, "2-01"),
            ("day,,id,name", Subset, Drift::Strict, "2-01"),
            ("day,x,id", Subset, Drift::Strict, "missing-label name"),
            ("day,id", Superset, Drift::Strict, "20"),
            ("day,name", Superset, Drift::Strict, "missing-label id"),
            ("day,id,x", Superset, Drift::Strict, "extra-label 3"),
            ("x,id", Partial, Drift::Strict, "-0"),
            ("x,y", Partial, Drift::Strict, "unmatched-header , missing-label id"),
            ("x,day,id,name", Exact, Drift::Extend, "k201"),
            ("x,day,x,id,name", Exact, Drift::Extend, "duplicate-label 3"),
            ("x,day,id", Exact, Drift::Extend, "missing-label name"),
            ("id,name,day,", Exact, Drift::Extend, "blank-label 4"),
        ] {
            assert_eq!(read(header, rule, drift), expected, "{header:?} {rule:?} {drift:?}");
        }
    }

    #[test]
    fn a_message_names_no_label() {
        let labels = ["id", "secret", "day"].map(label);
        let error =
            layout(&labels, &schema(FieldsMatch::Exact), Drift::Strict, &Grammar::default());
        let message = error.unwrap_err().to_string();
        assert_eq!(
            message,
            "the header is not the contract's: incorrect-label in column 2, expected `name`"
        );
    }
}
