//! Faults as a step leaves them for the next: one after the other, in few bytes.

use std::collections::BTreeMap;

use super::{Code, Fault};

/// Faults in the order of their rows, written as they are found.
#[derive(Debug, Clone, Default)]
pub struct FaultLog {
    bytes: Vec<u8>,
    row_count: u64,
    last_row: Option<u64>,
}

/// A log that cannot be read or written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a log of faults cannot be read or written")]
pub struct LogError(#[from] postcard::Error);

impl LogError {
    /// The log ends within a fault.
    pub(super) const CUT_OFF: Self = LogError(postcard::Error::DeserializeUnexpectedEnd);

    /// The log tells of a row that is not there: a bug.
    pub const NO_ROW: Self = LogError(postcard::Error::DeserializeBadEncoding);
}

impl FaultLog {
    /// Appends a fault.
    pub fn push(&mut self, fault: &Fault<'_>) {
        // Into memory, of a type without maps or unsized sequences: it cannot fail.
        if let Ok(bytes) = postcard::to_extend(fault, std::mem::take(&mut self.bytes)) {
            self.bytes = bytes;
        }
        if self.last_row.replace(fault.row_number) != Some(fault.row_number) {
            self.row_count += 1;
        }
    }

    /// Number of rows with a fault.
    pub fn row_count(&self) -> u64 {
        self.row_count
    }

    /// Whether there is no fault.
    pub fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// The log as bytes, for [`Faults`].
    pub fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }

    /// The faults so far.
    pub fn faults(&self) -> Faults<'_> {
        Faults { bytes: &self.bytes }
    }
}

/// The faults of a log, in order.
///
/// ```
/// use shared::fault::{Fault, FaultLog, Faults, Kind};
/// let fault = Fault { row_number: 2, line_number: 3, kind: Kind::BlankRow, found: "".into() };
/// let mut log = FaultLog::default();
/// log.push(&fault);
/// let bytes = log.into_bytes();
/// assert_eq!(Faults::new(&bytes).collect::<Result<Vec<_>, _>>().unwrap(), [fault]);
/// ```
#[derive(Debug, Clone)]
pub struct Faults<'a> {
    bytes: &'a [u8],
}

impl<'a> Faults<'a> {
    /// The faults that a log holds.
    pub fn new(bytes: &'a [u8]) -> Self {
        Faults { bytes }
    }
}

impl<'a> Iterator for Faults<'a> {
    type Item = Result<Fault<'a>, LogError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.bytes.is_empty() {
            return None;
        }
        let taken = postcard::take_from_bytes(self.bytes);
        self.bytes = taken.as_ref().map_or(&[][..], |(_, rest)| rest);
        Some(taken.map(|(fault, _)| fault).map_err(LogError))
    }
}

/// Reads the faults of a log that arrives in pieces.
///
/// ```
/// use shared::fault::{Fault, FaultLog, FaultReader, Kind};
/// let fault = Fault { row_number: 2, line_number: 3, kind: Kind::BlankRow, found: "é".into() };
/// let mut log = FaultLog::default();
/// log.push(&fault);
/// let bytes = log.into_bytes();
/// let mut reader = FaultReader::default();
/// reader.push(&bytes[..3]);
/// assert!(reader.read().unwrap().is_none());
/// reader.push(&bytes[3..]);
/// assert_eq!(reader.read().unwrap(), Some(fault));
/// assert!(reader.finish().is_ok());
/// ```
#[derive(Debug, Default)]
pub struct FaultReader {
    /// What arrived and was not read, behind what was.
    bytes: Vec<u8>,
    /// Bytes that were read.
    at: usize,
}

impl FaultReader {
    /// Takes the next bytes of the log.
    pub fn push(&mut self, piece: &[u8]) {
        self.bytes.drain(..self.at);
        self.at = 0;
        self.bytes.extend_from_slice(piece);
    }

    /// The next fault, if all of it has arrived.
    ///
    /// # Errors
    /// Bytes that are no log.
    pub fn read(&mut self) -> Result<Option<Fault<'static>>, LogError> {
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        match postcard::take_from_bytes::<Fault<'_>>(rest) {
            Ok((fault, behind)) => {
                let Fault { row_number, line_number, kind, found } = fault;
                let found = found.into_owned().into();
                self.at = self.bytes.len() - behind.len();
                Ok(Some(Fault { row_number, line_number, kind, found }))
            }
            Err(postcard::Error::DeserializeUnexpectedEnd) => Ok(None),
            Err(error) => Err(LogError(error)),
        }
    }

    /// The end of the log.
    ///
    /// # Errors
    /// A log that ends within a fault.
    pub fn finish(&self) -> Result<(), LogError> {
        let is_read = self.at == self.bytes.len();
        is_read.then_some(()).ok_or(LogError::CUT_OFF)
    }
}

/// The faults of two logs together, in the order of the rows; of a row, those of the first log come
/// first.
pub fn merge<'a>(
    first: impl Iterator<Item = Result<Fault<'a>, LogError>>,
    second: impl Iterator<Item = Result<Fault<'a>, LogError>>,
) -> impl Iterator<Item = Result<Fault<'a>, LogError>> {
    let (mut first, mut second) = (first.peekable(), second.peekable());
    std::iter::from_fn(move || match (first.peek(), second.peek()) {
        (Some(Ok(left)), Some(Ok(right))) if right.row_number < left.row_number => second.next(),
        (None, _) => second.next(),
        (Some(_), _) => first.next(),
    })
}

/// Counts of faults by code.
pub type CodeCounts = BTreeMap<Code, u64>;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::Kind;
    use super::*;

    fn log(rows: &[u64]) -> Vec<u8> {
        let mut log = FaultLog::default();
        for &row_number in rows {
            log.push(&Fault {
                row_number,
                line_number: row_number,
                kind: Kind::BlankRow,
                found: "é".into(),
            });
        }
        log.into_bytes()
    }

    #[test]
    fn logs_merge_by_row() {
        let (first, second) = (log(&[2, 2, 5, 9]), log(&[1, 5, 7, 10]));
        let merged: Vec<u64> = merge(Faults::new(&first), Faults::new(&second))
            .map(|fault| fault.unwrap().row_number)
            .collect();
        assert_eq!(merged, [1, 2, 2, 5, 5, 7, 9, 10]);
        assert_eq!(merge(Faults::new(&[]), Faults::new(&second)).count(), 4);
        assert_eq!(merge(Faults::new(&first), Faults::new(&[])).count(), 4);
    }

    #[test]
    fn rows_are_counted_once() {
        let mut log = FaultLog::default();
        for row_number in [2, 2, 3, 3, 3, 7] {
            log.push(&Fault { row_number, line_number: 1, kind: Kind::BlankRow, found: "".into() });
        }
        assert_eq!(log.row_count(), 3);
        assert_eq!(log.faults().count(), 6);
    }

    #[test]
    fn a_damaged_log_is_an_error_and_ends() {
        let bytes = log(&[2, 3]);
        let cut = &bytes[..bytes.len() - 1];
        let read: Vec<_> = Faults::new(cut).collect();
        assert_eq!(read.len(), 2);
        assert!(read[0].is_ok() && read[1].is_err());
    }

    proptest! {
        #[test]
        fn a_log_in_pieces_is_the_log(
            rows in prop::collection::vec(any::<u64>(), 0..20),
            piece_len in 1..40_usize,
        ) {
            let bytes = log(&rows);
            let mut reader = FaultReader::default();
            let mut found = Vec::new();
            for piece in bytes.chunks(piece_len) {
                reader.push(piece);
                while let Some(fault) = reader.read().unwrap() {
                    found.push(fault);
                }
            }
            let expected: Vec<_> = Faults::new(&bytes).map(Result::unwrap).collect();
            prop_assert_eq!(found, expected);
            prop_assert!(reader.finish().is_ok());
            if let Some((_, cut)) = bytes.split_last() {
                let mut reader = FaultReader::default();
                reader.push(cut);
                while reader.read().unwrap().is_some() {}
                prop_assert!(reader.finish().is_err());
            }
        }
    }
}
