//! Outside text in a sentence of the host: cut, and harmless to a terminal and a log.

use std::borrow::Cow;
use std::fmt::Write;

/// The text in quotation marks, or its beginning and how long it is.
pub(crate) fn excerpt(text: &str, most_characters: usize) -> String {
    let mut quoted = String::with_capacity(text.len().min(most_characters) + 2);
    quoted.push('`');
    quoted += &cut(text, most_characters);
    quoted.push('`');
    quoted
}

/// The text with its control characters written out, or its beginning and how long it is.
pub(crate) fn cut(text: &str, most_characters: usize) -> Cow<'_, str> {
    match beginning(text, most_characters) {
        None => escape_controls(text),
        Some(beginning) => format!("{}{}", escape_controls(beginning), and_so_on(text)).into(),
    }
}

/// The text as it stands, or its beginning and how long it is.
pub(crate) fn shorten(mut text: String, most_characters: usize) -> String {
    if let Some(beginning) = beginning(&text, most_characters) {
        let (end, rest) = (beginning.len(), and_so_on(&text));
        text.truncate(end);
        text += &rest;
        text.shrink_to_fit();
    }
    text
}

/// The text's beginning, when it has more characters.
fn beginning(text: &str, most_characters: usize) -> Option<&str> {
    // A text has no more characters than bytes.
    if text.len() <= most_characters {
        return None;
    }
    let (end, _) = text.char_indices().nth(most_characters)?;
    text.get(..end)
}

fn and_so_on(text: &str) -> String {
    format!("… ({} characters)", text.chars().count())
}

/// The text with its control characters written out, as `\n` and `\u{1b}`: a terminal obeys them, and a line break begins
/// what looks like another line of a log. So are characters that turn the direction of writing.
pub fn escape_controls(text: &str) -> Cow<'_, str> {
    if !text.contains(is_control) {
        return Cow::Borrowed(text);
    }
    let mut escaped = String::with_capacity(text.len() + 16);
    for character in text.chars() {
        match character {
            '\n' => escaped += r"\n",
            '\r' => escaped += r"\r",
            '\t' => escaped += r"\t",
            control if is_control(control) => {
                // Writing to a text does not fail.
                write!(escaped, "\\u{{{:x}}}", u32::from(control)).unwrap_or_default();
            }
            other => escaped.push(other),
        }
    }
    Cow::Owned(escaped)
}

fn is_control(character: char) -> bool {
    character.is_control()
        || matches!(character, '\u{200e}' | '\u{200f}' | '\u{2028}' | '\u{2029}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_text_is_cut_at_a_character_and_its_length_is_told() {
        assert_eq!(excerpt("short", 10), "`short`");
        assert_eq!(excerpt("käsekuchen", 10), "`käsekuchen`");
        assert_eq!(excerpt("käsekuchen", 2), "`kä… (10 characters)`");
    }

    #[test]
    fn control_characters_are_written_out() {
        assert_eq!(escape_controls("a\r\nb\u{1b}[31m\u{202e}c"), r"a\r\nb\u{1b}[31m\u{202e}c");
        assert!(matches!(escape_controls("plain 中文"), Cow::Borrowed(_)));
    }
}
