use serde::{Serialize, de::DeserializeOwned};

use crate::bindings::patchbay::node::http as wire;
use crate::{Effect, Failure, FailureKind, Result, Url};

/// The methods that the gate lets through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say all")]
pub enum Method {
    Get,
    Head,
    Post,
    Put,
    Patch,
    Delete,
}

impl Method {
    fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Head => "HEAD",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
        }
    }
}

/// A request on its way to the gate. The method does not tell whether it changes anything (some services read with
/// POST), so every request says its [`Effect`]: a write is never repeated after it may have been executed.
#[derive(Clone, Debug)]
pub struct Request {
    method: Method,
    url: Url,
    effect: Effect,
    slot: Option<&'static str>,
    headers: Vec<(String, String)>,
    body: Option<Result<Vec<u8>>>,
}

impl Request {
    /// A request without headers or body, unsigned.
    pub fn new(method: Method, url: Url, effect: Effect) -> Self {
        Self { method, url, effect, slot: None, headers: Vec::new(), body: None }
    }

    /// Has the host sign the request as this slot of `provider.toml` says.
    pub fn slot(mut self, slot: &'static str) -> Self {
        self.slot = Some(slot);
        self
    }

    /// Adds a header. Those that belong to the host (authorization, tokens, host, content-length) are refused.
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// Sets a JSON body and its content type.
    pub fn json(self, body: &impl Serialize) -> Self {
        let encoded =
            serde_json::to_vec(body).map_err(|error| Failure::system(format!("the request has no JSON form: {error}")));
        let mut request = self.header("content-type", "application/json");
        request.body = Some(encoded);
        request
    }

    /// Sends the request and waits for the answer, an error status included.
    pub fn send(self) -> Result<Response> {
        Ok(wire::send(&self.into_wire()?)?.into())
    }

    fn into_wire(self) -> Result<wire::Request> {
        let url = self.url.finish().map_err(|segment| {
            Failure::new(FailureKind::InvalidInput, format!("`{segment}` can not be an id"))
                .hint("Give the id that the service shows.")
        })?;
        Ok(wire::Request {
            method: self.method.as_str().to_owned(),
            url,
            headers: self.headers,
            body: self.body.transpose()?,
            slot: self.slot.map(str::to_owned),
            effect: match self.effect {
                Effect::Read => wire::Effect::Read,
                Effect::Write => wire::Effect::Write,
            },
        })
    }
}

/// Sends the requests side by side and waits for all of them. The results are in the order of the requests; a request
/// that can not be built keeps the others from being sent.
pub fn send_all(requests: impl IntoIterator<Item = Request>) -> Result<Vec<Result<Response>>> {
    let requests = requests.into_iter().map(Request::into_wire).collect::<Result<Vec<_>>>()?;
    Ok(wire::send_all(&requests).into_iter().map(|answer| Ok(answer?.into())).collect())
}

/// What the service answered.
#[derive(Clone, Debug)]
pub struct Response {
    status: u16,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

impl Response {
    /// A response of the author's making, to test what reads one.
    pub fn new(status: u16, body: impl Into<Vec<u8>>) -> Self {
        Self { status, headers: Vec::new(), body: body.into() }
    }

    /// The HTTP status.
    pub fn status(&self) -> u16 {
        self.status
    }

    /// Whether the status is 2xx.
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// The first header of this name, in any capitalisation.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    /// The body's bytes.
    pub fn body(&self) -> &[u8] {
        &self.body
    }

    /// Reads the body as JSON.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, serde_json::Error> {
        serde_json::from_slice(&self.body)
    }
}

impl From<wire::Response> for Response {
    fn from(response: wire::Response) -> Self {
        let wire::Response { status, headers, body } = response;
        Self { status, headers, body }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_says_its_effect_its_slot_and_its_content_type() {
        let url = Url::new("https://example.com").segment("users").query("page", "2");
        let request = Request::new(Method::Post, url, Effect::Read).slot("main").json(&[1, 2]);
        assert_eq!(
            request.into_wire(),
            Ok(wire::Request {
                method: "POST".to_owned(),
                url: "https://example.com/users?page=2".to_owned(),
                headers: vec![("content-type".to_owned(), "application/json".to_owned())],
                body: Some(b"[1,2]".to_vec()),
                slot: Some("main".to_owned()),
                effect: wire::Effect::Read,
            })
        );
    }

    #[test]
    fn an_id_that_would_change_the_path_is_an_invalid_input() {
        let request = Request::new(Method::Get, Url::new("https://example.com").segment(".."), Effect::Read);
        assert_eq!(request.into_wire().map_err(|failure| failure.kind()), Err(FailureKind::InvalidInput));
    }

    #[test]
    fn header_names_are_found_in_any_capitalisation() {
        let mut response = Response::new(200, "{}");
        response.headers.push(("Retry-After".to_owned(), "5".to_owned()));
        assert_eq!(response.header("retry-after"), Some("5"));
    }
}
