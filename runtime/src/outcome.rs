//! Turns how a run ended into its envelope.

use serde_json::{Map, Value};

use crate::bindings::{Failure, FailureKind, Outcome};
use crate::envelope::{Envelope, PARAMETER_ERROR, Plan, SUCCESS, complete_outputs};
use crate::manifest::{self, Manifest, StatusRule};
use crate::record::Journal;
use crate::registry::Node;
use crate::sandbox::End;
use crate::validate::ParameterError;

/// Statuses of failures that no service gave.
const INTERNAL: i32 = 500;
const BUSY: i32 = 503;
const TIMED_OUT: i32 = 504;

const LOOK: &str = "The service may have executed what was sent: look before trying again.";

/// The envelope of parameters that are wrong. Nothing was sent.
pub(crate) fn parameter_errors(manifest: &Manifest, errors: &[ParameterError]) -> Envelope {
    let messages: Vec<String> = errors.iter().map(ToString::to_string).collect();
    let mut names: Vec<&str> = errors.iter().map(|error| error.path.as_str()).collect();
    names.dedup();
    failure(manifest, PARAMETER_ERROR, messages.join("; "), format!("Correct {}.", names.join(", ")), false)
}

/// The envelope of a run that could not begin in time. Nothing was sent.
pub(crate) fn busy(manifest: &Manifest, waited_for: &str) -> Envelope {
    let message = format!("the run waited for {waited_for} until its deadline and was not begun");
    failure(
        manifest,
        past_validation(manifest, BUSY),
        message,
        "Run it again later, or raise the timeout.".into(),
        true,
    )
}

/// The envelope of a run that was ended at its deadline.
pub(crate) fn timed_out(manifest: &Manifest, journal: &Journal, timeout_ms: u128) -> Envelope {
    let wrote = journal.may_have_written();
    let hint = if wrote { LOOK } else { "Nothing was changed: run it again, or raise the timeout." };
    let message = format!("the run was not done within {timeout_ms} ms");
    let status = past_validation(manifest, TIMED_OUT);
    Envelope { original_status_code: journal.last_status(), ..failure(manifest, status, message, hint.into(), !wrote) }
}

/// The envelope of a run that ended by itself.
pub(crate) fn ended(node: &Node, journal: &Journal, end: End) -> Envelope {
    let envelope = match end {
        End::Answered(Ok(outcome)) => answered(node, journal, outcome),
        End::Answered(Err(failure)) => failed(node, journal, failure),
        End::Planned(plan) => planned(node, plan),
        End::Stopped(reason) => stopped(node, journal, &reason),
    };
    Envelope { original_status_code: journal.last_status(), ..envelope }
}

fn answered(node: &Node, journal: &Journal, outcome: Outcome) -> Envelope {
    let manifest = &node.manifest;
    let outputs = match serde_json::from_str(&outcome.outputs) {
        Ok(Value::Object(outputs)) => Value::Object(outputs),
        Ok(_) | Err(_) => return broken_outputs(manifest, journal, "they are not a JSON object", Map::new()),
    };
    let checked = node.checks.outputs(&outputs);
    let Value::Object(outputs) = outputs else { return broken_outputs(manifest, journal, "", Map::new()) };
    match checked {
        Ok(()) => Envelope {
            outputs: complete_outputs(&manifest.outputs, outputs),
            status_code: SUCCESS,
            error_message: String::new(),
            hint: String::new(),
            retryable: false,
            summary: outcome.summary,
            original_status_code: 0,
            plan: None,
        },
        Err(errors) => {
            let problems: Vec<String> = errors.iter().map(ToString::to_string).collect();
            broken_outputs(manifest, journal, &problems.join("; "), outputs)
        }
    }
}

/// The run was dry and came to a write.
fn planned(node: &Node, plan: Box<Plan>) -> Envelope {
    Envelope {
        outputs: complete_outputs(&node.manifest.outputs, Map::new()),
        status_code: SUCCESS,
        error_message: String::new(),
        hint: String::new(),
        retryable: false,
        summary: plan.summary(),
        original_status_code: 0,
        plan: Some(plan),
    }
}

/// The node did its work and told of it in a way that it did not declare. What it told is kept.
fn broken_outputs(manifest: &Manifest, journal: &Journal, problem: &str, outputs: Map<String, Value>) -> Envelope {
    let hint = if journal.may_have_written() {
        "What the node sent was executed: look before trying again, and report the mistake to the node's author."
    } else {
        "Report the mistake to the node's author."
    };
    let message = format!("the node's outputs are not as it declares them: {problem}");
    Envelope {
        outputs: complete_outputs(&manifest.outputs, outputs),
        ..failure(manifest, INTERNAL, message, hint.into(), false)
    }
}

fn failed(node: &Node, journal: &Journal, failed: Failure) -> Envelope {
    let manifest = &node.manifest;
    let made = match serde_json::from_str(&failed.outputs) {
        Ok(Value::Object(outputs)) => outputs,
        _ => Map::new(),
    };
    // The node judges its last request; that an earlier write is not repeated is the runtime's to see to.
    let repeats_nothing = manifest.idempotent || !journal.may_have_written_before_last();
    let status = status(manifest, &failed, journal);
    Envelope {
        outputs: complete_outputs(&manifest.outputs, made),
        ..failure(manifest, status, failed.message, failed.hint, failed.retryable && repeats_nothing)
    }
}

fn stopped(node: &Node, journal: &Journal, reason: &str) -> Envelope {
    let hint = if journal.may_have_written() { LOOK } else { "Report it to the node's author." };
    let message = match journal.last_error() {
        Some(last) => format!("the node {reason}: {last}"),
        None => format!("the node {reason}"),
    };
    failure(&node.manifest, INTERNAL, message, hint.into(), false)
}

fn failure(manifest: &Manifest, status_code: i32, error_message: String, hint: String, retryable: bool) -> Envelope {
    Envelope {
        outputs: complete_outputs(&manifest.outputs, Map::new()),
        status_code,
        error_message,
        hint,
        retryable,
        summary: String::new(),
        original_status_code: 0,
        plan: None,
    }
}

fn status(manifest: &Manifest, failed: &Failure, journal: &Journal) -> i32 {
    let kind = failed.kind;
    if kind == FailureKind::InvalidInput && journal.exchanges_begun() == 0 {
        return PARAMETER_ERROR;
    }
    let last = i32::from(journal.last_status());
    // No token came and the cause passes: the credential is not at fault, the service was busy.
    if kind == FailureKind::Auth && failed.retryable && journal.last_status_is_of_token() {
        return past_validation(manifest, if last >= 500 { last } else { 429 });
    }
    let is_answer = !matches!(
        kind,
        // Nothing was answered, or not to the node's request: the last status belongs to something else.
        FailureKind::InvalidInput | FailureKind::Network | FailureKind::Timeout | FailureKind::Refused
        // The service reports a rate limit with a status of its own choice; its code decides.
        | FailureKind::RateLimit
    );
    let service = (is_answer && last >= 400 && !journal.last_status_is_of_token()).then_some(last);
    past_validation(manifest, service.unwrap_or(manifest::FailureKind::from(kind).status_code()))
}

/// A status as the manifest's rule has it, for any failure past validation.
fn past_validation(manifest: &Manifest, status: i32) -> i32 {
    match manifest.status {
        StatusRule::Http => status,
        StatusRule::Operation => INTERNAL,
    }
}
