//! What is in a cell, and how it is shown.

use serde::{Deserialize, Serialize};

use super::grid::Item;

/// The content of a cell as it was entered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub(super) enum Cell {
    /// Text or a number; empty when there is nothing.
    Text(String),
    /// A formula with its `=`.
    Formula { formula: String },
}

impl Cell {
    /// What an update of a range makes of this text: a formula when it starts with `=`.
    pub(super) fn entered(text: String) -> Self {
        if text.len() > 1 && text.starts_with('=') { Self::Formula { formula: text } } else { Self::Text(text) }
    }

    /// The text as it was entered.
    pub(super) fn text(&self) -> &str {
        match self {
            Self::Text(text) | Self::Formula { formula: text } => text,
        }
    }

    /// The formula, if it is one.
    pub(super) fn formula(&self) -> Option<&str> {
        match self {
            Self::Text(_) => None,
            Self::Formula { formula } => Some(formula),
        }
    }
}

impl Default for Cell {
    fn default() -> Self {
        Self::Text(String::new())
    }
}

impl Item for Cell {
    fn is_blank(&self) -> bool {
        matches!(self, Self::Text(text) if text.is_empty())
    }
}

/// The number that a text spells, as a spreadsheet recognises it.
pub(super) fn number(text: &str) -> Option<f64> {
    let starts_well = text.starts_with(|first: char| first.is_ascii_digit() || matches!(first, '-' | '+' | '.'));
    let spelled = text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'.' | b'-' | b'+' | b'e' | b'E'));
    (starts_well && spelled).then(|| text.parse().ok()).flatten()
}

/// A number as a cell holds it: with the 15 digits that count.
pub(super) fn plain(number: f64) -> String {
    let rounded: f64 = format!("{number:.14e}").parse().unwrap_or(number);
    format!("{}", rounded + 0.0)
}

/// A value as it is shown: a number by the format of its cell, anything else as it is. Formats are known that consist
/// of zeros, a point and more zeros, with `#,##` before for thousands and `%` after for hundredths.
pub(super) fn shown(value: &str, number_format: Option<&str>) -> String {
    let formatted = number_format.and_then(|format| apply(number(value)?, format));
    formatted.unwrap_or_else(|| value.to_owned())
}

fn apply(number: f64, format: &str) -> Option<String> {
    let (format, percent) = match format.strip_suffix('%') {
        Some(rest) => (rest, true),
        None => (format, false),
    };
    let (format, grouped) = match format.strip_prefix("#,##") {
        Some(rest) => (rest, true),
        None => (format, false),
    };
    let decimals = match format.strip_prefix('0')? {
        "" => 0,
        rest => {
            rest.strip_prefix('.').filter(|zeros| !zeros.is_empty() && zeros.bytes().all(|zero| zero == b'0'))?.len()
        }
    };
    let scaled = if percent { number * 100.0 } else { number };
    let mut text = format!("{:.decimals$}", scaled.abs());
    if grouped {
        text = with_thousands(&text);
    }
    let sign = if number < 0.0 && text.bytes().any(|digit| matches!(digit, b'1'..=b'9')) { "-" } else { "" };
    Some(format!("{sign}{text}{}", if percent { "%" } else { "" }))
}

/// `1234567.50` as `1,234,567.50`.
fn with_thousands(text: &str) -> String {
    let whole = text.find('.').unwrap_or(text.len());
    let mut grouped = String::with_capacity(text.len() + whole / 3);
    for (position, digit) in text.chars().enumerate() {
        if position > 0 && position < whole && (whole - position).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_shown_by_the_format_of_its_cell() {
        for (value, format, text) in [
            ("190", "0.00", "190.00"),
            ("1234567.5", "#,##0.00", "1,234,567.50"),
            ("-1234", "#,##0", "-1,234"),
            ("999", "#,##0", "999"),
            ("0.256", "0%", "26%"),
            ("0.256", "0.0%", "25.6%"),
            ("-0.001", "0.00", "0.00"),
            ("190", "@", "190"),
            ("190", "General", "190"),
            ("190", "0.0x", "190"),
            ("合计", "0.00", "合计"),
            ("", "0.00", ""),
            ("inf", "0.00", "inf"),
        ] {
            assert_eq!(shown(value, Some(format)), text, "{value} as {format}");
        }
        assert_eq!(shown("190", None), "190");
    }

    #[test]
    fn a_number_is_kept_with_fifteen_digits() {
        assert_eq!(plain(0.1 + 0.2), "0.3");
        assert_eq!(plain(-0.0), "0");
        assert_eq!(plain(36_000.0), "36000");
    }
}
