//! Failures of the newer API: the HTTP status and a code tell.

use std::borrow::Cow;
use std::fmt::Display;

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value, json};

use super::{Draft, Family};

/// A failure.
#[derive(Clone, Debug)]
pub(crate) struct NewerError {
    status: StatusCode,
    code: &'static str,
    message: Cow<'static, str>,
    /// The permission that the application lacks.
    missing_scope: Option<&'static str>,
}

impl NewerError {
    /// DingTalk may well have the call.
    pub(crate) fn unknown_call(call: &str) -> Self {
        Self::with_reason(StatusCode::NOT_FOUND, "simulatedTenant.unknownCall", call)
    }

    /// The token is missing, unknown or expired: the newer API does not tell which.
    pub(crate) const TOKEN_REFUSED: Self =
        Self::new(StatusCode::BAD_REQUEST, "InvalidAuthentication", "不合法的access_token");
    pub(crate) const CREDENTIAL_WRONG: Self =
        Self::new(StatusCode::BAD_REQUEST, "invalidClientIdOrSecret", "无效的clientId或者clientSecret");

    pub(crate) const TOO_FAST: Self = Self::new(
        StatusCode::FORBIDDEN,
        "Forbidden.AccessDenied.QpsLimitForAppkeyAndApi",
        "当前应用调用该接口的频率过高，请稍后再试",
    );
    pub(crate) const BUSY: Self = Self::new(StatusCode::SERVICE_UNAVAILABLE, "serviceBusy", "系统繁忙，请稍后再试");

    pub(crate) const fn new(status: StatusCode, code: &'static str, message: &'static str) -> Self {
        Self { status, code, message: Cow::Borrowed(message), missing_scope: None }
    }

    /// The application lacks a permission.
    pub(crate) fn scope_missing(scope: &'static str) -> Self {
        let code = "Forbidden.AccessDenied.AccessTokenPermissionDenied";
        let message = format!("应用尚未开通所需的权限：[{scope}]").into();
        Self { status: StatusCode::FORBIDDEN, code, message, missing_scope: Some(scope) }
    }

    /// HTTP 400 with this code; `reason` says what is wrong with the request.
    pub(crate) fn bad_request(code: &'static str, reason: impl Display) -> Self {
        Self::with_reason(StatusCode::BAD_REQUEST, code, reason)
    }

    pub(crate) fn with_reason(status: StatusCode, code: &'static str, reason: impl Display) -> Self {
        Self { status, code, message: reason.to_string().into(), missing_scope: None }
    }
}

impl IntoResponse for NewerError {
    fn into_response(self) -> Response {
        let fields = [("code", self.code.into()), ("message", self.message.into())];
        let fields = fields.map(|(name, value): (&str, Value)| (name.to_owned(), value));
        let mut body: Map<String, Value> = fields.into_iter().collect();
        if let Some(scope) = self.missing_scope {
            body.insert("accessdenieddetail".to_owned(), json!({ "requiredScopes": [scope] }));
        }
        let draft = Draft { family: Family::Newer, body, is_refusal: false };
        draft.attach(self.status.into_response())
    }
}
