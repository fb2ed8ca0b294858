//! Group-bys over the rows of a file.

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
    /// Positions of the grouping columns among [`Contract::measured_columns`].
    pub group_by: Vec<usize>,
    /// What is measured of each group.
    pub measures: Vec<Measure>,
}

impl Aggregate {
    /// Whether something is made of the column at that position, the filter of all rows aside.
    pub(crate) fn needs(&self, at: usize) -> bool {
        self.group_by.contains(&at)
            || self
                .measures
                .iter()
                .any(|measure| measure.function.column() == Some(at) || measure.filter == Some(at))
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
    let group_by = group_by(aggregate, &mut derived, &place.below("groupBy"))?;
    let below = place.below("measures");
    if aggregate.measures.is_empty() {
        return Err(below.error(Problem::Empty));
    }
    let mut measures = Vec::new();
    for (name, text) in &aggregate.measures {
        let own = below.below(name);
        if aggregate.group_by.contains(name) {
            return Err(own.error(Problem::Taken(name.clone())));
        }
        measures.push(Measure::parse(name, text, &mut derived).map_err(wrong(own))?);
    }
    let name = aggregate.name.clone();
    contract.aggregates.push(Aggregate { name, filter, group_by, measures });
    Ok(())
}

/// Positions of the grouping columns, each named once.
fn group_by(
    aggregate: &AggregateText,
    derived: &mut Derived<'_>,
    place: &Place,
) -> Result<Vec<usize>, ContractError> {
    let mut positions = Vec::new();
    for (at, text) in aggregate.group_by.iter().enumerate() {
        let place = place.below(&at.to_string());
        let position = derived.named(text);
        let position = position.map_err(|error| place.error(Problem::Expression(error)))?;
        if positions.contains(&position) {
            return Err(place.error(Problem::Taken(text.clone())));
        }
        positions.push(position);
    }
    Ok(positions)
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
