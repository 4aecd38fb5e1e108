//! What can go wrong before a node runs. What goes wrong in a run is told in its envelope.

use std::io;
use std::path::PathBuf;

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
    #[error("the node `{node}` imports `{import}`; nodes have {} and nothing else", crate::bindings::IMPORTS.join(" and "))]
    ForeignImport {
        /// The node.
        node: NodeId,
        /// The import.
        import: String,
    },
    /// A node says something of itself that can not be used.
    #[error("the manifest of `{node}` can not be used: {reason}")]
    Manifest {
        /// The node.
        node: NodeId,
        /// Why.
        reason: String,
    },
    /// The WebAssembly engine can not be set up.
    #[error("the WebAssembly engine can not start: {0}")]
    Engine(String),
    /// The HTTP client can not be set up.
    #[error("the HTTP client can not start: {0}")]
    HttpClient(String),
}

fn did_you_mean(nearest: &Option<impl std::fmt::Display>) -> String {
    nearest.as_ref().map_or_else(String::new, |nearest| format!("; did you mean `{nearest}`?"))
}
