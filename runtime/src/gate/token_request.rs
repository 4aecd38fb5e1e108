//! Fetches a token as its recipe says.

use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use reqwest::Method;
use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderValue};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Map, Value};
use url::form_urlencoded;

use super::message::{SendError, SendErrorKind};
use super::passage::{Passage, kind_of};
use super::proxy::NAME_PROXY;
use super::sign::{self, SignError};
use super::tokens::{Token, TokenFailure};
use super::transport::{RawResponse, RequestBody, SignedRequest, TransportError};
use crate::credential::Credential;
use crate::memory::CallMemory;
use crate::provider::{AnswerRule, TokenMethod, TokenRecipe};
use crate::scrub::Scrubber;

impl Passage {
    /// One request for a token, and the status that its answer had. The request is not recorded: it holds the credential.
    pub(crate) async fn fetch_token(
        &self,
        recipe: &TokenRecipe,
        credential: &Credential,
    ) -> Result<(Token, u16), TokenFailure> {
        let fetched = self.request_token(recipe, credential).await;
        let count = if fetched.is_ok() { &self.gate.token_fetches } else { &self.gate.failed_token_fetches };
        count.fetch_add(1, Relaxed);
        fetched
    }

    async fn request_token(&self, recipe: &TokenRecipe, credential: &Credential) -> Result<(Token, u16), TokenFailure> {
        let unreached = |error: TransportError| {
            let kind = kind_of(&error);
            let message = format!("no token for credential `{}`: {error}", credential.name());
            let hint = match error {
                TransportError::UnreachableDirectly(_) => NAME_PROXY,
                _ => "The node's request was not sent: run it again once the service is reachable.",
            };
            let passes = !matches!(error, TransportError::Refused(_) | TransportError::Encoded { .. });
            TokenFailure {
                error: SendError::new(kind, message, hint).retryable(passes),
                status: error.status().unwrap_or(0),
                retry_after: None,
            }
        };
        let mut request = self.token_request(recipe, credential).map_err(|error| {
            let message = format!("the request for a token could not be signed: {error}");
            TokenFailure::unsent(SendError::new(SendErrorKind::Credential, message, "Check the credential's values."))
        })?;
        let host = recipe.url.host_str().unwrap_or_default();
        if !request.is_overridden {
            self.gate.transport.resolve(host).await.map_err(unreached)?;
        }
        let turn = self.gate.hosts.enter(host);
        let Ok(_place) = tokio::time::timeout(self.time_left(), turn).await else {
            let message =
                format!("the turn of the request for a token of `{}` had not come in time", credential.name());
            let hint = "Run it again later, send less at once, or raise the timeout.";
            return Err(TokenFailure::unsent(SendError::new(SendErrorKind::Timeout, message, hint).retryable(true)));
        };
        request.timeout = self.time_left();
        let asked = self.gate.clock.since_epoch();
        let response = self.gate.transport.send(request).await.and_then(RawResponse::unencoded).map_err(unreached)?;
        let json = serde_json::from_slice::<Value>(&response.body).unwrap_or_default();
        let token = json.pointer(&recipe.token).and_then(Value::as_str).filter(|token| !token.is_empty());
        let Some(token) = token else {
            return Err(TokenFailure {
                error: no_token(recipe, credential, &response, &json),
                status: response.status,
                retry_after: self.asks_for_pause(&response),
            });
        };
        let lifetime = json.pointer(&recipe.lifetime_seconds).and_then(seconds).filter(|seconds| *seconds > 0);
        let lifetime = lifetime.unwrap_or(recipe.default_lifetime_seconds.into());
        tracing::debug!(credential = credential.name(), recipe = %recipe.name, lifetime, "fetched a token");
        let early = Duration::from_secs(recipe.refresh_early_seconds.into());
        let token = Token::living(SecretString::from(token), asked, Duration::from_secs(lifetime), early);
        Ok((token, response.status))
    }

    fn token_request(&self, recipe: &TokenRecipe, credential: &Credential) -> Result<SignedRequest, SignError> {
        let overridden = self.gate.upstreams.replace(&recipe.url);
        let is_overridden = overridden.is_some();
        let mut url = overridden.unwrap_or_else(|| recipe.url.clone());
        let field = |name: &String| sign::field(credential, name).map(ExposeSecret::expose_secret);
        for (parameter, name) in &recipe.query {
            url.query_pairs_mut().append_pair(parameter, field(name)?);
        }
        let mut headers = HeaderMap::new();
        if let Some(fields) = &recipe.basic {
            sign::add_basic(fields, credential, &mut headers)?;
        }
        let method = match recipe.method {
            TokenMethod::Get => Method::GET,
            TokenMethod::Post => Method::POST,
        };
        let body = match recipe.method {
            TokenMethod::Get => {
                for (parameter, value) in &recipe.constants {
                    url.query_pairs_mut().append_pair(parameter, value);
                }
                RequestBody::Empty
            }
            TokenMethod::Post if recipe.sends_form() => {
                headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/x-www-form-urlencoded"));
                let mut form = form_urlencoded::Serializer::new(String::new());
                form.extend_pairs(&recipe.constants);
                for (member, name) in &recipe.form {
                    form.append_pair(member, field(name)?);
                }
                RequestBody::Bytes(form.finish().into())
            }
            TokenMethod::Post => {
                headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
                let mut members: Map<String, Value> =
                    recipe.constants.iter().map(|(member, value)| (member.clone(), value.as_str().into())).collect();
                for (member, name) in &recipe.json {
                    members.insert(member.clone(), field(name)?.into());
                }
                RequestBody::Bytes(Value::Object(members).to_string().into())
            }
        };
        // A token is fetched for all who wait for it, and its answer is short.
        let memory = CallMemory::default();
        Ok(SignedRequest { method, url, headers, body, is_overridden, timeout: self.time_left(), memory })
    }
}

impl TokenFailure {
    /// The request for the token was not sent.
    fn unsent(error: SendError) -> Self {
        Self { error, status: 0, retry_after: None }
    }
}

/// What an answer without a token says of the credential: that it is refused, only if it is the service that answered.
fn no_token(recipe: &TokenRecipe, credential: &Credential, response: &RawResponse, json: &Value) -> SendError {
    let first = |pointers: &[String]| {
        pointers.iter().find_map(|pointer| match json.pointer(pointer)? {
            Value::String(text) => Some(text.clone()),
            Value::Number(number) => Some(number.to_string()),
            _ => None,
        })
    };
    let (name, status) = (credential.name(), response.status);
    let says_busy = recipe.busy.iter().any(|rule: &AnswerRule| rule.matches(status, Some(json)));
    let passes = status == 429 || status >= 500 || says_busy;
    let said = match (first(&recipe.code), first(&recipe.message)) {
        (Some(code), Some(message)) => format!("{code}: {message}"),
        (Some(text), None) | (None, Some(text)) => text,
        (None, None) if passes || is_refusal(status, response, json) => format!("HTTP {status} without a token"),
        (None, None) => return of_another(recipe, name, response).retryable(passes),
    };
    let said = said_without_secrets(recipe, credential, said);
    let hint = if passes {
        "The service is busy: run it again after a pause.".to_owned()
    } else {
        format!("Check the values of the credential `{name}`, and that its application is enabled.")
    };
    let message = format!("the service gave no token for credential `{name}`: {said}");
    SendError::new(SendErrorKind::Credential, message, hint).retryable(passes)
}

/// Whether an answer that tells no reason can be a service's refusal: by its status, and because it is no page.
fn is_refusal(status: u16, response: &RawResponse, json: &Value) -> bool {
    matches!(status, 400 | 401 | 403) && (json.is_object() || response.body.trim_ascii().is_empty())
}

/// The error for an answer that is not one of the address that gives tokens. The answer itself is not told: who gives it had
/// the credential.
fn of_another(recipe: &TokenRecipe, name: &str, response: &RawResponse) -> SendError {
    let what = match response.body.trim_ascii() {
        [] => "nothing",
        [b'<', ..] => "a web page",
        [b'{', ..] => "something that has no token in it",
        _ => "something that is not JSON",
    };
    let host = recipe.url.host_str().unwrap_or_default();
    let message = format!("{host} gave no token for credential `{name}`: HTTP {} with {what}", response.status);
    let hint = "Nothing was executed. Look at the way there: the proxy, the firewall or the sign-in page of this machine's \
                network may have answered in the service's place.";
    SendError::new(SendErrorKind::Unreachable, message, hint)
}

/// What the service said, without the credential's secrets, and without user and password as the request had them.
fn said_without_secrets(recipe: &TokenRecipe, credential: &Credential, said: String) -> String {
    let said = credential.scrubber().text(said);
    let Some(fields) = &recipe.basic else { return said };
    let value = |name: &str| credential.field(name).map_or("", ExposeSecret::expose_secret);
    let pair = format!("{}:{}", value(&fields.user), fields.password.as_deref().map_or("", value));
    Scrubber::of([STANDARD.encode(pair).as_str()]).text(said)
}

/// Seconds as a number or as text.
fn seconds(value: &Value) -> Option<u64> {
    match value {
        Value::Number(number) => number.as_u64(),
        Value::String(text) => text.parse().ok(),
        _ => None,
    }
}
