use crate::bindings::patchbay::node::http as wire;
use crate::{Failure, Result};

/// What a request carries.
#[derive(Clone, Debug)]
pub(super) enum Body {
    None,
    Bytes(Vec<u8>),
    Parts(Vec<Part>),
    /// By its id.
    File(String),
    /// The author's value has no JSON form, which is told when the request is sent.
    Unwritable(String),
}

impl Body {
    pub(super) fn into_wire(self) -> Result<Option<wire::Body>> {
        Ok(Some(match self {
            Self::None => return Ok(None),
            Self::Bytes(bytes) => wire::Body::Bytes(bytes),
            Self::Parts(parts) => wire::Body::Parts(parts.into_iter().map(|Part(part)| part).collect()),
            Self::File(id) => wire::Body::File(id),
            Self::Unwritable(problem) => {
                return Err(Failure::system(format!("the request has no JSON form: {problem}")));
            }
        }))
    }
}

/// A part of a `multipart/form-data` body.
#[derive(Clone, Debug)]
pub struct Part(wire::Part);

impl Part {
    /// A field.
    pub fn text(name: impl Into<String>, text: impl Into<String>) -> Self {
        Self::new(name, wire::PartContent::Bytes(text.into().into_bytes()))
    }

    /// Bytes, sent as a file of this name.
    pub fn bytes(name: impl Into<String>, file_name: impl Into<String>, bytes: impl Into<Vec<u8>>) -> Self {
        Self::new(name, wire::PartContent::Bytes(bytes.into())).named(file_name)
    }

    /// The file of this id, which the host streams under its own name and media type.
    pub fn file(name: impl Into<String>, id: impl Into<String>) -> Self {
        Self::new(name, wire::PartContent::File(id.into()))
    }

    /// Sets the file name that the service is told.
    pub fn named(mut self, file_name: impl Into<String>) -> Self {
        self.0.file_name = Some(file_name.into());
        self
    }

    /// Sets the media type.
    pub fn media_type(mut self, media_type: impl Into<String>) -> Self {
        self.0.content_type = Some(media_type.into());
        self
    }

    fn new(name: impl Into<String>, content: wire::PartContent) -> Self {
        Self(wire::Part { name: name.into(), file_name: None, content_type: None, content })
    }
}
