//! Brings a base and what a case says of it together.

use std::num::NonZeroU64;

use patchbay_runtime::provider::Sign;
use patchbay_runtime::{Effect, Manifest, Name, Provider, StatusRule};
use serde_json::{Map, Value, json};

use crate::case::{Answer, Content, Exchange, ExpectedRequest, Fault, Reply, Step, TokenAnswer};
use crate::envelope::{self, Ended};
use crate::expected::{Expected, merge_members, nothing_to_take_away};
use crate::form::{Again, ExchangeSays, Named, OfExchange, Says, SendItem, Sends, TokenSays};

/// The name of a base's exchange that has none.
const ONLY: &str = "request";

/// What is wrong with what a case says, and with which of its members.
#[derive(Debug)]
pub struct Wrong {
    /// The way to the member, from the case.
    pub at: Vec<String>,
    /// What is wrong.
    pub message: String,
}

impl Wrong {
    /// Of a member of the case.
    pub fn at(member: &str, message: impl Into<String>) -> Self {
        Self { at: vec![member.to_owned()], message: message.into() }
    }

    fn below(mut self, member: &str) -> Self {
        self.at.insert(0, member.to_owned());
        self
    }
}

impl From<String> for Wrong {
    fn from(message: String) -> Self {
        Self { at: Vec::new(), message }
    }
}

/// A case while what is said of it comes together.
#[derive(Debug, Clone)]
pub struct Draft {
    inputs: Value,
    options: Value,
    credential: Option<String>,
    timeout_ms: Option<NonZeroU64>,
    token: Option<TokenSays>,
    exchanges: Vec<Planned>,
    gives: Vec<(String, Expected)>,
    ended: Ended,
}

/// An exchange.
#[derive(Debug, Clone, Default)]
struct Planned {
    name: Option<String>,
    is_main: bool,
    /// Whether the case says something of it, so that it happens even when the case fails.
    is_spoken_of: bool,
    request: Option<Expected>,
    slot: Option<Name>,
    effect: Option<Effect>,
    query: Option<Expected>,
    headers: Vec<(String, Expected)>,
    body: Option<Expected>,
    replies: Vec<Reply>,
    token: Option<Name>,
    any_order: Vec<Planned>,
}

impl Draft {
    /// The case `base` of a file.
    pub fn base(says: &Says) -> Result<Self, Wrong> {
        let mut draft = Self {
            inputs: json!({}),
            options: json!({}),
            credential: None,
            timeout_ms: None,
            token: None,
            exchanges: Vec::new(),
            gives: Vec::new(),
            ended: Ended::default(),
        };
        if says.is_any() {
            if says.sends.is_some() {
                return Err(Wrong::at("sends", "the base has one exchange by its members, or several in `sends`"));
            }
            draft.exchanges.push(Planned { name: Some(ONLY.to_owned()), ..Planned::default() });
        }
        draft.add(says)?;
        Ok(draft)
    }

    /// The same, as a case begins with it: what was said so far is the base's.
    pub fn begin(&self) -> Self {
        let mut draft = self.clone();
        draft.exchanges.iter_mut().for_each(|exchange| exchange.is_spoken_of = false);
        draft
    }

    /// Adds what is said next: it merges into what was said before.
    pub fn add(&mut self, says: &Says) -> Result<(), Wrong> {
        merge_value(&mut self.inputs, says.inputs.as_ref()).map_err(|message| Wrong::at("inputs", message))?;
        merge_value(&mut self.options, says.options.as_ref()).map_err(|message| Wrong::at("options", message))?;
        self.credential = says.credential.clone().or_else(|| self.credential.take());
        self.timeout_ms = says.timeout_ms.or(self.timeout_ms);
        self.token = says.token.clone().or_else(|| self.token.take());
        match &says.sends {
            None => {}
            Some(Sends::Named(named)) => self.add_named(named).map_err(|wrong| wrong.below("sends"))?,
            Some(Sends::List(items)) => self.exchanges = self.list(items).map_err(|wrong| wrong.below("sends"))?,
        }
        if says.is_any() {
            let main = self.main_index().ok_or_else(|| "there is no exchange that this could be of".to_owned())?;
            if let Some(exchange) = self.exchanges.get_mut(main) {
                exchange.add(&says.exchange())?;
            }
        }
        self.add_end(says)
    }

    fn add_end(&mut self, says: &Says) -> Result<(), Wrong> {
        match (&says.gives, &says.fails, &says.refused) {
            (None, None, None) => Ok(()),
            (Some(Named(gives)), None, None) => {
                self.ended = Ended::Success;
                merge_members(&mut self.gives, gives).map_err(|message| Wrong::at("gives", message))
            }
            (None, Some(Named(fails)), None) => {
                let mut failure = match std::mem::take(&mut self.ended) {
                    Ended::Failure(before) => before,
                    _ => Vec::new(),
                };
                let merged = merge_members(&mut failure, fails);
                self.ended = Ended::Failure(failure);
                merged.map_err(|message| Wrong::at("fails", message))
            }
            (None, None, Some(refused)) => {
                self.ended = Ended::Refused(refused.0.clone());
                Ok(())
            }
            _ => Err("a case ends in one way: it `gives`, `fails` or is `refused`".to_owned().into()),
        }
    }

    fn add_named(&mut self, named: &[(String, Option<ExchangeSays>)]) -> Result<(), Wrong> {
        for (name, says) in named {
            let at = self.exchanges.iter().position(|exchange| exchange.name.as_deref() == Some(name));
            match (at, says) {
                (Some(at), None) => drop(self.exchanges.remove(at)),
                (None, None) => return Err(Wrong::at(name, format!("there is no exchange `{name}` to take away"))),
                (Some(at), Some(says)) => {
                    if let Some(exchange) = self.exchanges.get_mut(at) {
                        exchange.add(says).map_err(|wrong| wrong.below(name))?;
                    }
                }
                (None, Some(says)) => {
                    let mut exchange = self.planned(says).map_err(|wrong| wrong.below(name))?;
                    exchange.name = Some(name.clone());
                    self.exchanges.push(exchange);
                }
            }
        }
        Ok(())
    }

    fn list(&self, items: &[SendItem]) -> Result<Vec<Planned>, Wrong> {
        let item = |(index, item): (usize, &SendItem)| match item {
            SendItem::Same(name) => {
                let same = self.known(name).map_err(|message| Wrong::at(&index.to_string(), message))?;
                Ok(Planned { is_spoken_of: true, ..same.clone() })
            }
            SendItem::Says(says) => self.planned(says).map_err(|wrong| wrong.below(&index.to_string())),
        };
        items.iter().enumerate().map(item).collect()
    }

    fn known(&self, name: &str) -> Result<&Planned, String> {
        let known = self.exchanges.iter().find(|exchange| exchange.name.as_deref() == Some(name));
        known.ok_or_else(|| {
            let names: Vec<&str> = self.exchanges.iter().filter_map(|exchange| exchange.name.as_deref()).collect();
            format!("there is no exchange `{name}`; there are: {}", names.join(", "))
        })
    }

    /// A new exchange.
    fn planned(&self, says: &ExchangeSays) -> Result<Planned, Wrong> {
        let mut exchange = match &says.like {
            Some(name) => {
                let like = self.known(name).map_err(|message| Wrong::at("like", message))?.clone();
                Planned { name: None, is_main: false, replies: Vec::new(), ..like }
            }
            None => Planned::default(),
        };
        for (index, inside) in says.any_order.iter().enumerate() {
            let inside = self.planned(inside).map_err(|wrong| wrong.below(&index.to_string()).below("any_order"))?;
            exchange.any_order.push(inside);
        }
        exchange.add(says)?;
        Ok(exchange)
    }

    fn main_index(&self) -> Option<usize> {
        let marked = self.exchanges.iter().position(|exchange| exchange.is_main);
        marked.or_else(|| (!self.exchanges.is_empty()).then_some(0))
    }

    fn main(&self) -> Option<&Planned> {
        self.exchanges.get(self.main_index()?)
    }

    /// The node's inputs.
    pub fn inputs(&self) -> &Value {
        &self.inputs
    }

    /// The node's options.
    pub fn options(&self) -> &Value {
        &self.options
    }

    /// The kind of credential, or `none`.
    pub fn credential(&self) -> Option<&str> {
        self.credential.as_deref()
    }

    /// How long the run may take.
    pub fn timeout_ms(&self) -> Option<NonZeroU64> {
        self.timeout_ms
    }

    /// The names of the exchanges, and whether a case means the exchange when it names none.
    pub fn names(&self) -> impl Iterator<Item = (Option<&str>, bool)> {
        let main = self.main_index();
        let exchanges = self.exchanges.iter().enumerate();
        exchanges.map(move |(index, exchange)| (exchange.name.as_deref(), main == Some(index)))
    }

    /// The slot that the main request names.
    pub fn slot(&self) -> Option<&Name> {
        self.main()?.slot.as_ref()
    }

    /// What the main request does.
    pub fn effect(&self) -> Option<Effect> {
        self.main()?.effect
    }

    /// Method and address of the first request.
    pub fn first_request(&self) -> Option<&str> {
        self.exchanges.first()?.request.as_ref()?.exact_text()
    }

    /// Under the status rule `operation`, what the rule `http` would make of a failure counts for nothing.
    pub fn follow(&mut self, rule: StatusRule) {
        if rule == StatusRule::Operation
            && let Ended::Failure(failure) = &mut self.ended
        {
            failure.retain(|(name, value)| {
                name != "StatusCode" || matches!(value, Expected::Exactly(code) if *code == json!(-1))
            });
        }
    }

    /// The case in full.
    pub fn finish(mut self, provider: &Provider, manifest: &Manifest) -> Result<Content, Wrong> {
        let mut steps = Vec::new();
        if let Some(token) = self.token.take() {
            let name = token.name.or_else(|| self.token_of_main(provider));
            let name =
                name.ok_or_else(|| Wrong::at("token", "the main request's slot has no token: give its `name`"))?;
            let answer = reply(token.answer, token.fault).map_err(|message| Wrong::at("token", message))?;
            steps.push(Step::Token(TokenAnswer { token: name, answer }));
        }
        match &self.ended {
            Ended::Success => {}
            Ended::Failure(_) => {
                let last = self.exchanges.iter().rposition(|exchange| exchange.is_spoken_of);
                self.exchanges.truncate(last.map_or(0, |last| last + 1));
            }
            Ended::Refused(_) if self.exchanges.iter().any(|exchange| exchange.is_spoken_of) => {
                return Err(Wrong::at("refused", "nothing is sent, so nothing is to be said of an exchange"));
            }
            Ended::Refused(_) => self.exchanges.clear(),
        }
        let (inputs, options, gives, ended) = (self.inputs, self.options, self.gives, self.ended);
        steps.extend(into_steps(self.exchanges)?);
        let last_status = steps.iter().rev().find_map(Step::last_status).unwrap_or_default();
        let envelope = envelope::expected(manifest, &gives, &ended, last_status)?;
        Ok(Content { inputs, options, credential: self.credential, timeout_ms: self.timeout_ms, steps, envelope })
    }

    /// What it sends, whatever it comes to.
    pub fn into_steps(self) -> Result<Vec<Step>, Wrong> {
        into_steps(self.exchanges)
    }

    fn token_of_main(&self, provider: &Provider) -> Option<Name> {
        let slot = self.slot()?;
        let slot = provider.slots.iter().find(|known| known.name == *slot)?;
        match &slot.sign {
            Sign::TokenHeader { token, .. } | Sign::TokenQuery { token, .. } => Some(token.clone()),
            _ => None,
        }
    }
}

fn into_steps(exchanges: Vec<Planned>) -> Result<Vec<Step>, Wrong> {
    let mut steps = Vec::new();
    for exchange in exchanges {
        let name = exchange.name.clone();
        let below = |wrong: Wrong| match &name {
            Some(name) if name != ONLY => wrong.below(name).below("sends"),
            _ => wrong,
        };
        exchange.finish(&mut steps).map_err(below)?;
    }
    Ok(steps)
}

impl Planned {
    fn add(&mut self, says: &ExchangeSays) -> Result<(), Wrong> {
        self.is_spoken_of = true;
        self.is_main |= says.main;
        merge("request", &mut self.request, &says.request)?;
        merge("query", &mut self.query, &says.query)?;
        match (&says.body, &says.text) {
            (Some(_), Some(_)) => return Err(Wrong::at("text", "a request has a `body` or a `text`, not both")),
            (Some(Expected::Exactly(Value::Null)), None) => self.body = None,
            (None, Some(text)) => self.body = Some(text.clone()),
            (body, None) => merge("body", &mut self.body, body)?,
        }
        merge_members(&mut self.headers, &says.headers.0).map_err(|message| Wrong::at("headers", message))?;
        self.slot = says.slot.clone().or_else(|| self.slot.take());
        self.effect = says.effect.or(self.effect);
        self.token = says.token.clone().or_else(|| self.token.take());
        self.add_reply(says)
    }

    fn add_reply(&mut self, says: &ExchangeSays) -> Result<(), Wrong> {
        let ExchangeSays { answer, answer_with, answers, fault, .. } = says;
        let said = [answer.is_some(), answer_with.is_some(), answers.is_some(), fault.is_some()];
        if said.into_iter().filter(|is_said| *is_said).count() > 1 {
            return Err("an exchange has one of `answer`, `answer_with`, `answers` and `fault`".to_owned().into());
        }
        if answer.is_some() || fault.is_some() {
            self.replies = vec![reply(answer.clone(), *fault).map_err(|message| Wrong::at("answer", message))?];
        }
        if let Some(changes) = answer_with {
            let [Reply::Answer(answer)] = self.replies.as_slice() else {
                return Err(Wrong::at("answer_with", "there is no one answer that could be changed"));
            };
            let changed = changed(answer, changes).map_err(|message| Wrong::at("answer_with", message))?;
            self.replies = vec![Reply::Answer(changed)];
        }
        if let Some(answers) = answers {
            let before = self.replies.first().cloned();
            let one = |again: &Again| again_reply(again, before.as_ref());
            self.replies =
                answers.iter().map(one).collect::<Result<_, _>>().map_err(|message| Wrong::at("answers", message))?;
        }
        Ok(())
    }

    /// The steps that it comes to: one for each answer.
    fn finish(self, steps: &mut Vec<Step>) -> Result<(), Wrong> {
        if !self.any_order.is_empty() {
            let mut inside = Vec::new();
            for exchange in self.any_order {
                exchange.finish(&mut inside)?;
            }
            let exchanges = inside.into_iter().filter_map(|step| match step {
                Step::Exchange(exchange) => Some(*exchange),
                Step::AnyOrder(_) | Step::Token(_) => None,
            });
            steps.push(Step::AnyOrder(exchanges.collect()));
            return Ok(());
        }
        if self.replies.is_empty() {
            return Err("an exchange has an `answer` or a `fault`".to_owned().into());
        }
        if let Some(token) = self.token {
            steps.extend(
                self.replies.into_iter().map(|answer| Step::Token(TokenAnswer { token: token.clone(), answer })),
            );
            return Ok(());
        }
        let request = self.request.ok_or_else(|| "an exchange has a `request`: METHOD https://..".to_owned())?;
        if let Some(text) = request.exact_text() {
            let is_right = text.split_once(' ').is_some_and(|(method, url)| {
                !method.is_empty() && method.bytes().all(|byte| byte.is_ascii_uppercase()) && url.contains("://")
            });
            if !is_right {
                return Err(Wrong::at("request", "a request is its method and its address: `POST https://..`"));
            }
            if text.contains('?') {
                let message = "`request` has the address without its query; write the query's parameters in `query`";
                return Err(Wrong::at("request", message));
            }
        }
        let request = ExpectedRequest {
            request,
            query: self.query.unwrap_or_else(|| Expected::Members(Vec::new())),
            headers: self.headers.into_iter().collect(),
            body: self.body,
            slot: self.slot,
            effect: self.effect,
        };
        let exchange = |answer| Step::Exchange(Box::new(Exchange { request: request.clone(), answer }));
        steps.extend(self.replies.into_iter().map(exchange));
        Ok(())
    }
}

/// Merges a member of a request.
fn merge(member: &str, here: &mut Option<Expected>, change: &Option<Expected>) -> Result<(), Wrong> {
    if let Some(change) = change {
        let merged = match here.take() {
            Some(before) => before.merge(change),
            None => Ok(change.clone()),
        };
        *here = Some(merged.map_err(|message| Wrong::at(member, message))?);
    }
    Ok(())
}

fn reply(answer: Option<Answer>, fault: Option<Fault>) -> Result<Reply, String> {
    match (answer, fault) {
        (Some(answer), None) => match answer.problem() {
            Some(problem) => Err(problem),
            None => Ok(Reply::Answer(answer)),
        },
        (None, Some(fault)) => Ok(Reply::Fault(fault)),
        _ => Err("there is an `answer` or a `fault`, one of the two".to_owned()),
    }
}

/// The answer with some of its members changed.
fn changed(answer: &Answer, changes: &Map<String, Value>) -> Result<Answer, String> {
    let Value::Object(mut members) = json!(answer) else { return Err("an answer is an object".to_owned()) };
    merge_values(&mut members, changes)?;
    let changed: Answer = serde_json::from_value(Value::Object(members)).map_err(|error| error.to_string())?;
    match changed.problem() {
        Some(problem) => Err(problem),
        None => Ok(changed),
    }
}

fn again_reply(again: &Again, before: Option<&Reply>) -> Result<Reply, String> {
    if *again == Again::default() {
        return before.cloned().ok_or_else(|| "the base has no answer that `{}` could be".to_owned());
    }
    let Again { status, headers, body, text, fault } = again.clone();
    match fault {
        Some(fault) if status.is_none() && headers.is_empty() && body.is_none() && text.is_none() => {
            Ok(Reply::Fault(fault))
        }
        Some(_) => Err("a `fault` stands alone".to_owned()),
        None => reply(Some(Answer { status: status.unwrap_or(200), headers, body, text }), None),
    }
}

/// Merges what is said into inputs or options, which need not be an object where a case shows just that.
fn merge_value(here: &mut Value, change: Option<&Value>) -> Result<(), String> {
    match (here, change) {
        (_, None) => Ok(()),
        (Value::Object(members), Some(Value::Object(changes))) => merge_values(members, changes),
        (here, Some(other)) => {
            *here = other.clone();
            Ok(())
        }
    }
}

/// Merges values: objects merge, null takes a member away, all else takes the place of what was there. An object
/// `{ $literal: value }` is the value itself.
fn merge_values(members: &mut Map<String, Value>, changes: &Map<String, Value>) -> Result<(), String> {
    for (name, change) in changes {
        match (members.get_mut(name), change) {
            (Some(_), Value::Null) => drop(members.shift_remove(name)),
            (None, Value::Null) => return Err(nothing_to_take_away(name)),
            (Some(Value::Object(inside)), Value::Object(changes)) if literal(change).is_none() => {
                merge_values(inside, changes).map_err(|message| format!("{name}: {message}"))?;
            }
            _ => drop(members.insert(name.clone(), literal(change).unwrap_or(change).clone())),
        }
    }
    Ok(())
}

fn literal(value: &Value) -> Option<&Value> {
    let members = value.as_object().filter(|members| members.len() == 1)?;
    members.get("$literal")
}
