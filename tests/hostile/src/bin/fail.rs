//! Fail: fails in the way it is told to, after a request when it is given one.

use hostile::Request;
use patchbay_node::serde_json::{Map, Value};
use patchbay_node::{Failure, FailureKind, Outcome, Result, inputs, node, options, outputs};

node! {
    /// Fails in the way it is told to, after a request when it is given one.
    resource: "Envelope",
    effect: Read,
}

#[inputs]
struct Inputs {
    /// The failure's kind, as schemas/node.wit names it.
    kind: String,
}

#[options]
struct Options {
    /// A request to send before.
    request: Option<Request>,
    /// Whether it claims that it may be tried again.
    retryable: Option<bool>,
}

/// One output of each type; none is ever given.
#[outputs]
struct Outputs {
    object: Map<String, Value>,
    list: Vec<String>,
    text: String,
    integer: i64,
    number: f64,
    flag: bool,
}

fn run(inputs: Inputs, options: Options) -> Result<Outcome<Outputs>> {
    if let Some(request) = options.request {
        request.send()?;
    }
    let kind = match &*inputs.kind {
        "invalid-input" => FailureKind::InvalidInput,
        "auth" => FailureKind::Auth,
        "permission" => FailureKind::Permission,
        "ip-whitelist" => FailureKind::IpWhitelist,
        "not-found" => FailureKind::NotFound,
        "conflict" => FailureKind::Conflict,
        "invalid-parameter" => FailureKind::InvalidParameter,
        "rate-limit" => FailureKind::RateLimit,
        "system" => FailureKind::System,
        "network" => FailureKind::Network,
        "timeout" => FailureKind::Timeout,
        "refused" => FailureKind::Refused,
        other => return Err(Failure::invalid_input("Kind", format_args!("can not be `{other}`"))),
    };
    let retryable = options.retryable.unwrap_or(false);
    Err(Failure::new(kind, "it failed as it was told to").hint("Expect it.").retryable(retryable))
}
