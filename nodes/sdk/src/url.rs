use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// Everything but RFC 3986's unreserved characters.
const QUERY: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// In a path segment `:` may stand as it is, and services show ranges such as `A1:C3` so.
const SEGMENT: &AsciiSet = &QUERY.remove(b':');

/// An absolute URL, percent-encoded part by part as it is built.
///
/// | part | what stays as it is | the rest |
/// | --- | --- | --- |
/// | base | everything: it is the author's own text, `https://host/path/in/the/documentation` | |
/// | segment | letters, digits, `-` `.` `_` `~` `:` | `%XX` of its UTF-8, so `/`, `?` and `#` stay inside the segment |
/// | query name and value | letters, digits, `-` `.` `_` `~` | `%XX`, a space too |
///
/// A segment that is empty, `.` or `..` would make the path another one, encoded or not; such a URL is never sent.
#[derive(Clone, Debug, PartialEq)]
pub struct Url {
    path: String,
    query: String,
    misleading_segment: Option<String>,
}

impl Url {
    /// Starts with the part that needs no encoding.
    pub fn new(base: impl Into<String>) -> Self {
        Self { path: base.into(), query: String::new(), misleading_segment: None }
    }

    /// Adds `/` and one path segment.
    pub fn segment(mut self, segment: &str) -> Self {
        if matches!(segment, "" | "." | "..") {
            self.misleading_segment = Some(segment.to_owned());
        }
        self.path.push('/');
        self.path.extend(utf8_percent_encode(segment, SEGMENT));
        self
    }

    /// Adds one query pair.
    pub fn query(mut self, name: &str, value: &str) -> Self {
        self.query.push(if self.query.is_empty() { '?' } else { '&' });
        self.query.extend(utf8_percent_encode(name, QUERY));
        self.query.push('=');
        self.query.extend(utf8_percent_encode(value, QUERY));
        self
    }

    /// The whole text, or the segment for which there is none.
    pub(crate) fn finish(self) -> Result<String, String> {
        match self.misleading_segment {
            Some(segment) => Err(segment),
            None => Ok(self.path + &self.query),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn segment(text: &str) -> Result<String, String> {
        Url::new("https://h").segment(text).finish()
    }

    #[test]
    fn a_segment_stays_one_segment() {
        for (text, encoded) in [
            ("A6:C7", "A6:C7"),
            ("st-7c41e0aa-52317", "st-7c41e0aa-52317"),
            ("Q1/Q2 plan", "Q1%2FQ2%20plan"),
            ("100%?#+&=;@", "100%25%3F%23%2B%26%3D%3B%40"),
            ("季度", "%E5%AD%A3%E5%BA%A6"),
            ("🚀", "%F0%9F%9A%80"),
            ("...", "..."),
        ] {
            assert_eq!(segment(text), Ok(format!("https://h/{encoded}")));
        }
    }

    #[test]
    fn a_segment_that_would_change_the_path_is_not_sent() {
        for text in ["", ".", ".."] {
            assert_eq!(segment(text), Err(text.to_owned()));
        }
    }

    #[test]
    fn query_pairs_are_encoded_and_keep_their_order() {
        let url = Url::new("https://h/p").query("operatorId", "a+b/c==").query("q", "x y&z");
        assert_eq!(url.finish(), Ok("https://h/p?operatorId=a%2Bb%2Fc%3D%3D&q=x%20y%26z".to_owned()));
    }
}
