//! UTF-8 that arrives in pieces.

use super::content::{Fault, hand_on};

/// Checks pieces of a text; a character may be cut between them.
#[derive(Debug, Default)]
pub(super) struct Utf8 {
    /// The first bytes of a character whose rest is still to come, at most 3.
    cut: Vec<u8>,
}

impl Utf8 {
    /// Hands on the whole characters that end in `piece`, and adds their length to `at`, the offset of
    /// the first byte that was not handed on.
    pub(super) fn push<E>(
        &mut self,
        piece: &[u8],
        at: &mut u64,
        on_text: &mut impl FnMut(&[u8]) -> Result<(), E>,
    ) -> Result<(), Fault<E>> {
        let mut rest = piece;
        while !self.cut.is_empty() {
            let Some((&byte, tail)) = rest.split_first() else { return Ok(()) };
            self.cut.push(byte);
            rest = tail;
            match std::str::from_utf8(&self.cut) {
                Ok(_) => {
                    hand_on(&self.cut, on_text)?;
                    *at += self.cut.len() as u64;
                    self.cut.clear();
                }
                Err(error) if error.error_len().is_some() => return Err(Fault::Invalid(*at)),
                Err(_) => {}
            }
        }
        let (valid_len, is_invalid) = match std::str::from_utf8(rest) {
            Ok(text) => (text.len(), false),
            Err(error) => (error.valid_up_to(), error.error_len().is_some()),
        };
        let (valid, tail) = rest.split_at(valid_len);
        hand_on(valid, on_text)?;
        *at += valid_len as u64;
        if is_invalid {
            return Err(Fault::Invalid(*at));
        }
        self.cut.extend_from_slice(tail);
        Ok(())
    }

    /// Whether the text ends between two characters.
    pub(super) fn is_whole(&self) -> bool {
        self.cut.is_empty()
    }
}
