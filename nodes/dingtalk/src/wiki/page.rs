use patchbay_node::{Answer, Result};
use serde_json::{Map, Value};

use super::{Item, many};
use crate::{Call, count, errors::text};

/// Entries, and the token of those after them.
#[derive(Debug, PartialEq)]
pub struct Page<T> {
    /// In the service's order.
    pub entries: Vec<T>,
    /// Empty when nothing follows.
    pub next_token: String,
}

/// Reads as many as were asked for, in as many calls as that takes, from the token on.
pub fn page<T: Item>(asked: u32, token: Option<String>, list: impl Fn() -> Call) -> Result<Page<Answer<T>>> {
    gather(asked as usize, T::PAGE as usize, token.unwrap_or_default(), |size, token| {
        let first = list().query("maxResults", &size.to_string());
        let call = if token.is_empty() { first } else { first.query("nextToken", token) };
        let mut answer = call.send()?;
        Ok(Page { entries: many(&mut answer), next_token: next_token(&answer) })
    })
}

impl<T: Item> Page<Answer<T>> {
    /// "Listed 100 nodes; NextToken leads to more."
    pub fn summary(&self) -> String {
        let more = if self.next_token.is_empty() { "" } else { "; NextToken leads to more" };
        format!("Listed {}{more}.", count(self.entries.len(), T::NOUN))
    }
}

fn next_token(answer: &Map<String, Value>) -> String {
    answer.get("nextToken").and_then(text).unwrap_or_default()
}

/// A page of the user's size from the service's smaller ones. The last call asks for only what is missing, so that the
/// service's token stands exactly where the user's page ends. A call counts for as many as it asked for: where the service
/// gives fewer, the page is shorter and the token leads on. Where it gives more, that stays too, because the token is
/// behind it.
fn gather<T>(
    asked: usize,
    per_call: usize,
    token: String,
    mut call: impl FnMut(usize, &str) -> Result<Page<T>>,
) -> Result<Page<T>> {
    let mut page = Page { entries: Vec::new(), next_token: token };
    let mut missing = asked;
    loop {
        let size = missing.min(per_call);
        let Page { entries, next_token } = call(size, &page.next_token)?;
        missing = missing.saturating_sub(size.max(entries.len()));
        page.entries.extend(entries);
        page.next_token = next_token;
        if page.next_token.is_empty() || missing == 0 {
            return Ok(page);
        }
    }
}

#[cfg(test)]
mod tests {
    use patchbay_node::Failure;
    use serde_json::json;

    use super::*;

    /// A service with so many entries that gives at most `at_once` of them. Its tokens are positions.
    fn service(entries: usize, at_once: usize) -> impl FnMut(usize, &str) -> Result<Page<usize>> {
        move |size, token| {
            let start = token.parse().unwrap_or_default();
            let end = entries.min(start + size.min(at_once));
            let next_token = if end < entries { end.to_string() } else { String::new() };
            Ok(Page { entries: (start..end).collect(), next_token })
        }
    }

    fn sizes_asked(asked: usize, per_call: usize, entries: usize) -> Vec<usize> {
        let (mut sizes, mut service) = (Vec::new(), service(entries, usize::MAX));
        gather(asked, per_call, String::new(), |size, token| {
            sizes.push(size);
            service(size, token)
        })
        .unwrap();
        sizes
    }

    #[test]
    fn the_last_call_asks_for_only_what_is_missing() {
        for (asked, per_call, entries, sizes) in [
            (20, 50, 500, &[20][..]),
            (50, 50, 500, &[50]),
            (51, 50, 500, &[50, 1]),
            (100, 50, 500, &[50, 50]),
            (100, 30, 500, &[30, 30, 30, 10]),
            (100, 30, 30, &[30]),
            (100, 30, 31, &[30, 30]),
            (100, 30, 0, &[30]),
        ] {
            assert_eq!(sizes_asked(asked, per_call, entries), sizes, "{asked} of {entries}");
        }
    }

    #[test]
    fn pages_follow_each_other_without_a_gap_or_a_repeat() {
        for at_once in [1, 7, 30, 50] {
            for asked in [1, 19, 30, 75, 100] {
                let (mut seen, mut token) = (Vec::new(), String::new());
                loop {
                    let page = gather(asked, 30, token, service(333, at_once)).unwrap();
                    assert!(page.entries.len() <= asked);
                    seen.extend(page.entries);
                    token = page.next_token;
                    if token.is_empty() {
                        break;
                    }
                }
                assert!(seen.into_iter().eq(0..333), "{asked} asked for, {at_once} at once");
            }
        }
    }

    #[test]
    fn a_service_that_gives_fewer_than_asked_for_makes_the_page_shorter() {
        for (asked, at_once, calls, token) in [(20, 8, 1, "8"), (30, 0, 1, "0"), (100, 8, 4, "32"), (100, 0, 4, "0")] {
            let (mut sizes, mut service) = (Vec::new(), service(500, at_once));
            let page = gather(asked, 30, String::new(), |size, token| {
                sizes.push(size);
                service(size, token)
            });
            let page = page.unwrap();
            assert_eq!((sizes.len(), page.entries.len()), (calls, at_once * calls), "{asked} asked for");
            assert_eq!((page.next_token.as_str(), sizes.iter().sum::<usize>()), (token, asked));
        }
    }

    #[test]
    fn more_than_was_asked_for_is_kept_because_the_token_is_behind_it() {
        let page = gather(2, 30, String::new(), |_, _| Ok(Page { entries: vec![1, 2, 3], next_token: "t".to_owned() }));
        assert_eq!(page.unwrap().entries, [1, 2, 3]);
    }

    #[test]
    fn a_call_that_fails_fails_the_page() {
        let mut service = service(500, usize::MAX);
        let page = gather(100, 30, String::new(), |size, token| match token {
            "60" => Err(Failure::system("busy").retryable(true)),
            _ => service(size, token),
        });
        assert!(page.unwrap_err().is_retryable());
    }

    #[test]
    fn a_token_that_is_absent_null_or_blank_ends_the_list() {
        for (answer, expected) in [
            (json!({}), ""),
            (json!({ "nextToken": null }), ""),
            (json!({ "nextToken": " " }), ""),
            (json!({ "nextToken": "a=" }), "a="),
            (json!({ "nextToken": 30 }), "30"),
        ] {
            assert_eq!(next_token(answer.as_object().unwrap()), expected, "{answer}");
        }
    }
}
