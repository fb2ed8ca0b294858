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
}
