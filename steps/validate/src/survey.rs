//! I/O around the survey: a file to ranges, a range to its survey, all surveys to the plan.

use futures_util::{StreamExt, TryStreamExt, pin_mut, stream};
use shared::contract::Contract;
use shared::csv::{Characters, Survey};
use shared::job::{Digest, Surveyed, Work, input, read_json, write_json};
use shared::message::{Divided, Dropped, FileRange, Form};
use shared::store::{Store, read_whole};
use shared::text::{Encoding, LEAD_LEN, TextError};

use crate::digest::{Hasher, of_ranges};
use crate::error::ValidateError;
use crate::manifest::Manifest;
use crate::obstacle::{Obstacle, form};
use crate::pass::pieces;
use crate::refusal::Refusal;
use crate::scan::{Scan, Scanned};
use crate::settings::Settings;
use crate::surveyed::{Broken, Head, NoText, plan};

/// Surveys that are read at a time.
const READ_COUNT: usize = 32;

/// Cuts the file into ranges, if it can be surveyed.
pub(crate) async fn divide(
    file: &Dropped,
    contract: &Contract,
    manifest: Option<&Manifest>,
    work: Work<'_>,
    settings: &Settings,
    store: &impl Store,
) -> Result<Divided, ValidateError> {
    let declares_hash = manifest.is_some_and(|manifest| manifest.sha256.is_some());
    let obstacle = match read_form(file, contract, store).await? {
        Ok(_) if declares_hash => Obstacle::Hash,
        Ok(form) => {
            let ranges = settings.ranges(file.byte_len, form.mark_len);
            write_json(store, work.ranges(), &ranges).await?;
            let range_count = ranges.len();
            return Ok(Divided { ranges: work.ranges(), range_count, form: Some(form) });
        }
        Err(obstacle) => obstacle,
    };
    let byte_len = file.byte_len;
    let limit = obstacle.limit();
    if byte_len > limit {
        return Err(Refusal::OutOfReach { byte_len, limit, obstacle }.into());
    }
    Ok(Divided { ranges: work.ranges(), range_count: 0, form: None })
}

/// What the bytes of the file mean, by the first of them.
async fn read_form(
    file: &Dropped,
    contract: &Contract,
    store: &impl Store,
) -> Result<Result<Form, Obstacle>, ValidateError> {
    let len = LEAD_LEN as u64;
    let lead = read_whole(store, &input(file), Some(0..len.min(file.byte_len)), len).await;
    Ok(form(contract, &lead.map_err(ValidateError::of_input)?))
}

/// Surveys one range.
pub(crate) async fn survey(
    file: &Dropped,
    form: Form,
    range: FileRange,
    work: Work<'_>,
    store: &impl Store,
) -> Result<(), ValidateError> {
    let mut hasher = Hasher::new();
    let mut at = range.start;
    let (mut characters, mut survey) = (Characters::default(), Survey::default());
    let object = input(file);
    let pieces = pieces(store.read(&object, Some(range.start..range.end)));
    pin_mut!(pieces);
    while let Some(piece) = pieces.next().await {
        let piece = piece?;
        hasher.push(&piece);
        let text = behind_mark(&piece, at, form);
        characters = characters.then(&characters_of(text, form));
        survey = form.surveyor.survey_behind(&survey, text);
        at += piece.len() as u64;
    }
    if at != range.end {
        return Err(ValidateError::Short);
    }
    let surveyed = Surveyed { range, form, sha256: hasher.finish(), characters, survey };
    Ok(write_json(store, work.survey(range.index), &surveyed).await?)
}

/// The bytes of `piece`, which stands at `at`, that are behind the byte order mark.
fn behind_mark(piece: &[u8], at: u64, form: Form) -> &[u8] {
    let skipped = form.mark_len.saturating_sub(at);
    let skipped = usize::try_from(skipped).unwrap_or(usize::MAX);
    piece.get(skipped..).unwrap_or_default()
}

fn characters_of(text: &[u8], form: Form) -> Characters {
    if form.is_ascii { Characters::of_ascii(text) } else { Characters::of_utf8(text) }
}

/// Plans the file by the surveys of its ranges, and says what identifies it.
pub(crate) async fn combine(
    file: &Dropped,
    contract: &Contract,
    ranges: Vec<FileRange>,
    work: Work<'_>,
    settings: &Settings,
    store: &impl Store,
) -> Result<(Scanned, Digest), ValidateError> {
    let surveys = ranges.into_iter().map(|range| read_json(store, work.survey(range.index)));
    let surveys: Vec<Surveyed> = stream::iter(surveys).buffered(READ_COUNT).try_collect().await?;
    let digest = of_ranges(&surveys);
    let chunk_bytes = settings.chunk_bytes_for(file.byte_len);
    let head = match read_head(file, contract, chunk_bytes, store).await? {
        Start::Data(head) => head,
        Start::Whole(scanned) => return Ok((*scanned, digest)),
    };
    check_form(file, contract, &surveys, store).await?;
    match plan(contract, head, &surveys, chunk_bytes) {
        Ok(scanned) => Ok((scanned, digest)),
        Err(Broken::Refused(refusal)) => Err(refusal.into()),
        Err(Broken::Text(no_text)) => {
            Err(no_text_at(*no_text, file, &surveys, store).await?.into())
        }
    }
}

/// The contract may have been replaced since the file was divided.
async fn check_form(
    file: &Dropped,
    contract: &Contract,
    surveys: &[Surveyed],
    store: &impl Store,
) -> Result<(), ValidateError> {
    match read_form(file, contract, store).await? {
        Ok(form) if surveys.iter().all(|surveyed| surveyed.form == form) => Ok(()),
        _ => Err(ValidateError::ContractChanged),
    }
}

/// How a file starts.
enum Start {
    /// With a header, or at once with data.
    Data(Head),
    /// It ends before any data.
    Whole(Box<Scanned>),
}

async fn read_head(
    file: &Dropped,
    contract: &Contract,
    chunk_bytes: u64,
    store: &impl Store,
) -> Result<Start, ValidateError> {
    let mut scan = Scan::new(contract, chunk_bytes);
    let object = input(file);
    let pieces = pieces(store.read(&object, None));
    pin_mut!(pieces);
    while let Some(piece) = pieces.next().await {
        let piece = piece?;
        for piece in scan.pieces(&piece) {
            scan.push(piece)?;
        }
        if scan.is_in_data() {
            return Ok(Start::Data(scan.into_head()?));
        }
    }
    Ok(Start::Whole(Box::new(scan.finish()?)))
}

/// The refusal of a file whose text breaks off there.
async fn no_text_at(
    mut no_text: NoText,
    file: &Dropped,
    surveys: &[Surveyed],
    store: &impl Store,
) -> Result<Refusal, ValidateError> {
    let Some(Surveyed { form, .. }) = surveys.first() else { return Ok(Refusal::Empty) };
    let range = no_text.before.byte_len + form.mark_len..no_text.at + form.mark_len;
    let offset = range.end;
    let object = input(file);
    let pieces = pieces(store.read(&object, Some(range)));
    pin_mut!(pieces);
    while let Some(piece) = pieces.next().await {
        no_text.before = form.surveyor.survey_behind(&no_text.before, &piece?);
    }
    let encoding = if form.is_ascii { Encoding::Ascii } else { Encoding::Utf8 }.name();
    let error = TextError::Invalid { offset, encoding, is_inflated: false };
    Ok(Refusal::Text(no_text.position(), error))
}

#[cfg(test)]
mod tests;
