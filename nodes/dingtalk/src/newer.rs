//! The newer API, `api.dingtalk.com`: a failure is an HTTP error status with a code in the body.

use patchbay_node::{Effect, Method, Response, Result};
use serde_json::{Map, Value};

use crate::{
    Call,
    call::Api,
    errors::{Body, NEWER, Reader, Refusal},
};

static API: Api = Api { base: "https://api.dingtalk.com", slot: "newer", read };

/// Reads.
pub fn get(path: &str) -> Call {
    Call::new(&API, Method::Get, path, Effect::Read)
}

/// Creates or acts; [`reading`](Call::reading) where the documentation has a query behind a POST.
pub fn post(path: &str) -> Call {
    Call::new(&API, Method::Post, path, Effect::Write)
}

/// Replaces.
pub fn put(path: &str) -> Call {
    Call::new(&API, Method::Put, path, Effect::Write)
}

/// Deletes.
pub fn delete(path: &str) -> Call {
    Call::new(&API, Method::Delete, path, Effect::Write)
}

/// An HTTP 204 is a success without content. The code in an error's body comes in either capitalisation and decides what
/// it means: rate limits arrive as HTTP 403.
fn read(reader: &Reader, response: &Response) -> Result<Map<String, Value>> {
    let status = response.status();
    if status == 204 {
        return Ok(Map::new());
    }
    let members = match Body::of(response) {
        Body::Object(members) => members,
        Body::Empty if !response.is_success() => Map::new(),
        other => return Err(reader.unreadable(status, &other)),
    };
    if response.is_success() {
        return Ok(members);
    }
    let refusal = Refusal {
        status,
        code: text(&members, &["code", "Code"]),
        wrapper: None,
        message: text(&members, &["message", "Message", "description", "Description"]),
        request_id: text(&members, &["requestid", "RequestId", "requestId"]),
        required_scopes: required_scopes(&members),
    };
    Err(reader.failure(&refusal, NEWER))
}

fn text(members: &Map<String, Value>, names: &[&str]) -> String {
    names.iter().find_map(|name| crate::errors::text(members.get(*name)?)).unwrap_or_default()
}

fn required_scopes(members: &Map<String, Value>) -> Vec<String> {
    let detail =
        ["AccessDeniedDetail", "accessdenieddetail", "accessDeniedDetail"].iter().find_map(|name| members.get(*name));
    let scopes = detail.and_then(|detail| detail.get("requiredScopes")).and_then(Value::as_array);
    scopes.into_iter().flatten().filter_map(crate::errors::text).collect()
}

#[cfg(test)]
mod tests {
    use patchbay_node::{Failure, FailureKind};
    use serde_json::json;

    use super::*;
    use crate::errors::{self, Code};

    fn answer(effect: Effect, status: u16, body: &str) -> Result<Map<String, Value>> {
        read(&Reader::new(effect), &Response::new(status, body))
    }

    fn refused(status: u16, code: &str) -> Failure {
        answer(Effect::Write, status, &json!({ "code": code, "message": "m" }).to_string()).unwrap_err()
    }

    fn kind_and_retryable(failure: &Failure) -> (FailureKind, bool) {
        (failure.kind(), failure.is_retryable())
    }

    #[test]
    fn a_success_is_the_body_and_204_is_a_success_without_one() {
        assert_eq!(answer(Effect::Write, 200, r#"{"chatid":"c"}"#).unwrap().len(), 1);
        assert!(answer(Effect::Write, 204, "").unwrap().is_empty());
    }

    #[test]
    fn the_code_is_read_in_either_capitalisation() {
        for body in [
            json!({ "code": "parameter.invalid", "message": "name too long", "requestid": "8197" }),
            json!({ "Code": "parameter.invalid", "Message": "name too long", "RequestId": "8197" }),
        ] {
            let failure = answer(Effect::Write, 400, &body.to_string()).unwrap_err();
            assert_eq!(failure.message(), "parameter.invalid: name too long (request id 8197)");
            assert_eq!(kind_and_retryable(&failure), (FailureKind::InvalidParameter, false));
        }
    }

    #[test]
    fn the_code_decides_and_not_the_status() {
        for (status, code, expected) in [
            (403, "Forbidden.AccessDenied.QpsLimitForAppkeyAndApi", (FailureKind::RateLimit, true)),
            (403, "Forbidden.AccessDenied.QpmLimitForAnythingNew", (FailureKind::RateLimit, true)),
            (403, "Forbidden.AccessDenied.ApiCountLimitForOrg", (FailureKind::RateLimit, false)),
            (403, "Forbidden.AccessDenied.IpNotInWhiteList", (FailureKind::IpWhitelist, false)),
            (403, "Forbidden.AccessDenied.AccessTokenPermissionDenied", (FailureKind::Permission, false)),
            (400, "InvalidAuthentication", (FailureKind::Auth, false)),
            (401, "paramIllegal", (FailureKind::InvalidParameter, false)),
            (504, "invalidParameter.name.tooLong", (FailureKind::InvalidParameter, false)),
            (400, "qps.exceed.limit", (FailureKind::RateLimit, true)),
            (429, "systemBusy", (FailureKind::RateLimit, true)),
            (400, "system.error", (FailureKind::System, false)),
        ] {
            assert_eq!(kind_and_retryable(&refused(status, code)), expected, "{status} {code}");
        }
    }

    #[test]
    fn an_unlisted_code_is_judged_by_the_status() {
        for (status, expected) in [
            (400, (FailureKind::InvalidParameter, false)),
            (401, (FailureKind::Auth, false)),
            (403, (FailureKind::Permission, false)),
            (404, (FailureKind::NotFound, false)),
            (405, (FailureKind::InvalidParameter, false)),
            (409, (FailureKind::Conflict, false)),
            (429, (FailureKind::RateLimit, true)),
            (502, (FailureKind::System, false)),
        ] {
            assert_eq!(kind_and_retryable(&refused(status, "brand.new")), expected, "{status}");
            let bare = answer(Effect::Write, status, "").unwrap_err();
            assert_eq!(kind_and_retryable(&bare), expected, "{status} without a body");
            assert_eq!(bare.message(), format!("HTTP {status}"));
        }
    }

    #[test]
    fn what_failed_on_the_way_may_be_repeated_only_if_it_reads() {
        let body = r#"{"code":"internalError","message":"try again later"}"#;
        assert!(answer(Effect::Read, 500, body).unwrap_err().is_retryable());
        let write = answer(Effect::Write, 500, body).unwrap_err();
        assert!(write.outcome_unknown());
        assert!(write.next_step().contains("look whether it did before running this again"));
    }

    #[test]
    fn missing_scopes_are_named() {
        for detail in ["AccessDeniedDetail", "accessdenieddetail"] {
            let body = json!({
                "code": "Forbidden.AccessDenied.AccessTokenPermissionDenied",
                detail: { "requiredScopes": ["Contact.Org.Read", "Document.Workbook.Read"] }
            });
            let failure = answer(Effect::Read, 403, &body.to_string()).unwrap_err();
            assert!(
                failure.next_step().contains("Contact.Org.Read, Document.Workbook.Read"),
                "{}",
                failure.next_step()
            );
        }
    }

    #[test]
    fn a_refused_operator_is_told_where_the_union_id_comes_from() {
        static CODES: [Code; 1] = [errors::permission("forbidden.accessDenied", "Grant the right.").suspect_operator()];
        let reader = Reader { effect: Effect::Read, names_operator: true, codes: &CODES };
        let failure = |status: u16, code: &str| {
            read(&reader, &Response::new(status, json!({ "code": code }).to_string())).unwrap_err()
        };
        let hint = "Grant the right. OperatorId must be a unionId; if it is a userId, Get User gives its unionid.";
        assert_eq!(failure(403, "forbidden.accessDenied").next_step(), hint);
        assert!(failure(404, "brand.new").next_step().contains("Get User"));
        assert!(!failure(403, "Forbidden.AccessDenied.IpNotInWhiteList").next_step().contains("Get User"));
    }

    #[test]
    fn what_is_not_an_answer_of_the_api_fails_clearly() {
        for (status, body, message, expected) in [
            (
                200,
                "<!doctype html><html>",
                "DingTalk answered HTTP 200 with a web page",
                (FailureKind::RateLimit, true),
            ),
            (
                502,
                "<html>Bad Gateway</html>",
                "DingTalk answered HTTP 502 with a web page",
                (FailureKind::System, false),
            ),
            (200, "", "DingTalk answered HTTP 200 with nothing", (FailureKind::System, false)),
            (
                200,
                r#"{"chatid":"#,
                "DingTalk answered HTTP 200 with something that is not a JSON object",
                (FailureKind::System, false),
            ),
            (
                200,
                r#"{"status":1111,"wait":5,"source":"x5","punish":"deny","uuid":"u"}"#,
                "DingTalk answered HTTP 200 with status 1111: this machine's address is banned",
                (FailureKind::RateLimit, true),
            ),
        ] {
            let failure = answer(Effect::Write, status, body).unwrap_err();
            assert_eq!((failure.message(), kind_and_retryable(&failure)), (message, expected));
        }
    }
}
