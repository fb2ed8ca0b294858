//! Labels to fields, by the rules of the schema and of the dataset.

use std::collections::{BTreeMap, BTreeSet};

use super::{Label, Layout, Place};
use crate::contract::{Drift, Field, FieldsMatch, Schema};
use crate::csv::Grammar;
use crate::fault::{Code, FileFault, clipped};

/// Labels that are not those of the schema.
///
/// The message does not repeat the labels: where a file lacks its header they are a row. The faults,
/// which go to the report alone, do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the header is not the contract's: {}", listed(faults, *total))]
pub struct HeaderError {
    /// What is wrong, in the order of the columns; what is missing comes last. Of more than 100
    /// faults these are the first 100.
    pub faults: Vec<FileFault>,
    /// Number of all faults, with those that are not kept.
    pub total: usize,
}

/// Faults that an error keeps: how many there are is the file's choice.
const FAULTS: usize = 100;

impl HeaderError {
    /// The error of those faults, if there are any.
    fn of(mut faults: impl Iterator<Item = FileFault>) -> Option<Self> {
        let kept: Vec<FileFault> = faults.by_ref().take(FAULTS).collect();
        let total = kept.len() + faults.count();
        (total > 0).then_some(HeaderError { faults: kept, total })
    }

    fn one(fault: FileFault) -> Self {
        HeaderError { faults: vec![fault], total: 1 }
    }
}

/// Faults that a message lists.
const LISTED: usize = 8;

fn listed(faults: &[FileFault], total: usize) -> String {
    let mut text: Vec<String> = faults.iter().take(LISTED).map(told).collect();
    if total > text.len() {
        text.push(format!("and {} more", total - text.len()));
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
    if labels.iter().all(|label| label.text.is_empty() && label.filled.is_empty()) {
        return Err(HeaderError::one(FileFault::new(Code::BlankHeader)));
    }
    let matching = Matching::new(labels, schema);
    let columns = if schema.fields_match == FieldsMatch::Exact && drift == Drift::Strict {
        matching.by_order()
    } else {
        matching.by_name(schema.fields_match, drift)
    };
    match columns {
        Ok(columns) => Ok(Layout { lead: 0, columns, header_rows: Vec::new() }),
        Err(error) => Err(other_delimiter(labels, schema, grammar).map_or(error, HeaderError::one)),
    }
}

/// What is known of each column and each field, found once for all of them: how many there are is
/// the file's choice.
struct Matching<'a> {
    schema: &'a Schema,
    columns: Vec<Column<'a>>,
    /// Whether the field has a column, for each field.
    has_column: Vec<bool>,
}

/// A column of the file.
struct Column<'a> {
    text: &'a str,
    /// The field (0-based) that the label belongs to.
    field: Option<usize>,
    /// Whether an earlier column has the same field or, where there is none, the same label.
    is_repeated: bool,
}

impl<'a> Matching<'a> {
    fn new(labels: &'a [Label], schema: &'a Schema) -> Self {
        let fields = fields_of(labels, schema);
        let mut has_column = vec![false; schema.fields.len()];
        let mut texts = BTreeSet::new();
        let columns = labels.iter().zip(fields).map(|(label, field)| {
            let text = label.text.as_str();
            let is_new_text = texts.insert(text);
            let is_repeated = match field.and_then(|field| has_column.get_mut(field)) {
                Some(has_column) => std::mem::replace(has_column, true),
                None => !text.is_empty() && !is_new_text,
            };
            Column { text, field, is_repeated }
        });
        let columns = columns.collect();
        Matching { schema, columns, has_column }
    }

    /// Each label must be that of the field at its place.
    ///
    /// What is wrong is told by name and not by place, so that one column that is missing in the
    /// middle is one fault and not one for every column behind it.
    fn by_order(&self) -> Result<Vec<Place>, HeaderError> {
        let columns = self.columns.iter().enumerate().zip(self.in_order());
        let codes: Vec<Option<Code>> = columns
            .map(|((at, column), in_order)| self.fault_in_order(at, column, in_order))
            .collect();
        let missing = self.missing(|at, _| !self.explains(at, &codes));
        match HeaderError::of(self.faults(&codes).chain(missing)) {
            Some(error) => Err(error),
            None => Ok((0..self.columns.len()).map(Place::Field).collect()),
        }
    }

    /// What is wrong with a column that must be that of the field at its place.
    fn fault_in_order(&self, at: usize, column: &Column<'_>, in_order: bool) -> Option<Code> {
        match column.field {
            Some(field) if field == at && !column.is_repeated => None,
            _ if column.text.is_empty() => Some(Code::BlankLabel),
            _ if column.is_repeated => Some(Code::DuplicateLabel),
            None if !self.is_vacant(at) => Some(Code::ExtraLabel),
            // Of a column that moved because another is missing or new, that one is told.
            Some(_) if in_order => None,
            None | Some(_) => Some(Code::IncorrectLabel),
        }
    }

    /// Whether there is a field at that place, and no column of it anywhere.
    fn is_vacant(&self, at: usize) -> bool {
        self.has_column.get(at) == Some(&false)
    }

    /// Whether the fault of the column at the place of a vacant field tells that this is missing.
    fn explains(&self, at: usize, codes: &[Option<Code>]) -> bool {
        let field = self.columns.get(at).and_then(|column| column.field);
        let code = codes.get(at).copied().flatten();
        code.is_some_and(|code| field.is_none() || code == Code::DuplicateLabel)
    }

    /// Whether all known labels before a column belong to earlier fields and all behind it to later
    /// ones, for each column; without a field it is not.
    fn in_order(&self) -> Vec<bool> {
        let is_known = |column: &Column<'_>| column.field.is_some();
        if self.columns.len() == self.schema.fields.len() && self.columns.iter().all(is_known) {
            // Without a column missing or extra, nothing but its order can explain the place.
            return vec![false; self.columns.len()];
        }
        let mut highest = None;
        let above = self.columns.iter().map(|column| {
            let is_above = column.field > highest;
            highest = highest.max(column.field);
            is_above
        });
        let mut in_order: Vec<bool> = above.collect();
        let mut lowest = usize::MAX;
        for (in_order, column) in in_order.iter_mut().zip(&self.columns).rev() {
            let Some(field) = column.field else { continue };
            *in_order &= field < lowest;
            lowest = lowest.min(field);
        }
        in_order
    }

    /// Each label may stand anywhere; the rules say what may be missing or more.
    fn by_name(&self, rule: FieldsMatch, drift: Drift) -> Result<Vec<Place>, HeaderError> {
        let columns = self.columns.iter().map(|column| place_by_name(column, rule, drift));
        let (places, codes): (Vec<Place>, Vec<Option<Code>>) = columns.unzip();
        let is_unmatched = rule == FieldsMatch::Partial && !self.has_column.contains(&true);
        let unmatched = is_unmatched.then(|| FileFault::new(Code::UnmatchedHeader));
        let missing = self.missing(|at, field| {
            !rule.allows_fewer() || field.constraints.required || self.schema.is_primary(at)
        });
        HeaderError::of(self.faults(&codes).chain(unmatched).chain(missing)).map_or(Ok(places), Err)
    }

    /// The fields that have no column although `needed` says they must.
    fn missing(&self, needed: impl Fn(usize, &Field) -> bool) -> impl Iterator<Item = FileFault> {
        let fields = self.schema.fields.iter().enumerate();
        fields.filter(move |&(at, field)| self.is_vacant(at) && needed(at, field)).map(
            |(_, field)| FileFault {
                column: field.name.clone(),
                expected: format!("`{}`", field.name),
                ..FileFault::new(Code::MissingLabel)
            },
        )
    }

    /// The faults of the columns, in order.
    fn faults(&self, codes: &[Option<Code>]) -> impl Iterator<Item = FileFault> {
        let columns = self.columns.iter().zip(codes).enumerate();
        columns.filter_map(|(at, (column, code))| Some(self.fault((*code)?, at, column)))
    }

    fn fault(&self, code: Code, at: usize, column: &Column<'_>) -> FileFault {
        let field = self.schema.fields.get(at).filter(|_| code == Code::IncorrectLabel);
        let text = clipped(column.text.as_bytes()).into_owned();
        FileFault {
            column_number: Some(at as u64 + 1),
            column: field.map_or_else(|| text.clone(), |field| field.name.clone()),
            expected: field.map_or_else(String::new, |field| format!("`{}`", field.name)),
            found: text,
            ..FileFault::new(code)
        }
    }
}

/// The field (0-based) that each label belongs to, if it is one's name or alias.
fn fields_of(labels: &[Label], schema: &Schema) -> Vec<Option<usize>> {
    let mut by_label = BTreeMap::new();
    for (at, field) in schema.fields.iter().enumerate() {
        for label in std::iter::once(&field.name).chain(&field.aliases) {
            by_label.entry(label.as_str()).or_insert(at);
        }
    }
    let field = |text: &str| by_label.get(text).copied();
    labels.iter().map(|label| field(&label.text).or_else(|| field(&label.filled))).collect()
}

/// What a column holds whose label may stand anywhere, and what is wrong with it.
fn place_by_name(column: &Column<'_>, rule: FieldsMatch, drift: Drift) -> (Place, Option<Code>) {
    let repeated = column.is_repeated.then_some(Code::DuplicateLabel);
    match column.field {
        Some(_) if column.is_repeated => (Place::Ignored, repeated),
        Some(field) => (Place::Field(field), None),
        None if drift == Drift::Extend && !column.text.is_empty() => {
            (Place::Kept(column.text.to_owned()), repeated)
        }
        None if rule.allows_more() => (Place::Ignored, None),
        None if column.text.is_empty() => (Place::Ignored, Some(Code::BlankLabel)),
        None => (Place::Ignored, Some(Code::ExtraLabel)),
    }
}

/// A single label that holds as many of another delimiter as there ought to be.
fn other_delimiter(labels: &[Label], schema: &Schema, grammar: &Grammar) -> Option<FileFault> {
    let expected = schema.fields.len().checked_sub(1).filter(|&count| count > 0)?;
    let [label] = labels else { return None };
    let count = |delimiter: u8| memchr::memchr_iter(delimiter, label.text.as_bytes()).count();
    let found = b",;\t|:".iter().find(|&&delimiter| count(delimiter) >= expected)?;
    let declared = &grammar.delimiter;
    Some(FileFault {
        expected: format!("columns separated by `{declared}`"),
        found: format!("one column with `{}` in it", char::from(*found)),
        ..FileFault::new(Code::WrongDelimiter)
    })
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

    #[test]
    fn a_label_is_repeated_even_where_the_first_has_a_field() {
        let merged = Label { text: "x".to_owned(), filled: "id".to_owned() };
        let labels = [merged, label("x"), label("name"), label("day")];
        let schema = schema(FieldsMatch::Exact);
        for drift in [Drift::Strict, Drift::Extend] {
            let error = layout(&labels, &schema, drift, &Grammar::default()).unwrap_err();
            let faults: Vec<_> =
                error.faults.iter().map(|fault| (fault.code, fault.column_number)).collect();
            assert_eq!(faults, [(Code::DuplicateLabel, Some(2))], "{drift:?}");
        }
    }

    /// Fields and labels of the files with many columns.
    const MANY: usize = 200_000;

    /// A schema of [`MANY`] fields, `0` and up.
    fn wide(fields_match: FieldsMatch) -> Schema {
        let schema = schema(fields_match);
        let field = schema.fields[2].clone();
        let fields = (0..MANY).map(|at| Field { name: at.to_string(), ..field.clone() }).collect();
        Schema { fields, ..schema }
    }

    /// Expects that many faults; where there is none, as many columns as labels.
    #[track_caller]
    fn check_many(labels: impl Iterator<Item = String>, schema: &Schema, drift: Drift, n: usize) {
        let labels: Vec<Label> = labels.map(|text| label(&text)).collect();
        match layout(&labels, schema, drift, &Grammar::default()) {
            Ok(layout) => assert_eq!((layout.width(), 0), (labels.len(), n)),
            Err(error) => {
                assert_eq!((error.total, error.faults.len()), (n, n.min(FAULTS)));
                let more = format!("; and {} more", n.saturating_sub(LISTED));
                assert_eq!(error.to_string().ends_with(&more), n > LISTED);
            }
        }
    }

    #[test]
    fn many_labels_are_matched_by_order() {
        let schema = wide(FieldsMatch::Exact);
        let check = |labels: &mut dyn Iterator<Item = String>, faults| {
            check_many(labels, &schema, Drift::Strict, faults);
        };
        let texts = |range: std::ops::Range<usize>| range.map(|at| at.to_string());
        check(&mut texts(0..MANY), 0);
        check(&mut texts(1..MANY), 1);
        check(&mut std::iter::once("new".to_owned()).chain(texts(0..MANY)), 1);
        check(&mut texts(0..MANY).rev(), MANY);
        check(&mut texts(MANY..2 * MANY), MANY);
        check(&mut texts(0..MANY).map(|_| "0".to_owned()), MANY - 1);
    }

    #[test]
    fn many_labels_are_matched_by_name() {
        let texts = |range: std::ops::Range<usize>| range.map(|at| at.to_string());
        let equal = wide(FieldsMatch::Equal);
        check_many(texts(0..MANY).rev(), &equal, Drift::Strict, 0);
        check_many(texts(MANY..2 * MANY), &equal, Drift::Strict, 2 * MANY);
        check_many(texts(0..2 * MANY).rev(), &equal, Drift::Extend, 0);
        let superset = wide(FieldsMatch::Superset);
        check_many(texts(MANY - 1..2 * MANY - 1), &superset, Drift::Strict, MANY - 1);
    }
}
