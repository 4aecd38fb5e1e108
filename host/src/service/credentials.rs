//! Credentials over HTTP: secrets go in and never come out.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::{Method, StatusCode};
use axum::routing::{delete, get, post};
use patchbay_runtime::{Credential, Envelope, Manifest, Provider};
use schemars::JsonSchema;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::Service;
use super::access::{Caller, Needs};
use super::extract::{Body, Form, PathOf};
use super::openapi::Endpoint;
use super::problem::Problem;
use crate::vault::{CredentialInfo, VaultError};

/// Credentials.
#[derive(Serialize, JsonSchema)]
struct CredentialList {
    /// The credentials, by name. Secrets are shown as their first four characters and dots.
    credentials: Vec<CredentialInfo>,
}

/// A credential to be stored.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct CredentialBody {
    /// The name to choose it by.
    #[schemars(regex(pattern = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$"))]
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
                    .answer::<CredentialList>(200, "The credentials.")
                    .problems(&[(500, "The store failed, or the credentials can not be opened.")])
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
    /// The credential of that name for a node.
    ///
    /// # Errors
    /// There is none, or it is of another provider.
    pub async fn credential(&self, name: &str, manifest: &Manifest) -> Result<Arc<Credential>, Problem> {
        if let Some(own) = self.own_credential(name).filter(|own| *own.provider() == manifest.id.provider) {
            return Ok(Arc::clone(own));
        }
        let provider = self.provider(manifest.id.provider.as_str())?;
        match self.vault.open(name, provider).await {
            Ok(credential) => Ok(credential),
            Err(VaultError::NotFound { mut known, .. }) => {
                known.extend(self.own_credentials.iter().map(|own| own.name().to_owned()));
                known.sort();
                let hint = if known.is_empty() {
                    "There are no credentials: add one with `patchbay credential add NAME --provider ..` or POST /v1/credentials."
                        .to_owned()
                } else {
                    format!("The credentials are: {}.", known.join(", "))
                };
                Err(Problem::bad_request(format!("there is no credential `{name}`"), hint))
            }
            Err(error @ VaultError::OtherProvider { .. }) => {
                Err(Problem::bad_request(error.to_string(), "GET /v1/credentials lists the credentials."))
            }
            Err(error) => Err(error.into()),
        }
    }

    async fn stored_credential(&self, name: &str) -> Result<Arc<Credential>, Problem> {
        let stored = self.store.credential(name).await?;
        let stored = stored.ok_or_else(|| {
            Problem::not_found(format!("there is no credential `{name}`"), "GET /v1/credentials lists the credentials.")
        })?;
        Ok(self.vault.open(name, self.provider(stored.provider.as_str())?).await?)
    }

    fn own_credential(&self, name: &str) -> Option<&Arc<Credential>> {
        self.own_credentials.iter().find(|own| own.name() == name)
    }

    fn provider(&self, name: &str) -> Result<&Provider, Problem> {
        let provider = self.runtime.provider(name);
        provider.map_err(|error| Problem::not_found(error.to_string(), "GET /v1/providers lists the providers."))
    }
}

async fn list(State(service): State<Arc<Service>>, Caller(access): Caller) -> Result<Json<CredentialList>, Problem> {
    let mut credentials = service.vault.list(service.runtime.providers()).await?;
    credentials.retain(|credential| access.sees_credential(Some(&credential.name)));
    for own in &service.own_credentials {
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
    credentials.sort_by(|one, other| one.name.cmp(&other.name));
    Ok(Json(CredentialList { credentials }))
}

async fn add(
    State(service): State<Arc<Service>>,
    Body(body): Body<CredentialBody>,
) -> Result<(StatusCode, Json<CredentialInfo>), Problem> {
    if service.own_credential(&body.name).is_some() {
        return Err(Problem::conflict(format!("`{}` belongs to the service", body.name), "Choose another name."));
    }
    let provider = service.provider(&body.provider)?;
    let info = service.vault.add(&body.name, provider, body.kind.as_deref(), body.fields).await?;
    tracing::info!(credential = info.name, provider = %info.provider, "a credential was added");
    Ok((StatusCode::CREATED, Json(info)))
}

async fn remove(State(service): State<Arc<Service>>, PathOf(name): PathOf<String>) -> Result<StatusCode, Problem> {
    if service.own_credential(&name).is_some() {
        let detail = format!("`{name}` belongs to the service");
        return Err(Problem::conflict(detail, "It is there for as long as the service runs."));
    }
    service.vault.remove(&name).await?;
    tracing::info!(credential = name, "a credential was removed");
    Ok(StatusCode::NO_CONTENT)
}

/// Whatever the test comes to is an envelope, so that a caller reads the same fields as of a node.
async fn test(State(service): State<Arc<Service>>, PathOf(name): PathOf<String>) -> Result<Json<Envelope>, Problem> {
    let credential = match service.own_credential(&name) {
        Some(own) => Arc::clone(own),
        None => service.stored_credential(&name).await?,
    };
    // It waits for its turn as an invocation does.
    let _place = service.load.enter().await?;
    let tested = service.runtime.test_credential(&credential).await;
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
            error => Self::internal(&error),
        }
    }
}
