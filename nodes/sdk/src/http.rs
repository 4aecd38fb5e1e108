mod body;
mod response;

use serde::Serialize;

use self::body::Body;
pub use self::{
    body::Part,
    response::{File, Kept, Response},
};
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
///
/// | body | by |
/// | --- | --- |
/// | JSON | [`json`](Self::json) |
/// | name and value pairs | [`form`](Self::form) |
/// | text, bytes | [`text`](Self::text), [`bytes`](Self::bytes) |
/// | parts, files among them | [`part`](Self::part), once for each |
/// | a file | [`file`](Self::file) |
#[derive(Clone, Debug)]
pub struct Request {
    method: Method,
    pub(crate) url: Url,
    pub(crate) effect: Effect,
    slot: Option<&'static str>,
    headers: Vec<(String, String)>,
    body: Body,
    kept: Option<Kept>,
}

impl Request {
    /// A request without headers or body, unsigned.
    pub fn new(method: Method, url: Url, effect: Effect) -> Self {
        Self { method, url, effect, slot: None, headers: Vec::new(), body: Body::None, kept: None }
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
        match serde_json::to_vec(body) {
            Ok(json) => self.bytes("application/json", json),
            Err(error) => self.body(Body::Unwritable(error.to_string())),
        }
    }

    /// Sets name and value pairs as the body, as a web form sends them.
    pub fn form<'a>(self, pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        self.bytes("application/x-www-form-urlencoded", crate::url::form(pairs))
    }

    /// Sets a text as the body.
    pub fn text(self, text: impl Into<String>) -> Self {
        self.bytes("text/plain; charset=utf-8", text.into())
    }

    /// Sets bytes of this media type as the body.
    pub fn bytes(self, media_type: &str, bytes: impl Into<Vec<u8>>) -> Self {
        self.header("content-type", media_type).body(Body::Bytes(bytes.into()))
    }

    /// Adds a part to a `multipart/form-data` body.
    pub fn part(mut self, part: Part) -> Self {
        self.body = match self.body {
            Body::Parts(mut parts) => {
                parts.push(part);
                Body::Parts(parts)
            }
            _ => Body::Parts(vec![part]),
        };
        self
    }

    /// Sets a file as the body, which the host streams. Its id is all that a node has of it.
    pub fn file(self, id: impl Into<String>) -> Self {
        self.body(Body::File(id.into()))
    }

    /// Has the host keep a successful answer as a file.
    pub fn keep(mut self, kept: Kept) -> Self {
        self.kept = Some(kept);
        self
    }

    /// Sends the request and waits for the answer, an error status included.
    pub fn send(self) -> Result<Response> {
        Ok(wire::send(&self.into_wire()?)?.into())
    }

    fn body(mut self, body: Body) -> Self {
        self.body = body;
        self
    }

    fn into_wire(self) -> Result<wire::Request> {
        let Self { method, url, effect, slot, headers, body, kept } = self;
        let url = url.finish().map_err(|segment| {
            Failure::new(FailureKind::InvalidInput, format!("`{segment}` can not be an id"))
                .hint("Give the id that the service shows.")
        })?;
        Ok(wire::Request {
            method: method.as_str().to_owned(),
            url: url.url,
            api: url.api,
            headers,
            body: body.into_wire()?,
            slot: slot.map(str::to_owned),
            effect: match effect {
                Effect::Read => wire::Effect::Read,
                Effect::Write => wire::Effect::Write,
            },
            answer: kept.map_or(wire::AnswerForm::Bytes, |kept| wire::AnswerForm::File(kept.into())),
        })
    }
}

/// Sends the requests side by side. The answers are in the order of the requests; without an error of the node's own
/// there is one for each.
pub fn send_all(requests: Vec<Request>) -> Result<Vec<Result<Response>>> {
    let requests = requests.into_iter().map(Request::into_wire).collect::<Result<Vec<_>>>()?;
    Ok(wire::send_all(&requests).into_iter().map(|answer| Ok(answer?.into())).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(url: Url) -> Request {
        Request::new(Method::Post, url, Effect::Read)
    }

    #[test]
    fn a_request_says_its_effect_its_slot_its_api_and_its_content_type() {
        let url = Url::new("https://example.com").path("/users").segment("42").query("page", "2");
        assert_eq!(
            request(url).slot("main").json(&[1, 2]).into_wire(),
            Ok(wire::Request {
                method: "POST".to_owned(),
                url: "https://example.com/users/42?page=2".to_owned(),
                api: "/users/{}".to_owned(),
                headers: vec![("content-type".to_owned(), "application/json".to_owned())],
                body: Some(wire::Body::Bytes(b"[1,2]".to_vec())),
                slot: Some("main".to_owned()),
                effect: wire::Effect::Read,
                answer: wire::AnswerForm::Bytes,
            })
        );
    }

    #[test]
    fn a_body_is_json_a_form_text_parts_or_a_file() {
        let url = || Url::new("https://example.com");
        let sent = |request: Request| {
            let wire = request.into_wire().unwrap();
            (wire.headers.into_iter().next().map(|(_, value)| value), wire.body)
        };
        let bytes = |text: &str| Some(wire::Body::Bytes(text.as_bytes().to_vec()));
        let (media_type, body) = sent(request(url()).form([("a b", "1&2"), ("c", "")]));
        assert_eq!((media_type.as_deref(), body), (Some("application/x-www-form-urlencoded"), bytes("a%20b=1%262&c=")));
        let (media_type, body) = sent(request(url()).text("hello"));
        assert_eq!((media_type.as_deref(), body), (Some("text/plain; charset=utf-8"), bytes("hello")));
        let (media_type, body) =
            sent(request(url()).part(Part::text("type", "image")).part(Part::file("media", "f-1")));
        let Some(wire::Body::Parts(parts)) = body else { panic!("not parts") };
        assert_eq!((media_type, parts.len()), (None, 2));
        assert_eq!(parts[1].content, wire::PartContent::File("f-1".to_owned()));
        assert_eq!(sent(request(url()).file("f-1")), (None, Some(wire::Body::File("f-1".to_owned()))));
    }

    #[test]
    fn an_id_that_would_change_the_path_is_an_invalid_input() {
        let request = Request::new(Method::Get, Url::new("https://example.com").segment(".."), Effect::Read);
        assert_eq!(request.into_wire().map_err(|failure| failure.kind()), Err(FailureKind::InvalidInput));
    }
}
