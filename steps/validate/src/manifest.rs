//! The manifest beside a file: what its sender says of it.

use std::collections::BTreeMap;

use serde::Deserialize;
use shared::cell::NumberFormat;
use shared::completeness::{Source, manifest_key};
use shared::contract::{Contract, without_mark};
use shared::fault::clipped;
use shared::message::Dropped;
use shared::store::{Area, Object, Store, StoreError, read_whole};

use crate::declared::{Declared, check_len};
use crate::error::ValidateError;
use crate::incomplete::Incomplete;
use crate::refusal::Refusal;

/// Bytes that a manifest may have: 1 MiB.
const MANIFEST_LIMIT: u64 = 1 << 20;

/// Digits of a SHA-256 in hexadecimal.
const HASH_DIGITS: usize = 64;

/// A manifest that says nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ManifestError {
    /// No text that a person or a job wrote for one file.
    #[error("it is larger than {MANIFEST_LIMIT} bytes")]
    TooLarge,
    /// No JSON, or another property or value than a manifest has.
    #[error("it is not what a manifest is: {0}")]
    Shape(String),
    /// A hash that is none.
    #[error("`sha256` is not {HASH_DIGITS} hexadecimal digits")]
    Hash,
    /// The total of what has none.
    #[error("`{column}` is no column with an exact total: an integer, or a number with `decimal`")]
    Column {
        /// Its name there.
        column: String,
    },
    /// A total that no values of the column have.
    #[error("the total of `{column}` is not a decimal number with the places of the column")]
    Total {
        /// The column.
        column: String,
    },
    /// A total that the contract wants is not there.
    #[error("the total of `{column}` is missing")]
    NoTotal {
        /// The column.
        column: String,
    },
}

/// The manifest as it is written.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
struct ManifestText {
    row_count: Option<u64>,
    byte_len: Option<u64>,
    sha256: Option<String>,
    totals: BTreeMap<String, String>,
}

/// What the sender of a file says of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Manifest {
    byte_len: Option<u64>,
    /// In hexadecimal, with small letters.
    pub(crate) sha256: Option<String>,
    pub(crate) declared: Declared,
}

impl Manifest {
    fn parse(bytes: &[u8], contract: &Contract) -> Result<Self, ManifestError> {
        let text: ManifestText = serde_json::from_slice(without_mark(bytes)).map_err(|error| {
            ManifestError::Shape(clipped(error.to_string().as_bytes()).into_owned())
        })?;
        let is_hash = |text: &String| {
            text.len() == HASH_DIGITS && text.bytes().all(|byte| byte.is_ascii_hexdigit())
        };
        if text.sha256.as_ref().is_some_and(|text| !is_hash(text)) {
            return Err(ManifestError::Hash);
        }
        let totals = totals(&text.totals, contract)?;
        Ok(Manifest {
            byte_len: text.byte_len,
            sha256: text.sha256.map(|text| text.to_ascii_lowercase()),
            declared: Declared { row_count: text.row_count, totals },
        })
    }
}

/// The totals by the positions of their fields: those that the contract wants, and perhaps more.
fn totals(
    texts: &BTreeMap<String, String>,
    contract: &Contract,
) -> Result<BTreeMap<usize, i128>, ManifestError> {
    let schema = &contract.input.schema;
    let mut totals = BTreeMap::new();
    for (name, text) in texts {
        let column = || clipped(name.as_bytes()).into_owned();
        let at = schema.position(name);
        let exact = at.and_then(|at| Some((at, schema.fields.get(at)?.field_type.as_exact()?.0)));
        let (at, exact) = exact.ok_or_else(|| ManifestError::Column { column: column() })?;
        let units = exact.read(text.as_bytes(), &NumberFormat::DEFAULT);
        totals.insert(at, units.ok_or_else(|| ManifestError::Total { column: column() })?);
    }
    let wanted = contract.completeness.totals.iter();
    let mut wanted = wanted.filter(|total| total.trailer_column.is_none());
    match wanted.find(|total| !totals.contains_key(&total.field)) {
        Some(total) => Err(ManifestError::NoTotal { column: schema.names(&[total.field]) }),
        None => Ok(totals),
    }
}

/// The manifest of the file, where the contract has files with one and there is one.
pub(crate) async fn find_manifest(
    file: &Dropped,
    contract: &Contract,
    store: &impl Store,
) -> Result<Option<Manifest>, ValidateError> {
    if contract.completeness.manifest.is_none() {
        return Ok(None);
    }
    let key = manifest_key(&file.key);
    let (area, version, etag) = (Area::Input, None, None);
    let object = Object { area, key: key.clone(), version, etag };
    let manifest = match read_whole(store, &object, None, MANIFEST_LIMIT).await {
        Err(StoreError::NotFound { .. }) => return Ok(None),
        Err(StoreError::TooLarge { .. }) => Err(ManifestError::TooLarge),
        found => Manifest::parse(&found.map_err(ValidateError::Store)?, contract),
    };
    let manifest = manifest.map_err(|error| Incomplete::Manifest { key, error });
    let manifest = manifest.map_err(Refusal::from)?;
    // What must be refused is refused before the file is read.
    check_len(Source::Manifest, manifest.byte_len, file.byte_len).map_err(Refusal::from)?;
    Ok(Some(manifest))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Manifest, ManifestError> {
        let contract = br#"{"resources": [{"name": "r", "path": "r.csv",
            "sluice": {"completeness": {"manifest": "required", "totals": {"i": {}}}},
            "schema": {"fields": [{"name": "i", "type": "integer", "groupChar": "."}, {"name": "s"},
                {"name": "d", "type": "number", "decimal": {"precision": 4, "scale": 2}, "decimalChar": ","}
            ]}}]}"#;
        Manifest::parse(text.as_bytes(), &Contract::parse(contract, None).unwrap())
    }

    #[test]
    fn what_it_declares_is_exact() {
        let hash = "AB".repeat(32);
        let text = format!(
            r#"{{"rowCount": 3, "byteLen": 9, "sha256": "{hash}",
                "totals": {{"d": "-12345678901234567890.5", "i": "7"}}}}"#
        );
        let totals = [(0, 7), (2, -1_234_567_890_123_456_789_050)];
        let expected = Manifest {
            byte_len: Some(9),
            sha256: Some(hash.to_lowercase()),
            declared: Declared { row_count: Some(3), totals: totals.into() },
        };
        assert_eq!(parse(&text).unwrap(), expected);
        let least = parse("\u{feff}{\"totals\": {\"i\": \"0\"}}").unwrap();
        assert_eq!((least.byte_len, least.sha256, least.declared.row_count), (None, None, None));
    }

    #[test]
    fn what_is_no_manifest_is_told() {
        for (text, expected) in [
            ("", "EOF"),
            ("[]x", "trailing characters"),
            (r#"{"rowcount": 3}"#, "unknown field `rowcount`"),
            (r#"{"rowCount": -3}"#, "invalid value"),
            (r#"{"totals": {"i": 3}}"#, "expected a string"),
            (r#"{"sha256": "abc"}"#, "64 hexadecimal digits"),
            (r#"{"totals": {"x": "3"}}"#, "`x` is no column"),
            (r#"{"totals": {"s": "3"}}"#, "`s` is no column"),
            (r#"{"totals": {"i": "0.5"}}"#, "the total of `i` is not"),
            (r#"{"totals": {"d": "1,5"}}"#, "the total of `d` is not"),
            (r#"{"totals": {"d": "1.5"}}"#, "the total of `i` is missing"),
            ("{}", "the total of `i` is missing"),
        ] {
            let error = parse(text).unwrap_err().to_string();
            assert!(error.contains(expected), "{text}: {error}");
        }
    }
}
