//! The data of a file from which nothing is wanted but where its records start: range by range, as if
//! others had surveyed them.

use shared::csv::{Place, RECORD_LIMIT, State, Survey, Surveyor};
use shared::table::Position;

use crate::outline::Outline;
use crate::planner::{position, position_of};
use crate::refusal::Refusal;

/// Follows a text from a record on.
#[derive(Debug)]
pub(crate) struct Ranges {
    surveyor: Surveyor,
    range_bytes: u64,
    /// The text in front of the range that is not complete.
    before: Survey,
    range: Survey,
}

impl Ranges {
    /// From `place` on, where a record starts, in ranges that end at multiples of `range_bytes`.
    pub(crate) fn new(surveyor: Surveyor, place: Place, range_bytes: u64) -> Self {
        let before = Survey::up_to(State::Record, place);
        let range = Survey::up_to(State::Record, Place::default());
        Ranges { surveyor, range_bytes, before, range }
    }

    /// Takes the next bytes of the text.
    pub(crate) fn push(
        &mut self,
        mut text: &[u8],
        outline: &mut Outline<'_>,
    ) -> Result<(), Refusal> {
        while !text.is_empty() {
            let at = self.before.byte_len + self.range.byte_len;
            let room = self.range_bytes - at % self.range_bytes;
            let len = usize::try_from(room).map_or(text.len(), |room| room.min(text.len()));
            let (part, rest) = text.split_at(len);
            self.range = self.surveyor.survey_behind(&self.range, part);
            text = rest;
            if len as u64 == room {
                self.close(outline);
            }
        }
        too_long(&self.so_far()).map_or(Ok(()), Err)
    }

    /// The end of the text.
    pub(crate) fn finish(&mut self, outline: &mut Outline<'_>) -> Result<(), Refusal> {
        self.close(outline);
        unclosed(&self.before).map_or(Ok(()), Err)
    }

    /// Where the text so far breaks off.
    pub(crate) fn position(&self) -> Position {
        position(&self.so_far())
    }

    fn so_far(&self) -> Survey {
        self.before.then(&self.range)
    }

    fn close(&mut self, outline: &mut Outline<'_>) {
        outline.push_range(&self.before, &self.range);
        self.before = self.so_far();
        self.range = Survey::up_to(self.before.from(State::Record).end, Place::default());
    }
}

/// The first record of the text that is too long to be read, if there is one.
pub(crate) fn too_long(text: &Survey) -> Option<Refusal> {
    let found = text.from(State::Record);
    // The last record may go on; what there is of it may be too much already.
    let is_long = |last: &Place| text.byte_len - last.offset > RECORD_LIMIT;
    let place = found.too_long.or_else(|| found.last.filter(is_long))?;
    Some(Refusal::RecordTooLong { offset: Some(place.offset), position: position_of(place) })
}

/// The quote that the text ends behind without closing it, if there is one.
pub(crate) fn unclosed(text: &Survey) -> Option<Refusal> {
    let found = text.from(State::Record);
    let is_open = found.end == State::Quoted;
    is_open.then(|| Refusal::UnclosedQuote { offset: found.quote_at, position: position(text) })
}
