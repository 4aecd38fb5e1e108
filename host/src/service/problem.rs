//! What is wrong with a call itself: `application/problem+json` (RFC 9457), which also has the envelope's fields, so that
//! a canvas reads one shape whatever happens.

use axum::Json;
use axum::extract::rejection::{JsonRejection, PathRejection};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::json;

/// A call that could not become an invocation.
#[derive(Debug)]
pub struct Problem {
    status: StatusCode,
    detail: String,
    hint: String,
}

impl Problem {
    fn new(status: StatusCode, detail: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { status, detail: detail.into(), hint: hint.into() }
    }

    /// The call names something that is not there.
    pub fn not_found(detail: impl Into<String>, hint: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, detail, hint)
    }

    /// The call is not as it should be.
    pub fn bad_request(detail: impl Into<String>, hint: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, detail, hint)
    }

    /// The path has another method.
    pub fn method_not_allowed() -> Self {
        Self::new(StatusCode::METHOD_NOT_ALLOWED, "this path takes another method", "Invoke with POST, read with GET.")
    }

    /// The path does not name a node, because it is not text.
    pub fn unusable_path(rejection: &PathRejection) -> Self {
        Self::new(rejection.status(), rejection.body_text(), "GET /v1/nodes lists the nodes.")
    }

    /// The body is not the JSON object of an invocation.
    pub fn unusable_body(rejection: &JsonRejection) -> Self {
        let hint = match rejection {
            JsonRejection::MissingJsonContentType(_) => "Add the header `content-type: application/json`.",
            JsonRejection::JsonSyntaxError(_) => "Send JSON.",
            _ => {
                "Send {\"inputs\":{..},\"options\":{..},\"credential\":\"NAME\",\"timeout_ms\":N}; all but inputs may be left out."
            }
        };
        Self::new(rejection.status(), rejection.body_text(), hint)
    }

    /// The node can not be loaded.
    pub fn internal(error: &dyn std::error::Error) -> Self {
        tracing::error!("{error}");
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, error.to_string(), "The service's log says more.")
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let body = json!({
            "type": "about:blank",
            "title": self.status.canonical_reason().unwrap_or_default(),
            "status": self.status.as_u16(),
            "detail": self.detail,
            "StatusCode": self.status.as_u16(),
            "ErrorMessage": self.detail,
            "Hint": self.hint,
            "Retryable": false,
            "Summary": "",
            "OriginalStatusCode": 0,
        });
        let content_type = (header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        (self.status, [content_type], Json(body)).into_response()
    }
}
