//! Access tokens: both APIs give out the same one.

use axum::extract::State;
use axum::http::Uri;
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::answer::{NewerError, OlderError};
use crate::call::{NewerBody, NewerRequest, query};
use crate::service::{Service, Shared};

pub(super) fn routes() -> Router<Shared> {
    Router::new().route("/v1.0/oauth2/accessToken", post(access_token)).route("/gettoken", get(get_token))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct AccessTokenRequest {
    app_key: String,
    app_secret: String,
}

impl NewerRequest for AccessTokenRequest {
    const REFUSAL: &'static str = "parameter.invalid";
}

async fn access_token(
    State(service): State<Shared>,
    NewerBody(request): NewerBody<AccessTokenRequest>,
) -> Result<Json<Value>, NewerError> {
    let issued = issue(&service, &request.app_key, &request.app_secret);
    let (token, seconds) = issued.ok_or(NewerError::CREDENTIAL_WRONG)?;
    Ok(Json(json!({ "accessToken": token, "expireIn": seconds })))
}

#[derive(Deserialize)]
struct GetTokenQuery {
    appkey: String,
    appsecret: String,
}

async fn get_token(State(service): State<Shared>, uri: Uri) -> Result<Json<Value>, OlderError> {
    let request: GetTokenQuery =
        query(&uri).ok_or_else(|| OlderError::parameter("appkey and appsecret are both required"))?;
    let issued = issue(&service, &request.appkey, &request.appsecret);
    let (token, seconds) = issued.ok_or(OlderError::CREDENTIAL_WRONG)?;
    Ok(Json(json!({
        "errcode": 0,
        "errmsg": "ok",
        "access_token": token,
        "expires_in": seconds,
    })))
}

/// The application's token and the seconds it has, when key and secret are right.
fn issue(service: &Service, app_key: &str, app_secret: &str) -> Option<(String, u64)> {
    if !service.knows_application(app_key, app_secret) {
        tracing::info!("refused a token: wrong key or secret");
        return None;
    }
    Some(service.organisation.tokens().issue(service.now()))
}
