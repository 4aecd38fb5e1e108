//! An error with its causes.

use std::error::Error;
use std::fmt::Write as _;

/// An error and each of its causes, joined by colons: what a log line and a terminal show. A cause that its effect told in
/// the same words, at its end or as a whole, is not told again.
pub fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut told = text.clone();
    let mut next = error.source();
    while let Some(cause) = next {
        let words = cause.to_string();
        if !words.ends_with(&told) {
            let _ = write!(text, ": {words}"); // Writing to a String does not fail.
        }
        told = words;
        next = cause.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("{text}")]
    struct Told {
        text: &'static str,
        source: Option<Box<Told>>,
    }

    #[test]
    fn each_cause_is_told_once() {
        let cause = Told { text: "no space left", source: None };
        let same = Told { text: "the store failed", source: Some(Box::new(cause)) };
        let error = Told { text: "the store failed", source: Some(Box::new(same)) };
        assert_eq!(chain(&error), "the store failed: no space left");
        let cause = Told { text: "error code 13: no space left", source: None };
        let error = Told { text: "no space left", source: Some(Box::new(cause)) };
        assert_eq!(chain(&error), "no space left");
    }
}
