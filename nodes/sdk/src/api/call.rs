use serde::Serialize;
use serde_json::Value;

use super::{Api, Code, reader::Reader};
use crate::{Answer, Effect, Failure, Request, Response, Result};

/// One call of a service's API, begun with one of [`Api`]'s methods.
pub struct Call {
    request: Request,
    json: Option<Result<Value, String>>,
    reader: Reader,
    unknown: Unknown,
}

/// What is told where nobody knows whether a write took place.
#[derive(Default)]
struct Unknown {
    hint: Option<String>,
    /// The same call again leaves the same.
    may_repeat: bool,
}

impl Call {
    pub(super) fn new(api: &'static Api, request: Request) -> Self {
        let reader = Reader { api, effect: request.effect, codes: &[], suspicion: None, within: None };
        Self { request, json: None, reader, unknown: Unknown::default() }
    }

    /// Adds one path segment, encoded: an id.
    pub fn segment(mut self, segment: &str) -> Self {
        self.request.url = self.request.url.segment(segment);
        self
    }

    /// Goes on with a path of the documentation.
    pub fn path(mut self, path: &str) -> Self {
        self.request.url = self.request.url.path(path);
        self
    }

    /// Adds one query pair.
    pub fn query(mut self, name: &str, value: impl ToString) -> Self {
        self.request.url = self.request.url.query(name, &value.to_string());
        self
    }

    /// Sets the JSON body.
    pub fn json(mut self, body: impl Into<Value>) -> Self {
        self.json = Some(Ok(body.into()));
        self
    }

    /// Adds these members to the JSON body, but those that are null.
    pub fn json_also(self, members: &impl Serialize) -> Self {
        self.with_json(members, |body, members| {
            if let (Value::Object(body), Value::Object(members)) = (body, members) {
                body.extend(members.into_iter().filter(|(_, value)| !value.is_null()));
            }
        })
    }

    /// Adds a member to the JSON body, unless it is an object without members or null.
    pub fn json_unless_empty(self, name: &str, value: &impl Serialize) -> Self {
        self.with_json(value, |body, value| {
            let is_empty = value.is_null() || value.as_object().is_some_and(|members| members.is_empty());
            if !is_empty && let Value::Object(body) = body {
                body.insert(name.to_owned(), value);
            }
        })
    }

    fn with_json(mut self, value: &impl Serialize, add: impl FnOnce(&mut Value, Value)) -> Self {
        let mut body = self.json.take().unwrap_or_else(|| Ok(Value::Object(Default::default())));
        match serde_json::to_value(value) {
            Ok(value) => {
                if let Ok(body) = &mut body {
                    add(body, value);
                }
            }
            Err(error) => body = Err(error.to_string()),
        }
        self.json = Some(body);
        self
    }

    /// Changes the request in ways that a call has no word for: headers, forms, parts, files.
    pub fn request(mut self, change: impl FnOnce(Request) -> Request) -> Self {
        self.request = change(self.request);
        self
    }

    /// Says that the call changes nothing, whatever its method.
    pub fn reading(mut self) -> Self {
        self.request.effect = Effect::Read;
        self.reader.effect = Effect::Read;
        self
    }

    /// Says what these codes mean to this call alone; it goes before what the node says of them.
    pub fn codes(mut self, codes: &'static [Code]) -> Self {
        self.reader.codes = codes;
        self
    }

    /// Names a likely cause of refusals, told after those whose code is [`suspect`](Code::suspect).
    pub fn suspect(mut self, cause: &'static str) -> Self {
        self.reader.suspicion = Some(cause);
        self
    }

    /// Says that what was asked for stands in this member of the answer.
    pub fn within(mut self, member: &'static str) -> Self {
        self.reader.within = Some(member);
        self
    }

    /// Sets the next step where nobody knows whether the write took place.
    pub fn if_unknown(mut self, hint: impl Into<String>) -> Self {
        self.unknown.hint = Some(hint.into());
        self
    }

    /// As [`if_unknown`](Self::if_unknown), of a write that leaves the same however often it is done: it may be done again.
    pub fn repeat_if_unknown(mut self, hint: impl Into<String>) -> Self {
        self.unknown.may_repeat = true;
        self.if_unknown(hint)
    }

    /// Sends the call and reads the answer. A success without what its type promises is none: a read has failed then, and
    /// nobody knows what came of a write.
    pub fn send<T: Answer>(self) -> Result<T> {
        let Self { request, json, reader, unknown } = self;
        let request = match json {
            None => request,
            Some(Ok(body)) => request.json(&body),
            Some(Err(problem)) => return Err(Failure::system(format!("the request has no JSON form: {problem}"))),
        };
        let response = request.send().map_err(|failure| unknown.told(failure))?;
        unknown.read(&reader, &response)
    }
}

impl Unknown {
    fn read<T: Answer>(self, reader: &Reader, response: &Response) -> Result<T> {
        reader.read(response).map_err(|failure| self.told(failure))
    }

    fn told(&self, failure: Failure) -> Failure {
        match &self.hint {
            Some(_) if !failure.outcome_unknown() => failure,
            // What is called a success would be called so again.
            Some(_) if self.may_repeat && failure.is_unproven() => failure,
            Some(hint) => failure.hint(hint).retryable(self.may_repeat),
            None => failure,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{FailureKind, answer};

    static SHOP: Api = Api::new("The shop", "https://api.example.com").code(&["/code"]).message(&["/message"]);

    #[answer]
    struct Order {
        #[promised]
        id: String,
    }

    fn answered(call: Call, status: u16, body: &str) -> Result<Order> {
        call.unknown.read(&call.reader, &Response::new(status, body))
    }

    #[test]
    fn a_write_that_does_not_prove_itself_is_of_unknown_outcome_and_a_read_has_failed() {
        let write = answered(SHOP.post("/orders").if_unknown("Look with Get Orders."), 200, "{}").unwrap_err();
        assert_eq!((write.message(), write.next_step()), ("The shop answered without id", "Look with Get Orders."));
        assert!(write.outcome_unknown() && !write.is_retryable());

        let again = answered(SHOP.put("/orders/1").repeat_if_unknown("Run it again."), 200, "{}").unwrap_err();
        assert!(!again.is_retryable() && again.next_step().contains("look whether it did"));

        let read = answered(SHOP.get("/orders/1"), 200, "{}").unwrap_err();
        assert_eq!((read.kind(), read.is_retryable()), (FailureKind::System, true));
    }

    #[test]
    fn what_is_known_keeps_its_own_hint_and_what_may_be_repeated_is() {
        let refused = answered(SHOP.post("/orders").if_unknown("Look first."), 403, r#"{"code":"no"}"#).unwrap_err();
        assert_eq!(refused.next_step(), "Check the rights that the message names.");
        let lost = answered(SHOP.put("/orders/1").repeat_if_unknown("Run it again."), 502, "").unwrap_err();
        assert!(lost.is_retryable() && lost.next_step() == "Run it again.");
    }

    #[test]
    fn an_answer_may_stand_in_a_member() {
        let order = answered(SHOP.get("/orders/1").within("order"), 200, r#"{"order":{"id":"7"}}"#).unwrap();
        assert_eq!(order.id(), "7");
        assert!(answered(SHOP.get("/orders/1").within("order"), 200, r#"{"id":"7"}"#).is_err());
    }

    #[test]
    fn a_body_is_put_together_from_what_is_set() {
        #[derive(Serialize)]
        struct Options {
            #[serde(skip_serializing_if = "Option::is_none")]
            size: Option<u8>,
        }
        let body = |call: Call| call.json.unwrap().unwrap();
        let begun = || SHOP.post("/orders").json(serde_json::json!({ "name": "a" }));
        let (none, some) = (Options { size: None }, Options { size: Some(3) });
        assert_eq!(body(begun().json_also(&some)), serde_json::json!({ "name": "a", "size": 3 }));
        assert_eq!(body(begun().json_unless_empty("options", &none)), serde_json::json!({ "name": "a" }));
        assert_eq!(
            body(begun().json_unless_empty("options", &some)),
            serde_json::json!({ "name": "a", "options": { "size": 3 } })
        );
    }
}
