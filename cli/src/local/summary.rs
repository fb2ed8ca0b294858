//! What a person, or a program, is told at the end.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::{Path, PathBuf};

use serde::Serialize;
use shared::fault::CodeCounts;
use shared::message::Counts;
use shared::report::Report;

use super::deploy::Outputs;
use super::environment::aws_variables;
use super::follow::Ending;
use super::stack::Stack;
use crate::lines::{block, grouped};

/// All that is known at the end of a run.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Summary<'a> {
    /// How each file ended.
    pub files: &'a [Ending],
    /// The folder that the outputs were copied to.
    pub output: PathBuf,
    /// Seconds that each phase took.
    pub seconds: BTreeMap<&'static str, f64>,
}

impl Summary<'_> {
    /// For programs.
    ///
    /// # Errors
    /// Never for what is in memory; the serializer's type says otherwise.
    pub fn json(&self) -> serde_json::Result<String> {
        serde_json::to_string_pretty(self)
    }

    /// For people.
    pub fn text(&self) -> String {
        let mut text = String::new();
        for ending in self.files {
            text.push_str(&file(ending));
            text.push('\n');
        }
        let outputs = self.output.display();
        let _ = writeln!(text, "{}. All outputs are in {outputs}.", tally(self.files));
        text
    }
}

/// How many files ended in which way.
fn tally(files: &[Ending]) -> String {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for ending in files {
        *counts.entry(ending.word()).or_default() += 1;
    }
    let counts: Vec<_> = counts.iter().map(|(word, count)| format!("{count} {word}")).collect();
    let noun = if files.len() == 1 { "file" } else { "files" };
    format!("{} {noun}: {}", files.len(), counts.join(", "))
}

fn file(ending: &Ending) -> String {
    let word = ending.word();
    match ending {
        Ending::AsMeant { report } => settled(report, word),
        Ending::Failed { key, execution, error, cause } => block(
            &format!("{key}: {word}"),
            &[("execution", execution.clone()), ("why", format!("{error}: {cause}"))],
        ),
        Ending::Lost { key } => {
            let why = "no execution could be started; its event lies in the dead-letter queue";
            block(&format!("{key}: {word}"), &[("why", why.to_owned())])
        }
    }
}

fn settled(report: &Report, word: &str) -> String {
    let mut lines = vec![("rows", report.counts.map_or("not read".to_owned(), books))];
    if let Some((error, cause)) = report.error.as_ref().zip(report.cause.as_ref()) {
        lines.push(("why", format!("{error}: {cause}")));
    }
    if !report.rejects_by_code.is_empty() {
        lines.push(("faults", codes(&report.rejects_by_code)));
    }
    let outputs = &report.outputs;
    let table = outputs.table.as_ref().zip(outputs.table_version);
    lines.extend(table.map(|(key, version)| ("table", format!("{key} (version {version})"))));
    lines.extend(outputs.rejects.iter().map(|key| ("rejects", key.clone())));
    lines.extend(outputs.corrections.iter().map(|key| ("to correct", key.clone())));
    lines.extend(outputs.draft.iter().map(|key| ("draft", key.clone())));
    // The same results lie beside it as Parquet.
    let aggregates = outputs.aggregates.iter().filter(|key| !key.ends_with("parquet"));
    lines.extend(aggregates.map(|key| ("aggregate", key.clone())));
    lines.push(("report", shared::report::key(&report.dataset, &report.execution)));

    block(&format!("{}: {word}", report.file.key), &lines)
}

fn books(counts: Counts) -> String {
    let [read, accepted, rejected] =
        [counts.read_count, counts.accepted_count, counts.rejected_count].map(grouped);
    format!("{read} read, {accepted} accepted, {rejected} rejected")
}

fn codes(counts: &CodeCounts) -> String {
    let codes: Vec<_> =
        counts.iter().map(|(code, count)| format!("{count} {}", code.as_str())).collect();
    codes.join(", ")
}

/// The variables by which functions, and commands of ours, know the stack.
fn variables(outputs: &Outputs) -> [(&'static str, &str); 4] {
    [
        ("INPUT_BUCKET", &outputs.input_bucket),
        ("REFERENCE_BUCKET", &outputs.reference_bucket),
        ("OUTPUT_BUCKET", &outputs.output_bucket),
        ("STATE_MACHINE_ARN", &outputs.state_machine_arn),
    ]
}

/// The environment of the functions, in the form of `sam local invoke --env-vars`.
pub fn function_variables(stack: &Stack) -> String {
    let variables = BTreeMap::from(variables(stack.outputs()));
    let variables = serde_json::json!({ "Parameters": variables });
    format!("{variables:#}\n")
}

/// How to look at a stack that stays up; `variables_path` is where [`function_variables`] lie.
pub fn directions(stack: &Stack, variables_path: &Path) -> String {
    let mut text = format!("\nThe local AWS is up at {} until Ctrl-C. ", stack.endpoint());
    text.push_str("In another terminal, for `sluice`, `aws` and `sam`:\n\n");
    let own = variables(stack.outputs()).map(|(name, value)| (name, value.to_owned()));
    for (name, value) in aws_variables(stack.port()).chain(own) {
        let _ = writeln!(text, "  export {name}={value}");
    }
    let _ = writeln!(
        text,
        "  export PATH={}:\"$PATH\"\n\n  \
         cargo run -- history flights\n  \
         cargo run -- replay flights/2013-01.csv\n  \
         aws s3 cp FILE s3://$INPUT_BUCKET/flights/\n  \
         aws stepfunctions list-executions --state-machine-arn $STATE_MACHINE_ARN\n  \
         aws s3 ls --recursive s3://$OUTPUT_BUCKET/\n\n  \
         sam local invoke Validate -e sample-data/events/validate.json --docker-network host \\\n    \
         --parameter-overrides EndpointUrl=$AWS_ENDPOINT_URL --env-vars {}\n\n\
         (`aws sqs` of this AWS CLI needs `--endpoint-url $AWS_ENDPOINT_URL` as well.)",
        stack.programs().display(),
        variables_path.display()
    );
    text
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn report(changes: &serde_json::Value) -> Ending {
        let mut report = json!({
            "dataset": "flights", "execution": "e1", "outcome": "quarantined",
            "file": { "dataset": "flights", "bucket": "in", "key": "flights/a.csv", "version": null,
                      "etag": "e", "byteLen": 1, "sequencer": null, "eventTimeMs": 0, "fileId": "f" },
            "error": null, "cause": null, "sha256": null, "counts": null, "rejectsByCode": {},
            "faults": [], "extraColumns": [], "ignoredColumnCount": 0,
            "outputs": { "table": null, "tableVersion": null, "rejects": null, "aggregates": [] }
        });
        for (name, value) in changes.as_object().unwrap() {
            report[name] = value.clone();
        }
        Ending::AsMeant { report: Box::new(serde_json::from_value(report).unwrap()) }
    }

    #[track_caller]
    fn check(ending: &Ending, expected: &str) {
        assert_eq!(file(ending), expected);
    }

    #[test]
    fn a_published_file_tells_where_its_rows_are() {
        let ending = report(&json!({
            "outcome": "published",
            "counts": { "readCount": 200, "acceptedCount": 193, "rejectedCount": 7 },
            "rejectsByCode": { "blank-row": 2, "missing-cell": 25 },
            "faults": [], "extraColumns": [], "ignoredColumnCount": 0,
            "outputs": { "table": "published/flights", "tableVersion": 4,
                         "rejects": "rejects/flights/e1.csv",
                         "aggregates": ["aggregates/flights/a/e1.csv", "aggregates/flights/a/e1.parquet"] }
        }));
        check(
            &ending,
            "flights/a.csv: published\n  \
             rows         200 read, 193 accepted, 7 rejected\n  \
             faults       2 blank-row, 25 missing-cell\n  \
             table        published/flights (version 4)\n  \
             rejects      rejects/flights/e1.csv\n  \
             aggregate    aggregates/flights/a/e1.csv\n  \
             report       reports/flights/e1.json\n",
        );
    }

    #[test]
    fn files_are_counted_by_how_they_ended() {
        let published = report(&json!({ "outcome": "published" }));
        let lost = Ending::Lost { key: "flights/a.csv".into() };
        let files = [report(&json!({})), published.clone(), lost, published];
        assert_eq!(tally(&files), "4 files: 1 LOST, 2 published, 1 quarantined");
        assert!(tally(files.get(..1).unwrap()).starts_with("1 file: "));
    }

    #[test]
    fn a_refused_file_tells_why() {
        let ending = report(&json!({ "error": "FileRefused", "cause": "the file is empty" }));
        check(
            &ending,
            "flights/a.csv: quarantined\n  \
             rows         not read\n  \
             why          FileRefused: the file is empty\n  \
             report       reports/flights/e1.json\n",
        );
    }

    #[test]
    fn a_file_that_ended_otherwise_stands_out() {
        let ending = Ending::Failed {
            key: "flights/a.csv".into(),
            execution: "e1".into(),
            error: "States.Timeout".into(),
            cause: "too slow".into(),
        };
        check(
            &ending,
            "flights/a.csv: FAILED\n  \
             execution    e1\n  \
             why          States.Timeout: too slow\n",
        );
    }
}
