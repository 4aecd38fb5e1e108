//! The boundary at 0.1 (`schemas/node-0.1.wit`): bodies are bytes, and requests do not name their API.

use crate::gate::message::{self, AnswerForm, Body, ResponseBody};
use crate::vocabulary::{Effect, FailureKind, LogLevel};

mod generated {
    #![allow(missing_docs, reason = "generated; schemas/node-0.1.wit has the documentation")]

    wasmtime::component::bindgen!({
        path: "../schemas/node-0.1.wit",
        world: "node",
        imports: { "patchbay:node/http": async | trappable, default: trappable },
        exports: { default: async },
    });
}

pub(crate) use generated::NodePre;
pub(crate) use generated::patchbay::node::{http, log};

impl From<http::Request> for message::Request {
    fn from(request: http::Request) -> Self {
        Self {
            method: request.method,
            url: request.url,
            api: None,
            headers: request.headers,
            body: request.body.map(|body| Body::Bytes(body.into())),
            slot: request.slot,
            effect: match request.effect {
                http::Effect::Read => Effect::Read,
                http::Effect::Write => Effect::Write,
            },
            answer: AnswerForm::Bytes,
        }
    }
}

impl From<message::Response> for http::Response {
    fn from(response: message::Response) -> Self {
        let body = match response.body {
            ResponseBody::Bytes(body) => body.into(),
            // Kept for those who ask for it, and at 0.1 nobody can.
            ResponseBody::File(_) => Vec::new(),
        };
        Self { status: response.status, headers: response.headers, body }
    }
}

impl From<message::SendError> for http::SendError {
    fn from(error: message::SendError) -> Self {
        use message::SendErrorKind as Kind;
        let kind = match error.kind {
            Kind::Refused | Kind::File => http::SendErrorKind::Refused,
            Kind::Credential => http::SendErrorKind::Credential,
            Kind::Unreachable => http::SendErrorKind::Unreachable,
            Kind::Timeout => http::SendErrorKind::Timeout,
            Kind::Broken => http::SendErrorKind::Broken,
        };
        Self { kind, message: error.message, hint: error.hint, retryable: error.retryable }
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

impl From<generated::Outcome> for super::Outcome {
    fn from(outcome: generated::Outcome) -> Self {
        Self { outputs: outcome.outputs, summary: outcome.summary }
    }
}

impl From<generated::Failure> for super::Failure {
    fn from(failure: generated::Failure) -> Self {
        use generated::FailureKind as Kind;
        let kind = match failure.kind {
            Kind::InvalidInput => FailureKind::InvalidInput,
            Kind::Auth => FailureKind::Auth,
            Kind::Permission => FailureKind::Permission,
            Kind::IpWhitelist => FailureKind::IpWhitelist,
            Kind::NotFound => FailureKind::NotFound,
            Kind::Conflict => FailureKind::Conflict,
            Kind::InvalidParameter => FailureKind::InvalidParameter,
            Kind::RateLimit => FailureKind::RateLimit,
            Kind::System => FailureKind::System,
            Kind::Network => FailureKind::Network,
            Kind::Timeout => FailureKind::Timeout,
            Kind::Refused => FailureKind::Refused,
        };
        let generated::Failure { message, hint, retryable, outputs, .. } = failure;
        Self { kind, message, hint, retryable, outputs, errors: Vec::new() }
    }
}
