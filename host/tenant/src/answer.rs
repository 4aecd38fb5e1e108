//! What the service answers, in the manners of its two APIs.
//!
//! | | older API (`oapi.dingtalk.com`) | newer API (`api.dingtalk.com`) |
//! | --- | --- | --- |
//! | success | HTTP 200, `errcode` 0, the fields of the call, `request_id` | HTTP 200, the fields of the call |
//! | failure | HTTP 200, `errcode`, `errmsg`, `request_id` | HTTP 4xx, `code`, `message`, `requestid` |
//!
//! An answer is first a [`Draft`]; the middleware [`stamp`] gives it its request id and writes it out.

use axum::Json;
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value};

use crate::service::{Service, Shared};

mod newer;
mod older;

pub(crate) use newer::NewerError;
pub(crate) use older::{OlderAnswer, OlderBareAnswer, OlderError};

/// Which of the two APIs a call belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Family {
    Older,
    Newer,
}

impl Family {
    /// The API that serves this path: the newer one's paths start with a version such as `/v1.0/`.
    pub(crate) fn of(path: &str) -> Self {
        let version = path.strip_prefix("/v").unwrap_or_default();
        if version.starts_with(|first: char| first.is_ascii_digit()) { Self::Newer } else { Self::Older }
    }
}

/// A body that still lacks its request id.
#[derive(Clone)]
struct Draft {
    family: Family,
    body: Map<String, Value>,
    /// Whether it is the older API's gateway that refused the call, which may tell its code as a cause.
    is_refusal: bool,
}

impl Draft {
    /// Leaves the draft in `response`, where [`stamp`] finds it.
    fn attach(self, mut response: Response) -> Response {
        response.extensions_mut().insert(self);
        response
    }
}

/// Middleware: completes the draft of an answer, if that is what the call gave.
pub(crate) async fn stamp(State(service): State<Shared>, request: Request, next: Next) -> Response {
    let response = next.run(request).await;
    stamped(&service, response)
}

/// The answer with its draft completed, if it has one.
pub(crate) fn stamped(service: &Service, mut response: Response) -> Response {
    let Some(Draft { family, mut body, is_refusal }) = response.extensions_mut().remove() else {
        return response;
    };
    if is_refusal && service.wraps_refusals {
        body = older::wrapped(&body);
    }
    let (name, id) = match family {
        Family::Older => ("request_id", service.request_ids.short_id()),
        Family::Newer => ("requestid", service.request_ids.uuid()),
    };
    body.insert(name.to_owned(), id.into());
    (response.status(), Json(body)).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_at_the_start_of_the_path_makes_it_the_newer_api() {
        assert_eq!(Family::of("/v1.0/im/group/create"), Family::Newer);
        assert_eq!(Family::of("/v2.0/wiki/nodes"), Family::Newer);
        assert_eq!(Family::of("/topapi/v2/user/get"), Family::Older);
        assert_eq!(Family::of("/visit"), Family::Older);
        assert_eq!(Family::of("/"), Family::Older);
    }
}
