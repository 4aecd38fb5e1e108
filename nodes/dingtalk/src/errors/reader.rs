use patchbay_node::{Effect, Failure, FailureKind};

use super::{Body, Code, Retry, code};

/// The hint after a write that failed on the way.
const LOOK_FIRST: &str = "DingTalk may have done it all the same: look whether it did before running this again.";

/// The hint when DingTalk's firewall answers instead of its API.
const BANNED: &str = "This machine's address sent more than 10000 calls in 20 seconds. Stop all calls from it for 5 minutes, then run again.";

/// The hint that goes with refusals for which a wrong kind of id is a likely cause.
const OPERATOR: &str = "OperatorId must be a unionId; if it is a userId, Get User gives its unionid.";

/// The failure of a read that DingTalk answered with success but without what was asked for.
pub fn incomplete(message: impl Into<String>) -> Failure {
    Reader::new(Effect::Read).not_understood(message)
}

/// Turns a failed call into a [`Failure`], knowing what was asked.
pub(crate) struct Reader {
    pub(crate) effect: Effect,
    /// The call is made in the name of an OperatorId.
    pub(crate) names_operator: bool,
    /// What the operation itself says about codes.
    pub(crate) codes: &'static [Code],
}

/// A refusal as DingTalk words it.
#[derive(Default)]
pub(crate) struct Refusal {
    pub(crate) status: u16,
    /// Empty when the answer names none.
    pub(crate) code: String,
    /// The code that only wraps this one.
    pub(crate) wrapper: Option<String>,
    pub(crate) message: String,
    pub(crate) request_id: String,
    /// The permission scopes that the application lacks.
    pub(crate) required_scopes: Vec<String>,
}

impl Reader {
    pub(crate) fn new(effect: Effect) -> Self {
        Self { effect, names_operator: false, codes: &[] }
    }

    /// The failure that a refusal stands for.
    pub(crate) fn failure(&self, refusal: &Refusal, general: &'static [Code]) -> Failure {
        let code = self.meaning(refusal, general);
        let failure = self.judge(refusal.to_string(), code);
        if !refusal.required_scopes.is_empty() {
            let scopes = refusal.required_scopes.join(", ");
            failure.hint(format!("Apply for {scopes} on the application's page in the developer console."))
        } else if self.names_operator && code.suspects_operator {
            failure.hint(format!("{} {OPERATOR}", code.hint))
        } else {
            failure
        }
    }

    fn meaning(&self, refusal: &Refusal, general: &'static [Code]) -> Code {
        let listed = |code: &str| code::find(code, self.codes).or_else(|| code::find(code, general)).copied();
        let wrapped = || listed(refusal.wrapper.as_deref()?);
        match listed(&refusal.code).or_else(wrapped) {
            // Some codes come with several statuses; this status says of every code that it was too many calls.
            Some(code) if refusal.status != 429 || code.kind == FailureKind::RateLimit => code,
            _ => code::by_status(refusal.status),
        }
    }

    /// The failure of an answer that is not one of DingTalk's API.
    pub(crate) fn unreadable(&self, status: u16, body: &Body) -> Failure {
        let message = match body {
            Body::Ban => format!("DingTalk answered HTTP {status} with status 1111: this machine's address is banned"),
            Body::Page => format!("DingTalk answered HTTP {status} with a web page"),
            Body::Empty => format!("DingTalk answered HTTP {status} with nothing"),
            Body::Object(_) | Body::Other => {
                format!("DingTalk answered HTTP {status} with something that is not a JSON object")
            }
        };
        match (body, status) {
            // A gateway that fails answers with a page too, and may have passed the call on: that is no ban.
            (Body::Ban, _) | (Body::Page, ..500) => self.judge(message, code::rate_limit("", BANNED)),
            (_, 200..300) => self.not_understood(message),
            _ => self.judge(message, code::by_status(status)),
        }
    }

    /// The failure of an answer that is a success by its status but makes no sense.
    pub(crate) fn not_understood(&self, message: impl Into<String>) -> Failure {
        self.judge(message.into(), code::NOT_UNDERSTOOD)
    }

    fn judge(&self, message: String, code: Code) -> Failure {
        let failure = Failure::new(code.kind, message);
        match (code.retry, self.effect) {
            (Retry::Always, _) | (Retry::IfRead, Effect::Read) => failure.hint(code.hint).retryable(true),
            (Retry::IfRead, Effect::Write) => failure.hint(LOOK_FIRST),
            (Retry::Never, _) => failure.hint(code.hint),
        }
    }
}

/// `CODE: message (request id ID)`, as far as there are any.
impl std::fmt::Display for Refusal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match (self.code.as_str(), self.message.as_str()) {
            ("", "") => write!(f, "HTTP {}", self.status)?,
            ("", message) => write!(f, "HTTP {}: {message}", self.status)?,
            (code, "") => f.write_str(code)?,
            (code, message) => write!(f, "{code}: {message}")?,
        }
        match self.request_id.as_str() {
            "" => Ok(()),
            id => write!(f, " (request id {id})"),
        }
    }
}
