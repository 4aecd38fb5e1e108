//! API keys: who may call the service, and for what.
//!
//! A key is `pbk_`, a public id of twelve characters, `_`, and a secret of 43 (256 random bits). The id finds the key's
//! row; of the secret only the SHA-256 is stored. No slow hash is needed: a slow hash makes up for secrets that can be
//! guessed, and 256 random bits can not.

mod access;
mod pattern;
mod stored;
#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

pub use access::{Access, Denied};
pub use pattern::NodePattern;
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};
pub use stored::{ApiKeyInfo, KeyDigest, NewKey, Scope, StoredKey};
use subtle::ConstantTimeEq;

use crate::store::{Result, Store, Timestamp};

const PREFIX: &str = "pbk_";
const ID_LENGTH: usize = 12;
const SECRET_LENGTH: usize = 43;

/// How long a key that was read is taken to be as it was: as long may a revocation in another process need.
const FRESH: Duration = Duration::from_secs(1);
/// Bounds what is remembered.
const MOST_REMEMBERED: usize = 10_000;

/// The service's API keys.
pub struct Keys {
    store: Arc<dyn Store>,
    remembered: Mutex<HashMap<String, (Instant, StoredKey)>>,
}

impl Keys {
    /// The keys of a store.
    pub fn new(store: Arc<dyn Store>) -> Self {
        Self { store, remembered: Mutex::default() }
    }

    /// Makes a key. What is returned is the only copy of its text.
    ///
    /// # Errors
    /// There is a key of that name, or the store failed.
    pub async fn create(&self, new: NewKey) -> Result<SecretString> {
        let (id, secret) = (random_text(ID_LENGTH)?, random_text(SECRET_LENGTH)?);
        self.store.insert_api_key(new.into_stored(&id, digest(&secret))).await?;
        Ok(format!("{PREFIX}{id}_{secret}").into())
    }

    /// All keys, in the order in which they were made.
    ///
    /// # Errors
    /// The store failed.
    pub async fn list(&self) -> Result<Vec<ApiKeyInfo>> {
        Ok(self.store.api_keys().await?.iter().map(StoredKey::info).collect())
    }

    /// Whether there is a key that opens anything now.
    ///
    /// # Errors
    /// The store failed.
    pub async fn any_usable(&self) -> Result<bool> {
        let now = Timestamp::now();
        Ok(self.store.api_keys().await?.iter().any(|key| key.unusable(now).is_none()))
    }

    /// Revokes the key of that name; whether there was one. Other processes notice within a second.
    ///
    /// # Errors
    /// The store failed.
    pub async fn revoke(&self, name: &str) -> Result<bool> {
        let was_there = self.store.revoke_api_key(name, Timestamp::now()).await?;
        self.remembered.lock().unwrap_or_else(PoisonError::into_inner).clear();
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
        let stored = self.find(id).await.map_err(|error| Denied::Store(error.to_string()))?;
        // Compared even when there is no such key, so that the time tells nothing of which ids exist.
        let known = stored.as_ref().map_or(KeyDigest([0; 32]), |key| key.digest);
        let is_equal: bool = known.0.ct_eq(&digest(secret).0).into();
        let stored = stored.filter(|_| is_equal).ok_or(Denied::Unknown)?;
        match stored.unusable(Timestamp::now()) {
            Some(denied) => Err(denied),
            None => Ok(Access::of(&stored)),
        }
    }

    async fn find(&self, id: &str) -> Result<Option<StoredKey>> {
        if let Some((read, key)) = self.remembered.lock().unwrap_or_else(PoisonError::into_inner).get(id)
            && read.elapsed() < FRESH
        {
            return Ok(Some(key.clone()));
        }
        let read = Instant::now();
        let key = self.store.api_key(id).await?;
        let mut remembered = self.remembered.lock().unwrap_or_else(PoisonError::into_inner);
        if remembered.len() >= MOST_REMEMBERED {
            remembered.clear();
        }
        match &key {
            Some(key) => drop(remembered.insert(id.to_owned(), (read, key.clone()))),
            None => drop(remembered.remove(id)),
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
        getrandom::fill(&mut bytes).map_err(|error| crate::store::StoreError::Failed(Box::new(error)))?;
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
