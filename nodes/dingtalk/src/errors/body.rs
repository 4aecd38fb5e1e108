use patchbay_node::Response;
use serde_json::{Map, Value};

/// What an answer's body is.
pub(crate) enum Body {
    /// A JSON object, as every regular answer.
    Object(Map<String, Value>),
    /// `{"status":1111,...}`: this machine's address is banned for five minutes.
    Ban,
    /// An HTML page: the same ban, or a gateway on the way.
    Page,
    /// Nothing.
    Empty,
    /// Anything else: broken JSON, or JSON that is not an object.
    Other,
}

impl Body {
    pub(crate) fn of(response: &Response) -> Self {
        let bytes = response.body().trim_ascii();
        if bytes.is_empty() {
            return Self::Empty;
        }
        if bytes.starts_with(b"<") {
            return Self::Page;
        }
        match response.json() {
            Ok(Value::Object(members)) if is_ban(&members) => Self::Ban,
            Ok(Value::Object(members)) => Self::Object(members),
            _ => Self::Other,
        }
    }
}

fn is_ban(members: &Map<String, Value>) -> bool {
    let regular = members.contains_key("errcode") || members.contains_key("code") || members.contains_key("Code");
    !regular && members.get("status").and_then(text).as_deref() == Some("1111")
}

/// Text, or a number as its text; blank counts as absent.
pub(crate) fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) if !text.trim().is_empty() => Some(text.trim().to_owned()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}
