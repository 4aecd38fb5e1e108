//! Where a call stands in a trace: taken from its caller, and passed on.

use opentelemetry::Context;
use opentelemetry::trace::{SpanContext, SpanId, TraceContextExt, TraceFlags, TraceId, TraceState};
use patchbay_runtime::{NodeId, TraceParent};
use tracing::Span;
use tracing_opentelemetry::OpenTelemetrySpanExt;

use crate::store::RunId;

/// The span of a run, under the caller's. All log lines of the run stand in it.
pub fn span(run: RunId, node: &NodeId, caller: Option<TraceParent>) -> Span {
    let span = tracing::info_span!("call", %run, %node, status = tracing::field::Empty);
    if let Some(caller) = caller {
        let context = SpanContext::new(
            TraceId::from(caller.trace()),
            SpanId::from(caller.span()),
            TraceFlags::new(caller.flags()),
            true,
            TraceState::default(),
        );
        // It fails where no traces are kept, which is most often.
        span.set_parent(Context::new().with_remote_span_context(context)).ok();
    }
    span
}

/// What an outside service is told: the span where traces are kept, else what the caller said.
pub fn passed_on(span: &Span, caller: Option<TraceParent>) -> Option<TraceParent> {
    let context = span.context();
    let own = context.span().span_context().clone();
    let trace = u128::from_be_bytes(own.trace_id().to_bytes());
    let parent = u64::from_be_bytes(own.span_id().to_bytes());
    TraceParent::new(trace, parent, own.trace_flags().to_u8()).or(caller)
}
