//! What a text looks like, read by one grammar.

use std::collections::BTreeMap;

use crate::csv::{Boundaries, Grammar, Record, Records};

/// Records whose cells are looked at.
const LOOKED_AT: u64 = 500;

/// Records in front of a header.
const PREAMBLE: u64 = 20;

/// A record that is not finished within this many bytes of a text that is cut has lost its end.
const LONG_RECORD: usize = 64 << 10;

/// How the records of a text come out.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Shape {
    /// Records from the header on that are neither blank nor comments.
    pub(super) records: u64,
    /// The commonest number of cells.
    pub(super) width: usize,
    /// Records with that many.
    pub(super) regular: u64,
    /// The row of the first of them.
    pub(super) header_row: u64,
    /// Whether there are records in front of that which are neither blank nor comments.
    pub(super) has_preamble: bool,
    /// Records with text behind a closing quote.
    pub(super) stray: u64,
    /// Whether a quote is never closed.
    pub(super) is_unclosed: bool,
    /// The part of the cells that look like numbers or dates, 0 to 1; of the header and of the others.
    pub(super) first_typed: f64,
    pub(super) typed: f64,
    /// Whether every cell behind a delimiter starts with a space, and there is one.
    pub(super) is_spaced: bool,
}

impl Shape {
    /// The shape of `text`, which may end anywhere if `is_cut`.
    pub(super) fn of(grammar: &Grammar, text: &[u8], is_cut: bool) -> Shape {
        let (text, is_unclosed) = whole_records(grammar, text, is_cut);
        let (width, header_row, has_preamble) = layout(grammar, text);
        let mut shape = Shape { width, header_row, has_preamble, is_unclosed, ..Shape::EMPTY };
        let (mut first, mut others) = (Typed::default(), Typed::default());
        let mut spaces = Spaces::default();
        each(grammar, text, |row, record| {
            if row < header_row {
                return;
            }
            match shape.records {
                0 => first.push(record),
                1..LOOKED_AT => others.push(record),
                _ => {}
            }
            spaces.push(record);
            shape.records += 1;
            shape.regular += u64::from(record.len() == width);
            shape.stray += u64::from(record.stray_quote().is_some());
        });
        let is_spaced = spaces.is_everywhere();
        Shape { first_typed: first.part(), typed: others.part(), is_spaced, ..shape }
    }

    const EMPTY: Shape = Shape {
        records: 0,
        width: 0,
        regular: 0,
        header_row: 1,
        has_preamble: false,
        stray: 0,
        is_unclosed: false,
        first_typed: 0.0,
        typed: 0.0,
        is_spaced: false,
    };

    /// The part of the records that are as they should be, 0 to 1.
    pub(super) fn regularity(&self) -> f64 {
        if self.is_unclosed || self.records == 0 {
            return 0.0;
        }
        #[allow(clippy::cast_precision_loss, reason = "a sample has few records")]
        let part = |count: u64| count as f64 / self.records as f64;
        (part(self.regular) - part(self.stray)).max(0.0)
    }

    /// Whether it is a table of several columns. Records in front of it are believed only if the
    /// first of the table looks like a header.
    pub(super) fn is_table(&self) -> bool {
        let has_header = !self.has_preamble || self.first_typed == 0.0 && self.records > 1;
        self.width > 1 && has_header && self.regularity() > 0.5
    }
}

/// Tells the records that are neither blank nor comments, each with its row number.
fn each(grammar: &Grammar, text: &[u8], mut on_record: impl FnMut(u64, &Record)) {
    let mut records = Records::new(grammar, text);
    let mut record = Record::default();
    let mut row = 0;
    while records.read(&mut record) {
        row += 1;
        if !record.is_empty() && !record.is_comment() {
            on_record(row, &record);
        }
    }
}

/// The commonest width, the row of the first record of that width, and whether there are others in
/// front of it.
fn layout(grammar: &Grammar, text: &[u8]) -> (usize, u64, bool) {
    let mut widths: BTreeMap<usize, u64> = BTreeMap::new();
    let mut first_rows: BTreeMap<usize, u64> = BTreeMap::new();
    each(grammar, text, |row, record| {
        *widths.entry(record.len()).or_default() += 1;
        first_rows.entry(record.len()).or_insert(row);
    });
    // Of several the widest.
    let commonest = widths.iter().max_by_key(|(_, count)| **count).map(|(width, _)| *width);
    let width = commonest.unwrap_or_default();
    let start = first_rows.values().min().copied().unwrap_or(1);
    match first_rows.get(&width) {
        Some(&row) if row > start && row - start <= PREAMBLE => (width, row, true),
        _ => (width, start, false),
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

/// Counts the cells behind a delimiter that start with a space.
#[derive(Debug, Default)]
struct Spaces {
    cells: u64,
    spaced: u64,
}

impl Spaces {
    fn push(&mut self, record: &Record) {
        for cell in record.iter().skip(1).filter(|cell| !cell.is_empty()) {
            self.cells += 1;
            self.spaced += u64::from(cell.starts_with(b" "));
        }
    }

    fn is_everywhere(&self) -> bool {
        self.cells > 0 && self.cells == self.spaced
    }
}

/// The text up to the end of a record, and whether the file ends inside a quoted field.
fn whole_records<'a>(grammar: &Grammar, text: &'a [u8], is_cut: bool) -> (&'a [u8], bool) {
    let mut boundaries = Boundaries::new(grammar);
    let mut end = 0;
    let is_long = boundaries.push(text, |span, _| end = span.end).is_err();
    if !is_cut {
        return (text, is_long || boundaries.finish(|_, _| ()).is_err());
    }
    let end = usize::try_from(end).unwrap_or(usize::MAX).min(text.len());
    let rest = text.len() - end;
    (text.get(..end).unwrap_or_default(), is_long || rest > LONG_RECORD.min(text.len() / 2))
}

/// Digits and what stands between them in numbers, dates and times.
fn looks_typed(cell: &[u8]) -> bool {
    let is_part = |byte: &u8| byte.is_ascii_digit() || b"+-.,:/ TZ%e".contains(byte);
    cell.iter().all(is_part) && cell.iter().any(u8::is_ascii_digit)
}
