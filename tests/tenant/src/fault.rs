//! Failures that a test orders in advance.

use std::io;
use std::sync::Mutex;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::{ConnectInfo, Request, State};
use axum::http::{StatusCode, header};
use axum::middleware::Next;
use axum::response::{Html, IntoResponse, Response};
use futures_util::{StreamExt, stream};

use crate::line::Line;
use crate::service::{Shared, locked};

/// How a request fails. Every fault strikes before the call is executed: none of them changes the organisation's state.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fault {
    /// Answers with this status and this JSON text; a number that is no HTTP status counts as 500.
    Status {
        /// The HTTP status.
        status: u16,
        /// The body, sent as `application/json`.
        body: String,
    },
    /// Waits, then executes the call as if nothing had happened, unless the caller has gone away by then.
    Delay(Duration),
    /// Closes the connection without an answer.
    Close,
    /// Answers 200, announces a JSON body, sends half of it and closes the connection.
    Truncate,
    /// Answers 200 with the HTML page of a proxy or a firewall in place of JSON.
    Html,
}

const TRUNCATED_BODY: &str = r#"{"errcode":0,"errmsg":"ok","result":{"userid":"mana"#;
const ANNOUNCED_LENGTH: usize = 2 * TRUNCATED_BODY.len();
const HTML_PAGE: &str = "<!DOCTYPE html>\n<html lang=\"zh-CN\"><head><title>访问受限</title></head>\
    <body><h1>您的访问过于频繁，请稍后再试</h1></body></html>\n";

/// The faults that were ordered and have not struck yet.
#[derive(Default)]
pub(crate) struct Faults {
    scheduled: Mutex<Vec<Scheduled>>,
}

struct Scheduled {
    path_prefix: String,
    times: usize,
    fault: Fault,
}

impl Faults {
    pub(crate) fn schedule(&self, path_prefix: &str, times: usize, fault: Fault) {
        if times > 0 {
            locked(&self.scheduled).push(Scheduled { path_prefix: path_prefix.to_owned(), times, fault });
        }
    }

    /// The fault that this request meets, counted off.
    fn take(&self, path: &str) -> Option<Fault> {
        let mut scheduled = locked(&self.scheduled);
        let due = scheduled.iter_mut().find(|due| path.starts_with(&due.path_prefix))?;
        due.times -= 1;
        let fault = due.fault.clone();
        scheduled.retain(|due| due.times > 0);
        Some(fault)
    }
}

/// Middleware: lets a request fail that a fault was ordered for.
pub(crate) async fn inject(
    State(service): State<Shared>,
    ConnectInfo(line): ConnectInfo<Line>,
    request: Request,
    next: Next,
) -> Response {
    match service.faults.take(request.uri().path()) {
        None => next.run(request).await,
        Some(Fault::Delay(duration)) => {
            tokio::time::sleep(duration).await;
            next.run(request).await
        }
        Some(Fault::Status { status, body }) => {
            let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
            (status, [(header::CONTENT_TYPE, "application/json")], body).into_response()
        }
        Some(Fault::Close) => {
            line.cut();
            StatusCode::OK.into_response()
        }
        Some(Fault::Truncate) => truncated(),
        Some(Fault::Html) => Html(HTML_PAGE).into_response(),
    }
}

/// Half of an answer, then a broken connection. The pause in between lets the first half leave the server's buffer.
fn truncated() -> Response {
    let half = stream::once(async { Ok(Bytes::from_static(TRUNCATED_BODY.as_bytes())) });
    let broken = stream::once(async {
        tokio::task::yield_now().await;
        Err(io::Error::new(io::ErrorKind::ConnectionAborted, "cut by a fault"))
    });
    let headers =
        [(header::CONTENT_TYPE, "application/json".to_owned()), (header::CONTENT_LENGTH, ANNOUNCED_LENGTH.to_string())];
    (headers, Body::from_stream(half.chain(broken))).into_response()
}
