//! Which of a provider's kinds a set of fields is, and what a person may see of it.

use std::collections::BTreeMap;

use patchbay_runtime::provider::CredentialKind;
use patchbay_runtime::{Provider, nearest};
use secrecy::{ExposeSecret, SecretString};

use super::VaultError;
use super::seal::Fields;

/// From this length on the beginning of a secret may be shown.
const SHOWN_FROM: usize = 8;
const SHOWN: usize = 4;
const DOTS: &str = "....";

/// A secret as a person may see it: the first four characters and dots; dots alone when it is short.
pub fn masked(secret: &SecretString) -> String {
    let text = secret.expose_secret();
    let shown = if text.chars().count() >= SHOWN_FROM { SHOWN } else { 0 };
    text.chars().take(shown).chain(DOTS.chars()).collect()
}

/// The kind of that name; without a name the only one, or the one that has all the fields' names.
pub fn kind<'provider>(
    provider: &'provider Provider,
    wanted: Option<&str>,
    fields: &Fields,
) -> Result<&'provider CredentialKind, VaultError> {
    let kinds = &provider.credentials;
    let names = || kinds.iter().map(|kind| kind.kind.as_str()).collect::<Vec<_>>().join(", ");
    if kinds.is_empty() {
        return Err(VaultError::Fields(format!("{} takes no credentials", provider.title)));
    }
    if let Some(wanted) = wanted {
        return kinds.iter().find(|kind| kind.kind.as_str() == wanted).ok_or_else(|| {
            VaultError::Fields(format!(
                "{} has no credential of kind `{wanted}`; there are: {}",
                provider.title,
                names()
            ))
        });
    }
    if let [only] = kinds.as_slice() {
        return Ok(only);
    }
    let mut fitting = kinds.iter().filter(|kind| fields.keys().all(|name| known(kind, name).is_some()));
    match (fitting.next(), fitting.next()) {
        (Some(kind), None) => Ok(kind),
        _ => {
            let names: Vec<&str> =
                kinds.iter().flat_map(|kind| &kind.fields).map(|field| field.name.as_str()).collect();
            let stranger = fields.keys().find(|name| kinds.iter().all(|kind| known(kind, name).is_none()));
            if let Some(stranger) = stranger {
                let proposal = nearest(stranger, names.iter().copied());
                let proposal = proposal.map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
                let has = names.join(", ");
                return Err(VaultError::Fields(format!(
                    "{} credentials have no field `{stranger}`{proposal} They have: {has}",
                    provider.title
                )));
            }
            let all: Vec<String> = kinds.iter().map(|kind| format!("{} ({})", kind.kind, field_names(kind))).collect();
            Err(VaultError::Fields(format!(
                "the fields do not tell which kind of {} credential is meant; there are: {}",
                provider.title,
                all.join(", ")
            )))
        }
    }
}

/// The fields under the names that the provider declares, and no other; blank ones count as left out.
pub fn declared(kind: &CredentialKind, given: Fields) -> Result<Fields, VaultError> {
    let mut fields = BTreeMap::new();
    for (name, value) in given {
        let Some(canonical) = known(kind, &name) else {
            let proposal = nearest(&name, kind.fields.iter().map(|field| field.name.as_str()));
            let proposal = proposal.map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
            let has = field_names(kind);
            return Err(VaultError::Fields(format!("{} has no field `{name}`{proposal} It has: {has}", kind.title)));
        };
        // Blanks around a value come from copying.
        let value = value.expose_secret().trim();
        if !value.is_empty() && fields.insert(canonical.to_owned(), value.to_owned().into()).is_some() {
            return Err(VaultError::Fields(format!("`{canonical}` is given twice, once by another of its names")));
        }
    }
    Ok(fields)
}

/// The fields under the names that the provider declares: all of them and no other.
pub fn complete(kind: &CredentialKind, given: Fields) -> Result<Fields, VaultError> {
    let fields = declared(kind, given)?;
    let missing = kind.fields.iter().map(|field| field.name.as_str()).filter(|name| !fields.contains_key(*name));
    let missing: Vec<&str> = missing.collect();
    if missing.is_empty() {
        return Ok(fields);
    }
    let verb = if missing.len() == 1 { "has" } else { "have" };
    let (title, about) = (&kind.title, &kind.description);
    Err(VaultError::Fields(format!("{} {verb} no value ({title}: {about})", missing.join(", "))))
}

/// The variable of a field: `AppKey` under the prefix `DINGTALK` is `DINGTALK_APP_KEY`.
pub fn variable(prefix: &str, field: &str) -> String {
    let mut name = format!("{}_", prefix.to_ascii_uppercase());
    for (index, letter) in field.chars().enumerate() {
        if letter.is_ascii_uppercase() && index > 0 {
            name.push('_');
        }
        name.push(letter.to_ascii_uppercase());
    }
    name
}

/// The declared name of a field that may be given by an alias.
fn known<'kind>(kind: &'kind CredentialKind, name: &str) -> Option<&'kind str> {
    let field = kind.fields.iter().find(|field| field.name == name || field.aliases.iter().any(|alias| alias == name));
    field.map(|field| field.name.as_str())
}

fn field_names(kind: &CredentialKind) -> String {
    kind.fields.iter().map(|field| field.name.as_str()).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_shown_as_four_characters_and_dots_and_a_short_one_not_at_all() {
        let shown = |text: &str| masked(&text.to_owned().into());
        assert_eq!(shown("SEC0123456789"), "SEC0....");
        assert_eq!(shown("12345678"), "1234....");
        assert_eq!(shown("1234567"), "....");
        assert_eq!(shown("密密密密密密密密"), "密密密密....");
    }
}
