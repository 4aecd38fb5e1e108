//! Collects what happens in one attempt at a run, while it happens.

use std::sync::atomic::Ordering::Relaxed;
use std::sync::atomic::{AtomicU64, AtomicUsize};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use bytes::Bytes;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::exchange::{self, Exchange, ExchangeOutcome, RecordedBody, TokenFetch};
use crate::milliseconds;
use crate::vocabulary::LogLevel;

/// A line that a node logged.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct LogLine {
    /// Which attempt at the run logged it; the first is 1.
    pub attempt: u32,
    /// When, since the run began.
    #[serde(rename = "at_ms", with = "milliseconds")]
    #[schemars(with = "f64")]
    pub at: Duration,
    /// How grave it is.
    pub level: LogLevel,
    /// The text, cut to a bounded length.
    pub message: String,
}

/// Shared between the sandbox, which may be dropped at a deadline, and the runtime, which still has to tell what was sent.
pub(crate) struct Journal {
    /// When the run's first attempt began.
    began: Instant,
    attempt: u32,
    nanoseconds_in_gate: AtomicU64,
    /// Bytes of bodies, headers and addresses that may still be kept.
    room: AtomicUsize,
    entries: Mutex<Entries>,
}

#[derive(Default)]
struct Entries {
    /// In the order in which the node asked for them.
    exchanges: Vec<Exchange>,
    lines: Vec<LogLine>,
    /// How often the node called the gate, calls that it refused included.
    calls: u32,
}

/// The place of an exchange in its journal.
#[derive(Clone, Copy)]
pub(crate) struct ExchangeIndex(usize);

/// A stay in the gate.
pub(crate) struct InGate {
    journal: Arc<Journal>,
    since: Instant,
}

impl Drop for InGate {
    fn drop(&mut self) {
        let nanoseconds = u64::try_from(self.since.elapsed().as_nanos()).unwrap_or(u64::MAX);
        self.journal.nanoseconds_in_gate.fetch_add(nanoseconds, Relaxed);
    }
}

impl Journal {
    /// Bounds what a node can make the host keep.
    const MAX_LINES: usize = 1_000;
    const MAX_LINE_BYTES: usize = 4_096;
    const MAX_EXCHANGE_BYTES: usize = 8 << 20;
    /// What is kept of an address when there is no room left.
    const MAX_URL_BYTES: usize = 512;

    /// The journal of an attempt at a run whose first attempt began at `began`.
    pub fn of_attempt(attempt: u32, began: Instant) -> Self {
        Self {
            began,
            attempt,
            nanoseconds_in_gate: AtomicU64::new(0),
            room: AtomicUsize::new(Self::MAX_EXCHANGE_BYTES),
            entries: Mutex::default(),
        }
    }

    pub fn attempt(&self) -> u32 {
        self.attempt
    }

    fn elapsed(&self) -> Duration {
        self.began.elapsed()
    }

    fn entries(&self) -> MutexGuard<'_, Entries> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The number of the node's next call to the gate.
    pub fn next_call(&self) -> u32 {
        let mut entries = self.entries();
        entries.calls = entries.calls.saturating_add(1);
        entries.calls
    }

    pub fn exchanges_begun(&self) -> usize {
        self.entries().exchanges.len()
    }

    pub fn begin(&self, mut exchange: Exchange) -> ExchangeIndex {
        exchange.started = self.elapsed();
        if !self.has_room(exchange.url.len()) {
            exchange.url.truncate(exchange.url.floor_char_boundary(Self::MAX_URL_BYTES));
        }
        self.fit(&mut exchange.headers, exchange.body.as_mut());
        let mut entries = self.entries();
        entries.exchanges.push(exchange);
        ExchangeIndex(entries.exchanges.len() - 1)
    }

    fn has_room(&self, bytes: usize) -> bool {
        self.room.fetch_update(Relaxed, Relaxed, |room| room.checked_sub(bytes)).is_ok()
    }

    /// Leaves out what there is no room for. The size of a body is told all the same.
    fn fit(&self, headers: &mut Vec<(String, String)>, body: Option<&mut RecordedBody>) {
        if !self.has_room(headers.iter().map(|(name, value)| name.len() + value.len()).sum()) {
            *headers = Vec::new();
        }
        if let Some(body) = body
            && !self.has_room(body.text.len())
        {
            body.text = Bytes::new();
        }
    }

    /// Changes what is known of an exchange that is under way.
    pub fn note(&self, ExchangeIndex(index): ExchangeIndex, change: impl FnOnce(&mut Exchange)) {
        if let Some(exchange) = self.entries().exchanges.get_mut(index) {
            change(exchange);
        }
    }

    pub fn end(&self, index: ExchangeIndex, mut outcome: ExchangeOutcome) {
        let now = self.elapsed();
        if let ExchangeOutcome::Answered { headers, body, .. } = &mut outcome {
            self.fit(headers, Some(body));
        }
        self.note(index, |exchange| {
            exchange.took = now.saturating_sub(exchange.started);
            exchange.outcome = outcome;
        });
    }

    /// Adds to the time that the run spends in the gate, until the guard is dropped, be it at the run's deadline.
    pub fn in_gate(self: &Arc<Self>) -> InGate {
        InGate { journal: Arc::clone(self), since: Instant::now() }
    }

    /// The time that the run spent in the gate.
    pub fn time_in_gate(&self) -> Duration {
        Duration::from_nanos(self.nanoseconds_in_gate.load(Relaxed))
    }

    /// Keeps a line; what the host's log may have of it, or none when there are too many already.
    pub fn log(&self, level: LogLevel, mut message: String) -> Option<String> {
        if message.len() > Self::MAX_LINE_BYTES {
            let end = message.floor_char_boundary(Self::MAX_LINE_BYTES);
            message.truncate(end);
            message.push('…');
        }
        let at = self.elapsed();
        let mut entries = self.entries();
        let has_room = entries.lines.len() < Self::MAX_LINES;
        if !has_room {
            if level != LogLevel::Error {
                return None;
            }
            // The cause of a failure is worth more than the line before it.
            entries.lines.pop();
        }
        entries.lines.push(LogLine { attempt: self.attempt, at, level, message: message.clone() });
        has_room.then_some(message)
    }

    /// The last line that the node logged as an error: its panic message, when it panicked.
    pub fn last_error(&self) -> Option<String> {
        self.entries().lines.iter().rev().find(|line| line.level == LogLevel::Error).map(|line| line.message.clone())
    }

    /// Bytes of all answers' bodies.
    pub fn received_bytes(&self) -> usize {
        let bytes = |exchange: &Exchange| match &exchange.outcome {
            ExchangeOutcome::Answered { body, .. } => body.bytes,
            _ => 0,
        };
        self.entries().exchanges.iter().map(bytes).sum()
    }

    /// See [`exchange::last_status`].
    pub fn last_status(&self) -> u16 {
        exchange::last_status(&self.entries().exchanges)
    }

    /// See [`exchange::missing_token`].
    pub fn missing_token(&self) -> Option<TokenFetch> {
        exchange::missing_token(&self.entries().exchanges).cloned()
    }

    /// See [`exchange::retry_after`].
    pub fn retry_after(&self) -> Option<Duration> {
        exchange::retry_after(&self.entries().exchanges)
    }

    /// See [`exchange::may_have_written`].
    pub fn may_have_written(&self) -> bool {
        exchange::may_have_written(&self.entries().exchanges)
    }

    /// Whether the service may have executed a write that the node's last call does not account for: a repeat of the run
    /// would repeat it.
    pub fn may_have_written_before_last(&self) -> bool {
        let entries = self.entries();
        exchange::may_have_written_before(&entries.exchanges, entries.calls)
    }

    /// Hands out what was collected.
    pub fn take(&self) -> (Vec<Exchange>, Vec<LogLine>) {
        let mut entries = self.entries();
        (std::mem::take(&mut entries.exchanges), std::mem::take(&mut entries.lines))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_of_exchanges_is_bounded_over_all_of_them() {
        let journal = Journal::of_attempt(1, Instant::now());
        let body = Bytes::from(vec![b'x'; 256 << 10]);
        for _ in 0..256 {
            let mut body = RecordedBody::of(&body);
            let mut headers = vec![("x".to_owned(), "y".repeat(64 << 10))];
            journal.fit(&mut headers, Some(&mut body));
            assert_eq!(body.bytes, 256 << 10, "its size is told whatever is kept of it");
        }
        assert!(journal.room.load(Relaxed) < 64 << 10);
        let mut headers = vec![("x".to_owned(), "y".repeat(64 << 10))];
        journal.fit(&mut headers, None);
        assert!(headers.is_empty());
    }

    #[test]
    fn the_cause_of_a_failure_is_kept_after_a_flood_of_lines() {
        let journal = Journal::of_attempt(1, Instant::now());
        for line in 0..2_000 {
            journal.log(LogLevel::Info, line.to_string());
        }
        assert!(journal.log(LogLevel::Error, "panicked at line 7".into()).is_none(), "the host's log is not flooded");
        assert_eq!(journal.last_error().unwrap(), "panicked at line 7");
        assert_eq!(journal.take().1.len(), 1_000);
    }
}
