//! API keys: who may call the service, and for what.
//!
//! A key is `pbk_`, a public id of twelve characters, `_`, and a secret of 43 (256 random bits). The id finds the key's
//! row; of the secret only the SHA-256 is stored. No slow hash is needed: a slow hash makes up for secrets that can be
//! guessed, and 256 random bits can not.

mod access;
mod grants;
mod pattern;
mod stored;
#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

pub use access::{Access, Denied};
use async_trait::async_trait;
pub use grants::Grants;
use patchbay_runtime::Clock;
pub use pattern::NodePattern;
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};
pub use stored::{ApiKeyInfo, KeyDigest, KeyGrants, NewKey, Scope, StoredKey};
use subtle::ConstantTimeEq;

use crate::error::{Result, StoreError};
use crate::time::Timestamp;

const PREFIX: &str = "pbk_";
const ID_LENGTH: usize = 12;
const SECRET_LENGTH: usize = 43;

/// How long a key that was read is taken to be as it was: as long may a revocation in another process need.
const FRESH: Duration = Duration::from_secs(1);
/// Bounds what is remembered.
const MOST_REMEMBERED: usize = 10_000;

/// Where API keys are kept. What each method changed withstands the loss of power once it returned.
#[async_trait]
pub trait KeyStore: Send + Sync {
    /// All keys, revoked ones too, in the order in which they were made.
    async fn all(&self) -> Result<Vec<StoredKey>>;
    /// Whether there is any key, be it revoked.
    async fn any(&self) -> Result<bool>;
    /// The key with that public id.
    async fn by_id(&self, id: &str) -> Result<Option<StoredKey>>;
    /// Stores a key. It is refused when its name is taken by one that is not revoked.
    async fn insert(&self, key: StoredKey) -> Result<()>;
    /// Revokes the key of that name; whether there was one.
    async fn revoke(&self, name: &str, now: Timestamp) -> Result<bool>;
}

/// The service's API keys.
pub struct Keys {
    store: Arc<dyn KeyStore>,
    clock: Arc<dyn Clock>,
    remembered: Mutex<Remembered>,
}

#[derive(Default)]
struct Remembered {
    keys: HashMap<String, (Instant, StoredKey)>,
    /// Whether any key was ever made, and when it was not last.
    is_any_made: bool,
    none_was_made: Option<Instant>,
}

impl Keys {
    pub(crate) fn new(store: Arc<dyn KeyStore>, clock: Arc<dyn Clock>) -> Self {
        Self { store, clock, remembered: Mutex::default() }
    }

    fn remembered(&self) -> MutexGuard<'_, Remembered> {
        // Members are put in and taken out whole, so they are sound even if a holder panicked.
        self.remembered.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes a key. What is returned is the only copy of its text.
    ///
    /// # Errors
    /// There is a key of that name, or the store failed.
    pub async fn create(&self, new: NewKey) -> Result<SecretString> {
        let (id, secret) = (random_text(ID_LENGTH)?, random_text(SECRET_LENGTH)?);
        self.store.insert(new.into_stored(&id, digest(&secret), self.now())).await?;
        Ok(format!("{PREFIX}{id}_{secret}").into())
    }

    /// All keys, in the order in which they were made.
    ///
    /// # Errors
    /// The store failed.
    pub async fn list(&self) -> Result<Vec<ApiKeyInfo>> {
        Ok(self.store.all().await?.iter().map(StoredKey::info).collect())
    }

    /// Whether there is a key that opens anything now.
    ///
    /// # Errors
    /// The store failed.
    pub async fn any_usable(&self) -> Result<bool> {
        let now = self.now();
        Ok(self.store.all().await?.iter().any(|key| Access::admit(key, now).is_ok()))
    }

    /// Whether any key was ever made, revoked ones too: from then on calls need one. That none was is taken to hold for a
    /// second, that one was for ever.
    ///
    /// # Errors
    /// The store failed.
    pub async fn any_made(&self) -> Result<bool> {
        let now = self.clock.now();
        {
            let remembered = self.remembered();
            let is_fresh = |looked: Instant| now.saturating_duration_since(looked) < FRESH;
            if remembered.is_any_made || remembered.none_was_made.is_some_and(is_fresh) {
                return Ok(remembered.is_any_made);
            }
        }
        let is_any_made = self.store.any().await?;
        let mut remembered = self.remembered();
        (remembered.is_any_made, remembered.none_was_made) = (is_any_made, Some(now));
        Ok(is_any_made)
    }

    /// Revokes the key of that name; whether there was one. Other processes notice within a second.
    ///
    /// # Errors
    /// The store failed.
    pub async fn revoke(&self, name: &str) -> Result<bool> {
        let was_there = self.store.revoke(name, self.now()).await?;
        self.remembered().keys.clear();
        Ok(was_there)
    }

    /// What a call may do, by its `Authorization` header.
    ///
    /// # Errors
    /// [`Denied`] says what is wrong with the header; nothing of the key stands in it.
    pub async fn authenticate(&self, authorization: Option<&str>) -> Result<Access, Denied> {
        let header = authorization.ok_or(Denied::Missing)?;
        let (scheme, key) = header.split_once(' ').ok_or(Denied::Malformed)?;
        if !scheme.eq_ignore_ascii_case("bearer") {
            return Err(Denied::Malformed);
        }
        let (id, secret) = parse(key.trim()).ok_or(Denied::Malformed)?;
        let stored = self.find(id).await.map_err(|error| Denied::Store(error.told()))?;
        // Compared even when there is no such key, so that the time tells nothing of which ids exist.
        let known = stored.as_ref().map_or(KeyDigest([0; 32]), |key| key.digest);
        let is_equal: bool = known.0.ct_eq(&digest(secret).0).into();
        let stored = stored.filter(|_| is_equal).ok_or(Denied::Unknown)?;
        Access::admit(&stored, self.now())
    }

    /// The public id in the text of a key; none when the text has not the form of one.
    pub fn public_id(key: &str) -> Option<&str> {
        parse(key.trim()).map(|(id, _)| id)
    }

    fn now(&self) -> Timestamp {
        Timestamp::now(&*self.clock)
    }

    async fn find(&self, id: &str) -> Result<Option<StoredKey>> {
        let now = self.clock.now();
        let is_fresh = |read: Instant| now.saturating_duration_since(read) < FRESH;
        if let Some((_, key)) = self.remembered().keys.get(id).filter(|(read, _)| is_fresh(*read)) {
            return Ok(Some(key.clone()));
        }
        let key = self.store.by_id(id).await?;
        let keys = &mut self.remembered().keys;
        keys.remove(id);
        if let Some(key) = &key {
            if keys.len() >= MOST_REMEMBERED {
                keys.retain(|_, (read, _)| is_fresh(*read));
            }
            if keys.len() < MOST_REMEMBERED {
                keys.insert(id.to_owned(), (now, key.clone()));
            }
        }
        Ok(key)
    }
}

/// The id and the secret of a key's text.
fn parse(key: &str) -> Option<(&str, &str)> {
    let (id, secret) = key.strip_prefix(PREFIX)?.split_once('_')?;
    let is_text = |text: &str, length: usize| text.len() == length && text.bytes().all(|b| b.is_ascii_alphanumeric());
    (is_text(id, ID_LENGTH) && is_text(secret, SECRET_LENGTH)).then_some((id, secret))
}

fn digest(secret: &str) -> KeyDigest {
    KeyDigest(Sha256::digest(secret).into())
}

/// Letters and digits, each as likely as any other: 5.95 bits a character.
fn random_text(length: usize) -> Result<String> {
    const ALPHABET: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    let mut text = String::with_capacity(length);
    while text.len() < length {
        let mut bytes = [0_u8; 64];
        getrandom::fill(&mut bytes).map_err(|error| StoreError::Failed(Box::new(error)))?;
        // 248 = 4 * 62: what is above would make the first characters likelier.
        let letters = bytes.iter().filter(|byte| **byte < 248).filter_map(|byte| ALPHABET.get(usize::from(*byte % 62)));
        text.extend(letters.take(length - text.len()).map(|letter| char::from(*letter)));
    }
    Ok(text)
}

/// The text of a key, for the one who asked for it.
pub fn expose(key: &SecretString) -> &str {
    key.expose_secret()
}
