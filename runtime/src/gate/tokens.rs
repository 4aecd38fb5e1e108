//! Tokens, fetched once for all who wait and renewed early.

use std::collections::HashMap;
use std::future::Future;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::{Acquire, Release};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::{Duration, Instant};

use secrecy::{ExposeSecret, SecretString};

use super::scrub::Scrubber;
use crate::bindings::http::{SendError, SendErrorKind};
use crate::clock::Clock;
use crate::credential::Fingerprint;
use crate::id::Name;

/// A token and how long it may be used.
pub(crate) struct Token {
    pub value: SecretString,
    /// Takes the token out of answers.
    pub scrubber: Scrubber,
    renew_from: Instant,
    expires: Instant,
}

impl Token {
    /// How long it may still be used.
    pub fn lives_for(&self, now: Instant) -> Duration {
        self.expires.saturating_duration_since(now)
    }

    /// A token that lives for `lifetime` from `now` and is renewed `early` before its end, but not in the first half of
    /// its life.
    pub fn new(value: SecretString, now: Instant, lifetime: Duration, early: Duration) -> Self {
        let fresh = lifetime.saturating_sub(early).max(lifetime / 2);
        let scrubber = Scrubber::of([value.expose_secret()]);
        Self { value, scrubber, renew_from: now + fresh, expires: now + lifetime }
    }
}

/// Whose token: a credential and the recipe that it was fetched by.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(crate) struct TokenKey {
    pub credential: Fingerprint,
    pub recipe: Name,
}

/// The tokens of all credentials.
#[derive(Default)]
pub(crate) struct TokenCache {
    entries: Mutex<HashMap<TokenKey, Arc<Entry>>>,
}

#[derive(Default)]
struct Entry {
    current: RwLock<Option<Arc<Token>>>,
    /// Held by the one that fetches; holds the failure of the last fetch, for those who waited for it.
    fetching: tokio::sync::Mutex<Option<SendError>>,
    fetches: AtomicU64,
}

impl TokenCache {
    /// A token that may be used now. Of all who ask at once, one fetches; the others get what it got, a failure too.
    /// `refused` is a token that the service did not take: it is not handed out again.
    pub async fn get<F>(
        &self,
        key: TokenKey,
        refused: Option<&Arc<Token>>,
        clock: &dyn Clock,
        fetch: impl FnOnce() -> F,
    ) -> Result<Arc<Token>, SendError>
    where
        F: Future<Output = Result<Token, SendError>>,
    {
        let entry = Arc::clone(self.entries.lock().unwrap_or_else(PoisonError::into_inner).entry(key).or_default());
        let fetches_before = entry.fetches.load(Acquire);
        let usable = entry.usable(refused, clock.now());
        if let Some(token) = usable.as_ref().filter(|token| clock.now() < token.renew_from) {
            return Ok(Arc::clone(token));
        }
        let mut last_failure = match usable {
            // Still valid: one renews it, the others go on with it meanwhile.
            Some(token) => match entry.fetching.try_lock() {
                Ok(last_failure) => last_failure,
                Err(_) => return Ok(token),
            },
            None => entry.fetching.lock().await,
        };
        if entry.fetches.load(Acquire) != fetches_before {
            if let Some(token) = entry.usable(refused, clock.now()) {
                return Ok(token);
            }
            if let Some(error) = &*last_failure {
                return Err(error.clone());
            }
        }
        let outcome = fetch().await;
        entry.fetches.fetch_add(1, Release);
        match outcome {
            Ok(token) => {
                let token = Arc::new(token);
                *last_failure = None;
                *entry.current.write().unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(&token));
                Ok(token)
            }
            Err(error) => {
                // Out of time is this run's own failure; those who wait may have more.
                *last_failure = Some(error.clone()).filter(|error| error.kind != SendErrorKind::Timeout);
                // A renewal that failed leaves the token good until its end.
                entry.usable(refused, clock.now()).ok_or(error)
            }
        }
    }
}

impl Entry {
    fn usable(&self, refused: Option<&Arc<Token>>, now: Instant) -> Option<Arc<Token>> {
        let current = self.current.read().unwrap_or_else(PoisonError::into_inner);
        current
            .as_ref()
            .filter(|token| now < token.expires && refused.is_none_or(|refused| !Arc::ptr_eq(refused, token)))
            .map(Arc::clone)
    }
}
