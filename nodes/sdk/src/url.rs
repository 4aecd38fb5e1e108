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
///
/// What comes with [`segment`](Self::segment) names one thing of many, what comes with [`path`](Self::path) belongs to the
/// API: the host counts, limits and measures requests by the path with `{}` for each such segment.
#[derive(Clone, Debug, PartialEq)]
pub struct Url {
    path: String,
    /// The path without scheme and host, `{}` in place of segments.
    api: String,
    query: String,
    misleading_segment: Option<String>,
}

/// A URL that can be sent.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Finished {
    pub(crate) url: String,
    pub(crate) api: String,
}

impl Url {
    /// Starts with the part that needs no encoding.
    pub fn new(base: impl Into<String>) -> Self {
        let path = base.into();
        let host = path.split_once("://").map_or(path.as_str(), |(_, rest)| rest);
        let api = host.find('/').map_or(String::new(), |start| host[start..].to_owned());
        Self { path, api, query: String::new(), misleading_segment: None }
    }

    /// Goes on with a path of the documentation, which begins with `/` and needs no encoding.
    pub fn path(mut self, path: &str) -> Self {
        self.path.push_str(path);
        self.api.push_str(path);
        self
    }

    /// Adds `/` and one path segment.
    pub fn segment(mut self, segment: &str) -> Self {
        if matches!(segment, "" | "." | "..") {
            self.misleading_segment = Some(segment.to_owned());
        }
        self.path.push('/');
        self.path.extend(utf8_percent_encode(segment, SEGMENT));
        self.api.push_str("/{}");
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
    pub(crate) fn finish(self) -> Result<Finished, String> {
        let Self { path, api, query, misleading_segment } = self;
        match misleading_segment {
            Some(segment) => Err(segment),
            None => Ok(Finished { url: path + &query, api: if api.is_empty() { "/".to_owned() } else { api } }),
        }
    }
}

/// Name and value pairs as a form sends them.
pub(crate) fn form<'a>(pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> String {
    let pairs = pairs.into_iter();
    let encoded = pairs
        .map(|(name, value)| format!("{}={}", utf8_percent_encode(name, QUERY), utf8_percent_encode(value, QUERY)));
    encoded.collect::<Vec<_>>().join("&")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn segment(text: &str) -> Result<String, String> {
        Url::new("https://h").segment(text).finish().map(|finished| finished.url)
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
        let url = url.finish().map(|finished| finished.url);
        assert_eq!(url, Ok("https://h/p?operatorId=a%2Bb%2Fc%3D%3D&q=x%20y%26z".to_owned()));
    }

    #[test]
    fn the_api_is_the_path_with_a_place_for_each_segment() {
        for (url, api) in [
            (Url::new("https://h").path("/books").segment("b/1").path("/lines"), "/books/{}/lines"),
            (Url::new("https://h/v1/books").segment("b").query("q", "1"), "/v1/books/{}"),
            (Url::new("https://h"), "/"),
        ] {
            assert_eq!(url.finish().map(|finished| finished.api).as_deref(), Ok(api));
        }
    }
}
