//! The ways in which a text may come back spelled: plain, escaped in JSON, percent-encoded, in Base64, and mixed.

use std::collections::BTreeSet;
use std::fmt::Write;

use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;

/// A regular expression, over bytes, of every spelling of a text.
pub(super) fn pattern(text: &str) -> String {
    let mut pattern: String = text.chars().map(character).collect();
    for encoded in in_base64(text.as_bytes()) {
        pattern.push('|');
        encoded.chars().for_each(|digit| pattern.push_str(&base64_digit(digit)));
    }
    pattern
}

/// Texts of which each spelling that [`pattern`] finds and that has neither `\` nor `%` in it contains one.
pub(super) fn traces(text: &str) -> impl Iterator<Item = String> {
    // A blank may be a plus; a digit of Base64 that is no letter has two spellings.
    let longest = |text: &str, parts: &[char]| text.split(parts).max_by_key(|part| part.len()).map(str::to_owned);
    let encoded = in_base64(text.as_bytes()).filter_map(move |encoded| longest(&encoded, &['+', '/']));
    longest(text, &[' ']).into_iter().chain(encoded)
}

/// The spellings of a text that are in use, each for the whole of it: those that [`pattern`] finds mixed as well. For
/// where so many texts are looked for that a pattern for each would be too much.
pub(crate) fn forms(text: &str) -> BTreeSet<String> {
    let json = serde_json::Value::from(text).to_string();
    let json = json.get(1..json.len() - 1).unwrap_or_default();
    let ascii: String = json.chars().map(|letter| escaped(letter, false)).collect();
    let form: String = url::form_urlencoded::byte_serialize(text.as_bytes()).collect();
    let percent = percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string();
    let mut forms = BTreeSet::from([
        text.to_owned(),
        json.to_owned(),
        json.replace('/', "\\/"),
        ascii.replace('/', "\\/"),
        json.chars().map(|letter| escaped(letter, true)).collect(),
        ascii,
        form.replace('+', "%20"),
        lower_escapes(&form),
        lower_escapes(&percent),
        form,
        percent,
    ]);
    for encoded in in_base64(text.as_bytes()) {
        forms.insert(encoded.replace('+', "-").replace('/', "_"));
        forms.insert(encoded.replace('/', "\\/"));
        forms.insert(encoded);
    }
    forms
}

/// A letter as JSON of ASCII alone writes it.
fn escaped(letter: char, in_capitals: bool) -> String {
    if letter.is_ascii() {
        return letter.to_string();
    }
    let unit = |unit: &u16| if in_capitals { format!("\\u{unit:04X}") } else { format!("\\u{unit:04x}") };
    letter.encode_utf16(&mut [0; 2]).iter().map(unit).collect()
}

/// A percent-encoded text with its digits in small letters.
fn lower_escapes(text: &str) -> String {
    let mut digits_left = 0_u8;
    let lower = |letter: char| match (letter, digits_left) {
        ('%', _) => {
            digits_left = 2;
            letter
        }
        (_, 0) => letter,
        (digit, _) => {
            digits_left -= 1;
            digit.to_ascii_lowercase()
        }
    };
    text.chars().map(lower).collect()
}

/// The longest spelling of a text of so many characters, in bytes: each as two escaped surrogates, or three bytes in four
/// digits of Base64.
pub(super) fn longest(characters: usize) -> usize {
    characters.saturating_mul(16)
}

/// A character as it is, and as JSON, a URL and a form write it. Letters of hexadecimal digits come in both cases.
fn character(character: char) -> String {
    let mut buffer = [0; 4];
    let bytes = character.encode_utf8(&mut buffer).as_bytes();
    // What is longer comes first, so that no half of an escape is left over.
    let mut pattern = "(?:".to_owned();
    for unit in character.encode_utf16(&mut [0; 2]) {
        pattern.push_str(r"\\u");
        [12, 8, 4, 0].into_iter().for_each(|shift| push_digit(&mut pattern, u32::from(*unit >> shift) & 0xf));
    }
    pattern.push('|');
    for byte in bytes {
        pattern.push('%');
        [4, 0].into_iter().for_each(|shift| push_digit(&mut pattern, u32::from(byte >> shift) & 0xf));
    }
    let also = match character {
        ' ' => r"|\+",
        '"' => r#"|\\""#,
        '\\' => r"|\\\\",
        '/' => r"|\\/",
        '\u{8}' => r"|\\b",
        '\u{c}' => r"|\\f",
        '\n' => r"|\\n",
        '\r' => r"|\\r",
        '\t' => r"|\\t",
        _ => "",
    };
    pattern.push_str(also);
    pattern.push('|');
    bytes.iter().for_each(|byte| push_byte(&mut pattern, *byte));
    pattern.push(')');
    pattern
}

fn push_byte(pattern: &mut String, byte: u8) {
    // Writing to a text does not fail.
    let _ = write!(pattern, r"\x{byte:02x}");
}

fn push_digit(pattern: &mut String, digit: u32) {
    match char::from_digit(digit, 16) {
        Some(letter) if letter.is_ascii_alphabetic() => {
            pattern.extend(['[', letter, letter.to_ascii_uppercase(), ']']);
        }
        Some(digit) => pattern.push(digit),
        None => {}
    }
}

/// What does not change of the text's Base64 whatever stands before and after it: one for each of the three places that
/// it can have in a group of three bytes.
fn in_base64(text: &[u8]) -> impl Iterator<Item = String> {
    /// Shorter ones stand in ordinary data by chance.
    const SHORTEST: usize = 8;
    (0..3).filter_map(move |before| {
        let mut bytes = vec![0; before];
        bytes.extend_from_slice(text);
        let encoded = STANDARD_NO_PAD.encode(&bytes);
        let (from, to) = ((before * 8).div_ceil(6), bytes.len() * 8 / 6);
        encoded.get(from..to).filter(|stable| stable.len() >= SHORTEST).map(str::to_owned)
    })
}

/// A digit in both alphabets, and as JSON and URLs write it.
fn base64_digit(digit: char) -> String {
    match digit {
        '+' => r"(?:\+|-|%2[bB])".to_owned(),
        '/' => r"(?:\\?/|_|%2[fF])".to_owned(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pattern_finds_every_form() {
        for text in ["canary/+\"=\\1", "käse & 中 😀/1", "\"quoted\"", "line\nbreak\ttab", "plain-secret"] {
            let pattern = regex::bytes::RegexBuilder::new(&pattern(text)).unicode(false).build().unwrap();
            for form in forms(text) {
                let around = format!("<{form}>");
                let found = pattern.find(around.as_bytes()).map(|found| (found.start(), found.end()));
                assert_eq!(found, Some((1, around.len() - 1)), "{form}");
            }
        }
    }

    #[test]
    fn the_forms_are_those_of_json_urls_and_base64() {
        let forms = forms("ä/ 12345678");
        for form in [
            "ä/ 12345678",
            r"ä\/ 12345678",
            r"\u00e4\/ 12345678",
            r"\u00E4/ 12345678",
            "%C3%A4%2F%2012345678",
            "%c3%a4%2f+12345678",
        ] {
            assert!(forms.contains(form), "{form}: {forms:?}");
        }
        assert!(
            forms.iter().any(|form| "w6QvIDEyMzQ1Njc4".starts_with(form.as_str()) && form.len() >= 14),
            "{forms:?}"
        );
    }
}
