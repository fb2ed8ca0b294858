//! What is the same for all chunks of an execution, and for many executions.

use std::sync::Arc;

use shared::contract::{Contract, Join, Resource};
use shared::job::{Digest, Job, Work, read_json};
use shared::message::Dropped;
use shared::reference::{Pinned, REFERENCE_MEMORY, ReferenceError, ReferenceTable, Wanted};
use shared::salt::{self, Hashers, SaltMarks, Salts};
use shared::store::Store;
use shared::warm::Warm;

use crate::enricher::{Enricher, Source};
use crate::error::EnrichError;
use crate::lookup::Lookup;

/// What a process keeps between chunks.
#[derive(Debug, Default)]
pub struct Kept {
    /// By the name of an execution: what its job says never changes once it has chunks.
    executions: Warm<String, Prepared>,
    /// Reference tables that several executions use.
    tables: Warm<TableUse, Vec<Lookup>>,
}

/// A version of a reference table, and the joins that are looked up there.
type TableUse = (Pinned, Resource, Vec<Join>);

/// The job of an execution and all that its chunks need: the contract, and reference tables with
/// their indexes.
#[derive(Debug)]
pub(crate) struct Prepared {
    pub(crate) file: Dropped,
    pub(crate) digest: Digest,
    pub(crate) enricher: Enricher,
}

impl Kept {
    /// What the chunks of an execution need.
    pub(crate) async fn prepared(
        &self,
        work: Work<'_>,
        store: &impl Store,
        salts: &Salts,
    ) -> Result<Arc<Prepared>, EnrichError> {
        let execution = work.execution.to_owned();
        // What reads tables is large, and would be a part of every future around it.
        self.executions.only(execution, Box::pin(self.prepare(work, store, salts))).await
    }

    async fn prepare(
        &self,
        work: Work<'_>,
        store: &impl Store,
        salts: &Salts,
    ) -> Result<Prepared, EnrichError> {
        let job: Job = read_json(store, work.job()).await?;
        let contract = job.contract()?;
        let hashers = hashers(&contract, &job.salts, salts)?;
        let lookups = self.lookups(&job, &contract, store).await?;
        let source = Source {
            key: job.file.key.clone(),
            version: job.file.version.clone(),
            event_time_ms: job.file.event_time_ms,
            execution: work.execution.to_owned(),
        };
        let enricher = Enricher::new(contract, lookups, source, hashers);
        Ok(Prepared { file: job.file, digest: job.digest, enricher })
    }

    /// The joins that are looked up, in the order of the contract: that the keys of others name a row
    /// was found before.
    async fn lookups(
        &self,
        job: &Job,
        contract: &Contract,
        store: &impl Store,
    ) -> Result<Vec<Lookup>, EnrichError> {
        let uses = table_uses(job, contract)?;
        self.tables.retain(|kept| uses.contains(kept));
        let mut lookups = Vec::new();
        // One table after the other, so that only one of them is held with its keys.
        for table in uses {
            let found = self.tables.get(table.clone(), read_lookups(&table, store)).await?;
            lookups.extend_from_slice(&found);
        }
        lookups.sort_by_key(Lookup::position);
        Ok(lookups)
    }
}

/// What hashes under the salts that the contract names, which are those that `Validate` found.
fn hashers(contract: &Contract, pinned: &SaltMarks, salts: &Salts) -> Result<Hashers, EnrichError> {
    let hashers = salts.hashers(contract.salts())?;
    if salt::marks(&hashers) == *pinned { Ok(hashers) } else { Err(EnrichError::SaltChanged) }
}

/// The tables that are looked up.
fn table_uses(job: &Job, contract: &Contract) -> Result<Vec<TableUse>, EnrichError> {
    let mut uses = Vec::new();
    for (at, resource) in contract.references.iter().enumerate() {
        let joins = contract.joins.iter();
        let joins = joins.filter(|join| join.reference == at && join.is_looked_up());
        let joins: Vec<Join> = joins.cloned().collect();
        if joins.is_empty() {
            continue;
        }
        let pinned = job.references.get(&resource.name);
        let pinned = pinned.ok_or_else(|| EnrichError::NoReference(resource.name.clone()))?;
        uses.push((pinned.clone(), resource.clone(), joins));
    }
    Ok(uses)
}

/// Reads a reference table and makes its indexes.
async fn read_lookups(
    (pinned, resource, joins): &TableUse,
    store: &impl Store,
) -> Result<Vec<Lookup>, EnrichError> {
    let wanted = Wanted::of(joins);
    // That all tables fit together was found before.
    let table = ReferenceTable::fetch(resource, &wanted, REFERENCE_MEMORY, pinned, store).await;
    table.and_then(|table| Lookup::all(joins, &table)).map_err(|source| {
        if let ReferenceError::Store(error) = source {
            return EnrichError::Store(error);
        }
        EnrichError::Reference { resource: resource.name.clone(), source: Box::new(source) }
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde_json::json;
    use shared::store::{Area, MemoryStore, Object};

    use super::*;

    /// A job with foreign keys into the tables `t0` and `t1`, of which it has those, and these lookups.
    fn job(lookups: &serde_json::Value, tables: &[&str]) -> Job {
        let key = |field, table| json!({ "fields": field, "reference": { "resource": table, "fields": "k" } });
        let table = |name| {
            let fields = json!([{ "name": "k" }, { "name": "v" }]);
            json!({ "name": name, "path": "t.csv", "schema": { "fields": fields } })
        };
        let input = json!({
            "name": "r", "path": "r.csv",
            "schema": {
                "fields": [{ "name": "a" }, { "name": "b" }, { "name": "c" }],
                "foreignKeys": [key("b", "t1"), key("a", "t0"), key("c", "t1")]
            },
            "sluice": { "enrich": { "lookups": lookups } }
        });
        let references: BTreeMap<&str, Pinned> =
            tables.iter().map(|&name| (name, pinned(name))).collect();
        serde_json::from_value(json!({
            "file": {
                "dataset": "d", "bucket": "b", "key": "d/f.csv", "version": null, "etag": "e",
                "byteLen": 0, "sequencer": null, "eventTimeMs": 0, "fileId": "f"
            },
            "descriptor": { "resources": [input, table("t0"), table("t1")] },
            "resource": null, "references": references, "byteLen": 0, "digest": { "sha256": "" },
            "chunkCount": 1, "recordCount": 0,
            "layout": { "lead": 0, "columns": [], "headerRows": [] },
            "isVerbatim": true, "preamble": ""
        }))
        .unwrap()
    }

    /// A version that is never read again to see whether it is still the same.
    fn pinned(name: &str) -> Pinned {
        let mut object = Object::reference(name);
        object.version = Some("1".to_owned());
        Pinned { object, etag: "e".to_owned() }
    }

    /// Reads the tables of a job from a store that has them.
    async fn read(job: &Job) -> Result<Vec<usize>, EnrichError> {
        let store = MemoryStore::new(1024);
        for name in job.references.keys() {
            store.put(Area::Reference, name, "k,v\n1,x\n");
        }
        let lookups = Kept::default().lookups(job, &job.contract()?, &store).await?;
        Ok(lookups.iter().map(Lookup::position).collect())
    }

    #[tokio::test]
    async fn only_tables_that_are_looked_up_are_read() {
        let lookup = |key, columns| json!({ "foreignKey": key, "columns": columns });
        let (b, c) = (lookup("b", json!({ "w": "v" })), lookup("c", json!({ "x": "v" })));
        for (lookups, expected) in [
            (json!([]), &[][..]),
            (json!([lookup("a", json!({}))]), &[]),
            (json!([{ "foreignKey": "b", "key": ["upper(b)"] }]), &[0]),
            (json!([b]), &[0]),
            (json!([c, b]), &[0, 2]),
        ] {
            assert_eq!(read(&job(&lookups, &["t1"])).await.unwrap(), expected, "{lookups}");
        }
    }

    #[tokio::test]
    async fn joins_of_several_tables_keep_their_order() {
        let lookup = |key, name: &str| json!({ "foreignKey": key, "columns": { name: "v" } });
        let lookups = json!([lookup("a", "x"), lookup("b", "y"), lookup("c", "z")]);
        assert_eq!(read(&job(&lookups, &["t0", "t1"])).await.unwrap(), [0, 1, 2]);
    }

    #[tokio::test]
    async fn a_table_that_columns_are_taken_from_must_be_there() {
        let lookups = json!([{ "foreignKey": "a", "columns": { "w": "v" } }]);
        let error = read(&job(&lookups, &["t1"])).await.unwrap_err();
        assert!(matches!(error, EnrichError::NoReference(name) if name == "t0"));
    }

    #[tokio::test]
    async fn a_table_is_kept_for_the_next_execution_until_it_changes() {
        let lookups = json!([{ "foreignKey": "a", "columns": { "w": "v" } }]);
        let (store, kept) = (MemoryStore::new(1024), Kept::default());
        let mut job = job(&lookups, &["t0"]);
        let value = async |job: &Job| {
            let lookups = kept.lookups(job, &job.contract().unwrap(), &store).await.unwrap();
            let key: arrow_array::ArrayRef = Arc::new(arrow_array::StringArray::from(vec!["1"]));
            let found = lookups[0].join(&[key]).unwrap();
            arrow_cast::display::array_value_to_string(&found.columns[0], 0).unwrap()
        };
        store.put(Area::Reference, "t0", "k,v\n1,x\n");
        assert_eq!(value(&job).await, "x");
        // What is kept is not read again, whatever lies there.
        store.put(Area::Reference, "t0", "k,v\n1,y\n");
        assert_eq!(value(&job).await, "x");
        job.references.get_mut("t0").unwrap().etag = "f".to_owned();
        assert_eq!(value(&job).await, "y");
    }

    #[test]
    fn all_chunks_hash_under_the_salts_that_the_job_names() {
        let contract = json!({ "resources": [{
            "name": "r", "path": "r.csv", "schema": { "fields": [{ "name": "a" }] },
            "sluice": { "enrich": { "columns": [{ "name": "b", "expression": "sha256(a, 'S')" }] } }
        }] });
        let contract = Contract::parse(contract.to_string().as_bytes(), None).unwrap();
        let salts = |name: &str, byte| -> Salts {
            [(name.to_owned(), vec![byte; 16])].into_iter().collect()
        };
        let pinned = salt::marks(&salts("S", 1).hashers(["S"]).unwrap());
        assert!(hashers(&contract, &pinned, &salts("S", 1)).is_ok());
        for (salts, expected) in [
            (salts("S", 2), "a salt is another than when the file was validated"),
            (salts("T", 1), "a salt is missing that was there when the file was validated"),
        ] {
            let error = hashers(&contract, &pinned, &salts).unwrap_err();
            assert_eq!(error.to_string(), expected);
        }
    }

    #[tokio::test]
    async fn texts_of_a_default_are_bounded_too() {
        let long = "x".repeat(100_000);
        let lookups = json!([{ "foreignKey": "a", "columns": { "w": "v" }, "onMissing": { "default": { "w": long } } }]);
        let store = MemoryStore::new(1024);
        store.put(Area::Reference, "t0", "k,v\n1,x\n");
        let job = job(&lookups, &["t0"]);
        let lookups =
            Kept::default().lookups(&job, &job.contract().unwrap(), &store).await.unwrap();
        let join = |count| {
            let keys = arrow_array::StringArray::from(vec!["no such key"; count]);
            let key: arrow_array::ArrayRef = Arc::new(keys);
            lookups[0].join(&[key])
        };
        assert!(matches!(join(700), Err(arrow_schema::ArrowError::MemoryError(_))));
        assert!(join(600).is_ok() && join(1).is_ok());
    }
}
