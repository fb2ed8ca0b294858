//! The keys of a bucket, page by page.

use std::collections::BTreeSet;

use aws_sdk_s3::types;
use futures_util::{FutureExt, Stream, StreamExt, TryStreamExt, stream};

use super::super::{Listed, StoreError};
use super::{S3Store, failure};

impl S3Store {
    /// The objects of the output bucket whose keys start so.
    pub(super) fn list_output(
        &self,
        prefix: &str,
    ) -> impl Stream<Item = Result<Listed, StoreError>> + Send + use<> {
        let (store, prefix) = (self.clone(), prefix.to_owned());
        let start = Some((store, prefix, None));
        stream::try_unfold(start, async |state| {
            let Some((store, prefix, token)) = state else { return Ok(None) };
            let request = store.client.list_objects_v2().bucket(&store.output).prefix(&prefix);
            let page = request.set_continuation_token(token).send().boxed().await;
            let page = page.map_err(|error| failure("list", &prefix, error))?;
            let listed: Vec<_> = page.contents().iter().filter_map(listed).map(Ok).collect();
            let next = page.next_continuation_token;
            Ok(Some((stream::iter(listed), next.map(|token| (store, prefix, Some(token))))))
        })
        .try_flatten()
        .boxed()
    }

    /// The folders below such keys, which the bucket tells without the objects in them.
    pub(super) async fn list_folders(&self, prefix: &str) -> Result<BTreeSet<String>, StoreError> {
        let request = self.client.list_objects_v2().bucket(&self.output).prefix(prefix);
        let mut pages = request.delimiter("/").into_paginator().send();
        let mut folders = BTreeSet::new();
        while let Some(page) = pages.next().boxed().await {
            let page = page.map_err(|error| failure("list", prefix, error))?;
            folders.extend(page.common_prefixes().iter().filter_map(|found| folder(found, prefix)));
        }
        Ok(folders)
    }
}

fn folder(found: &types::CommonPrefix, prefix: &str) -> Option<String> {
    Some(found.prefix()?.strip_prefix(prefix)?.trim_end_matches('/').to_owned())
}

fn listed(object: &types::Object) -> Option<Listed> {
    Some(Listed {
        key: object.key.clone()?,
        byte_len: object.size.and_then(|len| u64::try_from(len).ok()).unwrap_or_default(),
        modified_ms: object
            .last_modified
            .and_then(|time| time.to_millis().ok())
            .unwrap_or_default(),
    })
}
