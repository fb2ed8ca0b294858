//! UTF-8 validity of bytes that arrive in pieces.

/// Checks pieces of a text; a character may be cut between them. Offsets are 0-based.
#[derive(Debug, Clone, Default)]
pub(crate) struct Utf8Check {
    /// The first bytes of a character whose rest is still to come, at most 3.
    cut: Vec<u8>,
    /// Offset of the next piece.
    at: u64,
}

impl Utf8Check {
    /// Takes the next piece.
    ///
    /// # Errors
    /// The offset of the first byte that is no part of a character, whatever the pieces.
    pub(crate) fn push(&mut self, piece: &[u8]) -> Result<(), u64> {
        let mut taken = 0;
        while !self.cut.is_empty() {
            let Some(&byte) = piece.get(taken) else { break };
            self.cut.push(byte);
            taken += 1;
            match std::str::from_utf8(&self.cut) {
                Ok(_) => self.cut.clear(),
                Err(error) if error.error_len().is_some() => {
                    return Err(self.at + taken as u64 - self.cut.len() as u64);
                }
                Err(_) => {}
            }
        }
        let rest = piece.get(taken..).unwrap_or_default();
        if let Err(error) = std::str::from_utf8(rest) {
            let valid = error.valid_up_to();
            if error.error_len().is_some() {
                return Err(self.at + (taken + valid) as u64);
            }
            self.cut.extend_from_slice(rest.get(valid..).unwrap_or_default());
        }
        self.at += piece.len() as u64;
        Ok(())
    }

    /// The end of the text.
    ///
    /// # Errors
    /// The offset of a character that is cut off.
    pub(crate) fn finish(&self) -> Result<(), u64> {
        if self.cut.is_empty() { Ok(()) } else { Err(self.at - self.cut.len() as u64) }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn check(bytes: &[u8], piece_len: usize) -> Result<(), u64> {
        let mut check = Utf8Check::default();
        for piece in bytes.chunks(piece_len) {
            check.push(piece)?;
        }
        check.finish()
    }

    proptest! {
        #[test]
        fn the_fault_is_that_of_the_whole(
            text in "[aé€🦀]{0,12}",
            noise in prop::option::of((0..40_usize, any::<u8>())),
        ) {
            let mut bytes = text.into_bytes();
            if let Some((at, byte)) = noise && let Some(slot) = bytes.get_mut(at) {
                *slot = byte;
            }
            let expected = std::str::from_utf8(&bytes).map(|_| ());
            let expected = expected.map_err(|error| error.valid_up_to() as u64);
            for piece_len in [1, 2, 3, 7, 4096] {
                prop_assert_eq!(check(&bytes, piece_len), expected);
            }
        }
    }
}
