//! The host's log, read by a test.

use std::cell::RefCell;
use std::io::Write;
use std::sync::Once;

use tracing::Level;
use tracing_subscriber::filter::{LevelFilter, dynamic_filter_fn};
use tracing_subscriber::layer::{Layer, SubscriberExt};
use tracing_subscriber::util::SubscriberInitExt;

thread_local! {
    /// What the thread's log has, and from which level it is kept; `None` where nobody listens.
    static CAPTURED: RefCell<Option<(Level, Vec<u8>)>> = const { RefCell::new(None) };
}

/// What this thread logs while it lives: all of a test on a current-thread runtime, its HTTP client and service too.
///
/// All tests share one subscriber. One for each, set for its thread, would miss events: `tracing` keeps the interest in an
/// event when it first occurs, and while there is a single subscriber it asks the thread that has the event, not the one
/// that listens.
pub struct CapturedLog(());

impl CapturedLog {
    pub fn start(level: Level) -> Self {
        static SUBSCRIBED: Once = Once::new();
        SUBSCRIBED.call_once(|| {
            let listened_to = dynamic_filter_fn(|event, _| {
                CAPTURED.with_borrow(|captured| captured.as_ref().is_some_and(|(level, _)| event.level() <= level))
            });
            let listened_to = listened_to.with_max_level_hint(LevelFilter::TRACE);
            let log = tracing_subscriber::fmt::layer().with_ansi(false).with_writer(|| ThisThread);
            tracing_subscriber::registry().with(log.with_filter(listened_to)).init();
        });
        CAPTURED.set(Some((level, Vec::new())));
        Self(())
    }

    pub fn text(&self) -> String {
        CAPTURED.with_borrow(|captured| {
            let (_, written) = captured.as_ref().expect("the thread's log is captured while a CapturedLog lives");
            String::from_utf8(written.clone()).expect("a log is text")
        })
    }
}

impl Drop for CapturedLog {
    fn drop(&mut self) {
        CAPTURED.set(None);
    }
}

struct ThisThread;

impl Write for ThisThread {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        CAPTURED.with_borrow_mut(|captured| {
            if let Some((_, written)) = captured {
                written.extend_from_slice(bytes);
            }
        });
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}
