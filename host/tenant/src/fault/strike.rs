//! What a request gets that meets a fault.

use std::convert::Infallible;
use std::io;
use std::time::Duration;

use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{ConnectInfo, Request, State};
use axum::http::{StatusCode, header};
use axum::middleware::Next;
use axum::response::{Html, IntoResponse, Response};
use futures_util::{StreamExt, stream};

use super::Fault;
use crate::answer::{Family, NewerError, OlderError, stamped};
use crate::line::Line;
use crate::service::Shared;

const TRUNCATED_BODY: &str = r#"{"errcode":0,"errmsg":"ok","result":{"userid":"mana"#;
const ANNOUNCED_LENGTH: usize = 2 * TRUNCATED_BODY.len();
const HTML_PAGE: &str = "<!DOCTYPE html>\n<html lang=\"zh-CN\"><head><title>访问受限</title></head>\
    <body><h1>您的访问过于频繁，请稍后再试</h1></body></html>\n";
const BAN: &str = r#"{"status":1111,"wait":5,"source":"x5","punish":"deny","uuid":"ban"}"#;
const JSON: [(header::HeaderName, &str); 1] = [(header::CONTENT_TYPE, "application/json")];
const DRIP_BYTES: usize = 8;

/// Middleware: lets a request fail that a fault was ordered for.
pub(crate) async fn inject(
    State(service): State<Shared>,
    ConnectInfo(line): ConnectInfo<Line>,
    request: Request,
    next: Next,
) -> Response {
    let family = Family::of(request.uri().path());
    match service.faults.take(request.method(), request.uri().path()) {
        None => next.run(request).await,
        Some(Fault::Delay(duration)) => {
            tokio::time::sleep(duration).await;
            next.run(request).await
        }
        Some(Fault::Drip(pause)) => dripping(next.run(request).await, pause).await,
        Some(Fault::CloseAfter) => {
            let response = next.run(request).await;
            line.cut();
            response
        }
        Some(Fault::Close) => {
            line.cut();
            StatusCode::OK.into_response()
        }
        Some(Fault::Status { status, body }) => {
            let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
            (status, JSON, body).into_response()
        }
        Some(Fault::Throttle) => {
            let refused = match family {
                Family::Older => OlderError::TOO_FAST.into_response(),
                Family::Newer => NewerError::TOO_FAST.into_response(),
            };
            stamped(&service, refused)
        }
        Some(Fault::Busy) => {
            let refused = match family {
                Family::Older => OlderError::BUSY.into_response(),
                Family::Newer => NewerError::BUSY.into_response(),
            };
            stamped(&service, refused)
        }
        Some(Fault::Truncate) => truncated(),
        Some(Fault::BrokenJson) => (JSON, TRUNCATED_BODY).into_response(),
        Some(Fault::Html) => Html(HTML_PAGE).into_response(),
        Some(Fault::Ban) => (JSON, BAN).into_response(),
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

/// The same answer, piece by piece.
async fn dripping(response: Response, pause: Duration) -> Response {
    let (head, body) = response.into_parts();
    // An answer of the tenant is complete before it is sent.
    let whole = to_bytes(body, usize::MAX).await.unwrap_or_default();
    let pieces: Vec<Bytes> = whole.chunks(DRIP_BYTES).map(Bytes::copy_from_slice).collect();
    let drip = stream::iter(pieces).then(move |piece| async move {
        tokio::time::sleep(pause).await;
        Ok::<_, Infallible>(piece)
    });
    Response::from_parts(head, Body::from_stream(drip))
}
