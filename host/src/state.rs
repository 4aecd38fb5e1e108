//! The data directory's state, opened: the store, and what stands on it.

use std::sync::Arc;

use anyhow::{Context, Result};

use crate::keys::Keys;
use crate::places::Places;
use crate::store::{SqliteStore, Store};
use crate::vault::{KeySource, Vault};

/// The store, the credentials and the API keys.
pub struct State {
    /// All that is kept.
    pub store: Arc<dyn Store>,
    /// Credentials.
    pub vault: Arc<Vault>,
    /// API keys.
    pub keys: Arc<Keys>,
}

/// Opens the store of the data directory; makes both when they are not there.
pub async fn store(places: &Places) -> Result<Arc<dyn Store>> {
    let store = SqliteStore::open(&places.data).await;
    Ok(Arc::new(store.with_context(|| format!("the data directory {} can not be used", places.data.display()))?))
}

/// The credentials of a store, under the master key that the settings name.
pub fn vault(places: &Places, store: &Arc<dyn Store>) -> Result<Vault> {
    let source = KeySource::find(&places.config.master_key, &places.data, |name| std::env::var(name).ok())?;
    Ok(Vault::new(Arc::clone(store), source))
}

impl State {
    /// Opens the data directory; makes it when it is not there.
    pub async fn open(places: &Places) -> Result<Self> {
        let store = store(places).await?;
        let vault = Arc::new(vault(places, &store)?);
        let keys = Arc::new(Keys::new(Arc::clone(&store)));
        Ok(Self { store, vault, keys })
    }

    /// The same, where something was stored before: what only looks makes nothing.
    pub async fn find(places: &Places) -> Result<Option<Self>> {
        if SqliteStore::is_in(&places.data) { Self::open(places).await.map(Some) } else { Ok(None) }
    }

    /// Finishes what is under way.
    pub async fn close(self) {
        self.store.close().await;
    }
}
