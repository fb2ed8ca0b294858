//! I/O around the contract: the descriptor and its reference tables.

use std::collections::BTreeMap;

use bytes::Bytes;
use shared::contract::{Contract, DESCRIPTOR_LIMIT, Join, Resource, without_mark};
use shared::job::{Work, WorkError};
use shared::message::Dropped;
use shared::reference::{
    KeyIndex, Pinned, REFERENCE_MEMORY, ReferenceError, ReferenceTable, Wanted,
};
use shared::salt::{self, SaltMarks};
use shared::store::{Object, Store, StoreError, read_whole};
use shared::warm::Warm;

use crate::error::ValidateError;
use crate::settings::Settings;

fn contract_folder(dataset: &str) -> String {
    format!("contracts/{dataset}")
}

/// The name of a dataset is part of every key, and of the path of its table.
fn check_dataset(name: &str) -> Result<(), ValidateError> {
    let legal = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
    if name.starts_with('.') || name.is_empty() || !name.chars().all(legal) {
        return Err(ValidateError::DatasetName);
    }
    Ok(())
}

/// The contract of the file's dataset as it is now, and its descriptor.
pub(crate) async fn read_contract(
    file: &Dropped,
    settings: &Settings,
    store: &impl Store,
) -> Result<(Contract, serde_json::Value), ValidateError> {
    check_dataset(&file.dataset)?;
    let key = format!("{}/datapackage.json", contract_folder(&file.dataset));
    let object = Object::reference(&key);
    let bytes = match read_whole(store, &object, None, DESCRIPTOR_LIMIT).await {
        Err(StoreError::NotFound { .. }) => return Err(ValidateError::NoContract { key }),
        Err(StoreError::TooLarge { .. }) => return Err(ValidateError::ContractTooLarge),
        found => found.map_err(ValidateError::Store)?,
    };
    let contract = Contract::parse(&bytes, settings.resource.as_deref())?;
    let descriptor = serde_json::from_slice(without_mark(&bytes))
        .map_err(|source| WorkError::Json { key, source })?;
    Ok((contract, descriptor))
}

/// The marks of the salts that the contract names, all of them there: a chunk that missed one could
/// not say so.
pub(crate) fn pin_salts(
    contract: &Contract,
    settings: &Settings,
) -> Result<SaltMarks, ValidateError> {
    Ok(salt::marks(&settings.salts.hashers(contract.salts())?))
}

/// What is known of a version of a reference table that was found usable.
#[derive(Debug)]
pub struct Verified {
    /// Bytes of memory that it takes.
    byte_len: u64,
    /// The keys that must exist, by the position of the foreign key.
    key_sets: Vec<(usize, Bytes)>,
}

/// A version of a reference table, and all that it is used for.
pub(crate) type TableUse = (Pinned, Resource, Vec<Join>);

/// The reference tables that were found usable, kept by the process.
pub type VerifiedTables = Warm<TableUse, Verified>;

/// The versions of the reference tables as they are now, each read and found usable: a chunk that
/// stumbled over one could not say so.
pub(crate) async fn pin_references(
    dataset: &str,
    contract: &Contract,
    work: Work<'_>,
    warm: &VerifiedTables,
    store: &impl Store,
) -> Result<BTreeMap<String, Pinned>, ValidateError> {
    let mut uses = Vec::new();
    for (at, resource) in contract.references.iter().enumerate() {
        let joins = contract.joins.iter().filter(|join| join.reference == at);
        uses.push((
            pin(dataset, resource, store).await?,
            resource.clone(),
            joins.cloned().collect(),
        ));
    }
    warm.retain(|verified| uses.contains(verified));
    let mut references = BTreeMap::new();
    let mut room = REFERENCE_MEMORY;
    for table_use in uses {
        let (pinned, resource, _) = table_use.clone();
        // What reads a table is large, and would be a part of every future around it.
        let verify = Box::pin(verify(&table_use, store));
        let table = warm.get(table_use.clone(), verify).await;
        let table = table.map_err(|source| refused(&resource, &pinned.object.key, source))?;
        room = room
            .checked_sub(table.byte_len)
            .ok_or_else(|| refused(&resource, &pinned.object.key, ReferenceError::TooLarge))?;
        for (foreign_key, keys) in &table.key_sets {
            let written = store.write(&work.key_set(*foreign_key), keys.clone()).await;
            written.map_err(ValidateError::Store)?;
        }
        references.insert(resource.name, pinned);
    }
    Ok(references)
}

/// The version of a reference table that there is now.
async fn pin(
    dataset: &str,
    resource: &Resource,
    store: &impl Store,
) -> Result<Pinned, ValidateError> {
    let key = format!("{}/{}", contract_folder(dataset), resource.path);
    let mut object = Object::reference(&key);
    let head = store.head(&object).await.map_err(|error| refused(resource, &key, error.into()))?;
    object.version = head.version;
    Ok(Pinned { object, etag: head.etag })
}

fn refused(resource: &Resource, key: &str, source: ReferenceError) -> ValidateError {
    if let ReferenceError::Store(error) = source {
        return ValidateError::Store(error);
    }
    let (resource, key) = (resource.name.clone(), key.to_owned());
    ValidateError::Reference { resource, key, source: Box::new(source) }
}

/// Reads a reference table, whose keys must tell its rows apart where a row is looked up by them.
async fn verify(table_use: &TableUse, store: &impl Store) -> Result<Verified, ReferenceError> {
    let (pinned, resource, joins) = table_use;
    let mut wanted = Wanted::of(joins);
    let declared = resource.schema.keys.iter().map(|key| key.fields.as_slice());
    declared.clone().for_each(|key| wanted.add_key(key));
    let table = ReferenceTable::fetch(resource, &wanted, REFERENCE_MEMORY, pinned, store).await?;
    let joined = joins.iter().map(|join| join.reference_fields.as_slice());
    for key in joined.chain(declared) {
        KeyIndex::new(&table, key)?;
    }
    let checked = joins.iter().filter(|join| join.is_checked());
    let key_sets = checked.map(|join| {
        let keys = table.key_set(resource, &join.reference_fields)?;
        Ok((join.position, keys.into_bytes()))
    });
    let key_sets = key_sets.collect::<Result<_, ReferenceError>>()?;
    Ok(Verified { byte_len: table.byte_len, key_sets })
}
