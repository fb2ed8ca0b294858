//! What is declared of a file, held against what was read of it.

use std::collections::BTreeMap;

use shared::completeness::{DeclaredTotal, Source, manifest_key};
use shared::contract::{Contract, ManifestRule};
use shared::message::Dropped;

use crate::error::ValidateError;
use crate::incomplete::Incomplete;
use crate::manifest::Manifest;
use crate::refusal::Refusal;
use crate::scan::Scanned;

/// What a manifest or a trailer says of the data of a file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Declared {
    /// Number of data records, blank lines included and comments not.
    pub row_count: Option<u64>,
    /// Totals, in units of the last place of the values, by the position of their field (0-based).
    pub totals: BTreeMap<usize, i128>,
}

impl Scanned {
    /// Holds the file against all that was declared of it, and gives the totals that only its values show to
    /// be right. `sha256` is that of all its bytes in hexadecimal, if it is known.
    pub(crate) fn check(
        &self,
        file: &Dropped,
        contract: &Contract,
        sha256: Option<&str>,
        manifest: Option<&Manifest>,
    ) -> Result<Vec<DeclaredTotal>, ValidateError> {
        check_len(Source::Event, Some(file.byte_len), self.byte_len).map_err(Refusal::from)?;
        self.check_contract(contract, sha256).map_err(Refusal::from)?;
        if let Some(manifest) = manifest {
            if manifest.sha256.is_some() && sha256.is_none() {
                return Err(ValidateError::ManifestChanged);
            }
            let declared = manifest.sha256.as_deref();
            check_hash(Source::Manifest, declared, sha256).map_err(Refusal::from)?;
        }
        Ok(self.check_data(&file.key, contract, manifest).map_err(Refusal::from)?)
    }

    /// Holds the file against the size and the hash that its contract declares; `sha256` as above.
    pub(crate) fn check_contract(
        &self,
        contract: &Contract,
        sha256: Option<&str>,
    ) -> Result<(), Incomplete> {
        // A file of corrections is another than the one that the contract describes.
        if self.layout.lead > 0 {
            return Ok(());
        }
        let input = &contract.input;
        check_len(Source::Contract, input.byte_len, self.byte_len)?;
        check_hash(Source::Contract, input.sha256.as_deref(), sha256)
    }

    /// Holds the data of the file, which was dropped under `key`, against its manifest and its trailer. A file
    /// of corrections needs no manifest, but is held against the one that it has.
    fn check_data(
        &self,
        key: &str,
        contract: &Contract,
        manifest: Option<&Manifest>,
    ) -> Result<Vec<DeclaredTotal>, Incomplete> {
        let is_required = contract.completeness.manifest == Some(ManifestRule::Required);
        if manifest.is_none() && is_required && self.layout.lead == 0 {
            return Err(Incomplete::NoManifest { key: manifest_key(key) });
        }
        let mut totals = Vec::new();
        for (source, declared) in [
            (Source::Manifest, manifest.map(|manifest| &manifest.declared)),
            (Source::Trailer, self.trailer.as_ref()),
        ] {
            let Some(Declared { row_count, totals: declared }) = declared else { continue };
            check_row_count(source, *row_count, self.record_count)?;
            let declared = declared.iter();
            totals.extend(declared.map(|(&field, &units)| DeclaredTotal { field, source, units }));
        }
        Ok(totals)
    }
}

/// Holds the size of a file in bytes against the one that is declared, if one is.
pub(crate) fn check_len(by: Source, declared: Option<u64>, found: u64) -> Result<(), Incomplete> {
    let declared = declared.filter(|&declared| declared != found);
    declared.map_or(Ok(()), |declared| Err(Incomplete::ByteCount { by, declared, found }))
}

/// The same for its SHA-256 in hexadecimal, where that is known.
fn check_hash(by: Source, declared: Option<&str>, found: Option<&str>) -> Result<(), Incomplete> {
    match declared.zip(found) {
        Some((declared, found)) if declared != found => {
            let (declared, found) = (declared.to_owned(), found.to_owned());
            Err(Incomplete::HashCount { by, declared, found })
        }
        _ => Ok(()),
    }
}

/// The same for its number of data records.
fn check_row_count(by: Source, declared: Option<u64>, found: u64) -> Result<(), Incomplete> {
    let declared = declared.filter(|&declared| declared != found);
    declared.map_or(Ok(()), |declared| Err(Incomplete::RowCount { by, declared, found }))
}
