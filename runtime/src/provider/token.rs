//! How tokens are fetched.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;
use url::Url;

use super::rule::{AnswerRule, check_pointer, check_rules};
use super::{BasicFields, CredentialKind, Provider};
use crate::id::Name;

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
    /// Members of a JSON body: name of the member, field of the credential.
    #[serde(default)]
    pub json: BTreeMap<String, String>,
    /// Members of a form (`application/x-www-form-urlencoded`): name of the member, field of the credential.
    #[serde(default)]
    pub form: BTreeMap<String, String>,
    /// What is sent besides and is the same for every credential (`grant_type = "client_credentials"`): in the body when
    /// there is one, else in the query.
    #[serde(default)]
    pub constants: BTreeMap<String, String>,
    /// Fields that are sent as user and password in the header `authorization`.
    pub basic: Option<BasicFields>,
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
    /// The fields go into a body.
    Post,
}

impl TokenRecipe {
    /// Whether the body is a form: that it is one is said by its members, or by constants that have no other body.
    pub fn sends_form(&self) -> bool {
        self.method == TokenMethod::Post && self.json.is_empty()
    }

    /// All fields of the credential that the request has.
    fn fields(&self) -> impl Iterator<Item = &String> {
        let basic = self.basic.iter().flat_map(BasicFields::fields);
        self.query.values().chain(self.json.values()).chain(self.form.values()).chain(basic)
    }

    pub(super) fn check(&self, provider: &Provider) -> Result<(), String> {
        let place = format!("token `{}`", self.name);
        let kind: &CredentialKind =
            provider.kind(&self.credential).ok_or(format!("{place}: no credential `{}`", self.credential))?;
        for field in self.fields() {
            kind.require(field, &place)?;
        }
        match self.method {
            TokenMethod::Get if !self.json.is_empty() || !self.form.is_empty() => {
                return Err(format!("{place}: GET has no body, and `json` or `form` names members of one"));
            }
            TokenMethod::Post if !self.json.is_empty() && !self.form.is_empty() => {
                return Err(format!("{place}: a body is `json` or `form`, not both"));
            }
            TokenMethod::Get | TokenMethod::Post => {}
        }
        let host = self.url.host_str().unwrap_or_default();
        if self.url.scheme() != "https" || !provider.allows(host, self.url.port_or_known_default().unwrap_or(0)) {
            return Err(format!("{place}: {} is not an https address at one of `hosts`", self.url));
        }
        for pointer in [&self.token, &self.lifetime_seconds].into_iter().chain(&self.code).chain(&self.message) {
            check_pointer(pointer, &place)?;
        }
        check_rules(&self.busy, &place)
    }
}
