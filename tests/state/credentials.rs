//! `patchbay credential`, and invoking with what it stored.

use std::fs;
use std::path::Path;

use serde_json::json;

use super::{CANARY, Data, fed, finish, tenant};
use crate::cli::assert_says;
use crate::environment::stderr;

const DEMO: &str = r#"{"AppKey":"demo","AppSecret":"demo"}"#;
const USER: [&str; 4] = ["invoke", "dingtalk/get-user", "--options", r#"{"UserId":"manager001"}"#];

/// A key that nobody uses, drawn at random once.
const KEY: &str = "2Yb0nXfMkE4jQ7cVt1uZ5sGqWv8xLr3oPdHiAy6TgCk=";
const OTHER_KEY: &str = "9f1c3a7be2d84056a1cf7730be4d92e85b6a1f0cd3977e42c80b15fe6da2943b";

fn key_file(data: &Data) -> std::path::PathBuf {
    data.0.path().join("master.key")
}

#[cfg(unix)]
fn set_mode(path: &Path, mode: u32) {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

#[tokio::test]
async fn a_stored_credential_is_invoked_with_by_its_name() {
    let data = Data::new();
    data.add("main", &json!({ "AppKey": "demo", "AppSecret": CANARY }).to_string());
    let (tenant, upstreams) = tenant(CANARY).await;
    let mut command = data.command(&USER);
    command.args(["--credential", "main"]).args(upstreams);
    let output = finish(command).await;
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert!(tenant.request_count("/gettoken") > 0, "the tenant was asked for a token");
}

#[test]
fn demo_is_the_simulated_tenant_s_until_one_is_stored_under_that_name() {
    let data = Data::new();
    let invoke = [&USER[..], &["--credential", "demo"]].concat();
    assert!(data.stdout(&invoke).contains("manager001"));
    assert!(!data.stdout(&["credential", "list"]).contains("demo"), "the tenant's credential is stored nowhere");
    data.add("demo", DEMO);
    let output = data.run(&[&invoke[..], &["--upstream", "oapi.dingtalk.com=http://127.0.0.1:1"]].concat());
    assert!(!stderr(&output).contains("simulated tenant"), "{}", stderr(&output));
    assert_eq!(output.status.code(), Some(1));
}

#[test]
fn a_name_that_is_not_there_is_answered_with_those_that_are() {
    let data = Data::new();
    data.add("main", DEMO);
    let said = data.refusal(&[&USER[..], &["--credential", "mian"]].concat());
    assert_says(
        &said,
        &["no credential `mian`", "there are: demo, main", "credential add mian --provider dingtalk", "env:PREFIX"],
    );
    for command in [vec!["remove", "mian"], vec!["rename", "mian", "x"]] {
        assert_says(
            &data.refusal(&[&["credential"], &command[..]].concat()),
            &["no credential `mian`", "there are: main"],
        );
    }
}

#[test]
fn a_list_shows_four_characters_of_a_secret_and_none_of_a_short_one() {
    let data = Data::new();
    data.add("long", &json!({ "AppKey": "dingkey", "AppSecret": "abcdefgh-and-more" }).to_string());
    data.add("short", &json!({ "ClientId": "dingkey", "ClientSecret": "abcdefg" }).to_string());
    let list = data.credentials();
    assert_eq!(list[0]["fields"], json!({ "AppKey": "dingkey", "AppSecret": "abcd...." }));
    assert_eq!(list[1]["fields"], json!({ "AppKey": "dingkey", "AppSecret": "...." }), "by other names too");
    assert_eq!((&list[0]["name"], &list[0]["kind"]), (&json!("long"), &json!("application")));
    assert_says(&data.stdout(&["credential", "list"]), &["long", "dingtalk", "application", "abcd....", "20"]);
}

#[test]
fn the_kind_is_the_one_that_the_fields_tell_or_that_is_named() {
    let data = Data::new();
    data.add("robot", r#"{"AccessToken":"token-of-robot","SigningSecret":"SEC-of-robot"}"#);
    assert_eq!(data.credentials()[0]["kind"], "webhook");
    let add = ["credential", "add", "x", "--provider", "dingtalk"];
    let said = |more: &[&str], json: &str| {
        let output = fed(data.command(&[&add[..], more].concat()), json);
        assert_eq!(output.status.code(), Some(2), "{}", stderr(&output));
        stderr(&output)
    };
    assert_says(&said(&["--kind", "webhook"], DEMO), &["Group robot webhook has no field `AppKey`", "AccessToken"]);
    assert_says(&said(&["--kind", "person"], DEMO), &["no credential of kind `person`", "application, webhook"]);
    assert_says(&said(&[], r#"{"AppKey":"k"}"#), &["AppSecret has no value", "developer console"]);
    assert_says(
        &said(&[], r#"{"AppKey":"k","AppSecert":"s"}"#),
        &["have no field `AppSecert`", "did you mean `AppSecret`?"],
    );
    let misspelt = said(&["--kind", "application"], r#"{"AppKey":"k","AppSecert":"s"}"#);
    assert_says(&misspelt, &["no field `AppSecert`", "did you mean `AppSecret`?"]);
    assert_says(&said(&[], r#"{"AppKey":"k","ClientId":"k","AppSecret":"s"}"#), &["`AppKey` is given twice"]);
    assert_says(&said(&[], "AppKey=k"), &["not a JSON object of texts", "--from-env"]);
}

#[test]
fn variables_are_read_by_a_prefix() {
    let data = Data::new();
    let add = ["credential", "add", "main", "--provider", "dingtalk", "--from-env", "OURS"];
    let said = data.refusal(&add);
    assert_says(&said, &["none of these variables is set", "OURS_APP_KEY", "OURS_CLIENT_SECRET", "OURS_ACCESS_TOKEN"]);
    let mut command = data.command(&add);
    let output = command.env("OURS_CLIENT_ID", "dingkey").env("OURS_APP_SECRET", "abcdefgh").output().unwrap();
    assert!(output.status.success(), "{}", stderr(&output));
    assert_eq!(data.credentials()[0]["fields"], json!({ "AppKey": "dingkey", "AppSecret": "abcd...." }));
}

#[test]
fn a_name_is_given_once_and_has_letters_that_a_path_and_a_shell_take() {
    let data = Data::new();
    data.add("main", DEMO);
    let add = |name: &str| {
        let output = fed(data.command(&["credential", "add", name, "--provider", "dingtalk"]), DEMO);
        assert_eq!(output.status.code(), Some(2), "{name}");
        stderr(&output)
    };
    assert_says(&add("main"), &["already a credential `main`"]);
    for name in ["", "a b", "a/b", "env:x", ".hidden", "名"] {
        assert_says(&add(name), &["is no name for a credential"]);
    }
}

#[test]
fn a_credential_is_renamed_and_removed() {
    let data = Data::new();
    data.add("one", r#"{"AppKey":"dingkey","AppSecret":"abcdefgh"}"#);
    data.add("two", DEMO);
    assert_says(&data.refusal(&["credential", "rename", "one", "two"]), &["already a credential `two`"]);
    data.stdout(&["credential", "rename", "one", "three"]);
    let list = data.credentials();
    assert_eq!((&list[0]["name"], &list[0]["fields"]["AppSecret"]), (&json!("three"), &json!("abcd....")));
    data.stdout(&["credential", "remove", "three"]);
    assert_eq!(data.credentials().as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_test_fetches_a_token_and_says_how_long_it_lives() {
    let data = Data::new();
    data.add("good", &json!({ "AppKey": "demo", "AppSecret": CANARY }).to_string());
    data.add("bad", &json!({ "AppKey": "demo", "AppSecret": "another-secret" }).to_string());
    data.add("robot", r#"{"AccessToken":"token-of-robot","SigningSecret":"SEC-of-robot"}"#);
    let (_tenant, upstreams) = tenant(CANARY).await;
    let test = async |name: &str| {
        let mut command = data.command(&["credential", "test", name]);
        command.args(&upstreams);
        finish(command).await
    };
    let good = test("good").await;
    assert_eq!(good.status.code(), Some(0), "{}", stderr(&good));
    assert_says(&String::from_utf8_lossy(&good.stdout), &["a token came that lives for 2h"]);
    let bad = test("bad").await;
    assert_eq!(bad.status.code(), Some(1), "{}", stderr(&bad));
    assert!(bad.stdout.is_empty() && stderr(&bad).contains("no token for credential `bad`"), "{}", stderr(&bad));
    assert_says(&String::from_utf8_lossy(&test("robot").await.stdout), &["no token to fetch"]);
    assert_says(&stderr(&test("nobody").await), &["no credential `nobody`", "there are: bad, demo, good, robot"]);
}

#[test]
fn a_key_file_is_made_once_and_only_its_owner_can_read_it() {
    let data = Data::new();
    data.add("main", DEMO);
    let made = fs::read(key_file(&data)).unwrap();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(fs::metadata(key_file(&data)).unwrap().permissions().mode() & 0o777, 0o600);
    }
    data.add("other", DEMO);
    assert_eq!(fs::read(key_file(&data)).unwrap(), made);
}

#[cfg(unix)]
#[test]
fn a_key_file_that_others_can_read_is_refused() {
    let data = Data::new();
    data.add("main", DEMO);
    set_mode(&key_file(&data), 0o640);
    let said = data.refusal(&["credential", "list"]);
    assert_says(&said, &["others can read the master key", "chmod 600", "rotate-key"]);
}

#[test]
fn a_key_file_that_is_gone_is_not_replaced_and_another_key_opens_nothing() {
    let data = Data::new();
    data.add("main", DEMO);
    let kept = fs::read_to_string(key_file(&data)).unwrap();
    fs::remove_file(key_file(&data)).unwrap();
    assert_says(&data.refusal(&["credential", "list"]), &["is gone", "put it back"]);
    assert!(!key_file(&data).exists());
    fs::write(key_file(&data), KEY).unwrap();
    #[cfg(unix)]
    set_mode(&key_file(&data), 0o600);
    let said = data.refusal(&["credential", "list"]);
    assert_says(&said, &["sealed under the master key", "PATCHBAY_MASTER_KEY"]);
    assert!(!said.contains(KEY) && !said.contains(kept.trim()), "{said}");
}

#[test]
fn a_key_from_the_environment_needs_no_file_and_a_guessable_one_is_refused() {
    let data = Data::new();
    let add = |key: &str| {
        let mut command = data.command(&["credential", "add", "main", "--provider", "dingtalk"]);
        command.env("PATCHBAY_MASTER_KEY", key);
        fed(command, DEMO)
    };
    for key in ["", "changeme", &"0".repeat(64), &"ab".repeat(32), "Y2hhbmdlIG1lIGJlZm9yZSB5b3UgZ28gbGl2ZSwgb2s="] {
        let output = add(key);
        assert_eq!(output.status.code(), Some(2), "{key}");
        assert_says(&stderr(&output), &["PATCHBAY_MASTER_KEY", "head -c 32 /dev/urandom | base64"]);
    }
    let output = add(KEY);
    assert!(output.status.success() && !key_file(&data).exists(), "{}", stderr(&output));
}

#[test]
fn rotating_replaces_the_key_file_and_everything_opens_as_before() {
    let data = Data::new();
    data.add("one", r#"{"AppKey":"dingkey","AppSecret":"abcdefgh"}"#);
    data.add("two", DEMO);
    let (before, key) = (data.credentials(), fs::read(key_file(&data)).unwrap());
    data.stdout(&["credential", "rotate-key"]);
    assert_ne!(fs::read(key_file(&data)).unwrap(), key);
    assert_eq!(data.credentials(), before);
    fs::write(key_file(&data), key).unwrap();
    assert_says(&data.refusal(&["credential", "list"]), &["sealed under the master key"]);
}

#[test]
fn a_rotation_that_was_cut_off_is_completed_or_forgotten_by_whoever_comes_next() {
    let data = Data::new();
    data.add("main", DEMO);
    let next = data.0.path().join("master.key.next");
    let old = fs::read(key_file(&data)).unwrap();
    // Cut off before anything was sealed anew: a next key that nobody needs.
    fs::write(&next, OTHER_KEY).unwrap();
    #[cfg(unix)]
    set_mode(&next, 0o600);
    let list = data.credentials();
    data.stdout(&["credential", "rotate-key"]);
    assert_eq!(data.credentials(), list);
    assert!(!next.exists());
    // Cut off after all was sealed anew, before the next key took the first one's place.
    fs::rename(key_file(&data), &next).unwrap();
    fs::write(key_file(&data), old).unwrap();
    #[cfg(unix)]
    set_mode(&key_file(&data), 0o600);
    assert_eq!(data.credentials(), list);
    assert!(!next.exists());
    data.add("other", DEMO);
}

#[test]
fn a_key_from_the_environment_is_changed_to_the_next_one() {
    let data = Data::new();
    let with = |key: &str, next: Option<&str>, arguments: &[&str]| {
        let mut command = data.command(arguments);
        command.env("PATCHBAY_MASTER_KEY", key).envs(next.map(|next| ("PATCHBAY_MASTER_KEY_NEW", next)));
        fed(command, DEMO)
    };
    assert!(with(KEY, None, &["credential", "add", "main", "--provider", "dingtalk"]).status.success());
    let output = with(KEY, None, &["credential", "rotate-key"]);
    assert_says(&stderr(&output), &["PATCHBAY_MASTER_KEY_NEW"]);
    for _ in 0..2 {
        let output = with(KEY, Some(OTHER_KEY), &["credential", "rotate-key"]);
        assert!(output.status.success(), "a second time does no harm: {}", stderr(&output));
        assert!(!stderr(&output).contains(OTHER_KEY));
    }
    assert!(with(OTHER_KEY, None, &["credential", "list"]).status.success());
    assert_says(&stderr(&with(KEY, None, &["credential", "list"])), &["sealed under the master key"]);
}
