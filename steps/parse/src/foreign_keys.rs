//! Foreign keys: whether the rows that they name exist.

use std::collections::BTreeMap;

use arrow_array::ArrayRef;
use arrow_cast::display::array_value_to_string;
use arrow_schema::ArrowError;
use shared::contract::Contract;
use shared::fault::{Fault, FaultLog, Kind, clipped};
use shared::keys::{KeyHasher, KeySet};
use shared::table::TypedRows;

use crate::key_texts::KeyTexts;

/// The foreign keys of a contract whose rows must exist.
#[derive(Debug, Default)]
pub struct ForeignKeys {
    keys: Vec<ForeignKey>,
}

#[derive(Debug)]
struct ForeignKey {
    /// Position in the schema.
    position: u32,
    fields: Vec<usize>,
    hasher: KeyHasher,
    known: KeySet,
}

impl ForeignKeys {
    /// Positions in the schema (0-based) and fields of the foreign keys whose rows must exist.
    pub fn needed(contract: &Contract) -> BTreeMap<usize, &[usize]> {
        let joins = contract.joins.iter().filter(|join| join.is_checked());
        let joins = joins.map(|join| (join.position, join.fields.as_slice()));
        let own = contract.self_references.iter();
        joins.chain(own.map(|own| (own.position, own.fields.as_slice()))).collect()
    }

    /// The foreign keys of `contract` with the keys that each may name, by its position.
    ///
    /// # Errors
    /// A field of a type without an order; none of ours.
    pub fn new(
        contract: &Contract,
        mut known: BTreeMap<usize, KeySet>,
    ) -> Result<Self, ArrowError> {
        let mut keys = Vec::new();
        for (position, fields) in Self::needed(contract) {
            let Some(known) = known.remove(&position) else { continue };
            keys.push(ForeignKey {
                position: u32::try_from(position).unwrap_or(u32::MAX),
                fields: fields.to_vec(),
                hasher: KeyHasher::new(&contract.input.schema, fields)?,
                known,
            });
        }
        Ok(ForeignKeys { keys })
    }

    /// The fields that point, by their positions in the schema (0-based).
    pub(crate) fn fields(&self) -> impl Iterator<Item = usize> {
        self.keys.iter().flat_map(|key| key.fields.iter().copied())
    }

    /// Masks the rows that name what does not exist, and tells so. A key with a null names nothing.
    pub(crate) fn check(
        &self,
        rows: &mut TypedRows,
        texts: &KeyTexts,
        faults: &mut FaultLog,
    ) -> Result<(), ArrowError> {
        let mut missing = Vec::new();
        for key in &self.keys {
            let hashes = key.hasher.hashes(&rows.columns)?.into_iter().enumerate();
            let unknown = hashes.filter(|(_, hash)| hash.is_some_and(|h| !key.known.contains(&h)));
            missing.extend(unknown.map(|(row, _)| (row, key)));
        }
        missing.sort_by_key(|&(row, key)| (row, key.position));
        for (row, key) in missing {
            let Some(position) = rows.positions.get(row) else { continue };
            let text = key.text(&rows.columns, texts, row)?;
            faults.push(&Fault {
                row_number: position.row_number,
                line_number: position.line_number,
                kind: Kind::ForeignKey { foreign_key: key.position },
                found: clipped(text.as_bytes()),
            });
            if let Some(accepted) = rows.accepted.get_mut(row) {
                *accepted = false;
            }
        }
        Ok(())
    }
}

impl ForeignKey {
    /// The cells of a row, as they stand in the file.
    fn text(
        &self,
        columns: &[ArrayRef],
        texts: &KeyTexts,
        row: usize,
    ) -> Result<String, ArrowError> {
        let cells = self.fields.iter().filter_map(|&at| {
            let value = || Some(array_value_to_string(columns.get(at)?, row));
            texts.get(at, row).map_or_else(value, |text| Some(Ok(text.to_owned())))
        });
        Ok(cells.collect::<Result<Vec<_>, _>>()?.join(","))
    }
}
