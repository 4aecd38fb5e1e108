//! Requests that one credential may send to one API in a time: no span of that length, wherever it begins, has more.
//!
//! The times of the last requests are kept for each credential and API. A request waits until the oldest of as many as are
//! allowed has left the span, and is noted at the moment when it goes out.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::OwnedMutexGuard;

use crate::clock::Clock;
use crate::credential::CredentialId;
use crate::provider::RateLimit;

/// A provider's rate limit over all its credentials and APIs.
pub(crate) struct Pace {
    /// The span, with a little more: on the way to the service requests come closer to each other, or drift apart.
    span: Duration,
    /// So many groups of so many requests may be sent in a span. A group is one request where the limit is small.
    groups: usize,
    group_size: u32,
    /// Nothing is sent before: another process may have sent as much as was allowed.
    silent_until: Option<Instant>,
    roads: Mutex<HashMap<Road, Arc<Flow>>>,
}

/// What is counted together.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Road {
    /// Whom the service takes the request to be from.
    pub credential: Option<CredentialId>,
    /// Method and API.
    pub api: String,
}

/// What went out on a road lately, and what may go out next.
struct Flow {
    /// Held by the request that is next. The others wait behind it, in the order in which they came.
    sent: Arc<tokio::sync::Mutex<Sent>>,
    /// The service refused a request for its rate: nothing is sent before.
    closed_until: Mutex<Option<Instant>>,
}

/// The times of the last groups, each that of its last request.
#[derive(Default)]
struct Sent {
    groups: VecDeque<Instant>,
    in_last: u32,
}

/// Leave to send a request, which those behind it wait for.
pub(crate) struct Turn {
    sent: OwnedMutexGuard<Sent>,
    most_groups: usize,
    group_size: u32,
}

impl Turn {
    /// Notes that the request goes out now.
    pub fn take(mut self, now: Instant) {
        let sent = &mut *self.sent;
        match sent.groups.back_mut() {
            Some(last) if sent.in_last < self.group_size => {
                *last = now;
                sent.in_last += 1;
            }
            _ => {
                if sent.groups.len() >= self.most_groups {
                    sent.groups.pop_front();
                }
                sent.groups.push_back(now);
                sent.in_last = 1;
            }
        }
    }
}

impl Pace {
    /// As many times are kept for a road; above, a limit is counted in groups.
    const MOST_GROUPS: u32 = 1_000;
    /// Roads that nobody uses are forgotten when there are more than this. When all are used, further ones share one.
    const MOST_ROADS: usize = 4_096;
    /// The longest time that is added to a span.
    const MOST_SLACK: Duration = Duration::from_millis(100);

    /// The pace that a limit sets. `follows` is when this process began, if another may have sent until then.
    pub fn new(limit: &RateLimit, follows: Option<Instant>) -> Self {
        let span = Duration::from_millis(limit.per_ms.into());
        let span = span.saturating_add((span / 20).min(Self::MOST_SLACK));
        let groups = limit.requests.clamp(1, Self::MOST_GROUPS);
        Self {
            span,
            groups: groups as usize,
            group_size: (limit.requests / groups).max(1),
            silent_until: follows.and_then(|began| began.checked_add(span)),
            roads: Mutex::default(),
        }
    }

    /// The span of time that the limit is for.
    pub fn span(&self) -> Duration {
        self.span
    }

    /// Waits for a request's turn. Until it is taken or dropped, no other on this road has one.
    pub async fn turn(&self, road: &Road, clock: &dyn Clock) -> Turn {
        let flow = self.flow(road, clock.now());
        let sent = Arc::clone(&flow.sent).lock_owned().await;
        loop {
            let now = clock.now();
            let closed_until = *flow.closed_until.lock().unwrap_or_else(PoisonError::into_inner);
            let open_from = [closed_until, self.full_until(&sent), self.silent_until].into_iter().flatten().max();
            match open_from.map(|open_from| open_from.saturating_duration_since(now)) {
                Some(wait) if !wait.is_zero() => clock.sleep(wait).await,
                _ => return Turn { sent, most_groups: self.groups, group_size: self.group_size },
            }
        }
    }

    /// Sends nothing on a road for so long: the service refused a request for its rate.
    pub fn close(&self, road: &Road, pause: Duration, now: Instant) {
        let flow = self.flow(road, now);
        let mut closed_until = flow.closed_until.lock().unwrap_or_else(PoisonError::into_inner);
        *closed_until = (*closed_until).max(now.checked_add(pause));
    }

    /// Until when a further request would be one too many.
    fn full_until(&self, sent: &Sent) -> Option<Instant> {
        if sent.groups.len() < self.groups || sent.in_last < self.group_size {
            return None;
        }
        sent.groups.front()?.checked_add(self.span)
    }

    fn flow(&self, road: &Road, now: Instant) -> Arc<Flow> {
        let mut roads = self.roads.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(flow) = roads.get(road) {
            return Arc::clone(flow);
        }
        if roads.len() >= Self::MOST_ROADS {
            roads.retain(|_, flow| !self.is_idle(flow, now));
        }
        let road =
            if roads.len() < Self::MOST_ROADS { road.clone() } else { Road { credential: None, api: String::new() } };
        let flow = || Arc::new(Flow { sent: Arc::default(), closed_until: Mutex::default() });
        Arc::clone(roads.entry(road).or_insert_with(flow))
    }

    /// Whether a road can be forgotten: nobody waits on it, and nothing that went out on it counts any longer.
    fn is_idle(&self, flow: &Arc<Flow>, now: Instant) -> bool {
        let is_past = |until: Option<Instant>| until.is_none_or(|until| until <= now);
        let closed_until = *flow.closed_until.lock().unwrap_or_else(PoisonError::into_inner);
        let Ok(sent) = flow.sent.try_lock() else { return false };
        let counts_until = sent.groups.back().and_then(|last| last.checked_add(self.span));
        Arc::strong_count(flow) == 1 && is_past(closed_until) && is_past(counts_until)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::future::BoxFuture;

    /// A clock on which waiting takes no time but its own.
    struct Leaping(Mutex<Instant>);

    impl Leaping {
        fn new() -> Self {
            Self(Mutex::new(Instant::now()))
        }

        fn pass(&self, milliseconds: u64) {
            *self.0.lock().unwrap() += Duration::from_millis(milliseconds);
        }
    }

    impl Clock for Leaping {
        fn now(&self) -> Instant {
            *self.0.lock().unwrap()
        }

        fn since_epoch(&self) -> Duration {
            Duration::ZERO
        }

        fn sleep(&self, time: Duration) -> BoxFuture<'_, ()> {
            *self.0.lock().unwrap() += time;
            Box::pin(std::future::ready(()))
        }
    }

    fn road(api: &str) -> Road {
        Road { credential: None, api: api.to_owned() }
    }

    async fn send(pace: &Pace, api: &str, clock: &Leaping) -> Instant {
        pace.turn(&road(api), clock).await.take(clock.now());
        clock.now()
    }

    #[track_caller]
    fn assert_no_span_has_more(times: &[Instant], limit: usize, span: Duration) {
        for window in times.windows(limit + 1) {
            let took = window[limit] - window[0];
            assert!(took >= span, "{} in {took:?}", limit + 1);
        }
    }

    #[tokio::test]
    async fn no_span_has_more_than_the_limit_however_the_requests_come() {
        let (clock, span) = (Leaping::new(), Duration::from_secs(1));
        let pace = Pace::new(&RateLimit { requests: 20, per_ms: 1_000 }, None);
        let mut times = Vec::new();
        // At once, after a pause, in trickles, and at once again.
        for (requests, pause) in [(60, 0), (25, 30_000), (40, 10), (7, 900), (90, 0)] {
            for _ in 0..requests {
                times.push(send(&pace, "/rows", &clock).await);
                clock.pass(if requests == 40 { pause } else { 0 });
            }
            clock.pass(pause);
        }
        assert_no_span_has_more(&times, 20, span);
        let took = times[59] - times[0];
        assert!(took < Duration::from_millis(2_200), "no slower than it has to be: {took:?}");
    }

    #[tokio::test]
    async fn a_large_limit_is_counted_in_groups_and_holds_too() {
        let clock = Leaping::new();
        let pace = Pace::new(&RateLimit { requests: 2_500, per_ms: 100 }, None);
        let mut times = Vec::new();
        for number in 0..12_000_u32 {
            times.push(send(&pace, "/rows", &clock).await);
            clock.pass(u64::from(number % 997 == 0));
        }
        assert_no_span_has_more(&times, 2_500, Duration::from_millis(100));
    }

    #[tokio::test]
    async fn each_api_and_each_credential_has_a_pace_of_its_own() {
        let clock = Leaping::new();
        let pace = Pace::new(&RateLimit { requests: 1, per_ms: 3_600_000 }, None);
        let began = clock.now();
        assert_eq!(send(&pace, "GET /a", &clock).await, began);
        assert_eq!(send(&pace, "GET /b", &clock).await, began);
        assert!(send(&pace, "GET /a", &clock).await >= began + Duration::from_secs(3_600));
    }

    #[tokio::test]
    async fn a_road_that_the_service_closed_stays_closed() {
        let clock = Leaping::new();
        let pace = Pace::new(&RateLimit { requests: 20, per_ms: 1_000 }, None);
        let began = clock.now();
        pace.close(&road("/rows"), Duration::from_secs(7), began);
        pace.close(&road("/rows"), Duration::from_secs(2), began);
        assert_eq!(send(&pace, "/other", &clock).await, began);
        assert_eq!(send(&pace, "/rows", &clock).await, began + Duration::from_secs(7));
    }

    #[tokio::test]
    async fn a_process_that_follows_another_leaves_it_its_span() {
        let clock = Leaping::new();
        let began = clock.now();
        let pace = Pace::new(&RateLimit { requests: 20, per_ms: 1_000 }, Some(began));
        clock.pass(400);
        assert!(send(&pace, "/rows", &clock).await >= began + Duration::from_secs(1));
    }

    #[tokio::test]
    async fn a_turn_that_is_given_up_does_not_count() {
        let clock = Leaping::new();
        let pace = Pace::new(&RateLimit { requests: 1, per_ms: 1_000 }, None);
        let began = clock.now();
        drop(pace.turn(&road("/rows"), &clock).await);
        assert_eq!(send(&pace, "/rows", &clock).await, began);
    }

    #[tokio::test]
    async fn so_many_roads_are_known_and_further_ones_share_one() {
        let clock = Leaping::new();
        let pace = Pace::new(&RateLimit { requests: 1, per_ms: 1_000 }, None);
        for number in 0..2 * Pace::MOST_ROADS {
            pace.turn(&road(&number.to_string()), &clock).await.take(clock.now());
        }
        assert!(pace.roads.lock().unwrap().len() <= Pace::MOST_ROADS + 1);
    }

    #[tokio::test]
    async fn roads_that_nobody_uses_are_forgotten_when_there_are_many() {
        let clock = Leaping::new();
        let pace = Pace::new(&RateLimit { requests: 1, per_ms: 1_000 }, None);
        for number in 0..Pace::MOST_ROADS {
            send(&pace, &number.to_string(), &clock).await;
        }
        clock.pass(60_000);
        send(&pace, "new", &clock).await;
        assert_eq!(pace.roads.lock().unwrap().len(), 1);
    }
}
