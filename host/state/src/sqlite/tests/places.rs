//! The data directory.

use std::fs;

use super::{Fresh, SqliteStore, clock, ended};
use crate::error::StoreError;
use crate::health::StoreHealth;
use crate::runs::RunStore;

#[cfg(unix)]
fn mode(path: &std::path::Path) -> u32 {
    use std::os::unix::fs::PermissionsExt;
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[cfg(unix)]
fn set_mode(path: &std::path::Path, mode: u32) {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

#[cfg(unix)]
#[tokio::test]
async fn nobody_else_can_read_what_is_stored() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("made/on/demand");
    let store = SqliteStore::open(&data, clock()).await.unwrap();
    store.ping().await.unwrap();
    assert_eq!(mode(&data), 0o700);
    for name in ["patchbay.db", "patchbay.db-wal", "patchbay.db-shm"] {
        assert_eq!(mode(&data.join(name)), 0o600, "{name}");
    }
}

#[cfg(unix)]
#[tokio::test]
async fn permissions_that_became_wider_are_taken_back_and_those_of_a_shared_folder_are_left() {
    let fresh = Fresh::open().await;
    fresh.store.close().await;
    let (data, file) = (fresh.data.path(), fresh.data.path().join("patchbay.db"));
    set_mode(data, 0o755);
    set_mode(&file, 0o644);
    drop(fresh.another().await);
    assert_eq!((mode(data), mode(&file)), (0o700, 0o600));
    fs::write(data.join("somebody's"), "").unwrap();
    set_mode(data, 0o755);
    drop(fresh.another().await);
    assert_eq!(mode(data), 0o755);
}

#[tokio::test]
async fn a_directory_of_a_newer_version_is_refused_and_left_as_it_is() {
    let fresh = Fresh::open().await;
    fresh.store.close().await;
    let file = fresh.data.path().join("patchbay.db");
    let connection = rusqlite::Connection::open(&file).unwrap();
    connection.pragma_update(None, "user_version", 99).unwrap();
    drop(connection);
    let before = fs::read(&file).unwrap();
    let Err(error) = SqliteStore::open(fresh.data.path(), clock()).await else { panic!("it was opened") };
    assert!(matches!(error, StoreError::Newer { found: 99, .. }), "{error:?}");
    let text = error.to_string();
    assert!(text.contains("newer Patchbay") && text.contains("PATCHBAY_DATA_DIR"), "{text}");
    assert_eq!(fs::read(&file).unwrap(), before);
}

#[tokio::test]
async fn a_file_that_is_no_database_is_refused() {
    let data = tempfile::tempdir().unwrap();
    fs::write(data.path().join("patchbay.db"), "not a database, and longer than a header of one would be".repeat(9))
        .unwrap();
    assert!(SqliteStore::open(data.path(), clock()).await.is_err());
}

#[tokio::test]
async fn two_processes_that_open_a_new_directory_at_once_both_can() {
    let data = tempfile::tempdir().unwrap();
    let open = || SqliteStore::open(data.path(), clock());
    let (a, b, c) = tokio::join!(open(), open(), open());
    for store in [a, b, c] {
        store.unwrap().ping().await.unwrap();
    }
}

#[tokio::test]
async fn after_it_is_closed_the_store_says_so() {
    let fresh = Fresh::open().await;
    fresh.store.close().await;
    assert!(fresh.store.ping().await.is_err());
    assert!(matches!(fresh.store.ended(ended("sample/one")).await, Err(StoreError::Closed)));
}

#[tokio::test]
async fn an_empty_database_beside_a_master_key_is_told_and_left_as_it_is() {
    let data = tempfile::tempdir().unwrap();
    let (file, key) = (data.path().join("patchbay.db"), data.path().join("master.key"));
    fs::write(&file, "").unwrap();
    fs::write(&key, "a key").unwrap();
    let Err(error) = SqliteStore::open(data.path(), clock()).await else { panic!("it was taken as new") };
    assert!(matches!(&error, StoreError::Lost { .. }), "{error:?}");
    assert!(error.to_string().contains("master.key") && fs::metadata(&file).unwrap().len() == 0, "{error}");
    fs::remove_file(&file).unwrap();
    SqliteStore::open(data.path(), clock()).await.unwrap();
}

#[cfg(unix)]
#[tokio::test]
async fn what_a_killed_process_left_of_a_key_that_it_wrote_is_removed() {
    let data = tempfile::tempdir().unwrap();
    let (old, young) = (data.path().join(".patchbay-new-old"), data.path().join(".patchbay-new-young"));
    for path in [&old, &young] {
        fs::write(path, "a key").unwrap();
    }
    let hour_ago = std::time::SystemTime::now() - std::time::Duration::from_secs(3_600);
    fs::File::options().append(true).open(&old).unwrap().set_modified(hour_ago).unwrap();
    SqliteStore::open(data.path(), clock()).await.unwrap();
    assert!(!old.exists() && young.exists(), "one that is being written is left");
}
