//! `docs/faults.md`: what was done to each kind of operation, and how it was got over.

use super::harm::{Act, Harm};
use super::matrix::{Absorbed, Row};
use super::scenario::Scenario;

const HEAD: &str = "\
# When something fails

Made by `UPDATE_DOCS=1 cargo test -p cli --test faults`, which runs all of it: do not edit.

Each kind of operation that a step carries out, on the buckets and on the log of the table, is made to fail
in each way that it can, one at a time, in the whole pipeline: the handlers of the steps, with what their processes
keep, over `statemachine.asl.json` with its own retriers. Of operations of a kind (those of all chunks, say) the first, the
middle one and the last take turns. Every run, of which there are {cases}, ends as the one in which nothing fails:

- every object that is written, at any time, has the very bytes that it has there, and none is missing;
- the log has the same versions with the same actions, and of the file's parts one version alone;
- that version names only parts that are there, and no report, aggregate or statement is there before it;
- rows published and rows rejected are all rows of the file, each once;
- the record of the ledger has the same states one after the other: claimed before any part is there, and its end
  behind the commit.

A cell tells how it got there. A number: so many times a state was run again by its retriers; 0: nobody noticed. R: the
retriers gave up, the execution failed where it stood, and one Redrive sufficed. (The execution run again from its start does
as well, though every step that had succeeded runs a second time.) Empty: there is no such fault.

";

const BEHIND: &str = "
What is not made to fail here: `Start`, which has no state machine around it; two files that race for a version of the
table, and the connections of S3, which have tests of their own (`steps/settle/tests/table.rs`, `shared/src/store/s3/tests.rs`).
The store is memory, whose operations happen whole or not at all, as those of S3 do.
A version of the log that ends early is noticed by its length.
";

/// What a fault means.
fn meaning(harm: Harm) -> &'static str {
    match harm {
        Harm::FailBefore => "an error; nothing has happened",
        Harm::FailAfter => "an error, but it has happened",
        Harm::Throttle => "three errors one after the other",
        Harm::Outage => "ten errors: more than any retrier has attempts",
        Harm::Slow => "everything else goes first",
        Harm::DieBefore => {
            "the process ends before it happens (`Lambda.Unknown`); what it kept is lost"
        }
        Harm::DieAfter => "the process ends when it has happened (`States.Timeout`)",
        Harm::DieThrice => "three processes end there, one after the other",
        Harm::BreakOff => "half of the bytes, then an error",
        Harm::EndEarly => "half of the bytes, and no word of it",
        Harm::DieWithin => "half of the bytes, then the process ends",
        Harm::Overtake => {
            "it has happened, the answer is lost, and the client's second request is told that \
             another was first"
        }
        Harm::Twice => "the function is called again while it runs, in another process",
    }
}

/// The page.
pub(crate) fn page(scenarios: &[Scenario], rows: &[Row]) -> String {
    let cases: usize = rows.iter().map(|row| row.cells.len()).sum();
    let mut page = HEAD.replace("{cases}", &cases.to_string());
    page += "| Fault | What happens |\n|---|---|\n";
    for harm in Harm::ALL {
        page.extend(["| ", harm.title(), " | ", meaning(harm), " |\n"]);
    }
    for scenario in scenarios {
        page.extend(["\n## ", scenario.title, "\n\n", scenario.what, "\n"]);
        let rows = || rows.iter().filter(|row| row.scenario == scenario.title);
        page += &table(rows().filter(|row| row.kind.act == Act::Call).collect());
        page += &table(rows().filter(|row| row.kind.act != Act::Call).collect());
    }
    page + BEHIND
}

/// A table with a column for each fault that one of the rows has.
fn table(rows: Vec<&Row>) -> String {
    let has = |harm: &Harm| rows.iter().any(|row| row.cell(*harm).is_some());
    let harms: Vec<Harm> = Harm::ALL.into_iter().filter(has).collect();
    if rows.is_empty() {
        return String::new();
    }
    let titles: Vec<&str> = harms.iter().map(|harm| harm.title()).collect();
    let mut table = format!("\n| State | Operation | {} |\n", titles.join(" | "));
    table.extend(["|---|---|", &"---:|".repeat(harms.len()), "\n"]);
    for row in rows {
        let cells: Vec<String> = harms.iter().map(|harm| told(row.cell(*harm))).collect();
        let (state, act, key) = (&row.kind.state, row.kind.act.title(), &row.kind.key);
        let key = if key.is_empty() { String::new() } else { format!(" `{key}`") };
        table.extend(["| ", state, " | ", act, &key, " | ", &cells.join(" | "), " |\n"]);
    }
    table
}

fn told(absorbed: Option<&Absorbed>) -> String {
    absorbed.map_or(String::new(), |Absorbed { retries, redrives }| {
        format!("{retries}{}", " R".repeat(*redrives))
    })
}
