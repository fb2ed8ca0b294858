//! Salts, under which texts become pseudonyms: equal texts equal ones, and nobody without the salt can
//! tell which texts they were, or try out some.
//!
//! Invariant: a salt is in no message, no log and no `Debug`.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fmt;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::hexadecimal;

/// What the variables of the environment that hold salts start with.
const PREFIX: &str = "SLUICE_SALT_";

/// Bytes that a salt must have, so that nobody finds it by trying.
pub const SALT_BYTES: usize = 16;

/// Whether it can be the name of a salt: capital letters, digits and `_`.
pub fn is_name(name: &str) -> bool {
    let is_legal = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_';
    !name.is_empty() && name.chars().all(is_legal)
}

/// The salts of a deployment, by their names.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Salts(BTreeMap<String, Vec<u8>>);

impl Salts {
    /// What the variables `SLUICE_SALT_<NAME>` of an environment hold.
    pub fn of(environment: impl IntoIterator<Item = (OsString, OsString)>) -> Self {
        let named = environment.into_iter().filter_map(|(variable, salt)| {
            let name = variable.to_str()?.strip_prefix(PREFIX)?;
            Some((name.to_owned(), salt.into_encoded_bytes()))
        });
        named.collect()
    }

    /// What hashes under the salt `name`.
    ///
    /// # Errors
    /// [`SaltError`]: there is no such salt, or it is too short.
    ///
    /// ```
    /// use shared::salt::Salts;
    /// let salts: Salts = [("CLIENTS".to_owned(), vec![0x0b; 20])].into_iter().collect();
    /// let digits = salts.hasher("CLIENTS").unwrap().hexadecimal("Hi There");
    /// assert!(digits.starts_with(b"b0344c61d8db3853"));
    /// assert_eq!(
    ///     salts.hasher("OTHERS").unwrap_err().to_string(),
    ///     "the environment variable `SLUICE_SALT_OTHERS` is missing"
    /// );
    /// ```
    pub fn hasher(&self, name: &str) -> Result<Hasher, SaltError> {
        let variable = || format!("{PREFIX}{name}");
        let salt = self.0.get(name).ok_or_else(|| SaltError::Missing(variable()))?;
        if salt.len() < SALT_BYTES {
            return Err(SaltError::Short(variable()));
        }
        let hasher = Hmac::new_from_slice(salt).map(Hasher);
        hasher.map_err(|_| SaltError::Short(variable()))
    }

    /// What hashes under each of those salts, by their names.
    ///
    /// # Errors
    /// The first [`SaltError`].
    pub fn hashers<'n>(
        &self,
        names: impl IntoIterator<Item = &'n str>,
    ) -> Result<Hashers, SaltError> {
        names.into_iter().map(|name| Ok((name.to_owned(), self.hasher(name)?))).collect()
    }
}

impl FromIterator<(String, Vec<u8>)> for Salts {
    fn from_iter<I: IntoIterator<Item = (String, Vec<u8>)>>(salts: I) -> Self {
        Salts(salts.into_iter().collect())
    }
}

impl fmt::Debug for Salts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

/// Why nothing can be hashed.
#[derive(Debug, thiserror::Error)]
pub enum SaltError {
    /// No such salt.
    #[error("the environment variable `{0}` is missing")]
    Missing(String),
    /// A salt that could be guessed.
    #[error("the environment variable `{0}` has fewer than {SALT_BYTES} bytes")]
    Short(String),
}

/// Hashers by the names of their salts.
pub type Hashers = BTreeMap<String, Hasher>;

/// What tells salts from others of their names, and not what they are: a few digits of a hash.
pub type SaltMarks = BTreeMap<String, String>;

/// The marks of the salts of `hashers`.
pub fn marks(hashers: &Hashers) -> SaltMarks {
    let mark = |hasher: &Hasher| {
        let digits = hasher.hexadecimal("the mark of this salt");
        digits.into_iter().take(8).map(char::from).collect()
    };
    hashers.iter().map(|(name, hasher)| (name.clone(), mark(hasher))).collect()
}

/// Hashes texts under one salt: HMAC-SHA-256 (RFC 2104, FIPS 198-1) of their UTF-8, with the salt as key.
/// A salt that is merely put in front of a text would allow to hash longer texts without knowing it.
#[derive(Clone)]
pub struct Hasher(Hmac<Sha256>);

impl Hasher {
    /// The hash of a text, in 64 hexadecimal digits, lower case.
    pub fn hexadecimal(&self, text: &str) -> [u8; 64] {
        let hash = self.0.clone().chain_update(text).finalize().into_bytes();
        let mut digits = [0; 64];
        for (pair, byte) in digits.chunks_exact_mut(2).zip(hash) {
            pair.copy_from_slice(&hexadecimal::digits(byte));
        }
        digits
    }
}

impl fmt::Debug for Hasher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Hasher")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 4231, test cases 1, 2 and 7 (short keys, and one longer than a block).
    #[test]
    fn hashes_are_those_of_the_standard() {
        for (salt, text, expected) in [
            (
                vec![0x0b; 20],
                "Hi There",
                "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7",
            ),
            (
                b"Jefe".to_vec(),
                "what do ya want for nothing?",
                "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
            ),
            (
                vec![0xaa; 131],
                "This is a test using a larger than block-size key and a larger than block-size \
                 data. The key needs to be hashed before being used by the HMAC algorithm.",
                "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2",
            ),
        ] {
            let digits = Hasher(Hmac::new_from_slice(&salt).unwrap()).hexadecimal(text);
            assert_eq!(std::str::from_utf8(&digits).unwrap(), expected);
        }
    }

    #[test]
    fn a_salt_that_is_not_there_or_too_short_is_told_and_never_shown() {
        let salt = |text: &str| text.as_bytes().to_vec();
        let salts: Salts = [
            ("SHORT".to_owned(), salt("fifteen bytes..")),
            ("LONG".to_owned(), salt("sixteen bytes...")),
            ("EMPTY".to_owned(), salt("")),
        ]
        .into_iter()
        .collect();
        for (name, expected) in [
            ("LONG", None),
            ("SHORT", Some("the environment variable `SLUICE_SALT_SHORT` has fewer than 16 bytes")),
            ("EMPTY", Some("the environment variable `SLUICE_SALT_EMPTY` has fewer than 16 bytes")),
            ("long", Some("the environment variable `SLUICE_SALT_long` is missing")),
        ] {
            let error = salts.hasher(name).err().map(|error| error.to_string());
            assert_eq!(error.as_deref(), expected);
        }
        assert!(salts.hashers(["LONG", "SHORT"]).is_err());
        let shown = format!("{salts:?} {:?}", salts.hashers(["LONG"]).unwrap());
        assert_eq!(shown, r#"{"EMPTY", "LONG", "SHORT"} {"LONG": Hasher}"#);
    }

    #[test]
    fn salts_are_the_variables_of_their_names() {
        let environment = [
            ("SLUICE_SALT_A", "sixteen bytes..."),
            ("PATH", "/bin"),
            ("XSLUICE_SALT_B", "sixteen bytes..."),
        ];
        let salts = Salts::of(environment.map(|(name, value)| (name.into(), value.into())));
        assert_eq!(salts, [("A".to_owned(), b"sixteen bytes...".to_vec())].into_iter().collect());
    }

    #[test]
    fn a_mark_tells_salts_apart() {
        let marks = |salt: &[u8]| {
            let salts: Salts = [("A".to_owned(), salt.to_vec())].into_iter().collect();
            marks(&salts.hashers(["A"]).unwrap())
        };
        assert_eq!(marks(&[1; 16]), marks(&[1; 16]));
        assert_ne!(marks(&[1; 16]), marks(&[2; 16]));
        assert_eq!(marks(&[1; 16])["A"].len(), 8);
    }

    #[test]
    fn names_are_those_of_variables() {
        for (name, is_right) in [
            ("A", true),
            ("CLIENT_2", true),
            ("", false),
            ("client", false),
            ("A-B", false),
            ("\u{c4}", false),
        ] {
            assert_eq!(is_name(name), is_right, "{name}");
        }
    }
}
