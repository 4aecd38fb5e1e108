//! The tenant's own calls, under `/-/`: DingTalk has none of them. They are neither journalled nor limited, and no fault
//! strikes them.
//!
//! | call | does |
//! | --- | --- |
//! | `GET /-/faults` | lists the faults that still hold |
//! | `POST /-/faults` | adds a [`FaultRule`], or an array of them |
//! | `DELETE /-/faults` | lets nothing fail any longer |
//! | `GET /-/requests` | lists the requests that arrived, without secrets |
//! | `GET /-/state` | gives the whole organisation as JSON, as `--state` and `--seed` take it |
//! | `POST /-/tokens/expire` | lets every token issued so far count as expired |

use axum::body::Bytes;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::fault::FaultRule;
use crate::journal::ServedRequest;
use crate::service::Shared;

pub(crate) fn routes() -> Router<Shared> {
    Router::new()
        .route("/-/faults", get(faults).post(add_faults).delete(clear_faults))
        .route("/-/requests", get(requests))
        .route("/-/state", get(state))
        .route("/-/tokens/expire", post(expire_tokens))
}

async fn faults(State(service): State<Shared>) -> Json<Vec<FaultRule>> {
    Json(service.faults.all())
}

#[derive(Deserialize)]
#[serde(untagged)]
enum OneOrMany {
    Many(Vec<Value>),
    One(Value),
}

/// All of them or none.
async fn add_faults(
    State(service): State<Shared>,
    body: Bytes,
) -> Result<Json<Vec<FaultRule>>, (StatusCode, Json<Value>)> {
    let refused = |error: serde_json::Error| {
        let hint = r#"give a rule such as {"path":"/v1.0/","times":1,"fault":"throttle"}, or an array of rules"#;
        (StatusCode::BAD_REQUEST, Json(json!({ "error": error.to_string(), "hint": hint })))
    };
    let given = match serde_json::from_slice(&body).map_err(refused)? {
        OneOrMany::Many(rules) => rules,
        OneOrMany::One(rule) => vec![rule],
    };
    let rules: Vec<FaultRule> =
        given.into_iter().map(serde_json::from_value).collect::<Result<_, _>>().map_err(refused)?;
    rules.into_iter().for_each(|rule| service.faults.add(rule));
    Ok(faults(State(service)).await)
}

async fn clear_faults(State(service): State<Shared>) -> StatusCode {
    service.faults.clear();
    StatusCode::NO_CONTENT
}

async fn requests(State(service): State<Shared>) -> Json<Vec<ServedRequest>> {
    Json(service.journal.requests())
}

async fn state(State(service): State<Shared>) -> Result<impl IntoResponse, (StatusCode, String)> {
    let state = service.organisation.to_json();
    let state = state.map_err(|error| (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()))?;
    Ok(([(header::CONTENT_TYPE, "application/json")], state))
}

async fn expire_tokens(State(service): State<Shared>) -> StatusCode {
    service.organisation.tokens().expire_all();
    StatusCode::NO_CONTENT
}
