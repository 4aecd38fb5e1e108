//! Who is let in, and for what.

use std::sync::Arc;
use std::time::Duration;

use patchbay_runtime::NodeId;
use tempfile::TempDir;

use super::{Access, Denied, Keys, NewKey, Scope, expose};
use crate::store::{SqliteStore, Timestamp};

async fn keys() -> (Keys, TempDir) {
    let data = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(data.path()).await.unwrap();
    (Keys::new(Arc::new(store)), data)
}

fn new(name: &str, scopes: &[Scope]) -> NewKey {
    let (nodes, credentials) = (Vec::new(), Vec::new());
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
    let stored = keys.store.api_key(id).await.unwrap().unwrap();
    assert!(!format!("{stored:?}").contains(secret), "{stored:?}");
}

#[tokio::test]
async fn a_revoked_key_is_refused_at_once_here_and_within_a_second_elsewhere() {
    let (keys, data) = keys().await;
    let key = keys.create(new("canvas", &[Scope::Invoke])).await.unwrap();
    let elsewhere = Keys::new(Arc::new(SqliteStore::open(data.path()).await.unwrap()));
    assert!(enter(&keys, expose(&key)).await.is_ok() && enter(&elsewhere, expose(&key)).await.is_ok());
    assert!(keys.revoke("canvas").await.unwrap());
    assert_eq!(enter(&keys, expose(&key)).await.unwrap_err(), Denied::Revoked("canvas".into()));
    tokio::time::sleep(Duration::from_millis(1_050)).await;
    assert_eq!(enter(&elsewhere, expose(&key)).await.unwrap_err(), Denied::Revoked("canvas".into()));
    assert!(!keys.any_usable().await.unwrap());
}

#[tokio::test]
async fn an_expired_key_is_refused() {
    let (keys, _data) = keys().await;
    let end = Timestamp::now().after(Duration::from_millis(30));
    let key = keys.create(NewKey { expires: Some(end), ..new("short", &[Scope::Invoke]) }).await.unwrap();
    tokio::time::sleep(Duration::from_millis(40)).await;
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
        nodes: vec!["a/*".parse().unwrap(), "b/c".parse().unwrap()],
        credentials: vec!["main".to_owned()],
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
