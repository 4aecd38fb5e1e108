use patchbay_node::{Effect, Method, Request, Response, Result, Url};
use serde_json::{Map, Value};

use crate::{
    errors::{Code, Reader},
    ids::OperatorId,
};

/// A family of DingTalk's server API.
pub(crate) struct Api {
    /// Scheme and host.
    pub(crate) base: &'static str,
    /// The signing slot in `provider.toml`.
    pub(crate) slot: &'static str,
    /// Tells a success from a failure.
    pub(crate) read: fn(&Reader, &Response) -> Result<Map<String, Value>>,
}

/// One call of DingTalk's API, begun with [`newer`](crate::newer) or [`older`](crate::older).
pub struct Call {
    api: &'static Api,
    method: Method,
    url: Url,
    body: Option<Value>,
    reader: Reader,
}

impl Call {
    pub(crate) fn new(api: &'static Api, method: Method, path: &str, effect: Effect) -> Self {
        let url = Url::new(format!("{}{path}", api.base));
        Self { api, method, url, body: None, reader: Reader::new(effect) }
    }

    /// Adds one path segment, encoded.
    pub fn segment(mut self, segment: &str) -> Self {
        self.url = self.url.segment(segment);
        self
    }

    /// Adds one query pair.
    pub fn query(mut self, name: &str, value: &str) -> Self {
        self.url = self.url.query(name, value);
        self
    }

    /// Makes the call in this person's name. A refusal then says that a userId may stand where a unionId is needed.
    pub fn operator(self, operator: &OperatorId) -> Self {
        self.names_operator().query("operatorId", operator)
    }

    /// Says that the body names an OperatorId, so that a refusal is told as after [`operator`](Self::operator).
    pub fn names_operator(mut self) -> Self {
        self.reader.names_operator = true;
        self
    }

    /// Sets the JSON body.
    pub fn json(mut self, body: Value) -> Self {
        self.body = Some(body);
        self
    }

    /// Says that a POST of the newer API changes nothing.
    pub fn reading(mut self) -> Self {
        self.reader.effect = Effect::Read;
        self
    }

    /// Adds what the operation itself says about codes; it goes before what is said for all operations.
    pub fn codes(mut self, codes: &'static [Code]) -> Self {
        self.reader.codes = codes;
        self
    }

    /// Sends the call; gives the members of the answer, without those that only say that it succeeded.
    pub fn send(self) -> Result<Map<String, Value>> {
        let Self { api, method, url, body, reader } = self;
        let mut request = Request::new(method, url, reader.effect).slot(api.slot);
        if let Some(body) = body {
            request = request.json(&body);
        }
        (api.read)(&reader, &request.send()?)
    }

    /// Sends the call; gives the member `result` of the answer.
    pub fn send_for_result(self) -> Result<Map<String, Value>> {
        match self.send()?.remove("result") {
            Some(Value::Object(result)) => Ok(result),
            _ => Ok(Map::new()),
        }
    }
}
