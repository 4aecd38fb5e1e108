//! The OpenAPI 3.1 document, made from the same table of endpoints that the routes are made from.

use axum::http::Method;
use axum::routing::MethodRouter;
use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, SchemaGenerator};
use serde_json::{Map, Value, json};

use super::access::Needs;
use super::portable::{make_portable, name_objects_within_choices};
use super::problem::ProblemBody;

/// The content type of a problem.
const PROBLEM: &str = "application/problem+json";

/// One endpoint: the route and its description.
pub struct Endpoint<S> {
    pub method: Method,
    pub path: &'static str,
    /// What the caller's key must allow; none for what everybody may have.
    pub needs: Option<Needs>,
    pub handler: MethodRouter<S>,
    pub describe: fn(Operation<'_>) -> Operation<'_>,
}

/// The description of an operation as it grows. Each method adds one thing that the operation takes or gives.
pub struct Operation<'d> {
    generator: &'d mut SchemaGenerator,
    parameters: Vec<Value>,
    answers: Map<String, Value>,
    members: Map<String, Value>,
}

impl Operation<'_> {
    /// Its name in the document, the group that it stands in, and what it does.
    pub fn named(mut self, id: &str, tag: &str, summary: &str, description: &str) -> Self {
        for (name, text) in [("operationId", id), ("summary", summary), ("description", description)] {
            self.members.insert(name.to_owned(), text.into());
        }
        self.members.insert("tags".to_owned(), json!([tag]));
        self
    }

    /// A part of the path.
    pub fn path<T: JsonSchema>(self, name: &str, about: &str) -> Self {
        self.parameter::<T>("path", name, about, true)
    }

    /// A header of the request that may be left out.
    pub fn header<T: JsonSchema>(self, name: &str, about: &str) -> Self {
        self.parameter::<T>("header", name, about, false)
    }

    fn parameter<T: JsonSchema>(mut self, place: &str, name: &str, about: &str, required: bool) -> Self {
        let schema = self.generator.subschema_for::<T>().to_value();
        let parameter =
            json!({ "name": name, "in": place, "description": about, "required": required, "schema": schema });
        self.parameters.push(parameter);
        self
    }

    /// The query: each property of the type is a parameter.
    pub fn query<T: JsonSchema>(mut self) -> Self {
        let schema = T::json_schema(self.generator).to_value();
        let properties = schema.get("properties").and_then(Value::as_object).cloned().unwrap_or_default();
        for (name, mut schema) in properties {
            let about = schema.as_object_mut().and_then(|schema| schema.remove("description")).unwrap_or_default();
            // A blank one counts as left out: see `QueryOf`.
            let parameter = json!({
                "name": name, "in": "query", "description": about, "allowEmptyValue": true, "schema": schema,
            });
            self.parameters.push(parameter);
        }
        self
    }

    /// The JSON body.
    pub fn body<T: JsonSchema>(mut self, example: Value) -> Self {
        let schema = self.generator.subschema_for::<T>();
        let content = json!({ "application/json": { "schema": schema, "example": example } });
        self.members.insert("requestBody".to_owned(), json!({ "required": true, "content": content }));
        self
    }

    /// A JSON answer.
    pub fn answer<T: JsonSchema>(self, status: u16, about: &str) -> Self {
        self.answer_as::<T>(status, about, "application/json")
    }

    /// An answer of another content type.
    pub fn answer_as<T: JsonSchema>(self, status: u16, about: &str, content_type: &str) -> Self {
        let schema = self.generator.subschema_for::<T>().to_value();
        self.answer_of(status, about, content_type, schema)
    }

    /// An answer of a content type, with a schema of its own.
    pub fn answer_of(mut self, status: u16, about: &str, content_type: &str, schema: Value) -> Self {
        let answer = self.answers.entry(status.to_string()).or_insert_with(|| json!({}));
        answer["description"] = about.into();
        answer["content"][content_type] = json!({ "schema": schema });
        self
    }

    /// An answer without a body.
    pub fn empty(mut self, status: u16, about: &str) -> Self {
        self.answers.insert(status.to_string(), json!({ "description": about }));
        self
    }

    /// A header of an answer.
    pub fn answer_header(mut self, status: u16, name: &str, about: &str, schema: Value) -> Self {
        let answer = self.answers.entry(status.to_string()).or_insert_with(|| json!({}));
        answer["headers"][name] = json!({ "description": about, "schema": schema });
        self
    }

    /// What can be wrong with the call.
    pub fn problems(mut self, problems: &[(u16, &str)]) -> Self {
        let schema = self.generator.subschema_for::<ProblemBody>().to_value();
        for (status, about) in problems {
            self = self.answer_of(*status, about, PROBLEM, schema.clone());
        }
        self
    }

    fn needs(mut self, needs: Option<Needs>) -> Self {
        let Some(needs) = needs else {
            self.members.insert("security".to_owned(), json!([]));
            return self;
        };
        // A service without keys takes calls without one.
        self.members.insert("security".to_owned(), json!([{ "key": [] }, {}]));
        self.members.insert("x-needs".to_owned(), needs.name().into());
        let challenge = json!({ "type": "string" });
        self.problems(&[
            (401, "The key is missing, unknown, revoked or expired."),
            (403, "The key does not allow this."),
        ])
        .answer_header(401, "WWW-Authenticate", "`Bearer`.", challenge)
    }

    fn finish(mut self) -> Value {
        if !self.parameters.is_empty() {
            self.members.insert("parameters".to_owned(), self.parameters.into());
        }
        self.answers.sort_keys();
        self.members.insert("responses".to_owned(), self.answers.into());
        self.members.into()
    }
}

/// The document of these endpoints.
pub fn document<S>(endpoints: &[Endpoint<S>]) -> Value {
    let settings = SchemaSettings::draft2020_12().with(|settings| {
        settings.definitions_path = "/components/schemas".into();
        settings.meta_schema = None;
    });
    let mut generator = settings.into_generator();
    let mut paths = Map::new();
    for endpoint in endpoints {
        let operation =
            Operation { generator: &mut generator, parameters: Vec::new(), answers: Map::new(), members: Map::new() };
        let described = (endpoint.describe)(operation).needs(endpoint.needs).finish();
        paths.entry(endpoint.path).or_insert_with(|| json!({}))[endpoint.method.as_str().to_ascii_lowercase()] =
            described;
    }
    let mut schemas = generator.take_definitions(true);
    name_objects_within_choices(&mut schemas);
    let schemas = in_order(schemas);
    let mut document = json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Patchbay",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "Runs workflow nodes for canvases and agents. Whatever a node comes to, a parameter error \
                            included, is HTTP 200 with the envelope. What is wrong with the call itself is its HTTP \
                            status with a problem that carries the envelope's fields too, so that a caller reads one \
                            shape whatever happens.",
            "license": { "name": "Apache-2.0", "identifier": "Apache-2.0" },
        },
        "servers": [{ "url": "/" }],
        "tags": [
            { "name": "Nodes", "description": "What can be run." },
            { "name": "Invocations", "description": "Running it." },
            { "name": "Runs", "description": "What was run, and how it went." },
            { "name": "Credentials", "description": "What nodes' requests are signed with. Secrets go in and never come out." },
            { "name": "Service", "description": "How the service is." },
        ],
        "paths": paths,
        "components": {
            "schemas": schemas,
            "securitySchemes": {
                "key": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "An API key, as `patchbay key create` prints it.",
                },
            },
        },
    });
    make_portable(&mut document);
    document
}

/// Schemas by name, each after those that it refers to: a generator that reads them in order knows what it meets.
fn in_order(mut schemas: Map<String, Value>) -> Map<String, Value> {
    schemas.sort_keys();
    let mut ordered = Map::new();
    let names: Vec<String> = schemas.keys().cloned().collect();
    names.iter().for_each(|name| put(name, &mut schemas, &mut ordered));
    ordered
}

fn put(name: &str, schemas: &mut Map<String, Value>, ordered: &mut Map<String, Value>) {
    // Taken out first: one that refers to itself is not met again.
    let Some(schema) = schemas.remove(name) else { return };
    references(&schema).iter().for_each(|name| put(name, schemas, ordered));
    ordered.insert(name.to_owned(), schema);
}

fn references(value: &Value) -> Vec<String> {
    let target = |value: &Value| Some(value.get("$ref")?.as_str()?.rsplit_once('/')?.1.to_owned());
    let below: Vec<String> = match value {
        Value::Object(members) => members.values().flat_map(references).collect(),
        Value::Array(items) => items.iter().flat_map(references).collect(),
        _ => Vec::new(),
    };
    target(value).into_iter().chain(below).collect()
}
