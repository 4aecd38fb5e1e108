//! Files: content that a node names and never holds. The host streams it, into a request and out of an answer.
//!
//! The runtime keeps no files of its own: a [`FileStore`] does, which whoever sets the runtime up may give it.

use std::io;
use std::pin::Pin;

use bytes::Bytes;
use futures_util::Stream;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::future::BoxFuture;

/// What is known of a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FileInfo {
    /// Names the file.
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

/// Content in pieces.
pub type FileStream = Pin<Box<dyn Stream<Item = io::Result<Bytes>> + Send>>;

/// A file that is being read.
pub struct OpenFile {
    /// What is known of it. The content has the size that it says.
    pub info: FileInfo,
    /// The content.
    pub content: FileStream,
}

/// A file that is to be kept.
pub struct NewFile {
    /// Its name, without a path.
    pub name: String,
    /// Its media type.
    pub media_type: String,
    /// The content. It is bounded; where it ends in an error, nothing is kept.
    pub content: FileStream,
}

/// Why a file can not be had or kept.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FileError {
    /// There is no such file, or the run may not use it.
    #[error("there is no file `{0}` that this run may use")]
    NotFound(String),
    /// The content could not be read, or did not come to its end.
    #[error("the file's content could not be read")]
    Content(#[source] io::Error),
    /// The store has no room for it.
    #[error("there is no room for the file: {0}")]
    NoRoom(String),
    /// The store failed.
    #[error("the store of files failed")]
    Store(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// Keeps files. `owner` is what the invocation says of whose files its run may use; the store decides what that means.
pub trait FileStore: Send + Sync {
    /// What is known of a file; none when there is no such file that the owner may use.
    fn describe<'a>(&'a self, owner: &'a str, id: &'a str) -> BoxFuture<'a, Result<Option<FileInfo>, FileError>>;

    /// Opens a file for reading.
    fn open<'a>(&'a self, owner: &'a str, id: &'a str) -> BoxFuture<'a, Result<OpenFile, FileError>>;

    /// Keeps a new file, and makes up its id. It is there once the whole content has been read.
    fn create<'a>(&'a self, owner: &'a str, file: NewFile) -> BoxFuture<'a, Result<FileInfo, FileError>>;
}

impl FileError {
    /// The cause, which the error's own text leaves out.
    pub(crate) fn source_text(&self) -> String {
        std::error::Error::source(self).map(ToString::to_string).unwrap_or_default()
    }
}
