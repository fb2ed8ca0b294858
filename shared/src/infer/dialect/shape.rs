//! What a text looks like, read by one grammar.

use std::collections::BTreeMap;

use crate::csv::{Boundaries, Grammar, Record, Records};

/// Records whose cells are looked at.
const LOOKED_AT: u64 = 500;

/// A record that is not finished within this many bytes of a text that is cut has lost its end.
const LONG_RECORD: usize = 64 << 10;

/// How the records of a text come out.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Shape {
    /// Records that are not blank.
    pub(super) records: u64,
    /// The commonest number of cells.
    pub(super) width: usize,
    /// Records with that many.
    pub(super) regular: u64,
    /// Cells of the first record.
    pub(super) first_width: usize,
    /// Records with text behind a closing quote.
    pub(super) stray: u64,
    /// Whether a quote is never closed.
    pub(super) is_unclosed: bool,
    /// The part of the cells that look like numbers or dates, 0 to 1; of the first record and of the
    /// others.
    pub(super) first_typed: f64,
    pub(super) typed: f64,
}

impl Shape {
    /// The shape of `text`, which may end anywhere if `is_cut`.
    pub(super) fn of(grammar: Grammar, text: &[u8], is_cut: bool) -> Shape {
        let (text, is_unclosed) = whole_records(grammar, text, is_cut);
        let mut records = Records::new(grammar, text);
        let mut record = Record::default();
        let mut widths: BTreeMap<usize, u64> = BTreeMap::new();
        let (mut count, mut stray, mut first_width) = (0, 0, 0);
        let (mut first, mut others) = (Typed::default(), Typed::default());
        while records.read(&mut record) {
            if record.is_empty() {
                continue;
            }
            if count == 0 {
                first_width = record.len();
                first.push(&record);
            } else if count < LOOKED_AT {
                others.push(&record);
            }
            count += 1;
            stray += u64::from(record.stray_quote().is_some());
            *widths.entry(record.len()).or_default() += 1;
        }
        let (width, regular) = commonest(&widths);
        let (first_typed, typed) = (first.part(), others.part());
        Shape {
            records: count,
            width,
            regular,
            first_width,
            stray,
            is_unclosed,
            first_typed,
            typed,
        }
    }

    /// The part of the records that are as they should be, 0 to 1.
    pub(super) fn regularity(&self) -> f64 {
        if self.is_unclosed || self.records == 0 {
            return 0.0;
        }
        #[allow(clippy::cast_precision_loss, reason = "a sample has few records")]
        let part = |count: u64| count as f64 / self.records as f64;
        (part(self.regular) - part(self.stray)).max(0.0)
    }

    /// Whether it is a table of several columns, and its first record a row of it.
    pub(super) fn is_table(&self) -> bool {
        self.width > 1 && self.first_width == self.width && self.regularity() > 0.5
    }
}

/// Counts the cells that look like numbers or dates.
#[derive(Debug, Default)]
struct Typed {
    cells: u32,
    typed: u32,
}

impl Typed {
    fn push(&mut self, record: &Record) {
        for cell in record.iter().filter(|cell| !cell.is_empty()) {
            self.cells += 1;
            self.typed += u32::from(looks_typed(cell));
        }
    }

    fn part(&self) -> f64 {
        f64::from(self.typed) / f64::from(self.cells.max(1))
    }
}

/// The text up to the end of a record, and whether the file ends inside a quoted field.
fn whole_records(grammar: Grammar, text: &[u8], is_cut: bool) -> (&[u8], bool) {
    let mut boundaries = Boundaries::new(grammar);
    let mut last = 0;
    boundaries.push(text, |start| last = start);
    if !is_cut {
        return (text, boundaries.finish().is_err());
    }
    let last = usize::try_from(last).unwrap_or(usize::MAX).min(text.len());
    let rest = text.len() - last;
    (text.get(..last).unwrap_or_default(), rest > LONG_RECORD.min(text.len() / 2))
}

/// The width of most records; of several the largest.
fn commonest(widths: &BTreeMap<usize, u64>) -> (usize, u64) {
    widths.iter().max_by_key(|(_, count)| **count).map_or((0, 0), |(width, count)| (*width, *count))
}

/// Digits and what stands between them in numbers, dates and times.
fn looks_typed(cell: &[u8]) -> bool {
    let is_part = |byte: &u8| byte.is_ascii_digit() || b"+-.,:/ TZ%e".contains(byte);
    cell.iter().all(is_part) && cell.iter().any(u8::is_ascii_digit)
}
