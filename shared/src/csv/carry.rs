//! Records that are cut by the end of a piece.

/// The start of a text that was not taken yet, because its first record is not known to be whole.
///
/// Where pieces are shorter than records it is looked at again only when it has doubled.
///
/// Invariant: each byte is looked at a bounded number of times, whatever the pieces.
#[derive(Debug, Clone)]
pub(crate) struct Carry {
    bytes: Vec<u8>,
    /// The length at which to look at it again.
    due: usize,
    /// The length from which on it is looked at with each byte more.
    limit: usize,
}

impl Carry {
    /// Nothing yet. Whoever takes records says what is wrong with one that is longer than `limit`.
    pub(crate) fn new(limit: usize) -> Self {
        Carry { bytes: Vec::new(), due: 0, limit }
    }

    /// Takes the next bytes of the text. `take` is given bytes that start with a record, and says how
    /// many of them the whole records at their start are.
    ///
    /// # Errors
    /// Those of `take`; the pass is over then.
    pub(crate) fn push<E>(
        &mut self,
        piece: &[u8],
        mut take: impl FnMut(&[u8]) -> Result<usize, E>,
    ) -> Result<(), E> {
        let rest = self.complete(piece, &mut take)?;
        if rest.is_empty() {
            return Ok(());
        }
        let taken = take(rest)?;
        self.bytes.extend_from_slice(rest.get(taken..).unwrap_or_default());
        self.set_due();
        Ok(())
    }

    /// Number of bytes that were not taken.
    pub(crate) fn len(&self) -> usize {
        self.bytes.len()
    }

    /// What was not taken.
    pub(crate) fn take_rest(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.bytes)
    }

    /// Takes as much of `piece` as completes the record that an earlier piece began; the rest.
    fn complete<'p, E>(
        &mut self,
        piece: &'p [u8],
        take: &mut impl FnMut(&[u8]) -> Result<usize, E>,
    ) -> Result<&'p [u8], E> {
        // What is kept that is not of this piece, and what of the piece is not kept.
        let (mut earlier, mut rest) = (self.bytes.len(), piece);
        while earlier > 0 && !rest.is_empty() {
            let step = rest.len().min(self.due.saturating_sub(self.bytes.len()).max(1));
            let more;
            (more, rest) = rest.split_at(step);
            self.bytes.extend_from_slice(more);
            if self.bytes.len() < self.due {
                break;
            }
            let taken = take(&self.bytes)?;
            if taken >= earlier {
                self.bytes.clear();
                return Ok(piece.get(taken - earlier..).unwrap_or_default());
            }
            self.bytes.drain(..taken);
            earlier -= taken;
            self.set_due();
        }
        Ok(rest)
    }

    fn set_due(&mut self) {
        self.due = (2 * self.bytes.len()).min(self.limit + 1);
    }
}
