//! Reading the master key, and changing it.
//!
//! The database says which key its credentials are sealed under. A change writes the next key to a file of its own, seals
//! all anew in one transaction, and then puts the next file in the place of the first. A crash before the transaction
//! leaves a next file that nobody needs; a crash after it leaves one that fits the database, and whoever reads the key
//! next puts it in place.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use secrecy::SecretString;

use super::master_key::{KeyId, KeySource, MasterKey, MasterKeyError, NEXT_VARIABLE, VARIABLE, sync_folder};
use super::seal::{Resealed, SealedCredential};
use super::{Vault, VaultError, lock};

/// What a change of the master key came to.
#[derive(Debug)]
pub struct Rotated {
    /// How many credentials were sealed anew.
    pub credentials: usize,
    /// The key they were sealed under; none when there was none yet.
    pub from: Option<KeyId>,
    /// The key they are sealed under now.
    pub to: KeyId,
    /// What is left to do by hand.
    pub advice: Option<String>,
}

/// The key when nothing was sealed yet: a file is made when there is none.
pub(super) fn first_key(source: &KeySource) -> Result<MasterKey, VaultError> {
    let path = match source {
        KeySource::Environment(text) => return Ok(MasterKey::parse(text, VARIABLE)?),
        KeySource::File(path) => path,
    };
    if let Some(key) = MasterKey::read(path)? {
        return Ok(key);
    }
    MasterKey::random()?.write(path, true)?;
    eprintln!(
        "made the master key {}; keep a copy of it: without it stored credentials can not be opened",
        path.display()
    );
    MasterKey::read(path)?.ok_or_else(|| MasterKeyError::Gone(path.clone()).into())
}

/// The key of that id.
pub(super) fn key_of(source: &KeySource, id: KeyId) -> Result<MasterKey, VaultError> {
    let path = match source {
        KeySource::Environment(text) => return expect(MasterKey::parse(text, VARIABLE)?, id),
        KeySource::File(path) => path,
    };
    match MasterKey::read(path)? {
        Some(key) if key.id() == id => return Ok(key),
        _ => {}
    }
    let next = next_file(path);
    if let Some(next_key) = MasterKey::read(&next)?.filter(|key| key.id() == id) {
        put_in_place(&next, path)?;
        return Ok(next_key);
    }
    // The one who changes the key may have put it in place between the two looks.
    match MasterKey::read(path)? {
        Some(key) => expect(key, id),
        None => Err(MasterKeyError::Gone(path.clone()).into()),
    }
}

impl Vault {
    /// Changes the master key and seals all credentials anew. With a key file the next key is made; with a key from the
    /// environment it is given.
    ///
    /// # Errors
    /// There is no next key, the credentials can not be opened, or another process changes the key.
    pub async fn rotate(&self, next: Option<SecretString>) -> Result<Rotated, VaultError> {
        let _alone = alone(&self.source)?;
        let (next, file) = match (next, &self.source) {
            (Some(text), _) => (MasterKey::parse(&text, NEXT_VARIABLE)?, None),
            (None, KeySource::File(path)) => (MasterKey::random()?, Some(path)),
            (None, KeySource::Environment(_)) => return Err(VaultError::NoNextKey),
        };
        let to = next.id();
        let Some(from) = self.store.master_key().await? else {
            // Nothing is sealed: the next key is the first.
            if let Some(path) = file {
                next.write(path, false)?;
            }
            *lock(&self.key) = None;
            return Ok(Rotated {
                credentials: 0,
                from: None,
                to,
                advice: advice(file, from_environment(&self.source)),
            });
        };
        if from != to {
            self.reseal(from, &next, file).await?;
        }
        let credentials = self.store.credentials().await?.len();
        *lock(&self.key) = None;
        Ok(Rotated { credentials, from: Some(from), to, advice: advice(file, from_environment(&self.source)) })
    }

    async fn reseal(&self, from: KeyId, next: &MasterKey, file: Option<&PathBuf>) -> Result<(), VaultError> {
        let current: Arc<MasterKey> = self.key_of(from).await?;
        if let Some(path) = file {
            next.write(&next_file(path), false)?;
        }
        let mut resealed = Vec::new();
        for before in self.store.credentials().await? {
            let fields = before.open(&current).map_err(|_| VaultError::NotAuthentic(before.name.clone()))?;
            let named = (before.name.as_str(), &before.provider, &before.kind);
            let after = SealedCredential::seal(next, named, before.created, &fields).map_err(MasterKeyError::from)?;
            resealed.push(Resealed { before, after });
        }
        self.store.rotate(from, next.id(), resealed).await?;
        if let Some(path) = file {
            put_in_place(&next_file(path), path)?;
        }
        Ok(())
    }
}

fn expect(key: MasterKey, id: KeyId) -> Result<MasterKey, VaultError> {
    if key.id() == id { Ok(key) } else { Err(VaultError::OtherMasterKey { sealed_under: id, given: key.id() }) }
}

fn from_environment(source: &KeySource) -> bool {
    matches!(source, KeySource::Environment(_))
}

fn advice(file: Option<&PathBuf>, from_environment: bool) -> Option<String> {
    match (file, from_environment) {
        (Some(path), _) => Some(format!("keep a copy of {}", path.display())),
        (None, true) => Some(format!("set {VARIABLE} to what {NEXT_VARIABLE} is, and unset {NEXT_VARIABLE}")),
        (None, false) => Some(format!("set {VARIABLE} to what {NEXT_VARIABLE} is; the key file is no longer used")),
    }
}

fn next_file(path: &Path) -> PathBuf {
    path.with_added_extension("next")
}

fn put_in_place(next: &Path, path: &Path) -> Result<(), VaultError> {
    match std::fs::rename(next, path) {
        Ok(()) => Ok(sync_folder(path)?),
        // Another process did it.
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(source) => Err(MasterKeyError::File { path: path.to_owned(), source }.into()),
    }
}

/// Keeps other processes from changing the key, until it is dropped. The lock ends with its process.
fn alone(source: &KeySource) -> Result<Option<File>, VaultError> {
    let KeySource::File(path) = source else { return Ok(None) };
    let path = path.with_added_extension("lock");
    let failed = |source| MasterKeyError::File { path: path.clone(), source };
    let mut options = File::options();
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let file = options.create(true).append(true).open(&path).map_err(failed)?;
    match file.try_lock() {
        Ok(()) => Ok(Some(file)),
        Err(std::fs::TryLockError::WouldBlock) => Err(VaultError::Rotating),
        Err(std::fs::TryLockError::Error(error)) => Err(failed(error).into()),
    }
}
