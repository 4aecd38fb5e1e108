//! What happened, as the difference from a base: the least that a file has to say of it.

use patchbay_runtime::{Manifest, Provider, StatusRule};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::draft::Draft;
use crate::form::Says;

/// What went into a run, what was sent, what came out.
#[derive(Debug, Clone)]
pub struct Happened {
    inputs: Value,
    options: Value,
    sends: Vec<Value>,
    envelope: Map<String, Value>,
}

impl Happened {
    /// Of an object with these four members, as a case in full has them.
    pub fn of(value: Value) -> Result<Self, String> {
        let Value::Object(mut members) = value else { return Err("it is no object".to_owned()) };
        let mut object = |name: &str| match members.remove(name) {
            Some(Value::Object(members)) => Ok(members),
            _ => Err(format!("`{name}` is no object")),
        };
        let envelope = object("envelope")?;
        let mut given = |name: &str| members.remove(name).unwrap_or_else(|| json!({}));
        let (inputs, options) = (given("inputs"), given("options"));
        let sends = match members.remove("sends") {
            Some(Value::Array(sends)) => sends,
            _ => return Err("`sends` is no list".to_owned()),
        };
        Ok(Self { inputs, options, sends, envelope })
    }

    fn last_status(&self) -> Value {
        let is_own = |step: &&Value| step.get("request").is_some();
        let status = |step: &Value| Some(step).filter(is_own)?.pointer("/answer/status").cloned();
        let status = self.sends.iter().rev().find_map(|step| match step.get("any_order").and_then(Value::as_array) {
            Some(inside) => inside.iter().rev().find_map(status),
            None => status(step),
        });
        status.unwrap_or_else(|| json!(0))
    }
}

/// The whole of a base.
pub fn base(happened: &Happened, before: &Draft, manifest: &Manifest) -> Map<String, Value> {
    let mut case = Map::new();
    add(&mut case, "inputs", happened.inputs.clone());
    add(&mut case, "options", happened.options.clone());
    if let Some(kind) = before.credential() {
        case.insert("credential".to_owned(), kind.into());
    }
    let is_exchange = |step: &Value| step.get("request").is_some();
    match happened.sends.as_slice() {
        [] => {}
        [only] if is_exchange(only) => case.extend(only.as_object().cloned().unwrap_or_default()),
        several => {
            let names: Vec<Option<&str>> = before.names().map(|(name, _)| name).collect();
            let name = |index: usize| match names.get(index) {
                Some(Some(name)) if names.len() == several.len() => (*name).to_owned(),
                _ => format!("request {}", index + 1),
            };
            let sends = several.iter().enumerate().map(|(index, step)| (name(index), step.clone()));
            case.insert("sends".to_owned(), Value::Object(sends.collect()));
        }
    }
    end(&mut case, happened, &Map::new(), manifest);
    case
}

/// What a case says that begins with the base.
pub fn from_base(happened: &Happened, base: &Draft, provider: &Provider, manifest: &Manifest) -> Map<String, Value> {
    let full = base.clone().finish(provider, manifest).map(|content| content.to_value()).unwrap_or_default();
    let members = |name: &str| full.get(name).and_then(Value::as_object).cloned().unwrap_or_default();
    let mut case = Map::new();
    add(&mut case, "inputs", given_changes(base.inputs(), &happened.inputs));
    add(&mut case, "options", given_changes(base.options(), &happened.options));
    let without_exchanges = case.clone();
    let steps = full.get("sends").and_then(Value::as_array).cloned().unwrap_or_default();
    exchanges(&mut case, happened, base, &steps);
    end(&mut case, happened, &members("envelope"), manifest);
    if comes_to(&case, happened, base, provider, manifest) {
        return case;
    }
    // What is different in part can not be said in parts.
    let mut case = without_exchanges;
    case.insert("sends".to_owned(), happened.sends.clone().into());
    end(&mut case, happened, &members("envelope"), manifest);
    case
}

/// Whether the base with what the case says is what happened.
fn comes_to(
    case: &Map<String, Value>,
    happened: &Happened,
    base: &Draft,
    provider: &Provider,
    manifest: &Manifest,
) -> bool {
    let Ok(says) = Says::deserialize(&Value::Object(case.clone())) else { return false };
    let mut draft = base.begin();
    let content = draft.add(&says).and_then(|()| draft.finish(provider, manifest));
    content.is_ok_and(|content| {
        let full = content.to_value();
        full.get("sends") == Some(&Value::from(happened.sends.clone()))
            && full.get("envelope") == Some(&Value::Object(happened.envelope.clone()))
    })
}

fn exchanges(case: &mut Map<String, Value>, happened: &Happened, base: &Draft, before: &[Value]) {
    let names: Vec<(Option<&str>, bool)> = base.names().collect();
    let is_success = happened.envelope.get("StatusCode") == Some(&json!(200));
    let mut named = Map::new();
    for (index, ((before, after), (name, is_main))) in before.iter().zip(&happened.sends).zip(names).enumerate() {
        let is_last = index + 1 == happened.sends.len();
        let changes = exchange_changes(before, after);
        if changes.is_empty() && (is_success || !is_last) {
            continue;
        }
        match name {
            _ if is_main && !changes.is_empty() => case.extend(changes),
            Some(name) => drop(named.insert(name.to_owned(), Value::Object(changes))),
            None => {}
        }
    }
    add(case, "sends", Value::Object(named));
}

fn exchange_changes(before: &Value, after: &Value) -> Map<String, Value> {
    let (Some(before), Some(after)) = (before.as_object(), after.as_object()) else { return Map::new() };
    let mut said = Map::new();
    for (name, value) in after {
        match (before.get(name), value) {
            (Some(old), new) if old == new => {}
            (Some(Value::Object(old)), Value::Object(new)) if name != "answer" => {
                said.insert(name.clone(), Value::Object(changes(old, new)));
            }
            (_, new) => drop(said.insert(name.clone(), new.clone())),
        }
    }
    said
}

/// What has to be said of inputs or options.
fn given_changes(before: &Value, after: &Value) -> Value {
    match (before, after) {
        (Value::Object(before), Value::Object(after)) => Value::Object(changes(before, after)),
        (_, after) => after.clone(),
    }
}

/// What has to be merged into one object to make another of it.
fn changes(before: &Map<String, Value>, after: &Map<String, Value>) -> Map<String, Value> {
    let mut said = Map::new();
    for (name, value) in after {
        match (before.get(name), value) {
            (Some(old), new) if old == new => {}
            (_, Value::Null) => drop(said.insert(name.clone(), json!({ "$literal": null }))),
            (Some(Value::Object(old)), Value::Object(new)) if !is_matcher(old) && !is_matcher(new) => {
                said.insert(name.clone(), Value::Object(changes(old, new)));
            }
            (_, new) => drop(said.insert(name.clone(), new.clone())),
        }
    }
    let gone = before.keys().filter(|name| !after.contains_key(*name));
    said.extend(gone.map(|name| (name.clone(), Value::Null)));
    said
}

fn is_matcher(members: &Map<String, Value>) -> bool {
    members.keys().any(|name| name.starts_with('$'))
}

/// Says how it ends.
fn end(case: &mut Map<String, Value>, happened: &Happened, base: &Map<String, Value>, manifest: &Manifest) {
    let Happened { envelope, .. } = happened;
    let status = envelope.get("StatusCode").and_then(Value::as_i64).unwrap_or_default();
    let last_status = happened.last_status();
    let is_default = |name: &str, value: &Value| match name {
        "StatusCode" if status == 200 => true,
        "StatusCode" => match manifest.status {
            StatusRule::Operation => status == 500,
            StatusRule::Http => last_status == json!(status) && status >= 400,
        },
        "ErrorMessage" | "Hint" => *value == json!(""),
        "Retryable" => *value == json!(false),
        "OriginalStatusCode" => *value == last_status,
        _ => false,
    };
    let said = envelope.iter().filter(|(name, value)| !is_default(name, value));
    if status == 200 {
        let said: Map<String, Value> = said.map(|(name, value)| (name.clone(), value.clone())).collect();
        let base = base.iter().filter(|(name, value)| said.contains_key(*name) || !is_default(name, value));
        let base: Map<String, Value> = base.map(|(name, value)| (name.clone(), value.clone())).collect();
        let mut gives = changes(&base, &said);
        // A base that failed has fields that a success does not.
        gives.retain(|name, value| !value.is_null() || !["StatusCode", "OriginalStatusCode"].contains(&name.as_str()));
        return add(case, "gives", Value::Object(gives));
    }
    if let Some(refused) = refused(envelope).filter(|_| status == -1) {
        case.insert("refused".to_owned(), refused);
        return;
    }
    let is_empty = |value: &Value| match value {
        Value::Object(members) => members.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::String(text) => text.is_empty(),
        Value::Number(number) => number.as_f64() == Some(0.0),
        Value::Bool(value) => !value,
        Value::Null => true,
    };
    let is_field = |name: &str| ["StatusCode", "OriginalStatusCode"].contains(&name);
    let said = said.filter(|(name, value)| is_field(name) || !is_empty(value));
    case.insert("fails".to_owned(), Value::Object(said.map(|(name, value)| (name.clone(), value.clone())).collect()));
}

/// The reasons of a parameter error that the short form can say.
fn refused(envelope: &Map<String, Value>) -> Option<Value> {
    let (message, hint) = (envelope.get("ErrorMessage")?.as_str()?, envelope.get("Hint")?.as_str()?);
    let reasons: Vec<&str> = message.split("; ").collect();
    let names: Vec<&str> = reasons.iter().map(|reason| reason.split(':').next().unwrap_or_default()).collect();
    (hint == format!("Correct {}.", names.join(", "))).then(|| match reasons.as_slice() {
        [one] => json!(one),
        several => json!(several),
    })
}

fn add(case: &mut Map<String, Value>, name: &str, value: Value) {
    if value.as_object().is_none_or(|members| !members.is_empty()) {
        case.insert(name.to_owned(), value);
    }
}
