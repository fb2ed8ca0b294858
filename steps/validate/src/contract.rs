//! I/O around the contract: the descriptor and its reference tables.

use std::collections::BTreeMap;

use bytes::Bytes;
use shared::contract::{Contract, DESCRIPTOR_LIMIT, Join, OnMissing, Resource, without_mark};
use shared::job::{Work, WorkError};
use shared::message::Dropped;
use shared::reference::{KeyIndex, REFERENCE_LIMIT, ReferenceError, ReferenceTable};
use shared::salt::{self, SaltMarks};
use shared::store::{Object, Store, StoreError, read_whole};

use crate::error::{ReferenceFault, ValidateError};
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

/// The versions of the reference tables as they are now, each read and found usable: a chunk that
/// stumbled over one could not say so.
pub(crate) async fn pin_references(
    dataset: &str,
    contract: &Contract,
    work: Work<'_>,
    store: &impl Store,
) -> Result<BTreeMap<String, Object>, ValidateError> {
    let mut references = BTreeMap::new();
    for (at, resource) in contract.references.iter().enumerate() {
        let key = format!("{}/{}", contract_folder(dataset), resource.path);
        let refused = |source| ValidateError::Reference {
            resource: resource.name.clone(),
            key: key.clone(),
            source,
        };
        let mut object = Object::reference(&key);
        object.version = match store.head(&object).await {
            Err(StoreError::NotFound { .. }) => return Err(refused(ReferenceFault::Missing)),
            found => found.map_err(ValidateError::Store)?.version,
        };
        let bytes = match read_whole(store, &object, None, REFERENCE_LIMIT).await {
            Err(StoreError::TooLarge { .. }) => return Err(refused(ReferenceFault::TooLarge)),
            Err(StoreError::NotFound { .. }) => return Err(refused(ReferenceFault::Missing)),
            found => found.map_err(ValidateError::Store)?,
        };
        let joins: Vec<&Join> = contract.joins.iter().filter(|join| join.reference == at).collect();
        let table = check_reference(resource, &bytes, &joins);
        let table = table.map_err(|error| refused(error.into()))?;
        for join in joins.iter().filter(|join| join.on_missing == OnMissing::Reject) {
            let keys = table.key_set(resource, &join.reference_fields);
            let keys = keys.map_err(|error| refused(error.into()))?;
            let keys: Bytes = keys.into_bytes();
            store.write(&work.key_set(join.position), keys).await.map_err(ValidateError::Store)?;
        }
        references.insert(resource.name.clone(), object);
    }
    Ok(references)
}

/// Reads a reference table, whose keys must tell its rows apart where a row is looked up by them.
fn check_reference(
    resource: &Resource,
    bytes: &[u8],
    joins: &[&Join],
) -> Result<ReferenceTable, ReferenceError> {
    let table = ReferenceTable::read(resource, bytes)?;
    let looked_up = joins.iter().filter(|join| !join.columns.is_empty());
    let keys = looked_up.map(|join| join.reference_fields.as_slice());
    let declared = resource.schema.keys.iter().map(|key| key.fields.as_slice());
    for key in keys.chain(declared) {
        KeyIndex::new(&table, key)?;
    }
    Ok(table)
}
