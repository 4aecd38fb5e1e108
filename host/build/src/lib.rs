//! Builds nodes: finds the guest toolchain, compiles, makes components, and writes them with their provider's data.
//!
//! A provider is a folder with a `provider.toml`. Its nodes are the binaries of that folder's own package and of the
//! packages directly beneath it, `<provider>/<binary>` each.
//!
//! [`Build`] is what to build; it skips what is current and tells a [`Progress`] of each node as soon as it can be run.
//! [`Schemas`] are the files that follow from the nodes' manifests and are checked in.

#![deny(missing_docs)]

mod build;
mod compile;
mod component;
mod error;
mod files;
mod manifests;
mod owner;
mod progress;
mod providers;
mod schemas;
mod stamp;
mod toolchain;
mod wording;

pub use build::Build;
pub use error::{Error, Result};
pub use files::write_whole;
pub use progress::{Progress, Step};
pub use schemas::Schemas;
pub use toolchain::Toolchain;
