//! Who changed what, and whose calls were refused: for whoever has to account for it. Apart from runs, which have records of
//! their own. No value of a credential and no text of a key is ever in it.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use patchbay_runtime::Clock;
use serde::{Deserialize, Serialize};

use crate::error::{Result, StoreError};
use crate::time::Timestamp;

/// As many refused calls of a minute have entries of their own. Anybody can be refused as often as they like: the others
/// are counted, and told in one entry.
const REFUSED_A_MINUTE: u32 = 60;
const MINUTE: Duration = Duration::from_secs(60);
/// The longest text of an entry, in bytes.
const LONGEST: usize = 256;

/// What was done or refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Action {
    /// A credential was stored.
    CredentialAdded,
    /// A credential has other values.
    CredentialChanged,
    /// A credential has another name.
    CredentialRenamed,
    /// A credential is gone.
    CredentialRemoved,
    /// All credentials are sealed under another master key.
    MasterKeyRotated,
    /// An API key was made.
    KeyCreated,
    /// An API key opens nothing any more.
    KeyRevoked,
    /// A call was not let in.
    CallRefused,
    /// Nodes or settings were read anew.
    Reloaded,
    /// The store was copied.
    BackedUp,
}

impl Action {
    /// All, in the order of their declaration.
    pub const ALL: [Self; 10] = [
        Self::CredentialAdded,
        Self::CredentialChanged,
        Self::CredentialRenamed,
        Self::CredentialRemoved,
        Self::MasterKeyRotated,
        Self::KeyCreated,
        Self::KeyRevoked,
        Self::CallRefused,
        Self::Reloaded,
        Self::BackedUp,
    ];

    /// The name that it is stored and shown by.
    pub fn name(self) -> &'static str {
        match self {
            Self::CredentialAdded => "credential-added",
            Self::CredentialChanged => "credential-changed",
            Self::CredentialRenamed => "credential-renamed",
            Self::CredentialRemoved => "credential-removed",
            Self::MasterKeyRotated => "master-key-rotated",
            Self::KeyCreated => "key-created",
            Self::KeyRevoked => "key-revoked",
            Self::CallRefused => "call-refused",
            Self::Reloaded => "reloaded",
            Self::BackedUp => "backed-up",
        }
    }
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Who did something, and from where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Actor {
    /// The name of an API key, or of the person at the command line.
    pub name: String,
    /// `command line`, or the address that the call came from.
    pub origin: String,
}

/// One entry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// When.
    pub at: Timestamp,
    /// Who: the name of an API key, or of the person at the command line.
    pub actor: String,
    /// From where: `command line`, or the address that the call came from.
    pub origin: String,
    /// What.
    pub action: Action,
    /// Done to what: the name of the credential or the key, or the call that was refused.
    pub subject: String,
    /// `done`, or why it was refused.
    pub outcome: String,
}

/// Which entries.
#[derive(Debug, Clone, Copy, Default)]
pub struct Span {
    /// From this time on.
    pub from: Option<Timestamp>,
    /// Before this time.
    pub to: Option<Timestamp>,
}

/// Where entries are kept. As many are kept as [`MOST`]; the oldest go first.
#[async_trait]
pub trait AuditStore: Send + Sync {
    /// Adds an entry. It withstands the loss of power once this returned.
    async fn append(&self, entry: Entry) -> Result<()>;
    /// The entries of a span, newest first, so many at most.
    async fn entries(&self, span: Span, most: u32) -> Result<Vec<Entry>>;
}

/// So many entries are kept.
pub const MOST: u32 = 100_000;

/// The audit log.
pub struct Audit {
    store: Arc<dyn AuditStore>,
    clock: Arc<dyn Clock>,
    refused: Mutex<Refused>,
}

/// The refused calls of a minute.
#[derive(Default)]
struct Refused {
    since: Option<Instant>,
    entries: u32,
    /// Without entries of their own.
    more: u32,
}

impl Audit {
    pub(crate) fn new(store: Arc<dyn AuditStore>, clock: Arc<dyn Clock>) -> Self {
        Self { store, clock, refused: Mutex::default() }
    }

    /// Notes what somebody did, in the store and in the log. What can not be stored is in the log all the same.
    pub async fn done(&self, actor: &Actor, action: Action, subject: &str) {
        self.note(actor, action, subject, "done").await;
    }

    /// Notes a call that was not let in.
    pub async fn refused(&self, actor: &Actor, call: &str, why: &str) {
        let (has_entry, more) = self.count_refused();
        if more > 0 {
            let nobody = Actor { name: String::new(), origin: String::new() };
            self.note(&nobody, Action::CallRefused, &format!("{more} more calls within a minute"), "refused").await;
        }
        if has_entry {
            self.note(actor, Action::CallRefused, call, why).await;
        }
    }

    /// The entries of a span, newest first, so many at most.
    ///
    /// # Errors
    /// The store failed.
    pub async fn entries(&self, span: Span, most: u32) -> Result<Vec<Entry>> {
        self.store.entries(span, most).await
    }

    /// Whether the next refused call has an entry, and how many of a minute that is over had none.
    fn count_refused(&self) -> (bool, u32) {
        let now = self.clock.now();
        let mut refused = self.refused.lock().unwrap_or_else(PoisonError::into_inner);
        let is_over = refused.since.is_none_or(|since| now.saturating_duration_since(since) >= MINUTE);
        let more = if is_over {
            std::mem::replace(&mut *refused, Refused { since: Some(now), ..Refused::default() }).more
        } else {
            0
        };
        let has_entry = refused.entries < REFUSED_A_MINUTE;
        if has_entry {
            refused.entries += 1;
        } else {
            refused.more = refused.more.saturating_add(1);
        }
        (has_entry, more)
    }

    async fn note(&self, actor: &Actor, action: Action, subject: &str, outcome: &str) {
        let cut = |text: &str| text.get(..text.floor_char_boundary(LONGEST)).unwrap_or_default().to_owned();
        let entry = Entry {
            at: Timestamp::now(&*self.clock),
            actor: cut(&actor.name),
            origin: cut(&actor.origin),
            action,
            subject: cut(subject),
            outcome: cut(outcome),
        };
        let Entry { actor, origin, subject, outcome, .. } = &entry;
        tracing::info!(target: "patchbay_audit", actor, origin, action = action.name(), subject, outcome, "audit");
        match self.store.append(entry).await {
            Ok(()) | Err(StoreError::Closed) => {}
            Err(error) => tracing::error!(error = error.told(), "an entry of the audit log is in this log alone"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Default)]
    struct Kept(Mutex<Vec<Entry>>);

    #[async_trait]
    impl AuditStore for Kept {
        async fn append(&self, entry: Entry) -> Result<()> {
            self.0.lock().unwrap().push(entry);
            Ok(())
        }

        async fn entries(&self, _: Span, _: u32) -> Result<Vec<Entry>> {
            Ok(self.0.lock().unwrap().clone())
        }
    }

    struct Moved {
        start: Instant,
        by: Mutex<Duration>,
    }

    impl Clock for Moved {
        fn now(&self) -> Instant {
            self.start + *self.by.lock().unwrap()
        }

        fn since_epoch(&self) -> Duration {
            Duration::ZERO
        }
    }

    #[tokio::test]
    async fn who_is_refused_again_and_again_fills_no_store() {
        let (store, clock) =
            (Arc::new(Kept::default()), Arc::new(Moved { start: Instant::now(), by: Mutex::default() }));
        let audit = Audit::new(store.clone(), clock.clone());
        let actor = Actor { name: "no key".to_owned(), origin: "192.0.2.7".to_owned() };
        for _ in 0..1000 {
            audit.refused(&actor, &"x".repeat(1000), "the call shows no API key").await;
        }
        assert_eq!(store.0.lock().unwrap().len(), REFUSED_A_MINUTE as usize);
        *clock.by.lock().unwrap() = MINUTE;
        audit.refused(&actor, "GET /v1/nodes", "the call shows no API key").await;
        let entries = store.0.lock().unwrap();
        let [.., summary, last] = entries.as_slice() else { panic!("{entries:?}") };
        assert_eq!(summary.subject, "940 more calls within a minute");
        assert_eq!((last.subject.as_str(), last.origin.as_str()), ("GET /v1/nodes", "192.0.2.7"));
        assert!(entries.iter().all(|entry| entry.subject.len() <= LONGEST));
    }

    #[test]
    fn each_action_is_stored_by_the_name_that_it_is_read_by() {
        for action in Action::ALL {
            assert_eq!(serde_json::to_value(action).unwrap(), action.name());
        }
    }
}
