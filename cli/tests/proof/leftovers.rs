//! What a file left behind, without what names this file, this execution and this time.

use std::collections::BTreeMap;
use std::path::Path;
use std::string::FromUtf8Error;

use serde_json::Value;
use shared::report::Report;

/// What JSON says of its own time, and of the event.
const OF_ITS_TIME: [&str; 13] = [
    "timestamp",
    "inCommitTimestamp",
    "txnId",
    "kernelVersion",
    "createdTime",
    "deletionTimestamp",
    "lastUpdated",
    "modificationTime",
    "eventTimeMs",
    "atMs",
    "untilMs",
    "references",
    "id",
];

/// The bytes of each key of the dataset, which has no other file.
pub(crate) fn leftovers(outputs: &Path, report: &Report) -> BTreeMap<String, Vec<u8>> {
    let all = cli::local::files::walk(outputs).unwrap();
    let folder = format!("/{}/", report.dataset);
    let own = all.into_iter().filter(|found| found.name.contains(&folder));
    own.map(|found| {
        let name = nameless(&found.name, report);
        let bytes = std::fs::read(&found.path).unwrap();
        let bytes = String::from_utf8(bytes).map(|text| comparable(&name, &text, report));
        (name, bytes.unwrap_or_else(FromUtf8Error::into_bytes))
    })
    .collect()
}

fn comparable(name: &str, text: &str, report: &Report) -> Vec<u8> {
    let text = nameless(text, report);
    if Path::new(name).extension().is_none_or(|extension| extension != "json") {
        return text.into_bytes();
    }
    let values = serde_json::Deserializer::from_str(&text).into_iter::<Value>();
    let mut values: Vec<Value> = values.map(Result::unwrap).collect();
    values.iter_mut().for_each(timeless);
    serde_json::to_vec_pretty(&values).unwrap()
}

/// The text with letters for names that no two files share.
fn nameless(text: &str, report: &Report) -> String {
    let file = &report.file;
    let revision = file.revision().to_string();
    let names = [
        (report.execution.as_str(), "E"),
        (&file.file_id, "F"),
        // It may be a number.
        (&revision, "0"),
        (file.version.as_deref().unwrap(), "V"),
        (file.sequencer.as_deref().unwrap(), "S"),
        (&report.dataset, "D"),
    ];
    names.iter().fold(text.to_owned(), |text, (name, letter)| text.replace(name, letter))
}

fn timeless(value: &mut Value) {
    match value {
        Value::Object(entries) => {
            entries.retain(|name, _| !OF_ITS_TIME.contains(&name.as_str()));
            // The mark of a revision, 46 bits of which are a hash of the execution's name.
            if entries.get("appId").is_some_and(|id| id == "sluice:F/0")
                && let Some(mark) = entries.get("version").and_then(Value::as_i64)
            {
                entries.insert("version".to_owned(), (mark >> 47 << 1 | mark & 1).into());
            }
            entries.sort_keys();
            entries.values_mut().for_each(timeless);
        }
        Value::Array(items) => items.iter_mut().for_each(timeless),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}
