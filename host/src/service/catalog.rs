//! What can be run: providers, nodes, and the form of each node's invocation.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use patchbay_runtime::{Manifest, Name, NodeId, Provider, nearest};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use super::Service;
use super::access::{Caller, Needs};
use super::extract::{PathOf, QueryOf};
use super::openapi::{Endpoint, Operation};
use super::problem::Problem;
use crate::render;

/// The nodes and providers, with the answers that never change while the service runs.
pub struct Catalog {
    providers: Vec<ProviderAnswer>,
    nodes: BTreeMap<String, Entry>,
}

struct Entry {
    manifest: Arc<Manifest>,
    described: Fixed,
    schema: Fixed,
}

/// A JSON document that does not change, and its tag.
pub struct Fixed {
    json: Bytes,
    tag: HeaderValue,
}

/// Providers.
#[derive(Serialize, JsonSchema)]
pub struct ProviderList {
    providers: Vec<ProviderAnswer>,
}

/// An outside service.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[schemars(rename = "ProviderSummary")]
struct ProviderAnswer {
    /// The first part of its nodes' ids.
    id: String,
    /// Its name as a person reads it.
    title: String,
    /// What its nodes work on.
    description: String,
    /// How many nodes it has.
    nodes: usize,
    /// The kinds of credential that it takes.
    credentials: Vec<CredentialKindAnswer>,
}

/// A kind of credential.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[schemars(rename = "CredentialKind")]
struct CredentialKindAnswer {
    /// What it is called.
    kind: String,
    /// Its name as a person reads it.
    title: String,
    /// Where a person finds its values.
    description: String,
    /// What it consists of.
    fields: Vec<CredentialFieldAnswer>,
}

/// A field of a credential.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[schemars(rename = "CredentialField")]
struct CredentialFieldAnswer {
    /// What it is called.
    name: String,
    /// What it is.
    description: String,
    /// Whether it is never shown.
    secret: bool,
}

/// Nodes.
#[derive(JsonSchema)]
#[expect(dead_code, reason = "the form of an answer that is made from what the command line shows")]
struct NodeList {
    /// The nodes, by id.
    nodes: Vec<NodeSummary>,
}

/// A node in a list.
#[derive(JsonSchema)]
#[expect(dead_code, reason = "the form of an answer that is made from what the command line shows")]
struct NodeSummary {
    /// `provider/operation`.
    id: NodeId,
    /// Its name as a person reads it.
    title: String,
    /// What it works on.
    resource: String,
    /// What it does.
    description: String,
    /// Whether it changes anything.
    effect: patchbay_runtime::Effect,
    /// Whether running it twice is like running it once.
    idempotent: bool,
}

/// Which nodes to list.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
struct NodeFilter {
    /// Only nodes of this provider.
    provider: Option<String>,
    /// Only nodes that work on this, `Group Chat`; case does not matter.
    resource: Option<String>,
    /// Only nodes in whose id, title, resource or description each of these words stands; case does not matter.
    q: Option<String>,
}

impl Fixed {
    /// Of JSON that does not change.
    pub fn new(value: &impl Serialize) -> serde_json::Result<Self> {
        let json = serde_json::to_vec(value)?;
        let digest = Sha256::digest(&json);
        let tag: String = digest.iter().take(12).map(|byte| format!("{byte:02x}")).collect();
        // Digits and letters between quotes are a header's value.
        let tag = HeaderValue::try_from(format!("\"{tag}\"")).map_err(serde::ser::Error::custom)?;
        Ok(Self { json: json.into(), tag })
    }

    /// The document, or that the caller has it already.
    pub fn answer(&self, asked: &HeaderMap, content_type: &'static str) -> Response {
        let headers = [(header::ETAG, self.tag.clone()), (header::CACHE_CONTROL, HeaderValue::from_static("no-cache"))];
        if self.is_known(asked) {
            return (StatusCode::NOT_MODIFIED, headers).into_response();
        }
        let content_type = [(header::CONTENT_TYPE, HeaderValue::from_static(content_type))];
        (headers, content_type, self.json.clone()).into_response()
    }

    fn is_known(&self, asked: &HeaderMap) -> bool {
        let own = self.tag.as_bytes();
        let mut tags = asked
            .get_all(header::IF_NONE_MATCH)
            .iter()
            .flat_map(|list| list.as_bytes().split(|byte| *byte == b','))
            .map(<[u8]>::trim_ascii);
        tags.any(|tag| tag == b"*" || tag.strip_prefix(b"W/").unwrap_or(tag) == own)
    }
}

impl Catalog {
    /// Of these nodes.
    pub fn new<'p>(
        providers: impl Iterator<Item = &'p Provider>,
        manifests: Vec<Manifest>,
    ) -> serde_json::Result<Self> {
        let mut nodes = BTreeMap::new();
        let providers: Vec<&Provider> = providers.collect();
        for manifest in manifests {
            let provider = providers.iter().find(|provider| provider.id == manifest.id.provider);
            let schema = invocation_schema(&manifest, provider.copied());
            let (described, schema) = (Fixed::new(&manifest)?, Fixed::new(&schema)?);
            nodes.insert(manifest.id.to_string(), Entry { manifest: Arc::new(manifest), described, schema });
        }
        let of = |provider: &Name| nodes.values().filter(|entry| entry.manifest.id.provider == *provider).count();
        let providers = providers.into_iter().map(|provider| ProviderAnswer::of(provider, of(&provider.id))).collect();
        Ok(Self { providers, nodes })
    }

    /// How many nodes there are.
    pub fn len(&self) -> usize {
        self.nodes.len()
    }

    /// The manifest of a node.
    pub fn manifest(&self, provider: &str, operation: &str) -> Result<&Arc<Manifest>, Problem> {
        self.entry(&format!("{provider}/{operation}")).map(|entry| &entry.manifest)
    }

    fn entry(&self, wanted: &str) -> Result<&Entry, Problem> {
        self.nodes.get(wanted).ok_or_else(|| {
            let hint = match nearest(wanted, self.nodes.keys().map(String::as_str)) {
                Some(near) => format!("Did you mean {near}?"),
                None => "GET /v1/nodes lists the nodes.".to_owned(),
            };
            Problem::not_found(format!("there is no node `{wanted}`"), hint)
        })
    }

    fn seen(&self, caller: &Caller, (provider, operation): (String, String)) -> Result<&Entry, Problem> {
        let entry = self.entry(&format!("{provider}/{operation}"))?;
        if caller.0.sees(&entry.manifest.id) {
            return Ok(entry);
        }
        let detail = format!("the API key is not for the node {}", entry.manifest.id);
        Err(Problem::forbidden(detail, "GET /v1/nodes lists the nodes that it is for."))
    }
}

impl ProviderAnswer {
    fn of(provider: &Provider, nodes: usize) -> Self {
        let kinds = provider.credentials.iter().map(|kind| CredentialKindAnswer {
            kind: kind.kind.to_string(),
            title: kind.title.clone(),
            description: kind.description.clone(),
            fields: kind
                .fields
                .iter()
                .map(|field| CredentialFieldAnswer {
                    name: field.name.clone(),
                    description: field.description.clone(),
                    secret: field.secret,
                })
                .collect(),
        });
        Self {
            id: provider.id.to_string(),
            title: provider.title.clone(),
            description: provider.description.clone(),
            nodes,
            credentials: kinds.collect(),
        }
    }
}

impl NodeFilter {
    fn admits(&self, node: &Manifest) -> bool {
        let is_same = |wanted: &String, found: &str| wanted.to_lowercase() == found.to_lowercase();
        self.provider.as_ref().is_none_or(|provider| provider == node.id.provider.as_str())
            && self.resource.as_ref().is_none_or(|resource| is_same(resource, &node.resource))
            && self.q.as_ref().is_none_or(|words| {
                let text = format!("{} {} {} {}", node.id, node.title, node.resource, node.description).to_lowercase();
                words.split_whitespace().all(|word| text.contains(&word.to_lowercase()))
            })
    }
}

/// One JSON Schema of a node's invocation, for a form builder.
fn invocation_schema(manifest: &Manifest, provider: Option<&Provider>) -> Value {
    let mut required = Vec::new();
    let mut properties = Map::new();
    for (name, schema) in [("inputs", &manifest.inputs), ("options", &manifest.options)] {
        if schema.get("required").and_then(Value::as_array).is_some_and(|names| !names.is_empty()) {
            required.push(name);
        }
        properties.insert(name.to_owned(), schema.clone().into());
    }
    if let Some(provider) = provider.filter(|provider| !provider.credentials.is_empty()) {
        let kinds: Vec<&str> = provider.credentials.iter().map(|kind| kind.kind.as_str()).collect();
        properties.insert(
            "credential".to_owned(),
            json!({
                "type": "string",
                "title": format!("{} credential", provider.title),
                "description": "Name of the credential that the requests are signed with; GET /v1/credentials lists them.",
                "x-provider": provider.id,
                "x-kinds": kinds,
            }),
        );
    }
    let run: [(&str, Value); 3] = [
        (
            "timeout_ms",
            json!({ "type": "integer", "minimum": 1, "description": "How long the run may take, in milliseconds." }),
        ),
        (
            "retries",
            json!({ "type": "integer", "minimum": 0, "default": 0, "description": "How often the run may be repeated while its outcome says Retryable." }),
        ),
        (
            "dry_run",
            json!({ "type": "boolean", "default": false, "description": "Reads are sent, the first write is not: Summary and Plan say what would be." }),
        ),
    ];
    properties.extend(run.map(|(name, schema)| (name.to_owned(), schema)));
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": manifest.title,
        "description": manifest.description,
        "type": "object",
        "properties": properties,
        "required": required,
        "additionalProperties": false,
    })
}

/// The endpoints.
pub fn endpoints() -> Vec<Endpoint<Arc<Service>>> {
    let get_with =
        |path, handler, describe| Endpoint { method: Method::GET, path, needs: Some(Needs::Key), handler, describe };
    vec![
        get_with("/v1/providers", get(providers), |operation| {
            operation
                .named("providers", "Nodes", "Providers", "The outside services, and the credentials that they take.")
                .answer::<ProviderList>(200, "The providers.")
        }),
        get_with("/v1/nodes", get(nodes), |operation| {
            operation
                .named("nodes", "Nodes", "Nodes", "The nodes that the caller may see, by id.")
                .query::<NodeFilter>()
                .answer::<NodeList>(200, "The nodes.")
                .problems(&[(400, "The query is not as described.")])
        }),
        get_with("/v1/nodes/{provider}/{operation}", get(describe), |operation| {
            let operation = operation.named(
                "node",
                "Nodes",
                "A node",
                "Its manifest, with the JSON Schemas of inputs, options and outputs.",
            );
            of_node(operation).answer::<Manifest>(200, "The manifest.")
        }),
        get_with("/v1/nodes/{provider}/{operation}/schema", get(schema), |operation| {
            let text = "One JSON Schema (2020-12) of the body that invokes it, ready for a form builder.";
            let operation = operation.named("nodeSchema", "Nodes", "The form of a node's invocation", text);
            of_node(operation).answer_of(200, "The schema.", "application/schema+json", json!({ "type": "object" }))
        }),
    ]
}

/// What the descriptions of endpoints under one node have in common.
fn of_node(operation: Operation<'_>) -> Operation<'_> {
    operation
        .path::<String>("provider", "The provider: the first part of the node's id.")
        .path::<String>("operation", "The operation: the second part of the node's id.")
        .header::<String>("If-None-Match", "The tag of an earlier answer.")
        .answer_header(200, "ETag", "Tells this content from any other.", json!({ "type": "string" }))
        .empty(304, "The caller has it already.")
        .answer_header(304, "ETag", "Tells this content from any other.", json!({ "type": "string" }))
        .problems(&[(400, "The path is not text."), (404, "There is no such node.")])
}

async fn providers(State(service): State<Arc<Service>>) -> Json<ProviderList> {
    Json(ProviderList { providers: service.catalog.providers.clone() })
}

async fn nodes(
    State(service): State<Arc<Service>>,
    caller: Caller,
    QueryOf(filter): QueryOf<NodeFilter>,
) -> Json<Value> {
    let manifests = service.catalog.nodes.values().map(|entry| &*entry.manifest);
    let shown = manifests.filter(|manifest| caller.0.sees(&manifest.id) && filter.admits(manifest));
    Json(json!({ "nodes": shown.map(render::summary).collect::<Vec<_>>() }))
}

async fn describe(
    State(service): State<Arc<Service>>,
    caller: Caller,
    PathOf(path): PathOf<(String, String)>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    Ok(service.catalog.seen(&caller, path)?.described.answer(&headers, "application/json"))
}

async fn schema(
    State(service): State<Arc<Service>>,
    caller: Caller,
    PathOf(path): PathOf<(String, String)>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    Ok(service.catalog.seen(&caller, path)?.schema.answer(&headers, "application/schema+json"))
}
