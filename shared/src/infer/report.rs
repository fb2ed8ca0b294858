//! What a draft says beside its descriptor: what was seen, and what only a person can decide.

use serde::Serialize;

/// Rows that a finding names one by one.
const NAMED_ROWS: usize = 5;

/// The rows of a finding: how many, and the first few.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Rows {
    count: u64,
    first: Vec<u64>,
}

impl Rows {
    pub(super) fn push(&mut self, row: u64) {
        self.count += 1;
        if self.first.len() < NAMED_ROWS {
            self.first.push(row);
        }
    }

    pub(super) fn merge(&mut self, other: &Rows) {
        self.count += other.count;
        self.first.extend(&other.first);
        self.first.sort_unstable();
        self.first.truncate(NAMED_ROWS);
    }

    pub(super) fn is_empty(&self) -> bool {
        self.count == 0
    }

    pub(super) fn count(&self) -> u64 {
        self.count
    }

    pub(super) fn first(&self) -> &[u64] {
        &self.first
    }
}

/// What kind of thing was seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Finding {
    /// How bytes are text.
    Encoding,
    /// How text is records.
    Dialect,
    /// Whether the first record holds the labels, and what became of them.
    Header,
    /// Why a column has its type.
    Type,
    /// A type that almost all cells are of.
    AlmostType,
    /// Texts that stand for nothing.
    MissingValues,
    /// Columns that tell the rows apart.
    Key,
    /// The few values of a column.
    Values,
    /// Records of another length, which a check rejects.
    RaggedRows,
    /// Records without any value, which a check rejects.
    BlankRows,
    /// Records with text behind a closing quote, which a check rejects.
    StrayQuotes,
    /// A quote that is never closed: a check refuses the file.
    UnclosedQuote,
    /// How much of the file was seen.
    Extent,
}

/// One thing that was seen in the file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Evidence {
    /// JSON pointer (RFC 6901) into the descriptor to what it speaks of.
    pub pointer: String,
    /// What kind of thing.
    pub code: Finding,
    /// What was seen, for a person.
    pub message: String,
    /// Cells that show it, clipped.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub examples: Vec<String>,
    /// How many rows show it; None where rows do not matter.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub count: Option<u64>,
    /// The first few of them; the first record of the file is row 1.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub rows: Vec<u64>,
}

impl Evidence {
    pub(super) fn new(pointer: impl Into<String>, code: Finding, message: String) -> Self {
        let (pointer, examples, rows) = (pointer.into(), Vec::new(), Vec::new());
        Evidence { pointer, code, message, examples, count: None, rows }
    }

    pub(super) fn with_examples(mut self, examples: impl IntoIterator<Item = String>) -> Self {
        self.examples.extend(examples);
        self
    }

    pub(super) fn with_rows(mut self, rows: &Rows) -> Self {
        self.count = Some(rows.count());
        self.rows = rows.first().to_vec();
        self
    }
}

/// What the file alone does not decide.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Question {
    /// What to choose, as a [`Choice`](super::Choice) names it: `delimiter`, `fields/day`.
    pub target: String,
    /// JSON pointer (RFC 6901) into the descriptor to what depends on the answer.
    pub pointer: String,
    /// The question, for a person.
    pub message: String,
    /// What can be chosen, the likelier first where there is a difference.
    pub candidates: Vec<Answer>,
    /// What the draft says meanwhile.
    pub meanwhile: String,
    /// How many rows give rise to it; None where rows do not matter.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub count: Option<u64>,
    /// The first few of them; the first record of the file is row 1.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub rows: Vec<u64>,
}

/// One answer to a question.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Answer {
    /// The value to choose it by.
    pub value: String,
    /// How the file reads then, for a person.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub reading: String,
    /// How cells read then, clipped.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub examples: Vec<String>,
}

impl Answer {
    pub(super) fn new(value: impl Into<String>, reading: impl Into<String>) -> Self {
        Answer { value: value.into(), reading: reading.into(), examples: Vec::new() }
    }

    /// One that examples tell of.
    pub(super) fn by_examples(value: impl Into<String>, examples: Vec<String>) -> Self {
        Answer { examples, ..Answer::new(value, "") }
    }
}

/// Characters of a text that is shown.
const SHOWN: usize = 60;

/// A text of the file as a person is shown it: in backquotes, of bounded length, without control
/// characters, which a terminal might obey.
pub(super) fn shown(text: &str) -> String {
    let mut shown = String::from("`");
    for c in text.chars().take(SHOWN) {
        if c.is_control() {
            shown.extend(c.escape_default());
        } else {
            shown.push(c);
        }
    }
    shown.push_str(if text.chars().nth(SHOWN).is_some() { "`..." } else { "`" });
    shown
}

/// A number of things, in words.
pub(super) fn counted(count: u64, thing: &str) -> String {
    if count == 1 { format!("1 {thing}") } else { format!("{count} {thing}s") }
}

/// The place of the resource in a draft.
pub(super) const RESOURCE: &str = "/resources/0";

/// The place of a field, 0-based.
pub(super) fn field_pointer(at: usize) -> String {
    format!("{RESOURCE}/schema/fields/{at}")
}
