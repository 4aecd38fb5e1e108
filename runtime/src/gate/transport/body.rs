//! What a request carries when it is sent.

use std::pin::Pin;
use std::sync::{Mutex, PoisonError};
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};

use crate::files::FileStream;

/// The body of a request.
#[derive(Default)]
pub enum RequestBody {
    /// There is none.
    #[default]
    Empty,
    /// All of it is there.
    Bytes(Bytes),
    /// It comes in pieces.
    Stream(BodyStream),
}

/// A body that comes in pieces.
pub struct BodyStream {
    /// The pieces.
    pub content: FileStream,
    /// How long they are together, in bytes.
    pub length: u64,
}

impl RequestBody {
    /// The body, when all of it is there.
    pub fn bytes(&self) -> Option<&Bytes> {
        match self {
            Self::Bytes(bytes) => Some(bytes),
            Self::Empty | Self::Stream(_) => None,
        }
    }

    pub(super) fn into_reqwest(self) -> Option<reqwest::Body> {
        match self {
            Self::Empty => None,
            Self::Bytes(bytes) => Some(bytes.into()),
            Self::Stream(BodyStream { content, length }) => {
                Some(reqwest::Body::wrap(Streamed { content: Mutex::new(content), left: length }))
            }
        }
    }
}

/// A stream as the HTTP client takes it. The lock is never waited for: it makes what one task polls at a time acceptable
/// where several could.
struct Streamed {
    content: Mutex<FileStream>,
    left: u64,
}

impl Body for Streamed {
    type Data = Bytes;
    type Error = std::io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, std::io::Error>>> {
        let content = self.content.get_mut().unwrap_or_else(PoisonError::into_inner);
        content.as_mut().poll_next(context).map(|next| {
            next.map(|piece| {
                piece.map(|piece| {
                    self.left = self.left.saturating_sub(piece.len() as u64);
                    Frame::data(piece)
                })
            })
        })
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.left)
    }
}
