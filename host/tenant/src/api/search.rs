//! Finding people and departments by their names, through the newer API.
//!
//! A name is found by any part of it, in characters or in pinyin. Mobile numbers and e-mail addresses are not searched.
//! The offset counts entries, not pages.

use axum::extract::State;
use axum::routing::post;
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::answer::NewerError;
use crate::call::{NewerBody, NewerRequest, NewerToken};
use crate::service::Shared;
use crate::state::Page;

const PARAMETER_ERROR: &str = "parameter.error";
const LARGEST_PAGE: usize = 20;

pub(super) fn routes() -> Router<Shared> {
    Router::new()
        .route("/v1.0/contact/users/search", post(users))
        .route("/v1.0/contact/departments/search", post(departments))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Search {
    query_word: String,
    offset: usize,
    size: usize,
    /// 1 for people whose name is the text; departments have no such search.
    #[serde(default)]
    full_match_field: Option<i64>,
}

impl NewerRequest for Search {
    const REFUSAL: &'static str = PARAMETER_ERROR;
}

impl Search {
    /// The text to look for.
    fn text(&self) -> Result<&str, NewerError> {
        let text = self.query_word.trim();
        if text.is_empty() {
            return Err(NewerError::bad_request(PARAMETER_ERROR, "queryWord must not be empty"));
        }
        if !(1..=LARGEST_PAGE).contains(&self.size) {
            let reason = format!("size must be from 1 to {LARGEST_PAGE}");
            return Err(NewerError::bad_request(PARAMETER_ERROR, reason));
        }
        Ok(text)
    }
}

async fn users(
    State(service): State<Shared>,
    _: NewerToken,
    NewerBody(request): NewerBody<Search>,
) -> Result<Json<Value>, NewerError> {
    let text = request.text()?;
    let whole_name = request.full_match_field == Some(1);
    let directory = service.organisation.directory();
    Ok(found(&request, directory.search_users(text, whole_name, request.offset, request.size)))
}

async fn departments(
    State(service): State<Shared>,
    _: NewerToken,
    NewerBody(request): NewerBody<Search>,
) -> Result<Json<Value>, NewerError> {
    let text = request.text()?;
    let directory = service.organisation.directory();
    Ok(found(&request, directory.search_departments(text, request.offset, request.size)))
}

fn found<T: Into<Value>>(request: &Search, page: Page<T>) -> Json<Value> {
    let end = request.offset.saturating_add(page.items.len());
    Json(json!({
        "hasMore": end < page.total,
        "totalCount": page.total,
        "list": page.items.into_iter().map(Into::into).collect::<Vec<Value>>(),
    }))
}
