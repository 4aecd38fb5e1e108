//! Credentials over HTTP: secrets go in and never come out.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::{Method, StatusCode};
use axum::routing::{delete, get, post, put};
use patchbay_runtime::{Credential, Envelope, Provider};
use schemars::JsonSchema;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::Service;
use super::access::{By, Caller, Needs};
use super::extract::{Body, Form, PathOf, QueryOf};
use super::openapi::Endpoint;
use super::problem::Problem;
use patchbay_state::audit::Action;
use patchbay_state::vault::{CredentialInfo, VaultError};

/// Credentials.
#[derive(Serialize, JsonSchema)]
struct CredentialList {
    /// The credentials, by name. Secrets are shown as their first four characters and dots.
    credentials: Vec<CredentialInfo>,
}

/// Which credentials.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct CredentialFilter {
    /// Only credentials of this provider.
    provider: Option<String>,
}

/// A credential to be stored.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct CredentialBody {
    /// The name to choose it by.
    #[schemars(
        regex(pattern = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$"),
        extend("x-pattern-words" = "of 1 to 64 letters, digits, dots, underscores and hyphens that begins with a letter or digit")
    )]
    name: String,
    /// The provider it belongs to.
    provider: String,
    /// Which of the provider's kinds it is; the fields tell when it is left out.
    kind: Option<String>,
    /// The fields, as GET /v1/providers describes them.
    #[schemars(with = "BTreeMap<String, String>")]
    fields: BTreeMap<String, SecretString>,
}

impl Form for CredentialBody {
    const FORM: &'static str =
        "Send {\"name\":\"NAME\",\"provider\":\"dingtalk\",\"fields\":{\"AppKey\":\"..\",\"AppSecret\":\"..\"}}.";
    const IS_SECRET: bool = true;
}

/// A credential as it is to be from now on.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct CredentialReplacement {
    /// The provider it belongs to.
    provider: String,
    /// Which of the provider's kinds it is; the fields tell when it is left out.
    kind: Option<String>,
    /// All its fields, as GET /v1/providers describes them.
    #[schemars(with = "BTreeMap<String, String>")]
    fields: BTreeMap<String, SecretString>,
}

impl Form for CredentialReplacement {
    const FORM: &'static str = "Send {\"provider\":\"dingtalk\",\"fields\":{\"AppKey\":\"..\",\"AppSecret\":\"..\"}}.";
    const IS_SECRET: bool = true;
}

/// The endpoints.
pub fn endpoints() -> Vec<Endpoint<Arc<Service>>> {
    let needs = Some(Needs::Admin);
    vec![
        Endpoint {
            method: Method::GET,
            path: "/v1/credentials",
            needs: Some(Needs::Key),
            handler: get(list),
            describe: |operation| {
                operation
                    .named("credentials", "Credentials", "Credentials", "The credentials that the caller may use.")
                    .query::<CredentialFilter>()
                    .answer::<CredentialList>(200, "The credentials.")
                    .problems(&[
                        (400, "The query is not as described."),
                        (500, "The store failed, or the credentials can not be opened."),
                    ])
            },
        },
        Endpoint {
            method: Method::POST,
            path: "/v1/credentials",
            needs,
            handler: post(add),
            describe: |operation| {
                let text = "Stores it, sealed under the master key. Its secrets never come out again.";
                let example = json!({
                    "name": "our-company",
                    "provider": "dingtalk",
                    "fields": { "AppKey": "dingabcdefgh", "AppSecret": "a-secret" },
                });
                operation
                    .named("addCredential", "Credentials", "Add a credential", text)
                    .body::<CredentialBody>(example)
                    .answer::<CredentialInfo>(201, "It is stored.")
                    .problems(&[
                        (400, "Not JSON."),
                        (404, "There is no such provider."),
                        (409, "The name is taken."),
                        (413, "The body is too large."),
                        (415, "The content type is not JSON."),
                        (422, "The body is JSON of another form, or its fields are not a credential's."),
                        (500, "The store failed, or there is no master key."),
                    ])
            },
        },
        Endpoint {
            method: Method::PUT,
            path: "/v1/credentials/{name}",
            needs,
            handler: put(replace),
            describe: |operation| {
                let text = "Stores it under its name, in the place of the one that is there, if there is one: what uses the \
                            name goes on, from now on with these values.";
                let example = json!({
                    "provider": "dingtalk",
                    "fields": { "AppKey": "dingabcdefgh", "AppSecret": "a-new-secret" },
                });
                operation
                    .named("putCredential", "Credentials", "Replace a credential", text)
                    .path::<String>("name", "The credential's name.")
                    .body::<CredentialReplacement>(example)
                    .answer::<CredentialInfo>(200, "It is replaced.")
                    .answer::<CredentialInfo>(201, "It is stored; there was none of that name.")
                    .problems(&[
                        (
                            400,
                            "Not JSON, a path that is not text, or the credential of that name is of another provider.",
                        ),
                        (404, "There is no such provider."),
                        (409, "It belongs to the service, or somebody else changed it at the same time."),
                        (413, "The body is too large."),
                        (415, "The content type is not JSON."),
                        (
                            422,
                            "The body is JSON of another form, its fields are not a credential's, or the name is none.",
                        ),
                        (500, "The store failed, or there is no master key."),
                    ])
            },
        },
        Endpoint {
            method: Method::DELETE,
            path: "/v1/credentials/{name}",
            needs,
            handler: delete(remove),
            describe: |operation| {
                operation
                    .named("removeCredential", "Credentials", "Remove a credential", "Removes it for good.")
                    .path::<String>("name", "The credential's name.")
                    .empty(204, "It is gone.")
                    .problems(&[
                        (400, "The path is not text."),
                        (404, "There is no such credential."),
                        (409, "It belongs to the service and can not be removed."),
                        (500, "The store failed."),
                    ])
            },
        },
        Endpoint {
            method: Method::POST,
            path: "/v1/credentials/{name}/test",
            needs,
            handler: post(test),
            describe: |operation| {
                operation
                    .named(
                        "testCredential",
                        "Credentials",
                        "Test a credential",
                        "Fetches a token with it, and nothing more.",
                    )
                    .path::<String>("name", "The credential's name.")
                    .answer::<Envelope>(
                        200,
                        "What it came to: `Tokens` has the name and the lifetime of each token that was fetched.",
                    )
                    .problems(&[
                        (400, "The path is not text."),
                        (404, "There is no such credential."),
                        (500, "The store failed, or the credential can not be opened."),
                        (503, "There is no room now."),
                    ])
                    .answer_header(503, "Retry-After", "Seconds.", json!({ "type": "integer" }))
            },
        },
    ]
}

impl Service {
    async fn stored_credential(&self, name: &str) -> Result<Option<Arc<Credential>>, Problem> {
        match self.state().vault.provider_of(name).await? {
            Some(provider) => {
                let provider = self.provider(provider.as_str())?;
                Ok(Some(self.state().vault.open(name, &provider).await?))
            }
            None => Ok(None),
        }
    }

    fn own_credential(&self, name: &str) -> Option<&Arc<Credential>> {
        self.invoker.credentials().own_named(name)
    }

    fn provider(&self, name: &str) -> Result<Arc<Provider>, Problem> {
        let provider = self.invoker.runtime().provider(name);
        provider.map_err(|error| Problem::not_found(error.to_string(), "GET /v1/providers lists the providers."))
    }
}

async fn list(
    State(service): State<Arc<Service>>,
    Caller(access): Caller,
    QueryOf(filter): QueryOf<CredentialFilter>,
) -> Result<Json<CredentialList>, Problem> {
    let providers = service.invoker.runtime().providers();
    let mut credentials = service.state().vault.list(providers.iter().map(|provider| &**provider)).await?;
    credentials.retain(|credential| access.sees_credential(Some(&credential.name)));
    for own in service.invoker.credentials().own() {
        if access.sees_credential(Some(own.name())) && !credentials.iter().any(|stored| stored.name == own.name()) {
            credentials.push(CredentialInfo {
                name: own.name().to_owned(),
                provider: own.provider().clone(),
                kind: own.kind().clone(),
                fields: BTreeMap::new(),
                created: service.began,
            });
        }
    }
    if let Some(provider) = &filter.provider {
        credentials.retain(|credential| credential.provider.as_str() == provider);
    }
    credentials.sort_by(|one, other| one.name.cmp(&other.name));
    Ok(Json(CredentialList { credentials }))
}

async fn add(
    State(service): State<Arc<Service>>,
    By(actor): By,
    Body(body): Body<CredentialBody>,
) -> Result<(StatusCode, Json<CredentialInfo>), Problem> {
    if service.own_credential(&body.name).is_some() {
        return Err(Problem::conflict(format!("`{}` belongs to the service", body.name), "Choose another name."));
    }
    let provider = service.provider(&body.provider)?;
    let info = service.state().vault.add(&body.name, &provider, body.kind.as_deref(), body.fields).await?;
    service.state().audit.done(&actor, Action::CredentialAdded, &info.name).await;
    Ok((StatusCode::CREATED, Json(info)))
}

async fn replace(
    State(service): State<Arc<Service>>,
    By(actor): By,
    PathOf(name): PathOf<String>,
    Body(body): Body<CredentialReplacement>,
) -> Result<(StatusCode, Json<CredentialInfo>), Problem> {
    if service.own_credential(&name).is_some() {
        return Err(Problem::conflict(format!("`{name}` belongs to the service"), "Choose another name."));
    }
    let provider = service.provider(&body.provider)?;
    let (info, is_new) = service.state().vault.put(&name, &provider, body.kind.as_deref(), body.fields).await?;
    let action = if is_new { Action::CredentialAdded } else { Action::CredentialChanged };
    service.state().audit.done(&actor, action, &info.name).await;
    Ok((if is_new { StatusCode::CREATED } else { StatusCode::OK }, Json(info)))
}

async fn remove(
    State(service): State<Arc<Service>>,
    By(actor): By,
    PathOf(name): PathOf<String>,
) -> Result<StatusCode, Problem> {
    if service.own_credential(&name).is_some() {
        let detail = format!("`{name}` belongs to the service");
        return Err(Problem::conflict(detail, "It is there for as long as the service runs."));
    }
    service.state().vault.remove(&name).await?;
    service.state().audit.done(&actor, Action::CredentialRemoved, &name).await;
    Ok(StatusCode::NO_CONTENT)
}

/// Whatever the test comes to is an envelope, so that a caller reads the same fields as of a node.
async fn test(State(service): State<Arc<Service>>, PathOf(name): PathOf<String>) -> Result<Json<Envelope>, Problem> {
    // As for an invocation: the stored one, else the service's own, and in its turn.
    let found = service.stored_credential(&name).await?.or_else(|| service.own_credential(&name).cloned());
    let credential = found.ok_or_else(|| {
        Problem::not_found(format!("there is no credential `{name}`"), "GET /v1/credentials lists the credentials.")
    })?;
    let _place = service.invoker.admission().enter().await?;
    let tested = service.invoker.runtime().test_credential(&credential).await;
    let tokens = tested.as_deref().unwrap_or_default();
    let outputs = json!({ "Tokens": tokens }).as_object().cloned().unwrap_or_default();
    Ok(Json(match &tested {
        Ok(tokens) => Envelope {
            outputs,
            status_code: 200,
            error_message: String::new(),
            hint: String::new(),
            retryable: false,
            summary: match tokens.len() {
                0 => format!("`{name}` signs by itself: there is no token to fetch."),
                1 => format!("Fetched a token with `{name}`."),
                count => format!("Fetched {count} tokens with `{name}`."),
            },
            original_status_code: if tokens.is_empty() { 0 } else { 200 },
            errors: Vec::new(),
            confirm_with: None,
            plan: None,
        },
        Err(failure) => Envelope {
            outputs,
            status_code: failure.status_code(),
            error_message: failure.message.clone(),
            hint: failure.hint.clone(),
            retryable: failure.retryable,
            summary: String::new(),
            original_status_code: failure.original_status_code,
            errors: Vec::new(),
            confirm_with: None,
            plan: None,
        },
    }))
}

impl From<VaultError> for Problem {
    fn from(error: VaultError) -> Self {
        match error {
            VaultError::NotFound { .. } => {
                Self::not_found(error.to_string(), "GET /v1/credentials lists the credentials.")
            }
            VaultError::Name(_) | VaultError::Fields(_) => Self::unprocessable(
                error.to_string(),
                "GET /v1/providers describes the fields of each kind of credential.",
            ),
            VaultError::OtherProvider { .. } => {
                Self::bad_request(error.to_string(), "GET /v1/credentials lists the credentials.")
            }
            VaultError::Store(error) => error.into(),
            error => Self::internal(&error, None),
        }
    }
}
