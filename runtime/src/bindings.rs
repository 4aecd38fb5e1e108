//! The boundary of `schemas/node.wit` as the host sees it.

use crate::manifest::Effect;
use crate::record::LogLevel;

mod generated {
    #![allow(missing_docs, reason = "generated; schemas/node.wit has the documentation")]

    wasmtime::component::bindgen!({
        path: "../schemas/node.wit",
        world: "node",
        imports: { "patchbay:node/http": async | trappable, default: trappable },
        exports: { default: async },
    });
}

pub(crate) use generated::patchbay::node::{http, log};
pub(crate) use generated::{Failure, FailureKind, NodePre, Outcome};

/// The imports that a node may have. A component with any other is refused.
pub(crate) const IMPORTS: [&str; 2] = ["patchbay:node/http@0.1.0", "patchbay:node/log@0.1.0"];

impl From<http::Effect> for Effect {
    fn from(effect: http::Effect) -> Self {
        match effect {
            http::Effect::Read => Self::Read,
            http::Effect::Write => Self::Write,
        }
    }
}

impl From<log::Level> for LogLevel {
    fn from(level: log::Level) -> Self {
        match level {
            log::Level::Debug => Self::Debug,
            log::Level::Info => Self::Info,
            log::Level::Warn => Self::Warn,
            log::Level::Error => Self::Error,
        }
    }
}
