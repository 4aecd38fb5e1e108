//! Writes YAML as a person would: what fits stands on one line.

use std::borrow::Cow;

use serde_json::Value;

use super::scalar::plain;

const WIDTH: usize = 120;

/// The lines of a value, each indented so far. Members of the top stand on lines of their own.
pub fn write(value: &Value, indent: usize) -> String {
    let mut text = String::new();
    match value {
        Value::Object(members) if !members.is_empty() => {
            for (name, value) in members {
                pad(&mut text, indent);
                member(&mut text, name, value, indent);
            }
        }
        other => {
            pad(&mut text, indent);
            text.push_str(&flow(other));
            text.push('\n');
        }
    }
    text
}

/// Writes `name: value` behind its indentation.
fn member(text: &mut String, name: &str, value: &Value, indent: usize) {
    let name = scalar(name);
    text.push_str(&name);
    text.push(':');
    after_colon(text, value, indent, name.chars().count() + 1);
}

fn after_colon(text: &mut String, value: &Value, indent: usize, before: usize) {
    let flat = flow(value);
    let fits = indent + before + 1 + flat.chars().count() <= WIDTH;
    match value {
        Value::Object(members) if !members.is_empty() && !fits => {
            text.push('\n');
            for (name, value) in members {
                pad(text, indent + 2);
                member(text, name, value, indent + 2);
            }
        }
        Value::Array(items) if !items.is_empty() && !fits => {
            text.push('\n');
            items.iter().for_each(|item| list_item(text, item, indent + 2));
        }
        // In block style fewer letters need quotes.
        Value::String(string) => {
            text.push(' ');
            text.push_str(&block_scalar(string));
            text.push('\n');
        }
        _ => {
            text.push(' ');
            text.push_str(&flat);
            text.push('\n');
        }
    }
}

fn list_item(text: &mut String, item: &Value, indent: usize) {
    pad(text, indent);
    text.push('-');
    let flat = flow(item);
    match item {
        Value::Object(members) if !members.is_empty() && indent + 2 + flat.chars().count() > WIDTH => {
            for (index, (name, value)) in members.iter().enumerate() {
                if index == 0 {
                    text.push(' ');
                } else {
                    pad(text, indent + 2);
                }
                member(text, name, value, indent + 2);
            }
        }
        other => after_colon(text, other, indent, 1),
    }
}

fn pad(text: &mut String, indent: usize) {
    text.extend(std::iter::repeat_n(' ', indent));
}

/// A value on one line.
fn flow(value: &Value) -> String {
    match value {
        Value::Array(items) => format!("[{}]", items.iter().map(flow).collect::<Vec<_>>().join(", ")),
        Value::Object(members) if members.is_empty() => "{}".to_owned(),
        Value::Object(members) => {
            let member = |(name, value): (&String, &Value)| format!("{}: {}", scalar(name), flow(value));
            format!("{{ {} }}", members.iter().map(member).collect::<Vec<_>>().join(", "))
        }
        Value::String(text) => scalar(text).into_owned(),
        other => other.to_string(),
    }
}

/// A text as it may stand anywhere: plain, or in quotes.
fn scalar(text: &str) -> Cow<'_, str> {
    let is_safe = is_plain(text) && !text.contains([',', '[', ']', '{', '}', '?']);
    if is_safe { Cow::Borrowed(text) } else { Cow::Owned(Value::from(text).to_string()) }
}

/// A text as it may stand alone behind a name.
fn block_scalar(text: &str) -> Cow<'_, str> {
    if is_plain(text) { Cow::Borrowed(text) } else { Cow::Owned(Value::from(text).to_string()) }
}

fn is_plain(text: &str) -> bool {
    let begins_well = text.starts_with(|first: char| first.is_alphanumeric() || "/_.$(+".contains(first))
        && !text.starts_with("---")
        && !text.starts_with("...");
    begins_well
        && !text.ends_with([' ', ':'])
        && !text.contains(": ")
        && !text.contains(" #")
        && !text.chars().any(|letter| letter.is_control() || "\u{feff}\u{2028}\u{2029}\u{85}".contains(letter))
        && plain(text).is_ok_and(|value| value.is_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::yaml::Node;
    use serde_json::json;

    #[test]
    fn what_fits_stands_on_one_line() {
        let value =
            json!({ "inputs": { "a": [1, {}] }, "long": ["x".repeat(130)], "deep": { "b": { "c": "y".repeat(120) } } });
        let (x, y) = ("x".repeat(130), "y".repeat(120));
        let expected = format!("inputs: {{ a: [1, {{}}] }}\nlong:\n  - {x}\ndeep:\n  b:\n    c: {y}\n");
        assert_eq!(write(&value, 0), expected);
    }

    #[test]
    fn what_is_written_is_read_again() {
        let texts = [
            "",
            " ",
            "5200",
            "007",
            "yes",
            "null",
            "~",
            "a: b",
            "a #b",
            "- a",
            "[a",
            "a, b",
            "{a}",
            "é",
            "群聊",
            "x\ny",
            "\"q\"",
            "'q'",
            "*a",
            "&a",
            "!a",
            "%a",
            "@a",
            "`a`",
            "|",
            ">",
            "?",
            "?a",
            ":a",
            "a:",
            "---",
            "...",
            "#a",
            "1e3",
            "2023-05-15",
            "$any",
            "+86-1",
            "=",
            "<<",
            "\u{feff}x",
            "a\tb",
            "\u{85}",
        ];
        let value = json!({
            "texts": texts.to_vec(),
            "named": texts.iter().map(|text| ((*text).to_owned(), json!(text))).collect::<serde_json::Map<_, _>>(),
            "long": texts.iter().map(|text| json!({ "text": text, "x": "x".repeat(130), "list": [[text, "y".repeat(130)]] })).collect::<Vec<_>>(),
            "numbers": [1, -2, 0.5, 1e300, true, null], "empty": [{}, [], ""],
        });
        for indent in [0, 4] {
            assert_eq!(Node::parse(&write(&value, indent)).unwrap().to_value(), value);
        }
    }
}
