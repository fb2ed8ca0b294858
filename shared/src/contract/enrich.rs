//! Joins, computed columns and aggregates: what a contract adds to a file.

use super::error::{ContractError, Problem};
use super::expression::{Expression, position};
use super::measure::{Function, Measure};
use super::node::Node;
use super::resource::{Resource, Role, resource};
use super::{Column, Contract, published_name};

/// A foreign key, and what is taken from the row it names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Join {
    /// Positions of the key's fields in the input (0-based).
    pub fields: Vec<usize>,
    /// Position of the table among [`Contract::references`].
    pub reference: usize,
    /// Positions of the key's fields in that table.
    pub reference_fields: Vec<usize>,
    /// Columns that the row adds.
    pub columns: Vec<LookupColumn>,
    /// What becomes of a row whose key names no row.
    pub on_missing: OnMissing,
}

/// A column taken from a reference table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LookupColumn {
    /// Its name in the published table.
    pub name: String,
    /// Position of the field in the reference table.
    pub field: usize,
}

/// What becomes of a row whose foreign key names no row. A key with a null names none and is no
/// fault: its columns are null.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnMissing {
    /// The row is rejected with the code `foreign-key`.
    Reject,
    /// The columns are null.
    Null,
}

/// A column computed from others.
#[derive(Debug, Clone, PartialEq)]
pub struct Computed {
    /// Its name.
    pub name: String,
    /// How it is computed, over the columns before it.
    pub expression: Expression,
}

/// A group-by over the accepted rows of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Aggregate {
    /// Its name, part of the keys of its results.
    pub name: String,
    /// Positions of the grouping columns in the published table.
    pub group_by: Vec<usize>,
    /// What is measured of each group.
    pub measures: Vec<Measure>,
}

/// The contract around the input resource `input`.
pub(super) fn contract(
    input: &Node<'_>,
    resources: &[Node<'_>],
) -> Result<Contract, ContractError> {
    let empty = serde_json::Value::Object(serde_json::Map::new());
    let sluice = input.get("sluice")?.unwrap_or_else(|| Node::root(&empty));
    sluice.only(&["aggregates", "enrich", "tolerance"])?;
    let enrich = sluice.get("enrich")?.unwrap_or_else(|| Node::root(&empty));
    enrich.only(&["columns", "lookups"])?;

    let mut contract = Contract {
        input: resource(input, Role::Input)?,
        references: Vec::new(),
        joins: Vec::new(),
        computed: Vec::new(),
        aggregates: Vec::new(),
        rejected_fraction: rejected_fraction(&sluice)?,
    };
    for key in input.required("schema")?.items_of("foreignKeys")? {
        add_foreign_key(&mut contract, &key, resources)?;
    }
    let mut looked_up = Vec::new();
    for lookup in enrich.items_of("lookups")? {
        let key = lookup.required("foreignKey")?;
        let fields = contract.input.schema.positions(&key)?;
        if looked_up.contains(&fields) {
            return Err(key.error(Problem::Taken(key.names()?.join(","))));
        }
        add_lookup(&mut contract, &lookup, &fields)?;
        looked_up.push(fields);
    }
    for column in enrich.items_of("columns")? {
        add_computed(&mut contract, &column)?;
    }
    check_published_names(&contract, input)?;
    for aggregate in sluice.items_of("aggregates")? {
        add_aggregate(&mut contract, &aggregate)?;
    }
    Ok(contract)
}

/// See [`Contract::columns`].
pub(super) fn columns(
    input: &Resource,
    references: &[Resource],
    joins: &[Join],
    computed: &[Computed],
) -> Vec<Column> {
    let mut columns: Vec<Column> = input
        .schema
        .fields
        .iter()
        .map(|field| Column {
            name: field.name.clone(),
            data_type: field.field_type.data_type(),
            nullable: !field.constraints.required,
            description: field.description.clone(),
        })
        .collect();
    for join in joins {
        let fields = references.get(join.reference).map_or(&[][..], |table| &table.schema.fields);
        columns.extend(join.columns.iter().filter_map(|lookup| {
            let field = fields.get(lookup.field)?;
            Some(Column {
                name: lookup.name.clone(),
                data_type: field.field_type.data_type(),
                nullable: true,
                description: field.description.clone(),
            })
        }));
    }
    for column in computed {
        let data_type = column.expression.data_type(&columns);
        columns.push(Column {
            name: column.name.clone(),
            data_type,
            nullable: true,
            description: None,
        });
    }
    columns
}

fn rejected_fraction(sluice: &Node<'_>) -> Result<f64, ContractError> {
    let Some(tolerance) = sluice.get("tolerance")? else { return Ok(0.0) };
    tolerance.only(&["rejectedFraction"])?;
    tolerance.get("rejectedFraction")?.map_or(Ok(0.0), |fraction| fraction.as_fraction())
}

fn add_foreign_key(
    contract: &mut Contract,
    node: &Node<'_>,
    resources: &[Node<'_>],
) -> Result<(), ContractError> {
    node.only(&["fields", "reference"])?;
    let fields = contract.input.schema.positions(&node.required("fields")?)?;
    let target = node.required("reference")?;
    target.only(&["fields", "resource"])?;
    let reference = find_reference(contract, &target, resources)?;
    let Some(table) = contract.references.get(reference) else { return Ok(()) };
    let names = target.required("fields")?;
    let reference_fields = table.schema.positions(&names)?;
    if fields.len() != reference_fields.len() {
        return Err(names.error(Problem::Lengths));
    }
    for (&left, &right) in fields.iter().zip(&reference_fields) {
        let (left, right) =
            (contract.input.schema.fields.get(left), table.schema.fields.get(right));
        if let (Some(left), Some(right)) = (left, right)
            && left.field_type.data_type() != right.field_type.data_type()
        {
            let (left, right) = (left.name.clone(), right.name.clone());
            return Err(names.error(Problem::Types { left, right }));
        }
    }
    contract.joins.push(Join {
        fields,
        reference,
        reference_fields,
        columns: Vec::new(),
        on_missing: OnMissing::Reject,
    });
    Ok(())
}

/// Position of the table that a foreign key names; reads the resource when it is first named.
fn find_reference(
    contract: &mut Contract,
    target: &Node<'_>,
    resources: &[Node<'_>],
) -> Result<usize, ContractError> {
    let name = target.text("resource")?;
    if let Some(at) = contract.references.iter().position(|table| table.name == name) {
        return Ok(at);
    }
    let found = resources
        .iter()
        .find(|node| node.text("name").is_ok_and(|other| other == name))
        .filter(|_| name != contract.input.name)
        .ok_or_else(|| target.error(Problem::NoResource(name.to_owned())))?;
    contract.references.push(resource(found, Role::Reference)?);
    Ok(contract.references.len() - 1)
}

/// What the lookup over the key `fields` adds to the join of that key.
fn add_lookup(
    contract: &mut Contract,
    node: &Node<'_>,
    fields: &[usize],
) -> Result<(), ContractError> {
    node.only(&["columns", "foreignKey", "onMissing"])?;
    let join = contract.joins.iter_mut().find(|join| join.fields == fields);
    let no_key = || node.required("foreignKey").map(|key| key.error(Problem::NoForeignKey));
    let Some(join) = join else { return Err(no_key()?) };
    let Some(table) = contract.references.get(join.reference) else { return Ok(()) };
    for (name, column) in node.get("columns")?.map_or(Ok(Vec::new()), |map| map.entries())? {
        let wanted = column.as_text()?;
        let field = table.schema.position(wanted);
        let field = field.ok_or_else(|| column.error(Problem::NoColumn(wanted.to_owned())))?;
        join.columns.push(LookupColumn { name: name.to_owned(), field });
    }
    if let Some(rule) = node.get("onMissing")? {
        join.on_missing = match rule.as_text()? {
            "reject" => OnMissing::Reject,
            "null" => OnMissing::Null,
            other => return Err(rule.error(Problem::Value(other.to_owned()))),
        };
    }
    Ok(())
}

fn add_computed(contract: &mut Contract, node: &Node<'_>) -> Result<(), ContractError> {
    node.only(&["expression", "name"])?;
    let text = node.required("expression")?;
    let expression = Expression::parse(text.as_text()?, &contract.columns())
        .map_err(|error| text.error(Problem::Expression(error)))?;
    contract.computed.push(Computed { name: node.text("name")?.to_owned(), expression });
    Ok(())
}

/// Delta tells names apart without regard to letter case.
fn check_published_names(contract: &Contract, input: &Node<'_>) -> Result<(), ContractError> {
    let mut seen = std::collections::BTreeSet::new();
    for column in contract.columns() {
        if !seen.insert(published_name(&column.name).to_lowercase()) {
            return Err(input.error(Problem::Taken(column.name)));
        }
    }
    Ok(())
}

fn add_aggregate(contract: &mut Contract, node: &Node<'_>) -> Result<(), ContractError> {
    node.only(&["groupBy", "measures", "name"])?;
    let columns = contract.columns();
    let group_node = node.required("groupBy")?;
    let group_by = group_node
        .items()?
        .iter()
        .map(|item| {
            position(item.as_text()?, &columns)
                .map_err(|error| item.error(Problem::Expression(error)))
        })
        .collect::<Result<Vec<_>, _>>()?;
    if let Some(item) =
        repeated(&group_by).and_then(|at| group_node.items().ok()?.into_iter().nth(at))
    {
        return Err(item.error(Problem::Taken(item.as_text()?.to_owned())));
    }
    let name = aggregate_name(contract, &node.required("name")?)?;
    let mut taken: Vec<&str> =
        group_by.iter().filter_map(|&at| columns.get(at)).map(|c| c.name.as_str()).collect();
    let mut measures = Vec::new();
    let measures_node = node.required("measures")?;
    for (name, text) in measures_node.entries()? {
        if taken.contains(&name) {
            return Err(text.error(Problem::Taken(name.to_owned())));
        }
        taken.push(name);
        let function = Function::parse(text.as_text()?, &columns)
            .map_err(|error| text.error(Problem::Expression(error)))?;
        measures.push(Measure { name: name.to_owned(), function });
    }
    if measures.is_empty() {
        return Err(measures_node.error(Problem::Empty));
    }
    contract.aggregates.push(Aggregate { name, group_by, measures });
    Ok(())
}

/// Position of the first item that stood there before.
fn repeated(items: &[usize]) -> Option<usize> {
    (0..items.len()).find(|&at| items.iter().take(at).any(|earlier| items.get(at) == Some(earlier)))
}

/// The name becomes part of a key, so it is held to what needs no encoding.
fn aggregate_name(contract: &Contract, node: &Node<'_>) -> Result<String, ContractError> {
    let name = node.as_text()?;
    let legal = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
    if name.is_empty() || !name.chars().all(legal) {
        return Err(node.error(Problem::Expected("letters, digits, `_` and `-`")));
    }
    if contract.aggregates.iter().any(|other| other.name == name) {
        return Err(node.error(Problem::Taken(name.to_owned())));
    }
    Ok(name.to_owned())
}
