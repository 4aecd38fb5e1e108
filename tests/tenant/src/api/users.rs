//! People, read through the older API.

use axum::Router;
use axum::extract::State;
use axum::routing::post;
use serde::Deserialize;
use serde_json::json;

use crate::answer::{OlderAnswer, OlderError};
use crate::call::OlderCall;
use crate::service::Shared;

const USER_ID_INVALID: OlderError = OlderError::new(33012, "无效的USERID");
const MOBILE_INVALID: OlderError = OlderError::new(40104, "无效手机号");
const USER_UNKNOWN: OlderError = OlderError::new(60121, "找不到该用户");

const LONGEST_USER_ID: usize = 64;

pub(super) fn routes() -> Router<Shared> {
    Router::new().route("/topapi/v2/user/getbymobile", post(get_by_mobile)).route("/topapi/v2/user/get", post(get))
}

#[derive(Deserialize)]
struct GetByMobile {
    mobile: String,
}

async fn get_by_mobile(
    State(service): State<Shared>,
    OlderCall(request): OlderCall<GetByMobile>,
) -> Result<OlderAnswer, OlderError> {
    if request.mobile.is_empty() {
        return Err(OlderError::parameter("mobile must not be empty"));
    }
    if !is_mobile(&request.mobile) {
        return Err(MOBILE_INVALID);
    }
    let user = service.organisation.directory().user_by_mobile(&request.mobile);
    let user = user.ok_or(USER_UNKNOWN)?;
    Ok(OlderAnswer::new("result", json!({ "userid": user.user_id })))
}

#[derive(Deserialize)]
struct Get {
    userid: String,
    #[serde(default, rename = "language")]
    _language: Language,
}

/// The language of names in the answer; this organisation has its names in Chinese only.
#[derive(Default, Deserialize)]
enum Language {
    #[default]
    #[serde(rename = "zh_CN")]
    Chinese,
    #[serde(rename = "en_US")]
    English,
}

async fn get(State(service): State<Shared>, OlderCall(request): OlderCall<Get>) -> Result<OlderAnswer, OlderError> {
    if request.userid.is_empty() {
        return Err(OlderError::parameter("userid must not be empty"));
    }
    if request.userid.chars().count() > LONGEST_USER_ID {
        return Err(USER_ID_INVALID);
    }
    let user = service.organisation.directory().user(&request.userid);
    let user = user.ok_or(USER_UNKNOWN)?;
    Ok(OlderAnswer::new("result", json!(user)))
}

/// Whether the text is a number of mainland China, or one of elsewhere in the form `+xx-xxxxxx`.
fn is_mobile(text: &str) -> bool {
    let all_digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    match text.strip_prefix('+').and_then(|text| text.split_once('-')) {
        Some((country, number)) => all_digits(country) && all_digits(number),
        None => text.len() == 11 && text.starts_with('1') && all_digits(text),
    }
}
