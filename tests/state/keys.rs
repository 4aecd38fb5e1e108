//! `patchbay key`

use serde_json::Value;

use super::Data;
use crate::cli::assert_says;
use crate::environment::stderr;

fn list(data: &Data) -> Value {
    serde_json::from_str(&data.stdout(&["key", "list", "--json"])).unwrap()
}

#[test]
fn a_key_is_printed_once_alone_on_the_last_line_of_stdout() {
    let data = Data::new();
    let printed = data.stdout(&["key", "create", "canvas"]);
    let key = printed.lines().last().unwrap();
    let (id, secret) = key.strip_prefix("pbk_").unwrap().split_once('_').unwrap();
    assert_eq!((id.len(), secret.len()), (12, 43), "{key}");
    let shown = data.stdout(&["key", "list"]) + &list(&data).to_string();
    assert!(shown.contains(id) && !shown.contains(secret), "{shown}");
    for file in ["patchbay.db", "patchbay.db-wal"] {
        let bytes = std::fs::read(data.0.path().join(file)).unwrap_or_default();
        assert!(!String::from_utf8_lossy(&bytes).contains(secret), "{file}");
    }
    assert_ne!(data.stdout(&["key", "create", "other"]).lines().last().unwrap(), key);
}

#[test]
fn what_a_key_is_for_is_listed() {
    let data = Data::new();
    let narrow = [
        "--scope",
        "invoke,read",
        "--nodes",
        "dingtalk/*",
        "--credentials",
        "main",
        "robot",
        "--expires",
        "2099-01-01",
    ];
    data.stdout(&[&["key", "create", "agent"], &narrow[..]].concat());
    let key = list(&data)[0].clone();
    assert_eq!(key["scopes"], serde_json::json!(["invoke", "read"]));
    assert_eq!(key["nodes"], serde_json::json!(["dingtalk/*"]));
    assert_eq!(key["credentials"], serde_json::json!(["main", "robot"]));
    assert_eq!(key["expires"], "2099-01-01T00:00:00.000Z");
    assert_says(&data.stdout(&["key", "list"]), &["agent", "invoke, read", "dingtalk/*", "main, robot", "until 2099"]);
}

#[test]
fn a_revoked_key_stays_in_the_list_and_its_name_is_free() {
    let data = Data::new();
    data.stdout(&["key", "create", "canvas"]);
    assert_says(&data.refusal(&["key", "create", "canvas"]), &["already an API key `canvas`"]);
    data.stdout(&["key", "revoke", "canvas"]);
    assert!(list(&data)[0]["revoked"].is_string());
    assert_says(&data.refusal(&["key", "revoke", "canvas"]), &["no key `canvas`", "there are none"]);
    data.stdout(&["key", "create", "canvas"]);
    assert_eq!(list(&data).as_array().unwrap().len(), 2);
}

#[test]
fn what_is_not_a_time_a_pattern_or_a_scope_is_refused_with_examples() {
    let data = Data::new();
    let said = |flag: &str, value: &str| {
        let output = data.run(&["key", "create", "x", flag, value]);
        assert_eq!(output.status.code(), Some(2), "{flag} {value}");
        stderr(&output)
    };
    assert_says(&said("--expires", "soon"), &["30d", "2027-01-01"]);
    assert_says(&said("--expires", "2001-01-01"), &["is past"]);
    assert_says(&said("--nodes", "dingtalk"), &["dingtalk/*"]);
    assert_says(&said("--scope", "write"), &["invoke", "read", "admin"]);
    assert_eq!(list(&data), serde_json::json!([]));
}
