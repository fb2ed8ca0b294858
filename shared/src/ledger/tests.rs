use super::*;

const NOW: i64 = 1_700_000_000_000;

fn file(attempt: u32) -> Dropped {
    Dropped {
        dataset: "orders".to_owned(),
        bucket: "in".to_owned(),
        key: "orders/1.csv".to_owned(),
        version: Some("v1".to_owned()),
        etag: "e1".to_owned(),
        byte_len: 9,
        sequencer: Some("0A".to_owned()),
        event_time_ms: NOW,
        file_id: "0ab1".to_owned(),
        attempt,
    }
}

fn record(execution: &str, attempt: u32, state: State) -> Record {
    Record { state, ..Record::claim(file(attempt), execution, None, NOW) }
}

#[test]
fn who_may_have_a_version() {
    let claimed = || State::Claimed { until_ms: NOW + 1 };
    let quarantined = || State::Quarantined { error: "FileRefused".to_owned() };
    let free = Ok(());
    let held = Err(Taken::Held { execution: "a".to_owned(), until_ms: NOW + 1 });
    let published = Err(Taken::Published { execution: "a".to_owned() });
    let later = Err(Taken::Later { execution: "a".to_owned() });
    for (name, state, attempt, execution, wish, now, expected) in [
        ("its own claim", claimed(), 0, "a", 0, NOW, &free),
        ("its own claim, expired", claimed(), 0, "a", 0, NOW + 9, &free),
        ("its own end", State::Published, 0, "a", 0, NOW, &free),
        ("another's claim", claimed(), 0, "b", 0, NOW, &held),
        ("another's claim, at its end", claimed(), 0, "b", 0, NOW + 1, &free),
        ("another has published", State::Published, 0, "b", 0, NOW + 9, &published),
        ("another was refused", quarantined(), 0, "b", 0, NOW, &free),
        ("another was a duplicate", State::Duplicate { of: None }, 0, "b", 0, NOW, &free),
        ("again, while it is claimed", claimed(), 0, "b", 1, NOW, &free),
        ("again, though it is published", State::Published, 0, "b", 1, NOW, &free),
        ("overtaken while it worked", claimed(), 1, "b", 0, NOW + 9, &later),
        ("overtaken by one that was refused", quarantined(), 2, "b", 1, NOW, &later),
    ] {
        let found = record("a", attempt, state);
        assert_eq!(claim(Some(&found), execution, wish, now), *expected, "{name}");
    }
    assert_eq!(claim(None, "a", 0, NOW), free);
}

#[test]
fn a_record_is_read_as_it_was_written() {
    for state in [
        State::Claimed { until_ms: NOW },
        State::Published,
        State::Duplicate { of: None },
        State::Duplicate {
            of: Some(Original { key: "k".into(), version: None, execution: "x".into() }),
        },
        State::Quarantined { error: "FileRefused".to_owned() },
    ] {
        let record = Record {
            digest: Some(Digest::Sha256("00".to_owned())),
            publication: Some(Publication { execution: "a".to_owned(), table_version: Some(3) }),
            ..record("a", 1, state)
        };
        let text = serde_json::to_string(&record).unwrap();
        assert_eq!(serde_json::from_str::<Record>(&text).unwrap(), record, "{text}");
    }
}

#[test]
fn the_records_of_a_file_are_listed_by_revision() {
    let keys = [0, 7, 10, i64::MAX].map(|revision| key("orders", "0ab1", revision));
    assert!(keys.is_sorted());
    assert!(keys.iter().all(|key| key.starts_with(&file_prefix("orders", "0ab1"))));
    assert!(keys.iter().all(|key| key.starts_with(&prefix("orders"))));
}
