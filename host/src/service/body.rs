//! What an invocation is asked with.

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::extract::{Form, Object};

/// The body of an invocation.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct InvokeBody {
    /// The node's inputs, as `GET /v1/nodes/{provider}/{operation}/schema` describes them.
    #[schemars(schema_with = "object")]
    pub inputs: Value,
    /// The node's options.
    #[schemars(schema_with = "object")]
    pub options: Value,
    /// Name of the credential that the node's requests are signed with.
    pub credential: Option<String>,
    /// How long the run may take, in milliseconds, all its attempts together.
    #[schemars(range(min = 1))]
    pub timeout_ms: Option<u64>,
    /// How often the run may be repeated while its outcome says Retryable.
    pub retries: u32,
    /// Reads are sent, the first write is not: Summary and Plan say what would be.
    pub dry_run: bool,
}

/// Many invocations.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BatchBody {
    /// The invocations.
    #[schemars(with = "Vec<BatchItem>")]
    pub invocations: Vec<Object<BatchItem>>,
    /// How many may run at once; the service has a limit of its own.
    #[schemars(range(min = 1))]
    pub concurrency: Option<usize>,
}

/// One of many invocations.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BatchItem {
    /// The node: `provider/operation`.
    pub node: String,
    /// Given back in the answer, for the caller to know it by.
    #[serde(default)]
    pub id: Option<String>,
    /// As the header Idempotency-Key of a single call.
    #[serde(default)]
    pub idempotency_key: Option<String>,
    /// The node's inputs.
    #[serde(default)]
    #[schemars(schema_with = "object")]
    pub inputs: Value,
    /// The node's options.
    #[serde(default)]
    #[schemars(schema_with = "object")]
    pub options: Value,
    /// Name of the credential that the node's requests are signed with.
    #[serde(default)]
    pub credential: Option<String>,
    /// How long the run may take, in milliseconds, all its attempts together.
    #[serde(default)]
    #[schemars(range(min = 1))]
    pub timeout_ms: Option<u64>,
    /// How often the run may be repeated while its outcome says Retryable.
    #[serde(default)]
    pub retries: u32,
    /// Reads are sent, the first write is not: Summary and Plan say what would be.
    #[serde(default)]
    pub dry_run: bool,
}

fn object(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "type": ["object", "null"] })
}

impl Form for InvokeBody {
    const FORM: &'static str = "Send {\"inputs\":{..},\"options\":{..},\"credential\":\"NAME\",\"timeout_ms\":N,\"retries\":N,\
                                \"dry_run\":true}; all but inputs may be left out.";
}

impl Form for BatchBody {
    const FORM: &'static str = "Send {\"invocations\":[{\"node\":\"provider/operation\",\"inputs\":{..},..}],\"concurrency\":N}; each \
                                invocation is like the body of a single one, with its node, and an id and an idempotency_key of its own.";
}

impl BatchItem {
    /// The body of the same invocation as a call of its own.
    pub fn into_body(self) -> InvokeBody {
        let Self { inputs, options, credential, timeout_ms, retries, dry_run, .. } = self;
        InvokeBody { inputs, options, credential, timeout_ms, retries, dry_run }
    }
}
