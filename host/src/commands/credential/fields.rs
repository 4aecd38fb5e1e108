//! Where the fields of a new credential come from: a terminal, variables, or JSON on stdin.

use std::collections::BTreeMap;
use std::io::{IsTerminal, Read, Write};

use anyhow::{Context, Result, bail};
use patchbay_runtime::provider::CredentialKind;
use patchbay_runtime::{Provider, utf8};
use secrecy::SecretString;
use serde::Deserialize;
use zeroize::Zeroizing;

use patchbay_state::vault::{Fields, variable};

/// More is no credential.
const MOST_BYTES: u64 = 64 << 10;

/// The fields that have a variable, of the kind or of all.
pub fn from_environment(provider: &Provider, kind: Option<&str>, prefix: &str) -> Result<Fields> {
    let is_meant = |candidate: &&CredentialKind| kind.is_none_or(|kind| candidate.kind.as_str() == kind);
    let mut fields = Fields::new();
    let mut variables = Vec::new();
    for field in provider.credentials.iter().filter(is_meant).flat_map(|kind| &kind.fields) {
        for name in std::iter::once(&field.name).chain(&field.aliases) {
            let variable = variable(prefix, name);
            if let Some(value) = std::env::var(&variable).ok().filter(|value| !value.trim().is_empty()) {
                fields.insert(field.name.clone(), value.into());
                break;
            }
            variables.push(variable);
        }
    }
    if fields.is_empty() {
        bail!("none of these variables is set: {}", variables.join(", "));
    }
    Ok(fields)
}

/// What the person at the terminal answers, else the JSON object on stdin.
pub fn asked_or_read(provider: &Provider, kind: Option<&str>) -> Result<Fields> {
    if std::io::stdin().is_terminal() { ask(provider, kind) } else { read() }
}

fn ask(provider: &Provider, kind: Option<&str>) -> Result<Fields> {
    let names = || provider.credentials.iter().map(|kind| kind.kind.as_str()).collect::<Vec<_>>().join(", ");
    let named;
    let wanted = match (kind, provider.credentials.as_slice()) {
        (Some(kind), _) => kind,
        (None, [only]) => only.kind.as_str(),
        (None, [first, ..]) => {
            named = line(&format!("kind ({}) [{}]: ", names(), first.kind))?;
            if named.is_empty() { first.kind.as_str() } else { &named }
        }
        (None, []) => bail!("{} takes no credentials", provider.title),
    };
    let Some(kind) = provider.credentials.iter().find(|kind| kind.kind.as_str() == wanted) else {
        bail!("{} has no credential of kind `{wanted}`; there are: {}", provider.title, names());
    };
    eprintln!("{}: {}", kind.title, kind.description);
    let mut fields = Fields::new();
    for field in &kind.fields {
        eprintln!("{}", field.description);
        let value: SecretString = if field.secret {
            let prompt = format!("{} (not shown): ", field.name);
            rpassword::prompt_password(prompt).context("the terminal can not be read")?.into()
        } else {
            line(&format!("{}: ", field.name))?.into()
        };
        fields.insert(field.name.clone(), value);
    }
    Ok(fields)
}

fn line(prompt: &str) -> Result<String> {
    eprint!("{prompt}");
    std::io::stderr().flush()?;
    let mut line = String::new();
    std::io::stdin().read_line(&mut line).context("the terminal can not be read")?;
    Ok(line.trim().to_owned())
}

fn read() -> Result<Fields> {
    // Room for all from the start: what a growing text leaves behind is not wiped.
    let mut json = Zeroizing::new(Vec::with_capacity(4096));
    std::io::stdin().take(MOST_BYTES).read_to_end(&mut json).context("stdin can not be read")?;
    parse(utf8(&json).context("stdin can not be read")?)
}

/// No message repeats what stands in the text: it is secret.
fn parse(json: &str) -> Result<Fields> {
    const FORM: &str = "stdin is not a JSON object of texts; write {\"AppKey\":\"..\",\"AppSecret\":\"..\"}, or give --from-env PREFIX";
    let fields: BTreeMap<String, Text> = serde_json::from_str(json).map_err(|error| {
        anyhow::anyhow!("{FORM} (it ends to be one at line {}, column {})", error.line(), error.column())
    })?;
    Ok(fields.into_iter().map(|(name, Text(value))| (name, value)).collect())
}

struct Text(SecretString);

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self(String::deserialize(deserializer)?.into()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use secrecy::ExposeSecret;

    #[test]
    fn an_object_of_texts_is_read() {
        assert_eq!(parse(r#"{"AppKey":"k","AppSecret":"s"}"#).unwrap()["AppSecret"].expose_secret(), "s");
    }

    #[test]
    fn a_refusal_repeats_nothing_of_what_was_given() {
        for text in ["canary", r#"{"AppSecret":987654321}"#, r#"["canary"]"#, r#"{"AppSecret":"canary"#, ""] {
            let error = format!("{:#}", parse(text).unwrap_err());
            assert!(!error.contains("canary") && !error.contains("987654321"), "{error}");
            assert!(error.contains("AppKey"), "{error}");
        }
    }
}
