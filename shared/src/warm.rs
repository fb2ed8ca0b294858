//! What is the same for many tasks, built once in a process and not for each of them.
//!
//! Invariant: a value is given for no other key than the one that it was built for.
//! Invariant: only one builds; whoever asks meanwhile waits for it. What fails is not kept.

use std::fmt;
use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::OnceCell;

type Slot<V> = Arc<OnceCell<Arc<V>>>;

/// Values by their keys.
///
/// Each may be as large as memory allows, so a caller says which may stay. A value that is forgotten
/// lives on for those who hold it.
///
/// ```
/// use std::convert::Infallible;
/// use shared::warm::Warm;
/// # let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
/// # runtime.block_on(async {
/// let warm = Warm::default();
/// let first = warm.get("a", async { Ok::<_, Infallible>(1) }).await;
/// let again = warm.get("a", async { Ok::<_, Infallible>(2) }).await;
/// assert_eq!((*first.unwrap(), *again.unwrap()), (1, 1));
/// warm.retain(|key| *key != "a");
/// assert_eq!(*warm.get("a", async { Ok::<_, Infallible>(3) }).await.unwrap(), 3);
/// # });
/// ```
pub struct Warm<K, V> {
    slots: Mutex<Vec<(K, Slot<V>)>>,
}

impl<K: PartialEq, V> Warm<K, V> {
    /// The value of `key`; `build` runs if it is not there.
    ///
    /// # Errors
    /// Those of `build`; the next who asks tries again.
    pub async fn get<E>(
        &self,
        key: K,
        build: impl Future<Output = Result<V, E>>,
    ) -> Result<Arc<V>, E> {
        let slot = self.slot(key);
        slot.get_or_try_init(|| async { build.await.map(Arc::new) }).await.cloned()
    }

    /// The value of `key`, as [`get`](Self::get), and no other value any more.
    ///
    /// # Errors
    /// Those of `build`.
    pub async fn only<E>(
        &self,
        key: K,
        build: impl Future<Output = Result<V, E>>,
    ) -> Result<Arc<V>, E> {
        self.retain(|other| *other == key);
        self.get(key, build).await
    }

    /// Forgets the values of all other keys.
    pub fn retain(&self, keep: impl Fn(&K) -> bool) {
        self.slots().retain(|(key, _)| keep(key));
    }

    fn slot(&self, key: K) -> Slot<V> {
        let mut slots = self.slots();
        if let Some((_, slot)) = slots.iter().find(|(of, _)| *of == key) {
            return Arc::clone(slot);
        }
        let slot = Slot::default();
        slots.push((key, Arc::clone(&slot)));
        slot
    }

    fn slots(&self) -> MutexGuard<'_, Vec<(K, Slot<V>)>> {
        self.slots.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<K, V> Default for Warm<K, V> {
    fn default() -> Self {
        Warm { slots: Mutex::new(Vec::new()) }
    }
}

impl<K, V> fmt::Debug for Warm<K, V> {
    /// Without the value, which may be large.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Warm").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;

    /// Counts what is built.
    #[derive(Default)]
    struct Builds(AtomicU32);

    impl Builds {
        /// Builds `result`, and lets others ask before it is there.
        async fn build<V, E>(&self, result: Result<V, E>) -> Result<V, E> {
            self.0.fetch_add(1, Ordering::Relaxed);
            tokio::task::yield_now().await;
            result
        }

        #[track_caller]
        fn check(&self, expected: u32) {
            assert_eq!(self.0.load(Ordering::Relaxed), expected);
        }
    }

    #[tokio::test]
    async fn who_asks_while_one_builds_waits_for_it() {
        let (warm, builds) = (Warm::default(), Builds::default());
        let (first, second) = tokio::join!(
            warm.get("a", builds.build(Ok::<_, ()>(1))),
            warm.get("a", builds.build(Ok::<_, ()>(2))),
        );
        assert_eq!((*first.unwrap(), *second.unwrap()), (1, 1));
        builds.check(1);
    }

    #[tokio::test]
    async fn an_error_is_not_kept() {
        let (warm, builds) = (Warm::default(), Builds::default());
        let get = |result: Result<i32, &'static str>| warm.get("a", builds.build(result));
        let (first, second) = tokio::join!(get(Err("no")), get(Ok(2)));
        assert_eq!((first, second.as_deref()), (Err("no"), Ok(&2)));
        builds.check(2);
        assert_eq!(*get(Err("no")).await.unwrap(), 2);
        builds.check(2);
    }

    #[tokio::test]
    async fn keys_never_share_a_value() {
        let (warm, builds) = (Warm::default(), Builds::default());
        let get = |key| warm.get(key, builds.build(Ok::<_, ()>(key)));
        let (a, b, again) = tokio::join!(get("a"), get("b"), get("a"));
        assert_eq!((*a.unwrap(), *b.unwrap(), *again.unwrap()), ("a", "b", "a"));
        builds.check(2);
        warm.retain(|key| *key == "b");
        assert_eq!((*get("a").await.unwrap(), *get("b").await.unwrap()), ("a", "b"));
        builds.check(3);
    }

    #[tokio::test]
    async fn only_one_stays_where_only_one_is_wanted() {
        let (warm, builds) = (Warm::default(), Builds::default());
        let only = |key| warm.only(key, builds.build(Ok::<_, ()>(key)));
        for (key, expected) in [("a", 1), ("a", 1), ("b", 2), ("a", 3)] {
            assert_eq!(*only(key).await.unwrap(), key);
            builds.check(expected);
        }
    }
}
