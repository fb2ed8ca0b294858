use object_store::memory::InMemory;
use object_store::{GetRange, ObjectStoreExt};

use super::*;

fn path(version: u64) -> Path {
    Path::from(format!("_delta_log/{version:020}.json"))
}

/// So many bytes of a version.
async fn version(version: u64, byte_len: usize) -> Version {
    let objects = InMemory::new();
    objects.put(&path(version), vec![b' '; byte_len].into()).await.unwrap();
    Version::read(objects.get(&path(version)).await.unwrap()).await.unwrap()
}

#[test]
fn versions_are_told_from_all_else() {
    for (name, expected) in [
        ("_delta_log/00000000000000000000.json", true),
        ("_delta_log/00000000000000000123.json", true),
        ("_delta_log/0000000000000000123.json", false),
        ("_delta_log/000000000000000000123.json", false),
        ("_delta_log/0000000000000000000a.json", false),
        ("_delta_log/00000000000000000020.checkpoint.parquet", false),
        ("_delta_log/00000000000000000020.crc", false),
        ("_delta_log/_last_checkpoint", false),
        ("_delta_log/x/00000000000000000000.json", false),
        ("data/00000000000000000000.json", false),
        ("00000000000000000000.json", false),
    ] {
        assert_eq!(is_version(&Path::from(name)), expected, "{name}");
    }
}

#[tokio::test]
async fn the_latest_versions_stay_as_far_as_there_is_room() {
    // As the log is read: from its end, and then what came since.
    for (order, expected) in [
        (vec![3, 2, 1, 0], vec![2, 3]),
        (vec![0, 1, 2, 3], vec![2, 3]),
        (vec![3, 2, 1, 4, 3, 2], vec![3, 4]),
        (vec![3, 3, 3, 2], vec![2, 3]),
        (vec![1], vec![1]),
    ] {
        let mut versions = Versions::new(25);
        for &number in &order {
            versions.put(path(number), version(number, 10).await);
        }
        let kept: Vec<_> = (0..5).filter(|&number| versions.get(&path(number)).is_some()).collect();
        assert_eq!(kept, expected, "{order:?}");
        assert_eq!(versions.byte_len, 10 * expected.len() as u64, "{order:?}");
    }
}

#[tokio::test]
async fn what_is_larger_than_all_room_is_not_kept() {
    let mut versions = Versions::new(25);
    versions.put(path(1), version(1, 26).await);
    assert!(versions.get(&path(1)).is_none());
    assert_eq!(versions.byte_len, 0);
}

/// Writes over what the cache has read, behind its back, and gives what a request is told then.
async fn asked_again(options: GetOptions) -> Result<Bytes> {
    let objects = Arc::new(InMemory::new());
    let cache = Cache::new(Arc::clone(&objects));
    objects.put(&path(1), "first".into()).await.unwrap();
    assert_eq!(cache.get(&path(1)).await.unwrap().bytes().await.unwrap(), "first");
    objects.put(&path(1), "other".into()).await.unwrap();
    let found = cache.get_opts(&path(1), options).await?;
    assert_eq!((found.meta.location.clone(), found.meta.size), (path(1), 5));
    found.bytes().await
}

#[tokio::test]
async fn only_a_request_for_all_on_no_condition_is_answered_from_memory() {
    let options = GetOptions::default;
    assert_eq!(asked_again(options()).await.unwrap(), "first");
    let other = asked_again(options().with_range(Some(GetRange::from(1..3)))).await;
    assert_eq!(other.unwrap(), "th");
    assert_eq!(asked_again(options().with_if_match(Some("*"))).await.unwrap(), "other");
    let matched = asked_again(options().with_if_none_match(Some("*"))).await;
    assert!(matches!(matched, Err(Error::NotModified { .. })), "{matched:?}");
}

#[tokio::test]
async fn nothing_but_versions_is_remembered() {
    let objects = Arc::new(InMemory::new());
    let cache = Cache::new(Arc::clone(&objects));
    for name in ["_delta_log/_last_checkpoint", "data/f/0/d/part-00000.parquet"] {
        let path = Path::from(name);
        for body in ["first", "other"] {
            objects.put(&path, body.into()).await.unwrap();
            assert_eq!(cache.get(&path).await.unwrap().bytes().await.unwrap(), body, "{name}");
        }
    }
}

#[tokio::test]
async fn a_version_that_is_not_there_yet_is_asked_for_again() {
    let objects = Arc::new(InMemory::new());
    let cache = Cache::new(Arc::clone(&objects));
    assert!(matches!(cache.get(&path(1)).await, Err(Error::NotFound { .. })));
    objects.put(&path(1), "there".into()).await.unwrap();
    assert_eq!(cache.get(&path(1)).await.unwrap().bytes().await.unwrap(), "there");
}

#[tokio::test]
async fn a_list_makes_forget_what_is_not_any_more_what_it_was() {
    type List = fn(&Cache<Arc<InMemory>>) -> BoxStream<'static, Result<ObjectMeta>>;
    let lists: [List; 2] =
        [|cache| cache.list(None), |cache| cache.list_with_offset(None, &path(0))];
    for list in lists {
        let objects = Arc::new(InMemory::new());
        let cache = Cache::new(Arc::clone(&objects));
        for (number, body) in [(1, "one"), (2, "two")] {
            objects.put(&path(number), body.into()).await.unwrap();
            cache.get(&path(number)).await.unwrap();
        }
        objects.put(&path(2), "new".into()).await.unwrap();
        let listed: Vec<_> = list(&cache).try_collect().await.unwrap();
        assert_eq!(listed.len(), 2);
        let known = [1, 2].map(|number| lock(&cache.versions).get(&path(number)).is_some());
        assert_eq!(known, [true, false]);
        assert_eq!(cache.get(&path(2)).await.unwrap().bytes().await.unwrap(), "new");
    }
}
