//! Ways to sign a request, as the gate uses them: parsed when the provider is loaded, with all that they name found. What
//! signs has a credential's kind and says how; what does not says so. There is no third.

use std::sync::Arc;

use reqwest::header::{AUTHORIZATION, HeaderName};

use super::{BasicFields, CredentialKind, Provider, Sign, Slot, TokenRecipe};
use crate::id::Name;

/// What a slot does to a request.
#[derive(Debug, Clone)]
pub(crate) enum Signer {
    /// It adds nothing.
    Nothing,
    /// It signs with a credential of this kind.
    With { kind: Name, means: Means },
}

/// What of a credential goes where.
#[derive(Debug, Clone)]
pub(crate) enum Means {
    /// A token that is fetched with the credential.
    Token { recipe: Arc<TokenRecipe>, at: Position },
    /// A field of the credential.
    Field { field: String, at: Position },
    /// Two fields as user and password.
    Basic(BasicFields),
    /// A field, the time and a signature.
    Signature(Signature),
}

/// Where a secret is added.
#[derive(Debug, Clone)]
pub(crate) enum Position {
    Header { name: HeaderName, prefix: String },
    Query { name: String, prefix: String },
}

/// A field of the credential, the time, and the signature of a message under another field.
#[derive(Debug, Clone)]
pub(crate) struct Signature {
    pub token_query: String,
    pub token_field: String,
    pub timestamp_query: String,
    pub signature_query: String,
    pub secret_field: String,
    pub message: Vec<MessagePart>,
}

/// A part of the message that is signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum MessagePart {
    Text(String),
    Timestamp,
    Secret,
}

impl Signer {
    pub(super) fn parse(provider: &Provider, slot: &Slot) -> Result<Self, String> {
        let place = format!("slot `{}`", slot.name);
        let kind = match (&slot.credential, &slot.sign) {
            (None, Sign::Nothing) => return Ok(Self::Nothing),
            (None, _) => return Err(format!("{place}: it signs with a credential but names none")),
            (Some(name), _) => provider.kind(name).ok_or(format!("{place}: no credential `{name}`"))?,
        };
        let means = match &slot.sign {
            // A credential that is asked for and adds nothing would be sent unsigned without a word.
            Sign::Nothing => return Err(format!("{place}: it names a credential and signs with nothing")),
            Sign::TokenHeader { token, header, prefix } => {
                Means::Token { recipe: recipe(provider, kind, token, &place)?, at: in_header(header, prefix, &place)? }
            }
            Sign::TokenQuery { token, query } => {
                Means::Token { recipe: recipe(provider, kind, token, &place)?, at: in_query(query, "") }
            }
            Sign::FieldHeader { field, header, prefix } => {
                kind.require(field, &place)?;
                Means::Field { field: field.clone(), at: in_header(header, prefix, &place)? }
            }
            Sign::FieldQuery { field, query, prefix } => {
                kind.require(field, &place)?;
                Means::Field { field: field.clone(), at: in_query(query, prefix) }
            }
            Sign::Basic(fields) => {
                fields.fields().try_for_each(|field| kind.require(field, &place))?;
                Means::Basic(fields.clone())
            }
            Sign::SignedQuery { token, timestamp_query, signature_query, secret_field, message } => {
                kind.require(&token.field, &place)?;
                kind.require(secret_field, &place)?;
                Means::Signature(Signature {
                    token_query: token.query.clone(),
                    token_field: token.field.clone(),
                    timestamp_query: timestamp_query.clone(),
                    signature_query: signature_query.clone(),
                    secret_field: secret_field.clone(),
                    message: message_parts(message),
                })
            }
        };
        Ok(Self::With { kind: kind.kind.clone(), means })
    }

    /// The header that it sets, which a node may not.
    pub fn header(&self) -> Option<&HeaderName> {
        match self {
            Self::With { means: Means::Token { at: Position::Header { name, .. }, .. }, .. }
            | Self::With { means: Means::Field { at: Position::Header { name, .. }, .. }, .. } => Some(name),
            Self::With { means: Means::Basic(_), .. } => Some(&AUTHORIZATION),
            Self::With { .. } | Self::Nothing => None,
        }
    }
}

fn recipe(provider: &Provider, kind: &CredentialKind, token: &Name, place: &str) -> Result<Arc<TokenRecipe>, String> {
    let recipe = provider.tokens.iter().find(|recipe| recipe.name == *token);
    let recipe = recipe.ok_or(format!("{place}: no token `{token}`"))?;
    if recipe.credential == kind.kind {
        Ok(Arc::clone(recipe))
    } else {
        Err(format!("{place}: token `{token}` takes another credential, `{}`", recipe.credential))
    }
}

fn in_header(header: &str, prefix: &str, place: &str) -> Result<Position, String> {
    let name = HeaderName::from_bytes(header.as_bytes()).map_err(|_| format!("{place}: `{header}` is no header"))?;
    if prefix.chars().any(char::is_control) {
        return Err(format!("{place}: the prefix has characters that a header can not hold"));
    }
    Ok(Position::Header { name, prefix: prefix.to_owned() })
}

fn in_query(name: &str, prefix: &str) -> Position {
    Position::Query { name: name.to_owned(), prefix: prefix.to_owned() }
}

/// The message in parts: `{timestamp}` and `{secret}` stand for their values, everything else for itself.
fn message_parts(message: &str) -> Vec<MessagePart> {
    const NAMED: [(&str, MessagePart); 2] =
        [("{timestamp}", MessagePart::Timestamp), ("{secret}", MessagePart::Secret)];
    let mut parts = Vec::new();
    let mut rest = message;
    while !rest.is_empty() {
        let next =
            NAMED.iter().filter_map(|(name, part)| Some((rest.find(name)?, *name, part))).min_by_key(|found| found.0);
        let Some((at, name, part)) = next else {
            parts.push(MessagePart::Text(rest.to_owned()));
            break;
        };
        if let Some(before) = rest.get(..at).filter(|before| !before.is_empty()) {
            parts.push(MessagePart::Text(before.to_owned()));
        }
        parts.push(part.clone());
        rest = rest.get(at + name.len()..).unwrap_or_default();
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    fn provider(slot: &str) -> Result<Provider, String> {
        Provider::from_toml(&format!(
            r#"
            id = "sample"
            title = "Sample"
            description = ""
            hosts = ["api.example.com"]
            credentials = [
                {{ kind = "key", title = "", description = "", fields = [{{ name = "Key", description = "" }}] }},
                {{ kind = "user", title = "", description = "", fields = [{{ name = "Name", description = "" }}] }},
            ]
            tokens = [{{ name = "session", credential = "key", method = "POST", url = "https://api.example.com/token",
                form = {{ client = "Key" }}, constants = {{ grant_type = "client_credentials" }}, token = "/token",
                lifetime_seconds = "/expires_in", default_lifetime_seconds = 60, refresh_early_seconds = 1 }}]

            [[slots]]
            name = "only"
            description = ""
            hosts = ["api.example.com"]
            {slot}
            "#
        ))
        .map_err(|error| error.to_string())
    }

    #[test]
    fn a_slot_that_would_send_unsigned_is_no_slot() {
        for (slot, said) in [
            (r#"sign = { by = "token-header", token = "session", header = "x-token" }"#, "names none"),
            ("credential = \"key\"\nsign = { by = \"nothing\" }", "signs with nothing"),
            ("credential = \"gone\"\nsign = { by = \"nothing\" }", "no credential `gone`"),
            (
                "credential = \"key\"\nsign = { by = \"token-query\", token = \"gone\", query = \"t\" }",
                "no token `gone`",
            ),
            ("credential = \"user\"\nsign = { by = \"token-query\", token = \"session\", query = \"t\" }", "another"),
            ("credential = \"key\"\nsign = { by = \"field-header\", field = \"Name\", header = \"x\" }", "no field"),
            ("credential = \"key\"\nsign = { by = \"field-header\", field = \"Key\", header = \"x y\" }", "no header"),
            ("credential = \"key\"\nsign = { by = \"basic\", user = \"Key\", password = \"P\" }", "no field `P`"),
        ] {
            let error = provider(slot).unwrap_err();
            assert!(error.contains(said), "{slot}: {error}");
        }
    }

    #[test]
    fn a_slot_is_parsed_with_all_that_it_names() {
        let slot = "credential = \"key\"\nsign = { by = \"token-header\", token = \"session\", header = \"Authorization\", prefix = \"Bearer \" }";
        let provider = provider(slot).unwrap();
        let (_, signer) = provider.slot("only").unwrap();
        assert_eq!(signer.header(), Some(&AUTHORIZATION));
        let Signer::With { kind, means: Means::Token { recipe, .. } } = signer else { panic!("{signer:?}") };
        assert_eq!((kind.as_str(), recipe.name.as_str()), ("key", "session"));
    }

    #[test]
    fn a_message_is_text_and_what_is_named_in_it() {
        use MessagePart::{Secret, Text, Timestamp};
        assert_eq!(message_parts("{timestamp}\n{secret}"), [Timestamp, Text("\n".into()), Secret]);
        assert_eq!(message_parts("v1:{body}"), [Text("v1:{body}".into())]);
        assert!(message_parts("").is_empty());
    }
}
