//! The description of the service: as a document for programs and as a page for people.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, Method, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use serde_json::json;

use super::Service;
use super::catalog::{answer_document, tagged};
use super::openapi::Endpoint;
use super::problem::Problem;

/// The page. It has all that it needs in itself and shows what `/openapi.json` says.
const PAGE: &str = include_str!("docs.html");
/// Nothing is loaded from elsewhere, and nothing but the document is fetched.
const POLICY: &str = "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; connect-src 'self'; \
                      base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// The endpoints.
pub fn endpoints() -> Vec<Endpoint<Arc<Service>>> {
    vec![
        Endpoint {
            method: Method::GET,
            path: "/openapi.json",
            needs: None,
            handler: get(document),
            describe: |operation| {
                let text = "The OpenAPI 3.1 document of this service.";
                tagged(operation.named("openapi", "Service", "This document", text)).answer_of(
                    200,
                    "The document.",
                    "application/json",
                    json!({ "type": "object" }),
                )
            },
        },
        Endpoint {
            method: Method::GET,
            path: "/docs",
            needs: None,
            handler: get(page),
            describe: |operation| {
                operation.named("docs", "Service", "This document, for people", "A page to browse.").answer_of(
                    200,
                    "The page.",
                    "text/html",
                    json!({ "type": "string" }),
                )
            },
        },
    ]
}

async fn document(State(service): State<Arc<Service>>, headers: HeaderMap) -> Result<Response, Problem> {
    answer_document(&service.document, &headers, "application/json")
}

async fn page() -> Response {
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8")),
        (header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY)),
    ];
    (headers, PAGE).into_response()
}
