//! JSON that people give on a command line.

use std::io::Read;

use anyhow::{Context, Result};
use patchbay_runtime::{escape_controls, from_json, utf8};
use serde_json::{Map, Value};

/// More is no argument; it is what the service takes in a body.
const MOST_BYTES: u64 = 64 << 20;
/// Characters of an argument that an error repeats.
const SHOWN: usize = 200;

/// The value of an argument: JSON, `@FILE`, or `-` for what stands on stdin.
///
/// # Errors
/// It can not be read, or is not JSON. The error shows what arrived and names what to do about a shell that takes quotes.
pub fn read(argument: &str, text: &str) -> Result<Value> {
    let (bytes, place) = match text.strip_prefix('@') {
        _ if text == "-" => {
            let mut bytes = Vec::new();
            let read = std::io::stdin().take(MOST_BYTES).read_to_end(&mut bytes);
            read.with_context(|| format!("{argument}: stdin can not be read"))?;
            (bytes, "stdin")
        }
        Some(path) => (std::fs::read(path).with_context(|| format!("{argument}: {path} can not be read"))?, path),
        None => {
            return parse(text).with_context(|| format!("{argument} is not JSON; {}", arrived(argument, text)));
        }
    };
    let json = utf8(&bytes).with_context(|| format!("{argument}: {place} can not be read"))?;
    let form = "an object such as {\"UserId\":\"manager001\"}";
    parse(json).with_context(|| format!("{argument}: {place} is not JSON; write {form}"))
}

/// The same for an argument that is an object, as a parser of arguments calls it.
///
/// # Errors
/// As [`read`], and when it is no object.
pub fn object(text: &str) -> Result<Map<String, Value>, String> {
    match read("it", text).map_err(|error| format!("{error:#}"))? {
        Value::Object(members) => Ok(members),
        _ => Err("it is not a JSON object".to_owned()),
    }
}

/// A number that a value could not keep exactly is the text of its digits.
fn parse(json: &str) -> serde_json::Result<Value> {
    from_json(json.as_bytes())
}

fn arrived(argument: &str, text: &str) -> String {
    let mut shown: String = text.chars().take(SHOWN).collect();
    if shown.len() < text.len() {
        shown.push_str("...");
    }
    let option = if argument.starts_with("--") { argument } else { "the argument" };
    format!(
        "this arrived: {}\nThe shell may have taken the quotes. Write the JSON to a file and give {option} @FILE, or send it \
         to stdin and give {option} -",
        escape_controls(&shown)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_arrived_without_its_quotes_is_shown_with_two_ways_around_the_shell() {
        let error = format!("{:#}", read("--options", "{UserId:manager001}").unwrap_err());
        for part in ["--options is not JSON", "{UserId:manager001}", "--options @FILE", "--options -"] {
            assert!(error.contains(part), "{error}");
        }
        let long = format!("{}canary", "x".repeat(SHOWN));
        assert!(!format!("{:#}", read("--inputs", &long).unwrap_err()).contains("canary"));
    }

    #[test]
    fn a_file_may_begin_with_a_byte_order_mark_and_be_named_when_it_is_not_utf8() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str, bytes: &[u8]| {
            let path = folder.path().join(name);
            std::fs::write(&path, bytes).unwrap();
            format!("@{}", path.display())
        };
        assert_eq!(read("--inputs", &at("mark", "\u{feff}{\"a\":1}".as_bytes())).unwrap()["a"], 1);
        let wide: Vec<u8> = "\u{feff}{}".encode_utf16().flat_map(u16::to_le_bytes).collect();
        assert!(format!("{:#}", read("--inputs", &at("wide", &wide)).unwrap_err()).contains("UTF-16"));
    }

    #[test]
    fn an_object_is_asked_for_where_one_is_needed() {
        assert_eq!(object(r#"{"a":1}"#).unwrap()["a"], 1);
        assert_eq!(object("[1]").unwrap_err(), "it is not a JSON object");
    }
}
