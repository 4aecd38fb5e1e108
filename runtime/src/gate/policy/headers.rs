//! Headers that a node may not set.

use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};

use super::{AUTHOR, Refusal, refuse};
use crate::gate::message::{Body, Request};
use crate::provider::Provider;
use crate::provider::signer::Signer;

/// Headers that the host sets, that would let a node speak past its one request, or that would have the service encode or
/// cut its answer so that a secret in it is not recognised, or take the request for another.
const OF_THE_HOST: [&str; 20] = [
    "accept-encoding",
    "authorization",
    "connection",
    "content-length",
    "cookie",
    "expect",
    "host",
    "if-range",
    "keep-alive",
    "proxy-authorization",
    "proxy-connection",
    "range",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "via",
    "x-http-method",
    "x-http-method-override",
    "x-method-override",
];

pub(super) fn admit(request: &Request, provider: &Provider) -> Result<HeaderMap, Refusal> {
    let mut headers = HeaderMap::with_capacity(request.headers.len() + 1);
    for (name, value) in &request.headers {
        let unusable = || refuse(format!("the header `{name}` can not be sent as it is"), AUTHOR);
        let parsed = HeaderName::from_bytes(name.as_bytes()).map_err(|_| unusable())?;
        let spelled = with_hyphens(parsed.as_str());
        let signs = |signer: &Signer| signer.header().is_some_and(|header| with_hyphens(header.as_str()) == spelled);
        if OF_THE_HOST.contains(&&*spelled) || provider.signers().any(signs) {
            return Err(refuse(format!("the header `{name}` is the host's to set"), AUTHOR));
        }
        if parsed == CONTENT_TYPE && matches!(request.body, Some(Body::Parts(_))) {
            return Err(refuse(format!("the header `{name}` of a form is the host's to set"), AUTHOR));
        }
        headers.append(parsed, HeaderValue::from_str(value).map_err(|_| unusable())?);
    }
    Ok(headers)
}

/// Servers that hand headers on as variables take `_` for `-`.
fn with_hyphens(name: &str) -> String {
    name.to_ascii_lowercase().replace('_', "-")
}
