//! Columns that are computed from others, and those that are there for nothing else.

use std::collections::BTreeSet;

use super::Contract;
use super::columns::table_columns;
use super::error::ContractError;
use super::error::Problem;
use super::expression::Expression;
use super::node::Place;
use super::sluice::ComputedText;

/// A column computed from others.
#[derive(Debug, Clone, PartialEq)]
pub struct Computed {
    /// Its name.
    pub name: String,
    /// How it is computed, over the columns before it.
    pub expression: Expression,
}

pub(super) fn add_computed(
    contract: &mut Contract,
    column: &ComputedText,
    place: &Place,
) -> Result<(), ContractError> {
    // New columns of a file stand behind all others.
    let expression = Expression::parse(&column.expression, &table_columns(contract));
    let expression =
        expression.map_err(|error| place.below("expression").error(Problem::Expression(error)))?;
    contract.computed.push(Computed { name: column.name.clone(), expression });
    Ok(())
}

/// Positions of the columns that are computed with and not published.
pub(super) fn dropped(
    contract: &Contract,
    names: &[String],
    place: &Place,
) -> Result<BTreeSet<usize>, ContractError> {
    let columns = contract.columns();
    // Those behind say where rows come from, or have no name in the contract.
    let own_count = table_columns(contract).len() - contract.lineage.len();
    let mut dropped = BTreeSet::new();
    for (at, name) in names.iter().enumerate() {
        let wrong = |problem| place.below(&at.to_string()).error(problem);
        let column = columns.iter().position(|column| column.name == *name);
        let column = column.ok_or_else(|| wrong(Problem::NoColumn(name.clone())))?;
        if column >= own_count {
            return Err(wrong(Problem::Value(name.clone())));
        }
        if !dropped.insert(column) {
            return Err(wrong(Problem::Twice(name.clone())));
        }
    }
    if dropped.len() == columns.len() {
        return Err(place.error(Problem::Impossible("no column would be published")));
    }
    Ok(dropped)
}
