//! A field of a record.

use super::found::narrow;

/// A field, by where it lies: most are read as bytes, and need not be looked at as text.
#[derive(Debug, Clone, Copy)]
pub struct Cell<'b> {
    pub(super) within: &'b str,
    pub(super) start: u32,
    pub(super) end: u32,
}

impl<'b> Cell<'b> {
    /// The field whose text is that.
    pub fn new(text: &'b str) -> Self {
        Cell { within: text, start: 0, end: narrow(text.len()) }
    }

    /// A part of it (0-based, half-open).
    #[cfg(test)]
    pub(crate) fn part(self, start: usize, end: usize) -> Self {
        Cell { start: narrow(start), end: narrow(end), ..self }
    }

    /// Its length in bytes.
    #[inline]
    pub fn byte_len(self) -> usize {
        (self.end - self.start) as usize
    }

    /// Its bytes.
    #[inline]
    pub fn bytes(self) -> &'b [u8] {
        self.within.as_bytes().get(self.start as usize..self.end as usize).unwrap_or_default()
    }

    /// The bytes from its start on, whether they are its own or not; None near the end of the text.
    #[inline]
    pub(crate) fn lead<const N: usize>(self) -> Option<&'b [u8; N]> {
        let start = self.start as usize;
        self.within.as_bytes().get(start..start + N)?.first_chunk()
    }

    /// The bytes up to its end, whether they are its own or not; None near the start of the text.
    #[inline]
    pub(crate) fn last<const N: usize>(self) -> Option<&'b [u8; N]> {
        let end = self.end as usize;
        self.within.as_bytes().get(end.checked_sub(N)?..end)?.first_chunk()
    }

    /// Its text.
    #[inline]
    pub fn text(self) -> &'b str {
        // Fields end at characters, as marks do.
        self.within.get(self.start as usize..self.end as usize).unwrap_or_default()
    }
}
