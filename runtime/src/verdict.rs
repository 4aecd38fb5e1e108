//! Turns how a run ended into its envelope.

use serde_json::{Map, Value};

use crate::aside::NotDone;
use crate::bindings::{Failure, Outcome};
use crate::envelope::{Envelope, PARAMETER_ERROR, Plan, WrongValue, complete_outputs};
use crate::excerpt::shorten;
use crate::journal::Journal;
use crate::manifest::Manifest;
use crate::outputs::Outputs;
use crate::registry::Node;
use crate::sandbox::{End, too_much_memory};
use crate::validate::Wrong;
use crate::vocabulary::{FailureKind, StatusRule};

/// Statuses of failures that no service gave.
const INTERNAL: i32 = 500;
const BUSY: i32 = 503;
const TIMED_OUT: i32 = 504;

/// Characters of a message, a hint or a summary that a node gives.
const LONGEST_TEXT: usize = 8_000;

/// Errors of parameters that a node lists.
const MOST_ERRORS: usize = 50;

const LOOK: &str = "The service may have executed what was sent: look before trying again.";

/// The envelope of parameters that are wrong. Nothing was sent.
pub(crate) fn parameter_errors(manifest: &Manifest, wrong: &Wrong) -> Envelope {
    let mut names: Vec<&str> = wrong.errors.iter().map(|error| error.path.as_str()).collect();
    names.dedup();
    let hint = format!("Correct {}.", names.join(", "));
    Envelope {
        errors: wrong.errors.iter().map(WrongValue::from).collect(),
        ..failure(manifest, PARAMETER_ERROR, wrong.to_string(), hint, false)
    }
}

/// The envelope of a run whose inputs and options could not be checked. Nothing was sent.
pub(crate) fn unchecked(manifest: &Manifest, not_done: &NotDone) -> Envelope {
    let (status, hint, passes) = match not_done {
        NotDone::InTime => (
            TIMED_OUT,
            "Give the node less in one run, or raise the timeout (limits.timeout) and limits.compute_per_run.",
            false,
        ),
        NotDone::NoThread => (BUSY, "Run it again later.", true),
        NotDone::Panicked(_) => (INTERNAL, "Report it as a mistake in Patchbay.", false),
    };
    let message = format!("the inputs and options were not checked: {not_done}");
    failure(manifest, past_validation(manifest, status), message, hint.to_owned(), passes)
}

/// The envelope of a run in which the host itself failed.
pub(crate) fn host_failed(manifest: &Manifest, journal: &Journal, panic: &str) -> Envelope {
    let hint = if journal.may_have_written() { LOOK } else { "Report it as a mistake in Patchbay." };
    let message = format!("the host failed while it ran the node: {}", shorten(panic.to_owned(), LONGEST_TEXT));
    let failed = failure(manifest, INTERNAL, message, hint.to_owned(), false);
    Envelope { original_status_code: journal.last_status(), ..failed }
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
    let message = format!("the run was not done within {timeout_ms} ms (limits.timeout)");
    let status = past_validation(manifest, TIMED_OUT);
    Envelope { original_status_code: journal.last_status(), ..failure(manifest, status, message, hint.into(), !wrote) }
}

/// The envelope of a run that ended by itself.
pub(crate) fn ended(node: &Node, journal: &Journal, end: End, outputs: Outputs) -> Envelope {
    let envelope = match end {
        End::Answered(Ok(outcome)) => answered(node, journal, outcome, outputs),
        End::Answered(Err(failure)) => failed(node, journal, failure, outputs),
        End::Planned(plan) => planned(node, plan),
        End::Stopped(reason) => stopped(node, journal, &reason),
        End::OutOfMemory { most, given } => out_of_memory(node, journal, most, given),
        End::Crowded(reason) => crowded(node, journal, &reason),
    };
    Envelope { original_status_code: journal.last_status(), ..envelope }
}

fn answered(node: &Node, journal: &Journal, outcome: Outcome, outputs: Outputs) -> Envelope {
    let manifest = &node.manifest;
    match outputs.problem {
        None => Envelope {
            confirm_with: manifest.confirm_with.clone(),
            ..Envelope::success(&manifest.outputs, outputs.made, shorten(outcome.summary, LONGEST_TEXT))
        },
        Some(problem) => broken_outputs(manifest, journal, &problem, outputs.made),
    }
}

/// Other runs have the memory that the run needed.
fn crowded(node: &Node, journal: &Journal, reason: &str) -> Envelope {
    let wrote = journal.may_have_written();
    let hint = if wrote { LOOK } else { "Run it again later, or raise limits.memory." };
    let status = past_validation(&node.manifest, BUSY);
    failure(&node.manifest, status, format!("the node {reason}"), hint.to_owned(), !wrote)
}

/// The run was dry and came to a write.
fn planned(node: &Node, plan: Box<Plan>) -> Envelope {
    let nothing_yet = Envelope::success(&node.manifest.outputs, Map::new(), plan.summary());
    Envelope { plan: Some(plan), ..nothing_yet }
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

fn failed(node: &Node, journal: &Journal, failed: Failure, outputs: Outputs) -> Envelope {
    let manifest = &node.manifest;
    let made = outputs.made;
    // The node judges its last request; that an earlier write is not repeated is the runtime's to see to.
    let repeats_nothing = manifest.idempotent || !journal.may_have_written_before_last();
    let status = status(manifest, &failed, journal);
    Envelope {
        outputs: complete_outputs(&manifest.outputs, made),
        errors: failed.errors.into_iter().take(MOST_ERRORS).map(shortened).collect(),
        ..failure(
            manifest,
            status,
            shorten(failed.message, LONGEST_TEXT),
            shorten(failed.hint, LONGEST_TEXT),
            failed.retryable && repeats_nothing,
        )
    }
}

fn shortened(error: WrongValue) -> WrongValue {
    const LONGEST: usize = 500;
    let WrongValue { path, code, expected, message } = error;
    let [path, code, expected, message] = [path, code, expected, message].map(|text| shorten(text, LONGEST));
    WrongValue { path, code, expected, message }
}

fn stopped(node: &Node, journal: &Journal, reason: &str) -> Envelope {
    let hint = if journal.may_have_written() { LOOK } else { "Report it to the node's author." };
    let message = match journal.last_error() {
        Some(last) => format!("the node {reason}: {last}"),
        None => format!("the node {reason}"),
    };
    failure(&node.manifest, INTERNAL, message, hint.into(), false)
}

/// Who can do something about it depends on what the memory was for: a large answer, large inputs, or the node itself.
fn out_of_memory(node: &Node, journal: &Journal, most: usize, given: usize) -> Envelope {
    /// A value takes up to so many times the bytes of its text, in the forms that a node makes of it.
    const SPREAD: usize = 64;
    let received = journal.received_bytes();
    let reason = too_much_memory(most);
    let large = |what: &str, bytes: usize| format!("{reason} for {what} of {:.1} MB", bytes as f64 / 1e6);
    let (reason, advice) = if received >= given && received > most / SPREAD {
        (large("answers", received), "Ask for less in one call, or raise limits.memory_per_run.")
    } else if given > most / SPREAD {
        (large("inputs", given), "Give less in one call, or raise limits.memory_per_run.")
    } else {
        return stopped(node, journal, &reason);
    };
    let hint = if journal.may_have_written() { format!("{LOOK} {advice}") } else { advice.to_owned() };
    failure(&node.manifest, INTERNAL, format!("the node {reason}"), hint, false)
}

fn failure(manifest: &Manifest, status_code: i32, error_message: String, hint: String, retryable: bool) -> Envelope {
    Envelope { retryable, ..Envelope::failure(&manifest.outputs, status_code, error_message, hint) }
}

fn status(manifest: &Manifest, failed: &Failure, journal: &Journal) -> i32 {
    let kind = failed.kind;
    if kind == FailureKind::InvalidInput && journal.exchanges_begun() == 0 {
        return PARAMETER_ERROR;
    }
    let token = journal.missing_token();
    // No token came and the cause passes: the credential is not at fault, the service was busy.
    if let Some(token) = token.as_ref().filter(|_| kind == FailureKind::Auth && failed.retryable) {
        return past_validation(manifest, if token.status >= 500 { token.status.into() } else { 429 });
    }
    let is_answer = !matches!(
        kind,
        // Nothing was answered, or not to the node's request: the last status belongs to something else.
        FailureKind::InvalidInput | FailureKind::Network | FailureKind::Timeout | FailureKind::Refused
        // The service reports a rate limit with a status of its own choice; its code decides.
        | FailureKind::RateLimit
    );
    let last = i32::from(journal.last_status());
    let service = (is_answer && last >= 400 && token.is_none()).then_some(last);
    past_validation(manifest, service.unwrap_or(kind.status_code()))
}

/// A status as the manifest's rule has it, for any failure past validation.
fn past_validation(manifest: &Manifest, status: i32) -> i32 {
    match manifest.status {
        StatusRule::Http => status,
        StatusRule::Operation => INTERNAL,
    }
}
