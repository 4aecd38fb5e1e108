//! Reading the master key, and changing it.
//!
//! The database says which key its credentials are sealed under. A change writes the next key beside the first, seals all
//! anew in one transaction, and then removes the first. In a keyring both are entries, named after the keys. The next key
//! file is put in the place of the first: a crash before the transaction leaves a next file that nobody needs; a crash
//! after it leaves one that fits the database, and whoever reads the key next puts it in place.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use secrecy::SecretString;

use super::keyring::{Keyring, SERVICE};
use super::master_key::{KeyId, KeySource, MasterKey, MasterKeyError, NEXT_VARIABLE, VARIABLE};
use super::seal::{Resealed, SealedCredential};
use super::{CredentialStore, Vault, VaultError, lock};
use crate::error::StoreError;
use crate::files;

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

/// The key when nothing was sealed yet: it is made, in a file when there is none or in the keyring.
pub(super) async fn first_key(source: &KeySource, store: &dyn CredentialStore) -> Result<MasterKey, VaultError> {
    let path = match source {
        KeySource::Environment(text) => return Ok(MasterKey::parse(text, VARIABLE)?),
        KeySource::Keyring(keyring) => {
            let made = MasterKey::random()?;
            let (made, first) = (made.id(), first_entry(keyring, store, made).await?);
            if made == first.id() {
                say_made(&format_args!("as the keyring's entry {SERVICE}, {made}"));
            }
            return Ok(first);
        }
        KeySource::File(path) => path,
    };
    if let Some(key) = MasterKey::read(path)? {
        return Ok(key);
    }
    MasterKey::random()?.write(path, true)?;
    say_made(&path.display());
    MasterKey::read(path)?.ok_or_else(|| MasterKeyError::Gone(path.clone()).into())
}

/// Puts the first key into the keyring, or takes the one that another process put there at the same moment.
async fn first_entry(keyring: &Keyring, store: &dyn CredentialStore, key: MasterKey) -> Result<MasterKey, VaultError> {
    keyring.write(&key).await?;
    let first = store.first_master_key(key.id()).await?;
    if first == key.id() {
        return Ok(key);
    }
    take_back(keyring, key.id()).await;
    expect(keyring.read(first).await?, first)
}

fn say_made(place: &dyn std::fmt::Display) {
    tracing::warn!("made the master key {place}; keep a copy of it: without it stored credentials can not be opened");
}

/// The key of that id.
pub(super) async fn key_of(source: &KeySource, id: KeyId) -> Result<MasterKey, VaultError> {
    let path = match source {
        KeySource::Environment(text) => return expect(MasterKey::parse(text, VARIABLE)?, id),
        KeySource::Keyring(keyring) => return expect(keyring.read(id).await?, id),
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

/// Where the next key is kept.
#[derive(Clone, Copy)]
enum Keeper<'source> {
    File(&'source Path),
    Keyring(&'source Keyring),
    /// The one who gave it; from now on also in the place of a key that was given before, or of a key file.
    Giver {
        had_given: bool,
    },
}

impl Keeper<'_> {
    /// Keeps the next key beside the one in use.
    async fn keep(self, next: &MasterKey) -> Result<(), VaultError> {
        match self {
            Self::File(path) => next.write(&next_file(path), false)?,
            Self::Keyring(keyring) => keyring.write(next).await?,
            Self::Giver { .. } => {}
        }
        Ok(())
    }

    /// Lets go of the key that nothing is sealed under any more. What is left to do by hand.
    async fn settle(self, from: KeyId) -> Result<Option<String>, VaultError> {
        match self {
            Self::File(path) => put_in_place(&next_file(path), path)?,
            // All is sealed under the next key: an entry too many harms nothing.
            Self::Keyring(keyring) => return Ok(keyring.remove(from).await.err().map(|error| left_over(from, &error))),
            Self::Giver { .. } => {}
        }
        Ok(None)
    }

    fn advice(self, to: KeyId) -> String {
        match self {
            Self::File(path) => format!("keep a copy of {}", path.display()),
            Self::Keyring(_) => format!("keep a copy of the keyring's entry {SERVICE}, {to}"),
            Self::Giver { had_given: true } => {
                format!("set {VARIABLE} to what {NEXT_VARIABLE} is, and unset {NEXT_VARIABLE}")
            }
            Self::Giver { had_given: false } => {
                format!("set {VARIABLE} to what {NEXT_VARIABLE} is; the key file is no longer used")
            }
        }
    }
}

impl Vault {
    /// Changes the master key and seals all credentials anew. With a key file or a keyring the next key is made, unless it
    /// is given; with a key from the environment it is given. A keyring keeps it either way.
    ///
    /// # Errors
    /// There is no next key, the credentials can not be opened, or another process changes the key.
    pub async fn rotate(&self, given: Option<SecretString>) -> Result<Rotated, VaultError> {
        let _alone = alone(&self.source)?;
        let keeper = match (&self.source, &given) {
            (KeySource::Keyring(keyring), _) => Keeper::Keyring(keyring),
            (KeySource::File(path), None) => Keeper::File(path),
            (KeySource::File(_), Some(_)) => Keeper::Giver { had_given: false },
            (KeySource::Environment(_), Some(_)) => Keeper::Giver { had_given: true },
            (KeySource::Environment(_), None) => return Err(VaultError::NoNextKey),
        };
        let next = match given {
            Some(text) => MasterKey::parse(&text, NEXT_VARIABLE)?,
            None => MasterKey::random()?,
        };
        let from = self.store.master_key().await?;
        let (to, left) = match from {
            Some(from) if from == next.id() => (from, None),
            Some(from) => (next.id(), self.reseal(from, &next, keeper).await?),
            // Nothing is sealed: the next key is the first.
            None => (self.begin_with(next, keeper).await?, None),
        };
        *lock(&self.key) = None;
        let credentials = self.store.all().await?.len();
        let advice = [Some(keeper.advice(to)), left].into_iter().flatten().collect::<Vec<_>>().join("\n");
        Ok(Rotated { credentials, from, to, advice: Some(advice) })
    }

    async fn begin_with(&self, first: MasterKey, keeper: Keeper<'_>) -> Result<KeyId, VaultError> {
        match keeper {
            Keeper::File(path) => first.write(path, false)?,
            Keeper::Keyring(keyring) => return Ok(first_entry(keyring, self.store.as_ref(), first).await?.id()),
            Keeper::Giver { .. } => {}
        }
        Ok(first.id())
    }

    async fn reseal(&self, from: KeyId, next: &MasterKey, keeper: Keeper<'_>) -> Result<Option<String>, VaultError> {
        let mut resealed = Vec::new();
        for before in self.store.all().await? {
            // Asked for only here: a key that is lost does not matter when nothing is sealed under it.
            let current = self.key_of(from).await?;
            let fields = before.open(&current).map_err(|_| VaultError::NotAuthentic(before.name.clone()))?;
            let named = (before.name.as_str(), &before.provider, &before.kind);
            let after = SealedCredential::seal(next, named, before.created, &fields).map_err(MasterKeyError::from)?;
            resealed.push(Resealed { before, after });
        }
        keeper.keep(next).await?;
        let rotated = self.store.rotate(from, next.id(), resealed).await;
        // Only when it is certain that the database does not name it.
        if let (Err(StoreError::Conflict(_)), Keeper::Keyring(keyring)) = (&rotated, keeper) {
            take_back(keyring, next.id()).await;
        }
        rotated?;
        keeper.settle(from).await
    }
}

/// Removes the entry of a key that was made and not needed.
async fn take_back(keyring: &Keyring, id: KeyId) {
    if let Err(error) = keyring.remove(id).await {
        tracing::warn!("{}", left_over(id, &error));
    }
}

/// What to do about an entry that could not be removed.
fn left_over(id: KeyId, error: &MasterKeyError) -> String {
    format!("the keyring's entry {SERVICE}, {id} is no longer used and could not be removed, do so by hand: {error}")
}

fn expect(key: MasterKey, id: KeyId) -> Result<MasterKey, VaultError> {
    if key.id() == id { Ok(key) } else { Err(VaultError::OtherMasterKey { sealed_under: id, given: key.id() }) }
}

fn next_file(path: &Path) -> PathBuf {
    path.with_added_extension("next")
}

fn put_in_place(next: &Path, path: &Path) -> Result<(), VaultError> {
    match std::fs::rename(next, path) {
        Ok(()) => {
            Ok(files::sync_folder_of(path).map_err(|source| MasterKeyError::File { path: path.to_owned(), source })?)
        }
        // Another process did it.
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(source) => Err(MasterKeyError::File { path: path.to_owned(), source }.into()),
    }
}

/// Keeps other processes from changing the key, until it is dropped. The lock ends with its process.
fn alone(source: &KeySource) -> Result<Option<File>, VaultError> {
    let path = match source {
        KeySource::Environment(_) => return Ok(None),
        KeySource::File(path) => path.with_added_extension("lock"),
        KeySource::Keyring(keyring) => keyring.lock().to_owned(),
    };
    let failed = |source| MasterKeyError::File { path: path.clone(), source };
    let file = files::open_lock(&path).map_err(failed)?;
    match file.try_lock() {
        Ok(()) => Ok(Some(file)),
        Err(std::fs::TryLockError::WouldBlock) => Err(VaultError::Rotating),
        Err(std::fs::TryLockError::Error(error)) => Err(failed(error).into()),
    }
}
