//! Adds the credential to a request, as its slot says.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use secrecy::{ExposeSecret, SecretString};
use sha2::Sha256;
use std::time::Duration;
use url::Url;

use crate::credential::Credential;
use crate::provider::Sign;

/// Adds a token as a header; the error says why it can not stand there, without naming it.
pub(crate) fn add_header(headers: &mut HeaderMap, name: &str, token: &SecretString) -> Result<(), &'static str> {
    let name = HeaderName::from_bytes(name.as_bytes()).map_err(|_| "the slot's header has no valid name")?;
    let mut value = HeaderValue::from_str(token.expose_secret())
        .map_err(|_| "the token has characters that a header can not hold")?;
    value.set_sensitive(true);
    headers.insert(name, value);
    Ok(())
}

/// Adds a credential's field, the time and the signature to the query.
pub(crate) fn sign_query(sign: &Sign, credential: &Credential, since_epoch: Duration, url: &mut Url) {
    let Sign::SignedQuery { token, timestamp_query, signature_query, secret_field, message } = sign else { return };
    let field = |name: &str| credential.field(name).map_or("", ExposeSecret::expose_secret);
    let timestamp = since_epoch.as_millis().to_string();
    let secret = field(secret_field);
    let message = message.replace("{timestamp}", &timestamp).replace("{secret}", secret);
    add_query(url, &token.query, field(&token.field));
    add_query(url, timestamp_query, &timestamp);
    add_query(url, signature_query, &signature(secret, &message));
}

/// Base64 of HMAC-SHA256 of the message under the secret.
fn signature(secret: &str, message: &str) -> String {
    // HMAC takes a key of any length, so there is always a code.
    let code = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).map(|mut hmac| {
        hmac.update(message.as_bytes());
        hmac.finalize().into_bytes()
    });
    code.map(|code| STANDARD.encode(code)).unwrap_or_default()
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
    use crate::provider::SignedToken;

    /// Test vectors of DingTalk's robot security settings, computed by the documented algorithm.
    #[test]
    fn a_webhook_is_signed_as_documented() {
        let provider = Provider::from_toml(
            r#"
            id = "sample"
            title = ""
            description = ""
            hosts = ["oapi.dingtalk.com"]
            credentials = [{ kind = "webhook", title = "", description = "", fields = [
                { name = "AccessToken", description = "", secret = true },
                { name = "SigningSecret", description = "", secret = true },
            ] }]
            "#,
        )
        .unwrap();
        let sign = Sign::SignedQuery {
            token: SignedToken { query: "access_token".into(), field: "AccessToken".into() },
            timestamp_query: "timestamp".into(),
            signature_query: "sign".into(),
            secret_field: "SigningSecret".into(),
            message: "{timestamp}\n{secret}".into(),
        };
        for (secret, timestamp, signature) in [
            (
                "SECtest0000000000000000000000000000000000000000000000000000000001",
                1_700_000_000_003,
                "elayl4h%2FlGx1E0uRFRENbzXtRV0t%2BBwruA%2BFS8nML%2Fg%3D",
            ),
            ("this is secret", 1_577_808_000_000, "ijHEivi6YiCNPZOq4hZstmvZ3sPfbioAiMhP30ae7W0%3D"),
        ] {
            let credential = Credential::new(&provider, "robot", |field| {
                Some(if field == "AccessToken" { "to ken" } else { secret }.to_owned().into())
            })
            .unwrap();
            let mut url: Url = "https://oapi.dingtalk.com/robot/send?a=%E4%B8%AD".parse().unwrap();
            sign_query(&sign, &credential, Duration::from_millis(timestamp), &mut url);
            assert_eq!(
                url.query().unwrap(),
                format!("a=%E4%B8%AD&access_token=to+ken&timestamp={timestamp}&sign={signature}")
            );
        }
    }
}
