//! What can go wrong when a tenant starts.

use std::io;
use std::net::SocketAddr;

use crate::state::StateError;

/// Why a tenant did not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The address is taken, or this machine does not have it.
    #[error("cannot listen on {address}; port 0 takes any free one")]
    Listen {
        /// The address of the configuration.
        address: SocketAddr,
        /// The operating system's reason.
        source: io::Error,
    },
    /// The state of the configuration can not be taken over.
    #[error("the state of the organisation can not be read; write it as GET /-/state gives it")]
    State(#[from] StateError),
}
