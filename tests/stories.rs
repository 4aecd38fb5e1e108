//! Stories: what canvases do with the nodes, one after the other, through `patchbay up` and against its tenant.
//!
//! A story is told (`tell`) with a number that makes its names its own, asserting each node's outputs on the way, and it
//! checks afterwards (`check`) that what it did is there once. When a node fails, the [`Canvas`] does what its envelope says,
//! so a story is told the same way whatever fails.

mod budget;
mod canvas;
mod chats;
mod ledger;
mod library;
mod lines;
mod lost_answers;
mod people;
mod sheet;
mod workbook;

use std::collections::BTreeSet;
use std::rc::Rc;

use serde_json::{Value, json};
use tokio::task::{JoinSet, LocalSet};

use canvas::{Canvas, Habits, items, text};

/// What one telling of all stories leaves behind.
struct Told {
    workbook: workbook::Workbook,
    lines: lines::Lines,
    library: library::Library,
    person: people::Person,
    chat: chats::Chat,
    ledger: ledger::Ledger,
    budget: budget::Budget,
}

/// Tells all stories, at once.
async fn tell(canvas: &Canvas, number: usize) -> Told {
    let (workbook, lines, library, person, chat, ledger, budget) = tokio::join!(
        workbook::tell(canvas, number),
        lines::tell(canvas, number),
        library::tell(canvas, number),
        people::tell(canvas, number),
        chats::tell(canvas, number),
        ledger::tell(canvas, number),
        budget::tell(canvas, number),
    );
    Told { workbook, lines, library, person, chat, ledger, budget }
}

impl Told {
    async fn check(&self, canvas: &Canvas) {
        let Self { workbook, lines, library, person, chat, ledger, budget } = self;
        tokio::join!(
            workbook.check(canvas),
            lines.check(canvas),
            library.check(canvas),
            person.check(canvas),
            chat.check(canvas),
            ledger.check(canvas),
            budget.check(canvas),
        );
    }
}

/// Tells all stories so many times at once while these faults hold, and checks afterwards that each effect is there once.
async fn tell_under(faults: Value, times: usize) -> Rc<Canvas> {
    tell_with(Habits::default(), faults, times).await
}

/// The same by a canvas with habits.
async fn tell_with(habits: Habits, faults: Value, times: usize) -> Rc<Canvas> {
    let canvas = Rc::new(Canvas::with(habits).await);
    let (people, groups) = (people::count(&canvas, false).await, chats::groups(&canvas).await.len());
    canvas.order(faults).await;
    let mut telling = JoinSet::new();
    for number in 0..times {
        let canvas = Rc::clone(&canvas);
        telling.spawn_local(async move { tell(&canvas, number).await });
    }
    let told = telling.join_all().await;
    canvas.end_faults().await;

    for story in &told {
        story.check(&canvas).await;
    }
    assert_eq!(people::count(&canvas, false).await, people + times as i64);
    assert_eq!(chats::groups(&canvas).await.len(), groups + times);
    let ledgers: Vec<ledger::Ledger> = told.into_iter().map(|told| told.ledger).collect();
    ledger::check_all(&canvas, &ledgers).await;
    canvas
}

/// How many requests the tenant answered with this HTTP status; 0 for those it did not answer.
async fn answered_with(canvas: &Canvas, status: u64) -> usize {
    let requests = canvas.requests().await;
    requests.iter().filter(|request| request["status"].as_u64().unwrap_or(0) == status).count()
}

/// How many runs failed with this in their message.
fn failed_with(canvas: &Canvas, part: &str) -> usize {
    canvas.failures().iter().filter(|envelope| text(&envelope["ErrorMessage"]).contains(part)).count()
}

#[tokio::test]
async fn every_node_occurs_in_a_story_and_does_what_the_story_says() {
    let canvas = Canvas::start().await;
    tell(&canvas, 0).await.check(&canvas).await;
    let nodes = items(&canvas.service("/v1/nodes").await["nodes"]);
    let operations: BTreeSet<String> =
        nodes.iter().map(|node| text(&node["id"]).trim_start_matches("dingtalk/").to_owned()).collect();
    assert_eq!(operations.len(), 39);
    assert_eq!(canvas.operations(), operations);
    // The one that a story wants.
    assert_eq!(failed_with(&canvas, ""), 1, "{:#?}", canvas.failures());
}

#[tokio::test]
async fn with_2_percent_of_requests_throttled_and_1_percent_failing_nothing_is_lost_and_nothing_done_twice() {
    const TELLINGS: usize = budget::HEADING.len();
    let faults = json!([
        { "path": "/", "share": 0.02, "fault": "throttle" },
        { "path": "/", "share": 0.01, "fault": "busy" },
    ]);
    let canvas = LocalSet::new().run_until(tell_under(faults, TELLINGS)).await;
    // Both APIs, each of which says it in its own way. A read that came too fast the gate has sent again.
    let throttled = failed_with(&canvas, "QpsLimitForAppkeyAndApi") + failed_with(&canvas, "90018");
    let busy = failed_with(&canvas, "serviceBusy") + failed_with(&canvas, "-1: ");
    assert!(throttled + busy > 0, "{:#?}", canvas.failures());
    assert!(answered_with(&canvas, 403).await > 0);
}

#[tokio::test]
async fn with_answers_lost_connections_cut_and_pages_of_a_proxy_nothing_is_lost_and_nothing_done_twice() {
    const TELLINGS: usize = 3;
    let page = json!({ "status": { "status": 503, "body": "<html><h1>503 Service Unavailable</h1></html>" } });
    let faults = json!([
        { "path": "/", "share": 0.05, "fault": "close_after" },
        { "path": "/", "share": 0.05, "fault": "close" },
        { "path": "/", "share": 0.05, "fault": page },
        { "path": "/", "share": 0.05, "fault": "throttle" },
    ]);
    let canvas = LocalSet::new().run_until(tell_under(faults, TELLINGS)).await;
    let (lost, pages) = (answered_with(&canvas, 0).await, answered_with(&canvas, 503).await);
    assert!(lost > 0 && pages > 0, "{lost} {pages}");
}

#[tokio::test]
async fn told_several_times_at_once_no_call_is_too_fast_for_the_service() {
    const TELLINGS: usize = 3;
    let canvas = LocalSet::new().run_until(tell_under(json!([]), TELLINGS)).await;
    // Each story wants one failure, none of them for its pace.
    assert_eq!(failed_with(&canvas, ""), TELLINGS, "{:#?}", canvas.failures());
    assert_eq!(answered_with(&canvas, 403).await, 0);
}

#[tokio::test]
async fn answers_that_say_success_and_prove_nothing_are_no_success() {
    const TELLINGS: usize = 3;
    let empty = |body: &str| json!({ "status": { "status": 200, "body": body } });
    let faults = json!([
        { "path": "/v1.0/doc/workspaces", "method": "POST", "share": 0.1, "fault": empty("{}") },
        { "path": "/v1.0/im/", "method": "POST", "share": 0.3, "fault": empty("{}") },
        { "path": "/v1.0/", "method": "PUT", "share": 0.1, "fault": empty("{\"success\":false}") },
        { "path": "/v1.0/", "method": "DELETE", "share": 0.1, "fault": empty("{\"success\":false}") },
        { "path": "/topapi/v2/user/create", "share": 0.3, "fault": empty("{\"errcode\":0,\"errmsg\":\"ok\"}") },
        { "path": "/topapi/message/corpconversation/asyncsend_v2", "share": 0.3, "fault": empty("{\"errcode\":0,\"errmsg\":\"ok\"}") },
    ]);
    let canvas = LocalSet::new().run_until(tell_under(faults, TELLINGS)).await;
    assert!(canvas.failures().len() > TELLINGS, "{:#?}", canvas.failures());
}

#[tokio::test]
async fn pages_of_what_stands_in_between_are_never_taken_for_the_service() {
    const TELLINGS: usize = 3;
    let page = |status: u16| {
        let body = "<html><head><title>Sign in</title></head></html>";
        json!({ "path": "/", "share": 0.03, "fault": { "status": { "status": status, "body": body } } })
    };
    let faults = [200, 302, 404, 502].map(page).into_iter().collect();
    let canvas = LocalSet::new().run_until(tell_under(faults, TELLINGS)).await;
    assert!(failed_with(&canvas, "Sign in") > 0, "{:#?}", canvas.failures());
    assert_eq!(failed_with(&canvas, "10000 calls"), 0, "{:#?}", canvas.failures());
}

#[tokio::test]
async fn with_a_key_for_every_write_what_was_not_executed_runs_again_and_what_was_is_given_again() {
    const TELLINGS: usize = 3;
    let faults = json!([
        { "path": "/", "share": 0.1, "fault": "throttle" },
        { "path": "/", "share": 0.03, "fault": "close_after" },
    ]);
    let canvas =
        LocalSet::new().run_until(tell_with(Habits { keys: true, ..Habits::default() }, faults, TELLINGS)).await;
    assert!(failed_with(&canvas, "QpsLimitForAppkeyAndApi") + failed_with(&canvas, "90018") > 0);
}

#[tokio::test]
async fn lists_and_ids_as_people_write_them_reach_whom_they_name() {
    let habits = Habits { by_hand: true, ..Habits::default() };
    let canvas = LocalSet::new().run_until(tell_with(habits, json!([]), 1)).await;
    assert_eq!(failed_with(&canvas, ""), 1, "{:#?}", canvas.failures());
}
