//! The calls, one file for each family of them.

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::{Method, Uri};
use axum::middleware::{from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Response};

use crate::admin;
use crate::answer::{self, Family, NewerError, OlderError};
use crate::call;
use crate::fault;
use crate::journal;
use crate::service::Shared;

mod chats;
mod departments;
mod messages;
mod oauth;
mod parameter;
mod search;
mod sheets;
mod users;
mod wiki;

const MOST_BODY_BYTES: usize = 16 * 1024 * 1024;

/// All calls. Around each of DingTalk's, from the outside in: the journal, ordered faults, and the request id of the answer.
pub(crate) fn router(service: Shared) -> Router {
    Router::new()
        .merge(oauth::routes())
        .merge(users::routes())
        .merge(departments::routes())
        .merge(search::routes())
        .merge(chats::routes())
        .merge(messages::routes())
        .merge(sheets::routes())
        .merge(wiki::routes())
        .method_not_allowed_fallback(wrong_method)
        .fallback(unknown_path)
        .layer(DefaultBodyLimit::max(MOST_BODY_BYTES))
        .layer(from_fn_with_state(service.clone(), answer::stamp))
        .layer(from_fn_with_state(service.clone(), fault::inject))
        .layer(from_fn(call::read_to_the_end::<MOST_BODY_BYTES>))
        .layer(from_fn_with_state(service.clone(), journal::record))
        .merge(admin::routes())
        .with_state(service)
}

/// What begins the answer to a call that the tenant does not know. It says nothing of DingTalk, so no fixture is made of it.
pub const UNKNOWN_CALL: &str = "the simulated tenant does not know the call";

/// A call that the tenant does not know; a test teaches it one by a fault that answers in its place.
async fn unknown_path(method: Method, uri: Uri) -> Response {
    let path = uri.path();
    let call = format!(
        "{UNKNOWN_CALL} {method} {path}: run against your own organisation, or teach it an answer: POST /-/faults \
         {{\"path\":\"{path}\",\"fault\":{{\"status\":{{\"status\":200,\"body\":\"{{}}\"}}}}}}"
    );
    match Family::of(path) {
        Family::Older => OlderError::unknown_call(&call).into_response(),
        Family::Newer => NewerError::unknown_call(&call).into_response(),
    }
}

/// The older API's calls are served by one method each, GET or POST.
async fn wrong_method(method: Method, uri: Uri) -> Response {
    match Family::of(uri.path()) {
        Family::Older if method == Method::GET => OlderError::POST_NEEDED.into_response(),
        Family::Older if method == Method::POST => OlderError::GET_NEEDED.into_response(),
        _ => unknown_path(method, uri).await,
    }
}
