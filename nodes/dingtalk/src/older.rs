//! The older API, `oapi.dingtalk.com`: a failure arrives with HTTP 200 and an `errcode` other than 0, at times wrapped in
//! 88 or 15, whose cause is in a sub code. Everything is typed loosely: `"errcode": "0"` is a success.

use patchbay_node::api::{Api, Call, Refusal, text};
use serde_json::{Map, Value};

use crate::codes::{OLDER, ban};

static API: Api = Api::new("DingTalk", "https://oapi.dingtalk.com")
    .slot("older")
    // A gateway in front of this API refuses in the newer API's form.
    .code(&["/errcode", "/code", "/Code"])
    .message(&["/errmsg", "/message", "/Message"])
    .request_id(&["/request_id", "/requestId", "/requestid"])
    .success_code("0")
    .codes(OLDER)
    .refine(unwrap)
    .stranger(ban);

/// The codes that only say that another system refused; which code it gave is in the sub code.
const WRAPPERS: [&str; 2] = ["88", "15"];

/// Reads.
pub fn get(path: &str) -> Call {
    API.get(path)
}

/// Acts; [`reading`](Call::reading) where it only reads, which this API mostly does with POST.
pub fn post(path: &str) -> Call {
    API.post(path)
}

/// Tells the cause that a wrapper hides.
fn unwrap(body: &Map<String, Value>, refusal: &mut Refusal) {
    if !WRAPPERS.contains(&refusal.code.as_str()) {
        return;
    }
    let member = |names: [&str; 2]| names.iter().find_map(|name| text(body.get(*name)?));
    let Some(cause) = member(["sub_code", "subCode"]).or_else(|| quoted(&refusal.message, "subcode=", &[',', ']']))
    else {
        return;
    };
    if let Some(message) = member(["sub_msg", "subMsg"]).or_else(|| quoted(&refusal.message, "submsg=", &[']'])) {
        refusal.message = message;
    }
    refusal.wrapper = Some(std::mem::replace(&mut refusal.code, cause));
}

/// What a message repeats of the sub code: `... [subcode=40014,submsg=invalid token]`.
fn quoted(message: &str, name: &str, ends: &[char]) -> Option<String> {
    let (_, rest) = message.split_once(name)?;
    let value = rest.split(ends).next()?.trim();
    (!value.is_empty()).then(|| value.to_owned())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn unwrapped(code: &str, body: Value) -> Refusal {
        let message = body.get("errmsg").and_then(text).unwrap_or_default();
        let mut refusal = Refusal { code: code.to_owned(), message, ..Refusal::default() };
        unwrap(body.as_object().unwrap(), &mut refusal);
        refusal
    }

    #[test]
    fn a_wrapped_cause_is_told_in_each_of_its_spellings() {
        for (wrapper, body) in [
            ("88", json!({ "sub_code": "60011", "sub_msg": "no scope", "errmsg": "ding talk error" })),
            ("88", json!({ "subCode": 60011, "subMsg": "no scope" })),
            ("88", json!({ "errmsg": "ding talk error[subcode=60011,submsg=no scope]" })),
            ("15", json!({ "sub_code": "60011", "errmsg": "remote error[subcode=60011,submsg=no scope]" })),
        ] {
            let refusal = unwrapped(wrapper, body.clone());
            assert_eq!((refusal.code.as_str(), refusal.message.as_str()), ("60011", "no scope"), "{body}");
            assert_eq!(refusal.wrapper.as_deref(), Some(wrapper));
        }
    }

    #[test]
    fn what_is_not_wrapped_stays() {
        for (code, body) in [("88", json!({ "errmsg": "refused" })), ("60121", json!({ "sub_code": "1" }))] {
            let refusal = unwrapped(code, body);
            assert_eq!((refusal.code.as_str(), refusal.wrapper), (code, None));
        }
    }
}
