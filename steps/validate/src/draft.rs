//! I/O around a drafted contract.

use futures_util::{StreamExt, pin_mut};
use shared::infer::{self, Inference};
use shared::job::{Work, input, write_json};
use shared::message::Dropped;
use shared::report;
use shared::store::{Store, StoreError};

use crate::error::ValidateError;

/// Bytes of a file that a contract is drafted from: 64 MiB.
const DRAFT_BYTES: u64 = 64 << 20;

/// Drafts a contract from the start of the file, and gives its key; none if the file is gone or no
/// table at all. It quotes no cells: nobody has said yet who may see them.
pub(crate) async fn draft(
    file: &Dropped,
    work: Work<'_>,
    store: &impl Store,
) -> Result<Option<String>, ValidateError> {
    let mut inference = Inference::new(infer::Options {
        is_part: file.byte_len > DRAFT_BYTES,
        // What a few compressed bytes inflate to is bounded too.
        byte_limit: Some(DRAFT_BYTES),
        ..infer::Options::new(&file.dataset, format!("{}.csv", file.dataset))
    });
    let object = input(file);
    let pieces = store.read(&object, Some(0..DRAFT_BYTES.min(file.byte_len)));
    pin_mut!(pieces);
    while let Some(piece) = pieces.next().await {
        let piece = match piece {
            Err(StoreError::NotFound { .. }) => return Ok(None),
            piece => piece.map_err(ValidateError::Store)?,
        };
        if inference.push(&piece).is_err() {
            return Ok(None);
        }
    }
    let Ok(draft) = inference.finish() else { return Ok(None) };
    let key = report::draft_key(&file.dataset, work.execution);
    write_json(store, key.clone(), &draft.without_cells()).await?;
    Ok(Some(key))
}
