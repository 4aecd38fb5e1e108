//! What `/metrics` tells, in the Prometheus text format. The labels are bounded: nodes are those that are loaded, a status
//! is one of a short list or its class, and nothing that a caller writes becomes a label.

mod process;

use std::collections::HashSet;
use std::fmt;
use std::sync::Arc;

use patchbay_invoker::{Counter as InvokerCounter, Invoker, Ran};
use patchbay_runtime::ExchangeOutcome;
use prometheus_client::collector::Collector;
use prometheus_client::encoding::text::{encode_eof, encode_registry};
use prometheus_client::encoding::{DescriptorEncoder, EncodeLabelSet, EncodeMetric};
use prometheus_client::metrics::counter::{ConstCounter, Counter};
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::{ConstGauge, Gauge};
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::registry::Registry;

use process::ProcessUse;

/// A form that the metrics have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// OpenMetrics 1.0, for who asks for it.
    OpenMetrics,
    /// Prometheus' own, which everything reads.
    Prometheus,
}

impl Form {
    /// The form that a header Accept asks for.
    pub fn of(accepted: &str) -> Self {
        if accepted.contains("application/openmetrics-text") { Self::OpenMetrics } else { Self::Prometheus }
    }

    /// Its content type.
    pub fn content_type(self) -> &'static str {
        match self {
            Self::OpenMetrics => "application/openmetrics-text; version=1.0.0; charset=utf-8",
            Self::Prometheus => "text/plain; version=0.0.4; charset=utf-8",
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Outcome {
    node: Arc<str>,
    status: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Node {
    node: Arc<str>,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Provider {
    provider: Arc<str>,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Status {
    status: u16,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ProviderStatus {
    provider: Arc<str>,
    status: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Build {
    version: &'static str,
}

/// A histogram of each label set.
type Histograms<L> = Family<L, Histogram, fn() -> Histogram>;

/// What runs and calls are counted by.
pub struct Counts {
    invocations: Family<Outcome, Counter>,
    took: Histograms<Node>,
    gate: Histograms<Provider>,
    sandbox: Histograms<Provider>,
    waited: Histogram,
    retried: Family<Node, Counter>,
    replayed: Counter,
    problems: Family<Status, Counter>,
    answers: Family<ProviderStatus, Counter>,
}

/// What is told: what is counted, and what others keep.
pub struct Metrics {
    registry: Registry,
    /// What all programs tell of themselves, under names that are the same for all.
    process: Registry,
    counts: Arc<Counts>,
}

/// Values that something else keeps, read when they are asked for.
struct Reading {
    name: &'static str,
    help: &'static str,
    value: Value,
}

/// A value that is read.
enum Value {
    /// It goes up and down.
    Gauge(i64),
    /// It only goes up.
    Counter(u64),
}

/// Reads the values of now.
type Read = Box<dyn Fn() -> Vec<Reading> + Send + Sync>;

struct Readings(Read);

impl fmt::Debug for Readings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Readings")
    }
}

impl Collector for Readings {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), fmt::Error> {
        for Reading { name, help, value } in (self.0)() {
            match value {
                Value::Gauge(value) => {
                    let gauge = ConstGauge::new(value);
                    gauge.encode(encoder.encode_descriptor(name, help, None, gauge.metric_type())?)?;
                }
                Value::Counter(value) => {
                    let counter = ConstCounter::new(value);
                    counter.encode(encoder.encode_descriptor(name, help, None, counter.metric_type())?)?;
                }
            }
        }
        Ok(())
    }
}

/// Reads how busy the runtime, the queue and the recorder are.
fn readings(invoker: &Arc<Invoker>) -> Read {
    let invoker = Arc::clone(invoker);
    Box::new(move || {
        let (gauges, admission, recorder) =
            (invoker.runtime().gauges(), invoker.admission(), &invoker.state().recorder);
        // Hosts are added up: a provider may reach any number of them.
        let in_flight = gauges.hosts.iter().map(|host| host.in_flight).sum();
        let waiting = gauges.hosts.iter().map(|host| host.waiting).sum();
        let gauge = |name, help, value: usize| Reading {
            name,
            help,
            value: Value::Gauge(i64::try_from(value).unwrap_or(i64::MAX)),
        };
        let counter = |name, help, value| Reading { name, help, value: Value::Counter(value) };
        vec![
            gauge("running", "Invocations that run", admission.running()),
            gauge("places", "Invocations that may run at once", admission.most_running()),
            gauge("queued", "Invocations that wait for a place", admission.waiting()),
            gauge("sandboxes", "Sandboxes of the pool", gauges.sandboxes),
            gauge("sandboxes_in_use", "Sandboxes with a run in them", gauges.sandboxes_in_use),
            gauge("requests_in_flight", "Requests to outside services that are under way", in_flight),
            gauge("requests_waiting", "Requests that wait for others to the same host to end", waiting),
            counter("token_fetches", "Requests for tokens that gave one", gauges.token_fetches),
            counter("failed_token_fetches", "Requests for tokens that gave none", gauges.failed_token_fetches),
            gauge("records_waiting", "Run records that wait to be stored", recorder.waiting()),
            counter("records_dropped", "Run records that were not stored", recorder.dropped()),
        ]
    })
}

/// From 1 ms to half a minute.
fn of_calls() -> Histogram {
    Histogram::new(exponential_buckets(0.001, 2.0, 16))
}

/// From 10 microseconds to a third of a second.
fn of_computation() -> Histogram {
    Histogram::new(exponential_buckets(0.000_01, 2.0, 16))
}

impl Default for Counts {
    /// Nothing counted yet.
    fn default() -> Self {
        Self {
            invocations: Family::default(),
            took: Histograms::<Node>::new_with_constructor(of_calls),
            gate: Histograms::<Provider>::new_with_constructor(of_calls),
            sandbox: Histograms::<Provider>::new_with_constructor(of_computation),
            waited: of_calls(),
            retried: Family::default(),
            replayed: Counter::default(),
            problems: Family::default(),
            answers: Family::default(),
        }
    }
}

impl InvokerCounter for Counts {
    fn ran(&self, ran: &Ran<'_>) {
        let Ran { node, run, waited } = ran;
        let label = Arc::clone(node.label());
        self.invocations
            .get_or_create(&Outcome { node: Arc::clone(&label), status: status(run.envelope.status_code) })
            .inc();
        let by_node = Node { node: label };
        self.took.get_or_create(&by_node).observe(run.took.as_secs_f64());
        self.waited.observe(waited.as_secs_f64());
        if run.attempts > 0 {
            let provider = Provider { provider: Arc::clone(node.provider_label()) };
            self.gate.get_or_create(&provider).observe(run.timing.gate.as_secs_f64());
            self.sandbox.get_or_create(&provider).observe(run.timing.sandbox.as_secs_f64());
        }
        for exchange in &run.exchanges {
            let status = match &exchange.outcome {
                ExchangeOutcome::Waiting | ExchangeOutcome::Planned => continue,
                ExchangeOutcome::Answered { status: code, .. } | ExchangeOutcome::Failed { status: Some(code), .. } => {
                    status(i32::from(*code))
                }
                ExchangeOutcome::Sent | ExchangeOutcome::Failed { .. } => "none",
            };
            let provider = Arc::clone(node.provider_label());
            self.answers.get_or_create(&ProviderStatus { provider, status }).inc();
        }
        if run.attempts > 1 {
            self.retried.get_or_create(&by_node).inc_by(u64::from(run.attempts - 1));
        }
    }

    fn replayed(&self) {
        self.replayed.inc();
    }
}

impl Counts {
    fn register(&self, registry: &mut Registry) {
        registry.register("invocations", "Invocations by node and StatusCode", Family::clone(&self.invocations));
        registry.register("invocation_seconds", "How long runs took, by node", self.took.clone());
        registry.register(
            "gate_seconds",
            "How long runs were in the gate: tokens, pace, the service",
            self.gate.clone(),
        );
        registry.register("sandbox_seconds", "How long runs computed in their sandbox", self.sandbox.clone());
        registry.register("queue_seconds", "How long invocations waited for a place", self.waited.clone());
        registry.register("retries", "Repeated attempts at runs, by node", Family::clone(&self.retried));
        registry.register("idempotent_replays", "Answers that were given before", Counter::clone(&self.replayed));
        registry.register(
            "problems",
            "Calls that were answered with a problem, by HTTP status",
            Family::clone(&self.problems),
        );
        registry.register(
            "provider_answers",
            "Requests to outside services by the HTTP status of their answer; none without one",
            Family::clone(&self.answers),
        );
    }
}

impl Metrics {
    /// What is counted, and how busy the invoker is whenever that is asked.
    pub fn new(counts: Arc<Counts>, invoker: &Arc<Invoker>) -> Self {
        let mut registry = Registry::with_prefix("patchbay");
        counts.register(&mut registry);
        registry.register_collector(Box::new(Readings(readings(invoker))));
        let build = Family::<Build, Gauge>::default();
        build.get_or_create(&Build { version: env!("CARGO_PKG_VERSION") }).set(1);
        registry.register("build_info", "The version that runs", build);
        let mut process = Registry::default();
        process.register_collector(Box::new(ProcessUse));
        Self { registry, process, counts }
    }

    /// Counts a problem.
    pub fn problem(&self, status: u16) {
        self.counts.problems.get_or_create(&Status { status }).inc();
    }

    /// Everything, as text.
    pub fn text(&self, form: Form) -> Result<String, fmt::Error> {
        let mut text = String::new();
        encode_registry(&mut text, &self.registry)?;
        encode_registry(&mut text, &self.process)?;
        if form == Form::Prometheus {
            return Ok(with_counters_named(&text));
        }
        encode_eof(&mut text)?;
        Ok(text)
    }
}

/// OpenMetrics names a counter without the `_total` that its values have. Prometheus' own form does not, and what is said
/// of a name that no value has is lost there.
fn with_counters_named(text: &str) -> String {
    let counters: HashSet<&str> =
        text.lines().filter_map(|line| line.strip_prefix("# TYPE ")?.strip_suffix(" counter")).collect();
    let mut renamed = String::with_capacity(text.len());
    for line in text.lines() {
        let about =
            ["# HELP ", "# TYPE "].iter().find_map(|start| Some((start, line.strip_prefix(start)?.split_once(' ')?)));
        match about {
            Some((start, (name, rest))) if counters.contains(name) => {
                renamed.extend([start, name, "_total ", rest]);
            }
            _ => renamed.push_str(line),
        }
        renamed.push('\n');
    }
    renamed
}

/// A StatusCode as a label: the usual ones as they are, others as their class.
fn status(code: i32) -> &'static str {
    const USUAL: [(i32, &str); 12] = [
        (-1, "-1"),
        (200, "200"),
        (400, "400"),
        (401, "401"),
        (403, "403"),
        (404, "404"),
        (409, "409"),
        (429, "429"),
        (500, "500"),
        (502, "502"),
        (503, "503"),
        (504, "504"),
    ];
    match USUAL.iter().find(|(usual, _)| *usual == code) {
        Some((_, label)) => label,
        None if (400..500).contains(&code) => "4xx",
        None if (500..600).contains(&code) => "5xx",
        None => "other",
    }
}
