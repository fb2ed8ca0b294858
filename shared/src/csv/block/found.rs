//! What was found of the records of a block.

use super::super::RECORD_LIMIT;

/// Records of a block, at most.
const RECORD_COUNT: usize = 2048;

/// Fields of a block that are kept, at most: what is known of them fits into the nearer caches.
const FIELD_COUNT: usize = 1 << 15;

/// Bytes of a block, unless its last record goes beyond them.
const BYTE_COUNT: usize = 256 << 10;

/// Set in the offsets of fields that were put together.
pub(super) const JOINED: u32 = 1 << 31;

/// Where a record has no such field.
pub(super) const ABSENT: (u32, u32) = (u32::MAX, u32::MAX);

// An offset in a block is below its mark.
const _: () = assert!(BYTE_COUNT as u64 + 2 * RECORD_LIMIT < JOINED as u64);

/// What was found.
#[derive(Debug, Clone)]
pub(super) struct Found {
    /// Records of a block, at most.
    pub(super) record_limit: usize,
    /// Where the kept fields lie (0-based, half-open): of all records the first field, then of all the
    /// second, and so on, since they are read column by column.
    pub(super) fields: Vec<(u32, u32)>,
    /// Fields at the start of each record that are no part of it.
    pub(super) lead: usize,
    pub(super) records: Vec<Entry>,
    /// The bytes of the fields that were put together.
    pub(super) joined: Vec<u8>,
}

/// A record of a block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry {
    /// Number of its fields; 0 is a blank line or a comment.
    pub field_count: u32,
    /// Byte offset in the block behind its last byte, which is that of its terminator.
    pub end: u32,
    /// Number of physical lines, as [`crate::csv::Record::line_count`].
    pub line_count: u32,
    /// See [`crate::csv::Record::stray_quote`].
    pub stray_quote: Option<u32>,
    /// Whether it is a comment.
    pub is_comment: bool,
}

/// A record that is being read.
#[derive(Debug, Clone, Copy)]
pub(super) struct Open {
    /// Where its next field is to be listed.
    slot: usize,
    pub(super) field_count: u32,
    pub(super) stray_quote: Option<u32>,
    /// Where its first joined field starts, or would.
    joined: usize,
}

impl Found {
    pub(super) fn new(field_limit: usize) -> Self {
        let record_limit = (FIELD_COUNT / field_limit.max(1)).clamp(1, RECORD_COUNT);
        // Columns that start a power of two apart would share one set of lines of the cache.
        let record_limit = record_limit - if record_limit.is_multiple_of(16) { 8 } else { 0 };
        Found {
            record_limit,
            fields: vec![ABSENT; field_limit * record_limit],
            lead: 0,
            records: Vec::new(),
            joined: Vec::new(),
        }
    }

    pub(super) fn has_room(&self) -> bool {
        self.records.len() < self.record_limit && self.byte_len() < BYTE_COUNT
    }

    /// Bytes of the records so far.
    pub(super) fn byte_len(&self) -> usize {
        self.records.last().map_or(0, |last| last.end as usize)
    }

    #[inline]
    pub(super) fn open(&self) -> Open {
        let (slot, joined) = (self.records.len(), self.joined.len());
        Open { slot, field_count: 0, stray_quote: None, joined }
    }

    /// Takes a field that stands in the text; whether it is kept.
    #[inline]
    pub(super) fn push(&mut self, open: &mut Open, start: u32, end: u32) -> bool {
        open.field_count += 1;
        let Some(slot) = self.fields.get_mut(open.slot) else { return false };
        *slot = (start, end);
        open.slot += self.record_limit;
        true
    }

    /// Takes a field that was put together, from `start` on.
    pub(super) fn push_joined(&mut self, open: &mut Open, start: usize) {
        let end = narrow(self.joined.len());
        if !self.push(open, narrow(start) | JOINED, end | JOINED) {
            self.joined.truncate(start);
        }
    }

    #[inline]
    pub(super) fn end(&mut self, open: Open, end: usize, line_count: u32, is_comment: bool) {
        let mut slot = open.slot;
        while let Some(missing) = self.fields.get_mut(slot) {
            *missing = ABSENT;
            slot += self.record_limit;
        }
        let Open { field_count, stray_quote, .. } = open;
        let end = narrow(end);
        self.records.push(Entry { field_count, end, line_count, stray_quote, is_comment });
    }

    /// Drops what was read of a record.
    pub(super) fn forget(&mut self, open: Open) {
        self.joined.truncate(open.joined);
    }

    pub(super) fn drop_lead(&mut self, lead: usize) {
        self.lead = lead;
        let lead = narrow(lead);
        for record in &mut self.records {
            record.field_count = record.field_count.saturating_sub(lead);
            record.stray_quote = record.stray_quote.map(|at| at.saturating_sub(lead));
        }
    }
}

/// The bytes of a field.
pub(super) fn slice<'b>(text: &'b [u8], joined: &'b [u8], (start, end): (u32, u32)) -> &'b [u8] {
    let (bytes, start, end) = if start & JOINED == 0 {
        (text, start, end)
    } else {
        (joined, start & !JOINED, end & !JOINED)
    };
    bytes.get(start as usize..end as usize).unwrap_or_default()
}

/// An offset in a block.
#[inline]
pub(super) fn narrow(offset: usize) -> u32 {
    u32::try_from(offset).unwrap_or(u32::MAX)
}
