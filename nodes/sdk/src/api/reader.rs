use serde_json::{Map, Value};

use super::{
    Api, Code, NODE, Refusal,
    body::Body,
    codes::{self, find},
    text_at,
};
use crate::{Answer, Effect, Failure, FailureKind, Response, Result, Retry, Shape, answer};

/// Reads the answer to a call, knowing what was asked.
pub(super) struct Reader {
    pub(super) api: &'static Api,
    pub(super) effect: Effect,
    /// Codes of this call alone.
    pub(super) codes: &'static [Code],
    /// A likely cause of refusals whose codes are suspect.
    pub(super) suspicion: Option<&'static str>,
    /// The member that holds what was asked for.
    pub(super) within: Option<&'static str>,
}

impl Reader {
    /// The answer in its type.
    pub(super) fn read<T: Answer>(&self, response: &Response) -> Result<T> {
        let is_empty = response.status() == 204 && self.api.success.is_none();
        let body = if is_empty { Map::new().into() } else { self.success::<T>(response)? };
        let value = match (self.within, body) {
            (Some(name), Value::Object(mut members)) => members.remove(name),
            (_, body) => Some(body),
        };
        answer::take(value, is_empty).map_err(|missing| {
            let without = format!("{} answered without {missing}", self.api.service);
            self.not_understood(without).unproven()
        })
    }

    /// The body of a success, without the members that only say that it is one.
    fn success<T: Answer>(&self, response: &Response) -> Result<Value> {
        let mut body = match Body::of(response) {
            Body::Object(members) => Value::Object(members),
            Body::List(items) if matches!(T::SHAPE, Shape::List(_)) => return Ok(items.into()),
            Body::Empty if !response.is_success() => Map::new().into(),
            other => return Err(self.unreadable(response, &other)),
        };
        if let Value::Object(members) = &body
            && let Some(code) = (self.api.stranger)(members)
        {
            let status = response.status();
            let message = format!("{} answered HTTP {status} with {}", self.api.service, code.code);
            return Err(self.judge(message, &code));
        }
        let code = text_at(&body, self.api.code);
        match (self.api.success, code, response.is_success()) {
            (None, _, true) => {}
            (Some(success), Some(code), true) if code == success => {
                for pointer in self.api.code.first().into_iter().chain(self.api.message.first()) {
                    if let (Value::Object(members), Some(name)) = (&mut body, pointer.strip_prefix('/')) {
                        members.shift_remove(name);
                    }
                }
            }
            (Some(_), None, true) => {
                let message = format!("{} answered neither success nor failure", self.api.service);
                return Err(self.not_understood(message));
            }
            (success, code, _) => {
                let code = code.filter(|code| success != Some(code)).unwrap_or_default();
                return Err(self.refused(response.status(), code, &body));
            }
        }
        Ok(body)
    }

    /// The failure of a call that was refused.
    fn refused(&self, status: u16, code: String, body: &Value) -> Failure {
        let text = |pointers| text_at(body, pointers).unwrap_or_default();
        let (message, request_id) = (text(self.api.message), text(self.api.request_id));
        let mut refusal = Refusal { status, code, message, request_id, ..Refusal::default() };
        if let Value::Object(members) = body {
            (self.api.refine)(members, &mut refusal);
        }
        let code = self.meaning(&refusal);
        let failure = self.judge(refusal.to_string(), &code);
        match (refusal.hint, self.suspicion) {
            (Some(hint), _) => failure.hint(hint),
            (None, Some(suspicion)) if code.is_suspect => failure.hint(format!("{} {suspicion}", code.hint)),
            (None, _) => failure,
        }
    }

    fn meaning(&self, refusal: &Refusal) -> Code {
        let wrapped = || self.listed(refusal.wrapper.as_deref()?);
        match self.listed(&refusal.code).or_else(wrapped) {
            // Some codes come with several statuses; this status says of every code that it was too many calls.
            Some(code) if refusal.status != 429 || code.kind == FailureKind::RateLimit => code,
            _ => self.by_status(refusal.status),
        }
    }

    /// What an answer of this status means whose code says nothing.
    fn by_status(&self, status: u16) -> Code {
        find(&format!("HTTP {status}"), self.api.codes).copied().unwrap_or(codes::by_status(status))
    }

    fn listed(&self, code: &str) -> Option<Code> {
        let of_node = || NODE.get().and_then(|node| node.code(code));
        find(code, self.codes).or_else(of_node).or_else(|| find(code, self.api.codes)).copied()
    }

    /// The failure of an answer that is not one of the API.
    fn unreadable(&self, response: &Response, body: &Body) -> Failure {
        let (service, status) = (self.api.service, response.status());
        let what = match body {
            Body::Page if status < 500 => return self.page(response),
            Body::Page => "a web page",
            Body::Empty => "nothing",
            Body::Object(_) | Body::List(_) | Body::Other => "something that is not a JSON object",
        };
        let message = format!("{service} answered HTTP {status} with {what}");
        if response.is_success() { self.not_understood(message) } else { self.judge(message, &self.by_status(status)) }
    }

    /// The failure of an answer that something on the way has given in the service's place: a proxy, a firewall, a network's
    /// sign-in page.
    fn page(&self, response: &Response) -> Failure {
        const LOOK: &str =
            "Look at the way there: the proxy, the firewall or the sign-in page of this machine's network.";
        let (service, status) = (self.api.service, response.status());
        let title = title(response.body()).map_or_else(String::new, |title| format!(" titled \"{title}\""));
        let message = format!("something between here and {service} answered HTTP {status} with a web page{title}");
        match (status, self.effect) {
            // By these, what answers says that it has not passed the request on.
            (300..=407 | 409..500, _) => {
                Failure::new(FailureKind::Network, format!("{message}, and passed nothing on")).hint(LOOK).unexecuted()
            }
            (_, Effect::Read) => Failure::system(message).hint(LOOK).retryable(true),
            (_, Effect::Write) => Failure::system(message).hint(format!("{} {LOOK}", self.look_first())),
        }
    }

    /// The failure of an answer that is a success by its status but makes no sense.
    fn not_understood(&self, message: String) -> Failure {
        match self.effect {
            Effect::Read => self.api.incomplete(message),
            Effect::Write => Failure::system(message).hint(self.look_first()),
        }
    }

    fn judge(&self, message: String, code: &Code) -> Failure {
        let failure = Failure::new(code.kind, message);
        match (code.retry, self.effect) {
            (Retry::Always, _) | (Retry::IfRead, Effect::Read) => failure.hint(code.hint).retryable(true),
            (Retry::IfRead, Effect::Write) => failure.hint(self.look_first()),
            (Retry::Never, _) => failure.hint(code.hint),
        }
    }

    /// The hint after a write that failed on the way.
    fn look_first(&self) -> String {
        format!("{} may have done it all the same: look whether it did before running this again.", self.api.service)
    }
}

/// The title of a page, as far as a message needs it.
fn title(page: &[u8]) -> Option<String> {
    const BYTES: usize = 4096;
    const CHARACTERS: usize = 80;
    let page = String::from_utf8_lossy(&page[..page.len().min(BYTES)]);
    let (_, rest) = page.split_once("<title").or_else(|| page.split_once("<TITLE"))?;
    let (_, rest) = rest.split_once('>')?;
    let title = rest.split('<').next()?.split_whitespace().collect::<Vec<_>>().join(" ");
    if title.is_empty() { None } else { Some(title.chars().take(CHARACTERS).collect()) }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::api::codes::*;

    static BY_STATUS: Api = Api::new("The shop", "https://api.example.com")
        .code(&["/code", "/Code"])
        .message(&["/message"])
        .request_id(&["/requestid"])
        .codes(&[rate_limit("limit.*", "Wait."), parameter("wrong", "Correct it."), auth("HTTP 401", "Log in.")]);

    static BY_CODE: Api = Api::new("The shop", "https://api.example.com")
        .code(&["/errcode"])
        .message(&["/errmsg"])
        .success_code("0")
        .codes(&[not_found("60121", "Look elsewhere.").suspect()])
        .stranger(|body| body.contains_key("punish").then_some(rate_limit("status 1111: banned", "Stop.")));

    fn reader(api: &'static Api, effect: Effect) -> Reader {
        Reader { api, effect, codes: &[], suspicion: Some("It may be a Tuesday."), within: None }
    }

    fn read(api: &'static Api, effect: Effect, status: u16, body: &str) -> Result<Value> {
        reader(api, effect).read::<Map<String, Value>>(&Response::new(status, body)).map(Into::into)
    }

    fn refused(api: &'static Api, status: u16, body: Value) -> Failure {
        read(api, Effect::Write, status, &body.to_string()).unwrap_err()
    }

    #[test]
    fn a_success_is_told_by_the_status_or_by_the_code() {
        assert_eq!(read(&BY_STATUS, Effect::Read, 200, r#"{"a":1}"#).unwrap(), json!({ "a": 1 }));
        assert_eq!(read(&BY_STATUS, Effect::Write, 204, "").unwrap(), json!({}));
        for body in [r#"{"errcode":0,"errmsg":"ok","a":1}"#, r#"{"errcode":"0","a":1}"#] {
            assert_eq!(read(&BY_CODE, Effect::Read, 200, body).unwrap(), json!({ "a": 1 }));
        }
        let neither = read(&BY_CODE, Effect::Read, 200, r#"{"a":1}"#).unwrap_err();
        assert_eq!(neither.message(), "The shop answered neither success nor failure");
        assert_eq!(read(&BY_CODE, Effect::Write, 502, r#"{"errcode":0}"#).unwrap_err().message(), "HTTP 502");
    }

    #[test]
    fn a_list_is_an_answer_where_one_is_asked_for() {
        let list = reader(&BY_STATUS, Effect::Read).read::<Vec<i64>>(&Response::new(200, r#"[1,"2"]"#));
        assert_eq!(list, Ok(vec![1, 2]));
        assert!(read(&BY_STATUS, Effect::Read, 200, "[1]").is_err());
    }

    #[test]
    fn a_refusal_has_the_services_words_and_the_codes_meaning() {
        let failure = refused(&BY_STATUS, 400, json!({ "Code": "wrong", "message": "no", "requestid": "8" }));
        assert_eq!((failure.message(), failure.next_step()), ("wrong: no (request id 8)", "Correct it."));
        let failure = refused(&BY_STATUS, 403, json!({ "code": "limit.second" }));
        assert_eq!((failure.kind(), failure.is_retryable()), (FailureKind::RateLimit, true));
        assert_eq!(refused(&BY_STATUS, 429, json!({ "code": "wrong" })).kind(), FailureKind::RateLimit);
        assert_eq!(refused(&BY_STATUS, 401, json!({ "code": "new" })).next_step(), "Log in.");
        let suspect = refused(&BY_CODE, 200, json!({ "errcode": 60121 }));
        assert_eq!(suspect.next_step(), "Look elsewhere. It may be a Tuesday.");
        assert_eq!(refused(&BY_CODE, 200, json!({ "punish": "deny" })).next_step(), "Stop.");
    }

    #[test]
    fn what_failed_on_the_way_may_be_repeated_only_if_it_reads() {
        assert!(read(&BY_STATUS, Effect::Read, 500, "{}").unwrap_err().is_retryable());
        let write = read(&BY_STATUS, Effect::Write, 500, "{}").unwrap_err();
        assert!(write.outcome_unknown());
        assert!(write.next_step().starts_with("The shop may have done it all the same: look whether it did"));
    }

    #[test]
    fn a_page_came_from_something_in_between_and_may_have_been_passed_on_unless_its_status_says_not() {
        let page = "<html><head><title>\n Sign  in</title></head></html>";
        for status in [302, 403, 407, 413] {
            let failure = read(&BY_STATUS, Effect::Write, status, page).unwrap_err();
            let expected = format!(
                "something between here and The shop answered HTTP {status} with a web page titled \"Sign in\", and passed \
                 nothing on"
            );
            assert_eq!(failure.message(), expected);
            assert!(failure.next_step().starts_with("Look at the way there"), "{status}");
            assert!(!failure.is_retryable() && !failure.outcome_unknown(), "{status}");
        }
        let failure = read(&BY_STATUS, Effect::Write, 200, page).unwrap_err();
        assert!(failure.outcome_unknown() && failure.next_step().contains("look whether it did"));
        assert!(read(&BY_STATUS, Effect::Read, 200, page).unwrap_err().is_retryable());
        let failure = read(&BY_STATUS, Effect::Write, 502, page).unwrap_err();
        assert_eq!(failure.message(), "The shop answered HTTP 502 with a web page");
    }
}
