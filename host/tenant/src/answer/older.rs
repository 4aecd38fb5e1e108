//! Answers of the older API: HTTP 200 throughout, `errcode` tells.

use std::borrow::Cow;
use std::fmt::Display;

use axum::Json;
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
        respond(body, false)
    }
}

/// A success of the few calls that answer without a request id, with their fields.
pub(crate) struct OlderBareAnswer(pub(crate) Map<String, Value>);

impl IntoResponse for OlderBareAnswer {
    fn into_response(self) -> Response {
        let mut body = body(0, "ok".into());
        body.extend(self.0);
        Json(body).into_response()
    }
}

/// A failure. The codes below are those of the service's global table; a call adds its own.
#[derive(Clone, Debug)]
pub(crate) struct OlderError {
    code: i64,
    message: Cow<'static, str>,
    /// The code that this one only wraps.
    cause: Option<(&'static str, &'static str)>,
    /// Whether the gateway refuses the call before anything looks at it.
    is_refusal: bool,
}

impl OlderError {
    /// DingTalk may well have the call; it has no such errcode.
    pub(crate) fn unknown_call(call: &str) -> Self {
        Self { message: call.to_owned().into(), ..Self::new(9_990_404, "") }
    }

    pub(crate) const TOKEN_UNKNOWN: Self = Self::refusal(40014, "不合法的access_token");
    pub(crate) const TOKEN_EXPIRED: Self = Self::refusal(42001, "access_token已过期");
    pub(crate) const TOKEN_MISSING: Self = Self::new(41001, "缺少access_token参数");
    pub(crate) const CREDENTIAL_WRONG: Self = Self::new(40089, "不合法的corpid或corpsecret");
    pub(crate) const BODY_EMPTY: Self = Self::new(40035, "不合法的参数: 请求体为空");
    pub(crate) const GET_NEEDED: Self = Self::new(43001, "需要GET请求");
    pub(crate) const POST_NEEDED: Self = Self::new(43002, "需要POST请求");
    pub(crate) const CONTENT_TYPE_WRONG: Self = Self::new(43004, "无效的HTTP HEADER Content-Type");
    pub(crate) const JSON_NEEDED: Self = Self::new(43009, "POST参数不是合法的JSON对象");

    pub(crate) const TOO_FAST: Self = Self::refusal(90018, "您的服务器调用钉钉开放平台当前接口的频率过高");
    pub(crate) const BUSY: Self = Self::new(-1, "系统繁忙");

    pub(crate) const fn new(code: i64, message: &'static str) -> Self {
        let message = Cow::Borrowed(message);
        Self { code, message, cause: None, is_refusal: false }
    }

    const fn refusal(code: i64, message: &'static str) -> Self {
        Self { code, message: Cow::Borrowed(message), cause: None, is_refusal: true }
    }

    /// A parameter is malformed, in the calls that tell this from one that is missing; `reason` says which.
    pub(crate) fn malformed(reason: impl Display) -> Self {
        Self { code: 40035, message: format!("不合法的参数: {reason}").into(), cause: None, is_refusal: false }
    }

    /// A parameter is missing or not of its type; `reason` says which.
    pub(crate) fn parameter(reason: impl Display) -> Self {
        Self { code: 400_002, message: format!("无效的参数: {reason}").into(), cause: None, is_refusal: false }
    }

    /// The application lacks a permission: told by a code in a wrapper.
    pub(crate) fn scope_missing(scope: &'static str) -> Self {
        const CODE: &str = "60011";
        const REASON: &str = "没有调用该接口的权限";
        let message = format!("应用尚未开通所需的权限：[{scope}] [subcode={CODE},submsg={REASON}]").into();
        Self { code: 88, message, cause: Some((CODE, REASON)), is_refusal: false }
    }
}

impl IntoResponse for OlderError {
    fn into_response(self) -> Response {
        let mut body = body(self.code, self.message);
        if let Some((code, reason)) = self.cause {
            body.insert("sub_code".to_owned(), code.into());
            body.insert("sub_msg".to_owned(), reason.into());
        }
        respond(body, self.is_refusal)
    }
}

/// A failure as the cause of an errcode 88.
/// Source: answers in reports of its users, `{"errcode":88,"sub_code":"90018","sub_msg":"..","errmsg":"ding talk
/// error[subcode=90018,submsg=..]"}`.
pub(super) fn wrapped(plain: &Map<String, Value>) -> Map<String, Value> {
    let code = plain.get("errcode").map(Value::to_string).unwrap_or_default();
    let message = plain.get("errmsg").and_then(Value::as_str).unwrap_or_default();
    let mut body = body(88, format!("ding talk error[subcode={code},submsg={message}]").into());
    body.insert("sub_code".to_owned(), code.into());
    body.insert("sub_msg".to_owned(), message.into());
    body
}

fn body(code: i64, message: Cow<'static, str>) -> Map<String, Value> {
    let fields = [("errcode", code.into()), ("errmsg", message.into())];
    let fields = fields.map(|(name, value): (&str, Value)| (name.to_owned(), value));
    fields.into_iter().collect()
}

fn respond(body: Map<String, Value>, is_refusal: bool) -> Response {
    let family = Family::Older;
    Draft { family, body, is_refusal }.attach(StatusCode::OK.into_response())
}
