use patchbay_node::{FailureKind, KnownError, Retry};

/// What one code means. A code that ends in `*` stands for all that begin with what is before it.
#[derive(Clone, Copy, Debug)]
pub struct Code {
    code: &'static str,
    pub(crate) kind: FailureKind,
    pub(crate) retry: Retry,
    pub(crate) hint: &'static str,
    pub(crate) suspects_operator: bool,
}

impl Code {
    const fn new(code: &'static str, kind: FailureKind, retry: Retry, hint: &'static str) -> Self {
        Self { code, kind, retry, hint, suspects_operator: false }
    }

    /// A userId given as OperatorId may be the cause.
    pub const fn suspect_operator(self) -> Self {
        Self { suspects_operator: true, ..self }
    }

    /// Says whether the call may be repeated, where the code's kind does not tell.
    pub const fn retry(self, retry: Retry) -> Self {
        Self { retry, ..self }
    }

    fn begins(&self, code: &str) -> bool {
        let Some(beginning) = self.code.strip_suffix('*') else { return false };
        code.get(..beginning.len()).is_some_and(|start| start.eq_ignore_ascii_case(beginning))
    }
}

impl From<&Code> for KnownError {
    fn from(code: &Code) -> Self {
        Self { code: code.code, kind: code.kind, retry: code.retry }
    }
}

/// The credential was refused.
pub const fn auth(code: &'static str, hint: &'static str) -> Code {
    Code::new(code, FailureKind::Auth, Retry::Never, hint)
}

/// The application or the person may not do this.
pub const fn permission(code: &'static str, hint: &'static str) -> Code {
    Code::new(code, FailureKind::Permission, Retry::Never, hint)
}

/// This machine's address is not on the application's list.
pub const fn ip_whitelist(code: &'static str, hint: &'static str) -> Code {
    Code::new(code, FailureKind::IpWhitelist, Retry::Never, hint)
}

/// Too many calls in too short a time; refused before execution.
pub const fn rate_limit(code: &'static str, hint: &'static str) -> Code {
    Code::new(code, FailureKind::RateLimit, Retry::Always, hint)
}

/// There is no such thing.
pub const fn not_found(code: &'static str, hint: &'static str) -> Code {
    Code::new(code, FailureKind::NotFound, Retry::Never, hint)
}

/// A parameter was refused.
pub const fn parameter(code: &'static str, hint: &'static str) -> Code {
    Code::new(code, FailureKind::InvalidParameter, Retry::Never, hint)
}

/// It exists already, or something else is in the way.
pub const fn conflict(code: &'static str, hint: &'static str) -> Code {
    Code::new(code, FailureKind::Conflict, Retry::Never, hint)
}

/// DingTalk failed on the way.
pub const fn failed(code: &'static str, hint: &'static str) -> Code {
    Code::new(code, FailureKind::System, Retry::IfRead, hint)
}

/// DingTalk is not ready yet and has done nothing.
pub const fn busy(code: &'static str, hint: &'static str) -> Code {
    Code::new(code, FailureKind::System, Retry::Always, hint)
}

/// The entry for this code: the exact one, else the first that it begins with.
pub(super) fn find(code: &str, codes: &'static [Code]) -> Option<&'static Code> {
    let exact = || codes.iter().find(|entry| entry.code.eq_ignore_ascii_case(code));
    let family = || codes.iter().find(|entry| entry.begins(code));
    if code.is_empty() { None } else { exact().or_else(family) }
}

/// What an answer without a code means, or with one that is listed nowhere.
pub(super) const fn by_status(status: u16) -> Code {
    match status {
        401 => auth("", "A renewed token was refused too: check AppKey and AppSecret of the credential."),
        403 => permission("", "Check the rights that the message names.").suspect_operator(),
        404 => not_found("", "Check the ids that were given.").suspect_operator(),
        409 => conflict("", "Look at what is there already, then decide."),
        429 => rate_limit("", "Wait a second, longer each time it happens, and run again."),
        405 => parameter("", "The operation is not called as DingTalk documents it: report this."),
        400..500 => parameter("", "Check the inputs that the message names."),
        500.. => failed("", "Wait a moment and run again."),
        _ => failed("", "The code is not a known one: look it up in DingTalk's list of server error codes.")
            .retry(Retry::Never),
    }
}

/// What an answer means that is a success by its status but can not be understood.
pub(super) const NOT_UNDERSTOOD: Code = failed("", "Run again; if it stays so, report what DingTalk answered.");

#[cfg(test)]
mod tests {
    use super::*;
    use crate::errors::{NEWER, OLDER};

    #[test]
    fn every_code_stands_once_and_says_what_to_do() {
        for table in [OLDER, NEWER] {
            for (index, entry) in table.iter().enumerate() {
                assert!(entry.hint.ends_with('.'), "{}: {}", entry.code, entry.hint);
                let again = table.iter().skip(index + 1).find(|other| other.code.eq_ignore_ascii_case(entry.code));
                assert!(again.is_none(), "{} stands twice", entry.code);
            }
        }
    }

    #[test]
    fn an_exact_code_goes_before_its_family() {
        static CODES: [Code; 2] = [parameter("a.*", "Family."), not_found("a.b", "Exact.")];
        let hint = |code| find(code, &CODES).map(|entry| entry.hint);
        assert_eq!(hint("a.b"), Some("Exact."));
        assert_eq!(hint("A.C"), Some("Family."));
        assert_eq!(hint("a"), None);
        assert_eq!(hint(""), None);
    }
}
