//! What an operator sees and does: logs of calls, the audit log, reading anew, draining, backups.

use std::fs;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::serving::{Serving, read_body};
use super::{answer, client};
use crate::cli::assert_says;
use crate::environment::stderr;

/// Longer than anything that is waited for takes.
const PATIENCE: Duration = Duration::from_secs(60);

async fn until(what: &str, mut is_so: impl AsyncFnMut() -> bool) {
    let began = Instant::now();
    while !is_so().await {
        assert!(began.elapsed() < PATIENCE, "{what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

fn audit(serving: &Serving) -> Vec<Value> {
    let exported = serving.run(&["audit", "export"]);
    exported.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[tokio::test]
async fn who_changed_what_and_who_was_refused_is_in_the_audit_log_and_no_secret_is() {
    const SECRET: &str = "canary-of-the-audit-log";
    let serving = Serving::start().await;
    let key = serving.key(&["canvas", "--scope", "invoke"]);
    let admin = serving.key(&["admin", "--scope", "admin"]);
    serving.get_with(&key, "/v1/runs").await.problem(403);
    let narrow = serving.key(&["narrow", "--nodes", "dingtalk/get-user"]);
    serving.get_with(&narrow, "/v1/nodes/dingtalk/create-chat").await.problem(403);
    let batch = json!({ "invocations": [{ "node": "dingtalk/create-chat" }] }).to_string();
    let batch = client().post(serving.up.url("/v1/invoke-batch")).bearer_auth(&narrow).body(batch);
    let batch = answer(batch.header("content-type", "application/json")).await;
    assert_eq!(batch.json()["problem"]["StatusCode"], 403, "{}", batch.text);
    until("keys are asked for", async || serving.up.get("/v1/nodes").await.status == 401).await;
    let credential = json!({ "provider": "dingtalk", "fields": { "AppKey": "k", "AppSecret": SECRET } });
    let call = |method, body: &Value| {
        let call = client().request(method, serving.up.url("/v1/credentials/second")).bearer_auth(&admin);
        answer(call.header("content-type", "application/json").body(body.to_string()))
    };
    assert_eq!(call(reqwest::Method::PUT, &credential).await.status, 201);
    assert_eq!(call(reqwest::Method::PUT, &credential).await.status, 200);
    assert_eq!(call(reqwest::Method::DELETE, &json!({})).await.status, 204);
    let revoked = serving.command().args(["key", "revoke", "canvas"]).env("USER", "mei").output().unwrap();
    assert!(revoked.status.success(), "{}", stderr(&revoked));
    serving.run(&["credential", "rotate-key"]);
    until("the key is refused", async || serving.get_with(&key, "/v1/nodes").await.status == 401).await;
    let entries = audit(&serving);
    let texts: Vec<String> = entries
        .iter()
        .map(|it| [&it["actor"], &it["origin"], &it["action"], &it["subject"]].map(|it| it.as_str().unwrap()).join(" "))
        .collect();
    let id = &key[4..16];
    for expected in [
        "canvas 127.0.0.1 call-refused GET /v1/runs",
        "narrow 127.0.0.1 call-refused GET /v1/nodes/dingtalk/create-chat",
        "narrow 127.0.0.1 call-refused POST /v1/invoke-batch: dingtalk/create-chat",
        "no key 127.0.0.1 call-refused GET /v1/nodes",
        "admin 127.0.0.1 credential-added second",
        "admin 127.0.0.1 credential-changed second",
        "admin 127.0.0.1 credential-removed second",
        "mei command line key-revoked canvas",
        &format!("key {id} 127.0.0.1 call-refused GET /v1/nodes"),
    ] {
        assert!(texts.iter().any(|text| text == expected), "{expected}: {texts:#?}");
    }
    for action in ["key-created", "master-key-rotated"] {
        assert!(entries.iter().any(|entry| entry["action"] == action), "{action}: {texts:#?}");
    }
    assert!(entries.iter().all(|entry| entry["at"].as_str().is_some_and(|at| at.ends_with('Z'))));
    let list = serving.run(&["audit", "list", "--limit", "3", "--wide"]);
    assert_says(&list, &["what", "call-refused"]);
    let (_, said) = serving.up.stop("TERM").await;
    assert_says(&said, &["call-refused", "patchbay_audit", "patchbay_access", "GET /v1/runs"]);
    for hidden in [SECRET, &key[17..], &admin[17..]] {
        assert!(!said.contains(hidden) && !texts.concat().contains(hidden) && !list.contains(hidden));
    }
}

#[tokio::test]
async fn which_calls_have_a_line_is_a_setting() {
    for (setting, refused, fine) in [("refused", true, false), ("all", true, true), ("none", false, false)] {
        let serving = Serving::start_with(&format!("[serve]\naccess_log = \"{setting}\"\n"), &[]).await;
        serving.up.get("/v1/nodes?colour=red").await.problem(400);
        assert_eq!(serving.up.get("/v1/providers").await.status, 200);
        serving.up.get("/nothing-here").await.problem(404);
        let (_, said) = serving.up.stop("TERM").await;
        let has_line = |call: &str| said.lines().any(|line| line.contains("patchbay_access") && line.contains(call));
        assert_eq!((has_line("GET /v1/nodes"), has_line("GET /v1/providers")), (refused, fine), "{setting}: {said}");
        assert_eq!(has_line("GET /nothing-here"), refused, "{setting}: {said}");
        // Not even of what is wrong with it: a query may hold anything.
        assert!(!said.contains("colour"), "{said}");
    }
}

#[tokio::test]
async fn every_line_of_a_json_log_is_one_flat_object() {
    let serving = Serving::start_with("log_format = \"json\"\n[serve]\naccess_log = \"all\"\n", &[]).await;
    let run = serving.up.invoke("get-user", read_body()).await.header("patchbay-run-id").unwrap().to_owned();
    let greeting = serving.up.greeting.clone();
    let (code, said) = serving.up.stop("TERM").await;
    assert_eq!((code, greeting.as_str()), (Some(0), ""));
    let lines: Vec<Value> =
        said.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"))).collect();
    for line in &lines {
        let members = line.as_object().unwrap();
        assert!(members.values().all(|value| !value.is_object() && !value.is_array()), "{line}");
        for name in ["timestamp", "level", "target", "message"] {
            assert!(line[name].is_string(), "{name}: {line}");
        }
    }
    let line = |message: &str| lines.iter().find(|line| line["message"] == message).unwrap_or_else(|| panic!("{said}"));
    let invoked = line("invoked");
    assert_eq!((&invoked["run"], &invoked["node"]), (&json!(run), &json!("dingtalk/get-user")));
    assert_eq!(invoked["status"], json!(200));
    let call = json!("POST /v1/nodes/dingtalk/get-user/invoke");
    assert!(
        lines.iter().any(|line| line["call"] == call && line["status"] == 200 && line["key"] == "no key"),
        "{said}"
    );
    assert!(line("serving")["address"].is_string() && line("stopping")["running"].is_number());
    assert_eq!(lines.last().unwrap()["message"], "stopped", "{said}");
}

#[cfg(unix)]
#[tokio::test]
async fn a_hangup_reads_nodes_and_settings_anew() {
    let serving = Serving::start_with_nodes(|_| {}).await;
    let nodes = serving.data.path().join("nodes/dingtalk");
    let aside = serving.data.path().join("get-user.wasm");
    fs::rename(nodes.join("get-user.wasm"), &aside).unwrap();
    fs::write(serving.data.path().join("patchbay.toml"), "log = \"debug\"\n[limits]\nqueue = 7\n").unwrap();
    serving.up.signal("HUP").await;
    until("the node is gone", async || serving.up.invoke("get-user", read_body()).await.status == 404).await;
    fs::rename(&aside, nodes.join("get-user.wasm")).unwrap();
    fs::write(serving.data.path().join("patchbay.toml"), "[limits]\nqueu = 7\n").unwrap();
    serving.up.signal("HUP").await;
    until("the node is back", async || serving.up.invoke("get-user", read_body()).await.status == 200).await;
    fs::remove_file(serving.data.path().join("patchbay.toml")).unwrap();
    until("it is noted", async || audit(&serving).iter().filter(|entry| entry["action"] == "reloaded").count() == 2)
        .await;
    let (code, said) = serving.up.stop("TERM").await;
    assert_eq!(code, Some(0), "{said}");
    assert_says(&said, &["read anew", "in force when the service is started again: limits.queue"]);
    assert_says(&said, &["the settings stay as they were", "queu", "DEBUG"]);
}

#[tokio::test]
async fn files_are_watched_where_that_is_set() {
    for is_watched in [true, false] {
        let serving = Serving::start_with_nodes_and(&format!("[serve]\nwatch = {is_watched}\n"), |_| {}).await;
        let component = serving.data.path().join("nodes/dingtalk/get-user.wasm");
        assert_eq!(serving.up.invoke("get-user", read_body()).await.status, 200);
        fs::remove_file(&component).unwrap();
        if is_watched {
            until("the node is gone", async || serving.up.invoke("get-user", read_body()).await.status == 404).await;
        } else {
            tokio::time::sleep(Duration::from_millis(700)).await;
            assert_eq!(serving.up.invoke("get-user", read_body()).await.status, 200);
        }
    }
}

#[tokio::test]
async fn it_says_that_it_is_not_ready_before_it_stops_taking_calls() {
    let serving = Serving::start_with("[serve]\ndrain_delay = \"30s\"\n", &[]).await;
    assert_eq!(serving.up.get("/readyz").await.status, 200);
    serving.up.signal("TERM").await;
    until("it is not ready", async || serving.up.get("/readyz").await.status == 503).await;
    let draining = serving.up.get("/readyz").await.json();
    assert_eq!((&draining["stopping"], &draining["store"]), (&json!(true), &json!(true)));
    assert_eq!(serving.up.invoke("get-user", read_body()).await.json()["StatusCode"], 200);
}

#[tokio::test]
async fn a_backup_of_a_running_service_has_what_was_answered_and_is_restored_by_a_copy() {
    let serving = Serving::start().await;
    let mut runs = Vec::new();
    for _ in 0..5 {
        let answer = serving.up.invoke("get-user", read_body()).await;
        runs.push(answer.header("patchbay-run-id").unwrap().to_owned());
    }
    serving.key(&["canvas"]);
    let file = serving.data.path().join("copy.db");
    let copied = serving.command().arg("backup").arg(&file).output().unwrap();
    assert!(copied.status.success(), "{}", stderr(&copied));
    assert_says(&stderr(&copied), &["5 runs, 1 credentials, 1 keys", "the master key is not in it", "master.key"]);
    let again = serving.command().arg("backup").arg(&file).output().unwrap();
    assert_eq!(again.status.code(), Some(2));
    assert_says(&stderr(&again), &["no backup was written", "copy.db"]);
    let elsewhere = super::serving::data();
    fs::copy(&file, elsewhere.path().join("patchbay.db")).unwrap();
    fs::copy(serving.data.path().join("master.key"), elsewhere.path().join("master.key")).unwrap();
    let list = super::serving::command(elsewhere.path()).args(["runs", "list", "--json"]).output().unwrap();
    let list: Value = serde_json::from_slice(&list.stdout).unwrap();
    for run in runs {
        assert!(list["runs"].as_array().unwrap().iter().any(|it| it["id"] == json!(run)), "{list}");
    }
    let mut test = super::serving::command(elsewhere.path());
    test.args(["credential", "list"]);
    let credentials = test.output().unwrap();
    assert_says(&String::from_utf8_lossy(&credentials.stdout), &["main", "dingtalk"]);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    }
}

#[test]
fn a_damaged_store_is_told_once_with_what_to_do() {
    let data = super::serving::data();
    let file = data.path().join("patchbay.db");
    fs::write(&file, [7; 20_000]).unwrap();
    for arguments in [&["runs", "list"][..], &["serve", "--listen", "127.0.0.1:0"]] {
        let output = super::serving::command(data.path()).args(arguments).output().unwrap();
        assert_eq!(output.status.code(), Some(2));
        let said = stderr(&output);
        assert_says(&said, &["patchbay.db is damaged", "patchbay backup", "begin anew"]);
        assert_eq!((said.lines().count(), said.matches("not a database").count()), (1, 1), "{said}");
    }
}

#[tokio::test]
async fn a_key_for_nodes_and_credentials_that_are_not_there_is_made_with_a_word() {
    let serving = Serving::start().await;
    let made = |arguments: &[&str]| {
        let output = serving.command().args(["key", "create"]).args(arguments).output().unwrap();
        assert!(output.status.success() && output.stdout.starts_with(b"pbk_"), "{}", stderr(&output));
        stderr(&output)
    };
    let said = made(&["a", "--nodes", "dingtak/*,dingtalk/get-user", "--credentials", "mian"]);
    assert_says(&said, &["no node matches `dingtak/*`", "dingtalk/*?", "no credential is called `mian`", "main?"]);
    assert!(!made(&["b", "--nodes", "dingtalk/*,*", "--credentials", "main"]).contains("warning"));
}

#[tokio::test]
async fn metrics_are_read_in_both_forms_with_their_help() {
    let serving = Serving::start().await;
    serving.up.invoke("get-user", read_body()).await;
    let ask = async |accept: &str| answer(client().get(serving.up.url("/metrics")).header("accept", accept)).await;
    let plain = ask("text/plain;version=0.0.4").await;
    assert_eq!(plain.header("content-type"), Some("text/plain; version=0.0.4; charset=utf-8"));
    assert!(!plain.text.contains("# EOF"));
    let open = ask("application/openmetrics-text;version=1.0.0,text/plain;q=0.5").await;
    assert_eq!(open.header("content-type"), Some("application/openmetrics-text; version=1.0.0; charset=utf-8"));
    assert!(open.text.ends_with("# EOF\n"));
    let of = |start: &'static str| {
        let lines = plain.text.lines().filter_map(move |line| line.strip_prefix(start)?.split(' ').next());
        lines.map(str::to_owned).collect::<Vec<String>>()
    };
    let (helped, typed) = (of("# HELP "), of("# TYPE "));
    for line in plain.text.lines().filter(|line| !line.starts_with('#')) {
        let name = line.split(['{', ' ']).next().unwrap();
        let stem = ["_bucket", "_sum", "_count"].iter().find_map(|end| name.strip_suffix(end)).unwrap_or(name);
        let is_known = |names: &[String]| names.iter().any(|known| known == name || known == stem);
        assert!(is_known(&helped) && is_known(&typed), "{line}");
    }
    let provider = "patchbay_provider_answers_total{provider=\"dingtalk\",status=\"200\"} 1\n";
    assert_says(
        &plain.text,
        &[provider, "patchbay_build_info{version=\"", "# TYPE process_cpu_seconds_total counter\n"],
    );
    assert_says(&plain.text, &["process_resident_memory_bytes", "process_open_fds", "process_start_time_seconds"]);
}

#[tokio::test]
async fn what_the_examples_of_deployment_watch_is_what_the_service_tells() {
    let serving = Serving::start().await;
    serving.up.invoke("get-user", read_body()).await;
    serving.up.get("/v1/nodes?colour=red").await.problem(400);
    let told = serving.up.get("/metrics").await.text;
    let folder = crate::environment::PROJECT.join("examples/deploy/monitoring");
    for name in ["alerts.yaml", "dashboard.json"] {
        let text = fs::read_to_string(folder.join(name)).unwrap();
        let names =
            text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').filter(|word| word.starts_with("patchbay_"));
        let mut count = 0;
        for metric in names {
            let stem = ["_bucket", "_sum", "_count"].iter().find_map(|end| metric.strip_suffix(end)).unwrap_or(metric);
            assert!(told.contains(&format!("# TYPE {stem} ")), "{name}: {metric}");
            count += 1;
        }
        assert!(count > 5, "{name}");
    }
    serde_json::from_str::<Value>(&fs::read_to_string(folder.join("dashboard.json")).unwrap()).unwrap();
}
