//! What measures are made from.

use std::time::Duration;

use patchbay_runtime::{Node, Run};

/// Is told what ran.
pub trait Counter: Send + Sync {
    /// A run has ended.
    fn ran(&self, ran: &Ran<'_>);
    /// An order was answered with what it came to before.
    fn replayed(&self);
}

/// A run that has ended.
pub struct Ran<'run> {
    /// The node.
    pub node: &'run Node,
    /// What it came to, and how.
    pub run: &'run Run,
    /// How long it waited for its place.
    pub waited: Duration,
}

/// Counts nothing: where nobody asks for measures.
pub(crate) struct Uncounted;

impl Counter for Uncounted {
    fn ran(&self, _: &Ran<'_>) {}

    fn replayed(&self) {}
}
