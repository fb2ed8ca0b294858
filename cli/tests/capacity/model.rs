//! What becomes of a file, in seconds, requests and dollars.

use shared::message::FileRange;
use validate::{KeyLimits, Settings};

use super::deployed::Deployed;
use super::quotas::{
    LAMBDA_MB_PER_PROCESSOR, MAP_STARTS_PER_SECOND, MB, PER_GB_SECOND, PER_GET, PER_INVOCATION,
    PER_PUT, PER_TRANSITION,
};

/// MB of CSV that one processor does in a second: taken for granted, to be below what `bench` measures.
pub(crate) const SCAN: f64 = 1000.0;
pub(crate) const PARSE: f64 = 450.0;
pub(crate) const ENRICH: f64 = 250.0;
/// MB that a function receives and sends in a second, together.
pub(crate) const NETWORK: f64 = 90.0;

/// Bytes for each byte of CSV: of the rows between `Parse` and `Enrich`, and of the part.
pub(crate) const ROWS_RATIO: f64 = 1.3;
pub(crate) const PART_RATIO: f64 = 0.25;

/// Bytes of what the log and the summary say of a part.
pub(crate) const PART_JSON: u64 = 4096;
/// Aggregates of the contract.
pub(crate) const AGGREGATES: u64 = 1;

/// Seconds of each call of a function before its work: a start now and then, job and contract.
pub(crate) const CALL_SECONDS: f64 = 0.5;
/// Seconds between the end of a state and the start of the next.
pub(crate) const TRANSITION_SECONDS: f64 = 0.1;
/// Seconds of a request for a small object.
pub(crate) const REQUEST_SECONDS: f64 = 0.03;
/// Seconds of a commit for each part.
pub(crate) const COMMIT_SECONDS: f64 = 0.001;
/// Transitions of an execution beyond its states: its start and its end.
pub(crate) const START_AND_END: u64 = 2;

/// Bytes of a request for a part of an object, and of a part of an upload: those of `store::s3`.
const GET_BYTES: u64 = 8 << 20;
pub(crate) const PUT_BYTES: u64 = 16 << 20;
/// Bytes of a key that `Validate` sorts, and of what is wrong with it, in a run or in the log of a chunk.
const KEY_BYTES: u64 = 28;
const KEY_FAULT_BYTES: u64 = 20;
/// Small objects that `Aggregate` and `Validate` read at a time.
const AGGREGATE_READS: f64 = 16.0;
const SURVEY_READS: f64 = 32.0;

/// What a call of a function comes to.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Call {
    pub(crate) seconds: f64,
    pub(crate) gets: u64,
    pub(crate) puts: u64,
}

/// A state, and all the calls that it stands for.
#[derive(Debug, Clone)]
pub(crate) struct Step {
    pub(crate) name: String,
    /// The longest call.
    pub(crate) call: Call,
    pub(crate) count: u64,
    pub(crate) memory_mb: f64,
}

/// What a file comes to.
#[derive(Debug, Clone)]
pub(crate) struct File {
    pub(crate) byte_len: u64,
    pub(crate) chunk_bytes: u64,
    pub(crate) chunks: Vec<FileRange>,
    pub(crate) is_surveyed: bool,
    pub(crate) steps: Vec<Step>,
    /// From the start of the execution to its end.
    pub(crate) seconds: f64,
    pub(crate) transitions: u64,
}

impl File {
    /// A file without a rejected row, of a contract without keys, that is dropped in `deployed`.
    pub(crate) fn new(byte_len: u64, deployed: &Deployed) -> Self {
        let settings = Settings::new(deployed.chunk_bytes);
        let mut file = File {
            byte_len,
            chunk_bytes: settings.chunk_bytes_for(byte_len),
            chunks: settings.ranges(byte_len, 0),
            is_surveyed: byte_len > deployed.survey_bytes,
            steps: Vec::new(),
            seconds: 0.0,
            transitions: START_AND_END,
        };
        for state in deployed.way(file.is_surveyed) {
            file.enter(state, deployed);
        }
        file
    }

    fn enter(&mut self, state: &str, deployed: &Deployed) {
        self.transitions += 1;
        self.seconds += TRANSITION_SECONDS;
        match state {
            "Survey" | "Process" => self.map(&deployed.children(state), deployed),
            "Size" | "Divided" | "Claimed" | "Verdict" | "Outcome" | "Published" => {}
            "Announce" | "Tell" => self.seconds += REQUEST_SECONDS,
            task => self.seconds += self.step(task, 1),
        }
    }

    /// Children of one chunk each.
    fn map(&mut self, tasks: &[&str], deployed: &Deployed) {
        let count = self.chunks.len() as u64;
        let at_once = deployed.concurrency.min(count);
        self.transitions += count * (tasks.len() as u64 + START_AND_END);
        let states = number(tasks.len() as u64 + START_AND_END) * TRANSITION_SECONDS;
        let one: f64 = tasks.iter().map(|task| self.step(task, count)).sum();
        let waves = number(count.div_ceil(at_once));
        self.seconds += (waves * (one + states)).max(number(count) / MAP_STARTS_PER_SECOND);
    }

    /// Adds calls, and gives the seconds of one.
    fn step(&mut self, name: &str, count: u64) -> f64 {
        let memory_mb = Deployed::function_of(name).memory_mb;
        let call = self.call(name, memory_mb / LAMBDA_MB_PER_PROCESSOR);
        self.steps.push(Step { name: name.to_owned(), call, count, memory_mb });
        call.seconds
    }

    fn call(&self, task: &str, processors: f64) -> Call {
        let (count, chunk) = (self.chunks.len() as u64, self.chunk_bytes.min(self.byte_len));
        let (rows, part) = (scaled(chunk, ROWS_RATIO), scaled(chunk, PART_RATIO));
        let told = count * PART_JSON;
        // Only a scan hashes on a second thread.
        let (one, two) = (processors.min(1.0), processors.min(2.0));
        let mut call = match task {
            "Divide" => Call { gets: 2, puts: 1, ..Call::default() },
            "SurveyRange" => Call { puts: 1, ..work(chunk, 0, number(chunk) / (SCAN * MB * two)) },
            "Validate" if self.is_surveyed => Call {
                seconds: number(count) / SURVEY_READS * REQUEST_SECONDS,
                gets: count + 3,
                puts: 2,
            },
            "Validate" => one_pass(self.byte_len, two),
            "Parse" => Call::and(work(chunk, rows, number(chunk) / (PARSE * MB * one)), 1, 1),
            "Enrich" => {
                let made = work(rows, part, number(chunk) / (ENRICH * MB * one));
                Call::and(made, 2, 1 + AGGREGATES)
            }
            "Aggregate" => {
                let small = count * (2 + AGGREGATES);
                let waited = number(small) / AGGREGATE_READS * REQUEST_SECONDS;
                let moved = work(told, told, 0.0);
                let made = Call { seconds: waited + moved.seconds, ..moved };
                Call::and(made, small + 2, 2 * AGGREGATES)
            }
            // Of the log what is newer than its checkpoint; the record, twice looked for.
            "Claim" => Call { seconds: 8.0 * REQUEST_SECONDS, gets: 7, puts: 1 },
            "Publish" => {
                let moved = work(told, told, 0.0);
                let seconds = moved.seconds + number(count) * COMMIT_SECONDS;
                // Job, log, record and aggregates; aggregates, report and record.
                Call::and(Call { seconds, ..moved }, 7 + 2 * AGGREGATES, 2 + 2 * AGGREGATES)
            }
            other => panic!("nobody has said what {other} takes"),
        };
        call.seconds += CALL_SECONDS;
        call
    }

    /// Rounded up.
    pub(crate) fn gb_seconds(&self) -> u64 {
        let of = |step: &Step| scaled(step.count, step.call.seconds * step.memory_mb / 1024.0);
        self.steps.iter().map(of).sum()
    }

    pub(crate) fn calls(&self) -> u64 {
        self.steps.iter().map(|step| step.count).sum()
    }

    /// Those of the functions, and those of the maps for what they go through.
    pub(crate) fn gets(&self) -> u64 {
        let items = 1 + u64::from(self.is_surveyed);
        items + self.steps.iter().map(|step| step.count * step.call.gets).sum::<u64>()
    }

    pub(crate) fn puts(&self) -> u64 {
        self.steps.iter().map(|step| step.count * step.call.puts).sum()
    }

    /// Dollars for functions, transitions and requests to S3; what lies in the buckets is not among them.
    pub(crate) fn dollars(&self) -> [f64; 3] {
        let functions =
            number(self.gb_seconds()) * PER_GB_SECOND + number(self.calls()) * PER_INVOCATION;
        let requests = number(self.gets()) * PER_GET + number(self.puts()) * PER_PUT;
        [functions, number(self.transitions) * PER_TRANSITION, requests]
    }
}

/// Bytes that are written and read for as many keys as may be compared, all of them repeated.
pub(crate) fn key_bytes() -> u64 {
    KeyLimits::default().key_count * (2 * KEY_BYTES + 3 * KEY_FAULT_BYTES)
}

/// A pass of `Validate` over so many bytes, with that many processors.
pub(crate) fn one_pass(byte_len: u64, processors: f64) -> Call {
    Call::and(work(byte_len, 0, number(byte_len) / (SCAN * MB * processors)), 2, 2)
}

/// Seconds that so many bytes take through the network of one function.
pub(crate) fn network_seconds(byte_len: u64) -> f64 {
    number(byte_len) / (NETWORK * MB)
}

/// Work that reads and writes so many bytes meanwhile, and takes `processor` seconds of a processor.
fn work(read: u64, written: u64, processor: f64) -> Call {
    let parts = written.div_ceil(PUT_BYTES);
    Call {
        seconds: processor.max(network_seconds(read + written)),
        gets: read.div_ceil(GET_BYTES),
        // An upload in parts is begun and ended.
        puts: if parts > 1 { parts + 2 } else { parts },
    }
}

impl Call {
    /// With more requests for small objects.
    fn and(self, gets: u64, puts: u64) -> Self {
        Call { gets: self.gets + gets, puts: self.puts + puts, ..self }
    }
}

#[allow(clippy::cast_precision_loss, reason = "no number here is beyond 2^53")]
pub(crate) fn number(count: u64) -> f64 {
    count as f64
}

/// Rounded up.
#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "no number here is negative or beyond 2^53"
)]
pub(crate) fn scaled(count: u64, ratio: f64) -> u64 {
    (number(count) * ratio).ceil() as u64
}
