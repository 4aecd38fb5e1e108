//! What handlers take from a call. What is wrong with it is a [`Problem`].

use std::error::Error;
use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{FromRequest, FromRequestParts, Path, Query, Request};
use axum::http::request::Parts;
use axum::http::{Uri, header};
use patchbay_runtime::{quote_rounded, utf8};
use serde::de::value::MapAccessDeserializer;
use serde::de::{DeserializeOwned, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::error::Category;

use super::Service;
use super::body::{self, Limits};
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

impl<T: Form> FromRequest<Arc<Service>> for Body<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, service: &Arc<Service>) -> Result<Self, Problem> {
        if !is_json(&request) {
            return Err(Problem::unsupported_media_type());
        }
        let limits = Limits { bytes: service.config.serve.max_body.length(), pause: service.config.serve.read_timeout };
        let bytes = body::collect(request.into_body(), limits).await?;
        if bytes.len() <= AT_ONCE {
            return read(&bytes);
        }
        let reading = tokio::task::spawn_blocking(move || read(&bytes));
        reading.await.map_err(|error| Problem::internal(&error, None))?
    }
}

/// A body up to this size is read where calls are served, which takes less time than handing it over. A larger one may take
/// longer than a call may hold up others.
const AT_ONCE: usize = 8 << 10;

fn read<T: Form>(bytes: &Bytes) -> Result<Body<T>, Problem> {
    let text = quote_rounded(text(bytes)?.as_bytes());
    let mut json = serde_json::Deserializer::from_slice(&text);
    let read = serde_path_to_error::deserialize(&mut json);
    let Object(body) = read.map_err(|error| unreadable::<T>(&error.path().to_string(), error.inner()))?;
    json.end().map_err(|error| unreadable::<T>(".", &error))?;
    Ok(Body(body))
}

/// What is wrong with a body. Of one with secrets in it no word is repeated.
fn unreadable<T: Form>(path: &str, json: &serde_json::Error) -> Problem {
    if json.classify() != Category::Data {
        let (line, column) = (json.line(), json.column());
        let detail = format!("the body is not JSON: it can not be read from line {line}, column {column} on");
        return Problem::bad_request(detail, "Send JSON.");
    }
    let detail = match (T::IS_SECRET, path) {
        (true, _) => "the body is not of the form that this path takes".to_owned(),
        (false, ".") => format!("the body is not of the form that this path takes: {}", plain(&json.to_string())),
        (false, path) => format!("`{path}` of the body: {}", plain(&json.to_string())),
    };
    Problem::unprocessable(detail, T::FORM)
}

/// The words of the reader of JSON as those of somebody who does not know its language.
fn plain(text: &str) -> String {
    const WORDS: [(&str, &str); 7] = [
        ("a map", "an object"),
        ("a sequence", "a list"),
        ("sequence", "a list"),
        ("map", "an object"),
        ("usize", "a whole number"),
        ("u32", "a whole number"),
        ("u64", "a whole number"),
    ];
    // Where it is, the path says; the line is that of what the caller may never have seen as lines.
    let text = text.rsplit_once(" at line ").map_or(text, |(text, _)| text);
    let Some((found, expected)) = text.strip_prefix("invalid type: ").and_then(|text| text.split_once(", expected "))
    else {
        return text.to_owned();
    };
    let word = |text: &str| {
        let known = WORDS.iter().find(|(theirs, _)| *theirs == text);
        known.map_or_else(|| text.to_owned(), |(_, ours)| (*ours).to_owned())
    };
    format!("expected {}, found {}", word(expected), word(found))
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
        path.map(|Path(path)| Self(path)).map_err(|_| Problem::unusable_path())
    }
}

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for QueryOf<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let kept = without_blanks(parts.uri.query().unwrap_or_default());
        // A part of what was an address is one too.
        let uri = Uri::try_from(format!("/?{kept}")).unwrap_or_default();
        let query = Query::<T>::try_from_uri(&uri);
        query
            .map(|Query(query)| Self(query))
            .map_err(|rejection| Problem::unusable_query(&plain(&innermost(&rejection))))
    }
}

/// What went wrong at the bottom, without the words of those who passed it on.
fn innermost(error: &dyn Error) -> String {
    let mut innermost = error;
    while let Some(source) = innermost.source() {
        innermost = source;
    }
    innermost.to_string()
}

fn without_blanks(query: &str) -> String {
    let has_value = |pair: &&str| pair.split_once('=').is_some_and(|(_, value)| !value.is_empty());
    query.split('&').filter(has_value).collect::<Vec<_>>().join("&")
}
