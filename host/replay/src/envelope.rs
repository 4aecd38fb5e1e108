//! The envelope that a case expects: what it says of it, and what follows from how the run ends.

use patchbay_runtime::{Envelope, Manifest, StatusRule, nearest};
use serde_json::{Value, json};

use crate::draft::Wrong;
use crate::expected::Expected;

/// The fields that every envelope has.
const FIELDS: [&str; 6] = ["StatusCode", "ErrorMessage", "Hint", "Retryable", "Summary", "OriginalStatusCode"];

/// Fields that an envelope has at times.
const OCCASIONAL: [&str; 3] = ["Errors", CONFIRM_WITH, "Plan"];
const CONFIRM_WITH: &str = "ConfirmWith";

/// How a case ends.
#[derive(Debug, Clone, Default)]
pub enum Ended {
    /// The node does what it is asked to do.
    #[default]
    Success,
    /// It fails, with these members of the envelope.
    Failure(Vec<(String, Expected)>),
    /// Its parameters are refused, for these reasons.
    Refused(Vec<String>),
}

/// The whole envelope. `last_status` is that of the last answer, 0 without one.
pub fn expected(
    manifest: &Manifest,
    gives: &[(String, Expected)],
    ended: &Ended,
    last_status: u16,
) -> Result<Vec<(String, Expected)>, Wrong> {
    match ended {
        Ended::Success => {
            check_names(manifest, gives).map_err(|message| Wrong::at("gives", message))?;
            let mut envelope: Vec<_> =
                gives.iter().filter(|(name, _)| !FIELDS.contains(&name.as_str())).cloned().collect();
            let defaults = [json!(200), json!(""), json!(""), json!(false), json!(""), json!(last_status)];
            envelope.extend(fields(gives, defaults));
            if let Some(node) = &manifest.confirm_with
                && !envelope.iter().any(|(name, _)| name == CONFIRM_WITH)
            {
                envelope.push((CONFIRM_WITH.to_owned(), Expected::Exactly(json!(node))));
            }
            Ok(envelope)
        }
        Ended::Failure(failure) => {
            check_names(manifest, failure).map_err(|message| Wrong::at("fails", message))?;
            let status = match manifest.status {
                StatusRule::Operation => Some(500),
                StatusRule::Http => Some(last_status).filter(|status| *status >= 400),
            };
            let has_status = failure.iter().any(|(name, _)| name == "StatusCode");
            if status.is_none() && !has_status {
                return Err(Wrong::at("fails", "it needs a StatusCode: no answer has an error's status"));
            }
            let defaults = [json!(status), json!(""), json!(""), json!(false), json!(""), json!(last_status)];
            Ok(failed(manifest, failure, defaults))
        }
        Ended::Refused(reasons) => {
            let names: Vec<&str> = reasons.iter().map(|reason| reason.split(':').next().unwrap_or_default()).collect();
            let hint = format!("Correct {}.", names.join(", "));
            let defaults =
                [json!(-1), json!(reasons.join("; ")), json!(hint), json!(false), json!(""), json!(last_status)];
            Ok(failed(manifest, &[], defaults))
        }
    }
}

fn failed(manifest: &Manifest, failure: &[(String, Expected)], defaults: [Value; 6]) -> Vec<(String, Expected)> {
    let said = |name: &str| failure.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone());
    let empty = Envelope::failure(&manifest.outputs, 0, String::new(), String::new()).outputs;
    let mut envelope: Vec<(String, Expected)> = empty
        .into_iter()
        .map(|(name, value)| {
            let value = said(&name).unwrap_or(Expected::Exactly(value));
            (name, value.written())
        })
        .collect();
    envelope.extend(fields(failure, defaults));
    envelope.extend(OCCASIONAL.into_iter().filter_map(|name| Some((name.to_owned(), said(name)?))));
    envelope
}

fn fields(said: &[(String, Expected)], defaults: [Value; 6]) -> impl Iterator<Item = (String, Expected)> {
    let field = |(name, default): (&str, Value)| {
        let value = said.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone());
        (name.to_owned(), value.unwrap_or(Expected::Exactly(default)))
    };
    FIELDS.into_iter().zip(defaults).map(field).collect::<Vec<_>>().into_iter()
}

/// Whether the envelope can have members of these names.
fn check_names(manifest: &Manifest, said: &[(String, Expected)]) -> Result<(), String> {
    let outputs = manifest.outputs.get("properties").and_then(Value::as_object);
    let outputs: Vec<&str> = outputs.into_iter().flatten().map(|(name, _)| name.as_str()).collect();
    let known = || outputs.iter().copied().chain(FIELDS).chain(OCCASIONAL);
    for (name, value) in said {
        let is_ignored = matches!(value, Expected::Ignored);
        if !is_ignored && !known().any(|known| known == name) {
            let near = nearest(name, known()).map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
            return Err(format!("{} has no output `{name}`{near}", manifest.id));
        }
    }
    Ok(())
}
