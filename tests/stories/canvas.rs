//! A canvas: it invokes nodes over HTTP, and when one fails it does what the envelope says.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::time::Duration;

use patchbay_runtime::{HttpLimits, HttpTransport};
use reqwest::{Client, RequestBuilder};
use serde_json::{Value, json};

use crate::service::Up;

/// How often it runs a node before it gives up.
const ATTEMPTS: usize = 20;

/// A person would wait for a second; the simulated tenant does not ask for it.
const PAUSE: Duration = Duration::from_millis(20);

/// A canvas that speaks to a `patchbay up` of its own, which ends with it.
pub struct Canvas {
    habits: Habits,
    /// Of this canvas alone: the store is that of all tests.
    name: String,
    up: Up,
    tenant: String,
    client: Client,
    noted: RefCell<Noted>,
}

/// What a canvas does besides what a story says.
#[derive(Default, Clone, Copy)]
pub struct Habits {
    /// Every write has an Idempotency-Key, the same until nobody knows whether it took place, and is asked for once more when
    /// it succeeded.
    pub keys: bool,
    /// Lists of ids and ids are written as people write them.
    pub by_hand: bool,
}

#[derive(Default)]
struct Noted {
    /// How many keys there were.
    keys: usize,
    operations: BTreeSet<String>,
    failures: Vec<Value>,
}

impl Canvas {
    pub async fn start() -> Self {
        Self::with(Habits::default()).await
    }

    pub async fn with(habits: Habits) -> Self {
        let up = Up::start().await;
        let tenant = up.greeting.split_once("tenant is at ").and_then(|(_, rest)| rest.split_once(';'));
        let Some((tenant, _)) = tenant else { panic!("{}", up.greeting) };
        let tenant = tenant.to_owned();
        // It installs what the client wants for TLS, http:// or not.
        HttpTransport::new(&HttpLimits::default()).unwrap();
        let client = Client::builder().no_proxy().build().unwrap();
        let name = format!("{:x}", fastrand::u128(..));
        Self { habits, name, up, tenant, client, noted: RefCell::default() }
    }

    /// Runs a node that may always be run again where its envelope says so: a read, or a write that leaves the same.
    #[track_caller]
    pub fn run(&self, operation: &str, inputs: Value, options: Value) -> impl Future<Output = Value> {
        // What answered proves nothing: somebody has looked, and it may run again whatever they saw.
        const UNPROVEN: [&str; 2] = ["DingTalk answered without ", "something between here and DingTalk answered "];
        self.write(operation, inputs, options, async |envelope| {
            let message = text(&envelope["ErrorMessage"]);
            assert!(
                UNPROVEN.iter().any(|start| message.starts_with(start)),
                "nobody said how to find out: {envelope:#}"
            );
            None
        })
    }

    /// Runs a node that changes something. Where it failed and nobody knows whether it took place, `look` does what the
    /// envelope's hint says: it gives the outputs as they are found, or nothing when the node may run again.
    pub async fn write(
        &self,
        operation: &str,
        inputs: Value,
        options: Value,
        look: impl AsyncFn(&Value) -> Option<Value>,
    ) -> Value {
        let mut envelope = Value::Null;
        let mut key = self.new_key();
        for _ in 0..ATTEMPTS {
            envelope = self.invoke_once(operation, &inputs, &options, key.as_deref()).await;
            match Outcome::of(&envelope) {
                Outcome::Succeeded => {
                    if key.is_some() {
                        let again = self.invoke_once(operation, &inputs, &options, key.as_deref()).await;
                        assert_eq!(again, envelope, "the same call with the same key");
                    }
                    return envelope;
                }
                Outcome::RunAgain => {}
                Outcome::Unknown => {
                    key = self.new_key();
                    if let Some(found) = look(&envelope).await {
                        return found;
                    }
                }
                Outcome::Refused => panic!("{operation} with {inputs:#} and {options:#} gave {envelope:#}"),
            }
            tokio::time::sleep(PAUSE).await;
        }
        panic!("{operation} with {inputs:#} and {options:#} failed {ATTEMPTS} times, the last time with {envelope:#}");
    }

    /// Runs a node that should be refused with this StatusCode; its Hint.
    pub async fn refused(&self, operation: &str, inputs: Value, options: Value, status: i64) -> String {
        for _ in 0..ATTEMPTS {
            let envelope = self.invoke(operation, &inputs, &options).await;
            match Outcome::of(&envelope) {
                Outcome::RunAgain => tokio::time::sleep(PAUSE).await,
                Outcome::Refused if envelope["StatusCode"] == json!(status) => return text(&envelope["Hint"]),
                _ => panic!("{operation} with {inputs:#} and {options:#} gave {envelope:#}"),
            }
        }
        panic!("{operation} with {inputs:#} and {options:#} was never answered");
    }

    /// Follows NextToken to the last page; the items of each page.
    pub async fn pages(&self, operation: &str, inputs: Value, size: usize, list: &str) -> Vec<Vec<Value>> {
        let (mut pages, mut options) = (Vec::new(), json!({ "MaxResults": size }));
        loop {
            let page = self.run(operation, inputs.clone(), options.clone()).await;
            pages.push(items(&page[list]));
            match text(&page["NextToken"]) {
                last if last.is_empty() => return pages,
                next => options["NextToken"] = json!(next),
            }
        }
    }

    /// Runs a node once; its envelope.
    pub async fn invoke(&self, operation: &str, inputs: &Value, options: &Value) -> Value {
        self.invoke_once(operation, inputs, options, None).await
    }

    async fn invoke_once(&self, operation: &str, inputs: &Value, options: &Value, key: Option<&str>) -> Value {
        let url = format!("http://{}/v1/nodes/dingtalk/{operation}/invoke", self.up.address);
        let written = |values: &Value| if self.habits.by_hand { by_hand(values) } else { values.clone() };
        let body = json!({ "inputs": written(inputs), "options": written(options), "credential": "demo" });
        let mut request = with_json(self.client.post(url), &body);
        if let Some(key) = key {
            request = request.header("idempotency-key", key);
        }
        let envelope = answered(request).await;
        let mut noted = self.noted.borrow_mut();
        noted.operations.insert(operation.to_owned());
        if Outcome::of(&envelope) != Outcome::Succeeded {
            noted.failures.push(envelope.clone());
        }
        envelope
    }

    fn new_key(&self) -> Option<String> {
        let mut noted = self.noted.borrow_mut();
        noted.keys += 1;
        self.habits.keys.then(|| format!("{}-{}", self.name, noted.keys))
    }

    /// The operations that were invoked.
    pub fn operations(&self) -> BTreeSet<String> {
        self.noted.borrow().operations.clone()
    }

    /// The envelopes of all failures.
    pub fn failures(&self) -> Vec<Value> {
        self.noted.borrow().failures.clone()
    }

    /// What the service itself answers.
    pub async fn service(&self, path: &str) -> Value {
        answered(self.client.get(format!("http://{}{path}", self.up.address))).await
    }

    /// Orders faults of the tenant.
    pub async fn order(&self, faults: Value) {
        answered(with_json(self.client.post(format!("{}/-/faults", self.tenant)), &faults)).await;
    }

    /// Lets nothing fail any longer.
    pub async fn end_faults(&self) {
        let response = self.client.delete(format!("{}/-/faults", self.tenant)).send().await.unwrap();
        assert!(response.status().is_success(), "{response:?}");
    }

    /// The whole organisation, for what no node tells.
    pub async fn organisation(&self) -> Value {
        answered(self.client.get(format!("{}/-/state", self.tenant))).await
    }

    /// The requests that reached the tenant.
    pub async fn requests(&self) -> Vec<Value> {
        items(&answered(self.client.get(format!("{}/-/requests", self.tenant))).await)
    }
}

/// Values as people write them: lists of ids with the separators of their keyboard, some twice, ids with blanks around them.
fn by_hand(values: &Value) -> Value {
    let Value::Object(members) = values else { return values.clone() };
    let written = members.iter().map(|(name, value)| {
        let value = match value {
            Value::Array(ids) if name.ends_with("Ids") && ids.iter().all(Value::is_string) => {
                let ids: Vec<String> = ids.iter().map(text).collect();
                let separators = ["，", "、", "; ", "；", "\n", ", "].into_iter().cycle();
                let list: String =
                    ids.iter().zip(separators).map(|(id, separator)| format!("{id}{separator}")).collect();
                json!(format!(" {list}{}", ids.first().map_or("", String::as_str)))
            }
            Value::String(id) if name.ends_with("Ids") => json!([id.replace(',', "，")]),
            Value::String(id) if name.ends_with("Id") || name.ends_with("Url") => json!(format!("  {id}\n")),
            value => value.clone(),
        };
        (name.clone(), value)
    });
    Value::Object(written.collect())
}

fn with_json(request: RequestBuilder, body: &Value) -> RequestBuilder {
    request.header("content-type", "application/json").body(body.to_string())
}

async fn answered(request: RequestBuilder) -> Value {
    let response = request.send().await.unwrap();
    let (status, text) = (response.status(), response.text().await.unwrap());
    assert!(status.is_success(), "{status}: {text}");
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

/// What an envelope tells a canvas to do.
#[derive(PartialEq)]
enum Outcome {
    Succeeded,
    RunAgain,
    /// Look first.
    Unknown,
    Refused,
}

impl Outcome {
    /// Fails unless the envelope keeps what all promise.
    #[track_caller]
    fn of(envelope: &Value) -> Self {
        let filled = |name: &str| !text(&envelope[name]).is_empty();
        let (Some(status), Some(retryable)) = (envelope["StatusCode"].as_i64(), envelope["Retryable"].as_bool()) else {
            panic!("not an envelope: {envelope:#}");
        };
        let failed = status != 200;
        let hint = text(&envelope["Hint"]);
        // "Nothing was written. Look at the way there: .."
        let look =
            hint.strip_prefix("Nothing was ").and_then(|rest| rest.split_once(". ")).map_or(&*hint, |(_, look)| look);
        let told_nothing_passed = look.starts_with("Look at the way there");
        let told = [filled("ErrorMessage"), filled("Hint"), !filled("Summary")];
        assert!(told == [failed; 3] && (failed || !retryable), "{envelope:#}");
        match (failed, retryable) {
            (false, _) => Self::Succeeded,
            (true, true) => Self::RunAgain,
            // Somebody has looked at the way there.
            (true, false) if told_nothing_passed => Self::RunAgain,
            (true, false) if status >= 500 => Self::Unknown,
            (true, false) => Self::Refused,
        }
    }
}

/// The text that a value is.
#[track_caller]
pub fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("not a text: {value:#}")).to_owned()
}

/// The items of the array that a value is.
#[track_caller]
pub fn items(value: &Value) -> Vec<Value> {
    value.as_array().unwrap_or_else(|| panic!("not an array: {value:#}")).clone()
}

/// The only item that has this text as a member, if there is one; fails when there are several.
#[track_caller]
pub fn only<'a>(items: &'a [Value], member: &str, wanted: &str) -> Option<&'a Value> {
    let mut found = items.iter().filter(|item| item[member] == wanted);
    let first = found.next();
    assert!(found.next().is_none(), "{wanted} is there more than once: {items:#?}");
    first
}

/// An object with further members.
pub fn with(mut object: Value, members: Value) -> Value {
    let (Value::Object(into), Value::Object(members)) = (&mut object, members) else { panic!("not objects") };
    into.extend(members);
    object
}
