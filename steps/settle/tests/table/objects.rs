//! A store that tells what was read of it, and of which one PUT or GET fails.

use std::fmt;
use std::io;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use futures_util::StreamExt;
use futures_util::stream::{self, BoxStream};
use object_store::memory::InMemory;
use object_store::path::Path;
use object_store::{
    CopyOptions, Error, GetOptions, GetResult, GetResultPayload, ListResult, MultipartUpload,
    ObjectMeta, ObjectStore, PutMultipartOptions, PutOptions, PutPayload, PutResult, Result,
};
use settle::table::TableStore;

/// When a PUT fails.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Failure {
    /// Nothing is written.
    Before,
    /// It is written, but the writer does not learn so.
    After,
}

/// How a body comes: half of it, and then this.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Cut {
    /// An error.
    BreaksOff,
    /// Nothing.
    EndsEarly,
}

/// Objects in memory.
#[derive(Debug, Default)]
pub(crate) struct Objects {
    pub(crate) inner: InMemory,
    reads: Mutex<Vec<String>>,
    failing: Mutex<Option<(&'static str, Failure)>>,
    cut: Mutex<Option<(&'static str, Cut)>>,
}

impl Objects {
    /// The table that lies there.
    pub(crate) fn table(self: &Arc<Self>) -> TableStore {
        TableStore::of(Arc::clone(self) as Arc<dyn ObjectStore>, None).unwrap()
    }

    /// Names of the files of the log that were read since this was asked last, each once, in order.
    pub(crate) fn take_reads(&self) -> Vec<String> {
        let mut reads = self.take_all_reads();
        reads.dedup();
        reads
    }

    /// The same, each as often as it was read.
    pub(crate) fn take_all_reads(&self) -> Vec<String> {
        let mut reads = std::mem::take(&mut *self.reads.lock().unwrap());
        reads.sort();
        reads
    }

    /// Lets the next PUT of a name that ends so fail.
    pub(crate) fn fail(&self, end: &'static str, failure: Failure) {
        *self.failing.lock().unwrap() = Some((end, failure));
    }

    /// Lets the next GET of a name that ends so give half of it.
    pub(crate) fn cut(&self, end: &'static str, cut: Cut) {
        *self.cut.lock().unwrap() = Some((end, cut));
    }
}

/// Takes what is to happen to a path, if it is this one.
fn take<T: Copy>(planned: &Mutex<Option<(&'static str, T)>>, path: &Path) -> Option<T> {
    let mut planned = planned.lock().unwrap();
    planned.take_if(|(end, _)| path.as_ref().ends_with(*end)).map(|(_, what)| what)
}

fn failed() -> Error {
    Error::Generic { store: "failing", source: io::Error::other("").into() }
}

/// Half of what was found.
async fn half(found: GetResult, cut: Cut) -> Result<GetResult> {
    let (meta, range) = (found.meta.clone(), found.range.clone());
    let (attributes, extensions) = (found.attributes.clone(), found.extensions.clone());
    let whole = found.bytes().await?;
    let half = stream::iter([Ok(whole.slice(..whole.len() / 2))]);
    let end = match cut {
        Cut::BreaksOff => Some(Err(failed())),
        Cut::EndsEarly => None,
    };
    let payload = GetResultPayload::Stream(half.chain(stream::iter(end)).boxed());
    Ok(GetResult { payload, meta, range, attributes, extensions })
}

impl fmt::Display for Objects {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("objects in memory")
    }
}

#[async_trait]
impl ObjectStore for Objects {
    async fn put_opts(&self, path: &Path, body: PutPayload, how: PutOptions) -> Result<PutResult> {
        match take(&self.failing, path) {
            None => self.inner.put_opts(path, body, how).await,
            Some(Failure::Before) => Err(failed()),
            Some(Failure::After) => {
                self.inner.put_opts(path, body, how).await?;
                Err(failed())
            }
        }
    }

    async fn put_multipart_opts(
        &self,
        _: &Path,
        _: PutMultipartOptions,
    ) -> Result<Box<dyn MultipartUpload>> {
        Err(Error::NotImplemented { operation: "put_multipart".into(), implementer: "test".into() })
    }

    async fn get_opts(&self, path: &Path, options: GetOptions) -> Result<GetResult> {
        if !options.head {
            self.reads.lock().unwrap().push(path.filename().unwrap().to_owned());
        }
        let found = self.inner.get_opts(path, options).await?;
        match take(&self.cut, path) {
            None => Ok(found),
            Some(cut) => half(found, cut).await,
        }
    }

    fn delete_stream(
        &self,
        paths: BoxStream<'static, Result<Path>>,
    ) -> BoxStream<'static, Result<Path>> {
        self.inner.delete_stream(paths)
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        self.inner.list(prefix)
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> Result<ListResult> {
        self.inner.list_with_delimiter(prefix).await
    }

    async fn copy_opts(&self, from: &Path, to: &Path, options: CopyOptions) -> Result<()> {
        self.inner.copy_opts(from, to, options).await
    }
}
