//! Reading a request: the token, then the body, each refused in the manner of its API.

use axum::body::{Bytes, to_bytes};
use axum::extract::{FromRequest, FromRequestParts, Query, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode, Uri, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::answer::{NewerError, OlderError};
use crate::limit::{NotAdmitted, admit};
use crate::service::{Service, Shared};
use crate::state::Standing;

const TOKEN_HEADER: &str = "x-acs-dingtalk-access-token";

/// A valid token in the query of a call of the older API.
pub(crate) struct OlderToken;

impl FromRequestParts<Shared> for OlderToken {
    type Rejection = OlderError;

    async fn from_request_parts(parts: &mut Parts, service: &Shared) -> Result<Self, OlderError> {
        #[derive(Deserialize)]
        struct Authentication {
            access_token: String,
        }

        let authentication: Authentication = query(&parts.uri).ok_or(OlderError::TOKEN_MISSING)?;
        match standing(service, &authentication.access_token) {
            Standing::Valid => (),
            Standing::Expired => return Err(OlderError::TOKEN_EXPIRED),
            Standing::Unknown => return Err(OlderError::TOKEN_UNKNOWN),
        }
        admit(service, parts).map(|()| Self).map_err(|reason| match reason {
            NotAdmitted::Scope(scope) => OlderError::scope_missing(scope),
            NotAdmitted::TooFast => OlderError::TOO_FAST,
        })
    }
}

/// A call of the older API: a valid token in the query and a JSON object in the body.
pub(crate) struct OlderCall<T>(pub(crate) T);

impl<T: DeserializeOwned> FromRequest<Shared> for OlderCall<T> {
    type Rejection = OlderError;

    async fn from_request(request: Request, service: &Shared) -> Result<Self, OlderError> {
        let (mut parts, body) = request.into_parts();
        OlderToken::from_request_parts(&mut parts, service).await?;
        let body = read(Request::from_parts(parts, body)).await.map_err(|fault| match fault {
            BodyFault::Empty => OlderError::BODY_EMPTY,
            BodyFault::ContentType => OlderError::CONTENT_TYPE_WRONG,
            BodyFault::NotAnObject => OlderError::JSON_NEEDED,
            BodyFault::Field(reason) => OlderError::parameter(reason),
        })?;
        Ok(Self(body))
    }
}

/// A valid token in the header of a call of the newer API.
pub(crate) struct NewerToken;

impl FromRequestParts<Shared> for NewerToken {
    type Rejection = NewerError;

    async fn from_request_parts(parts: &mut Parts, service: &Shared) -> Result<Self, NewerError> {
        let token = parts.headers.get(TOKEN_HEADER);
        let token = token.and_then(|token| token.to_str().ok());
        match token.map(|token| standing(service, token)) {
            Some(Standing::Valid) => (),
            _ => return Err(NewerError::TOKEN_REFUSED),
        }
        admit(service, parts).map(|()| Self).map_err(|reason| match reason {
            NotAdmitted::Scope(scope) => NewerError::scope_missing(scope),
            NotAdmitted::TooFast => NewerError::TOO_FAST,
        })
    }
}

/// A body of a call of the newer API.
pub(crate) trait NewerRequest: DeserializeOwned {
    /// The code by which the call refuses a body that is not well formed.
    const REFUSAL: &'static str;
}

/// The JSON object in the body of a call of the newer API.
pub(crate) struct NewerBody<T>(pub(crate) T);

impl<T: NewerRequest> FromRequest<Shared> for NewerBody<T> {
    type Rejection = NewerError;

    async fn from_request(request: Request, _: &Shared) -> Result<Self, NewerError> {
        let body = read(request).await;
        body.map(Self).map_err(|fault| NewerError::bad_request(T::REFUSAL, fault))
    }
}

/// Middleware: reads a request to its end before it is looked at. Otherwise the connection is closed when a call is refused
/// before its body has arrived, and the caller's next request on it is lost.
pub(crate) async fn read_to_the_end<const MOST_BYTES: usize>(request: Request, next: Next) -> Response {
    let (parts, body) = request.into_parts();
    match to_bytes(body, MOST_BYTES).await {
        Ok(bytes) => next.run(Request::from_parts(parts, bytes.into())).await,
        Err(_) => StatusCode::PAYLOAD_TOO_LARGE.into_response(),
    }
}

/// The query as `T`, or nothing when a parameter is missing, given twice or not well encoded.
pub(crate) fn query<T: DeserializeOwned>(uri: &Uri) -> Option<T> {
    let query = Query::try_from_uri(uri).ok();
    query.map(|Query(parameters)| parameters)
}

fn standing(service: &Service, token: &str) -> Standing {
    let now = service.now();
    service.organisation.tokens().standing(token, now)
}

/// Why a body was not read.
#[derive(Debug, thiserror::Error)]
enum BodyFault {
    #[error("the body is empty")]
    Empty,
    #[error("Content-Type must be application/json")]
    ContentType,
    #[error("the body must be a JSON object")]
    NotAnObject,
    #[error("{0}")]
    Field(serde_json::Error),
}

async fn read<T: DeserializeOwned>(request: Request) -> Result<T, BodyFault> {
    let is_json = has_json(request.headers());
    let bytes = Bytes::from_request(request, &()).await;
    let bytes = bytes.map_err(|_| BodyFault::NotAnObject)?;
    if bytes.trim_ascii().is_empty() {
        return Err(BodyFault::Empty);
    }
    if !is_json {
        return Err(BodyFault::ContentType);
    }
    let object: Map<String, Value> = serde_json::from_slice(&bytes).map_err(|_| BodyFault::NotAnObject)?;
    T::deserialize(Value::Object(object)).map_err(BodyFault::Field)
}

fn has_json(headers: &HeaderMap) -> bool {
    let content_type = headers.get(header::CONTENT_TYPE);
    let text = content_type.and_then(|value| value.to_str().ok());
    let media_type = text.and_then(|text| text.split(';').next());
    media_type.is_some_and(|media_type| media_type.trim().eq_ignore_ascii_case("application/json"))
}
