//! Credentials at rest: sealed under a master key, opened when a run needs them.
//!
//! | module | what |
//! | --- | --- |
//! | `master_key` | the key: where it comes from, and what is refused as a key |
//! | `keyring` | the key in the operating system's keyring |
//! | `seal` | the cipher and what a sealed credential is bound to |
//! | `form` | which kind a set of fields is; what may be shown |
//! | `rotation` | another master key for all, through a crash at any point |

mod form;
mod keyring;
mod master_key;
mod rotation;
mod seal;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use async_trait::async_trait;
pub use form::{masked, variable};
pub use master_key::{
    KeyId, KeySource, MasterKey, MasterKeyError, MasterKeySettings, MasterKeySource, NEXT_VARIABLE, VARIABLE,
};
use patchbay_runtime::provider::CredentialKind;
use patchbay_runtime::{Clock, Credential, Name, Provider};
pub use rotation::Rotated;
use schemars::JsonSchema;
pub use seal::{Fields, Resealed, SealedCredential};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};

use crate::error::{Result as StoreResult, StoreError};
use crate::time::Timestamp;

/// Where sealed credentials are kept. What each method changed withstands the loss of power once it returned.
#[async_trait]
pub trait CredentialStore: Send + Sync {
    /// All credentials, by name.
    async fn all(&self) -> StoreResult<Vec<SealedCredential>>;
    /// The credential of that name.
    async fn by_name(&self, name: &str) -> StoreResult<Option<SealedCredential>>;
    /// Stores a credential. It is refused when its name is taken, or when others are sealed under another master key.
    async fn insert(&self, credential: SealedCredential) -> StoreResult<()>;
    /// Puts one credential in the place of another, which must still be as it was read.
    async fn replace(&self, resealed: Resealed) -> StoreResult<()>;
    /// Removes a credential; whether there was one.
    async fn remove(&self, name: &str) -> StoreResult<bool>;
    /// The master key that the credentials are sealed under; none before the first.
    async fn master_key(&self) -> StoreResult<Option<KeyId>>;
    /// Takes a master key for the first, unless another one was before. The one that counts.
    async fn first_master_key(&self, id: KeyId) -> StoreResult<KeyId>;
    /// Replaces all credentials by what they are under another master key, all or none. They must still be as they were
    /// read, and no other may have come.
    async fn rotate(&self, from: KeyId, to: KeyId, resealed: Vec<Resealed>) -> StoreResult<()>;
}

/// How long an opened credential is taken to be as it was: as long may a change by another process need.
const FRESH: Duration = Duration::from_secs(1);

/// Why a credential can not be stored or opened. No value of a field stands in it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum VaultError {
    /// There is no such credential.
    #[error("there is no credential `{name}`; {}", known_names(known))]
    NotFound {
        /// The name asked for.
        name: String,
        /// The names that there are.
        known: Vec<String>,
    },
    /// It belongs to another provider.
    #[error("the credential `{name}` is of {provider}; {wanted} needs one of its own")]
    OtherProvider {
        /// The name asked for.
        name: String,
        /// Whose it is.
        provider: Name,
        /// Whose is needed.
        wanted: Name,
    },
    /// A credential can not have this name.
    #[error(
        "`{0}` is no name for a credential: use up to 64 letters, digits, dots, hyphens and underscores, a letter or digit first"
    )]
    Name(String),
    /// The fields are not those of a credential.
    #[error("{0}")]
    Fields(String),
    /// There is no master key.
    #[error(transparent)]
    MasterKey(#[from] MasterKeyError),
    /// The master key is another one.
    #[error(
        "the stored credentials are sealed under the master key {sealed_under}, and this is {given}; \
         set {VARIABLE}, the key file or the keyring's entry to the one they were sealed under"
    )]
    OtherMasterKey {
        /// Id of the key they are sealed under.
        sealed_under: KeyId,
        /// Id of the key at hand.
        given: KeyId,
    },
    /// What is stored was changed.
    #[error("the stored credential `{0}` was damaged or tampered with; remove it and add it again")]
    NotAuthentic(String),
    /// Another process changes the master key.
    #[error("another process changes the master key; wait until it is done")]
    Rotating,
    /// There is nowhere to take the next key from.
    #[error(
        "the master key comes from {VARIABLE}: give the one to change to as {NEXT_VARIABLE}, run this again, and then set {VARIABLE} to it"
    )]
    NoNextKey,
    /// The store failed, or the name is taken.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A credential in a list: secrets as their first four characters and dots.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CredentialInfo {
    /// The name it is chosen by.
    pub name: String,
    /// The provider it belongs to.
    pub provider: Name,
    /// Which of the provider's kinds it is.
    pub kind: Name,
    /// Its fields; secret ones as the first four characters and dots, or dots alone.
    pub fields: BTreeMap<String, String>,
    /// When it was stored.
    pub created: Timestamp,
}

/// The stored credentials. Its `Debug` shows nothing of them.
pub struct Vault {
    store: Arc<dyn CredentialStore>,
    clock: Arc<dyn Clock>,
    source: KeySource,
    key: Mutex<Option<Arc<MasterKey>>>,
    opened: Mutex<HashMap<String, (Instant, Arc<Credential>)>>,
}

impl Vault {
    /// The credentials of a store. The master key is read when it is first needed.
    pub(crate) fn new(store: Arc<dyn CredentialStore>, clock: Arc<dyn Clock>, source: KeySource) -> Self {
        Self { store, clock, source, key: Mutex::default(), opened: Mutex::default() }
    }

    /// Whether the stored credentials can be opened; for a service to know before it takes calls. Makes the key file when
    /// no key was ever used; a keyring gets its entry with the first credential.
    ///
    /// # Errors
    /// The master key is missing, refused, or another than the one they were sealed under.
    pub async fn check(&self) -> Result<(), VaultError> {
        match &self.source {
            KeySource::Keyring(keyring) if self.store.master_key().await?.is_none() => Ok(keyring.reach().await?),
            _ => self.master_key().await.map(drop),
        }
    }

    /// Stores a credential. Without a kind it is the one that the fields' names tell.
    ///
    /// # Errors
    /// The name is taken or none, a field is missing or unknown, or there is no master key.
    pub async fn add(
        &self,
        name: &str,
        provider: &Provider,
        kind: Option<&str>,
        fields: Fields,
    ) -> Result<CredentialInfo, VaultError> {
        check_name(name)?;
        let kind = form::kind(provider, kind, &fields)?;
        let fields = form::complete(kind, fields)?;
        let key = self.master_key().await?;
        let now = Timestamp::now(&*self.clock);
        let sealed = SealedCredential::seal(&key, (name, &provider.id, &kind.kind), now, &fields)
            .map_err(MasterKeyError::from)?;
        let info = info(&sealed, &fields, Some(kind));
        self.store.insert(sealed).await?;
        self.forget(name);
        Ok(info)
    }

    /// Stores a credential, in the place of the one of that name if there is one. Whether it is a new one.
    ///
    /// # Errors
    /// As of [`add`](Self::add), and the credential of that name is of another provider.
    pub async fn put(
        &self,
        name: &str,
        provider: &Provider,
        kind: Option<&str>,
        fields: Fields,
    ) -> Result<(CredentialInfo, bool), VaultError> {
        match self.store.by_name(name).await? {
            None => Ok((self.add(name, provider, kind, fields).await?, true)),
            Some(before) => {
                let kind = form::kind(provider, kind, &fields)?;
                let fields = form::complete(kind, fields)?;
                Ok((self.replace(before, provider, kind, &fields).await?, false))
            }
        }
    }

    /// Changes fields of a stored credential; those that are not given stay as they are.
    ///
    /// # Errors
    /// There is none of that name, it is of another provider, or a field is unknown.
    pub async fn change(&self, name: &str, provider: &Provider, fields: Fields) -> Result<CredentialInfo, VaultError> {
        let before = self.sealed(name).await?;
        let kind = form::kind(provider, Some(before.kind.as_str()), &fields)?;
        let mut all = self.fields(&before).await?;
        all.extend(form::declared(kind, fields)?);
        let fields = form::complete(kind, all)?;
        self.replace(before, provider, kind, &fields).await
    }

    async fn replace(
        &self,
        before: SealedCredential,
        provider: &Provider,
        kind: &CredentialKind,
        fields: &Fields,
    ) -> Result<CredentialInfo, VaultError> {
        other_provider(&before.name, &before.provider, provider)?;
        let (key, name) = (self.master_key().await?, before.name.clone());
        let after = SealedCredential::seal(&key, (&name, &provider.id, &kind.kind), before.created, fields)
            .map_err(MasterKeyError::from)?;
        let info = info(&after, fields, Some(kind));
        self.store.replace(Resealed { before, after }).await?;
        self.forget(&name);
        Ok(info)
    }

    /// The provider and the kind of the credential of that name.
    ///
    /// # Errors
    /// There is none of that name.
    pub async fn about(&self, name: &str) -> Result<(Name, Name), VaultError> {
        let sealed = self.sealed(name).await?;
        Ok((sealed.provider, sealed.kind))
    }

    /// Opens a credential for a provider's node.
    ///
    /// # Errors
    /// There is none of that name, it is of another provider, or it can not be opened.
    pub async fn open(&self, name: &str, provider: &Provider) -> Result<Arc<Credential>, VaultError> {
        let remembered = lock(&self.opened).get(name).filter(|(read, _)| self.is_fresh(*read)).cloned();
        let credential = match remembered {
            Some((_, credential)) => credential,
            None => {
                let read = self.clock.now();
                let sealed = self.sealed(name).await?;
                other_provider(&sealed.name, &sealed.provider, provider)?;
                let credential = Arc::new(self.credential(&sealed, provider).await?);
                lock(&self.opened).insert(name.to_owned(), (read, Arc::clone(&credential)));
                credential
            }
        };
        other_provider(name, credential.provider(), provider)?;
        Ok(credential)
    }

    /// Whether there is a credential of that name.
    ///
    /// # Errors
    /// The store failed.
    pub async fn has(&self, name: &str) -> Result<bool, VaultError> {
        if lock(&self.opened).get(name).is_some_and(|(read, _)| self.is_fresh(*read)) {
            return Ok(true);
        }
        Ok(self.store.by_name(name).await?.is_some())
    }

    /// The provider that the credential of that name belongs to; none when there is no such credential.
    ///
    /// # Errors
    /// The store failed.
    pub async fn provider_of(&self, name: &str) -> Result<Option<Name>, VaultError> {
        Ok(self.store.by_name(name).await?.map(|sealed| sealed.provider))
    }

    /// The names that there are.
    ///
    /// # Errors
    /// The store failed.
    pub async fn names(&self) -> Result<Vec<String>, VaultError> {
        Ok(self.store.all().await?.into_iter().map(|sealed| sealed.name).collect())
    }

    /// All credentials as they may be shown. Of a provider that is not among `providers` every field is a secret.
    ///
    /// # Errors
    /// There is no master key, or a credential can not be opened.
    pub async fn list<'p>(
        &self,
        providers: impl IntoIterator<Item = &'p Provider>,
    ) -> Result<Vec<CredentialInfo>, VaultError> {
        let providers: Vec<&Provider> = providers.into_iter().collect();
        let mut list = Vec::new();
        for sealed in self.store.all().await? {
            let kind = providers.iter().find(|provider| provider.id == sealed.provider);
            let kind = kind.and_then(|provider| provider.credentials.iter().find(|kind| kind.kind == sealed.kind));
            list.push(info(&sealed, &self.fields(&sealed).await?, kind));
        }
        Ok(list)
    }

    /// Removes a credential.
    ///
    /// # Errors
    /// There is none of that name.
    pub async fn remove(&self, name: &str) -> Result<(), VaultError> {
        let was_there = self.store.remove(name).await?;
        self.forget(name);
        if was_there { Ok(()) } else { Err(self.not_found(name).await) }
    }

    /// Gives a credential another name.
    ///
    /// # Errors
    /// There is none of that name, the other is taken, or it can not be opened: the name is part of the seal.
    pub async fn rename(&self, name: &str, new_name: &str) -> Result<(), VaultError> {
        check_name(new_name)?;
        let before = self.sealed(name).await?;
        let fields = self.fields(&before).await?;
        let key = self.master_key().await?;
        let after = SealedCredential::seal(&key, (new_name, &before.provider, &before.kind), before.created, &fields)
            .map_err(MasterKeyError::from)?;
        self.store.replace(Resealed { before, after }).await?;
        self.forget(name);
        self.forget(new_name);
        Ok(())
    }

    async fn sealed(&self, name: &str) -> Result<SealedCredential, VaultError> {
        match self.store.by_name(name).await? {
            Some(sealed) => Ok(sealed),
            None => Err(self.not_found(name).await),
        }
    }

    /// The error about a name that is not there, or why the names that are can not be read.
    async fn not_found(&self, name: &str) -> VaultError {
        let names = self.names().await;
        names.map_or_else(|error| error, |known| VaultError::NotFound { name: name.to_owned(), known })
    }

    async fn fields(&self, sealed: &SealedCredential) -> Result<Fields, VaultError> {
        let key = self.key_of(sealed.key).await?;
        sealed.open(&key).map_err(|_| VaultError::NotAuthentic(sealed.name.clone()))
    }

    async fn credential(&self, sealed: &SealedCredential, provider: &Provider) -> Result<Credential, VaultError> {
        let fields = self.fields(sealed).await?;
        // Of its own kind alone: another may have the same fields.
        let mut of_kind = provider.clone();
        of_kind.credentials.retain(|kind| kind.kind == sealed.kind);
        let value = |field: &str| fields.get(field).map(|value| SecretString::from(value.expose_secret().to_owned()));
        Credential::new(&of_kind, &sealed.name, value).map_err(|error| {
            VaultError::Fields(format!(
                "the stored credential `{}` does not fit {}: {error}; remove it and add it again",
                sealed.name, provider.title
            ))
        })
    }

    /// The master key that is in use now.
    async fn master_key(&self) -> Result<Arc<MasterKey>, VaultError> {
        match self.store.master_key().await? {
            Some(id) => self.key_of(id).await,
            None => {
                let key = Arc::new(rotation::first_key(&self.source, self.store.as_ref()).await?);
                *lock(&self.key) = Some(Arc::clone(&key));
                Ok(key)
            }
        }
    }

    /// The master key of that id: the one in memory, or read anew since another process may have changed it.
    async fn key_of(&self, id: KeyId) -> Result<Arc<MasterKey>, VaultError> {
        if let Some(key) = lock(&self.key).as_ref().filter(|key| key.id() == id) {
            return Ok(Arc::clone(key));
        }
        match rotation::key_of(&self.source, id).await {
            Ok(key) => {
                let key = Arc::new(key);
                *lock(&self.key) = Some(Arc::clone(&key));
                Ok(key)
            }
            // It was changed since the id was read: what this one was is gone.
            Err(_) if self.store.master_key().await?.is_some_and(|now| now != id) => Err(VaultError::Rotating),
            Err(error) => Err(error),
        }
    }

    fn is_fresh(&self, read: Instant) -> bool {
        self.clock.now().saturating_duration_since(read) < FRESH
    }

    fn forget(&self, name: &str) {
        lock(&self.opened).remove(name);
    }
}

impl std::fmt::Debug for Vault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Vault").finish_non_exhaustive()
    }
}

/// What is behind these locks is replaced whole, so it is sound even if a holder panicked.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn info(sealed: &SealedCredential, fields: &Fields, kind: Option<&CredentialKind>) -> CredentialInfo {
    let is_secret = |name: &str| {
        let field = kind.and_then(|kind| kind.fields.iter().find(|field| field.name == name));
        field.is_none_or(|field| field.secret)
    };
    let shown = |(name, value): (&String, &SecretString)| {
        let value = if is_secret(name) { masked(value) } else { value.expose_secret().to_owned() };
        (name.clone(), value)
    };
    CredentialInfo {
        name: sealed.name.clone(),
        provider: sealed.provider.clone(),
        kind: sealed.kind.clone(),
        fields: fields.iter().map(shown).collect(),
        created: sealed.created,
    }
}

fn other_provider(name: &str, has: &Name, wanted: &Provider) -> Result<(), VaultError> {
    if *has == wanted.id {
        return Ok(());
    }
    Err(VaultError::OtherProvider { name: name.to_owned(), provider: has.clone(), wanted: wanted.id.clone() })
}

fn check_name(name: &str) -> Result<(), VaultError> {
    let is_letter = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_');
    let is_name = name.bytes().all(is_letter)
        && name.len() <= 64
        && name.bytes().next().is_some_and(|first| first.is_ascii_alphanumeric());
    if is_name { Ok(()) } else { Err(VaultError::Name(name.to_owned())) }
}

fn known_names(known: &[String]) -> String {
    match known {
        [] => "none is stored yet, `patchbay credential add NAME --provider PROVIDER` stores one".to_owned(),
        known => format!("there are: {}", known.join(", ")),
    }
}
