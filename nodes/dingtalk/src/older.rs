//! The older API, `oapi.dingtalk.com`: a failure arrives with HTTP 200 and an `errcode` other than 0, at times wrapped in
//! 88 or 15, whose cause is in a sub code. Everything is typed loosely: `"errcode": "0"` is a success.

use patchbay_node::{Effect, Method, Response, Result};
use serde_json::{Map, Value};

use crate::{
    Call,
    call::Api,
    errors::{Body, OLDER, Reader, Refusal, text},
};

static API: Api = Api { base: "https://oapi.dingtalk.com", slot: "older", read };

/// The codes that only say that another system refused; which code it gave is in the sub code.
const WRAPPERS: [&str; 2] = ["88", "15"];

/// Reads.
pub fn get(path: &str) -> Call {
    Call::new(&API, Method::Get, path, Effect::Read)
}

/// Acts; [`reading`](Call::reading) where it only reads, which this API mostly does with POST.
pub fn post(path: &str) -> Call {
    Call::new(&API, Method::Post, path, Effect::Write)
}

fn read(reader: &Reader, response: &Response) -> Result<Map<String, Value>> {
    let mut members = match Body::of(response) {
        Body::Object(members) => members,
        Body::Empty if !response.is_success() => Map::new(),
        other => return Err(reader.unreadable(response.status(), &other)),
    };
    match (members.get("errcode").and_then(text), response.is_success()) {
        (Some(code), true) if code == "0" => {
            members.shift_remove("errcode");
            members.shift_remove("errmsg");
            Ok(members)
        }
        (None, true) => Err(reader.not_understood("DingTalk answered neither success nor failure")),
        (code, _) => {
            let code = code.filter(|code| code != "0").unwrap_or_default();
            Err(reader.failure(&refusal(response.status(), code, &members), OLDER))
        }
    }
}

fn refusal(status: u16, code: String, members: &Map<String, Value>) -> Refusal {
    let member = |names: &[&str]| names.iter().find_map(|name| text(members.get(*name)?));
    let message = member(&["errmsg"]).unwrap_or_default();
    let sub_code = || member(&["sub_code", "subCode"]).or_else(|| quoted(&message, "subcode=", &[',', ']']));
    let cause = if WRAPPERS.contains(&code.as_str()) { sub_code() } else { None };
    let request_id = member(&["request_id", "requestId"]).unwrap_or_default();
    match cause {
        Some(cause) => {
            let message =
                member(&["sub_msg", "subMsg"]).or_else(|| quoted(&message, "submsg=", &[']'])).unwrap_or(message);
            Refusal { status, code: cause, wrapper: Some(code), message, request_id, ..Refusal::default() }
        }
        None => Refusal { status, code, message, request_id, ..Refusal::default() },
    }
}

/// What a message repeats of the sub code: `... [subcode=40014,submsg=invalid token]`.
fn quoted(message: &str, name: &str, ends: &[char]) -> Option<String> {
    let (_, rest) = message.split_once(name)?;
    let value = rest.split(ends).next()?.trim();
    (!value.is_empty()).then(|| value.to_owned())
}

#[cfg(test)]
mod tests {
    use patchbay_node::{Failure, FailureKind};
    use serde_json::json;

    use super::*;

    fn answer(status: u16, body: &str) -> Result<Map<String, Value>> {
        read(&Reader::new(Effect::Write), &Response::new(status, body))
    }

    fn failure(body: &Value) -> Failure {
        answer(200, &body.to_string()).unwrap_err()
    }

    #[test]
    fn a_success_keeps_everything_but_the_code_and_its_message() {
        let body = r#"{"errcode":0,"errmsg":"ok","task_id":256271667526,"request_id":"4jz"}"#;
        assert_eq!(
            Value::from(answer(200, body).unwrap()),
            json!({ "task_id": 256_271_667_526_i64, "request_id": "4jz" })
        );
    }

    #[test]
    fn an_errcode_in_quotes_is_read_too() {
        assert!(answer(200, r#"{"errcode":"0"}"#).is_ok());
        assert_eq!(failure(&json!({ "errcode": "60121", "errmsg": "no" })).kind(), FailureKind::NotFound);
    }

    #[test]
    fn the_message_has_the_code_and_the_request_id() {
        let failure = failure(&json!({ "errcode": 40035, "errmsg": "bad parameter", "request_id": "4e7" }));
        assert_eq!(failure.message(), "40035: bad parameter (request id 4e7)");
        assert_eq!(failure.kind(), FailureKind::InvalidParameter);
    }

    #[test]
    fn a_wrapped_cause_is_told_in_each_of_its_spellings() {
        for body in [
            json!({ "errcode": 88, "sub_code": "60011", "sub_msg": "no scope", "errmsg": "ding talk error" }),
            json!({ "errcode": 88, "subCode": 60011, "subMsg": "no scope" }),
            json!({ "errcode": "88", "errmsg": "ding talk error[subcode=60011,submsg=no scope]" }),
            json!({ "errcode": 15, "sub_code": "60011", "errmsg": "remote error[subcode=60011,submsg=no scope]" }),
        ] {
            let failure = failure(&body);
            assert_eq!((failure.message(), failure.kind()), ("60011: no scope", FailureKind::Permission), "{body}");
        }
        let throttled = failure(&json!({ "errcode": 88, "sub_code": "90018", "sub_msg": "slow down" }));
        assert!(throttled.kind() == FailureKind::RateLimit && throttled.is_retryable());
    }

    #[test]
    fn an_unlisted_sub_code_falls_back_on_its_wrapper() {
        let remote = failure(&json!({ "errcode": 15, "sub_code": "isp.-1", "sub_msg": "bad" }));
        assert_eq!((remote.kind(), remote.message()), (FailureKind::System, "isp.-1: bad"));
        assert_eq!(failure(&json!({ "errcode": 88, "sub_code": "77777" })).kind(), FailureKind::Auth);
        assert_eq!(failure(&json!({ "errcode": 88, "errmsg": "refused" })).message(), "88: refused");
    }

    #[test]
    fn an_answer_that_is_neither_success_nor_failure_fails() {
        let failure = answer(200, r#"{"task_id":1}"#).unwrap_err();
        assert_eq!(failure.kind(), FailureKind::System);
        assert!(!failure.is_retryable());
    }

    #[test]
    fn an_http_error_status_fails_even_with_errcode_0() {
        let failure = answer(502, r#"{"errcode":0}"#).unwrap_err();
        assert_eq!((failure.kind(), failure.message()), (FailureKind::System, "HTTP 502"));
        assert_eq!(answer(429, "").unwrap_err().kind(), FailureKind::RateLimit);
    }
}
