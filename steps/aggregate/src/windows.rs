//! The records of a chunk's text, a few at a time.

use shared::csv::{Boundaries, Grammar, RecordTooLong, Span, Unclosed};
use shared::table::Position;

/// Cuts a text that arrives in pieces into windows of whole records.
///
/// Invariant: what it holds is bounded by the length of a piece and of a record.
pub(crate) struct Windows {
    boundaries: Boundaries,
    /// Where the next record stands.
    next: Position,
}

/// Whole records, one after the other.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Window {
    pub(crate) text: Vec<u8>,
    /// Where the first of them stands.
    pub(crate) first: Position,
}

/// A text that is not the one that was validated.
#[derive(Debug, thiserror::Error)]
pub enum WindowError {
    /// A record beyond all measure.
    #[error(transparent)]
    RecordTooLong(#[from] RecordTooLong),
    /// A quote that is never closed.
    #[error(transparent)]
    Unclosed(#[from] Unclosed),
}

impl Windows {
    /// Those of a text whose first record stands at `first`.
    pub(crate) fn new(grammar: &Grammar, first: Position) -> Self {
        Windows { boundaries: Boundaries::new(grammar), next: first }
    }

    /// The records that are whole with the next piece.
    pub(crate) fn push(&mut self, piece: &[u8]) -> Result<Window, WindowError> {
        let (mut window, next) = (self.window(), &mut self.next);
        self.boundaries.push(piece, |span, raw| window.add(next, &span, raw))?;
        Ok(window)
    }

    /// The records that are left at the end.
    pub(crate) fn finish(&mut self) -> Result<Window, WindowError> {
        let (mut window, next) = (self.window(), &mut self.next);
        self.boundaries.finish(|span, raw| window.add(next, &span, raw))?;
        Ok(window)
    }

    fn window(&self) -> Window {
        Window { text: Vec::new(), first: self.next }
    }
}

impl Window {
    fn add(&mut self, next: &mut Position, span: &Span, raw: &[u8]) {
        self.text.extend_from_slice(raw);
        next.row_number += 1;
        next.line_number += span.line_count;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_hold_whole_records_and_tell_where_they_stand() {
        let at = |row_number, line_number| Position { row_number, line_number };
        let window = |text: &str, first| Window { text: text.into(), first };
        let mut windows = Windows::new(&Grammar::default(), at(2, 3));
        let pieces = ["a\n\"b", "\nc\"\n\nd", "e\nf"];
        let found: Vec<Window> = pieces.map(|piece| windows.push(piece.as_bytes()).unwrap()).into();
        let expected =
            [window("a\n", at(2, 3)), window("\"b\nc\"\n\n", at(3, 4)), window("de\n", at(5, 7))];
        assert_eq!(found, expected);
        assert_eq!(windows.finish().unwrap(), window("f", at(6, 8)));
        windows.push(b"\"").unwrap();
        assert!(matches!(windows.finish(), Err(WindowError::Unclosed(_))));
    }
}
