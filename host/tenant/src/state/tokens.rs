//! Access tokens. One token serves both APIs; while it lives, fetching again gives the same one and extends it.

use std::collections::HashSet;
use std::time::{Duration, SystemTime};

use super::seed::{Mint, Purpose};

/// What the service thinks of a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Standing {
    Valid,
    Expired,
    Unknown,
}

/// The token that lives and those that have.
pub(crate) struct Tokens {
    mint: Mint,
    lifetime: Duration,
    current: Option<Current>,
    expired: HashSet<String>,
}

struct Current {
    token: String,
    expires_at: SystemTime,
}

impl Tokens {
    pub(crate) fn new(seed: u64, lifetime: Duration) -> Self {
        Self { mint: Mint::new(seed, Purpose::Token), lifetime, current: None, expired: HashSet::new() }
    }

    /// The application's token and the seconds it has from now on.
    pub(crate) fn issue(&mut self, now: SystemTime) -> (String, u64) {
        if self.current.as_ref().is_some_and(|current| current.expires_at <= now) {
            self.expire_all();
        }
        let token = match self.current.take() {
            Some(current) => current.token,
            None => self.mint.hexadecimal(),
        };
        self.current = Some(Current { token: token.clone(), expires_at: now + self.lifetime });
        (token, self.lifetime.as_secs())
    }

    pub(crate) fn standing(&self, token: &str, now: SystemTime) -> Standing {
        match &self.current {
            Some(current) if current.token == token && now < current.expires_at => Standing::Valid,
            Some(current) if current.token == token => Standing::Expired,
            _ if self.expired.contains(token) => Standing::Expired,
            _ => Standing::Unknown,
        }
    }

    pub(crate) fn expire_all(&mut self) {
        let current = self.current.take();
        self.expired.extend(current.map(|current| current.token));
    }
}
