//! Requests that may be under way at once, to each host and with each credential.

use std::borrow::Borrow;
use std::collections::HashMap;
use std::hash::Hash;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::traffic::{Counted, Traffic};

/// A lane for each key, each so wide. What does not fit waits, in the order in which it came.
pub(crate) struct Lanes<Key> {
    width: usize,
    lanes: Mutex<HashMap<Key, Arc<Lane>>>,
}

struct Lane {
    places: Arc<Semaphore>,
    waiting: AtomicUsize,
}

/// A place in a lane, until it is dropped.
pub(crate) struct Place {
    _lane: Arc<Lane>,
    /// None once the lane is closed, which none ever is.
    _permit: Option<OwnedSemaphorePermit>,
}

impl<Key: Clone + Eq + Hash> Lanes<Key> {
    /// Lanes that nobody is in are forgotten when there are more than this.
    const KEPT_LANES: usize = 1_024;

    pub fn new(width: usize) -> Self {
        Self { width: width.clamp(1, Semaphore::MAX_PERMITS), lanes: Mutex::default() }
    }

    /// Waits for a place.
    pub async fn enter<Borrowed>(&self, key: &Borrowed) -> Place
    where
        Key: Borrow<Borrowed>,
        Borrowed: ToOwned<Owned = Key> + Eq + Hash + ?Sized,
    {
        let lane = self.lane(key);
        let permit = match Arc::clone(&lane.places).try_acquire_owned() {
            Ok(permit) => Some(permit),
            Err(_) => {
                let _waiting = Counted::one(&lane.waiting);
                Arc::clone(&lane.places).acquire_owned().await.ok()
            }
        };
        Place { _lane: lane, _permit: permit }
    }

    /// How full each lane is.
    pub fn traffic(&self) -> Vec<(Key, Traffic)> {
        let lanes = self.lanes.lock().unwrap_or_else(PoisonError::into_inner);
        let traffic = |lane: &Lane| Traffic {
            in_flight: self.width.saturating_sub(lane.places.available_permits()),
            waiting: lane.waiting.load(Relaxed),
        };
        lanes.iter().map(|(key, lane)| (key.clone(), traffic(lane))).collect()
    }

    fn lane<Borrowed>(&self, key: &Borrowed) -> Arc<Lane>
    where
        Key: Borrow<Borrowed>,
        Borrowed: ToOwned<Owned = Key> + Eq + Hash + ?Sized,
    {
        let mut lanes = self.lanes.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(lane) = lanes.get(key) {
            return Arc::clone(lane);
        }
        if lanes.len() >= Self::KEPT_LANES {
            lanes.retain(|_, lane| Arc::strong_count(lane) > 1);
        }
        let lane = Arc::new(Lane { places: Arc::new(Semaphore::new(self.width)), waiting: AtomicUsize::new(0) });
        lanes.insert(key.to_owned(), Arc::clone(&lane));
        lane
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[tokio::test]
    async fn what_does_not_fit_waits_and_other_lanes_do_not() {
        let lanes: Lanes<String> = Lanes::new(1);
        let entered = |key: &'static str| tokio::time::timeout(Duration::from_millis(20), lanes.enter(key));
        let first = entered("a").await.ok();
        assert!(first.is_some());
        assert!(entered("a").await.is_err());
        assert!(entered("b").await.is_ok());
        drop(first);
        assert!(entered("a").await.is_ok());
    }

    #[tokio::test]
    async fn lanes_that_nobody_is_in_are_forgotten() {
        let lanes: Lanes<String> = Lanes::new(1);
        let _kept = lanes.enter("kept").await;
        for number in 0..2 * Lanes::<String>::KEPT_LANES {
            lanes.enter(&*number.to_string()).await;
        }
        let traffic = lanes.traffic();
        assert!(traffic.len() <= Lanes::<String>::KEPT_LANES);
        assert!(traffic.iter().any(|(key, traffic)| key == "kept" && traffic.in_flight == 1));
    }
}
