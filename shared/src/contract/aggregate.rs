//! Group-bys over the rows of a file.

use std::collections::BTreeSet;

use super::Contract;
use super::derived::Derived;
use super::error::{ContractError, Problem};
use super::expression::parse_sql;
use super::measure::Measure;
use super::node::Place;
use super::sluice::AggregateText;

/// A group-by over the accepted rows of a file.
#[derive(Debug, Clone, PartialEq)]
pub struct Aggregate {
    /// Its name, part of the keys of its results.
    pub name: String,
    /// The column that says which rows are counted: those for which it is true; all if None.
    pub filter: Option<usize>,
    /// The grouping columns; with the measures they are the columns of its results, whose names differ in more than
    /// letter case.
    pub group_by: Vec<GroupColumn>,
    /// What is measured of each group.
    pub measures: Vec<Measure>,
}

/// A column that makes groups.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupColumn {
    /// Its name in the results.
    pub name: String,
    /// Its position among [`Contract::measured_columns`].
    pub column: usize,
}

/// The rows for which a column is asked by an aggregate: those for which all filters, by their positions, are true.
pub type Asked = Vec<usize>;

impl Aggregate {
    /// Whether something is made of the column at that position, the filter of all rows aside.
    pub(crate) fn needs(&self, at: usize) -> bool {
        self.uses().any(|(used, _)| used == at)
    }

    /// The columns that something is made of, some perhaps repeatedly, and the filter of a measure that says of which
    /// rows; the filter of all rows aside.
    fn uses(&self) -> impl Iterator<Item = (usize, Option<usize>)> {
        let keys = self.group_by.iter().map(|key| (key.column, None));
        let measured = self.measures.iter().flat_map(|measure| {
            let column = measure.function.column().map(|at| (at, measure.filter));
            column.into_iter().chain(measure.filter.map(|at| (at, None)))
        });
        keys.chain(measured)
    }

    /// For which rows the column at that position is asked: those that any item tells.
    pub(super) fn asked(&self, at: usize) -> impl Iterator<Item = Asked> {
        let of_all = self.filter.filter(|filter| *filter == at).map(|_| Asked::new());
        let uses = self.uses().filter(move |(used, _)| *used == at);
        of_all.into_iter().chain(uses.map(|(_, own)| self.filter.into_iter().chain(own).collect()))
    }
}

/// Adds an aggregate, and what it is made of that no column holds.
pub(super) fn add_aggregate(
    contract: &mut Contract,
    aggregate: &AggregateText,
    place: &Place,
) -> Result<(), ContractError> {
    check_aggregate_name(contract, &aggregate.name, &place.below("name"))?;
    let columns = contract.columns();
    let mut derived = Derived::new(&columns, &contract.dropped, &mut contract.derived);
    let wrong = |place: Place| move |error| place.error(Problem::Expression(error));
    let filter = aggregate.filter.as_ref().map(|text| derived.truth(&parse_sql(text)?));
    let filter = filter.transpose().map_err(wrong(place.below("filter")))?;
    let mut names = Names::default();
    let group_by = group_by(aggregate, &mut derived, &mut names, &place.below("groupBy"))?;
    let below = place.below("measures");
    if aggregate.measures.is_empty() {
        return Err(below.error(Problem::Empty));
    }
    let mut measures = Vec::new();
    for (name, text) in &aggregate.measures {
        let own = below.below(name);
        names.take(name, &own)?;
        measures.push(Measure::parse(name, text, &mut derived).map_err(wrong(own))?);
    }
    let name = aggregate.name.clone();
    contract.aggregates.push(Aggregate { name, filter, group_by, measures });
    Ok(())
}

/// The grouping columns, each of which stands there once.
fn group_by(
    aggregate: &AggregateText,
    derived: &mut Derived<'_>,
    names: &mut Names,
    place: &Place,
) -> Result<Vec<GroupColumn>, ContractError> {
    let mut columns: Vec<GroupColumn> = Vec::new();
    for (at, text) in aggregate.group_by.iter().enumerate() {
        let place = place.below(&at.to_string());
        let (name, expression) = text.parts();
        let column = derived.named(expression);
        let column = column.map_err(|error| place.error(Problem::Expression(error)))?;
        if derived.is_constant(column) {
            // In SQL, a number would be a position in the results.
            return Err(place.error(Problem::Impossible("a constant makes no groups")));
        }
        if columns.iter().any(|other| other.column == column) {
            return Err(place.error(Problem::Twice(expression.to_owned())));
        }
        // `"a b"` in quotes is the column of that name.
        let name = name.or(derived.name(column)).unwrap_or(expression);
        names.take(name, &place)?;
        columns.push(GroupColumn { name: name.to_owned(), column });
    }
    Ok(columns)
}

/// The names of the columns of results. Athena tells them apart without regard to letter case.
#[derive(Default)]
struct Names(BTreeSet<String>);

impl Names {
    fn take(&mut self, name: &str, place: &Place) -> Result<(), ContractError> {
        let is_new = self.0.insert(name.to_lowercase());
        if is_new { Ok(()) } else { Err(place.error(Problem::Taken(name.to_owned()))) }
    }
}

/// The name becomes part of a key, so it is held to what needs no encoding.
fn check_aggregate_name(
    contract: &Contract,
    name: &str,
    place: &Place,
) -> Result<(), ContractError> {
    let legal = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
    if name.is_empty() || !name.chars().all(legal) {
        return Err(place.error(Problem::Expected("letters, digits, `_` and `-`")));
    }
    if contract.aggregates.iter().any(|other| other.name == name) {
        return Err(place.error(Problem::Taken(name.to_owned())));
    }
    Ok(())
}
