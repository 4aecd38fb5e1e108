//! What a node says of itself.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::bindings;
use crate::error::{Error, Result};
use crate::id::{Name, NodeId};

/// What a node or a request does to the service.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Effect {
    /// Changes nothing.
    Read,
    /// Changes something.
    Write,
}

/// How a failed node's StatusCode comes about.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum StatusRule {
    /// The service's HTTP status when it was an error, else the one of the failure's kind.
    #[default]
    Http,
    /// 500 for every failure past validation.
    Operation,
}

/// Why a run failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum FailureKind {
    /// The inputs or options are wrong; nothing was sent.
    InvalidInput,
    /// The service refused the credential.
    Auth,
    /// The application may not do this.
    Permission,
    /// The service refused this machine's address.
    IpWhitelist,
    /// There is no such thing.
    NotFound,
    /// It exists already, or something else is in the way.
    Conflict,
    /// The service refused a parameter.
    InvalidParameter,
    /// Too many calls.
    RateLimit,
    /// The service failed, its answer could not be understood, or the node broke.
    System,
    /// No connection, or a broken one.
    Network,
    /// No answer in time.
    Timeout,
    /// The gate refused a request.
    Refused,
}

impl FailureKind {
    /// All kinds.
    pub const ALL: [Self; 12] = [
        Self::InvalidInput,
        Self::Auth,
        Self::Permission,
        Self::IpWhitelist,
        Self::NotFound,
        Self::Conflict,
        Self::InvalidParameter,
        Self::RateLimit,
        Self::System,
        Self::Network,
        Self::Timeout,
        Self::Refused,
    ];

    /// The StatusCode of a failure that has none of the service's own.
    pub fn status_code(self) -> i32 {
        match self {
            Self::InvalidInput | Self::InvalidParameter => 400,
            Self::Auth => 401,
            Self::Permission | Self::IpWhitelist | Self::Refused => 403,
            Self::NotFound => 404,
            Self::Conflict => 409,
            Self::RateLimit => 429,
            Self::System | Self::Network => 500,
            Self::Timeout => 504,
        }
    }
}

impl From<bindings::FailureKind> for FailureKind {
    fn from(kind: bindings::FailureKind) -> Self {
        match kind {
            bindings::FailureKind::InvalidInput => Self::InvalidInput,
            bindings::FailureKind::Auth => Self::Auth,
            bindings::FailureKind::Permission => Self::Permission,
            bindings::FailureKind::IpWhitelist => Self::IpWhitelist,
            bindings::FailureKind::NotFound => Self::NotFound,
            bindings::FailureKind::Conflict => Self::Conflict,
            bindings::FailureKind::InvalidParameter => Self::InvalidParameter,
            bindings::FailureKind::RateLimit => Self::RateLimit,
            bindings::FailureKind::System => Self::System,
            bindings::FailureKind::Network => Self::Network,
            bindings::FailureKind::Timeout => Self::Timeout,
            bindings::FailureKind::Refused => Self::Refused,
        }
    }
}

/// An error code of the service that means something of its own in an operation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct KnownError {
    /// The code; one that ends in `*` stands for all that begin with what is before it.
    pub code: String,
    /// What it means.
    pub kind: FailureKind,
    /// Whether the request may be repeated after it.
    pub retry: Retry,
}

/// Whether a request may be repeated after an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Retry {
    /// It would fail again.
    Never,
    /// The cause may pass, but the request may have been executed: only if it reads.
    IfRead,
    /// The request was refused before it was executed, and the cause passes.
    Always,
}

/// What a node says of itself; what canvases, forms and agents read.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// `provider/operation`.
    pub id: NodeId,
    /// Name of the operation as a person reads it: "Create Chat".
    pub title: String,
    /// What the operation works on: "Group Chat". Nodes are grouped by it.
    pub resource: String,
    /// One or two sentences on what the node does.
    pub description: String,
    /// Whether the node changes anything.
    pub effect: Effect,
    /// Whether running it twice with the same values leaves the same state as running it once.
    pub idempotent: bool,
    /// How a failure's StatusCode comes about.
    #[serde(default)]
    pub status: StatusRule,
    /// Inputs whose values name what the node needs for itself: runs with equal values wait for each other, so that
    /// appends to one sheet never overlap.
    #[serde(default)]
    pub exclusive: Vec<String>,
    /// Error codes of the service that mean something of their own in this operation. Those that mean the same in all
    /// operations of the service are not listed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<KnownError>,
    /// JSON Schema (2020-12) of the inputs. An `anyOf` gives the canonical form first; the members after it are other
    /// ways to write it, which are turned into the canonical form before the node sees them.
    pub inputs: Map<String, Value>,
    /// JSON Schema of the options.
    pub options: Map<String, Value>,
    /// JSON Schema of the outputs that are the node's own; the envelope's fields come besides.
    pub outputs: Map<String, Value>,
}

/// The manifest as the component gives it: without its provider.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Declared {
    id: Name,
    title: String,
    resource: String,
    description: String,
    effect: Effect,
    idempotent: bool,
    #[serde(default)]
    status: StatusRule,
    #[serde(default)]
    exclusive: Vec<String>,
    #[serde(default)]
    errors: Vec<KnownError>,
    inputs: Map<String, Value>,
    options: Map<String, Value>,
    outputs: Map<String, Value>,
}

impl Manifest {
    /// Reads the manifest that the component of `id` exports.
    pub(crate) fn from_component(id: &NodeId, json: &str) -> Result<Self> {
        let refuse = |reason: String| Error::Manifest { node: id.clone(), reason };
        let declared: Declared = serde_json::from_str(json).map_err(|error| refuse(error.to_string()))?;
        if declared.id != id.operation {
            return Err(refuse(format!("it calls itself `{}`, its file `{}`", declared.id, id.operation)));
        }
        let manifest = Self {
            id: id.clone(),
            title: declared.title,
            resource: declared.resource,
            description: declared.description,
            effect: declared.effect,
            idempotent: declared.idempotent,
            status: declared.status,
            exclusive: declared.exclusive,
            errors: declared.errors,
            inputs: declared.inputs,
            options: declared.options,
            outputs: declared.outputs,
        };
        manifest.check().map_err(refuse)?;
        Ok(manifest)
    }

    fn check(&self) -> Result<(), String> {
        for (part, schema) in [("inputs", &self.inputs), ("options", &self.options), ("outputs", &self.outputs)] {
            if schema.get("type").and_then(Value::as_str) != Some("object") {
                return Err(format!("the schema of its {part} is not of type object"));
            }
        }
        if let Some(name) = property_names(&self.outputs).find(|name| crate::envelope::is_reserved(name)) {
            return Err(format!("its output `{name}` has the name of an envelope field"));
        }
        if let Some(name) = self.exclusive.iter().find(|name| !property_names(&self.inputs).any(|known| known == *name))
        {
            return Err(format!("`exclusive` names `{name}`, which is not an input"));
        }
        Ok(())
    }
}

/// The names of an object schema's properties, in declared order.
pub(crate) fn property_names(schema: &Map<String, Value>) -> impl Iterator<Item = &String> {
    schema.get("properties").and_then(Value::as_object).into_iter().flat_map(Map::keys)
}
