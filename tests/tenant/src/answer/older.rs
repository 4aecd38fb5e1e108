//! Answers of the older API: HTTP 200 throughout, `errcode` tells.

use std::borrow::Cow;
use std::fmt::Display;

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value};

use super::{Draft, Family};

/// A success with one field of its own.
pub(crate) struct OlderAnswer {
    name: &'static str,
    value: Value,
}

impl OlderAnswer {
    pub(crate) fn new(name: &'static str, value: impl Into<Value>) -> Self {
        let value = value.into();
        Self { name, value }
    }
}

impl IntoResponse for OlderAnswer {
    fn into_response(self) -> Response {
        let mut body = body(0, "ok".into());
        body.insert(self.name.to_owned(), self.value);
        respond(body)
    }
}

/// A failure. The codes below are those of the service's global table; a call adds its own.
#[derive(Clone, Debug)]
pub(crate) struct OlderError {
    code: i64,
    message: Cow<'static, str>,
}

impl OlderError {
    pub(crate) const PATH_UNKNOWN: Self = Self::new(404, "请求的URI地址不存在");
    pub(crate) const TOKEN_UNKNOWN: Self = Self::new(40014, "不合法的access_token");
    pub(crate) const TOKEN_EXPIRED: Self = Self::new(42001, "access_token已过期");
    pub(crate) const TOKEN_MISSING: Self = Self::new(41001, "缺少access_token参数");
    pub(crate) const CREDENTIAL_WRONG: Self = Self::new(40089, "不合法的corpid或corpsecret");
    pub(crate) const BODY_EMPTY: Self = Self::new(40035, "不合法的参数: 请求体为空");
    pub(crate) const GET_NEEDED: Self = Self::new(43001, "需要GET请求");
    pub(crate) const POST_NEEDED: Self = Self::new(43002, "需要POST请求");
    pub(crate) const CONTENT_TYPE_WRONG: Self = Self::new(43004, "无效的HTTP HEADER Content-Type");
    pub(crate) const JSON_NEEDED: Self = Self::new(43009, "POST参数不是合法的JSON对象");

    pub(crate) const fn new(code: i64, message: &'static str) -> Self {
        let message = Cow::Borrowed(message);
        Self { code, message }
    }

    /// A parameter is missing or not of its type; `reason` says which.
    pub(crate) fn parameter(reason: impl Display) -> Self {
        Self { code: 400_002, message: format!("无效的参数: {reason}").into() }
    }
}

impl IntoResponse for OlderError {
    fn into_response(self) -> Response {
        respond(body(self.code, self.message))
    }
}

fn body(code: i64, message: Cow<'static, str>) -> Map<String, Value> {
    let fields = [("errcode", code.into()), ("errmsg", message.into())];
    let fields = fields.map(|(name, value): (&str, Value)| (name.to_owned(), value));
    fields.into_iter().collect()
}

fn respond(body: Map<String, Value>) -> Response {
    let family = Family::Older;
    Draft { family, body }.attach(StatusCode::OK.into_response())
}
