//! What handlers take from a call. What is wrong with it is a [`Problem`].

use std::fmt;
use std::marker::PhantomData;

use axum::Json;
use axum::body::Bytes;
use axum::extract::rejection::JsonRejection;
use axum::extract::{FromRequest, FromRequestParts, Path, Query, Request};
use axum::http::request::Parts;
use axum::http::{Uri, header};
use patchbay_runtime::{quote_rounded, utf8};
use serde::de::value::MapAccessDeserializer;
use serde::de::{DeserializeOwned, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};

use super::problem::Problem;

/// A body that is JSON of this type.
pub struct Body<T>(pub T);

/// A type of body, and how it looks to a caller who got it wrong.
pub trait Form: DeserializeOwned + Send + 'static {
    const FORM: &'static str;
    /// Whether there are secrets in it: what is wrong with it is then said without a word of it.
    const IS_SECRET: bool = false;
}

/// A JSON object. Without this a list of the members in their order would do as well.
#[derive(Debug)]
pub struct Object<T>(pub T);

struct ObjectVisitor<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Object<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(ObjectVisitor(PhantomData))
    }
}

impl<'de, T: Deserialize<'de>> Visitor<'de> for ObjectVisitor<T> {
    type Value = Object<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Object<T>, A::Error> {
        T::deserialize(MapAccessDeserializer::new(map)).map(Object)
    }
}

/// The parts of the path.
pub struct PathOf<T>(pub T);

/// The query. What has no value counts as left out: a form sends its blank fields too.
pub struct QueryOf<T>(pub T);

impl<T: Form, S: Send + Sync> FromRequest<S> for Body<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let body = match is_json(&request) {
            true => match Bytes::from_request(request, state).await {
                Ok(bytes) if bytes.len() <= AT_ONCE => read(&bytes)?,
                Ok(bytes) => {
                    let reading = tokio::task::spawn_blocking(move || read(&bytes));
                    reading.await.map_err(|error| Problem::internal(&error, None))??
                }
                Err(rejection) => Err(JsonRejection::BytesRejection(rejection)),
            },
            // It says what is missing.
            false => Json::<Object<T>>::from_request(request, state).await,
        };
        body.map(|Json(Object(body))| Self(body)).map_err(|rejection| match rejection {
            JsonRejection::JsonDataError(_) if T::IS_SECRET => {
                Problem::unprocessable("the body is not of the form that this path takes", T::FORM)
            }
            rejection => Problem::unusable_body(&rejection, T::FORM),
        })
    }
}

/// A body up to this size is read where calls are served, which takes less time than handing it over. A larger one may take
/// longer than a call may hold up others.
const AT_ONCE: usize = 8 << 10;

fn read<T: Form>(bytes: &Bytes) -> Result<Result<Json<Object<T>>, JsonRejection>, Problem> {
    Ok(Json::from_bytes(&quote_rounded(text(bytes)?.as_bytes())))
}

fn is_json(request: &Request) -> bool {
    let declared =
        request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let essence = declared.split(';').next().unwrap_or_default().trim();
    essence.eq_ignore_ascii_case("application/json")
}

/// The body's text, without the byte order mark that some programs put before it.
fn text(bytes: &Bytes) -> Result<&str, Problem> {
    utf8(bytes)
        .map_err(|error| Problem::bad_request(format!("the body can not be read: {error}"), "Send JSON in UTF-8."))
}

impl<T: DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for PathOf<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let path = Path::<T>::from_request_parts(parts, state).await;
        path.map(|Path(path)| Self(path)).map_err(|rejection| Problem::unusable_path(&rejection))
    }
}

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for QueryOf<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let kept = without_blanks(parts.uri.query().unwrap_or_default());
        // A part of what was an address is one too.
        let uri = Uri::try_from(format!("/?{kept}")).unwrap_or_default();
        let query = Query::<T>::try_from_uri(&uri);
        query.map(|Query(query)| Self(query)).map_err(|rejection| Problem::unusable_query(&rejection))
    }
}

fn without_blanks(query: &str) -> String {
    let has_value = |pair: &&str| pair.split_once('=').is_some_and(|(_, value)| !value.is_empty());
    query.split('&').filter(has_value).collect::<Vec<_>>().join("&")
}
