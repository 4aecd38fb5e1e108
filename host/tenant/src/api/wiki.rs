//! Knowledge bases, through the newer API.
//!
//! | | version 2, `/v2.0/wiki/` | Create Doc, `/v1.0/doc/` |
//! | --- | --- | --- |
//! | `operatorId` | in the query, of GET and of POST | in the body |
//! | an operator nobody knows | 400 `paramError` | 400 or 403, see [`docs`] |
//! | no right to it | 403 `permissionDenied` | 403 `forbidden.accessDenied` |
//! | not there | 404, a code for each kind of thing | 404 `invalidRequest.resource.notFound` |

use axum::Router;
use axum::extract::rejection::PathRejection;
use axum::extract::{FromRequestParts, Path};
use axum::http::StatusCode;
use axum::http::request::Parts;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::answer::NewerError;
use crate::call::{NewerToken, query};
use crate::service::{Service, Shared};
use crate::state::{Acquaintance, PageRequest, WikiError};

mod docs;
mod link;
mod nodes;
mod workspaces;

const PARAMETER_WRONG: &str = "paramError";
const PERMISSION_DENIED: NewerError =
    NewerError::new(StatusCode::FORBIDDEN, "permissionDenied", "The operator has no permission.");

/// How many ids one call may ask for.
const MOST_IDS: usize = 20;

pub(super) fn routes() -> Router<Shared> {
    Router::new().merge(workspaces::routes()).merge(nodes::routes()).merge(docs::routes())
}

/// Who calls, and what the query says besides. The token was found good before.
struct Operator<Q> {
    user_id: String,
    query: Q,
}

/// A query that says nothing besides.
#[derive(Deserialize)]
struct Nothing {}

impl<Q: DeserializeOwned> FromRequestParts<Shared> for Operator<Q> {
    type Rejection = NewerError;

    async fn from_request_parts(parts: &mut Parts, service: &Shared) -> Result<Self, NewerError> {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Identity {
            operator_id: String,
        }

        NewerToken::from_request_parts(parts, service).await?;
        let identity: Identity = query(&parts.uri).ok_or_else(|| wrong("operatorId is required"))?;
        let rest = query(&parts.uri).ok_or_else(|| wrong("a parameter is missing, given twice or not of its type"))?;
        match person(service, &identity.operator_id) {
            Person::Member { user_id } => Ok(Self { user_id, query: rest }),
            Person::Outsider => Err(PERMISSION_DENIED),
            Person::Nobody => Err(wrong("operatorId is nobody's unionId")),
        }
    }
}

/// A boolean in a query. The service's own SDK for Python writes `True`.
#[derive(Clone, Copy, Default, Deserialize)]
#[serde(try_from = "String")]
struct Flag(bool);

impl TryFrom<String> for Flag {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        match text {
            text if text.eq_ignore_ascii_case("true") => Ok(Self(true)),
            text if text.eq_ignore_ascii_case("false") => Ok(Self(false)),
            _ => Err("neither true nor false"),
        }
    }
}

/// Whose a unionId is.
enum Person {
    Member { user_id: String },
    Outsider,
    Nobody,
}

fn person(service: &Service, union_id: &str) -> Person {
    match service.organisation.directory().acquaintance(union_id) {
        Some(Acquaintance::Member(user)) => Person::Member { user_id: user.user_id.clone() },
        Some(Acquaintance::External(_)) => Person::Outsider,
        None => Person::Nobody,
    }
}

/// The one parameter in a path.
fn id(path: Result<Path<String>, PathRejection>) -> Result<String, NewerError> {
    path.map(|Path(id)| id).map_err(wrong)
}

/// The ids of a batch, each once.
fn distinct(name: &str, mut ids: Vec<String>) -> Result<Vec<String>, NewerError> {
    if !(1..=MOST_IDS).contains(&ids.len()) {
        return Err(wrong(format!("{name} must have 1 to {MOST_IDS} ids")));
    }
    let mut position = 0;
    while let Some(id) = ids.get(position) {
        let seen = ids.iter().take(position).any(|earlier| earlier == id);
        if seen {
            ids.remove(position);
        } else {
            position += 1;
        }
    }
    Ok(ids)
}

/// The page that is asked for: the largest one when its size is not given. An empty token asks for the first page.
fn page(max_results: Option<i64>, next_token: Option<&str>, largest: usize) -> Result<PageRequest<'_>, NewerError> {
    let most = match max_results {
        None => largest,
        Some(number) => match usize::try_from(number) {
            Ok(number) if (1..=largest).contains(&number) => number,
            _ => return Err(wrong(format!("maxResults must be from 1 to {largest}"))),
        },
    };
    Ok(PageRequest { most, token: next_token.filter(|token| !token.is_empty()) })
}

fn wrong(reason: impl std::fmt::Display) -> NewerError {
    NewerError::bad_request(PARAMETER_WRONG, reason)
}

/// The refusal by version 2. Codes that only one call has are given by that call.
fn refusal(error: WikiError) -> NewerError {
    let not_found = |code| NewerError::with_reason(StatusCode::NOT_FOUND, code, error);
    match error {
        WikiError::UnknownWorkspace => not_found("workspaceNotExist"),
        WikiError::UnknownTeam => not_found("teamNotExist"),
        WikiError::UnknownNode => not_found("nodeNotExist"),
        WikiError::UnknownParent => not_found("parentNodeNotExist"),
        WikiError::NotAWorkspace => NewerError::bad_request("isNotWorkspace", error),
        WikiError::Forbidden => PERMISSION_DENIED,
        WikiError::UnknownToken | WikiError::Childless | WikiError::NameTaken | WikiError::UnknownTemplate => {
            wrong(error)
        }
    }
}
