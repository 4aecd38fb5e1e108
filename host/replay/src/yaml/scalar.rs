//! What a plain text without quotes stands for.

use patchbay_runtime::is_rounded;
use serde_json::Value;

/// The value of a plain scalar, or why it has to be written otherwise.
pub fn plain(text: &str) -> Result<Value, String> {
    if text.is_empty() {
        return Err("nothing stands here: write null, or \"\" for an empty text".to_owned());
    }
    match text {
        "null" => return Ok(Value::Null),
        "true" => return Ok(true.into()),
        "false" => return Ok(false.into()),
        _ => {}
    }
    if is_json_number(text) {
        let number = serde_json::from_str(text).ok().filter(|_| !is_rounded(text));
        return number.ok_or_else(|| ambiguous(text, "a number that is too large to be exact"));
    }
    if is_numeric(text) {
        return Err(ambiguous(text, "a number"));
    }
    let lower = text.to_ascii_lowercase();
    match lower.as_str() {
        "yes" | "no" | "on" | "off" | "true" | "false" => Err(ambiguous(text, "a boolean")),
        "~" | "null" => Err(ambiguous(text, "null")),
        _ => Ok(text.into()),
    }
}

fn ambiguous(text: &str, what: &str) -> String {
    format!("`{text}` is taken for {what} by some: write \"{text}\" in quotes, or the value as JSON has it")
}

fn is_json_number(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    digits.starts_with(|first: char| first.is_ascii_digit()) && serde_json::from_str::<serde_json::Number>(text).is_ok()
        || is_too_long(digits)
}

/// Digits alone that serde_json would make an inexact number of.
fn is_too_long(digits: &str) -> bool {
    !digits.is_empty() && !digits.starts_with('0') && digits.bytes().all(|digit| digit.is_ascii_digit())
}

/// Whether YAML 1.1 or 1.2 has a number in this form.
fn is_numeric(text: &str) -> bool {
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    let lower = digits.to_ascii_lowercase();
    if matches!(lower.as_str(), ".inf" | ".nan") {
        return true;
    }
    for (prefix, radix) in [("0x", 16), ("0o", 8), ("0b", 2)] {
        if let Some(rest) = lower.strip_prefix(prefix) {
            return !rest.is_empty() && rest.chars().all(|letter| letter == '_' || letter.is_digit(radix));
        }
    }
    let is_digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit() || byte == b'_');
    if lower.contains(':') {
        let mut parts = lower.split(':');
        return parts.all(|part| is_digits(part) && part.len() <= 2) && lower.starts_with(|c: char| c.is_ascii_digit());
    }
    let (mantissa, exponent) = lower.split_once('e').map_or((lower.as_str(), None), |(m, e)| (m, Some(e)));
    let exponent = exponent.map(|exponent| exponent.strip_prefix(['-', '+']).unwrap_or(exponent));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, "0"));
    let has_digits = mantissa.bytes().any(|byte| byte.is_ascii_digit());
    let is_part = |part: &str| part.is_empty() || is_digits(part);
    has_digits && is_part(whole) && is_part(fraction) && exponent.is_none_or(is_digits)
}
