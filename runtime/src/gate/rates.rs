//! Requests that one credential may send to one API in a time.

use std::num::NonZeroU32;
use std::time::Duration;

use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};

use crate::credential::Fingerprint;
use crate::provider::RateLimit;

/// A provider's rate limit over all its credentials and APIs. Requests past it wait for their turn.
pub(crate) struct Rates {
    limiter: DefaultKeyedRateLimiter<(Option<Fingerprint>, String)>,
    templates: Vec<Vec<Segment>>,
}

enum Segment {
    Exactly(String),
    Any,
}

impl Rates {
    /// Keys that have not been used for a while are dropped when there are more than this.
    const KEPT_KEYS: usize = 4_096;

    /// None when the limit is not one: `requests` and `per_ms` are at least 1 in a checked provider.
    pub fn new(limit: &RateLimit) -> Option<Self> {
        let requests = NonZeroU32::new(limit.requests)?;
        let quota = Quota::with_period(Duration::from_millis(limit.per_ms.into()) / limit.requests)?;
        let segment = |text: &str| {
            if text.starts_with('{') && text.ends_with('}') { Segment::Any } else { Segment::Exactly(text.to_owned()) }
        };
        Some(Self {
            limiter: RateLimiter::keyed(quota.allow_burst(requests)),
            templates: limit.templates.iter().map(|path| path.split('/').map(segment).collect()).collect(),
        })
    }

    /// Waits for the request's turn.
    pub async fn turn(&self, credential: Option<Fingerprint>, method: &str, path: &str) {
        if self.limiter.len() > Self::KEPT_KEYS {
            self.limiter.retain_recent();
        }
        self.limiter.until_key_ready(&(credential, format!("{method} {}", self.api(path)))).await;
    }

    /// The API that a path belongs to: the number of its template, else the path.
    fn api(&self, path: &str) -> String {
        let fits = |template: &Vec<Segment>| {
            let mut segments = path.split('/');
            let same = template.iter().all(|wanted| match (wanted, segments.next()) {
                (Segment::Exactly(text), Some(segment)) => text == segment,
                (Segment::Any, Some(_)) => true,
                (_, None) => false,
            });
            same && segments.next().is_none()
        };
        self.templates.iter().position(fits).map_or_else(|| path.to_owned(), |index| index.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rates(requests: u32, per_ms: u32) -> Rates {
        let templates = vec!["/books/{book}/rows".to_owned()];
        Rates::new(&RateLimit { requests, per_ms, templates }).unwrap()
    }

    #[test]
    fn all_ids_of_a_template_count_as_one_api() {
        let rates = rates(1, 1);
        assert_eq!(rates.api("/books/1/rows"), rates.api("/books/2/rows"));
        assert_ne!(rates.api("/books/1/rows"), rates.api("/books/1/rows/3"));
        assert_ne!(rates.api("/books/1"), rates.api("/books/2"));
    }

    #[tokio::test]
    async fn a_request_past_the_limit_waits_and_another_api_does_not() {
        let rates = rates(2, 3_600_000);
        let turn = |path: &'static str| tokio::time::timeout(Duration::from_millis(20), rates.turn(None, "GET", path));
        assert!(turn("/a").await.is_ok());
        assert!(turn("/a").await.is_ok());
        assert!(turn("/a").await.is_err());
        assert!(turn("/b").await.is_ok());
    }
}
