//! Reference tables of delimited text, as they arrive.

use super::ReferenceTable;
use super::error::{BadRow, ReferenceError};
use super::kept::Kept;
use crate::contract::{Drift, Resource};
use crate::csv::{Boundaries, Span};
use crate::fault::{Fault, FaultLog, Kind};
use crate::header::{HeaderReader, Layout, PREAMBLE_LIMIT, Read};
use crate::rows::{RowDecoder, Rows};
use crate::table::{Position, TableBuilder};
use crate::text::TextDecoder;

/// Rows that are read before what is not wanted of them goes, and bytes of them.
const BATCH_LEN: usize = 16_384;
const BATCH_BYTES: u64 = 8 << 20;

/// Bytes of a file that are taken at a time where they may be compressed: what becomes of them is at most
/// a thousand times as much.
const PACKED_PIECE: usize = 4096;

/// Reads a table that arrives in pieces.
pub(super) struct Delimited<'r> {
    text: TextDecoder,
    table: Table<'r>,
}

/// What becomes of the text.
struct Table<'r> {
    resource: &'r Resource,
    /// Tells a quote that is never closed, which the rows do not.
    boundaries: Boundaries,
    head: Head<'r>,
    data: Option<Data<'r>>,
    kept: Kept<'r>,
}

/// What stands before the data.
struct Head<'r> {
    reader: HeaderReader<'r>,
    /// The text so far.
    text: Vec<u8>,
    next: Position,
}

/// Where the data start.
struct Start {
    layout: Layout,
    /// Offset in the text (0-based).
    at: u64,
    first: Position,
}

/// The data.
struct Data<'r> {
    decoder: RowDecoder<'r>,
    batch: Batch<'r>,
}

/// Rows that are not kept yet.
struct Batch<'r> {
    resource: &'r Resource,
    layout: Layout,
    builder: TableBuilder<'r>,
    faults: FaultLog,
    byte_len: u64,
}

impl<'r> Delimited<'r> {
    pub(super) fn new(resource: &'r Resource, kept: Kept<'r>) -> Self {
        let reader = HeaderReader::new(&resource.schema, &resource.dialect, Drift::Strict);
        let next = Position { row_number: 1, line_number: 1 };
        Delimited {
            text: TextDecoder::new(resource.encoding),
            table: Table {
                resource,
                boundaries: Boundaries::new(&resource.dialect.grammar),
                head: Head { reader, text: Vec::new(), next },
                data: None,
                kept,
            },
        }
    }

    /// Takes the next bytes of the file.
    pub(super) fn push(&mut self, bytes: &[u8]) -> Result<(), ReferenceError> {
        let len = if self.text.is_verbatim() { bytes.len().max(1) } else { PACKED_PIECE };
        let Delimited { text, table } = self;
        bytes.chunks(len).try_for_each(|piece| text.push(piece, |text| table.push(text)))
    }

    /// The end of the file.
    pub(super) fn finish(mut self) -> Result<ReferenceTable, ReferenceError> {
        let Delimited { text, table } = &mut self;
        text.finish(|text| table.push(text))?;
        self.table.finish()
    }
}

impl Table<'_> {
    fn push(&mut self, text: &[u8]) -> Result<(), ReferenceError> {
        if let Some(data) = &mut self.data {
            self.boundaries.push(text, |_, _| ())?;
            return data.push(text, &mut self.kept);
        }
        self.head.text.extend_from_slice(text);
        let (head, mut start) = (&mut self.head, Ok(None));
        self.boundaries.push(text, |span, raw| head.look(&mut start, &span, raw))?;
        self.start(start?)
    }

    /// Reads on as data, once it is known where they start.
    fn start(&mut self, start: Option<Start>) -> Result<(), ReferenceError> {
        let text = &mut self.head.text;
        let Some(Start { layout, at, first }) = start else {
            let fits = text.len() <= PREAMBLE_LIMIT;
            return if fits { Ok(()) } else { Err(ReferenceError::HeaderTooLong(PREAMBLE_LIMIT)) };
        };
        let Table { resource, kept, data, .. } = self;
        let decoder = RowDecoder::new(&resource.dialect, &layout, first);
        let data = data.insert(Data { decoder, batch: Batch::new(resource, layout) });
        let text = std::mem::take(text);
        let at = usize::try_from(at).unwrap_or(text.len());
        data.push(text.get(at..).unwrap_or_default(), kept)
    }

    fn finish(mut self) -> Result<ReferenceTable, ReferenceError> {
        let (head, mut start) = (&mut self.head, Ok(None));
        let is_open = self.data.is_none();
        let told = self.boundaries.finish(|span, raw| {
            if is_open {
                head.look(&mut start, &span, raw);
            }
        });
        told.map_err(ReferenceError::UnclosedQuote)?;
        let start = start?.or_else(|| if is_open { self.head.end() } else { None });
        if is_open {
            self.start(Some(start.ok_or(ReferenceError::Empty)?))?;
        }
        let Table { data, mut kept, .. } = self;
        data.ok_or(ReferenceError::Empty)?.finish(&mut kept)?;
        kept.finish()
    }
}

impl Head<'_> {
    /// Looks at the next record, unless it is known where the data start.
    fn look(&mut self, start: &mut Result<Option<Start>, ReferenceError>, span: &Span, raw: &[u8]) {
        if matches!(start, Ok(None)) {
            *start = self.push(span, raw);
        }
    }

    fn push(&mut self, span: &Span, raw: &[u8]) -> Result<Option<Start>, ReferenceError> {
        let position = self.next;
        self.next.row_number += 1;
        self.next.line_number += span.line_count;
        Ok(match self.reader.push(position, span.is_comment, raw)? {
            Read::Preamble => None,
            Read::Header(layout) => Some(Start { layout, at: span.end, first: self.next }),
            Read::Data(layout) => Some(Start { layout, at: span.start, first: position }),
        })
    }

    /// Where the data would start in a file that ends here.
    fn end(&self) -> Option<Start> {
        let layout = self.reader.finish()?;
        Some(Start { layout, at: self.text.len() as u64, first: self.next })
    }
}

impl Data<'_> {
    fn push(&mut self, text: &[u8], kept: &mut Kept<'_>) -> Result<(), ReferenceError> {
        let Data { decoder, batch } = self;
        decoder.push(text, |rows| batch.push(&rows, kept))
    }

    fn finish(self, kept: &mut Kept<'_>) -> Result<(), ReferenceError> {
        let Data { mut decoder, mut batch } = self;
        decoder.finish(|rows| batch.push(&rows, kept))?;
        batch.keep(kept)
    }
}

impl<'r> Batch<'r> {
    fn new(resource: &'r Resource, layout: Layout) -> Self {
        Batch {
            resource,
            builder: TableBuilder::new(&resource.schema, &layout, Drift::Strict),
            layout,
            faults: FaultLog::default(),
            byte_len: 0,
        }
    }

    fn push(&mut self, rows: &Rows<'_>, kept: &mut Kept<'_>) -> Result<(), ReferenceError> {
        // An empty line at the end of a table that a person keeps is no row of it.
        let records = rows.records();
        let is_empty = |row: usize| records.get(row).is_some_and(|row| row.field_count == 0);
        for (_, run) in rows.clone().runs(is_empty).filter(|(is_empty, _)| !is_empty) {
            self.builder.push(&run, &mut self.faults);
        }
        self.byte_len += rows.byte_len();
        let is_full = self.builder.len() >= BATCH_LEN || self.byte_len >= BATCH_BYTES;
        if is_full { self.keep(kept) } else { Ok(()) }
    }

    /// Keeps what is wanted of the rows, or says what is wrong with them.
    fn keep(&mut self, kept: &mut Kept<'_>) -> Result<(), ReferenceError> {
        let rows = self.builder.finish()?;
        self.byte_len = 0;
        for fault in std::mem::take(&mut self.faults).faults() {
            kept.refuse(bad_row(self.resource, &self.layout, &fault?));
        }
        let row_numbers: Vec<u64> = rows.positions.iter().map(|place| place.row_number).collect();
        kept.push(&rows.columns, &row_numbers)
    }
}

/// A row that is not of the schema.
fn bad_row(resource: &Resource, layout: &Layout, fault: &Fault<'_>) -> BadRow {
    let field = match fault.kind {
        Kind::Cell { field, .. } => Some(field as usize),
        Kind::MissingCells { cells: column } | Kind::StrayQuote { column } => {
            layout.field_of(column as usize)
        }
        Kind::BlankRow
        | Kind::ExtraCells { .. }
        | Kind::Repeated { .. }
        | Kind::NullKey { .. }
        | Kind::ForeignKey { .. }
        | Kind::Computation { .. } => None,
    };
    let field = field.and_then(|at| resource.schema.fields.get(at));
    BadRow {
        row: fault.row_number,
        column: field.map_or_else(String::new, |field| field.name.clone()),
        code: fault.kind.code(),
    }
}
