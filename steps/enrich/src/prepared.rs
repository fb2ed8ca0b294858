//! What is the same for all chunks of an execution.

use std::collections::BTreeMap;

use shared::contract::{Contract, Join};
use shared::job::{Job, Work, read_json};
use shared::message::Dropped;
use shared::reference::{REFERENCE_LIMIT, ReferenceTable};
use shared::salt::{self, Hashers, SaltMarks, Salts};
use shared::store::{Object, Store, read_whole};

use crate::enricher::{Enricher, Source};
use crate::error::EnrichError;
use crate::lookup::Lookup;

/// The job of an execution and all that its chunks need: the contract, and reference tables with
/// their indexes.
#[derive(Debug)]
pub struct Prepared {
    pub(crate) file: Dropped,
    pub(crate) enricher: Enricher,
}

impl Prepared {
    pub(crate) async fn read(
        work: Work<'_>,
        store: &impl Store,
        salts: &Salts,
    ) -> Result<Self, EnrichError> {
        let job: Job = read_json(store, work.job()).await?;
        let contract = job.contract()?;
        let hashers = hashers(&contract, &job.salts, salts)?;
        let lookups = read_lookups(&job.references, &contract, store).await?;
        let source = Source {
            key: job.file.key.clone(),
            version: job.file.version.clone(),
            event_time_ms: job.file.event_time_ms,
            execution: work.execution.to_owned(),
        };
        let enricher = Enricher::new(contract, lookups, source, hashers);
        Ok(Prepared { file: job.file, enricher })
    }
}

/// What hashes under the salts that the contract names, which are those that `Validate` found.
fn hashers(contract: &Contract, pinned: &SaltMarks, salts: &Salts) -> Result<Hashers, EnrichError> {
    let hashers = salts.hashers(contract.salts())?;
    if salt::marks(&hashers) == *pinned { Ok(hashers) } else { Err(EnrichError::SaltChanged) }
}

/// The joins that add columns, in the order of the contract: that the keys of others name a row was
/// found before.
async fn read_lookups(
    versions: &BTreeMap<String, Object>,
    contract: &Contract,
    store: &impl Store,
) -> Result<Vec<Lookup>, EnrichError> {
    let mut lookups = Vec::new();
    // One table after the other, so that only one of them is held with all its columns.
    for (at, resource) in contract.references.iter().enumerate() {
        let joins = contract.joins.iter();
        let joins = joins.filter(|join| join.reference == at && !join.columns.is_empty());
        let joins: Vec<&Join> = joins.collect();
        if joins.is_empty() {
            continue;
        }
        let object = versions.get(&resource.name);
        let object = object.ok_or_else(|| EnrichError::NoReference(resource.name.clone()))?;
        let bytes = read_whole(store, object, None, REFERENCE_LIMIT).await?;
        let found = ReferenceTable::read(resource, &bytes)
            .and_then(|table| Lookup::all(joins, &table))
            .map_err(|source| EnrichError::Reference { resource: resource.name.clone(), source })?;
        lookups.extend(found);
    }
    lookups.sort_by_key(Lookup::position);
    Ok(lookups)
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
                "foreignKeys": [key("b", "t1"), key("a", "t0"), key("c", "t1")]
            },
            "sluice": { "enrich": { "lookups": lookups } }
        });
        let package = json!({ "resources": [input, table("t0"), table("t1")] });
        Contract::parse(package.to_string().as_bytes(), None).unwrap()
    }

    /// Reads the tables of a contract from a store that has those alone.
    async fn read(contract: &Contract, tables: &[&str]) -> Result<Vec<usize>, EnrichError> {
        let store = MemoryStore::new(1024);
        let mut versions = BTreeMap::new();
        for name in tables {
            store.put(Area::Reference, name, "k,v\n1,x\n");
            versions.insert((*name).to_owned(), Object::reference(*name));
        }
        let lookups = read_lookups(&versions, contract, &store).await?;
        Ok(lookups.iter().map(Lookup::position).collect())
    }

    #[tokio::test]
    async fn only_tables_that_columns_are_taken_from_are_read() {
        let lookup = |key, columns| json!({ "foreignKey": key, "columns": columns });
        let (b, c) = (lookup("b", json!({ "w": "v" })), lookup("c", json!({ "x": "v" })));
        for (lookups, expected) in [
            (json!([]), &[][..]),
            (json!([lookup("a", json!({}))]), &[]),
            (json!([b]), &[0]),
            (json!([c, b]), &[0, 2]),
        ] {
            let contract = contract(&lookups);
            assert_eq!(read(&contract, &["t1"]).await.unwrap(), expected, "{lookups}");
        }
    }

    #[tokio::test]
    async fn joins_of_several_tables_keep_their_order() {
        let lookup = |key, name: &str| json!({ "foreignKey": key, "columns": { name: "v" } });
        let contract = contract(&json!([lookup("a", "x"), lookup("b", "y"), lookup("c", "z")]));
        assert_eq!(read(&contract, &["t0", "t1"]).await.unwrap(), [0, 1, 2]);
    }

    #[tokio::test]
    async fn a_table_that_columns_are_taken_from_must_be_there() {
        let lookups = json!([{ "foreignKey": "a", "columns": { "w": "v" } }]);
        let error = read(&contract(&lookups), &["t1"]).await.unwrap_err();
        assert!(matches!(error, EnrichError::NoReference(name) if name == "t0"));
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
}
