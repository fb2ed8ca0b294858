//! The summary of a file, written without holding its parts as values.
//!
//! The statistics of a part of 100 columns take some 8 KB as JSON, and seven times as much as values.

use bytes::Bytes;
use serde_json::Value;
use shared::job::{Part, Summary, WorkError};
use shared::store::{Store, Upload};

/// The JSON of a part, as the summary has it.
///
/// # Errors
/// [`serde_json::Error`], which no part gives reason for.
pub(crate) fn part_json(part: &Part) -> Result<Bytes, serde_json::Error> {
    serde_json::to_vec(part).map(Bytes::from)
}

/// Writes `summary` with those parts, and with no others.
///
/// # Errors
/// [`WorkError`].
pub(crate) async fn write_summary(
    store: &impl Store,
    key: &str,
    summary: &Summary,
    parts: Vec<Bytes>,
) -> Result<(), WorkError> {
    let head = head(summary).map_err(|source| WorkError::Json { key: key.to_owned(), source })?;
    let mut upload = store.upload(key);
    upload.write(head.into()).await?;
    for (at, part) in parts.into_iter().enumerate() {
        if at > 0 {
            upload.write(Bytes::from_static(b",")).await?;
        }
        upload.write(part).await?;
    }
    upload.write(Bytes::from_static(b"]}")).await?;
    Ok(upload.finish().await?)
}

/// The JSON of the summary up to its parts, which come last.
fn head(summary: &Summary) -> Result<String, serde_json::Error> {
    let mut value = serde_json::to_value(summary)?;
    if let Value::Object(members) = &mut value {
        members.shift_remove("parts");
    }
    let mut text = value.to_string();
    text.pop();
    Ok(text + ",\"parts\":[")
}

#[cfg(test)]
mod tests {
    use shared::fault::CodeCounts;
    use shared::job::read_json;
    use shared::message::Counts;
    use shared::stats::Stats;
    use shared::store::MemoryStore;

    use super::*;

    #[tokio::test]
    async fn it_reads_as_the_summary_with_its_parts() {
        let part =
            |path: &str| Part { path: path.to_owned(), byte_len: 3, stats: Stats::default() };
        for parts in [vec![], vec![part("a")], vec![part("a"), part("b")]] {
            let counts = Counts { read_count: 3, accepted_count: 2, rejected_count: 1 };
            let summary = Summary {
                counts,
                rejects_by_code: CodeCounts::default(),
                rejects: Some("r".to_owned()),
                corrections: None,
                parts: Vec::new(),
                aggregates: vec!["a".to_owned()],
            };
            let store = MemoryStore::new(7);
            let written = parts.iter().map(|part| part_json(part).unwrap()).collect();
            write_summary(&store, "s", &summary, written).await.unwrap();
            let read: Summary = read_json(&store, "s".to_owned()).await.unwrap();
            assert_eq!(read, Summary { parts, ..summary });
        }
    }
}
