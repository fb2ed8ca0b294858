//! UTF-8 validity of bytes that arrive in pieces.

/// Checks pieces of a text; a character may be cut between them.
#[derive(Debug, Clone, Default)]
pub(crate) struct Utf8Check {
    /// The first bytes of a character whose rest is still to come, at most 3.
    cut: Vec<u8>,
}

impl Utf8Check {
    /// Takes the next piece.
    ///
    /// # Errors
    /// The position in `piece` (0-based) where it is known that the bytes are no UTF-8.
    pub(crate) fn push(&mut self, piece: &[u8]) -> Result<(), usize> {
        let mut taken = 0;
        while !self.cut.is_empty() {
            let Some(&byte) = piece.get(taken) else { return Ok(()) };
            self.cut.push(byte);
            match std::str::from_utf8(&self.cut) {
                Ok(_) => self.cut.clear(),
                Err(error) if error.error_len().is_some() => return Err(taken),
                Err(_) => {}
            }
            taken += 1;
        }
        let rest = piece.get(taken..).unwrap_or_default();
        if let Err(error) = std::str::from_utf8(rest) {
            let valid = error.valid_up_to();
            if error.error_len().is_some() {
                return Err(taken + valid);
            }
            self.cut.extend_from_slice(rest.get(valid..).unwrap_or_default());
        }
        Ok(())
    }

    /// Whether the text may end here, and not inside a character.
    pub(crate) fn is_complete(&self) -> bool {
        self.cut.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn is_valid(bytes: &[u8], piece_len: usize) -> bool {
        let mut check = Utf8Check::default();
        bytes.chunks(piece_len).all(|piece| check.push(piece).is_ok()) && check.is_complete()
    }

    #[test]
    fn a_fault_is_found_where_it_is() {
        assert_eq!(Utf8Check::default().push(b"ab\xffcd"), Err(2));
        let mut check = Utf8Check::default();
        check.push(b"a\xe2\x82").unwrap();
        assert_eq!(check.push(b"a"), Err(0));
    }

    proptest! {
        #[test]
        fn pieces_are_as_valid_as_the_whole(
            text in "[aé€🦀]{0,12}",
            noise in prop::option::of((0..40_usize, any::<u8>())),
        ) {
            let mut bytes = text.into_bytes();
            if let Some((at, byte)) = noise && let Some(slot) = bytes.get_mut(at) {
                *slot = byte;
            }
            let expected = std::str::from_utf8(&bytes).is_ok();
            for piece_len in [1, 2, 3, 7, 4096] {
                prop_assert_eq!(is_valid(&bytes, piece_len), expected);
            }
        }
    }
}
