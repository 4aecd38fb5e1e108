//! Lines for the run's record and the host's log. Never log a person's data or the content of a message.

use std::fmt::Display;

use crate::bindings::patchbay::node::log::Level;

/// Logs what helps only while a node is being written.
pub fn debug(message: impl Display) {
    line(Level::Debug, &message.to_string());
}

/// Logs a step that a reader of the run's record wants to see.
pub fn info(message: impl Display) {
    line(Level::Info, &message.to_string());
}

/// Logs something unexpected that the node could handle.
pub fn warn(message: impl Display) {
    line(Level::Warn, &message.to_string());
}

/// Logs a fault of the node itself.
pub fn error(message: impl Display) {
    line(Level::Error, &message.to_string());
}

#[cfg(target_arch = "wasm32")]
fn line(level: Level, message: &str) {
    crate::bindings::patchbay::node::log::log(level, message);
}

/// In a node's own unit tests there is no host.
#[cfg(not(target_arch = "wasm32"))]
fn line(level: Level, message: &str) {
    eprintln!("{level:?}: {message}");
}

/// Makes a panic visible: without a hook, the author would see no more than "unreachable executed".
pub(crate) fn panics() {
    std::panic::set_hook(Box::new(|panic| error(panic)));
}
