//! Where a run stands in a trace: under the caller's span, and over the requests of the node.

use std::collections::HashMap;

use opentelemetry::propagation::TextMapPropagator;
use opentelemetry::trace::TraceContextExt;
use opentelemetry_sdk::propagation::TraceContextPropagator;
use patchbay_runtime::TraceParent;
use patchbay_state::runs::RunId;
use tracing::{Level, Span, field};
use tracing_opentelemetry::OpenTelemetrySpanExt;

use crate::order::Order;

/// The header of a trace's place (W3C Trace Context).
const TRACEPARENT: &str = "traceparent";

/// The span of a run. All log lines of the run stand in it; where traces are kept, it stands under the caller's.
pub(crate) fn span(run: RunId, order: &Order) -> Span {
    let span = tracing::span!(
        Level::INFO,
        "call",
        %run,
        node = %order.node,
        origin = %order.origin,
        status = field::Empty
    );
    if let Some(header) = &order.traceparent {
        let carrier = HashMap::from([(TRACEPARENT.to_owned(), header.clone())]);
        let parent = TraceContextPropagator::new().extract(&carrier);
        // It fails where no traces are kept, which is most often.
        span.set_parent(parent).ok();
    }
    span
}

/// What an outside service is told: the run's own span where traces are kept, else what the caller said. What can not be
/// read counts as nothing said: the standard says so.
pub(crate) fn passed_on(span: &Span, order: &Order) -> Option<TraceParent> {
    let context = span.context();
    if !context.span().span_context().is_valid() {
        return order.traceparent.as_ref()?.parse().ok();
    }
    let mut carrier = HashMap::new();
    TraceContextPropagator::new().inject_context(&context, &mut carrier);
    carrier.get(TRACEPARENT)?.parse().ok()
}
