//! I/O around the enricher: a parsed chunk in, a part, rejects, partial aggregates and books out.

use std::io::Cursor;

use arrow_ipc::reader::FileReader;
use bytes::Bytes;
use lambda_runtime::tracing::info;
use shared::contract::Contract;
use shared::fault::FaultLog;
use shared::group::GroupBy;
use shared::job::{
    Enriched, Job, Parsed, Part, Work, part_path, read_json, table_prefix, write_json,
};
use shared::message::{ChunkTask, Counts, Done};
use shared::reference::{REFERENCE_LIMIT, ReferenceTable};
use shared::store::{Object, Store, read_whole};

use crate::enricher::{EnrichedBatch, Enricher};
use crate::error::EnrichError;
use crate::part::PartWriter;

/// Bytes that the parsed rows of a chunk may have in memory.
const ROWS_LIMIT: u64 = 4 << 30;

/// Enriches one chunk.
///
/// # Errors
/// [`EnrichError`], never for what the rows hold.
pub async fn handle(task: ChunkTask, store: &impl Store) -> Result<Done, EnrichError> {
    let index = task.chunk.index;
    let work = Work { execution: &task.execution };
    let job: Job = read_json(store, work.job()).await?;
    let contract = job.contract()?;
    let references = read_references(&job, &contract, store).await?;
    let parsed: Parsed = read_json(store, work.parsed(index)).await?;
    let rows =
        read_whole(store, &Object::output(work.parsed_rows(index)), None, ROWS_LIMIT).await?;

    let output = enrich_rows(&contract, &references, rows)?;
    let part = match output.part {
        None => None,
        Some((bytes, stats)) => {
            let path = part_path(&job.file, &task.execution, index);
            let byte_len = bytes.len() as u64;
            let key = format!("{}/{path}", table_prefix(&job.file.dataset));
            store.write(&key, bytes).await?;
            Some(Part { path, byte_len, stats })
        }
    };
    for (aggregate, partial) in contract.aggregates.iter().zip(output.partials) {
        store.write(&work.partial(index, &aggregate.name), partial.into()).await?;
    }
    if !output.faults.is_empty() {
        store.write(&work.enrich_faults(index), output.faults.into_bytes().into()).await?;
    }
    let accepted_count = part.as_ref().map_or(0, |part| part.stats.record_count);
    let (read_count, rejected_count) = (parsed.counts.accepted_count, output.rejected_count);
    info!(task.execution, index, read_count, accepted_count, rejected_count, "enriched");
    let counts = Counts { read_count, accepted_count, rejected_count };
    write_json(store, work.enriched(index), &Enriched { counts, part }).await?;
    Ok(Done {})
}

async fn read_references(
    job: &Job,
    contract: &Contract,
    store: &impl Store,
) -> Result<Vec<ReferenceTable>, EnrichError> {
    let mut tables = Vec::new();
    for resource in &contract.references {
        let object = job.references.get(&resource.name);
        let object = object.ok_or_else(|| EnrichError::NoReference(resource.name.clone()))?;
        let bytes = read_whole(store, object, None, REFERENCE_LIMIT).await?;
        let table = ReferenceTable::read(resource, &bytes)
            .map_err(|source| EnrichError::Reference { resource: resource.name.clone(), source })?;
        tables.push(table);
    }
    Ok(tables)
}

/// All that a chunk leaves behind.
struct Output {
    part: Option<(Bytes, shared::stats::Stats)>,
    faults: FaultLog,
    rejected_count: u64,
    /// One for each aggregate of the contract.
    partials: Vec<Vec<u8>>,
}

fn enrich_rows(
    contract: &Contract,
    references: &[ReferenceTable],
    rows: Bytes,
) -> Result<Output, EnrichError> {
    let enricher = Enricher::new(contract, references)?;
    let columns = contract.columns();
    let mut groups = contract
        .aggregates
        .iter()
        .map(|aggregate| GroupBy::new(aggregate, &columns))
        .collect::<Result<Vec<_>, _>>()?;
    let mut part = PartWriter::new(enricher.schema())?;
    let mut log = FaultLog::default();
    let mut rejected_count = 0;
    for batch in FileReader::try_new(Cursor::new(rows), None)? {
        let batch = batch?;
        let EnrichedBatch { rows, faults } = enricher.enrich(&batch)?;
        rejected_count += (batch.num_rows() - rows.num_rows()) as u64;
        for group in &mut groups {
            group.push(rows.columns(), rows.num_rows())?;
        }
        part.write(&rows)?;
        for fault in &faults {
            log.push(fault);
        }
    }
    let partials = groups.iter().map(GroupBy::to_partial).collect::<Result<_, _>>()?;
    Ok(Output { part: part.finish()?, faults: log, rejected_count, partials })
}
