//! Nothing of a stored secret, of a master key or of an API key stands anywhere that is not sealed.

use std::fs;
use std::path::Path;

use serde_json::json;

use super::{CANARY, Data, fed, finish, tenant};
use crate::service::Up;

/// Written in its own way by JSON, by a query and by a header.
const SECRET: &str = "+/=\"&\\canary7f3a9c51";

pub(super) fn add_files(folder: &Path, found: &mut Vec<(String, Vec<u8>)>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            add_files(&path, found);
        } else {
            found.push((path.display().to_string(), fs::read(&path).unwrap()));
        }
    }
}

#[tokio::test]
async fn no_secret_is_in_what_commands_print_or_in_any_file() {
    let data = Data::new();
    let mut shown: Vec<(String, Vec<u8>)> = Vec::new();
    let (tenant, upstreams) = tenant(SECRET).await;
    let trace = |arguments: &[&str]| {
        let mut command = data.command(arguments);
        command.env("PATCHBAY_LOG", "trace,sqlx=trace,hyper=trace,reqwest=trace");
        command
    };
    let fields = json!({ "AppKey": "demo", "AppSecret": SECRET }).to_string();
    let add = ["credential", "add", "main", "--provider", "dingtalk"];
    let mut outputs = vec![
        fed(trace(&add), &fields),
        fed(trace(&add), &fields),
        fed(trace(&["credential", "add", "x", "--provider", "dingtalk"]), &fields[..fields.len() - 1]),
        fed(trace(&["credential", "add", "x", "--provider", "dingtalk", "--kind", "webhook"]), &fields),
    ];
    for arguments in [
        vec!["credential", "list"],
        vec!["credential", "list", "--json"],
        vec!["credential", "rotate-key"],
        vec!["credential", "rename", "main", "ours"],
    ] {
        outputs.push(trace(&arguments).output().unwrap());
    }
    for arguments in [
        vec!["credential", "test", "ours"],
        vec!["invoke", "dingtalk/get-user", "--options", r#"{"UserId":"manager001"}"#, "--credential", "ours"],
    ] {
        let mut command = trace(&arguments);
        command.args(&upstreams);
        let output = finish(command).await;
        assert!(output.status.success(), "the secret was in play: {}", String::from_utf8_lossy(&output.stderr));
        outputs.push(output);
    }
    assert!(tenant.request_count("/gettoken") > 0);
    for output in outputs {
        shown.push(("stdout".to_owned(), output.stdout));
        shown.push(("stderr".to_owned(), output.stderr));
    }
    let master_key = fs::read_to_string(data.0.path().join("master.key")).unwrap();
    for (place, bytes) in &shown {
        let text = String::from_utf8_lossy(bytes);
        assert!(!text.contains(master_key.trim()), "the master key is on {place}: {text}");
    }
    add_files(data.0.path(), &mut shown);
    for (place, bytes) in &shown {
        let text = String::from_utf8_lossy(bytes);
        assert!(!text.contains(CANARY), "{CANARY} is on {place}: {text}");
    }
}

#[tokio::test]
async fn no_api_key_is_in_the_log_or_the_files_of_a_service_that_was_called_with_it() {
    let data = Data::new();
    let key = data.stdout(&["key", "create", "canvas"]).trim().to_owned();
    let secret = key.rsplit('_').next().unwrap().to_owned();
    let place = data.0.path().to_str().unwrap().to_owned();
    let up = Up::start_with(&[("PATCHBAY_DATA_DIR", &place), ("PATCHBAY_LOG", "trace,sqlx=trace,hyper=trace")]).await;
    let call = |key: &str| {
        let url = format!("http://{}/v1/nodes/dingtalk/get-user/invoke", up.address);
        let body = json!({ "options": { "UserId": "manager001" }, "credential": "demo" });
        reqwest::Client::builder()
            .no_proxy()
            .build()
            .unwrap()
            .post(url)
            .bearer_auth(key)
            .header("content-type", "application/json")
            .body(body.to_string())
            .send()
    };
    let answered = call(&key).await.unwrap();
    assert_eq!(answered.status().as_u16(), 200);
    let mut wrong = key.clone();
    wrong.replace_range(key.len() - 1.., if key.ends_with('x') { "y" } else { "x" });
    assert_eq!(call(&wrong).await.unwrap().status().as_u16(), 401);
    let (code, log) = up.stop("TERM").await;
    assert_eq!(code, Some(0));
    assert!(log.contains("get-user") && !log.contains(&secret[..40]), "{log}");
    let mut files = Vec::new();
    add_files(data.0.path(), &mut files);
    for (place, bytes) in files {
        assert!(!String::from_utf8_lossy(&bytes).contains(&secret[..40]), "{place}");
    }
}
