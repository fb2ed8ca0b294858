//! Whole records to fields.

use memchr::{memchr, memchr3};

use super::Grammar;

/// The fields of one record, unquoted. Kept and filled again, so that no record allocates.
#[derive(Debug, Clone, Default)]
pub struct Record {
    bytes: Vec<u8>,
    ends: Vec<usize>,
    stray_quote: Option<usize>,
}

impl Record {
    /// Number of fields; 0 is a blank line.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether the record is a blank line.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// The field at `index`, 0-based.
    pub fn get(&self, index: usize) -> Option<&[u8]> {
        let end = *self.ends.get(index)?;
        let start = index.checked_sub(1).and_then(|before| self.ends.get(before)).copied();
        self.bytes.get(start.unwrap_or(0)..end)
    }

    /// The first field (0-based) that has text behind its closing quote, as in `"a"b`. The grammar
    /// takes that text for a part of the field, but the quote may have been meant to be text, and
    /// the field to end elsewhere.
    pub fn stray_quote(&self) -> Option<usize> {
        self.stray_quote
    }

    /// All fields, in order.
    pub fn iter(&self) -> impl Iterator<Item = &[u8]> {
        (0..self.len()).filter_map(|index| self.get(index))
    }

    fn clear(&mut self) {
        self.bytes.clear();
        self.ends.clear();
        self.stray_quote = None;
    }

    fn end_field(&mut self) {
        self.ends.push(self.bytes.len());
    }
}

/// Reads records one after the other from bytes that start and end at a record's boundary.
///
/// ```
/// use shared::csv::{Grammar, Record, Records};
/// let mut records = Records::new(Grammar::default(), b"a,\"b,\"\"c\"\n\nd");
/// let mut record = Record::default();
/// let mut found = Vec::new();
/// while records.read(&mut record) {
///     found.push(record.iter().map(String::from_utf8_lossy).collect::<Vec<_>>().join("|"));
/// }
/// assert_eq!(found, ["a|b,\"c", "", "d"]);
/// ```
#[derive(Debug, Clone)]
pub struct Records<'a> {
    grammar: Grammar,
    rest: &'a [u8],
}

/// What ended a field.
enum End {
    Delimiter,
    Record,
}

impl<'a> Records<'a> {
    /// A reader of `bytes`.
    pub fn new(grammar: Grammar, bytes: &'a [u8]) -> Self {
        Records { grammar, rest: bytes }
    }

    /// Fills `record` with the next one; false when there is none.
    pub fn read(&mut self, record: &mut Record) -> bool {
        record.clear();
        match self.rest {
            [] => return false,
            [b'\r', b'\n', rest @ ..] | [b'\r' | b'\n', rest @ ..] => self.rest = rest,
            _ => while matches!(self.field(record), End::Delimiter) {},
        }
        true
    }

    fn field(&mut self, record: &mut Record) -> End {
        let end = match (self.rest, self.grammar.quote) {
            ([first, rest @ ..], Some(quote)) if *first == quote => {
                self.rest = rest;
                self.quoted(record, quote)
            }
            _ => self.unquoted(record),
        };
        record.end_field();
        end
    }

    /// Copies up to the delimiter or the record's end, and takes that too. Quotes are literal here.
    fn unquoted(&mut self, record: &mut Record) -> End {
        let at = memchr3(self.grammar.delimiter, b'\r', b'\n', self.rest);
        let (text, rest) = self.rest.split_at(at.unwrap_or(self.rest.len()));
        record.bytes.extend_from_slice(text);
        let (end, rest) = match rest {
            [b'\r', b'\n', rest @ ..] | [b'\r' | b'\n', rest @ ..] => (End::Record, rest),
            [_, rest @ ..] => (End::Delimiter, rest),
            [] => (End::Record, rest),
        };
        self.rest = rest;
        end
    }

    /// Copies up to the closing quote; what follows it belongs to the field as an unquoted rest.
    fn quoted(&mut self, record: &mut Record, quote: u8) -> End {
        while let Some(at) = memchr(quote, self.rest) {
            let (text, rest) = self.rest.split_at(at);
            record.bytes.extend_from_slice(text);
            let Some(rest) = rest.get(1..) else { break };
            self.rest = rest;
            if !self.grammar.double_quote || rest.first() != Some(&quote) {
                let len = record.bytes.len();
                let end = self.unquoted(record);
                if record.bytes.len() > len {
                    record.stray_quote.get_or_insert(record.ends.len());
                }
                return end;
            }
            record.bytes.push(quote);
            self.rest = rest.get(1..).unwrap_or_default();
        }
        // Never closed: all the rest is the field. `Boundaries` refuses such a file.
        record.bytes.extend_from_slice(self.rest);
        self.rest = &[];
        End::Record
    }
}
