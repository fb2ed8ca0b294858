//! I/O around the enricher: a parsed chunk in, a part, rejects, partial aggregates and books out.

use std::collections::BTreeMap;
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
    let references = read_references(&job.references, &contract, store).await?;
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

/// The reference tables that rows take columns from, by their positions in the contract (0-based),
/// with no columns but these and the keys: that keys name a row was found before.
async fn read_references(
    versions: &BTreeMap<String, Object>,
    contract: &Contract,
    store: &impl Store,
) -> Result<BTreeMap<usize, ReferenceTable>, EnrichError> {
    let joins = contract.joins.iter().filter(|join| !join.columns.is_empty());
    let mut needed: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for join in joins {
        let fields = needed.entry(join.reference).or_default();
        fields.extend(&join.reference_fields);
        fields.extend(join.columns.iter().map(|lookup| lookup.field));
    }
    let mut tables = BTreeMap::new();
    for (at, resource) in contract.references.iter().enumerate() {
        let Some(fields) = needed.get(&at) else { continue };
        let object = versions.get(&resource.name);
        let object = object.ok_or_else(|| EnrichError::NoReference(resource.name.clone()))?;
        let bytes = read_whole(store, object, None, REFERENCE_LIMIT).await?;
        let table = ReferenceTable::read(resource, &bytes)
            .map_err(|source| EnrichError::Reference { resource: resource.name.clone(), source })?;
        tables.insert(at, table.keep(fields));
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
    references: &BTreeMap<usize, ReferenceTable>,
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

#[cfg(test)]
mod tests {
    use serde_json::json;
    use shared::store::{Area, MemoryStore};

    use super::*;

    /// A contract with foreign keys into the tables `t0` and `t1`, and those lookups.
    fn contract(lookups: &serde_json::Value) -> Contract {
        let key = |field, table| json!({ "fields": field, "reference": { "resource": table, "fields": "k" } });
        let table = |name| {
            let fields = json!([{ "name": "k" }, { "name": "v" }]);
            json!({ "name": name, "path": "t.csv", "schema": { "fields": fields } })
        };
        let input = json!({
            "name": "r", "path": "r.csv",
            "schema": {
                "fields": [{ "name": "a" }, { "name": "b" }, { "name": "c" }],
                "foreignKeys": [key("a", "t0"), key("b", "t1"), key("c", "t1")]
            },
            "sluice": { "enrich": { "lookups": lookups } }
        });
        let package = json!({ "resources": [input, table("t0"), table("t1")] });
        Contract::parse(package.to_string().as_bytes(), None).unwrap()
    }

    /// Reads the tables of a contract from a store that has `t1` alone.
    async fn read(contract: &Contract) -> Result<BTreeMap<usize, ReferenceTable>, EnrichError> {
        let store = MemoryStore::new(1024);
        store.put(Area::Reference, "t1.csv", "k,v\n1,x\n");
        let versions = BTreeMap::from([("t1".to_owned(), Object::reference("t1.csv"))]);
        read_references(&versions, contract, &store).await
    }

    #[tokio::test]
    async fn only_tables_that_columns_are_taken_from_are_read() {
        let lookup = |key, columns| json!({ "foreignKey": key, "columns": columns });
        for (lookups, expected) in [
            (json!([]), &[][..]),
            (json!([lookup("a", json!({}))]), &[]),
            (json!([lookup("b", json!({ "w": "v" }))]), &[1]),
            (json!([lookup("b", json!({ "w": "v" })), lookup("c", json!({ "x": "v" }))]), &[1]),
        ] {
            let contract = contract(&lookups);
            let tables = read(&contract).await.unwrap();
            assert!(tables.keys().eq(expected), "{lookups}");
        }
    }

    #[tokio::test]
    async fn a_table_that_columns_are_taken_from_must_be_there() {
        let lookups = json!([{ "foreignKey": "a", "columns": { "w": "v" } }]);
        let error = read(&contract(&lookups)).await.unwrap_err();
        assert!(matches!(error, EnrichError::NoReference(name) if name == "t0"));
    }
}
