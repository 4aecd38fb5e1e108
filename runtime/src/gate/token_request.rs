//! Fetches a token as its recipe says.

use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use reqwest::Method;
use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderValue};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Map, Value};

use super::tokens::Token;
use super::transport::{RawResponse, SignedRequest, TransportError};
use super::{Passage, SendError, SendErrorKind, kind_of};
use crate::credential::Credential;
use crate::provider::{AnswerRule, TokenMethod, TokenRecipe};

impl Passage {
    /// One request for a token. The request is not recorded: it holds the credential.
    pub(crate) async fn fetch_token(&self, recipe: &TokenRecipe, credential: &Credential) -> Result<Token, SendError> {
        let fetched = self.request_token(recipe, credential).await;
        let count = if fetched.is_ok() { &self.gate.token_fetches } else { &self.gate.failed_token_fetches };
        count.fetch_add(1, Relaxed);
        fetched
    }

    async fn request_token(&self, recipe: &TokenRecipe, credential: &Credential) -> Result<Token, SendError> {
        let unreached = |error: TransportError| SendError {
            kind: kind_of(&error),
            message: format!("no token for credential `{}`: {error}", credential.name()),
            hint: "The node's request was not sent: run it again once the service is reachable.".to_owned(),
            retryable: !matches!(error, TransportError::Refused(_)),
        };
        let mut request = self.token_request(recipe, credential);
        let host = recipe.url.host_str().unwrap_or_default();
        if !request.is_overridden {
            self.gate.transport.resolve(host).await.map_err(unreached)?;
        }
        let turn = self.gate.hosts.enter(host);
        let Ok(_place) = tokio::time::timeout(self.time_left(), turn).await else {
            return Err(SendError {
                kind: SendErrorKind::Timeout,
                message: format!("the turn of the request for a token of `{}` had not come in time", credential.name()),
                hint: "Run it again later, send less at once, or raise the timeout.".to_owned(),
                retryable: true,
            });
        };
        request.timeout = self.time_left();
        let asked = self.gate.clock.now();
        let response = self.gate.transport.send(request).await.map_err(unreached)?;
        self.journal.note_token_status(response.status);
        self.note_retry_after(&response);
        let json = serde_json::from_slice::<Value>(&response.body).unwrap_or_default();
        let token = json.pointer(&recipe.token).and_then(Value::as_str).filter(|token| !token.is_empty());
        let Some(token) = token else { return Err(refusal(recipe, credential, &response, &json)) };
        let lifetime = json.pointer(&recipe.lifetime_seconds).and_then(seconds).filter(|seconds| *seconds > 0);
        let lifetime = lifetime.unwrap_or(recipe.default_lifetime_seconds.into());
        tracing::debug!(credential = credential.name(), recipe = %recipe.name, lifetime, "fetched a token");
        Ok(Token::new(
            SecretString::from(token),
            asked,
            Duration::from_secs(lifetime),
            Duration::from_secs(recipe.refresh_early_seconds.into()),
        ))
    }

    fn token_request(&self, recipe: &TokenRecipe, credential: &Credential) -> SignedRequest {
        let overridden = self.gate.upstreams.replace(&recipe.url);
        let is_overridden = overridden.is_some();
        let mut url = overridden.unwrap_or_else(|| recipe.url.clone());
        let field = |name: &String| credential.field(name).map_or("", ExposeSecret::expose_secret);
        for (parameter, name) in &recipe.query {
            url.query_pairs_mut().append_pair(parameter, field(name));
        }
        let mut headers = HeaderMap::new();
        let (method, body) = match recipe.method {
            TokenMethod::Get => (Method::GET, None),
            TokenMethod::Post => {
                headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
                let members: Map<String, Value> =
                    recipe.json.iter().map(|(member, name)| (member.clone(), field(name).into())).collect();
                (Method::POST, Some(Value::Object(members).to_string().into()))
            }
        };
        SignedRequest { method, url, headers, body, is_overridden, timeout: self.time_left() }
    }
}

/// What the token endpoint said instead of a token.
fn refusal(recipe: &TokenRecipe, credential: &Credential, response: &RawResponse, json: &Value) -> SendError {
    let first = |pointers: &[String]| {
        pointers.iter().find_map(|pointer| match json.pointer(pointer)? {
            Value::String(text) => Some(text.clone()),
            Value::Number(number) => Some(number.to_string()),
            _ => None,
        })
    };
    let said = match (first(&recipe.code), first(&recipe.message)) {
        (Some(code), Some(message)) => format!("{code}: {message}"),
        (Some(text), None) | (None, Some(text)) => text,
        (None, None) => format!("HTTP {} without a token", response.status),
    };
    let said = credential.scrubber().text(said);
    let passes =
        response.status >= 500 || recipe.busy.iter().any(|rule: &AnswerRule| rule.matches(response.status, Some(json)));
    let hint = if passes {
        "The service is busy: run it again after a pause.".to_owned()
    } else {
        format!("Check the values of the credential `{}`, and that its application is enabled.", credential.name())
    };
    SendError {
        kind: SendErrorKind::Credential,
        message: format!("the service gave no token for credential `{}`: {said}", credential.name()),
        hint,
        retryable: passes,
    }
}

/// Seconds as a number or as text.
fn seconds(value: &Value) -> Option<u64> {
    match value {
        Value::Number(number) => number.as_u64(),
        Value::String(text) => text.parse().ok(),
        _ => None,
    }
}
