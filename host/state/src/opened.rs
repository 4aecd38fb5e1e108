//! The state of a data directory, opened: the store, and what stands on it.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::keys::Keys;
use crate::store::{SqliteStore, Store, StoreError};
use crate::vault::{KeySource, MasterKeyError, MasterKeySettings, Vault};

/// The store, the credentials and the API keys of a data directory.
pub struct State {
    /// All that is kept.
    pub store: Arc<dyn Store>,
    /// Credentials.
    pub vault: Arc<Vault>,
    /// API keys.
    pub keys: Arc<Keys>,
}

/// Why a data directory can not be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// The store can not be opened.
    #[error("the data directory {} can not be used", data.display())]
    Store {
        /// The data directory.
        data: PathBuf,
        /// Why.
        source: StoreError,
    },
    /// The settings name no master key.
    #[error(transparent)]
    MasterKey(#[from] MasterKeyError),
}

impl State {
    /// Opens a data directory; makes it when it is not there. `variable` reads the environment.
    ///
    /// # Errors
    /// The directory can not be used, or the settings ask for a master key that is not given.
    pub async fn open(
        data: &Path,
        master_key: &MasterKeySettings,
        variable: impl Fn(&str) -> Option<String>,
    ) -> Result<Self, OpenError> {
        let store =
            SqliteStore::open(data).await.map_err(|source| OpenError::Store { data: data.to_owned(), source })?;
        let store: Arc<dyn Store> = Arc::new(store);
        let vault = Arc::new(Vault::new(Arc::clone(&store), KeySource::find(master_key, data, variable)?));
        let keys = Arc::new(Keys::new(Arc::clone(&store)));
        Ok(Self { store, vault, keys })
    }

    /// Finishes what is under way.
    pub async fn close(self) {
        self.store.close().await;
    }
}
