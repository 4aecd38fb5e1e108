//! How the service starts and ends.

use std::net::TcpListener;

use futures_util::future::join_all;
use patchbay_tenant::TenantConfig;
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::Up;
use super::serving::Serving;
use crate::cli::assert_says;
use crate::environment::{NODES, patchbay, stderr};

#[tokio::test]
async fn ctrl_c_ends_it_cleanly_and_frees_the_port() {
    let up = Up::start().await;
    let address = up.address;
    assert_eq!(up.get("/healthz").await.status, 200);
    let (code, said) = up.stop("INT").await;
    assert_eq!(code, Some(0), "{said}");
    assert_says(&said, &["stopped"]);
    TcpListener::bind(address).unwrap();
}

#[tokio::test]
async fn a_request_to_terminate_ends_it_cleanly_too() {
    let (code, said) = Up::start().await.stop("TERM").await;
    assert_eq!(code, Some(0), "{said}");
}

#[tokio::test]
async fn an_idle_connection_does_not_hold_up_the_end() {
    let up = Up::start().await;
    let mut used = TcpStream::connect(up.address).await.unwrap();
    used.write_all(b"GET /healthz HTTP/1.1\r\nhost: localhost\r\n\r\n").await.unwrap();
    let mut answer = [0; 12];
    used.read_exact(&mut answer).await.unwrap();
    assert_eq!(&answer, b"HTTP/1.1 200");
    // Another one that never asked for anything, as browsers open them.
    let _unused = TcpStream::connect(up.address).await.unwrap();
    assert_eq!(up.get("/healthz").await.status, 200);
    let (code, said) = up.stop("INT").await;
    assert_eq!(code, Some(0), "{said}");
    assert!(!said.contains("still running"), "{said}");
}

#[tokio::test]
async fn an_idle_connection_to_the_tenant_does_not_hold_up_the_end() {
    let up = Up::start().await;
    let body = serde_json::json!({ "options": { "UserId": "manager001" }, "credential": "demo" });
    assert_eq!(up.invoke("get-user", body).await.json()["StatusCode"], 200);
    let (code, said) = up.stop("INT").await;
    assert_eq!(code, Some(0), "{said}");
    assert!(!said.contains("still running"), "{said}");
}

#[test]
fn a_taken_address_is_refused_with_what_to_do() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let output = patchbay().args(["up", "--listen", &address]).env("PATCHBAY_NODES_DIR", &*NODES).output().unwrap();
    assert_eq!(output.status.code(), Some(2), "{}", stderr(&output));
    assert!(output.stdout.is_empty());
    let expected = [&format!("can not listen on {address}"), "another address with --listen", "in use"];
    assert_says(&stderr(&output), &expected);
}

#[test]
fn an_address_that_is_none_is_refused() {
    let output = patchbay().args(["up", "--listen", "localhost"]).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert_says(&stderr(&output), &["--listen", "localhost"]);
}

#[tokio::test]
async fn a_service_that_is_started_anew_counts_what_the_one_before_may_have_sent() {
    let config = TenantConfig { calls_per_second: Some(20), ..TenantConfig::default() };
    let mut serving = Serving::start_against(config, "", &[]).await;
    for _ in 0..2 {
        let user = json!({ "options": { "UserId": "manager001" }, "credential": "main" });
        let calls = (0..20).map(|_| serving.up.invoke("get-user", user.clone()));
        for answer in join_all(calls).await {
            assert_eq!(answer.json()["StatusCode"], 200, "{}", answer.text);
        }
        serving = serving.crash_and_start_again().await;
    }
    // Each was answered once: none was too fast, and sent again by the gate.
    let sent = serving.tenant.requests().into_iter().filter(|request| request.path == "/topapi/v2/user/get").count();
    assert_eq!(sent, 40);
}
