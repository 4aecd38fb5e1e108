//! What the service allows the application: how often it may call each API, and which APIs at all.

use std::collections::HashMap;
use std::sync::Mutex;
use std::time::{Duration, SystemTime};

use axum::extract::MatchedPath;
use axum::http::Method;
use axum::http::request::Parts;

use crate::scope::scope_of;
use crate::service::{Service, locked};

const SECOND: Duration = Duration::from_secs(1);

/// Why an authentic call is not let in.
pub(crate) enum NotAdmitted {
    /// The application lacks this permission.
    Scope(&'static str),
    /// The application called this API too often in this second.
    TooFast,
}

/// Lets an authentic call in, or says why not. An API is a path, whatever ids it holds.
pub(crate) fn admit(service: &Service, parts: &Parts) -> Result<(), NotAdmitted> {
    let Some(path) = parts.extensions.get::<MatchedPath>() else { return Ok(()) };
    if let Some(scope) = scope_of(&parts.method, path.as_str())
        && service.missing_scopes.contains(scope)
    {
        return Err(NotAdmitted::Scope(scope));
    }
    if service.rates.admit(&parts.method, path.as_str(), service.now()) { Ok(()) } else { Err(NotAdmitted::TooFast) }
}

/// How often each API was called in its current second.
pub(crate) struct Rates {
    per_second: Option<u32>,
    windows: Mutex<HashMap<(Method, String), Window>>,
}

struct Window {
    began: SystemTime,
    calls: u32,
}

impl Rates {
    pub(crate) fn new(per_second: Option<u32>) -> Self {
        Self { per_second, windows: Mutex::default() }
    }

    fn admit(&self, method: &Method, path: &str, now: SystemTime) -> bool {
        let Some(per_second) = self.per_second else { return true };
        let mut windows = locked(&self.windows);
        let window = windows.entry((method.clone(), path.to_owned())).or_insert(Window { began: now, calls: 0 });
        // A clock that was set back begins a new second too.
        if now.duration_since(window.began).map_or(true, |age| age >= SECOND) {
            *window = Window { began: now, calls: 0 };
        }
        window.calls = window.calls.saturating_add(1);
        window.calls <= per_second
    }
}
