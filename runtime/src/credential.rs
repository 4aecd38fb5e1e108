//! Named secrets of a provider.

mod check;
mod set;

use std::collections::BTreeMap;
use std::fmt;

use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest as _, Sha256};

use crate::id::Name;
use crate::provider::{CredentialField, CredentialKind, Provider};
use crate::scrub::Scrubber;

pub use check::{CredentialFailure, FetchedToken};
pub use set::Credentials;

/// Why values are not a credential.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CredentialError {
    /// A field has no value. The names are as the caller would have to give them.
    #[error("{missing} {verb} no value ({title}: {description})", verb = if missing.contains(',') { "have" } else { "has" })]
    Missing {
        /// The names, joined by commas.
        missing: String,
        /// The kind of credential that comes nearest.
        title: String,
        /// Where a person finds its values.
        description: String,
    },
    /// The provider has no credentials.
    #[error("provider `{0}` takes no credentials")]
    NoneTaken(Name),
    /// A run has at most one credential of each kind.
    #[error("`{first}` and `{second}` are both credentials of kind `{kind}`, of which a run takes one")]
    TwoOfAKind {
        /// The name of one.
        first: String,
        /// The name of the other.
        second: String,
        /// Their kind.
        kind: Name,
    },
}

/// Named secrets of one provider. Its `Debug` shows names only.
pub struct Credential {
    name: String,
    provider: Name,
    kind: Name,
    fields: BTreeMap<String, Field>,
    id: CredentialId,
    fingerprint: Fingerprint,
    /// Takes its secrets out of answers.
    scrubber: Scrubber,
}

struct Field {
    value: SecretString,
    secret: bool,
}

/// Whom a service takes the bearer of a credential for: it stays the same when a secret is replaced. Kinds with fields
/// that are no secret (an application's key) are told apart by these, others by the credential's name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CredentialId(Digest);

/// Tells credentials apart by all their values, without holding them: another secret is another fingerprint.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Fingerprint(Digest);

/// SHA-256 of texts.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
struct Digest([u8; 32]);

impl Credential {
    /// Makes a credential of the first kind that `value` has all fields of. `value` is asked for each field by its name
    /// and aliases as the provider declares them.
    ///
    /// # Errors
    /// [`CredentialError::Missing`] names what is missing of the kind that comes nearest.
    pub fn new(
        provider: &Provider,
        name: impl Into<String>,
        value: impl Fn(&str) -> Option<SecretString>,
    ) -> Result<Self, CredentialError> {
        Self::find(provider, name.into(), value, |field| field.name.clone())
    }

    /// Makes a credential from variables such as `DINGTALK_APP_KEY` (prefix, field name in capitals).
    ///
    /// # Errors
    /// [`CredentialError::Missing`] names the variables that are missing.
    pub fn from_env(
        provider: &Provider,
        prefix: &str,
        variable: impl Fn(&str) -> Option<String>,
    ) -> Result<Self, CredentialError> {
        let named = |field: &str| format!("{}_{}", prefix.to_ascii_uppercase(), shouting_snake_case(field));
        let value = |field: &str| variable(&named(field)).map(SecretString::from);
        Self::find(provider, format!("env:{prefix}"), value, |field| named(&field.name))
    }

    fn find(
        provider: &Provider,
        name: String,
        value: impl Fn(&str) -> Option<SecretString>,
        named: impl Fn(&CredentialField) -> String,
    ) -> Result<Self, CredentialError> {
        let mut nearest: Option<(usize, CredentialError)> = None;
        for kind in &provider.credentials {
            let (fields, missing) = gather(kind, &value);
            if missing.is_empty() {
                let id = CredentialId::of(&provider.id, &kind.kind, &name, &fields);
                let fingerprint = Fingerprint::of(&provider.id, &kind.kind, &fields);
                let secrets = fields.values().filter(|field| field.secret).map(|field| field.value.expose_secret());
                let scrubber = Scrubber::of(secrets);
                let (provider, kind) = (provider.id.clone(), kind.kind.clone());
                return Ok(Self { name, provider, kind, fields, id, fingerprint, scrubber });
            }
            // Of two kinds equally near the first counts: it is the one that a provider expects most users to have.
            if nearest.as_ref().is_none_or(|(found, _)| fields.len() > *found) {
                let missing = missing.into_iter().map(&named).collect::<Vec<_>>().join(", ");
                let error = CredentialError::Missing {
                    missing,
                    title: kind.title.clone(),
                    description: kind.description.clone(),
                };
                nearest = Some((fields.len(), error));
            }
        }
        Err(nearest.map_or_else(|| CredentialError::NoneTaken(provider.id.clone()), |(_, error)| error))
    }

    /// The name it is chosen by.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The provider it belongs to.
    pub fn provider(&self) -> &Name {
        &self.provider
    }

    /// Which of the provider's kinds it is.
    pub fn kind(&self) -> &Name {
        &self.kind
    }

    pub(crate) fn field(&self, name: &str) -> Option<&SecretString> {
        self.fields.get(name).map(|field| &field.value)
    }

    /// Whom a service takes the bearer for, whatever its secrets are at the moment.
    pub fn id(&self) -> CredentialId {
        self.id
    }

    pub(crate) fn fingerprint(&self) -> Fingerprint {
        self.fingerprint
    }

    pub(crate) fn scrubber(&self) -> &Scrubber {
        &self.scrubber
    }
}

impl fmt::Debug for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credential")
            .field("name", &self.name)
            .field("provider", &self.provider)
            .field("kind", &self.kind)
            .finish_non_exhaustive()
    }
}

impl CredentialId {
    fn of(provider: &Name, kind: &Name, name: &str, fields: &BTreeMap<String, Field>) -> Self {
        let open: Vec<(&str, &str)> = fields
            .iter()
            .filter(|(_, field)| !field.secret)
            .map(|(name, field)| (name.as_str(), field.value.expose_secret()))
            .collect();
        let told_apart_by = if open.is_empty() { vec![("", name)] } else { open };
        Self(Digest::of([provider.as_str(), kind.as_str()].into_iter().chain(pairs(&told_apart_by))))
    }
}

impl Fingerprint {
    fn of(provider: &Name, kind: &Name, fields: &BTreeMap<String, Field>) -> Self {
        let all: Vec<(&str, &str)> =
            fields.iter().map(|(name, field)| (name.as_str(), field.value.expose_secret())).collect();
        Self(Digest::of([provider.as_str(), kind.as_str()].into_iter().chain(pairs(&all))))
    }
}

fn pairs<'text>(pairs: &'text [(&'text str, &'text str)]) -> impl Iterator<Item = &'text str> {
    pairs.iter().flat_map(|(name, value)| [*name, *value])
}

impl Digest {
    /// Of texts in this order; no two lists of texts have the same.
    fn of<'text>(texts: impl Iterator<Item = &'text str>) -> Self {
        let mut hash = Sha256::new();
        for text in texts {
            hash.update((text.len() as u64).to_le_bytes());
            hash.update(text);
        }
        Self(hash.finalize().into())
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().take(8).try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Display for CredentialId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// The fields of a kind that have a value, and those that have none. Blanks around a value come from copying and are
/// dropped.
fn gather<'kind>(
    kind: &'kind CredentialKind,
    value: &impl Fn(&str) -> Option<SecretString>,
) -> (BTreeMap<String, Field>, Vec<&'kind CredentialField>) {
    let mut fields = BTreeMap::new();
    let mut missing = Vec::new();
    for field in &kind.fields {
        let given = std::iter::once(&field.name).chain(&field.aliases).find_map(|name| value(name));
        match given.map(|given| given.expose_secret().trim().to_owned()).filter(|text| !text.is_empty()) {
            Some(text) => {
                fields.insert(field.name.clone(), Field { value: text.into(), secret: field.secret });
            }
            None => missing.push(field),
        }
    }
    (fields, missing)
}

/// `AppKey` as `APP_KEY`.
fn shouting_snake_case(name: &str) -> String {
    let mut text = String::with_capacity(name.len() + 4);
    for (index, letter) in name.chars().enumerate() {
        if letter.is_ascii_uppercase() && index > 0 {
            text.push('_');
        }
        text.push(letter.to_ascii_uppercase());
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;

    const PROVIDER: &str = r#"
        id = "sample"
        title = "Sample"
        description = "A service."
        hosts = ["api.example.com"]

        [[credentials]]
        kind = "application"
        title = "Application"
        description = "from its page"
        fields = [
            { name = "AppKey", description = "", aliases = ["ClientId"] },
            { name = "AppSecret", description = "", secret = true },
        ]

        [[credentials]]
        kind = "webhook"
        title = "Webhook"
        description = "from the robot"
        fields = [{ name = "AccessToken", description = "", secret = true }]
    "#;

    fn from(variables: &[(&str, &str)]) -> Result<Credential, CredentialError> {
        let provider = Provider::from_toml(PROVIDER).unwrap();
        Credential::from_env(&provider, "SAMPLE", |wanted| {
            variables.iter().find(|(name, _)| *name == wanted).map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn variables_are_named_after_the_provider_s_fields() {
        let credential = from(&[("SAMPLE_APP_KEY", "key"), ("SAMPLE_APP_SECRET", " canary\n")]).unwrap();
        assert_eq!(credential.kind().as_str(), "application");
        assert_eq!(credential.field("AppSecret").unwrap().expose_secret(), "canary");
        assert!(!format!("{credential:?}").contains("canary"));
    }

    #[test]
    fn an_alias_stands_for_its_field() {
        assert!(from(&[("SAMPLE_CLIENT_ID", "key"), ("SAMPLE_APP_SECRET", "x")]).is_ok());
    }

    #[test]
    fn the_kind_is_the_one_whose_fields_are_there() {
        assert_eq!(from(&[("SAMPLE_ACCESS_TOKEN", "t")]).unwrap().kind().as_str(), "webhook");
    }

    #[test]
    fn what_is_missing_is_named_as_the_caller_would_give_it() {
        let error = from(&[("SAMPLE_APP_KEY", "key")]).unwrap_err().to_string();
        assert_eq!(error, "SAMPLE_APP_SECRET has no value (Application: from its page)");
        let error = from(&[]).unwrap_err().to_string();
        assert!(error.starts_with("SAMPLE_APP_KEY, SAMPLE_APP_SECRET have no value"), "{error}");
    }

    #[test]
    fn a_new_secret_is_another_fingerprint_of_the_same_credential() {
        let one = from(&[("SAMPLE_APP_KEY", "key"), ("SAMPLE_APP_SECRET", "a")]).unwrap();
        let two = from(&[("SAMPLE_APP_KEY", "key"), ("SAMPLE_APP_SECRET", "b")]).unwrap();
        assert!(one.fingerprint() != two.fingerprint() && one.id() == two.id());
        let other = from(&[("SAMPLE_APP_KEY", "other"), ("SAMPLE_APP_SECRET", "a")]).unwrap();
        assert!(one.id() != other.id());
    }

    #[test]
    fn a_credential_that_is_all_secret_is_known_by_its_name() {
        let provider = Provider::from_toml(PROVIDER).unwrap();
        let named = |name: &str, token: &str| {
            let value = |field: &str| (field == "AccessToken").then(|| token.to_owned().into());
            Credential::new(&provider, name, value).unwrap()
        };
        assert!(named("robot", "a").id() == named("robot", "b").id());
        assert!(named("robot", "a").id() != named("other", "a").id());
    }

    #[test]
    fn a_run_has_one_credential_of_each_kind() {
        let application = Arc::new(from(&[("SAMPLE_APP_KEY", "key"), ("SAMPLE_APP_SECRET", "a")]).unwrap());
        let webhook = Arc::new(from(&[("SAMPLE_ACCESS_TOKEN", "t")]).unwrap());
        let both = Credentials::of([Arc::clone(&application), Arc::clone(&webhook)]).unwrap();
        assert_eq!(both.of_kind(webhook.provider(), webhook.kind()).unwrap().kind(), webhook.kind());
        assert_eq!(both.of_kind(application.provider(), application.kind()).unwrap().kind(), application.kind());
        assert!(matches!(
            Credentials::of([Arc::clone(&application), application]),
            Err(CredentialError::TwoOfAKind { .. })
        ));
    }
}
