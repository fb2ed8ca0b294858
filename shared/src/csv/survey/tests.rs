use proptest::prelude::*;

use super::super::tests::{any_bytes, any_grammar, boundaries, records};
use super::super::{Boundaries, Grammar, RECORD_LIMIT, Terminator, Unclosed};
use super::*;

/// The surveys of the pieces of `bytes`, one for each cut.
fn pieces<'a>(bytes: &'a [u8], cuts: &[usize]) -> Vec<&'a [u8]> {
    let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut % (bytes.len() + 1)).collect();
    cuts.sort_unstable();
    let ends = cuts.iter().copied().chain([bytes.len()]);
    let starts = [0].into_iter().chain(cuts.iter().copied());
    starts.zip(ends).map(|(start, end)| &bytes[start..end]).collect()
}

/// Combines neighbours in the order that `order` gives.
fn combine<T: Clone>(mut parts: Vec<T>, order: &[usize], then: impl Fn(&T, &T) -> T) -> T {
    let mut order = order.iter().copied().cycle();
    while parts.len() > 1 {
        let at = order.next().unwrap_or(0) % (parts.len() - 1);
        let both = then(&parts[at], &parts[at + 1]);
        parts.splice(at..at + 2, [both]);
    }
    parts.remove(0)
}

/// What is said of a text that starts with a record is what the others find.
#[track_caller]
fn check(grammar: &Grammar, bytes: &[u8], survey: &Survey) {
    let found = survey.from(State::Record);
    let (told, end) = boundaries(grammar, bytes, bytes.len().max(1));
    let decoded = records(grammar, bytes);
    assert_eq!((survey.byte_len, found.rows), (bytes.len() as u64, decoded.len() as u64));
    assert_eq!(found.first.map(|first| first.offset), decoded.first().map(|first| first.start));
    let lines_before_last = decoded
        .split_last()
        .map_or(0, |(_, before)| before.iter().map(|record| record.line_count).sum());
    let last = decoded.last().map(|last| Place {
        offset: last.start,
        rows: decoded.len() as u64 - 1,
        lines: lines_before_last,
    });
    assert_eq!(found.last, last);
    let is_ended = end.is_ok() && told.last().is_none_or(|(span, _)| span.is_terminated);
    assert_eq!(found.end.is_between_records(), is_ended);
    let lines: u64 = decoded.iter().map(|record| record.line_count).sum();
    assert_eq!(survey.line_breaks + u64::from(!is_ended), lines);
    let unclosed = (found.end == State::Quoted).then(|| Unclosed {
        record_start: found.last.unwrap().offset,
        quote_at: found.quote_at.unwrap(),
    });
    assert_eq!(unclosed, end.err());
    assert_eq!(found.too_long, None);
}

/// Grammars that have surveys, each with bytes in which its marks are frequent.
fn surveyed() -> impl Strategy<Value = (Grammar, Vec<u8>)> {
    let grammar = (
        prop::sample::select(vec![",", ";", "\t", "a"]),
        prop::sample::select(vec![Some('"'), Some('"'), Some('\''), None]),
        any::<bool>(),
    );
    let grammar = grammar.prop_map(|(delimiter, quote, double_quote)| Grammar {
        delimiter: delimiter.to_owned(),
        quote,
        double_quote,
        ..Grammar::default()
    });
    let dense = prop::collection::vec(prop::sample::select(b"\"',;a\r\nx".to_vec()), 0..60);
    (grammar, prop_oneof![any_bytes(), dense])
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4000))]

    #[test]
    fn pieces_combine_to_the_whole_and_that_is_what_is_read(
        (grammar, bytes) in surveyed(),
        cuts in prop::collection::vec(any::<usize>(), 0..6),
        order in prop::collection::vec(any::<usize>(), 1..6),
    ) {
        let surveyor = Surveyor::new(&grammar).unwrap();
        let whole = surveyor.survey(&bytes);
        let pieces = pieces(&bytes, &cuts);
        let surveys: Vec<Survey> = pieces.iter().map(|piece| surveyor.survey(piece)).collect();
        prop_assert_eq!(&combine(surveys, &order, Survey::then), &whole);
        let streamed = pieces.iter().fold(Survey::default(), |survey, piece| {
            surveyor.survey_behind(&survey, piece)
        });
        prop_assert_eq!(&streamed, &whole);
        check(&grammar, &bytes, &whole);
    }

    #[test]
    fn a_range_holds_the_records_that_start_in_it(
        (grammar, bytes) in surveyed(),
        cuts in prop::collection::vec(any::<usize>(), 0..6),
    ) {
        let surveyor = Surveyor::new(&grammar).unwrap();
        let decoded = records(&grammar, &bytes);
        let mut before = Survey::default();
        for piece in pieces(&bytes, &cuts) {
            let survey = surveyor.survey(piece);
            let found = survey.from(before.from(State::Record).end);
            let range = before.byte_len..before.byte_len + survey.byte_len;
            let own: Vec<u64> = decoded.iter().map(|record| record.start)
                .filter(|start| range.contains(start)).collect();
            let place = |place: Place| before.byte_len + place.offset;
            prop_assert_eq!(found.rows, own.len() as u64);
            prop_assert_eq!(found.first.map(place), own.first().copied());
            prop_assert_eq!(found.last.map(place), own.last().copied());
            before = before.then(&survey);
        }
    }

    #[test]
    fn other_grammars_say_that_they_have_none(grammar in any_grammar()) {
        let plain = grammar.delimiter.len() == 1
            && grammar.quote.is_none_or(|quote| quote.is_ascii())
            && grammar.terminator == Terminator::Conventional
            && !grammar.skip_initial_space
            && (grammar.escape, &grammar.comment) == (None, &None);
        prop_assert_eq!(Surveyor::new(&grammar).is_some(), plain);
    }

    #[test]
    fn characters_are_those_of_the_whole(
        text in prop::collection::vec(
            prop_oneof![
                4 => prop::sample::select(vec!["a", "é", "€", "😀", "\n"])
                    .prop_map(|text| text.as_bytes().to_vec()),
                1 => prop::sample::select(vec![0x80_u8, 0xbf, 0xc3, 0xe2, 0xf0, 0xff, 0xed, 0xc0])
                    .prop_map(|byte| vec![byte]),
            ],
            0..12,
        ),
        cuts in prop::collection::vec(any::<usize>(), 0..8),
        order in prop::collection::vec(any::<usize>(), 1..6),
    ) {
        let bytes = text.concat();
        let pieces = pieces(&bytes, &cuts);
        let utf8 = pieces.iter().map(|piece| Characters::of_utf8(piece)).collect();
        let expected = std::str::from_utf8(&bytes).err().map(|error| error.valid_up_to() as u64);
        prop_assert_eq!(combine(utf8, &order, Characters::then).invalid_at(), expected);
        let ascii = pieces.iter().map(|piece| Characters::of_ascii(piece)).collect();
        let expected = bytes.iter().position(|byte| !byte.is_ascii()).map(|at| at as u64);
        prop_assert_eq!(combine(ascii, &order, Characters::then).invalid_at(), expected);
    }
}

#[test]
fn a_record_beyond_the_limit_is_found_across_ranges() {
    let grammar = Grammar::default();
    let surveyor = Surveyor::new(&grammar).unwrap();
    let limit = usize::try_from(RECORD_LIMIT).unwrap();
    for (len, is_long) in [(limit - 1, false), (limit, true)] {
        for tail in [&b"\n1,2\n"[..], b"\n"] {
            let text = [b"a,b\n", vec![b'x'; len].as_slice(), tail].concat();
            let mut boundaries = Boundaries::new(&grammar);
            assert_eq!(boundaries.push(&text, |_, _| ()).is_err(), is_long);
            let expected = is_long.then_some(Place { offset: 4, rows: 1, lines: 1 });
            for piece_len in [1 << 16, 3 << 20, limit + 2, text.len()] {
                let pieces = text.chunks(piece_len).map(|piece| surveyor.survey(piece)).collect();
                let whole = combine(pieces, &[1, 3, 7], Survey::then);
                assert_eq!(whole.from(State::Record).too_long, expected, "{piece_len}");
            }
        }
    }
}

#[test]
fn a_survey_is_the_same_behind_json() {
    let survey = Surveyor::new(&Grammar::default()).unwrap().survey(b"a,\"b\r\nc\"\r\n\"d");
    let json = serde_json::to_string(&survey).unwrap();
    assert_eq!(serde_json::from_str::<Survey>(&json).unwrap(), survey);
}
