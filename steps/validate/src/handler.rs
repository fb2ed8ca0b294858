//! I/O around the pass: contract and file in, job and plan out.

use std::collections::BTreeMap;

use futures_util::{StreamExt, pin_mut};
use lambda_runtime::tracing::info;
use shared::contract::{Contract, DESCRIPTOR_LIMIT, Join, Resource};
use shared::job::{Job, Work, WorkError, input, write_json};
use shared::message::{Dropped, ValidateTask, Validated};
use shared::reference::{KeyIndex, REFERENCE_LIMIT, ReferenceError, ReferenceTable};
use shared::store::{Object, Store, StoreError, read_whole};

use crate::error::{ReferenceFault, ValidateError};
use crate::scan::{Scan, Scanned};
use crate::settings::Settings;

/// Plans one dropped file.
///
/// # Errors
/// [`ValidateError`]: a file or contract that is refused, or a store that fails.
pub async fn handle(
    task: ValidateTask,
    settings: &Settings,
    store: &impl Store,
) -> Result<Validated, ValidateError> {
    let (contract, descriptor) = read_contract(&task.file, settings, store).await?;
    let references = pin_references(&task.file.dataset, &contract, store).await?;
    let scanned = scan(&task.file, &contract, settings, store).await?;
    let work = Work { execution: &task.execution };
    let job = Job {
        file: task.file,
        descriptor,
        resource: settings.resource.clone(),
        references,
        byte_len: scanned.byte_len,
        sha256: scanned.sha256,
        chunk_count: scanned.chunks.len(),
        record_count: scanned.record_count,
    };
    write_json(store, work.plan(), &scanned.chunks).await?;
    write_json(store, work.job(), &job).await?;
    let (byte_len, record_count) = (job.byte_len, job.record_count);
    info!(execution = task.execution, byte_len, record_count, job.chunk_count, "planned");
    Ok(Validated {
        plan: work.plan(),
        chunk_count: job.chunk_count,
        record_count: job.record_count,
    })
}

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

async fn read_contract(
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
    let descriptor =
        serde_json::from_slice(&bytes).map_err(|source| WorkError::Json { key, source })?;
    Ok((contract, descriptor))
}

/// The versions of the reference tables as they are now, each read and found usable: a chunk that
/// stumbled over one could not say so.
async fn pin_references(
    dataset: &str,
    contract: &Contract,
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
        let joins = contract.joins.iter().filter(|join| join.reference == at);
        check_reference(resource, &bytes, joins).map_err(|error| refused(error.into()))?;
        references.insert(resource.name.clone(), object);
    }
    Ok(references)
}

fn check_reference<'a>(
    resource: &Resource,
    bytes: &[u8],
    joins: impl Iterator<Item = &'a Join>,
) -> Result<(), ReferenceError> {
    let table = ReferenceTable::read(resource, bytes)?;
    let keys = joins.map(|join| join.reference_fields.as_slice());
    let declared = Some(resource.primary_key.as_slice()).filter(|key| !key.is_empty());
    for key in keys.chain(declared) {
        KeyIndex::new(&table, key)?;
    }
    Ok(())
}

async fn scan(
    file: &Dropped,
    contract: &Contract,
    settings: &Settings,
    store: &impl Store,
) -> Result<Scanned, ValidateError> {
    let resource = &contract.input;
    let chunk_bytes = settings.chunk_bytes_for(file.byte_len);
    let mut scan = Scan::new(resource.dialect.clone(), &resource.schema, chunk_bytes);
    let object = input(file);
    let pieces = store.read(&object, None);
    pin_mut!(pieces);
    while let Some(piece) = pieces.next().await {
        match piece {
            Err(StoreError::NotFound { .. }) => return Err(ValidateError::Gone),
            piece => scan.push(&piece.map_err(ValidateError::Store)?)?,
        }
    }
    Ok(scan.finish()?)
}
