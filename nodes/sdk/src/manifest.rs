//! What a node says of itself.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{FailureKind, schema};

/// What a request, or a whole node, does to the service.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Effect {
    /// Changes nothing; may be repeated.
    Read,
    /// Changes something; is never repeated after it may have been executed.
    Write,
}

/// Where the StatusCode of a failed run comes from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// The service's HTTP status, or the one that fits the failure's kind.
    #[default]
    Http,
    /// 500 for every failure past validation.
    Operation,
}

/// An error code of the service that a node knows to mean something of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct KnownError {
    /// The code; one that ends in `*` stands for all that begin with what is before it.
    pub code: &'static str,
    /// What it means.
    #[serde(serialize_with = "kind_name")]
    pub kind: FailureKind,
    /// Whether the call may be repeated after it.
    pub retry: Retry,
}

/// Whether a call may be repeated after an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Retry {
    /// It would fail again.
    Never,
    /// The cause may pass, but the call may have been executed: only if it reads.
    IfRead,
    /// The call was refused before it was executed, and the cause passes.
    Always,
}

/// The name that `schemas/node.wit` has for a kind.
fn kind_name<S: serde::Serializer>(kind: &FailureKind, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(match kind {
        FailureKind::InvalidInput => "invalid-input",
        FailureKind::Auth => "auth",
        FailureKind::Permission => "permission",
        FailureKind::IpWhitelist => "ip-whitelist",
        FailureKind::NotFound => "not-found",
        FailureKind::Conflict => "conflict",
        FailureKind::InvalidParameter => "invalid-parameter",
        FailureKind::RateLimit => "rate-limit",
        FailureKind::System => "system",
        FailureKind::Network => "network",
        FailureKind::Timeout => "timeout",
        FailureKind::Refused => "refused",
    })
}

/// The inputs of a node that takes none.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NoInputs {}

/// The options of a node that has none.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NoOptions {}

/// What [`node!`](crate::node!) was given.
#[derive(Clone, Copy, Debug)]
#[doc(hidden)]
pub struct Declaration {
    pub id: &'static str,
    pub title: &'static str,
    pub resource: &'static str,
    pub description: &'static str,
    pub effect: Effect,
    pub idempotent: bool,
    pub status: Status,
    pub exclusive: &'static [&'static str],
    pub errors: fn() -> Vec<KnownError>,
}

/// The JSON that a component's `manifest()` answers, as `schemas/manifest.json` describes it.
#[derive(Serialize)]
struct Manifest {
    id: &'static str,
    title: &'static str,
    resource: &'static str,
    description: &'static str,
    effect: Effect,
    idempotent: bool,
    status: Status,
    exclusive: &'static [&'static str],
    #[serde(skip_serializing_if = "Vec::is_empty")]
    errors: Vec<KnownError>,
    inputs: Value,
    options: Value,
    outputs: Value,
}

impl Declaration {
    /// The manifest of a node with these inputs, options and outputs.
    ///
    /// # Panics
    /// When `exclusive` names something that is not an input. The author sees it when the component is built.
    pub(crate) fn manifest<I: JsonSchema, O: JsonSchema, R: JsonSchema>(&self) -> String {
        let Self { id, title, resource, description, effect, idempotent, status, exclusive, errors } = *self;
        let inputs = schema::taken::<I>().to_value();
        for name in exclusive {
            let known = inputs["properties"].get(name).is_some();
            assert!(known, "exclusive names `{name}`, which is not an input of {id}");
        }
        let (options, outputs) = (schema::taken::<O>().to_value(), schema::given::<R>().to_value());
        let manifest = Manifest {
            id,
            title,
            resource,
            description,
            effect,
            idempotent,
            status,
            exclusive,
            errors: errors(),
            inputs,
            options,
            outputs,
        };
        serde_json::to_string(&manifest)
            .unwrap_or_else(|error| panic!("the manifest of {id} has no JSON form: {error}"))
    }
}
