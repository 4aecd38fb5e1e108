use std::fmt;

/// A refusal as the service words it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Refusal {
    /// The HTTP status.
    pub status: u16,
    /// Empty when the answer names none.
    pub code: String,
    /// The code that only wraps this one, and is looked up when this one is not known.
    pub wrapper: Option<String>,
    /// What the service says.
    pub message: String,
    /// The request's id.
    pub request_id: String,
    /// The next step, where the refusal itself tells it.
    pub hint: Option<String>,
}

/// `CODE: message (request id ID)`, as far as there are any.
impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
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
