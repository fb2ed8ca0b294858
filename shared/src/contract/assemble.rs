//! The whole contract, part by part.

use std::collections::BTreeSet;

use super::Contract;
use super::aggregate::add_aggregate;
use super::completeness::{Completeness, completeness};
use super::computed::{add_computed, dropped};
use super::error::ContractError;
use super::foreign_key::{add_foreign_key, check_compared};
use super::lineage::LineageColumn;
use super::lookup::add_lookup;
use super::names::check_names;
use super::node::Node;
use super::resource::{Role, resource};
use super::sluice::Sluice;

/// The contract around the input resource `input`.
pub(super) fn contract(
    input: &Node<'_>,
    resources: &[Node<'_>],
) -> Result<Contract, ContractError> {
    let absent = serde_json::Value::Object(serde_json::Map::new());
    let node = input.get("sluice")?.unwrap_or_else(|| Node::root(&absent));
    let sluice: Sluice = node.parse()?;
    let mut contract = Contract {
        input: resource(input, Role::Input)?,
        references: Vec::new(),
        joins: Vec::new(),
        self_references: Vec::new(),
        computed: Vec::new(),
        lineage: Vec::new(),
        aggregates: Vec::new(),
        derived: Vec::new(),
        dropped: BTreeSet::new(),
        drift: sluice.drift,
        rejected_fraction: sluice.tolerance.rejected_fraction.into(),
        completeness: Completeness::default(),
        duplicates: sluice.duplicates,
        revisions: sluice.revisions,
    };
    contract.completeness =
        completeness(&contract, &sluice.completeness, &node.below("completeness"))?;
    let foreign_keys = input.required("schema")?.items_of("foreignKeys")?;
    for (position, key) in foreign_keys.iter().enumerate() {
        add_foreign_key(&mut contract, position, key, resources)?;
    }
    let mut looked_up = Vec::new();
    for (at, lookup) in sluice.enrich.lookups.iter().enumerate() {
        let place = node.below(&format!("enrich/lookups/{at}"));
        add_lookup(&mut contract, lookup, &place, &mut looked_up)?;
    }
    check_compared(&contract, &foreign_keys)?;
    for (at, column) in sluice.enrich.columns.iter().enumerate() {
        add_computed(&mut contract, column, &node.below(&format!("enrich/columns/{at}")))?;
    }
    let lineage = sluice.enrich.lineage.iter();
    contract.lineage =
        lineage.map(|(name, &origin)| LineageColumn { name: name.clone(), origin }).collect();
    check_names(&contract, &looked_up, input)?;
    contract.dropped = dropped(&contract, &sluice.enrich.drop, &node.below("enrich/drop"))?;
    for (at, aggregate) in sluice.aggregates.iter().enumerate() {
        add_aggregate(&mut contract, aggregate, &node.below(&format!("aggregates/{at}")))?;
    }
    Ok(contract)
}
