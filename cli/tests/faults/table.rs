//! The store of a table's log, of which operations fail.

use std::fmt;
use std::io;
use std::sync::Arc;

use async_trait::async_trait;
use futures_util::stream::{self, BoxStream};
use futures_util::{FutureExt, StreamExt, TryStreamExt};
use object_store::memory::InMemory;
use object_store::path::Path;
use object_store::{
    CopyOptions, Error, GetOptions, GetResult, GetResultPayload, ListResult, MultipartUpload,
    ObjectMeta, ObjectStore, PutMultipartOptions, PutOptions, PutPayload, PutResult, Result,
};

use super::harm::{Act, Harm};
use super::injector::Effect;
use super::process::{Process, TIMEOUT, UNKNOWN};
use super::store::yield_often;

/// The log as one process sees it.
///
/// The kernel works on threads of its own, which live on when the step is dropped: so what a dead
/// process asks for fails, and does nothing.
#[derive(Debug, Clone)]
pub(crate) struct FaultyTable {
    pub(crate) objects: Arc<InMemory>,
    pub(crate) process: Process,
}

impl fmt::Display for FaultyTable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a table with faults")
    }
}

fn unavailable() -> Error {
    Error::Generic { store: "faulty", source: io::Error::other("injected").into() }
}

impl FaultyTable {
    fn died(&self, error: &'static str) -> Error {
        self.process.kill(error);
        unavailable()
    }

    /// Carries an operation out, or what goes wrong with it.
    async fn suffer<T>(
        &self,
        act: Act,
        path: &Path,
        operation: impl Future<Output = Result<T>>,
    ) -> Result<(T, Option<Harm>)> {
        if self.process.is_dead() {
            return Err(unavailable());
        }
        let harm = self.process.strike(act, path.as_ref());
        match harm {
            Some(Harm::FailBefore | Harm::Throttle | Harm::Outage) => return Err(unavailable()),
            Some(Harm::DieBefore | Harm::DieThrice) => return Err(self.died(UNKNOWN)),
            Some(Harm::Slow) => yield_often().await,
            // It happens, whatever becomes of the answer.
            None
            | Some(
                Harm::FailAfter
                | Harm::DieAfter
                | Harm::BreakOff
                | Harm::EndEarly
                | Harm::DieWithin
                | Harm::Overtake
                | Harm::Twice,
            ) => {}
        }
        let done = operation.await?;
        match harm {
            Some(Harm::FailAfter) => Err(unavailable()),
            Some(Harm::DieAfter) => Err(self.died(TIMEOUT)),
            Some(Harm::Overtake) => {
                let source = io::Error::other("injected").into();
                Err(Error::AlreadyExists { path: path.to_string(), source })
            }
            _ => Ok((done, harm)),
        }
    }
}

#[async_trait]
impl ObjectStore for FaultyTable {
    async fn put_opts(
        &self,
        path: &Path,
        payload: PutPayload,
        options: PutOptions,
    ) -> Result<PutResult> {
        let put = async {
            let body = payload.iter().flatten().copied().collect::<Vec<u8>>();
            // Who sees it at once must not be in the journal before it.
            let mut journal = self.process.injector().journal();
            let put = self.objects.put_opts(path, payload, options).now_or_never().unwrap()?;
            journal.effects.push(Effect { key: path.to_string(), body: body.into() });
            Ok(put)
        };
        Ok(self.suffer(Act::Put, path, put).await?.0)
    }

    async fn put_multipart_opts(
        &self,
        _: &Path,
        _: PutMultipartOptions,
    ) -> Result<Box<dyn MultipartUpload>> {
        Err(Error::NotImplemented { operation: "put_multipart".into(), implementer: "test".into() })
    }

    async fn get_opts(&self, path: &Path, options: GetOptions) -> Result<GetResult> {
        let get = self.objects.get_opts(path, options);
        let (found, harm) = self.suffer(Act::Get, path, get).await?;
        let Some(harm @ (Harm::BreakOff | Harm::EndEarly)) = harm else { return Ok(found) };
        let GetResult { meta, range, attributes, extensions, .. } = &found;
        let (meta, range) = (meta.clone(), range.clone());
        let (attributes, extensions) = (attributes.clone(), extensions.clone());
        let whole = found.bytes().await?;
        let half = stream::iter([Ok(whole.slice(..whole.len() / 2))]);
        let end = stream::iter((harm == Harm::BreakOff).then(|| Err(unavailable())));
        let payload = GetResultPayload::Stream(half.chain(end).boxed());
        Ok(GetResult { payload, meta, range, attributes, extensions })
    }

    fn delete_stream(
        &self,
        paths: BoxStream<'static, Result<Path>>,
    ) -> BoxStream<'static, Result<Path>> {
        self.objects.delete_stream(paths)
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        let (table, prefix) = (self.clone(), prefix.cloned().unwrap_or_default());
        let listed = async move {
            let all = table.objects.list(Some(&prefix)).collect::<Vec<_>>();
            let listed = table.suffer(Act::List, &prefix, async { Ok(all.await) }).await;
            listed.map(|(all, _)| stream::iter(all))
        };
        stream::once(listed).try_flatten().boxed()
    }

    fn list_with_offset(
        &self,
        prefix: Option<&Path>,
        offset: &Path,
    ) -> BoxStream<'static, Result<ObjectMeta>> {
        let offset = offset.clone();
        let is_behind = move |meta: &ObjectMeta| meta.location > offset;
        self.list(prefix).try_filter(move |meta| std::future::ready(is_behind(meta))).boxed()
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> Result<ListResult> {
        let path = prefix.cloned().unwrap_or_default();
        let listed = self.objects.list_with_delimiter(prefix);
        Ok(self.suffer(Act::List, &path, listed).await?.0)
    }

    async fn copy_opts(&self, from: &Path, to: &Path, options: CopyOptions) -> Result<()> {
        self.objects.copy_opts(from, to, options).await
    }
}
