//! Tokens: fetched once for all who wait, renewed early, kept by a [`TokenStore`].

use std::collections::HashMap;
use std::fmt;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::{Acquire, Release};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};

use super::message::{SendError, SendErrorKind};
use crate::clock::Clock;
use crate::credential::{CredentialId, Fingerprint};
use crate::future::BoxFuture;
use crate::id::Name;
use crate::scrub::Scrubber;

/// The longest that a token is used, whatever the service says of its lifetime.
const LONGEST_LIFE: Duration = Duration::from_secs(30 * 24 * 60 * 60);

/// A token and how long it may be used, by the time since 1970. Its `Debug` does not show it.
pub struct Token {
    value: SecretString,
    /// Takes the token out of answers.
    scrubber: Scrubber,
    renew_from: Duration,
    expires: Duration,
}

impl Token {
    /// A token that may be used until `expires`, and is to be renewed from `renew_from` on.
    pub fn new(value: SecretString, renew_from: Duration, expires: Duration) -> Self {
        let scrubber = Scrubber::of([value.expose_secret()]);
        Self { value, scrubber, renew_from, expires }
    }

    /// A token that lives for `lifetime` from `now` and is renewed `early` before its end, but not in the first half of
    /// its life.
    pub(crate) fn living(value: SecretString, now: Duration, lifetime: Duration, early: Duration) -> Self {
        let lifetime = lifetime.min(LONGEST_LIFE);
        let fresh = lifetime.saturating_sub(early).max(lifetime / 2);
        Self::new(value, now.saturating_add(fresh), now.saturating_add(lifetime))
    }

    /// The token itself.
    pub fn value(&self) -> &SecretString {
        &self.value
    }

    /// From when on it is to be renewed.
    pub fn renew_from(&self) -> Duration {
        self.renew_from
    }

    /// Until when it may be used.
    pub fn expires(&self) -> Duration {
        self.expires
    }

    pub(crate) fn scrubber(&self) -> &Scrubber {
        &self.scrubber
    }

    /// How long it may still be used.
    pub(crate) fn lives_for(&self, now: Duration) -> Duration {
        self.expires.saturating_sub(now)
    }

    fn is(&self, other: &Self) -> bool {
        self.value.expose_secret() == other.value.expose_secret()
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Token").field("expires", &self.expires).finish_non_exhaustive()
    }
}

/// Whose token: a credential, the secrets that it had when the token was fetched, and the recipe that it was fetched by.
/// A credential with a new secret has no token yet: nobody is to use what another secret was good for.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct TokenKey {
    /// The credential.
    pub credential: CredentialId,
    /// Its values.
    pub values: Fingerprint,
    /// The provider's name for the token.
    pub recipe: Name,
}

/// Keeps tokens. One that is lost costs a request and nothing else, so a store may forget what it likes.
pub trait TokenStore: Send + Sync {
    /// The token that was put last.
    fn get<'a>(&'a self, key: &'a TokenKey) -> BoxFuture<'a, Option<Arc<Token>>>;

    /// Keeps a token.
    fn put<'a>(&'a self, key: &'a TokenKey, token: Arc<Token>) -> BoxFuture<'a, ()>;
}

/// Keeps tokens in memory, as many as there is room for: those that end first go first.
#[derive(Default)]
pub struct MemoryTokens(Mutex<HashMap<TokenKey, Arc<Token>>>);

impl MemoryTokens {
    /// As many tokens are kept.
    const MOST: usize = 10_000;
}

impl TokenStore for MemoryTokens {
    fn get<'a>(&'a self, key: &'a TokenKey) -> BoxFuture<'a, Option<Arc<Token>>> {
        let token = self.0.lock().unwrap_or_else(PoisonError::into_inner).get(key).map(Arc::clone);
        Box::pin(std::future::ready(token))
    }

    fn put<'a>(&'a self, key: &'a TokenKey, token: Arc<Token>) -> BoxFuture<'a, ()> {
        let mut tokens = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if tokens.len() >= Self::MOST && !tokens.contains_key(key) {
            // A tenth at a time, so that a full store does not search for room with each token.
            let mut ends: Vec<Duration> = tokens.values().map(|token| token.expires).collect();
            let (_, end, _) = ends.select_nth_unstable(Self::MOST / 10);
            let end = *end;
            tokens.retain(|_, token| token.expires > end);
        }
        tokens.insert(key.clone(), token);
        Box::pin(std::future::ready(()))
    }
}

/// Why there is no token.
#[derive(Debug, Clone)]
pub(crate) struct TokenFailure {
    pub error: SendError,
    /// The HTTP status of the token endpoint; 0 when it was never reached.
    pub status: u16,
    /// How long the service asked to be left alone.
    pub retry_after: Option<Duration>,
}

/// A token to sign with.
pub(crate) struct Held {
    pub token: Arc<Token>,
    /// The HTTP status of the request for it, when it had to be waited for.
    pub fetched: Option<u16>,
}

/// The tokens of all credentials, and who fetches which.
pub(crate) struct Tokens {
    store: Arc<dyn TokenStore>,
    flights: Mutex<HashMap<TokenKey, Weak<Flight>>>,
}

/// The fetching of one token; there for as long as anybody waits for it.
#[derive(Default)]
struct Flight {
    /// Held by the one that fetches; holds how the last fetch ended, for those who waited for it.
    last: tokio::sync::Mutex<Option<Result<u16, TokenFailure>>>,
    fetches: AtomicU64,
}

impl Tokens {
    /// Flights that nobody is on are forgotten when there are more than this.
    const KEPT_FLIGHTS: usize = 1_024;

    pub fn new(store: Arc<dyn TokenStore>) -> Self {
        Self { store, flights: Mutex::default() }
    }

    /// A token to use now. Whoever asks while it is being fetched waits for that fetch, and shares its failure too.
    /// `refused` is a token that the service did not take: it is not handed out again.
    pub async fn get<F>(
        &self,
        key: &TokenKey,
        refused: Option<&Token>,
        clock: &dyn Clock,
        fetch: impl FnOnce() -> F,
    ) -> Result<Held, TokenFailure>
    where
        F: Future<Output = Result<(Token, u16), TokenFailure>>,
    {
        let flight = self.flight(key);
        let fetches_before = flight.fetches.load(Acquire);
        let usable = self.usable(key, refused, clock).await;
        if let Some(token) = usable.as_ref().filter(|token| clock.since_epoch() < token.renew_from) {
            return Ok(Held { token: Arc::clone(token), fetched: None });
        }
        let mut last = match usable {
            // Still valid: one renews it, the others go on with it meanwhile.
            Some(token) => match flight.last.try_lock() {
                Ok(last) => last,
                Err(_) => return Ok(Held { token, fetched: None }),
            },
            None => flight.last.lock().await,
        };
        if flight.fetches.load(Acquire) != fetches_before {
            match &*last {
                Some(Ok(status)) => {
                    if let Some(token) = self.usable(key, refused, clock).await {
                        return Ok(Held { token, fetched: Some(*status) });
                    }
                }
                Some(Err(failure)) => return Err(failure.clone()),
                None => {}
            }
        }
        let outcome = fetch().await;
        let outcome = match outcome {
            Ok((token, status)) => {
                let token = Arc::new(token);
                self.store.put(key, Arc::clone(&token)).await;
                *last = Some(Ok(status));
                Ok(Held { token, fetched: Some(status) })
            }
            Err(failure) => {
                // Out of time is this run's own failure; those who wait may have more.
                let is_own = failure.error.kind == SendErrorKind::Timeout;
                *last = (!is_own).then(|| Err(failure.clone()));
                // A renewal that failed leaves the token good until its end.
                let left = self.usable(key, refused, clock).await;
                left.map(|token| Held { token, fetched: None }).ok_or(failure)
            }
        };
        flight.fetches.fetch_add(1, Release);
        outcome
    }

    async fn usable(&self, key: &TokenKey, refused: Option<&Token>, clock: &dyn Clock) -> Option<Arc<Token>> {
        let token = self.store.get(key).await?;
        let is_usable = clock.since_epoch() < token.expires && refused.is_none_or(|refused| !refused.is(&token));
        is_usable.then_some(token)
    }

    fn flight(&self, key: &TokenKey) -> Arc<Flight> {
        let mut flights = self.flights.lock().unwrap_or_else(PoisonError::into_inner);
        if flights.len() > Self::KEPT_FLIGHTS {
            flights.retain(|_, flight| flight.strong_count() > 0);
        }
        if let Some(flight) = flights.get(key).and_then(Weak::upgrade) {
            return flight;
        }
        let flight = Arc::default();
        flights.insert(key.clone(), Arc::downgrade(&flight));
        flight
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::credential::Credential;
    use crate::provider::Provider;

    fn key(number: usize) -> TokenKey {
        let provider = Provider::from_toml(
            r#"
            id = "sample"
            title = ""
            description = ""
            hosts = ["api.example.com"]
            credentials = [{ kind = "key", title = "", description = "", fields = [{ name = "Key", description = "" }] }]
            "#,
        )
        .unwrap();
        let credential = Credential::new(&provider, "key", |_| Some(number.to_string().into())).unwrap();
        TokenKey { credential: credential.id(), values: credential.fingerprint(), recipe: "session".parse().unwrap() }
    }

    #[test]
    fn no_lifetime_is_too_long_to_reckon_with() {
        let now = Duration::from_secs(1_700_000_000);
        for lifetime in [Duration::MAX, Duration::from_secs(u64::MAX)] {
            let token = Token::living("value".to_owned().into(), now, lifetime, Duration::from_secs(300));
            assert_eq!(token.lives_for(now), LONGEST_LIFE);
        }
    }

    #[tokio::test]
    async fn memory_keeps_so_many_tokens_and_forgets_those_that_end_first() {
        let store = MemoryTokens::default();
        let base = key(0);
        let numbered = |number: usize| TokenKey { recipe: format!("r{number}").parse().unwrap(), ..base.clone() };
        for number in 0..=MemoryTokens::MOST {
            let expires = Duration::from_secs(number as u64);
            store.put(&numbered(number), Arc::new(Token::new(String::new().into(), expires, expires))).await;
        }
        assert!(store.get(&numbered(0)).await.is_none());
        assert!(store.get(&numbered(MemoryTokens::MOST)).await.is_some());
        assert!(store.0.lock().unwrap().len() <= MemoryTokens::MOST);
    }

    #[test]
    fn another_secret_has_another_key() {
        assert_ne!(key(1), key(2));
    }
}
