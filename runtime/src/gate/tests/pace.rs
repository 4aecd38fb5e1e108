//! Reads that the service refuses for their rate.

use super::*;
use std::sync::atomic::AtomicUsize;

/// Refuses so many times, and then agrees.
fn refusing(
    times: usize,
    refusal: impl Fn() -> Result<RawResponse, TransportError> + Send + Sync + 'static,
) -> Arc<Script> {
    let asked = AtomicUsize::new(0);
    Script::with_tokens(move |_| if asked.fetch_add(1, Relaxed) < times { refusal() } else { answer(200, json!({})) })
}

fn slow_down() -> Result<RawResponse, TransportError> {
    answer(403, json!({ "code": "slow-down" }))
}

#[tokio::test]
async fn a_read_that_is_refused_for_its_rate_is_sent_again_after_a_pause() {
    let setup = Setup::new(refusing(3, slow_down));
    let (answered, exchange) = setup.send(read("/rows")).await;
    assert_eq!(answered.unwrap().status, 200);
    assert_eq!((setup.script.calls().len(), exchange.resent), (4, 3));
    // One second, two and four, and a little by chance.
    let passed = setup.clock.passed();
    assert!(passed >= Duration::from_secs(7) && passed < Duration::from_secs(9), "{passed:?}");
    assert_eq!(exchange.retry_after, None, "the last answer asked for nothing");
}

#[tokio::test]
async fn http_429_refuses_for_the_rate_in_every_slot_and_without_one() {
    let setup = Setup::new(refusing(1, || answer_with(429, &[("retry-after", "3")], "")));
    let (answered, exchange) = setup.send(Request { slot: None, ..read("/rows") }).await;
    assert_eq!((answered.unwrap().status, exchange.resent), (200, 1));
    assert!(setup.clock.passed() >= Duration::from_secs(3), "{:?}", setup.clock.passed());
}

#[tokio::test]
async fn a_write_that_is_refused_for_its_rate_is_the_node_s_to_tell_of() {
    let setup = Setup::new(refusing(1, slow_down));
    let (answered, exchange) = setup.send(write("/rows")).await;
    assert_eq!((answered.unwrap().status, exchange.resent), (403, 0));
    assert_eq!(setup.script.calls().len(), 1);
}

#[tokio::test]
async fn a_read_is_not_sent_again_when_the_pause_is_longer_than_the_run() {
    let setup = Setup::new(refusing(1, || answer_with(429, &[("retry-after", "3600")], "")));
    let (answered, exchange) = setup.send(read("/rows")).await;
    assert_eq!((answered.unwrap().status, exchange.resent), (429, 0));
    assert_eq!(exchange.retry_after, Some(Duration::from_secs(3_600)), "it is what the run's own pause goes by");
    assert_eq!(setup.clock.passed(), Duration::ZERO);
}

#[tokio::test]
async fn a_read_is_sent_again_so_often_and_no_more() {
    let limits = GateLimits { max_rate_retries: 2, ..GateLimits::default() };
    let setup = Setup::with(refusing(usize::MAX, slow_down), PROVIDER, limits, None);
    let (answered, exchange) = setup.send(read("/rows")).await;
    assert_eq!((answered.unwrap().status, exchange.resent), (403, 2));
}

#[tokio::test]
async fn no_span_has_more_requests_than_the_provider_s_limit() {
    let limited = format!("{PROVIDER}\n[rate_limit]\nrequests = 20\nper_ms = 1000\n");
    let clock: Arc<Mutex<Option<Arc<LeapingClock>>>> = Arc::default();
    let times: Arc<Mutex<Vec<Instant>>> = Arc::default();
    let (at, noted) = (Arc::clone(&clock), Arc::clone(&times));
    let script = Script::with_tokens(move |_| {
        noted.lock().unwrap().push(at.lock().unwrap().as_ref().unwrap().now());
        answer(200, json!({}))
    });
    let setup = Setup::with(script, &limited, GateLimits::default(), None);
    *clock.lock().unwrap() = Some(Arc::clone(&setup.clock));
    for batch in [60, 30] {
        let requests = (0..batch).map(|row| Request { api: Some("/rows/{}".into()), ..read(&format!("/rows/{row}")) });
        let answers = setup.passage().send_all(requests.collect()).await.unwrap();
        assert!(answers.iter().all(Result::is_ok));
        setup.clock.sleep(Duration::from_secs(60)).await;
    }
    let times = times.lock().unwrap();
    assert_eq!(times.len(), 90);
    for window in times.windows(21) {
        assert!(window[20] - window[0] >= Duration::from_secs(1), "{:?}", window[20] - window[0]);
    }
}
