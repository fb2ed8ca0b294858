//! What is wrong with keys, by chunk.

use bytes::Bytes;
use shared::fault::{KEY_FAULT_LEN, KeyFault};
use shared::job::Work;
use shared::message::Chunk;
use shared::store::{Store, StoreError, Upload};

use crate::keys::Sorted;

/// Bytes that are gathered before the store gets them: 64 KiB.
const GATHERED_LEN: usize = 64 << 10;

/// Writes the log of each chunk.
pub(super) async fn write_logs<S: Store>(
    mut faults: Sorted<'_, S, KEY_FAULT_LEN>,
    chunks: &[Chunk],
    work: Work<'_>,
    store: &S,
) -> Result<(), StoreError> {
    let ends = chunks.iter().skip(1).map(|next| next.first_row).chain([u64::MAX]);
    let mut next = faults.next().await?;
    for (chunk, end) in chunks.iter().zip(ends) {
        let mut log = store.upload(&work.key_faults(chunk.index));
        let mut gathered = Vec::new();
        while let Some(fault) = next.filter(|fault| KeyFault::from_bytes(*fault).row_number < end) {
            gathered.extend_from_slice(&fault);
            if gathered.len() >= GATHERED_LEN {
                log.write(Bytes::from(std::mem::take(&mut gathered))).await?;
            }
            next = faults.next().await?;
        }
        log.write(Bytes::from(gathered)).await?;
        log.finish().await?;
    }
    Ok(())
}
