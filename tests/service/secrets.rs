//! No secret is in an answer, a log line at the finest level, the metrics, an export, a trace, or a file as it is.

use std::fs;
use std::path::Path;

use axum::http::StatusCode;
use axum::response::IntoResponse;
use patchbay_tenant::{Fault, TenantConfig};
use reqwest::Method;
use serde_json::json;

use super::serving::{Serving, read_body, write_body};
use super::{JsonText, answer, client};
use crate::environment::services::Service;

const SECRET: &str = "canary41c8e7b05d-secret";

fn files(folder: &Path, found: &mut Vec<(String, Vec<u8>)>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(&path, found);
        } else {
            found.push((path.display().to_string(), fs::read(&path).unwrap()));
        }
    }
}

#[tokio::test]
async fn the_service_shows_no_secret_and_no_key_anywhere() {
    let collector = Service::start(|_| StatusCode::OK.into_response()).await;
    let tenant = TenantConfig { app_secret: SECRET.to_owned().into(), ..TenantConfig::default() };
    let level = "trace,hyper=trace,reqwest=trace,hyper_util=trace,rustls=trace,sqlx=trace,opentelemetry=trace";
    let variables = [("PATCHBAY_LOG", level), ("OTEL_EXPORTER_OTLP_ENDPOINT", collector.base())];
    let serving = Serving::start_against(tenant, "", &variables).await;
    let mut shown: Vec<(String, Vec<u8>)> = Vec::new();
    let key = serving.key(&["operator", "--scope", "admin"]);
    let call = async |method: Method, path: &str, body: &serde_json::Value| {
        let answer = answer(client().request(method, serving.up.url(path)).bearer_auth(&key).json_text(body)).await;
        (path.to_owned(), format!("{:?} {}", answer.headers, answer.text).into_bytes())
    };
    let (get, post) = (Method::GET, Method::POST);
    shown.push(call(post.clone(), "/v1/nodes/dingtalk/get-user/invoke", &read_body()).await);
    shown.push(call(post.clone(), "/v1/nodes/dingtalk/create-chat/invoke", &write_body()).await);
    serving.tenant.expire_tokens();
    serving.tenant.fail_next("/topapi", 1, Fault::Close);
    shown.push(call(post.clone(), "/v1/nodes/dingtalk/get-user/invoke", &read_body()).await);
    let second =
        json!({ "name": "second", "provider": "dingtalk", "fields": { "AppKey": "other", "AppSecret": SECRET } });
    shown.push(call(post.clone(), "/v1/credentials", &second).await);
    shown.push(call(post.clone(), "/v1/credentials", &second).await);
    let broken = json!({ "name": "third", "provider": "dingtalk", "fields": { "AppSecret": [SECRET] } });
    shown.push(call(post.clone(), "/v1/credentials", &broken).await);
    for name in ["main", "second"] {
        shown.push(call(post.clone(), &format!("/v1/credentials/{name}/test"), &json!({})).await);
    }
    for path in ["/v1/credentials", "/v1/runs", "/metrics", "/v1/nodes", "/readyz"] {
        shown.push(call(get.clone(), path, &json!({})).await);
    }
    shown.push(("export".to_owned(), serving.run(&["runs", "export"]).into_bytes()));
    shown.push(("list".to_owned(), serving.run(&["credential", "list"]).into_bytes()));
    let Serving { up, tenant: _tenant, data } = serving;
    shown.push(("greeting".to_owned(), up.greeting.clone().into_bytes()));
    let (code, said) = up.stop("TERM").await;
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("TRACE") && said.contains("DEBUG"), "nothing was logged");
    shown.push(("log".to_owned(), said.into_bytes()));
    let spans: Vec<u8> = collector.served().iter().flat_map(|served| served.body.to_vec()).collect();
    assert!(!spans.is_empty(), "no span was sent");
    shown.push(("spans".to_owned(), spans));
    files(data.path(), &mut shown);
    let (_, key_secret) = key.rsplit_once('_').unwrap();
    for (place, bytes) in &shown {
        let text = String::from_utf8_lossy(bytes);
        for secret in ["canary41c8e7b05d", key_secret] {
            let at = text.find(secret);
            assert!(
                at.is_none(),
                "{secret} is in {place}: {:?}",
                at.map(|at| &text[at.saturating_sub(200).min(at)..at])
            );
        }
    }
}
