//! The model in words and tables: `docs/capacity.md`.

use aggregate::REJECTED_LIMIT;
use shared::text::INFLATED_LIMIT;
use validate::Obstacle;

use super::deployed::Deployed;
use super::model::{
    CALL_SECONDS, COMMIT_SECONDS, ENRICH, File, NETWORK, PARSE, PART_JSON, PART_RATIO, PUT_BYTES,
    REQUEST_SECONDS, ROWS_RATIO, SCAN, TRANSITION_SECONDS, key_bytes, network_seconds, number,
};
use super::quotas::{GB, LAMBDA_SECONDS, MB, MULTIPART_PARTS, TB};

pub(crate) const FILES: [(&str, u64); 3] = [("1 GB", GB), ("100 GB", 100 * GB), ("5 TB", 5 * TB)];

/// Other values of `MaxConcurrency`, for the largest file.
const CONCURRENCIES: [u64; 3] = [200, 500, 900];

const INTRO: &str = "# Capacity

What a file takes on AWS, computed from `template.yaml`, `statemachine.asl.json` and the speeds below. It is a model, not a
measurement: nobody has sent 5 TB through it. `cli/tests/capacity` makes this page (`UPDATE_DOCS=1 cargo test -p cli
--test capacity`) and holds the model to the quotas of AWS. The contract has no keys and one aggregate, the file is plain
UTF-8, and no row of it is rejected; what that changes stands [below](#what-one-function-does-alone).
";

const LEFT_OUT: &str = "
## What the model leaves out

- What lies in the buckets: the file, its rows between two steps until they expire, the table.
- A free tier, other regions, x86-64, logs, the queue, retries, and the event and the message that tell of a file's end.
- Counts of different values and quantiles: of each group a chunk leaves up to 19 bytes for each of its different values, up to
  16,384 and 32,768 of them, which `Aggregate` reads.
- Patterns and formats that take longer than those of TPC-H: the time-outs have room for them.
- Keys, which are sorted in the one pass and compared behind it, and reference tables, which each process of `Validate`
  and of `Enrich` reads once for each version.
";

pub(crate) fn page(deployed: &Deployed) -> String {
    let files = FILES.map(|(name, byte_len)| (name, File::new(byte_len, deployed)));
    let mut page = INTRO.to_owned();
    page += &sums(&files, deployed);
    page += &dollars(&files);
    page += &steps(&files);
    page += &concurrencies(deployed);
    page += &assumptions();
    page += &alone();
    page += LEFT_OUT;
    page
}

/// The lines that the README has of it.
pub(crate) fn lines_of_the_readme(deployed: &Deployed) -> [String; 3] {
    FILES.map(|(name, byte_len)| {
        let file = File::new(byte_len, deployed);
        let (chunks, time) = (grouped(file.chunks.len() as u64), duration(file.seconds));
        format!("| {name} | {chunks} | {time} | {} |\n", money(file.dollars().iter().sum()))
    })
}

fn table(title: &str, head: &str, rows: impl IntoIterator<Item = String>) -> String {
    let rule = "---:|".repeat(head.matches('|').count() - 2);
    let mut table = format!("\n## {title}\n\n{head}\n|---|{rule}\n");
    for row in rows {
        table.extend(["| ", &row, " |\n"]);
    }
    table
}

fn sums(files: &[(&str, File)], deployed: &Deployed) -> String {
    let row = |(name, file): &(&str, File)| {
        let ranges = if file.is_surveyed { file.chunks.len() } else { 0 };
        format!(
            "{name} | {} | {:.0} MB | {} | {} | {} | {} | {} | {} | {} | {}",
            grouped(file.chunks.len() as u64),
            number(file.chunk_bytes) / MB,
            grouped(ranges as u64),
            duration(file.seconds),
            grouped(file.transitions),
            grouped(file.calls()),
            grouped(file.gb_seconds()),
            grouped(file.gets()),
            grouped(file.puts()),
            money(file.dollars().iter().sum())
        )
    };
    let title = format!("A file, {} chunks at a time", deployed.concurrency);
    let head = "| File | Chunks | of | Ranges surveyed | Time | Transitions | Calls | GB-seconds | GET | PUT | Cost |";
    table(&title, head, files.iter().map(row))
}

fn dollars(files: &[(&str, File)]) -> String {
    let row = |(name, file): &(&str, File)| {
        let [functions, transitions, requests] = file.dollars();
        let each = file.dollars().iter().sum::<f64>() / number(file.byte_len) * number(TB);
        let costs = [functions, transitions, requests, each].map(money);
        format!("{name} | {}", costs.join(" | "))
    };
    let head = "| File | Lambda | Step Functions | Requests to S3 | For each TB |";
    table("What it costs", head, files.iter().map(row))
}

fn steps(files: &[(&str, File)]) -> String {
    let rows = files.iter().flat_map(|(name, file)| {
        file.steps.iter().map(move |step| {
            let timeout = Deployed::function_of(&step.name).timeout;
            format!(
                "{name} | {} | {} | {} | {:.1} s | {timeout} s | {:.0}",
                step.name,
                grouped(step.count),
                step.memory_mb,
                step.call.seconds,
                number(timeout) / step.call.seconds
            )
        })
    });
    let head =
        "| File | State | Calls | Memory in MB | The longest | Time-out | Times the longest |";
    table("Steps", head, rows)
}

fn concurrencies(deployed: &Deployed) -> String {
    let (name, byte_len) = FILES[2];
    let row = |concurrency| {
        let file = File::new(byte_len, &Deployed { concurrency, ..deployed.clone() });
        format!("{concurrency} | {}", duration(file.seconds))
    };
    let title = format!("{name} with another `MaxConcurrency`");
    let rows = [deployed.concurrency].into_iter().chain(CONCURRENCIES).map(row);
    table(&title, "| Chunks at a time | Time |", rows)
        + "\nThe cost is the same. An account has 1,000 concurrent functions unless it asks for more, for all its files.\n"
}

fn assumptions() -> String {
    let rows = [
        ("`Validate`: UTF-8, records, SHA-256", format!("{SCAN} MB/s on a processor")),
        ("`Parse`: typed and validated", format!("{PARSE} MB/s on a processor")),
        ("`Enrich`: joins, Parquet with zstd", format!("{ENRICH} MB/s on a processor")),
        ("Network of a function, in and out together", format!("{NETWORK} MB/s")),
        ("Rows between `Parse` and `Enrich`, for a byte of CSV", format!("{ROWS_RATIO} bytes")),
        ("Parquet, for a byte of CSV", format!("{PART_RATIO} bytes")),
        ("Start, job and contract, each call", format!("{CALL_SECONDS} s")),
        ("From state to state", format!("{TRANSITION_SECONDS} s")),
        ("A request for a small object, an event or a message", format!("{REQUEST_SECONDS} s")),
        ("A commit, for each part", format!("{COMMIT_SECONDS} s")),
        ("What is told of a part", format!("{PART_JSON} bytes")),
    ];
    let rows = rows.map(|(what, value)| format!("{what} | {value}"));
    table("What is taken for granted", "| What | Value |", rows)
        + "\nMB of CSV and of 1,000,000 bytes. Reading, writing and work go on at the same time, so a step takes as long as the \
           slower\nof network and processor. 1,769 MB of memory buy one processor. The speeds are\nassumptions to plan with, not \
           measurements on Lambda. Prices are those of us-east-1 and arm64; those of S3 were not\nread from AWS's own page.\n"
}

fn alone() -> String {
    let [pass, rewritten] = [Obstacle::Hash, Obstacle::Compressed].map(Obstacle::limit);
    let row = |what: &str, bytes: u64| {
        let seconds = network_seconds(bytes);
        let verdict = if seconds <= number(LAMBDA_SECONDS) { "" } else { " (too long)" };
        format!("{what} | {} | {}{verdict}", gigabytes(number(bytes)), duration(seconds))
    };
    let keyed = Obstacle::Keys.limit() + key_bytes();
    let passes = [
        row("A pass over the largest file that only one pass can read", pass),
        row("The same where the text is written again, and is as long", 2 * rewritten),
        row(
            "The same of a compressed file that inflates as far as it may",
            rewritten + INFLATED_LIMIT,
        ),
        row(
            "A pass over the largest file with keys, as many as may be, all of them repeated",
            keyed,
        ),
    ];
    let returns = row("Return of rejected records, at most", REJECTED_LIMIT);
    let rows = passes.into_iter().chain([returns]);
    let head = "| What | Through its network | Time |";
    table("What one function does alone", head, rows)
        + &format!(
            "
A function has {LAMBDA_SECONDS} s, in which {} go through its network. Where a file is published though rows of it were
rejected, `Aggregate` reads the text of the chunks with such rows again, one after the other, to return the rejected records;
where those chunks are longer than that, there is the reject file alone. It holds the text of a chunk meanwhile, and what is
wrong with it. A reject file ends at {}, which are {} parts of {} MiB.
",
            gigabytes(number(LAMBDA_SECONDS) * NETWORK * MB),
            gigabytes(number(MULTIPART_PARTS * PUT_BYTES)),
            grouped(MULTIPART_PARTS),
            PUT_BYTES >> 20
        )
}

fn gigabytes(bytes: f64) -> String {
    format!("{:.0} GB", bytes / number(GB))
}

/// With commas between thousands.
fn grouped(count: u64) -> String {
    let digits = count.to_string();
    let mut grouped = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

fn money(dollars: f64) -> String {
    if dollars < 0.1 { format!("${dollars:.3}") } else { format!("${dollars:.2}") }
}

fn duration(seconds: f64) -> String {
    match seconds {
        ..120.0 => format!("{seconds:.0} s"),
        ..7200.0 => format!("{:.0} min", seconds / 60.0),
        _ => format!("{:.1} h", seconds / 3600.0),
    }
}
