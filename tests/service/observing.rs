//! Metrics, readiness, logs and traces.

use std::time::{Duration, Instant};

use axum::http::StatusCode;
use axum::response::IntoResponse;
use serde_json::json;

use super::serving::{Serving, read_body};
use super::{JsonText, Up, answer, client};
use crate::cli::assert_says;
use crate::environment::services::Service;

#[tokio::test]
async fn metrics_tell_of_nodes_statuses_times_and_tokens() {
    let serving = Serving::start().await;
    serving.up.invoke("get-user", read_body()).await;
    serving.up.invoke("get-user", json!({ "options": { "x": 1 } })).await;
    serving.up.invoke("get-user", json!({ "credential": "none" })).await.problem(400);
    let text = serving.up.get("/metrics").await.text;
    let expected = [
        "patchbay_invocations_total{node=\"dingtalk/get-user\",status=\"200\"} 1\n",
        "patchbay_invocations_total{node=\"dingtalk/get-user\",status=\"-1\"} 1\n",
        "patchbay_invocation_seconds_count{node=\"dingtalk/get-user\"} 2\n",
        "patchbay_gate_seconds_count{provider=\"dingtalk\"} 1\n",
        "patchbay_sandbox_seconds_count{provider=\"dingtalk\"} 1\n",
        "patchbay_problems_total{status=\"400\"} 1\n",
        "patchbay_token_fetches_total 1\n",
        "patchbay_running 0\n",
        "patchbay_queued 0\n",
    ];
    assert_says(&text, &expected);
}

#[tokio::test]
async fn what_callers_write_becomes_no_label() {
    let up = Up::start().await;
    for index in 0..5 {
        up.invoke(&format!("made-up-{index}"), json!({})).await.problem(404);
        up.get(&format!("/made-up-{index}")).await.problem(404);
    }
    assert!(!up.get("/metrics").await.text.contains("made-up"));
}

#[tokio::test]
async fn it_is_ready_when_nodes_and_store_are() {
    let up = Up::start().await;
    let ready = up.get("/readyz").await;
    assert_eq!((ready.status, &ready.json()["status"], &ready.json()["store"]), (200, &json!("ready"), &json!(true)));
}

#[tokio::test]
async fn spans_go_to_a_collector_under_the_caller_s_trace() {
    let collector = Service::start(|_| StatusCode::OK.into_response()).await;
    let variables = [("OTEL_EXPORTER_OTLP_ENDPOINT", collector.base())];
    let serving = Serving::start_with("", &variables).await;
    let url = serving.up.url("/v1/nodes/dingtalk/get-user/invoke");
    let trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    let call = client().post(url).header("traceparent", trace).json_text(&read_body());
    assert_eq!(answer(call).await.json()["StatusCode"], 200);
    let (code, said) = serving.up.stop("TERM").await;
    assert_eq!(code, Some(0), "{said}");
    let began = Instant::now();
    let has = |bytes: &[u8], part: &[u8]| bytes.windows(part.len()).any(|window| window == part);
    loop {
        let sent: Vec<u8> = collector.served().iter().flat_map(|served| served.body.to_vec()).collect();
        let trace = 0x0af7_6519_16cd_43dd_8448_eb21_1c80_319c_u128.to_be_bytes();
        let request = has(&sent, b"/topapi/v2/user/get") && has(&sent, b"oapi.dingtalk.com");
        if has(&sent, &trace) && has(&sent, b"call") && has(&sent, b"dingtalk/get-user") && request {
            assert!(has(&sent, &0xb7ad_6b71_6920_3331_u64.to_be_bytes()), "the caller's span is not the parent");
            break;
        }
        assert!(began.elapsed() < Duration::from_secs(5), "{said}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert!(collector.served().iter().all(|served| served.path_and_query == "/v1/traces"));
}

#[tokio::test]
async fn without_a_collector_nothing_is_sent_and_a_missing_one_stops_nothing() {
    let serving = Serving::start_with("", &[("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:1")]).await;
    assert_eq!(serving.up.invoke("get-user", read_body()).await.json()["StatusCode"], 200);
    let (code, said) = serving.up.stop("TERM").await;
    assert_eq!(code, Some(0), "{said}");
}
