//! The records of a file, one after the other: the header, then the data in chunks.

use std::collections::BTreeSet;

use bytes::Bytes;
use shared::contract::{Contract, Dialect, Trailer};
use shared::csv::{Place, Span, Survey};
use shared::header::{HeaderReader, Layout, PREAMBLE_LIMIT, Read};
use shared::message::Chunk;
use shared::table::Position;

use crate::declared::Declared;
use crate::keys::{KeyError, KeyScan};
use crate::planner::{Planner, position};
use crate::refusal::Refusal;
use crate::scan::{FIRST, Product, ScanError};
use crate::surveyed::Head;
use crate::trailer::{DataRecord, LastRecord, read_trailer};

/// Follows the records of a file.
#[derive(Debug)]
pub(crate) struct Outline<'a> {
    contract: &'a Contract,
    /// Where the next record stands.
    next: Position,
    end: u64,
    header: HeaderReader<'a>,
    preamble: Vec<u8>,
    layout: Option<Layout>,
    /// Where the data start.
    data: Place,
    /// The last record so far, where the data end with a trailer.
    last: Option<LastRecord>,
    planner: Planner,
    keys: Option<KeyScan<'a>>,
    /// The text that is not taken yet, of the chunk that is not complete, where it is kept.
    text: Option<Vec<u8>>,
    chunk: usize,
    products: Vec<Product>,
}

/// What the records of a file are.
#[derive(Debug)]
pub(crate) struct Outlined {
    pub(crate) chunks: Vec<Chunk>,
    pub(crate) layout: Layout,
    pub(crate) preamble: String,
    pub(crate) trailer: Option<Declared>,
    pub(crate) products: Vec<Product>,
}

impl<'a> Outline<'a> {
    pub(crate) fn new(contract: &'a Contract, chunk_bytes: u64) -> Self {
        let input = &contract.input;
        Outline {
            contract,
            next: FIRST,
            end: 0,
            header: HeaderReader::new(&input.schema, &input.dialect, contract.drift),
            preamble: Vec::new(),
            layout: None,
            data: Place::default(),
            last: None,
            planner: Planner::new(chunk_bytes),
            keys: None,
            text: Some(Vec::new()),
            chunk: 0,
            products: Vec::new(),
        }
    }

    fn dialect(&self) -> &'a Dialect {
        &self.contract.input.dialect
    }

    /// Where the next record stands.
    pub(crate) fn next(&self) -> Position {
        self.next
    }

    /// Says whether the text of the chunks is to be kept, which the first bytes of a file tell.
    pub(crate) fn keep_text(&mut self, keep: bool) {
        if !keep {
            self.text = None;
        }
    }

    /// Whether the data have started.
    pub(crate) fn is_in_data(&self) -> bool {
        self.layout.is_some()
    }

    /// What stands before the data, if they have started.
    pub(crate) fn into_head(self, mark_len: u64) -> Result<Head, ScanError> {
        let layout = self.layout.ok_or(Refusal::NoHeader)?;
        let preamble = String::from_utf8_lossy(&self.preamble).into_owned();
        Ok(Head { layout, preamble, data: self.data, mark_len })
    }

    /// Whether all that is left to know is where records start.
    pub(crate) fn is_surveyable(&self) -> bool {
        self.layout.is_some() && self.last.is_none() && self.keys.is_none() && self.text.is_none()
    }

    /// Takes a range of data behind what was taken so far.
    pub(crate) fn push_range(&mut self, before: &Survey, range: &Survey) {
        let Some(layout) = &self.layout else { return };
        self.planner.push_range(before, range, self.data, comment_rows(self.contract, layout));
        let taken = before.then(range);
        self.next = position(&taken);
        self.end = taken.byte_len;
    }

    /// What can be written by now.
    pub(crate) fn take_products(&mut self) -> Vec<Product> {
        self.take_text();
        let keys = self.keys.as_mut().and_then(KeyScan::take);
        self.products.extend(keys.map(Product::Keys));
        let mut products = std::mem::take(&mut self.products);
        if self.text.is_none() {
            products.retain(|product| !matches!(product, Product::Text(..)));
        }
        products
    }

    /// Takes the next record, its bytes with the terminator.
    pub(crate) fn push(&mut self, span: &Span, bytes: &[u8]) -> Result<(), ScanError> {
        let position = self.next;
        self.next.row_number += 1;
        self.next.line_number += span.line_count;
        self.end = span.end;
        match &self.layout {
            Some(layout) => {
                let is_comment = span.is_comment
                    || (layout.lead == 0
                        && self.dialect().comment_rows.contains(&position.row_number));
                self.push_record(DataRecord { span: *span, position, is_comment }, bytes)
            }
            None => self.push_preamble(span, bytes, position),
        }
    }

    /// Takes the next record behind the header; the last of them may be the trailer.
    fn push_record(&mut self, record: DataRecord, bytes: &[u8]) -> Result<(), ScanError> {
        let Some(mut last) = self.last.take() else { return self.push_data(record, bytes) };
        let pushed = last.get().map_or(Ok(()), |(record, bytes)| self.push_data(record, bytes));
        last.replace(record, bytes);
        self.last = Some(last);
        pushed
    }

    fn push_data(&mut self, record: DataRecord, bytes: &[u8]) -> Result<(), ScanError> {
        let DataRecord { span, position, is_comment } = record;
        let chunk = self.planner.push(span.start, position, u64::from(!is_comment));
        if chunk > self.chunk {
            self.take_text();
            self.chunk = chunk;
        }
        if let Some(text) = &mut self.text {
            text.extend_from_slice(bytes);
        }
        match &mut self.keys {
            Some(keys) => Ok(keys.push(bytes)?),
            None => Ok(()),
        }
    }

    fn take_text(&mut self) {
        if let Some(text) = self.text.as_mut().filter(|text| !text.is_empty()) {
            let text = Bytes::from(std::mem::take(text));
            self.products.push(Product::Text(self.chunk, text));
        }
    }

    /// A record before the data, unless the file has no header and starts with it.
    fn push_preamble(
        &mut self,
        span: &Span,
        bytes: &[u8],
        position: Position,
    ) -> Result<(), ScanError> {
        let read = self.header.push(position, span.is_comment, bytes);
        match read.map_err(Refusal::Header)? {
            Read::Preamble => {}
            Read::Header(layout) => self.begin(layout, self.end, self.next)?,
            Read::Data(layout) => {
                self.begin(layout, span.start, position)?;
                let is_comment = false;
                return self.push_record(DataRecord { span: *span, position, is_comment }, bytes);
            }
        }
        if self.preamble.len() + bytes.len() > PREAMBLE_LIMIT {
            return Err(Refusal::PreambleTooLong { position }.into());
        }
        self.preamble.extend_from_slice(bytes);
        Ok(())
    }

    /// The data start there.
    fn begin(&mut self, layout: Layout, offset: u64, at: Position) -> Result<(), ScanError> {
        self.keys = KeyScan::new(self.contract, &layout, at).map_err(KeyError::from)?;
        self.last = trailer(self.contract, &layout).map(|_| LastRecord::default());
        self.data = Place { offset, rows: at.row_number - 1, lines: at.line_number - 1 };
        self.layout = Some(layout);
        Ok(())
    }

    /// The end of the file, whose text has `mark_len` bytes in front.
    pub(crate) fn finish(mut self, mark_len: u64) -> Result<Outlined, ScanError> {
        if self.next == FIRST {
            return Err(Refusal::Empty.into());
        }
        let layout = match self.layout.take() {
            Some(layout) => layout,
            // The file ends before its data.
            None => self.header.finish().ok_or(Refusal::NoHeader)?,
        };
        let trailer = trailer(self.contract, &layout);
        let trailer = trailer.map(|trailer| self.take_trailer(trailer)).transpose()?;
        if let Some(keys) = &mut self.keys {
            keys.finish()?;
        }
        let products = self.take_products();
        Ok(Outlined {
            chunks: self.planner.finish(self.end, self.next, mark_len),
            layout,
            preamble: String::from_utf8_lossy(&self.preamble).into_owned(),
            trailer,
            products,
        })
    }

    /// Takes the last record off the data, and reads it.
    fn take_trailer(&mut self, trailer: &Trailer) -> Result<Declared, Refusal> {
        let last = self.last.take().unwrap_or_default();
        let Some((record, bytes)) = last.get() else {
            // No record stands behind the header.
            return Ok(read_trailer(self.contract, trailer, b"", self.next)?);
        };
        (self.end, self.next) = (record.span.start, record.position);
        Ok(read_trailer(self.contract, trailer, bytes, record.position)?)
    }
}

/// The trailer that the file should have. The rows of a file of corrections are another number of rows.
fn trailer<'a>(contract: &'a Contract, layout: &Layout) -> Option<&'a Trailer> {
    contract.completeness.trailer.as_ref().filter(|_| layout.lead == 0)
}

/// The rows that are no data, whatever they hold. Those of a file of corrections are not the ones that the
/// contract numbers.
pub(crate) fn comment_rows<'a>(
    contract: &'a Contract,
    layout: &Layout,
) -> Option<&'a BTreeSet<u64>> {
    (layout.lead == 0).then_some(&contract.input.dialect.comment_rows)
}
