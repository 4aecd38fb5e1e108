//! Requests and what came of them, as they were before any secret was added, and the verdicts that follow from them.
//!
//! A verdict is a function of a run's exchanges in the order in which the node asked for them, and of nothing else: the
//! same exchanges give the same envelope, whether a token was at hand or not and whichever answer came first.

use std::time::Duration;

use bytes::Bytes;
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::milliseconds;
use crate::vocabulary::Effect;

/// One request of a node and what came of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Exchange {
    /// Which of the node's calls to the gate it belongs to, in its attempt; the first is 1. Requests that were sent side by
    /// side belong to one call.
    #[serde(default)]
    pub call: u32,
    /// `POST`.
    pub method: String,
    /// The URL as the node gave it, without credential.
    pub url: String,
    /// The API that it belongs to, as the node says: its path with `{}` where it names one thing of many.
    #[serde(default)]
    pub api: String,
    /// Headers as the node gave them.
    pub headers: Vec<(String, String)>,
    /// The body as the node gave it; files are named in it.
    pub body: Option<RecordedBody>,
    /// The signing slot that the node asked for.
    pub slot: Option<String>,
    /// What the node says that the request does.
    pub effect: Effect,
    /// Which attempt at the run sent it; the first is 1.
    pub attempt: u32,
    /// When it began, since the run began.
    #[serde(rename = "started_ms", with = "milliseconds")]
    #[schemars(with = "f64")]
    pub started: Duration,
    /// How long it took; waiting for a token and for the rate limit included.
    #[serde(rename = "took_ms", with = "milliseconds")]
    #[schemars(with = "f64")]
    pub took: Duration,
    /// What its token cost; none when it needed none or had one at hand.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token: Option<TokenFetch>,
    /// How often the gate sent it once more: with another token, or because a read was refused for its rate.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub resent: u32,
    /// How long the service asked to be left alone, in its answer or in that to the request for the token.
    #[serde(
        rename = "retry_after_ms",
        default,
        skip_serializing_if = "Option::is_none",
        with = "milliseconds::optional"
    )]
    #[schemars(with = "Option<f64>")]
    pub retry_after: Option<Duration>,
    /// What came of it.
    pub outcome: ExchangeOutcome,
}

/// A request for a token that an exchange had to wait for, its own or one of another run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TokenFetch {
    /// The HTTP status of the token endpoint; 0 when it was never reached.
    pub status: u16,
    /// Whether it gave a token.
    pub succeeded: bool,
}

/// What came of a request.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
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
        /// The HTTP status of an answer that could not be used, or that refused it before it was to be sent once more.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        status: Option<u16>,
    },
}

/// A body as it is kept: whole, or its beginning. A run may receive far more than a record should hold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RecordedBody {
    /// The body's text, or the beginning of it.
    #[serde(serialize_with = "as_text", deserialize_with = "from_text")]
    #[schemars(with = "String")]
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

impl Exchange {
    /// The HTTP status of the service's answer, also of one that broke off.
    pub fn status(&self) -> Option<u16> {
        match &self.outcome {
            ExchangeOutcome::Answered { status, .. } => Some(*status),
            ExchangeOutcome::Failed { status, .. } => *status,
            ExchangeOutcome::Waiting | ExchangeOutcome::Planned | ExchangeOutcome::Sent => None,
        }
    }

    /// Whether the service may have executed it, and it changes something.
    pub fn may_have_written(&self) -> bool {
        let executed = match &self.outcome {
            ExchangeOutcome::Waiting | ExchangeOutcome::Planned => false,
            ExchangeOutcome::Sent | ExchangeOutcome::Answered { .. } => true,
            ExchangeOutcome::Failed { maybe_executed, .. } => *maybe_executed,
        };
        executed && self.effect == Effect::Write
    }
}

/// The last HTTP status of the service's answers to the node's own requests; 0 when none of them was answered, whatever
/// their tokens cost.
pub(crate) fn last_status(exchanges: &[Exchange]) -> u16 {
    exchanges.iter().rev().find_map(Exchange::status).unwrap_or(0)
}

/// What the last request's token cost, when it was not sent for want of one.
pub(crate) fn missing_token(exchanges: &[Exchange]) -> Option<&TokenFetch> {
    exchanges.last()?.token.as_ref().filter(|token| !token.succeeded)
}

/// How long the service asked to be left alone in its answers to the node's last call: the longest time of several.
pub(crate) fn retry_after(exchanges: &[Exchange]) -> Option<Duration> {
    let last = exchanges.last()?.call;
    exchanges
        .iter()
        .rev()
        .take_while(|exchange| exchange.call == last)
        .filter_map(|exchange| exchange.retry_after)
        .max()
}

/// Whether the service may have executed any write.
pub(crate) fn may_have_written(exchanges: &[Exchange]) -> bool {
    exchanges.iter().any(Exchange::may_have_written)
}

/// Whether the service may have executed a write that the node's call `call` does not account for: one of an earlier
/// call, or one of several that were sent side by side in this one, of which a failure tells of one alone.
pub(crate) fn may_have_written_before(exchanges: &[Exchange], call: u32) -> bool {
    let is_alone = exchanges.iter().filter(|exchange| exchange.call == call).count() == 1;
    exchanges.iter().filter(|exchange| exchange.call != call || !is_alone).any(Exchange::may_have_written)
}

fn is_zero(number: &u32) -> bool {
    *number == 0
}

fn as_text<S: Serializer>(body: &Bytes, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&String::from_utf8_lossy(body))
}

fn from_text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Bytes, D::Error> {
    String::deserialize(deserializer).map(Bytes::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn exchange(call: u32, effect: Effect, outcome: ExchangeOutcome) -> Exchange {
        Exchange {
            call,
            method: "POST".into(),
            url: "https://api.example.com/rows".into(),
            api: "/rows".into(),
            headers: vec![],
            body: None,
            slot: None,
            effect,
            attempt: 1,
            started: Duration::ZERO,
            took: Duration::ZERO,
            token: None,
            resent: 0,
            retry_after: None,
            outcome,
        }
    }

    fn answered(status: u16) -> ExchangeOutcome {
        ExchangeOutcome::Answered { status, headers: vec![], body: RecordedBody::of(&Bytes::new()) }
    }

    fn failed(maybe_executed: bool, status: Option<u16>) -> ExchangeOutcome {
        ExchangeOutcome::Failed { message: "no answer".into(), maybe_executed, status }
    }

    fn read(call: u32, outcome: ExchangeOutcome) -> Exchange {
        exchange(call, Effect::Read, outcome)
    }

    fn write(call: u32, outcome: ExchangeOutcome) -> Exchange {
        exchange(call, Effect::Write, outcome)
    }

    fn fetching(token: TokenFetch, exchange: Exchange) -> Exchange {
        Exchange { token: Some(token), ..exchange }
    }

    #[test]
    fn the_last_status_is_that_of_the_last_answer_in_the_node_s_order() {
        assert_eq!(last_status(&[]), 0);
        assert_eq!(last_status(&[read(1, answered(404)), read(1, answered(200))]), 200);
        assert_eq!(last_status(&[read(1, answered(404)), read(2, failed(false, None))]), 404);
        assert_eq!(last_status(&[read(1, failed(false, Some(502)))]), 502, "an answer that broke off was one");
    }

    #[test]
    fn what_a_token_cost_is_no_status_of_the_node_s_own_requests() {
        let got = TokenFetch { status: 200, succeeded: true };
        let refused = TokenFetch { status: 403, succeeded: false };
        assert_eq!(last_status(&[fetching(got.clone(), write(1, failed(false, None)))]), 0);
        assert_eq!(last_status(&[fetching(refused.clone(), write(1, failed(false, None)))]), 0);
        assert_eq!(missing_token(&[fetching(got, write(1, failed(false, None)))]), None);
        let exchanges = [fetching(refused.clone(), write(1, failed(false, None)))];
        assert_eq!(missing_token(&exchanges), Some(&refused));
        let later = [exchanges[0].clone(), read(2, answered(200))];
        assert_eq!(missing_token(&later), None, "the last request had its token");
    }

    #[test]
    fn the_longest_pause_that_the_last_call_was_asked_for_counts() {
        let asked = |call, seconds: Option<u64>| Exchange {
            retry_after: seconds.map(Duration::from_secs),
            ..read(call, answered(429))
        };
        assert_eq!(retry_after(&[]), None);
        let side_by_side = [asked(1, Some(90)), asked(2, Some(7)), asked(2, Some(3)), asked(2, None)];
        assert_eq!(retry_after(&side_by_side), Some(Duration::from_secs(7)));
        assert_eq!(retry_after(&[asked(1, Some(7)), asked(2, None)]), None, "a later answer asked for nothing");
    }

    #[test]
    fn a_write_that_was_sent_may_have_been_executed() {
        for (exchange, written) in [
            (write(1, answered(500)), true),
            (write(1, ExchangeOutcome::Sent), true),
            (write(1, failed(true, None)), true),
            (write(1, failed(false, None)), false),
            (write(1, ExchangeOutcome::Waiting), false),
            (write(1, ExchangeOutcome::Planned), false),
            (read(1, answered(200)), false),
        ] {
            assert_eq!(may_have_written(std::slice::from_ref(&exchange)), written, "{exchange:?}");
        }
    }

    #[test]
    fn a_failure_accounts_for_its_own_call_when_the_request_was_alone_in_it() {
        let earlier = [write(1, answered(200)), read(2, answered(429))];
        assert!(may_have_written_before(&earlier, 2));
        assert!(!may_have_written_before(&earlier[1..], 2));
        assert!(!may_have_written_before(&earlier[..1], 1), "the call itself");
        assert!(may_have_written_before(&[write(1, answered(200)), write(1, answered(429))], 1), "one of two");
        assert!(may_have_written_before(&earlier[..1], 2), "the last call was refused and left no exchange");
    }

    #[test]
    fn a_record_is_read_as_it_was_written() {
        let token = TokenFetch { status: 200, succeeded: true };
        let whole = Exchange {
            retry_after: Some(Duration::from_millis(1_500)),
            resent: 1,
            ..fetching(token, write(3, answered(429)))
        };
        for exchange in [whole, read(1, failed(false, None))] {
            let text = serde_json::to_string(&exchange).unwrap();
            assert_eq!(serde_json::from_str::<Exchange>(&text).unwrap(), exchange, "{text}");
        }
    }
}
