use super::*;

const BODY: &[u8] = b"0123456789";

async fn check_reads(store: &impl Store, object: &Object) {
    for (range, expected) in [
        (None, &b"0123456789"[..]),
        (Some(0..10), b"0123456789"),
        (Some(3..4), b"3"),
        (Some(4..4), b""),
    ] {
        let found = read_whole(store, object, range, 10).await.unwrap();
        assert_eq!(found, expected);
    }
    let error = read_whole(store, object, None, 9).await.unwrap_err();
    assert!(matches!(error, StoreError::TooLarge { limit: 9, .. }), "{error}");
    assert_eq!(store.head(object).await.unwrap().byte_len, 10);

    let missing = Object { key: "no/such".to_owned(), ..object.clone() };
    let error = read_whole(store, &missing, None, 10).await.unwrap_err();
    assert!(matches!(error, StoreError::NotFound { .. }), "{error}");
    let error = store.head(&missing).await.unwrap_err();
    assert!(matches!(error, StoreError::NotFound { .. }), "{error}");
}

#[tokio::test]
async fn every_piece_length_reads_the_same() {
    for piece_len in [1, 2, 3, 7, 4096] {
        let store = MemoryStore::new(piece_len);
        store.write("a/b", BODY.into()).await.unwrap();
        check_reads(&store, &Object::output("a/b")).await;
    }
}

#[tokio::test]
async fn folders_keep_what_is_written() {
    let folder = tempfile::tempdir().unwrap();
    let store = FolderStore::new(folder.path());
    store.write("a/b", b"earlier".as_slice().into()).await.unwrap();
    store.write("a/b", BODY.into()).await.unwrap();
    check_reads(&store, &Object::output("a/b")).await;
}

#[tokio::test]
async fn mounts_give_files_their_keys() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("contract.json"), BODY).unwrap();
    std::fs::write(folder.path().join("planes.csv"), BODY).unwrap();
    let store = FolderStore::new(folder.path().join("out"))
        .mount(Area::Reference, "contracts/d/datapackage.json", folder.path().join("contract.json"))
        .mount(Area::Reference, "contracts/d", folder.path());
    check_reads(&store, &Object::reference("contracts/d/datapackage.json")).await;
    check_reads(&store, &Object::reference("contracts/d/planes.csv")).await;
    let input = Object {
        area: Area::Input,
        key: "contracts/d/planes.csv".into(),
        version: None,
        etag: None,
    };
    assert!(store.head(&input).await.is_err(), "another area has other mounts");
}

/// Uploads pieces of such lengths and reads them again, whole and from the middle.
async fn check_upload(store: &impl Store, lens: &[usize]) {
    let mut upload = store.upload("a/new");
    let mut expected = Vec::new();
    for (at, len) in (0..).zip(lens) {
        let piece = vec![at; *len];
        expected.extend_from_slice(&piece);
        upload.write(piece.into()).await.unwrap();
    }
    let object = Object::output("a/new");
    assert!(store.head(&object).await.is_err(), "not there before it is finished");
    upload.finish().await.unwrap();
    let len = expected.len() as u64;
    assert!(read_whole(store, &object, None, len).await.unwrap() == expected, "{lens:?}");
    let half = usize::try_from(len / 2).unwrap();
    for end in [len, len + 1, u64::MAX] {
        let range = Some(len / 2..end);
        let found = read_whole(store, &object, range, len).await.unwrap();
        assert!(found == expected[half..], "{lens:?}, to {end}");
    }
}

#[tokio::test]
async fn an_upload_is_its_pieces() {
    for lens in [
        &[][..],
        &[0],
        &[1, 0, 2],
        &[1 << 20],
        &[1, 1 << 20, 1],
        &[(1 << 20) - 1, 1, 5],
        &[700_000; 5],
        &[3 << 20, 9, 9, 1 << 21],
    ] {
        check_upload(&MemoryStore::new(4096), lens).await;
        let folder = tempfile::tempdir().unwrap();
        check_upload(&FolderStore::new(folder.path()), lens).await;
    }
}

#[tokio::test]
async fn a_file_that_cannot_be_written_is_told_and_never_finished() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("a"), BODY).unwrap();
    let store = FolderStore::new(folder.path());
    // A file stands where the folder should be.
    let mut upload = store.upload("a/b");
    let told = upload.write(vec![0; 2 << 20].into()).await.is_err();
    assert!(told && upload.finish().await.is_err());
}

/// What is there, as someone sees it who looks.
async fn tagged(store: &impl Store) -> Option<(Bytes, String)> {
    find_tagged(store, "a/record", 10).await.unwrap()
}

async fn check_conditional_writes(store: &impl Store) {
    assert_eq!(tagged(store).await, None);
    assert!(!store.write_if("a/record", Some("1"), "zero".into()).await.unwrap(), "not there");
    assert!(store.write_if("a/record", None, "one".into()).await.unwrap());
    assert!(!store.write_if("a/record", None, "two".into()).await.unwrap(), "there already");
    let (body, first) = tagged(store).await.unwrap();
    assert_eq!(body, "one");
    assert!(store.write_if("a/record", Some(&first), "three".into()).await.unwrap());
    assert!(
        !store.write_if("a/record", Some(&first), "four".into()).await.unwrap(),
        "since changed"
    );
    assert_eq!(tagged(store).await.unwrap().0, "three");
}

async fn check_lists(store: &impl Store) {
    for key in ["a/1", "a/b/2", "a/b0", "b/1"] {
        store.write(key, BODY.into()).await.unwrap();
    }
    for (prefix, expected) in [
        ("", &["a/1", "a/b/2", "a/b0", "b/1"][..]),
        ("a/", &["a/1", "a/b/2", "a/b0"]),
        ("a/b", &["a/b/2", "a/b0"]),
        ("a/b/", &["a/b/2"]),
        ("c/", &[]),
    ] {
        let found: Vec<Listed> = store.list(prefix).try_collect().await.unwrap();
        assert!(found.iter().all(|listed| listed.byte_len == 10));
        let keys: Vec<_> = found.iter().map(|listed| listed.key.as_str()).collect();
        assert_eq!(keys, expected, "{prefix}");
    }
    for (prefix, expected) in
        [("", &["a", "b"][..]), ("a/", &["b"]), ("a", &[""]), ("a/b/", &[]), ("c/", &[])]
    {
        let found = store.folders(prefix).await.unwrap();
        assert_eq!(found.iter().map(String::as_str).collect::<Vec<_>>(), expected, "{prefix}");
    }
}

async fn check_deletes(store: &impl Store) {
    for key in ["a/1", "a/2", "a/20"] {
        store.write(key, BODY.into()).await.unwrap();
    }
    for _ in 0..2 {
        store.delete("a/2").await.unwrap();
        store.delete("no/such").await.unwrap();
        let left: Vec<Listed> = store.list("").try_collect().await.unwrap();
        assert_eq!(left.iter().map(|listed| &*listed.key).collect::<Vec<_>>(), ["a/1", "a/20"]);
    }
}

#[tokio::test]
async fn what_is_deleted_is_gone_and_nothing_else() {
    check_deletes(&MemoryStore::new(2)).await;
    let folder = tempfile::tempdir().unwrap();
    check_deletes(&FolderStore::new(folder.path())).await;
}

#[tokio::test]
async fn who_comes_second_is_told() {
    check_conditional_writes(&MemoryStore::new(2)).await;
    let folder = tempfile::tempdir().unwrap();
    check_conditional_writes(&FolderStore::new(folder.path())).await;
}

#[tokio::test]
async fn lists_are_by_prefix_and_in_order() {
    check_lists(&MemoryStore::new(2)).await;
    let folder = tempfile::tempdir().unwrap();
    check_lists(&FolderStore::new(folder.path())).await;
}
