//! What is asked, and who answers: contract and file in, job and plan out.

use lambda_runtime::tracing::info;
use shared::contract::Contract;
use shared::fault::Refused;
use shared::job::{Digest, Job, Work, find_json, write_json};
use shared::message::{Divided, Done, Dropped, FileRange, ValidateAnswer, ValidateTask, Validated};
use shared::store::Store;

use crate::contract::{VerifiedTables, pin_references, pin_salts, read_contract};
use crate::draft::draft;
use crate::error::ValidateError;
use crate::manifest::find_manifest;
use crate::pass::scan;
use crate::scan::Scanned;
use crate::settings::Settings;
use crate::survey::{combine, divide, survey};

/// Divides, surveys or plans one dropped file. `tables` is kept by the process.
///
/// # Errors
/// [`ValidateError`]: a file or contract that is refused, or a store that fails.
pub async fn handle(
    task: ValidateTask,
    settings: &Settings,
    tables: &VerifiedTables,
    store: &impl Store,
) -> Result<ValidateAnswer, ValidateError> {
    let (execution, file) = match task {
        ValidateTask::Survey { execution, file, form, range } => {
            let work = Work { execution: &execution };
            survey(&file, form, range, work, store).await?;
            return Ok(ValidateAnswer::Surveyed(Done {}));
        }
        ValidateTask::Divide { execution, file } => {
            let work = Work { execution: &execution };
            let divided = cut(&file, work, settings, store).await;
            record_refusal(&divided, &file, work, store).await?;
            return divided.map(ValidateAnswer::Divided);
        }
        ValidateTask::Plan { execution, file } => (execution, file),
    };
    let work = Work { execution: &execution };
    let planned = plan(&file, work, settings, tables, store).await;
    record_refusal(&planned, &file, work, store).await?;
    planned.map(ValidateAnswer::Planned)
}

/// Keeps for the report what the message of an error cannot say.
async fn record_refusal<T>(
    answer: &Result<T, ValidateError>,
    file: &Dropped,
    work: Work<'_>,
    store: &impl Store,
) -> Result<(), ValidateError> {
    let Err(error) = answer else { return Ok(()) };
    let refused = match error {
        ValidateError::Refused(refusal) => Refused { faults: refusal.faults(), draft: None },
        ValidateError::NoContract { .. } => {
            Refused { faults: Vec::new(), draft: draft(file, work, store).await? }
        }
        ValidateError::ContractTooLarge
        | ValidateError::Contract(_)
        | ValidateError::ContractChanged
        | ValidateError::Salt(_)
        | ValidateError::DatasetName
        | ValidateError::Reference { .. }
        | ValidateError::Keys(_)
        | ValidateError::Gone
        | ValidateError::Short
        | ValidateError::ManifestChanged
        | ValidateError::Store(_)
        | ValidateError::Work(_) => return Ok(()),
    };
    Ok(write_json(store, work.refused(), &refused).await?)
}

async fn cut(
    file: &Dropped,
    work: Work<'_>,
    settings: &Settings,
    store: &impl Store,
) -> Result<Divided, ValidateError> {
    let (contract, _) = read_contract(file, settings, store).await?;
    // What must be refused is refused before many read the file.
    pin_salts(&contract, settings)?;
    let manifest = find_manifest(file, &contract, store).await?;
    divide(file, &contract, manifest.as_ref(), work, settings, store).await
}

async fn plan(
    file: &Dropped,
    work: Work<'_>,
    settings: &Settings,
    tables: &VerifiedTables,
    store: &impl Store,
) -> Result<Validated, ValidateError> {
    let (contract, descriptor) = read_contract(file, settings, store).await?;
    let salts = pin_salts(&contract, settings)?;
    let references = pin_references(&file.dataset, &contract, work, tables, store).await?;
    let manifest = find_manifest(file, &contract, store).await?;
    let (scanned, digest) = read(file, &contract, work, settings, store).await?;
    let totals = scanned.check(file, &contract, digest.sha256(), manifest.as_ref())?;
    let job = Job {
        file: file.clone(),
        descriptor,
        resource: settings.resource.clone(),
        references,
        salts,
        byte_len: scanned.byte_len,
        digest,
        chunk_count: scanned.chunks.len(),
        record_count: scanned.record_count,
        totals,
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

/// Reads the file, or what others have found in its ranges.
async fn read(
    file: &Dropped,
    contract: &Contract,
    work: Work<'_>,
    settings: &Settings,
    store: &impl Store,
) -> Result<(Scanned, Digest), ValidateError> {
    let ranges: Option<Vec<FileRange>> = find_json(store, work.ranges()).await?;
    if let Some(ranges) = ranges {
        return combine(file, contract, ranges, work, settings, store).await;
    }
    let (scanned, sha256) = scan(file, contract, work, settings, store).await?;
    Ok((scanned, Digest::Sha256(sha256)))
}
