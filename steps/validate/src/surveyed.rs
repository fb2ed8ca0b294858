//! The surveys of all ranges of a file to its plan.

use shared::contract::Contract;
use shared::csv::{Characters, Place, RECORD_LIMIT, Survey};
use shared::header::Layout;
use shared::job::Surveyed;
use shared::table::Position;

use crate::outline::comment_rows;
use crate::planner::{Planner, position};
use crate::ranges::{too_long, unclosed};
use crate::refusal::Refusal;
use crate::scan::Scanned;

/// What the start of a file tells.
#[derive(Debug)]
pub(crate) struct Head {
    pub(crate) layout: Layout,
    pub(crate) preamble: String,
    /// Where in the text the data start.
    pub(crate) data: Place,
    /// Length of the byte order mark in bytes.
    pub(crate) mark_len: u64,
}

/// A file that cannot be loaded.
#[derive(Debug)]
pub(crate) enum Broken {
    /// For this reason.
    Refused(Refusal),
    /// Its bytes are no text, which is to be looked at more closely.
    Text(Box<NoText>),
}

/// Bytes that are no text.
#[derive(Debug)]
pub(crate) struct NoText {
    /// Offset (0-based) of the first of them in the text.
    pub(crate) at: u64,
    /// The text before the range in which they stand.
    pub(crate) before: Survey,
}

/// The plan of a file of `contract` whose start tells `head`: the same as that of one pass.
pub(crate) fn plan(
    contract: &Contract,
    head: Head,
    surveys: &[Surveyed],
    chunk_bytes: u64,
) -> Result<Scanned, Broken> {
    let mut planner = Planner::new(chunk_bytes);
    let comment_rows = comment_rows(contract, &head.layout);
    let (mut before, mut characters) = (Survey::default(), Characters::default());
    for Surveyed { survey, characters: own, .. } in surveys {
        planner.push_range(&before, survey, head.data, comment_rows);
        before = before.then(survey);
        characters = characters.then(own);
    }
    check(&before, &characters, surveys).map_err(|broken| broken.in_file(head.mark_len))?;
    let chunks = planner.finish(before.byte_len, position(&before), head.mark_len);
    Ok(Scanned {
        byte_len: surveys.last().map_or(0, |last| last.range.end),
        record_count: chunks.iter().map(|chunk| chunk.record_count).sum(),
        chunks,
        layout: head.layout,
        is_verbatim: true,
        preamble: head.preamble,
        // A file with a trailer is read in one pass.
        trailer: None,
        products: Vec::new(),
    })
}

/// Finds what one pass would have stumbled over first.
fn check(text: &Survey, characters: &Characters, surveys: &[Surveyed]) -> Result<(), Broken> {
    let too_long = too_long(text);
    let Some(at) = characters.invalid_at() else {
        return too_long.or_else(|| unclosed(text)).map_or(Ok(()), |why| Err(Broken::Refused(why)));
    };
    match too_long {
        Some(Refusal::RecordTooLong { offset: Some(start), position })
            if start + RECORD_LIMIT < at =>
        {
            Err(Broken::Refused(Refusal::RecordTooLong { offset: Some(start), position }))
        }
        _ => Err(Broken::Text(Box::new(NoText { at, before: before(at, surveys) }))),
    }
}

/// The text before the range in which the byte at `at` stands.
fn before(at: u64, surveys: &[Surveyed]) -> Survey {
    let mut before = Survey::default();
    for Surveyed { survey, .. } in surveys {
        if before.byte_len + survey.byte_len > at {
            break;
        }
        before = before.then(survey);
    }
    before
}

impl Broken {
    fn in_file(self, mark_len: u64) -> Self {
        match self {
            Broken::Refused(refusal) => Broken::Refused(refusal.in_file(Some(mark_len))),
            Broken::Text(_) => self,
        }
    }
}

impl NoText {
    /// Where the text breaks off, once it is surveyed up to there.
    pub(crate) fn position(&self) -> Position {
        position(&self.before)
    }
}
