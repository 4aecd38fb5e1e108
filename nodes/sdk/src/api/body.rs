use serde_json::{Map, Value};

use crate::Response;

/// What an answer's body is.
pub(super) enum Body {
    Object(Map<String, Value>),
    List(Vec<Value>),
    /// An HTML page, which no API gives: the answer is of something on the way.
    Page,
    Empty,
    /// Broken JSON, or JSON of another kind.
    Other,
}

impl Body {
    pub(super) fn of(response: &Response) -> Self {
        let bytes = response.body().trim_ascii();
        if bytes.is_empty() {
            return Self::Empty;
        }
        if bytes.starts_with(b"<") {
            return Self::Page;
        }
        match response.json() {
            Ok(Value::Object(members)) => Self::Object(members),
            Ok(Value::Array(items)) => Self::List(items),
            _ => Self::Other,
        }
    }
}
