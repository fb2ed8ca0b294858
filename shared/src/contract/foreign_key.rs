//! Foreign keys: what the fields of a row may name.

use super::Contract;
use super::computed::Computed;
use super::error::{ContractError, Problem};
use super::lookup::LookupColumn;
use super::node::Node;
use super::resource::{Resource, Role, resource};

/// A foreign key that points into the file itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SelfReference {
    /// Position of the foreign key in the schema, 0-based.
    pub position: usize,
    /// Positions of the fields that point (0-based).
    pub fields: Vec<usize>,
    /// Positions of the fields that they point to.
    pub target: Vec<usize>,
}

/// A foreign key into another resource, and what is taken from the row it names.
#[derive(Debug, Clone, PartialEq)]
pub struct Join {
    /// Position of the foreign key in the schema, 0-based.
    pub position: usize,
    /// Positions of the key's fields in the input (0-based).
    pub fields: Vec<usize>,
    /// Position of the table among [`Contract::references`].
    pub reference: usize,
    /// Positions of the key's fields in that table.
    pub reference_fields: Vec<usize>,
    /// What is compared in the place of the fields' values, one for each, over the fields of the input; empty
    /// if it is these values.
    pub key: Vec<Computed>,
    /// Columns that the row adds.
    pub columns: Vec<LookupColumn>,
    /// Whether a row whose key names no row is rejected, with the code `foreign-key`.
    pub must_exist: bool,
}

impl Join {
    /// Whether the values of the fields must name a row, which is known before anything is computed.
    pub fn is_checked(&self) -> bool {
        self.must_exist && self.key.is_empty()
    }

    /// Whether the table is asked for more than which keys it has.
    pub fn is_looked_up(&self) -> bool {
        !self.columns.is_empty() || !self.key.is_empty()
    }
}

/// Adds the foreign key at `position` of the schema, and the resource that it is the first to name.
pub(super) fn add_foreign_key(
    contract: &mut Contract,
    position: usize,
    node: &Node<'_>,
    resources: &[Node<'_>],
) -> Result<(), ContractError> {
    node.only(&["fields", "reference"])?;
    let fields = contract.input.schema.positions(&node.required("fields")?)?;
    let target = node.required("reference")?;
    target.only(&["fields", "resource"])?;
    let names = target.required("fields")?;
    // The first version of the standard wrote an empty name where the second leaves it out.
    let name = target.get("resource")?.map_or(Ok(""), |name| name.as_text())?;
    if name.is_empty() || name == contract.input.name {
        let target = contract.input.schema.positions(&names)?;
        check_lengths(&fields, &target, &names)?;
        check_types(&contract.input, &fields, &contract.input, &target, &names)?;
        contract.self_references.push(SelfReference { position, fields, target });
        return Ok(());
    }
    let reference = find_reference(contract, name, &target, resources)?;
    let Some(table) = contract.references.get(reference) else { return Ok(()) };
    let reference_fields = table.schema.positions(&names)?;
    check_lengths(&fields, &reference_fields, &names)?;
    contract.joins.push(Join {
        position,
        fields,
        reference,
        reference_fields,
        key: Vec::new(),
        columns: Vec::new(),
        must_exist: true,
    });
    Ok(())
}

/// Fields are compared with those of another table, unless a lookup puts something in their place.
pub(super) fn check_compared(
    contract: &Contract,
    foreign_keys: &[Node<'_>],
) -> Result<(), ContractError> {
    for join in contract.joins.iter().filter(|join| join.key.is_empty()) {
        let table = contract.references.get(join.reference);
        if let (Some(table), Some(node)) = (table, foreign_keys.get(join.position)) {
            let names = node.required("reference")?.required("fields")?;
            check_types(&contract.input, &join.fields, table, &join.reference_fields, &names)?;
        }
    }
    Ok(())
}

/// The fields on both sides of a foreign key must be as many.
fn check_lengths(
    fields: &[usize],
    targets: &[usize],
    node: &Node<'_>,
) -> Result<(), ContractError> {
    if fields.len() == targets.len() { Ok(()) } else { Err(node.error(Problem::Lengths)) }
}

/// They must be of the same types.
fn check_types(
    left: &Resource,
    fields: &[usize],
    right: &Resource,
    targets: &[usize],
    node: &Node<'_>,
) -> Result<(), ContractError> {
    for (&field, &target) in fields.iter().zip(targets) {
        let (left, right) = (left.schema.fields.get(field), right.schema.fields.get(target));
        if let (Some(left), Some(right)) = (left, right)
            && left.field_type.data_type() != right.field_type.data_type()
        {
            let (left, right) = (left.name.clone(), right.name.clone());
            return Err(node.error(Problem::Types { left, right }));
        }
    }
    Ok(())
}

/// Position of the table that a foreign key names; reads the resource when it is first named.
fn find_reference(
    contract: &mut Contract,
    name: &str,
    target: &Node<'_>,
    resources: &[Node<'_>],
) -> Result<usize, ContractError> {
    if let Some(at) = contract.references.iter().position(|table| table.name == name) {
        return Ok(at);
    }
    let found = resources
        .iter()
        .find(|node| node.text("name").is_ok_and(|other| other == name))
        .ok_or_else(|| target.below("resource").error(Problem::NoResource(name.to_owned())))?;
    contract.references.push(resource(found, Role::Reference)?);
    Ok(contract.references.len() - 1)
}
