//! Log lines on stderr, and traces to an OpenTelemetry collector when `OTEL_EXPORTER_OTLP_ENDPOINT` names one.

mod flat_json;
mod otlp;

use std::io::IsTerminal;

use tracing::Level;
use tracing_subscriber::filter::{Directive, FilterFn};
use tracing_subscriber::fmt::Layer as Lines;
use tracing_subscriber::fmt::format::JsonFields;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer, Registry, reload};

use flat_json::FlatJson;
use otlp::Exporter;
use patchbay_runtime::chain;
use patchbay_settings::{Config, LogFormat};

use crate::proxy;

/// How the targets of Patchbay's own log lines begin: each crate's is its name.
const OWN_TARGETS: &str = "patchbay";

/// Ends with the process: what is still to be told is told then.
#[must_use]
pub struct Telemetry {
    exporter: Option<Exporter>,
    /// Puts another filter in the place of the first.
    change: Box<dyn Fn(EnvFilter) -> bool>,
    usual: &'static str,
    format: LogFormat,
}

/// Logs from here on: `info` for a service, `warn` for a command, or what the settings say (`debug`,
/// `patchbay_runtime=trace`). Libraries stay at `warn` unless they are named, whatever the level: an HTTP client's
/// finest lines are nobody's business. A service also sends its spans to a collector, when there is one.
pub fn init(is_service: bool, config: &Config) -> Telemetry {
    let settings = &config.process;
    let usual = if is_service { "info" } else { "warn" };
    let (filter, mut wrong) = filter(settings.log.as_deref().unwrap_or(usual));
    // What is wrong with the proxy is told where the nodes' requests need it.
    let proxy = proxy::of(&config.http).unwrap_or_default();
    let exporter = is_service.then(|| Exporter::from_environment(&proxy)).flatten();
    let exporter = exporter.and_then(|started| {
        started.map_err(|error| wrong.push(format!("no traces are sent: {}", chain(error.as_ref())))).ok()
    });
    let change: Box<dyn Fn(EnvFilter) -> bool> = match &exporter {
        // One filter for everything is cheaper, so it is only where it must be one for each.
        None => {
            let (filter, handle) = reload::Layer::new(filter);
            Registry::default().with(filter).with(lines(settings.log_format)).init();
            Box::new(move |filter| handle.reload(filter).is_ok())
        }
        Some(exporter) => {
            let own_spans =
                FilterFn::new(|it| it.is_span() && *it.level() <= Level::DEBUG && it.target().starts_with(OWN_TARGETS));
            let spans = tracing_opentelemetry::layer().with_tracer(exporter.tracer()).with_location(false);
            let spans = spans.with_threads(false).with_filter(own_spans);
            let (filter, handle) = reload::Layer::new(filter);
            Registry::default().with(lines(settings.log_format).with_filter(filter)).with(spans).init();
            Box::new(move |filter| handle.reload(filter).is_ok())
        }
    };
    // In the form of all other lines, now that there is one.
    wrong.iter().for_each(|text| tracing::warn!("{text}"));
    Telemetry { exporter, change, usual, format: settings.log_format }
}

impl Telemetry {
    /// Whether each line is a JSON object.
    pub fn is_json(&self) -> bool {
        self.format == LogFormat::Json
    }

    /// Logs what another value of the setting `log` asks for from here on.
    pub fn log_as(&self, wanted: Option<&str>) {
        let (filter, wrong) = filter(wanted.unwrap_or(self.usual));
        wrong.iter().for_each(|text| tracing::warn!("{text}"));
        if !(self.change)(filter) {
            tracing::warn!("the log goes on as it was");
        }
    }

    /// Sends what is still to be sent.
    pub async fn end(self) {
        if let Some(exporter) = self.exporter {
            exporter.end().await;
        }
    }
}

/// The filter that the setting asks for, and what of the setting can not be used.
fn filter(own: &str) -> (EnvFilter, Vec<String>) {
    let (mut filter, mut wrong) = (EnvFilter::new("warn"), Vec::new());
    for part in own.split(',').map(str::trim).filter(|part| !part.is_empty()) {
        let directive = if part.contains('=') { part.to_owned() } else { format!("{OWN_TARGETS}={part}") };
        match directive.parse::<Directive>() {
            Ok(directive) => filter = filter.add_directive(directive),
            Err(error) => wrong.push(format!("the setting log: `{part}` is not used: {error}")),
        }
    }
    (filter, wrong)
}

fn lines<S>(format: LogFormat) -> Box<dyn Layer<S> + Send + Sync>
where
    S: tracing::Subscriber + for<'span> LookupSpan<'span> + Send + Sync,
{
    let lines = Lines::default().with_writer(std::io::stderr);
    match format {
        LogFormat::Text => {
            // Colours are for people: a file or another program gets the bare text.
            let is_wanted = std::env::var_os("NO_COLOR").is_none_or(|wish| wish.is_empty());
            lines.with_ansi(std::io::stderr().is_terminal() && is_wanted).boxed()
        }
        LogFormat::Json => lines.fmt_fields(JsonFields::new()).event_format(FlatJson).boxed(),
    }
}
