//! Takes secrets out of what leaves: what the service answered, before the node or a log sees it, and what is recorded.

mod spelling;

use std::borrow::Cow;
use std::sync::{Arc, OnceLock};

use bytes::{Bytes, BytesMut};
use memchr::memchr2;
use memchr::memmem::Finder;
use regex::bytes::{Regex, RegexBuilder};
use reqwest::header::HeaderValue;

pub(crate) use spelling::forms;

/// What stands in the place of a secret in an answer.
const REMOVED: &str = "[removed]";

/// The texts to take out, in every spelling that they may come back in. Made once, with what it guards.
#[derive(Clone, Default)]
pub struct Scrubber(Arc<Texts>);

#[derive(Default)]
struct Texts {
    /// The texts, the longer first, in pieces.
    pieces: Vec<String>,
    /// What every spelling without an escape has in it.
    traces: Vec<Finder<'static>>,
    /// Made when something is first looked through that can not be told to have none of the texts: an answer seldom has
    /// an escape, and most credentials guard a run or two.
    patterns: OnceLock<Patterns>,
    mark: &'static str,
    longest: usize,
}

/// Every spelling of the texts.
enum Patterns {
    These(Vec<Regex>),
    /// A pattern could not be made: then everything goes, for nobody knows what is in it.
    Everything,
}

impl Scrubber {
    /// Shorter values stand in ordinary text by chance: taking them out would spoil answers and hide nothing.
    const SHORTEST_SECRET: usize = 8;
    /// A longer text is taken out piece by piece, in characters.
    const LONGEST_PIECE: usize = 512;
    /// Characters in one pattern.
    const LONGEST_PATTERN: usize = 2_048;

    /// Takes a credential's secrets out of answers.
    pub(crate) fn of<'secret>(secrets: impl IntoIterator<Item = &'secret str>) -> Self {
        Self::new(secrets, Self::SHORTEST_SECRET, REMOVED)
    }

    /// Puts `mark` in the place of each of the texts that has at least `shortest` bytes.
    pub fn new<'text>(texts: impl IntoIterator<Item = &'text str>, shortest: usize, mark: &'static str) -> Self {
        let mut texts: Vec<&str> = texts.into_iter().filter(|text| text.len() >= shortest.max(1)).collect();
        // A longer text first, so that one that contains another is taken out whole.
        texts.sort_by_key(|text| std::cmp::Reverse(text.len()));
        texts.dedup();
        let pieces: Vec<String> = texts.into_iter().flat_map(pieces).map(str::to_owned).collect();
        let traces = pieces.iter().flat_map(|piece| spelling::traces(piece));
        let traces = traces.map(|trace| Finder::new(trace.as_bytes()).into_owned()).collect();
        let longest = pieces.iter().map(|piece| spelling::longest(piece.chars().count())).max().unwrap_or_default();
        Self(Arc::new(Texts { pieces, traces, patterns: OnceLock::new(), mark, longest }))
    }

    /// The bytes without the secrets; unchanged, and not copied, when they have none.
    pub fn bytes(&self, bytes: Bytes) -> Bytes {
        match self.scrub(&bytes) {
            Cow::Borrowed(_) => bytes,
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
    pub(crate) fn header(&self, value: &mut HeaderValue) {
        if let Cow::Owned(clean) = self.scrub(value.as_bytes()) {
            *value = HeaderValue::from_bytes(&clean).unwrap_or(HeaderValue::from_static(REMOVED));
        }
    }

    /// What may leave of content that comes in pieces. The rest stays in `held`: a secret may begin there.
    pub(crate) fn piece(&self, held: &mut BytesMut, is_last: bool) -> Bytes {
        let texts = &*self.0;
        if is_last || texts.pieces.is_empty() {
            return self.bytes(held.split().freeze());
        }
        let mut end = held.len().saturating_sub(texts.longest);
        // What is taken out is taken out whole.
        if let Some(Patterns::These(patterns)) = texts.patterns_for(held) {
            for pattern in patterns {
                if let Some(found) = pattern.find_iter(held).find(|found| found.end() > end) {
                    end = end.min(found.start());
                }
            }
        }
        self.bytes(held.split_to(end).freeze())
    }

    fn scrub<'bytes>(&self, bytes: &'bytes [u8]) -> Cow<'bytes, [u8]> {
        let mark = self.0.mark.as_bytes();
        let patterns = match self.0.patterns_for(bytes) {
            None => return Cow::Borrowed(bytes),
            Some(Patterns::Everything) => return Cow::Owned(mark.into()),
            Some(Patterns::These(patterns)) => patterns,
        };
        let mut clean = Cow::Borrowed(bytes);
        for pattern in patterns {
            let scrubbed = match pattern.replace_all(&clean, regex::bytes::NoExpand(mark)) {
                Cow::Borrowed(_) => continue,
                Cow::Owned(scrubbed) => scrubbed,
            };
            clean = Cow::Owned(scrubbed);
        }
        clean
    }
}

impl Texts {
    /// The patterns, if these bytes are to be looked through for them; none where it is certain that nothing is found.
    fn patterns_for(&self, bytes: &[u8]) -> Option<&Patterns> {
        if self.pieces.is_empty() || bytes.is_empty() {
            return None;
        }
        let has_escape = || memchr2(b'\\', b'%', bytes).is_some();
        let has_trace = || self.traces.iter().any(|trace| trace.find(bytes).is_some());
        (has_escape() || has_trace()).then(|| self.patterns.get_or_init(|| Patterns::of(&self.pieces)))
    }
}

impl Patterns {
    fn of(pieces: &[String]) -> Self {
        let (mut patterns, mut pattern, mut characters) = (Vec::new(), String::new(), 0);
        for piece in pieces {
            let length = piece.chars().count();
            if characters + length > Scrubber::LONGEST_PATTERN {
                patterns.push(std::mem::take(&mut pattern));
                characters = 0;
            }
            if !pattern.is_empty() {
                pattern.push('|');
            }
            pattern.push_str(&spelling::pattern(piece));
            characters += length;
        }
        patterns.push(pattern);
        patterns.iter().map(|pattern| compile(pattern)).collect::<Option<_>>().map_or(Self::Everything, Self::These)
    }
}

fn compile(pattern: &str) -> Option<Regex> {
    const MOST_BYTES: usize = 64 << 20;
    RegexBuilder::new(pattern).unicode(false).size_limit(MOST_BYTES).build().ok()
}

/// A text in pieces of bounded length.
fn pieces(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let end = rest.char_indices().nth(Scrubber::LONGEST_PIECE).map_or(rest.len(), |(end, _)| end);
        let (piece, after) = rest.split_at_checked(end).filter(|(piece, _)| !piece.is_empty())?;
        rest = after;
        Some(piece)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use base64::Engine;
    use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};

    fn scrubbed(secrets: &[&str], text: &str) -> String {
        Scrubber::of(secrets.iter().copied()).text(text.to_owned())
    }

    #[test]
    fn a_secret_is_taken_out_as_json_writes_it() {
        let secret = "canary/+\"=\\1";
        for spelled in [
            secret.to_owned(),
            serde_json::to_string(secret).unwrap().trim_matches('"').to_owned(),
            r#"canary\/+\"=\\1"#.to_owned(),
            r"\u0063anary\u002F+\u0022=\u005C1".to_owned(),
            r"\u0063anary\u002f+\u0022=\u005c1".to_owned(),
        ] {
            assert_eq!(scrubbed(&[secret], &format!("a {spelled} b")), "a [removed] b", "{spelled}");
        }
    }

    #[test]
    fn a_secret_that_begins_or_ends_with_a_quote_is_taken_out_of_json() {
        for secret in ["\"canary-1", "canary-1\"", "\"canary-1\"", "\\canary-1\\"] {
            let json = serde_json::json!({ "echo": secret }).to_string();
            assert_eq!(scrubbed(&[secret], &json), r#"{"echo":"[removed]"}"#);
        }
    }

    #[test]
    fn a_secret_is_taken_out_as_a_url_writes_it() {
        let secret = "canary /+=käse1";
        for spelled in [
            "canary%20%2F%2B%3Dk%C3%A4se1",
            "canary%20%2f%2b%3dk%c3%a4se1",
            "canary+%2F%2B%3Dk%C3%A4se1",
            "%63anary%20/+=käse1",
        ] {
            assert_eq!(scrubbed(&[secret], &format!("x?t={spelled}&u=1")), "x?t=[removed]&u=1", "{spelled}");
        }
    }

    #[test]
    fn a_secret_is_taken_out_of_base64_wherever_it_stands_in_it() {
        let secret = "canary-secret-7f3a9c51?>";
        for before in ["", "u", "us", "user:"] {
            for encoded in [
                STANDARD.encode(format!("{before}{secret}:more")),
                URL_SAFE_NO_PAD.encode(format!("{before}{secret}:more")),
            ] {
                let clean = scrubbed(&[secret], &format!("Basic {encoded}"));
                assert!(clean.contains(REMOVED), "{encoded}: {clean}");
                let left: String = clean.replace(REMOVED, "").replace("Basic ", "");
                assert!(left.len() < 20, "{clean}");
            }
        }
    }

    #[test]
    fn every_spelling_is_looked_for_before_a_pattern_is_made() {
        for secret in ["canary/+\"=\\1", "canary with blanks", "käse & 中 😀/1", "a b c d e", "plain-secret"] {
            for form in forms(secret) {
                let clean = scrubbed(&[secret], &format!("<{form}>"));
                assert_eq!(clean, "<[removed]>", "{form}");
            }
        }
    }

    #[test]
    fn a_secret_within_another_is_taken_out_with_it() {
        assert_eq!(scrubbed(&["canary-1", "canary-1-long"], "canary-1-long canary-1"), "[removed] [removed]");
    }

    #[test]
    fn text_without_a_secret_is_unchanged() {
        assert_eq!(scrubbed(&["canary-canary", "demo"], "a demo"), "a demo");
        assert_eq!(scrubbed(&[], "any\\u0041%41"), "any\\u0041%41");
    }

    #[test]
    fn a_long_secret_is_taken_out_piece_by_piece() {
        // Letters of no period: a part of it stands nowhere else in it.
        let letter = |number: u64| char::from(b'a' + (number.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 40) as u8 % 26);
        let secret: String = (1..6_000).map(|number: u64| letter(number * number)).collect();
        let clean = scrubbed(&[&secret], &format!("<{secret}>"));
        assert_eq!(clean.replace(REMOVED, ""), "<>");
    }

    #[test]
    fn a_secret_is_taken_out_of_content_that_comes_in_pieces() {
        let scrubber = Scrubber::of(["canary-secret"]);
        let content = format!("{}canary-secret{}canary%2Dsecret.", "a".repeat(1_000), "b".repeat(300));
        for size in [1, 7, 64, 5_000] {
            let (mut held, mut clean) = (BytesMut::new(), Vec::new());
            for piece in content.as_bytes().chunks(size) {
                held.extend_from_slice(piece);
                clean.extend_from_slice(&scrubber.piece(&mut held, false));
            }
            clean.extend_from_slice(&scrubber.piece(&mut held, true));
            let expected = format!("{}[removed]{}[removed].", "a".repeat(1_000), "b".repeat(300));
            assert_eq!(String::from_utf8(clean).unwrap(), expected, "in pieces of {size}");
        }
    }
}
