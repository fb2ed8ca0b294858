//! Whether a file can be surveyed range by range, and why not.

use shared::contract::Contract;
use shared::csv::Surveyor;
use shared::message::Form;
use shared::text::{Encoding, LEAD_LEN, TextDecoder, TextError};

/// Bytes of a file that one pass can read: 60 GiB. One stream from S3 gives some 90 MB/s, which is 81 GB
/// in the 15 minutes of a Lambda; a fifth of them stays in hand.
const READ_LIMIT: u64 = 60 << 30;

/// The same where the text of the file is written again, since it is compressed or in another encoding:
/// 30 GiB, as reading and writing take turns.
const REWRITE_LIMIT: u64 = 30 << 30;

/// The same where keys are compared: 24 GiB. 200 million keys are written and read again, and so is what is
/// wrong with them, which may be another 23 GB.
const KEYED_LIMIT: u64 = 24 << 30;

/// Why a file must be read in one pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Obstacle {
    /// It is no text at all, as its first bytes show: the pass refuses it at once.
    #[error("it is no text")]
    NoText,
    /// No byte of it means anything without those before it.
    #[error("it is compressed: drop it as it is uncompressed, or in smaller files")]
    Compressed,
    /// It is neither in UTF-8 nor in US-ASCII.
    #[error("its encoding is {}: drop it in UTF-8, or in smaller files", .0.name())]
    Encoding(Encoding),
    /// What a byte means depends on too much before it.
    #[error(
        "its dialect has more than a delimiter of one byte, a quote and the usual line terminators: \
         change that, or drop it in smaller files"
    )]
    Dialect,
    /// Keys are compared over the whole file.
    #[error(
        "the contract has keys (`unique`, `uniqueKeys`, `primaryKey`), which are compared over the \
         whole file: take them out, or drop smaller files"
    )]
    Keys,
    /// Rows refer to rows.
    #[error(
        "the contract has a foreign key into the file itself: take it out, or drop smaller files"
    )]
    SelfReference,
    /// The hash of the whole is wanted.
    #[error(
        "its hash is declared, by the contract or by a manifest: declare its size only, or drop smaller files"
    )]
    Hash,
    /// Which record is the last shows only when all are known.
    #[error("the contract has a trailer: have a manifest in its place, or drop smaller files")]
    Trailer,
}

impl Obstacle {
    /// Bytes that such a file may have.
    pub fn limit(self) -> u64 {
        match self {
            Obstacle::NoText => u64::MAX,
            Obstacle::Compressed | Obstacle::Encoding(_) => REWRITE_LIMIT,
            Obstacle::Keys | Obstacle::SelfReference => KEYED_LIMIT,
            Obstacle::Dialect | Obstacle::Hash | Obstacle::Trailer => READ_LIMIT,
        }
    }
}

/// What the bytes of a file of `contract` mean that starts with `head`, [`LEAD_LEN`] bytes unless it is
/// shorter; or why it must be read in one pass.
pub(crate) fn form(contract: &Contract, head: &[u8]) -> Result<Form, Obstacle> {
    let input = &contract.input;
    let mut decoder = TextDecoder::new(input.encoding);
    read(&mut decoder, head).map_err(|_| Obstacle::NoText)?;
    // First what has the lowest limit.
    check_keys(contract)?;
    if decoder.is_compressed() {
        return Err(Obstacle::Compressed);
    }
    if !decoder.is_verbatim() {
        return Err(Obstacle::Encoding(input.encoding.unwrap_or(Encoding::Utf16)));
    }
    let mark_len = decoder.mark_len();
    let is_ascii = input.encoding == Some(Encoding::Ascii) && mark_len == 0;
    Ok(Form { surveyor: surveyor(contract)?, is_ascii, mark_len })
}

fn read(decoder: &mut TextDecoder, head: &[u8]) -> Result<(), TextError> {
    decoder.push(head, |_| Ok::<(), TextError>(()))?;
    if head.len() < LEAD_LEN { decoder.finish(|_| Ok(())) } else { Ok(()) }
}

fn check_keys(contract: &Contract) -> Result<(), Obstacle> {
    if !contract.input.schema.keys.is_empty() {
        return Err(Obstacle::Keys);
    }
    if !contract.self_references.is_empty() {
        return Err(Obstacle::SelfReference);
    }
    Ok(())
}

fn surveyor(contract: &Contract) -> Result<Surveyor, Obstacle> {
    let input = &contract.input;
    if input.sha256.is_some() {
        return Err(Obstacle::Hash);
    }
    if contract.completeness.trailer.is_some() {
        return Err(Obstacle::Trailer);
    }
    Surveyor::new(&input.dialect.grammar).ok_or(Obstacle::Dialect)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(input: &str, field: &str, head: &[u8], expected: Result<(u64, bool), Obstacle>) {
        let text = format!(
            r#"{{"resources": [{{"name": "r", "path": "r.csv", {input}
                "schema": {{"fields": [{{"name": "a"{field}}}]}}}}]}}"#
        );
        let contract = Contract::parse(text.as_bytes(), None).unwrap();
        let found = form(&contract, head);
        assert_eq!(found.map(|form| (form.mark_len, form.is_ascii)), expected, "{input}");
    }

    #[test]
    fn each_obstacle_is_told() {
        check("", "", b"a,b\n1", Ok((0, false)));
        check("", "", b"\xef\xbb\xbfa\n", Ok((3, false)));
        check(r#""encoding": "ascii","#, "", b"a,b\n1", Ok((0, true)));
        check(r#""encoding": "ascii","#, "", b"\xef\xbb\xbfa\n", Ok((3, false)));
        check("", "", b"\x1f\x8b\x08\x00\x00", Err(Obstacle::Compressed));
        check("", "", b"\x28\xb5\x2f\xfd\x00", Err(Obstacle::Compressed));
        check("", "", b"PK\x03\x04", Err(Obstacle::NoText));
        let utf16 = Obstacle::Encoding(Encoding::Utf16);
        check("", "", b"\xff\xfea\0", Err(utf16));
        let latin1 = Obstacle::Encoding(Encoding::Latin1);
        check(r#""encoding": "latin1","#, "", b"a,b\n", Err(latin1));
        let unique = r#", "constraints": {"unique": true}"#;
        check("", unique, b"a,b\n", Err(Obstacle::Keys));
        check("", unique, b"\x1f\x8b\x08\x00\x00", Err(Obstacle::Keys));
        let hash = format!(r#""hash": "sha256:{}","#, "0".repeat(64));
        check(&hash, "", b"a,b\n", Err(Obstacle::Hash));
        let trailer = r#""sluice": {"completeness": {"trailer": {"marker": "T"}}},"#;
        check(trailer, "", b"a,b\n", Err(Obstacle::Trailer));
        for dialect in [r##""commentChar": "#""##, r#""delimiter": "::""#, r#""escapeChar": "\\""#]
        {
            let input = format!(r#""dialect": {{{dialect}}},"#);
            check(&input, "", b"a,b\n", Err(Obstacle::Dialect));
        }
    }
}
