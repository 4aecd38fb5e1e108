//! Error codes, and what each means. In `errors` of [`node!`](crate::node!) these functions are there by themselves.

use crate::{FailureKind, Retry};

/// What one code means. A code that ends in `*` stands for all that begin with what is before it.
#[derive(Clone, Copy, Debug)]
pub struct Code {
    pub(crate) code: &'static str,
    pub(crate) kind: FailureKind,
    pub(crate) retry: Retry,
    pub(crate) hint: &'static str,
    pub(crate) is_suspect: bool,
}

impl Code {
    const fn new(code: &'static str, kind: FailureKind, retry: Retry, hint: &'static str) -> Self {
        Self { code, kind, retry, hint, is_suspect: false }
    }

    /// What the call says with [`suspect`](super::Call::suspect) may be the cause, and is told with it.
    pub const fn suspect(self) -> Self {
        Self { is_suspect: true, ..self }
    }

    /// Says whether the call may be repeated, where the code's kind does not tell.
    pub const fn retry(self, retry: Retry) -> Self {
        Self { retry, ..self }
    }

    /// The code itself.
    pub const fn as_str(&self) -> &'static str {
        self.code
    }

    /// The next step after it.
    pub const fn hint(&self) -> &'static str {
        self.hint
    }

    fn begins(&self, code: &str) -> bool {
        let Some(beginning) = self.code.strip_suffix('*') else { return false };
        code.get(..beginning.len()).is_some_and(|start| start.eq_ignore_ascii_case(beginning))
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

/// The service failed on the way.
pub const fn failed(code: &'static str, hint: &'static str) -> Code {
    Code::new(code, FailureKind::System, Retry::IfRead, hint)
}

/// The service is not ready yet and has done nothing.
pub const fn busy(code: &'static str, hint: &'static str) -> Code {
    Code::new(code, FailureKind::System, Retry::Always, hint)
}

/// The entry for this code: the exact one, else the first that it begins with.
pub(crate) fn find(code: &str, codes: &'static [Code]) -> Option<&'static Code> {
    let exact = || codes.iter().find(|entry| entry.code.eq_ignore_ascii_case(code));
    let family = || codes.iter().find(|entry| entry.begins(code));
    if code.is_empty() { None } else { exact().or_else(family) }
}

/// What an answer without a code means, or with one that is listed nowhere.
pub(super) const fn by_status(status: u16) -> Code {
    match status {
        401 => auth("", "A renewed token was refused too: check the credential."),
        403 => permission("", "Check the rights that the message names.").suspect(),
        404 => not_found("", "Check the ids that were given.").suspect(),
        409 => conflict("", "Look at what is there already, then decide."),
        429 => rate_limit("", "Wait a second, longer each time it happens, and run again."),
        405 => parameter("", "The operation is not called as the service documents it: report this."),
        400..500 => parameter("", "Check the inputs that the message names."),
        500.. => failed("", "Wait a moment and run again."),
        _ => failed("", "The code is not a known one: look it up in the service's documentation.").retry(Retry::Never),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
