//! The cases of `every-operation.yaml`: which of them an operation has, and what they say for it.

use std::collections::BTreeMap;

use patchbay_runtime::{Effect, Manifest, Name, StatusRule};
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::form::{ByEffect, ByStatus, Only, Says, Shared, SharedFile};
use crate::source::{Malformed, Source, path};

/// The name of a file of shared cases, without its extension.
pub const STEM: &str = "every-operation";

/// A file of shared cases.
pub struct SharedCases {
    source: Source,
    texts: BTreeMap<String, String>,
    cases: Vec<(String, Shared)>,
}

/// What a shared case is chosen by.
pub struct Traits<'operation> {
    /// The operation's manifest.
    pub manifest: &'operation Manifest,
    /// The slot that its main request names.
    pub slot: Option<&'operation Name>,
    /// What its main request does.
    pub effect: Effect,
    /// Method and address of its first request.
    pub request: Option<&'operation str>,
    /// Its words: its own, then those of the files of shared cases from the narrowest to the widest.
    pub texts: &'operation BTreeMap<String, String>,
}

impl SharedCases {
    /// Reads a file.
    pub fn of(source: Source) -> Result<Self, Malformed> {
        let file: SharedFile = source.parse()?;
        Ok(Self { texts: file.texts, cases: file.cases.0, source })
    }

    /// The file.
    pub fn source(&self) -> &Source {
        &self.source
    }

    /// Its texts.
    pub fn texts(&self) -> &BTreeMap<String, String> {
        &self.texts
    }

    /// The cases that the operation has: name, and what is said, each part on top of the one before.
    pub fn of_operation(&self, traits: &Traits) -> Result<Vec<(&str, Vec<Says>)>, Malformed> {
        let mut cases = Vec::new();
        for (name, case) in &self.cases {
            let Some(parts) = chosen(case, traits) else { continue };
            let place = path(["cases", name]);
            let wrong = |message: String| {
                let message = format!("for {}: {message}", traits.manifest.id);
                self.source.malformed(&place, message)
            };
            let raw = self.source.value().get("cases").and_then(|cases| cases.get(name)).unwrap_or(&Value::Null);
            let says = |way: &Vec<&str>| {
                let part = way.iter().try_fold(raw, |raw, member| raw.get(*member)).and_then(Value::as_object);
                let said = part.into_iter().flatten().filter(|(name, _)| !CHOICES.contains(&name.as_str()));
                let said: Map<String, Value> = said.map(|(name, value)| (name.clone(), value.clone())).collect();
                let said = with_texts(&Value::Object(said), traits)?;
                Says::deserialize(&said).map_err(|error| error.to_string())
            };
            let says: Vec<Says> = parts.iter().map(says).collect::<Result<_, String>>().map_err(wrong)?;
            cases.push((name.as_str(), says));
        }
        Ok(cases)
    }
}

/// Members of a shared case by which it is chosen, and which say nothing of it.
const CHOICES: [&str; 4] = ["only", "by_slot", "by_effect", "by_status"];

/// The value with the operation's words in the places of `${name}`.
fn with_texts(value: &Value, traits: &Traits) -> Result<Value, String> {
    Ok(match value {
        Value::String(text) => filled(text, traits)?.into(),
        Value::Array(items) => items.iter().map(|item| with_texts(item, traits)).collect::<Result<Vec<_>, _>>()?.into(),
        Value::Object(members) => {
            let member = |(name, value): (&String, &Value)| Ok((name.clone(), with_texts(value, traits)?));
            Value::Object(members.iter().map(member).collect::<Result<Map<_, _>, String>>()?)
        }
        scalar => scalar.clone(),
    })
}

fn filled(text: &str, traits: &Traits) -> Result<String, String> {
    let mut filled = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("${") {
        let (name, after) = after.split_once('}').ok_or_else(|| "`${` is not closed".to_owned())?;
        filled.push_str(before);
        filled.push_str(match name {
            "request" => {
                traits.request.ok_or_else(|| "the base sends nothing, so there is no `${request}`".to_owned())?
            }
            name => traits.texts.get(name).ok_or_else(|| {
                format!(
                    "there is no text `{name}`: give it in `texts`, of the operation's file or of every-operation.yaml"
                )
            })?,
        });
        rest = after;
    }
    filled.push_str(rest);
    Ok(filled)
}

/// The ways to the parts of the case that are said of the operation, when it has the case.
fn chosen<'case>(case: &'case Shared, traits: &Traits<'case>) -> Option<Vec<Vec<&'case str>>> {
    let mut parts = Vec::new();
    choose(case, traits, &mut Vec::new(), &mut parts).then_some(parts)
}

fn choose<'case>(
    case: &'case Shared,
    traits: &Traits<'case>,
    way: &mut Vec<&'case str>,
    parts: &mut Vec<Vec<&'case str>>,
) -> bool {
    if !case.only.as_ref().is_none_or(|only| holds(only, traits)) {
        return false;
    }
    parts.push(way.clone());
    let mut part = |names: [&'case str; 2], case: Option<&'case Shared>| {
        let Some(case) = case else { return false };
        way.extend(names);
        let has_case = choose(case, traits, way, parts);
        way.truncate(way.len() - names.len());
        has_case
    };
    if let Some(by_slot) = &case.by_slot {
        let slot = traits.slot.map(Name::as_str).unwrap_or_default();
        if !part(["by_slot", slot], by_slot.get(slot)) {
            return false;
        }
    }
    if let Some(ByEffect { read, write, idempotent_write }) = &case.by_effect {
        let (name, of_effect) = match traits.effect {
            Effect::Read => ("read", read),
            Effect::Write if traits.manifest.idempotent && idempotent_write.is_some() => {
                ("idempotent_write", idempotent_write)
            }
            Effect::Write => ("write", write),
        };
        if !part(["by_effect", name], of_effect.as_deref()) {
            return false;
        }
    }
    if let Some(ByStatus { http, operation }) = &case.by_status {
        let (name, of_status) = match traits.manifest.status {
            StatusRule::Http => ("http", http),
            StatusRule::Operation => ("operation", operation),
        };
        if !part(["by_status", name], of_status.as_deref()) {
            return false;
        }
    }
    true
}

fn holds(only: &Only, traits: &Traits) -> bool {
    let Manifest { inputs, errors, id, .. } = traits.manifest;
    let properties = inputs.get("properties").and_then(Value::as_object);
    let has_input = |name: &String| properties.is_some_and(|properties| properties.contains_key(name));
    let declares = |code: &str| {
        errors.iter().any(|known| match known.code.strip_suffix('*') {
            Some(family) => code.starts_with(family),
            None => known.code == code,
        })
    };
    only.slot.as_ref().is_none_or(|slot| Some(slot) == traits.slot)
        && only.inputs.iter().all(has_input)
        && only.code.as_deref().is_none_or(declares)
        && only.effect.is_none_or(|effect| effect == traits.effect)
        && (only.operations.is_empty() || only.operations.iter().any(|name| name == id.operation.as_str()))
}
