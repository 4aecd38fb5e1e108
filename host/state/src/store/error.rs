//! What can go wrong with stored state.

use std::path::PathBuf;

/// Why stored state could not be read or written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// The data directory was written by a newer Patchbay.
    #[error(
        "{} was written by a newer Patchbay (its version is {found}, this program knows {known}); \
         run that version, or name another folder with PATCHBAY_DATA_DIR", path.display()
    )]
    Newer {
        /// The database.
        path: PathBuf,
        /// The version found.
        found: i64,
        /// The newest version that this program knows.
        known: i64,
    },
    /// A file or folder can not be used.
    #[error("{} can not be used: {source}", path.display())]
    Place {
        /// The file or folder.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The name is taken.
    #[error("there is already {what} `{name}`")]
    Exists {
        /// `a credential`, `an API key`.
        what: &'static str,
        /// The name.
        name: String,
    },
    /// Somebody else changed the same thing meanwhile.
    #[error("{0} changed meanwhile; try again")]
    Conflict(&'static str),
    /// What is stored can not be understood.
    #[error("{what} in the store can not be read: {reason}")]
    Broken {
        /// What it is.
        what: String,
        /// Why it can not be read.
        reason: String,
    },
    /// The store was closed.
    #[error("the store is closed")]
    Closed,
    /// The database failed: no space, a file that cannot be written, a lock that did not come.
    #[error("the store failed: {0}")]
    Failed(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// A result of the store.
pub type Result<T, E = StoreError> = std::result::Result<T, E>;

impl StoreError {
    /// What is stored can not be understood.
    pub(super) fn broken(what: impl Into<String>, reason: impl ToString) -> Self {
        Self::Broken { what: what.into(), reason: reason.to_string() }
    }
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        Self::Failed(Box::new(error))
    }
}
