//! What a run leaves behind: its exchanges as they were before any secret was added, its log lines, and their times.

use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use bytes::Bytes;
use serde::{Serialize, Serializer};

use crate::manifest::Effect;

/// One request and what came of it.
#[derive(Debug, Clone, Serialize)]
pub struct Exchange {
    /// `POST`.
    pub method: String,
    /// The URL as the node gave it, without credential.
    pub url: String,
    /// Headers as the node gave them.
    pub headers: Vec<(String, String)>,
    /// The body as the node gave it.
    pub body: Option<RecordedBody>,
    /// The signing slot that the node asked for.
    pub slot: Option<String>,
    /// What the node says that the request does.
    pub effect: Effect,
    /// Which attempt at the run sent it; the first is 1.
    pub attempt: u32,
    /// When it began, since the run began.
    #[serde(rename = "started_ms", serialize_with = "as_milliseconds")]
    pub started: Duration,
    /// How long it took; waiting for a token and for the rate limit included.
    #[serde(rename = "took_ms", serialize_with = "as_milliseconds")]
    pub took: Duration,
    /// What came of it.
    pub outcome: ExchangeOutcome,
}

/// What came of a request.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ExchangeOutcome {
    /// It was not sent: it waits for its token or its turn, or the run ended while it did.
    Waiting,
    /// It is a write that a dry run did not send.
    Planned,
    /// It was sent and there is no answer yet, or the run ended before there was.
    Sent,
    /// The service answered.
    Answered {
        /// The HTTP status.
        status: u16,
        /// The headers, without the credential's secrets.
        headers: Vec<(String, String)>,
        /// The body, without the credential's secrets.
        body: RecordedBody,
    },
    /// There is no answer.
    Failed {
        /// Why.
        message: String,
        /// Whether the service may have executed the request all the same.
        maybe_executed: bool,
    },
}

/// A body as it is kept: whole, or its beginning. A run may receive far more than a record should hold.
#[derive(Debug, Clone, Serialize)]
pub struct RecordedBody {
    /// The body's text, or the beginning of it.
    #[serde(serialize_with = "as_text")]
    pub text: Bytes,
    /// The size of the whole body; more than `text` has when it was cut.
    pub bytes: usize,
}

impl RecordedBody {
    const MOST_BYTES: usize = 256 << 10;

    pub(crate) fn of(body: &Bytes) -> Self {
        let text = match body.get(..Self::MOST_BYTES) {
            // Copied, so that the whole is not kept for the sake of its beginning.
            Some(beginning) => Bytes::copy_from_slice(beginning),
            None => body.clone(),
        };
        Self { text, bytes: body.len() }
    }
}

/// A line that a node logged.
#[derive(Debug, Clone, Serialize)]
pub struct LogLine {
    /// Which attempt at the run logged it; the first is 1.
    pub attempt: u32,
    /// When, since the run began.
    #[serde(rename = "at_ms", serialize_with = "as_milliseconds")]
    pub at: Duration,
    /// How grave it is.
    pub level: LogLevel,
    /// The text, cut to a bounded length.
    pub message: String,
}

/// How grave a log line is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum LogLevel {
    /// For the node's author.
    Debug,
    /// Worth knowing.
    Info,
    /// Not as it should be.
    Warn,
    /// The cause of a failure.
    Error,
}

/// Collects what happens in one run. Shared between the sandbox, which may be dropped at a deadline, and the runtime,
/// which still has to tell what was sent.
pub(crate) struct Journal {
    /// When the run's first attempt began.
    began: Instant,
    attempt: u32,
    nanoseconds_in_gate: AtomicU64,
    entries: Mutex<Entries>,
}

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

#[derive(Default)]
struct Entries {
    exchanges: Vec<Exchange>,
    lines: Vec<LogLine>,
    last_status: u16,
    last_status_is_of_token: bool,
    /// How long the last answer asked to be left alone.
    retry_after: Option<Duration>,
    /// The last exchange is all that the node's last call to the gate came to.
    last_stands_alone: bool,
}

/// The place of an exchange in its journal.
#[derive(Clone, Copy)]
pub(crate) struct ExchangeIndex(usize);

impl Journal {
    /// Bounds what a node can make the host keep.
    const MAX_LINES: usize = 1_000;
    const MAX_LINE_BYTES: usize = 4_096;

    /// Of one attempt at a run that began then.
    pub fn of_attempt(attempt: u32, began: Instant) -> Self {
        Self { began, attempt, nanoseconds_in_gate: AtomicU64::new(0), entries: Mutex::default() }
    }

    pub fn attempt(&self) -> u32 {
        self.attempt
    }

    pub fn elapsed(&self) -> Duration {
        self.began.elapsed()
    }

    fn entries(&self) -> MutexGuard<'_, Entries> {
        // Entries are pushed and replaced whole, so they are sound even if a holder panicked.
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn exchanges_begun(&self) -> usize {
        self.entries().exchanges.len()
    }

    pub fn begin(&self, mut exchange: Exchange) -> ExchangeIndex {
        exchange.started = self.elapsed();
        let mut entries = self.entries();
        entries.exchanges.push(exchange);
        entries.last_stands_alone = true;
        ExchangeIndex(entries.exchanges.len() - 1)
    }

    /// Notes that the last exchange is not what the node judges: others were sent beside it, or what the node asked for
    /// after it was refused.
    pub fn last_does_not_stand_alone(&self) {
        self.entries().last_stands_alone = false;
    }

    /// Notes that the request goes out.
    pub fn sending(&self, ExchangeIndex(index): ExchangeIndex) {
        if let Some(exchange) = self.entries().exchanges.get_mut(index) {
            exchange.outcome = ExchangeOutcome::Sent;
        }
    }

    pub fn end(&self, ExchangeIndex(index): ExchangeIndex, outcome: ExchangeOutcome) {
        let now = self.elapsed();
        let mut entries = self.entries();
        if let Some(exchange) = entries.exchanges.get_mut(index) {
            exchange.took = now.saturating_sub(exchange.started);
            exchange.outcome = outcome;
        }
    }

    /// Notes the HTTP status of the service's answer to the node's request.
    pub fn note_status(&self, status: u16) {
        let mut entries = self.entries();
        (entries.last_status, entries.last_status_is_of_token) = (status, false);
    }

    /// Notes the HTTP status of the service's answer to a request for a token.
    pub fn note_token_status(&self, status: u16) {
        let mut entries = self.entries();
        (entries.last_status, entries.last_status_is_of_token) = (status, true);
    }

    /// Notes how long the service's last answer asked to be left alone.
    pub fn note_retry_after(&self, pause: Option<Duration>) {
        self.entries().retry_after = pause;
    }

    /// How long the service's last answer asked to be left alone.
    pub fn retry_after(&self) -> Option<Duration> {
        self.entries().retry_after
    }

    /// Adds to the time that the run spends in the gate, until the guard is dropped, be it at the run's deadline.
    pub fn in_gate(self: &Arc<Self>) -> InGate {
        InGate { journal: Arc::clone(self), since: Instant::now() }
    }

    /// The time that the run spent in the gate.
    pub fn time_in_gate(&self) -> Duration {
        Duration::from_nanos(self.nanoseconds_in_gate.load(Relaxed))
    }

    /// Whether the last status was of a request for a token.
    pub fn last_status_is_of_token(&self) -> bool {
        self.entries().last_status_is_of_token
    }

    /// The last HTTP status of the service; 0 when it was never reached.
    pub fn last_status(&self) -> u16 {
        self.entries().last_status
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

    /// Whether the service may have executed any write.
    pub fn may_have_written(&self) -> bool {
        self.entries().exchanges.iter().any(Exchange::may_have_written)
    }

    /// Whether the service may have executed a write other than the last request, which alone the node can judge: a
    /// repeat of the run would repeat it.
    pub fn may_have_written_before_last(&self) -> bool {
        let entries = self.entries();
        let judged = usize::from(entries.last_stands_alone);
        let earlier = entries.exchanges.len().saturating_sub(judged);
        entries.exchanges.iter().take(earlier).any(Exchange::may_have_written)
    }

    pub fn take(&self) -> (Vec<Exchange>, Vec<LogLine>) {
        let mut entries = self.entries();
        (std::mem::take(&mut entries.exchanges), std::mem::take(&mut entries.lines))
    }
}

impl Exchange {
    fn may_have_written(&self) -> bool {
        let executed = match &self.outcome {
            ExchangeOutcome::Waiting | ExchangeOutcome::Planned => false,
            ExchangeOutcome::Sent | ExchangeOutcome::Answered { .. } => true,
            ExchangeOutcome::Failed { maybe_executed, .. } => *maybe_executed,
        };
        executed && self.effect == Effect::Write
    }
}

pub(crate) fn as_milliseconds<S: Serializer>(duration: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_f64(duration.as_secs_f64() * 1e3)
}

fn as_text<S: Serializer>(body: &Bytes, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&String::from_utf8_lossy(body))
}

#[cfg(test)]
mod tests {
    use super::*;

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
