//! The sensitive texts that were found, and where else they stand.

use std::collections::BTreeSet;

use aho_corasick::{AhoCorasick, MatchKind};
use serde_json::Value;

use super::MASK;
use crate::scrub::forms;

/// Shorter texts stand anywhere by chance.
const SHORTEST: usize = 4;
/// Bytes of all texts in all their forms that are looked for. Past it every text is masked: to look for more would take
/// memory by a multiple of what was given.
const MOST_BYTES: usize = 1 << 20;

/// The sensitive texts that were found.
#[derive(Debug, Default)]
pub struct Found {
    forms: BTreeSet<String>,
    bytes: usize,
}

/// Looks for the texts that were found, for all of them at once.
#[derive(Debug)]
pub struct Replacer {
    /// None when there is nothing to look for.
    search: Option<AhoCorasick>,
    forms: BTreeSet<String>,
    /// There is too much to look for.
    masks_all: bool,
}

impl Found {
    /// What replaces them.
    pub fn replacer(self) -> Replacer {
        let masks_all = self.bytes > MOST_BYTES;
        let mut builder = AhoCorasick::builder();
        // The longest first: one may be the beginning of another.
        builder.match_kind(MatchKind::LeftmostLongest);
        let is_needed = !masks_all && !self.forms.is_empty();
        let built = is_needed.then(|| builder.build(&self.forms));
        match built.transpose() {
            Ok(search) => Replacer { search, forms: self.forms, masks_all },
            Err(_) => Replacer { search: None, forms: self.forms, masks_all: true },
        }
    }

    pub(super) fn add_all(&mut self, value: &Value) {
        match value {
            Value::String(text) => self.add(text),
            Value::Number(number) => self.add(&number.to_string()),
            Value::Array(items) => items.iter().for_each(|item| self.add_all(item)),
            Value::Object(members) => members.values().for_each(|member| self.add_all(member)),
            Value::Null | Value::Bool(_) => {}
        }
    }

    /// Notes a text in the forms in which it may stand in a body or in a URL.
    pub(super) fn add(&mut self, text: &str) {
        for text in [text, text.trim()] {
            if text.len() < SHORTEST || self.bytes > MOST_BYTES {
                continue;
            }
            for form in forms(text) {
                let length = form.len();
                if self.forms.insert(form) {
                    self.bytes += length;
                }
            }
        }
    }
}

impl Replacer {
    /// Replaces the texts everywhere in a value.
    pub fn replace_in(&self, value: &mut Value) {
        if self.search.is_none() && !self.masks_all {
            return;
        }
        match value {
            Value::String(text) => self.replace(text),
            Value::Array(items) => items.iter_mut().for_each(|item| self.replace_in(item)),
            Value::Object(members) => members.values_mut().for_each(|member| self.replace_in(member)),
            Value::Number(number) => {
                if self.masks_all || self.forms.contains(&number.to_string()) {
                    *value = Value::String(MASK.to_owned());
                }
            }
            Value::Null | Value::Bool(_) => {}
        }
    }

    /// Replaces the texts in a text.
    pub fn replace(&self, text: &mut String) {
        if self.masks_all && !text.is_empty() {
            *text = MASK.to_owned();
        }
        let Some(search) = self.search.as_ref().filter(|search| search.is_match(text.as_str())) else { return };
        let mut replaced = String::with_capacity(text.len());
        search.replace_all_with(text, &mut replaced, |_, _, replaced| {
            replaced.push_str(MASK);
            true
        });
        *text = replaced;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_texts_are_replaced_wherever_else_they_stand() {
        let mut found = Found::default();
        found.add_all(&json!(["käse \"& brot\"", 987_654]));
        let body = json!({ "p": "käse \"& brot\"" }).to_string();
        let query: String = url::form_urlencoded::byte_serialize("käse \"& brot\"".as_bytes()).collect();
        let mut rest = json!({ "text": body, "url": format!("https://x/?p={query}"), "n": 987_654, "l": "pin 987654" });
        found.replacer().replace_in(&mut rest);
        assert_eq!(rest, json!({ "text": r#"{"p":"...."}"#, "url": "https://x/?p=....", "n": MASK, "l": "pin ...." }));
    }

    #[test]
    fn the_longest_of_several_texts_is_replaced() {
        let mut found = Found::default();
        found.add_all(&json!(["secret", "secret-and-more"]));
        let mut text = "a secret-and-more, a secret".to_owned();
        found.replacer().replace(&mut text);
        assert_eq!(text, "a ...., a ....");
    }

    #[test]
    fn where_there_is_too_much_to_look_for_every_text_is_masked() {
        let mut found = Found::default();
        found.add_all(&(0..200_000).map(|number| json!(format!("secret-{number}"))).collect());
        let mut value = json!({ "a": "secret-199999", "n": 5, "b": true });
        found.replacer().replace_in(&mut value);
        assert_eq!(value, json!({ "a": MASK, "n": MASK, "b": true }));
    }

    #[test]
    fn where_nothing_was_found_nothing_is_replaced() {
        let mut value = json!({ "a": "text", "n": 5 });
        Found::default().replacer().replace_in(&mut value);
        assert_eq!(value, json!({ "a": "text", "n": 5 }));
    }
}
