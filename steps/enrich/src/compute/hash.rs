//! Hashes of texts under salts.

use std::sync::Arc;

use arrow_array::builder::StringBuilder;
use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrayRef};
use arrow_schema::ArrowError;

use super::Evaluation;

impl Evaluation<'_> {
    /// The hashes of the texts under a salt, see [`Hasher`](shared::salt::Hasher).
    pub(super) fn keyed_hash(&self, texts: &ArrayRef, salt: &str) -> Result<ArrayRef, ArrowError> {
        let hasher = self
            .hashers
            .get(salt)
            .ok_or_else(|| ArrowError::InvalidArgumentError(format!("there is no salt {salt}")))?;
        let count = texts.len() - texts.null_count();
        let mut found = StringBuilder::with_capacity(texts.len(), count * 64);
        for text in texts.as_string::<i32>() {
            let digits = text.map(|text| hasher.hexadecimal(text));
            found.append_option(digits.as_ref().and_then(|digits| str::from_utf8(digits).ok()));
        }
        Ok(Arc::new(found.finish()))
    }
}
