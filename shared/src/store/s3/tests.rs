//! Against a server on this machine that answers as S3 does, or worse.

mod server;

use bytes::Bytes;
use futures_util::TryStreamExt;

use super::super::{Object, Store, StoreError, Upload, read_whole};
use super::PART_LEN;
use server::{Habit, Server};

/// Three parts and a bit.
const LEN: u64 = 3 * PART_LEN + 5;

/// Bytes that are another at every place nearby.
fn body(len: u64) -> Bytes {
    let len = usize::try_from(len).unwrap();
    let mut body: Vec<u8> = (0..=250).collect::<Vec<_>>().repeat(len / 251 + 1);
    body.truncate(len);
    body.into()
}

async fn check_reads(habit: Habit) {
    let body = body(LEN);
    let server = Server::start(body.clone(), habit).await;
    let object = Object::output("a/b");
    let found = read_whole(&server.store(), &object, None, LEN).await.unwrap();
    assert!(found == body, "{habit:?}");
    for (start, end) in [
        (0, 1),
        (7, PART_LEN),
        (0, PART_LEN),
        (PART_LEN, PART_LEN + 1),
        (1, 2 * PART_LEN + 3),
        (LEN - 1, LEN),
        (PART_LEN - 1, LEN),
        (LEN - 3, LEN + 100),
    ] {
        let found = read_whole(&server.store(), &object, Some(start..end), LEN).await.unwrap();
        let end = usize::try_from(end.min(LEN)).unwrap();
        assert!(found == body[usize::try_from(start).unwrap()..end], "{start}..{end} {habit:?}");
    }
}

#[tokio::test]
async fn parts_come_in_order() {
    check_reads(Habit::Ranges).await;
}

#[tokio::test]
async fn a_server_may_ignore_ranges() {
    check_reads(Habit::IgnoresRanges).await;
}

#[tokio::test]
async fn a_large_object_takes_a_request_for_each_part_and_a_small_one_takes_one() {
    let object = Object::output("a/b");
    for (len, expected) in [(1, 1), (PART_LEN, 1), (PART_LEN + 1, 2), (LEN, 4)] {
        let server = Server::start(body(len), Habit::Ranges).await;
        assert_eq!(read_whole(&server.store(), &object, None, LEN).await.unwrap(), body(len));
        assert_eq!(server.requests().len(), expected, "{len}");
    }
}

#[tokio::test]
async fn so_many_parts_are_asked_for_ahead_and_no_more() {
    let server = Server::start(body(7 * PART_LEN), Habit::Ranges).await;
    let (store, object) = (server.store(), Object::output("a/b"));
    let mut pieces = Box::pin(store.read(&object, None));
    let (mut at, mut furthest) = (0, 0);
    while let Some(piece) = pieces.try_next().await.unwrap() {
        let ahead = server.requests().len() as u64 - at / PART_LEN;
        assert!(ahead <= 4, "{ahead} at {at}");
        furthest = furthest.max(ahead);
        at += piece.len() as u64;
    }
    assert_eq!((at, furthest), (7 * PART_LEN, 4));
}

#[tokio::test]
async fn an_empty_object_has_no_range() {
    for habit in [Habit::Ranges, Habit::IgnoresRanges] {
        let server = Server::start(Bytes::new(), habit).await;
        let object = Object::output("a/b");
        assert_eq!(read_whole(&server.store(), &object, None, 0).await.unwrap(), "");
    }
}

#[tokio::test]
async fn an_empty_range_asks_nobody() {
    let server = Server::start(body(9), Habit::Ranges).await;
    let found = read_whole(&server.store(), &Object::output("a/b"), Some(4..4), 0).await;
    assert_eq!(found.unwrap(), "");
    assert!(server.requests().is_empty());
}

#[tokio::test]
async fn what_is_too_large_is_not_fetched() {
    let server = Server::start(body(LEN), Habit::Ranges).await;
    let error = read_whole(&server.store(), &Object::output("a/b"), None, LEN - 1).await;
    assert!(matches!(error, Err(StoreError::TooLarge { .. })), "{error:?}");
}

/// Reads all there is, and gives the number of bytes before the error.
async fn check_fails(habit: Habit) -> u64 {
    let body = body(LEN);
    let server = Server::start(body.clone(), habit).await;
    let store = server.store();
    let object = Object::output("a/b");
    let mut pieces = Box::pin(store.read(&object, None));
    let mut at = 0;
    let error = loop {
        match pieces.try_next().await {
            Ok(Some(piece)) => {
                assert!(body[at..at + piece.len()] == piece, "{habit:?}");
                at += piece.len();
            }
            Ok(None) => panic!("no error"),
            Err(error) => break error,
        }
    };
    assert!(matches!(error, StoreError::Unavailable { .. }), "{error:?}");
    assert!(pieces.try_next().await.unwrap().is_none(), "nothing follows an error");
    at as u64
}

#[tokio::test]
async fn an_error_comes_behind_the_parts_before_it() {
    assert_eq!(check_fails(Habit::Refuses { from: PART_LEN }).await, PART_LEN);
    assert_eq!(check_fails(Habit::Refuses { from: 2 * PART_LEN }).await, 2 * PART_LEN);
}

#[tokio::test]
async fn a_body_that_breaks_off_is_an_error() {
    let read = check_fails(Habit::BreaksOff { from: PART_LEN }).await;
    assert!((PART_LEN..2 * PART_LEN).contains(&read), "{read}");
}

#[tokio::test]
async fn another_version_in_the_middle_is_an_error() {
    assert_eq!(check_fails(Habit::Changes { from: PART_LEN }).await, PART_LEN);
}

#[tokio::test]
async fn bytes_that_were_replaced_are_not_read() {
    let object = |etag: &str| Object { etag: Some(etag.to_owned()), ..Object::output("a/b") };
    for range in [None, Some(0..1), Some(PART_LEN - 1..PART_LEN + 1), Some(0..LEN)] {
        let server = Server::start(body(LEN), Habit::Ranges).await;
        assert!(read_whole(&server.store(), &object("1"), range.clone(), LEN).await.is_ok());
        let error = read_whole(&server.store(), &object("2"), range.clone(), LEN).await;
        assert!(matches!(error, Err(StoreError::NotFound { .. })), "{range:?} {error:?}");
    }
    let server = Server::start(body(LEN), Habit::Changes { from: PART_LEN }).await;
    let error = read_whole(&server.store(), &object("1"), None, LEN).await;
    assert!(matches!(error, Err(StoreError::NotFound { .. })), "{error:?}");
}

#[tokio::test]
async fn a_missing_object_is_not_found() {
    let server = Server::start(Bytes::new(), Habit::Ranges).await;
    let missing = Object::output("no/such");
    let error = read_whole(&server.store(), &missing, None, 9).await.unwrap_err();
    assert!(matches!(error, StoreError::NotFound { .. }), "{error:?}");
}

/// Writes `len` bytes in pieces, and gives what became of it.
async fn upload(server: &Server, len: u64, piece_len: usize) -> Result<(), StoreError> {
    let body = body(len);
    let mut upload = server.store().upload("new");
    for piece in body.chunks(piece_len) {
        upload.write(body.slice_ref(piece)).await?;
    }
    upload.finish().await
}

#[tokio::test]
async fn an_object_is_what_was_written() {
    const PART: u64 = 16 << 20;
    for (len, piece_len, parts) in [
        (0, 1, 0),
        (9, 4, 0),
        (PART, 1 << 20, 1),
        (4 * PART + 9, 5 << 20, 5),
        (PART + 1, 40 << 20, 2),
    ] {
        let server = Server::start(Bytes::new(), Habit::Ranges).await;
        upload(&server, len, piece_len).await.unwrap();
        assert!(server.written() == Some(body(len)), "{len}");
        let sent = server.requests().into_iter().filter(|request| request.contains("partNumber"));
        assert_eq!(sent.count(), parts, "{len}");
    }
}

#[tokio::test]
async fn an_upload_with_a_lost_part_is_given_up() {
    for number in [1, 3, 5] {
        let server = Server::start(Bytes::new(), Habit::LosesPart(number)).await;
        let error = upload(&server, (64 << 20) + 9, 5 << 20).await.unwrap_err();
        assert!(matches!(error, StoreError::Unavailable { .. }), "{error:?}");
        assert!(server.written().is_none(), "{number}");
        assert!(server.is_aborted(), "{number}");
    }
}

#[tokio::test]
async fn nothing_is_finished_after_an_error() {
    let server = Server::start(Bytes::new(), Habit::LosesPart(1)).await;
    let mut upload = server.store().upload("new");
    let mut is_lost = false;
    for _ in 0..4 {
        is_lost |= upload.write(body(16 << 20)).await.is_err();
    }
    assert!(is_lost);
    assert!(upload.finish().await.is_err());
    assert!(server.written().is_none());
}

#[tokio::test]
async fn what_is_written_on_a_condition_says_so() {
    let server = Server::start(Bytes::new(), Habit::Ranges).await;
    let store = server.store();
    for (seen, if_match, if_none_match) in
        [(Some("p"), Some("\"p\""), None), (None, None, Some("*"))]
    {
        assert!(store.write_if("a/record", seen, "x".into()).await.unwrap());
        let conditions = server.conditions();
        let found = conditions.each_ref().map(|value| value.as_ref().map(|v| v.to_str().unwrap()));
        assert_eq!(found, [if_match, if_none_match]);
    }
    store.write("a/record", "x".into()).await.unwrap();
    assert_eq!(server.conditions(), [None, None]);
}

#[tokio::test]
async fn who_was_not_first_is_told_and_other_errors_are_errors() {
    for (seen, status, is_lost) in [
        (None, 412, true),
        (Some("p"), 412, true),
        (None, 409, true),
        (Some("p"), 404, true),
        // There is no such bucket.
        (None, 404, false),
        (Some("p"), 503, false),
        (None, 403, false),
    ] {
        let server = Server::start(Bytes::new(), Habit::Puts(status)).await;
        let written = server.store().write_if("a/record", seen, "x".into()).await;
        assert_eq!(matches!(written, Ok(false)), is_lost, "{status}");
        assert_eq!(matches!(written, Err(StoreError::Unavailable { .. })), !is_lost, "{status}");
    }
}
