//! What every call has at hand.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use std::time::SystemTime;

use secrecy::{ExposeSecret, SecretString};

use crate::clock::Clock;
use crate::config::TenantConfig;
use crate::error::Error;
use crate::fault::Faults;
use crate::journal::{Journal, Observer};
use crate::limit::Rates;
use crate::state::{Mint, Organisation, Purpose};

/// The service as all its connections share it.
pub(crate) type Shared = Arc<Service>;

/// The organisation, the application that may call for it, and what a test set up or may look at.
pub(crate) struct Service {
    pub(crate) organisation: Organisation,
    pub(crate) journal: Journal,
    pub(crate) faults: Faults,
    pub(crate) request_ids: Mint,
    pub(crate) rates: Rates,
    pub(crate) missing_scopes: BTreeSet<String>,
    pub(crate) wraps_refusals: bool,
    pub(crate) observer: Option<Observer>,
    clock: Arc<dyn Clock>,
    app_key: String,
    app_secret: SecretString,
}

impl Service {
    pub(crate) fn new(config: TenantConfig) -> Result<Self, Error> {
        let mut organisation = Organisation::new(config.seed, config.token_lifetime, config.clock.now());
        if let Some(state) = &config.state {
            organisation.read(state)?;
        }
        Ok(Self {
            organisation,
            journal: Journal::default(),
            faults: Faults::new(config.seed, config.faults),
            request_ids: Mint::new(config.seed, Purpose::RequestId),
            rates: Rates::new(config.calls_per_second),
            missing_scopes: config.missing_scopes,
            wraps_refusals: config.wraps_refusals,
            observer: config.observer,
            clock: config.clock,
            app_key: config.app_key,
            app_secret: config.app_secret,
        })
    }

    pub(crate) fn now(&self) -> SystemTime {
        self.clock.now()
    }

    /// Whether key and secret are the application's.
    pub(crate) fn knows_application(&self, app_key: &str, app_secret: &str) -> bool {
        app_key == self.app_key && app_secret == self.app_secret.expose_secret()
    }
}

/// Locks `mutex`, also after a call that panicked while it held the lock: that call failed on its own, and a test sees
/// the state it left behind rather than one panic after another.
pub(crate) fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Locks for reading, under the same rule as [`locked`].
pub(crate) fn reading<T>(lock: &RwLock<T>) -> RwLockReadGuard<'_, T> {
    lock.read().unwrap_or_else(PoisonError::into_inner)
}

/// Locks for writing, under the same rule as [`locked`].
pub(crate) fn writing<T>(lock: &RwLock<T>) -> RwLockWriteGuard<'_, T> {
    lock.write().unwrap_or_else(PoisonError::into_inner)
}
