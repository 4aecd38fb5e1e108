//! What is kept in a data directory, opened: the stores, and what stands on them.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use patchbay_runtime::{Clock, SystemClock};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::audit::Audit;
use crate::calls::CallStore;
use crate::error::{Result, StoreError};
use crate::health::{Copied, StoreHealth};
use crate::keys::Keys;
use crate::recorder::Recorder;
use crate::runs::{Retention, RunStore};
use crate::sqlite::SqliteStore;
use crate::time::Timestamp;
use crate::vault::{KeySource, MasterKeyError, MasterKeySettings, Vault};

/// What is kept. Clones are handles to the same.
#[derive(Clone)]
pub struct State {
    /// Records of runs, to be read and removed. New ones come through the [`Recorder`].
    pub runs: Arc<dyn RunStore>,
    /// What becomes of runs and of calls with an idempotency key.
    pub recorder: Recorder,
    /// Credentials.
    pub vault: Arc<Vault>,
    /// API keys.
    pub keys: Arc<Keys>,
    /// Who changed what, and whose calls were refused.
    pub audit: Arc<Audit>,
    /// The time that all of it goes by.
    pub clock: Arc<dyn Clock>,
    calls: Arc<dyn CallStore>,
    health: Arc<dyn StoreHealth>,
    background: Background,
}

/// What a data directory is opened with.
#[derive(Clone)]
pub struct Settings {
    /// The data directory.
    pub data: PathBuf,
    /// What is said of the master key.
    pub master_key: MasterKeySettings,
    /// The value of PATCHBAY_MASTER_KEY, if it is set.
    pub master_key_variable: Option<secrecy::SecretString>,
    /// The clock.
    pub clock: Arc<dyn Clock>,
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

/// The tasks that run beside what is asked for, from their start to the end of the state.
#[derive(Clone, Default)]
struct Background {
    tasks: TaskTracker,
    stop: CancellationToken,
}

impl Settings {
    /// Settings for a data directory, with the machine's clock.
    pub fn new(data: impl Into<PathBuf>, master_key: MasterKeySettings) -> Self {
        Self { data: data.into(), master_key, master_key_variable: None, clock: Arc::new(SystemClock) }
    }
}

impl State {
    /// Opens a data directory; makes it when it is not there.
    ///
    /// # Errors
    /// The directory can not be used, or the settings ask for a master key that is not given.
    pub async fn open(settings: &Settings) -> Result<Self, OpenError> {
        let Settings { data, master_key, master_key_variable, clock } = settings;
        let source = KeySource::find(master_key, data, master_key_variable.clone())?;
        let store = SqliteStore::open(data, Arc::clone(clock)).await;
        let store = Arc::new(store.map_err(|source| OpenError::Store { data: data.clone(), source })?);
        let recorder = Recorder::new(store.clone(), store.clone(), store.clone());
        let background = Background::default();
        background.tasks.spawn(recorder.clone().keep_storing(background.stop.clone()));
        Ok(Self {
            runs: store.clone(),
            recorder,
            vault: Arc::new(Vault::new(store.clone(), Arc::clone(clock), source)),
            keys: Arc::new(Keys::new(store.clone(), Arc::clone(clock))),
            audit: Arc::new(Audit::new(store.clone(), Arc::clone(clock))),
            clock: Arc::clone(clock),
            calls: store.clone(),
            health: store,
            background,
        })
    }

    /// The time now.
    pub fn now(&self) -> Timestamp {
        Timestamp::now(&*self.clock)
    }

    /// Removes records that are past a retention, and calls whose time is over. How many records were removed.
    ///
    /// # Errors
    /// The store failed.
    pub async fn prune(&self, retention: Retention) -> Result<u64> {
        let now = self.now();
        let runs = self.runs.prune(retention.max_age.map(|age| now.before(age)), retention.max_bytes).await?;
        let calls = self.calls.prune(now).await?;
        if runs + calls > 0 {
            tracing::debug!(runs, calls, "removed what is past its time or size");
        }
        Ok(runs)
    }

    /// Removes what is past a retention, now and then again and again until the state is closed.
    pub fn keep_pruning(&self, retention: Retention, every: Duration) {
        let (state, stop) = (self.clone(), self.background.stop.clone());
        self.background.tasks.spawn(async move {
            loop {
                // The next time is as good as this one.
                if let Err(error) = state.prune(retention).await {
                    tracing::warn!(error = error.told(), "old records could not be removed");
                }
                tokio::select! {
                    () = tokio::time::sleep(every) => {}
                    () = stop.cancelled() => return,
                }
            }
        });
    }

    /// Whether the store answers when it is asked, and takes changes.
    ///
    /// # Errors
    /// It does not, and why.
    pub async fn ping(&self) -> Result<()> {
        self.health.ping().await?;
        self.recorder.available().map_err(|unavailable| StoreError::Failed(unavailable.into()))
    }

    /// Copies all that is kept to a file that is not there yet, while others use it. The master key is not in it.
    ///
    /// # Errors
    /// There is such a file, or it can not be written; then there is none afterwards.
    pub async fn copy_to(&self, path: &Path) -> Result<Copied> {
        self.health.copy_to(path).await
    }

    /// Ends what runs in the background, stores what still waits, and closes the store. Calls after it fail.
    pub async fn close(&self) {
        self.background.stop.cancel();
        self.background.tasks.close();
        self.background.tasks.wait().await;
        self.health.close().await;
    }
}
