//! What an invocation is asked with.

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Number, Value};

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
    #[serde(deserialize_with = "some_whole")]
    #[schemars(range(min = 1, max = 9_007_199_254_740_992_u64))]
    pub timeout_ms: Option<u64>,
    /// How often the run may be repeated while its outcome says Retryable; the service has a limit of its own.
    #[serde(deserialize_with = "whole")]
    #[schemars(range(max = 4_294_967_295_u32))]
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
    #[serde(default, deserialize_with = "some_whole")]
    #[schemars(range(min = 1, max = 9_007_199_254_740_992_u64))]
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
    #[schemars(length(min = 1, max = 255))]
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
    #[serde(default, deserialize_with = "some_whole")]
    #[schemars(range(min = 1, max = 9_007_199_254_740_992_u64))]
    pub timeout_ms: Option<u64>,
    /// How often the run may be repeated while its outcome says Retryable; the service has a limit of its own.
    #[serde(default, deserialize_with = "whole")]
    #[schemars(range(max = 4_294_967_295_u32))]
    pub retries: u32,
    /// Reads are sent, the first write is not: Summary and Plan say what would be.
    #[serde(default)]
    pub dry_run: bool,
}

/// An integer as JSON Schema has it: 3.0 is one too.
fn whole<'de, D: Deserializer<'de>, T: TryFrom<u64>>(deserializer: D) -> Result<T, D::Error> {
    let number = Number::deserialize(deserializer)?;
    let is_whole = |number: &f64| number.fract() == 0.0 && (0.0..=9_007_199_254_740_992.0).contains(number);
    let integer = number.as_u64().or_else(|| number.as_f64().filter(is_whole).map(|number| number as u64));
    let fits = integer.and_then(|integer| T::try_from(integer).ok());
    fits.ok_or_else(|| D::Error::custom(format!("{number} is not a whole number that is taken here")))
}

/// The same, or null.
fn some_whole<'de, D: Deserializer<'de>, T: TryFrom<u64>>(deserializer: D) -> Result<Option<T>, D::Error> {
    struct Whole<T>(T);
    impl<'de, T: TryFrom<u64>> Deserialize<'de> for Whole<T> {
        fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            whole(deserializer).map(Self)
        }
    }
    Ok(Option::<Whole<T>>::deserialize(deserializer)?.map(|Whole(number)| number))
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
