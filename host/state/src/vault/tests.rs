//! Several processes on one vault.

use std::path::Path;
use std::sync::{Arc, LazyLock};

use keyring_core::{CredentialStore, Entry, mock};
use patchbay_runtime::{Clock, Provider, SystemClock};
use secrecy::SecretString;
use tempfile::TempDir;

use super::keyring::{Keyring, SERVICE};
use super::{Fields, KeyId, KeySource, MasterKey, MasterKeyError, SealedCredential, Vault, VaultError};
use crate::error::StoreError;
use crate::sqlite::SqliteStore;
use crate::time::Timestamp;

const PROVIDER: &str = r#"
    id = "sample"
    title = "Sample"
    description = "A service."
    hosts = ["api.example.com"]

    [[credentials]]
    kind = "application"
    title = "Application"
    description = "from its page"
    fields = [{ name = "AppKey", description = "" }, { name = "AppSecret", description = "", secret = true }]
"#;

fn provider() -> Provider {
    Provider::from_toml(PROVIDER).unwrap()
}

fn fields() -> Fields {
    let text = |text: &str| SecretString::from(text.to_owned());
    Fields::from([("AppKey".to_owned(), text("key")), ("AppSecret".to_owned(), text("canary7f3a9c51"))])
}

fn clock() -> Arc<dyn Clock> {
    Arc::new(SystemClock)
}

/// A vault as a process of its own has it.
async fn vault(data: &Path) -> Vault {
    let store = Arc::new(SqliteStore::open(data, clock()).await.unwrap());
    Vault::new(store, clock(), KeySource::File(data.join("master.key")))
}

async fn two() -> (Vault, Vault, TempDir) {
    let data = tempfile::tempdir().unwrap();
    let (one, two) = (vault(data.path()).await, vault(data.path()).await);
    one.add("main", &provider(), None, fields()).await.unwrap();
    (one, two, data)
}

#[tokio::test]
async fn a_process_that_runs_goes_on_after_another_changed_the_key() {
    let (service, command, _data) = two().await;
    service.open("main", &provider()).await.unwrap();
    for round in 0..3 {
        let rotated = command.rotate(None).await.unwrap();
        assert_eq!(rotated.credentials, 1 + round);
        assert_eq!(service.list([&provider()]).await.unwrap().len(), 1 + round);
        service.add(&format!("added-{round}"), &provider(), None, fields()).await.unwrap();
    }
    assert_eq!(command.list([&provider()]).await.unwrap().len(), 4);
}

#[tokio::test]
async fn what_is_sealed_under_a_key_that_was_changed_meanwhile_is_not_stored() {
    let (service, command, data) = two().await;
    let old = MasterKey::read(&data.path().join("master.key")).unwrap().unwrap();
    command.rotate(None).await.unwrap();
    let (id, kind) = ("sample".parse().unwrap(), "application".parse().unwrap());
    let late = SealedCredential::seal(&old, ("late", &id, &kind), Timestamp::now(&SystemClock), &fields()).unwrap();
    let refused = service.store.insert(late).await;
    assert!(matches!(refused, Err(StoreError::Conflict(_))), "{refused:?}");
    assert_eq!(service.names().await.unwrap(), ["main"]);
}

#[tokio::test]
async fn what_was_tampered_with_is_told_and_can_be_removed() {
    let (vault, _, _data) = two().await;
    let mut sealed = vault.store.by_name("main").await.unwrap().unwrap();
    vault.store.remove("main").await.unwrap();
    sealed.name = "other".to_owned();
    vault.store.insert(sealed).await.unwrap();
    let error = vault.open("other", &provider()).await.unwrap_err();
    assert!(matches!(&error, VaultError::NotAuthentic(name) if name == "other"), "{error}");
    vault.remove("other").await.unwrap();
}

#[tokio::test]
async fn debug_shows_nothing() {
    let (vault, _, _data) = two().await;
    let opened = vault.open("main", &provider()).await.unwrap();
    let sealed = vault.store.all().await.unwrap();
    let shown = format!("{vault:?} {opened:?} {sealed:?} {:?}", fields());
    assert!(!shown.contains("canary7f3a9c51"), "{shown}");
}

#[tokio::test]
async fn two_processes_that_need_the_first_key_at_once_get_the_same() {
    let data = tempfile::tempdir().unwrap();
    let (one, two) = (vault(data.path()).await, vault(data.path()).await);
    let provider = provider();
    let (first, second) =
        tokio::join!(one.add("one", &provider, None, fields()), two.add("two", &provider, None, fields()));
    first.unwrap();
    second.unwrap();
    assert_eq!(one.list([&provider]).await.unwrap().len(), 2);
}

/// One keyring for all tests, in memory: it keeps what is written and fails when it is told to. That the operating
/// system's keeps its word is not shown here but by the command line's tests.
static KEYRING: LazyLock<Arc<CredentialStore>> = LazyLock::new(|| mock::Store::new().unwrap());

fn entry(id: KeyId) -> Entry {
    Entry::new_in_store(&KEYRING, SERVICE, &id.to_string()).unwrap()
}

/// A vault whose key is in the keyring, as a process of its own has it.
async fn vault_on_keyring(data: &Path) -> Vault {
    let store = Arc::new(SqliteStore::open(data, clock()).await.unwrap());
    Vault::new(store, clock(), KeySource::Keyring(Keyring::new(|| Ok(Arc::clone(&KEYRING)), data)))
}

#[tokio::test]
async fn processes_on_one_keyring_agree_on_the_first_key_and_go_on_after_a_change() {
    let data = tempfile::tempdir().unwrap();
    let (one, two) = (vault_on_keyring(data.path()).await, vault_on_keyring(data.path()).await);
    one.check().await.unwrap();
    assert!(one.store.master_key().await.unwrap().is_none(), "a check makes no key");
    let provider = provider();
    let (first, second) =
        tokio::join!(one.add("one", &provider, None, fields()), two.add("two", &provider, None, fields()));
    first.unwrap();
    second.unwrap();
    let rotated = two.rotate(None).await.unwrap();
    assert_eq!(one.list([&provider]).await.unwrap().len(), 2);
    assert!(entry(rotated.from.unwrap()).get_secret().is_err(), "the old key is gone");
    assert!(entry(rotated.to).get_secret().is_ok());
}

#[tokio::test]
async fn an_old_key_that_the_keyring_does_not_let_go_is_advice_and_no_failure() {
    let data = tempfile::tempdir().unwrap();
    let vault = vault_on_keyring(data.path()).await;
    vault.add("main", &provider(), None, fields()).await.unwrap();
    let id = vault.store.master_key().await.unwrap().unwrap();
    // The key is in memory: what the entry is asked next is to go.
    let entry = entry(id);
    let denied = keyring_core::Error::NoStorageAccess("denied".into());
    entry.as_any().downcast_ref::<mock::Cred>().unwrap().set_error(denied);
    let advice = vault.rotate(None).await.unwrap().advice.unwrap();
    assert!(advice.contains(&id.to_string()) && advice.contains("denied"), "{advice}");
    assert_eq!(vault.list([&provider()]).await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_key_that_the_keyring_does_not_take_changes_nothing() {
    let data = tempfile::tempdir().unwrap();
    let store = Arc::new(SqliteStore::open(data.path(), clock()).await.unwrap());
    let none = || Err(keyring_core::Error::NotSupportedByStore("none here".to_owned()));
    let vault = Vault::new(store, clock(), KeySource::Keyring(Keyring::new(none, data.path())));
    let error = vault.add("main", &provider(), None, fields()).await.unwrap_err();
    assert!(matches!(error, VaultError::MasterKey(MasterKeyError::NoKeyring(_))), "{error}");
    assert!(vault.store.master_key().await.unwrap().is_none() && vault.names().await.unwrap().is_empty());
}
