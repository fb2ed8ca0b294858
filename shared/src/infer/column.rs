//! One column: the readings that every cell so far allows, and a few statistics.
//!
//! Invariant: its memory is bounded, whatever the length of the file.

mod distinct;
mod looks;

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hasher};

use super::reading::{Doubt, Reading, doubt, is_plain};
use super::report::Rows;

pub(super) use distinct::{Budget, Distinct};
pub(super) use looks::Looks;

/// Cells that are kept to be shown.
const EXAMPLES: usize = 3;

/// Characters of a cell that is kept to be shown.
const EXAMPLE_CHARS: usize = 80;

/// Texts that often stand for nothing, in any letter case.
const MISSING: [&str; 20] = [
    "-", "--", "---", ".", "..", "?", "na", "n/a", "n.a.", "#n/a", "<na>", "nan", "null", "(null)",
    "\\n", "none", "nil", "missing", "unknown", "#value!",
];

/// Bytes of such a text, spaces around it included.
const LONGEST_MISSING: usize = 16;

/// Spellings of such texts that are told apart.
const SPELLINGS: usize = 16;

/// Values that may miss a reading of almost all.
const FEW: u64 = 1000;

/// Cells that the readings are known to accept.
const REMEMBERED: usize = 256;

/// A reading of almost all cells.
#[derive(Debug)]
pub(super) struct Lost {
    /// What fitted until then.
    pub(super) readings: Vec<Reading>,
    /// Values that do not fit.
    pub(super) misses: Rows,
    /// The first of them.
    pub(super) example: String,
}

/// A column.
#[derive(Debug, Default)]
pub(super) struct Column {
    /// What every value so far can be read as; None before the first.
    readings: Option<Vec<Reading>>,
    /// What it could be read as but for a few.
    pub(super) lost: Option<Lost>,
    /// Cells that are neither empty nor seem to stand for nothing.
    pub(super) value_count: u64,
    /// Values that are no bare integers, and the first few of them.
    pub(super) odd: Rows,
    pub(super) examples: Vec<String>,
    /// Empty cells.
    pub(super) empty: Rows,
    /// Texts that may stand for nothing.
    pub(super) missing: BTreeMap<String, Rows>,
    /// Why a numeral may be more than a number, and where.
    pub(super) doubt: Option<(Doubt, u64)>,
    /// The smallest and the largest bare integer.
    pub(super) range: Option<(i64, i64)>,
    /// Whether there is a value beyond ASCII.
    is_beyond_ascii: bool,
    pub(super) distinct: Distinct,
    pub(super) looks: Looks,
    remembered: Vec<u64>,
}

impl Column {
    /// Takes the next cell.
    pub(super) fn push(&mut self, row: u64, cell: &str, budget: &mut Budget) {
        if cell.is_empty() {
            self.empty.push(row);
            return;
        }
        let hash = hash(cell);
        self.distinct.push(hash, cell, budget);
        let is_plain = is_plain(cell.as_bytes());
        if !is_plain && self.is_missing(row, cell) {
            return;
        }
        self.value_count += 1;
        self.looks.push(cell);
        if is_plain {
            self.widen_range(cell);
        } else {
            self.note(row, cell);
        }
        if !self.remembers(hash) {
            self.narrow(row, cell, is_plain);
            self.remember(hash);
        }
    }

    /// What every value can be read as, the preferred first.
    pub(super) fn readings(&self) -> &[Reading] {
        self.readings.as_deref().unwrap_or_default()
    }

    /// Takes the column for text if a value was read in another encoding than the file turns out to be
    /// in.
    pub(super) fn distrust_beyond_ascii(&mut self) {
        if self.is_beyond_ascii {
            (self.readings, self.lost) = (Some(Vec::new()), None);
        }
    }

    fn is_missing(&mut self, row: u64, cell: &str) -> bool {
        if !is_missing_text(cell) {
            return false;
        }
        if let Some(rows) = self.missing.get_mut(cell) {
            rows.push(row);
            return true;
        }
        if self.missing.len() < SPELLINGS {
            self.missing.entry(cell.to_owned()).or_default().push(row);
            return true;
        }
        false
    }

    fn widen_range(&mut self, cell: &str) {
        let Ok(number) = cell.parse() else { return };
        let (least, most) = self.range.unwrap_or((number, number));
        self.range = Some((least.min(number), most.max(number)));
    }

    fn note(&mut self, row: u64, cell: &str) {
        self.odd.push(row);
        if self.examples.len() < EXAMPLES {
            self.examples.push(clipped(cell).to_owned());
        }
        if self.doubt.is_none() {
            self.doubt = doubt(cell).map(|doubt| (doubt, row));
        }
        self.is_beyond_ascii |= !cell.is_ascii();
    }

    /// Drops the readings that do not accept `cell`.
    fn narrow(&mut self, row: u64, cell: &str, is_plain: bool) {
        let accepts =
            |reading: &Reading| is_plain && reading.accepts_integers() || reading.accepts(cell);
        let Some(readings) = &mut self.readings else {
            self.readings = Some(Reading::all(cell));
            return;
        };
        if readings.iter().all(accepts) {
            if let Some(lost) = &mut self.lost
                && !lost.readings.iter().any(accepts)
            {
                lost.misses.push(row);
                self.lost = self.lost.take().filter(|lost| lost.misses.count() <= FEW);
            }
            return;
        }
        let before = readings.clone();
        readings.retain(accepts);
        self.remembered.clear();
        if readings.is_empty() {
            let mut misses = Rows::default();
            misses.push(row);
            self.lost = Some(Lost { readings: before, misses, example: clipped(cell).to_owned() });
        }
    }

    /// Whether the readings are known to accept the cell. In a column that is only text a cell
    /// that something lost does not accept must be counted each time.
    fn remembers(&self, hash: u64) -> bool {
        self.lost.is_none() && self.remembered.get(slot(hash)) == Some(&hash)
    }

    fn remember(&mut self, hash: u64) {
        self.remembered.resize(REMEMBERED, 0);
        if let Some(place) = self.remembered.get_mut(slot(hash)) {
            *place = hash;
        }
    }
}

/// Whether a text often stands for nothing.
pub(super) fn is_missing_text(cell: &str) -> bool {
    let text = cell.trim();
    cell.len() <= LONGEST_MISSING
        && (text.is_empty() || MISSING.iter().any(|missing| missing.eq_ignore_ascii_case(text)))
}

fn slot(hash: u64) -> usize {
    usize::try_from(hash % REMEMBERED as u64).unwrap_or_default()
}

/// A hash that is the same in every run.
fn hash(cell: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    hasher.write(cell.as_bytes());
    hasher.finish()
}

/// The first characters of a cell.
fn clipped(cell: &str) -> &str {
    let end = cell.char_indices().nth(EXAMPLE_CHARS).map_or(cell.len(), |(at, _)| at);
    cell.get(..end).unwrap_or_default()
}
