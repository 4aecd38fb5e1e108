//! What can be run, as forms, lists and documents show it.

use std::collections::HashMap;
use std::sync::{Arc, OnceLock, PoisonError, RwLock};

use bytes::Bytes;
use patchbay_runtime::{Effect, Manifest, Node, NodeId, Provider, Result, Rule, Runtime, Snapshot};
use schemars::{JsonSchema, schema_for};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use crate::body::InvokeBody;

/// The nodes of a runtime, each with what is made of it once. Which nodes there are is the runtime's snapshot alone: this
/// remembers for each of its nodes what was made of it, for as long as it is that node.
pub struct Catalog {
    runtime: Arc<Runtime>,
    known: RwLock<HashMap<NodeId, Arc<CatalogNode>>>,
}

/// A node that is loaded, and the documents that describe it.
pub struct CatalogNode {
    node: Arc<Node>,
    manifest: OnceLock<Document>,
    schema: OnceLock<Document>,
}

/// A JSON document that does not change, and a digest that tells it from any other.
#[derive(Debug, Clone)]
pub struct Document {
    /// The JSON text.
    pub json: Bytes,
    /// 24 hexadecimal digits.
    pub digest: String,
}

/// A node in a list.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct NodeSummary {
    /// `provider/operation`.
    pub id: NodeId,
    /// Its name as a person reads it.
    pub title: String,
    /// What it works on.
    pub resource: String,
    /// What it does.
    pub description: String,
    /// Whether it changes anything.
    pub effect: Effect,
    /// Whether running it twice is like running it once.
    pub idempotent: bool,
}

impl Catalog {
    /// The nodes of a runtime.
    pub fn new(runtime: Arc<Runtime>) -> Self {
        Self { runtime, known: RwLock::default() }
    }

    /// What there is to run now.
    pub fn snapshot(&self) -> Arc<Snapshot> {
        self.runtime.snapshot()
    }

    /// A node; waited for while it is being built or loaded.
    ///
    /// # Errors
    /// There is none of that id, or it can not be loaded.
    pub async fn node(&self, id: &NodeId) -> Result<Arc<CatalogNode>> {
        let node = self.runtime.node(id).await?;
        Ok(self.of(&node))
    }

    /// All nodes that are loaded, by id.
    pub fn loaded(&self) -> Vec<Arc<CatalogNode>> {
        self.snapshot().loaded().map(|node| self.of(node)).collect()
    }

    /// All nodes whose components are there, loaded when this returns, by id. What can not be loaded is left out.
    pub async fn all(&self) -> Vec<Arc<CatalogNode>> {
        self.runtime.load_all().await.loaded().map(|node| self.of(node)).collect()
    }

    fn of(&self, node: &Arc<Node>) -> Arc<CatalogNode> {
        let id = &node.manifest().id;
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner).get(id).map(Arc::clone);
        if let Some(known) = known.filter(|known| Arc::ptr_eq(&known.node, node)) {
            return known;
        }
        let made = Arc::new(CatalogNode { node: Arc::clone(node), manifest: OnceLock::new(), schema: OnceLock::new() });
        self.known.write().unwrap_or_else(PoisonError::into_inner).insert(id.clone(), Arc::clone(&made));
        made
    }
}

impl CatalogNode {
    /// The node itself.
    pub fn node(&self) -> &Arc<Node> {
        &self.node
    }

    /// What the node says of itself.
    pub fn manifest(&self) -> &Arc<Manifest> {
        self.node.manifest()
    }

    /// The manifest as a document.
    pub fn manifest_document(&self) -> &Document {
        self.manifest.get_or_init(|| Document::new(&json!(**self.manifest())))
    }

    /// One JSON Schema (2020-12) of the body that invokes the node, for a form builder.
    pub fn schema_document(&self) -> &Document {
        self.schema.get_or_init(|| Document::new(&invocation_schema(self.manifest(), self.node.provider())))
    }

    /// What a list shows of the node.
    pub fn summary(&self) -> NodeSummary {
        NodeSummary::of(self.manifest())
    }
}

impl Document {
    /// Writes a value.
    pub fn new(value: &Value) -> Self {
        let json = Bytes::from(value.to_string());
        let digest = Sha256::digest(&json).iter().take(12).map(|byte| format!("{byte:02x}")).collect();
        Self { json, digest }
    }
}

impl NodeSummary {
    /// What a list shows of a node.
    pub fn of(manifest: &Manifest) -> Self {
        Self {
            id: manifest.id.clone(),
            title: manifest.title.clone(),
            resource: manifest.resource.clone(),
            description: manifest.description.clone(),
            effect: manifest.effect,
            idempotent: manifest.idempotent,
        }
    }
}

/// The schema of an invocation's body, with the node's own inputs, options and kinds of credential in it.
fn invocation_schema(manifest: &Manifest, provider: &Provider) -> Value {
    let general = schema_for!(InvokeBody).to_value();
    let mut properties = general.get("properties").and_then(Value::as_object).cloned().unwrap_or_default();
    let mut required = Vec::new();
    for (name, schema) in [("inputs", &manifest.inputs), ("options", &manifest.options)] {
        if schema.get("required").and_then(Value::as_array).is_some_and(|names| !names.is_empty()) {
            required.push(name);
        }
        properties.insert(name.to_owned(), schema.clone().into());
    }
    match credential_schema(manifest, provider) {
        Some(schema) => properties.insert("credential".to_owned(), schema),
        None => properties.remove("credential"),
    };
    if manifest.needs_credential(provider) {
        required.push("credential");
    }
    for name in ["timeout_ms", "retries"] {
        if let Some(schema) = properties.get_mut(name).and_then(Value::as_object_mut) {
            simplify(schema);
        }
    }
    let rules: Vec<Value> = manifest.rules.iter().map(|rule| rule_schema(rule, manifest)).collect();
    let mut schema = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": manifest.title,
        "description": manifest.description,
        "type": "object",
        "properties": properties,
        "required": required,
        "additionalProperties": false,
    });
    if !rules.is_empty() {
        schema["allOf"] = rules.into();
    }
    schema
}

/// A rule between parameters, of the body that has them in its parts.
fn rule_schema(rule: &Rule, manifest: &Manifest) -> Value {
    let is_input = |member: &str| manifest.inputs.get("properties").is_some_and(|all| all.get(member).is_some());
    // That the body has the part, and the part the member, with what is asked of its value.
    let has = |member: &str, value: Value| {
        let part = if is_input(member) { "inputs" } else { "options" };
        let schema = json!({ "properties": { member: value }, "required": [member] });
        json!({ "properties": { part: schema }, "required": [part] })
    };
    match rule {
        Rule::OneOf { members } => {
            json!({ "oneOf": members.iter().map(|member| has(member, json!({}))).collect::<Vec<_>>() })
        }
        Rule::RequiredWhen { member, when, is } => {
            json!({ "if": has(when, json!({ "const": is })), "then": has(member, json!({})) })
        }
        Rule::MustBeTrue { member } => has(member, json!({ "const": true })),
    }
}

fn credential_schema(manifest: &Manifest, provider: &Provider) -> Option<Value> {
    let kinds: Vec<&str> = manifest.credential_kinds(provider).iter().map(|kind| kind.kind.as_str()).collect();
    (!kinds.is_empty()).then(|| {
        json!({
            "type": "string",
            "title": format!("{} credential", provider.title),
            "description": "Name of the credential that the requests are signed with; GET /v1/credentials lists them.",
            "x-provider": provider.id,
            "x-kinds": kinds,
        })
    })
}

/// A form has one field for a number: that it may be null, and how wide it is in memory, is nothing to it.
fn simplify(schema: &mut Map<String, Value>) {
    schema.remove("format");
    schema.remove("default");
    if schema.get("type").is_some_and(Value::is_array) {
        schema.insert("type".to_owned(), "integer".into());
    }
}
