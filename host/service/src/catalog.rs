//! What can be run: providers, nodes, and the form of each node's invocation.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use patchbay_invoker::{CatalogNode, Document, NodeSummary};
use patchbay_runtime::{Manifest, NodeId, Provider, nearest};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::Service;
use super::access::{Caller, Needs};
use super::extract::{PathOf, QueryOf};
use super::openapi::{Endpoint, Operation};
use super::problem::Problem;

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
#[derive(Serialize, JsonSchema)]
struct NodeList {
    /// The nodes, by id.
    nodes: Vec<NodeSummary>,
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

/// The node of that id, if there is one or one is to come.
pub fn node_id(service: &Service, text: &str) -> Result<NodeId, Problem> {
    let snapshot = service.invoker.catalog().snapshot();
    let id = text.parse::<NodeId>().ok().filter(|id| snapshot.check(id).is_ok());
    id.ok_or_else(|| {
        let known: Vec<String> = snapshot.node_ids().map(ToString::to_string).collect();
        Problem::unknown_node(text, nearest(text, known.iter().map(String::as_str)))
    })
}

/// The answer as a document.
fn answer_listed(list: &impl Serialize, asked: &HeaderMap) -> Result<Response, Problem> {
    answer_document(&Document::new(&json!(list)), asked, "application/json")
}

/// The document, or that the caller has it already.
pub fn answer_document(
    document: &Document,
    asked: &HeaderMap,
    content_type: &'static str,
) -> Result<Response, Problem> {
    // Digits and letters between quotes are a header's value.
    let tag =
        HeaderValue::try_from(format!("\"{}\"", document.digest)).map_err(|error| Problem::internal(&error, None))?;
    let is_known = is_known(&tag, asked);
    let headers = [(header::ETAG, tag), (header::CACHE_CONTROL, HeaderValue::from_static("no-cache"))];
    if is_known {
        return Ok((StatusCode::NOT_MODIFIED, headers).into_response());
    }
    let content_type = [(header::CONTENT_TYPE, HeaderValue::from_static(content_type))];
    Ok((headers, content_type, document.json.clone()).into_response())
}

fn is_known(own: &HeaderValue, asked: &HeaderMap) -> bool {
    let mut tags = asked
        .get_all(header::IF_NONE_MATCH)
        .iter()
        .flat_map(|list| list.as_bytes().split(|byte| *byte == b','))
        .map(<[u8]>::trim_ascii);
    tags.any(|tag| tag == b"*" || tag.strip_prefix(b"W/").unwrap_or(tag) == own.as_bytes())
}

/// The node that a path names, for a caller who may see it.
async fn seen(
    service: &Service,
    caller: &Caller,
    (provider, operation): (String, String),
) -> Result<Arc<CatalogNode>, Problem> {
    let id = node_id(service, &format!("{provider}/{operation}"))?;
    if !caller.0.sees(&id) {
        let detail = format!("the API key is not for the node {id}");
        return Err(Problem::forbidden(detail, "GET /v1/nodes lists the nodes that it is for."));
    }
    Ok(service.invoker.node(&id).await?)
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

/// The endpoints.
pub fn endpoints() -> Vec<Endpoint<Arc<Service>>> {
    let get_with =
        |path, handler, describe| Endpoint { method: Method::GET, path, needs: Some(Needs::Key), handler, describe };
    vec![
        get_with("/v1/providers", get(providers), |operation| {
            let text = "The outside services, and the credentials that they take.";
            tagged(operation.named("providers", "Nodes", "Providers", text))
                .answer::<ProviderList>(200, "The providers.")
        }),
        get_with("/v1/nodes", get(nodes), |operation| {
            tagged(operation.named("nodes", "Nodes", "Nodes", "The nodes that the caller may see, by id."))
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
    let operation = operation
        .path::<String>("provider", "The provider: the first part of the node's id.")
        .path::<String>("operation", "The operation: the second part of the node's id.");
    tagged(operation).problems(&[(400, "The path is not text."), (404, "There is no such node.")])
}

/// What the descriptions of answers with a tag have in common.
pub fn tagged(operation: Operation<'_>) -> Operation<'_> {
    operation
        .header::<String>("If-None-Match", "The tag of an earlier answer.")
        .answer_header(200, "ETag", "Tells this content from any other.", json!({ "type": "string" }))
        .empty(304, "The caller has it already.")
        .answer_header(304, "ETag", "Tells this content from any other.", json!({ "type": "string" }))
}

async fn providers(State(service): State<Arc<Service>>, headers: HeaderMap) -> Result<Response, Problem> {
    let snapshot = service.invoker.catalog().snapshot();
    let nodes = |provider: &Provider| snapshot.node_ids().filter(|id| id.provider == provider.id).count();
    let answer = |provider: &Arc<Provider>| ProviderAnswer::of(provider, nodes(provider));
    answer_listed(&ProviderList { providers: snapshot.providers().map(answer).collect() }, &headers)
}

/// Waits for nodes that are there and not loaded yet, so that a list made right after the start is whole.
async fn nodes(
    State(service): State<Arc<Service>>,
    caller: Caller,
    QueryOf(filter): QueryOf<NodeFilter>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let nodes = service.invoker.catalog().all().await;
    let shown = nodes.iter().filter(|node| caller.0.sees(&node.manifest().id) && filter.admits(node.manifest()));
    answer_listed(&NodeList { nodes: shown.map(|node| node.summary()).collect() }, &headers)
}

async fn describe(
    State(service): State<Arc<Service>>,
    caller: Caller,
    PathOf(path): PathOf<(String, String)>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let node = seen(&service, &caller, path).await?;
    answer_document(node.manifest_document(), &headers, "application/json")
}

async fn schema(
    State(service): State<Arc<Service>>,
    caller: Caller,
    PathOf(path): PathOf<(String, String)>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let node = seen(&service, &caller, path).await?;
    answer_document(node.schema_document(), &headers, "application/schema+json")
}
