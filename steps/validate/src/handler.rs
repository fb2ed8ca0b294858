//! I/O around the pass: contract and file in, job and plan out.

use std::collections::BTreeMap;

use bytes::Bytes;
use futures_util::{StreamExt, pin_mut};
use lambda_runtime::tracing::info;
use shared::contract::{Contract, DESCRIPTOR_LIMIT, Join, OnMissing, Resource, without_mark};
use shared::fault::Refused;
use shared::infer::{self, Inference};
use shared::job::{Job, Work, WorkError, input, write_json};
use shared::message::{Dropped, ValidateTask, Validated};
use shared::reference::{KeyIndex, REFERENCE_LIMIT, ReferenceError, ReferenceTable};
use shared::report;
use shared::store::{Object, Store, StoreError, read_whole};

use crate::error::{ReferenceFault, ValidateError};
use crate::scan::{Product, Scan, Scanned};
use crate::settings::Settings;

/// Bytes of a file that a contract is drafted from: 64 MiB.
const DRAFT_BYTES: u64 = 64 << 20;

/// Plans one dropped file.
///
/// # Errors
/// [`ValidateError`]: a file or contract that is refused, or a store that fails.
pub async fn handle(
    task: ValidateTask,
    settings: &Settings,
    store: &impl Store,
) -> Result<Validated, ValidateError> {
    let work = Work { execution: &task.execution };
    let planned = plan(&task.file, work, settings, store).await;
    if let Err(error) = &planned {
        record_refusal(error, &task.file, work, store).await?;
    }
    planned
}

/// Keeps for the report what the message of an error cannot say.
async fn record_refusal(
    error: &ValidateError,
    file: &Dropped,
    work: Work<'_>,
    store: &impl Store,
) -> Result<(), ValidateError> {
    let refused = match error {
        ValidateError::Refused(refusal) => Refused { faults: refusal.faults(), draft: None },
        ValidateError::NoContract { .. } => {
            Refused { faults: Vec::new(), draft: draft(file, work, store).await? }
        }
        ValidateError::ContractTooLarge
        | ValidateError::Contract(_)
        | ValidateError::DatasetName
        | ValidateError::Reference { .. }
        | ValidateError::Keys(_)
        | ValidateError::Gone
        | ValidateError::Store(_)
        | ValidateError::Work(_) => return Ok(()),
    };
    Ok(write_json(store, work.refused(), &refused).await?)
}

/// Drafts a contract from the start of the file, and gives its key; none if the file is gone or no
/// table at all.
async fn draft(
    file: &Dropped,
    work: Work<'_>,
    store: &impl Store,
) -> Result<Option<String>, ValidateError> {
    let mut inference = Inference::new(infer::Options {
        is_part: file.byte_len > DRAFT_BYTES,
        // What a few compressed bytes inflate to is bounded too.
        byte_limit: Some(DRAFT_BYTES),
        ..infer::Options::new(&file.dataset, format!("{}.csv", file.dataset))
    });
    let object = input(file);
    let pieces = store.read(&object, Some(0..DRAFT_BYTES.min(file.byte_len)));
    pin_mut!(pieces);
    while let Some(piece) = pieces.next().await {
        let piece = match piece {
            Err(StoreError::NotFound { .. }) => return Ok(None),
            piece => piece.map_err(ValidateError::Store)?,
        };
        if inference.push(&piece).is_err() {
            return Ok(None);
        }
    }
    let Ok(draft) = inference.finish() else { return Ok(None) };
    let key = report::draft_key(&file.dataset, work.execution);
    write_json(store, key.clone(), &draft).await?;
    Ok(Some(key))
}

async fn plan(
    file: &Dropped,
    work: Work<'_>,
    settings: &Settings,
    store: &impl Store,
) -> Result<Validated, ValidateError> {
    let (contract, descriptor) = read_contract(file, settings, store).await?;
    let references = pin_references(&file.dataset, &contract, work, store).await?;
    let scanned = scan(file, &contract, work, settings, store).await?;
    for (foreign_key, keys) in scanned.key_sets {
        write(store, &work.key_set(foreign_key), keys.into_bytes()).await?;
    }
    let job = Job {
        file: file.clone(),
        descriptor,
        resource: settings.resource.clone(),
        references,
        byte_len: scanned.byte_len,
        sha256: scanned.sha256,
        chunk_count: scanned.chunks.len(),
        record_count: scanned.record_count,
        layout: scanned.layout,
        is_verbatim: scanned.is_verbatim,
        preamble: scanned.preamble,
    };
    write_json(store, work.plan(), &scanned.chunks).await?;
    write_json(store, work.job(), &job).await?;
    let (byte_len, record_count) = (job.byte_len, job.record_count);
    info!(execution = work.execution, byte_len, record_count, job.chunk_count, "planned");
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
    let descriptor = serde_json::from_slice(without_mark(&bytes))
        .map_err(|source| WorkError::Json { key, source })?;
    Ok((contract, descriptor))
}

/// The versions of the reference tables as they are now, each read and found usable: a chunk that
/// stumbled over one could not say so.
async fn pin_references(
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
            write(store, &work.key_set(join.position), keys.into_bytes()).await?;
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

async fn scan(
    file: &Dropped,
    contract: &Contract,
    work: Work<'_>,
    settings: &Settings,
    store: &impl Store,
) -> Result<Scanned, ValidateError> {
    let mut scan = Scan::new(contract, settings.chunk_bytes_for(file.byte_len));
    let object = input(file);
    let pieces = store.read(&object, None);
    pin_mut!(pieces);
    while let Some(piece) = pieces.next().await {
        let piece = match piece {
            Err(StoreError::NotFound { .. }) => return Err(ValidateError::Gone),
            piece => piece.map_err(ValidateError::Store)?,
        };
        for piece in scan.pieces(&piece) {
            write_products(scan.push(piece)?, work, store).await?;
        }
    }
    let mut scanned = scan.finish()?;
    write_products(std::mem::take(&mut scanned.products), work, store).await?;
    Ok(scanned)
}

async fn write_products(
    products: Vec<Product>,
    work: Work<'_>,
    store: &impl Store,
) -> Result<(), ValidateError> {
    for product in products {
        match product {
            Product::Text(chunk, text) => write(store, &work.text(chunk), text).await?,
            Product::KeyFaults(chunk, log) => write(store, &work.key_faults(chunk), log).await?,
        }
    }
    Ok(())
}

async fn write(store: &impl Store, key: &str, body: Bytes) -> Result<(), ValidateError> {
    store.write(key, body).await.map_err(ValidateError::Store)
}
