//! The names of the published columns.

use std::collections::BTreeMap;

use super::Contract;
use super::columns::published_name;
use super::error::{ContractError, Problem};
use super::node::{Node, Place};

/// Delta tells names apart without regard to letter case. `looked_up` are the positions of the lookups' joins,
/// in the order of the lookups.
pub(super) fn check_names(
    contract: &Contract,
    looked_up: &[usize],
    input: &Node<'_>,
) -> Result<(), ContractError> {
    let mut seen = BTreeMap::new();
    for (column, place) in contract.columns().into_iter().zip(places(contract, looked_up, input)) {
        let name = column.name;
        let Some(by) = seen.insert(published_name(&name).to_lowercase(), name.clone()) else {
            continue;
        };
        let is_same = by == name;
        return Err(place.error(if is_same {
            Problem::Taken(name)
        } else {
            Problem::TakenBy { name, by }
        }));
    }
    Ok(())
}

/// Where each of the columns is declared, in their order.
fn places(contract: &Contract, looked_up: &[usize], input: &Node<'_>) -> Vec<Place> {
    let fields = 0..contract.input.schema.fields.len();
    let mut places: Vec<Place> =
        fields.map(|at| input.below(&format!("schema/fields/{at}"))).collect();
    for (at, join) in contract.joins.iter().enumerate() {
        let lookup = looked_up.iter().position(|&join| join == at).unwrap_or_default();
        let below = input.below(&format!("sluice/enrich/lookups/{lookup}/columns"));
        places.extend(join.columns.iter().map(|column| below.below(&column.name)));
    }
    let computed = 0..contract.computed.len();
    places.extend(computed.map(|at| input.below(&format!("sluice/enrich/columns/{at}/name"))));
    let lineage = input.below("sluice/enrich/lineage");
    places.extend(contract.lineage.iter().map(|column| lineage.below(&column.name)));
    // The column that keeps new columns.
    places.push(input.below("sluice/drift"));
    places
}
