//! `provider.toml`: what the host knows of a service. Data only; nothing of a service is coded in the runtime.

use std::collections::BTreeMap;
use std::path::Path;

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;
use url::Url;

use crate::error::{Error, Result};
use crate::host_pattern::HostPattern;
use crate::id::Name;

/// An outside service: its credentials, the hosts its nodes may reach, and how their requests are signed.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Provider {
    /// The provider's part of its nodes' ids.
    pub id: Name,
    /// The service's name as a person reads it.
    pub title: String,
    /// What its nodes work on, in a sentence.
    pub description: String,
    /// Hosts that its nodes may reach.
    pub hosts: Vec<HostPattern>,
    /// Kinds of credential.
    #[serde(default)]
    pub credentials: Vec<CredentialKind>,
    /// Ways to obtain a token with a credential.
    #[serde(default)]
    pub tokens: Vec<TokenRecipe>,
    /// Ways to sign a request; a node names the one it needs.
    #[serde(default)]
    pub slots: Vec<Slot>,
    /// Requests that one credential may send to one API in a time. Requests past it wait.
    pub rate_limit: Option<RateLimit>,
    /// Whether the service takes part in the caller's distributed traces: requests then carry the W3C header
    /// `traceparent` of their invocation. Off for a service of somebody else, whom one's traces do not concern.
    #[serde(default)]
    pub trace_context: bool,
}

/// A kind of credential and its fields.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CredentialKind {
    /// What slots and tokens call it.
    pub kind: Name,
    /// Its name as a person reads it.
    pub title: String,
    /// Where a person finds its values.
    pub description: String,
    /// Its fields.
    pub fields: Vec<CredentialField>,
}

/// A field of a credential.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CredentialField {
    /// PascalCase name.
    pub name: String,
    /// Other names that the service has for it.
    #[serde(default)]
    pub aliases: Vec<String>,
    /// What it is.
    pub description: String,
    /// Whether its value must never be shown.
    #[serde(default)]
    pub secret: bool,
}

/// How a token is fetched: one request with the credential's fields, one answer that holds the token.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TokenRecipe {
    /// What slots call it.
    pub name: Name,
    /// The kind of credential it takes.
    pub credential: Name,
    /// `GET` or `POST`.
    pub method: TokenMethod,
    /// Address of the token endpoint, at one of the provider's hosts.
    pub url: Url,
    /// Query parameters: name of the parameter, field of the credential.
    #[serde(default)]
    pub query: BTreeMap<String, String>,
    /// Members of the JSON body: name of the member, field of the credential.
    #[serde(default)]
    pub json: BTreeMap<String, String>,
    /// JSON Pointer of the token in the answer.
    pub token: String,
    /// JSON Pointer of its lifetime in seconds.
    pub lifetime_seconds: String,
    /// The lifetime when the answer names none.
    pub default_lifetime_seconds: u32,
    /// How long before its end a token is renewed.
    pub refresh_early_seconds: u32,
    /// JSON Pointers of the error code in a refusal; the first that is there counts.
    #[serde(default)]
    pub code: Vec<String>,
    /// JSON Pointers of the error message in a refusal.
    #[serde(default)]
    pub message: Vec<String>,
    /// Refusals that pass: the same request may succeed later.
    #[serde(default)]
    pub busy: Vec<AnswerRule>,
}

/// The method of a token request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
pub enum TokenMethod {
    /// The fields go into the query.
    Get,
    /// The fields go into a JSON body.
    Post,
}

/// A way to sign a request, and where it may be used.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Slot {
    /// What nodes call it.
    pub name: Name,
    /// When it is used.
    pub description: String,
    /// The kind of credential it takes; none for a slot that signs nothing.
    pub credential: Option<Name>,
    /// Hosts that it may be used on.
    pub hosts: Vec<HostPattern>,
    /// Paths that it may be used on, each with all that is below it; any when empty.
    #[serde(default)]
    pub paths: Vec<String>,
    /// What it adds to a request.
    pub sign: Sign,
    /// Answers that say that the token is not valid (any longer), so that nothing was executed.
    #[serde(default)]
    pub token_refused: Vec<AnswerRule>,
}

/// What a slot adds to a request.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(tag = "by", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Sign {
    /// A token in a header.
    TokenHeader {
        /// The token recipe.
        token: Name,
        /// The header's name.
        header: String,
    },
    /// A token in the query.
    TokenQuery {
        /// The token recipe.
        token: Name,
        /// The parameter's name.
        query: String,
    },
    /// A field of the credential, the time and a signature (Base64 of HMAC-SHA256 under the secret) in the query.
    SignedQuery {
        /// The field of the credential that is sent as it is.
        token: SignedToken,
        /// The parameter that takes the time, in milliseconds since 1970.
        timestamp_query: String,
        /// The parameter that takes the signature.
        signature_query: String,
        /// The field of the credential that is the key.
        secret_field: String,
        /// What is signed; `{timestamp}` and `{secret}` stand for their values.
        message: String,
    },
    /// Nothing: the address is its own credential.
    Nothing,
}

/// A field of the credential sent in the query.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SignedToken {
    /// The parameter's name.
    pub query: String,
    /// The credential's field.
    pub field: String,
}

/// Recognises an answer by its status, by values in its JSON body, or by both.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AnswerRule {
    /// The HTTP status; any when absent.
    pub status: Option<u16>,
    /// JSON Pointer and the values that may stand there; a number counts as its text. All must match.
    #[serde(default)]
    pub body: BTreeMap<String, Vec<String>>,
}

/// So many requests in so much time, for one credential and one API.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RateLimit {
    /// Requests that may be sent at once, and again in each span of time.
    #[schemars(range(min = 1))]
    pub requests: u32,
    /// The span of time in milliseconds.
    #[schemars(range(min = 1))]
    pub per_ms: u32,
    /// Paths with ids, as templates (`/v1.0/doc/workbooks/{workbookId}`): all ids count as one API. A path without a
    /// template is an API of its own.
    #[serde(default)]
    pub templates: Vec<String>,
}

impl Provider {
    /// Reads and checks a `provider.toml`.
    ///
    /// # Errors
    /// [`Error::Provider`] names the file and what is wrong with it: syntax with its line, a name that nothing
    /// declares, or an address outside the provider's hosts.
    pub fn read(path: &Path) -> Result<Self> {
        let text = std::fs::read_to_string(path).map_err(|source| Error::Read { path: path.to_owned(), source })?;
        Self::from_toml(&text).map_err(|reason| Error::Provider { path: path.to_owned(), reason })
    }

    /// Reads and checks the text of a `provider.toml`; the error says what is wrong with it.
    ///
    /// # Errors
    /// A sentence that names the place.
    pub fn from_toml(text: &str) -> Result<Self, String> {
        let provider: Self = toml::from_str(text).map_err(|error| error.to_string())?;
        provider.check()?;
        Ok(provider)
    }

    /// The slot of that name.
    pub(crate) fn slot(&self, name: &str) -> Option<&Slot> {
        self.slots.iter().find(|slot| slot.name.as_str() == name)
    }

    /// The token recipe of that name.
    pub(crate) fn token(&self, name: &Name) -> Option<&TokenRecipe> {
        self.tokens.iter().find(|recipe| recipe.name == *name)
    }

    /// Whether nodes may reach the host on the port.
    pub(crate) fn allows(&self, host: &str, port: u16) -> bool {
        self.hosts.iter().any(|pattern| pattern.allows(host, port))
    }

    fn check(&self) -> Result<(), String> {
        for recipe in &self.tokens {
            let place = format!("token `{}`", recipe.name);
            let kind =
                self.kind(&recipe.credential).ok_or(format!("{place}: no credential `{}`", recipe.credential))?;
            for field in recipe.query.values().chain(recipe.json.values()) {
                kind.require(field, &place)?;
            }
            let host = recipe.url.host_str().unwrap_or_default();
            if recipe.url.scheme() != "https" || !self.allows(host, recipe.url.port_or_known_default().unwrap_or(0)) {
                return Err(format!("{place}: {} is not an https address at one of `hosts`", recipe.url));
            }
            for pointer in
                [&recipe.token, &recipe.lifetime_seconds].into_iter().chain(&recipe.code).chain(&recipe.message)
            {
                check_pointer(pointer, &place)?;
            }
            check_rules(&recipe.busy, &place)?;
        }
        for slot in &self.slots {
            let place = format!("slot `{}`", slot.name);
            if slot.hosts.is_empty() {
                return Err(format!("{place}: `hosts` is empty, so it could not be used anywhere"));
            }
            if let Some(path) = slot.paths.iter().find(|path| !path.starts_with('/')) {
                return Err(format!("{place}: path `{path}` does not begin with a slash"));
            }
            check_rules(&slot.token_refused, &place)?;
            self.check_sign(slot, &place)?;
        }
        match &self.rate_limit {
            Some(limit) if limit.requests == 0 || limit.per_ms == 0 => {
                Err("rate_limit: `requests` and `per_ms` are at least 1".into())
            }
            _ => Ok(()),
        }
    }

    fn check_sign(&self, slot: &Slot, place: &str) -> Result<(), String> {
        let kind = match (&slot.credential, &slot.sign) {
            (None, Sign::Nothing) => return Ok(()),
            (None, _) => return Err(format!("{place}: it signs with a credential but names none")),
            (Some(name), _) => self.kind(name).ok_or(format!("{place}: no credential `{name}`"))?,
        };
        match &slot.sign {
            Sign::TokenHeader { token, .. } | Sign::TokenQuery { token, .. } => {
                let recipe = self.token(token).ok_or(format!("{place}: no token `{token}`"))?;
                if recipe.credential == kind.kind {
                    Ok(())
                } else {
                    Err(format!("{place}: token `{token}` takes another credential, `{}`", recipe.credential))
                }
            }
            Sign::SignedQuery { token, secret_field, .. } => {
                kind.require(&token.field, place)?;
                kind.require(secret_field, place)
            }
            Sign::Nothing => Ok(()),
        }
    }

    fn kind(&self, name: &Name) -> Option<&CredentialKind> {
        self.credentials.iter().find(|kind| kind.kind == *name)
    }
}

impl CredentialKind {
    fn require(&self, field: &str, place: &str) -> Result<(), String> {
        if self.fields.iter().any(|known| known.name == field) {
            Ok(())
        } else {
            Err(format!("{place}: credential `{}` has no field `{field}`", self.kind))
        }
    }
}

impl Slot {
    /// Whether the slot may sign a request to this host, port and path.
    pub fn covers(&self, host: &str, port: u16, path: &str) -> bool {
        let below = |prefix: &String| {
            path.strip_prefix(prefix.as_str())
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('/') || prefix.ends_with('/'))
        };
        self.hosts.iter().any(|pattern| pattern.allows(host, port))
            && (self.paths.is_empty() || self.paths.iter().any(below))
    }
}

impl Sign {
    /// The header that it sets, which a node may not.
    pub fn header(&self) -> Option<&str> {
        match self {
            Self::TokenHeader { header, .. } => Some(header),
            _ => None,
        }
    }

    /// The query parameters that it sets, which a node may not.
    pub fn queries(&self) -> impl Iterator<Item = &str> {
        let (first, more) = match self {
            Self::TokenQuery { query, .. } => (Some(query), [None, None]),
            Self::SignedQuery { token, timestamp_query, signature_query, .. } => {
                (Some(&token.query), [Some(timestamp_query), Some(signature_query)])
            }
            _ => (None, [None, None]),
        };
        first.into_iter().chain(more.into_iter().flatten()).map(String::as_str)
    }
}

impl AnswerRule {
    /// Whether the answer is one that the rule describes. `json` is its body, when it is JSON.
    pub fn matches(&self, status: u16, json: Option<&Value>) -> bool {
        let stands = |(pointer, values): (&String, &Vec<String>)| match json.and_then(|json| json.pointer(pointer)) {
            Some(Value::String(text)) => values.contains(text),
            Some(Value::Number(number)) => values.contains(&number.to_string()),
            _ => false,
        };
        self.status.is_none_or(|wanted| wanted == status) && self.body.iter().all(stands)
    }
}

fn check_rules(rules: &[AnswerRule], place: &str) -> Result<(), String> {
    for rule in rules {
        if rule.status.is_none() && rule.body.is_empty() {
            return Err(format!("{place}: a rule with neither `status` nor `body` would match every answer"));
        }
        for pointer in rule.body.keys() {
            check_pointer(pointer, place)?;
        }
    }
    Ok(())
}

fn check_pointer(pointer: &str, place: &str) -> Result<(), String> {
    if pointer.starts_with('/') {
        Ok(())
    } else {
        Err(format!("{place}: `{pointer}` is not a JSON Pointer, it begins with a slash"))
    }
}
