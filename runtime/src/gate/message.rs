//! What goes into the gate and what comes out of it, whatever boundary it came over.

use bytes::Bytes;

use crate::files::FileInfo;
use crate::vocabulary::Effect;

/// A request as a node gives it.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    pub method: String,
    pub url: String,
    /// The API that it belongs to; a node built against 0.1 names none, and its path is taken for it.
    pub api: Option<String>,
    pub headers: Vec<(String, String)>,
    pub body: Option<Body>,
    pub slot: Option<String>,
    pub effect: Effect,
    pub answer: AnswerForm,
}

/// What a request carries.
#[derive(Debug, Clone)]
pub(crate) enum Body {
    Bytes(Bytes),
    Parts(Vec<Part>),
    /// The file of that id.
    File(String),
}

/// A part of a form.
#[derive(Debug, Clone)]
pub(crate) struct Part {
    pub name: String,
    pub file_name: Option<String>,
    pub content_type: Option<String>,
    pub content: PartContent,
}

#[derive(Debug, Clone)]
pub(crate) enum PartContent {
    Bytes(Bytes),
    /// The file of that id.
    File(String),
}

/// What becomes of an answer's body.
#[derive(Debug, Clone)]
pub(crate) enum AnswerForm {
    Bytes,
    File(KeptAnswer),
}

/// How an answer is kept as a file.
#[derive(Debug, Clone)]
pub(crate) struct KeptAnswer {
    /// The file's name; none takes the one that the service gives.
    pub name: Option<String>,
    /// Media types of answers that are no file.
    pub except: Vec<String>,
}

/// Any answer of the service.
#[derive(Debug)]
pub(crate) struct Response {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: ResponseBody,
}

#[derive(Debug)]
pub(crate) enum ResponseBody {
    Bytes(Bytes),
    File(FileInfo),
}

/// Why there is no response.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SendError {
    pub kind: SendErrorKind,
    pub message: String,
    pub hint: String,
    pub retryable: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SendErrorKind {
    /// The gate refused the request.
    Refused,
    /// The credential is missing, or the service gave no token for it.
    Credential,
    /// A file that the request names is not there.
    File,
    /// No connection was made.
    Unreachable,
    /// No answer in time.
    Timeout,
    /// The connection broke, or the answer could not be used.
    Broken,
}

impl Request {
    /// The memory that it takes.
    pub fn size(&self) -> usize {
        let body = match &self.body {
            None => 0,
            Some(body) => body.size(),
        };
        let optional = self.api.as_ref().map_or(0, String::len) + self.slot.as_ref().map_or(0, String::len);
        self.method.len() + self.url.len() + optional + size_of_headers(&self.headers) + body
    }
}

impl Body {
    /// The memory that it takes; of a file its name alone.
    pub fn size(&self) -> usize {
        match self {
            Self::Bytes(bytes) => bytes.len(),
            Self::File(id) => id.len(),
            Self::Parts(parts) => parts.iter().map(Part::size).sum(),
        }
    }
}

impl Part {
    fn size(&self) -> usize {
        let texts = [Some(&self.name), self.file_name.as_ref(), self.content_type.as_ref()];
        let content = match &self.content {
            PartContent::Bytes(bytes) => bytes.len(),
            PartContent::File(id) => id.len(),
        };
        size_of::<Self>() + texts.into_iter().flatten().map(String::len).sum::<usize>() + content
    }
}

fn size_of_headers(headers: &[(String, String)]) -> usize {
    headers.iter().map(|(name, value)| size_of::<(String, String)>() + name.len() + value.len()).sum()
}

impl SendError {
    pub fn new(kind: SendErrorKind, message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { kind, message: message.into(), hint: hint.into(), retryable: false }
    }

    /// The same request may succeed later and can not repeat an effect.
    pub fn retryable(self, retryable: bool) -> Self {
        Self { retryable, ..self }
    }
}
