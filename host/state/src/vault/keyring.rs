//! The master key in the operating system's keyring: Secret Service on Linux, Keychain on macOS, Credential Manager on
//! Windows.
//!
//! Each key is an entry of its own, with the service `patchbay` and, as its account, the key's id. The database says which
//! id counts. So an entry is written before anything is sealed under it and removed when nothing is any more: wherever a
//! crash falls, what the database names is there, and at worst an entry is left over that nobody needs.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use keyring_core::{CredentialStore, Entry};
use secrecy::SecretString;
use tokio::sync::oneshot;
use zeroize::Zeroizing;

use super::master_key::{KeyId, MasterKey, MasterKeyError};

/// The service of every entry.
pub(super) const SERVICE: &str = "patchbay";
/// How long an answer may take: the keyring may ask a person to unlock it.
const PATIENCE: Duration = Duration::from_secs(120);

/// The keyring, and how one process at a time changes what is in it.
#[derive(Debug, Clone)]
pub struct Keyring {
    open: fn() -> keyring_core::Result<Arc<CredentialStore>>,
    lock: PathBuf,
}

impl Keyring {
    /// The operating system's, for the credentials of a data directory.
    pub(super) fn of_system(data: &Path) -> Self {
        Self::new(system, data)
    }

    pub(super) fn new(open: fn() -> keyring_core::Result<Arc<CredentialStore>>, data: &Path) -> Self {
        // The lock of the key file that would stand here: who moves from one to the other waits as well.
        Self { open, lock: data.join("master.key.lock") }
    }

    /// The file that is locked while the key is changed.
    pub(super) fn lock(&self) -> &Path {
        &self.lock
    }

    /// Whether there is a keyring that answers.
    pub(super) async fn reach(&self) -> Result<(), MasterKeyError> {
        self.ask(|_| Ok(())).await
    }

    /// The key that is kept under that id.
    pub(super) async fn read(&self, id: KeyId) -> Result<MasterKey, MasterKeyError> {
        let read = self.with_entry(id, |entry| entry.get_secret().map(Zeroizing::new)).await;
        let bytes = read?.ok_or(MasterKeyError::NoEntry(id))?;
        // What is no text becomes one that is no key.
        let text = SecretString::from(String::from_utf8_lossy(&bytes).into_owned());
        MasterKey::parse(&text, &format!("the keyring's entry {SERVICE}, {id}"))
    }

    /// Writes a key under its id.
    pub(super) async fn write(&self, key: &MasterKey) -> Result<(), MasterKeyError> {
        let text = key.text();
        self.with_entry(key.id(), move |entry| entry.set_secret(text.as_bytes())).await.map(drop)
    }

    /// Removes the key of that id, if it is there.
    pub(super) async fn remove(&self, id: KeyId) -> Result<(), MasterKeyError> {
        self.with_entry(id, Entry::delete_credential).await.map(drop)
    }

    /// What becomes of the entry of that id; none when there is no such entry.
    async fn with_entry<T: Send + 'static>(
        &self,
        id: KeyId,
        act: impl FnOnce(&Entry) -> keyring_core::Result<T> + Send + 'static,
    ) -> Result<Option<T>, MasterKeyError> {
        self.ask(move |store| {
            match Entry::new_in_store(store, SERVICE, &id.to_string()).and_then(|entry| act(&entry)) {
                Ok(done) => Ok(Some(done)),
                Err(keyring_core::Error::NoEntry) => Ok(None),
                Err(error) => Err(error),
            }
        })
        .await
    }

    /// Opens the keyring and asks it something, on a thread of its own: the runtime's threads would keep the process from
    /// ending while a person is asked for a password.
    async fn ask<T: Send + 'static>(
        &self,
        question: impl FnOnce(&Arc<CredentialStore>) -> keyring_core::Result<T> + Send + 'static,
    ) -> Result<T, MasterKeyError> {
        let (open, (answer, answered)) = (self.open, oneshot::channel());
        let ask = move || {
            let asked = match open() {
                Ok(store) => question(&store).map_err(refused),
                Err(error) => Err(MasterKeyError::NoKeyring(reason(&error))),
            };
            // Nobody is there any more when it took too long.
            answer.send(asked).ok();
        };
        let thread = std::thread::Builder::new().name("keyring".to_owned()).spawn(ask);
        thread.map_err(|error| MasterKeyError::Keyring(error.to_string()))?;
        match tokio::time::timeout(PATIENCE, answered).await {
            Ok(Ok(asked)) => asked,
            Ok(Err(_)) => Err(MasterKeyError::Keyring("its client broke down".to_owned())),
            Err(_) => Err(MasterKeyError::Locked(format!("no answer within {PATIENCE:?}"))),
        }
    }
}

#[cfg(target_os = "linux")]
fn system() -> keyring_core::Result<Arc<CredentialStore>> {
    Ok(dbus_secret_service_keyring_store::Store::new()?)
}

#[cfg(target_os = "macos")]
fn system() -> keyring_core::Result<Arc<CredentialStore>> {
    Ok(apple_native_keyring_store::keychain::Store::new()?)
}

#[cfg(windows)]
fn system() -> keyring_core::Result<Arc<CredentialStore>> {
    Ok(windows_native_keyring_store::Store::new()?)
}

#[cfg(not(any(target_os = "linux", target_os = "macos", windows)))]
fn system() -> keyring_core::Result<Arc<CredentialStore>> {
    Err(keyring_core::Error::NotSupportedByStore("Patchbay knows none of this operating system".to_owned()))
}

/// Takes the text of an error and not the error, which may carry what was read.
fn refused(error: keyring_core::Error) -> MasterKeyError {
    match error {
        keyring_core::Error::NoStorageAccess(_) => MasterKeyError::Locked(reason(&error)),
        error => MasterKeyError::Keyring(reason(&error)),
    }
}

/// Why, in the platform's own words where it has any.
fn reason(error: &keyring_core::Error) -> String {
    use keyring_core::Error::{BadDataFormat, NoStorageAccess, PlatformFailure};
    match error {
        NoStorageAccess(cause) | PlatformFailure(cause) => cause.to_string(),
        BadDataFormat(..) => "the entry is not as the keyring writes them".to_owned(),
        error => error.to_string(),
    }
}
