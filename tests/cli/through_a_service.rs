//! Commands that speak to a running service.

use std::path::Path;
use std::process::{Command, Output};

use serde_json::{Value, json};

use super::{assert_says, envelope, finish, stdout};
use crate::environment::{NODES, patchbay, stderr, stdout_json};
use crate::service::Up;
use crate::service::serving::{Serving, command, data};

const CHAT: &str = r#"{"Name":"猎鹰","Owner":"manager001","UserIds":"user002"}"#;

/// A command in an empty folder, without nodes and without state of its own.
fn elsewhere(folder: &Path, arguments: &[&str], service: &str, key: &str) -> Command {
    let mut command = patchbay();
    command.env("PATCHBAY_DATA_DIR", folder.join("data")).env("PATCHBAY_NODES_DIR", folder.join("nodes"));
    command.current_dir(folder).args(arguments).env("PATCHBAY_SERVICE", service).env("PATCHBAY_SERVICE_KEY", key);
    command
}

#[tokio::test]
async fn a_named_service_runs_lists_describes_and_tells_what_it_ran() {
    let serving = Serving::start().await;
    let key = serving.key(&["a-person", "--scope", "invoke,read"]);
    let (url, folder) = (serving.up.url(""), tempfile::tempdir().unwrap());
    let run = async |arguments: &[&str]| finish(elsewhere(folder.path(), arguments, &url, &key)).await;
    let arguments =
        ["invoke", "dingtalk/create-chat", "--inputs", CHAT, "--credential", "main", "--idempotency-key", "once"];
    let first = run(&arguments).await;
    assert_eq!(
        (first.status.code(), envelope(&first)["StatusCode"].clone()),
        (Some(0), json!(200)),
        "{}",
        stderr(&first)
    );
    let again = run(&arguments).await;
    assert_eq!(envelope(&again), envelope(&first));
    assert_says(&stderr(&again), &["answered again"]);
    let failed = run(&["invoke", "dingtalk/get-user", "--options", r#"{"UserId":"x"}"#, "--credential", "main"]).await;
    assert_eq!((failed.status.code(), envelope(&failed)["StatusCode"].clone()), (Some(1), json!(404)));
    let summary = run(&[&arguments[..6], &["--fields", "Summary", "--dry-run"]].concat()).await;
    assert_eq!(envelope(&summary).as_object().unwrap().len(), 1, "{}", stderr(&summary));
    let listed = stdout_json(&run(&["list", "--json"]).await);
    assert_eq!(
        listed.as_array().unwrap().len(),
        serving.up.get_with_key(&key, "/v1/nodes").await.json()["nodes"].as_array().unwrap().len()
    );
    assert_says(&stdout(&run(&["describe", "dingtalk/create-chat"]).await), &["Create Chat", "--credential NAME"]);
    let runs = stdout_json(&run(&["runs", "list", "--json", "--status", "404"]).await);
    let [failed] = runs["runs"].as_array().unwrap().as_slice() else { panic!("{runs}") };
    assert_says(&stdout(&run(&["runs", "show", failed["id"].as_str().unwrap()]).await), &["dingtalk/get-user", "404"]);
}

#[tokio::test]
async fn what_can_not_be_done_through_a_service_is_said() {
    let serving = Serving::start().await;
    let key = serving.key(&["a-person"]);
    let (url, folder) = (serving.up.url(""), tempfile::tempdir().unwrap());
    let refused = async |arguments: &[&str], service: &str, key: &str| {
        let output: Output = finish(elsewhere(folder.path(), arguments, service, key)).await;
        assert_eq!(output.status.code(), Some(2), "{}", String::from_utf8_lossy(&output.stdout));
        assert!(output.stdout.is_empty() && !stderr(&output).contains(&key[4..]), "{}", stderr(&output));
        stderr(&output)
    };
    let user = ["invoke", "dingtalk/get-user", "--credential", "main"];
    let wrong_key = format!("{}{}", &key[..20], "x".repeat(key.len() - 20));
    assert_says(&refused(&user, &url, &wrong_key).await, &["PATCHBAY_SERVICE_KEY", "patchbay key create"]);
    assert_says(&refused(&["invoke", "dingtalk/get-usr"], &url, &key).await, &["dingtalk/get-user?"]);
    assert_says(&refused(&["invoke", "dingtalk/get-user", "--credential", "x"], &url, &key).await, &["main"]);
    assert_says(&refused(&["invoke", "dingtalk/get-user", "--credential", "env:X"], &url, &key).await, &["env:PREFIX"]);
    assert_says(&refused(&["runs", "list"], &url, &key).await, &["read"]);
    assert_says(&refused(&["runs", "prune"], &url, &key).await, &["on the machine of the service"]);
    assert_says(&refused(&["list"], "http://127.0.0.1:1", &key).await, &["http://127.0.0.1:1 can not be reached"]);
    assert_says(&refused(&["list"], &serving.tenant.base_url(), &key).await, &["is it one?"]);
    assert_says(&refused(&["list"], "127.0.0.1:8787", &key).await, &["PATCHBAY_SERVICE", "http://127.0.0.1:8787"]);
}

#[tokio::test]
async fn a_running_up_of_the_data_directory_is_found_and_keeps_what_was_made() {
    let data = data();
    let here = |arguments: &[&str]| {
        let mut command = command(data.path());
        command.args(arguments).env_remove("PATCHBAY_SERVICE");
        command
    };
    let mut up = patchbay();
    up.args(["up", "--listen", "127.0.0.1:0"]).env("PATCHBAY_NODES_DIR", &*NODES).env("PATCHBAY_DATA_DIR", data.path());
    let up = Up::spawn(up).await;
    let made = finish(here(&["invoke", "dingtalk/create-chat", "--inputs", CHAT, "--credential", "demo"])).await;
    assert_says(&stderr(&made), &[&format!("`patchbay up` at http://{}", up.address), "--service none"]);
    let options = json!({ "ChatId": envelope(&made)["ChatData"]["chatid"] }).to_string();
    let asked = ["invoke", "dingtalk/get-chat-info", "--options", &options, "--credential", "demo"];
    let status = async |arguments: &[&str]| envelope(&finish(here(arguments)).await)["StatusCode"].clone();
    assert_eq!(status(&asked).await, 200);
    // A tenant of its own knows nothing of the chat.
    assert_eq!(status(&[&asked[..], &["--service", "none"]].concat()).await, 404);
    let runs: Value = stdout_json(&finish(here(&["runs", "list", "--json"])).await);
    assert_eq!(runs["runs"].as_array().unwrap().len(), 3, "{runs}");
    up.kill().await;
    assert_eq!(status(&asked).await, 404);
}
