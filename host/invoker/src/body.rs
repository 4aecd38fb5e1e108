//! An order as JSON: what a canvas, a batch or an agent writes.

use std::time::Duration;

use patchbay_runtime::NodeId;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};
use serde_json::{Number, Value};

use crate::order::{Caller, CredentialChoice, Order, Origin, RunLimits};

/// The body of an invocation.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
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
    #[serde(deserialize_with = "milliseconds")]
    #[schemars(with = "Option<u64>", range(min = 1, max = 9_007_199_254_740_992_u64))]
    pub timeout_ms: Option<Duration>,
    /// How often the run may be repeated while its outcome says Retryable; the service has a limit of its own.
    #[serde(deserialize_with = "whole_number")]
    #[schemars(range(max = 4_294_967_295_u32))]
    pub retries: u32,
    /// Reads are sent, the first write is not: Summary and Plan say what would be.
    pub dry_run: bool,
}

impl InvokeBody {
    /// The order that a caller gives by it, without a key.
    pub fn into_order(self, node: NodeId, caller: Caller, origin: Origin) -> Order {
        let Self { inputs, options, credential, timeout_ms, retries, dry_run } = self;
        Order {
            inputs,
            options,
            credential: credential.map(CredentialChoice::Named),
            dry_run,
            limits: RunLimits { timeout: timeout_ms, retries },
            ..Order::new(node, caller, origin)
        }
    }
}

/// Reads an integer as JSON Schema has it: 3.0 is one too.
///
/// # Errors
/// It is not whole, or larger than `T` or than what a JSON number holds exactly.
pub fn whole_number<'de, D: Deserializer<'de>, T: TryFrom<u64>>(deserializer: D) -> Result<T, D::Error> {
    /// 2 to the power of 53: up to here a double holds every whole number.
    const MOST: f64 = 9_007_199_254_740_992.0;
    let number = Number::deserialize(deserializer)?;
    let is_whole = |number: &f64| number.fract() == 0.0 && (0.0..=MOST).contains(number);
    let integer = number.as_u64().or_else(|| number.as_f64().filter(is_whole).map(|number| number as u64));
    let fits = integer.and_then(|integer| T::try_from(integer).ok());
    fits.ok_or_else(|| D::Error::custom(format!("{number} is not a whole number that is taken here")))
}

fn milliseconds<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Duration>, D::Error> {
    struct Whole(u64);
    impl<'de> Deserialize<'de> for Whole {
        fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            whole_number(deserializer).map(Self)
        }
    }
    Ok(Option::<Whole>::deserialize(deserializer)?.map(|Whole(number)| Duration::from_millis(number)))
}

fn object(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "type": ["object", "null"] })
}
