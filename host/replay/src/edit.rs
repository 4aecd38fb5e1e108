//! Puts a case into the text of a file, and leaves the rest of the text as it is.

use serde_json::{Value, json};

use crate::source::{Source, path};
use crate::yaml;

/// The text with a member that is there replaced.
pub fn replace(source: &Source, place: &[&str], value: &Value) -> Result<String, String> {
    let name = place.last().copied().unwrap_or_default();
    let lines = source.root().lines(&path(place.iter().copied())).ok_or_else(|| format!("there is no `{name}`"))?;
    let indent = (place.len() - 1) * 2;
    let written = yaml::write(&json!({ name: value }), indent);
    Ok(with_lines(source.text(), lines, &written))
}

/// The text with a case: in the place of the one of this name, or as the last one.
pub fn case(source: &Source, name: &str, value: &Value) -> Result<String, String> {
    let root = source.root();
    if root.lines(&path(["cases", name])).is_some() {
        return replace(source, &["cases", name], value);
    }
    let written = yaml::write(&json!({ name: value }), 2);
    let text = source.text();
    match root.lines(&path(["cases"])) {
        None => {
            let end = if text.ends_with('\n') { "" } else { "\n" };
            Ok(format!("{text}{end}\ncases:\n{written}"))
        }
        Some(lines) if source.value().get("cases").and_then(Value::as_object).is_some_and(|cases| cases.is_empty()) => {
            Ok(with_lines(text, lines, &format!("cases:\n{written}")))
        }
        Some(lines) => Ok(with_lines(text, lines.end..lines.end, &written)),
    }
}

/// The text with lines, counted from 1, replaced by others.
fn with_lines(text: &str, lines: std::ops::Range<usize>, written: &str) -> String {
    let mut result = String::with_capacity(text.len() + written.len());
    let all: Vec<&str> = text.split_inclusive('\n').collect();
    let before = all.iter().take(lines.start - 1);
    before.for_each(|line| result.push_str(line));
    if !result.is_empty() && !result.ends_with('\n') {
        result.push('\n');
    }
    result.push_str(written);
    all.iter().skip(lines.end - 1).for_each(|line| result.push_str(line));
    result
}
