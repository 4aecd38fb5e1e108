//! What is wrong with a call itself: `application/problem+json` (RFC 9457), which also has the envelope's fields, so that
//! a canvas reads one shape whatever happens.

use std::borrow::Cow;
use std::time::Duration;

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use patchbay_invoker::Refused;
use patchbay_runtime::{Error as RuntimeError, WrongValue, chain};
use patchbay_state::StoreError;
use patchbay_state::runs::RunId;
use schemars::JsonSchema;
use serde::Serialize;

/// A call that could not become an invocation, or could not be answered.
#[derive(Debug)]
pub struct Problem {
    status: StatusCode,
    detail: Cow<'static, str>,
    hint: Cow<'static, str>,
    retryable: bool,
    further: Further,
}

/// The header that a problem has besides.
#[derive(Debug, Clone, Copy)]
enum Further {
    Nothing,
    /// How a key is shown.
    Challenge,
    /// After how many seconds the same call may succeed.
    RetryAfter(u64),
}

impl Further {
    /// After a time, in whole seconds and at least one.
    fn after(time: Option<Duration>) -> Self {
        time.map_or(Self::Nothing, |time| Self::RetryAfter(time.as_secs().max(1)))
    }
}

/// A problem as it is answered: RFC 9457's members and the envelope's fields.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Problem")]
pub struct ProblemBody {
    /// `about:blank`: the status tells the kind.
    r#type: &'static str,
    /// The status in words.
    title: &'static str,
    /// The HTTP status.
    status: u16,
    /// What is wrong.
    detail: Cow<'static, str>,
    /// The HTTP status, as in an envelope.
    #[serde(rename = "StatusCode")]
    status_code: u16,
    /// What is wrong, as in an envelope.
    #[serde(rename = "ErrorMessage")]
    error_message: Cow<'static, str>,
    /// The next step for the person or agent who reads it.
    #[serde(rename = "Hint")]
    hint: Cow<'static, str>,
    /// Whether the same call may succeed later; nothing was executed.
    #[serde(rename = "Retryable")]
    retryable: bool,
    /// Empty.
    #[serde(rename = "Summary")]
    summary: &'static str,
    /// 0: no service was reached.
    #[serde(rename = "OriginalStatusCode")]
    original_status_code: u16,
    /// Empty: no parameter was looked at.
    #[serde(rename = "Errors")]
    #[schemars(with = "Vec<WrongValue>", length(max = 0))]
    errors: [(); 0],
}

impl ProblemBody {
    /// The HTTP status.
    pub fn status(&self) -> u16 {
        self.status
    }

    /// What is wrong.
    pub fn detail(&self) -> &str {
        &self.detail
    }
}

impl Problem {
    fn new(status: StatusCode, detail: impl Into<Cow<'static, str>>, hint: impl Into<Cow<'static, str>>) -> Self {
        Self { status, detail: detail.into(), hint: hint.into(), retryable: false, further: Further::Nothing }
    }

    /// The call names something that is not there.
    pub fn not_found(detail: impl Into<Cow<'static, str>>, hint: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::NOT_FOUND, detail, hint)
    }

    /// There is no such node; `near` is the one that was likely meant.
    pub fn unknown_node(text: &str, near: Option<&str>) -> Self {
        let hint = match near {
            Some(near) => format!("Did you mean {near}?"),
            None => "GET /v1/nodes lists the nodes.".to_owned(),
        };
        Self::not_found(format!("there is no node `{text}`"), hint)
    }

    /// The call is not as it should be.
    pub fn bad_request(detail: impl Into<Cow<'static, str>>, hint: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, detail, hint)
    }

    /// The body is JSON and not as it should be.
    pub fn unprocessable(detail: impl Into<Cow<'static, str>>, hint: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, detail, hint)
    }

    /// The call contradicts what is there.
    pub fn conflict(detail: impl Into<Cow<'static, str>>, hint: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::CONFLICT, detail, hint)
    }

    /// The caller did not show a key that is valid.
    pub fn unauthorised(detail: impl Into<Cow<'static, str>>) -> Self {
        const HINT: &str = "Send the header `authorization: Bearer KEY`; `patchbay key create NAME` makes a key.";
        Self { further: Further::Challenge, ..Self::new(StatusCode::UNAUTHORIZED, detail, HINT) }
    }

    /// The caller's key does not allow this.
    pub fn forbidden(detail: impl Into<Cow<'static, str>>, hint: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::FORBIDDEN, detail, hint)
    }

    /// There is no room for the call now. Nothing was executed.
    pub fn overloaded(detail: impl Into<Cow<'static, str>>, retry_after: Duration) -> Self {
        Self {
            retryable: true,
            further: Further::after(Some(retry_after)),
            ..Self::new(
                StatusCode::SERVICE_UNAVAILABLE,
                detail,
                "Nothing was executed: try again after the seconds that the header Retry-After names.",
            )
        }
    }

    /// There is no room for the connection.
    pub fn no_room(detail: &'static str, setting: &str) -> Self {
        let hint =
            format!("Keep connections open and use them again, or raise {setting} in the service's configuration.");
        Self { retryable: true, ..Self::new(StatusCode::SERVICE_UNAVAILABLE, detail, hint) }
    }

    /// The path has another method.
    pub fn method_not_allowed() -> Self {
        let hint = "The header Allow names the methods that it takes; GET /openapi.json describes all paths.";
        Self::new(StatusCode::METHOD_NOT_ALLOWED, "this path takes another method", hint)
    }

    /// The path does not name anything, because it is not text.
    pub fn unusable_path() -> Self {
        Self::bad_request("the path is not text in UTF-8", "GET /v1/nodes lists the nodes.")
    }

    /// The query is not as it should be.
    pub fn unusable_query(why: &str) -> Self {
        Self::bad_request(format!("the query: {why}"), "GET /openapi.json describes the parameters of this path.")
    }

    /// The body is not declared to be JSON.
    pub fn unsupported_media_type() -> Self {
        let detail = "the body is not declared to be JSON";
        Self::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, detail, "Add the header `content-type: application/json`.")
    }

    /// The body has more bytes than it may have.
    pub fn payload_too_large(most: usize) -> Self {
        let detail = format!("the body is larger than {most} bytes");
        let hint = "Send less, or raise serve.max_body in the service's configuration.";
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, detail, hint)
    }

    /// The body does not come.
    pub fn too_slow(pause: Duration) -> Self {
        let detail =
            format!("the body comes too slowly: nothing for {} s, or less than 16 KiB a second", pause.as_secs());
        let hint = "Send it faster, or raise serve.read_timeout in the service's configuration.";
        Self { retryable: true, ..Self::new(StatusCode::REQUEST_TIMEOUT, detail, hint) }
    }

    /// The service itself failed. What failed is for the log, with all its causes: it may name what is none of a caller's
    /// business, such as a path of this machine. The run's id leads from the one to the other.
    pub fn internal(error: &dyn std::error::Error, run: Option<RunId>) -> Self {
        const HINT: &str = "Ask who runs the service: its log says why.";
        let run_id = run.map(tracing::field::display);
        tracing::error!(run = run_id, "{}", chain(error));
        let detail = match run {
            Some(run) => Cow::Owned(format!("the service failed in run {run}")),
            None => Cow::Borrowed("the service failed"),
        };
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, detail, HINT)
    }

    /// What is wrong.
    pub fn detail(&self) -> &str {
        &self.detail
    }

    /// The status it is answered with.
    pub fn status(&self) -> StatusCode {
        self.status
    }

    /// The problem as it stands in a list of answers.
    pub fn body(self) -> ProblemBody {
        let status = self.status.as_u16();
        ProblemBody {
            r#type: "about:blank",
            title: self.status.canonical_reason().unwrap_or_default(),
            status,
            detail: self.detail.clone(),
            status_code: status,
            error_message: self.detail,
            hint: self.hint,
            retryable: self.retryable,
            summary: "",
            original_status_code: 0,
            errors: [],
        }
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Exists { .. } => Self::conflict(error.to_string(), "Choose another name, or remove it first."),
            StoreError::Conflict(_) => Self { retryable: true, ..Self::conflict(error.to_string(), "Try again.") },
            error @ StoreError::Failed(_) => {
                tracing::error!("{}", chain(&error));
                Self::overloaded("the store can not be used now", Duration::from_secs(1))
            }
            error => Self::internal(&error, None),
        }
    }
}

impl From<Refused> for Problem {
    fn from(refused: Refused) -> Self {
        let detail = refused.to_string();
        let retry_after = refused.retry_after();
        match refused {
            Refused::UnknownNode(RuntimeError::UnknownNode { id, nearest }) => {
                Self::unknown_node(&id.to_string(), nearest.map(|id| id.to_string()).as_deref())
            }
            Refused::UnknownNode(_) => Self::not_found(detail, "GET /v1/nodes lists the nodes."),
            Refused::Unusable { ref source, .. } => {
                tracing::error!("{}", chain(source));
                let hint = "GET /readyz says what can not be run; ask who runs the service to mend it.";
                Self::new(StatusCode::INTERNAL_SERVER_ERROR, detail, hint)
            }
            Refused::NotAllowed(denied) => denied.into(),
            Refused::UnknownCredential { known, .. } if known.is_empty() => Self::bad_request(
                detail,
                "There are no credentials: add one with `patchbay credential add NAME --provider ..` or POST /v1/credentials.",
            ),
            Refused::UnknownCredential { known, .. } => {
                Self::bad_request(detail, format!("The credentials are: {}.", known.join(", ")))
            }
            Refused::Credential(error) => error.into(),
            Refused::NoTime => Self::bad_request("timeout_ms is 0", "Give at least one millisecond."),
            Refused::OtherOrder => Self::conflict(
                detail,
                "Use a new key for each call that is to be executed; repeat a call with its own key and body.",
            ),
            Refused::StillRunning { .. } => Self {
                retryable: true,
                further: Further::after(retry_after),
                ..Self::conflict(detail, "Ask again with the same key and body: what it came to is answered then.")
            },
            Refused::Store(ref error) => {
                tracing::error!("{}", chain(error));
                Self::overloaded(detail, retry_after.unwrap_or_default())
            }
            Refused::Unavailable(ref error) => {
                tracing::error!("{}", chain(error));
                Self::overloaded(detail, retry_after.unwrap_or_default())
            }
            Refused::Broken { run, ref source } => Self::internal(&**source, Some(run)),
            _ => Self::overloaded(detail, retry_after.unwrap_or_default()),
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let (status, further) = (self.status, self.further);
        let content_type = (header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        let mut response = (status, [content_type], Json(self.body())).into_response();
        let headers = response.headers_mut();
        match further {
            Further::Nothing => {}
            Further::Challenge => {
                headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
            }
            Further::RetryAfter(seconds) => {
                headers.insert(header::RETRY_AFTER, seconds.into());
            }
        }
        response
    }
}
