//! What can go wrong with what is kept.

use std::path::PathBuf;

use patchbay_runtime::chain;

/// The cause of an error, of whatever a database's library has for it.
pub(crate) type Cause = Box<dyn std::error::Error + Send + Sync>;

/// Why what is kept could not be read or written.
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
    #[error("{} can not be used", path.display())]
    Place {
        /// The file or folder.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The database of a data directory that was in use is empty or gone.
    #[error(
        "{} is empty, and {} beside it belongs to one that was not; put the database back, or move the key away to begin anew",
        path.display(), key.display()
    )]
    Lost {
        /// The database.
        path: PathBuf,
        /// The master key that credentials were sealed under.
        key: PathBuf,
    },
    /// The database is not one any more.
    #[error(
        "{} is damaged: {reason}; put a backup in its place (`patchbay backup` makes one), or move it and the files beside it \
         that begin with its name away to begin anew", path.display()
    )]
    Damaged {
        /// The database.
        path: PathBuf,
        /// What it is told by.
        reason: String,
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
    #[error("{what} in the store can not be read")]
    Broken {
        /// What it is.
        what: String,
        /// Why it can not be read.
        source: Cause,
    },
    /// The store was closed.
    #[error("the store is closed")]
    Closed,
    /// The database failed: no space, a file that can not be written, a lock that did not come.
    #[error("the store failed")]
    Failed(#[source] Cause),
}

/// A result of the store.
pub type Result<T, E = StoreError> = std::result::Result<T, E>;

/// Why the store takes nothing at present. It recovers by itself.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("what is run can not be recorded now: {0}")]
pub struct Unavailable(pub(crate) String);

impl StoreError {
    /// What is stored can not be understood.
    pub(crate) fn broken(what: impl Into<String>, source: impl Into<Cause>) -> Self {
        Self::Broken { what: what.into(), source: source.into() }
    }

    /// The error with all its causes, each told once, for where only a text can be given.
    pub fn told(&self) -> String {
        chain(self)
    }

    /// Why the store failed, or what else is wrong.
    pub(crate) fn reason(&self) -> String {
        match self {
            Self::Failed(cause) => chain(&**cause),
            other => chain(other),
        }
    }
}
