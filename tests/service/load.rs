//! More than there is room for, and the end.

use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::Relaxed;
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use patchbay_tenant::Fault;
use serde_json::json;

use super::serving::{Serving, read_body, write_body};
use crate::cli::assert_says;

const DELAY: Duration = Duration::from_secs(2);

/// Waits until so many invocations run.
async fn until_running(serving: &Serving, count: usize) {
    let began = Instant::now();
    while !serving.up.get("/metrics").await.text.contains(&format!("\npatchbay_running {count}\n")) {
        assert!(began.elapsed() < Duration::from_secs(20), "never did {count} run");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn the_excess_is_refused_at_once_and_the_rest_succeeds() {
    let serving = Serving::start_with("[limits]\nconcurrent = 2\nqueue = 3\n", &[]).await;
    assert_eq!(serving.up.invoke("get-user", read_body()).await.json()["StatusCode"], 200);
    serving.tenant.fail_next("/topapi", 2, Fault::Delay(DELAY));
    let calls = (0..12).map(|_| async {
        let answer = serving.up.invoke("get-user", read_body()).await;
        (answer, Instant::now())
    });
    let answers = join_all(calls).await;
    let (served, refused): (Vec<_>, Vec<_>) = answers.iter().partition(|(answer, _)| answer.status == 200);
    assert_eq!((served.len(), refused.len()), (5, 7));
    assert!(served.iter().all(|(answer, _)| answer.json()["StatusCode"] == 200));
    let first_served = served.iter().map(|(_, ended)| *ended).min().unwrap();
    for (answer, ended) in refused {
        let problem = answer.json();
        assert_eq!((answer.status, answer.header("retry-after")), (503, Some("1")));
        assert_eq!((&problem["Retryable"], &problem["StatusCode"]), (&json!(true), &json!(503)));
        assert!(*ended < first_served, "it waited for nobody");
    }
}

#[tokio::test]
async fn a_wait_that_is_too_long_is_a_503() {
    let settings = "[limits]\nconcurrent = 1\nqueue = 5\nqueue_timeout = \"100ms\"\n";
    let serving = Serving::start_with(settings, &[]).await;
    assert_eq!(serving.up.invoke("get-user", read_body()).await.json()["StatusCode"], 200);
    serving.tenant.fail_next("/topapi", 1, Fault::Delay(DELAY));
    let first = serving.up.invoke("get-user", read_body());
    let second = async {
        until_running(&serving, 1).await;
        serving.up.invoke("get-user", read_body()).await
    };
    let (first, second) = tokio::join!(first, second);
    assert_eq!(first.json()["StatusCode"], 200);
    assert_says(second.json()["detail"].as_str().unwrap(), &["waited 100 ms"]);
    assert_eq!(second.status, 503);
}

#[tokio::test]
async fn a_caller_that_hangs_up_does_not_stop_its_run() {
    let serving = Serving::start().await;
    assert_eq!(serving.up.invoke("create-chat", write_body()).await.json()["StatusCode"], 200);
    let chats = serving.tenant.chats().len();
    serving.tenant.fail_next("/", 1, Fault::Delay(Duration::from_millis(500)));
    let asked = serving.up.invoke("create-chat", write_body());
    tokio::select! {
        answer = asked => panic!("{}", answer.text),
        () = until_running(&serving, 1) => {}
    }
    until_running(&serving, 0).await;
    assert_eq!(serving.tenant.chats().len(), chats + 1);
    let runs = serving.up.get("/v1/runs?node=dingtalk/create-chat").await.json();
    assert_eq!(runs["runs"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn what_runs_when_the_service_stops_is_finished_answered_and_recorded() {
    let serving = Serving::start().await;
    assert_eq!(serving.up.invoke("get-user", read_body()).await.json()["StatusCode"], 200);
    serving.tenant.fail_next("/topapi", 1, Fault::Delay(DELAY));
    let url = serving.up.url("/v1/nodes/dingtalk/get-user/invoke");
    let running = tokio::spawn(async move {
        use super::JsonText;
        super::answer(super::client().post(url).json_text(&read_body())).await
    });
    until_running(&serving, 1).await;
    let Serving { up, tenant: _tenant, data } = serving;
    let (code, said) = up.stop("TERM").await;
    assert_eq!(code, Some(0), "{said}");
    let answer = running.await.unwrap();
    assert_eq!(answer.json()["StatusCode"], 200, "{}", answer.text);
    let id = answer.header("patchbay-run-id").unwrap();
    let shown = super::serving::command(data.path()).args(["runs", "show", id]).output().unwrap();
    assert!(shown.status.success());
}

#[tokio::test]
async fn what_takes_too_long_when_the_service_stops_is_given_up() {
    let serving = Serving::start_with("[serve]\nstop_timeout = \"200ms\"\n", &[]).await;
    assert_eq!(serving.up.invoke("get-user", read_body()).await.json()["StatusCode"], 200);
    serving.tenant.fail_next("/topapi", 1, Fault::Delay(Duration::from_secs(60)));
    let asked = serving.up.invoke("get-user", read_body());
    tokio::select! {
        answer = asked => panic!("{}", answer.text),
        () = until_running(&serving, 1) => {}
    }
    let Serving { up, tenant: _tenant, data: _data } = serving;
    let began = Instant::now();
    let (code, said) = up.stop("TERM").await;
    assert_eq!(code, Some(0), "{said}");
    assert_says(&said, &["still running"]);
    assert!(began.elapsed() < Duration::from_secs(10));
}

#[tokio::test]
async fn a_crash_under_load_loses_no_answered_run() {
    let serving = Serving::start_with("", &[]).await;
    let url = serving.up.url("/v1/nodes/dingtalk/create-chat/invoke");
    let count = Arc::new(AtomicUsize::new(0));
    // Parameters that are wrong: as fast as it goes.
    let callers: Vec<_> = (0..8)
        .map(|_| {
            let (url, count) = (url.clone(), Arc::clone(&count));
            tokio::spawn(async move {
                let client = super::client();
                let mut answered = Vec::new();
                let call = || client.post(&url).header("content-type", "application/json").body("{}").send();
                while let Ok(response) = call().await {
                    answered.push(response.headers()["patchbay-run-id"].to_str().unwrap().to_owned());
                    count.fetch_add(1, Relaxed);
                }
                answered
            })
        })
        .collect();
    while count.load(Relaxed) < 500 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let serving = serving.crash_and_start_again().await;
    let mut answered = Vec::new();
    for caller in callers {
        answered.extend(caller.await.unwrap());
    }
    // The latest are those that could be lost.
    for id in answered.iter().rev().step_by(answered.len() / 100) {
        let run = serving.up.get(&format!("/v1/runs/{id}")).await;
        assert_eq!((run.status, run.json()["status_code"].clone()), (200, json!(-1)), "{id}");
    }
    let listed = serving.run(&["runs", "list", "--json", "--limit", "1"]);
    assert!(!listed.is_empty());
    assert_eq!(serving.up.invoke("get-user", read_body()).await.json()["StatusCode"], 200);
}

/// One call of so many invocations of a node that reads.
async fn batch(serving: &Serving, count: usize) -> Vec<serde_json::Value> {
    let one = json!({ "node": "dingtalk/get-user", "options": { "UserId": "manager001" }, "credential": "main" });
    let answer = serving.up.post("/v1/invoke-batch", json!({ "invocations": vec![one; count] }).to_string()).await;
    answer.text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[tokio::test]
async fn ten_thousand_invocations_in_flight_all_succeed_when_the_limits_are_raised() {
    const COUNT: usize = 10_000;
    let settings = "[limits]\nconcurrent = 10000\nqueue = 10000\nper_credential = 10000\nper_host = 10000\n\
                    max_batch = 10000\nbatch_concurrent = 10000\ntimeout = \"60s\"\n";
    let serving = Serving::start_unpaced(settings).await;
    assert_eq!(serving.up.invoke("get-user", read_body()).await.json()["StatusCode"], 200);
    serving.tenant.fail_next("/topapi", COUNT, Fault::Delay(DELAY));
    let answers = batch(&serving, COUNT).await;
    let succeeded = answers.iter().filter(|answer| answer["envelope"]["StatusCode"] == 200).count();
    let other = answers.iter().find(|answer| answer["envelope"]["StatusCode"] != 200);
    assert_eq!((succeeded, answers.len()), (COUNT, COUNT), "{other:?}");
}

#[tokio::test]
async fn with_default_limits_the_excess_of_a_flood_is_refused_and_the_rest_succeeds() {
    const COUNT: usize = 3_000;
    let serving = Serving::start_unpaced("[limits]\nmax_batch = 3000\nbatch_concurrent = 3000\n").await;
    assert_eq!(serving.up.invoke("get-user", read_body()).await.json()["StatusCode"], 200);
    serving.tenant.fail_next("/topapi", COUNT, Fault::Delay(DELAY));
    let answers = batch(&serving, COUNT).await;
    let succeeded = answers.iter().filter(|answer| answer["envelope"]["StatusCode"] == 200).count();
    let refused = answers.iter().filter(|answer| answer["problem"]["StatusCode"] == 503).count();
    assert_eq!(
        succeeded + refused,
        COUNT,
        "{:?}",
        answers.iter().find(|it| it["problem"]["StatusCode"] != 503 && it["envelope"]["StatusCode"] != 200)
    );
    assert_eq!(succeeded, 1_024, "512 run and 512 wait");
    assert!(answers.iter().take(refused).all(|answer| answer.get("problem").is_some()), "who is refused knows at once");
}
