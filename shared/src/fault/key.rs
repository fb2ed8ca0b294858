//! What only the whole file shows to be wrong with a row: its keys. `Validate` leaves it for `Parse`,
//! which has the row.

use super::LogError;

/// Bytes of a [`KeyFault`].
pub const KEY_FAULT_LEN: usize = 20;

/// A key that an earlier row has, or a primary key with a null in it.
///
/// ```
/// use shared::fault::KeyFault;
/// let fault = KeyFault { row_number: 7, key: 0, first_row: Some(2) };
/// assert_eq!(KeyFault::from_bytes(fault.to_bytes()), fault);
/// let next = KeyFault { row_number: 7, key: 1, first_row: None };
/// assert!(fault.to_bytes() < next.to_bytes());
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeyFault {
    /// Row number in the file; its first record, the header or not, is row 1.
    pub row_number: u64,
    /// Position of the key among the keys of the schema, 0-based.
    pub key: u32,
    /// The row that has the key; none if there is a null in it.
    pub first_row: Option<u64>,
}

impl KeyFault {
    /// The fault as bytes, whose order is that of the rows, and of a row that of its keys.
    pub fn to_bytes(self) -> [u8; KEY_FAULT_LEN] {
        let mut bytes = [0; KEY_FAULT_LEN];
        let (row, rest) = bytes.split_at_mut(8);
        let (key, first) = rest.split_at_mut(4);
        row.copy_from_slice(&self.row_number.to_be_bytes());
        key.copy_from_slice(&self.key.to_be_bytes());
        // No row is row 0.
        first.copy_from_slice(&self.first_row.unwrap_or(0).to_be_bytes());
        bytes
    }

    /// The fault that [`to_bytes`](Self::to_bytes) made bytes of.
    pub fn from_bytes(bytes: [u8; KEY_FAULT_LEN]) -> Self {
        let number = |from: usize, to: usize| {
            let bytes = bytes.get(from..to).unwrap_or_default();
            bytes.iter().fold(0, |number, &byte| number << 8 | u64::from(byte))
        };
        KeyFault {
            row_number: number(0, 8),
            key: u32::try_from(number(8, 12)).unwrap_or(u32::MAX),
            first_row: Some(number(12, 20)).filter(|&row| row > 0),
        }
    }
}

/// Reads the faults of a log, [`KeyFault`]s end to end, that arrives in pieces.
///
/// ```
/// use shared::fault::{KeyFault, KeyFaultReader};
/// let fault = KeyFault { row_number: 7, key: 0, first_row: Some(2) };
/// let mut reader = KeyFaultReader::default();
/// reader.push(&fault.to_bytes()[..3]);
/// assert_eq!(reader.read_to(9), None);
/// reader.push(&fault.to_bytes()[3..]);
/// assert_eq!((reader.last_row(), reader.read_to(6)), (7, None));
/// assert_eq!(reader.read_to(7), Some(fault));
/// assert!(reader.finish().is_ok());
/// ```
#[derive(Debug, Default)]
pub struct KeyFaultReader {
    /// What arrived and was not read, behind what was.
    bytes: Vec<u8>,
    /// Bytes that were read.
    at: usize,
    /// Row number of the last fault that has arrived.
    last_row: u64,
}

impl KeyFaultReader {
    /// Takes the next bytes of the log.
    pub fn push(&mut self, piece: &[u8]) {
        self.bytes.drain(..self.at);
        self.at = 0;
        self.bytes.extend_from_slice(piece);
        if let Some(last) = self.faults().last() {
            self.last_row = KeyFault::from_bytes(*last).row_number;
        }
    }

    /// What arrived and was not read.
    fn faults(&self) -> &[[u8; KEY_FAULT_LEN]] {
        self.bytes.get(self.at..).unwrap_or_default().as_chunks().0
    }

    /// Row number of the last fault that has arrived; 0 before the first.
    pub fn last_row(&self) -> u64 {
        self.last_row
    }

    /// The next fault, if it has arrived and is one of a row up to `row_number`.
    pub fn read_to(&mut self, row_number: u64) -> Option<KeyFault> {
        let fault = KeyFault::from_bytes(*self.faults().first()?);
        if fault.row_number > row_number {
            return None;
        }
        self.at += KEY_FAULT_LEN;
        Some(fault)
    }

    /// Whether all that has arrived was read.
    pub fn is_read(&self) -> bool {
        self.faults().is_empty()
    }

    /// The end of the log, of which the last faults need not be read yet.
    ///
    /// # Errors
    /// A log that ends within a fault.
    pub fn finish(&self) -> Result<(), LogError> {
        let is_whole = (self.bytes.len() - self.at).is_multiple_of(KEY_FAULT_LEN);
        is_whole.then_some(()).ok_or(LogError::CUT_OFF)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_log_in_pieces_is_the_log(
            rows in prop::collection::vec((0..90_u64, 0..3_u32, 0..4_u64), 0..40),
            piece_len in 1..70_usize,
        ) {
            let fault = |(row_number, key, first_row): (u64, u32, u64)| {
                KeyFault { row_number, key, first_row: Some(first_row).filter(|&row| row > 0) }
            };
            let mut faults: Vec<KeyFault> = rows.into_iter().map(fault).collect();
            faults.sort_by_key(|fault| (fault.row_number, fault.key, fault.first_row));
            let log: Vec<_> = faults.iter().map(|fault| fault.to_bytes()).collect();
            prop_assert!(log.is_sorted());
            let bytes = log.concat();
            let (mut reader, mut found) = (KeyFaultReader::default(), Vec::new());
            for piece in bytes.chunks(piece_len) {
                reader.push(piece);
                while let Some(fault) = reader.read_to(reader.last_row().saturating_sub(1)) {
                    found.push(fault);
                }
            }
            prop_assert!(reader.finish().is_ok());
            found.extend(std::iter::from_fn(|| reader.read_to(u64::MAX)));
            prop_assert_eq!(found, faults);
            reader.push(b"x");
            prop_assert!(reader.finish().is_err());
        }
    }
}
