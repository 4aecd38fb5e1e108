use patchbay_numbers::from_json;
use serde::de::DeserializeOwned;

use crate::bindings::patchbay::node::{files, http as wire};

/// What the service answered.
#[derive(Clone, Debug)]
pub struct Response {
    status: u16,
    headers: Vec<(String, String)>,
    body: Body,
}

#[derive(Clone, Debug)]
enum Body {
    Bytes(Vec<u8>),
    File(File),
}

/// How an answer is kept as a file.
#[derive(Clone, Debug, Default)]
pub struct Kept {
    /// The file's name; the service's own unless it is given.
    pub name: Option<String>,
    /// Media types of answers that are no file: most services refuse in JSON.
    pub except: Vec<String>,
}

/// Content that a node names and never holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    /// Names the file, in requests and in inputs and outputs.
    pub id: String,
    /// Its name as a person reads it, without a path.
    pub name: String,
    /// Its media type.
    pub media_type: String,
    /// Its length in bytes.
    pub size: u64,
    /// SHA-256 of its content, in lower-case hexadecimal digits.
    pub sha256: String,
}

impl File {
    /// What the host knows of a file; nothing when there is none of this id that the run may use.
    pub fn describe(id: &str) -> Option<Self> {
        files::describe(id).map(Into::into)
    }
}

impl Response {
    /// A response of the author's making, to test what reads one.
    pub fn new(status: u16, body: impl Into<Vec<u8>>) -> Self {
        Self { status, headers: Vec::new(), body: Body::Bytes(body.into()) }
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

    /// The body's bytes; none of an answer that was kept as a file.
    pub fn body(&self) -> &[u8] {
        match &self.body {
            Body::Bytes(bytes) => bytes,
            Body::File(_) => &[],
        }
    }

    /// The file that the answer was kept as.
    pub fn file(&self) -> Option<&File> {
        match &self.body {
            Body::Bytes(_) => None,
            Body::File(file) => Some(file),
        }
    }

    /// Reads the body as JSON. A number with more digits than 64 bits keep is the text of its digits.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, serde_json::Error> {
        from_json(self.body())
    }
}

impl From<wire::Response> for Response {
    fn from(response: wire::Response) -> Self {
        let wire::Response { status, headers, body } = response;
        let body = match body {
            wire::ResponseBody::Bytes(bytes) => Body::Bytes(bytes),
            wire::ResponseBody::File(file) => Body::File(file.into()),
        };
        Self { status, headers, body }
    }
}

impl From<Kept> for wire::KeptAnswer {
    fn from(kept: Kept) -> Self {
        let Kept { name, except } = kept;
        Self { name, except }
    }
}

impl From<files::File> for File {
    fn from(file: files::File) -> Self {
        let files::File { id, name, media_type, size, sha256 } = file;
        Self { id, name, media_type, size, sha256 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn header_names_are_found_in_any_capitalisation() {
        let mut response = Response::new(200, "{}");
        response.headers.push(("Retry-After".to_owned(), "5".to_owned()));
        assert_eq!(response.header("retry-after"), Some("5"));
    }
}
