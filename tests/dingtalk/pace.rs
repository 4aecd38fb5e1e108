//! The pace at which DingTalk is asked, against a tenant that counts.

use std::fmt;
use std::sync::{Arc, Mutex, OnceLock, Weak};
use std::time::{Duration, Instant, SystemTime};

use futures_util::future::join_all;
use patchbay_runtime::{BoxFuture, RuntimeConfig};
use patchbay_tenant::TenantConfig;

use super::Failed;
use super::{assert_failed, assert_succeeded, create_chat, get_user, newer, older, paths, send_notice, wrapped};
use crate::environment::TenantRuntime;

/// One time for the gate and the tenant, on which waiting takes no time but its own.
struct SharedClock {
    began: (Instant, SystemTime),
    passed: Mutex<Duration>,
    /// Whose requests are to be answered before time passes.
    office: OnceLock<Weak<TenantRuntime>>,
}

impl SharedClock {
    fn new() -> Arc<Self> {
        let began = (Instant::now(), SystemTime::now());
        Arc::new(Self { began, passed: Mutex::default(), office: OnceLock::new() })
    }

    fn is_anything_under_way(&self) -> bool {
        let office = self.office.get().and_then(Weak::upgrade);
        office.is_some_and(|office| office.runtime.gauges().hosts.iter().any(|host| host.in_flight > 0))
    }

    fn passed(&self) -> Duration {
        *self.passed.lock().unwrap()
    }
}

impl fmt::Debug for SharedClock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("SharedClock").field(&self.passed()).finish()
    }
}

impl patchbay_runtime::Clock for SharedClock {
    fn now(&self) -> Instant {
        self.began.0 + self.passed()
    }

    fn since_epoch(&self) -> Duration {
        self.began.1.duration_since(SystemTime::UNIX_EPOCH).unwrap() + self.passed()
    }

    fn sleep(&self, time: Duration) -> BoxFuture<'_, ()> {
        Box::pin(async move {
            // What went out before the time passed arrives before it, too.
            while self.is_anything_under_way() {
                tokio::task::yield_now().await;
            }
            *self.passed.lock().unwrap() += time;
        })
    }
}

impl patchbay_tenant::Clock for SharedClock {
    fn now(&self) -> SystemTime {
        self.began.1 + self.passed()
    }
}

/// A tenant that allows 20 calls of each API in a second, as DingTalk's standard edition does.
async fn counting() -> (Arc<TenantRuntime>, Arc<SharedClock>) {
    let clock = SharedClock::new();
    let tenant = TenantConfig { calls_per_second: Some(20), clock: Arc::clone(&clock) as _, ..TenantConfig::default() };
    let runtime = RuntimeConfig { clock: Arc::clone(&clock) as _, ..RuntimeConfig::default() };
    let office = Arc::new(TenantRuntime::start_configured(tenant, runtime).await);
    clock.office.set(Arc::downgrade(&office)).unwrap();
    (office, clock)
}

#[tokio::test]
async fn sixty_calls_at_once_are_never_too_many_for_the_service_also_after_a_pause() {
    let (office, clock) = counting().await;
    for batch in 1..=2 {
        for run in join_all((0..60).map(|_| get_user(&office))).await {
            assert_succeeded(&run);
            assert_eq!(run.exchanges[0].resent, 0, "none was refused for its rate");
        }
        assert_eq!(office.tenant.request_count(paths::GET_USER), 60 * batch);
        patchbay_runtime::Clock::sleep(&*clock, Duration::from_secs(30)).await;
    }
}

#[tokio::test]
async fn a_read_that_is_refused_for_its_rate_is_sent_again_by_the_gate_however_the_service_says_so() {
    let (office, _) = counting().await;
    for (number, fault) in [older(90018), wrapped(90018), older(90002)].into_iter().enumerate() {
        office.tenant.fail_next(paths::GET_USER, 1, fault);
        let run = get_user(&office).await;
        assert_succeeded(&run);
        assert_eq!((run.attempts, run.exchanges[0].resent), (1, 1));
        assert_eq!(office.tenant.request_count(paths::GET_USER), 2 * (number + 1));
    }
}

#[tokio::test]
async fn a_write_that_is_refused_for_its_rate_is_told_and_not_repeated() {
    let (office, _) = counting().await;
    office.tenant.fail_next(paths::SEND, 1, older(90018));
    assert_failed(&send_notice(&office).await, &Failed { status: 429, original: 200, retryable: true }, &["90018"]);
    assert_eq!(office.tenant.request_count(paths::SEND), 1);
    let code = "Forbidden.AccessDenied.QpsLimitForAppkeyAndApi";
    office.tenant.fail_next(paths::CREATE, 1, newer(403, code));
    assert_failed(&create_chat(&office).await, &Failed { status: 429, original: 403, retryable: true }, &[code]);
    assert_eq!(office.tenant.request_count(paths::CREATE), 1);
}
