//! Adds the credential to a request, as its slot says.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderName, HeaderValue};
use secrecy::{ExposeSecret, SecretString};
use sha2::Sha256;
use url::Url;

use crate::credential::Credential;
use crate::provider::BasicFields;
use crate::provider::signer::{MessagePart, Position, Signature};

/// Why a request can not be signed; never with a value in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum SignError {
    #[error("the credential has a value with characters that a header can not hold")]
    NotForHeaders,
    #[error("the credential lacks a field that the provider declares")]
    FieldMissing,
}

/// Adds a secret where the slot wants it.
pub(crate) fn add(
    at: &Position,
    secret: &SecretString,
    url: &mut Url,
    headers: &mut HeaderMap,
) -> Result<(), SignError> {
    match at {
        Position::Header { name, prefix } => add_header(headers, name, &format!("{prefix}{}", secret.expose_secret())),
        Position::Query { name, prefix } => {
            add_query(url, name, &format!("{prefix}{}", secret.expose_secret()));
            Ok(())
        }
    }
}

/// Adds user and password.
pub(crate) fn add_basic(
    fields: &BasicFields,
    credential: &Credential,
    headers: &mut HeaderMap,
) -> Result<(), SignError> {
    let user = field(credential, &fields.user)?.expose_secret();
    let password = match &fields.password {
        Some(name) => field(credential, name)?.expose_secret(),
        None => "",
    };
    add_header(headers, &AUTHORIZATION, &format!("Basic {}", STANDARD.encode(format!("{user}:{password}"))))
}

/// Adds a field of the credential, the time and the signature to the query.
pub(crate) fn add_signature(
    signature: &Signature,
    credential: &Credential,
    since_epoch: Duration,
    url: &mut Url,
) -> Result<(), SignError> {
    let token = field(credential, &signature.token_field)?;
    let secret = field(credential, &signature.secret_field)?.expose_secret();
    let timestamp = since_epoch.as_millis().to_string();
    let message: String = signature
        .message
        .iter()
        .map(|part| match part {
            MessagePart::Text(text) => text.as_str(),
            MessagePart::Timestamp => &timestamp,
            MessagePart::Secret => secret,
        })
        .collect();
    add_query(url, &signature.token_query, token.expose_secret());
    add_query(url, &signature.timestamp_query, &timestamp);
    add_query(url, &signature.signature_query, &authentication_code(secret, &message));
    Ok(())
}

/// The field of a credential. A credential that was made for this provider has it.
pub(crate) fn field<'credential>(
    credential: &'credential Credential,
    name: &str,
) -> Result<&'credential SecretString, SignError> {
    credential.field(name).ok_or(SignError::FieldMissing)
}

fn add_header(headers: &mut HeaderMap, name: &HeaderName, value: &str) -> Result<(), SignError> {
    let mut value = HeaderValue::from_str(value).map_err(|_| SignError::NotForHeaders)?;
    value.set_sensitive(true);
    headers.insert(name, value);
    Ok(())
}

/// Base64 of HMAC-SHA256 of the message under the secret.
#[expect(
    clippy::expect_used,
    reason = "HMAC takes a key of any length; going on without a code would send a wrong one"
)]
fn authentication_code(secret: &str, message: &str) -> String {
    let mut hmac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("HMAC takes a key of any length");
    hmac.update(message.as_bytes());
    STANDARD.encode(hmac.finalize().into_bytes())
}

/// Appends a parameter without touching how the node wrote the others.
pub(crate) fn add_query(url: &mut Url, name: &str, value: &str) {
    let encode = |text: &str| -> String { url::form_urlencoded::byte_serialize(text.as_bytes()).collect() };
    let added = format!("{}={}", encode(name), encode(value));
    let query = match url.query() {
        Some(query) if !query.is_empty() => format!("{query}&{added}"),
        _ => added,
    };
    url.set_query(Some(&query));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::provider::Provider;
    use crate::provider::signer::{Means, Signer};

    const PROVIDER: &str = r#"
        id = "sample"
        title = ""
        description = ""
        hosts = ["oapi.dingtalk.com"]
        credentials = [{ kind = "webhook", title = "", description = "", fields = [
            { name = "AccessToken", description = "", secret = true },
            { name = "SigningSecret", description = "", secret = true },
        ] }]

        [[slots]]
        name = "webhook"
        description = ""
        credential = "webhook"
        hosts = ["oapi.dingtalk.com"]
        sign = { by = "signed-query", token = { query = "access_token", field = "AccessToken" }, timestamp_query = "timestamp", signature_query = "sign", secret_field = "SigningSecret", message = "{timestamp}\n{secret}" }
    "#;

    fn credential(provider: &Provider, token: &str, secret: &str) -> Credential {
        let value = |field: &str| Some(if field == "AccessToken" { token } else { secret }.to_owned().into());
        Credential::new(provider, "robot", value).unwrap()
    }

    /// Test vectors of DingTalk's robot security settings, computed by the documented algorithm.
    #[test]
    fn a_webhook_is_signed_as_documented() {
        let provider = Provider::from_toml(PROVIDER).unwrap();
        let (_, signer) = provider.slot("webhook").unwrap();
        let Signer::With { means: Means::Signature(signature), .. } = signer else { panic!("{signer:?}") };
        for (secret, timestamp, code) in [
            (
                "SECtest0000000000000000000000000000000000000000000000000000000001",
                1_700_000_000_003,
                "elayl4h%2FlGx1E0uRFRENbzXtRV0t%2BBwruA%2BFS8nML%2Fg%3D",
            ),
            ("this is secret", 1_577_808_000_000, "ijHEivi6YiCNPZOq4hZstmvZ3sPfbioAiMhP30ae7W0%3D"),
        ] {
            let credential = credential(&provider, "to ken", secret);
            let mut url: Url = "https://oapi.dingtalk.com/robot/send?a=%E4%B8%AD".parse().unwrap();
            add_signature(signature, &credential, Duration::from_millis(timestamp), &mut url).unwrap();
            assert_eq!(
                url.query().unwrap(),
                format!("a=%E4%B8%AD&access_token=to+ken&timestamp={timestamp}&sign={code}")
            );
        }
    }

    #[test]
    fn a_secret_goes_into_a_header_or_the_query_after_its_prefix() {
        let secret = SecretString::from("s3cret/1");
        let (mut url, mut headers): (Url, _) = ("https://example.com/?a=1".parse().unwrap(), HeaderMap::new());
        let header = Position::Header { name: AUTHORIZATION, prefix: "Bearer ".into() };
        add(&header, &secret, &mut url, &mut headers).unwrap();
        add(&Position::Query { name: "key".into(), prefix: String::new() }, &secret, &mut url, &mut headers).unwrap();
        assert_eq!(headers[AUTHORIZATION], "Bearer s3cret/1");
        assert!(headers[AUTHORIZATION].is_sensitive());
        assert_eq!(url.query(), Some("a=1&key=s3cret%2F1"));
        let two_lines = SecretString::from("a\nb");
        assert_eq!(add(&header, &two_lines, &mut url, &mut headers), Err(SignError::NotForHeaders));
    }

    #[test]
    fn user_and_password_are_sent_as_basic() {
        let provider = Provider::from_toml(PROVIDER).unwrap();
        let credential = credential(&provider, "Aladdin", "open sesame");
        let mut headers = HeaderMap::new();
        let mut fields = BasicFields { user: "AccessToken".into(), password: Some("SigningSecret".into()) };
        add_basic(&fields, &credential, &mut headers).unwrap();
        assert_eq!(headers[AUTHORIZATION], "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
        fields.password = None;
        add_basic(&fields, &credential, &mut headers).unwrap();
        assert_eq!(headers[AUTHORIZATION], "Basic QWxhZGRpbjo=");
        fields.user = "Gone".into();
        assert_eq!(add_basic(&fields, &credential, &mut headers), Err(SignError::FieldMissing));
    }
}
