//! Who is let in, and for what.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use patchbay_runtime::{Clock, NodeId};
use tempfile::TempDir;

use super::{Access, Denied, Grants, Keys, NewKey, Scope, expose};
use crate::sqlite::SqliteStore;
use crate::time::Timestamp;

/// A clock that goes when it is told to.
#[derive(Clone)]
struct Held(Arc<(Instant, AtomicU64)>);

impl Held {
    fn new() -> Self {
        Self(Arc::new((Instant::now(), AtomicU64::new(0))))
    }

    fn pass(&self, time: Duration) {
        self.0.1.fetch_add(time.as_millis() as u64, Ordering::Relaxed);
    }

    fn passed(&self) -> Duration {
        Duration::from_millis(self.0.1.load(Ordering::Relaxed))
    }
}

impl Clock for Held {
    fn now(&self) -> Instant {
        self.0.0 + self.passed()
    }

    fn since_epoch(&self) -> Duration {
        Duration::from_secs(1_800_000_000) + self.passed()
    }
}

async fn keys_by(clock: &Held, data: &TempDir) -> Keys {
    let clock: Arc<dyn Clock> = Arc::new(clock.clone());
    let store = SqliteStore::open(data.path(), Arc::clone(&clock)).await.unwrap();
    Keys::new(Arc::new(store), clock)
}

async fn keys() -> (Keys, TempDir) {
    let data = tempfile::tempdir().unwrap();
    (keys_by(&Held::new(), &data).await, data)
}

fn new(name: &str, scopes: &[Scope]) -> NewKey {
    let (nodes, credentials) = (Grants::All, Grants::All);
    NewKey { name: name.to_owned(), scopes: scopes.to_vec(), nodes, credentials, expires: None }
}

async fn enter(keys: &Keys, key: &str) -> Result<Access, Denied> {
    keys.authenticate(Some(&format!("Bearer {key}"))).await
}

fn node(id: &str) -> NodeId {
    id.parse().unwrap()
}

#[tokio::test]
async fn a_key_lets_its_holder_in_and_nothing_else_does() {
    let (keys, _data) = keys().await;
    assert!(!keys.any_usable().await.unwrap());
    let key = keys.create(new("canvas", &[Scope::Invoke])).await.unwrap();
    let key = expose(&key);
    assert!(keys.any_usable().await.unwrap());
    let access = enter(&keys, key).await.unwrap();
    assert_eq!(access.key_name(), Some("canvas"));
    assert!(keys.authenticate(Some(&format!("bearer  {key} "))).await.is_ok());
    assert_eq!(keys.authenticate(None).await.unwrap_err(), Denied::Missing);
    for header in ["", key, "Basic abc", "Bearer ", "Bearer pbk_", &format!("Bearer {key}x"), "Bearer pbk_\u{e9}_x"] {
        assert_eq!(keys.authenticate(Some(header)).await.unwrap_err(), Denied::Malformed, "{header}");
    }
    let (id, secret) = super::parse(key).unwrap();
    let other: String = secret.chars().rev().collect();
    assert_eq!(enter(&keys, &format!("pbk_{id}_{other}")).await.unwrap_err(), Denied::Unknown);
    assert_eq!(enter(&keys, &format!("pbk_000000000000_{secret}")).await.unwrap_err(), Denied::Unknown);
    let stored = keys.store.by_id(id).await.unwrap().unwrap();
    assert!(!format!("{stored:?}").contains(secret), "{stored:?}");
}

#[tokio::test]
async fn a_revoked_key_is_refused_at_once_here_and_within_a_second_elsewhere() {
    let (clock, data) = (Held::new(), tempfile::tempdir().unwrap());
    let (keys, elsewhere) = (keys_by(&clock, &data).await, keys_by(&clock, &data).await);
    let key = keys.create(new("canvas", &[Scope::Invoke])).await.unwrap();
    assert!(enter(&keys, expose(&key)).await.is_ok() && enter(&elsewhere, expose(&key)).await.is_ok());
    assert!(keys.revoke("canvas").await.unwrap());
    assert_eq!(enter(&keys, expose(&key)).await.unwrap_err(), Denied::Revoked("canvas".into()));
    assert!(enter(&elsewhere, expose(&key)).await.is_ok(), "it has read the key within this second");
    clock.pass(Duration::from_secs(1));
    assert_eq!(enter(&elsewhere, expose(&key)).await.unwrap_err(), Denied::Revoked("canvas".into()));
    assert!(!keys.any_usable().await.unwrap());
}

#[tokio::test]
async fn an_expired_key_is_refused() {
    let (clock, data) = (Held::new(), tempfile::tempdir().unwrap());
    let keys = keys_by(&clock, &data).await;
    let end = Timestamp::now(&clock).after(Duration::from_secs(30));
    let key = keys.create(NewKey { expires: Some(end), ..new("short", &[Scope::Invoke]) }).await.unwrap();
    assert!(enter(&keys, expose(&key)).await.is_ok());
    clock.pass(Duration::from_secs(30));
    assert_eq!(enter(&keys, expose(&key)).await.unwrap_err(), Denied::Expired("short".into(), end));
    assert!(!keys.any_usable().await.unwrap());
}

#[tokio::test]
async fn a_scope_opens_what_it_names_and_admin_all() {
    let (keys, _data) = keys().await;
    for (scopes, invoke, read, admin) in [
        (vec![Scope::Invoke], true, false, false),
        (vec![Scope::Read], false, true, false),
        (vec![Scope::Invoke, Scope::Read], true, true, false),
        (vec![Scope::Admin], true, true, true),
    ] {
        let name = scopes.iter().map(ToString::to_string).collect::<String>();
        let key = keys.create(new(&name, &scopes)).await.unwrap();
        let access = enter(&keys, expose(&key)).await.unwrap();
        assert_eq!(access.may_invoke(&node("a/b"), Some("any")).is_ok(), invoke, "{name}");
        assert_eq!((access.may_read().is_ok(), access.may_admin().is_ok()), (read, admin), "{name}");
    }
}

#[tokio::test]
async fn a_key_for_some_nodes_and_credentials_says_which_when_it_is_used_for_others() {
    let (keys, _data) = keys().await;
    let narrow = NewKey {
        nodes: Grants::Only(vec!["a/*".parse().unwrap(), "b/c".parse().unwrap()]),
        credentials: Grants::Only(vec!["main".to_owned()]),
        ..new("agent", &[Scope::Invoke])
    };
    let key = keys.create(narrow).await.unwrap();
    let access = enter(&keys, expose(&key)).await.unwrap();
    assert!(access.may_invoke(&node("a/x"), Some("main")).is_ok());
    assert!(access.may_invoke(&node("b/c"), None).is_ok());
    assert!(access.sees(&node("a/x")) && !access.sees(&node("b/d")));
    let refused = access.may_invoke(&node("b/d"), None).unwrap_err().to_string();
    assert_eq!(refused, "the API key `agent` is for the nodes a/*, b/c, not for b/d");
    let refused = access.may_invoke(&node("a/x"), Some("other")).unwrap_err().to_string();
    assert_eq!(refused, "the API key `agent` is for the credentials main, not for other");
}

#[tokio::test]
async fn from_the_first_key_on_that_was_made_calls_need_one_be_it_revoked() {
    let (clock, data) = (Held::new(), tempfile::tempdir().unwrap());
    let (keys, elsewhere) = (keys_by(&clock, &data).await, keys_by(&clock, &data).await);
    assert!(!keys.any_made().await.unwrap() && !elsewhere.any_made().await.unwrap());
    keys.create(new("canvas", &[Scope::Invoke])).await.unwrap();
    keys.revoke("canvas").await.unwrap();
    clock.pass(Duration::from_secs(1));
    assert!(keys.any_made().await.unwrap() && elsewhere.any_made().await.unwrap());
}
