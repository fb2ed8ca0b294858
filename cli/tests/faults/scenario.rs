//! The files: small, and between them through every state and every kind of object.

use bytes::Bytes;
use object_store::memory::InMemory;
use serde_json::{Value, json};
use shared::message::Dropped;
use shared::store::Area;
use validate::{KeyLimits, Settings};

use super::world::{Again, Start, run};

/// A road that a file takes.
#[derive(Debug)]
pub(crate) struct Scenario {
    pub(crate) title: &'static str,
    /// What it has that those before it have not.
    pub(crate) what: &'static str,
    pub(crate) start: Start,
}

const FILE: &str = "orders/2026-11.csv";

/// Identity of that file.
pub(crate) const FILE_ID: &str = "0123456789abcdef0123456789abcdef";

/// Bytes of a chunk: of every file there are several.
const CHUNK_BYTES: u64 = 330;

const PASS: &str = "1000000000";

const PRODUCTS: &str =
    "id,name,price\nhat,Hut,9.50\nbag,Tasche,19.99\nclock,Uhr,120.00\ncup,Tasse,4.25\n";

/// Orders with all that has objects of its own: keys, foreign keys, lookups, aggregates.
fn contract() -> Value {
    let price = json!({ "precision": 9, "scale": 2 });
    json!({ "resources": [
        {
            "name": "orders", "path": "orders.csv", "encoding": "utf-8",
            "schema": {
                "fields": [
                    { "name": "id", "type": "integer" },
                    { "name": "before", "type": "integer" },
                    { "name": "product" },
                    { "name": "quantity", "type": "integer", "constraints": { "minimum": 1 } },
                    { "name": "note" }
                ],
                "primaryKey": "id",
                "foreignKeys": [
                    { "fields": "product", "reference": { "resource": "products", "fields": "id" } },
                    { "fields": "before", "reference": { "fields": "id" } }
                ]
            },
            "sluice": {
                "tolerance": { "rejectedFraction": 0.8 },
                "enrich": {
                    "lookups": [{
                        "foreignKey": ["product"], "columns": { "name": "name", "price": "price" }
                    }],
                    "columns": [
                        { "name": "amount", "expression": "quantity * price" },
                        { "name": "share", "expression": "100 / (quantity - 13)" }
                    ],
                    "lineage": { "source_row": "rowNumber", "execution": "execution" }
                },
                "aggregates": [{
                    "name": "by_product", "groupBy": ["name"],
                    "measures": { "orders": "count(*)", "amount": "sum(amount)" }
                }]
            }
        },
        {
            "name": "products", "path": "products.csv",
            "schema": { "fields": [
                { "name": "id" }, { "name": "name" },
                { "name": "price", "type": "number", "decimal": price }
            ] }
        }
    ] })
}

/// Orders, of which some have a quantity that is no number, an unknown product, the number of an
/// earlier one, none before them, or a share that cannot be computed.
fn orders(count: u64, note: &str) -> String {
    let products = ["hat", "bag", "clock", "cup"];
    let order = |(id, product): (u64, &&str)| {
        let (mut id, mut before, mut product) = (id, id / 2 + 1, *product);
        let mut quantity = (id % 7 + 1).to_string();
        match id % 11 {
            3 => "many".clone_into(&mut quantity),
            5 => product = "moon",
            7 => id -= 1,
            8 => before = 1000,
            9 => "13".clone_into(&mut quantity),
            _ => {}
        }
        format!("{id},{before},{product},{quantity},\"{note}\n{id}\"\n")
    };
    let orders = (1..=count).zip(products.iter().cycle()).map(order);
    std::iter::once("id,before,product,quantity,note\n".to_owned()).chain(orders).collect()
}

fn dropped(byte_len: usize, event_time_ms: i64) -> Dropped {
    Dropped {
        dataset: "orders".to_owned(),
        bucket: "input".to_owned(),
        key: FILE.to_owned(),
        version: None,
        etag: "tag".to_owned(),
        byte_len: byte_len as u64,
        sequencer: None,
        event_time_ms,
        file_id: FILE_ID.to_owned(),
        attempt: 0,
    }
}

fn start(contract: Option<&Value>, file: &[u8], survey_bytes: &'static str) -> Start {
    let mut objects = vec![
        (Area::Input, FILE.to_owned(), Bytes::copy_from_slice(file)),
        (Area::Reference, "contracts/orders/products.csv".to_owned(), PRODUCTS.into()),
    ];
    if let Some(contract) = contract {
        let key = "contracts/orders/datapackage.json".to_owned();
        objects.push((Area::Reference, key, contract.to_string().into()));
    }
    // So few bytes that keys are sorted in runs.
    let keys = KeyLimits { sort_bytes: 512, ..KeyLimits::default() };
    let settings = Settings { keys, ..Settings::new(CHUNK_BYTES) };
    Start {
        objects,
        table: InMemory::new(),
        settings,
        survey_bytes,
        file: dropped(file.len(), 1_700_000_000_000),
    }
}

/// A first file, read in one pass.
fn published() -> Start {
    start(Some(&contract()), orders(40, "ok").as_bytes(), PASS)
}

/// The same file dropped again, surveyed in ranges: its rows replace those of the earlier drop.
async fn surveyed() -> Start {
    let mut contract = contract();
    let schema = contract["resources"][0]["schema"].as_object_mut().unwrap();
    schema.remove("primaryKey");
    schema["foreignKeys"].as_array_mut().unwrap().pop();
    let mut earlier = start(Some(&contract), orders(20, "ok").as_bytes(), PASS);
    earlier.file.event_time_ms -= 1;
    behind(&earlier, start(Some(&contract), orders(40, "later").as_bytes(), "0")).await
}

/// What is there behind an earlier execution over that start.
async fn behind(earlier: &Start, later: Start) -> Start {
    let run = run(earlier, "an-earlier-execution", None, Again::Redrive).await;
    let mut objects = later.objects;
    // The state of a record stands behind its key.
    let records = run.effects.iter().filter(|effect| effect.key.starts_with("ledger/"));
    let key = |key: &str| key.split(' ').next().unwrap().to_owned();
    objects.extend(records.map(|record| (Area::Output, key(&record.key), record.body.clone())));
    Start { objects, table: run.table.fork(), ..later }
}

/// The bytes of a file that is published under another name.
async fn duplicate() -> Start {
    let mut earlier = published();
    "fedcba9876543210fedcba9876543210".clone_into(&mut earlier.file.file_id);
    earlier.file.event_time_ms -= 1;
    behind(&earlier, published()).await
}

/// A file that is published, and is asked to be run again.
async fn replayed() -> Start {
    let mut later = published();
    later.file.attempt = 1;
    behind(&published(), later).await
}

/// A file of which too many rows are rejected, and whose text must be written again.
fn quarantined() -> Start {
    let mut contract = contract();
    contract["resources"][0]["encoding"] = json!("windows-1252");
    contract["resources"][0]["sluice"]["tolerance"] = json!({ "rejectedFraction": 0 });
    let text = orders(40, "è");
    let file: Vec<u8> = text.chars().map(|c| u8::try_from(u32::from(c)).unwrap()).collect();
    start(Some(&contract), &file, PASS)
}

/// A file that lacks a column.
fn refused() -> Start {
    start(Some(&contract()), orders(20, "ok").replace("quantity", "number").as_bytes(), PASS)
}

/// A file of which nobody has said what it holds.
fn unknown() -> Start {
    start(None, orders(20, "ok").as_bytes(), PASS)
}

/// A large file that only one pass can read, since its keys are compared: of no interest to faults, since it
/// does nothing that the others do not.
pub(crate) fn indivisible() -> Scenario {
    Scenario {
        title: "Indivisible",
        what: "A large file that only one pass can read.",
        start: start(Some(&contract()), orders(40, "ok").as_bytes(), "0"),
    }
}

pub(crate) async fn all() -> Vec<Scenario> {
    vec![
        Scenario {
            title: "Published",
            what: "A first file, in three chunks: keys, foreign keys, a lookup, computed columns, an \
                   aggregate, rejected rows. E is the execution, N the chunk, F the file and R its \
                   revision.",
            start: published(),
        },
        Scenario {
            title: "Surveyed",
            what: "The same file dropped again and surveyed in ranges: its rows replace those of the \
                   earlier drop. What only this file does, and its commit.",
            start: surveyed().await,
        },
        Scenario {
            title: "Duplicate",
            what: "The bytes of the first file under another name: G is the file that has its rows.",
            start: duplicate().await,
        },
        Scenario {
            title: "Replayed",
            what: "The first file, published, is asked to be run again: its rows replace those of the earlier \
                   attempt.",
            start: replayed().await,
        },
        Scenario {
            title: "Quarantined",
            what: "More rows are rejected than the contract tolerates, and the text is not in UTF-8.",
            start: quarantined(),
        },
        Scenario { title: "Refused", what: "A column is missing.", start: refused() },
        Scenario {
            title: "Unknown",
            what: "The dataset has no contract: one is drafted.",
            start: unknown(),
        },
    ]
}
