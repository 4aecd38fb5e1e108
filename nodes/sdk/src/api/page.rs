use serde_json::Value;

use super::{Call, text};
use crate::{Answer, Failure, Result, count, list_of};

/// Entries, and the token of those after them.
#[derive(Clone, Debug, PartialEq)]
pub struct Page<T> {
    /// In the service's order.
    pub entries: Vec<T>,
    /// Empty when nothing follows.
    pub next_token: String,
}

impl<T> Page<T> {
    /// Entries, and what leads on; blank or absent when nothing does.
    pub fn new(entries: Vec<T>, next_token: Option<&str>) -> Self {
        Self { entries, next_token: next_token.map(str::trim).unwrap_or_default().to_owned() }
    }

    /// "Listed 100 nodes; NextToken leads to more."
    pub fn summary(&self, noun: &str) -> String {
        let more = if self.next_token.is_empty() { "" } else { "; NextToken leads to more" };
        format!("Listed {}{more}.", count(self.entries.len(), noun))
    }

    /// A page of the user's size from the service's smaller ones. `call` asks for at most so many from a token on; the
    /// token is empty for the first page.
    ///
    /// The last call asks for only what is missing, so that the service's token stands exactly where the user's page ends. A
    /// call counts for as many as it asked for: where the service gives fewer, the page is shorter and the token leads on.
    /// Where it gives more, that stays too, because the token is behind it.
    ///
    /// A token that leads to where it came from would have the reader of all pages go round for ever: it fails.
    pub fn gather(
        asked: usize,
        per_call: usize,
        token: Option<&str>,
        mut call: impl FnMut(usize, &str) -> Result<Self>,
    ) -> Result<Self> {
        let mut page = Self::new(Vec::new(), token);
        let mut followed = Vec::new();
        let mut missing = asked;
        loop {
            let size = missing.min(per_call);
            let Self { entries, next_token } = call(size, &page.next_token)?;
            missing = missing.saturating_sub(size.max(entries.len()));
            page.entries.extend(entries);
            followed.push(std::mem::replace(&mut page.next_token, next_token));
            if page.next_token.is_empty() {
                return Ok(page);
            }
            if followed.contains(&page.next_token) {
                return Err(leads_back(&page.next_token));
            }
            if missing == 0 {
                return Ok(page);
            }
        }
    }
}

/// How a service gives a list in pages: where it takes and gives what leads on.
///
/// ```no_run
/// use patchbay_node::api::{Api, Page, Paging};
///
/// static SHOP: Api = Api::new("The shop", "https://api.example.com");
/// const ORDERS: Paging = Paging::new("orders", 50);
///
/// # fn orders() -> patchbay_node::Result<Page<String>> {
/// ORDERS.page(120, None, || SHOP.get("/orders"))
/// # }
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Paging {
    entries: &'static str,
    per_call: usize,
    size: &'static str,
    token: &'static str,
    next: &'static str,
}

impl Paging {
    /// Entries stand in this member of an answer, so many at most. The query has `maxResults` and `nextToken`, the answer
    /// `nextToken`.
    pub const fn new(entries: &'static str, per_call: usize) -> Self {
        Self { entries, per_call, size: "maxResults", token: "nextToken", next: "nextToken" }
    }

    /// Other names: of the number and the token in the query, and of the member that leads on.
    pub const fn named(self, size: &'static str, token: &'static str, next: &'static str) -> Self {
        Self { size, token, next, ..self }
    }

    /// Reads as many entries as were asked for, in as many calls as that takes, from the token on.
    pub fn page<T: Answer + 'static>(
        &self,
        asked: usize,
        token: Option<&str>,
        list: impl Fn() -> Call,
    ) -> Result<Page<T>> {
        Page::gather(asked, self.per_call, token, |size, token| {
            let first = list().query(self.size, size);
            let call = if token.is_empty() { first } else { first.query(self.token, token) };
            let mut answer: serde_json::Map<String, Value> = call.send()?;
            let next_token = answer.get(self.next).and_then(text);
            Ok(Page::new(list_of(answer.remove(self.entries)), next_token.as_deref()))
        })
    }
}

fn leads_back(token: &str) -> Failure {
    Failure::system(format!("the page after the token `{token}` is said to begin at `{token}` again"))
        .hint("Run again; if it stays so, there is no way to what comes after: report it to the service.")
        .retryable(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A service with so many entries that gives at most `at_once` of them. Its tokens are positions.
    fn service(entries: usize, at_once: usize) -> impl FnMut(usize, &str) -> Result<Page<usize>> {
        move |size, token| {
            let start = token.parse().unwrap_or_default();
            let end = entries.min(start + size.min(at_once));
            let next_token = (end < entries).then(|| end.to_string());
            Ok(Page::new((start..end).collect(), next_token.as_deref()))
        }
    }

    fn sizes_asked(asked: usize, per_call: usize, entries: usize) -> Vec<usize> {
        let (mut sizes, mut service) = (Vec::new(), service(entries, usize::MAX));
        Page::gather(asked, per_call, None, |size, token| {
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
                    let page = Page::gather(asked, 30, Some(&token), service(333, at_once)).unwrap();
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
        for (asked, at_once, calls, token) in [(20, 8, 1, "8"), (100, 8, 4, "32")] {
            let (mut sizes, mut service) = (Vec::new(), service(500, at_once));
            let page = Page::gather(asked, 30, None, |size, token| {
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
        let page = Page::gather(2, 30, None, |_, _| Ok(Page::new(vec![1, 2, 3], Some("t"))));
        assert_eq!(page.unwrap().entries, [1, 2, 3]);
    }

    #[test]
    fn a_call_that_fails_fails_the_page() {
        let mut service = service(500, usize::MAX);
        let page = Page::gather(100, 30, None, |size, token| match token {
            "60" => Err(Failure::system("busy").retryable(true)),
            _ => service(size, token),
        });
        assert!(page.unwrap_err().is_retryable());
    }

    #[test]
    fn a_token_that_leads_back_fails_the_page_also_where_one_call_is_enough() {
        for (asked, first) in [(20, Some("t")), (100, Some("t")), (100, None)] {
            let mut calls = 0;
            let page = Page::gather(asked, 30, first, |_, token| {
                calls += 1;
                // From "u" on, it goes to and fro.
                let next = if token == "t" && first.is_none() { "u" } else { "t" };
                Ok(Page::new(vec![calls], Some(next)))
            });
            let failure = page.unwrap_err();
            assert!(failure.message().contains("`t`"), "{failure}");
            assert!(calls <= 3, "{calls}");
        }
    }

    #[test]
    fn a_token_that_is_absent_or_blank_ends_the_list() {
        for (token, expected) in [(None, ""), (Some(" "), ""), (Some("a="), "a=")] {
            assert_eq!(Page::<i64>::new(Vec::new(), token).next_token, expected);
        }
    }
}
