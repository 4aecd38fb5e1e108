//! The boundary at 0.2 (`schemas/node.wit`).

use crate::envelope::WrongValue;
use crate::files::FileInfo;
use crate::gate::message::{self, AnswerForm, Body, KeptAnswer, Part, PartContent, ResponseBody};
use crate::vocabulary::{Effect, FailureKind, LogLevel};

mod generated {
    #![allow(missing_docs, reason = "generated; schemas/node.wit has the documentation")]

    wasmtime::component::bindgen!({
        path: "../schemas/node.wit",
        world: "node",
        imports: {
            "patchbay:node/http": async | trappable,
            "patchbay:node/files": async | trappable,
            default: trappable,
        },
        exports: { default: async },
    });
}

pub(crate) use generated::NodePre;
pub(crate) use generated::patchbay::node::{files, http, log, types};

impl From<http::Request> for message::Request {
    fn from(request: http::Request) -> Self {
        Self {
            method: request.method,
            url: request.url,
            api: Some(request.api),
            headers: request.headers,
            body: request.body.map(Into::into),
            slot: request.slot,
            effect: match request.effect {
                http::Effect::Read => Effect::Read,
                http::Effect::Write => Effect::Write,
            },
            answer: match request.answer {
                http::AnswerForm::Bytes => AnswerForm::Bytes,
                http::AnswerForm::File(kept) => AnswerForm::File(KeptAnswer { name: kept.name, except: kept.except }),
            },
        }
    }
}

impl From<http::Body> for Body {
    fn from(body: http::Body) -> Self {
        match body {
            http::Body::Bytes(bytes) => Self::Bytes(bytes.into()),
            http::Body::Parts(parts) => Self::Parts(parts.into_iter().map(Into::into).collect()),
            http::Body::File(id) => Self::File(id),
        }
    }
}

impl From<http::Part> for Part {
    fn from(part: http::Part) -> Self {
        let content = match part.content {
            http::PartContent::Bytes(bytes) => PartContent::Bytes(bytes.into()),
            http::PartContent::File(id) => PartContent::File(id),
        };
        Self { name: part.name, file_name: part.file_name, content_type: part.content_type, content }
    }
}

impl From<message::Response> for http::Response {
    fn from(response: message::Response) -> Self {
        let body = match response.body {
            ResponseBody::Bytes(body) => http::ResponseBody::Bytes(body.into()),
            ResponseBody::File(file) => http::ResponseBody::File(file.into()),
        };
        Self { status: response.status, headers: response.headers, body }
    }
}

impl From<FileInfo> for files::File {
    fn from(file: FileInfo) -> Self {
        let FileInfo { id, name, media_type, size, sha256 } = file;
        Self { id, name, media_type, size, sha256 }
    }
}

impl From<message::SendError> for http::SendError {
    fn from(error: message::SendError) -> Self {
        use message::SendErrorKind as Kind;
        let kind = match error.kind {
            Kind::Refused => http::SendErrorKind::Refused,
            Kind::Credential => http::SendErrorKind::Credential,
            Kind::File => http::SendErrorKind::File,
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

impl From<types::Outcome> for super::Outcome {
    fn from(outcome: types::Outcome) -> Self {
        Self { outputs: outcome.outputs, summary: outcome.summary }
    }
}

impl From<types::Failure> for super::Failure {
    fn from(failure: types::Failure) -> Self {
        use types::FailureKind as Kind;
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
        let types::Failure { message, hint, retryable, outputs, errors, .. } = failure;
        let wrong = |error: types::ParameterError| {
            let types::ParameterError { path, code, expected, message } = error;
            WrongValue { path, code, expected, message }
        };
        Self { kind, message, hint, retryable, outputs, errors: errors.into_iter().map(wrong).collect() }
    }
}
