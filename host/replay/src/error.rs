//! Why cases can not be found, run or recorded.

use std::io;
use std::path::PathBuf;

use crate::source::Malformed;

/// What went wrong.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// No project, and nothing was named.
    #[error("this is not a Patchbay project; name a file or a folder: patchbay test PATH")]
    NoProject,
    /// What was named is nothing that has cases.
    #[error("`{argument}` is neither a file or folder nor a provider, node or case of this project{near}")]
    UnknownName {
        /// What was named.
        argument: String,
        /// `; did you mean ..?`, or nothing.
        near: String,
    },
    /// A node that has no fixtures.
    #[error("`{argument}` has no fixtures{near}")]
    NoFixtures {
        /// What was named.
        argument: String,
        /// `; did you mean ..?`, or nothing.
        near: String,
    },
    /// Nothing is left of what was named.
    #[error("there are no fixtures of that name; they stand in PROVIDER/**/fixtures/OPERATION.yaml")]
    Nothing,
    /// A file or folder that can not be read or written.
    #[error("{path} can not be used", path = path.display())]
    File {
        /// The file or folder.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// A file that is not a fixture.
    #[error("{0}")]
    Malformed(Malformed),
    /// The runtime does not run the case.
    #[error("the case can not be run")]
    Runtime(#[from] patchbay_runtime::Error),
    /// A case was not run to its end.
    #[error("a run of a case broke off")]
    Broken(#[from] tokio::task::JoinError),
    /// What happened can not stand in a fixture.
    #[error("{case} is not recorded: {reason}")]
    NotRecorded {
        /// The case.
        case: String,
        /// Why.
        reason: String,
    },
    /// The JUnit report has no XML form.
    #[error("the JUnit report has no XML form")]
    Junit(#[from] quick_junit::SerializeError),
    /// A value that has no JSON form.
    #[error("a value has no JSON form")]
    Json(#[from] serde_json::Error),
}

/// What comes of it, or an [`Error`].
pub type Result<T> = std::result::Result<T, Error>;
