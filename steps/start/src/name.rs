//! The name of an execution: readable at its start, unique at its end.
//!
//! Invariant: a name has 1 to 80 characters, all of them in `[A-Za-z0-9_-]`.
//! Invariant: equal names mean the same attempt at the same version of the same file.

use std::fmt;

use shared::message::Dropped;

use crate::identity::version_id;

/// Longest name that Step Functions takes, in characters.
pub const MAX_LEN: usize = 80;

/// Name of the execution that loads one dropped version of a file, once or again.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct ExecutionName(String);

impl ExecutionName {
    /// The name for a dropped version: what can be read of its key, a hash of its identity, and, where
    /// somebody has asked for it again, the number of the attempt.
    ///
    /// ```
    /// # use shared::message::Dropped;
    /// # let dropped = Dropped {
    /// #     dataset: "flights".into(), bucket: "in".into(), key: "flights/2013-01.csv".into(),
    /// #     version: Some("v1".into()), etag: "e".into(), byte_len: 1, sequencer: Some("0A".into()),
    /// #     event_time_ms: 0, file_id: String::new(), attempt: 0,
    /// # };
    /// let name = start::name::ExecutionName::of(&dropped);
    /// assert!(name.as_str().starts_with("flights-2013-01-csv-"));
    ///
    /// let again = start::name::ExecutionName::of(&Dropped { attempt: 1, ..dropped });
    /// assert_eq!(again.as_str(), format!("{name}-attempt-1"));
    /// ```
    pub fn of(dropped: &Dropped) -> Self {
        let identity = match dropped.attempt {
            0 => version_id(dropped),
            attempt => format!("{}-attempt-{attempt}", version_id(dropped)),
        };
        let mut name = readable(&dropped.key, MAX_LEN - 1 - identity.len());
        if !name.is_empty() {
            name.push('-');
        }
        name.push_str(&identity);
        ExecutionName(name)
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ExecutionName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The legal characters of a key, at most `max_len` of them; a run of others becomes one hyphen.
fn readable(key: &str, max_len: usize) -> String {
    let words = key.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_' || c == '-'));
    let joined = words.filter(|word| !word.is_empty()).collect::<Vec<_>>().join("-");
    let cut: String = joined.chars().take(max_len).collect();
    cut.trim_matches('-').to_owned()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    fn dropped(key: &str) -> Dropped {
        Dropped {
            dataset: "flights".into(),
            bucket: "in".into(),
            key: key.into(),
            version: Some("v1".into()),
            etag: "e1".into(),
            byte_len: 9,
            sequencer: Some("0055AED6DCD90281E5".into()),
            event_time_ms: 1_700_000_000_000,
            file_id: "f".into(),
            attempt: 0,
        }
    }

    #[track_caller]
    fn check_start(key: &str, expected: &str) {
        let name = ExecutionName::of(&dropped(key)).to_string();
        let (start, hash) = name.split_at(name.len() - 32);
        assert_eq!(start, expected, "{key:?}");
        assert!(hash.bytes().all(|byte| byte.is_ascii_hexdigit()), "{name}");
        assert!(name.len() <= MAX_LEN, "{name}");
    }

    #[test]
    fn the_start_can_be_read() {
        check_start("flights/2013-01.csv", "flights-2013-01-csv-");
        check_start("flights/2013_01 (final) v2.csv", "flights-2013_01-final-v2-csv-");
        check_start("flights/J\u{e4}nner.csv", "flights-J-nner-csv-");
        check_start("\u{98db}\u{884c}/\u{6a5f}", "");
        check_start("/", "");
        check_start("--/--", "");
        check_start(
            &format!("flights/{}.csv", "x".repeat(1000)),
            &format!("flights-{}-", "x".repeat(39)),
        );
        // The cut falls on a separator, which is not doubled.
        check_start(&format!("{}/y", "x".repeat(46)), &format!("{}-", "x".repeat(46)));
    }

    #[test]
    fn the_same_version_has_the_same_name() {
        let first = dropped("flights/2013-01.csv");
        // Another event of the same version may be seen at another time.
        let again = Dropped { event_time_ms: 0, byte_len: 0, ..first.clone() };
        assert_eq!(ExecutionName::of(&first), ExecutionName::of(&again));
    }

    #[test]
    fn another_version_has_another_name() {
        let base = dropped("flights/2013-01.csv");
        let unversioned = Dropped { version: None, ..base.clone() };
        let all = [
            base.clone(),
            dropped("flights/2013.01.csv"),
            dropped("flights/2013-01.CSV"),
            Dropped { bucket: "other".into(), ..base.clone() },
            Dropped { version: Some("v2".into()), ..base.clone() },
            Dropped { version: Some("e1".into()), ..base.clone() },
            Dropped { sequencer: Some("0055AED6DCD90281E6".into()), ..base.clone() },
            Dropped { sequencer: None, ..base.clone() },
            Dropped { attempt: 1, ..base.clone() },
            Dropped { attempt: 11, ..base },
            Dropped { etag: "e2".into(), ..unversioned.clone() },
            unversioned,
        ];
        let names: BTreeSet<_> = all.iter().map(ExecutionName::of).collect();
        assert_eq!(names.len(), all.len());
    }

    #[test]
    fn the_name_of_another_attempt_says_so_and_is_no_longer_than_others() {
        let again = |key: &str, attempt| {
            ExecutionName::of(&Dropped { attempt, ..dropped(key) }).to_string()
        };
        let first = again("flights/1.csv", 0);
        assert_eq!(again("flights/1.csv", 1), format!("{first}-attempt-1"));
        assert_eq!(again("flights/1.csv", 12), format!("{first}-attempt-12"));
        let long = again(&"x".repeat(99), u32::MAX);
        assert_eq!(long.len(), MAX_LEN);
        assert!(long.ends_with("-attempt-4294967295"), "{long}");
    }

    #[test]
    fn long_keys_differ_beyond_the_cut() {
        let long = "x".repeat(900);
        let one = ExecutionName::of(&dropped(&format!("flights/{long}1.csv")));
        let two = ExecutionName::of(&dropped(&format!("flights/{long}2.csv")));
        assert_ne!(one, two);
    }

    proptest! {
        #[test]
        fn a_name_is_always_legal(
            key in any::<String>(),
            version in any::<Option<String>>(),
            sequencer in any::<Option<String>>(),
            attempt in any::<u32>(),
        ) {
            let name = ExecutionName::of(&Dropped { version, sequencer, attempt, ..dropped(&key) });
            let legal = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
            prop_assert!(name.as_str().chars().all(legal), "{}", name);
            prop_assert!((1..=MAX_LEN).contains(&name.as_str().len()), "{}", name);
        }

        #[test]
        fn another_key_has_another_name(one in "[a-b./ -]{0,8}", two in "[a-b./ -]{0,8}") {
            let (first, second) = (ExecutionName::of(&dropped(&one)), ExecutionName::of(&dropped(&two)));
            prop_assert_eq!(one == two, first == second);
        }
    }
}
