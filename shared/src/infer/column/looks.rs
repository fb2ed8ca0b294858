//! What the texts of a column look like, to tell a label from them.

/// Kinds of characters, as bits.
fn kinds(cell: &str) -> u8 {
    cell.chars().fold(0, |kinds, c| {
        kinds
            | match c {
                _ if c.is_numeric() => 1,
                _ if c.is_lowercase() => 2,
                _ if c.is_uppercase() => 4,
                _ if c.is_alphabetic() => 8,
                _ if c.is_whitespace() => 16,
                _ => 32,
            }
    })
}

/// Lengths and kinds of characters.
#[derive(Debug, Clone, Copy)]
pub(in super::super) struct Looks {
    count: u64,
    shortest: usize,
    longest: usize,
    ever: u8,
    always: u8,
}

impl Default for Looks {
    fn default() -> Self {
        Looks { count: 0, shortest: usize::MAX, longest: 0, ever: 0, always: u8::MAX }
    }
}

/// Values that show what the others look like.
const ENOUGH: u64 = 10;

impl Looks {
    pub(super) fn push(&mut self, cell: &str) {
        let kinds = kinds(cell);
        self.count += 1;
        self.shortest = self.shortest.min(cell.len());
        self.longest = self.longest.max(cell.len());
        self.ever |= kinds;
        self.always &= kinds;
    }

    /// Bytes of the longest.
    pub(in super::super) fn longest(&self) -> usize {
        self.longest
    }

    /// Whether a text is clearly none of these: of another length, or of other characters.
    pub(in super::super) fn excludes(&self, cell: &str) -> bool {
        let kinds = kinds(cell);
        self.count >= ENOUGH
            && !cell.is_empty()
            && (!(self.shortest..=self.longest).contains(&cell.len())
                || kinds & !self.ever != 0
                || self.always & !kinds != 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_is_told_from_codes() {
        let mut looks = Looks::default();
        for code in ["UA", "DL", "B6"].repeat(4) {
            looks.push(code);
        }
        for (label, expected) in
            [("carrier", true), ("ua", true), ("AA", false), ("A-", true), ("", false)]
        {
            assert_eq!(looks.excludes(label), expected, "{label}");
        }
        assert!(!Looks::default().excludes("x"), "nothing is known");
    }
}
