//! I/O around the pass: the bytes of a file in, texts of its chunks and what is wrong with their keys out.

use bytes::Bytes;
use futures_util::{Stream, StreamExt, pin_mut};
use shared::contract::Contract;
use shared::job::{Work, input};
use shared::message::Dropped;
use shared::store::{Store, StoreError, Upload};

use crate::comparer::KeyComparer;
use crate::digest::Hasher;
use crate::error::ValidateError;
use crate::scan::{Product, Scan, Scanned};
use crate::settings::Settings;

/// Reads the whole file; what was found, and the SHA-256 in hexadecimal.
pub(crate) async fn scan(
    file: &Dropped,
    contract: &Contract,
    work: Work<'_>,
    settings: &Settings,
    store: &impl Store,
) -> Result<(Scanned, String), ValidateError> {
    let mut scan = Scan::new(contract, settings.chunk_bytes_for(file.byte_len));
    let mut hasher = Hasher::new();
    let keys = KeyComparer::new(contract, settings.keys, work, store);
    let mut writer = Writer { work, store, open: None, keys };
    let object = input(file);
    let pieces = pieces(store.read(&object, None));
    pin_mut!(pieces);
    while let Some(piece) = pieces.next().await {
        let piece = piece?;
        hasher.push(&piece);
        for piece in scan.pieces(&piece) {
            writer.write(scan.push(piece)?).await?;
        }
    }
    let mut scanned = scan.finish()?;
    writer.write(std::mem::take(&mut scanned.products)).await?;
    writer.finish(&scanned).await?;
    Ok((scanned, hasher.finish()))
}

/// The bytes of the dropped file, which may be gone.
pub(crate) fn pieces(
    read: impl Stream<Item = Result<Bytes, StoreError>>,
) -> impl Stream<Item = Result<Bytes, ValidateError>> {
    read.map(|piece| piece.map_err(ValidateError::of_input))
}

/// Writes what the pass makes of the chunks, the text piece by piece.
struct Writer<'a, S: Store> {
    work: Work<'a>,
    store: &'a S,
    /// The chunk whose text is being written.
    open: Option<(usize, S::Upload)>,
    keys: KeyComparer<'a, S>,
}

impl<S: Store> Writer<'_, S> {
    async fn write(&mut self, products: Vec<Product>) -> Result<(), ValidateError> {
        for product in products {
            match product {
                Product::Text(chunk, text) => {
                    self.append(chunk, text).await.map_err(ValidateError::Store)?;
                }
                Product::Keys(rows) => self.keys.push(rows).await?,
            }
        }
        Ok(())
    }

    async fn append(&mut self, chunk: usize, text: Bytes) -> Result<(), StoreError> {
        let mut upload = match self.open.take() {
            Some((open, upload)) if open == chunk => upload,
            other => {
                if let Some((_, complete)) = other {
                    complete.finish().await?;
                }
                self.store.upload(&self.work.text(chunk))
            }
        };
        upload.write(text).await?;
        self.open = Some((chunk, upload));
        Ok(())
    }

    /// Ends the last text, and compares the keys. The text of a chunk without records is there too, and
    /// empty.
    async fn finish(mut self, scanned: &Scanned) -> Result<(), ValidateError> {
        if self.open.is_none() && !scanned.is_verbatim {
            self.open = Some((0, self.store.upload(&self.work.text(0))));
        }
        if let Some((_, last)) = self.open {
            last.finish().await.map_err(ValidateError::Store)?;
        }
        self.keys.finish(&scanned.chunks).await
    }
}
