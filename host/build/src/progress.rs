//! How far a build is.

use std::time::Duration;

use patchbay_runtime::NodeId;

/// What a build has come to.
#[derive(Debug)]
pub enum Step<'build> {
    /// There is no compiler for nodes; rustup is asked for its target.
    AddingTarget {
        /// How long it is waited for.
        at_most: Duration,
    },
    /// A compiler was found, and something is stale.
    Began {
        /// The compiler, in words.
        toolchain: &'build str,
        /// The nodes that are made. The folders of their providers are there, with their `provider.toml`.
        nodes: &'build [NodeId],
    },
    /// A crate was compiled.
    Compiled {
        /// How many have been so far.
        crates: usize,
        /// Its name.
        name: &'build str,
    },
    /// The component of a node is there and can be run.
    Node {
        /// The node.
        id: &'build NodeId,
        /// The size of its component.
        bytes: usize,
    },
}

/// Who is told how far a build is.
pub trait Progress: Send + Sync {
    /// Is called for each step, in the order in which they come, by the task that builds.
    fn reached(&self, step: Step<'_>);
}
