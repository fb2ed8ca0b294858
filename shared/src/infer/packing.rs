//! The bytes of a file, inflated where they are compressed.

use super::InferError;
use crate::text::{Compression, Inflate};

/// Bytes that tell the compression.
const LEAD_LEN: usize = 4;

/// Inflates bytes that arrive in pieces, if their first ones say so.
#[derive(Debug, Default)]
pub(super) struct Unpacker {
    /// The first bytes, until there are enough of them.
    lead: Vec<u8>,
    is_known: bool,
    packed: Option<(Compression, Box<Inflate>)>,
}

impl Unpacker {
    /// Takes the next bytes of the file.
    ///
    /// # Errors
    /// [`InferError::Text`] if they cannot be inflated; and what `on_bytes` returns.
    pub(super) fn push(
        &mut self,
        piece: &[u8],
        on_bytes: impl FnMut(&[u8]) -> Result<(), InferError>,
    ) -> Result<(), InferError> {
        if self.is_known {
            return self.unpack(piece, on_bytes);
        }
        self.lead.extend_from_slice(piece);
        if self.lead.len() < LEAD_LEN { Ok(()) } else { self.start(on_bytes) }
    }

    /// The end of the file, or of the part of it that is looked at.
    ///
    /// # Errors
    /// [`InferError::Text`] if the whole file ends too early; and what `on_bytes` returns.
    pub(super) fn finish(
        &mut self,
        is_part: bool,
        on_bytes: impl FnMut(&[u8]) -> Result<(), InferError>,
    ) -> Result<(), InferError> {
        if !self.is_known {
            self.start(on_bytes)?;
        }
        match &self.packed {
            Some((_, inflate)) if !is_part => Ok(inflate.finish()?),
            _ => Ok(()),
        }
    }

    /// What the file is compressed with.
    pub(super) fn compression(&self) -> Option<Compression> {
        self.packed.as_ref().map(|(compression, _)| *compression)
    }

    fn start(
        &mut self,
        on_bytes: impl FnMut(&[u8]) -> Result<(), InferError>,
    ) -> Result<(), InferError> {
        self.is_known = true;
        let lead = std::mem::take(&mut self.lead);
        if let Some(compression) = Compression::of(&lead) {
            self.packed = Some((compression, Box::new(Inflate::new(compression)?)));
        }
        self.unpack(&lead, on_bytes)
    }

    fn unpack(
        &mut self,
        piece: &[u8],
        mut on_bytes: impl FnMut(&[u8]) -> Result<(), InferError>,
    ) -> Result<(), InferError> {
        match &mut self.packed {
            Some((_, inflate)) => inflate.push(piece, on_bytes),
            None => on_bytes(piece),
        }
    }
}
