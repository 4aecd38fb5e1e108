//! Log lines as JSON: one flat object each, with what their spans say beside what they say themselves.

use std::fmt::{self, Debug};

use patchbay_state::Timestamp;
use serde_json::{Map, Value};
use tracing::field::{Field, Visit};
use tracing::{Event, Subscriber};
use tracing_subscriber::fmt::format::{JsonFields, Writer};
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormattedFields};
use tracing_subscriber::registry::LookupSpan;

/// `{"timestamp":..,"level":..,"target":..,"message":..}`, then the fields of the event, then those of its spans.
pub struct FlatJson;

impl<S> FormatEvent<S, JsonFields> for FlatJson
where
    S: Subscriber + for<'span> LookupSpan<'span>,
{
    fn format_event(
        &self,
        context: &FmtContext<'_, S, JsonFields>,
        mut line: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        let metadata = event.metadata();
        let mut members = Map::new();
        members.insert("timestamp".to_owned(), Timestamp::now(&patchbay_runtime::SystemClock).to_string().into());
        members.insert("level".to_owned(), metadata.level().as_str().into());
        members.insert("target".to_owned(), metadata.target().into());
        let mut said = Fields::default();
        event.record(&mut said);
        members.insert("message".to_owned(), said.0.remove("message").unwrap_or_default());
        members.extend(said.0);
        // The innermost first: what it says outweighs what those around it say.
        for span in context.event_scope().into_iter().flatten() {
            let extensions = span.extensions();
            let fields = extensions.get::<FormattedFields<JsonFields>>().map(|fields| fields.as_str());
            let fields: Map<String, Value> =
                fields.and_then(|json| serde_json::from_str(json).ok()).unwrap_or_default();
            for (name, value) in fields {
                members.entry(name).or_insert(value);
            }
        }
        writeln!(line, "{}", Value::Object(members))
    }
}

/// The fields of an event.
#[derive(Default)]
struct Fields(Map<String, Value>);

impl Fields {
    fn set(&mut self, field: &Field, value: impl Into<Value>) {
        self.0.insert(field.name().to_owned(), value.into());
    }
}

impl Visit for Fields {
    fn record_f64(&mut self, field: &Field, value: f64) {
        self.set(field, value);
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.set(field, value);
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.set(field, value);
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.set(field, value);
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.set(field, value);
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.set(field, format!("{value:?}"));
    }
}
