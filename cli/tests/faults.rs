//! Nothing is lost and nothing is there twice, whatever operation fails however.
//!
//! Every operation of every step on the store and on the table's log is made to fail in every way, one at
//! a time, in the whole pipeline over its own state machine. What comes out is compared with what comes
//! out if nothing fails; `docs/faults.md` tells how each fault was got over.

#![allow(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a helper of tests may fail like a test"
)]

#[path = "faults/coverage.rs"]
mod coverage;
#[path = "faults/harm.rs"]
mod harm;
#[path = "faults/injector.rs"]
mod injector;
#[path = "faults/matrix.rs"]
mod matrix;
#[path = "faults/outcome.rs"]
mod outcome;
#[path = "faults/page.rs"]
mod page;
#[path = "faults/process.rs"]
mod process;
#[path = "faults/scenario.rs"]
mod scenario;
#[path = "faults/store.rs"]
mod store;
#[path = "faults/table.rs"]
mod table;
#[path = "faults/world.rs"]
mod world;

use std::path::Path;

use bytes::Bytes;
use injector::Effect;
use matrix::{block_on, expected, matrix};
use outcome::wrong;
use page::page;

/// `UPDATE_DOCS=1 cargo test -p cli --test faults` writes the page anew.
#[test]
fn every_fault_is_got_over_as_the_page_says() {
    let scenarios = block_on(scenario::all());
    let (rows, holes) = matrix(&scenarios);
    assert!(holes.is_empty(), "{} holes:\n{}", holes.len(), holes.join("\n"));
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/faults.md");
    let page = page(&scenarios, &rows);
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(&path, &page).unwrap();
    }
    assert_eq!(std::fs::read_to_string(&path).unwrap_or_default(), page);
}

/// Something that no run may have done.
type Misdeed = fn(&mut Vec<Effect>);

/// Where the key of an effect has that in it.
fn at(effects: &[Effect], part: &str) -> usize {
    effects.iter().position(|effect| effect.key.contains(part)).unwrap()
}

fn spoil(effects: &mut [Effect], part: &str) {
    let at = at(effects, part);
    effects[at].body = Bytes::from_static(b"{}");
}

#[test]
fn a_hole_would_be_seen() {
    let scenarios = block_on(scenario::all());
    let misdeeds: [(&str, Misdeed); 10] = [
        ("a part is other than it should be", |effects| spoil(effects, "part-00001")),
        ("rejects are lost for a while", |effects| {
            let mut early = effects[at(effects, "rejects/")].clone();
            early.body = Bytes::new();
            effects.insert(0, early);
        }),
        ("the report is never written", |effects| {
            effects.remove(at(effects, "reports/"));
        }),
        ("what should not be there is", |effects| {
            effects.push(Effect { key: "quarantine/x".to_owned(), body: Bytes::new() });
        }),
        ("the same is committed twice", |effects| {
            let again = effects[at(effects, "0001.json")].clone();
            effects.push(Effect { key: again.key.replace("1.json", "2.json"), ..again });
        }),
        ("a version is written over", |effects| {
            effects.push(effects[at(effects, "0001.json")].clone());
        }),
        ("the commit comes before a part", |effects| {
            let commit = effects.remove(at(effects, "0001.json"));
            effects.insert(at(effects, "part-00002"), commit);
        }),
        ("the file is claimed too late", |effects| {
            let claim = effects.remove(at(effects, " claimed"));
            effects.push(claim);
        }),
        ("the ledger comes before the commit", |effects| {
            let ended = effects.remove(at(effects, " published"));
            effects.insert(at(effects, "0001.json"), ended);
        }),
        ("the report comes before the commit", |effects| {
            let report = effects.remove(at(effects, "reports/"));
            effects.insert(at(effects, "0001.json"), report);
        }),
    ];
    for (name, misdeed) in misdeeds {
        let expected = expected(&scenarios[0]);
        let mut run = expected.run;
        assert_eq!(wrong(&run, &expected.objects, &expected.ended), None);
        misdeed(&mut run.effects);
        assert!(wrong(&run, &expected.objects, &expected.ended).is_some(), "{name}");
    }
}
