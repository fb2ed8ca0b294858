//! The records of a file, one after the other: the header, then the data in chunks.

use bytes::Bytes;
use shared::contract::{Contract, Dialect};
use shared::csv::Span;
use shared::header::{HeaderReader, Layout, Read};
use shared::keys::KeySet;
use shared::message::Chunk;
use shared::rows::RowReader;
use shared::table::Position;

use crate::keys::KeyScan;
use crate::planner::Planner;
use crate::refusal::Refusal;
use crate::scan::{FIRST, Product, ScanError};

/// Bytes that may stand before the data, a header included: 4 MiB.
pub(crate) const PREAMBLE_LIMIT: usize = 4 << 20;

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
    planner: Planner,
    keys: Option<KeyScan<'a>>,
    /// The text of the chunk that is not complete yet, where it is kept.
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
    pub(crate) key_sets: Vec<(usize, KeySet)>,
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

    /// What can be written by now.
    pub(crate) fn take_products(&mut self) -> Vec<Product> {
        if let Some(keys) = &mut self.keys {
            let faults = keys.take_before(self.chunk).into_iter();
            self.products.extend(faults.map(|(chunk, log)| Product::KeyFaults(chunk, log.into())));
        }
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
                self.push_data(span, bytes, position, is_comment)
            }
            None => self.push_preamble(span, bytes, position),
        }
    }

    fn push_data(
        &mut self,
        span: &Span,
        bytes: &[u8],
        position: Position,
        is_comment: bool,
    ) -> Result<(), ScanError> {
        let chunk = self.planner.push(span.start, span.end, position, is_comment);
        if chunk > self.chunk {
            self.close_chunk();
            self.chunk = chunk;
        }
        if let Some(text) = &mut self.text {
            text.extend_from_slice(bytes);
        }
        let (Some(keys), Some(layout), false) = (&mut self.keys, &self.layout, is_comment) else {
            return Ok(());
        };
        let dialect = &self.contract.input.dialect;
        if let Some(row) = RowReader::new(dialect, layout, bytes, position).read() {
            keys.push(row.record, position, chunk)?;
        }
        Ok(())
    }

    fn close_chunk(&mut self) {
        if let Some(text) = &mut self.text {
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
            Read::Header(layout) => self.begin(layout)?,
            Read::Data(layout) => {
                self.begin(layout)?;
                return self.push_data(span, bytes, position, false);
            }
        }
        if self.preamble.len() + bytes.len() > PREAMBLE_LIMIT {
            return Err(Refusal::PreambleTooLong { position }.into());
        }
        self.preamble.extend_from_slice(bytes);
        Ok(())
    }

    /// The data start behind this record.
    fn begin(&mut self, layout: Layout) -> Result<(), ScanError> {
        self.keys = KeyScan::new(self.contract, &layout)?;
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
        if let Some(keys) = &mut self.keys {
            keys.finish()?;
        }
        self.close_chunk();
        // The chunk after the last: all are complete.
        self.chunk += 1;
        let products = self.take_products();
        Ok(Outlined {
            chunks: self.planner.finish(self.end, self.next, mark_len),
            layout,
            preamble: String::from_utf8_lossy(&self.preamble).into_owned(),
            key_sets: self.keys.map_or_else(Vec::new, KeyScan::into_targets),
            products,
        })
    }
}
