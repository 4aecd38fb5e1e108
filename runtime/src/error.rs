//! What can go wrong before a node runs. What goes wrong in a run is told in its envelope.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use crate::id::{Name, NodeId};

/// The result of this crate's functions.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why nodes can not be loaded, or an invocation can not begin.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A file can not be read.
    #[error("can not read {}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A directory for compiled components can not be used.
    #[error("can not keep compiled components in {}: {reason}", path.display())]
    Cache {
        /// The directory.
        path: PathBuf,
        /// Why, and what to do.
        reason: String,
    },
    /// A `provider.toml` is wrong.
    #[error("{} is not a provider: {reason}", path.display())]
    Provider {
        /// The file.
        path: PathBuf,
        /// What is wrong and where.
        reason: String,
    },
    /// There is nothing to run.
    #[error("there are no nodes in {}", .0.display())]
    NoNodes(PathBuf),
    /// The id has no node.
    #[error("there is no node `{id}`{}", did_you_mean(nearest))]
    UnknownNode {
        /// The id that was asked for.
        id: NodeId,
        /// The id that was likely meant.
        nearest: Option<NodeId>,
    },
    /// The name has no provider.
    #[error("there is no provider `{name}`{}", did_you_mean(nearest))]
    UnknownProvider {
        /// The name that was asked for.
        name: String,
        /// The name that was likely meant.
        nearest: Option<Name>,
    },
    /// A component can not be compiled or instantiated.
    #[error("{} is not a component that can run here: {reason}", path.display())]
    Component {
        /// The file.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// A component imports what nodes do not get.
    #[error("the node `{node}` imports `{import}`; nodes have {known} and nothing else")]
    ForeignImport {
        /// The node.
        node: NodeId,
        /// The import.
        import: String,
        /// What nodes may import, in words.
        known: String,
    },
    /// A node says something of itself that can not be used.
    #[error("the manifest of `{node}` can not be used: {reason}")]
    Manifest {
        /// The node.
        node: NodeId,
        /// Why.
        reason: String,
    },
    /// A node was to be built and was not.
    #[error("the node `{node}` was not built: {reason}")]
    NotBuilt {
        /// The node.
        node: NodeId,
        /// Why.
        reason: String,
    },
    /// A node is loaded once; why it can not be is told to everyone who asks for it.
    #[error(transparent)]
    Loading(Arc<Error>),
    /// The WebAssembly engine can not be set up.
    #[error("the WebAssembly engine can not start: {0}")]
    Engine(String),
    /// The HTTP client can not be set up.
    #[error("the HTTP client can not start: {0}")]
    HttpClient(String),
}

impl Error {
    /// Why something is left out, without where it lies on this machine: for those who call a service and do not run it.
    pub fn reason(&self) -> String {
        match self {
            Self::Read { source, .. } => format!("it can not be read: {source}"),
            Self::Cache { reason, .. } => format!("its compiled form can not be kept: {reason}"),
            Self::Provider { reason, .. } => format!("it is not a provider: {reason}"),
            Self::Component { reason, .. } => format!("it is not a component that can run here: {reason}"),
            Self::Loading(error) => error.reason(),
            other => other.to_string(),
        }
    }
}

fn did_you_mean(nearest: &Option<impl std::fmt::Display>) -> String {
    nearest.as_ref().map_or_else(String::new, |nearest| format!("; did you mean `{nearest}`?"))
}
