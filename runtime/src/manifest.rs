//! What a node says of itself.

use std::collections::HashSet;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::error::{Error, Result};
use crate::id::{Name, NodeId};
use crate::provider::{CredentialKind, Provider, Slot};
use crate::rule::Rule;
use crate::vocabulary::{Effect, FailureKind, Retry, StatusRule};

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
    /// The signing slots that its requests may use: what is signed by none of them, the gate refuses. Any of the provider's
    /// when the node does not say.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub slots: Vec<Name>,
    /// Whether running it twice with the same values leaves the same state as running it once.
    pub idempotent: bool,
    /// The node that tells how it ended, where a success of this one says no more than that the service took it on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confirm_with: Option<NodeId>,
    /// What holds between inputs and options. The node checks it, and the schema of an invocation says it for forms.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rules: Vec<Rule>,
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
    /// ways to write it, which are turned into the canonical form before the node sees them. A reference goes to `#/..`,
    /// and a schema is bounded: 20,000 schemas once its references are followed, 128 within each other, 1,000 that apply to
    /// one value.
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
    #[serde(default)]
    slots: Vec<Name>,
    idempotent: bool,
    #[serde(default)]
    confirm_with: Option<Name>,
    #[serde(default)]
    rules: Vec<Rule>,
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
    pub(crate) fn from_component(id: &NodeId, provider: &Provider, json: &str) -> Result<Self> {
        let refuse = |reason: String| Error::Manifest { node: id.clone(), reason };
        if json.len() > LARGEST {
            return Err(refuse(format!("it is larger than {} KiB", LARGEST >> 10)));
        }
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
            slots: declared.slots,
            idempotent: declared.idempotent,
            confirm_with: declared.confirm_with.map(|operation| NodeId { operation, ..id.clone() }),
            rules: declared.rules,
            status: declared.status,
            exclusive: declared.exclusive,
            errors: declared.errors,
            inputs: declared.inputs,
            options: declared.options,
            outputs: declared.outputs,
        };
        manifest.check().and_then(|()| manifest.check_slots(provider)).map_err(refuse)?;
        Ok(manifest)
    }

    /// The kinds of credential that its requests may be signed with, each once.
    pub fn credential_kinds<'provider>(&self, provider: &'provider Provider) -> Vec<&'provider CredentialKind> {
        let is_taken =
            |kind: &&CredentialKind| self.slots_of(provider).any(|slot| slot.credential.as_ref() == Some(&kind.kind));
        provider.credentials.iter().filter(is_taken).collect()
    }

    /// Whether it can do nothing without a credential: it says which slots it uses, and all of them sign.
    pub fn needs_credential(&self, provider: &Provider) -> bool {
        !self.slots.is_empty() && self.slots_of(provider).all(|slot| slot.credential.is_some())
    }

    fn slots_of<'both>(&'both self, provider: &'both Provider) -> impl Iterator<Item = &'both Slot> {
        provider.slots.iter().filter(|slot| self.slots.is_empty() || self.slots.contains(&slot.name))
    }

    fn check_slots(&self, provider: &Provider) -> Result<(), String> {
        let known: Vec<&str> = provider.slots.iter().map(|slot| slot.name.as_str()).collect();
        match self.slots.iter().find(|slot| !known.contains(&slot.as_str())) {
            Some(slot) => Err(format!("`slots` names `{slot}`; provider.toml has the slots: {}", known.join(", "))),
            None => Ok(()),
        }
    }

    fn check(&self) -> Result<(), String> {
        let texts = [&self.title, &self.resource, &self.description];
        if texts.into_iter().any(|text| has_controls(text))
            || [&self.inputs, &self.options, &self.outputs].into_iter().any(has_controls_in)
        {
            return Err("it has control characters, which a terminal would obey".to_owned());
        }
        for (part, schema) in [("inputs", &self.inputs), ("options", &self.options), ("outputs", &self.outputs)] {
            if schema.get("type").and_then(Value::as_str) != Some("object") {
                return Err(format!("the schema of its {part} is not of type object"));
            }
        }
        if let Some(name) = property_names(&self.outputs).find(|name| crate::envelope::is_reserved(name)) {
            return Err(format!("its output `{name}` has the name of an envelope field"));
        }
        let parameters: HashSet<&String> = property_names(&self.inputs).chain(property_names(&self.options)).collect();
        let named = self.rules.iter().flat_map(Rule::members);
        if let Some(name) = named.into_iter().find(|name| !parameters.contains(&(*name).to_owned())) {
            return Err(format!("a rule names `{name}`, which is neither an input nor an option"));
        }
        let inputs: HashSet<&String> = property_names(&self.inputs).collect();
        if let Some(name) = self.exclusive.iter().find(|name| !inputs.contains(name)) {
            return Err(format!("`exclusive` names `{name}`, which is not an input"));
        }
        Ok(())
    }
}

/// The largest manifest of a component, in bytes.
const LARGEST: usize = 1 << 20;

fn has_controls(text: &str) -> bool {
    text.chars().any(|character| character.is_control() && !matches!(character, '\n' | '\t'))
}

fn has_controls_in(members: &Map<String, Value>) -> bool {
    fn in_value(value: &Value) -> bool {
        match value {
            Value::String(text) => has_controls(text),
            Value::Array(items) => items.iter().any(in_value),
            Value::Object(members) => has_controls_in(members),
            Value::Null | Value::Bool(_) | Value::Number(_) => false,
        }
    }
    members.iter().any(|(name, value)| has_controls(name) || in_value(value))
}

/// The names of an object schema's properties, in declared order.
pub(crate) fn property_names(schema: &Map<String, Value>) -> impl Iterator<Item = &String> {
    schema.get("properties").and_then(Value::as_object).into_iter().flat_map(Map::keys)
}
