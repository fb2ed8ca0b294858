//! The columns of the table.

use arrow_schema::{DataType, Field as ArrowField};

use super::Contract;
use super::computed::Computed;
use super::field::Field;
use super::lineage::{LineageColumn, Origin};
use super::policy::Drift;
use super::resource::Resource;

/// The column of the published table that keeps the cells of new columns: a JSON object of their
/// texts by label, null where a row has none.
pub const EXTRA_COLUMNS: &str = "extra_columns";

/// A column of the table, published or dropped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    /// Its name in the contract.
    pub name: String,
    /// Its type in memory and in Parquet.
    pub data_type: DataType,
    /// Whether it may hold nulls.
    pub nullable: bool,
    /// What the contract says of it.
    pub description: Option<String>,
}

impl Column {
    /// The column as arrow describes it, under a name that Parquet and Delta readers accept.
    pub fn to_arrow(&self) -> ArrowField {
        let field =
            ArrowField::new(published_name(&self.name), self.data_type.clone(), self.nullable);
        match &self.description {
            Some(text) => field.with_metadata([("comment".to_owned(), text.clone())]),
            None => field,
        }
    }
}

/// See [`Contract::columns`].
pub(super) fn columns(contract: &Contract) -> Vec<Column> {
    let mut columns = table_columns(contract);
    if contract.drift == Drift::Extend {
        columns.push(Column {
            name: EXTRA_COLUMNS.to_owned(),
            data_type: DataType::Utf8,
            nullable: true,
            description: Some("Columns of the file that are not in the contract, as JSON".into()),
        });
    }
    columns
}

/// The columns that are read from a file.
pub(super) fn field_columns(input: &Resource) -> Vec<Column> {
    let fields = input.schema.fields.iter().enumerate();
    let columns = fields.map(|(at, field)| Column {
        nullable: !field.constraints.required && !input.schema.is_primary(at),
        ..column(&field.name, field)
    });
    columns.collect()
}

/// The columns that have a name in the contract.
pub(super) fn table_columns(contract: &Contract) -> Vec<Column> {
    let Contract { input, references, joins, computed, lineage, .. } = contract;
    let mut columns = field_columns(input);
    for join in joins {
        let fields = references.get(join.reference).map_or(&[][..], |table| &table.schema.fields);
        let looked_up = join.columns.iter();
        columns.extend(
            looked_up.filter_map(|lookup| Some(column(&lookup.name, fields.get(lookup.field)?))),
        );
    }
    for Computed { name, expression } in computed {
        let data_type = expression.data_type.clone();
        columns.push(Column { name: name.clone(), data_type, nullable: true, description: None });
    }
    for LineageColumn { name, origin } in lineage {
        let nullable = *origin == Origin::Version;
        let (name, data_type) = (name.clone(), origin.data_type());
        columns.push(Column { name, data_type, nullable, description: None });
    }
    columns
}

/// A column of that name, with the values of a field or null.
fn column(name: &str, field: &Field) -> Column {
    Column {
        name: name.to_owned(),
        data_type: field.field_type.data_type(),
        nullable: true,
        description: field.description.clone(),
    }
}

/// Delta tables allow no space and none of `,;{}()=` in a name: each becomes `_`.
pub(crate) fn published_name(name: &str) -> String {
    name.chars().map(|c| if c.is_whitespace() || ",;{}()=".contains(c) { '_' } else { c }).collect()
}
