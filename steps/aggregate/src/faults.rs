//! What the steps found wrong with the rows of a chunk, as it arrives.

use bytes::Bytes;
use futures_util::TryStreamExt;
use futures_util::stream::{self, BoxStream, StreamExt};
use shared::fault::{Fault, FaultReader};
use shared::store::{Body, StoreError};

use crate::error::AggregateError;

/// The faults of a chunk, in the order of its rows; of a row, those that `Parse` found come first.
pub(crate) struct ChunkFaults {
    parse: Log,
    enrich: Log,
}

/// The faults that one step found.
struct Log {
    pieces: BoxStream<'static, Result<Bytes, StoreError>>,
    reader: FaultReader,
    next: Option<Fault<'static>>,
}

impl ChunkFaults {
    /// Those of the logs that are there.
    pub(crate) fn new(parse: Option<Body>, enrich: Option<Body>) -> Self {
        ChunkFaults { parse: Log::new(parse), enrich: Log::new(enrich) }
    }

    /// The next fault of a row up to `row_number`.
    pub(crate) async fn next(
        &mut self,
        row_number: u64,
    ) -> Result<Option<Fault<'static>>, AggregateError> {
        let log = match (self.parse.next_row().await?, self.enrich.next_row().await?) {
            (Some(parse), Some(enrich)) if enrich < parse => &mut self.enrich,
            (None, _) => &mut self.enrich,
            (Some(_), _) => &mut self.parse,
        };
        Ok(log.next.take_if(|fault| fault.row_number <= row_number))
    }
}

impl Log {
    fn new(body: Option<Body>) -> Self {
        let pieces = body.map_or_else(|| stream::empty().boxed(), |body| body.pieces);
        Log { pieces, reader: FaultReader::default(), next: None }
    }

    /// The row of the next fault.
    async fn next_row(&mut self) -> Result<Option<u64>, AggregateError> {
        while self.next.is_none() {
            self.next = self.reader.read()?;
            if self.next.is_none() && !self.read_on().await? {
                break;
            }
        }
        Ok(self.next.as_ref().map(|fault| fault.row_number))
    }

    /// Reads the next piece; false behind the last.
    async fn read_on(&mut self) -> Result<bool, AggregateError> {
        let Some(piece) = self.pieces.try_next().await? else {
            self.reader.finish()?;
            return Ok(false);
        };
        self.reader.push(&piece);
        Ok(true)
    }
}

#[cfg(test)]
mod tests {
    use shared::fault::{FaultLog, Kind};
    use shared::store::{MemoryStore, Object, Store};

    use super::*;

    fn log(rows: &[u64]) -> Vec<u8> {
        let mut log = FaultLog::default();
        for &row_number in rows {
            let (line_number, kind) = (row_number, Kind::BlankRow);
            log.push(&Fault { row_number, line_number, kind, found: "é".into() });
        }
        log.into_bytes()
    }

    async fn open(store: &MemoryStore, key: &str, log: &[u8]) -> Option<Body> {
        store.write(key, log.to_vec().into()).await.unwrap();
        Some(store.open(&Object::output(key), None).await.unwrap())
    }

    #[tokio::test]
    async fn faults_come_row_by_row_whatever_the_pieces() {
        for piece_len in [1, 2, 7, 1000] {
            let store = MemoryStore::new(piece_len);
            let parse = open(&store, "p", &log(&[2, 2, 5, 9])).await;
            let enrich = open(&store, "e", &log(&[1, 5, 7, 10])).await;
            let mut faults = ChunkFaults::new(parse, enrich);
            let mut found = Vec::new();
            for row_number in [4, 5, 6, u64::MAX] {
                let mut rows = Vec::new();
                while let Some(fault) = faults.next(row_number).await.unwrap() {
                    rows.push(fault.row_number);
                }
                found.push(rows);
            }
            assert_eq!(found, [vec![1, 2, 2], vec![5, 5], vec![], vec![7, 9, 10]]);
        }
    }

    #[tokio::test]
    async fn no_log_has_no_faults_and_half_a_log_is_told() {
        assert_eq!(ChunkFaults::new(None, None).next(9).await.unwrap(), None);
        let store = MemoryStore::new(3);
        let whole = log(&[2, 3]);
        let parse = open(&store, "p", &whole[..whole.len() - 1]).await;
        let mut faults = ChunkFaults::new(parse, None);
        assert_eq!(faults.next(9).await.unwrap().unwrap().row_number, 2);
        assert!(matches!(faults.next(9).await, Err(AggregateError::Faults(_))));
    }
}
