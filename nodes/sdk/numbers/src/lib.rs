//! JSON whose long numbers are not rounded.
//!
//! A reader of JSON keeps a number in 64 bits: `24332000000123456789`, an invoice's, becomes `24332000000123458000` and nobody
//! is told. Such a number goes on as the text of its digits, which a text, a cell or a value of any type takes, and which a
//! number's schema refuses.

#![deny(missing_docs)]

use std::borrow::Cow;

use serde::de::{DeserializeOwned, IgnoredAny};
use serde_json::Number;

/// No 64-bit float is written with more digits.
const MOST_DIGITS: usize = 17;

/// A number of so many letters and without an exponent is always read exactly: 64 bits hold 15 digits.
const EXACT_LETTERS: usize = 15;

/// Reads JSON in which a number that would be rounded is the text of its digits.
///
/// # Errors
/// It is not JSON, or not of this type.
pub fn from_json<T: DeserializeOwned>(json: &[u8]) -> serde_json::Result<T> {
    serde_json::from_slice(&quote_rounded(json))
}

/// The JSON with every number that a reader would round as a text.
///
/// Text that is not JSON stays as wrong as it is.
pub fn quote_rounded(json: &[u8]) -> Cow<'_, [u8]> {
    let mut quoted = Vec::new();
    let mut copied = 0;
    let mut at = 0;
    while let Some(&byte) = json.get(at) {
        match byte {
            b'"' => at = text_end(json, at),
            b'-' | b'0'..=b'9' => {
                let number = number_at(json, at);
                let end = at + number.len();
                if is_rounded(number) {
                    quoted.extend_from_slice(&json[copied..at]);
                    quoted.push(b'"');
                    quoted.extend_from_slice(number.as_bytes());
                    quoted.push(b'"');
                    copied = end;
                }
                at = end;
            }
            _ => at += 1,
        }
    }
    if copied == 0 {
        return json.into();
    }
    quoted.extend_from_slice(&json[copied..]);
    quoted.into()
}

/// Whether a reader makes another number of this one, that which it writes when it is asked for the number again, or none at
/// all because it is too large.
pub fn is_rounded(number: &str) -> bool {
    let is_short = number.len() <= EXACT_LETTERS && !number.contains(['e', 'E']);
    if is_short || number.parse::<i64>().is_ok() || number.parse::<u64>().is_ok() {
        return false;
    }
    let meant = significand(number);
    if meant.len() > MOST_DIGITS {
        return serde_json::from_slice::<IgnoredAny>(number.as_bytes()).is_ok();
    }
    match serde_json::from_slice::<Number>(number.as_bytes()) {
        Ok(read) => significand(&read.to_string()) != meant,
        // Too large for any; another mistake is the reader's to tell.
        Err(error) => error.to_string().starts_with("number out of range"),
    }
}

/// The digits that make a number: without its sign, its point, its exponent and the zeros at both ends.
fn significand(number: &str) -> String {
    let mantissa = number.split(['e', 'E']).next().unwrap_or_default();
    let digits: String = mantissa.chars().filter(char::is_ascii_digit).collect();
    digits.trim_matches('0').to_owned()
}

/// Behind the quote that ends a text.
fn text_end(json: &[u8], start: usize) -> usize {
    let mut at = start + 1;
    while let Some(&byte) = json.get(at) {
        match byte {
            b'"' => return at + 1,
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
    json.len()
}

fn number_at(json: &[u8], start: usize) -> &str {
    let is_part = |byte: &u8| matches!(byte, b'0'..=b'9' | b'-' | b'+' | b'.' | b'e' | b'E');
    let rest = &json[start..];
    let length = rest.iter().position(|byte| !is_part(byte)).unwrap_or(rest.len());
    std::str::from_utf8(&rest[..length]).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn quoted(json: &str) -> String {
        String::from_utf8(quote_rounded(json.as_bytes()).into_owned()).expect("it was UTF-8")
    }

    #[test]
    fn a_number_that_would_be_rounded_becomes_its_text_and_nothing_else_does() {
        let json = r#"{"a":[24332000000123456789,-24332000000123456789],"b":0.12345678901234567890,"c":"24332000000123456789"}"#;
        let expected = r#"{"a":["24332000000123456789","-24332000000123456789"],"b":"0.12345678901234567890","c":"24332000000123456789"}"#;
        assert_eq!(quoted(json), expected);
        for json in [
            r#"["\"24332000000123456789",1]"#,
            r#"["\\",1,"x"]"#,
            "[",
            "\"abc",
            "\"abc\\",
            "-",
            "[1-2]",
            "[1-23456789012345678901]",
            "é\u{1}",
        ] {
            assert_eq!(quoted(json), json);
        }
    }

    #[test]
    fn what_64_bits_hold_stays_a_number() {
        let exact = [
            "0",
            "-0",
            "9223372036854775807",
            "-9223372036854775808",
            "18446744073709551615",
            "0.1",
            "1e21",
            "2.5e-300",
            "0.30000000000000004",
            "1.0000000000000000000000",
            "100000000000000000000000",
            "1234567890.1234567",
        ];
        exact.iter().for_each(|number| assert!(!is_rounded(number), "{number}"));
        let rounded = [
            "1e400",
            "0.1000000000000000055511151231257827",
            "1234567890123456789e400",
            "18446744073709551616",
            "-9223372036854775809",
            "9007199254740993.5",
            "0.10000000000000001",
            "3.14159265358979323846",
            "12345678901234567890123e-3",
        ];
        rounded.iter().for_each(|number| assert!(is_rounded(number), "{number}"));
    }

    #[test]
    fn what_a_reader_makes_of_an_exact_number_is_that_number() {
        let mut state = 0x9e37_79b9_7f4a_7c15_u64;
        for _ in 0..20_000 {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            if let Some(number) = Number::from_f64(f64::from_bits(state)) {
                assert!(!is_rounded(&number.to_string()), "{number}");
            }
        }
    }
}
