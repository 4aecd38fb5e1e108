//! Takes a secret's own bytes out of what the service answered, before the node or a log sees it.

use std::borrow::Cow;

use bytes::Bytes;
use memchr::memmem;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use reqwest::header::HeaderValue;

const REMOVED: &str = "[removed]";

/// Shorter values stand in ordinary text by chance: taking them out would spoil answers and hide nothing.
const SHORTEST: usize = 8;

/// The byte strings to take out. Made once, with the credential or the token that it guards.
#[derive(Default)]
pub(crate) struct Scrubber {
    needles: Vec<memmem::Finder<'static>>,
}

impl Scrubber {
    /// Takes these secrets out.
    pub fn of<'secret>(secrets: impl IntoIterator<Item = &'secret str>) -> Self {
        let mut scrubber = Self::default();
        secrets.into_iter().for_each(|secret| scrubber.add(secret));
        scrubber
    }

    /// Adds a secret in the forms that it may come back in: plain, as JSON text and as part of a URL.
    fn add(&mut self, secret: &str) {
        if secret.len() < SHORTEST {
            return;
        }
        let json = serde_json::Value::from(secret).to_string();
        let forms = [
            secret.to_owned(),
            json.trim_matches('"').to_owned(),
            utf8_percent_encode(secret, NON_ALPHANUMERIC).to_string(),
            url::form_urlencoded::byte_serialize(secret.as_bytes()).collect(),
        ];
        for form in forms {
            if !self.needles.iter().any(|needle| needle.needle() == form.as_bytes()) {
                self.needles.push(memmem::Finder::new(form.as_bytes()).into_owned());
            }
        }
        // A longer secret first, so that one that contains another is taken out whole.
        self.needles.sort_by_key(|needle| std::cmp::Reverse(needle.needle().len()));
    }

    /// The body without the secrets; unchanged, and not copied, when it has none.
    pub fn body(&self, body: Bytes) -> Bytes {
        match self.scrub(&body) {
            Cow::Borrowed(_) => body,
            Cow::Owned(clean) => clean.into(),
        }
    }

    /// The text without the secrets.
    pub fn text(&self, text: String) -> String {
        match self.scrub(text.as_bytes()) {
            Cow::Borrowed(_) => text,
            Cow::Owned(clean) => String::from_utf8_lossy(&clean).into_owned(),
        }
    }

    /// Takes the secrets out of a header's value.
    pub fn header(&self, value: &mut HeaderValue) {
        if let Cow::Owned(clean) = self.scrub(value.as_bytes()) {
            *value = HeaderValue::from_bytes(&clean).unwrap_or(HeaderValue::from_static(REMOVED));
        }
    }

    fn scrub<'bytes>(&self, bytes: &'bytes [u8]) -> Cow<'bytes, [u8]> {
        let mut clean = Cow::Borrowed(bytes);
        for finder in &self.needles {
            if finder.find(&clean).is_none() {
                continue;
            }
            let mut kept = Vec::with_capacity(clean.len());
            let mut from = 0;
            for at in finder.find_iter(&clean) {
                kept.extend_from_slice(clean.get(from..at).unwrap_or_default());
                kept.extend_from_slice(REMOVED.as_bytes());
                from = at + finder.needle().len();
            }
            kept.extend_from_slice(clean.get(from..).unwrap_or_default());
            clean = Cow::Owned(kept);
        }
        clean
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scrubbed(secrets: &[&str], text: &str) -> String {
        Scrubber::of(secrets.iter().copied()).text(text.to_owned())
    }

    #[test]
    fn every_form_of_a_secret_is_taken_out() {
        assert_eq!(scrubbed(&["canary/+\"=1"], r#"a canary/+"=1 b canary/+\"=1"#), "a [removed] b [removed]");
        assert_eq!(scrubbed(&["canary/+=1"], "x?t=canary%2F%2B%3D1&canary/+=1"), "x?t=[removed]&[removed]");
    }

    #[test]
    fn a_secret_within_another_is_taken_out_with_it() {
        assert_eq!(scrubbed(&["canary-1", "canary-1-long"], "canary-1-long canary-1"), "[removed] [removed]");
    }

    #[test]
    fn text_without_a_secret_is_unchanged() {
        assert_eq!(scrubbed(&["canary-canary", "demo"], "a demo"), "a demo");
    }
}
